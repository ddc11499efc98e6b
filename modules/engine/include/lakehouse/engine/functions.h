#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/context.h"
#include "lakehouse/base/result.h"
#include "lakehouse/engine/session.h"

namespace lakehouse::engine {

/// The one DuckDB version this code is written and tested for. Workers refuse to start with another library.
constexpr std::string_view kDuckDbVersion = "v1.5.6";
/// What the linked library says it is.
std::string LinkedDuckDbVersion();

struct Function {
  std::string name;
  std::string kind;  ///< "scalar", "aggregate", "macro", "table", "table_macro", "pragma"
};
/// Every function the engine knows, by name and kind, sorted, each once. For the gate's test that its lists are complete.
Result<std::vector<Function>> ListFunctions(const Context& context, Session& session);

}  // namespace lakehouse::engine
