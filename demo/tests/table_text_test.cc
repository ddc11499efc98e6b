#include "table_text.h"

#include <gtest/gtest.h>

#include "contact.h"
#include "csv_rows.h"
#include "names.h"

namespace lakehouse::demo {
namespace {

TEST(CsvText, QuotesWhatWouldEndAFieldAndNothingElse) {
  CsvText csv("a,b,c,d", 0);
  csv.Field("plain ");
  csv.Field("one, two");
  csv.Field("said \"no\"");
  csv.Field("two\nlines");
  csv.EndRow();
  EXPECT_EQ(std::move(csv).Take(), "a,b,c,d\nplain ,\"one, two\",\"said \"\"no\"\"\",\"two\nlines\"\n");
}

TEST(CsvText, IsReadBackAsItWasWritten) {
  CsvText csv("a,b", 0);
  csv.Field("\",\"\n\"");
  csv.Field("");
  csv.EndRow();
  const std::string text = std::move(csv).Take();
  const auto rows = CsvRows(text);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].at("a"), "\",\"\n\"");
  EXPECT_EQ(rows[0].at("b"), "");
}

TEST(CsvText, WritesMoneyAndDatesAtFullWidth) {
  CsvText csv("a,b,c,d", 0);
  csv.Cents(1805);
  csv.Cents(7);
  csv.Date(DayOf(2024, 2, 29));
  csv.Integer(-3);
  csv.EndRow();
  EXPECT_EQ(std::move(csv).Take(), "a,b,c,d\n18.05,0.07,2024-02-29,-3\n");
}

TEST(Folded, LeavesOnlyWhatAMailboxMayHold) {
  EXPECT_EQ(Folded("Łukasz"), "lukasz");
  EXPECT_EQ(Folded("O'Brien"), "obrien");
  EXPECT_EQ(Folded("Van Dyke"), "vandyke");
  EXPECT_EQ(Folded("Ruiz-Alvarez"), "ruiz-alvarez");
  EXPECT_EQ(Folded("Nguyễn"), "nguyen");
}

TEST(Folded, KnowsEveryLetterOfTheNames) {
  for (const auto names : {GivenNames(), FamilyNames()}) {
    for (const std::string_view name : names) {
      std::size_t letters = 0;  // UTF-8 continuation octets are no letters of their own
      for (const char c : name) letters += (static_cast<unsigned char>(c) & 0xc0U) != 0x80U && c != '\'' && c != ' ' ? 1U : 0U;
      EXPECT_EQ(Folded(name).size(), letters) << name;
    }
  }
}

}  // namespace
}  // namespace lakehouse::demo
