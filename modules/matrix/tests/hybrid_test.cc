#include "lakehouse/matrix/hybrid.h"

#include <gmock/gmock.h>

#include "ask_fixture.h"

namespace lakehouse::matrix {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Answers every statement with these rows, once.
class FixedQuery final : public query::Query {
 public:
  std::string rows, truncated;
  std::optional<Error> failure;
  std::vector<std::string> asked;

  Result<std::unique_ptr<query::QueryResult>> Run(const Context&, const query::QueryRequest& request) override {
    asked.push_back(request.sql);
    if (failure) return *failure;
    return std::unique_ptr<query::QueryResult>(std::make_unique<Rows>(rows, truncated));
  }

 private:
  class Rows final : public query::QueryResult {
   public:
    Rows(std::string rows, const std::string& truncated) : rows_(std::move(rows)) {
      header_.versions = {{"people", 4}};
      header_.columns = {{"id", "VARCHAR"}};
      summary_.truncated = truncated;
    }
    const query::QueryHeader& header() const override { return header_; }
    const query::QuerySummary& summary() const override { return summary_; }
    Result<std::optional<std::string>> Next(const Context&) override { return std::exchange(rows_, std::nullopt); }

   private:
    std::optional<std::string> rows_;
    query::QueryHeader header_;
    query::QuerySummary summary_;
  };
};

/// One corpus, "notes" over "people".
class NotesMatrix final : public Matrix {
 public:
  FixedMatrix inner;
  Result<SearchResponse> Search(const Context& context, const SearchRequest& request) override { return inner.Search(context, request); }
  Result<CorpusInfo> CreateCorpus(const Context&, const CreateCorpusRequest&) override { return Notes(); }
  Result<ListCorporaResponse> ListCorpora(const Context&, const ListCorporaRequest&) override { return ListCorporaResponse{{Notes()}}; }
  Result<CorpusInfo> DescribeCorpus(const Context&, const CorpusRequest& request) override {
    if (request.name == "notes") return Notes();
    return Error(ErrorCode::kNotFound, "there is no corpus \"" + request.name + "\"").Named("corpus_not_found");
  }
  Result<CorpusInfo> RefreshCorpus(const Context&, const CorpusRequest&) override { return Notes(); }
  Result<DropCorpusResponse> DropCorpus(const Context&, const CorpusRequest&) override { return DropCorpusResponse(); }

 private:
  static CorpusInfo Notes() {
    CorpusInfo notes;
    notes.name = "notes";
    notes.dataset = "people";
    notes.id_column = "person";
    notes.vector_index = "corpus-notes-1";
    return notes;
  }
};

class HybridTest : public AskTest {
 protected:
  void SetUp() override {
    AskTest::SetUp();
    notes_.inner.answer = matrix_.answer;
  }
  static HybridRequest Asking() {
    HybridRequest request;
    request.question = "Who drives forklifts in Joliet?";
    request.index_name = "notes";
    request.sql_filter = "state = 'IL'";
    return request;
  }
  Result<HybridResponse> Search(const HybridRequest& request) { return SearchHybrid({}, {notes_, query_, answers_of_notes_}, request); }

  NotesMatrix notes_;
  FixedQuery query_;
  Answers answers_of_notes_{AnswerParts{notes_}};
};

TEST_F(HybridTest, SearchesAmongTheIdsThatTheConditionLetsThrough) {
  query_.rows = R"(["row0"],["row7"])";
  const HybridResponse found = Must(Search(Asking()));
  EXPECT_THAT(query_.asked,
              ElementsAre("SELECT DISTINCT CAST(\"person\" AS VARCHAR) AS id FROM \"people\" WHERE \"person\" IS NOT NULL AND (\n"
                          "state = 'IL'\n)"));
  EXPECT_THAT(*notes_.inner.asked.only_ids, ElementsAre("row0", "row7"));
  EXPECT_EQ(found.sql_matches, 2u);
  EXPECT_EQ(found.sql_version, 4);
  EXPECT_EQ(found.sources[0].doc_id, "row0");
  EXPECT_EQ(found.sources[0].chunk_text, kPassages[0]);
  EXPECT_TRUE(found.sources[0].sql_verified);
  EXPECT_FALSE(found.answer.has_value());
}

TEST_F(HybridTest, WithoutAConditionNothingIsVerifiedAndNothingIsLeftOut) {
  HybridRequest request = Asking();
  request.index_name = "corpus-notes-1";
  request.sql_filter.reset();
  const HybridResponse found = Must(Search(request));
  EXPECT_EQ(found.index_name, "notes");
  EXPECT_FALSE(notes_.inner.asked.only_ids.has_value());
  EXPECT_FALSE(found.sources[0].sql_verified);
  EXPECT_FALSE(found.sql_matches.has_value());
  EXPECT_TRUE(query_.asked.empty());
}

TEST_F(HybridTest, AnotherDatasetMayHaveTheIds) {
  HybridRequest request = Asking();
  request.filter_dataset = "shifts";
  request.id_column = "worker";
  Must(Search(request));
  EXPECT_THAT(query_.asked[0], HasSubstr("CAST(\"worker\" AS VARCHAR) AS id FROM \"shifts\""));
}

TEST_F(HybridTest, AnAnswerRestsOnThoseRowsAlone) {
  query_.rows = R"(["row0"])";
  HybridRequest request = Asking();
  request.generate = true;
  const HybridResponse found = Must(Search(request));
  ASSERT_TRUE(found.answer.has_value());
  EXPECT_THAT(found.answer->answer, HasSubstr("Maria Lopez drives forklifts in Joliet."));
  EXPECT_THAT(*notes_.inner.asked.only_ids, ElementsAre("row0"));
}

TEST_F(HybridTest, AHalfThatFailsIsTheAnswer) {
  query_.failure = Error(ErrorCode::kInvalidArgument, "column stat is not there").Named("bad_sql");
  EXPECT_THAT(Search(Asking()), HasReason("bad_sql"));
  query_.failure.reset();
  query_.truncated = "rows";
  EXPECT_THAT(Search(Asking()), HasCode(ErrorCode::kTooLarge));
}

TEST_F(HybridTest, RequestsThatMakeNoSenseAreRefused) {
  for (const auto& [spoil, reason] : std::vector<std::pair<void (*)(HybridRequest&), std::string>>{
           {[](HybridRequest& r) { r.question.clear(); }, "empty_query"},
           {[](HybridRequest& r) { r.top_k = 0; }, "bad_k"},
           {[](HybridRequest& r) { r.top_k = 1'001; }, "bad_k"},
           {[](HybridRequest& r) { r.use_playbook_memory = true; }, "no_playbooks"},
           {[](HybridRequest& r) { r.sql_filter.reset(), r.id_column = "worker"; }, "bad_request"},
           {[](HybridRequest& r) { r.index_name = "vectors"; }, "corpus_not_found"}}) {
    HybridRequest request = Asking();
    spoil(request);
    EXPECT_THAT(Search(request), HasReason(reason)) << reason;
  }
}

}  // namespace
}  // namespace lakehouse::matrix
