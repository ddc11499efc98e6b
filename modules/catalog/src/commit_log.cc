#include "commit_log.h"

#include <algorithm>
#include <atomic>

#include "gc_boundary.h"
#include "lakehouse/base/failpoint.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/base/task_group.h"

namespace lakehouse::catalog {
namespace {

Failpoint before_put("catalog.commit.before_put");
Failpoint after_put("catalog.commit.after_put");
Failpoint segment_before_put("catalog.segment.before_put");
Failpoint segment_after_put("catalog.segment.after_put");
Failpoint segment_after_boundary("catalog.segment.after_boundary");
Failpoint segment_between_deletes("catalog.segment.between_deletes");

constexpr std::size_t kLoadedSegments = 4;
constexpr std::size_t kReaders = 8;
constexpr std::size_t kLongestRun = 64;

bool MayBeRetried(const Error& error) {
  return error.code() == ErrorCode::kUnavailable && error.reason() == WireName(ErrorCode::kUnavailable);
}

}  // namespace

Result<std::optional<StoredRecord>> CommitLog::Decode(std::int64_t sequence, std::string octets) {
  const std::string doing = "read record " + std::to_string(sequence);
  StoredRecord stored;
  stored.record = LH_TRY_WHILE(DecodeRecord(octets), doing);
  if (stored.record.header.seq != sequence)
    return Error(ErrorCode::kCorruption,
                 "record " + std::to_string(stored.record.header.seq) + " stands in the place of record " + std::to_string(sequence))
        .Named("broken_chain");
  stored.sha256 = Sha256Hex(octets);
  stored.octets = std::move(octets);
  return std::optional<StoredRecord>(std::move(stored));
}

Result<std::optional<StoredRecord>> CommitLog::Find(const Context& context, std::int64_t sequence) {
  if (sequence <= memory_.Lock()->boundary) return FindInSegments(context, sequence);
  auto octets = LH_TRY(FindOctets(context, store_, RecordKey(sequence), retry_));
  // Below the boundary the segment is the truth: an object of that number may come from a writer that woke up too late.
  if (sequence <= LH_TRY(LoadBoundary(context))) return FindInSegments(context, sequence);
  if (!octets) return std::optional<StoredRecord>();
  return Decode(sequence, std::move(*octets));
}

Result<std::vector<StoredRecord>> CommitLog::FindRun(const Context& context, std::int64_t first, std::size_t limit) {
  std::vector<StoredRecord> run;
  if (limit <= 1 || first <= memory_.Lock()->boundary) {
    if (auto found = LH_TRY(Find(context, first))) run.push_back(std::move(*found));
    return run;
  }
  std::vector<Result<std::optional<std::string>>> fetched(limit, std::optional<std::string>());
  {
    std::atomic<std::size_t> next = 0;
    TaskGroup readers;
    for (std::size_t reader = 0; reader < std::min(limit, kReaders); ++reader)
      readers.Start("read-log", [&](std::stop_token) {
        for (std::size_t i = next++; i < limit; i = next++)
          fetched[i] = FindOctets(context, store_, RecordKey(first + static_cast<std::int64_t>(i)), retry_);
      });
  }
  const std::int64_t boundary = LH_TRY(LoadBoundary(context));  // after all of them, for the reason that Find has
  for (std::size_t i = 0; i < limit; ++i) {
    const std::int64_t sequence = first + static_cast<std::int64_t>(i);
    std::optional<StoredRecord> found;
    if (sequence <= boundary)
      found = LH_TRY(FindInSegments(context, sequence));
    else if (auto octets = LH_TRY(std::move(fetched[i])))
      found = LH_TRY(Decode(sequence, std::move(*octets)));
    if (!found) break;
    run.push_back(std::move(*found));
  }
  return run;
}

Result<StoredRecord> CommitLog::Load(const Context& context, std::int64_t sequence) {
  auto found = LH_TRY(Find(context, sequence));
  if (!found && LH_TRY(LearnFromSegments(context, sequence))) found = LH_TRY(Find(context, sequence));
  if (!found) return Error(ErrorCode::kCorruption, "record " + std::to_string(sequence) + " is missing from the log").Named("log_gap");
  return std::move(*found);
}

Result<std::vector<StoredRecord>> CommitLog::LoadRun(const Context& context, std::int64_t first, std::size_t limit) {
  auto run = LH_TRY(FindRun(context, first, std::min(limit, kLongestRun)));
  if (run.empty()) run.push_back(LH_TRY(Load(context, first)));
  return run;
}

/// gc.boundary cannot be raised atomically: a writer that slept in the middle may put a lower one over that of its successor. A
/// record that is gone and stands in a segment was below the boundary once, so it still is.
Result<bool> CommitLog::LearnFromSegments(const Context& context, std::int64_t sequence) {
  std::vector<SegmentName> segments = LH_TRY(ListSegments(context));
  const auto found = std::find_if(segments.begin(), segments.end(),
                                  [&](const SegmentName& name) { return name.first <= sequence && sequence <= name.last; });
  if (found == segments.end()) return false;
  auto memory = memory_.Lock();
  memory->boundary = std::max(memory->boundary, found->last);
  memory->segments = std::move(segments);
  return true;
}

Result<std::optional<StoredRecord>> CommitLog::FindInSegments(const Context& context, std::int64_t sequence) {
  const auto covers = [&](const SegmentName& name) { return name.first <= sequence && sequence <= name.last; };
  std::vector<SegmentName> segments = memory_.Lock()->segments;
  auto found = std::find_if(segments.begin(), segments.end(), covers);
  if (found == segments.end()) {
    segments = LH_TRY(ListSegments(context));
    memory_.Lock()->segments = segments;
    found = std::find_if(segments.begin(), segments.end(), covers);
  }
  if (found == segments.end())
    return Error(ErrorCode::kCorruption, "record " + std::to_string(sequence) + " is below the boundary, but in no segment")
        .Named("log_gap");
  const Records records = LH_TRY(LoadSegment(context, *found));
  return Decode(sequence, (*records)[static_cast<std::size_t>(sequence - found->first)]);
}

Result<CommitLog::Outcome> CommitLog::Append(const Context& context, std::int64_t sequence, const std::string& octets) {
  bool ambiguous = false;
  const auto settle = [&](Error error) -> Error {
    if (!ambiguous) return error;
    return Error(ErrorCode::kOutcomeUnknown, "whether record " + std::to_string(sequence) + " was written is not known: " +
                                                 error.message() + ". Retry with the same idempotency key.");
  };
  Error last(ErrorCode::kInternal, "never tried");
  for (int attempt = 1; attempt <= retry_.attempts; ++attempt) {
    if (auto wait = PauseBefore(context, retry_, attempt); !wait) return settle(std::move(wait).TakeError());
    if (auto hit = before_put.Hit(); !hit) return settle(std::move(hit).TakeError());
    auto put = store_.PutIfAbsent(context, RecordKey(sequence), octets);
    if (put) {
      auto hit = after_put.Hit();
      if (!hit) put = Error(ErrorCode::kOutcomeUnknown, hit.error().message());
    }
    std::optional<Outcome> outcome;
    if (put) {
      outcome = Outcome::kAppended;
    } else {
      last = std::move(put).TakeError();
      const bool read_back = last.code() == ErrorCode::kOutcomeUnknown || last.code() == ErrorCode::kAlreadyExists;
      if (!read_back && !MayBeRetried(last)) return settle(std::move(last));
      if (!read_back) continue;
      ambiguous = true;
      auto back = ReadBack(context, sequence, octets);
      if (!back) {
        last = std::move(back).TakeError();
        continue;
      }
      outcome = *back;
      if (!outcome) continue;
    }
    ambiguous = true;  // it is there: whatever fails from now on, it may be part of the chain
    if (*outcome == Outcome::kLost) return Outcome::kLost;
    auto checked = CheckBoundary(context, sequence, *outcome);
    if (checked) return *outcome;
    last = std::move(checked).TakeError();
  }
  return settle(std::move(last));
}

Result<std::optional<CommitLog::Outcome>> CommitLog::ReadBack(const Context& context, std::int64_t sequence, const std::string& octets) {
  const auto there = LH_TRY(FindOctets(context, store_, RecordKey(sequence), retry_));
  if (!there) return std::optional<Outcome>();
  return std::optional<Outcome>(*there == octets ? Outcome::kAppended : Outcome::kLost);
}

Status CommitLog::CheckBoundary(const Context& context, std::int64_t sequence, Outcome& outcome) {
  if (LH_TRY(LoadBoundary(context)) >= sequence) outcome = Outcome::kLost;
  return Ok{};
}

Result<std::int64_t> CommitLog::LoadBoundary(const Context& context) {
  const auto octets = LH_TRY(FindOctets(context, store_, std::string(kBoundaryKey), retry_));
  const std::int64_t stored = octets ? LH_TRY(DecodeBoundary(*octets)) : 0;
  auto memory = memory_.Lock();
  memory->boundary = std::max(memory->boundary, stored);
  return memory->boundary;
}

Status CommitLog::RaiseBoundary(const Context& context, std::int64_t boundary) {
  const auto octets = LH_TRY(FindOctets(context, store_, std::string(kBoundaryKey), retry_));
  if ((octets ? LH_TRY(DecodeBoundary(*octets)) : 0) >= boundary) return Ok{};
  const std::string raised = EncodeBoundary(boundary);
  LH_TRY_WHILE(store_.Put(context, std::string(kBoundaryKey), raised), "raise the boundary to " + std::to_string(boundary));
  if (LH_TRY(LoadBoundary(context)) < boundary)
    return Error(ErrorCode::kUnavailable, "the boundary did not rise to " + std::to_string(boundary) + ": is another writer at work?");
  return Ok{};
}

Result<std::vector<std::string>> CommitLog::LoadRange(const Context& context, std::int64_t first, std::int64_t last) {
  std::vector<std::string> records;
  std::string previous;
  for (std::int64_t next = first; next <= last;) {
    for (StoredRecord& stored : LH_TRY(LoadRun(context, next, static_cast<std::size_t>(last - next + 1)))) {
      if (!previous.empty() && stored.record.header.prev_sha256 != previous)
        return Error(ErrorCode::kCorruption, "record " + std::to_string(next) + " does not continue the chain").Named("broken_chain");
      previous = std::move(stored.sha256);
      records.push_back(std::move(stored.octets));
      ++next;
    }
  }
  return records;
}

Status CommitLog::Pack(const Context& context, std::int64_t first, std::int64_t last) {
  if (last > LH_TRY(LoadBoundary(context))) {
    const std::vector<std::string> records = LH_TRY(LoadRange(context, first, last));
    const std::string octets = LH_TRY(EncodeSegment(context, codec_, first, records));
    const SegmentName name{first, last, Sha256Hex(octets)};
    LH_TRY(segment_before_put.Hit());
    LH_TRY(PutWriteOnce(context, store_, name.Key(), octets, retry_));
    LH_TRY(segment_after_put.Hit());
    // What will be removed is compared with what the store gives back, not with what we believe we wrote.
    const auto stored = LH_TRY(FindOctets(context, store_, name.Key(), retry_));
    if (!stored || LH_TRY(DecodeSegment(context, codec_, name, *stored)) != records)
      return Error(ErrorCode::kCorruption, "segment " + name.Key() + " does not give its records back; they stay where they are")
          .Named("corrupt_object");
    LH_TRY(RaiseBoundary(context, last));
    LH_TRY(segment_after_boundary.Hit());
  }
  return RemovePacked(context);
}

Status CommitLog::RemovePacked(const Context& context) {
  const std::int64_t boundary = LH_TRY(LoadBoundary(context));
  LH_TRY(RaiseBoundary(context, boundary));  // somebody may have lowered it
  for (const storage::ObjectInfo& object : LH_TRY(ListAll(context, store_, std::string(kLogPrefix)))) {
    const auto sequence = SequenceOfRecordKey(object.key);
    if (!sequence) continue;
    if (*sequence > boundary) break;
    LH_TRY(segment_between_deletes.Hit());
    LH_TRY_WHILE(store_.Delete(context, object.key), "remove packed record " + object.key);
  }
  return Ok{};
}

Result<std::vector<SegmentName>> CommitLog::ListSegments(const Context& context) {
  std::vector<SegmentName> segments;
  for (const storage::ObjectInfo& object : LH_TRY(ListAll(context, store_, std::string(kSegmentPrefix)))) {
    const auto name = ParseSegmentKey(object.key);
    if (!name) continue;
    // The same records packed twice by different versions of the engine: either will do.
    if (!segments.empty() && segments.back().first == name->first && segments.back().last == name->last) continue;
    if (!segments.empty() && name->first <= segments.back().last)
      return Error(ErrorCode::kCorruption, "segments overlap: " + segments.back().Key() + " and " + object.key).Named("corrupt_object");
    segments.push_back(*name);
  }
  return segments;
}

Result<CommitLog::Records> CommitLog::LoadSegment(const Context& context, const SegmentName& name) {
  const std::string key = name.Key();
  {
    auto memory = memory_.Lock();
    for (auto entry = memory->loaded.begin(); entry != memory->loaded.end(); ++entry) {
      if (entry->first != key) continue;
      memory->loaded.splice(memory->loaded.begin(), memory->loaded, entry);
      return entry->second;
    }
  }
  const std::string octets = LH_TRY_WHILE(store_.Get(context, key), "read segment " + key);
  auto records = std::make_shared<const std::vector<std::string>>(LH_TRY(DecodeSegment(context, codec_, name, octets)));
  auto memory = memory_.Lock();
  memory->loaded.emplace_front(key, records);
  if (memory->loaded.size() > kLoadedSegments) memory->loaded.pop_back();
  return Records(std::move(records));
}

Result<bool> CommitLog::FindMoreAfter(const Context& context, std::int64_t head) {
  for (const storage::ObjectInfo& object : LH_TRY(ListAll(context, store_, std::string(kLogPrefix), RecordKey(head)))) {
    const auto sequence = SequenceOfRecordKey(object.key);
    if (!sequence || *sequence <= head + 1) continue;
    if (LH_TRY(Find(context, head + 1))) return true;  // it came meanwhile
    if (LH_TRY(LearnFromSegments(context, head + 1))) return true;
    return Error(ErrorCode::kCorruption, "record " + std::to_string(head + 1) + " is missing, but record " + std::to_string(*sequence) +
                                             " exists. A gap is damage, not the end: restore the record, then run fsck.")
        .Named("log_gap");
  }
  return false;
}

}  // namespace lakehouse::catalog
