#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "lakehouse/query/query.h"
#include "lakehouse/query/query_history.h"

/// What every Query promises, whatever it is made of and wherever it runs.
///
///   INSTANTIATE_TEST_SUITE_P(Queries, QueryContract, testing::Values(QueryMaker{"local", &MakeLocal}), NameOfQuery);
namespace lakehouse::query {

/// A Query over a lake with these datasets: numbers (id BIGINT 0 … 9,999, name VARCHAR 'row <id>') and history (v INTEGER), whose
/// versions 1, 2, 3 hold one row each: 1, 2, 3.
class QueryUnderTest {
 public:
  virtual ~QueryUnderTest() = default;
  virtual Query& query() = 0;
  virtual QueryLog& log() = 0;
};

struct QueryMaker {
  std::string name;
  std::function<std::unique_ptr<QueryUnderTest>()> make;
};
inline std::string NameOfQuery(const testing::TestParamInfo<QueryMaker>& info) { return info.param.name; }

class QueryContract : public testing::TestWithParam<QueryMaker> {
 protected:
  void SetUp() override { host_ = GetParam().make(); }

  static Context MakeContext() {
    Context context;
    context.principal = "contract";
    context.deadline = Deadline::After(60'000);
    return context;
  }
  Result<std::unique_ptr<QueryResult>> Run(const std::string& sql, ResultFormat format = ResultFormat::kJsonRows) {
    QueryRequest request;
    request.sql = sql;
    request.format = format;
    return host_->query().Run(MakeContext(), request);
  }
  static std::string Drain(QueryResult& result) {
    std::string all;
    while (true) {
      auto octets = result.Next(MakeContext());
      if (!octets) return "ERROR " + octets.error().ToString();
      if (!*octets) return all;
      all += **octets;
    }
  }
  ErrorCode CodeOf(const std::string& sql) {
    const auto result = Run(sql);
    if (result) {
      ADD_FAILURE() << sql << " should fail";
      return ErrorCode::kInternal;
    }
    return result.error().code();
  }

  std::unique_ptr<QueryUnderTest> host_;
};

TEST_P(QueryContract, HeaderThenOctetsThenSummary) {
  const auto result = Run("SELECT id, name FROM numbers WHERE id IN (7, 8) ORDER BY id");
  ASSERT_TRUE(result.ok()) << result.error().ToString();
  const QueryHeader& header = (*result)->header();
  EXPECT_FALSE(header.query_id.empty());
  EXPECT_GT(header.sequence, 0);
  EXPECT_EQ(header.versions.at("numbers"), 1);
  ASSERT_EQ(header.columns.size(), 2u);
  EXPECT_EQ(header.columns[0].name, "id");
  EXPECT_EQ(header.columns[0].type, "BIGINT");
  EXPECT_EQ(Drain(**result), R"([7,"row 7"],[8,"row 8"])");
  EXPECT_EQ((*result)->summary().rows, 2);
  EXPECT_EQ((*result)->summary().truncated, "");
}

TEST_P(QueryContract, TheEndStaysTheEnd) {
  const auto result = Run("SELECT 1");
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(Drain(**result), "[1]");
  EXPECT_EQ(*(*result)->Next(MakeContext()), std::nullopt);
}

TEST_P(QueryContract, AnEmptyResultHasColumnsAndNoOctets) {
  const auto result = Run("SELECT id FROM numbers WHERE id < 0");
  ASSERT_TRUE(result.ok());
  EXPECT_EQ((*result)->header().columns.size(), 1u);
  EXPECT_EQ(Drain(**result), "");
  EXPECT_EQ((*result)->summary().rows, 0);
}

TEST_P(QueryContract, ALongResultIsWhole) {
  const auto result = Run("SELECT range AS i FROM range(500000)", ResultFormat::kCsv);
  ASSERT_TRUE(result.ok());
  const std::string all = Drain(**result);
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 500'001);
  EXPECT_EQ((*result)->summary().rows, 500'000);
}

TEST_P(QueryContract, CutsAtMaxRows) {
  QueryRequest request;
  request.sql = "FROM numbers";
  request.max_rows = 3;
  const auto result = host_->query().Run(MakeContext(), request);
  ASSERT_TRUE(result.ok());
  Drain(**result);
  EXPECT_EQ((*result)->summary().rows, 3);
  EXPECT_EQ((*result)->summary().truncated, "rows");
}

TEST_P(QueryContract, ReadsTheLakeAsItWas) {
  const auto head = Run("SELECT v FROM history");
  ASSERT_TRUE(head.ok());
  EXPECT_EQ(Drain(**head), "[3]");
  QueryRequest request;
  request.sql = "SELECT v FROM history";
  request.sequence = (*head)->header().sequence - 1;
  const auto before = host_->query().Run(MakeContext(), request);
  ASSERT_TRUE(before.ok());
  EXPECT_EQ(Drain(**before), "[2]");
  EXPECT_EQ((*before)->header().sequence, *request.sequence);
}

TEST_P(QueryContract, ErrorsKeepCodeReasonAndDetails) {
  const auto refused = Run("SELECT getenv('HOME')");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kPermissionDenied);
  EXPECT_EQ(refused.error().reason(), "not_allowed");
  EXPECT_EQ(refused.error().details(), R"({"rule":"function","position":7})");
  EXPECT_EQ(CodeOf("SELEC 1"), ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf("SELECT nope FROM numbers"), ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf("FROM nowhere"), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf("FROM history AT (VERSION => 99)"), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf("SELECT '" + std::string(100'001, 'x') + "'"), ErrorCode::kTooLarge);
}

TEST_P(QueryContract, AnErrorAfterTheFirstOctetsComesFromNext) {
  const auto result =
      Run("SELECT CAST(CASE WHEN range = 2000000 THEN 'x' ELSE range::VARCHAR END AS BIGINT) FROM range(3000000)", ResultFormat::kCsv);
  ASSERT_TRUE(result.ok()) << result.error().ToString();
  EXPECT_THAT(Drain(**result), testing::StartsWith("ERROR"));
}

TEST_P(QueryContract, ADroppedResultLeavesRoomForTheNext) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(Run("SELECT a.id, b.name FROM numbers a, numbers b").ok());
  const auto result = Run("SELECT 1");
  ASSERT_TRUE(result.ok()) << result.error().ToString();
  EXPECT_EQ(Drain(**result), "[1]");
}

TEST_P(QueryContract, AnEndedContextIsAnError) {
  Context late = MakeContext();
  late.deadline = Deadline::After(0);
  QueryRequest request;
  request.sql = "SELECT 1";
  const auto result = host_->query().Run(late, request);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kDeadlineExceeded);
}

TEST_P(QueryContract, TheLogHasTheLastStatementsFirst) {
  ASSERT_TRUE(Run("SELECT 1 AS first_one").ok());
  ASSERT_FALSE(Run("SELECT getenv('second one')").ok());
  const auto recent = host_->log().Recent(MakeContext(), {.limit = 2});
  ASSERT_TRUE(recent.ok());
  ASSERT_EQ(recent->queries.size(), 2u);
  EXPECT_EQ(recent->queries[0].outcome, "not_allowed");
  EXPECT_EQ(recent->queries[1].sql, "SELECT 1 AS first_one");
  EXPECT_EQ(recent->queries[1].outcome, "ok");
  EXPECT_EQ(recent->queries[1].principal, "contract");
}

}  // namespace lakehouse::query
