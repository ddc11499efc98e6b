#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "lakehouse/base/json_view.h"
#include "lakehouse/base/result.h"
#include "lakehouse/catalog/types.h"

namespace lakehouse::query {

struct AtSelector {
  catalog::SnapshotSelector selector;
  bool depends_on_time = false;
};

/// What AT (VERSION => n) and AT (TIMESTAMP => t) select. n is a whole number from 1. t is a text, a TIMESTAMP, TIMESTAMPTZ or
/// DATE literal (UTC unless it says otherwise), now(), or one of these plus or minus intervals of fixed length.
/// kInvalidArgument says what was expected.
Result<AtSelector> EvaluateAt(std::string_view unit, JsonView expression, std::int64_t now_micros);

/// "2026-11-21", "2026-11-21 14:03:05.5", "2026-11-21T14:03:05+01:00", "…Z" as microseconds since 1970; UTC without a zone.
std::optional<std::int64_t> ParseTimestamp(std::string_view text);

/// "1 day", "90 minutes 30 seconds", "-2 hours" as microseconds; months and years have no fixed length: nothing.
std::optional<std::int64_t> ParseInterval(std::string_view text);

}  // namespace lakehouse::query
