#include "unsettled_keys.h"

#include <gmock/gmock.h>

#include <atomic>
#include <memory>
#include <thread>

#include "storage_testing/matchers.h"

namespace lakehouse::storage {
namespace {

TEST(UnsettledKeys, AReaderWaitsForTheChangeOfItsKeyOnly) {
  UnsettledKeys keys;
  auto change = std::make_unique<UnsettledKeys::Change>(keys, "k");
  EXPECT_THAT(keys.Await({}, "other"), Succeeds());
  Context impatient;
  impatient.deadline = Deadline::After(1);
  EXPECT_THAT(keys.Await(impatient, "k"), FailsWith(ErrorCode::kDeadlineExceeded));
  std::thread reader([&] { EXPECT_THAT(keys.Await({}, "k"), Succeeds()); });
  change.reset();
  reader.join();
}

TEST(UnsettledKeys, AReaderDoesNotWaitForLaterChanges) {
  UnsettledKeys keys;
  auto first = std::make_unique<UnsettledKeys::Change>(keys, "k");
  std::atomic<bool> done = false;
  std::thread reader([&] {
    EXPECT_THAT(keys.Await({}, "k"), Succeeds());
    done = true;
  });
  while (!done) {  // there is always a change under way, but never the same one
    auto next = std::make_unique<UnsettledKeys::Change>(keys, "k");
    first = std::move(next);
  }
  reader.join();
}

TEST(UnsettledKeys, AKeyWhoseSyncFailedStaysDoubtful) {
  UnsettledKeys keys;
  {
    UnsettledKeys::Change change(keys, "k");
    change.BecomesDoubtful();
  }
  EXPECT_THAT(keys.Await({}, "k"), FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(keys.Await({}, "other"), Succeeds());
}

}  // namespace
}  // namespace lakehouse::storage
