#include "lakehouse/demo/demo.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <sstream>

#include "csv_rows.h"
#include "lakehouse/base/file.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/base/json_view.h"
#include "places.h"

namespace lakehouse::demo {
namespace {

std::string NewDirectory() {
  static int made = 0;
  return ::testing::TempDir() + "lakehouse-demo-" + std::to_string(::getpid()) + "-" + std::to_string(++made);
}

std::string Read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// The files of one small demo, parsed once for all tests.
class Demo : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    directory_ = new std::string(NewDirectory());
    const Status made = GenerateDemo(*directory_, {.seed = 42, .workers = 20'000});
    ASSERT_TRUE(made) << made.error().ToString();
    tables_ = new std::map<std::string, std::vector<CsvRow>>;
    for (const char* table : {"workers", "clients", "contracts", "fills"}) (*tables_)[table] = CsvRows(Text(std::string(table) + ".csv"));
  }
  static void TearDownTestSuite() {
    std::filesystem::remove_all(*directory_);
    delete directory_;
    delete tables_;
  }
  static std::string Text(const std::string& file) { return Read(*directory_ + "/" + file); }
  static const std::vector<CsvRow>& Rows(const std::string& table) { return tables_->at(table); }
  static std::map<std::string, CsvRow> ById(const std::string& table, const std::string& key) {
    std::map<std::string, CsvRow> by_id;
    for (const CsvRow& row : Rows(table)) by_id[row.at(key)] = row;
    return by_id;
  }
  static std::size_t Count(const std::string& table, const std::string& column, const std::string& pattern) {
    const std::regex wanted(pattern);
    std::size_t found = 0;
    for (const CsvRow& row : Rows(table)) found += std::regex_search(row.at(column), wanted) ? 1U : 0U;
    return found;
  }

 private:
  static std::string* directory_;
  static std::map<std::string, std::vector<CsvRow>>* tables_;
};
std::string* Demo::directory_ = nullptr;
std::map<std::string, std::vector<CsvRow>>* Demo::tables_ = nullptr;

TEST_F(Demo, HasEveryDatasetWithItsKeyFirstAndUnique) {
  for (const DemoDataset& dataset : DemoDatasets()) {
    const std::string text = Text(dataset.file);
    ASSERT_FALSE(text.empty()) << dataset.file;
    EXPECT_EQ(text.find(dataset.key), dataset.file.ends_with(".csv") ? 0U : 2U) << dataset.file;
    if (dataset.file.ends_with(".csv")) {
      EXPECT_FALSE(Rows(dataset.name).empty()) << dataset.name;
      EXPECT_EQ(ById(dataset.name, dataset.key).size(), Rows(dataset.name).size()) << dataset.name;
    }
  }
}

TEST_F(Demo, GrowsInProportion) {
  EXPECT_EQ(Rows("workers").size(), 20'000U);
  EXPECT_EQ(Rows("clients").size(), 80U);
  EXPECT_EQ(Rows("contracts").size(), 600U);
  EXPECT_GT(Rows("fills").size(), 9'000U);
  EXPECT_LT(Rows("fills").size(), 15'000U);
}

TEST_F(Demo, PostalCodesBelongToTheirStateAndKeepTheirZeros) {
  std::multimap<std::string, std::string> prefixes;
  for (const Place& place : Places()) {
    std::string prefix = std::to_string(place.zip_prefix);
    prefix.insert(0, 3 - prefix.size(), '0');
    prefixes.emplace(place.state, prefix);
  }
  std::size_t zeros = 0;
  for (const CsvRow& row : Rows("workers")) {
    const std::string& zip = row.at("zip");
    ASSERT_EQ(zip.size(), 5U);
    const auto [begin, end] = prefixes.equal_range(row.at("state"));
    ASSERT_TRUE(std::any_of(begin, end, [&](const auto& known) { return zip.starts_with(known.second); })) << row.at("state") << " " << zip;
    zeros += zip.starts_with('0') ? 1U : 0U;
  }
  EXPECT_GT(zeros, 300U);
}

TEST_F(Demo, NobodyCanBeCalledOrWrittenTo) {
  const std::regex phone("^$|^N/A$|555.{0,2}01[0-9]{2}$");
  const std::regex email("^$|@(mail\\.)?example\\.(com|net|org) ?$", std::regex::icase);
  for (const CsvRow& row : Rows("workers")) {
    ASSERT_TRUE(std::regex_search(row.at("phone"), phone)) << row.at("phone");
    ASSERT_TRUE(std::regex_search(row.at("email"), email)) << row.at("email");
  }
}

TEST_F(Demo, IsDirtyInEveryWayItSays) {
  EXPECT_GT(Count("workers", "rating", "^$"), 500U);
  EXPECT_GT(Count("workers", "rating", "^N/A$"), 100U);
  EXPECT_GT(Count("workers", "hourly_rate", "^$"), 20U);
  EXPECT_GT(Count("workers", "last_name", " $"), 50U);
  EXPECT_GT(Count("workers", "email", " $"), 20U);
  EXPECT_GT(Count("workers", "email", "^[A-Z]"), 20U);
  EXPECT_GT(Count("workers", "last_name", "[^ -~]"), 50U);
  EXPECT_GT(Count("workers", "notes", ","), 100U);
  EXPECT_GT(Count("workers", "notes", "\""), 50U);
  EXPECT_GT(Count("workers", "notes", "\n"), 50U);
  for (const char* shape : {"^\\(", "^[0-9]{3}-", "^[0-9]{3}\\.", "^\\+1 ", "^[0-9]{10}$", "^$", "^N/A$"}) {
    EXPECT_GT(Count("workers", "phone", shape), 20U) << shape;
  }
  std::map<std::string, int> by_email;
  for (const CsvRow& row : Rows("workers")) ++by_email[row.at("email")];
  EXPECT_GT(std::count_if(by_email.begin(), by_email.end(), [](const auto& entry) { return entry.second > 1 && !entry.first.empty(); }),
            20);
}

TEST_F(Demo, SkillsAndPayFollowTheRole) {
  std::map<std::string, std::pair<double, int>> pay;
  for (const CsvRow& row : Rows("workers")) {
    if (row.at("role") == "Welder") {
      EXPECT_NE(row.at("skills").find_first_of("wgb"), std::string::npos);
      EXPECT_EQ(row.at("skills").find("phlebotomy"), std::string::npos);
    }
    if (row.at("hourly_rate").empty()) continue;
    pay[row.at("role")].first += std::stod(row.at("hourly_rate"));
    ++pay[row.at("role")].second;
  }
  const auto average = [&](const char* role) { return pay[role].first / pay[role].second; };
  EXPECT_GT(average("Welder"), average("Forklift Operator") + 3);
  EXPECT_GT(average("Forklift Operator"), average("Warehouse Associate") + 1);
}

TEST_F(Demo, FillsNameKnownContractsAndWorkersOfTheirRole) {
  const auto workers = ById("workers", "worker_id");
  const auto contracts = ById("contracts", "contract_id");
  const auto clients = ById("clients", "client_id");
  std::size_t same_state = 0;
  std::string before;
  for (const CsvRow& fill : Rows("fills")) {
    ASSERT_TRUE(workers.contains(fill.at("worker_id")) && contracts.contains(fill.at("contract_id"))) << fill.at("fill_id");
    const CsvRow& worker = workers.at(fill.at("worker_id"));
    const CsvRow& contract = contracts.at(fill.at("contract_id"));
    ASSERT_EQ(worker.at("role"), contract.at("role"));
    ASSERT_TRUE(clients.contains(contract.at("client_id")));
    ASSERT_LE(worker.at("hire_date"), fill.at("filled_at").substr(0, 10));
    ASSERT_LE(before, fill.at("filled_at"));
    before = fill.at("filled_at");
    same_state += worker.at("state") == contract.at("site_state") ? 1U : 0U;
  }
  EXPECT_GT(same_state, Rows("fills").size() * 3 / 4);
}

TEST_F(Demo, BetterRatedPeopleFailLessOften) {
  const auto workers = ById("workers", "worker_id");
  std::map<bool, std::pair<int, int>> failed;  // by whether the rating is high
  for (const CsvRow& fill : Rows("fills")) {
    const std::string& rating = workers.at(fill.at("worker_id")).at("rating");
    if (rating.empty() || rating == "N/A") continue;
    auto& [bad, all] = failed[std::stod(rating) >= 4];
    bad += fill.at("outcome") == "no-show" || fill.at("outcome") == "quit" || fill.at("outcome") == "terminated" ? 1 : 0;
    ++all;
  }
  EXPECT_LT(3 * failed[true].first * failed[false].second, 2 * failed[false].first * failed[true].second);
}

TEST_F(Demo, CorporaNameColumnsThatTheNotesHave) {
  const std::string text = Text("notes.ndjson");
  const std::string first = text.substr(0, text.find('\n'));
  for (const DemoCorpus& corpus : DemoCorpora()) {
    EXPECT_EQ(corpus.dataset, "notes");
    std::vector<std::string> columns = corpus.text_columns;
    columns.insert(columns.end(), corpus.filter_columns.begin(), corpus.filter_columns.end());
    columns.push_back(corpus.id_column);
    for (const std::string& column : columns) EXPECT_NE(first.find("\"" + column + "\":"), std::string::npos) << column << " in " << first;
  }
  EXPECT_NE(text.find("strict about steel-toe boots"), std::string::npos) << "what the demo proposes to ask has no answer";
}

TEST_F(Demo, NotesAreJsonAboutPeopleThatExist) {
  const auto workers = ById("workers", "worker_id");
  const auto contracts = ById("contracts", "contract_id");
  std::istringstream lines(Text("notes.ndjson"));
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const auto note = JsonDocument::Parse(line);
    ASSERT_TRUE(note) << line;
    ASSERT_EQ(line.find('{', 1), std::string::npos) << "a phrase has a name that nothing replaced: " << line;
    const std::size_t worker = line.find("\"worker_id\":\"");
    ASSERT_NE(worker, std::string::npos);
    EXPECT_TRUE(workers.contains(line.substr(worker + 13, 8))) << line;
    const std::size_t contract = line.find("\"contract_id\":\"");
    if (contract != std::string::npos) {
      EXPECT_TRUE(contracts.contains(line.substr(contract + 15, 7))) << line;
    }
  }
  EXPECT_GT(count, 1'000U);
}

TEST(GenerateDemo, GivesTheSameBytesForTheSameOptionsAndOthersForAnotherSeed) {
  const std::string one = NewDirectory(), same = NewDirectory(), other = NewDirectory();
  ASSERT_TRUE(GenerateDemo(one, {.seed = 7, .workers = 500}));
  ASSERT_TRUE(GenerateDemo(same, {.seed = 7, .workers = 500}));
  ASSERT_TRUE(GenerateDemo(other, {.seed = 8, .workers = 500}));
  for (const DemoDataset& dataset : DemoDatasets()) {
    EXPECT_EQ(Read(one + "/" + dataset.file), Read(same + "/" + dataset.file)) << dataset.file;
    EXPECT_NE(Read(one + "/" + dataset.file), Read(other + "/" + dataset.file)) << dataset.file;
  }
  for (const std::string& directory : {one, same, other}) std::filesystem::remove_all(directory);
}

TEST(GenerateDemo, GivesTheGoldenBytesByDefault) {
  const std::string directory = NewDirectory();
  ASSERT_TRUE(GenerateDemo(directory));
  std::string found;
  for (const DemoDataset& dataset : DemoDatasets()) {
    const auto digest = Sha256HexOfFile(directory + "/" + dataset.file);
    ASSERT_TRUE(digest);
    found += *digest + "  " + dataset.file + "\n";
  }
  const std::string golden = LAKEHOUSE_DEMO_GOLDEN "/seed_42.sha256";
  std::size_t rows = 0;
  for (const CsvRow& row : CsvRows(Read(directory + "/workers.csv"))) rows += row.at("worker_id").size() == 8 ? 1U : 0U;
  EXPECT_EQ(rows, 100'000U);
  std::filesystem::remove_all(directory);
  if (std::getenv("LH_ACCEPT") != nullptr) {
    ASSERT_TRUE(ReplaceFile(golden, found));
    GTEST_SKIP() << "rewrote " << golden;
  }
  EXPECT_EQ(found, Read(golden)) << "the demo's bytes changed; when that is meant, run this with LH_ACCEPT=1";
}

TEST(GenerateDemo, MakesSomethingOfOneWorker) {
  const std::string directory = NewDirectory();
  ASSERT_TRUE(GenerateDemo(directory + "/below/it", {.seed = 1, .workers = 1}));
  EXPECT_EQ(CsvRows(Read(directory + "/below/it/workers.csv")).size(), 1U);
  std::filesystem::remove_all(directory);
}

TEST(GenerateDemo, RefusesSizesOutOfRange) {
  for (const std::int64_t workers : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{10'000'001}}) {
    const Status made = GenerateDemo(NewDirectory(), {.seed = 1, .workers = workers});
    ASSERT_FALSE(made) << workers;
    EXPECT_EQ(made.error().code(), ErrorCode::kInvalidArgument);
  }
}

TEST(GenerateDemo, SaysWhichFileItCouldNotWrite) {
  const std::string directory = NewDirectory();
  std::filesystem::create_directories(directory + "/fills.csv");
  const Status made = GenerateDemo(directory, {.seed = 1, .workers = 10});
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().ToString().find(directory + "/fills.csv"), std::string::npos) << made.error().ToString();
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace lakehouse::demo
