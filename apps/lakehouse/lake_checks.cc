#include "lake_checks.h"

#include "lakehouse/ingest/local_ingest.h"
#include "lakehouse/journal/local_journal.h"
#include "lakehouse/matrix/local_matrix.h"
#include "lakehouse/storage/append_log.h"
#include "lakehouse/storage/bucket_key.h"
#include "lakehouse/vector/local_vectors.h"

namespace lakehouse::app {
namespace {

using Check = decltype(catalog::SelfCheckedObjects::check);
using Read = catalog::SelfCheckedObjects::Read;

/// Of objects that are small enough to be looked at whole; those whose key ends otherwise are not read.
Check Whole(Result<bool> (*check)(std::string_view key, std::string_view octets), std::string_view end = "") {
  return [check, end](const storage::ObjectInfo& object, const Read& read) -> Result<bool> {
    if (!object.key.ends_with(end)) return false;
    return check(object.key, LH_TRY(read(0, object.size_bytes)));
  };
}

/// Below _buckets/ stand the objects of buckets that lie in primary, too.
Result<bool> CheckOwnBucketObject(const storage::ObjectInfo& object, const Read& read) {
  if (storage::SplitBucketKey(object.key).bucket != storage::kPrimaryBucket) return false;
  return storage::CheckBucketObject(object.key, LH_TRY(read(0, object.size_bytes)));
}

auto OtherWhole(const Read& read) {
  constexpr std::uint64_t kMostBytes = 64 << 20;
  return [&read](const std::string& key) { return read.Other(key, kMostBytes); };
}

Result<bool> CheckLog(std::string_view key, std::string_view octets) {
  if (LH_TRY(journal::CheckFlushedEvents(key, octets))) return true;
  return storage::CheckLogObject(key, octets);
}

}  // namespace

catalog::SelfChecks LakeChecks() {
  const auto in_rescue = [](const char* prefix) { return storage::InBucket(storage::kRescueBucket, prefix); };
  return {
      {.prefix = "_logs/", .check = Whole(CheckLog)},
      {.prefix = "_errors/", .check = Whole(storage::CheckLogObject)},
      {.prefix = in_rescue("_errors/"), .check = Whole(storage::CheckLogObject)},
      {.prefix = in_rescue("_rescue/"), .check = Whole(ingest::CheckRescueObject, ".json")},
      {.prefix = in_rescue("_rescue/"),
       .check = [](const storage::ObjectInfo& object,
                   const Read& read) { return ingest::CheckRescuedFile(object.key, object.size_bytes, read, OtherWhole(read)); }},
      {.prefix = "_schedules/", .check = Whole(ingest::CheckScheduleObject)},
      {.prefix = "_buckets/", .check = CheckOwnBucketObject},
      {.prefix = "_vectors/",
       .check = [](const storage::ObjectInfo& object,
                   const Read& read) { return vector::CheckBatchObject(object.key, object.size_bytes, read); }},
      {.prefix = "_vectors/",
       .check = [](const storage::ObjectInfo& object,
                   const Read& read) { return vector::CheckSidecarObject(object.key, object.size_bytes, read); },
       .derived = true},
      {.prefix = "_corpora/", .check = Whole(matrix::CheckCorpusDefinition, ".json")},
      {.prefix = "_corpora/",
       .check = [](const storage::ObjectInfo& object,
                   const Read& read) { return matrix::CheckCorpusImage(object.key, object.size_bytes, read); },
       .derived = true},
  };
}

}  // namespace lakehouse::app
