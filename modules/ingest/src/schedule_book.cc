#include "schedule_book.h"

#include <algorithm>

#include "ingest_wire.h"
#include "lakehouse/ingest/local_ingest.h"
#include "lakehouse/storage/sealed_json.h"

namespace lakehouse::ingest {

BOOST_DESCRIBE_STRUCT(ScheduleDefinition, (), (schedule, put_micros))
BOOST_DESCRIBE_STRUCT(ScheduleMemory, (), (url, marks, runs))

namespace {

constexpr std::string_view kSchedules = "_schedules/";
constexpr std::string_view kScheduleEnd = "/definition.json";
constexpr std::string_view kMemoryEnd = "/state.json";

std::string ScheduleKey(std::string_view name, std::string_view end) {
  return std::string(kSchedules) + std::string(name) + std::string(end);
}

template <typename T>
Result<T> Opened(std::string_view octets, const std::string& key) {
  auto json = storage::UnsealJson(octets);
  auto value = json ? DecodeJson<T>(*json) : Result<T>(json.error());
  if (value) return value;
  return Error(ErrorCode::kCorruption, key + " cannot be read: " + value.error().message()).Named("corrupt_object");
}

}  // namespace

Status CheckScheduleName(std::string_view name) {
  const bool is_plain = std::all_of(name.begin(), name.end(),
                                    [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; });
  if (is_plain && !name.empty() && name.size() <= 64) return Ok{};
  return Error(ErrorCode::kInvalidArgument, "the name of a schedule has 1 to 64 of a-z, 0-9, '-' and '_'").Named("bad_schedule");
}

Result<bool> CheckScheduleObject(std::string_view key, std::string_view octets) {
  if (!key.starts_with(kSchedules)) return false;
  if (key.ends_with(kScheduleEnd))
    LH_TRY(Opened<ScheduleDefinition>(octets, std::string(key)));
  else if (key.ends_with(kMemoryEnd))
    LH_TRY(Opened<ScheduleMemory>(octets, std::string(key)));
  else
    return false;
  return true;
}

Result<std::vector<std::string>> ScheduleBook::Names(const Context& context) {
  std::vector<std::string> names;
  for (std::string after;;) {
    const auto page = LH_TRY(store_.List(context, std::string(kSchedules), after, storage::kMaxListPage));
    for (const storage::ObjectInfo& object : page.objects)
      if (object.key.ends_with(kScheduleEnd))
        names.push_back(object.key.substr(kSchedules.size(), object.key.size() - kSchedules.size() - kScheduleEnd.size()));
    if (page.next.empty()) break;
    after = page.next;
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<ScheduleDefinition> ScheduleBook::LoadDefinition(const Context& context, const std::string& name) {
  LH_TRY(CheckScheduleName(name));
  const std::string key = ScheduleKey(name, kScheduleEnd);
  const auto octets = store_.Get(context, key);
  if (!octets && octets.error().code() == ErrorCode::kNotFound)
    return Error(ErrorCode::kNotFound, "there is no schedule \"" + name + "\"").Named("schedule_not_found");
  if (!octets) return octets.error();
  return Opened<ScheduleDefinition>(*octets, key);
}

Result<ScheduleMemory> ScheduleBook::LoadMemory(const Context& context, const std::string& name) {
  const std::string key = ScheduleKey(name, kMemoryEnd);
  const auto octets = store_.Get(context, key);
  if (!octets && octets.error().code() == ErrorCode::kNotFound) return ScheduleMemory{};
  if (!octets) return octets.error();
  return Opened<ScheduleMemory>(*octets, key);
}

Status ScheduleBook::PutDefinition(const Context& context, const ScheduleDefinition& definition) {
  LH_TRY(store_.Put(context, ScheduleKey(definition.schedule.name, kScheduleEnd), storage::SealJson(EncodeJson(definition))));
  return Ok{};
}

Status ScheduleBook::PutMemory(const Context& context, const std::string& name, const ScheduleMemory& memory) {
  LH_TRY(store_.Put(context, ScheduleKey(name, kMemoryEnd), storage::SealJson(EncodeJson(memory))));
  return Ok{};
}

Status ScheduleBook::Drop(const Context& context, const std::string& name) {
  LH_TRY(store_.Delete(context, ScheduleKey(name, kScheduleEnd)));
  return store_.Delete(context, ScheduleKey(name, kMemoryEnd));
}

}  // namespace lakehouse::ingest
