#include "expectation.h"

#include <algorithm>
#include <array>

#include "column_names.h"
#include "lakehouse/base/json_view.h"
#include "lakehouse/base/toml.h"

namespace lakehouse::ingest {
namespace {

constexpr std::size_t kMostExpectations = 100;
constexpr std::size_t kMostTomlBytes = 8 << 10;
constexpr std::size_t kMostPatternBytes = 1'000;
constexpr std::array kRules = {ExpectationRule::kNotNull, ExpectationRule::kUnique,     ExpectationRule::kRange,
                               ExpectationRule::kRegex,   ExpectationRule::kForeignKey, ExpectationRule::kRowCount};
constexpr std::array<std::string_view, 8> kKeys = {"column", "rule", "mostly", "on_failure", "min", "max", "pattern", "references"};

Error Bad(std::size_t number, const std::string& what) {
  return Error(ErrorCode::kInvalidArgument, "expectation " + std::to_string(number) + ": " + what).Named("bad_expectations");
}

std::string TextOf(const JsonView& table, std::string_view key, const char* otherwise = "") {
  const auto value = table.Find(key);
  return std::string(value ? value->AsString().value_or("") : std::string_view(otherwise));
}

/// A bound is a number, a date or a text.
std::optional<std::string> BoundOf(const JsonView& table, std::string_view key) {
  const auto value = table.Find(key);
  if (!value) return std::nullopt;
  const auto text = value->AsString();
  return text ? std::string(*text) : value->ToJson();
}

Result<Expectation> ReadOne(const JsonView& table, std::size_t number) {
  LH_TRY(table.ForEachMember([&](std::string_view key, JsonView) -> Status {
    if (std::find(kKeys.begin(), kKeys.end(), key) != kKeys.end()) return Ok{};
    return Bad(number,
               "\"" + CleanText(key, 100) + "\" is not known; column, rule, mostly, on_failure, min, max, pattern and references are");
  }));
  Expectation expectation;
  const std::string rule = TextOf(table, "rule");
  const auto* const known = std::find_if(kRules.begin(), kRules.end(), [&](ExpectationRule one) { return WireName(one) == rule; });
  if (known == kRules.end()) return Bad(number, "rule is one of not_null, unique, range, regex, foreign_key, row_count");
  expectation.rule = *known;
  expectation.column = TextOf(table, "column");
  if (expectation.column.empty() != (expectation.rule == ExpectationRule::kRowCount))
    return Bad(number, expectation.column.empty() ? rule + " needs a column" : "row_count has no column");
  const auto mostly = table.Find("mostly");
  expectation.mostly = mostly ? mostly->AsNumber().value_or(0) : 1;
  if (!(expectation.mostly > 0 && expectation.mostly <= 1)) return Bad(number, "mostly is above 0 and at most 1");
  if (mostly && expectation.rule == ExpectationRule::kRowCount) return Bad(number, "row_count holds or does not: no mostly");
  const std::string on_failure = TextOf(table, "on_failure", "refuse");
  if (on_failure != "refuse" && on_failure != "warn") return Bad(number, "on_failure is refuse or warn");
  expectation.refuses = on_failure == "refuse";
  expectation.min = BoundOf(table, "min");
  expectation.max = BoundOf(table, "max");
  const bool has_bounds = expectation.rule == ExpectationRule::kRange || expectation.rule == ExpectationRule::kRowCount;
  if (has_bounds != (expectation.min || expectation.max))
    return Bad(number, has_bounds ? rule + " needs min, max or both" : rule + " has no bounds");
  expectation.pattern = TextOf(table, "pattern");
  if (expectation.pattern.empty() == (expectation.rule == ExpectationRule::kRegex) || expectation.pattern.size() > kMostPatternBytes)
    return Bad(number, "regex, and only it, has a pattern, of at most 1,000 octets");
  const std::string references = TextOf(table, "references");
  const std::size_t dot = references.find('.');
  const bool is_pair = dot != std::string::npos && dot > 0 && dot + 1 < references.size();
  if (is_pair != (expectation.rule == ExpectationRule::kForeignKey) || (!is_pair && !references.empty()))
    return Bad(number, "foreign_key, and only it, has references = \"dataset.column\"");
  if (is_pair) expectation.dataset = references.substr(0, dot), expectation.referred = references.substr(dot + 1);
  return expectation;
}

}  // namespace

Result<std::vector<Expectation>> ParseExpectations(std::string_view text) {
  if (text.size() > kMostTomlBytes)
    return Error(ErrorCode::kInvalidArgument, "the expectations of a dataset take at most 8 KiB").Named("bad_expectations");
  const auto bad = [](const std::string& what) { return Error(ErrorCode::kInvalidArgument, what).Named("bad_expectations"); };
  const auto json = TomlToJson(text);
  if (!json) return bad("the expectations are no TOML: " + json.error().message());
  const JsonDocument document = LH_TRY(JsonDocument::Parse(*json));
  const auto list = document.root().Find("expect");
  if (document.root().size() > (list ? 1U : 0U) || (list && !list->is_array()))
    return bad("expectations are tables [[expect]], and nothing else");
  std::vector<Expectation> expectations;
  if (!list) return expectations;
  LH_TRY(list->ForEachElement([&](JsonView one) -> Status {
    if (!one.is_object()) return bad("expectations are tables [[expect]], and nothing else");
    expectations.push_back(LH_TRY(ReadOne(one, expectations.size() + 1)));
    return Ok{};
  }));
  if (expectations.size() > kMostExpectations)
    return Error(ErrorCode::kInvalidArgument, "a dataset may have 100 expectations").Named("bad_expectations");
  return expectations;
}

Result<std::vector<Expectation>> ExpectationsOf(const std::optional<catalog::Dataset>& head) {
  if (!head) return std::vector<Expectation>();
  const auto found = head->attributes.find(kExpectationsAttribute);
  if (found == head->attributes.end()) return std::vector<Expectation>();
  return ParseExpectations(found->second);
}

}  // namespace lakehouse::ingest
