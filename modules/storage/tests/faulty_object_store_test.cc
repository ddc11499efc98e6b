#include "storage_testing/faulty_object_store.h"

#include <gmock/gmock.h>

#include <thread>

#include "lakehouse/storage/memory_object_store.h"
#include "storage_testing/matchers.h"

namespace lakehouse::storage {
namespace {

using Action = StoreFault::Action;

class FaultyObjectStoreTest : public testing::Test {
 protected:
  const Context ctx_;
  MemoryObjectStore below_;
  FaultyObjectStore store_{below_};
};

TEST_F(FaultyObjectStoreTest, FailsTheNthCallThatFits) {
  store_.Inject({.action = Action::kFail, .operations = {StoreOperation::kPut}, .key_prefix = "log/", .nth = 2, .reason = "disk_full"});
  EXPECT_THAT(store_.Put(ctx_, "log/1", "x"), Succeeds());
  EXPECT_THAT(store_.Put(ctx_, "other", "x"), Succeeds());
  EXPECT_THAT(store_.PutIfAbsent(ctx_, "log/2", "x"), Succeeds());
  const auto second = store_.Put(ctx_, "log/3", "x");
  ASSERT_THAT(second, FailsWith(ErrorCode::kUnavailable));
  EXPECT_EQ(second.error().reason(), "disk_full");
  EXPECT_THAT(store_.Put(ctx_, "log/3", "x"), Succeeds());
}

TEST_F(FaultyObjectStoreTest, ALostAnswerHappenedALostRequestDidNot) {
  store_.Inject({.action = Action::kLoseAnswer, .key_prefix = "a"});
  store_.Inject({.action = Action::kLoseRequest, .key_prefix = "b"});
  EXPECT_THAT(store_.PutIfAbsent(ctx_, "a", "x"), FailsWith(ErrorCode::kOutcomeUnknown));
  EXPECT_THAT(store_.PutIfAbsent(ctx_, "b", "x"), FailsWith(ErrorCode::kOutcomeUnknown));
  EXPECT_THAT(below_.Get(ctx_, "a", {}), Succeeds());
  EXPECT_THAT(below_.Get(ctx_, "b", {}), FailsWith(ErrorCode::kNotFound));
}

TEST_F(FaultyObjectStoreTest, ALateWriteArrivesWhenItIsDelivered) {
  store_.Inject({.action = Action::kArriveLate});
  EXPECT_THAT(store_.PutIfAbsent(ctx_, "k", "late"), FailsWith(ErrorCode::kOutcomeUnknown));
  EXPECT_THAT(store_.Get(ctx_, "k", {}), FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(store_.PutIfAbsent(ctx_, "k", "again"), Succeeds());
  const std::vector<Status> answers = store_.DeliverLate();
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_THAT(answers[0], FailsWith(ErrorCode::kAlreadyExists));
  EXPECT_EQ(*store_.Get(ctx_, "k", {}), "again");
}

TEST_F(FaultyObjectStoreTest, ALyingStoreSaysYesAndForgets) {
  store_.Inject({.action = Action::kPretend, .times = StoreFault::kAlways});
  EXPECT_THAT(store_.Put(ctx_, "k", "x"), Succeeds());
  EXPECT_THAT(store_.Put(ctx_, "k", "x"), Succeeds());
  store_.ClearFaults();
  EXPECT_THAT(store_.Get(ctx_, "k", {}), FailsWith(ErrorCode::kNotFound));
}

TEST_F(FaultyObjectStoreTest, HoldsACallBeforeOrAfterItHappens) {
  store_.Inject({.action = Action::kHold, .key_prefix = "before"});
  store_.Inject({.action = Action::kHoldAnswer, .key_prefix = "after"});
  std::thread before([&] { EXPECT_THAT(store_.Put(ctx_, "before", "x"), Succeeds()); });
  std::thread after([&] { EXPECT_THAT(store_.Put(ctx_, "after", "x"), Succeeds()); });
  store_.AwaitHeld(2);
  EXPECT_THAT(below_.Get(ctx_, "before", {}), FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(below_.Get(ctx_, "after", {}), Succeeds());
  store_.Release();
  before.join();
  after.join();
  EXPECT_THAT(below_.Get(ctx_, "before", {}), Succeeds());
}

TEST_F(FaultyObjectStoreTest, RecordsCallsInTheirOrder) {
  store_.Inject({.action = Action::kFail, .operations = {StoreOperation::kHead}});
  (void)store_.Put(ctx_, "a", "x");
  (void)store_.Head(ctx_, "a");
  (void)store_.List(ctx_, "p", "", 1);
  EXPECT_THAT(store_.calls(), testing::ElementsAre(StoreCall{StoreOperation::kPut, "a", true}, StoreCall{StoreOperation::kHead, "a", false},
                                                   StoreCall{StoreOperation::kList, "p", true}));
  EXPECT_EQ(store_.CountCalls(StoreOperation::kHead), 1U);
}

}  // namespace
}  // namespace lakehouse::storage
