#include "lakehouse/catalog/copy_lake.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "checkpoint.h"
#include "commit_log.h"
#include "gc_boundary.h"
#include "lake_format.h"
#include "lakehouse/base/codec.h"
#include "lakehouse/base/failpoint.h"
#include "lakehouse/catalog/dataset_name.h"
#include "lakehouse/catalog/vector_dataset.h"
#include "lakehouse/storage/bucket_key.h"
#include "manifest.h"
#include "object_copier.h"

namespace lakehouse::catalog {

/// What stands under kCopyingKey.
struct CopyingMark {
  std::string lake_id;
};
BOOST_DESCRIBE_STRUCT(CopyingMark, (), (lake_id))

namespace {

Failpoint copy_before_log("catalog.copy.before_log");

constexpr int kCopyAttempts = 5;
constexpr int kCopyRounds = 20;
constexpr std::string_view kIndexesPrefix = "_vectors/";

/// What somebody has declared, each under a key that stays. Who removes one wants it gone: a schedule that a restore brought back would
/// read its source again.
constexpr std::array<std::string_view, 2> kDeclarations = {"_corpora/", "_schedules/"};

/// Below these everything is found through the log, or belongs to one process or one server. Of buckets the copy has its own records.
bool IsElsewhere(std::string_view key_in_bucket) {
  for (const std::string_view prefix :
       {"_catalog/", "datasets/", "_vectors/", "_errors/", "_probe/", "_buckets/", "_bucket.json", "_rescue/"})
    if (key_in_bucket.starts_with(prefix)) return true;
  return false;
}

/// Logs and saved indexes; the embeddings are files of datasets.
bool IsOfIndexAlone(std::string_view key) {
  key = storage::SplitBucketKey(key).key;
  return key.starts_with(kIndexesPrefix) && !key.ends_with(".parquet");
}

/// One attempt: the lake at one head.
class LakeCopy {
 public:
  LakeCopy(const Context& context, storage::ObjectStore& source, storage::ObjectStore& target, TableCodec& codec,
           const CopyLakeOptions& options)
      : context_(context), source_(source), target_(target), codec_(codec), options_(options), log_(source, codec, {}) {}

  Result<CopyLakeReport> Run() {
    const auto format = LH_TRY(LoadFormat(context_, source_, {}));
    if (!format) return Error(ErrorCode::kNotFound, "the source is no lake: it has no " + std::string(kFormatKey)).Named("no_lake");
    report_.lake_id = format->lake_id;
    LH_TRY(PrepareTarget(*format));
    for (int round = 1;; ++round) {
      LH_TRY_WHILE(ReadLog(), "read the log of the source");
      if (round == 1) LH_TRY_WHILE(CheckHistory(), "compare the log of the target");
      LH_TRY(CopyObjects(round == 1));
      LH_TRY(copy_before_log.Hit());
      LH_TRY_WHILE(CopyLog(), "copy the log");
      // Batches belong to a generation, so they come when it is there.
      LH_TRY_WHILE(CopyIndexes(), "copy what vector indexes have beside their embeddings");
      if (!LH_TRY(HaveIndexesMovedOn())) break;
      if (round == kCopyRounds)
        return Error(ErrorCode::kUnavailable,
                     "vector indexes make generations faster than they are copied; try again when there is less to do")
            .Named("indexes_busy");
    }
    LH_TRY(CountRescued());
    LH_TRY_WHILE(ForgetDeclarations(), "remove what is declared no longer");
    if (options_.prune) LH_TRY(Prune());
    const auto made = target_.PutIfAbsent(context_, std::string(kFormatKey), EncodeFormat(*format));
    if (!made && made.error().code() != ErrorCode::kAlreadyExists) return made.error();
    LH_TRY(target_.Delete(context_, kCopyingKey));
    report_.sequence = state_.head().sequence;
    return std::move(report_);
  }

 private:
  /// The target is empty, a copy that was cut off, or (backup) an earlier copy of the same lake.
  Status PrepareTarget(const LakeFormat& format) {
    const auto mark = LH_TRY(FindOctets(context_, target_, kCopyingKey, {}));
    if (mark) {
      const auto begun = DecodeJson<CopyingMark>(*mark);
      if (begun && begun->lake_id == format.lake_id) return Ok{};
      return OtherHistory("a copy of another lake was begun there");
    }
    const auto there = LH_TRY(LoadFormat(context_, target_, {}));
    const bool is_earlier = there && there->lake_id == format.lake_id;
    if (is_earlier && !options_.into_empty) return Ok{};
    if (there && !is_earlier && !options_.into_empty) return OtherHistory("it is lake " + there->lake_id);
    if (!LH_TRY(target_.List(context_, "", "", 1)).objects.empty())
      return Error(ErrorCode::kAlreadyExists,
                   "the target is not empty, and what is there was not begun by this command; choose an empty one")
          .Named("target_not_empty");
    LH_TRY(target_.Put(context_, kCopyingKey, EncodeJson(CopyingMark{format.lake_id})));
    return Ok{};
  }

  static Error OtherHistory(const std::string& why) {
    return Error(ErrorCode::kConflict, "the target cannot become a copy of this lake: " + why + ". Choose another target")
        .Named("other_history");
  }

  Status ReadLog() {
    while (true) {
      LH_TRY(context_.Check());
      const std::int64_t next = state_.head().sequence + 1;
      auto stored = LH_TRY(log_.Find(context_, next));
      if (!stored && LH_TRY(log_.FindMoreAfter(context_, next - 1))) continue;
      if (!stored) return Ok{};
      for (const Transaction& transaction : stored->record.txns)
        for (const ChangeRecord& change : transaction.changes) Collect(change);
      auto prepared = LH_TRY(state_.Prepare(std::move(stored->record), std::move(stored->sha256)));
      state_.Accept(std::move(prepared));
    }
  }

  void Collect(const ChangeRecord& change) {
    for (const auto* keys : {&change.condemned, &change.deleted, &change.erased})
      if (*keys) gone_.insert((*keys)->keys.begin(), (*keys)->keys.end());
    if (change.snapshot && change.snapshot->manifest)
      manifests_[{FoldName(change.snapshot->dataset), change.snapshot->version}] = *change.snapshot->manifest;
  }

  /// Every record of the target must be one of ours.
  Status CheckHistory() {
    CommitLog there(target_, codec_, {});
    std::int64_t last = 0;
    for (const SegmentName& segment : LH_TRY(there.ListSegments(context_))) last = std::max(last, segment.last);
    for (const storage::ObjectInfo& object : LH_TRY(ListAll(context_, target_, std::string(kLogPrefix))))
      last = std::max(last, SequenceOfRecordKey(object.key).value_or(0));
    if (last == 0) return Ok{};
    if (last > state_.head().sequence)
      return OtherHistory("it has record " + std::to_string(last) + ", the source ends at " + std::to_string(state_.head().sequence));
    if (LH_TRY(there.Load(context_, last)).sha256 != LH_TRY(log_.Load(context_, last)).sha256)
      return OtherHistory("its record " + std::to_string(last) + " is another one: somebody has written to it");
    return Ok{};
  }

  /// What snapshots name and was not copied in a round before; in the first one what users have put there, too.
  Status CopyObjects(bool with_others) {
    std::map<std::string, ObjectRef> wanted;
    for (const auto& [version, manifest] : manifests_) {
      const DatasetRef dataset = state_.Find(version.first);
      if (gone_.contains(manifest.key) || (dataset && dataset->IsExpired(version.second))) continue;
      if (needed_.contains(manifest.key) || !wanted.emplace(manifest.key, manifest).second) continue;
      auto octets = GetVerified(context_, source_, manifest);
      if (!octets && octets.error().code() == ErrorCode::kNotFound) return Gone(manifest.key);
      if (!octets && octets.error().code() != ErrorCode::kCorruption) return octets.error();
      if (!octets) continue;  // copying it finds the same
      for (const DataFile& file : LH_TRY(DecodeManifest(context_, codec_, *octets)))
        if (!needed_.contains(file.key)) wanted.emplace(file.key, ObjectRef{file.key, file.size_bytes, file.sha256});
    }
    if (with_others) LH_TRY(AddOthers(wanted));
    for (const auto& [key, object] : wanted) LH_TRY(RegisterBucket(storage::SplitBucketKey(key).bucket));
    std::vector<ObjectRef> objects;
    for (const auto& [key, object] : wanted) objects.push_back(object);
    for (const auto& [key, object] : wanted) needed_.insert(key);
    return copier_.CopyAll(context_, objects);
  }

  Status RegisterBucket(std::string_view name) {
    if (name == storage::kPrimaryBucket || !buckets_.emplace(name).second) return Ok{};
    return storage::RegisterInside(context_, target_, name);
  }

  /// Also of buckets in which nothing is yet: datasets may be meant for them. With what lies there under keys of users.
  Status AddOthers(std::map<std::string, ObjectRef>& wanted) {
    for (const std::string& prefix : LH_TRY(storage::ListBucketPrefixes(context_, source_))) {
      LH_TRY(RegisterBucket(storage::SplitBucketKey(prefix).bucket));
      for (const storage::ObjectInfo& object : LH_TRY(ListAll(context_, source_, prefix)))
        if (!IsElsewhere(std::string_view(object.key).substr(prefix.size())))
          wanted.emplace(object.key, ObjectRef{object.key, static_cast<std::int64_t>(object.size_bytes), {}});
    }
    return Ok{};
  }

  Status CopyIndexes() {
    std::vector<ObjectRef> objects;
    for (const storage::ObjectInfo& object : LH_TRY(ListAll(context_, source_, std::string(kIndexesPrefix))))
      if (IsOfIndexAlone(object.key) && needed_.insert(object.key).second)
        objects.push_back({object.key, static_cast<std::int64_t>(object.size_bytes), {}});
    return copier_.CopyInOrder(context_, objects);
  }

  /// A batch leaves the log of an index once a generation holds it. Without a newer one than is copied, nothing has left.
  Result<bool> HaveIndexesMovedOn() {
    const auto is_index = [&](const std::string& name) {
      const DatasetRef dataset = state_.Find(FoldName(name));
      return dataset && IsVectorDataset(dataset->attributes);
    };
    for (std::int64_t next = state_.head().sequence + 1;; ++next) {
      LH_TRY(context_.Check());
      const auto stored = LH_TRY(log_.Find(context_, next));
      if (!stored) return LH_TRY(log_.FindMoreAfter(context_, next - 1));
      for (const Transaction& transaction : stored->record.txns)
        for (const ChangeRecord& change : transaction.changes)
          if ((change.snapshot && is_index(change.snapshot->dataset)) || (change.drop && is_index(change.drop->dataset))) return true;
    }
  }

  Status CountRescued() {
    const auto waiting = ListAll(context_, source_, storage::InBucket(storage::kRescueBucket, "_rescue/"));
    if (!waiting && (waiting.error().code() == ErrorCode::kNotFound || waiting.error().code() == ErrorCode::kUnavailable)) return Ok{};
    if (!waiting) return waiting.error();
    report_.in_rescue = std::ranges::count_if(*waiting, [](const auto& object) { return object.key.ends_with("/intent.json"); });
    return Ok{};
  }

  static Error Gone(const std::string& key) {
    return Error(ErrorCode::kNotFound, "object " + key + " left the lake while it was copied").Named("object_gone");
  }

  Status CopyLog() {
    std::int64_t packed = 0;
    for (const SegmentName& segment : LH_TRY(log_.ListSegments(context_))) {
      if (segment.last > state_.head().sequence) continue;
      packed = std::max(packed, segment.last);
      if (target_.Head(context_, segment.Key())) continue;
      const auto octets = LH_TRY(FindOctets(context_, source_, segment.Key(), {}));
      if (!octets) return Gone(segment.Key());
      LH_TRY(DecodeSegment(context_, codec_, segment, *octets));
      LH_TRY(PutWriteOnce(context_, target_, segment.Key(), *octets, {}));
    }
    for (std::int64_t sequence = packed + 1; sequence <= state_.head().sequence; ++sequence)
      LH_TRY(PutWriteOnce(context_, target_, RecordKey(sequence), LH_TRY(log_.Load(context_, sequence)).octets, {}));
    CommitLog there(target_, codec_, {});
    if (LH_TRY(there.LoadBoundary(context_)) < packed) {
      LH_TRY(target_.Put(context_, std::string(kBoundaryKey), EncodeBoundary(packed)));
      CommitLog after(target_, codec_, {});
      LH_TRY(after.RemovePacked(context_));
    }
    CheckpointStore checkpoints(target_, codec_, {});
    return checkpoints.Write(context_, state_);
  }

  Status ForgetDeclarations() {
    for (const std::string_view prefix : kDeclarations)
      for (const storage::ObjectInfo& object : LH_TRY(ListAll(context_, target_, std::string(prefix))))
        if (!needed_.contains(object.key)) LH_TRY(target_.Delete(context_, object.key));
    return Ok{};
  }

  Status Prune() {
    for (const std::string_view prefix : {"datasets/", "_vectors/", "_buckets/"})
      for (const storage::ObjectInfo& object : LH_TRY(ListAll(context_, target_, std::string(prefix)))) {
        if (needed_.contains(object.key) || !(gone_.contains(object.key) || IsOfIndexAlone(object.key))) continue;
        LH_TRY(target_.Delete(context_, object.key));
        ++report_.pruned;
      }
    return Ok{};
  }

  const Context& context_;
  storage::ObjectStore& source_;
  storage::ObjectStore& target_;
  TableCodec& codec_;
  const CopyLakeOptions& options_;
  CommitLog log_;
  LakeState state_;
  std::map<std::pair<std::string, std::int64_t>, ObjectRef> manifests_;  ///< by folded name and version
  std::set<std::string> gone_;                                           ///< condemned, deleted or erased
  std::set<std::string> needed_;
  std::set<std::string, std::less<>> buckets_;  ///< registered in the target
  CopyLakeReport report_;
  ObjectCopier copier_{source_, target_, options_, report_};
};

}  // namespace

Result<CopyLakeReport> CopyLake(const Context& context, storage::ObjectStore& source, storage::ObjectStore& target, TableCodec& codec,
                                const CopyLakeOptions& options) {
  for (int attempt = 1;; ++attempt) {
    auto copied = LakeCopy(context, source, target, codec, options).Run();
    // The lake collected garbage meanwhile, or an object is lost: which of the two, its log says at the next look.
    if (copied || copied.error().reason() != "object_gone" || attempt >= kCopyAttempts) return copied;
  }
}

}  // namespace lakehouse::catalog
