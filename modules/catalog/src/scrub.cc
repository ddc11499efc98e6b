#include "scrub.h"

#include "checkpoint.h"
#include "gc_boundary.h"
#include "lake_format.h"
#include "lakehouse/base/hash.h"
#include "manifest.h"
#include "segment.h"

namespace lakehouse::catalog {
namespace {

constexpr std::uint64_t kScrubStep = 1 << 20;
constexpr std::int64_t kRecordsPage = 200;

/// Digest and length of what stands under a key; nothing when nothing does.
Result<std::optional<std::pair<std::string, std::int64_t>>> DigestObject(const Context& context, storage::ObjectStore& store,
                                                                         const std::string& key, BytePacer& pacer) {
  Sha256 sum;
  std::int64_t size = 0;
  while (true) {
    auto part = store.Get(context, key, storage::ByteRange{static_cast<std::uint64_t>(size), kScrubStep});
    if (!part && part.error().code() == ErrorCode::kNotFound) return std::optional<std::pair<std::string, std::int64_t>>();
    const std::string octets = LH_TRY(std::move(part));
    sum.Add(octets);
    size += static_cast<std::int64_t>(octets.size());
    LH_TRY(pacer.Spend(context, static_cast<std::int64_t>(octets.size())));
    if (octets.size() < kScrubStep) return std::optional(std::pair(sum.FinishHex(), size));
  }
}

/// "…/<anything->sha256.parquet": segments, checkpoints and their parts are named by their digests.
std::string DigestInName(const std::string& key) {
  constexpr std::size_t kDigits = 64;
  const std::size_t dot = key.rfind('.');
  if (dot == std::string::npos || dot < kDigits) return {};
  return key.substr(dot - kDigits, kDigits);
}

}  // namespace

LakeScrub::LakeScrub(LocalUpkeep::Parts parts, std::int64_t bytes_per_second, std::function<void(const ScrubRun&)> progress)
    : parts_(std::move(parts)), pacer_(bytes_per_second), progress_(std::move(progress)) {}

Result<ScrubRun> LakeScrub::Run(const Context& context) {
  run_.started_micros = parts_.clock.WallMicros();
  LH_TRY_WHILE(CheckLogObjects(context), "scrub the log");
  LH_TRY_WHILE(CheckSnapshots(context), "scrub what snapshots name");
  LH_TRY_WHILE(CheckBesides(context), "scrub what stands beside the datasets");
  LH_TRY(SettleMissing(context));
  LH_TRY(ClearForgotten(context));
  run_.finished_micros = parts_.clock.WallMicros();
  return run_;
}

void LakeScrub::Count(std::int64_t bytes) {
  ++run_.objects;
  run_.bytes += bytes;
  if (progress_) progress_(run_);
}

Status LakeScrub::Whole(const Context& context, const std::string& key, std::int64_t bytes) {
  Count(bytes);
  if (!parts_.quarantine.Find(key)) return Ok{};
  LH_TRY_WHILE(parts_.quarantine.Clear(context, key), "take " + key + " out of quarantine");
  ++run_.healed;
  return Ok{};
}

Status LakeScrub::Damaged(const Context& context, storage::DamagedObject damage) {
  Count(std::max<std::int64_t>(0, damage.found_bytes));
  ++run_.damaged;
  damaged_.insert(damage.key);
  parts_.quarantine.Mark(context, std::move(damage));
  return Ok{};
}

Status LakeScrub::CheckLogObjects(const Context& context) {
  for (const std::string_view prefix : {kLogPrefix, kSegmentPrefix, kCheckpointPrefix}) {
    for (const storage::ObjectInfo& object : LH_TRY(ListAll(context, parts_.store, std::string(prefix)))) {
      LH_TRY(context.Check());
      if (prefix == kLogPrefix)
        LH_TRY(CheckRecordObject(context, object.key));
      else if (const std::string sha256 = DigestInName(object.key); !sha256.empty())
        LH_TRY(CheckNamed(context, object.key, sha256));
    }
  }
  for (const std::string_view key : {kFormatKey, kBoundaryKey}) {
    const auto octets = LH_TRY(FindOctets(context, parts_.store, std::string(key), {}));
    if (!octets) continue;
    Status sound = Ok{};
    if (key == kBoundaryKey) {
      if (const auto boundary = DecodeBoundary(*octets); !boundary) sound = boundary.error();
    } else if (const auto format = DecodeFormat(*octets); !format) {
      sound = format.error();
    } else if (format->lake_id != LH_TRY(parts_.catalog.LoadStatus(context, {})).lake_id) {
      sound = Error(ErrorCode::kCorruption, "another lake");
    }
    const auto size = static_cast<std::int64_t>(octets->size());
    LH_TRY(sound ? Whole(context, std::string(key), size) : Damaged(context, {std::string(key), -1, {}, size, Sha256Hex(*octets), 0}));
  }
  return Ok{};
}

Status LakeScrub::CheckRecordObject(const Context& context, const std::string& key) {
  if (!SequenceOfRecordKey(key)) return Ok{};
  const auto octets = LH_TRY(FindOctets(context, parts_.store, key, {}));
  if (!octets) return Ok{};  // packed into a segment meanwhile
  const auto size = static_cast<std::int64_t>(octets->size());
  LH_TRY(pacer_.Spend(context, size));
  const auto record = DecodeRecord(*octets);
  const bool is_sound = record && RecordKey(record->header.seq) == key;
  return is_sound ? Whole(context, key, size) : Damaged(context, {key, -1, {}, size, Sha256Hex(*octets), 0});
}

Status LakeScrub::CheckNamed(const Context& context, const std::string& key, const std::string& sha256) {
  const auto found = LH_TRY(DigestObject(context, parts_.store, key, pacer_));
  if (!found) return Ok{};  // replaced by a newer one meanwhile
  return found->first == sha256 ? Whole(context, key, found->second) : Damaged(context, {key, -1, sha256, found->second, found->first, 0});
}

Status LakeScrub::ReadRecords(const Context& context, const std::function<Status(const CommitRecord&)>& use) {
  const std::int64_t head = LH_TRY(parts_.catalog.LoadStatus(context, {})).sequence;
  std::int64_t limit = kRecordsPage;
  while (next_record_ <= head) {
    const auto page = parts_.catalog.ReadRecords(context, {next_record_, limit});
    if (!page && page.error().code() != ErrorCode::kCorruption) return page.error();
    if (!page && limit == 1) ++next_record_;  // its object was found damaged before; what it names cannot be known
    limit = page ? kRecordsPage : 1;
    if (!page) continue;
    if (page->records.empty()) return Ok{};
    for (const LogRecord& record : page->records) {
      LH_TRY(use(LH_TRY(DecodeRecord(record.json.text))));
      next_record_ = record.sequence + 1;
    }
  }
  return Ok{};
}

void LakeScrub::NoteGone(const CommitRecord& record) {
  for (const Transaction& transaction : record.txns)
    for (const ChangeRecord& change : transaction.changes)
      for (const auto* keys : {&change.condemned, &change.deleted, &change.erased})
        if (*keys)
          for (const std::string& key : (*keys)->keys) gone_.insert(Xxh3(key));
}

bool LakeScrub::IsGone(const std::string& key) const { return gone_.contains(Xxh3(key)); }

Status LakeScrub::CheckSnapshots(const Context& context) {
  return ReadRecords(context, [&](const CommitRecord& record) -> Status {
    NoteGone(record);
    for (const Transaction& transaction : record.txns)
      for (const ChangeRecord& change : transaction.changes)
        if (change.snapshot && change.snapshot->manifest) LH_TRY(CheckManifest(context, *change.snapshot->manifest));
    return Ok{};
  });
}

Status LakeScrub::CheckManifest(const Context& context, const ObjectRef& manifest) {
  LH_TRY(context.Check());
  if (!seen_.insert(Xxh3(manifest.key)).second || IsGone(manifest.key)) return Ok{};
  auto octets = parts_.store.Get(context, manifest.key);
  if (!octets && octets.error().code() == ErrorCode::kNotFound) {
    missing_.push_back({manifest.key, manifest.size_bytes, manifest.sha256});
    return Ok{};
  }
  const std::string found = LH_TRY(std::move(octets));
  const auto size = static_cast<std::int64_t>(found.size());
  LH_TRY(pacer_.Spend(context, size));
  if (const std::string sha256 = Sha256Hex(found); sha256 != manifest.sha256)
    return Damaged(context, {manifest.key, manifest.size_bytes, manifest.sha256, size, sha256, 0});
  LH_TRY(Whole(context, manifest.key, size));
  for (const DataFile& file : LH_TRY_WHILE(DecodeManifest(context, parts_.codec, found), "read manifest " + manifest.key))
    LH_TRY(CheckObject(context, {file.key, file.size_bytes, file.sha256}));
  return Ok{};
}

Status LakeScrub::CheckObject(const Context& context, const ObjectRef& object) {
  if (!seen_.insert(Xxh3(object.key)).second || IsGone(object.key)) return Ok{};
  auto digest = DigestObject(context, parts_.store, object.key, pacer_);
  if (!digest && digest.error().reason() == "bucket_away") {
    ++run_.unreachable;  // the rest of the lake can be looked at
    return Ok{};
  }
  const auto found = LH_TRY(std::move(digest));
  if (!found) {
    missing_.push_back({object.key, object.size_bytes, object.sha256});
    return Ok{};
  }
  if (found->first == object.sha256) return Whole(context, object.key, found->second);
  return Damaged(context, {object.key, object.size_bytes, object.sha256, found->second, found->first, 0});
}

Status LakeScrub::CheckBesides(const Context& context) {
  const auto read = [&](const std::string& key, std::uint64_t offset, std::uint64_t length) -> Result<std::string> {
    std::string octets = LH_TRY(parts_.store.Get(context, key, storage::ByteRange{offset, length}));
    LH_TRY(pacer_.Spend(context, static_cast<std::int64_t>(octets.size())));
    return octets;
  };
  const auto use = [&](const SelfCheckFinding& finding) -> Status {
    if (finding.kind == SelfCheckFinding::Kind::kSound) return Whole(context, finding.key, finding.size_bytes);
    if (finding.kind == SelfCheckFinding::Kind::kBucketAway) {
      ++run_.unreachable;
      return Ok{};
    }
    const auto found = LH_TRY(DigestObject(context, parts_.store, finding.key, pacer_));
    return found ? Damaged(context, {finding.key, -1, {}, found->second, found->first, 0}) : Status(Ok{});
  };
  for (const SelfCheckedObjects& kind : parts_.self_checks) LH_TRY(WalkSelfChecked(context, parts_.store, kind, read, use));
  return Ok{};
}

Status LakeScrub::SettleMissing(const Context& context) {
  // gc says in the log what it is about to delete before it does.
  LH_TRY(ReadRecords(context, [&](const CommitRecord& record) -> Status {
    NoteGone(record);
    return Ok{};
  }));
  for (const Wanted& object : missing_)
    if (!IsGone(object.key)) LH_TRY(Damaged(context, {object.key, object.size_bytes, object.sha256, -1, {}, 0}));
  return Ok{};
}

/// Marks of objects that nothing names any more: collected, packed, replaced.
Status LakeScrub::ClearForgotten(const Context& context) {
  for (const storage::DamagedObject& object : parts_.quarantine.List()) {
    if (damaged_.contains(object.key)) continue;
    const bool is_named = seen_.contains(Xxh3(object.key)) && !IsGone(object.key);
    if (is_named) continue;  // marked by a reader since it was looked at
    LH_TRY(parts_.quarantine.Clear(context, object.key));
    ++run_.healed;
  }
  return Ok{};
}

}  // namespace lakehouse::catalog
