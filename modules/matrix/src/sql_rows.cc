#include "sql_rows.h"

#include "lakehouse/base/json_view.h"

namespace lakehouse::matrix {

Result<SqlRows> RunSql(const Context& context, query::Query& query, const std::string& sql) {
  query::QueryRequest request;
  request.sql = sql;
  const auto result = LH_TRY(query.Run(context, request));
  SqlRows ran;
  ran.json = "[";
  while (const auto octets = LH_TRY(result->Next(context))) ran.json += *octets;
  ran.json += "]";
  if (!result->summary().truncated.empty())
    return Error(ErrorCode::kTooLarge, "the statement has more " + result->summary().truncated + " than one query may answer with");
  ran.versions = result->header().versions;
  for (const query::ResultColumn& column : result->header().columns) ran.columns.push_back(column.name);
  const JsonDocument document = LH_TRY(JsonDocument::Parse(ran.json));
  LH_TRY(document.root().ForEachElement([&](JsonView row) {
    auto& cells = ran.rows.emplace_back();
    return row.ForEachElement([&](JsonView cell) -> Status {
      const auto text = cell.AsString();
      cells.push_back(text ? std::string(*text) : cell.ToJson());
      return Ok{};
    });
  }));
  return ran;
}

}  // namespace lakehouse::matrix
