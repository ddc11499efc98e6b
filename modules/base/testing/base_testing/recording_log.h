#pragma once
#include <string>
#include <utility>
#include <vector>

#include "lakehouse/base/guarded.h"
#include "lakehouse/base/log.h"

namespace lakehouse {

/// A log whose lines the test can look at. Thread-safe.
class RecordingLog {
 public:
  explicit RecordingLog(LogLevel level = LogLevel::kDebug, const Clock& clock = SystemClock())
      : log_("test", level, [this](std::string_view line) { lines_.Lock()->emplace_back(line); }, clock) {}

  Log& log() { return log_; }
  std::vector<std::string> lines() { return *lines_.Lock(); }

 private:
  Guarded<std::vector<std::string>> lines_;
  Log log_;
};

}  // namespace lakehouse
