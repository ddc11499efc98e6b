#include "scalar_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <type_traits>

#include "duck.h"

namespace lakehouse::engine {

namespace {

__extension__ using Int128 = __int128;
__extension__ using UInt128 = unsigned __int128;

constexpr std::int64_t kExactInDouble = std::int64_t{1} << 53;
constexpr std::int64_t kMicrosPerDay = 86'400'000'000;
constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

Int128 Wide(const duckdb_hugeint& value) {
  return static_cast<Int128>((static_cast<UInt128>(static_cast<std::uint64_t>(value.upper)) << 64) | value.lower);
}
UInt128 Wide(const duckdb_uhugeint& value) { return (static_cast<UInt128>(value.upper) << 64) | value.lower; }

template <typename T>
void WriteInteger(T value, Text& out) {
  constexpr std::size_t kLongest = 24;
  char* begin = out.Reserve(kLongest);
  out.Advance(static_cast<std::size_t>(std::to_chars(begin, begin + kLongest, value).ptr - begin));
}

/// Decimal digits of any width, most significant first, at least `at_least`.
struct Digits {
  char octets[40];
  std::size_t begin = sizeof octets;
  std::string_view view() const { return {octets + begin, sizeof octets - begin}; }
};

Digits DigitsOf(UInt128 value, std::size_t at_least) {
  Digits digits;
  const auto put = [&digits](unsigned digit) { digits.octets[--digits.begin] = static_cast<char>('0' + digit); };
  for (; value > std::numeric_limits<std::uint64_t>::max(); value /= 10) put(static_cast<unsigned>(value % 10));  // a slow division
  for (auto rest = static_cast<std::uint64_t>(value); rest != 0; rest /= 10) put(static_cast<unsigned>(rest % 10));
  while (sizeof digits.octets - digits.begin < at_least) put(0);
  return digits;
}

void WriteWide(Int128 value, Text& out) {
  if (value < 0) out.Put('-');
  const UInt128 magnitude = value < 0 ? -static_cast<UInt128>(value) : static_cast<UInt128>(value);
  out.Append(DigitsOf(magnitude, 1).view());
}

Int128 Unscaled(const Shape& shape, idx_t row) {
  switch (shape.storage) {
    case DUCKDB_TYPE_SMALLINT: return shape.At<std::int16_t>(row);
    case DUCKDB_TYPE_INTEGER: return shape.At<std::int32_t>(row);
    case DUCKDB_TYPE_BIGINT: return shape.At<std::int64_t>(row);
    default: return Wide(shape.At<duckdb_hugeint>(row));
  }
}

void WriteDecimal(const Shape& shape, idx_t row, Text& out) {
  const Int128 value = Unscaled(shape, row);
  if (value < 0) out.Put('-');
  const UInt128 magnitude = value < 0 ? -static_cast<UInt128>(value) : static_cast<UInt128>(value);
  const Digits digits = DigitsOf(magnitude, shape.scale + (shape.width > shape.scale || shape.scale == 0 ? 1u : 0u));
  const std::string_view text = digits.view();
  const std::size_t whole = text.size() - shape.scale;
  out.Append(text.substr(0, whole));
  if (shape.scale == 0) return;
  if (whole == 0) out.Put('0');
  out.Put('.');
  out.Append(text.substr(whole));
}

/// Amounts and rates: a number that is a whole count of hundredths has no shorter text than these digits, since two numbers of at most 15
/// digits are never the same double. False when it is none of these, and nothing was written.
bool WriteHundredths(double value, Text& out) {
  constexpr double kMost = 1e5;  // from here on an exponent can be shorter
  if (!(value > -kMost && value < kMost)) return false;
  const auto hundredths = static_cast<std::int64_t>(std::nearbyint(value * 100));
  if (hundredths == 0 || static_cast<double>(hundredths) / 100 != value) return false;
  if (hundredths < 0) out.Put('-');
  const auto magnitude = static_cast<unsigned>(hundredths < 0 ? -hundredths : hundredths);
  WriteInteger(magnitude / 100, out);
  const unsigned fraction = magnitude % 100;
  char* at = out.Reserve(3);
  at[0] = '.';
  at[1] = static_cast<char>('0' + fraction / 10);
  at[2] = static_cast<char>('0' + fraction % 10);
  out.Advance(fraction % 10 == 0 ? 2 : 3);
  return true;
}

template <typename T>
void WriteFloat(T value, Text& out) {
  if constexpr (std::is_same_v<T, double>) {
    if (WriteHundredths(value, out)) return;
  }
  if (std::isnan(value)) return out.Append("nan");
  if (std::isinf(value)) return out.Append(value > 0 ? "inf" : "-inf");
  constexpr std::size_t kLongest = 32;
  char* begin = out.Reserve(kLongest + 2);
  char* end = std::to_chars(begin, begin + kLongest, value).ptr;
  const bool looks_integral = std::all_of(begin, end, [](char c) { return c == '-' || (c >= '0' && c <= '9'); });
  if (looks_integral) {
    *end++ = '.';
    *end++ = '0';
  }
  out.Advance(static_cast<std::size_t>(end - begin));
}

void WriteTwo(unsigned value, Text& out) {
  char* at = out.Reserve(2);
  at[0] = static_cast<char>('0' + value / 10);
  at[1] = static_cast<char>('0' + value % 10);
  out.Advance(2);
}

struct Day {
  std::int64_t year;
  unsigned month, day;
};

/// Proleptic Gregorian calendar; days since 1970-01-01. Eras of 400 years, years that begin in March.
Day DayOf(std::int64_t days) {
  const std::int64_t shifted = days + 719'468;
  const std::int64_t era = (shifted >= 0 ? shifted : shifted - 146'096) / 146'097;
  const auto of_era = static_cast<unsigned>(shifted - era * 146'097);
  const unsigned year_of_era = (of_era - of_era / 1'460 + of_era / 36'524 - of_era / 146'096) / 365;
  const unsigned of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned march_month = (5 * of_year + 2) / 153;
  const unsigned month = march_month < 10 ? march_month + 3 : march_month - 9;
  return {era * 400 + year_of_era + (month <= 2 ? 1 : 0), month, of_year - (153 * march_month + 2) / 5 + 1};
}

void WriteDay(std::int64_t days, Spelling spelling, Text& out) {
  const Day day = DayOf(days);
  const bool before_christ = day.year <= 0 && spelling == Spelling::kDuckDb;
  const std::int64_t year = before_christ ? 1 - day.year : day.year;
  if (spelling == Spelling::kIso && (year < 0 || year > 9'999)) out.Put(year < 0 ? '-' : '+');
  if (year >= 0 && year <= 9'999) {
    const auto four = static_cast<unsigned>(year);
    WriteTwo(four / 100, out);
    WriteTwo(four % 100, out);
  } else {
    out.Append(DigitsOf(static_cast<UInt128>(year < 0 ? -year : year), 4).view());
  }
  out.Put('-');
  WriteTwo(day.month, out);
  out.Put('-');
  WriteTwo(day.day, out);
  if (before_christ) out.Append(" (BC)");
}

/// Seconds with as many digits of the fraction as are not zero.
void WriteClock(std::int64_t nanos_of_day, Text& out) {
  const auto seconds = static_cast<unsigned>(nanos_of_day / kNanosPerSecond);
  WriteTwo(seconds / 3'600, out);
  out.Put(':');
  WriteTwo(seconds / 60 % 60, out);
  out.Put(':');
  WriteTwo(seconds % 60, out);
  const auto fraction = static_cast<std::uint64_t>(nanos_of_day % kNanosPerSecond);
  if (fraction == 0) return;
  const Digits digits = DigitsOf(fraction, 9);
  std::string_view text = digits.view();
  text = text.substr(0, text.find_last_not_of('0') + 1);
  out.Put('.');
  out.Append(text);
}

void WriteOffset(std::int32_t seconds, Text& out) {
  out.Put(seconds < 0 ? '-' : '+');
  const auto magnitude = static_cast<unsigned>(seconds < 0 ? -seconds : seconds);
  WriteTwo(magnitude / 3'600, out);
  if (magnitude % 3'600 == 0) return;
  out.Put(':');
  WriteTwo(magnitude / 60 % 60, out);
  if (magnitude % 60 == 0) return;
  out.Put(':');
  WriteTwo(magnitude % 60, out);
}

std::int64_t FloorDiv(std::int64_t value, std::int64_t by) { return value / by - (value % by < 0 ? 1 : 0); }

/// `per_day` units of time make a day.
void WriteMoment(std::int64_t value, std::int64_t per_day, bool has_zone, Spelling spelling, Text& out) {
  constexpr std::int64_t kInfinite = std::numeric_limits<std::int64_t>::max();
  if (value == kInfinite || value == -kInfinite) return out.Append(value > 0 ? "infinity" : "-infinity");
  const std::int64_t days = FloorDiv(value, per_day);
  WriteDay(days, spelling, out);
  out.Put(spelling == Spelling::kIso ? 'T' : ' ');
  WriteClock((value - days * per_day) * (kMicrosPerDay * 1'000 / per_day), out);
  if (has_zone) out.Append(spelling == Spelling::kIso ? "Z" : "+00");
}

void WriteDate(std::int32_t days, Spelling spelling, Text& out) {
  constexpr std::int32_t kInfinite = std::numeric_limits<std::int32_t>::max();
  if (days == kInfinite || days == -kInfinite) return out.Append(days > 0 ? "infinity" : "-infinity");
  WriteDay(days, spelling, out);
}

void WriteCount(std::int64_t count, std::string_view unit, bool& empty, Text& out) {
  if (count == 0) return;
  if (!empty) out.Put(' ');
  empty = false;
  WriteInteger(count, out);
  out.Append(unit);
  if (count != 1 && count != -1) out.Put('s');
}

/// As DuckDB: "1 year 2 months -3 days 04:05:06.5".
void WriteInterval(const duckdb_interval& value, Text& out) {
  bool empty = true;
  WriteCount(value.months / 12, " year", empty, out);
  WriteCount(value.months % 12, " month", empty, out);
  WriteCount(value.days, " day", empty, out);
  if (value.micros == 0 && !empty) return;
  if (!empty) out.Put(' ');
  if (value.micros < 0) out.Put('-');
  const auto micros = value.micros < 0 ? 0 - static_cast<std::uint64_t>(value.micros) : static_cast<std::uint64_t>(value.micros);
  constexpr std::uint64_t kMicrosPerHour = 3'600'000'000;
  const std::uint64_t hours = micros / kMicrosPerHour;
  const Digits digits = DigitsOf(hours, 2);
  out.Append(digits.view());
  Text rest(64);
  WriteClock(static_cast<std::int64_t>(micros % kMicrosPerHour) * 1'000, rest);
  out.Append(rest.view().substr(2));
}

void WriteUuid(const duckdb_hugeint& value, Text& out) {
  static constexpr char kHex[] = "0123456789abcdef";
  const std::uint64_t upper = static_cast<std::uint64_t>(value.upper) ^ (std::uint64_t{1} << 63);  // stored so that it sorts
  char* at = out.Reserve(36);
  for (int nibble = 0; nibble < 32; ++nibble) {
    if (nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20) *at++ = '-';
    const std::uint64_t half = nibble < 16 ? upper : value.lower;
    *at++ = kHex[half >> (60 - nibble % 16 * 4) & 15];
  }
  out.Advance(36);
}

/// The first octet says how many bits of the second do not count.
void WriteBits(std::string_view octets, Text& out) {
  if (octets.empty() || !out.Fits(octets.size() * 8)) return;
  const auto padding = static_cast<unsigned char>(octets[0]);
  for (std::size_t bit = padding; bit < (octets.size() - 1) * 8; ++bit)
    out.Put((static_cast<unsigned char>(octets[1 + bit / 8]) >> (7 - bit % 8) & 1) != 0 ? '1' : '0');
}

std::string_view LabelOf(const Shape& shape, idx_t row) {
  std::size_t index = 0;
  switch (shape.storage) {
    case DUCKDB_TYPE_UTINYINT: index = shape.At<std::uint8_t>(row); break;
    case DUCKDB_TYPE_USMALLINT: index = shape.At<std::uint16_t>(row); break;
    default: index = shape.At<std::uint32_t>(row); break;
  }
  return index < shape.labels.size() ? std::string_view(shape.labels[index]) : std::string_view();
}

void WriteTimeTz(const duckdb_time_tz& value, Text& out) {
  const duckdb_time_tz_struct parts = duckdb_from_time_tz(value);
  const std::int64_t seconds = parts.time.hour * 3'600 + parts.time.min * 60 + parts.time.sec;
  WriteClock(seconds * kNanosPerSecond + std::int64_t{parts.time.micros} * 1'000, out);
  WriteOffset(parts.offset, out);
}

}  // namespace

bool IsJsonNumber(duckdb_type type) {
  switch (type) {
    case DUCKDB_TYPE_BOOLEAN:
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_UINTEGER:
    case DUCKDB_TYPE_UBIGINT:
    case DUCKDB_TYPE_HUGEINT:
    case DUCKDB_TYPE_UHUGEINT:
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DOUBLE: return true;
    default: return false;
  }
}

bool ExceedsJsonNumber(const Shape& shape, idx_t row) {
  switch (shape.type) {
    case DUCKDB_TYPE_BIGINT: return shape.At<std::int64_t>(row) > kExactInDouble || shape.At<std::int64_t>(row) < -kExactInDouble;
    case DUCKDB_TYPE_UBIGINT: return shape.At<std::uint64_t>(row) > static_cast<std::uint64_t>(kExactInDouble);
    case DUCKDB_TYPE_HUGEINT:
      return Wide(shape.At<duckdb_hugeint>(row)) > kExactInDouble || Wide(shape.At<duckdb_hugeint>(row)) < -kExactInDouble;
    case DUCKDB_TYPE_UHUGEINT: return Wide(shape.At<duckdb_uhugeint>(row)) > static_cast<UInt128>(kExactInDouble);
    case DUCKDB_TYPE_FLOAT: return !std::isfinite(shape.At<float>(row));
    case DUCKDB_TYPE_DOUBLE: return !std::isfinite(shape.At<double>(row));
    default: return false;
  }
}

void WriteScalar(const Shape& shape, idx_t row, Spelling spelling, Text& out) {
  switch (shape.type) {
    case DUCKDB_TYPE_BOOLEAN: return out.Append(shape.At<bool>(row) ? "true" : "false");
    case DUCKDB_TYPE_TINYINT: return WriteInteger(shape.At<std::int8_t>(row), out);
    case DUCKDB_TYPE_SMALLINT: return WriteInteger(shape.At<std::int16_t>(row), out);
    case DUCKDB_TYPE_INTEGER: return WriteInteger(shape.At<std::int32_t>(row), out);
    case DUCKDB_TYPE_BIGINT: return WriteInteger(shape.At<std::int64_t>(row), out);
    case DUCKDB_TYPE_UTINYINT: return WriteInteger(shape.At<std::uint8_t>(row), out);
    case DUCKDB_TYPE_USMALLINT: return WriteInteger(shape.At<std::uint16_t>(row), out);
    case DUCKDB_TYPE_UINTEGER: return WriteInteger(shape.At<std::uint32_t>(row), out);
    case DUCKDB_TYPE_UBIGINT: return WriteInteger(shape.At<std::uint64_t>(row), out);
    case DUCKDB_TYPE_HUGEINT: return WriteWide(Wide(shape.At<duckdb_hugeint>(row)), out);
    case DUCKDB_TYPE_UHUGEINT: return out.Append(DigitsOf(Wide(shape.At<duckdb_uhugeint>(row)), 1).view());
    case DUCKDB_TYPE_FLOAT: return WriteFloat(shape.At<float>(row), out);
    case DUCKDB_TYPE_DOUBLE: return WriteFloat(shape.At<double>(row), out);
    case DUCKDB_TYPE_DECIMAL: return WriteDecimal(shape, row, out);
    case DUCKDB_TYPE_DATE: return WriteDate(shape.At<std::int32_t>(row), spelling, out);
    case DUCKDB_TYPE_TIME: return WriteClock(shape.At<std::int64_t>(row) * 1'000, out);
    case DUCKDB_TYPE_TIME_NS: return WriteClock(shape.At<std::int64_t>(row), out);
    case DUCKDB_TYPE_TIME_TZ: return WriteTimeTz(shape.At<duckdb_time_tz>(row), out);
    case DUCKDB_TYPE_TIMESTAMP: return WriteMoment(shape.At<std::int64_t>(row), kMicrosPerDay, false, spelling, out);
    case DUCKDB_TYPE_TIMESTAMP_TZ: return WriteMoment(shape.At<std::int64_t>(row), kMicrosPerDay, true, spelling, out);
    case DUCKDB_TYPE_TIMESTAMP_S: return WriteMoment(shape.At<std::int64_t>(row), kMicrosPerDay / 1'000'000, false, spelling, out);
    case DUCKDB_TYPE_TIMESTAMP_MS: return WriteMoment(shape.At<std::int64_t>(row), kMicrosPerDay / 1'000, false, spelling, out);
    case DUCKDB_TYPE_TIMESTAMP_NS: return WriteMoment(shape.At<std::int64_t>(row), kMicrosPerDay * 1'000, false, spelling, out);
    case DUCKDB_TYPE_INTERVAL: return WriteInterval(shape.At<duckdb_interval>(row), out);
    case DUCKDB_TYPE_UUID: return WriteUuid(shape.At<duckdb_hugeint>(row), out);
    case DUCKDB_TYPE_BIT: return WriteBits(TextAt(static_cast<const duckdb_string_t*>(shape.data), row), out);
    case DUCKDB_TYPE_ENUM: return out.Append(LabelOf(shape, row));
    default: return;
  }
}

void WriteBase64(std::string_view octets, Text& out) {
  static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::size_t length = (octets.size() + 2) / 3 * 4;
  if (!out.Fits(length)) return;
  char* at = out.Reserve(length);
  for (std::size_t i = 0; i < octets.size(); i += 3) {
    const auto octet = [&](std::size_t k) { return i + k < octets.size() ? static_cast<unsigned char>(octets[i + k]) : 0u; };
    const unsigned group = octet(0) << 16 | octet(1) << 8 | octet(2);
    *at++ = kAlphabet[group >> 18];
    *at++ = kAlphabet[group >> 12 & 63];
    *at++ = i + 1 < octets.size() ? kAlphabet[group >> 6 & 63] : '=';
    *at++ = i + 2 < octets.size() ? kAlphabet[group & 63] : '=';
  }
  out.Advance(length);
}

}  // namespace lakehouse::engine
