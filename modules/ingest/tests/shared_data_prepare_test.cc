#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "ingest_lake.h"
#include "lakehouse/base/file.h"
#include "lakehouse/base/json_view.h"
#include "prepare.h"

namespace lakehouse::ingest {
namespace {

class SharedData : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!HasSharedData()) GTEST_SKIP() << "no shared data at " << DataFolder();
    directory_ = TemporaryDirectory::Create(std::filesystem::temp_directory_path(), "ingest").Take();
  }
  Result<PrepareReport> Prepare(const std::string& file) {
    PrepareRequest request;
    request.path = DataFolder() + "/" + file;
    request.file_name = file;
    request.stem = "f" + std::to_string(++count_);
    return PrepareFile(request, directory_->path() + "/", [](auto, auto) -> Status { return Ok{}; });
  }
  std::optional<TemporaryDirectory> directory_;
  int count_ = 0;
};

TEST_F(SharedData, EveryTextTableHasTheExpectedRowsAndColumns) {
  int files = 0, refused = 0;
  std::int64_t loaded = 0, rejected = 0;
  ForEachExpected("expected.json", [&](const std::string& file, JsonView expected) {
    SCOPED_TRACE(file);
    ++files;
    const auto report = Prepare(file);
    const bool agreed = expected.Find("agree")->AsString() != "none";
    if (!report) {
      ++refused;
      EXPECT_FALSE(agreed) << report.error().ToString();
      EXPECT_NE(report.error().reason(), "unprocessable") << report.error().ToString();
      std::cout << "refused: " << file << ": " << report.error().ToString() << '\n';
      return;
    }
    EXPECT_EQ(report->rows_loaded + report->rows_rejected, report->rows_read);
    loaded += report->rows_loaded;
    rejected += report->rows_rejected;
    if (report->rows_rejected > 0 || !agreed)
      std::cout << file << ": " << report->rows_loaded << " loaded, " << report->rows_rejected << " rejected, " << report->columns.size()
                << " columns\n";
    if (!agreed) return;
    EXPECT_EQ(report->rows_read, expected.Find("rows")->AsInteger());
    EXPECT_EQ(static_cast<std::int64_t>(report->columns.size()), expected.Find("columns")->AsInteger());
    std::vector<std::string> names;
    (void)expected.Find("header")->ForEachElement([&](JsonView name) -> Status {
      names.emplace_back(*name.AsString());
      return Ok{};
    });
    for (std::size_t i = 0; i < std::min(names.size(), report->columns.size()); ++i) EXPECT_EQ(report->columns[i].name, names[i]);
  });
  std::cout << "csv and tsv: " << files << " files, " << refused << " refused, " << loaded << " rows loaded, " << rejected << " rejected\n";
}

TEST_F(SharedData, EveryJsonTextIsAcceptedOrRejectedAsExpected) {
  std::map<std::string, int> figures;
  ForEachExpected("expected_json.json", [&](const std::string& file, JsonView expected) {
    SCOPED_TRACE(file);
    const auto report = Prepare(file);
    const std::string expect(*expected.Find("expect")->AsString());
    ++figures[expect + (report ? " loaded" : " refused")];
    if (expect == "accept" && !report) ADD_FAILURE() << report.error().ToString();
    if (expect == "reject") {
      EXPECT_FALSE(report.ok());
    }
    if (report) return;
    EXPECT_THAT(std::string(report.error().reason()),
                ::testing::AnyOf("bad_json", "too_deep", "nul_bytes", "empty_file", "bad_encoding", "unsupported_format"))
        << report.error().ToString();
  });
  for (const auto& [what, count] : figures) std::cout << "json " << what << ": " << count << '\n';
}

/// The way through a server, for 10,000 of them, is tests/system/documents_test.py (`./dev torture strangers`).
TEST_F(SharedData, FiveHundredDamagedCopiesAreReadOrRefusedWithAReason) {
  constexpr unsigned kSeed = 20'261'122;
  constexpr std::uintmax_t kLargest = 64 << 10;
  std::mt19937 chance(kSeed);
  const auto below = [&](std::size_t bound) { return std::uniform_int_distribution<std::size_t>(0, bound - 1)(chance); };
  std::vector<std::string> files;
  for (const char* folder : {"csv", "json", "ndjson", "parquet"})
    for (const auto& entry : std::filesystem::recursive_directory_iterator(DataFolder() + "/" + folder))
      if (entry.is_regular_file() && entry.file_size() > 0 && entry.file_size() <= kLargest) files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  ASSERT_GT(files.size(), 100u);
  std::map<std::string, int> figures;
  for (int copy = 0; copy < 500; ++copy) {
    const std::string& file = files[below(files.size())];
    SCOPED_TRACE("seed " + std::to_string(kSeed) + ", copy " + std::to_string(copy) + " of " + file);
    std::string octets = ReadFile(file).Take();
    for (std::size_t left = std::size_t{1} << below(7); left > 0 && !octets.empty(); --left) {
      const std::size_t at = below(octets.size());
      switch (below(4)) {
        case 0: octets[at] = static_cast<char>(below(256)); break;
        case 1: octets[at] = static_cast<char>(octets[at] ^ (1 << below(8))); break;
        case 2: octets.erase(at, 1 + below(63)); break;
        default: octets.insert(at, octets.substr(at < 32 ? 0 : at - 32, 32));
      }
    }
    PrepareRequest request;
    request.path = directory_->path() + "/damaged";
    std::ofstream(request.path, std::ios::binary) << octets;
    request.file_name = std::filesystem::path(file).filename().string();
    request.stem = "d" + std::to_string(copy);
    const auto report = PrepareFile(request, directory_->path() + "/", [](auto, auto) -> Status { return Ok{}; });
    ++figures[report ? "read" : std::string(report.error().reason())];
    if (report) {
      EXPECT_EQ(report->rows_loaded + report->rows_rejected, report->rows_read);
    } else {
      EXPECT_EQ(report.error().code(), ErrorCode::kUnprocessable) << report.error().ToString();
      EXPECT_NE(report.error().reason(), "unprocessable") << report.error().ToString();
    }
  }
  EXPECT_GT(figures["read"], 50);
  for (const auto& [what, count] : figures) std::cout << "damaged " << what << ": " << count << '\n';
}

}  // namespace
}  // namespace lakehouse::ingest
