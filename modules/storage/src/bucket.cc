#include "bucket.h"

#include <sys/stat.h>

#include <chrono>

#include "lakehouse/base/uuid.h"
#include "lakehouse/storage/bucket_key.h"
#include "lakehouse/storage/error_journal.h"
#include "lakehouse/storage/s3_object_store.h"
#include "prefix_object_store.h"

namespace lakehouse::storage {
namespace {

constexpr std::int64_t kNanosPerMilli = 1'000'000;
constexpr std::int64_t kMicrosPerMilli = 1'000;

Context Limited(const Context& context, std::int64_t timeout_ms) {
  Context limited = context;
  limited.deadline = context.deadline.Or(Deadline::After(timeout_ms));
  return limited;
}

}  // namespace

std::optional<Bucket::Inode> Bucket::InodeNow() const {
  struct stat found{};
  if (IsS3Url(record_.url) || stat(record_.url.c_str(), &found) != 0 || !S_ISDIR(found.st_mode)) return std::nullopt;
  return Inode(found.st_dev, found.st_ino);
}

Error Bucket::Away(const Error& why) {
  return Error(ErrorCode::kUnavailable, "bucket \"" + record_.name + "\" is away: " + why.ToString()).Named("bucket_away");
}

Result<std::shared_ptr<ObjectStore>> Bucket::Open(const Context& context) {
  const std::lock_guard lock(open_mutex_);
  // An open directory stays usable when something else has taken its path; what is written there then would be lost to everybody.
  if (store_ && inode_ && inode_ != InodeNow()) store_.reset();
  if (!store_ && record_.url == kInsidePrimary) store_ = std::make_shared<PrefixObjectStore>(*parts_.primary, InBucket(record_.name, ""));
  if (store_) return store_;
  const std::int64_t now = parts_.clock.SteadyNanos();
  if (away_ && now - tried_ns_ < options_.reopen_ms * kNanosPerMilli) return *away_;
  const Context limited = Limited(context, options_.probe_timeout_ms);
  auto opened = parts_.open(limited, record_, role_ == kRescueBucket);
  Status sound = opened ? Status(Ok{}) : Status(opened.error());
  if (sound && check_) sound = check_(limited, **opened);
  tried_ns_ = parts_.clock.SteadyNanos();
  if (!sound) {
    away_ = Away(sound.error());
    Note(*away_);
    return *away_;
  }
  away_.reset();
  store_ = std::move(opened).Take();
  inode_ = InodeNow();
  return store_;
}

void Bucket::Adopt(std::shared_ptr<ObjectStore> store) {
  const std::lock_guard lock(open_mutex_);
  store_ = std::move(store);
  inode_ = InodeNow();
  away_.reset();
}

BucketHealth Bucket::health() { return *health_.Lock(); }

void Bucket::Note(const Error& error) {
  const ErrorCode code = error.code();
  if (code != ErrorCode::kUnavailable && code != ErrorCode::kDeadlineExceeded && code != ErrorCode::kOutcomeUnknown &&
      code != ErrorCode::kCorruption)
    return;
  auto health = health_.Lock();
  health->last_error = RedactSecrets(error.ToString());
  health->last_error_micros = parts_.clock.WallMicros();
}

BucketHealth Bucket::Look(const Context& context, ObjectStore* store) {
  const std::int64_t begin = parts_.clock.SteadyNanos();
  const std::int64_t wall = parts_.clock.WallMicros();
  const BucketHealth before = health();
  const std::int64_t age_ms = (wall - before.checked_micros) / kMicrosPerMilli;
  if (before.reachable && age_ms >= 0 && age_ms < options_.probe_fresh_ms && before.last_error_micros < before.checked_micros)
    return before;
  const Context limited = Limited(context, options_.probe_timeout_ms);
  const auto look = [&]() -> Status {
    std::shared_ptr<ObjectStore> held;
    if (store == nullptr) {
      held = LH_TRY(Open(limited));
      store = held.get();
    }
    const std::string key = "_probe/" + NewUuid(parts_.clock, parts_.random).ToString();
    LH_TRY(store->PutIfAbsent(limited, key, "probe"));
    return store->Delete(limited, key);
  };
  const Status looked = look();
  if (!looked) Note(looked.error());
  auto health = health_.Lock();
  health->reachable = looked.ok();
  health->checked_micros = wall;
  health->latency_ms = (parts_.clock.SteadyNanos() - begin) / kNanosPerMilli;
  return *health;
}

std::optional<std::shared_lock<std::shared_timed_mutex>> Bucket::BeginWrite() {
  if (closing_) return std::nullopt;
  std::shared_lock lock(writes_, std::try_to_lock);
  if (!lock || closing_) return std::nullopt;
  return lock;
}

bool Bucket::Close(std::int64_t patience_ms) {
  closing_ = true;
  const std::unique_lock lock(writes_, std::chrono::milliseconds(patience_ms));
  if (!lock) closing_ = false;
  return lock.owns_lock();
}

}  // namespace lakehouse::storage
