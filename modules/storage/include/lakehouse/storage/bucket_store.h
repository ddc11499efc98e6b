#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lakehouse/base/clock.h"
#include "lakehouse/base/log.h"
#include "lakehouse/base/random.h"
#include "lakehouse/storage/buckets.h"
#include "lakehouse/storage/object_store.h"

namespace lakehouse::storage {

/// A lake's store: primary, and behind keys "_buckets/<name>/…" (bucket_key.h) the other buckets. Keeps the promises of
/// ObjectStore for the keys of each bucket; a list is of one bucket, that of its prefix. Further errors:
///   kNotFound, reason "unknown_bucket"     nobody has registered it; the message names those that are there
///   kUnavailable, reason "bucket_away"     its place cannot be opened, or is not the one that was registered; tried again later
///   kUnavailable, reason "bucket_closing"  of a write: it is being removed
///
/// The registry is one object "_buckets/<name>.json" in primary per bucket: creating it registers, deleting it forgets, so there is
/// nothing to be torn by a crash. Each bucket holds "_bucket.json", which names the lake and the bucket: a disk that is not mounted
/// or another lake's place is not taken for it. docs/formats/buckets.md.
class BucketStore : public ObjectStore, public Buckets {
 public:
  /// Opens the place of a record; with `create` it may make it. Called at most once at a time per bucket.
  using Opener = std::function<Result<std::unique_ptr<ObjectStore>>(const Context& context, const BucketRecord& record, bool create)>;
  struct Parts {
    std::unique_ptr<ObjectStore> primary;
    Opener open;
    Log& log;
    const Clock& clock = SystemClock();
    Random& random = SystemRandom();
  };
  struct Options {
    std::string primary_url;
    std::optional<BucketRecord> rescue;    ///< from the settings, so it is there before primary can be read
    std::vector<std::string> directories;  ///< local buckets are made below these only; the first is where they go by themselves
    std::int64_t reopen_ms = 1'000;        ///< a bucket that was away is not tried again sooner
    std::int64_t probe_timeout_ms = 3'000;
    std::int64_t probe_fresh_ms = 5'000;  ///< a look is good for so long
    std::int64_t close_patience_ms = 5'000;
  };
  /// Touches nothing: buckets are opened when they are first needed.
  static std::unique_ptr<BucketStore> Make(Parts parts, Options options);
};

}  // namespace lakehouse::storage
