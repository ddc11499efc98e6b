#include "bucket_record.h"

#include <algorithm>
#include <filesystem>

#include "lakehouse/base/uuid.h"
#include "lakehouse/storage/s3_object_store.h"
#include "lakehouse/storage/sealed_json.h"
#include "storage_wire.h"

namespace lakehouse::storage {
namespace {

constexpr std::string_view kRecordSuffix = ".json";

struct BucketMarker {
  std::string bucket;
  std::string owner;
  std::int64_t version = 1;
};
BOOST_DESCRIBE_STRUCT(BucketMarker, (), (bucket, owner, version))

struct BucketOwner {
  std::string owner;
};
BOOST_DESCRIBE_STRUCT(BucketOwner, (), (owner))

Error BadRecord(const std::string& why) { return Error(ErrorCode::kInvalidArgument, why).Named("invalid_bucket"); }

/// With links followed as far as the path exists, and without a slash at the end.
std::filesystem::path Settled(const std::string& path) {
  std::error_code failed;
  std::filesystem::path settled = std::filesystem::weakly_canonical(std::filesystem::absolute(path), failed);
  if (failed) settled = std::filesystem::absolute(path).lexically_normal();
  return settled.has_filename() ? settled : settled.parent_path();
}

bool IsBelow(const std::filesystem::path& path, const std::filesystem::path& directory) {
  const auto [end, rest] = std::mismatch(directory.begin(), directory.end(), path.begin(), path.end());
  return end == directory.end();
}

Status SettleDirectory(BucketRecord& record, const std::vector<std::string>& directories) {
  if (!record.endpoint.empty() || !record.region.empty() || !record.style.empty() || !record.ca_file.empty() || record.single_writer ||
      !record.secret.empty())
    return BadRecord("endpoint, region, style, ca_file, single_writer and secret are of use with an s3:// url only");
  if (directories.empty()) return BadRecord("no directory is set up for local buckets; see the setting storage.buckets");
  if (record.url.empty()) record.url = (Settled(directories.front()) / record.name).string();
  if (!record.url.starts_with('/')) return BadRecord("\"" + record.url + "\": the url of a bucket is a whole path, or s3://bucket/prefix");
  const std::filesystem::path place = Settled(record.url);
  const bool allowed = std::any_of(directories.begin(), directories.end(), [&](const std::string& directory) {
    return IsBelow(place, Settled(directory)) && place != Settled(directory);
  });
  if (!allowed)
    return Error(ErrorCode::kPermissionDenied, place.string() +
                                                   " is not below a directory where buckets may be made: the setting "
                                                   "storage.buckets names these")
        .Named("directory_not_allowed");
  record.url = place.string();
  return Ok{};
}

Status SettleS3(BucketRecord& record) {
  LH_TRY(ParseS3Url(record.url));
  if (record.region.empty()) record.region = "us-east-1";
  if (record.style.empty()) record.style = "path";
  if (record.secret.empty()) record.secret = "bucket." + record.name;
  if (record.style != "path" && record.style != "virtual") return BadRecord("style \"" + record.style + "\": expected path or virtual");
  if (record.endpoint.find('@') != std::string::npos || record.endpoint.find('?') != std::string::npos)
    return BadRecord("an endpoint is scheme, host and port; keys come from the secrets");
  // Only names made for buckets: a caller must not have other secrets used where he likes.
  const bool is_plain = std::all_of(record.secret.begin(), record.secret.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
  if (!is_plain || !record.secret.starts_with("bucket."))
    return BadRecord("secret is the name under which the keys are found, bucket.<something>; it is not the key itself");
  return Ok{};
}

}  // namespace

std::string RecordKeyOf(std::string_view bucket) { return std::string(kBucketPrefix).append(bucket).append(kRecordSuffix); }

std::string_view BucketOfRecordKey(std::string_view key) {
  if (!key.starts_with(kBucketPrefix) || !key.ends_with(kRecordSuffix)) return {};
  key.remove_prefix(kBucketPrefix.size());
  key.remove_suffix(std::min(key.size(), kRecordSuffix.size()));
  return CheckBucketName(key) ? key : std::string_view{};
}

Result<std::vector<std::string>> ListBucketNames(const Context& context, ObjectStore& primary) {
  std::vector<std::string> names;
  std::string after;
  while (true) {
    const ListPage page = LH_TRY(primary.List(context, std::string(kBucketPrefix), after, kMaxListPage));
    after = page.next;
    for (const ObjectInfo& object : page.objects) {
      if (const std::string_view name = BucketOfRecordKey(object.key); !name.empty()) names.emplace_back(name);
      const std::size_t slash = object.key.find('/', kBucketPrefix.size());
      if (slash == std::string::npos) continue;
      after = object.key.substr(0, slash) + char('/' + 1);  // behind all objects of a bucket that lies in primary
      break;
    }
    if (after.empty()) return names;
  }
}

std::string EncodeBucketRecord(const BucketRecord& record) { return SealJson(EncodeJson(record)); }

Result<BucketRecord> DecodeBucketRecord(std::string_view bucket, std::string_view octets) {
  const auto json = UnsealJson(octets);
  auto record = json ? DecodeJson<BucketRecord>(*json) : Result<BucketRecord>(json.error());
  if (record && record->name == bucket) return record;
  return Error(ErrorCode::kCorruption,
               RecordKeyOf(bucket) + " is no record of this bucket: " + (record ? "it names " + record->name : record.error().message()))
      .Named("corrupt_object");
}

std::string EncodeBucketOwner(const std::string& owner) { return SealJson(EncodeJson(BucketOwner{owner})); }

Result<std::string> DecodeBucketOwner(std::string_view octets) {
  if (Uuid::Parse(octets)) return std::string(octets);  // older than seals
  const auto json = UnsealJson(octets);
  const auto owner = json ? DecodeJson<BucketOwner>(*json) : Result<BucketOwner>(json.error());
  if (owner && Uuid::Parse(owner->owner)) return owner->owner;
  return Error(ErrorCode::kCorruption, std::string(kOwnerKey) + " names no lake: " + (owner ? "no UUID" : owner.error().message()))
      .Named("corrupt_object");
}

Result<bool> CheckBucketObject(std::string_view key, std::string_view octets) {
  if (key == kOwnerKey) {
    LH_TRY(DecodeBucketOwner(octets));
    return true;
  }
  if (key == kBucketMarkerKey) {
    if (const auto marker = DecodeJson<BucketMarker>(octets); !marker)
      return Error(ErrorCode::kCorruption, "it is no mark of a bucket: " + marker.error().message()).Named("corrupt_object");
    return true;
  }
  const std::string_view bucket = BucketOfRecordKey(key);
  if (bucket.empty()) return false;
  LH_TRY(DecodeBucketRecord(bucket, octets));
  return true;
}

std::string BucketMarkerOf(std::string_view owner, std::string_view bucket) {
  return EncodeJson(BucketMarker{std::string(bucket), std::string(owner), 1});
}

Result<BucketRecord> CompleteBucketRecord(BucketRecord record, const std::vector<std::string>& directories) {
  LH_TRY(CheckBucketName(record.name));
  if (IsS3Url(record.url))
    LH_TRY(SettleS3(record));
  else
    LH_TRY(SettleDirectory(record, directories));
  return record;
}

bool PlacesOverlap(const BucketRecord& one, const BucketRecord& other) {
  if (one.url == kInsidePrimary || other.url == kInsidePrimary) return false;
  const bool is_s3 = IsS3Url(one.url);
  if (is_s3 != IsS3Url(other.url)) return false;
  if (!is_s3) {
    const auto a = Settled(one.url), b = Settled(other.url);
    return IsBelow(a, b) || IsBelow(b, a);
  }
  const auto a = ParseS3Url(one.url), b = ParseS3Url(other.url);
  if (!a || !b || a->bucket != b->bucket || one.endpoint != other.endpoint) return false;
  return a->prefix.starts_with(b->prefix) || b->prefix.starts_with(a->prefix);
}

}  // namespace lakehouse::storage
