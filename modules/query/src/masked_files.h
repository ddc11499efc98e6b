#pragma once
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "derived_file.h"
#include "lakehouse/base/log.h"
#include "lakehouse/base/metrics.h"
#include "lakehouse/base/secret.h"
#include "lakehouse/catalog/sight.h"
#include "lakehouse/catalog/types.h"
#include "lakehouse/sandbox/worker_pool.h"
#include "lakehouse/storage/object_cache.h"

namespace lakehouse::query {

/// Snapshots as profiles leave them: for each snapshot and rule one Parquet file on this machine, without anything the rule hides. Made
/// once, in a worker of its own that serves no caller; derived, so it may be deleted at any time. A file is used only while its octets
/// are those that were written: the digest stands in its name, and is checked at the first use in a process and whenever the file has
/// changed. Thread-safe.
class MaskedFiles {
 public:
  struct Options {
    std::string directory;                    ///< made when missing; empty: nothing can be masked
    std::uint64_t max_bytes = 10ull << 30;    ///< the least recently used go beyond it
    std::int64_t build_timeout_ms = 600'000;  ///< of one file; not the statement's time
    Secret key;                               ///< what values are digested with
  };
  /// All must outlive it.
  MaskedFiles(storage::ObjectCache& cache, sandbox::WorkerPool& workers, Metrics& metrics, Log& log, Options options);

  /// The path of the file, if it is there and whole.
  std::optional<std::string> Find(const catalog::ResolvedTable& table, const catalog::DatasetRule& rule);
  /// The same, made when it is not there. The caller must hold no worker. kUnprocessable, reason "profile_view_failed": the rule does not
  /// fit this snapshot; the message holds no value of the data. kUnavailable: no room, no worker.
  Result<std::string> Make(const Context& context, const catalog::ResolvedTable& table, const catalog::DatasetRule& rule);

  /// No file that is there now, or in the making, is used again: what it is made from may be gone for good. It stays some seconds for
  /// statements that have its path already, and goes with SweepForgotten, which gives false as long as there is one left.
  void ForgetAll();
  bool SweepForgotten();
  /// As HotFiles::Check.
  Result<std::int64_t> Check(const std::function<Status(std::int64_t bytes)>& spend);

 private:
  struct Known {
    std::string path;
    FileStamp stamp;
    std::uint64_t used = 0;
  };
  std::string IdOf(const catalog::ResolvedTable& table, const catalog::DatasetRule& rule) const;
  std::optional<std::string> FindById(const std::string& id);
  Result<std::string> Build(const Context& context, const std::string& id, const catalog::ResolvedTable& table,
                            const catalog::DatasetRule& rule);
  Status Write(const Context& context, const std::string& path, const catalog::ResolvedTable& table, const catalog::DatasetRule& rule);
  void Evict(const std::string& keep);
  void Forget(const std::string& path);
  bool IsForgotten(const std::string& path);

  storage::ObjectCache& cache_;
  sandbox::WorkerPool& workers_;
  Log& log_;
  const Options options_;
  Counter& built_;
  Counter& damaged_;
  std::mutex mutex_;
  // Guarded by mutex_:
  std::condition_variable done_;
  std::set<std::string> building_;
  std::set<std::string> outdated_;                 ///< builds that began before files were forgotten
  std::map<std::string, std::int64_t> forgotten_;  ///< paths, and the steady time at which each goes
  std::map<std::string, Known> known_;
  std::uint64_t uses_ = 0;
};

}  // namespace lakehouse::query
