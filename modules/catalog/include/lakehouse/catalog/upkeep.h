#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lakehouse/base/clock.h"
#include "lakehouse/base/log.h"
#include "lakehouse/base/metrics.h"
#include "lakehouse/catalog/catalog.h"
#include "lakehouse/catalog/self_checked.h"
#include "lakehouse/catalog/table_codec.h"
#include "lakehouse/net/route.h"
#include "lakehouse/net/service.h"
#include "lakehouse/net/transport.h"
#include "lakehouse/storage/quarantine.h"

namespace lakehouse::catalog {

/// One walk over everything that the lake consists of.
struct ScrubRun {
  std::int64_t started_micros = 0;
  std::int64_t finished_micros = 0;  ///< 0: it is still at work
  std::int64_t objects = 0;          ///< read so far
  std::int64_t bytes = 0;
  std::int64_t damaged = 0;                    ///< put into quarantine, or found there still damaged
  std::int64_t healed = 0;                     ///< taken out of it
  std::int64_t unreachable = 0;                ///< not looked at: they lie in buckets that are away
  std::optional<std::int64_t> caches_damaged;  ///< files of this machine's caches, which are made anew; absent: it has none here
  std::optional<std::string> failed;           ///< why it ended before its end
};

/// One collection of garbage that began by itself.
struct CollectionRun {
  std::int64_t started_micros = 0;
  std::int64_t finished_micros = 0;  ///< 0: it is at work
  std::int64_t expired_versions = 0;
  std::int64_t objects = 0;  ///< removed: of datasets and indexes
  std::int64_t size_bytes = 0;
  std::int64_t log_objects = 0;  ///< removed: of logs of errors, because they are old
  std::optional<std::string> failed;
};

struct QuarantinedObject {
  std::string key;
  std::int64_t expected_bytes = 0;
  std::string expected_sha256;
  std::int64_t found_bytes = 0;
  std::string found_sha256;
  std::int64_t since_micros = 0;
};

struct LoadUpkeepRequest {};
struct UpkeepState {
  std::int64_t scrub_bytes_per_second = 0;  ///< 0: no scrub begins by itself
  std::int64_t scrub_interval_ms = 0;
  std::optional<ScrubRun> scrub;       ///< the one at work
  std::optional<ScrubRun> last_scrub;  ///< the last that ended, in this process or before
  std::vector<QuarantinedObject> quarantine;
  std::int64_t collect_interval_ms = 0;     ///< 0: garbage is collected only when asked
  std::optional<CollectionRun> collection;  ///< the one at work
  std::optional<CollectionRun> last_collection;
};
struct ScrubRequest {
  std::optional<std::int64_t> bytes_per_second;  ///< of this one; 0: as fast as it goes; absent: as set
};

/// What looks after a lake in the background. Thread-safe. Remote ones fail as Catalog does.
class Upkeep {
 public:
  virtual ~Upkeep() = default;
  virtual Result<UpkeepState> LoadState(const Context& context, const LoadUpkeepRequest& request) = 0;
  /// Begins a scrub now, unless one is at work; the answer shows it at work.
  virtual Result<UpkeepState> StartScrub(const Context& context, const ScrubRequest& request) = 0;
};

/// Files of this machine that are made of a lake's objects and can be made again.
class MachineCaches {
 public:
  virtual ~MachineCaches() = default;
  /// Called with the octets that were read; waits until they are due.
  using Spend = std::function<Status(std::int64_t bytes)>;
  /// Reads all of them. How many were not as written: these are used no more from now on. Errors are those of `spend`.
  virtual Result<std::int64_t> Check(const Context& context, const Spend& spend) = 0;
};

/// Reads every record, segment, checkpoint, manifest, data and delete file of the lake again and again, not faster than it may,
/// and compares each with the digest it was committed with; what other rooms keep beside them is checked as these say. What is damaged goes
/// into quarantine; what is whole again leaves it. Collects garbage, and removes what is old of the logs of errors, when its time has come
/// and this process writes the lake. Two threads of its own.
class LocalUpkeep : public Upkeep {
 public:
  /// All must outlive it.
  struct Parts {
    storage::ObjectStore& store;
    Catalog& catalog;
    TableCodec& codec;
    storage::Quarantine& quarantine;
    Log& log;
    Metrics& metrics;
    const Clock& clock = SystemClock();
    SelfChecks self_checks{};
  };
  struct Options {
    std::int64_t scrub_bytes_per_second = 8 << 20;  ///< 0: only when asked
    std::int64_t scrub_interval_ms = 86'400'000;    ///< between the end of one and the beginning of the next
    std::int64_t first_scrub_ms = 600'000;          ///< a start has more urgent things to do
    std::int64_t collect_interval_ms = 0;           ///< as for scrubs; 0: only when asked
    std::int64_t first_collect_ms = 1'200'000;
    std::int64_t keep_errors_ms = 0;        ///< 0: for good
    std::vector<std::string> error_logs{};  ///< prefixes; one in a bucket that is not there is passed over
  };
  static std::unique_ptr<LocalUpkeep> Start(Parts parts, Options options);

  /// On the caller's thread. kUnavailable and the like: the store's, and then it did not come to its end. Damage is no failure.
  virtual Result<ScrubRun> Scrub(const Context& context, const ScrubRequest& request) = 0;
  /// The same of what is no longer needed. kUnavailable, reason "not_writer": another process does it.
  virtual Result<CollectionRun> Collect(const Context& context) = 0;
  /// Every scrub looks at these, too, from now on; null: at none. Returns when none is being looked at.
  virtual void ScrubAlso(MachineCaches* caches) = 0;
};

/// An Upkeep that runs elsewhere; the transport must outlive it.
std::unique_ptr<Upkeep> ConnectUpkeep(net::Transport& transport);
net::Service ServeUpkeep(Upkeep& upkeep);

/// The public face: GET and POST /storage/scrub. The upkeep must outlive it.
std::vector<net::Route> UpkeepRoutes(Upkeep& upkeep);

}  // namespace lakehouse::catalog
