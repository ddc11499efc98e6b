#include "lakehouse/base/log.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>

#include "lakehouse/base/file.h"
#include "lakehouse/base/json_writer.h"

namespace lakehouse {
namespace {

constexpr std::size_t kLongestText = 4096;
constexpr std::size_t kTailLines = 1000;
constexpr std::size_t kTailBytes = std::size_t{1} << 20;
constexpr std::string_view kCutMark = "…";

std::string CutText(std::string_view text) {
  if (text.size() <= kLongestText) return std::string(text);
  std::size_t end = kLongestText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;  // never inside a character
  return std::string(text.substr(0, end)).append(kCutMark);
}

struct WriteLogValue {
  JsonWriter& writer;
  void operator()(std::int64_t value) const { writer.Integer(value); }
  void operator()(double value) const { writer.Number(value); }
  void operator()(bool value) const { writer.Bool(value); }
  void operator()(std::string_view value) const { writer.String(CutText(value)); }
};

}  // namespace

struct Log::State {
  const std::string service;
  const Sink sink;
  const Clock& clock;
  std::atomic<LogLevel> level;

  std::mutex mutex;  // protects what follows, and the order of lines
  std::deque<std::string> tail;
  std::size_t tail_bytes = 0;

  void Keep(std::string line) {
    tail_bytes += line.size();
    tail.push_back(std::move(line));
    while (tail.size() > kTailLines || (tail_bytes > kTailBytes && tail.size() > 1)) {
      tail_bytes -= tail.front().size();
      tail.pop_front();
    }
  }
};

std::string_view WireName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return "debug";
    case LogLevel::kInfo: return "info";
    case LogLevel::kWarning: return "warning";
    case LogLevel::kError: return "error";
  }
  return {};
}

Log::Log(std::string service, LogLevel level, Sink sink, const Clock& clock)
    : state_(std::make_unique<State>(std::move(service), std::move(sink), clock, level)) {}
Log::~Log() = default;

void Log::Write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  if (level < this->level()) return;
  JsonWriter writer;
  writer.Open('{');
  writer.Key("time");
  writer.String(FormatTime(state_->clock.WallMicros()));
  writer.Key("level");
  writer.String(WireName(level));
  writer.Key("service");
  writer.String(state_->service);
  writer.Key("message");
  writer.String(CutText(message));
  for (const auto& [key, value] : fields) {
    writer.Key(key);
    std::visit(WriteLogValue{writer}, static_cast<const std::variant<std::int64_t, double, bool, std::string_view>&>(value));
  }
  writer.Close('}');

  std::string line = std::move(writer).Take();
  const std::scoped_lock lock(state_->mutex);
  state_->sink(line);
  state_->Keep(std::move(line));
}

LogLevel Log::level() const { return state_->level.load(std::memory_order_relaxed); }
void Log::set_level(LogLevel level) { state_->level.store(level, std::memory_order_relaxed); }

std::string Log::Tail(std::size_t count) const {
  const std::scoped_lock lock(state_->mutex);
  const auto& tail = state_->tail;
  std::string text;
  for (std::size_t at = tail.size() - std::min(count, tail.size()); at < tail.size(); ++at) text.append(tail[at]).append("\n");
  return text;
}

Log::Sink StandardErrorSink() {
  return [](std::string_view line) {
    std::string octets(line);
    octets += '\n';
    // A log that cannot be written must not stop the work.
    if (const auto written = WriteAll(STDERR_FILENO, octets, "standard error"); !written) return;
  };
}

}  // namespace lakehouse
