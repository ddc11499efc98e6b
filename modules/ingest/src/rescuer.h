#pragma once
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>

#include "delete_run.h"
#include "ingest_run.h"
#include "job_table.h"
#include "lakehouse/ingest/local_ingest.h"
#include "rescue_shelf.h"

namespace lakehouse::ingest {

/// Fails for a while only: the same may succeed later.
bool IsPassing(ErrorCode code);

/// Uploads that a store did not take are kept in the rescue bucket, and brought in by the ordinary way once it does: the same job, the
/// same idempotency key, the same commit log. What then conflicts is kept and told, never forced. Thread-safe.
class Rescuer {
 public:
  /// `run`: runs the job of an entry to its end. All must outlive it.
  Rescuer(IngestParts& parts, const IngestOptions& options, JobTable& jobs, std::function<void(JobEntry&)> run)
      : parts_(parts), options_(options), jobs_(jobs), run_(std::move(run)), shelf_(parts.store, parts.clock) {}

  bool IsAvailable(const Context& context) { return shelf_.Exists(context); }
  /// Keeps the upload, or the deletion, of a run that failed with `why`; its job is rescued then. The error is `why` when there is no
  /// rescue bucket, or says that both are away.
  Status Take(JobEntry& entry, const IngestRun& run, const Error& why);
  Status Take(JobEntry& entry, const DeleteRowsRequest& request, const DeleteRun& run, const Error& why);
  /// Looks again and again, until it is asked to stop.
  void Replay(const std::stop_token& stop);

  ListRescuedResponse List(const Context& context);
  Result<SettleRescuedResponse> Settle(const Context& context, const SettleRescuedRequest& request);

 private:
  /// Of this process only.
  struct Attempts {
    std::int64_t count = 0;
    std::int64_t next_ns = 0;  ///< steady: not before
    std::string last_error;
  };
  /// Takes the file at `path`.
  Status Keep(JobEntry& entry, RescueIntent intent, const std::string& path, const Error& why);
  void Look(const Context& context);
  void ShowJob(const ShelvedIntent& shelved);
  /// Whether the store of these keys takes writes now.
  Status Probe(const Context& context, const std::string& bucket);
  void Bring(const Context& context, const RescueIntent& intent);
  void Failed(const std::string& id, const Error& why);
  void Hold(const Context& context, const RescueIntent& intent, const Error& why);
  RescuedUpload Show(const ShelvedIntent& shelved);
  void Record(const RescueIntent& intent, const Error& error);

  IngestParts& parts_;
  const IngestOptions& options_;
  JobTable& jobs_;
  const std::function<void(JobEntry&)> run_;
  RescueShelf shelf_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  bool poked_ = false;                        ///< guarded by mutex_, as is the next
  std::map<std::string, Attempts> attempts_;  ///< by id
  std::mutex settle_mutex_;                   ///< one intent is changed at a time
};

}  // namespace lakehouse::ingest
