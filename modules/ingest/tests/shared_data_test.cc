#include <gmock/gmock.h>

#include <iostream>
#include <map>

#include "ingest_lake.h"
#include "lakehouse/base/json_view.h"

namespace lakehouse::ingest {
namespace {

/// Every file of the shared data through real workers into a real lake.
class SharedDataIngest : public testing::Test {
 protected:
  void SetUp() override {
    if (!HasSharedData()) GTEST_SKIP() << "no shared data at " << DataFolder();
    lake_ = std::make_unique<IngestLake>();
  }
  Job Load(const std::string& file) { return lake_->IngestFile("f" + std::to_string(++count_), DataFolder() + "/" + file); }
  /// What the lake answers is what the job said.
  void ExpectReadable(const Job& job) {
    EXPECT_EQ(job.rows_loaded + job.rows_rejected, job.rows_read);
    EXPECT_EQ(lake_->Rows("SELECT count(*) FROM \"" + job.name + "\""), "[" + std::to_string(job.rows_loaded) + "]");
    if (job.rows_rejected > 0) {
      EXPECT_EQ(lake_->Rows("SELECT count(*) FROM \"" + job.rejects_dataset + "\""), "[" + std::to_string(job.rows_rejected) + "]");
    }
  }

  std::unique_ptr<IngestLake> lake_;
  int count_ = 0;
};

TEST_F(SharedDataIngest, TextTables) {
  int loaded = 0, refused = 0;
  std::int64_t rows = 0, rejected = 0;
  ForEachExpected("expected.json", [&](const std::string& file, JsonView expected) {
    SCOPED_TRACE(file);
    const bool agreed = expected.Find("agree")->AsString() != "none";
    const Job job = Load(file);
    if (job.state != JobState::kCommitted) {
      ++refused;
      EXPECT_FALSE(agreed) << job.error->message;
      EXPECT_EQ(job.error->kind, "unprocessable") << job.error->message;
      return;
    }
    ++loaded;
    rows += job.rows_loaded;
    rejected += job.rows_rejected;
    ExpectReadable(job);
    if (!agreed) return;
    EXPECT_EQ(job.rows_read, expected.Find("rows")->AsInteger());
  });
  std::cout << "csv, tsv: " << loaded << " loaded, " << refused << " refused, " << rows << " rows, " << rejected << " rejected\n";
}

TEST_F(SharedDataIngest, JsonTexts) {
  std::map<std::string, int> figures;
  ForEachExpected("expected_json.json", [&](const std::string& file, JsonView expected) {
    SCOPED_TRACE(file);
    const std::string expect(*expected.Find("expect")->AsString());
    const Job job = Load(file);
    const bool ok = job.state == JobState::kCommitted;
    ++figures[expect + (ok ? " loaded" : " refused")];
    if (expect == "accept") {
      EXPECT_TRUE(ok) << job.error->message;
    }
    if (expect == "reject") {
      EXPECT_FALSE(ok);
    }
    if (ok)
      ExpectReadable(job);
    else {
      EXPECT_EQ(job.error->kind, "unprocessable") << job.error->message;
    }
  });
  for (const auto& [what, count] : figures) std::cout << "json " << what << ": " << count << '\n';
}

TEST_F(SharedDataIngest, ParquetFiles) {
  std::map<std::string, int> figures;
  ForEachExpected("expected_parquet.json", [&](const std::string& file, JsonView expected) {
    SCOPED_TRACE(file);
    if (!FileSize(DataFolder() + "/" + file)) return;  // listed, but not in the folder
    const std::string expect(*expected.Find("expect")->AsString());
    const Job job = Load(file);
    const bool ok = job.state == JobState::kCommitted;
    ++figures[expect + (ok ? " loaded" : " refused")];
    if (ok) ExpectReadable(job);
    if (expect == "ok") {
      EXPECT_TRUE(ok) << job.error->code << ": " << job.error->message;
      if (const auto rows = expected.Find("duckdb_1.4.4")->Find("rows"); ok && rows) {
        EXPECT_EQ(job.rows_read, rows->AsInteger());
      }
    }
    if (expect == "error") {
      EXPECT_FALSE(ok);
    }
    if (!ok) {
      EXPECT_EQ(job.error->kind, "unprocessable") << job.error->message;
      std::cout << "refused " << file << " (" << expect << "): " << job.error->code << ": " << job.error->message.substr(0, 160) << '\n';
    }
  });
  for (const auto& [what, count] : figures) std::cout << "parquet " << what << ": " << count << '\n';
}

TEST_F(SharedDataIngest, NdjsonAndOtherTables) {
  for (const std::string file : {"ndjson/polars/foods1.ndjson", "staffing/esco/esco_skills_extract.ndjson", "tables/vega/movies.json"}) {
    SCOPED_TRACE(file);
    if (!FileSize(DataFolder() + "/" + file)) continue;
    const Job job = Load(file);
    ASSERT_EQ(job.state, JobState::kCommitted) << job.error->message;
    ExpectReadable(job);
    std::cout << file << ": " << job.rows_loaded << " rows\n";
  }
}

TEST_F(SharedDataIngest, LiteralTextThatLooksLikeNothingStaysText) {
  const Job job = Load("staffing/onet/task_statements.csv");
  ASSERT_EQ(job.state, JobState::kCommitted);
  EXPECT_EQ(lake_->Rows("SELECT \"Task Type\", count(*) AS n FROM " + job.name + " GROUP BY 1 ORDER BY n DESC"),
            R"(["Core",13643],["Supplemental",4308],["n/a",845])");
}

}  // namespace
}  // namespace lakehouse::ingest
