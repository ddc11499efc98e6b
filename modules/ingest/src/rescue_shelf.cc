#include "rescue_shelf.h"

#include <algorithm>
#include <set>

#include "ingest_wire.h"
#include "lakehouse/base/failpoint.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/base/uuid.h"
#include "lakehouse/ingest/local_ingest.h"
#include "lakehouse/storage/bucket_key.h"
#include "lakehouse/storage/sealed_json.h"

namespace lakehouse::ingest {

BOOST_DESCRIBE_STRUCT(RescueIntent, (), (id, principal, trace, request, size_bytes, accepted_micros, why, kind, lake, begun))
BOOST_DESCRIBE_STRUCT(RescueHold, (), (time_micros, code, message))

namespace {

Failpoint after_source("ingest.rescue.after_source");
Failpoint after_intent("ingest.rescue.after_intent");
Failpoint between_removals("ingest.rescue.between_removals");

constexpr std::uint64_t kReadStep = std::uint64_t{1} << 20;
constexpr std::string_view kIntentName = "/intent.json", kHoldName = "/hold.json", kSourceName = "/source";

std::string KeyOf(std::string_view home, std::string_view id, std::string_view name) { return std::string(home).append(id).append(name); }

/// Empty when the key is none of ours.
std::string IdOf(std::string_view home, std::string_view key) {
  if (!key.starts_with(home)) return {};
  key.remove_prefix(home.size());
  const std::string id(key.substr(0, key.find('/')));
  return Uuid::Parse(id) ? id : std::string();
}

template <typename T>
Result<T> Unsealed(std::string_view octets) {
  return DecodeJson<T>(LH_TRY(storage::UnsealJson(octets)));
}

/// A put whose answer was lost has put what it should, if that is there.
Status Settle(Result<storage::ObjectInfo> put) {
  if (put || put.error().code() == ErrorCode::kAlreadyExists) return Ok{};
  return std::move(put).TakeError();
}

}  // namespace

Result<bool> CheckRescueObject(std::string_view key, std::string_view octets) {
  const std::string id = IdOf(kRescueHome, key);
  const bool is_intent = !id.empty() && key == KeyOf(kRescueHome, id, kIntentName);
  if (!is_intent && (id.empty() || key != KeyOf(kRescueHome, id, kHoldName))) return false;
  if (is_intent) {
    const auto intent = Unsealed<RescueIntent>(octets);
    if (intent && intent->id == id) return true;
  } else if (Unsealed<RescueHold>(octets)) {
    return true;
  }
  return Error(ErrorCode::kCorruption, is_intent ? "it is not the intent that was kept" : "it does not say why the upload is held")
      .Named("corrupt_object");
}

Result<bool> CheckRescuedFile(std::string_view key, std::uint64_t size_bytes,
                              const std::function<Result<std::string>(std::uint64_t offset, std::uint64_t length)>& read,
                              const std::function<Result<std::string>(const std::string& key)>& load) {
  const std::string id = IdOf(kRescueHome, key);
  if (id.empty() || key != KeyOf(kRescueHome, id, kSourceName)) return false;
  const auto intent = Unsealed<RescueIntent>(LH_TRY(load(KeyOf(kRescueHome, id, kIntentName))));
  if (!intent || intent->id != id) return false;  // the intent is what is damaged
  Sha256 sum;
  for (std::uint64_t at = 0; at < size_bytes;) {
    const std::string part = LH_TRY(read(at, std::min(kReadStep, size_bytes - at)));
    if (part.empty()) break;
    sum.Add(part);
    at += part.size();
  }
  if (sum.FinishHex() == intent->request.sha256) return true;
  return Error(ErrorCode::kCorruption, "it is not the file that came: its SHA-256 is another").Named("corrupt_object");
}

std::string RescueShelf::IntentKey(const std::string& id) const { return KeyOf(home_, id, kIntentName); }
std::string RescueShelf::HoldKey(const std::string& id) const { return KeyOf(home_, id, kHoldName); }
std::string RescueShelf::SourceKey(const std::string& id) const { return KeyOf(home_, id, kSourceName); }
std::optional<std::string> RescueShelf::PathOf(const std::string& id) const { return store_.LocalPath(SourceKey(id)); }

bool RescueShelf::Exists(const Context& context) {
  const std::lock_guard lock(known_mutex_);
  if (exists_) return *exists_;
  const auto found = store_.Head(context, home_ + "any");
  if (found || found.error().reason() == "bucket_away") return true;
  if (found.error().code() != ErrorCode::kNotFound) return false;
  if (found.error().reason() == "unknown_bucket") return *(exists_ = false);
  // A store that knows of no buckets says the same of every key.
  const auto strange = store_.Head(context, storage::InBucket("0-nobody-calls-a-bucket-so", "any"));
  if (strange || strange.error().code() == ErrorCode::kNotFound) exists_ = !strange && strange.error().reason() == "unknown_bucket";
  return exists_.value_or(false);
}

Status RescueShelf::Put(const Context& context, const RescueIntent& intent, const std::string& path) {
  LH_TRY_WHILE(store_.PutFileIfAbsent(context, SourceKey(intent.id), path), "keep the file");
  LH_TRY(after_source.Hit());
  LH_TRY_WHILE(Settle(store_.PutIfAbsent(context, IntentKey(intent.id), storage::SealJson(EncodeJson(intent)))),
               "keep what is to be done with it");
  if (!after_intent.Hit()) return Error(ErrorCode::kOutcomeUnknown, "the intent may be there");
  return Ok{};
}

Status RescueShelf::Replace(const Context& context, const RescueIntent& intent) {
  LH_TRY(store_.Put(context, IntentKey(intent.id), storage::SealJson(EncodeJson(intent))));
  return Ok{};
}

Result<std::vector<storage::ObjectInfo>> RescueShelf::ListObjects(const Context& context) {
  std::vector<storage::ObjectInfo> objects;
  std::string after;
  do {
    storage::ListPage page = LH_TRY(store_.List(context, home_, after, storage::kMaxListPage));
    objects.insert(objects.end(), page.objects.begin(), page.objects.end());
    after = std::move(page.next);
  } while (!after.empty());
  return objects;
}

Result<ShelvedIntent> RescueShelf::Load(const Context& context, const std::string& id) {
  if (!Uuid::Parse(id)) return Error(ErrorCode::kNotFound, "there is no rescued upload \"" + id + "\"");
  auto octets = store_.Get(context, IntentKey(id));
  if (!octets && octets.error().code() == ErrorCode::kNotFound)
    return Error(ErrorCode::kNotFound, "there is no rescued upload \"" + id + "\"");
  auto intent = Unsealed<RescueIntent>(LH_TRY(std::move(octets)));
  if (!intent || intent->id != id) return Error(ErrorCode::kCorruption, IntentKey(id) + " is no intent").Named("corrupt_object");
  ShelvedIntent shelved{std::move(intent).Take(), {}};
  const auto hold = store_.Get(context, HoldKey(id));
  if (!hold && hold.error().code() != ErrorCode::kNotFound) return hold.error();
  if (hold)
    shelved.hold = Unsealed<RescueHold>(*hold).ok() ? *Unsealed<RescueHold>(*hold) : RescueHold{0, "held", "for an unreadable reason"};
  return shelved;
}

Result<std::vector<ShelvedIntent>> RescueShelf::List(const Context& context) {
  std::vector<ShelvedIntent> shelved;
  for (const storage::ObjectInfo& object : LH_TRY(ListObjects(context))) {
    const std::string id = IdOf(home_, object.key);
    if (id.empty() || object.key != IntentKey(id)) continue;
    auto one = Load(context, id);
    if (one) {
      shelved.push_back(std::move(one).Take());
      continue;
    }
    if (one.error().code() == ErrorCode::kNotFound) continue;  // done meanwhile
    if (one.error().code() != ErrorCode::kCorruption) return std::move(one).TakeError();
    ShelvedIntent broken;
    broken.intent.id = id;
    broken.hold = RescueHold{object.modified_micros, std::string(one.error().reason()), one.error().message()};
    shelved.push_back(std::move(broken));
  }
  return shelved;
}

Status RescueShelf::Fetch(const Context& context, const RescueIntent& intent, const std::string& path) {
  LH_TRY(store_.GetToFile(context, SourceKey(intent.id), path));
  if (LH_TRY(Sha256HexOfFile(path)) == intent.request.sha256) return Ok{};
  return Error(ErrorCode::kCorruption, SourceKey(intent.id) + " is not the file that came: its SHA-256 is another").Named("corrupt_object");
}

Status RescueShelf::Hold(const Context& context, const std::string& id, const Error& why) {
  const RescueHold hold{clock_.WallMicros(), std::string(why.reason()), why.ToString()};
  LH_TRY(store_.Put(context, HoldKey(id), storage::SealJson(EncodeJson(hold))));
  return Ok{};
}

Status RescueShelf::Release(const Context& context, const std::string& id) { return store_.Delete(context, HoldKey(id)); }

Status RescueShelf::Remove(const Context& context, const std::string& id) {
  LH_TRY(store_.Delete(context, IntentKey(id)));  // first: from here on there is nothing to be done
  LH_TRY(between_removals.Hit());
  LH_TRY(store_.Delete(context, HoldKey(id)));
  return store_.Delete(context, SourceKey(id));
}

Status RescueShelf::Sweep(const Context& context, std::int64_t age_micros) {
  const auto objects = LH_TRY(ListObjects(context));
  std::set<std::string> meant;
  for (const storage::ObjectInfo& object : objects)
    if (object.key == IntentKey(IdOf(home_, object.key))) meant.insert(IdOf(home_, object.key));
  for (const storage::ObjectInfo& object : objects) {
    const std::string id = IdOf(home_, object.key);
    const bool is_ours = object.key == SourceKey(id) || object.key == HoldKey(id);
    if (id.empty() || !is_ours || meant.contains(id) || clock_.WallMicros() - object.modified_micros < age_micros) continue;
    LH_TRY(store_.Delete(context, object.key));
  }
  return Ok{};
}

}  // namespace lakehouse::ingest
