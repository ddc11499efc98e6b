#include "json_prepare.h"

#include <algorithm>

#include "column_names.h"
#include "json_columns.h"
#include "json_splitter.h"
#include "reject_file.h"

namespace lakehouse::ingest {
namespace {

constexpr std::int64_t kProgressValues = 2048;

/// The parser's limits are wider than ours: depth is counted here.
bool TooDeep(std::string_view text) {
  int depth = 0;
  bool inside = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (inside) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        inside = false;
    } else if (c == '"')
      inside = true;
    else if (c == '{' || c == '[') {
      if (++depth > kMaxJsonDepth) return true;
    } else if (c == '}' || c == ']')
      --depth;
  }
  return false;
}

Result<JsonDocument> ParseValue(const JsonText& value) {
  if (TooDeep(value.text))
    return Error(ErrorCode::kUnprocessable, "nested deeper than " + std::to_string(kMaxJsonDepth) + " levels").Named("too_deep");
  return JsonDocument::Parse(value.text);
}

/// Makes the report's columns those of the target where the rows fit them.
void FitTarget(const std::vector<TargetColumn>& target, const JsonColumns& found, PrepareReport& report) {
  if (target.empty()) return;
  for (std::size_t i = 0; i < report.columns.size(); ++i) {
    PreparedColumn& column = report.columns[i];
    const auto same = std::find_if(target.begin(), target.end(),
                                   [&](const TargetColumn& t) { return FoldColumnName(t.name) == FoldColumnName(column.name); });
    if (same == target.end() || !found.FitsColumn(i, same->type, column.type)) report.fits_target = false;
  }
  if (!report.fits_target) return;
  // Members that no row has are null: JSON has no other way to say so.
  std::vector<PreparedColumn> columns;
  for (const TargetColumn& t : target) {
    const auto same = std::find_if(report.columns.begin(), report.columns.end(),
                                   [&](const PreparedColumn& c) { return FoldColumnName(t.name) == FoldColumnName(c.name); });
    columns.push_back(same == report.columns.end() ? PreparedColumn{t.name, t.type, {}, 0, 0, {}} : *same);
    columns.back().type = t.type;
  }
  report.columns = std::move(columns);
}

/// The same where columns were sent to others: they stay in the order of the file.
Status FitPlan(const PrepareRequest& request, const JsonColumns& columns, PrepareReport& report) {
  std::vector<std::string> found, target;
  for (const PreparedColumn& column : report.columns) found.push_back(column.name);
  for (const TargetColumn& column : request.target) target.push_back(column.name);
  const ColumnPlan plan = LH_TRY(PlanColumns(found, request.choices, target, true));
  report.fits_target = plan.fits;
  for (std::size_t i = 0; i < found.size() && !target.empty(); ++i) {
    if (plan.to[i] < 0) continue;
    const std::string& type = request.target[static_cast<std::size_t>(plan.to[i])].type;
    if (columns.FitsColumn(i, type, report.columns[i].type))
      report.columns[i].type = type;
    else
      report.fits_target = false;
  }
  return Ok{};
}

}  // namespace

Result<bool> LooksLikeLines(const std::string& text_path) {
  const UniqueFd fd = LH_TRY(OpenToRead(text_path));
  FdReader source(fd.get());
  JsonSplitter splitter(source, JsonSplitter::Shape::kLines);
  JsonText value;
  const auto first = splitter.Next(value);
  if (!first || !*first || !ParseValue(value)) return false;
  const auto second = splitter.Next(value);
  return !second || *second;
}

Status PrepareJson(const PrepareRequest& request, const std::string& text_path, bool lines, std::int64_t bytes,
                   const std::string& directory, const PrepareProgress& progress, PrepareReport& report) {
  report.load_path = directory + request.stem + ".ndjson";
  report.copied = report.is_lines = true;
  const UniqueFd in = LH_TRY(OpenToRead(text_path));
  const UniqueFd out = LH_TRY(OpenToWrite(report.load_path));
  FdReader source(in.get());
  JsonSplitter splitter(source, lines ? JsonSplitter::Shape::kLines : JsonSplitter::Shape::kDocument);
  BufferedWriter writer(out.get(), report.load_path);
  RejectFile rejects(directory + request.stem + ".rejects.csv");
  JsonColumns columns(request.keeps_nested);
  JsonText value;
  std::optional<Error> first_error;
  while (LH_TRY(splitter.Next(value))) {
    if (++report.rows_read % kProgressValues == 0) LH_TRY(progress(splitter.consumed_bytes(), bytes));
    auto document = ParseValue(value);
    if (document) {
      ++report.rows_loaded;
      LH_TRY(columns.AddRow(document->root(), writer.buffer()));
      LH_TRY(writer.FlushWhenFull());
      continue;
    }
    Error error = Error(ErrorCode::kUnprocessable, "not valid JSON in the value at line " + std::to_string(value.line) + ", column " +
                                                       std::to_string(value.column) + ": " + document.error().message())
                      .Named(document.error().reason() == "too_deep" ? "too_deep" : "bad_json");
    if (!lines) return error;
    if (!first_error) first_error = std::move(error);
    LH_TRY(rejects.Add(value.line, "", "column " + std::to_string(value.column) + ": " + document.error().message(), value.text));
  }
  if (report.rows_loaded == 0 && first_error) return *std::move(first_error);
  LH_TRY(writer.Finish());
  LH_TRY(rejects.Finish());
  if (report.rows_read == 0 && !splitter.is_array())
    return Error(ErrorCode::kUnprocessable, "the file has no JSON value").Named("empty_file");
  report.rejects_path = rejects.path();
  report.rows_rejected = rejects.count();
  report.columns = columns.Columns();
  const std::vector<std::string> notes = columns.Notes();
  report.notes.insert(report.notes.end(), notes.begin(), notes.end());
  if (request.is_planned()) return FitPlan(request, columns, report);
  FitTarget(request.target, columns, report);
  return Ok{};
}

}  // namespace lakehouse::ingest
