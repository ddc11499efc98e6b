#include "bucket_registry.h"

#include <set>

#include "lakehouse/base/failpoint.h"
#include "lakehouse/base/uuid.h"

namespace lakehouse::storage {
namespace {

Failpoint after_marker("storage.bucket.after_marker");
Failpoint after_record("storage.bucket.after_record");
Failpoint before_forget("storage.bucket.before_forget");
Failpoint after_forget("storage.bucket.after_forget");

constexpr const char* kFilesPrefix = "datasets/";

Error Taken(const std::string& message) { return Error(ErrorCode::kAlreadyExists, message); }
Error Refused(const std::string& message) { return Error(ErrorCode::kConflict, message); }

bool IsProtected(std::string_view name) { return name == kPrimaryBucket || name == kRescueBucket; }

}  // namespace

BucketRegistry::BucketRegistry(const BucketStore::Parts& parts, const BucketStore::Options& options)
    : parts_(parts),
      options_(options),
      primary_(std::make_shared<Bucket>(BucketRecord{.name = std::string(kPrimaryBucket), .url = options.primary_url},
                                        std::string(kPrimaryBucket), parts, options, nullptr)),
      rescue_(options.rescue ? std::make_shared<Bucket>(*options.rescue, std::string(kRescueBucket), parts, options, nullptr) : nullptr) {}

BucketRegistry::BucketRef BucketRegistry::Known(const std::string& name) {
  auto known = known_.Lock();
  const auto found = known->find(name);
  return found == known->end() ? nullptr : found->second;
}

BucketRegistry::BucketRef BucketRegistry::Keep(BucketRecord record) {
  const std::string name = record.name;
  auto known = known_.Lock();
  BucketRef& bucket = (*known)[name];
  if (!bucket)
    bucket =
        std::make_shared<Bucket>(std::move(record), "bucket", parts_, options_,
                                 [this, name](const Context& context, ObjectStore& store) { return CheckMarker(context, name, store); });
  return bucket;
}

std::vector<std::string> BucketRegistry::Names() {
  std::vector<std::string> names{std::string(kPrimaryBucket)};
  if (rescue_) names.emplace_back(kRescueBucket);
  for (const auto& [name, bucket] : *known_.Lock()) names.push_back(name);
  return names;
}

Result<BucketRegistry::BucketRef> BucketRegistry::Find(const Context& context, const std::string& name) {
  if (name == kPrimaryBucket) return primary_;
  if (name == kRescueBucket && rescue_) return rescue_;
  if (auto known = Known(name)) return known;
  const std::lock_guard lock(change_mutex_);  // what is read now must not be kept after a removal
  return Load(context, name);
}

Result<BucketRegistry::BucketRef> BucketRegistry::Load(const Context& context, const std::string& name) {
  if (auto known = Known(name)) return known;
  if (!IsProtected(name)) {
    const auto octets = parts_.primary->Get(context, RecordKeyOf(name));
    if (octets) return Keep(LH_TRY(DecodeBucketRecord(name, *octets)));
    if (octets.error().code() != ErrorCode::kNotFound) return octets.error();
    (void)Refresh(context);  // for the list below; without it that is what this process knows
  }
  std::string list, json;
  for (const std::string& there : Names()) {
    list += (list.empty() ? "" : ", ") + there;
    json += (json.empty() ? "\"" : ",\"") + there + "\"";
  }
  return Error(ErrorCode::kNotFound, "there is no bucket \"" + name + "\"; there are " + list)
      .Named("unknown_bucket")
      .WithDetails("{\"buckets\":[" + json + "]}");
}

Status BucketRegistry::Refresh(const Context& context) {
  std::set<std::string> there;
  for (const std::string& name : LH_TRY(ListBucketNames(context, *parts_.primary))) {
    there.insert(name);
    if (Known(name)) continue;
    const auto octets = parts_.primary->Get(context, RecordKeyOf(name));
    if (!octets && octets.error().code() == ErrorCode::kNotFound) continue;
    if (!octets) return octets.error();
    Keep(LH_TRY(DecodeBucketRecord(name, *octets)));
  }
  auto known = known_.Lock();
  std::erase_if(*known, [&](const auto& entry) { return !there.contains(entry.first); });
  return Ok{};
}

Result<std::vector<BucketInfo>> BucketRegistry::List(const Context& context, bool look) {
  std::vector<BucketInfo> buckets;
  const auto add = [&](Bucket& bucket, ObjectStore* store) {
    buckets.push_back({bucket.record(), bucket.role(), look ? bucket.Look(context, store) : bucket.health()});
  };
  // While primary is away, what this process knows is told: an operator asks exactly then.
  {
    const std::lock_guard lock(change_mutex_);
    if (const Status refreshed = Refresh(context); !refreshed) primary_->Note(refreshed.error());
  }
  add(*primary_, parts_.primary.get());
  if (rescue_) add(*rescue_, nullptr);
  const std::map<std::string, BucketRef> known = *known_.Lock();
  for (const auto& [name, bucket] : known) add(*bucket, nullptr);
  return buckets;
}

Result<std::string> BucketRegistry::Owner(const Context& context) {
  if (std::string owner = *owner_.Lock(); !owner.empty()) return owner;
  auto found = parts_.primary->Get(context, kOwnerKey);
  if (!found && found.error().code() == ErrorCode::kNotFound) {
    const auto put = parts_.primary->PutIfAbsent(context, kOwnerKey, EncodeBucketOwner(NewUuid(parts_.clock, parts_.random).ToString()));
    if (!put && put.error().code() != ErrorCode::kAlreadyExists && put.error().code() != ErrorCode::kOutcomeUnknown) return put.error();
    found = parts_.primary->Get(context, kOwnerKey);
  }
  std::string owner = LH_TRY(DecodeBucketOwner(LH_TRY_WHILE(std::move(found), "find which lake this is")));
  *owner_.Lock() = owner;
  return owner;
}

Status BucketRegistry::CheckMarker(const Context& context, const std::string& name, ObjectStore& store) {
  const std::string wanted = BucketMarkerOf(LH_TRY(Owner(context)), name);
  const auto marker = store.Get(context, kBucketMarkerKey);
  if (marker && *marker == wanted) return Ok{};
  if (marker) return Error(ErrorCode::kUnavailable, std::string(kBucketMarkerKey) + " there names another lake or bucket");
  if (marker.error().code() != ErrorCode::kNotFound) return marker.error();
  return Error(ErrorCode::kUnavailable, std::string("its place has no ") + kBucketMarkerKey + ": is the disk mounted?");
}

Status BucketRegistry::TakePlace(const Context& context, const BucketRecord& record, ObjectStore& store) {
  const std::string wanted = BucketMarkerOf(LH_TRY(Owner(context)), record.name);
  auto marker = store.Get(context, kBucketMarkerKey);
  if (!marker && marker.error().code() == ErrorCode::kNotFound) {
    // Only a free place: what somebody else keeps there must not become readable here, nor be taken for rubbish.
    if (!LH_TRY(store.List(context, "", "", 1)).objects.empty())
      return Taken(record.url + " holds something already; a bucket begins empty").Named("bucket_not_empty");
    const auto put = store.PutIfAbsent(context, kBucketMarkerKey, wanted);
    if (!put && put.error().code() != ErrorCode::kAlreadyExists) return put.error();
    marker = store.Get(context, kBucketMarkerKey);
  }
  if (LH_TRY(std::move(marker)) != wanted)
    return Taken(record.url + " is the bucket of another lake, or another bucket of this one").Named("bucket_taken");
  return Ok{};
}

Status BucketRegistry::CheckPlace(const Context& context, const BucketRecord& record) {
  if (IsProtected(record.name) || Known(record.name))
    return Taken("there is a bucket \"" + record.name + "\" already").Named("bucket_exists");
  for (const BucketInfo& other : LH_TRY(List(context, false)))
    if (PlacesOverlap(record, other.record))
      return Taken(record.url + " is, or lies in, or holds the place of bucket \"" + other.record.name + "\"").Named("bucket_taken");
  return Ok{};
}

Result<BucketInfo> BucketRegistry::Create(const Context& context, const BucketRecord& request) {
  BucketRecord record = LH_TRY(CompleteBucketRecord(request, options_.directories));
  record.created_micros = parts_.clock.WallMicros();
  LH_TRY(CheckPlace(context, record));
  const std::lock_guard lock(change_mutex_);
  LH_TRY(Refresh(context));
  if (Known(record.name)) return Taken("there is a bucket \"" + record.name + "\" already").Named("bucket_exists");
  std::shared_ptr<ObjectStore> store = LH_TRY_WHILE(parts_.open(context, record, true), "open " + record.url);
  LH_TRY_WHILE(TakePlace(context, record, *store), "take " + record.url);
  LH_TRY(after_marker.Hit());
  LH_TRY_WHILE(parts_.primary->PutIfAbsent(context, RecordKeyOf(record.name), EncodeBucketRecord(record)), "register the bucket");
  LH_TRY(after_record.Hit());
  const BucketRef bucket = Keep(record);
  bucket->Adopt(std::move(store));
  parts_.log.Info("bucket registered", {{"bucket", record.name}, {"url", record.url}});
  return BucketInfo{record, bucket->role(), bucket->Look(context, nullptr)};
}

Status BucketRegistry::Remove(const Context& context, const std::string& name) {
  if (IsProtected(name))
    return Refused("bucket \"" + name + "\" cannot be removed: the lake stands on it; the settings name it").Named("bucket_protected");
  LH_TRY(CheckBucketName(name));
  const std::lock_guard lock(change_mutex_);
  const BucketRef bucket = LH_TRY(Load(context, name));
  const auto store = LH_TRY_WHILE(bucket->Open(context), "look whether it is in use");
  if (!bucket->Close(options_.close_patience_ms))
    return Refused("bucket \"" + name + "\" is being written to; try again").Named("bucket_busy");
  // No write begins from here on, and a commit names only what is there: what is empty now stays so.
  const auto forget = [&]() -> Status {
    const ListPage files = LH_TRY_WHILE(store->List(context, kFilesPrefix, "", 1), "look whether it is in use");
    if (!files.objects.empty())
      return Refused("bucket \"" + name + "\" holds files of datasets, such as " + files.objects.front().key +
                     ": as long as any snapshot may be read, or gc has not removed what none names, it is in use")
          .Named("bucket_in_use");
    LH_TRY(before_forget.Hit());
    return parts_.primary->Delete(context, RecordKeyOf(name));
  };
  if (Status forgotten = forget(); !forgotten) {
    bucket->Reopen();
    return forgotten;
  }
  known_.Lock()->erase(name);
  LH_TRY(after_forget.Hit());
  // Left behind by a crash it does no harm: the same name may take the place again.
  if (const Status unmarked = store->Delete(context, kBucketMarkerKey); !unmarked)
    parts_.log.Warning("the place of a removed bucket keeps its mark", {{"bucket", name}, {"error", unmarked.error().ToString()}});
  parts_.log.Info("bucket removed", {{"bucket", name}});
  return Ok{};
}

}  // namespace lakehouse::storage
