#include "lakehouse/engine/parquet_table.h"

#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>
#include <thread>

#include "lakehouse/base/file.h"

namespace lakehouse::engine {
namespace {

using testing::HasSubstr;

class ParquetTableTest : public testing::Test {
 protected:
  void SetUp() override {
    auto directory = TemporaryDirectory::Create(testing::TempDir(), "tables");
    ASSERT_TRUE(directory.ok());
    directory_.emplace(std::move(directory).Take());
    auto tables = ParquetTables::Open({.scratch = directory_->path()});
    ASSERT_TRUE(tables.ok()) << tables.error().ToString();
    tables_ = std::move(tables).Take();
  }
  std::string WriteFile(const Table& table, const ParquetWriteOptions& options = {}) {
    const auto octets = tables_->Write(context_, table, options);
    EXPECT_TRUE(octets.ok()) << octets.error().ToString();
    const std::string path = directory_->path() + "/file.parquet";
    EXPECT_TRUE(ReplaceFile(path, *octets).ok());
    return path;
  }

  static Table Sample() {
    using namespace std::string_literals;
    return {
        .columns = {{"id", "BIGINT"}, {"na\"me", "VARCHAR"}, {"share", "DOUBLE"}, {"live", "BOOLEAN"}, {"digest", "BLOB"}},
        .rows = {{std::int64_t{INT64_MIN}, "Zoë", 0.1, true, "\0\xff\x80"s}, {{}, {}, {}, {}, {}}, {std::int64_t{7}, "", -0.0, false, ""}}};
  }

  std::optional<TemporaryDirectory> directory_;
  std::unique_ptr<ParquetTables> tables_;
  Context context_;
};

TEST_F(ParquetTableTest, WhatIsWrittenReadsBackTheSame) {
  const Table table = Sample();
  const auto octets = tables_->Write(context_, table);
  ASSERT_TRUE(octets.ok()) << octets.error().ToString();
  const auto read = tables_->ReadBytes(context_, *octets, table.columns);
  ASSERT_TRUE(read.ok()) << read.error().ToString();
  EXPECT_EQ(read->columns, table.columns);
  EXPECT_EQ(read->rows, table.rows);
}

TEST_F(ParquetTableTest, TablesOfEverySizeReadBackTheSame) {  // small ones are written without the library, and read by it
  const Table sample = Sample();
  for (const std::size_t rows : {0u, 1u, 2u, 9u, 130u, 700u, 5'000u, 30'000u}) {
    Table table{.columns = sample.columns};
    for (std::size_t row = 0; row < rows; ++row) {
      table.rows.push_back(sample.rows[row % 7 % 3]);
      if (row % 5 == 0) table.rows.back()[3] = row % 3 == 0;
      if (row % 11 == 0) table.rows.back()[0] = static_cast<std::int64_t>(row);
    }
    const auto octets = tables_->Write(context_, table);
    ASSERT_TRUE(octets.ok()) << octets.error().ToString();
    const auto read = tables_->ReadBytes(context_, *octets, table.columns);
    ASSERT_TRUE(read.ok()) << rows << " rows: " << read.error().ToString();
    EXPECT_EQ(read->rows, table.rows) << rows << " rows";
  }
}

TEST_F(ParquetTableTest, ManyColumnsAndLongTextsReadBackTheSame) {
  Table table;
  for (int column = 0; column < 40; ++column)
    table.columns.push_back({"c" + std::to_string(column), column % 2 == 0 ? "BOOLEAN" : "VARCHAR"});
  for (int row = 0; row < 20; ++row) {
    table.rows.emplace_back();
    for (int column = 0; column < 40; ++column)
      table.rows.back().push_back(column % 2 == 0 ? Value((row + column) % 3 == 0)
                                                  : Value(std::string(static_cast<std::size_t>(row * column % 300), 'x')));
  }
  const auto octets = tables_->Write(context_, table, {.metadata = {{"long", std::string(40'000, 'm')}}});
  ASSERT_TRUE(octets.ok()) << octets.error().ToString();
  const auto read = tables_->ReadBytes(context_, *octets, table.columns);
  ASSERT_TRUE(read.ok()) << read.error().ToString();
  EXPECT_EQ(read->rows, table.rows);
}

TEST_F(ParquetTableTest, BoundsOfNumbersKeepEveryRowInReach) {
  Table table{.columns = {{"n", "DOUBLE"}}, .rows = {{0.0}, {-0.0}, {-1.5}}};
  auto facts = tables_->Describe(context_, WriteFile(table));
  ASSERT_TRUE(facts.ok()) << facts.error().ToString();
  EXPECT_EQ(facts->columns[0].min, "-1.5");
  EXPECT_EQ(facts->columns[0].max, "0.0");
  table.rows.push_back({std::nan("")});
  facts = tables_->Describe(context_, WriteFile(table));
  ASSERT_TRUE(facts.ok()) << facts.error().ToString();
  EXPECT_EQ(facts->columns[0].max, std::nullopt) << "no order with a NaN in it";
}

TEST_F(ParquetTableTest, TheSameTableGivesTheSameBytes) {
  const auto first = tables_->Write(context_, Sample(), {.metadata = {{"k", "v"}}, .field_ids = {1, 2, 3, 4, 5}});
  const auto second = tables_->Write(context_, Sample(), {.metadata = {{"k", "v"}}, .field_ids = {1, 2, 3, 4, 5}});
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(*first, *second);
}

TEST_F(ParquetTableTest, RowsKeepTheirOrderAcrossRowGroups) {
  Table table{.columns = {{"n", "BIGINT"}}};
  for (std::int64_t i = 0; i < 50'000; ++i) table.rows.push_back({(i * 7'919) % 50'000});
  const std::string path = WriteFile(table);
  const auto read = tables_->ReadFile(context_, path, table.columns);
  ASSERT_TRUE(read.ok()) << read.error().ToString();
  EXPECT_EQ(read->rows, table.rows);
  const auto facts = tables_->Describe(context_, path);
  ASSERT_TRUE(facts.ok()) << facts.error().ToString();
  EXPECT_EQ(facts->rows, 50'000);
  EXPECT_EQ(facts->row_groups, 3);
  EXPECT_EQ(facts->columns[0].min, "0");
  EXPECT_EQ(facts->columns[0].max, "49999");
  EXPECT_EQ(facts->columns[0].nulls, 0);
}

TEST_F(ParquetTableTest, AnEmptyTableIsAFileWithItsColumns) {
  Table table = Sample();
  table.rows.clear();
  const auto read = tables_->ReadFile(context_, WriteFile(table), table.columns);
  ASSERT_TRUE(read.ok()) << read.error().ToString();
  EXPECT_TRUE(read->rows.empty());
}

TEST_F(ParquetTableTest, TheFooterTellsTypesIdsStatisticsAndMetadata) {
  const auto facts = tables_->Describe(
      context_, WriteFile(Sample(), {.metadata = {{"iceberg.schema", R"({"a":'1'})"}, {"it's", ""}}, .field_ids = {9, 8, 7, 6, 5}}));
  ASSERT_TRUE(facts.ok()) << facts.error().ToString();
  ASSERT_EQ(facts->columns.size(), 5u);
  EXPECT_EQ(facts->columns[1].name, "na\"me");
  EXPECT_EQ(facts->columns[1].type, "VARCHAR");
  EXPECT_EQ(facts->columns[1].field_id, 8);
  EXPECT_EQ(facts->columns[1].min, "");
  EXPECT_EQ(facts->columns[1].max, "Zoë");
  EXPECT_EQ(facts->columns[1].nulls, 1);
  EXPECT_EQ(facts->columns[0].min, "-9223372036854775808");
  EXPECT_EQ(facts->metadata.at("iceberg.schema"), R"({"a":'1'})");
  EXPECT_EQ(facts->metadata.at("it's"), "");
}

TEST_F(ParquetTableTest, ColumnsAreFoundByNameAndMayBeFewer) {
  const auto octets = tables_->Write(context_, Sample());
  ASSERT_TRUE(octets.ok());
  const auto read = tables_->ReadBytes(context_, *octets, {{"live", "BOOLEAN"}, {"id", "BIGINT"}});
  ASSERT_TRUE(read.ok()) << read.error().ToString();
  EXPECT_EQ(read->rows[2], (std::vector<Value>{false, std::int64_t{7}}));
}

TEST_F(ParquetTableTest, DamagedOrForeignFilesAreCorruption) {
  const auto octets = tables_->Write(context_, Sample());
  ASSERT_TRUE(octets.ok());
  const auto code = [&](std::string_view parquet, const std::vector<Column>& expected) {
    const auto read = tables_->ReadBytes(context_, parquet, expected);
    return read ? std::string("read") : std::string(WireName(read.error().code()));
  };
  EXPECT_EQ(code("", {{"id", "BIGINT"}}), "corruption");
  EXPECT_EQ(code("PAR1PAR1", {{"id", "BIGINT"}}), "corruption");
  EXPECT_EQ(code(octets->substr(0, octets->size() - 10), {{"id", "BIGINT"}}), "corruption");
  EXPECT_EQ(code(*octets, {{"missing", "BIGINT"}}), "corruption");
  EXPECT_EQ(code(*octets, {{"id", "VARCHAR"}}), "corruption");
  EXPECT_EQ(code(*octets, {{"id", "BIGINT"}}), "read");
}

TEST_F(ParquetTableTest, NoDamagedByteCrashesTheReader) {
  const Table table = Sample();
  const auto octets = tables_->Write(context_, table);
  ASSERT_TRUE(octets.ok());
  int refused = 0;
  for (std::size_t at = 0; at < octets->size(); ++at) {
    std::string damaged = *octets;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x41);
    const auto read = tables_->ReadBytes(context_, damaged, table.columns);
    if (!read) {
      ++refused;
      EXPECT_EQ(read.error().code(), ErrorCode::kCorruption) << "octet " << at << ": " << read.error().ToString();
    }
  }
  EXPECT_GT(refused, 0);
  EXPECT_TRUE(tables_->ReadBytes(context_, *octets, table.columns).ok());
}

TEST_F(ParquetTableTest, ATableThatContradictsItselfIsRefused) {
  const auto code = [&](const Table& table, const ParquetWriteOptions& options = {}) {
    const auto octets = tables_->Write(context_, table, options);
    return octets ? std::string("written") : std::string(WireName(octets.error().code()));
  };
  EXPECT_EQ(code({}), "invalid_argument");
  EXPECT_EQ(code({.columns = {{"a", "BIGINT"}}, .rows = {{1.5}}}), "invalid_argument");
  EXPECT_EQ(code({.columns = {{"a", "BIGINT"}}, .rows = {{}}}), "invalid_argument");
  EXPECT_EQ(code({.columns = {{"a", "INTEGER"}}}), "invalid_argument");
  EXPECT_EQ(code({.columns = {{"a", "VARCHAR"}}, .rows = {{"\xff"}}}), "invalid_argument");
  EXPECT_EQ(code({.columns = {{"a", "BIGINT"}}}, {.field_ids = {1, 2}}), "invalid_argument");
  EXPECT_EQ(code({.columns = {{"a", "BIGINT"}, {"A", "BIGINT"}}}), "invalid_argument");
}

TEST_F(ParquetTableTest, AMissingFileIsNotFoundAndNothingStaysBehind) {
  EXPECT_EQ(tables_->ReadFile(context_, directory_->path() + "/nowhere", {{"a", "BIGINT"}}).error().code(), ErrorCode::kNotFound);
  (void)WriteFile(Sample());
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory_->path())) files += entry.is_regular_file() ? 1 : 0;
  EXPECT_EQ(files, 1u) << "only file.parquet";
}

TEST_F(ParquetTableTest, ThreadsTakeTurns) {
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 10; ++i) {
        const auto octets = tables_->Write(context_, Sample());
        if (octets && tables_->ReadBytes(context_, *octets, Sample().columns)) ++good;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 40);
}

TEST_F(ParquetTableTest, ACancelledContextDoesNothing) {
  const auto stop = std::make_unique<std::stop_source>();
  stop->request_stop();
  Context context;
  context.cancel = stop->get_token();
  EXPECT_EQ(tables_->Write(context, Sample()).error().code(), ErrorCode::kCancelled);
}

}  // namespace
}  // namespace lakehouse::engine
