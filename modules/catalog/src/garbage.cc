#include "garbage.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "lakehouse/storage/bucket_key.h"
#include "manifest.h"

namespace lakehouse::catalog {
namespace {

constexpr std::string_view kDatasetsPrefix = "datasets/", kVectorsPrefix = "_vectors/";

}  // namespace

Status NamedObjects::Advance(const Context& context, std::int64_t sequence) {
  std::map<std::string, ObjectRef> manifests, expired;
  while (sequence_ < sequence) {
    LH_TRY(context.Check());
    const StoredRecord stored = LH_TRY(log_.Load(context, sequence_ + 1));
    for (const Transaction& transaction : stored.record.txns) {
      for (const ChangeRecord& change : transaction.changes) {
        if (change.deleted) gone_.insert(change.deleted->keys.begin(), change.deleted->keys.end());
        if (change.erased) gone_.insert(change.erased->keys.begin(), change.erased->keys.end());
        if (change.condemned) let_go_.insert(change.condemned->keys.begin(), change.condemned->keys.end());
        if (!change.snapshot || !change.snapshot->manifest) continue;
        auto& wanted = is_expired_(change.snapshot->dataset, change.snapshot->version) ? expired : manifests;
        wanted.emplace(change.snapshot->manifest->key, *change.snapshot->manifest);
      }
    }
    ++sequence_;
  }
  for (const auto& [key, manifest] : manifests)
    if (!gone_.contains(key)) LH_TRY(AddManifest(context, manifest));
  for (const auto& [key, manifest] : expired)
    if (!gone_.contains(key)) LH_TRY(AddExpired(context, manifest));
  return Ok{};
}

Status NamedObjects::AddExpired(const Context& context, const ObjectRef& manifest) {
  LH_TRY(context.Check());
  let_go_.insert(manifest.key);
  const auto octets = GetVerified(context, store_, manifest);
  // Gone already, or damaged: what it named is found once its epoch is over.
  if (!octets && (octets.error().code() == ErrorCode::kNotFound || octets.error().code() == ErrorCode::kCorruption)) return Ok{};
  if (!octets) return octets.error();
  const FileList files = LH_TRY_WHILE(DecodeManifest(context, codec_, *octets), "read manifest " + manifest.key);
  for (const DataFile& file : files) let_go_.insert(file.key);
  return Ok{};
}

Status NamedObjects::AddManifest(const Context& context, const ObjectRef& manifest) {
  LH_TRY(context.Check());
  keys_.insert(manifest.key);
  const auto octets = GetVerified(context, store_, manifest);
  if (!octets && octets.error().code() == ErrorCode::kNotFound)
    return Error(ErrorCode::kCorruption, "manifest " + manifest.key + " is gone, so nobody knows which files it named; run fsck")
        .Named("missing_object");
  if (!octets) return octets.error();
  const FileList files = LH_TRY_WHILE(DecodeManifest(context, codec_, *octets), "read manifest " + manifest.key);
  for (const DataFile& file : files) keys_.insert(file.key);
  return Ok{};
}

std::optional<std::int64_t> EpochOfKey(std::string_view key) {
  key = storage::SplitBucketKey(key).key;
  const bool is_vectors = key.starts_with(kVectorsPrefix);
  if ((!is_vectors && !key.starts_with(kDatasetsPrefix)) || !key.ends_with(".parquet")) return std::nullopt;
  const std::size_t slash = key.rfind('/');
  const std::string_view folder = key.substr(0, slash);
  const bool is_ours = is_vectors ? folder.find("/gen-") != std::string_view::npos
                                  : folder.ends_with("/data") || folder.ends_with("/deletes") || folder.ends_with("/manifest");
  const std::string_view name = key.substr(slash + 1);
  std::int64_t epoch = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), epoch);
  if (!is_ours || error != std::errc() || end == name.data() + name.size() || *end != '-' || epoch < 1) return std::nullopt;
  return epoch;
}

Result<std::vector<storage::ObjectInfo>> FindGarbage(const Context& context, storage::ObjectStore& store, const NamedObjects& named,
                                                     std::int64_t epoch) {
  std::vector<storage::ObjectInfo> garbage;
  for (const std::string& bucket : LH_TRY(storage::ListBucketPrefixes(context, store)))
    for (const std::string_view prefix : {kDatasetsPrefix, kVectorsPrefix})
      for (storage::ObjectInfo& object : LH_TRY(ListAll(context, store, bucket + std::string(prefix)))) {
        const std::optional<std::int64_t> made_in = EpochOfKey(object.key);
        if (named.Contains(object.key)) continue;
        if (named.IsLetGo(object.key) || (made_in && *made_in < epoch)) garbage.push_back(std::move(object));
      }
  std::stable_partition(garbage.begin(), garbage.end(),
                        [](const storage::ObjectInfo& object) { return object.key.find("/manifest/") == std::string::npos; });
  return garbage;
}

}  // namespace lakehouse::catalog
