#include <gmock/gmock.h>

#include <random>

#include "catalog_testing/test_lake.h"
#include "checkpoint.h"
#include "commit_log.h"
#include "lakehouse/base/hash.h"

// Whichever way a lake is read again, from all its records, from a checkpoint and the records behind it, or by the process that wrote
// them, it is the same to the octet.
namespace lakehouse::catalog {
namespace {

class SameState : public testing::Test {
 protected:
  void Open() {
    auto options = TestLake::QuietOptions();
    options.reader_grace_ms = 0;
    options.checkpoint_records = 97;
    options.read_ahead = 1 + random_() % 64;  // record by record, or many side by side
    catalog_.reset();
    catalog_ = lake_.Open(options).Take();
  }
  std::int64_t Head() { return catalog_->LoadStatus({}, {})->sequence; }
  /// What a checkpoint of this state consists of, head and parts.
  std::string Canonical(const LakeState& state) {
    std::string octets;
    const auto head = EncodeCheckpoint({}, *lake_.codec, state, [&](const ObjectRef& part, std::string_view of_part) -> Status {
      octets.append(part.key).append(of_part);
      return Ok{};
    });
    return octets + *head;
  }
  std::string HeadDigest(const LakeState& state) {
    return Sha256Hex(EncodeCheckpoint({}, *lake_.codec, state, [](const ObjectRef&, std::string_view) -> Status { return Ok{}; }).Take());
  }
  /// `state` after the records up to this one.
  LakeState ReadOn(LakeState state, std::int64_t last) {
    CommitLog log(*lake_.store, *lake_.codec, {});
    while (state.head().sequence < last) {
      StoredRecord stored = log.Load({}, state.head().sequence + 1).Take();
      const Status applied = state.Apply(std::move(stored.record), stored.sha256);
      EXPECT_TRUE(applied) << applied.error().ToString();
    }
    return state;
  }

  /// Something that a user, an operator or the lake itself does. Some of it is refused, which leaves nothing.
  void DoSomething() {
    lake_.clock.wall_micros += static_cast<std::int64_t>(random_() % 3'000'000);
    const std::string name = "d" + std::to_string(random_() % 12);
    const auto file = [&] {
      const std::string id = std::to_string(++files_);
      return PutTestFile(*lake_.store, "datasets/" + name + "/data/1-" + id + ".parquet", static_cast<std::int64_t>(random_() % 100),
                         "rows " + id);
    };
    CommitRequest request;
    switch (random_() % 16) {
      case 0: request = CreateOf(name, {file()}, TestSchema({{"id", "BIGINT"}, {"c" + std::to_string(random_() % 3), "DOUBLE"}})); break;
      case 1: request.drops.push_back(name); break;
      case 2: request.tags.push_back({name, "t" + std::to_string(random_() % 3), 1 + static_cast<std::int64_t>(random_() % 5), {}}); break;
      case 3: request.tags.push_back({name, "t" + std::to_string(random_() % 3), {}, {}}); break;
      case 4: request.retention = {{random_() % 4 == 0 ? "" : name, {.keep_last = 1 + static_cast<std::int64_t>(random_() % 20)}}}; break;
      case 5: request.events.push_back({"lake", "test", {{"a", "b"}}}); break;
      case 6:
        if (random_() % 12 == 0) (void)catalog_->CollectGarbage({}, {true});  // reads the whole log
        return;
      case 7: {
        ChangeAccessRequest access;
        access.change.profile.emplace().name = "p" + std::to_string(random_() % 4);
        access.change.activation = ProfileActivation{access.change.profile->name, 0};
        (void)catalog_->ChangeAccess({}, access);
        return;
      }
      case 8: request = ChangeOf(name, Operation::kReplace, {file(), file()}); break;
      default: request = ChangeOf(name, Operation::kAppend, {file()}); break;
    }
    if (random_() % 2 == 0) request.idempotency = Idempotency{"key " + std::to_string(random_() % 1'000), Sha256Hex(name)};
    (void)catalog_->Commit({.principal = "user" + std::to_string(random_() % 3), .trace = {}, .deadline = {}, .cancel = {}}, request);
  }

  TestLake lake_;
  std::unique_ptr<LocalCatalog> catalog_;
  const std::uint64_t seed_ = std::random_device{}();
  std::mt19937_64 random_{seed_};
  std::int64_t files_ = 0;
};

TEST_F(SameState, FromTheLogFromSegmentsFromCheckpointsAndInTheProcessThatWroteIt) {
  SCOPED_TRACE("seed " + std::to_string(seed_));
  Open();
  for (int step = 0; step < 2'500; ++step) {
    DoSomething();
    const bool maintains = random_() % 40 == 0;
    ASSERT_TRUE(!maintains || catalog_->Maintain({}));
    if (random_() % 300 == 0) Open();  // as after a crash: nothing is written when it ends
  }
  ASSERT_GT(Head(), 1'100) << "one segment at least";
  CheckpointStore checkpoints(*lake_.store, *lake_.codec, {});
  for (int round = 0; round < 3; ++round) {
    const std::int64_t head = Head();
    const LakeState from_zero = ReadOn({}, head);
    const auto kept = checkpoints.List({}).Take();
    ASSERT_FALSE(kept.empty());
    for (const CheckpointName& name : kept)
      EXPECT_EQ(Canonical(ReadOn(checkpoints.Load({}, name).Take(), head)), Canonical(from_zero))
          << "from the checkpoint of " << name.sequence;
    // What this process has in memory, it writes.
    while (checkpoints.List({})->back().sequence < head + 97) {
      DoSomething();
      ASSERT_TRUE(catalog_->Maintain({}));
    }
    const CheckpointName written = checkpoints.List({})->back();
    EXPECT_EQ(written.sha256, HeadDigest(ReadOn({}, written.sequence))) << "in memory, round " << round;
    if (round == 1) {  // from the log alone
      for (const CheckpointName& name : checkpoints.List({}).Take()) ASSERT_TRUE(lake_.store->Delete({}, name.Key()));
    }
    Open();
    ASSERT_TRUE(catalog_->Maintain({}));
  }
}

}  // namespace
}  // namespace lakehouse::catalog
