#include "lakehouse/net/request_log.h"

#include <ranges>
#include <vector>

#include "lakehouse/base/json_writer.h"

namespace lakehouse::net {
namespace {
constexpr std::size_t kKept = 200;
constexpr std::size_t kLongestPath = 200;
constexpr double kNanosPerMillisecond = 1e6;

void WriteEntry(JsonWriter& json, const RequestLog::Entry& entry, std::int64_t wall_micros, std::int64_t elapsed_nanos) {
  const auto field = [&](std::string_view name, std::string_view value) {
    json.Key(name);
    json.String(value);
  };
  field("request_id", entry.request_id);
  field("method", entry.method);
  field("path", entry.path);
  field("route", entry.route);
  field("principal", entry.principal);
  field("peer", entry.peer);
  field("started", FormatTime(wall_micros));
  json.Key("elapsed_ms");
  json.Number(static_cast<double>(elapsed_nanos) / kNanosPerMillisecond);
}

/// At a boundary of characters.
std::string Cut(std::string path) {
  std::size_t end = std::min(path.size(), kLongestPath);
  while (end < path.size() && end > 0 && (static_cast<unsigned char>(path[end]) & 0xc0) == 0x80) --end;
  path.resize(end);
  return path;
}
}  // namespace

std::uint64_t RequestLog::Begin(Entry entry, std::stop_source cancel) {
  entry.path = Cut(std::move(entry.path));
  Running running{std::move(entry), std::move(cancel), clock_.WallMicros(), clock_.SteadyNanos()};
  auto state = state_.Lock();
  const std::uint64_t number = state->next++;
  state->running.emplace_hint(state->running.end(), number, std::move(running));
  return number;
}

void RequestLog::End(std::uint64_t number, int status, std::uint64_t sent_bytes) {
  const std::int64_t now = clock_.SteadyNanos();
  auto state = state_.Lock();
  auto node = state->running.extract(number);
  if (node.empty()) return;
  const std::int64_t elapsed = now - node.mapped().steady_nanos;
  if (state->ended.size() == kKept) state->ended.pop_front();
  state->ended.push_back({std::move(node.mapped()), elapsed, status, sent_bytes});
}

std::size_t RequestLog::Cancel(std::string_view request_id) {
  std::vector<std::stop_source> found;
  {
    auto state = state_.Lock();
    for (const auto& [number, running] : state->running)
      if (running.entry.request_id == request_id && running.cancel.stop_possible()) found.push_back(running.cancel);
  }
  for (std::stop_source& cancel : found) cancel.request_stop();
  return found.size();
}

std::string RequestLog::ToJson() const {
  const std::int64_t now = clock_.SteadyNanos();
  JsonWriter json;
  auto state = state_.Lock();
  json.Open('{');
  json.Key("in_flight");
  json.Open('[');
  for (const auto& [id, running] : std::views::reverse(state->running)) {
    json.Open('{');
    WriteEntry(json, running.entry, running.wall_micros, now - running.steady_nanos);
    json.Close('}');
  }
  json.Close(']');
  json.Key("recent");
  json.Open('[');
  for (const auto& ended : std::views::reverse(state->ended)) {
    json.Open('{');
    WriteEntry(json, ended.running.entry, ended.running.wall_micros, ended.elapsed_nanos);
    json.Key("status");
    json.Integer(ended.status);
    json.Key("sent_bytes");
    json.Integer(static_cast<std::int64_t>(ended.sent_bytes));
    json.Close('}');
  }
  json.Close(']');
  json.Close('}');
  return std::move(json).Take();
}

}  // namespace lakehouse::net
