#include "schema_drift.h"

#include <algorithm>

#include "column_names.h"
#include "lakehouse/catalog/schema.h"

namespace lakehouse::ingest {
namespace {

constexpr std::string_view kText = "VARCHAR";

/// The type that holds the values of both; nothing: there is none.
std::optional<std::string> TypeOfBoth(const catalog::Column& known, const std::string& found,
                                      const std::function<bool(const catalog::Column&)>& fits_double) {
  if (known.type == found || catalog::IsWidening(found, known.type)) return known.type;
  const bool is_inexact = known.type == "BIGINT" && found == "DOUBLE" && !fits_double(known);
  if (catalog::IsWidening(known.type, found) && !is_inexact) return found;
  if (catalog::IsWidening(known.type, kText) && (found == kText || catalog::IsWidening(found, kText))) return std::string(kText);
  return std::nullopt;
}

}  // namespace

std::optional<DriftPolicy> ParseDriftPolicy(std::string_view text) {
  if (text.empty() || text == "refuse") return DriftPolicy{};
  if (text == "add") return DriftPolicy{.adds = true};
  if (text == "widen") return DriftPolicy{.widens = true};
  if (text == "any") return DriftPolicy{.adds = true, .widens = true};
  return std::nullopt;
}

DriftPolicy DriftPolicyOf(const std::optional<catalog::Dataset>& head) {
  if (!head) return {};
  const auto found = head->attributes.find(kDriftAttribute);
  return found == head->attributes.end() ? DriftPolicy{} : ParseDriftPolicy(found->second).value_or(DriftPolicy{});
}

std::optional<std::vector<catalog::Column>> EvolveColumns(const std::vector<catalog::Column>& head,
                                                          const std::vector<catalog::Column>& found, DriftPolicy policy,
                                                          const std::function<bool(const catalog::Column&)>& fits_double) {
  std::vector<catalog::Column> evolved = head;
  std::int32_t last_id = 0;
  for (const catalog::Column& column : head) last_id = std::max(last_id, column.field_id);
  bool changed = false;
  for (const catalog::Column& column : found) {
    const auto known = std::find_if(evolved.begin(), evolved.end(),
                                    [&](const auto& other) { return FoldColumnName(other.name) == FoldColumnName(column.name); });
    if (known == evolved.end()) {
      if (!policy.adds) return std::nullopt;
      evolved.push_back(column);
      evolved.back().field_id = ++last_id;
      changed = true;
      continue;
    }
    if (known->type == column.type) continue;
    if (!policy.widens) {
      if (catalog::IsWidening(column.type, known->type)) continue;  // goes in as it is
      return std::nullopt;
    }
    const auto type = TypeOfBoth(*known, column.type, fits_double);
    if (!type) return std::nullopt;
    changed = changed || *type != known->type;
    known->type = *type;
  }
  if (!changed) return std::nullopt;
  return evolved;
}

std::string DescribeEvolution(const std::vector<catalog::Column>& head, const std::vector<catalog::Column>& evolved) {
  std::string text;
  for (std::size_t i = 0; i < evolved.size(); ++i) {
    const catalog::Column& column = evolved[i];
    if (i < head.size() && head[i].type == column.type) continue;
    text += text.empty() ? "" : "; ";
    text += i < head.size() ? column.name + " is " + column.type + ", was " + head[i].type : "added " + column.name + " " + column.type;
  }
  return text;
}

}  // namespace lakehouse::ingest
