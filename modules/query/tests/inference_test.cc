#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <regex>

#include "lakehouse/catalog/catalog_tables.h"
#include "lakehouse/query/system_tables.h"
#include "test_lake.h"

/// Two lakes that differ in nothing but what a profile hides: values, columns, rows, datasets. A caller with that profile makes every
/// attempt of inference_attempts.txt in both. Whatever it could learn, even one bit, would be a difference between the two answers.
namespace lakehouse::query {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> Attempts() {
  std::ifstream file(LAKEHOUSE_INFERENCE_ATTEMPTS);
  std::vector<std::string> attempts;
  for (std::string line; std::getline(file, line);)
    if (!line.empty() && !line.starts_with('#')) attempts.push_back(line);
  return attempts;
}

/// Its answer is another one each time, in one lake too: the clock, chance, and what the caller itself did before.
bool Varies(const std::string& attempt) {
  return attempt.starts_with("EXPLAIN ANALYZE") || attempt.find("system.queries") != std::string::npos ||
         attempt.find("SAMPLE") != std::string::npos;
}

/// Names of linked files are random.
std::string WithoutChance(const std::string& text) {
  static const std::regex kRandom("[0-9a-f]{8}-[0-9a-f-]{27}|in/[0-9a-f]{32}");
  return std::regex_replace(text, kRandom, "*");
}

catalog::Profile ProfileWith(catalog::RedactionKind of_email) {
  catalog::Profile profile{.name = "analyst", .datasets = {"workers", "guesses"}};
  catalog::SafeView view{
      .dataset = "workers", .columns = {"id", "email", "name", "city", "salary", "phone"}, .row_filter = "city = 'Chicago'"};
  view.redactions = {{"email", of_email, 0, 0},
                     {"name", catalog::RedactionKind::kMask, 1, 0},
                     {"salary", catalog::RedactionKind::kNull, 0, 0},
                     {"phone", catalog::RedactionKind::kMask, 2, 1}};
  profile.views = {view};
  return profile;
}

/// `rows`: (id, email, name, city, salary, phone, ssn, note)
class GuardedLake {
 public:
  GuardedLake(const std::string& before, const std::string& rows, bool more) {
    const std::string columns = ") t(id, email, name, city, salary, phone, ssn, note)";
    lake_.Put("workers", "SELECT * FROM (VALUES " + before + columns);
    lake_.Put("workers", "SELECT * FROM (VALUES " + rows + columns);
    lake_.Put("guesses",
              "SELECT * FROM (VALUES ('annabelle.planted@hidden.example', 'Annabelle', 81234, '5550100'), "
              "('bob.planted@hidden.example', 'Bob', 70000, '5550101')) t(email, name, salary, phone)");
    if (more) lake_.Put("salaries", "SELECT 'kq7z' AS x");
    tables_ = catalog::MakeCatalogTables(lake_.catalog);
    tables_.push_back(MakeQueriesTable(*lake_.query));
    for (const auto& table : tables_) lake_.system_tables.Add(*table);
    // What others did lies in the histories.
    for (const char* sql : {"SELECT * FROM workers WHERE email LIKE '%kq7z%'", "SELECT CAST(note AS INTEGER) FROM workers"})
      (void)lake_.Ask(sql, ResultFormat::kJsonRows, "operator");
  }
  void LetSee(catalog::RedactionKind of_email) { lake_.catalog.LetSee("ann", ProfileWith(of_email)); }
  void SeeAll() { lake_.catalog.LetSee("ann", {.name = "analyst"}); }
  /// All that a caller is told.
  std::string Told(const std::string& sql, ResultFormat format = ResultFormat::kJsonRows) {
    const auto answer = lake_.Ask(sql, format, "key:ann");
    if (!answer) return "ERROR " + answer.error().ToString() + " " + std::string(answer.error().details());
    std::string columns;
    for (const ResultColumn& column : answer->header.columns) columns += column.name + " " + column.type + ", ";
    for (const auto& [name, version] : answer->header.versions) columns += name + "@" + std::to_string(version) + " ";
    return columns + "\n" + answer->body + "\n" + std::to_string(answer->summary.rows) + answer->summary.truncated;
  }

 private:
  TestLake lake_;
  std::vector<std::unique_ptr<catalog::SystemTable>> tables_;
};

constexpr const char* kFirst =
    "(1, 'annabelle.planted@hidden.example', 'Annabelle', 'Chicago', 81234, '5550100', 'ssn-kq7z-1', 'note kq7z'), "
    "(2, 'bob.planted@hidden.example', 'Bob', 'Gary', 45678, '5550101', 'ssn-kq7z-2', 'kq7z'), "
    "(3, 'carl.kq7z@hidden.example', 'Carl-kq7z', 'Chicago', 99999, '5552220', 'ssn-kq7z-3', '1')";
constexpr const char* kSecond =
    "(1, 'other.x9y@else.example', 'Ax', 'Chicago', 12, '55777770', 'w', 'z'), (5, 'e', 'E', 'Paris', 7, '1', 's', 'n'), "
    "(6, 'f', 'F', 'Rome', 100000, '2', 's', 'n'), (7, 'g', 'G', 'Gary', 81234, '3', 's', 'n'), "
    "(3, 'annabelle.planted@hidden.example', 'Clementine', 'Chicago', 3, '55123450', 'w', '2')";

TEST(Inference, NothingThatAProfileHidesChangesAnyAnswer) {
  const std::vector<std::string> attempts = Attempts();
  ASSERT_GE(attempts.size(), 200u);
  GuardedLake one(kFirst, kFirst, true), other(kSecond, kSecond, false);
  one.LetSee(catalog::RedactionKind::kMask);
  other.LetSee(catalog::RedactionKind::kMask);
  std::size_t served = 0;
  for (const std::string& attempt : attempts) {
    std::string told = WithoutChance(one.Told(attempt));
    EXPECT_THAT(told, Not(HasSubstr("kq7z"))) << attempt;
    served += told.starts_with("ERROR") ? 0 : 1;
    std::string elsewhere = WithoutChance(other.Told(attempt));
    if (Varies(attempt)) continue;
    // Which thread of the engine is first decides the order of groups in each lake anew: what differs by chance is equal soon.
    for (int again = 0; again < 30 && told != elsewhere; ++again) {
      told = WithoutChance(one.Told(attempt));
      elsewhere = WithoutChance(other.Told(attempt));
    }
    EXPECT_EQ(told, elsewhere) << attempt;
  }
  EXPECT_GT(served, attempts.size() / 3) << "a gate that refuses everything would prove nothing";
}

TEST(Inference, ADigestShowsNoneOfTheValuesEither) {
  GuardedLake lake(kFirst, kFirst, true);
  lake.LetSee(catalog::RedactionKind::kHash);
  for (const std::string& attempt : Attempts()) EXPECT_THAT(lake.Told(attempt), Not(HasSubstr("kq7z"))) << attempt;
  EXPECT_THAT(lake.Told("SELECT count(*) FROM workers w JOIN guesses g ON w.email IN (g.email, sha256(g.email), md5(g.email))"),
              HasSubstr("[0]"));
}

TEST(Inference, FilesOfEveryFormatAreAsGuardedAsRows) {
  GuardedLake one(kFirst, kFirst, true), other(kSecond, kSecond, false);
  one.LetSee(catalog::RedactionKind::kNull);
  other.LetSee(catalog::RedactionKind::kNull);
  for (const ResultFormat format : {ResultFormat::kNdjson, ResultFormat::kCsv, ResultFormat::kArrowStream, ResultFormat::kParquet}) {
    const std::string told = one.Told("SELECT * FROM workers", format);
    EXPECT_FALSE(told.starts_with("ERROR")) << told;
    EXPECT_EQ(told, other.Told("SELECT * FROM workers", format));
    EXPECT_THAT(told, Not(HasSubstr("kq7z")));
  }
}

/// The test above would find a leak: without the profile the two lakes differ.
TEST(Inference, TheTwoLakesDifferForWhoeverSeesAll) {
  GuardedLake one(kFirst, kFirst, true), other(kSecond, kSecond, false);
  one.LetSee(catalog::RedactionKind::kMask);
  other.LetSee(catalog::RedactionKind::kMask);
  EXPECT_EQ(one.Told("SELECT count(*) FROM workers"), other.Told("SELECT count(*) FROM workers"));
  for (GuardedLake* lake : {&one, &other}) lake->SeeAll();
  EXPECT_NE(one.Told("SELECT count(*) FROM workers"), other.Told("SELECT count(*) FROM workers"));
  EXPECT_NE(one.Told("SELECT email FROM workers ORDER BY id"), other.Told("SELECT email FROM workers ORDER BY id"));
}

}  // namespace
}  // namespace lakehouse::query
