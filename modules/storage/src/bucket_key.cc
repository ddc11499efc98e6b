#include "lakehouse/storage/bucket_key.h"

#include <algorithm>
#include <array>

#include "bucket_record.h"

namespace lakehouse::storage {

Status CheckBucketName(std::string_view name) {
  constexpr std::size_t kMostBytes = 63;
  const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  const bool fits = !name.empty() && name.size() <= kMostBytes && is_plain(name.front()) &&
                    std::all_of(name.begin(), name.end(), [&](char c) { return is_plain(c) || c == '-'; });
  if (fits) return Ok{};
  std::string shown;
  for (const char c : name.substr(0, kMostBytes)) shown += (c >= 0x20 && c < 0x7f) ? c : '?';
  return Error(ErrorCode::kInvalidArgument, "\"" + shown +
                                                "\" is no name of a bucket: 1 to 63 characters of a-z, 0-9 and '-', the first a letter "
                                                "or digit")
      .Named("invalid_bucket");
}

std::string InBucket(std::string_view bucket, std::string_view key) {
  if (bucket.empty() || bucket == kPrimaryBucket) return std::string(key);
  return std::string(kBucketPrefix).append(bucket).append("/").append(key);
}

BucketKey SplitBucketKey(std::string_view key) {
  if (!key.starts_with(kBucketPrefix)) return {kPrimaryBucket, key};
  const std::string_view rest = key.substr(kBucketPrefix.size());
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos || !CheckBucketName(rest.substr(0, slash))) return {kPrimaryBucket, key};
  return {rest.substr(0, slash), rest.substr(slash + 1)};
}

Result<std::vector<std::string>> ListBucketPrefixes(const Context& context, ObjectStore& store) {
  std::vector<std::string> prefixes{""};
  for (const std::string& name : LH_TRY(ListBucketNames(context, store))) prefixes.push_back(InBucket(name, ""));
  return prefixes;
}

Status RegisterInside(const Context& context, ObjectStore& primary, std::string_view bucket) {
  const std::string key = RecordKeyOf(bucket);
  const auto there = primary.Get(context, key);
  if (!there && there.error().code() != ErrorCode::kNotFound) return there.error();
  if (!there) {
    const auto put =
        primary.PutIfAbsent(context, key, EncodeBucketRecord({.name = std::string(bucket), .url = std::string(kInsidePrimary)}));
    return put ? Status(Ok{}) : Status(put.error());
  }
  if (LH_TRY(DecodeBucketRecord(bucket, *there)).url == kInsidePrimary) return Ok{};
  return Error(ErrorCode::kAlreadyExists, "bucket \"" + std::string(bucket) + "\" is registered there at another place")
      .Named("bucket_exists");
}

}  // namespace lakehouse::storage
