#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "lakehouse/ingest/ingest.h"
#include "lakehouse/ingest/source.h"
#include "lakehouse/storage/object_store.h"

namespace lakehouse::ingest {

struct ScheduleDefinition {
  Schedule schedule;
  std::int64_t put_micros = 0;
};
/// What runs leave behind; only the process that runs them writes it, so nobody's new definition is lost under it.
struct ScheduleMemory {
  std::string url;  ///< that the marks are of
  FileSource::Marks marks;
  std::vector<ScheduleRun> runs;  ///< newest first
};

/// Schedules in the lake's store: `_schedules/<name>/definition.json` and `state.json`, sealed JSON. Errors are the store's, and
/// kCorruption.
class ScheduleBook {
 public:
  explicit ScheduleBook(storage::ObjectStore& store) : store_(store) {}
  Result<std::vector<std::string>> Names(const Context& context);
  /// kNotFound "schedule_not_found".
  Result<ScheduleDefinition> LoadDefinition(const Context& context, const std::string& name);
  Result<ScheduleMemory> LoadMemory(const Context& context, const std::string& name);
  Status PutDefinition(const Context& context, const ScheduleDefinition& definition);
  Status PutMemory(const Context& context, const std::string& name, const ScheduleMemory& memory);
  Status Drop(const Context& context, const std::string& name);

 private:
  storage::ObjectStore& store_;
};

/// 1 to 64 of a-z, 0-9, '-' and '_'. kInvalidArgument "bad_schedule".
Status CheckScheduleName(std::string_view name);

}  // namespace lakehouse::ingest
