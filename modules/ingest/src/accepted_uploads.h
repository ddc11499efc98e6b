#pragma once
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "job_table.h"
#include "lakehouse/ingest/local_ingest.h"
#include "rescue_shelf.h"

namespace lakehouse::ingest {

/// Jobs that outlive the process, docs/formats/state.md: the file and what is to be done with it lie on a shelf of this machine before
/// anybody is told that they are accepted, and leave it when the job has ended, of which a note stays. The next process takes up what it
/// finds; that the rows come in once is seen to by the job's id, which is the commit's idempotency key, and the file's digest. Thread-safe.
class AcceptedUploads {
 public:
  /// In `options.accepted`. What `parts` names must outlive it.
  static Result<std::unique_ptr<AcceptedUploads>> Open(const IngestParts& parts, const IngestOptions& options);

  /// Takes the file, when it is the request's own; `request` names where it lies from then on. kUnavailable "accepted_full", "disk_full":
  /// nothing is kept. kOutcomeUnknown: it may be.
  Status Accept(const Context& context, const Job& job, IngestRequest& request);
  /// A copy of the file of one that may be running. kUnavailable "not_kept".
  Status Keep(const Context& context, const JobEntry& entry);
  /// Durably: one that was cancelled is not taken up. Of one that has ended and stayed nothing is left.
  Status Cancel(const JobEntry& entry);
  /// Whether one that went like this stays for the next process: this one ends, it may not be begun here, or another process writes.
  bool Stays(const JobEntry& entry, const Status& done);
  /// Before the job is shown as ended: `done` is how it went, `ended` how it will be shown. It leaves the shelf unless it stays.
  void Settle(const JobEntry& entry, const Status& done, Job ended);

  /// Queues what an earlier process left, under its ids, and lists what ended there; what was cancelled, or is damaged, is shown as that.
  /// Before anything is accepted.
  void TakeUp(JobTable& jobs);
  /// Before a job that was taken up runs: waits for the catalog. kCorruption "corrupt_object": its file is not the one that came; kConflict
  /// "another_lake"; kInternal "given_up": too many processes ended while it ran. Whatever it says no to stays on the shelf.
  Status CheckTakenUp(const Context& context, const JobEntry& entry);

 private:
  enum class Stand { kBeingKept, kKept, kTakenUp, kBegun, kEnded };  // kBegun: taken up, and its run is counted
  struct Upload {
    Stand stand = Stand::kBeingKept;
    bool cancelled = false;
    std::int64_t size_bytes = 0;
  };
  AcceptedUploads(const IngestParts& parts, const IngestOptions& options, std::unique_ptr<storage::ObjectStore> store);
  RescueIntent IntentOf(const Context& context, const Job& job, const IngestRequest& request, std::int64_t size_bytes);
  /// False: it is there already.
  Result<bool> Reserve(const std::string& id, std::int64_t size_bytes);
  Status PutCopy(const Context& context, const JobEntry& entry);
  void TakeUpOne(JobTable& jobs, const ShelvedIntent& shelved);
  /// Ids of those that ended; they are in the list of jobs then.
  Result<std::set<std::string>> ShowEnded(const Context& context, JobTable& jobs);
  void NoteEnd(Job ended);
  void LetGoOfOldNotes();
  void UncountRun(const std::string& id);
  Status CountRun(const Context& context, RescueIntent intent, std::int64_t runs);
  void Record(const Context& context, const std::string& id, const Error& error);
  void Remove(const std::string& id);

  const IngestParts parts_;
  const std::int64_t most_bytes_;
  const std::size_t most_notes_;
  const std::unique_ptr<storage::ObjectStore> store_;
  RescueShelf shelf_;
  std::mutex mutex_;
  std::map<std::string, Upload> uploads_;  ///< by job; guarded by mutex_, as is notes_
  std::deque<std::string> notes_;          ///< jobs of which a note is kept, oldest first
};

}  // namespace lakehouse::ingest
