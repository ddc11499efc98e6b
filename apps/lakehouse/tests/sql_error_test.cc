#include "sql_error.h"

#include <gmock/gmock.h>

namespace lakehouse::app {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Shown(const std::string& statement, std::size_t position, const std::string& code = "binder") {
  return ShowPlace(Error(ErrorCode::kInvalidArgument, "wrong\n  [code]")
                       .Named(code)
                       .WithDetails("{\"position\":" + std::to_string(position) + "}"),
                   statement)
      .message();
}

TEST(ShowPlace, TheLineOfTheStatementWithACaretUnderThePlace) {
  EXPECT_EQ(Shown("SELECT 1,\n nope FROM t", 11), "wrong\n  line 2:  nope FROM t\n           ^\n  [code]");
  EXPECT_EQ(Shown("SELECT", 6), "wrong\n  line 1: SELECT\n                ^\n  [code]");
}

TEST(ShowPlace, PlacesAreOctetsAndTheCaretStandsUnderTheCharacter) {
  EXPECT_THAT(Shown("SELECT 'é', nope", 13), HasSubstr("\n                      ^"));
  EXPECT_THAT(Shown("SELECT 'é', nope", 13, "parser"), HasSubstr("\n                      ^"));
  EXPECT_THAT(Shown("SELECT '日', x", 13), HasSubstr("\n                      ^")) << "a wide character takes two columns";
}

TEST(ShowPlace, OfALongLineThePartAroundThePlaceIsShown) {
  const std::string statement = "SELECT " + std::string(500, '1') + " nope " + std::string(500, '2');
  const std::string shown = Shown(statement, 508);
  EXPECT_THAT(shown, HasSubstr("nope"));
  EXPECT_LT(shown.size(), 400U);
}

TEST(ShowPlace, AnyPlaceIsTakenAndNothingOfTheStatementReachesTheTerminalAsACommand) {
  const std::string statement = "SELECT\n\n '\033[2J日本'\r\n";
  for (std::size_t at = 0; at < 40; ++at)
    for (const char* code : {"parser", "binder"}) EXPECT_THAT(Shown(statement, at, code), Not(HasSubstr("\033")));
  EXPECT_THAT(Shown("", 0), HasSubstr("^"));
}

TEST(ShowPlace, AnErrorWithoutPlaceStaysAsItIs) { EXPECT_EQ(ShowPlace(Error(ErrorCode::kInternal, "x"), "SELECT").message(), "x"); }

}  // namespace
}  // namespace lakehouse::app
