#include "lakehouse/base/sql_quote.h"

#include <gtest/gtest.h>

namespace lakehouse {
namespace {

TEST(SqlQuote, NothingInANameOrATextEndsIt) {
  EXPECT_EQ(QuoteName("city"), "\"city\"");
  EXPECT_EQ(QuoteName("a \"b\" c'd"), "\"a \"\"b\"\" c'd\"");
  EXPECT_EQ(QuoteText("it's \"so\""), "'it''s \"so\"'");
  EXPECT_EQ(QuoteText("\\'"), "'\\'''") << "a backslash is a letter";
  EXPECT_EQ(QuoteText(""), "''");
}

}  // namespace
}  // namespace lakehouse
