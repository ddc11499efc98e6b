#pragma once
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "lakehouse/base/clock.h"
#include "lakehouse/ingest/ingest.h"
#include "lakehouse/storage/object_store.h"

namespace lakehouse::ingest {

/// What has to be done once primary takes it: the request as it came, and what it was meant for.
struct RescueIntent {
  std::string id;  ///< of the job
  std::string principal;
  std::string trace;
  IngestRequest request;  ///< without path; its idempotency key makes a replay happen once, as do the job's id and the digest
  std::int64_t size_bytes = 0;
  std::int64_t accepted_micros = 0;
  std::string why;              ///< primary did not take it
  std::optional<JobKind> kind;  ///< kDelete: the file is a DeleteRowsRequest; absent: it is to be ingested
};
/// An intent that was tried and may not be carried out as it stands. Kept until somebody decides.
struct RescueHold {
  std::int64_t time_micros = 0;
  std::string code;
  std::string message;
};
struct ShelvedIntent {
  RescueIntent intent;
  std::optional<RescueHold> hold;
};

/// Files and intents in the rescue bucket, docs/formats/buckets.md. An intent counts from the moment when its own object is there;
/// the file came before it and goes after it. Thread-safe; errors are the store's.
class RescueShelf {
 public:
  /// The store of a lake, whose rescue bucket is used; both must outlive it.
  RescueShelf(storage::ObjectStore& store, const Clock& clock) : store_(store), clock_(clock) {}

  /// Whether the lake has a rescue bucket. Asked once, unless there was no answer.
  bool Exists(const Context& context);
  /// Durable when it returns. Takes the file.
  Status Put(const Context& context, const RescueIntent& intent, const std::string& path);
  /// Those that count, in the order in which they were accepted.
  Result<std::vector<ShelvedIntent>> List(const Context& context);
  /// kNotFound.
  Result<ShelvedIntent> Load(const Context& context, const std::string& id);
  /// The file, at a path where there is none. kCorruption: it is not what came.
  Status Fetch(const Context& context, const RescueIntent& intent, const std::string& path);
  Status Hold(const Context& context, const std::string& id, const Error& why);
  Status Release(const Context& context, const std::string& id);
  Status Remove(const Context& context, const std::string& id);
  /// Files whose intent never came, an hour old: nobody was told that they are kept.
  Status Sweep(const Context& context);

 private:
  Result<std::vector<storage::ObjectInfo>> ListObjects(const Context& context);

  storage::ObjectStore& store_;
  const Clock& clock_;
  std::mutex known_mutex_;
  std::optional<bool> exists_;  ///< guarded by known_mutex_
};

}  // namespace lakehouse::ingest
