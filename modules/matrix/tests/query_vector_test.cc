#include <gmock/gmock.h>

#include <cmath>

#include "base_testing/matchers.h"
#include "matrix_fixture.h"

namespace lakehouse::matrix {
namespace {

using testing::HasSubstr;

class QueryVectorTest : public LocalMatrixTest {
 protected:
  /// Of the passage that the words find first.
  std::vector<float> VectorLike(std::string text) {
    SearchRequest request = Asking(std::move(text), 1);
    request.alpha = 1;
    const std::string chunk = Must(matrix_->Search({}, request)).results.at(0).passage.chunk_id;
    const std::string index = *Must(matrix_->DescribeCorpus({}, {"staff"})).vector_index;
    return Must(lake_.vectors->GetItem({}, {index, chunk})).item.vector;
  }
};

TEST_F(QueryVectorTest, AVectorAloneIsAnsweredByNearnessAndTheDistanceIsTheCosines) {
  const CorpusInfo info = Build();
  SearchRequest request = Asking("", 90);
  request.query_vector = VectorLike("arc welding");
  request.model = info.embedder_id;
  const SearchResponse found = Must(matrix_->Search({}, request));
  ASSERT_EQ(found.results.size(), 90u);
  EXPECT_EQ(found.searched[0].alpha, 0);
  EXPECT_EQ(found.searched[0].feedback, 0) << "who brings a vector means that one";
  vector::SearchRequest nearest{.name = *info.vector_index, .vector = *request.query_vector, .options = {}};
  nearest.options.k = 90;
  nearest.options.exact = true;
  const auto by_vectors = Must(lake_.vectors->Search({}, nearest)).results;
  for (std::size_t i = 0; i < 90; ++i) {
    EXPECT_NEAR(found.results[i].distance, by_vectors[i].distance, 1e-6) << i;
    EXPECT_EQ(found.results[i].why.bm25, 0);
    EXPECT_DOUBLE_EQ(found.results[i].score, found.results[i].why.similarity);
  }
  EXPECT_THAT(found.results[0].passage.text, HasSubstr("welding"));
  request.feedback = .5;
  EXPECT_EQ(Must(matrix_->Search({}, request)).searched[0].feedback, .5);
}

TEST_F(QueryVectorTest, AVectorStandsForThatOfTheTextWhoseWordsAreSearchedAllTheSame) {
  Build();
  SearchRequest request = Asking("forklift operator", 90);
  request.query_vector = VectorLike("arc welding");
  request.alpha = .5;
  for (const Hit& hit : Must(matrix_->Search({}, request)).results) {
    const bool loads = hit.passage.text.find("loads trucks") != std::string::npos;
    const bool welds = hit.passage.text.find("arc welding") != std::string::npos;
    EXPECT_EQ(hit.why.words_part > .3, loads) << hit.passage.text;
    EXPECT_EQ(hit.why.meaning_part > .3, welds) << hit.passage.text;
  }
  request.alpha = 0;
  EXPECT_THAT(Must(matrix_->Search({}, request)).results[0].passage.text, HasSubstr("welding"));
  request.alpha = 1;
  EXPECT_THAT(Must(matrix_->Search({}, request)).results[0].passage.text, HasSubstr("loads trucks"));
}

TEST_F(QueryVectorTest, AVectorThatDoesNotFitTheCorpusIsRefused) {
  const CorpusInfo info = Build();
  const std::vector<float> fitting = VectorLike("arc welding");
  std::vector<float> broken = fitting, huge = fitting;
  broken[1] = std::nanf("");
  huge[1] = 1e20F;
  const auto search = [this](std::string text, std::optional<std::vector<float>> vector, std::optional<std::string> model) {
    SearchRequest request = Asking(std::move(text));
    request.query_vector = std::move(vector);
    request.model = std::move(model);
    return matrix_->Search({}, request);
  };
  EXPECT_THAT(search("", fitting, {}), IsOk());
  EXPECT_THAT(search("", std::vector<float>{1, 2, 3}, {}), HasReason("wrong_dimension"));
  EXPECT_THAT(search("welder", std::vector<float>{}, {}), HasReason("wrong_dimension"));
  EXPECT_THAT(search("", broken, {}), HasReason("not_finite"));
  EXPECT_THAT(search("", huge, {}), HasReason("out_of_range"));
  EXPECT_THAT(search("", std::vector<float>(fitting.size()), {}), HasReason("zero_norm"));
  EXPECT_THAT(search("", fitting, "lsa-v1@another"), HasReason("wrong_embedder"));
  EXPECT_THAT(search("welder", {}, "ollama/nomic-embed-text"), HasReason("wrong_embedder")) << "no other may embed the text, either";
  EXPECT_THAT(search("welder", {}, info.embedder_id), IsOk());
  SearchRequest shares = Asking("");
  shares.query_vector = fitting;
  shares.alpha = .5;
  EXPECT_THAT(matrix_->Search({}, shares), HasReason("bad_alpha"));
}

TEST_F(QueryVectorTest, AVectorIsNotComparedWithThoseOfTwoEmbedders) {
  CreateCorpusRequest by_text = Declaration(), by_title = Declaration();
  by_text.embedder = by_title.embedder = "chargram-v1";
  by_title.name = "titles";
  by_title.text_columns = {"title"};
  for (const auto& declared : {by_text, by_title}) {
    Must(matrix_->CreateCorpus({}, declared));
    Must(matrix_->RefreshCorpus({}, {declared.name}));
  }
  SearchRequest request = Asking("");
  request.query_vector = VectorLike("arc welding");
  EXPECT_THAT(matrix_->Search({}, request), IsOk());
  request.corpora = {"titles"};
  EXPECT_THAT(matrix_->Search({}, request), IsOk()) << "of the same dimension: nobody said which embedder it is of";
  request.corpora = {"staff", "titles"};
  const auto both = matrix_->Search({}, request);
  EXPECT_THAT(both, HasReason("wrong_embedder"));
  EXPECT_THAT(both.error().message(), HasSubstr("titles"));
  request.query_vector.reset();
  request.query_text = "welder";
  EXPECT_THAT(matrix_->Search({}, request), IsOk()) << "each embeds the text for itself";
}

TEST_F(QueryVectorTest, OfEachCorpusThereAreSoManyAtMost) {
  Build();
  CreateCorpusRequest titles = Declaration();
  titles.name = "titles";
  titles.text_columns = {"title"};
  Must(matrix_->CreateCorpus({}, titles));
  Must(matrix_->RefreshCorpus({}, {"titles"}));
  const auto alone = Ids(Asking("forklift operator", 3));
  SearchRequest request = Asking("forklift operator", 10);
  request.corpora = {"staff", "titles"};
  request.per_corpus_k = 3;
  const SearchResponse found = Must(matrix_->Search({}, request));
  EXPECT_EQ(found.results.size(), 6u);
  EXPECT_EQ(found.searched[0].hits, 3u);
  EXPECT_EQ(found.searched[1].hits, 3u);
  std::vector<std::string> of_staff;
  for (const Hit& hit : found.results)
    if (hit.corpus == "staff") of_staff.push_back(hit.id);
  EXPECT_EQ(of_staff, alone);
  request.per_corpus_k = 1'000;
  EXPECT_EQ(Must(matrix_->Search({}, request)).results.size(), 10u);
}

}  // namespace
}  // namespace lakehouse::matrix
