#include <gmock/gmock.h>

#include <filesystem>
#include <iostream>
#include <map>
#include <optional>
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

}  // namespace
}  // namespace lakehouse::ingest
