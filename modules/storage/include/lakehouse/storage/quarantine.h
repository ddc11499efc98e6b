#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/clock.h"
#include "lakehouse/base/context.h"
#include "lakehouse/base/guarded.h"
#include "lakehouse/base/log.h"
#include "lakehouse/base/task_group.h"
#include "lakehouse/storage/error_sink.h"
#include "lakehouse/storage/object_store.h"

namespace lakehouse::storage {

/// An object that does not hold the octets it was committed with.
struct DamagedObject {
  std::string key;
  std::int64_t expected_bytes = 0;  ///< of what was committed; -1: not known
  std::string expected_sha256;      ///< hex; empty: not known
  std::int64_t found_bytes = 0;     ///< -1: there is no such object
  std::string found_sha256;         ///< hex; empty: there is no such object
  std::int64_t since_micros = 0;    ///< wall clock; 0 in what is marked: now
};

inline constexpr std::string_view kQuarantinePrefix = "_catalog/quarantine/";

/// The damaged objects of a lake: each is refused to readers until somebody finds it whole again. A mark is an object of its own
/// (docs/formats/quarantine.md), so it outlives the process and every process of the lake finds it. A mark that cannot be written
/// stays in memory, where it works as well, and is written with the next one. Thread-safe.
class Quarantine {
 public:
  /// All must outlive it.
  Quarantine(ObjectStore& store, ErrorSink& errors, Log& log, const Clock& clock = SystemClock());

  /// Reads the marks that others wrote, and forgets those that others took away. Errors are the store's; what is known stays. A mark
  /// that is damaged itself is passed over: its object is found again at its next use.
  Status Load(const Context& context);
  /// Does so again and again from now on, on a thread of its own, so that what one process finds holds in all. Once.
  void Follow(std::int64_t interval_ms);

  std::optional<DamagedObject> Find(const std::string& key) const;
  /// By key.
  std::vector<DamagedObject> List() const;

  /// From now on the object is refused. Told to the error journal the first time.
  void Mark(const Context& context, DamagedObject object);
  /// The object is whole again, or nobody needs it any more. Errors are the store's: the mark stays.
  Status Clear(const Context& context, const std::string& key);

 private:
  struct State {
    std::map<std::string, DamagedObject> objects;
    std::set<std::string> unwritten;
    std::int64_t changes = 0;  ///< by this process
  };
  Result<bool> LoadOnce(const Context& context);
  void WriteMarks(const Context& context);

  ObjectStore& store_;
  ErrorSink& errors_;
  Log& log_;
  const Clock& clock_;
  mutable Guarded<State> state_;
  TaskGroup tasks_;
};

/// kCorruption, reason "corrupt_object" or "missing_object": which object, what was committed, what was found, and what to do.
/// The same as details, for programs: key, expected_bytes, expected_sha256, found_bytes, found_sha256, since_micros.
Error DamageError(const DamagedObject& object);

}  // namespace lakehouse::storage
