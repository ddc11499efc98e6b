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
  std::string after;
  do {
    const ListPage page = LH_TRY(store.List(context, std::string(kBucketPrefix), after, kMaxListPage));
    for (const ObjectInfo& object : page.objects)
      if (const std::string_view name = BucketOfRecordKey(object.key); !name.empty()) prefixes.push_back(InBucket(name, ""));
    after = page.next;
  } while (!after.empty());
  return prefixes;
}

}  // namespace lakehouse::storage
