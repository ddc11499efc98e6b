#include "setting_value.h"

#include <algorithm>
#include <charconv>

#include "lakehouse/base/edit_distance.h"

namespace lakehouse {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};
constexpr Unit kDurationUnits[] = {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
constexpr Unit kSizeUnits[] = {{"B", 1},
                               {"KB", 1000},
                               {"MB", 1'000'000},
                               {"GB", 1'000'000'000},
                               {"TB", 1'000'000'000'000},
                               {"KiB", std::int64_t{1} << 10},
                               {"MiB", std::int64_t{1} << 20},
                               {"GiB", std::int64_t{1} << 30},
                               {"TiB", std::int64_t{1} << 40}};

Error ExpectedSetting(std::string_view expected, std::string_view found) {
  return Error(ErrorCode::kInvalidArgument, "expected " + std::string(expected) + ", found \"" + std::string(found) + "\"");
}

std::string_view WithoutBlanks(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

/// A number directly followed by a unit. Without a unit only 0, or anything when `bare_allowed`.
Result<std::int64_t> ParseAmount(std::string_view text, std::span<const Unit> units, bool bare_allowed, std::string_view expected) {
  std::int64_t amount = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), amount);
  if (error != std::errc{} || amount < 0) return ExpectedSetting(expected, text);
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  if (unit.empty() && (amount == 0 || bare_allowed)) return amount;
  const auto known = std::find_if(units.begin(), units.end(), [&](const Unit& u) { return u.name == unit; });
  std::int64_t total = 0;
  if (known == units.end() || __builtin_mul_overflow(amount, known->factor, &total)) return ExpectedSetting(expected, text);
  return total;
}

Result<ParsedSetting> ParseList(std::string_view text) {
  ParsedSetting parsed;
  if (WithoutBlanks(text).empty()) return parsed;
  for (std::string_view rest = text;;) {
    const std::size_t comma = rest.find(',');
    const std::string_view item = WithoutBlanks(rest.substr(0, comma));
    if (item.empty()) return ExpectedSetting("a list like a,b without empty items", text);
    parsed.items.emplace_back(item);
    if (comma == rest.npos) return parsed;
    rest.remove_prefix(comma + 1);
  }
}

}  // namespace

Result<ParsedSetting> CheckedNumber(const Setting& setting, std::int64_t number) {
  if (number >= setting.minimum && number <= setting.maximum) return ParsedSetting{number, {}};
  const std::string_view unit = setting.kind == SettingKind::kDurationMs ? " ms" : setting.kind == SettingKind::kSizeBytes ? " bytes" : "";
  std::string expected;
  if (setting.maximum == INT64_MAX) {
    expected = std::to_string(setting.minimum) + " or more";
  } else if (setting.minimum == INT64_MIN) {
    expected = std::to_string(setting.maximum) + " or less";
  } else {
    expected = std::to_string(setting.minimum) + " to " + std::to_string(setting.maximum);
  }
  return Error(ErrorCode::kInvalidArgument,
               "expected " + expected + std::string(unit) + ", found " + std::to_string(number) + std::string(unit));
}

Result<ParsedSetting> ParseSetting(const Setting& setting, std::string_view text) {
  switch (setting.kind) {
    case SettingKind::kText: return ParsedSetting{};
    case SettingKind::kList: return ParseList(text);
    case SettingKind::kBool:
      if (text != "true" && text != "false") return ExpectedSetting("true or false", text);
      return ParsedSetting{text == "true" ? 1 : 0, {}};
    case SettingKind::kInteger: {
      std::int64_t number = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (error != std::errc{} || end != text.data() + text.size()) return ExpectedSetting("an integer", text);
      return CheckedNumber(setting, number);
    }
    case SettingKind::kDurationMs:
      return CheckedNumber(setting, LH_TRY(ParseAmount(text, kDurationUnits, false, "a duration like 250ms, 10s, 5m, 2h or 7d")));
    case SettingKind::kSizeBytes:
      return CheckedNumber(setting, LH_TRY(ParseAmount(text, kSizeUnits, true, "a size like 512KiB, 256MiB, 4GiB or a number of bytes")));
  }
  return Error(ErrorCode::kInternal, "a setting of no kind");
}

std::string_view NearestKey(std::span<const Setting> table, std::string_view key) {
  std::string_view nearest;
  std::size_t least = std::max<std::size_t>(2, key.size() / 3) + 1;  // beyond that a guess misleads
  for (const Setting& setting : table) {
    const std::size_t distance = EditDistance(setting.key, key);
    if (distance >= least) continue;
    least = distance;
    nearest = setting.key;
  }
  return nearest;
}

}  // namespace lakehouse
