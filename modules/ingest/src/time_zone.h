#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lakehouse/base/result.h"
#include "zone_rule.h"

namespace lakehouse::ingest {

/// Offsets of a place from UTC, as the system's tzdata has them (RFC 8536, its 64-bit block and the rule behind it). Debian's files list
/// the changes to 2037; "slim" ones list what no rule says, and leave the rest to the rule.
class TimeZone {
 public:
  /// "Europe/Berlin"; empty or "UTC": UTC. kInvalidArgument "bad_zone": no such zone.
  static Result<TimeZone> Load(const std::string& name, const std::string& directory = "/usr/share/zoneinfo");
  /// Seconds to add to this time of UTC.
  std::int64_t OffsetAt(std::int64_t utc_seconds) const;

 private:
  std::vector<std::int64_t> from_;     ///< rising; from each of these times on …
  std::vector<std::int64_t> offsets_;  ///< … this offset holds
  std::int64_t first_ = 0;             ///< before them
  std::optional<ZoneRule> rule_;       ///< after the last of them
};

}  // namespace lakehouse::ingest
