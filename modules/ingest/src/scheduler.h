#pragma once
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "lakehouse/ingest/ingest.h"
#include "lakehouse/ingest/local_ingest.h"
#include "schedule_book.h"

namespace lakehouse::ingest {

/// Reads sources when their time has come or somebody asks, each by one run at a time, by the ordinary jobs. Only in the process that
/// writes the lake; others may change the definitions, which are seen within half a minute. Thread-safe; two threads call Run.
class Scheduler {
 public:
  /// `ingest` takes the jobs. All outlive it.
  Scheduler(IngestParts& parts, const IngestOptions& options, Ingest& ingest)
      : parts_(parts), options_(options), ingest_(ingest), book_(parts.store) {}

  Result<ListSchedulesResponse> List(const Context& context);
  Result<ScheduleResponse> Put(const Context& context, const Schedule& schedule);
  Result<ScheduleResponse> Drop(const Context& context, const std::string& name);
  Result<ScheduleResponse> RunNow(const Context& context, const std::string& name);
  /// Until the stop.
  void Run(const std::stop_token& stop);

 private:
  struct Entry {
    ScheduleDefinition definition;
    ScheduleMemory memory;
  };
  Status Check(const Schedule& schedule) const;
  Result<Entry> Load(const Context& context, const std::string& name);
  ScheduleState StateOf(const Entry& entry) const;
  std::optional<std::int64_t> NextOf(const Entry& entry) const;
  Result<std::optional<Entry>> TakeDue(const Context& context);
  Status Refresh(const Context& context);
  void RunOne(const Context& context, Entry entry);
  Status RunFiles(const Context& context, const Entry& entry, FileSource& source, FileSource::Marks& marks, ScheduleRun& run);
  bool TakeFile(const Context& context, const Schedule& schedule, const FileSource::File& file, ScheduleRun& run, ScheduledFile& report);
  Result<Job> RunJob(const Context& context, const IngestRequest& request, ScheduleRun& run);
  Result<std::unique_ptr<FileSource>> Open(const Schedule& schedule) const;
  IngestRequest RequestOf(const Schedule& schedule) const;

  IngestParts& parts_;
  const IngestOptions& options_;
  Ingest& ingest_;
  ScheduleBook book_;
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::map<std::string, Entry> entries_;  ///< as last seen
  std::set<std::string> running_, asked_;
  std::optional<std::int64_t> refreshed_ns_;
};

}  // namespace lakehouse::ingest
