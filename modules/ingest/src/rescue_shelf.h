#pragma once
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
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
  /// Of what is kept outside the lake: the lake it is for; absent: nobody could say.
  std::optional<std::string> lake;
  /// The same: how often it was begun after a process had ended before it was done; absent: never.
  std::optional<std::int64_t> begun;
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

/// Where a shelf lies in a lake's store.
inline constexpr std::string_view kRescueHome = "_buckets/rescue/_rescue/";

/// Files and intents, in the rescue bucket or a directory of this machine, docs/formats/buckets.md. An intent counts from the moment when
/// its own object is there; the file came before it and goes after it. Thread-safe; errors are the store's.
class RescueShelf {
 public:
  /// `home`: what its keys begin with. The store and the clock must outlive it.
  RescueShelf(storage::ObjectStore& store, const Clock& clock, std::string_view home = kRescueHome)
      : store_(store), clock_(clock), home_(home) {}

  /// Whether the lake has a rescue bucket. Asked once, unless there was no answer.
  bool Exists(const Context& context);
  /// Durable when it returns. Takes the file.
  Status Put(const Context& context, const RescueIntent& intent, const std::string& path);
  /// In place of the intent that is there.
  Status Replace(const Context& context, const RescueIntent& intent);
  /// Those that count, in the order in which they were accepted.
  Result<std::vector<ShelvedIntent>> List(const Context& context);
  /// kNotFound.
  Result<ShelvedIntent> Load(const Context& context, const std::string& id);
  /// The file, at a path where there is none. kCorruption: it is not what came.
  Status Fetch(const Context& context, const RescueIntent& intent, const std::string& path);
  /// Where the file can be read in place; nothing when the store has no such place.
  std::optional<std::string> PathOf(const std::string& id) const;
  Status Hold(const Context& context, const std::string& id, const Error& why);
  Status Release(const Context& context, const std::string& id);
  Status Remove(const Context& context, const std::string& id);
  /// Files and holds without an intent that are so old go: nobody was told that they are kept.
  Status Sweep(const Context& context, std::int64_t age_micros = 3'600'000'000);

 private:
  Result<std::vector<storage::ObjectInfo>> ListObjects(const Context& context);
  std::string IntentKey(const std::string& id) const;
  std::string HoldKey(const std::string& id) const;
  std::string SourceKey(const std::string& id) const;

  storage::ObjectStore& store_;
  const Clock& clock_;
  const std::string home_;
  std::mutex known_mutex_;
  std::optional<bool> exists_;  ///< guarded by known_mutex_
};

}  // namespace lakehouse::ingest
