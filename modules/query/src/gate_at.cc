#include "gate_at.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <variant>
#include <vector>

#include "lakehouse/catalog/dataset_name.h"

namespace lakehouse::query {
namespace {

using catalog::FoldName;

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
constexpr int kMaxTimeDepth = 32;

struct Unit {
  std::string_view name;
  std::string_view function;  // what the parser makes of INTERVAL n UNIT
  std::int64_t micros;
};
constexpr Unit kUnits[] = {
    {"microsecond", "to_microseconds", 1}, {"millisecond", "to_milliseconds", 1000},
    {"second", "to_seconds", kSecond},     {"minute", "to_minutes", kMinute},
    {"hour", "to_hours", kHour},           {"day", "to_days", kDay},
    {"week", "to_weeks", 7 * kDay},
};

constexpr std::string_view kWholeNumberTypes[] = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "INTEGER_LITERAL"};

struct Time {
  std::int64_t micros;
};
struct Span {
  std::int64_t micros;
};
using Value = std::variant<std::int64_t, std::string, Time, Span>;

/// Reads fixed-width decimal numbers and separators off the front of a text.
class Digits {
 public:
  explicit Digits(std::string_view text) : text_(text) {}
  std::optional<int> Take(std::size_t width) {
    if (text_.size() < width) return std::nullopt;
    int value = 0;
    for (char c : text_.substr(0, width)) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    text_.remove_prefix(width);
    return value;
  }
  bool TakeOneOf(std::string_view characters) {
    if (text_.empty() || characters.find(text_.front()) == std::string_view::npos) return false;
    last_ = text_.front();
    text_.remove_prefix(1);
    return true;
  }
  char last() const { return last_; }
  bool empty() const { return text_.empty(); }
  char front() const { return text_.empty() ? '\0' : text_.front(); }

 private:
  std::string_view text_;
  char last_ = '\0';
};

bool IsLeap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

int DaysInMonth(int year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeap(year) ? 29 : kDays[month - 1];
}

/// Days from 1970-01-01 in the proleptic Gregorian calendar. Counts in years that begin in March, so that the leap day is the
/// last one.
std::int64_t DaysSinceEpoch(int year, int month, int day) {
  const std::int64_t y = month <= 2 ? year - 1 : year;
  const std::int64_t m = month <= 2 ? month + 9 : month - 3;
  const std::int64_t day_of_year = (153 * m + 2) / 5 + day - 1;
  return 365 * y + y / 4 - y / 100 + y / 400 + day_of_year - 719468;
}

std::optional<std::int64_t> ParseFraction(Digits& in) {
  std::int64_t micros = 0;
  std::int64_t weight = 100'000;
  int digits = 0;
  while (auto digit = in.Take(1)) {
    micros += *digit * weight;
    weight /= 10;
    if (++digits > 9) return std::nullopt;
  }
  return digits == 0 ? std::nullopt : std::optional(micros);
}

std::optional<std::int64_t> ParseTimeOfDay(Digits& in) {
  const auto hour = in.Take(2);
  if (!hour || *hour > 23 || !in.TakeOneOf(":")) return std::nullopt;
  const auto minute = in.Take(2);
  if (!minute || *minute > 59) return std::nullopt;
  std::int64_t micros = *hour * kHour + *minute * kMinute;
  if (!in.TakeOneOf(":")) return micros;
  const auto second = in.Take(2);
  if (!second || *second > 59) return std::nullopt;
  micros += *second * kSecond;
  if (!in.TakeOneOf(".")) return micros;
  const auto fraction = ParseFraction(in);
  return fraction ? std::optional(micros + *fraction) : std::nullopt;
}

/// What to subtract to get UTC.
std::optional<std::int64_t> ParseZone(Digits& in) {
  if (in.empty()) return 0;
  if (in.TakeOneOf("Zz")) return 0;
  if (!in.TakeOneOf("+-")) return std::nullopt;
  const int sign = in.last() == '-' ? -1 : 1;
  const auto hours = in.Take(2);
  if (!hours || *hours > 15) return std::nullopt;
  if (in.empty()) return sign * *hours * kHour;
  in.TakeOneOf(":");
  const auto minutes = in.Take(2);
  if (!minutes || *minutes > 59) return std::nullopt;
  return sign * (*hours * kHour + *minutes * kMinute);
}

Error NoTime(std::string_view found) {
  return {ErrorCode::kInvalidArgument,
          "AT (TIMESTAMP => …) takes a text such as '2026-11-21 14:03:05', a TIMESTAMP, TIMESTAMPTZ or DATE literal, now(), or "
          "one of these plus or minus an interval of days, hours, minutes or seconds; found " +
              std::string(found)};
}

class Evaluator {
 public:
  explicit Evaluator(std::int64_t now_micros) : now_micros_(now_micros) {}
  bool used_now() const { return used_now_; }

  Result<Value> Evaluate(JsonView node, int depth = 0) {
    if (depth > kMaxTimeDepth) return NoTime("an expression that is nested too deep");
    const std::string_view kind = Text(node, "class");
    if (kind == "CONSTANT") return Constant(node);
    if (kind == "CAST") return Cast(node, depth);
    if (kind == "FUNCTION") return Function(node, depth);
    if (kind == "COLUMN_REF") return ColumnReference(node);
    return NoTime(FoldName(kind));
  }

 private:
  static std::string_view Text(JsonView node, std::string_view key) {
    const auto value = node.Find(key);
    return value ? value->AsString().value_or("") : "";
  }

  static Result<Value> Constant(JsonView node) {
    const auto value = node.Find("value");
    const auto inner = value ? value->Find("value") : std::nullopt;
    const auto type = value ? value->Find("type") : std::nullopt;
    // The value of a DECIMAL is an integer too: its digits without the point.
    const bool whole = type && std::ranges::find(kWholeNumberTypes, Text(*type, "id")) != std::end(kWholeNumberTypes);
    if (whole && inner && inner->AsInteger()) return Value(*inner->AsInteger());
    if (inner && inner->AsString()) return Value(std::string(*inner->AsString()));
    return NoTime("another constant");
  }

  Result<Value> Cast(JsonView node, int depth) {
    const auto child = node.Find("child");
    const auto type = node.Find("cast_type");
    if (!child || !type) return NoTime("a cast of nothing");
    Value value = LH_TRY(Evaluate(*child, depth + 1));
    const std::string_view id = Text(*type, "id");
    const std::string* text = std::get_if<std::string>(&value);
    if (text == nullptr) return value;  // numbers to other numbers, times to other times
    if (id == "INTERVAL") {
      const auto micros = ParseInterval(*text);
      if (!micros) return NoTime("the interval '" + *text + "'");
      return Value(Span{*micros});
    }
    if (id.starts_with("TIMESTAMP") || id == "DATE") return ToTime(value);
    return value;
  }

  Result<Value> Function(JsonView node, int depth) {
    const std::string name = FoldName(Text(node, "function_name"));
    if (name == "now" || name == "get_current_timestamp" || name == "transaction_timestamp") return Now();
    std::vector<Value> arguments;
    if (const auto children = node.Find("children")) {
      LH_TRY(children->ForEachElement([&](JsonView child) -> Status {
        arguments.push_back(LH_TRY(Evaluate(child, depth + 1)));
        return Ok{};
      }));
    }
    if (name == "trunc" && arguments.size() == 1) return arguments[0];
    if ((name == "+" || name == "-") && arguments.size() == 2) return Sum(arguments[0], arguments[1], name == "-" ? -1 : 1);
    for (const Unit& unit : kUnits) {
      const std::int64_t* count = arguments.size() == 1 ? std::get_if<std::int64_t>(&arguments[0]) : nullptr;
      if (name != unit.function || count == nullptr) continue;
      std::int64_t micros = 0;
      if (__builtin_mul_overflow(*count, unit.micros, &micros)) return NoTime("an interval that is too long");
      return Value(Span{micros});
    }
    return NoTime("the function " + name);
  }

  Result<Value> ColumnReference(JsonView node) {
    std::string name;
    if (const auto names = node.Find("column_names"); names && names->size() == 1) {
      LH_TRY(names->ForEachElement([&](JsonView part) -> Status {
        name = FoldName(part.AsString().value_or(""));
        return Ok{};
      }));
    }
    if (name == "current_timestamp") return Now();
    return NoTime("a column");
  }

  Result<Value> Now() {
    used_now_ = true;
    return Value(Time{now_micros_});
  }

  static Result<Value> ToTime(const Value& value) {
    if (std::holds_alternative<Time>(value)) return value;
    const std::string* text = std::get_if<std::string>(&value);
    const auto micros = text != nullptr ? ParseTimestamp(*text) : std::nullopt;
    if (!micros) return NoTime(text != nullptr ? "'" + *text + "'" : "a value that is no time");
    return Value(Time{*micros});
  }

  static Result<Value> Sum(const Value& left, const Value& right, int sign) {
    if (std::holds_alternative<Span>(left) && !std::holds_alternative<Span>(right) && sign > 0) return Sum(right, left, 1);
    const Span* span = std::get_if<Span>(&right);
    if (span == nullptr) return NoTime("a sum without an interval");
    const std::int64_t base =
        std::holds_alternative<Span>(left) ? std::get<Span>(left).micros : std::get<Time>(LH_TRY(ToTime(left))).micros;
    std::int64_t micros = 0;
    const bool overflow =
        sign > 0 ? __builtin_add_overflow(base, span->micros, &micros) : __builtin_sub_overflow(base, span->micros, &micros);
    if (overflow) return NoTime("a time out of range");
    return std::holds_alternative<Span>(left) ? Value(Span{micros}) : Value(Time{micros});
  }

  const std::int64_t now_micros_;
  bool used_now_ = false;
};

}  // namespace

std::optional<std::int64_t> ParseTimestamp(std::string_view text) {
  Digits in(text);
  const auto year = in.Take(4);
  if (!year || !in.TakeOneOf("-")) return std::nullopt;
  const auto month = in.Take(2);
  if (!month || *month < 1 || *month > 12 || !in.TakeOneOf("-")) return std::nullopt;
  const auto day = in.Take(2);
  if (!day || *day < 1 || *day > DaysInMonth(*year, *month)) return std::nullopt;
  std::int64_t micros = DaysSinceEpoch(*year, *month, *day) * kDay;
  if (in.empty()) return micros;
  if (!in.TakeOneOf("Tt ")) return std::nullopt;
  const auto time_of_day = ParseTimeOfDay(in);
  if (!time_of_day) return std::nullopt;
  in.TakeOneOf(" ");
  const auto zone = ParseZone(in);
  if (!zone || !in.empty()) return std::nullopt;
  return micros + *time_of_day - *zone;
}

std::optional<std::int64_t> ParseInterval(std::string_view text) {
  constexpr std::string_view kSpace = " \t";
  std::int64_t total = 0;
  bool any = false;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
    if (text.empty()) break;
    std::int64_t count = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
    text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
    std::string name = FoldName(text.substr(0, text.find_first_of(" \t-0123456789")));
    text.remove_prefix(name.size());
    if (name.ends_with('s')) name.pop_back();
    const Unit* unit = nullptr;
    for (const Unit& candidate : kUnits)
      if (candidate.name == name) unit = &candidate;
    std::int64_t micros = 0;
    if (unit == nullptr || __builtin_mul_overflow(count, unit->micros, &micros)) return std::nullopt;
    if (__builtin_add_overflow(total, micros, &total)) return std::nullopt;
    any = true;
  }
  return any ? std::optional(total) : std::nullopt;
}

Result<AtSelector> EvaluateAt(std::string_view unit, JsonView expression, std::int64_t now_micros) {
  Evaluator evaluator(now_micros);
  Value value = LH_TRY(evaluator.Evaluate(expression));
  AtSelector at;
  const std::string* text = std::get_if<std::string>(&value);
  if (FoldName(unit) == "version") {
    std::int64_t version = 0;
    if (const auto* number = std::get_if<std::int64_t>(&value)) version = *number;
    if (text != nullptr) std::from_chars(text->data(), text->data() + text->size(), version);
    if (version < 1) return Error(ErrorCode::kInvalidArgument, "AT (VERSION => n) takes a whole number from 1: the version of the dataset");
    at.selector.version = version;
    return at;
  }
  if (FoldName(unit) != "timestamp") return Error(ErrorCode::kInvalidArgument, "AT takes VERSION or TIMESTAMP, not " + std::string(unit));
  if (text != nullptr) {
    const auto micros = ParseTimestamp(*text);
    if (!micros) return NoTime("'" + *text + "'");
    value = Time{*micros};
  }
  if (!std::holds_alternative<Time>(value)) return NoTime("a value that is no time");
  at.selector.time_micros = std::get<Time>(value).micros;
  at.depends_on_time = evaluator.used_now();
  return at;
}

}  // namespace lakehouse::query
