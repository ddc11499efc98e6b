#include "column_summary.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "format.h"
#include "lakehouse/base/json_view.h"
#include "sql_text.h"

namespace lakehouse::ui {
namespace {

constexpr std::size_t kFacts = 6;                // count, distinct, min, max, and the bounds as numbers
constexpr std::int64_t kMostValues = 2'000'000;  // to count one by one

std::string StateOf(const SummaryScope& scope) { return scope.dataset + "@" + std::to_string(scope.sequence); }

bool HasOrder(const catalog::Column& column) { return !IsNested(column.type); }
bool HasDistance(const catalog::Column& column) { return IsNumeric(column.type) || IsTemporal(column.type); }
std::string AsNumber(const catalog::Column& column) {
  const std::string name = QuoteName(column.name);
  return IsTemporal(column.type) ? "epoch(" + name + ")" : "CAST(" + name + " AS DOUBLE)";
}

/// A DOUBLE as SQL, to the last digit.
std::string Literal(double number) {
  char text[64];
  std::snprintf(text, sizeof text, "CAST('%.17g' AS DOUBLE)", number);
  return text;
}

std::string FactsSql(const SummaryScope& scope) {
  std::string sql = "SELECT count(*)";
  for (const catalog::Column& column : scope.columns) {
    const std::string name = QuoteName(column.name);
    sql += ", count(" + name + ")";
    sql += HasOrder(column) ? ", approx_count_distinct(" + name + ")" : ", 0";
    if (HasOrder(column))
      sql += ", left(CAST(min(" + name + ") AS VARCHAR), 200), left(CAST(max(" + name + ") AS VARCHAR), 200)";
    else
      sql += ", NULL, NULL";
    if (HasDistance(column))
      sql += ", min(" + AsNumber(column) + "), max(" + AsNumber(column) + ")";
    else
      sql += ", NULL, NULL";
  }
  return sql + " FROM " + TableAt(scope.dataset, scope.version);
}

std::int64_t IntegerAt(const Row& row, std::size_t at) { return std::strtoll(row[at].text.c_str(), nullptr, 10); }
double NumberAt(const Row& row, std::size_t at) { return std::strtod(row[at].text.c_str(), nullptr); }

/// Bounds that a histogram can be drawn between.
bool IsSpread(const Row& facts, std::size_t base) {
  if (facts[base + 4].is_null || facts[base + 5].is_null) return false;
  const double low = NumberAt(facts, base + 4), high = NumberAt(facts, base + 5);
  return std::isfinite(low) && std::isfinite(high) && high > low;
}

std::vector<ColumnSummary> ReadFacts(const SummaryScope& scope, const Row& facts) {
  std::vector<ColumnSummary> all(scope.columns.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::size_t base = 1 + i * kFacts;
    ColumnSummary& summary = all[i];
    summary.rows = IntegerAt(facts, 0);
    const std::int64_t filled = IntegerAt(facts, base);
    summary.nulls = summary.rows - filled;
    summary.distinct = std::min(IntegerAt(facts, base + 1), filled);
    if (!facts[base + 2].is_null) summary.min = facts[base + 2].text;
    if (!facts[base + 3].is_null) summary.max = facts[base + 3].text;
    if (!HasOrder(scope.columns[i]) || filled == 0) continue;
    const bool is_spread = HasDistance(scope.columns[i]) && IsSpread(facts, base);
    const bool is_unique = filled > 20 && static_cast<double>(summary.distinct) > .9 * static_cast<double>(filled);
    if (is_spread && summary.distinct > 2)
      summary.shape = ColumnSummary::Shape::kBins;
    else if (is_unique || summary.distinct > kMostValues)
      summary.shape = ColumnSummary::Shape::kUnique;
    else
      summary.shape = ColumnSummary::Shape::kTopValues;
  }
  return all;
}

/// One row per bar: column, bin or value, count.
std::string BarsSql(const SummaryScope& scope, const std::vector<ColumnSummary>& all, const Row& facts) {
  std::string sql;
  const std::string from = " FROM " + TableAt(scope.dataset, scope.version) + " WHERE ";
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::string name = QuoteName(scope.columns[i].name);
    std::string part;
    if (all[i].shape == ColumnSummary::Shape::kTopValues) {
      part = "(SELECT " + std::to_string(i) + " AS c, left(CAST(" + name + " AS VARCHAR), 200) AS v, count(*) AS n" + from + name +
             " IS NOT NULL GROUP BY 2 ORDER BY 3 DESC, 2 LIMIT " + std::to_string(kSummaryBins) + ")";
    } else if (all[i].shape == ColumnSummary::Shape::kBins) {
      const double low = NumberAt(facts, 1 + i * kFacts + 4), high = NumberAt(facts, 1 + i * kFacts + 5);
      const std::string number = AsNumber(scope.columns[i]);
      part = "(SELECT " + std::to_string(i) + " AS c, CAST(least(" + std::to_string(kSummaryBins - 1) + ", greatest(0, floor((" + number +
             " - " + Literal(low) + ") * " + Literal(kSummaryBins / (high - low)) + "))) AS VARCHAR) AS v, count(*) AS n" + from + name +
             " IS NOT NULL GROUP BY 2)";
    }
    if (part.empty()) continue;
    sql += (sql.empty() ? "" : " UNION ALL ") + part;
  }
  return sql;
}

void TakeBars(const Table& bars, std::vector<ColumnSummary>& all) {
  for (const Row& row : bars.rows) {
    ColumnSummary& summary = all[static_cast<std::size_t>(IntegerAt(row, 0))];
    const std::int64_t count = IntegerAt(row, 2);
    if (summary.shape == ColumnSummary::Shape::kBins) {
      summary.bins.resize(kSummaryBins);
      const auto bin = static_cast<std::size_t>(std::clamp(std::atoi(row[1].text.c_str()), 0, kSummaryBins - 1));
      summary.bins[bin].count += count;
    } else {
      summary.bins.push_back({row[1].text, count});
    }
  }
  for (ColumnSummary& summary : all) {
    if (summary.shape != ColumnSummary::Shape::kTopValues) continue;
    std::stable_sort(summary.bins.begin(), summary.bins.end(), [](const auto& a, const auto& b) { return a.count > b.count; });
    if (summary.bins.size() < kSummaryBins || summary.bins[0].count > 1) continue;
    summary.shape = ColumnSummary::Shape::kUnique;  // the estimate was low: not even the most frequent value comes twice
    summary.distinct = summary.rows - summary.nulls;
    summary.bins.clear();
  }
}

std::string ShortBound(const catalog::Column& column, const std::string& text) {
  if (IsNumeric(column.type)) {
    const double number = std::strtod(text.c_str(), nullptr);
    if (text.find('.') == std::string::npos && std::abs(number) < 1e15)
      return std::abs(number) < 1e5 ? text : Compact(static_cast<std::int64_t>(number));
    return Shortest(number);
  }
  return Cut(IsTemporal(column.type) ? text.substr(0, 10) : text, 14);
}

void ShowBars(View& view, const ColumnSummary& summary) {
  std::vector<std::int64_t> counts;
  for (const SummaryBin& bin : summary.bins) counts.push_back(bin.count);
  if (summary.shape == ColumnSummary::Shape::kUnique) counts.assign(kSummaryBins, 1);
  const std::int64_t most = counts.empty() ? 0 : *std::max_element(counts.begin(), counts.end());
  if (most == 0) return;
  const double width = 100.0 / static_cast<double>(std::max<std::size_t>(counts.size(), kSummaryBins));
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    const double height = std::max(1.0, 30.0 * static_cast<double>(counts[i]) / static_cast<double>(most));
    View& bar = view.ShowAdd("bar");
    bar.Show("x", Fixed(static_cast<double>(i) * width, 2) + "%").Show("w", Fixed(width * .89, 2) + "%");
    bar.Show("y", Fixed(32 - height, 1)).Show("h", Fixed(height, 1));
    bar.ShowFlag("hi", summary.shape == ColumnSummary::Shape::kTopValues && i == 0 && counts.size() > 1);
  }
}

}  // namespace

Result<std::vector<ColumnSummary>> Summarise(Reader& reader, const Context& context, const SummaryScope& scope) {
  if (scope.columns.empty()) return std::vector<ColumnSummary>();
  const auto facts = LH_TRY(reader.Read(context, StateOf(scope), FactsSql(scope)));
  auto all = ReadFacts(scope, facts->rows.at(0));
  const std::string bars = BarsSql(scope, all, facts->rows[0]);
  if (!bars.empty()) TakeBars(*LH_TRY(reader.Read(context, StateOf(scope), bars)), all);
  return all;
}

bool IsSummarised(Reader& reader, const Context& context, const SummaryScope& scope) {
  const auto facts = reader.Find(context, StateOf(scope), FactsSql(scope));
  if (!facts || facts->rows.empty()) return scope.columns.empty();
  const std::string bars = BarsSql(scope, ReadFacts(scope, facts->rows[0]), facts->rows[0]);
  return bars.empty() || reader.Find(context, StateOf(scope), bars) != nullptr;
}

void ShowSummary(View& view, const catalog::Column& column, const ColumnSummary& summary) {
  using Shape = ColumnSummary::Shape;
  view.ShowFlag("summarised", true);
  view.SetInteger("nulls", summary.nulls).SetInteger("distinct", summary.distinct);
  if (summary.min) view.Set("min", *summary.min);
  if (summary.max) view.Set("max", *summary.max);
  const double share = summary.rows > 0 ? 100.0 * static_cast<double>(summary.nulls) / static_cast<double>(summary.rows) : 0;
  const std::string nulls = summary.nulls == 0 ? "0 null" : share >= .1 ? Fixed(share, 1) + "% null" : Grouped(summary.nulls) + " null";
  view.Show("nulls_text", nulls).Show("nulls_short", nulls.substr(0, nulls.size() - std::string_view(" null").size()));
  const std::string about = (summary.distinct > 1000 ? "≈ " : "") + Compact(summary.distinct);
  view.Show("distinct_text", summary.shape == Shape::kUnique ? "unique" : summary.shape == Shape::kNone ? "–" : about);
  std::string left, right = nulls;
  if (summary.shape == Shape::kBins) {
    left = ShortBound(column, summary.min.value_or(""));
    right = ShortBound(column, summary.max.value_or(""));
  } else if (summary.shape == Shape::kUnique) {
    left = "unique";
  } else if (summary.shape == Shape::kTopValues) {
    left = Compact(summary.distinct) + (summary.distinct == 1 ? " value" : " values");
  } else {
    left = summary.nulls == summary.rows ? "empty" : "nested";
  }
  view.Show("sum_left", left).Show("sum_right", right);
  view.Show("bars_label", column.name + ": " + left + ", " + right + (summary.shape == Shape::kBins ? ", " + nulls : ""));
  view.ShowFlag("min_known", summary.min.has_value());
  view.Show("min_text", ShortBound(column, summary.min.value_or(""))).Show("max_text", ShortBound(column, summary.max.value_or("")));
  ShowBars(view, summary);
  if (summary.shape != Shape::kTopValues) return;
  for (const SummaryBin& bin : summary.bins)
    view.Add("top_values").Set("value", bin.label).SetInteger("count", bin.count).Show("count_text", Grouped(bin.count));
}

}  // namespace lakehouse::ui
