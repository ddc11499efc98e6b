#include "hosted_index.h"

#include <gmock/gmock.h>

#include <array>
#include <random>
#include <thread>

#include "lakehouse/base/failpoint.h"
#include "log_batch.h"
#include "storage_testing/faulty_object_store.h"
#include "vector_testing/vector_lake.h"

namespace lakehouse::vector {
namespace {

using storage::FaultyObjectStore;
using storage::StoreFault;
using storage::StoreOperation;

/// A lake whose store fails when told, and what a service over it says.
class StoredVectorsTest : public testing::Test {
 protected:
  static constexpr std::uint32_t kDimension = 8;

  void SetUp() override { Must(lake_.vectors->CreateIndex({}, {"notes", kDimension, "euclidean"})); }
  void TearDown() override { ASSERT_TRUE(ArmFailpoints("")); }

  std::vector<Item> Items(int first, int count) {
    std::vector<Item> items;
    for (int i = first; i < first + count; ++i) {
      Item& item = items.emplace_back();
      item.id = "i" + std::to_string(i);
      item.vector.assign(kDimension, 1);
      item.vector[0] = static_cast<float>(i);
    }
    return items;
  }
  Result<AddResponse> Add(int first, int count) { return lake_.vectors->Add({}, {"notes", Items(first, count)}); }
  std::string Nearest(int to) {
    const auto found = lake_.vectors->Search({}, {"notes", Items(to, 1)[0].vector, {.k = 1}});
    if (!found) return found.error().ToString();
    return found->results.empty() ? "nothing" : found->results[0].id;
  }
  IndexInfo Info() { return Must(lake_.vectors->DescribeIndex({}, {"notes"})); }
  IndexInfo Fold() { return Must(lake_.vectors->Maintain({}, {"notes", false, false})); }
  std::vector<std::string> Keys(const std::string& prefix) {
    std::vector<std::string> keys;
    for (const auto& object : Must(memory_->List({}, prefix, "", 1000)).objects) keys.push_back(object.key);
    return keys;
  }

  std::shared_ptr<storage::ObjectStore> memory_ = std::make_shared<storage::MemoryObjectStore>();
  std::shared_ptr<FaultyObjectStore> store_ = std::make_shared<FaultyObjectStore>(*memory_);
  static LocalVectorsOptions Options() {
    LocalVectorsOptions options = VectorLake::Quiet();
    options.sidecar_rows = 100;
    return options;
  }
  VectorLake lake_{Options(), store_};
};

TEST_F(StoredVectorsTest, IsThereAgainAfterAKill) {
  Must(Add(0, 50));
  Must(lake_.vectors->Remove({}, {"notes", {"i7"}}));
  lake_.Open();
  EXPECT_EQ(Info().length, 49U);
  EXPECT_EQ(Info().log_batches, 2U);
  EXPECT_EQ(Nearest(9), "i9");
  Fold();
  Must(Add(100, 5));
  lake_.Open();
  EXPECT_EQ(Info().length, 54U);
  EXPECT_EQ(Info().log_batches, 1U);
  EXPECT_EQ(Nearest(103), "i103");
  EXPECT_NE(Nearest(7), "i7");
}

TEST_F(StoredVectorsTest, ReadsTheSavedIndexInsteadOfTrainingAgain) {
  Must(Add(0, 400));
  Must(lake_.vectors->Maintain({}, {"notes", true, false}));
  EXPECT_EQ(Info().trainings, 1U);
  Must(Add(400, 10));
  Must(lake_.vectors->Remove({}, {"notes", {"i3"}}));
  lake_.Open();
  EXPECT_EQ(Info().trainings, 0U);
  EXPECT_EQ(Info().trained_rows, 400U);
  EXPECT_EQ(Info().length, 409U);
  EXPECT_EQ(Nearest(405), "i405");
}

TEST_F(StoredVectorsTest, AnswersExactlyWhileTheSavedIndexIsLost) {
  Must(Add(0, 400));
  Must(lake_.vectors->Maintain({}, {"notes", true, false}));
  std::vector<std::string> sidecars;
  for (const std::string& key : Keys("_vectors/notes/gen-"))
    if (key.ends_with(".lhv")) sidecars.push_back(key);
  ASSERT_EQ(sidecars.size(), 1U);
  std::string octets = Must(memory_->Get({}, sidecars[0]));
  octets[octets.size() / 2] = static_cast<char>(octets[octets.size() / 2] ^ 4);
  ASSERT_TRUE(memory_->Put({}, sidecars[0], octets));
  lake_.Open();
  EXPECT_EQ(Info().mode, "scan");
  EXPECT_EQ(Nearest(77), "i77");
  ASSERT_TRUE(memory_->Delete({}, sidecars[0]));
  lake_.Open();
  EXPECT_EQ(Info().mode, "scan");
  EXPECT_EQ(Nearest(78), "i78");
  Must(lake_.vectors->Maintain({}, {"notes", true, false}));
  EXPECT_NE(Info().mode, "scan");
}

TEST_F(StoredVectorsTest, RefusesALogThatIsNotWhatItWrote) {
  Must(Add(0, 3));
  Must(Add(3, 3));
  Must(Add(6, 3));
  const std::vector<std::string> batches = Keys("_vectors/notes/log/");
  ASSERT_EQ(batches.size(), 3U);
  const std::string second = Must(memory_->Get({}, batches[1]));

  ASSERT_TRUE(memory_->Put({}, batches[1], second.substr(0, second.size() - 5)));
  lake_.Open();
  EXPECT_EQ(lake_.vectors->DescribeIndex({}, {"notes"}).error().reason(), "batch_damaged");
  EXPECT_EQ(Must(lake_.vectors->ListIndexes({}, {})).indexes.at(0).state, "failed");

  ASSERT_TRUE(memory_->Put({}, batches[1], Must(memory_->Get({}, batches[0]))));
  lake_.Open();
  EXPECT_EQ(lake_.vectors->DescribeIndex({}, {"notes"}).error().reason(), "foreign_object");

  ASSERT_TRUE(memory_->Delete({}, batches[1]));
  lake_.Open();
  EXPECT_EQ(lake_.vectors->DescribeIndex({}, {"notes"}).error().reason(), "log_gap");

  ASSERT_TRUE(memory_->Put({}, batches[1], second));
  lake_.Open();
  EXPECT_EQ(Info().length, 9U);
}

TEST_F(StoredVectorsTest, SettlesAnAnswerThatWasLost) {
  Must(Add(0, 1));
  store_->Inject({.action = StoreFault::Action::kLoseAnswer, .operations = {StoreOperation::kPutIfAbsent}, .key_prefix = "_vectors/"});
  EXPECT_EQ(Must(Add(1, 1)).length, 2U);
  store_->Inject({.action = StoreFault::Action::kLoseRequest, .operations = {StoreOperation::kPutIfAbsent}, .key_prefix = "_vectors/"});
  EXPECT_EQ(Must(Add(2, 1)).length, 3U);
  lake_.Open();
  EXPECT_EQ(Info().length, 3U);
}

TEST_F(StoredVectorsTest, SaysThatItDoesNotKnowAndSettlesItBeforeTheNext) {
  store_->Inject({.action = StoreFault::Action::kLoseRequest,
                  .operations = {StoreOperation::kPutIfAbsent},
                  .key_prefix = "_vectors/",
                  .times = StoreFault::kAlways});
  EXPECT_EQ(Add(0, 1).error().code(), ErrorCode::kOutcomeUnknown);
  EXPECT_EQ(Info().length, 0U);
  EXPECT_EQ(Add(1, 1).error().reason(), "unsettled") << "nothing comes before it";
  store_->ClearFaults();
  EXPECT_EQ(Must(Add(2, 1)).length, 2U) << "what was not known was written first, what was refused was not";
  lake_.Open();
  EXPECT_EQ(Info().length, 2U);
  EXPECT_EQ(Nearest(1), "i0");
}

TEST_F(StoredVectorsTest, SettlesByItselfWhatNobodyKnows) {
  store_->Inject(
      {.action = StoreFault::Action::kLoseRequest, .operations = {StoreOperation::kPutIfAbsent}, .key_prefix = "_vectors/", .times = 5});
  EXPECT_EQ(Add(0, 1).error().code(), ErrorCode::kOutcomeUnknown);
  while (Info().length == 0) std::this_thread::yield();
  EXPECT_EQ(Nearest(0), "i0");
}

TEST_F(StoredVectorsTest, AnswersWhenTheCallersTimeIsOverHoweverLongTheStoreTakes) {
  store_->Inject({.action = StoreFault::Action::kHoldAnswer, .operations = {StoreOperation::kPutIfAbsent}, .key_prefix = "_vectors/"});
  std::stop_source patience;
  std::thread writer([&] {
    const Context context{.principal = {}, .trace = {}, .deadline = {}, .cancel = patience.get_token()};
    EXPECT_EQ(lake_.vectors->Add(context, {"notes", Items(0, 1)}).error().code(), ErrorCode::kOutcomeUnknown);
  });
  store_->AwaitHeld(1);
  patience.request_stop();
  writer.join();
  const Context hurried{.principal = {}, .trace = {}, .deadline = Deadline::After(20), .cancel = {}};
  const auto refused = lake_.vectors->Add(hurried, {"notes", Items(1, 1)});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(refused.error().reason(), "not_stored");
  store_->Release();
  EXPECT_EQ(Must(Add(2, 1)).length, 2U);
  EXPECT_EQ(Nearest(0), "i0") << "the batch outlived its caller";
  lake_.Open();
  EXPECT_EQ(Info().length, 2U);
}

/// The promise of every answer, under faults and short deadlines drawn at random, over restarts.
TEST_F(StoredVectorsTest, WhatIsAcknowledgedIsThereAndWhatIsRefusedNeverComes) {
  using Action = StoreFault::Action;
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 chance(seed);
  const auto below = [&](std::size_t limit) { return chance() % limit; };
  constexpr int kAdds = 300;
  std::vector<std::optional<ErrorCode>> answers;
  for (int i = 0; i < kAdds; ++i) {
    if (below(2) == 0)
      store_->Inject({.action = std::array{Action::kFail, Action::kLoseAnswer, Action::kLoseRequest, Action::kArriveLate}[below(4)],
                      .operations = {StoreOperation::kPutIfAbsent},
                      .key_prefix = "_vectors/",
                      .times = 1 + below(6)});
    Context context;
    if (below(4) == 0) context.deadline = Deadline::After(static_cast<std::int64_t>(below(3)));
    const auto added = lake_.vectors->Add(context, {"notes", Items(i, 1)});
    answers.push_back(added ? std::nullopt : std::optional(added.error().code()));
    if (below(20) == 0) (void)store_->DeliverLate();
    if (below(40) == 0) lake_.Open();
  }
  store_->ClearFaults();
  (void)store_->DeliverLate();
  for (const bool again : {false, true}) {
    if (again) lake_.Open();
    while (!Add(kAdds, 1)) std::this_thread::yield();
    int unknown = 0;
    for (int i = 0; i < kAdds; ++i) {
      const bool is_there = lake_.vectors->GetItem({}, {"notes", "i" + std::to_string(i)}).ok();
      if (!answers[static_cast<std::size_t>(i)])
        EXPECT_TRUE(is_there) << "acknowledged: " << i;
      else if (*answers[static_cast<std::size_t>(i)] != ErrorCode::kOutcomeUnknown)
        EXPECT_FALSE(is_there) << "refused: " << i;
      else
        ++unknown;
    }
    EXPECT_GT(unknown, 0);
  }
}

TEST_F(StoredVectorsTest, TakesNothingThatTheStoreDidNotTake) {
  store_->Inject({.operations = {StoreOperation::kPutIfAbsent}, .key_prefix = "_vectors/", .reason = "disk_full"});
  EXPECT_EQ(Add(0, 1).error().reason(), "disk_full");
  EXPECT_EQ(Info().length, 0U);
  EXPECT_EQ(Must(Add(1, 1)).length, 1U);
}

TEST_F(StoredVectorsTest, SharesABatchAmongWritersThatWait) {
  store_->Inject({.action = StoreFault::Action::kHold, .operations = {StoreOperation::kPutIfAbsent}, .key_prefix = "_vectors/"});
  std::vector<std::thread> writers;
  writers.emplace_back([&] { Must(Add(0, 1)); });
  store_->AwaitHeld(1);
  constexpr int kWriters = 8;
  std::atomic<int> started = 0;
  for (int i = 1; i <= kWriters; ++i)
    writers.emplace_back([&, i] {
      ++started;
      Must(Add(i, 1));
    });
  while (started < kWriters) std::this_thread::yield();
  store_->Release();
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(Info().length, 9U);
  EXPECT_LE(Keys("_vectors/notes/log/").size(), 9U);
  lake_.Open();
  EXPECT_EQ(Info().length, 9U);
}

TEST_F(StoredVectorsTest, OneOfTwoWritersStopsAndOpensAnew) {
  Must(Add(0, 1));
  auto cache =
      Must(storage::ObjectCache::Open(*store_, {.directory = lake_.directory.path() + "/other"}, lake_.lake.metrics, lake_.lake.log));
  LocalVectorsOptions options = VectorLake::Quiet();
  options.scratch = lake_.directory.path();
  const auto other = MakeLocalVectors({*store_, *cache, *lake_.catalog, lake_.lake.metrics, lake_.lake.log}, options);
  EXPECT_EQ(Must(other->DescribeIndex({}, {"notes"})).length, 1U);
  Must(Add(1, 1));
  const auto refused = other->Add({}, {"notes", Items(2, 1)});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "fenced");
  EXPECT_EQ(Must(other->Add({}, {"notes", Items(2, 1)})).length, 3U) << "opened anew, it knows what the other wrote";
}

TEST_F(StoredVectorsTest, LosesNothingWhereverAGenerationFails) {
  int next = 0;
  for (const char* point : {"vector.generation.after_put", "vector.generation.before_commit", "vector.generation.after_commit",
                            "vector.sidecar.before_put", "vector.sidecar.after_put", "vector.log.before_delete", "vector.before_swap"})
    for (const bool compact : {false, true}) {
      Must(Add(next, 120));
      Must(lake_.vectors->Remove({}, {"notes", {"i" + std::to_string(next)}}));
      next += 120;
      const std::uint64_t length = Info().length;
      ASSERT_TRUE(ArmFailpoints(std::string(point) + ":1:error"));
      (void)lake_.vectors->Maintain({}, {"notes", !compact, compact});
      ASSERT_TRUE(ArmFailpoints(""));
      EXPECT_EQ(Info().length, length) << point;
      EXPECT_EQ(Nearest(next - 1), "i" + std::to_string(next - 1)) << point;
      if (next % 480 != 0) continue;  // without a new start in between errors add up
      lake_.Open();
      EXPECT_EQ(Info().length, length) << point;
      EXPECT_EQ(Nearest(next - 1), "i" + std::to_string(next - 1)) << point;
      Fold();
      EXPECT_EQ(Info().log_batches, 0U) << point;
    }
}

TEST_F(StoredVectorsTest, GoesOnAfterAGenerationWhoseAnswerWasLost) {
  Must(Add(0, 10));
  ASSERT_TRUE(ArmFailpoints("vector.generation.after_commit:1:error"));
  EXPECT_EQ(Fold().log_batches, 0U);
  ASSERT_TRUE(ArmFailpoints(""));
  Must(Add(10, 10));
  EXPECT_EQ(Fold().log_batches, 0U);
  lake_.Open();
  EXPECT_EQ(Info().length, 20U);
}

TEST_F(StoredVectorsTest, RemovesWhatGenerationsMadeUseless) {
  for (int i = 0; i < 5; ++i) {
    Must(Add(i * 200, 200));
    Must(lake_.vectors->Maintain({}, {"notes", true, false}));
  }
  EXPECT_TRUE(Keys("_vectors/notes/log/").empty());
  const auto sidecars = [&] {
    const auto keys = Keys("_vectors/notes/gen-");
    return std::count_if(keys.begin(), keys.end(), [](const std::string& key) { return key.ends_with(".lhv"); });
  };
  EXPECT_EQ(sidecars(), 2);
  Must(Add(0, 5));
  ASSERT_TRUE(lake_.vectors->DropIndex({}, {"notes"}));
  EXPECT_TRUE(Keys("_vectors/notes/log/").empty());
  EXPECT_EQ(sidecars(), 0);
  Must(lake_.vectors->CreateIndex({}, {"notes", kDimension, "dot"}));
  EXPECT_EQ(Info().length, 0U);
}

TEST_F(StoredVectorsTest, TakesNothingFromAnEarlierIndexOfItsName) {
  Must(Add(0, 5));
  const std::string batch = Keys("_vectors/notes/log/").at(0);
  const std::string octets = Must(memory_->Get({}, batch));
  ASSERT_TRUE(lake_.vectors->DropIndex({}, {"notes"}));
  ASSERT_TRUE(memory_->Put({}, batch, octets));  // as if the service had died before it was removed
  Must(lake_.vectors->CreateIndex({}, {"notes", kDimension, "euclidean"}));
  lake_.Open();
  EXPECT_EQ(Info().length, 0U);
}

TEST_F(StoredVectorsTest, RefusesADatasetThatSomebodyElseFills) {
  Must(Add(0, 5));
  Fold();
  const catalog::DataFile file = catalog::PutTestFile(*memory_, "datasets/vectors_notes/data/1-x.parquet", 1);
  Must(lake_.catalog->Commit({}, catalog::ChangeOf("vectors_notes", catalog::Operation::kAppend, {file})));
  lake_.Open();
  EXPECT_EQ(lake_.vectors->DescribeIndex({}, {"notes"}).error().reason(), "foreign_rows");
}

TEST_F(StoredVectorsTest, WillNotTakeATableOfItsDatasetsName) {
  Must(lake_.catalog->Commit({}, catalog::CreateOf("vectors_sales", {})));
  EXPECT_EQ(lake_.vectors->CreateIndex({}, {"sales", 3, "cosine"}).error().reason(), "dataset_exists");
  EXPECT_EQ(lake_.vectors->DescribeIndex({}, {"sales"}).error().reason(), "index_not_found");
}

TEST_F(StoredVectorsTest, KeepsAPromotionOverAKill) {
  Must(Add(0, 500));
  const Trial trial = Must(lake_.vectors->RunTrial({}, {"notes", {{}, 7, {}}, {}, 10}));
  Must(lake_.vectors->Promote({}, {"notes", trial.id, "", "", .5}));
  lake_.Open();
  EXPECT_EQ(Info().lists, 7U);
  EXPECT_EQ(Info().trainings, 0U);
  EXPECT_EQ(Must(lake_.vectors->LoadPromotions({}, {"notes"})).current->trial_id, trial.id);
  EXPECT_EQ(Must(lake_.vectors->ListTrials({}, {"notes", 10})).trials.size(), 1U);
  EXPECT_FALSE(Must(lake_.vectors->Rollback({}, {"notes"})).current) << "trained again where the former index is gone";
  EXPECT_EQ(Info().length, 500U);
}

TEST_F(StoredVectorsTest, RefusesToPromoteWhatFindsTooLittle) {
  Must(Add(0, 500));
  const std::uint32_t lists = Info().lists;
  const Trial trial = Must(lake_.vectors->RunTrial({}, {"notes", {{}, 7, {}}, {}, 10}));
  const double more_than_there_is = 1.01;
  EXPECT_EQ(lake_.vectors->Promote({}, {"notes", trial.id, "", "", more_than_there_is}).error().reason(), "recall_too_low");
  EXPECT_FALSE(Must(lake_.vectors->LoadPromotions({}, {"notes"})).current);
  EXPECT_EQ(Info().lists, lists);
}

/// Everything that may go on at once: writers, searches, trainings, generations, rewriting, promotion and rollback.
TEST(VectorsConcurrency, AnswersRightWhileTheyAreRewritten) {
  LocalVectorsOptions options;
  options.fold_bytes = 4'000;
  options.compact_rows = 50;
  options.sidecar_rows = 50;
  VectorLake lake(options);
  Must(lake.vectors->CreateIndex({}, {"notes", 4, "euclidean"}));
  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int writer = 0; writer < 2; ++writer)
    threads.emplace_back([&, writer] {
      for (int i = 0; i < 300; ++i) {
        const std::string id = std::to_string(writer) + ":" + std::to_string(i % 60);
        const std::vector<float> at{static_cast<float>(writer * 10'000 + i), 1, 2, 3};
        if (!lake.vectors->Add({}, {"notes", {{id, at, RawJson{"{\"w\":" + std::to_string(writer) + "}"}}}})) ++wrong;
        SearchOptions search{.k = 1};
        if (i % 2 == 0) search.filter = SearchFilter{{}, RawJson{"{\"w\":" + std::to_string(writer) + "}"}};
        const auto found = lake.vectors->Search({}, {"notes", at, search});
        if (!found || found->results.size() != 1 || found->results[0].id != id) ++wrong;
        if (i % 7 == 0 && !lake.vectors->Remove({}, {"notes", {id}})) ++wrong;
      }
    });
  threads.emplace_back([&] {
    while (!stop) {
      const auto kept = lake.vectors->Maintain({}, {"notes", true, false});
      const auto rewritten = lake.vectors->Maintain({}, {"notes", false, true});
      if (!kept || !rewritten) ++wrong;
      const auto trial = lake.vectors->RunTrial({}, {"notes", {}, {}, 5});
      if (!trial && trial.error().reason() != "nothing_to_measure") ++wrong;
      if (!trial) continue;
      const auto promoted = lake.vectors->Promote({}, {"notes", trial->id, "", "", 0});
      if (!promoted && promoted.error().reason() != "rewritten" && promoted.error().reason() != "nothing_to_measure") ++wrong;
      if (promoted && !lake.vectors->Rollback({}, {"notes"})) ++wrong;
    }
  });
  threads[0].join();
  threads[1].join();
  stop = true;
  threads[2].join();
  EXPECT_EQ(wrong, 0);
  const std::uint64_t length = Must(lake.vectors->DescribeIndex({}, {"notes"})).length;
  lake.Open();
  EXPECT_EQ(Must(lake.vectors->DescribeIndex({}, {"notes"})).length, length);
}

}  // namespace
}  // namespace lakehouse::vector
