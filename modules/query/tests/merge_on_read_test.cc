#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>

#include "lakehouse/engine/session.h"
#include "lakehouse/query/table_view.h"
#include "test_lake.h"

namespace lakehouse::query {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

catalog::ResolvedTable TableOf(const std::vector<std::pair<std::string, std::string>>& columns, std::vector<catalog::DataFile> files) {
  catalog::ResolvedTable table;
  for (const auto& [name, type] : columns) table.snapshot.schema.columns.push_back({.name = name, .type = type});
  table.files = std::move(files);
  return table;
}
catalog::DataFile Data(const std::string& key) { return {.content = catalog::FileContent::kData, .key = key}; }
catalog::DataFile Deletes(const std::string& key, const std::optional<std::string>& lower = {},
                          const std::optional<std::string>& upper = {}) {
  catalog::DataFile file{.content = catalog::FileContent::kPositionDeletes, .key = key};
  if (lower) file.statistics.push_back({.field_id = kDeleteFilePathFieldId, .null_count = 0, .lower = lower, .upper = upper});
  return file;
}

TEST(TableSelectTest, ReadsFilesWithoutDeletesTogether) {
  const auto table = TableOf({{"a", "BIGINT"}, {"b \"c\"", "VARCHAR"}}, {Data("x"), Data("y")});
  EXPECT_EQ(TableSelect(table, {{"x", "in/1"}, {"y", "in/'2"}}), "SELECT \"a\", \"b \"\"c\"\"\" FROM read_parquet(['in/1', 'in/''2'])");
}

TEST(TableSelectTest, ReadsAFileWithDeletesAlone) {
  const auto table = TableOf({{"a", "BIGINT"}}, {Data("x"), Data("y"), Data("z"), Deletes("d", "y", "y")});
  EXPECT_EQ(
      TableSelect(table, {{"x", "1"}, {"y", "2"}, {"z", "3"}, {"d", "4"}}),
      "SELECT \"a\" FROM read_parquet(['1']) UNION ALL SELECT \"a\" FROM read_parquet(['2']) d ANTI JOIN (SELECT pos AS deleted_row FROM "
      "read_parquet(['4']) WHERE file_path = 'y') x ON d.file_row_number = x.deleted_row UNION ALL SELECT \"a\" FROM read_parquet(['3'])");
}

TEST(TableSelectTest, DeletesThatDoNotSayWhatTheyTouchTouchEverything) {
  const auto table = TableOf({{"a", "BIGINT"}}, {Data("x"), Data("y"), Deletes("d")});
  const std::string text = TableSelect(table, {{"x", "1"}, {"y", "2"}, {"d", "4"}});
  EXPECT_THAT(text, HasSubstr("file_path = 'x'"));
  EXPECT_THAT(text, HasSubstr("file_path = 'y'"));
}

TEST(TableSelectTest, CastsWhatParquetCannotKeep) {
  const auto table = TableOf({{"h", "HUGEINT"}, {"d", "DECIMAL(9,2)"}, {"l", "DECIMAL(9,2)[]"}}, {Data("x")});
  EXPECT_EQ(TableSelect(table, {{"x", "1"}}),
            "SELECT CAST(\"h\" AS HUGEINT) AS \"h\", \"d\", CAST(\"l\" AS DECIMAL(9,2)[]) AS \"l\" FROM read_parquet(['1'])");
}

TEST(TableSelectTest, WithoutFilesItIsEmptyAndTyped) {
  const auto table = TableOf({{"a", "BIGINT"}, {"b", "VARCHAR[]"}}, {});
  EXPECT_EQ(TableSelect(table, {}), "SELECT CAST(NULL AS BIGINT) AS \"a\", CAST(NULL AS VARCHAR[]) AS \"b\" WHERE false");
}

class MergeOnReadTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { lake_ = std::make_unique<TestLake>(); }
  static void TearDownTestSuite() { lake_.reset(); }

  /// A delete file for these rows of these data files.
  static catalog::DataFile WriteDeletes(const std::map<std::string, std::vector<std::int64_t>>& rows, bool with_bounds) {
    std::string values;
    for (const auto& [key, positions] : rows)
      for (std::int64_t position : positions)
        values += (values.empty() ? "(" : ", (") + QuoteText(key) + ", " + std::to_string(position) + ")";
    auto file = lake_->WriteFile("SELECT file_path, pos::BIGINT AS pos FROM (VALUES " + values + ") t(file_path, pos) ORDER BY ALL",
                                 catalog::FileContent::kPositionDeletes);
    if (with_bounds)
      file.statistics.push_back(
          {.field_id = kDeleteFilePathFieldId, .null_count = 0, .lower = rows.begin()->first, .upper = rows.rbegin()->first});
    return file;
  }

  static std::unique_ptr<TestLake> lake_;
};
std::unique_ptr<TestLake> MergeOnReadTest::lake_;

TEST_F(MergeOnReadTest, DeletedRowsAreGoneAndFiltersStillReachTheScan) {
  const auto data = lake_->WriteFile("SELECT range AS id, 'v' || range AS v FROM range(10000)");
  const auto deletes = WriteDeletes({{data.key, {0, 17, 9999}}}, true);
  lake_->catalog.Add("pushed", lake_->SchemaOf("SELECT 1::BIGINT AS id, 'x' AS v"), {data, deletes});
  EXPECT_EQ(lake_->Rows("SELECT count(*), min(id), max(id) FROM pushed"), "[9997,1,9998]");
  EXPECT_EQ(lake_->Rows("SELECT v FROM pushed WHERE id IN (16, 17, 18) ORDER BY id"), R"(["v16"],["v18"])");
  const std::string plan = lake_->Rows("EXPLAIN SELECT v FROM pushed WHERE id = 4242");
  EXPECT_THAT(plan, HasSubstr("Filters: id=4242"));
  EXPECT_THAT(plan, HasSubstr("ANTI"));
}

TEST_F(MergeOnReadTest, ColumnsMayBeCalledLikeOurOwnNames) {
  const std::string select =
      "SELECT range AS id, range * 2 AS file_row_number, range * 3 AS pos, 'f' AS file_path, {'file_row_number': 1} AS d, range AS x, "
      "range AS deleted_row FROM range(100)";
  const auto data = lake_->WriteFile(select);
  lake_->catalog.Add("names", lake_->SchemaOf(select), {data, WriteDeletes({{data.key, {1, 2, 3}}}, true)});
  EXPECT_EQ(lake_->Rows("SELECT * FROM names ORDER BY id LIMIT 2"),
            R"([0,0,0,"f",{"file_row_number":1},0,0],[4,8,12,"f",{"file_row_number":1},4,4])");
  EXPECT_EQ(lake_->Rows("SELECT count(*) FROM names"), "[97]");
  const std::string without =
      "SELECT range AS id, range * 3 AS pos, 'f' AS file_path, {'file_row_number': 1} AS d, range AS x, range AS deleted_row FROM "
      "range(100)";
  const auto plain = lake_->WriteFile(without);
  lake_->catalog.Add("names_2", lake_->SchemaOf(without), {plain, WriteDeletes({{plain.key, {1, 2, 3}}}, true)});
  EXPECT_EQ(lake_->Rows("SELECT count(*), sum(deleted_row), sum(pos), sum(x), sum(d.file_row_number) FROM names_2"),
            "[97,4944,14832,4944,97]");
}

TEST_F(MergeOnReadTest, EqualsARewriteOverRandomHistories) {
  const char* given = std::getenv("LAKEHOUSE_TEST_SEED");
  const auto seed = given != nullptr ? std::strtoul(given, nullptr, 10) : std::random_device{}();
  RecordProperty("seed", std::to_string(seed));
  SCOPED_TRACE("LAKEHOUSE_TEST_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  const auto below = [&](std::uint64_t bound) { return random() % bound; };

  for (int history = 0; history < 6; ++history) {
    const std::string name = "random_" + std::to_string(history);
    const auto schema = lake_->SchemaOf("SELECT 1::BIGINT AS k, 'x' AS v");
    struct Row {
      std::string file;
      std::int64_t position;
      std::string value;
    };
    std::map<std::int64_t, Row> expected;  // by key
    std::vector<catalog::DataFile> files;
    for (int step = 0; step < 8; ++step) {
      std::map<std::string, std::vector<std::int64_t>> gone;
      std::string values;
      std::int64_t position = 0;
      std::map<std::int64_t, Row> added;
      const std::uint64_t count = step == 0 ? 300 : below(60);
      for (std::uint64_t i = 0; i < count; ++i) {  // upserts
        const auto key = static_cast<std::int64_t>(below(500));
        if (added.contains(key)) continue;
        const std::string value = "s" + std::to_string(step) + "-" + std::to_string(below(1000));
        values += (values.empty() ? "(" : ", (") + std::to_string(key) + ", '" + value + "')";
        added[key] = {"", position++, value};
        if (const auto old = expected.find(key); old != expected.end()) gone[old->second.file].push_back(old->second.position);
      }
      for (std::uint64_t i = 0; i < below(20) && !expected.empty(); ++i) {  // deletes
        const auto victim = std::next(expected.begin(), static_cast<std::ptrdiff_t>(below(expected.size())));
        if (added.contains(victim->first)) continue;
        gone[victim->second.file].push_back(victim->second.position);
        expected.erase(victim);
      }
      if (!values.empty()) {
        files.push_back(lake_->WriteFile("SELECT k::BIGINT AS k, v FROM (VALUES " + values + ") t(k, v)"));
        for (auto& [key, row] : added) expected[key] = {files.back().key, row.position, row.value};
      }
      if (!gone.empty()) files.push_back(WriteDeletes(gone, below(2) == 0));
      lake_->catalog.Add(name, schema, files);

      std::string rewritten;
      for (const auto& [key, row] : expected)
        rewritten += (rewritten.empty() ? "[" : ",[") + std::to_string(key) + ",\"" + row.value + "\"]";
      ASSERT_EQ(lake_->Rows("SELECT k, v FROM " + name + " ORDER BY k"), rewritten) << "step " << step;
      const auto some_key = static_cast<std::int64_t>(below(500));
      const auto found = expected.find(some_key);
      ASSERT_EQ(lake_->Rows("SELECT v FROM " + name + " WHERE k = " + std::to_string(some_key)),
                found == expected.end() ? "" : "[\"" + found->second.value + "\"]");
    }
  }
}

}  // namespace
}  // namespace lakehouse::query
