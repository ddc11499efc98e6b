#include "parquet_facts.h"

#include <fmt/format.h>

#include <charconv>

#include "lakehouse/engine/session.h"
#include "table_cells.h"

namespace lakehouse::engine {

namespace {

/// All rows of a statement whose columns are VARCHAR and BIGINT only.
Result<std::vector<std::vector<Value>>> Rows(const Context& context, LocalDatabase& database, const std::string& sql) {
  Table table;
  LH_TRY(database.Query(context, sql, [&table](duckdb_result& result, duckdb_data_chunk chunk) -> Status {
    if (chunk != nullptr) return TakeRows(chunk, table);
    table.columns.resize(duckdb_column_count(&result));
    return Ok{};
  }));
  return std::move(table.rows);
}

std::optional<std::string> TextOf(const Value& cell) {
  const auto* text = std::get_if<std::string>(&cell);
  return text == nullptr ? std::nullopt : std::optional(*text);
}

std::optional<std::int64_t> IntegerOf(const Value& cell) {
  const auto* integer = std::get_if<std::int64_t>(&cell);
  return integer == nullptr ? std::nullopt : std::optional(*integer);
}

/// Types whose statistics, which come as text, can be compared as values.
bool HasStatistics(const std::string& type) {
  for (const std::string_view known : {"BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER",
                                       "UBIGINT", "FLOAT", "DOUBLE", "VARCHAR", "DATE", "TIME", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"})
    if (type == known) return true;
  return type.starts_with("DECIMAL(");
}

/// The place of a top-level column among the leaves; nothing for a nested one.
struct Leaf {
  std::optional<std::int64_t> column_id;
  std::optional<std::int32_t> field_id;
};

/// The schema in depth-first order, the root first: each element says how many children follow.
class SchemaWalk {
 public:
  explicit SchemaWalk(const std::vector<std::vector<Value>>& elements) : elements_(elements) {}
  Result<std::vector<Leaf>> TopLevel() {
    std::vector<Leaf> columns;
    if (elements_.empty()) return columns;
    const std::int64_t count = IntegerOf(elements_[0][0]).value_or(0);
    at_ = 1;
    for (std::int64_t i = 0; i < count; ++i) {
      if (at_ >= elements_.size()) return Error(ErrorCode::kCorruption, "the schema ends in the middle");
      const std::int64_t children = IntegerOf(elements_[at_][0]).value_or(0);
      Leaf leaf;
      if (children == 0) leaf.column_id = leaves_;
      if (const auto id = IntegerOf(elements_[at_][1])) leaf.field_id = static_cast<std::int32_t>(*id);
      LH_TRY(Skip());
      columns.push_back(leaf);
    }
    return columns;
  }

 private:
  Status Skip() {
    std::int64_t pending = 1;
    for (; pending > 0; --pending, ++at_) {
      if (at_ >= elements_.size()) return Error(ErrorCode::kCorruption, "the schema ends in the middle");
      const std::int64_t children = IntegerOf(elements_[at_][0]).value_or(0);
      if (children == 0) ++leaves_;
      pending += children;
    }
    return Ok{};
  }

  const std::vector<std::vector<Value>>& elements_;
  std::size_t at_ = 0;
  std::int64_t leaves_ = 0;
};

/// min, max and nulls of all columns that have them, in one pass over the footer.
Status ReadStatistics(const Context& context, LocalDatabase& database, const std::string& path, const std::vector<Leaf>& leaves,
                      FileFacts& facts) {
  std::string sql = "SELECT 0::BIGINT";
  for (std::size_t i = 0; i < facts.columns.size(); ++i) {
    if (!leaves[i].column_id || !HasStatistics(facts.columns[i].type)) continue;
    const std::string here = fmt::format("FILTER (WHERE column_id = {})", *leaves[i].column_id);
    const auto bound = [&](std::string_view function, std::string_view column) {
      return fmt::format(", CASE WHEN count({0}) {3} = count(*) {3} THEN {1}(TRY_CAST({0} AS {2})) {3} END::VARCHAR", column, function,
                         facts.columns[i].type, here);
    };
    sql += bound("min", "stats_min_value");
    sql += bound("max", "stats_max_value");
    sql += fmt::format(", CASE WHEN count(stats_null_count) {0} = count(*) {0} THEN sum(stats_null_count) {0} END::BIGINT", here);
  }
  const auto rows = LH_TRY(Rows(context, database, sql + " FROM parquet_metadata(" + QuoteText(path) + ")"));
  std::size_t cell = 1;
  for (std::size_t i = 0; i < facts.columns.size(); ++i) {
    if (!leaves[i].column_id || !HasStatistics(facts.columns[i].type)) continue;
    facts.columns[i].min = TextOf(rows[0][cell]);
    facts.columns[i].max = TextOf(rows[0][cell + 1]);
    facts.columns[i].nulls = IntegerOf(rows[0][cell + 2]);
    cell += 3;
  }
  return Ok{};
}

}  // namespace

Result<FileFacts> ReadFacts(const Context& context, LocalDatabase& database, const std::string& path) {
  const std::string file = QuoteText(path);
  FileFacts facts;
  const auto sizes =
      LH_TRY(Rows(context, database, "SELECT num_rows::BIGINT, num_row_groups::BIGINT FROM parquet_file_metadata(" + file + ")"));
  if (sizes.size() != 1) return Error(ErrorCode::kCorruption, "the footer does not say how many rows there are");
  facts.rows = IntegerOf(sizes[0][0]).value_or(0);
  facts.row_groups = IntegerOf(sizes[0][1]).value_or(0);
  for (const auto& row :
       LH_TRY(Rows(context, database, "SELECT column_name, column_type FROM (DESCRIBE FROM read_parquet(" + file + "))"))) {
    ColumnFacts& column = facts.columns.emplace_back();
    column.name = TextOf(row[0]).value_or("");
    column.type = TextOf(row[1]).value_or("");
  }
  const auto schema = LH_TRY(Rows(context, database, "SELECT num_children::BIGINT, field_id::BIGINT FROM parquet_schema(" + file + ")"));
  const std::vector<Leaf> leaves = LH_TRY(SchemaWalk(schema).TopLevel());
  if (leaves.size() != facts.columns.size()) return Error(ErrorCode::kCorruption, "the schema has another number of columns than the file");
  for (std::size_t i = 0; i < leaves.size(); ++i) facts.columns[i].field_id = leaves[i].field_id;
  LH_TRY(ReadStatistics(context, database, path, leaves, facts));
  const std::string pairs = "SELECT try(decode(key)), try(decode(value)) FROM parquet_kv_metadata(" + file + ")";
  for (const auto& row : LH_TRY(Rows(context, database, pairs))) {
    const std::optional<std::string> key = TextOf(row[0]);
    const std::optional<std::string> value = TextOf(row[1]);
    if (key && value) facts.metadata.emplace(*key, *value);
  }
  return facts;
}

}  // namespace lakehouse::engine
