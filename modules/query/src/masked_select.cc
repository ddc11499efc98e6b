#include "masked_select.h"

#include <algorithm>

#include "gate.h"
#include "lakehouse/base/json_view.h"
#include "lakehouse/base/json_writer.h"
#include "lakehouse/catalog/dataset_name.h"

namespace lakehouse::query {
namespace {

using catalog::FoldName;

constexpr std::string_view kStars = "'******'";
constexpr std::string_view kRow = "\"masked:row\"";
constexpr std::string_view kFilteredTable = "filtered";

std::string MaskOf(const std::string& text, const catalog::Redaction& redaction) {
  const std::string prefix = std::to_string(redaction.keep_prefix), suffix = std::to_string(redaction.keep_suffix);
  if (redaction.keep_prefix + redaction.keep_suffix == 0)
    return "CASE WHEN " + text + " IS NULL THEN NULL ELSE " + std::string(kStars) + " END";
  return "CASE WHEN " + text + " IS NULL THEN NULL WHEN length(" + text + ") > " +
         std::to_string(redaction.keep_prefix + redaction.keep_suffix) + " THEN left(" + text + ", " + prefix + ") || " +
         std::string(kStars) + " || right(" + text + ", " + suffix + ") ELSE " + std::string(kStars) + " END";
}

std::string ShownAs(const catalog::Column& column, const catalog::DatasetRule& rule, const Secret& key) {
  const std::string name = QuoteName(column.name);
  const auto redaction = std::ranges::find(rule.redactions, FoldName(column.name), &catalog::Redaction::column);
  if (redaction == rule.redactions.end()) return name;
  const std::string text = "CAST(" + name + " AS VARCHAR)";
  switch (redaction->kind) {
    case catalog::RedactionKind::kNull: return "CAST(NULL AS " + column.type + ") AS " + name;
    case catalog::RedactionKind::kHash: return "sha256(" + QuoteText(key.Reveal()) + " || " + text + ") AS " + name;
    case catalog::RedactionKind::kMask: return MaskOf(text, *redaction) + " AS " + name;
  }
  return "NULL AS " + name;
}

bool HasColumn(const catalog::Schema& schema, const std::string& folded) {
  return std::ranges::any_of(schema.columns, [&](const catalog::Column& column) { return FoldName(column.name) == folded; });
}

}  // namespace

Result<std::string> MaskedSelect(std::string_view source, const catalog::Schema& schema, const catalog::DatasetRule& rule,
                                 const Secret& key) {
  for (const std::string& column : rule.must_exist)
    if (!HasColumn(schema, column))
      return Error(ErrorCode::kUnprocessable, "a view of the profile names column \"" + column + "\", which the dataset does not have")
          .Named("profile_view_failed");
  std::string columns;
  for (const catalog::Column& column : schema.columns) {
    const bool is_there = rule.columns.empty() || std::ranges::find(rule.columns, FoldName(column.name)) != rule.columns.end();
    if (is_there) columns += (columns.empty() ? "" : ", ") + ShownAs(column, rule, key);
  }
  if (columns.empty())
    return Error(ErrorCode::kUnprocessable, "the views of the profile leave no column of the dataset").Named("profile_view_failed");
  std::string filter;
  for (const std::string& each : rule.row_filters) filter += (filter.empty() ? " WHERE (" : " AND (") + each + "\n)";
  const std::string from = " FROM " + QuoteName(source) + filter;
  if (rule.redactions.empty()) return "SELECT " + columns + from;
  return "SELECT " + columns + " FROM (SELECT *, row_number() OVER () AS " + std::string(kRow) + from + ") ORDER BY sha256(" +
         QuoteText(key.Reveal()) + " || CAST(" + std::string(kRow) + " AS VARCHAR))";
}

Status CheckRowFilter(const Context& context, engine::Session& session, std::string_view filter) {
  const auto tree = session.Parse(context, "SELECT * FROM " + std::string(kFilteredTable) + " WHERE (" + std::string(filter) + "\n)");
  if (!tree) return Error(ErrorCode::kInvalidArgument, "the row filter is no SQL expression: " + tree.error().message());
  const auto document = JsonDocument::Parse(*tree);
  if (!document) return Error(ErrorCode::kInvalidArgument, "the row filter cannot be read: " + document.error().message());
  int references = 0;
  GateOptions options;
  options.dataset_of = [&](std::string_view schema, std::string_view name) -> std::optional<std::string> {
    ++references;
    if (!schema.empty() || FoldName(name) != kFilteredTable) return std::nullopt;
    return std::string(name);
  };
  const auto verdict = Gate(document->root(), FunctionList::Reviewed(), options);
  if (!verdict) return Error(ErrorCode::kInvalidArgument, "the row filter is not allowed: " + verdict.error().message());
  if (references != 1 || verdict->tables.size() != 1 || !verdict->is_steady)
    return Error(ErrorCode::kInvalidArgument,
                 "the row filter is not allowed: it may read the columns of one row, and neither tables, nor the "
                 "clock, nor chance");
  return Ok{};
}

std::string TextOfRule(const catalog::DatasetRule& rule) {
  JsonWriter json;
  json.Open('[');
  for (const auto* texts : {&rule.columns, &rule.row_filters, &rule.must_exist}) {
    json.Open('[');
    for (const std::string& text : *texts) json.String(text);
    json.Close(']');
  }
  for (const catalog::Redaction& redaction : rule.redactions) {
    json.Open('[');
    json.String(redaction.column);
    json.String(WireName(redaction.kind));
    json.Integer(redaction.keep_prefix);
    json.Integer(redaction.keep_suffix);
    json.Close(']');
  }
  json.Close(']');
  return std::move(json).Take();
}

}  // namespace lakehouse::query
