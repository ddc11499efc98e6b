#include "result_parts.h"

#include <gtest/gtest.h>

namespace lakehouse::query {
namespace {

class Scripted final : public QueryResult {
 public:
  explicit Scripted(std::vector<std::string> chunks) : chunks_(std::move(chunks)) {}
  const QueryHeader& header() const override { return header_; }
  const QuerySummary& summary() const override { return summary_; }
  Result<std::optional<std::string>> Next(const Context&) override {
    if (next_ == chunks_.size()) return std::optional<std::string>();
    return std::optional(chunks_[next_++]);
  }

 private:
  const QueryHeader header_{.query_id = "q1", .sequence = 7, .versions = {{"t", 3}}, .columns = {{"a", "BIGINT"}}};
  const QuerySummary summary_{.rows = 5, .truncated = "rows"};
  const std::vector<std::string> chunks_;
  std::size_t next_ = 0;
};

/// Gives the same octets in pieces of another size, and stops early when told.
class Recut final : public net::ByteSource {
 public:
  Recut(std::string all, std::size_t piece) : all_(std::move(all)), piece_(piece) {}
  Result<std::optional<std::string>> Next(const Context&) override {
    if (at_ == all_.size()) return std::optional<std::string>();
    std::string piece = all_.substr(at_, piece_);
    at_ += piece.size();
    return std::optional(std::move(piece));
  }

 private:
  const std::string all_;
  const std::size_t piece_;
  std::size_t at_ = 0;
};

std::string AllParts(std::vector<std::string> chunks) {
  const auto source = PartsOf(std::make_unique<Scripted>(std::move(chunks)));
  std::string all;
  for (auto part = source->Next({}); part.ok() && *part; part = source->Next({})) all += **part;
  return all;
}

std::string Drained(QueryResult& result) {
  std::string all;
  while (true) {
    const auto octets = result.Next({});
    if (!octets) return "ERROR";
    if (!*octets) return all;
    all += **octets;
  }
}

TEST(ResultPartsTest, AResultComesBackHoweverTheStreamIsCut) {
  const std::string parts = AllParts({"abc", std::string(100'000, 'x'), "z"});
  for (std::size_t piece : {1u, 3u, 7u, 4096u, 1'000'000u}) {
    const auto result = ResultOf({}, std::make_unique<Recut>(parts, piece));
    ASSERT_TRUE(result.ok()) << piece;
    EXPECT_EQ((*result)->header().query_id, "q1");
    EXPECT_EQ((*result)->header().versions.at("t"), 3);
    EXPECT_EQ(Drained(**result), "abc" + std::string(100'000, 'x') + "z");
    EXPECT_EQ((*result)->summary().rows, 5);
    EXPECT_EQ((*result)->summary().truncated, "rows");
  }
}

TEST(ResultPartsTest, AStreamThatEndsEarlyIsCorruptionAtEveryLength) {
  const std::string parts = AllParts({"abc"});
  for (std::size_t length = 0; length < parts.size(); ++length) {
    const auto result = ResultOf({}, std::make_unique<Recut>(parts.substr(0, length), 4096));
    EXPECT_EQ(result ? Drained(**result) : "ERROR", "ERROR") << length;
    EXPECT_TRUE(result.ok() || result.error().code() == ErrorCode::kCorruption) << length;
  }
}

TEST(ResultPartsTest, OctetsAfterTheEndAreCorruption) {
  const auto result = ResultOf({}, std::make_unique<Recut>(AllParts({"abc"}) + "x", 4096));
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(Drained(**result), "ERROR");
}

TEST(ResultPartsTest, UnknownPartsAndAbsurdLengthsAreCorruption) {
  std::string unknown = AllParts({"abc"});
  unknown[0] = 'X';
  EXPECT_FALSE(ResultOf({}, std::make_unique<Recut>(unknown, 4096)).ok());
  EXPECT_FALSE(ResultOf({}, std::make_unique<Recut>("H\xFF\xFF\xFF\xFFxxxx", 4096)).ok());
}

}  // namespace
}  // namespace lakehouse::query
