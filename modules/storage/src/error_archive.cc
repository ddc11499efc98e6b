#include "lakehouse/storage/error_archive.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <set>
#include <utility>

#include "lakehouse/base/codec.h"
#include "lakehouse/storage/bucket_key.h"

namespace lakehouse::storage {

BOOST_DESCRIBE_STRUCT(ErrorRecord, (), (sequence, time_micros, kind, service, object, request_id, principal, message, details))

namespace {

constexpr const char* kPrefix = "_errors/";
constexpr std::size_t kMostWritten = 1'000;  // at once

bool Fits(const ErrorRecord& record, const ErrorJournal::Query& query) {
  return (!query.since_micros || record.time_micros >= *query.since_micros) && (query.kind.empty() || record.kind == query.kind);
}

}  // namespace

ErrorArchive::ErrorArchive(ErrorJournal& journal, ObjectStore& store, Log& log, Options options)
    : journal_(journal),
      store_(store),
      log_(log),
      options_(options),
      primary_{AppendLogWriter(store, kPrefix), 0, {}},
      rescue_{AppendLogWriter(store, InBucket(kRescueBucket, kPrefix), primary_.writer.writer()), 0, {}},
      reader_(store, kPrefix),
      rescue_reader_(store, InBucket(kRescueBucket, kPrefix)) {
  tasks_.Start("error-archive", [this](std::stop_token stop) { Run(stop); });
}

ErrorArchive::~ErrorArchive() {
  tasks_.StopAndJoin();
  (void)Flush({.principal = "system", .trace = "stop", .deadline = {}, .cancel = {}});
}

Context ErrorArchive::Limited(const Context& context) const {
  Context limited = context;
  limited.deadline = context.deadline.Or(Deadline::After(options_.store_timeout_ms));
  return limited;
}

void ErrorArchive::Run(std::stop_token stop) {
  bool failed = false;
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(wake_mutex_);
      wake_.wait_for(lock, stop, std::chrono::milliseconds(options_.flush_interval_ms), [] { return false; });
    }
    if (stop.stop_requested()) return;
    const auto flushed = Flush({.principal = "system", .trace = "error-archive", .deadline = {}, .cancel = stop});
    if (!flushed && !failed)
      log_.Warning("the error journal stays in memory: the store does not take it", {{"error", flushed.error().ToString()}});
    if (flushed && failed) log_.Info("the error journal is in the store again");
    failed = !flushed;
  }
}

Result<std::size_t> ErrorArchive::Append(const Context& context, Side& side) {
  std::size_t total = 0;
  while (true) {
    if (side.offered.empty()) side.offered = journal_.FindAfter(side.written, kMostWritten);
    if (side.offered.empty()) return total;
    std::vector<std::string> texts;
    for (const ErrorRecord& record : side.offered) texts.push_back(EncodeJson(record));
    const std::size_t count = LH_TRY(side.writer.Append(Limited(context), texts));
    if (count == 0) return total;
    side.written = std::max(side.written, side.offered[count - 1].sequence);
    side.offered.clear();
    total += count;
  }
}

Result<std::size_t> ErrorArchive::Flush(const Context& context) {
  const std::lock_guard lock(write_mutex_);
  auto flushed = Append(context, primary_);
  if (flushed) {
    rescue_.written = std::max(rescue_.written, primary_.written);
    return flushed;
  }
  auto rescued = Append(context, rescue_);
  return rescued ? std::move(rescued) : std::move(flushed);
}

Result<CompactedLog> ErrorArchive::Compact(const Context& context) { return CompactAppendLog(context, store_, kPrefix); }

ErrorArchive::Found ErrorArchive::Find(const Context& context, const ErrorJournal::Query& query) {
  Found found;
  std::vector<LoggedRecord> logged;
  ErrorJournal::Query all = query;
  all.limit = SIZE_MAX;
  found.records = journal_.Find(all);  // first: what newer ones push out of memory meanwhile is in the store
  {
    const std::lock_guard lock(read_mutex_);
    if (const auto refreshed = reader_.Refresh(Limited(context)); !refreshed)
      found.unreadable = RedactSecrets(refreshed.error().ToString());
    logged = reader_.records();
    found.damages = reader_.damages();
    const auto refreshed = rescue_reader_.Refresh(Limited(context));
    found.has_rescue = refreshed || refreshed.error().reason() != "unknown_bucket";
    if (!refreshed && found.has_rescue) found.rescue_unreadable = RedactSecrets(refreshed.error().ToString());
    for (LoggedRecord& record : rescue_reader_.records()) logged.push_back(std::move(record));
    for (LogDamage& damage : rescue_reader_.damages()) found.damages.push_back(std::move(damage));
  }
  std::set<std::pair<std::string, std::int64_t>> known;  // by writer and sequence: a record may stand in several places
  for (const ErrorRecord& record : found.records) known.emplace(primary_.writer.writer(), record.sequence);
  for (const LoggedRecord& text : logged) {
    auto record = DecodeJson<ErrorRecord>(text.text);
    if (!record || !Fits(*record, query) || !known.emplace(text.writer, record->sequence).second) continue;
    found.records.push_back(std::move(record).Take());
  }
  const auto earlier = [](const ErrorRecord& a, const ErrorRecord& b) { return a.time_micros < b.time_micros; };
  std::stable_sort(found.records.begin(), found.records.end(), earlier);
  if (found.records.size() > query.limit)
    found.records.erase(found.records.begin(), std::prev(found.records.end(), static_cast<std::ptrdiff_t>(query.limit)));
  return found;
}

}  // namespace lakehouse::storage
