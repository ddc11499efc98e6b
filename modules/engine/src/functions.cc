#include "lakehouse/engine/functions.h"

#include "lakehouse/base/json_view.h"

namespace lakehouse::engine {

Result<std::vector<Function>> ListFunctions(const Context& context, Session& session) {
  RunRequest request;
  request.statement = "SELECT DISTINCT function_name, function_type FROM duckdb_functions() ORDER BY ALL";
  request.max_rows = 100'000;
  const Session::Answer answer = LH_TRY(session.RunToEnd(context, std::move(request)));
  const JsonDocument rows = LH_TRY(JsonDocument::Parse("[" + answer.body + "]"));
  std::vector<Function> functions;
  LH_TRY(rows.root().ForEachElement([&functions](JsonView row) -> Status {
    std::vector<std::string> cells;
    LH_TRY(row.ForEachElement([&cells](JsonView cell) -> Status {
      cells.emplace_back(cell.AsString().value_or(""));
      return Ok{};
    }));
    if (cells.size() != 2) return Error(ErrorCode::kInternal, "the list of functions has another shape");
    functions.push_back({std::move(cells[0]), std::move(cells[1])});
    return Ok{};
  }));
  return functions;
}

}  // namespace lakehouse::engine
