#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/storage/bucket_key.h"
#include "lakehouse/storage/buckets.h"

/// The objects that a bucket is registered with, docs/formats/buckets.md, and the rules for records.
namespace lakehouse::storage {

inline constexpr const char* kOwnerKey = "_buckets/_owner";      ///< in primary: the id that this lake's buckets carry
inline constexpr const char* kBucketMarkerKey = "_bucket.json";  ///< in the bucket

std::string RecordKeyOf(std::string_view bucket);
/// Empty when the key is none of a record.
std::string_view BucketOfRecordKey(std::string_view key);

/// Of those that are registered, by name.
Result<std::vector<std::string>> ListBucketNames(const Context& context, ObjectStore& primary);

std::string EncodeBucketRecord(const BucketRecord& record);
/// kCorruption: it is none, or another bucket's.
Result<BucketRecord> DecodeBucketRecord(std::string_view bucket, std::string_view octets);
std::string EncodeBucketOwner(const std::string& owner);
/// kCorruption: it is none.
Result<std::string> DecodeBucketOwner(std::string_view octets);
std::string BucketMarkerOf(std::string_view owner, std::string_view bucket);

/// A request made whole: defaults filled in, the place checked. `directories`: where local buckets may be.
Result<BucketRecord> CompleteBucketRecord(BucketRecord record, const std::vector<std::string>& directories);
/// Whether one of two places lies in the other, or they are the same.
bool PlacesOverlap(const BucketRecord& one, const BucketRecord& other);

}  // namespace lakehouse::storage
