#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/context.h"
#include "lakehouse/storage/object_store.h"

/// How a key names the bucket it lies in. "_buckets/<name>/<key>" is the object <key> of the bucket <name>; any other key is
/// one of primary. Because the name is part of the key, a manifest names the bucket of every file, and whoever hands keys to the
/// lake's store (cache, fsck, gc, other daemons) reaches every bucket without knowing of any.
namespace lakehouse::storage {

inline constexpr std::string_view kPrimaryBucket = "primary";
inline constexpr std::string_view kRescueBucket = "rescue";
inline constexpr std::string_view kBucketPrefix = "_buckets/";

/// 1 to 63 characters of a-z, 0-9 and '-', the first a letter or digit. kInvalidArgument with reason "invalid_bucket".
Status CheckBucketName(std::string_view name);

/// The key under which the lake's store has this object of a bucket; for primary the key itself.
std::string InBucket(std::string_view bucket, std::string_view key);

struct BucketKey {
  std::string_view bucket;
  std::string_view key;  ///< inside the bucket
};
/// Refers to the text. What only looks like the key of another bucket is one of primary.
BucketKey SplitBucketKey(std::string_view key);

/// "" for primary and "_buckets/<name>/" for every bucket that is registered: what stands before the keys of a lake's files.
/// `store` is a lake's. Errors are those of List.
Result<std::vector<std::string>> ListBucketPrefixes(const Context& context, ObjectStore& store);

/// What a lake keeps of its buckets: in primary their records and whose they are, in each its mark. False: the key is none of these.
/// kCorruption, reason "corrupt_object": damaged.
Result<bool> CheckBucketObject(std::string_view key, std::string_view octets);

/// Registers a bucket of kInsidePrimary in a store that is, or becomes, the primary of a lake. Nothing happens when it is one already.
/// kAlreadyExists: it is registered elsewhere.
Status RegisterInside(const Context& context, ObjectStore& primary, std::string_view bucket);

}  // namespace lakehouse::storage
