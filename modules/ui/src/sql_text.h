#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/result.h"
#include "lakehouse/base/sql_quote.h"
#include "lakehouse/catalog/types.h"

/// Statements the pages ask with. Names and values of strangers go in quoted, always.
namespace lakehouse::ui {

/// "workers" AT (VERSION => 3)
std::string TableAt(std::string_view dataset, std::int64_t version);

bool IsNumeric(std::string_view type);   ///< has an order and distances: BIGINT, DOUBLE, DECIMAL(…)
bool IsTemporal(std::string_view type);  ///< DATE and TIMESTAMP…
bool IsNested(std::string_view type);    ///< lists, structs, maps, unions, and octets: no histogram

/// One filter of a URL: f.city=eq.Gary.
struct Filter {
  std::string column;
  std::string op;  ///< eq ne lt le gt ge has null set
  std::string value;
};
/// The filter that `f.<column>=<op>.<value>` says; nothing when it is none. kInvalidArgument: an operator nobody knows.
Result<std::optional<Filter>> ParseFilter(std::string_view key, std::string_view text);
/// "≥ 0.90", as a person reads it.
std::string DescribeFilter(const Filter& filter);
/// "WHERE …", or nothing. kInvalidArgument names a column that the schema has not.
Result<std::string> WhereOf(const std::vector<Filter>& filters, const catalog::Schema& schema);

const catalog::Column* FindColumn(const catalog::Schema& schema, std::string_view name);

/// The statement without a closing semicolon and white space around it.
std::string_view StripStatement(std::string_view sql);
/// Whether it may stand in parentheses: SELECT, FROM, WITH, VALUES, TABLE.
bool IsWrappable(std::string_view sql);

}  // namespace lakehouse::ui
