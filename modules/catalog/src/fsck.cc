#include "lakehouse/catalog/fsck.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "checkpoint.h"
#include "commit_log.h"
#include "gc_boundary.h"
#include "lake_format.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/catalog/copy_lake.h"
#include "lakehouse/catalog/dataset_name.h"
#include "lakehouse/storage/bucket_key.h"
#include "manifest.h"

namespace lakehouse::catalog {
namespace {

constexpr std::uint64_t kReadStep = 8 << 20;
constexpr std::int64_t kMostListed = 100;

/// One run.
class LakeCheck {
 public:
  LakeCheck(const Context& context, storage::ObjectStore& store, TableCodec& codec, const FsckOptions& options)
      : context_(context), store_(store), codec_(codec), options_(options), log_(store, codec, {}), checkpoints_(store, codec, {}) {}

  Result<FsckReport> Run() {
    LH_TRY(CheckSegments());
    LH_TRY(CheckSmallObjects());
    LH_TRY(CheckChain());
    LH_TRY(CheckFormat());
    LH_TRY(CheckLeftovers());
    if (options_.level >= FsckLevel::kReachable) {
      LH_TRY(CheckManifests());
      LH_TRY(CheckFiles());
      LH_TRY(CountUnreferenced());
    }
    if (options_.level >= FsckLevel::kDigests) LH_TRY(CheckBesides());
    return std::move(report_);
  }

 private:
  struct WantedManifest {
    ObjectRef reference;
    FileTotals totals;
  };

  void Find(std::string reason, std::string key, std::string message) {
    report_.findings.push_back({std::move(reason), std::move(key), std::move(message)});
  }
  /// Turns damage into a finding, and leaves other errors to the caller.
  Status Note(Status status, const std::string& key) {
    if (status || (status.error().code() != ErrorCode::kCorruption && status.error().code() != ErrorCode::kUnprocessable)) return status;
    Find(std::string(status.error().reason()), key, status.error().message());
    return Ok{};
  }
  template <typename T>
  static Status StatusOf(const Result<T>& result) {
    if (!result) return result.error();
    return Ok{};
  }

  /// The last finding can be repaired so.
  Status Repair(std::string what, const std::function<Status()>& repair) {
    report_.findings.back().repair = std::move(what);
    if (!options_.repair) return Ok{};
    LH_TRY(repair());
    report_.findings.back().repaired = true;
    return Ok{};
  }

  /// A damaged segment is derived as long as its records are there: a crash came between its writing and their removal.
  Status CheckSegments() {
    for (const storage::ObjectInfo& object : LH_TRY(ListAll(context_, store_, std::string(kSegmentPrefix)))) {
      const auto name = ParseSegmentKey(object.key);
      if (!name) continue;
      const auto records = log_.LoadSegment(context_, *name);
      if (records || records.error().code() != ErrorCode::kCorruption) continue;
      bool all_there = true;
      for (std::int64_t sequence = name->first; all_there && sequence <= name->last; ++sequence) {
        const auto octets = LH_TRY(FindOctets(context_, store_, RecordKey(sequence), {}));
        all_there = octets && DecodeRecord(*octets);
      }
      if (!all_there) continue;  // reading the chain finds it
      Find("corrupt_segment", object.key, "it is damaged, but all records it should hold are there themselves");
      LH_TRY(Repair("remove it, so that it is packed again", [&]() -> Status {
        LH_TRY(store_.Put(context_, std::string(kBoundaryKey), EncodeBoundary(name->first - 1)));
        return store_.Delete(context_, object.key);
      }));
    }
    return Ok{};
  }

  Status CheckFormat() {
    if (is_format_sound_ || state_.lake_id().empty()) return Ok{};
    Find("corrupt_object", std::string(kFormatKey), "it is damaged or missing; the identity of the lake stands in the log, too");
    return Repair("make it anew from the log", [&]() -> Status {
      LH_TRY(store_.Put(context_, std::string(kFormatKey), EncodeFormat({state_.lake_id(), kLayoutVersion})));
      return Ok{};
    });
  }

  Status CheckSmallObjects() {
    if (store_.Head(context_, kCopyingKey))
      Find("copy_unfinished", kCopyingKey, "a backup or restore into this lake did not come to its end; run it again");
    const auto format = LoadFormat(context_, store_, {});
    is_format_sound_ = format && *format;
    if (!format && format.error().code() != ErrorCode::kCorruption) LH_TRY(Note(StatusOf(format), std::string(kFormatKey)));
    is_format_sound_ = is_format_sound_ || (!format && format.error().code() != ErrorCode::kCorruption);
    if (format && *format) lake_id_ = (*format)->lake_id;
    const auto boundary = log_.LoadBoundary(context_);
    LH_TRY(Note(StatusOf(boundary), std::string(kBoundaryKey)));
    if (!boundary && boundary.error().code() == ErrorCode::kCorruption)
      LH_TRY(Repair("make it anew from the segments", [&]() -> Status {
        std::int64_t packed = 0;
        for (const SegmentName& segment : LH_TRY(log_.ListSegments(context_))) packed = std::max(packed, segment.last);
        LH_TRY(store_.Put(context_, std::string(kBoundaryKey), EncodeBoundary(packed)));
        return Ok{};
      }));
    const auto segments = log_.ListSegments(context_);
    LH_TRY(Note(StatusOf(segments), std::string(kSegmentPrefix)));
    if (segments) report_.segments = static_cast<std::int64_t>(segments->size());
    return Ok{};
  }

  Status CheckChain() {
    std::map<std::int64_t, CheckpointName> checkpoints;
    for (CheckpointName& name : LH_TRY(checkpoints_.List(context_))) checkpoints.emplace(name.sequence, std::move(name));
    report_.checkpoints = static_cast<std::int64_t>(checkpoints.size());
    while (true) {
      LH_TRY(context_.Check());
      const std::int64_t next = state_.head().sequence + 1;
      auto stored = log_.Find(context_, next);
      if (!stored) {
        LH_TRY(Note(StatusOf(stored), RecordKey(next)));
        break;
      }
      if (!*stored) {
        const auto more = log_.FindMoreAfter(context_, next - 1);
        LH_TRY(Note(StatusOf(more), RecordKey(next)));
        if (more && *more) continue;
        break;
      }
      auto prepared = state_.Prepare((*stored)->record, (*stored)->sha256);
      if (!prepared) {
        LH_TRY(Note(StatusOf(prepared), RecordKey(next)));
        break;
      }
      state_.Accept(std::move(prepared).Take());
      ++report_.records;
      Collect((*stored)->record);
      if (const auto found = checkpoints.find(next); found != checkpoints.end()) {
        LH_TRY(CheckCheckpoint(found->second));
        checkpoints.erase(found);
      }
    }
    for (const auto& [sequence, name] : checkpoints)
      LH_TRY(BadCheckpoint(name, "it is of record " + std::to_string(sequence) + ", which the chain does not reach"));
    report_.head_sha256 = state_.head().sha256;
    if (!lake_id_.empty() && !state_.lake_id().empty() && lake_id_ != state_.lake_id()) {
      Find("other_lake", std::string(kFormatKey), "format.json says lake " + lake_id_ + ", the log says " + state_.lake_id());
      LH_TRY(Repair("make it anew from the log", [&]() -> Status {
        LH_TRY(store_.Put(context_, std::string(kFormatKey), EncodeFormat({state_.lake_id(), kLayoutVersion})));
        return Ok{};
      }));
    }
    return Ok{};
  }

  void Collect(const CommitRecord& record) {
    for (const Transaction& transaction : record.txns)
      for (const ChangeRecord& change : transaction.changes) {
        if (change.deleted) gone_.insert(change.deleted->keys.begin(), change.deleted->keys.end());
        if (change.erased) gone_.insert(change.erased->keys.begin(), change.erased->keys.end());
        if (!change.snapshot) continue;
        ++report_.snapshots;
        const SnapshotRecord& snapshot = *change.snapshot;
        if (snapshot.manifest) manifest_of_[{FoldName(snapshot.dataset), snapshot.version}] = snapshot.manifest->key;
        if (snapshot.manifest)
          manifests_.try_emplace(snapshot.manifest->key,
                                 WantedManifest{*snapshot.manifest, {snapshot.rows, snapshot.size_bytes, snapshot.file_count}});
      }
  }

  Status CheckCheckpoint(const CheckpointName& name) {
    const auto loaded = checkpoints_.Load(context_, name);
    if (!loaded && loaded.error().code() == ErrorCode::kNotFound) return Ok{};  // the writer replaced it meanwhile
    if (!loaded && loaded.error().code() != ErrorCode::kCorruption) return loaded.error();
    if (!loaded) return BadCheckpoint(name, loaded.error().message());
    const auto drop = [](const ObjectRef&, std::string_view) -> Status { return Ok{}; };  // the head holds the digests of the parts
    if (LH_TRY(EncodeCheckpoint(context_, codec_, *loaded, drop)) != LH_TRY(EncodeCheckpoint(context_, codec_, state_, drop)))
      return BadCheckpoint(name, "it does not hold what the records up to it say");
    return Ok{};
  }

  Status BadCheckpoint(const CheckpointName& name, const std::string& why) {
    Find("corrupt_checkpoint", name.Key(), why);
    return Repair("remove it, so that the next one is written anew", [&] { return store_.Delete(context_, name.Key()); });
  }

  Status CheckLeftovers() {
    const auto boundary = log_.LoadBoundary(context_);
    if (!boundary) return Ok{};  // found already
    for (const storage::ObjectInfo& object : LH_TRY(ListAll(context_, store_, std::string(kLogPrefix)))) {
      const auto sequence = SequenceOfRecordKey(object.key);
      if (!sequence || *sequence > *boundary) continue;
      Find("packed_leftover", object.key, "this record stands in a segment; its own object will be removed");
      report_.findings.back().is_damage = false;
      LH_TRY(Repair("remove it", [&] { return store_.Delete(context_, object.key); }));
    }
    return Ok{};
  }

  /// What only expired versions name may be gone, and counts as garbage until it is.
  void ForgetExpired() {
    std::set<std::string> kept;
    for (const auto& [version, key] : manifest_of_) {
      const DatasetRef dataset = state_.Find(version.first);
      if (!dataset || !dataset->IsExpired(version.second)) kept.insert(key);
    }
    std::erase_if(manifests_, [&](const auto& manifest) { return !kept.contains(manifest.first); });
  }

  Status CheckManifests() {
    ForgetExpired();
    for (const auto& [key, wanted] : manifests_) {
      LH_TRY(context_.Check());
      if (gone_.contains(key)) continue;
      ++report_.manifests;
      const auto octets = GetVerified(context_, store_, wanted.reference);
      if (!octets && octets.error().code() == ErrorCode::kNotFound) {
        Find("missing_object", key, "a snapshot names this manifest, but it is gone");
        continue;
      }
      LH_TRY(Note(StatusOf(octets), key));
      if (!octets) continue;
      const auto files = DecodeManifest(context_, codec_, *octets);
      LH_TRY(Note(StatusOf(files), key));
      if (!files) continue;
      const FileTotals totals = TotalsOf(*files);
      if (totals.rows != wanted.totals.rows || totals.size_bytes != wanted.totals.size_bytes ||
          totals.file_count != wanted.totals.file_count)
        Find("wrong_totals", key, "the manifest does not add up to what the record says");
      for (const DataFile& file : *files) CollectFile(file);
    }
    return Ok{};
  }

  void CollectFile(const DataFile& file) {
    const auto [entry, is_new] = files_.try_emplace(file.key, ObjectRef{file.key, file.size_bytes, file.sha256});
    if (!is_new && (entry->second.size_bytes != file.size_bytes || entry->second.sha256 != file.sha256))
      Find("wrong_totals", file.key, "two manifests say different things of this file");
  }

  Status CheckFiles() {
    for (const auto& [key, file] : files_) {
      LH_TRY(context_.Check());
      if (gone_.contains(key)) continue;
      ++report_.files;
      const auto info = store_.Head(context_, key);
      if (!info && info.error().code() == ErrorCode::kNotFound) {
        Find("missing_object", key, "a manifest names this file, but it is gone");
        continue;
      }
      if (!info && IsOfAwayBucket(info.error())) {
        Find("bucket_away", key, "nobody can say whether this file is sound: " + info.error().message());
        continue;
      }
      if (!info) return info.error();
      report_.bytes += static_cast<std::int64_t>(info->size_bytes);
      if (static_cast<std::int64_t>(info->size_bytes) != file.size_bytes)
        Find("corrupt_object", key,
             "it has " + std::to_string(info->size_bytes) + " bytes, its manifest says " + std::to_string(file.size_bytes));
      else if (options_.level >= FsckLevel::kDigests)
        LH_TRY(CheckDigest(file));
    }
    return Ok{};
  }

  /// Of primary every other object stands, so without it nothing can be said; without another bucket the rest can.
  static bool IsOfAwayBucket(const Error& error) { return error.code() == ErrorCode::kUnavailable && error.reason() == "bucket_away"; }

  Status CheckDigest(const ObjectRef& file) {
    Sha256 sum;
    for (std::uint64_t offset = 0; offset < static_cast<std::uint64_t>(file.size_bytes); offset += kReadStep)
      sum.Add(LH_TRY(store_.Get(context_, file.key, storage::ByteRange{offset, kReadStep})));
    if (sum.FinishHex() != file.sha256) Find("corrupt_object", file.key, "its SHA-256 is not the one in its manifest");
    return Ok{};
  }

  Status CountUnreferenced() {
    for (const std::string& bucket : LH_TRY(storage::ListBucketPrefixes(context_, store_))) {
      const auto objects = ListAll(context_, store_, bucket + "datasets/");
      if (!objects && IsOfAwayBucket(objects.error())) {
        Find("bucket_away", bucket, objects.error().message());
        report_.findings.back().is_damage = false;  // its files, if any, were found missing above
        continue;
      }
      if (!objects) return objects.error();
      for (const storage::ObjectInfo& object : *objects) {
        if (files_.contains(object.key) || manifests_.contains(object.key) || ++report_.unreferenced > kMostListed) continue;
        Find(
            "unreferenced", object.key,
            "no version that is kept names it: it is on its way into a commit, never came into one, or expired; gc removes it when it may");
        report_.findings.back().is_damage = false;
      }
    }
    return Ok{};
  }

  Status CheckBesides() {
    const auto read = [&](const std::string& key, std::uint64_t offset, std::uint64_t length) {
      return store_.Get(context_, key, storage::ByteRange{offset, length});
    };
    for (const SelfCheckedObjects& kind : options_.self_checks)
      LH_TRY(WalkSelfChecked(context_, store_, kind, read, [&](const SelfCheckFinding& finding) -> Status {
        if (finding.kind != SelfCheckFinding::Kind::kBucketAway) ++report_.besides;
        if (finding.kind == SelfCheckFinding::Kind::kSound) return Ok{};
        Find(finding.reason, finding.key, finding.message);
        report_.findings.back().is_damage = finding.kind == SelfCheckFinding::Kind::kDamaged;
        if (!kind.derived) return Ok{};
        return Repair("remove it, so that it is made anew", [&] { return store_.Delete(context_, finding.key); });
      }));
    return Ok{};
  }

  const Context& context_;
  storage::ObjectStore& store_;
  TableCodec& codec_;
  const FsckOptions options_;
  CommitLog log_;
  CheckpointStore checkpoints_;
  LakeState state_;
  std::string lake_id_;
  bool is_format_sound_ = false;
  std::map<std::string, WantedManifest> manifests_;
  std::map<std::string, ObjectRef> files_;
  std::set<std::string> gone_;                                               ///< deleted by gc, or erased
  std::map<std::pair<std::string, std::int64_t>, std::string> manifest_of_;  ///< by folded name and version
  FsckReport report_;
};

}  // namespace

bool FsckReport::IsClean() const {
  return std::none_of(findings.begin(), findings.end(), [](const FsckFinding& finding) { return finding.is_damage && !finding.repaired; });
}

Result<FsckReport> RunFsck(const Context& context, storage::ObjectStore& store, TableCodec& codec, const FsckOptions& options) {
  return LakeCheck(context, store, codec, options).Run();
}

}  // namespace lakehouse::catalog
