#include "lakehouse/storage/error_journal.h"

#include <algorithm>
#include <utility>

#include "lakehouse/base/json_view.h"

namespace lakehouse::storage {
namespace {

constexpr std::size_t kTextBytes = 4096;

/// Cut between characters: the text goes out as JSON.
std::string Bounded(std::string text) {
  if (text.size() <= kTextBytes) return text;
  std::size_t end = kTextBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80) --end;
  text.resize(end);
  return text + "...";
}

/// Cut, they would be no JSON any more.
std::optional<std::string> KeptDetails(const std::string& details) {
  if (details.empty() || details.size() > kTextBytes) return std::nullopt;
  std::string redacted = RedactSecrets(details);
  return JsonDocument::Parse(redacted) ? std::optional(std::move(redacted)) : std::nullopt;
}

}  // namespace

ErrorJournal::ErrorJournal(Options options, const Clock& clock) : options_(options), clock_(clock) {}

void ErrorJournal::Record(const Context& ctx, std::string service, std::string object, const Error& error) {
  ErrorRecord record;
  record.time_micros = clock_.WallMicros();
  record.kind = error.reason();
  record.service = Bounded(std::move(service));
  record.object = Bounded(RedactSecrets(object));
  record.request_id = Bounded(ctx.trace);
  record.principal = Bounded(ctx.principal);
  record.message = Bounded(RedactSecrets(error.ToString()));
  record.details = KeptDetails(error.details());
  auto state = state_.Lock();
  record.sequence = ++state->count;
  if (options_.capacity == 0) return;
  if (state->records.size() == options_.capacity) state->records.pop_front();
  state->records.push_back(std::move(record));
}

std::vector<ErrorRecord> ErrorJournal::Find(const Query& query) const {
  std::vector<ErrorRecord> found;
  auto state = state_.Lock();
  for (auto record = state->records.rbegin(); record != state->records.rend() && found.size() < query.limit; ++record) {
    const bool late_enough = !query.since_micros || record->time_micros >= *query.since_micros;  // clocks jump: look at all
    if (late_enough && (query.kind.empty() || record->kind == query.kind)) found.push_back(*record);
  }
  std::reverse(found.begin(), found.end());
  return found;
}

std::vector<ErrorRecord> ErrorJournal::FindAfter(std::int64_t sequence, std::size_t limit) const {
  std::vector<ErrorRecord> found;
  auto state = state_.Lock();
  const auto behind = [](std::int64_t number, const ErrorRecord& record) { return number < record.sequence; };
  auto record = std::upper_bound(state->records.begin(), state->records.end(), sequence, behind);
  for (; record != state->records.end() && found.size() < limit; ++record) found.push_back(*record);
  return found;
}

std::int64_t ErrorJournal::count() const { return state_.Lock()->count; }

}  // namespace lakehouse::storage
