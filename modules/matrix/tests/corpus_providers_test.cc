#include <gmock/gmock.h>

#include <filesystem>

#include "embed_testing/fake_provider.h"
#include "lakehouse/matrix/local_matrix.h"
#include "lakehouse/storage/error_journal.h"
#include "people_query.h"
#include "vector_testing/vector_lake.h"

namespace lakehouse::matrix {
namespace {

using embed::FakeProvider;
using embed::ProviderKind;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Mood = FakeProvider::Mood;

class CorpusProvidersTest : public testing::Test {
 protected:
  void SetUp() override {
    CreatePeople(*lake_.catalog);
    query_.people = People();
    Open({ProviderKind::kSidecar, ProviderKind::kOllama});
  }
  void Open(const std::vector<ProviderKind>& kinds) {
    matrix_.reset();
    cache_ = std::make_unique<embed::VectorCache>(embed::VectorCache::Options{.directory = cache_directory_.path()}, lake_.lake.log);
    std::vector<std::shared_ptr<embed::Embedder>> embedders;
    for (const ProviderKind kind : kinds) {
      embed::ProviderOptions options = provider_.OptionsOf(kind);
      options.longest_pause_ms = 0;  // asked again at once
      embedders.push_back(embed::MakeCached(Must(embed::MakeProvider(std::move(options))), *cache_, 64));
    }
    embeddings_ = std::make_unique<embed::Embeddings>(std::move(embedders), cache_.get());
    matrix_ = MakeLocalMatrix({*lake_.lake.store, *lake_.catalog, query_, *lake_.vectors, lake_.lake.log, embeddings_.get(), sink_},
                              {.poll_ms = 0, .threads = 2, .query_timeout_ms = 60'000});
  }
  CorpusInfo Declare(std::string embedder) {
    return Must(matrix_->CreateCorpus({}, {.name = "staff",
                                           .dataset = "people",
                                           .id_column = "id",
                                           .text_columns = {"title", "text"},
                                           .filter_columns = {"state", "years"},
                                           .embedder = std::move(embedder)}));
  }
  CorpusInfo Refresh() { return Must(matrix_->RefreshCorpus({}, {"staff"})); }
  CorpusInfo Build(std::string embedder) {
    Declare(std::move(embedder));
    return Refresh();
  }
  void Change(std::vector<Person> people) {
    query_.people = std::move(people);
    const std::string key = "datasets/people/" + std::to_string(++versions_);
    Must(lake_.catalog->Commit(
        {}, catalog::ChangeOf("people", catalog::Operation::kAppend, {catalog::PutTestFile(*lake_.lake.store, key, 1)})));
  }
  SearchResponse Search(std::string text, double alpha = .4) {
    SearchRequest request;
    request.query_text = std::move(text);
    request.corpora = {"staff"};
    request.alpha = alpha;
    return Must(matrix_->Search({}, request));
  }
  std::vector<std::string> WarningsOf(const SearchResponse& response) {
    std::vector<std::string> codes;
    for (const SearchWarning& warning : response.warnings) codes.push_back(warning.code);
    return codes;
  }
  std::vector<std::string> ErrorKinds() {
    std::vector<std::string> kinds;
    for (const auto& record : errors_.Find({})) kinds.push_back(record.kind);
    return kinds;
  }

  vector::VectorLake lake_;
  TemporaryDirectory cache_directory_ = Must(TemporaryDirectory::Create(testing::TempDir(), "cache-"));
  PeopleQuery query_;
  FakeProvider provider_;
  storage::ErrorJournal errors_;
  storage::ErrorSink* sink_ = &errors_;
  std::unique_ptr<embed::VectorCache> cache_;
  std::unique_ptr<embed::Embeddings> embeddings_;
  std::unique_ptr<Matrix> matrix_;
  int versions_ = 0;
};

TEST_F(CorpusProvidersTest, AreSearchedByTheVectorsOfTheProvider) {
  const CorpusInfo info = Build("sidecar");
  EXPECT_EQ(info.state, "ready");
  EXPECT_EQ(*info.embedder_id, "sidecar/fake-model");
  EXPECT_EQ(info.dimension, FakeProvider::kDimension);
  EXPECT_EQ(info.embedded, 90u);
  const SearchResponse found = Search("welding of steel pipes", 0);
  EXPECT_THAT(found.results[0].passage.text, HasSubstr("steel pipe"));
  EXPECT_GT(found.results[0].why.similarity, .3);
  EXPECT_THAT(found.warnings, IsEmpty());
}

TEST_F(CorpusProvidersTest, OneEditedParagraphIsAllThatIsEmbeddedAgain) {
  Build("sidecar");
  const std::size_t asked = provider_.asked().size();
  auto people = People();
  people[17].text = "Now drives a crane at the harbour.";
  Change(people);
  const CorpusInfo info = Refresh();
  EXPECT_EQ(info.embedded_by_last_build, 1u);
  ASSERT_EQ(provider_.asked().size(), asked + 1);
  EXPECT_THAT(provider_.asked().back(), HasSubstr("harbour"));
}

TEST_F(CorpusProvidersTest, WhatTheCacheHasIsNotAskedForWhenEverythingIsBuiltAnew) {
  Build("sidecar");
  const std::size_t asked = provider_.asked().size();
  Must(lake_.lake.store->Delete({}, "_corpora/staff/image"));
  Open({ProviderKind::kSidecar});
  EXPECT_EQ(Refresh().embedded_by_last_build, 90u);
  EXPECT_EQ(provider_.asked().size(), asked);
}

TEST_F(CorpusProvidersTest, AreSearchedByWordsWithAWarningWhileTheProviderIsGone) {
  Build("sidecar");
  provider_.Set(Mood::kUnavailable);
  const SearchResponse found = Search("pipe welder");
  EXPECT_THAT(WarningsOf(found), ElementsAre("meaning_unavailable"));
  EXPECT_EQ(found.warnings[0].corpus, "staff");
  ASSERT_THAT(found.results, SizeIs(10));
  EXPECT_THAT(found.results[0].passage.text, HasSubstr("steel pipe"));
  EXPECT_DOUBLE_EQ(found.results[0].score, 1);
  Search("another question");
  EXPECT_THAT(ErrorKinds(), ElementsAre("provider_unavailable"));  // once, not for each search
  provider_.Set(Mood::kWorks);
  EXPECT_THAT(Search("pipe welder").warnings, IsEmpty());
}

TEST_F(CorpusProvidersTest, ServeWhatIsNewByItsWordsWhileTheProviderIsGoneAndEmbedItLater) {
  Build("sidecar");
  provider_.Set(Mood::kUnavailable);
  auto people = People();
  people.push_back({"new", "Beekeeper", "Keeps bees on the roof.", "IL", 3});
  Change(people);
  CorpusInfo info = Refresh();
  EXPECT_EQ(info.state, "degraded");
  EXPECT_EQ(info.pending, 1u);
  EXPECT_EQ(info.embedded, 90u);
  EXPECT_FALSE(info.stale);
  EXPECT_THAT(*info.problem, HasSubstr("503"));
  EXPECT_THAT(ErrorKinds(), Contains("provider_unavailable"));
  const SearchResponse found = Search("bees");
  EXPECT_EQ(found.results[0].id, "new");
  EXPECT_THAT(WarningsOf(found), ElementsAre("meaning_unavailable", "vectors_pending"));
  provider_.Set(Mood::kWorks);
  EXPECT_THAT(WarningsOf(Search("bees")), ElementsAre("vectors_pending"));
  info = Refresh();
  EXPECT_EQ(info.state, "ready");
  EXPECT_EQ(info.pending, 0u);
  EXPECT_EQ(info.embedded_by_last_build, 1u);
  EXPECT_EQ(info.problem, std::nullopt);
  EXPECT_THAT(Search("bees").warnings, IsEmpty());
}

TEST_F(CorpusProvidersTest, AProblemIsShownOnceItIsRecorded) {
  struct Looker final : storage::ErrorSink {
    void Record(const Context&, std::string, std::string, const Error&) override {
      seen.push_back(Must((*matrix)->DescribeCorpus({}, {"staff"})).problem.has_value());
    }
    const std::unique_ptr<Matrix>* matrix = nullptr;
    std::vector<bool> seen;
  } looker;
  looker.matrix = &matrix_;
  sink_ = &looker;
  Open({ProviderKind::kSidecar});
  provider_.Set(Mood::kUnavailable);
  EXPECT_EQ(Build("sidecar").state, "degraded");
  EXPECT_THAT(looker.seen, ElementsAre(false));
  matrix_.reset();
}

TEST_F(CorpusProvidersTest, OfAProviderThatNeverAnsweredAreSearchedByWords) {
  for (const Mood mood : {Mood::kUnavailable, Mood::kDenied, Mood::kBusy, Mood::kNotANumber, Mood::kOneTooFew, Mood::kModelMissing}) {
    provider_.Set(mood);
    CorpusInfo info = Build("sidecar");
    EXPECT_EQ(info.state, "degraded");
    EXPECT_EQ(info.pending, 90u);
    EXPECT_EQ(info.embedder_id, std::nullopt);
    const SearchResponse found = Search("pipe welder");
    EXPECT_THAT(found.results[0].passage.text, HasSubstr("steel pipe"));
    EXPECT_THAT(WarningsOf(found), ElementsAre("vectors_pending"));
    Open({ProviderKind::kSidecar});  // as after a kill: what there is comes back
    EXPECT_EQ(Refresh().pending, 90u);
    provider_.Set(Mood::kWorks);
    Open({ProviderKind::kSidecar});
    info = Refresh();
    EXPECT_EQ(info.state, "ready");
    EXPECT_EQ(info.embedded, 90u);
    Must(matrix_->DropCorpus({}, {"staff"}));
    std::filesystem::remove_all(cache_directory_.path());
    Open({ProviderKind::kSidecar});
  }
}

TEST_F(CorpusProvidersTest, AnotherEmbedderIsBuiltBehindAndSwappedIn) {
  EXPECT_EQ(Build("auto").generation, 1);
  provider_.Set(Mood::kUnavailable);
  EXPECT_EQ(Declare("sidecar").embedder, "sidecar");
  CorpusInfo info = Refresh();
  EXPECT_EQ(info.state, "degraded");
  EXPECT_THAT(*info.embedder_id, HasSubstr("lsa-v1@"));  // the generation before goes on, whole
  EXPECT_EQ(info.pending, 0u);
  EXPECT_THAT(Search("someone who loads trucks").warnings, IsEmpty());
  provider_.Set(Mood::kWorks);
  info = Refresh();
  EXPECT_EQ(info.state, "ready");
  EXPECT_EQ(info.generation, 2);
  EXPECT_EQ(*info.embedder_id, "sidecar/fake-model");
  EXPECT_THAT(Must(lake_.vectors->ListIndexes({}, {})).indexes, SizeIs(1));
  EXPECT_EQ(Declare("").embedder, "sidecar");  // said again without an embedder, it stays
  EXPECT_EQ(Build("ollama").generation, 3);
  EXPECT_THAT(*Build("lsa-v1").embedder_id, HasSubstr("lsa-v1@"));
  Open({ProviderKind::kSidecar});
  EXPECT_EQ(Must(matrix_->DescribeCorpus({}, {"staff"})).embedder, "lsa-v1");
}

TEST_F(CorpusProvidersTest, VectorsOfAnotherEmbedderAreNeverComparedWithTheQuestion) {
  Build("sidecar");
  Open({ProviderKind::kOllama});  // the sidecar is no longer configured
  CorpusInfo info = Refresh();
  EXPECT_EQ(info.state, "degraded");
  EXPECT_THAT(*info.problem, HasSubstr("not configured any more"));
  const int calls = provider_.calls();
  EXPECT_THAT(WarningsOf(Search("pipe welder")), ElementsAre("meaning_unavailable"));
  EXPECT_EQ(provider_.calls(), calls);
}

TEST_F(CorpusProvidersTest, AVectorThatIsBroughtNeedsNoProvider) {
  Build("sidecar");
  SearchRequest request;
  request.corpora = {"staff"};
  request.query_vector =
      Must(lake_.vectors->GetItem({}, {"corpus-staff-1", Search("steel pipe", 1).results[0].passage.chunk_id})).item.vector;
  provider_.Set(Mood::kUnavailable);
  const int calls = provider_.calls();
  for (const char* model : {"sidecar/fake-model", "sidecar", "fake-model"}) {
    request.model = model;
    const SearchResponse found = Must(matrix_->Search({}, request));
    EXPECT_THAT(found.warnings, IsEmpty()) << model;
    EXPECT_THAT(found.results[0].passage.text, HasSubstr("steel pipe"));
    EXPECT_NEAR(found.results[0].distance, 0, 1e-6);
  }
  request.query_text = "pipe welder";
  EXPECT_THAT(Must(matrix_->Search({}, request)).warnings, IsEmpty());
  EXPECT_EQ(provider_.calls(), calls);
  request.model = "another-model";
  EXPECT_THAT(matrix_->Search({}, request), HasReason("wrong_embedder"));
}

TEST_F(CorpusProvidersTest, AVectorWaitsWhereNoneWasMadeYet) {
  provider_.Set(Mood::kUnavailable);
  Build("sidecar");
  SearchRequest request;
  request.corpora = {"staff"};
  request.query_vector = std::vector<float>(FakeProvider::kDimension, 1);
  EXPECT_THAT(matrix_->Search({}, request), HasReason("vectors_pending"));
  request.query_vector.reset();
  request.query_text = "pipe welder";
  request.model = "sidecar";
  EXPECT_THAT(matrix_->Search({}, request), HasReason("vectors_pending"));
  request.model.reset();
  EXPECT_THAT(matrix_->Search({}, request), IsOk());
}

TEST_F(CorpusProvidersTest, AProviderThatIsNotConfiguredIsNoEmbedder) {
  CreateCorpusRequest request{
      .name = "x", .dataset = "people", .id_column = "id", .text_columns = {"text"}, .filter_columns = {}, .embedder = "openai"};
  EXPECT_THAT(matrix_->CreateCorpus({}, request), HasReason("unknown_embedder"));
}

TEST_F(CorpusProvidersTest, ADeclarationThatCannotBeReadIsSetAsideAndTheOthersServe) {
  Build("auto");
  for (const char* damaged : {"{\"name\":", "{}", "\xff\xfe",
                              "{\"name\":\"staff\",\"dataset\":\"people\",\"id_column\":\"id\",\"text_columns\":[\"text\"],"
                              "\"filter_columns\":[],\"embedder\":\"auto\"}"}) {
    Must(lake_.lake.store->Put({}, "_corpora/broken/definition.json", damaged));
    Open({});
    const auto listed = Must(matrix_->ListCorpora({}, {})).corpora;
    ASSERT_THAT(listed, SizeIs(2));
    EXPECT_EQ(listed[0].name, "broken");
    EXPECT_EQ(listed[0].state, "damaged");
    EXPECT_THAT(*listed[0].problem, HasSubstr("drop the corpus"));
    EXPECT_EQ(Must(matrix_->DescribeCorpus({}, {"broken"})).state, "damaged");
    EXPECT_THAT(matrix_->RefreshCorpus({}, {"broken"}), HasReason("corpus_damaged"));
    EXPECT_THAT(ErrorKinds(), Contains("corpus_damaged"));
    Refresh();
    EXPECT_THAT(Search("pipe welder").results, SizeIs(10));
  }
  Must(matrix_->DropCorpus({}, {"broken"}));
  EXPECT_THAT(Must(matrix_->ListCorpora({}, {})).corpora, SizeIs(1));
  Open({});
  EXPECT_THAT(Must(matrix_->ListCorpora({}, {})).corpora, SizeIs(1));
}

}  // namespace
}  // namespace lakehouse::matrix
