// What AT (…) takes: a time, an interval, and, as a worker sends it, the tree of an expression. The first line is the unit.
#include "fuzz_target.h"
#include "gate_at.h"

using namespace lakehouse;
using fuzz::Require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lakehouse::query;
  std::string_view text = fuzz::TextOf(data, size);
  constexpr std::int64_t kMicrosPerDay = 86'400'000'000;
  if (const auto micros = ParseTimestamp(text)) {
    Require(*micros > -720'000 * kMicrosPerDay && *micros < 2'940'000 * kMicrosPerDay, "a time is in the years 0 to 9999");
    Require(text.size() >= 10, "a time has a whole date");
  }
  if (const auto micros = ParseInterval(text)) Require(ParseInterval(std::string(text) + " 0 days") == micros, "no days more are as long");
  const std::string_view unit = fuzz::TakeLine(text);
  const auto document = JsonDocument::Parse(text);
  if (!document) return 0;
  const auto at = EvaluateAt(unit, document->root(), std::int64_t{1'700'000'000'000'000});
  if (at) Require(at->selector.version.has_value() != at->selector.time_micros.has_value(), "a version or a time, and one of them");
  return 0;
}
