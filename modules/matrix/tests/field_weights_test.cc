#include <gmock/gmock.h>

#include <cmath>

#include "base_testing/matchers.h"
#include "matrix_fixture.h"

namespace lakehouse::matrix {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class FieldWeightsTest : public LocalMatrixTest {
 protected:
  void SetUp() override {
    LocalMatrixTest::SetUp();
    query_.people[3] = {"body first", "Harbour", "Crane.", "IL", 1};
    query_.people[4] = {"title second", "Crane", "Harbour.", "IL", 1};
  }
  CorpusInfo Declared(std::map<std::string, double> weights) {
    CreateCorpusRequest declared = Declaration();
    declared.field_weights = std::move(weights);
    Must(matrix_->CreateCorpus({}, declared));
    return Must(matrix_->RefreshCorpus({}, {"staff"}));
  }
  SearchResponse Cranes(double alpha = 1) {
    SearchRequest request = Asking("crane", 2);
    request.alpha = alpha;
    return Must(matrix_->Search({}, request));
  }
};

TEST_F(FieldWeightsTest, AHitInATitleStandsAboveTheSameHitInABody) {
  Declared({{"title", 1}});
  const SearchResponse alike = Cranes();
  EXPECT_EQ(alike.results[0].id, "body first") << "as many words, as long: by id";
  EXPECT_EQ(alike.results[0].why.bm25, alike.results[1].why.bm25);
  const CorpusInfo info = Declared({{"title", 2}});
  EXPECT_THAT(info.field_weights, ElementsAre(testing::Pair("headings", 1), testing::Pair("text", 1), testing::Pair("title", 2)));
  EXPECT_EQ(info.embedded_by_last_build, 0u) << "words alone are weighed";
  for (const double alpha : {1., .6}) {
    const SearchResponse weighed = Cranes(alpha);
    ASSERT_EQ(weighed.results[0].id, "title second") << alpha;
    const auto& title = weighed.results[0].why.fields;
    ASSERT_EQ(title.size(), 1u);
    EXPECT_EQ(title.at("title").weight, 2);
    EXPECT_NEAR(title.at("title").bm25, weighed.results[0].why.bm25, 1e-12);
    EXPECT_NEAR(weighed.results[1].why.fields.at("text").bm25, weighed.results[1].why.bm25, 1e-12);
  }
  Declared({{"title", 1}, {"text", 3}});
  EXPECT_EQ(Cranes().results[0].id, "body first");
}

TEST_F(FieldWeightsTest, StayAsTheyWereDeclaredUntilOthersAre) {
  Declared({{"title", 2}});
  const auto ids = [this] {
    std::vector<std::string> found;
    for (const Hit& hit : Cranes().results) found.push_back(hit.id);
    return found;
  };
  Must(matrix_->CreateCorpus({}, Declaration()));
  Must(matrix_->RefreshCorpus({}, {"staff"}));
  EXPECT_THAT(ids(), ElementsAre("title second", "body first")) << "nothing said of them";
  const int runs = query_.runs;
  Open();
  EXPECT_EQ(Must(matrix_->RefreshCorpus({}, {"staff"})).field_weights.at("title"), 2);
  EXPECT_EQ(query_.runs, runs) << "what was kept is weighed so";
  EXPECT_THAT(ids(), ElementsAre("title second", "body first"));
}

TEST_F(FieldWeightsTest, AnImageOfAnEarlierFormatIsBuiltAnew) {
  Declared({{"title", 2}});
  std::string octets = Must(lake_.lake.store->Get({}, "_corpora/staff/image"));
  octets.replace(6, 2, "02");
  Must(lake_.lake.store->Put({}, "_corpora/staff/image", octets));
  Open();
  EXPECT_EQ(Must(matrix_->RefreshCorpus({}, {"staff"})).state, "ready");
  EXPECT_EQ(Cranes().results[0].id, "title second");
  EXPECT_THAT(Must(lake_.lake.store->Get({}, "_corpora/staff/image")), testing::StartsWith("LHCORP03"));
}

TEST_F(FieldWeightsTest, OfNoFieldAndThoseThatAreNoneAreRefused) {
  for (const auto& [field, weight] :
       std::vector<std::pair<std::string, double>>{{"titel", 2}, {"state", 2}, {"title", -1}, {"title", 100.5}, {"title", std::nan("")}}) {
    CreateCorpusRequest declared = Declaration();
    declared.field_weights = {{field, weight}};
    EXPECT_THAT(matrix_->CreateCorpus({}, declared), HasReason("bad_field_weights")) << field << weight;
  }
  CreateCorpusRequest declared = Declaration();
  declared.field_weights = {{"titel", 2}};
  EXPECT_THAT(matrix_->CreateCorpus({}, declared).error().message(), HasSubstr("did you mean title?"));
  EXPECT_THAT(Must(matrix_->ListCorpora({}, {})).corpora, IsEmpty());
}

}  // namespace
}  // namespace lakehouse::matrix
