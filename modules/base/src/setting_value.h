#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/settings.h"

namespace lakehouse {

/// One setting's text, understood.
struct ParsedSetting {
  std::int64_t number = 0;
  std::vector<std::string> items;
};

/// kInvalidArgument says what was expected and found; the caller adds which setting, and where.
Result<ParsedSetting> ParseSetting(const Setting& setting, std::string_view text);
Result<ParsedSetting> CheckedNumber(const Setting& setting, std::int64_t number);

/// The known key that was probably meant; empty when none is near.
std::string_view NearestKey(std::span<const Setting> table, std::string_view key);

}  // namespace lakehouse
