#include "table_builder.h"

#include <algorithm>
#include <cstdlib>
#include <map>

#include "column_names.h"
#include "lakehouse/base/json_view.h"
#include "lakehouse/query/table_view.h"
#include "source_select.h"
#include "type_tree.h"

namespace lakehouse::ingest {
namespace {

// A preview stays small: the server keeps it as long as the job.
constexpr int kSampleRows = 10, kSampleCharacters = 80;
constexpr std::size_t kSampleColumns = 60;
// Run-length encoding makes a billion equal rows out of a kilobyte.
constexpr std::int64_t kFreeRows = 10'000'000, kRowsPerByte = 10'000;

std::string TmpPath(const std::string& name) { return "tmp/" + name; }

std::string PathList(const std::vector<BuiltFile>& files) {
  std::string list = "[";
  for (const BuiltFile& file : files) list += (list.size() > 1 ? ", " : "") + QuoteText(TmpPath(file.name));
  return list + "]";
}

std::string NameList(const std::vector<catalog::Column>& columns) {
  std::string list;
  for (const catalog::Column& column : columns) list += (list.empty() ? "" : ", ") + QuoteName(column.name);
  return list;
}

/// What the engine says about a user's file is the file's fault, except what says that the engine or the machine is at its end.
Error FileFault(Error error, const char* reason, std::string_view what = "") {
  switch (error.code()) {
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kCorruption:
      if (error.reason() == "bad_frame") return error;
      return Error(ErrorCode::kUnprocessable, std::string(what) + error.message()).Named(reason);
    case ErrorCode::kUnavailable:
      if (error.reason() == "io") return Error(ErrorCode::kUnprocessable, std::string(what) + error.message()).Named(reason);
      return error;
    default: return error;
  }
}

Error ParquetFault(Error error) {
  // A length in it that is damaged asks for any amount of memory; asking again gives the same answer.
  if (error.reason() == "out_of_memory")
    return Error(ErrorCode::kUnprocessable,
                 "the Parquet file asks for more memory than its reader may have, it is damaged or its row groups are too large: " +
                     error.message())
        .Named("unreadable_parquet");
  return FileFault(std::move(error), "unreadable_parquet",
                   "the Parquet file cannot be read, it is damaged or uses what is not known here: ");
}

std::vector<std::vector<std::string>> RowsOf(const std::string& json_rows) {
  std::vector<std::vector<std::string>> rows;
  const auto document = JsonDocument::Parse("[" + json_rows + "]");
  if (!document) return rows;
  (void)document->root().ForEachElement([&](JsonView row) -> Status {
    auto& cells = rows.emplace_back();
    return row.ForEachElement([&](JsonView cell) -> Status {
      cells.push_back(cell.AsString() ? std::string(*cell.AsString()) : cell.is_null() ? std::string() : cell.ToJson());
      return Ok{};
    });
  });
  return rows;
}

// The line end is said, as the engine would guess it from one within a rejected row.
std::string SelectRejects(const std::string& csv_path) {
  return "SELECT * FROM read_csv(" + QuoteText(csv_path) +
         ", auto_detect=false, header=false, delim=',', quote='\"', escape='\"', new_line='\\n', nullstr='', columns={'line': 'BIGINT', "
         "'column_name': 'VARCHAR', 'reason': 'VARCHAR', 'raw': 'VARCHAR'})";
}

std::int64_t NumberOf(const std::string& text) { return std::strtoll(text.c_str(), nullptr, 10); }

}  // namespace

std::vector<catalog::Column> RejectColumns() {
  return {{"job_id", "VARCHAR", 1, {}},      {"file_name", "VARCHAR", 2, {}}, {"line", "BIGINT", 3, {}},
          {"column_name", "VARCHAR", 4, {}}, {"reason", "VARCHAR", 5, {}},    {"raw", "VARCHAR", 6, {}}};
}

std::string TableBuilder::NewName() { return stem_ + ".out" + std::to_string(++files_) + ".parquet"; }

Status TableBuilder::Execute(const Context& context, const std::string& statement, std::uint64_t* rows) {
  engine::RunRequest request;
  request.statement = statement;
  request.format = engine::Format::kNone;
  request.on_progress = on_progress_;
  const auto answer = LH_TRY(session_.RunToEnd(context, std::move(request)));
  if (rows != nullptr) *rows = answer.summary.rows;
  return Ok{};
}

Result<std::string> TableBuilder::Query(const Context& context, const std::string& sql) {
  engine::RunRequest request;
  request.statement = sql;
  request.max_rows = 100'000;
  request.max_bytes = 64u << 20;
  return LH_TRY(session_.RunToEnd(context, std::move(request))).body;
}

Result<BuiltFile> TableBuilder::Write(const Context& context, const std::string& select, const std::vector<catalog::Column>& columns) {
  BuiltFile file;
  file.name = NewName();
  std::uint64_t rows = 0;
  LH_TRY(Execute(context, LH_TRY(CopyToParquet(select, TmpPath(file.name), columns)), &rows));
  file.rows = static_cast<std::int64_t>(rows);
  file.statistics = LH_TRY(Statistics(context, file.name, columns));
  return file;
}

Result<std::vector<catalog::ColumnStatistics>> TableBuilder::Statistics(const Context& context, const std::string& name,
                                                                        const std::vector<catalog::Column>& columns) {
  // Bounds are compared as what they are: integers, other numbers, or text (ISO dates order as text). Nested columns have none.
  const std::string body = LH_TRY(Query(
      context,
      "SELECT path_in_schema, count(*), count(stats_null_count), sum(stats_null_count)::BIGINT, sum(num_values)::BIGINT, "
      "count(stats_min_value), count(stats_max_value), count(*) FILTER (stats_null_count = num_values), "
      "arg_min(stats_min_value, TRY_CAST(stats_min_value AS HUGEINT)), arg_max(stats_max_value, TRY_CAST(stats_max_value AS HUGEINT)), "
      "arg_min(stats_min_value, TRY_CAST(stats_min_value AS DOUBLE)), arg_max(stats_max_value, TRY_CAST(stats_max_value AS DOUBLE)), "
      "min(stats_min_value), max(stats_max_value) FROM parquet_metadata(" +
          QuoteText(TmpPath(name)) + ") GROUP BY ALL"));
  std::map<std::string, std::vector<std::string>> by_path;
  for (auto& row : RowsOf(body)) {
    const std::string path = row.empty() ? "" : row[0];
    by_path.emplace(path, std::move(row));
  }
  std::vector<catalog::ColumnStatistics> statistics;
  for (const catalog::Column& column : columns) {
    const TypeTree type = LH_TRY(ParseType(column.type));
    const auto found = by_path.find(column.name);
    if (type.kind != TypeTree::Kind::kPlain || found == by_path.end() || found->second.size() != 14) continue;
    const std::vector<std::string>& row = found->second;
    if (row[1] != row[2]) continue;
    catalog::ColumnStatistics facts;
    facts.field_id = column.field_id;
    facts.null_count = NumberOf(row[3]);
    // A row group without bounds is fine only when it has no values.
    const std::int64_t with_values = NumberOf(row[1]) - NumberOf(row[7]);
    const bool ordered =
        type.name != "BLOB" && type.name != "UUID" && NumberOf(row[5]) == with_values && NumberOf(row[6]) == with_values && with_values > 0;
    if (ordered) {
      const bool integer = type.name == "BIGINT" || type.name == "INTEGER";
      const bool number = type.name == "DOUBLE" || type.name == "FLOAT" || type.name.starts_with("DECIMAL");
      const std::size_t at = integer ? 8 : number ? 10 : 12;
      facts.lower = row[at];
      facts.upper = row[at + 1];
    }
    statistics.push_back(std::move(facts));
  }
  return statistics;
}

Result<std::vector<BuiltFile>> TableBuilder::Split(const Context& context, BuiltFile file, const std::vector<catalog::Column>& columns) {
  const std::string path = QuoteText(TmpPath(file.name));
  const auto facts = RowsOf(LH_TRY(Query(context,
                                         "SELECT coalesce(sum(row_group_compressed_bytes), 0)::BIGINT FROM (SELECT DISTINCT row_group_id, "
                                         "row_group_compressed_bytes FROM parquet_metadata(" +
                                             path + "))")));
  const std::int64_t bytes = facts.empty() || facts[0].empty() ? 0 : NumberOf(facts[0][0]);
  if (bytes <= kMaxFileBytes) return std::vector<BuiltFile>{std::move(file)};
  // Whole row groups per part, so that a part's groups are as large as the others.
  const std::int64_t parts = bytes / (kMaxFileBytes * 9 / 10) + 1;
  const std::int64_t groups = (file.rows + kRowGroupRows - 1) / kRowGroupRows;
  const std::int64_t rows_per_part = std::max<std::int64_t>(1, (groups + parts - 1) / parts) * kRowGroupRows;
  std::vector<BuiltFile> files;
  for (std::int64_t from = 0; from < file.rows; from += rows_per_part)
    files.push_back(LH_TRY(Write(context,
                                 "SELECT " + NameList(columns) + " FROM read_parquet(" + path +
                                     ", file_row_number=true) WHERE file_row_number >= " + std::to_string(from) +
                                     " AND file_row_number < " + std::to_string(from + rows_per_part),
                                 columns)));
  return files;
}

Result<std::vector<BuiltFile>> TableBuilder::BuildFromText(const Context& context, const PrepareReport& report,
                                                           const std::vector<catalog::Column>& columns, const std::vector<int>& from,
                                                           bool in_one_piece) {
  auto file = Write(context, SelectFromText(report, columns, from, in_one_piece), columns);
  if (!file) return FileFault(std::move(file).TakeError(), "bad_value").While("read " + report.format);
  if (file->rows != report.rows_loaded)
    return Error(ErrorCode::kInternal,
                 "the engine read " + std::to_string(file->rows) + " rows where " + std::to_string(report.rows_loaded) + " were counted")
        .Named("count_differs");
  return Split(context, std::move(file).Take(), columns);
}

Result<std::vector<BuiltFile>> TableBuilder::BuildFromRows(const Context& context, const std::string& path, const SourceBatch& batch,
                                                           const std::vector<catalog::Column>& columns, const std::vector<int>& from,
                                                           bool in_one_piece) {
  auto file = Write(context, SelectFromRows(path, batch, columns, from, in_one_piece), columns);
  if (!file) return FileFault(std::move(file).TakeError(), "bad_value").While("read the rows of the source");
  if (file->rows != batch.rows)
    return Error(ErrorCode::kInternal,
                 "the engine read " + std::to_string(file->rows) + " rows where the source gave " + std::to_string(batch.rows))
        .Named("count_differs");
  return Split(context, std::move(file).Take(), columns);
}

Result<std::vector<catalog::Column>> TableBuilder::DescribeParquet(const Context& context, const std::string& path, std::int64_t size_bytes,
                                                                   std::vector<std::string>& notes) {
  const std::string quoted = QuoteText(path);
  auto facts = Query(context, "SELECT (SELECT num_rows FROM parquet_file_metadata(" + quoted +
                                  ")), (SELECT string_agg(DISTINCT compression, ',') FROM parquet_metadata(" + quoted + "))");
  if (!facts) return ParquetFault(std::move(facts).TakeError()).While("read the footer of the Parquet file");
  const auto rows = RowsOf(*facts);
  if (rows.empty() || rows[0].size() != 2)
    return Error(ErrorCode::kUnprocessable, "the Parquet file's footer makes no sense").Named("unreadable_parquet");
  if (NumberOf(rows[0][0]) > kFreeRows && NumberOf(rows[0][0]) / kRowsPerByte > size_bytes)
    return Error(ErrorCode::kUnprocessable, "the Parquet file says that its " + std::to_string(size_bytes) + " bytes hold " + rows[0][0] +
                                                " rows: refused; write it anew if it is what you meant to send")
        .Named("decompression_bomb");
  if (rows[0][1].find("BROTLI") != std::string::npos)
    return Error(ErrorCode::kUnprocessable,
                 "the Parquet file is packed with Brotli, which is not taken: write it with zstd, snappy or gzip")
        .Named("unsupported_codec");
  engine::RunRequest request;
  request.statement = "SELECT * FROM read_parquet(" + quoted + ") LIMIT 0";
  request.format = engine::Format::kNone;
  auto answer = session_.RunToEnd(context, std::move(request));
  if (!answer) return ParquetFault(std::move(answer).TakeError()).While("read the columns of the Parquet file");
  std::vector<std::string> names;
  for (const engine::Column& column : answer->columns) names.push_back(column.name);
  if (names.empty()) return Error(ErrorCode::kUnprocessable, "the Parquet file has no columns").Named("unreadable_parquet");
  names = LH_TRY(MakeColumnNames(names, notes));
  std::vector<catalog::Column> columns;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const TypeTree from = LH_TRY(ParseType(answer->columns[i].type));
    if (const std::size_t parts = CountParts(from); parts > kMostTypeParts)
      return Error(ErrorCode::kUnprocessable, "column " + names[i] + " of the Parquet file has " + std::to_string(parts) +
                                                  " members and elements at all levels; 999 are the most: take it apart into columns")
          .Named("too_many_columns");
    const std::string stored = SpellType(StoredType(from));
    if (stored != SpellType(from))
      notes.push_back("column " + names[i] + " is " + answer->columns[i].type.substr(0, 80) + ": stored as " + stored.substr(0, 80));
    columns.push_back({names[i], stored, 0, {}});
  }
  return columns;
}

Result<std::string> TableBuilder::SelectFromParquet(const Context& context, const std::string& path,
                                                    const std::vector<catalog::Column>& columns, const std::vector<int>& from) {
  engine::RunRequest request;
  request.statement = "SELECT * FROM read_parquet(" + QuoteText(path) + ") LIMIT 0";
  request.format = engine::Format::kNone;
  const auto source = LH_TRY(session_.RunToEnd(context, std::move(request))).columns;
  if (from.empty() ? source.size() != columns.size() : from.size() != columns.size())
    return Error(ErrorCode::kInternal, "the Parquet file changed its columns while it was read");
  std::string select = "SELECT ";
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) select += ", ";
    const int at = from.empty() ? static_cast<int>(i) : from[i];
    if (at >= static_cast<int>(source.size())) return Error(ErrorCode::kInternal, "the Parquet file lost columns while it was read");
    if (at < 0) {
      select += "CAST(NULL AS " + columns[i].type + ") AS " + QuoteName(columns[i].name);
      continue;
    }
    const engine::Column& found = source[static_cast<std::size_t>(at)];
    const std::string stored = StoreExpression(QuoteName(found.name), LH_TRY(ParseType(found.type)));
    const bool is_stored_so = SpellType(StoredType(LH_TRY(ParseType(found.type)))) == columns[i].type;
    select += (is_stored_so ? stored : "CAST(" + stored + " AS " + columns[i].type + ")") + " AS " + QuoteName(columns[i].name);
  }
  return select + " FROM read_parquet(" + QuoteText(path) + ")";
}

Result<std::vector<BuiltFile>> TableBuilder::BuildFromParquet(const Context& context, const std::string& path,
                                                              const std::vector<catalog::Column>& columns, const std::vector<int>& from) {
  auto file = Write(context, LH_TRY(SelectFromParquet(context, path, columns, from)), columns);
  if (!file) return ParquetFault(std::move(file).TakeError()).While("read the rows of the Parquet file");
  return Split(context, std::move(file).Take(), columns);
}

Result<std::vector<BuiltFile>> TableBuilder::BuildFromSelect(const Context& context, const std::string& select,
                                                             const std::vector<catalog::Column>& columns) {
  return Split(context, LH_TRY(Write(context, select, columns)), columns);
}

Result<TableBuilder::Rows> TableBuilder::Sample(const Context& context, const std::string& select,
                                                const std::vector<catalog::Column>& columns) {
  std::string list;
  for (std::size_t i = 0; i < std::min(columns.size(), kSampleColumns); ++i)
    list += (i > 0 ? ", " : "") + ("left(CAST(" + QuoteName(columns[i].name) + " AS VARCHAR), " + std::to_string(kSampleCharacters) + ")");
  const std::string body = LH_TRY(Query(context, "SELECT " + list + " FROM (" + select + ") LIMIT " + std::to_string(kSampleRows)));
  Rows rows;
  const auto document = LH_TRY(JsonDocument::Parse("[" + body + "]"));
  LH_TRY(document.root().ForEachElement([&](JsonView row) -> Status {
    auto& cells = rows.emplace_back();
    return row.ForEachElement([&](JsonView cell) -> Status {
      const auto text = cell.AsString();
      cells.push_back(text ? std::optional<std::string>(*text) : std::nullopt);
      return Ok{};
    });
  }));
  return rows;
}

Result<TableBuilder::Rows> TableBuilder::SampleText(const Context& context, const PrepareReport& report,
                                                    const std::vector<catalog::Column>& columns, const std::vector<int>& from) {
  return Sample(context, SelectFromText(report, columns, from), columns);
}

Result<TableBuilder::Rows> TableBuilder::SampleParquet(const Context& context, const std::string& path,
                                                       const std::vector<catalog::Column>& columns, const std::vector<int>& from) {
  return Sample(context, LH_TRY(SelectFromParquet(context, path, columns, from)), columns);
}

Result<TableBuilder::Rows> TableBuilder::SampleRejects(const Context& context, const std::string& csv_path) {
  return Sample(context, SelectRejects(csv_path),
                {{"line", "BIGINT", 0, {}}, {"column_name", "VARCHAR", 0, {}}, {"reason", "VARCHAR", 0, {}}, {"raw", "VARCHAR", 0, {}}});
}

Result<std::int64_t> TableBuilder::CountParquet(const Context& context, const std::string& path) {
  const auto rows = RowsOf(LH_TRY(Query(context, "SELECT count(*) FROM read_parquet(" + QuoteText(path) + ")")));
  return rows.empty() || rows[0].empty() ? 0 : NumberOf(rows[0][0]);
}

Result<BuiltFile> TableBuilder::BuildRejects(const Context& context, const std::string& csv_path, const std::string& job_id,
                                             const std::string& file_name, const std::vector<catalog::Column>& columns) {
  return Write(context,
               "SELECT " + QuoteText(job_id) + " AS job_id, " + QuoteText(file_name) +
                   " AS file_name, line, column_name, reason, raw FROM (" + SelectRejects(csv_path) + ")",
               columns);
}

Result<std::vector<BuiltFile>> TableBuilder::KeepLastOfKey(const Context& context, const std::vector<BuiltFile>& files,
                                                           const std::vector<catalog::Column>& columns, const std::string& key) {
  const std::string name = QuoteName(key);
  const auto counts = RowsOf(LH_TRY(
      Query(context, "SELECT count(*), count(" + name + "), count(DISTINCT " + name + ") FROM read_parquet(" + PathList(files) + ")")));
  if (counts.empty() || counts[0].size() != 3) return Error(ErrorCode::kInternal, "counting keys gave no row");
  if (counts[0][0] != counts[0][1])
    return Error(ErrorCode::kUnprocessable, std::to_string(NumberOf(counts[0][0]) - NumberOf(counts[0][1])) +
                                                " rows have no value in the key column " + key + "; every row needs one to be found again")
        .Named("null_key");
  if (counts[0][0] == counts[0][2]) return files;
  // Positions rise with the files' order; of equal keys the last row stays, and the order of what stays is kept.
  std::string numbered;
  for (std::size_t i = 0; i < files.size(); ++i)
    numbered += (i > 0 ? " UNION ALL " : "") + ("SELECT *, " + std::to_string(i) + " AS \"lh file\" FROM read_parquet(" +
                                                QuoteText(TmpPath(files[i].name)) + ", file_row_number=true)");
  const BuiltFile file =
      LH_TRY(Write(context,
                   "SELECT " + NameList(columns) + " FROM (" + numbered + ") QUALIFY row_number() OVER (PARTITION BY " + name +
                       " ORDER BY \"lh file\" DESC, file_row_number DESC) = 1 ORDER BY \"lh file\", file_row_number",
                   columns));
  return Split(context, file, columns);
}

Result<std::string> TableBuilder::KeepKeys(const Context& context, const std::vector<BuiltFile>& files, const catalog::Column& key) {
  const std::string name = NewName();
  LH_TRY(Execute(context, "COPY (SELECT " + QuoteName(key.name) + " AS k FROM read_parquet(" + PathList(files) + ")) TO " +
                              QuoteText(TmpPath(name)) + " (FORMAT parquet)"));
  return name;
}

Result<std::string> TableBuilder::KeepKeys(const Context& context, const std::vector<std::string>& values, const catalog::Column& key) {
  std::string list;
  for (const std::string& value : values) list += (list.empty() ? "(" : ", (") + QuoteText(value) + ")";
  const std::string name = NewName();
  auto done = Execute(context, "COPY (SELECT DISTINCT CAST(v AS " + key.type + ") AS k FROM (VALUES " + list + ") t(v)) TO " +
                                   QuoteText(TmpPath(name)) + " (FORMAT parquet)");
  if (!done) return FileFault(std::move(done).TakeError(), "bad_value").While("read the keys as " + key.type);
  return name;
}

Result<std::vector<TableBuilder::NewestDocument>> TableBuilder::NewestDocuments(const Context& context, const std::string& select,
                                                                                const std::vector<std::string>& ids) {
  std::string list;
  for (const std::string& id : ids) list += (list.empty() ? "" : ", ") + QuoteText(id);
  const std::string body = LH_TRY(Query(context, "SELECT id, arg_max(sha256, version), max(version), arg_max(metadata, version) FROM (" +
                                                     select + ") WHERE id IN (" + list + ") GROUP BY id ORDER BY id"));
  std::vector<NewestDocument> newest;
  for (const auto& row : RowsOf(body))
    if (row.size() == 4) newest.push_back({row[0], row[1], NumberOf(row[2]), row[3]});
  return newest;
}

std::string TableBuilder::PathOf(const BuiltFile& file) { return TmpPath(file.name); }

std::string TableBuilder::SelectFiles(const std::vector<std::string>& paths, const std::vector<catalog::Column>& columns) {
  std::string list;
  for (const std::string& path : paths) list += (list.empty() ? "" : ", ") + QuoteText(path);
  if (!paths.empty()) return "SELECT " + NameList(columns) + " FROM read_parquet([" + list + "])";
  for (const catalog::Column& column : columns)
    list += (list.empty() ? "" : ", ") + ("CAST(NULL AS " + column.type + ") AS " + QuoteName(column.name));
  return "SELECT " + list + " WHERE false";
}

std::string TableBuilder::ReadKeys(const std::string& kept_keys) { return "read_parquet(" + QuoteText(TmpPath(kept_keys)) + ")"; }

Result<std::vector<std::int64_t>> TableBuilder::QueryCounts(const Context& context, const std::string& sql) {
  const auto rows = RowsOf(LH_TRY(Query(context, sql)));
  if (rows.size() != 1) return Error(ErrorCode::kInternal, "counting gave no row");
  std::vector<std::int64_t> counts;
  for (const std::string& cell : rows[0]) counts.push_back(NumberOf(cell));
  return counts;
}

Result<std::optional<BuiltFile>> TableBuilder::BuildDeletes(const Context& context, const std::vector<BaseFile>& base,
                                                            const std::vector<BaseFile>& deletes, const catalog::Column& key,
                                                            const std::string& kept_keys, bool is_evolved) {
  if (base.empty()) return std::optional<BuiltFile>();
  const std::string name = QuoteName(key.name);
  const std::string keys = "SELECT k FROM read_parquet(" + QuoteText(TmpPath(kept_keys)) + ")";
  std::string select;
  // An older file may lack the key, or have it in a narrower type.
  const std::string typed = "SELECT CAST(NULL AS " + key.type + ") AS " + name + ", CAST(NULL AS BIGINT) AS file_row_number WHERE false";
  for (const BaseFile& file : base) {
    const std::string rows = "read_parquet(" + QuoteText(file.path) + ", file_row_number=true)";
    select +=
        (select.empty() ? "" : " UNION ALL ") + ("SELECT " + QuoteText(file.key) + " AS file_path, file_row_number AS pos FROM " +
                                                 (is_evolved ? "(" + typed + " UNION ALL BY NAME SELECT * FROM " + rows + ")" : rows) +
                                                 " b SEMI JOIN keys ON b." + name + " = keys.k");
  }
  if (!deletes.empty()) {
    std::string gone = "[";
    for (const BaseFile& file : deletes) gone += (gone.size() > 1 ? ", " : "") + QuoteText(file.path);
    select = "SELECT * FROM (" + select + ") h ANTI JOIN read_parquet(" + gone + "]) g ON h.file_path = g.file_path AND h.pos = g.pos";
  }
  const std::vector<catalog::Column> columns = {{"file_path", "VARCHAR", query::kDeleteFilePathFieldId, {}},
                                                {"pos", "BIGINT", query::kDeletePositionFieldId, {}}};
  BuiltFile file = LH_TRY(Write(
      context, "WITH keys AS MATERIALIZED (" + keys + ") SELECT file_path, pos FROM (" + select + ") ORDER BY file_path, pos", columns));
  if (file.rows == 0) return std::optional<BuiltFile>();
  return std::optional<BuiltFile>(std::move(file));
}

}  // namespace lakehouse::ingest
