#include "sql_text.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace lakehouse::ui {
namespace {

struct Operator {
  std::string_view name, sql, words;
};
constexpr std::array kOperators = {Operator{"eq", "=", "="},        Operator{"ne", "<>", "≠"},       Operator{"lt", "<", "<"},
                                   Operator{"le", "<=", "≤"},       Operator{"gt", ">", ">"},        Operator{"ge", ">=", "≥"},
                                   Operator{"has", "", "contains"}, Operator{"null", "", "is null"}, Operator{"set", "", "is not null"}};

const Operator* FindOperator(std::string_view name) {
  for (const Operator& op : kOperators)
    if (op.name == name) return &op;
  return nullptr;
}

std::string ConditionOf(const Filter& filter, const catalog::Column& column) {
  const std::string name = QuoteName(column.name);
  if (filter.op == "null") return name + " IS NULL";
  if (filter.op == "set") return name + " IS NOT NULL";
  if (filter.op == "has") return "contains(lower(CAST(" + name + " AS VARCHAR)), lower(" + QuoteText(filter.value) + "))";
  const std::string op(FindOperator(filter.op)->sql);
  if (IsNested(column.type)) return "CAST(" + name + " AS VARCHAR) " + op + " " + QuoteText(filter.value);
  if (column.type == "VARCHAR") return name + " " + op + " " + QuoteText(filter.value);
  return name + " " + op + " TRY_CAST(" + QuoteText(filter.value) + " AS " + column.type + ")";
}

}  // namespace

std::string TableAt(std::string_view dataset, std::int64_t version) {
  return QuoteName(dataset) + " AT (VERSION => " + std::to_string(version) + ")";
}

bool IsNested(std::string_view type) {
  return type.ends_with("]") || type.starts_with("STRUCT") || type.starts_with("MAP") || type.starts_with("UNION") || type == "BLOB" ||
         type == "BIT" || type == "JSON";
}
bool IsNumeric(std::string_view type) {
  if (IsNested(type)) return false;
  return type.starts_with("DECIMAL") || type.ends_with("INT") || type == "INTEGER" || type == "UINTEGER" || type == "DOUBLE" ||
         type == "FLOAT";
}
bool IsTemporal(std::string_view type) { return !IsNested(type) && (type == "DATE" || type.starts_with("TIMESTAMP")); }

Result<std::optional<Filter>> ParseFilter(std::string_view key, std::string_view text) {
  if (!key.starts_with("f.") || key.size() == 2) return std::optional<Filter>();
  const std::size_t dot = text.find('.');
  Filter filter{std::string(key.substr(2)), std::string(text.substr(0, dot)), ""};
  if (dot != std::string_view::npos) filter.value = text.substr(dot + 1);
  if (filter.op == "lte") filter.op = "le";
  if (filter.op == "gte") filter.op = "ge";
  if (FindOperator(filter.op) == nullptr)
    return Error(ErrorCode::kInvalidArgument, "filter \"" + std::string(key) + "=" + std::string(text) +
                                                  "\": expected one of eq, ne, lt, le, gt, ge, has, null, set, a dot, and the value")
        .Named("unknown_filter");
  return std::optional<Filter>(std::move(filter));
}

std::string DescribeFilter(const Filter& filter) {
  const std::string words(FindOperator(filter.op)->words);
  return filter.op == "null" || filter.op == "set" ? words : words + " " + filter.value;
}

const catalog::Column* FindColumn(const catalog::Schema& schema, std::string_view name) {
  for (const catalog::Column& column : schema.columns)
    if (column.name == name) return &column;
  return nullptr;
}

Result<std::string> WhereOf(const std::vector<Filter>& filters, const catalog::Schema& schema) {
  std::string where;
  for (const Filter& filter : filters) {
    const catalog::Column* column = FindColumn(schema, filter.column);
    if (column == nullptr)
      return Error(ErrorCode::kInvalidArgument, "there is no column \"" + filter.column + "\" to filter by").Named("unknown_column");
    where += (where.empty() ? " WHERE " : " AND ") + ConditionOf(filter, *column);
  }
  return where;
}

std::string_view StripStatement(std::string_view sql) {
  const auto idle = [](char c) { return c == ';' || std::isspace(static_cast<unsigned char>(c)) != 0; };
  while (!sql.empty() && idle(sql.back())) sql.remove_suffix(1);
  while (!sql.empty() && idle(sql.front())) sql.remove_prefix(1);
  return sql;
}

bool IsWrappable(std::string_view sql) {
  // Comments before the first word are skipped.
  for (;;) {
    sql = StripStatement(sql);
    if (sql.starts_with("--")) {
      const std::size_t end = sql.find('\n');
      if (end == std::string_view::npos) return false;
      sql.remove_prefix(end);
    } else if (sql.starts_with("/*")) {
      const std::size_t end = sql.find("*/");
      if (end == std::string_view::npos) return false;
      sql.remove_prefix(end + 2);
    } else {
      break;
    }
  }
  std::string word;
  for (const char c : sql) {
    if (std::isalpha(static_cast<unsigned char>(c)) == 0) break;
    word += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return word == "SELECT" || word == "FROM" || word == "WITH" || word == "VALUES" || word == "TABLE" || sql.starts_with("(");
}

}  // namespace lakehouse::ui
