#pragma once
#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "lakehouse/base/clock.h"

namespace lakehouse {

enum class LogLevel { kDebug, kInfo, kWarning, kError };
std::string_view WireName(LogLevel level);

/// What a line says about one thing. A Secret does not convert; neither does anything else that is no number, boolean or text.
struct LogValue : std::variant<std::int64_t, double, bool, std::string_view> {
  LogValue(bool value) : variant(value) {}
  LogValue(double value) : variant(value) {}
  LogValue(std::integral auto value) : variant(static_cast<std::int64_t>(value)) {}
  LogValue(std::string_view value) : variant(value) {}
  LogValue(const std::string& value) : variant(std::string_view(value)) {}
  LogValue(const char* value) : variant(std::string_view(value)) {}
};

/// "key": value of a line. Texts are cut at 4 KiB.
struct LogField {
  std::string_view key;
  LogValue value;
};

/// One JSON object per line: {"time","level","service","message",…fields}. Thread-safe; lines never interleave. Writing is
/// synchronous: one write(2) per line, so what was logged before a crash is there.
///   log.Info("dataset committed", {{"dataset", name}, {"version", version}});
class Log {
 public:
  using Sink = std::function<void(std::string_view line)>;  ///< line without the newline; called under the lock: must not log
  Log(std::string service, LogLevel level, Sink sink, const Clock& clock = SystemClock());
  ~Log();

  void Write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});
  void Debug(std::string_view message, std::initializer_list<LogField> fields = {}) { Write(LogLevel::kDebug, message, fields); }
  void Info(std::string_view message, std::initializer_list<LogField> fields = {}) { Write(LogLevel::kInfo, message, fields); }
  void Warning(std::string_view message, std::initializer_list<LogField> fields = {}) { Write(LogLevel::kWarning, message, fields); }
  void Error(std::string_view message, std::initializer_list<LogField> fields = {}) { Write(LogLevel::kError, message, fields); }

  LogLevel level() const;
  void set_level(LogLevel level);
  /// The last lines, oldest first, for /debug/log, each ended by a newline. At most `count` of those that are kept: the last
  /// 1,000, or fewer when they are long (1 MiB in all).
  std::string Tail(std::size_t count) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Lines to standard error.
Log::Sink StandardErrorSink();

}  // namespace lakehouse
