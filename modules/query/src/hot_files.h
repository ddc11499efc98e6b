#pragma once
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "derived_file.h"
#include "lakehouse/base/clock.h"
#include "lakehouse/base/log.h"
#include "lakehouse/base/metrics.h"
#include "lakehouse/base/task_group.h"
#include "lakehouse/catalog/catalog.h"
#include "lakehouse/query/hot_cache.h"
#include "lakehouse/sandbox/worker_pool.h"
#include "lakehouse/storage/object_cache.h"

namespace lakehouse::query {

/// Pinned snapshots as native files of the engine. One thread makes them, in a worker that serves no caller, follows the datasets as they
/// change, removes what nothing needs, and is the only one to read them whole: a statement looks at a file's stamp alone, and what has
/// another stamp is not used before its digest was checked. Everything here may be deleted at any time. Thread-safe.
class HotFiles final : public HotCache {
 public:
  struct Options {
    std::string directory;                    ///< made when missing; empty: nothing can be pinned
    std::uint64_t max_bytes = 16ull << 30;    ///< of all files; a pin that would pass it fails
    std::int64_t poll_ms = 2'000;             ///< between looks at what is pinned, files included
    std::int64_t build_timeout_ms = 600'000;  ///< of one file
  };
  /// All must outlive it.
  HotFiles(catalog::Catalog& catalog, storage::ObjectCache& cache, sandbox::WorkerPool& workers, Metrics& metrics, Log& log,
           Options options, const Clock& clock);
  ~HotFiles() override;

  Result<HotTable> Pin(const Context& context, const PinRequest& request) override;
  Result<EvictResponse> Evict(const Context& context, const EvictRequest& request) override;
  Result<HotStats> LoadHotStats(const Context& context, const HotStatsRequest& request) override;

  /// The path of the file with exactly these rows, when there is one that looks as it was left.
  std::optional<std::string> Find(const catalog::ResolvedTable& table);
  void CountStatement() { statements_.Add(); }
  /// A statement that read these files failed and runs once more without them. Those that the engine could not read are not used again
  /// before they have been checked.
  void BookRerun(const std::vector<std::string>& paths, const Error& why);
  /// Reads every file, calling `spend` for its octets, whose errors are passed on. How many were not as they were written: these are gone
  /// and made again when they are wanted.
  Result<std::int64_t> Check(const std::function<Status(std::int64_t bytes)>& spend);

  /// `view` over the file that the worker has under this name; the statement that makes it can be run again and again.
  static std::string CreateView(std::string_view view, const catalog::ResolvedTable& table, const std::string& linked);

 private:
  struct Entry {
    HotTable table;
    std::string id;  ///< of what the file is made from
    std::string path;
    std::optional<FileStamp> stamp;  ///< none: not to be used
    std::int64_t attempts = 0;       ///< looks that came to an end since it was pinned
    std::int64_t not_before_ns = 0;  ///< steady; when a dataset changes all the time, most of the time is left to others
    std::int64_t pin = 0;            ///< another pin of the same dataset has another number
  };
  void Work(std::stop_token stop);
  void Serve(std::stop_token stop, const std::string& key, std::int64_t pin);
  Status Adopt(const std::string& key, const std::string& id, const std::string& path, const catalog::ResolvedTable& table);
  Result<std::string> FindOrBuild(const Context& context, const std::string& id, const catalog::ResolvedTable& table);
  Result<std::string> Build(const Context& context, const std::string& id, const catalog::ResolvedTable& table);
  Status Write(const Context& context, const std::string& path, const catalog::ResolvedTable& table);
  void SetState(const std::string& key, std::int64_t pin, std::string state, std::string message);
  static void Distrust(Entry& entry);  ///< not to be used before it was looked at
  std::optional<std::string> FindWhole(const std::string& id);
  void Sweep();
  void LoadPins();
  void SavePins();
  void WakeBuilder();
  std::int64_t UsedBytes() const;  ///< under the lock

  catalog::Catalog& catalog_;
  storage::ObjectCache& cache_;
  sandbox::WorkerPool& workers_;
  Log& log_;
  const Options options_;
  const Clock& clock_;
  Counter& built_;
  Counter& damaged_;
  Counter& statements_;
  Counter& rerun_;
  std::mutex mutex_;
  // Guarded by mutex_:
  std::condition_variable_any changed_;
  std::map<std::string, Entry> entries_;  ///< by folded name
  bool look_now_ = false;
  std::int64_t pins_ = 0;

  TaskGroup threads_;
};

}  // namespace lakehouse::query
