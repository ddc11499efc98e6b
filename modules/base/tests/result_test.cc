#include "lakehouse/base/result.h"

#include <gmock/gmock.h>

#include <memory>
#include <set>

#include "base_testing/matchers.h"
#include "lakehouse/base/context.h"

namespace lakehouse {
namespace {

Result<std::unique_ptr<int>> MakeNumber(bool works) {
  if (!works) return Error(ErrorCode::kNotFound, "no number");
  return std::make_unique<int>(7);
}

Result<int> UseNumber(bool works, int& notes_made) {
  const auto number = LH_TRY_WHILE(MakeNumber(works), "use number " + std::to_string(++notes_made));
  return *number + 1;
}

TEST(ResultTest, TryHandsOnMoveOnlyValues) {
  int notes_made = 0;
  EXPECT_THAT(UseNumber(true, notes_made), IsOkAnd(8));
  EXPECT_EQ(notes_made, 0) << "the note is made on failure only";
}

TEST(ResultTest, TryReturnsTheErrorWithItsNotes) {
  int notes_made = 0;
  const auto failed = UseNumber(false, notes_made);
  EXPECT_THAT(failed, HasCode(ErrorCode::kNotFound));
  EXPECT_THAT(failed, HasMessage("no number (while use number 1)"));
  EXPECT_EQ(notes_made, 1);
}

TEST(ResultTest, TellsNotesInnermostFirst) {
  const Error error = Error(ErrorCode::kConflict, "lost").While("commit").While("ingest");
  EXPECT_EQ(error.ToString(), "lost (while commit; while ingest)");
}

TEST(ResultTest, HasTheNameOfItsCodeForAReasonUntilOneIsNamed) {
  EXPECT_EQ(Error(ErrorCode::kConflict, "").reason(), "conflict");
  EXPECT_EQ(Error(ErrorCode::kConflict, "").Named("fenced").reason(), "fenced");
}

TEST(ResultTest, GivesEveryCodeAWireNameOfItsOwn) {
  std::set<std::string_view> names;
  unsigned code = 0;
  for (; !WireName(static_cast<ErrorCode>(code)).empty(); ++code) names.insert(WireName(static_cast<ErrorCode>(code)));
  EXPECT_EQ(code, static_cast<unsigned>(ErrorCode::kDeadlineExceeded) + 1);
  EXPECT_EQ(names.size(), code);
}

TEST(ResultDeathTest, AssertsWhenTheWrongSideIsRead) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const Result<int> failed = Error(ErrorCode::kInternal, "x");
  EXPECT_DEATH(static_cast<void>(*failed), "ok\\(\\)");
}

TEST(ContextTest, IsWantedUntilItsDeadlineOrItsCancellation) {
  EXPECT_THAT(Context{}.Check(), IsOk());
  EXPECT_THAT((Context{.deadline = Deadline::After(0)}.Check()), HasCode(ErrorCode::kDeadlineExceeded));
  std::stop_source stop;
  const Context context{.deadline = Deadline::After(60'000), .cancel = stop.get_token()};
  EXPECT_THAT(context.Check(), IsOk());
  stop.request_stop();
  EXPECT_THAT(context.Check(), HasCode(ErrorCode::kCancelled));
}

TEST(DeadlineTest, TakesTheEarlierOfTwoAndNeverOverflows) {
  EXPECT_EQ(Deadline().RemainingMs(), std::nullopt);
  EXPECT_EQ(Deadline().Or(Deadline()).RemainingMs(), std::nullopt);
  EXPECT_EQ(Deadline::After(-5).RemainingMs(), 0);
  EXPECT_EQ(Deadline::After(INT64_MAX).Or(Deadline::After(0)).RemainingMs(), 0);
  EXPECT_EQ(Deadline::After(0).Or(Deadline()).RemainingMs(), 0);
  EXPECT_GT(Deadline().Or(Deadline::After(INT64_MAX)).RemainingMs(), 1'000'000);
}

}  // namespace
}  // namespace lakehouse
