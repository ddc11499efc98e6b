#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lakehouse/base/context.h"

namespace lakehouse::query {

/// A dataset that somebody wants kept ready as a native file of the engine on this machine.
struct HotTable {
  std::string dataset;
  std::optional<std::int64_t> version;  ///< none: the newest, whichever that is
  std::int64_t ready_version = 0;       ///< of the file; 0: there is none, statements read Parquet
  std::int64_t rows = 0;                ///< of the file
  std::int64_t bytes = 0;               ///< of the file
  std::int64_t pinned_micros = 0;
  std::int64_t statements = 0;  ///< that read the file, since this process started
  std::string state;            ///< "waiting", "ready" or "failed"
  std::string message;          ///< why it failed
};

struct PinRequest {
  std::string dataset;
  std::optional<std::int64_t> version;  ///< absent: follow the newest
};
struct EvictRequest {
  std::string dataset;
};
struct EvictResponse {
  bool evicted = false;  ///< false: it was not pinned
  std::int64_t freed_bytes = 0;
};
struct HotStatsRequest {};
struct HotStats {
  std::int64_t max_bytes = 0;
  std::int64_t used_bytes = 0;
  std::int64_t statements = 0;  ///< that began with at least one such file
  std::int64_t built = 0;
  std::int64_t damaged = 0;        ///< files that were not as written any more
  std::int64_t rerun = 0;          ///< statements that began with such a file and ended with Parquet
  std::vector<HotTable> datasets;  ///< by name
};

/// Snapshots kept as native files, which workers attach read-only. Changes how long a statement takes, never what it answers, whatever
/// happens to the files. Thread-safe.
class HotCache {
 public:
  virtual ~HotCache() = default;
  /// Waits for the file while the context allows, 20 s at most; it is made nevertheless. Replaces an earlier pin of the dataset.
  /// kNotFound: no such dataset or version. kUnprocessable, reason "hot_cache_off": this process has no place for it.
  virtual Result<HotTable> Pin(const Context& context, const PinRequest& request) = 0;
  virtual Result<EvictResponse> Evict(const Context& context, const EvictRequest& request) = 0;
  virtual Result<HotStats> LoadHotStats(const Context& context, const HotStatsRequest& request) = 0;
};

}  // namespace lakehouse::query
