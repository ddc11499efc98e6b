#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "lakehouse/base/clock.h"
#include "lakehouse/base/log.h"
#include "lakehouse/base/metrics.h"
#include "lakehouse/base/random.h"
#include "lakehouse/base/secret.h"
#include "lakehouse/catalog/catalog.h"
#include "lakehouse/ingest/ingest.h"
#include "lakehouse/query/query.h"
#include "lakehouse/sandbox/worker_pool.h"
#include "lakehouse/storage/error_archive.h"
#include "lakehouse/storage/error_sink.h"
#include "lakehouse/storage/object_cache.h"
#include "lakehouse/storage/object_store.h"

namespace lakehouse::ingest {

/// What ingest stands on. All of it must outlive the Ingest.
struct IngestParts {
  catalog::Catalog& catalog;
  storage::ObjectStore& store;
  storage::ObjectCache& cache;
  sandbox::WorkerPool& workers;  ///< whose workers serve WorkerHandlers()
  query::Query& query;
  Metrics& metrics;
  Log& log;
  SecretsProvider* secrets = nullptr;              ///< where passwords of databases are; absent: there are none
  storage::ErrorSink* errors = nullptr;            ///< told of failures that are not the sender's to mend, and of loads that rules refused
  storage::ErrorArchive* error_archive = nullptr;  ///< keeps what `errors` is told, so that such loads are found again; absent: none are
  const Clock& clock = SystemClock();
  Random& random = SystemRandom();
};

/// When a dataset is compacted without being asked.
struct CompactionPolicy {
  std::int64_t small_file_bytes = std::int64_t{32} << 20;  ///< below it a file is small
  std::int64_t small_files = 16;                           ///< so many small files of a dataset are joined; 0: never
  std::int64_t deleted_percent = 20;                       ///< of the rows in its files; 0: never
};

struct IngestOptions {
  std::string spool;  ///< directory of this process alone for files on their way, made when missing; its owner clears it
  /// Directory of this process alone that outlives it: here is what `keep` asks for, and jobs that are found here are taken up. Empty: no
  /// job outlives the process.
  std::string accepted;
  std::int64_t accepted_bytes = std::int64_t{64} << 30;  ///< files there; what does not fit is refused
  unsigned runners = 1;                                  ///< jobs at a time
  unsigned queue_capacity = 256;                         ///< jobs that wait
  std::int64_t job_timeout_ms = 3'600'000;
  unsigned kept_jobs = 1'000;  ///< ended ones that can still be asked about, also those that were kept and ended in earlier processes
  std::int64_t max_unpacked_bytes = std::int64_t{16} << 30;
  CompactionPolicy compaction;
  std::int64_t compaction_interval_ms = 0;  ///< how often datasets that changed are looked at; 0: compaction only when asked
  /// Where the lake has a rescue bucket, a store gets this long for a file, and a second more per MiB; then rescue takes the upload.
  std::int64_t rescue_after_ms = 30'000;
  std::string databases;                                ///< hosts that tables may be read from, "db.corp, 10.0.0.5:5433"; "*": all
  std::string hosts;                                    ///< that files may be pulled from over HTTP; as databases
  std::string inbox;                                    ///< directory whose folders may be watched; empty: none
  std::int64_t inbox_settle_ms = 5'000;                 ///< a file that nobody has written to for so long is whole
  std::string ocr_languages = "eng";                    ///< of scanned pages, as tesseract takes them: "eng+deu"; empty: they are not read
  std::int64_t max_pull_bytes = std::int64_t{4} << 30;  ///< of one file over HTTP or out of a bucket
  std::int64_t pull_timeout_ms = 600'000;
  std::int64_t schedule_tick_ms = 1'000;     ///< between two looks for schedules whose time has come; 0: only when asked
  std::int64_t source_retry_ms = 1'000;      ///< before a source that was lost is read again; ten times longer at most
  unsigned source_attempts = 12;             ///< without anything new in between
  std::int64_t source_patience_ms = 60'000;  ///< for transactions that are open when an incremental read begins
  std::int64_t replay_interval_ms = 2'000;   ///< between two looks at what waits there
};

/// Jobs run on own threads, in jailed workers, and end with the process, but for those that are kept: what was not committed has left
/// nothing visible. Destruction cancels them and waits. What is found in `accepted` and cannot be read is a recorded error.
Result<std::unique_ptr<Ingest>> OpenLocalIngest(IngestParts parts, IngestOptions options);

/// The same of what is kept of schedules.
Result<bool> CheckScheduleObject(std::string_view key, std::string_view octets);

/// What rescue keeps of an upload beside the file: whether an intent, or why it is held, is sound. False: the key is neither's.
/// kCorruption, reason "corrupt_object": damaged.
Result<bool> CheckRescueObject(std::string_view key, std::string_view octets);
/// The file itself, which has the digest that its intent names. `read` reads in it, `load` the whole intent; their errors are passed on,
/// so kNotFound is a file whose intent never came.
Result<bool> CheckRescuedFile(std::string_view key, std::uint64_t size_bytes,
                              const std::function<Result<std::string>(std::uint64_t offset, std::uint64_t length)>& read,
                              const std::function<Result<std::string>(const std::string& key)>& load);

}  // namespace lakehouse::ingest
