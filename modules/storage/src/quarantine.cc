#include "lakehouse/storage/quarantine.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "lakehouse/base/codec.h"
#include "lakehouse/base/failpoint.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/storage/sealed_json.h"

namespace lakehouse::storage {

BOOST_DESCRIBE_STRUCT(DamagedObject, (), (key, expected_bytes, expected_sha256, found_bytes, found_sha256, since_micros))

namespace {

constexpr std::int64_t kLoadTimeoutMs = 10'000;

Failpoint quarantine_after_mark("storage.quarantine.after_mark");

/// Keys are longer than a name in a file system may be; their digests are not.
std::string MarkKeyOf(const std::string& key) { return std::string(kQuarantinePrefix) + Sha256Hex(key) + ".json"; }

std::string Described(std::int64_t bytes, const std::string& sha256) {
  if (bytes < 0) return sha256.empty() ? "octets that carry their own digest" : "SHA-256 " + sha256;
  return std::to_string(bytes) + " octets with SHA-256 " + sha256;
}

}  // namespace

Error DamageError(const DamagedObject& object) {
  const bool is_gone = object.found_bytes < 0;
  return Error(ErrorCode::kCorruption,
               "object " + object.key + " should have " + Described(object.expected_bytes, object.expected_sha256) + ", but " +
                   (is_gone ? "there is no such object" : "has " + Described(object.found_bytes, object.found_sha256)) +
                   "; the rest of the lake is served. Bring this object back from a backup (lakehouse restore into an empty directory, "
                   "then copy the object), or restore an older version of the dataset, or ingest its source again; lakehouse fsck says "
                   "what else is damaged")
      .Named(is_gone ? "missing_object" : "corrupt_object")
      .WithDetails(EncodeJson(object));
}

Quarantine::Quarantine(ObjectStore& store, ErrorSink& errors, Log& log, const Clock& clock)
    : store_(store), errors_(errors), log_(log), clock_(clock) {}

Status Quarantine::Load(const Context& context) {
  while (!LH_TRY(LoadOnce(context))) LH_TRY(context.Check());
  return Ok{};
}

void Quarantine::Follow(std::int64_t interval_ms) {
  tasks_.Start("quarantine", [this, interval_ms](std::stop_token stop) {
    std::mutex mutex;
    std::condition_variable_any wake;
    bool failed = false;
    while (true) {
      {
        std::unique_lock lock(mutex);
        wake.wait_for(lock, stop, std::chrono::milliseconds(interval_ms), [] { return false; });
      }
      if (stop.stop_requested()) return;
      const Status loaded = Load({.principal = "system",
                                  .trace = "quarantine",
                                  .deadline = Deadline::After(std::max<std::int64_t>(interval_ms, kLoadTimeoutMs)),
                                  .cancel = stop});
      if (!loaded && !failed && !stop.stop_requested())
        log_.Warning("marks of the quarantine that others write are not seen for now", {{"error", loaded.error().ToString()}});
      failed = !loaded;
    }
  });
}

/// False: this process marked or cleared something meanwhile, which what was read may not know of.
Result<bool> Quarantine::LoadOnce(const Context& context) {
  std::map<std::string, DamagedObject> known;  // by the key of the mark, which is read once
  std::int64_t changes = 0;
  {
    auto state = state_.Lock();
    changes = state->changes;
    for (const auto& [key, object] : state->objects) known.emplace(MarkKeyOf(key), object);
  }
  std::map<std::string, DamagedObject> found;
  std::string after;
  do {
    ListPage page = LH_TRY(store_.List(context, std::string(kQuarantinePrefix), after, kMaxListPage));
    for (const ObjectInfo& info : page.objects) {
      if (const auto there = known.find(info.key); there != known.end()) {
        found.emplace(there->second.key, there->second);
        continue;
      }
      const auto octets = store_.Get(context, info.key);
      if (!octets && octets.error().code() == ErrorCode::kNotFound) continue;  // cleared meanwhile
      if (!octets) return octets.error();
      const auto json = UnsealJson(*octets);
      auto object = json ? DecodeJson<DamagedObject>(*json) : Result<DamagedObject>(json.error());
      if (object && MarkKeyOf(object->key) == info.key)
        found.emplace(object->key, *object);
      else
        log_.Error("a mark of the quarantine is damaged", {{"key", info.key}});
    }
    after = std::move(page.next);
  } while (!after.empty());
  auto state = state_.Lock();
  if (state->changes != changes) return false;
  for (const std::string& key : state->unwritten) found[key] = state->objects[key];
  state->objects = std::move(found);
  return true;
}

std::optional<DamagedObject> Quarantine::Find(const std::string& key) const {
  auto state = state_.Lock();
  const auto found = state->objects.find(key);
  if (found == state->objects.end()) return std::nullopt;
  return found->second;
}

std::vector<DamagedObject> Quarantine::List() const {
  auto state = state_.Lock();
  std::vector<DamagedObject> objects;
  for (const auto& [key, object] : state->objects) objects.push_back(object);
  return objects;
}

void Quarantine::Mark(const Context& context, DamagedObject object) {
  {
    auto state = state_.Lock();
    ++state->changes;
    const auto known = state->objects.find(object.key);
    if (known != state->objects.end()) {
      object.since_micros = known->second.since_micros;
    } else {
      if (object.since_micros == 0) object.since_micros = clock_.WallMicros();
      const Error damage = DamageError(object);
      errors_.Record(context, "storaged", object.key, damage);
      log_.Error("an object is put into quarantine", {{"key", object.key}, {"why", damage.message()}});
      state->unwritten.insert(object.key);
    }
    state->objects[object.key] = std::move(object);
  }
  WriteMarks(context);
}

void Quarantine::WriteMarks(const Context& context) {
  std::vector<DamagedObject> unwritten;
  {
    auto state = state_.Lock();
    for (const std::string& key : state->unwritten) unwritten.push_back(state->objects[key]);
  }
  for (const DamagedObject& object : unwritten) {
    const auto put = store_.Put(context, MarkKeyOf(object.key), SealJson(EncodeJson(object)));
    if (const Status marked = put ? quarantine_after_mark.Hit() : Status(put.error()); !marked) {
      log_.Error("a mark of the quarantine could not be written", {{"key", object.key}, {"error", marked.error().ToString()}});
      return;
    }
    auto state = state_.Lock();
    ++state->changes;  // it is in the store now: who looked there before must look again
    state->unwritten.erase(object.key);
  }
}

Status Quarantine::Clear(const Context& context, const std::string& key) {
  LH_TRY(store_.Delete(context, MarkKeyOf(key)));
  auto state = state_.Lock();
  ++state->changes;
  if (state->objects.erase(key) > 0) log_.Info("an object leaves the quarantine", {{"key", key}});
  state->unwritten.erase(key);
  return Ok{};
}

}  // namespace lakehouse::storage
