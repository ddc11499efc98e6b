#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "lakehouse/base/hash.h"
#include "lakehouse/storage/error_journal.h"
#include "lakehouse/storage/quarantine.h"
#include "test_lake.h"

namespace lakehouse::query {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kWorkers =
    "SELECT * FROM (VALUES (1, 'ann@secret.example', 'Ann', 'Chicago', 81234), (2, 'bob@secret.example', 'Bob', 'Gary', 45678), "
    "(3, 'carl@secret.example', 'Carl', 'Chicago', 99999)) t(id, email, name, city, salary)";

catalog::Profile Analyst() {
  catalog::Profile profile{.name = "analyst", .datasets = {"workers", "open"}};
  catalog::SafeView view{.dataset = "workers", .row_filter = "city = 'Chicago'"};
  view.redactions = {
      {"email", catalog::RedactionKind::kHash}, {"name", catalog::RedactionKind::kMask, 1, 0}, {"salary", catalog::RedactionKind::kNull}};
  profile.views = {view};
  return profile;
}

class MaskedQueryTest : public ::testing::Test {
 protected:
  MaskedQueryTest() {
    lake_.Put("workers", kWorkers);
    lake_.Put("open", "SELECT 1 AS id, 'seen' AS word");
    lake_.Put("hidden", "SELECT 'not for you' AS word");
    lake_.catalog.LetSee("ann", Analyst());
  }
  std::string Rows(const std::string& sql, const std::string& principal = "key:ann") {
    const auto answer = lake_.Ask(sql, ResultFormat::kJsonRows, principal);
    return answer ? answer->body : "ERROR " + std::string(answer.error().reason()) + ": " + answer.error().message();
  }
  /// The digests of all files in the directories of workers.
  std::set<std::string> FilesOfWorkers() const {
    std::set<std::string> digests;
    for (const auto& entry : fs::recursive_directory_iterator(lake_.path() + "/workers"))
      if (entry.is_regular_file() && entry.path().extension() == ".parquet") digests.insert(*Sha256HexOfFile(entry.path().string()));
    return digests;
  }
  std::vector<fs::path> MaskedFiles() const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(lake_.path() + "/masked")) files.push_back(entry.path());
    return files;
  }

  TestLake lake_;
};

TEST_F(MaskedQueryTest, ShowsRowsColumnsAndValuesAsTheProfileSays) {
  EXPECT_EQ(Rows("SELECT id, name, city, salary FROM workers ORDER BY id"), R"([1,"A******","Chicago",null],[3,"C******","Chicago",null])");
  EXPECT_EQ(Rows("SELECT email FROM workers WHERE id = 1"), "[\"" + Sha256Hex("the key of the testsann@secret.example") + "\"]");
  EXPECT_EQ(Rows("SELECT count(*) FROM workers w JOIN open o USING (id)"), "[1]");
  EXPECT_EQ(Rows("SELECT word FROM open"), "[\"seen\"]");
  EXPECT_EQ(Rows("SELECT count(*) FROM workers", "operator"), "[3]");
  EXPECT_EQ(Rows("SELECT typeof(salary) FROM workers LIMIT 1"), "[\"INTEGER\"]");
}

TEST_F(MaskedQueryTest, ShowsOnlyTheColumnsListed) {
  catalog::Profile profile{.name = "narrow", .views = {{.dataset = "*", .columns = {"ID", "City"}}}};
  lake_.catalog.LetSee("bob", profile);
  EXPECT_EQ(Rows("SELECT * FROM workers WHERE id = 2", "key:bob"), R"([2,"Gary"])");
  EXPECT_THAT(Rows("SELECT email FROM workers", "key:bob"), StartsWith("ERROR binder"));
  EXPECT_EQ(Rows("SELECT * FROM open", "key:bob"), "[1]");
  EXPECT_THAT(Rows("SELECT * FROM hidden", "key:bob"), StartsWith("ERROR profile_view_failed")) << "no column is left";
}

TEST_F(MaskedQueryTest, HandsNoRawFileToTheWorker) {
  // Operators read raw files in workers of their own; theirs and the one that masks are busy with nobody's statement here.
  EXPECT_EQ(Rows("SELECT count(*) FROM workers"), "[2]");
  const std::string raw = lake_.catalog.Head("workers").files.at(0).sha256;
  const auto handed = FilesOfWorkers();
  EXPECT_FALSE(handed.contains(raw)) << "neither in the caller's worker nor left behind in the one that masked";
  ASSERT_EQ(MaskedFiles().size(), 1u);
  EXPECT_TRUE(handed.contains(*Sha256HexOfFile(MaskedFiles()[0].string())));
  std::ifstream file(MaskedFiles()[0], std::ios::binary);
  const std::string octets((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  for (const char* secret : {"secret.example", "Carl", "Gary", "81234"}) EXPECT_THAT(octets, Not(HasSubstr(secret)));
}

TEST_F(MaskedQueryTest, MakesOneFileForASnapshotAndARule) {
  for (int i = 0; i < 3; ++i) Rows("SELECT count(*) FROM workers WHERE id > " + std::to_string(i));
  EXPECT_EQ(MaskedFiles().size(), 1u);
  lake_.Put("workers", std::string(kWorkers) + " WHERE id = 3");
  EXPECT_EQ(Rows("SELECT id FROM workers"), "[3]");
  EXPECT_EQ(Rows("SELECT count(*) FROM workers AT (VERSION => 1)"), "[2]") << "the past is masked too";
  EXPECT_EQ(Rows("SELECT name FROM workers AT (VERSION => 1) WHERE id = 1"), "[\"A******\"]");
  EXPECT_EQ(MaskedFiles().size(), 2u);
}

TEST_F(MaskedQueryTest, AnotherVersionOfTheProfileHoldsFromTheNextStatementOn) {
  EXPECT_EQ(Rows("SELECT count(*) FROM workers"), "[2]");
  auto stricter = Analyst();
  stricter.views[0].row_filter = "id = 3";
  lake_.catalog.LetSee("ann", stricter);
  EXPECT_EQ(Rows("SELECT count(*) FROM workers"), "[1]") << "the same text, whose verdict is known";
  lake_.catalog.LetSee("ann", {.name = "analyst", .datasets = {"open"}});
  EXPECT_THAT(Rows("SELECT count(*) FROM workers"), StartsWith("ERROR dataset_not_found"));
}

TEST_F(MaskedQueryTest, ADamagedFileIsMadeAgain) {
  EXPECT_EQ(Rows("SELECT count(*) FROM workers"), "[2]");
  const fs::path file = MaskedFiles().at(0);
  fs::permissions(file, fs::perms::owner_all);
  {
    std::fstream damage(file, std::ios::in | std::ios::out | std::ios::binary);
    damage.seekp(60);
    damage.put('\x7F');
  }
  EXPECT_EQ(Rows("SELECT count(*), min(name) FROM workers"), R"([2,"A******"])");
  fs::remove(MaskedFiles().at(0));
  EXPECT_EQ(Rows("SELECT max(name) FROM workers"), R"(["C******"])");
}

TEST_F(MaskedQueryTest, ADamagedFileOfTheDatasetIsRefusedInWordsThatSayNothingOfIt) {
  const catalog::DataFile file = lake_.catalog.Head("workers").files.at(0);
  storage::ErrorJournal errors;
  storage::Quarantine quarantine(*lake_.store, errors, lake_.log);
  quarantine.Mark({}, {file.key, file.size_bytes, file.sha256, 7, std::string(64, 'f'), 0});
  const auto cache = storage::ObjectCache::Open(*lake_.store, {.directory = lake_.path() + "/second-cache", .quarantine = &quarantine},
                                                lake_.metrics, lake_.log)
                         .Take();
  LocalQuery::Options options;
  options.scratch = lake_.path();
  options.access = &lake_.access;
  options.masked_directory = lake_.path() + "/second-masks";
  options.mask_key = Secret("a key");
  LocalQuery query(lake_.catalog, *cache, *lake_.workers, lake_.metrics, lake_.log, options);
  const auto masked = query.Run(lake_.context("key:ann"), {.sql = "SELECT count(*) FROM workers"});
  ASSERT_FALSE(masked);
  EXPECT_EQ(masked.error().code(), ErrorCode::kCorruption);
  EXPECT_EQ(masked.error().reason(), "corrupt_object");
  for (const std::string& secret : {file.key, file.sha256, std::string(64, 'f')}) {
    EXPECT_THAT(masked.error().ToString(), Not(HasSubstr(secret)));
    EXPECT_THAT(std::string(masked.error().details()), Not(HasSubstr(secret)));
  }
  const auto plain = query.Run(lake_.context("operator"), {.sql = "SELECT count(*) FROM workers"});
  ASSERT_FALSE(plain);
  EXPECT_EQ(plain.error().reason(), "corrupt_object");
  EXPECT_THAT(std::string(plain.error().details()), HasSubstr(file.key));
  EXPECT_TRUE(query.Run(lake_.context("key:ann"), {.sql = "SELECT word FROM open"})) << "the rest is served";
}

TEST_F(MaskedQueryTest, SaysNothingOfWhatIsHidden) {
  EXPECT_EQ(Rows("SELECT * FROM hidden"), "ERROR dataset_not_found: there is no dataset \"hidden\" for this API key");
  EXPECT_EQ(Rows("SELECT * FROM hiden"), "ERROR dataset_not_found: there is no dataset \"hiden\" for this API key");
  EXPECT_EQ(Rows("SHOW TABLES"), R"(["open"],["workers"])");
}

TEST_F(MaskedQueryTest, RefusesAViewThatCannotBeMade) {
  auto broken = Analyst();
  for (const std::string filter : {"nothing = 1", "(SELECT count(*) FROM hidden) > 0", "random() > 0.5", "city = ", "true); SELECT (1",
                                   "read_text('/etc/passwd') = ''", "CAST(email AS INTEGER) = 1"}) {
    broken.views[0].row_filter = filter;
    lake_.catalog.LetSee("ann", broken);
    const std::string answer = Rows("SELECT count(*) FROM workers");
    EXPECT_THAT(answer, StartsWith("ERROR profile_view_failed")) << filter;
    EXPECT_THAT(answer, Not(HasSubstr("secret.example"))) << filter;
    EXPECT_THAT(answer, Not(HasSubstr("the key of"))) << filter;
  }
  auto typo = Analyst();
  typo.views[0].redactions[0].column = "emial";
  lake_.catalog.LetSee("ann", typo);
  EXPECT_THAT(Rows("SELECT count(*) FROM workers"), HasSubstr("names column \"emial\"")) << "else the email would be open";
}

TEST_F(MaskedQueryTest, AStatementGetsNoMoreMemoryThanTheProfileSays) {
  const std::string hungry =
      "SELECT count(*) FROM (SELECT DISTINCT a.range * 7919 + b.range, repeat('x', 300) FROM range(4000) a, range(4000) b)";
  lake_.catalog.LetSee("lean", {.name = "lean", .limits = {.memory_bytes = 64 << 20}});
  EXPECT_THAT(Rows(hungry, "key:lean"), StartsWith("ERROR out_of_memory: the statement was stopped: it held more than the 64 MiB"));
  EXPECT_EQ(Rows("SELECT count(*) FROM range(100000)", "key:lean"), "[100000]") << "the next one works";
}

TEST_F(MaskedQueryTest, HoldsTheLimitsOfTheProfile) {
  catalog::Profile profile{.name = "small", .limits = {.max_rows = 2}};
  lake_.catalog.LetSee("cut", profile);
  const auto cut = lake_.Ask("SELECT * FROM range(10)", ResultFormat::kJsonRows, "key:cut");
  ASSERT_TRUE(cut.ok());
  EXPECT_EQ(cut->summary.rows, 2);
  EXPECT_EQ(cut->summary.truncated, "rows");

  lake_.catalog.LetSee("one", {.name = "one", .limits = {.concurrency = 1}});
  QueryRequest request;
  request.sql = "SELECT repeat('x', 1000) FROM range(1000000)";
  auto first = lake_.query->Run(lake_.context("key:one"), request);
  ASSERT_TRUE(first.ok());
  EXPECT_THAT(Rows("SELECT 1", "key:one"), StartsWith("ERROR too_many_statements"));
  EXPECT_EQ(Rows("SELECT 1", "key:cut"), "[1]");
  first = Error(ErrorCode::kCancelled, "the reader leaves");
  EXPECT_EQ(Rows("SELECT 1", "key:one"), "[1]");
}

}  // namespace
}  // namespace lakehouse::query
