#include "lakehouse/journal/local_journal.h"

#include <algorithm>
#include <charconv>
#include <deque>
#include <mutex>
#include <ranges>

#include "lakehouse/base/codec.h"
#include "lakehouse/base/hash.h"
#include "record_events.h"

namespace lakehouse::journal {
namespace {

constexpr std::int64_t kMaxLimit = 1000;
constexpr std::int64_t kPage = 1000;
constexpr std::size_t kRecentEvents = 10'000;
constexpr std::string_view kFlushPrefix = "_logs/journal/";

std::string TwentyDigits(std::int64_t number) {
  const std::string digits = std::to_string(number);
  return std::string(20 - digits.size(), '0') + digits;
}

constexpr std::string_view kFlushSuffix = ".parquet";
constexpr std::size_t kShaDigits = 64;

std::string FlushKey(std::int64_t first, std::int64_t last, const std::string& sha256) {
  return std::string(kFlushPrefix) + TwentyDigits(first) + "-" + TwentyDigits(last) + "-" + sha256 + std::string(kFlushSuffix);
}

/// The last record in an object that Flush wrote; nothing for another key.
std::optional<std::int64_t> LastOfFlushKey(std::string_view key) {
  const std::size_t bare = kFlushPrefix.size() + 41 + kFlushSuffix.size();  // before keys had digests
  const bool is_one = key.size() == bare || key.size() == bare + 1 + kShaDigits;
  if (!is_one || !key.starts_with(kFlushPrefix) || !key.ends_with(kFlushSuffix)) return std::nullopt;
  const std::string_view digits = key.substr(kFlushPrefix.size() + 21, 20);
  std::int64_t last = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), last);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return last;
}

std::string_view IdOf(std::string_view entity) {
  const std::size_t colon = entity.find(':');
  return colon == std::string_view::npos ? entity : entity.substr(colon + 1);
}

Status CheckLimit(std::int64_t limit) {
  if (limit >= 1 && limit <= kMaxLimit) return Ok{};
  return Error(ErrorCode::kInvalidArgument, "the limit is " + std::to_string(limit) + "; 1 to 1,000 can be asked for");
}

class LocalJournal final : public Journal {
 public:
  LocalJournal(catalog::Catalog& catalog, storage::ObjectStore& store, catalog::TableCodec& codec)
      : catalog_(catalog), store_(store), codec_(codec) {}

  Result<EventsResponse> History(const Context& context, const HistoryRequest& request) override;
  Result<EventsResponse> Recent(const Context& context, const RecentRequest& request) override;
  Result<StatsResponse> LoadStats(const Context& context, const StatsRequest& request) override;
  Result<FlushResponse> Flush(const Context& context, const FlushRequest& request) override;

 private:
  Status CatchUp(const Context& context);
  void Keep(const catalog::LogRecord& record, std::vector<JournalEvent> events);
  std::vector<std::int64_t> RecordsOf(const std::string& entity) const;
  Status AppendEvents(const Context& context, std::int64_t sequence, const std::string& entity, std::int64_t limit,
                      EventsResponse& response);
  Result<std::int64_t> LoadFlushed(const Context& context);
  Result<std::vector<JournalEvent>> LoadEvents(const Context& context, std::int64_t after, std::int64_t& last);

  catalog::Catalog& catalog_;
  storage::ObjectStore& store_;
  catalog::TableCodec& codec_;

  std::mutex mutex_;
  // Guarded by mutex_:
  std::int64_t sequence_ = 0;
  std::int64_t events_ = 0;
  std::map<std::string, std::vector<std::int64_t>> by_entity_;  ///< records, rising
  std::map<std::string, std::int64_t> by_action_;
  std::deque<JournalEvent> recent_;                            ///< oldest first
  std::vector<std::pair<std::int64_t, std::int64_t>> counts_;  ///< record and the number of events up to it
  std::mutex flush_mutex_;                                     ///< one flush at a time; taken before mutex_
};

Status LocalJournal::CatchUp(const Context& context) {
  LH_TRY(context.Check());
  while (true) {
    const catalog::ReadRecordsResponse read = LH_TRY_WHILE(catalog_.ReadRecords(context, {sequence_ + 1, kPage}), "read the commit log");
    if (read.records.empty()) return Ok{};
    for (const catalog::LogRecord& record : read.records) Keep(record, LH_TRY(EventsOf(record)));
  }
}

void LocalJournal::Keep(const catalog::LogRecord& record, std::vector<JournalEvent> events) {
  sequence_ = record.sequence;
  if (events.empty()) return;
  for (JournalEvent& event : events) {
    auto& records = by_entity_[event.entity];
    if (records.empty() || records.back() != event.sequence) records.push_back(event.sequence);
    ++by_action_[event.action];
    ++events_;
    recent_.push_back(std::move(event));
  }
  counts_.emplace_back(record.sequence, events_);
  while (recent_.size() > kRecentEvents) recent_.pop_front();
}

std::vector<std::int64_t> LocalJournal::RecordsOf(const std::string& entity) const {
  if (const auto found = by_entity_.find(entity); found != by_entity_.end()) return found->second;
  std::vector<std::int64_t> records;
  for (const auto& [name, of_name] : by_entity_)
    if (IdOf(name) == entity) records.insert(records.end(), of_name.begin(), of_name.end());
  std::sort(records.begin(), records.end());
  records.erase(std::unique(records.begin(), records.end()), records.end());
  return records;
}

Status LocalJournal::AppendEvents(const Context& context, std::int64_t sequence, const std::string& entity, std::int64_t limit,
                                  EventsResponse& response) {
  const catalog::ReadRecordsResponse read = LH_TRY(catalog_.ReadRecords(context, {sequence, 1}));
  if (read.records.empty()) return Error(ErrorCode::kUnavailable, "record " + std::to_string(sequence) + " cannot be read now");
  std::vector<JournalEvent> events = LH_TRY(EventsOf(read.records.front()));
  for (JournalEvent& event : std::views::reverse(events)) {
    if (event.entity != entity && IdOf(event.entity) != entity) continue;
    if (static_cast<std::int64_t>(response.events.size()) == limit) {
      response.more = true;
      return Ok{};
    }
    response.events.push_back(std::move(event));
  }
  return Ok{};
}

Result<EventsResponse> LocalJournal::History(const Context& context, const HistoryRequest& request) {
  if (request.entity.empty()) return Error(ErrorCode::kInvalidArgument, "whose history? Name an entity, such as dataset:workers");
  LH_TRY(CheckLimit(request.limit));
  std::vector<std::int64_t> records;
  {
    const std::lock_guard lock(mutex_);
    LH_TRY(CatchUp(context));
    records = RecordsOf(request.entity);
  }
  EventsResponse response;
  for (auto sequence = records.rbegin(); sequence != records.rend() && !response.more; ++sequence)
    LH_TRY(AppendEvents(context, *sequence, request.entity, request.limit, response));
  return response;
}

Result<EventsResponse> LocalJournal::Recent(const Context& context, const RecentRequest& request) {
  LH_TRY(CheckLimit(request.limit));
  const std::lock_guard lock(mutex_);
  LH_TRY(CatchUp(context));
  const auto count = std::min(recent_.size(), static_cast<std::size_t>(request.limit));
  EventsResponse response;
  response.events.assign(recent_.rbegin(), recent_.rbegin() + static_cast<std::ptrdiff_t>(count));
  response.more = static_cast<std::int64_t>(count) < events_;
  return response;
}

Result<std::int64_t> LocalJournal::LoadFlushed(const Context& context) {
  std::int64_t flushed = 0;
  std::string after;
  do {
    const storage::ListPage page = LH_TRY(store_.List(context, std::string(kFlushPrefix), after, storage::kMaxListPage));
    for (const storage::ObjectInfo& object : page.objects) flushed = std::max(flushed, LastOfFlushKey(object.key).value_or(0));
    after = page.next;
  } while (!after.empty());
  return flushed;
}

Result<StatsResponse> LocalJournal::LoadStats(const Context& context, const StatsRequest&) {
  const std::int64_t flushed = LH_TRY(LoadFlushed(context));
  const std::lock_guard lock(mutex_);
  LH_TRY(CatchUp(context));
  const auto counted = std::upper_bound(counts_.begin(), counts_.end(), flushed,
                                        [](std::int64_t sequence, const auto& count) { return sequence < count.first; });
  const std::int64_t flushed_events = counted == counts_.begin() ? 0 : std::prev(counted)->second;
  return StatsResponse{events_, static_cast<std::int64_t>(by_entity_.size()), events_ - flushed_events, sequence_, flushed, by_action_};
}

Result<std::vector<JournalEvent>> LocalJournal::LoadEvents(const Context& context, std::int64_t after, std::int64_t& last) {
  std::vector<JournalEvent> events;
  last = after;
  while (true) {
    const catalog::ReadRecordsResponse read = LH_TRY(catalog_.ReadRecords(context, {last + 1, kPage}));
    if (read.records.empty()) return events;
    for (const catalog::LogRecord& record : read.records) {
      std::vector<JournalEvent> more = LH_TRY(EventsOf(record));
      events.insert(events.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
      last = record.sequence;
    }
  }
}

Result<FlushResponse> LocalJournal::Flush(const Context& context, const FlushRequest&) {
  const std::lock_guard flushing(flush_mutex_);
  const std::int64_t flushed = LH_TRY(LoadFlushed(context));
  std::int64_t last = 0;
  const std::vector<JournalEvent> events = LH_TRY(LoadEvents(context, flushed, last));
  if (events.empty()) return FlushResponse{};
  catalog::SmallTable table;
  table.columns = {{"sequence", true}, {"time_micros", true}, {"commit_id"}, {"actor"}, {"entity"}, {"action"}, {"fields"}};
  table.rows.reserve(events.size());
  for (const JournalEvent& event : events)
    table.rows.push_back(
        {event.sequence, event.time_micros, event.commit_id, event.actor, event.entity, event.action, EncodeJson(event.fields)});
  const std::string octets = LH_TRY(codec_.Encode(context, table));
  const std::string key = FlushKey(flushed + 1, last, Sha256Hex(octets));
  const auto put = store_.PutIfAbsent(context, key, octets);
  // Somebody else wrote the same records: the log does not change, so neither do they.
  if (!put && put.error().code() != ErrorCode::kAlreadyExists) return put.error();
  return FlushResponse{static_cast<std::int64_t>(events.size()), key};
}

}  // namespace

Result<bool> CheckFlushedEvents(std::string_view key, std::string_view octets) {
  const bool has_digest = LastOfFlushKey(key) && key.size() > kFlushPrefix.size() + 41 + kFlushSuffix.size();
  if (!has_digest) return false;
  if (Sha256Hex(octets) == key.substr(key.size() - kFlushSuffix.size() - kShaDigits, kShaDigits)) return true;
  return Error(ErrorCode::kCorruption, "its SHA-256 is not the one in its name; it can be deleted, the log has the same events")
      .Named("corrupt_object");
}

std::unique_ptr<Journal> MakeLocalJournal(catalog::Catalog& catalog, storage::ObjectStore& store, catalog::TableCodec& codec) {
  return std::make_unique<LocalJournal>(catalog, store, codec);
}

}  // namespace lakehouse::journal
