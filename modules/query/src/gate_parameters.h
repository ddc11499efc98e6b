#pragma once
#include <string>
#include <vector>

#include "lakehouse/base/json_view.h"
#include "lakehouse/base/result.h"
#include "lakehouse/query/query.h"

namespace lakehouse::query {

/// The tree with constants in place of $1, $2… (or ?, in their order). For the gate: it has judged nothing yet. kInvalidArgument, reason
/// "parameters": a parameter has no value, a value no parameter, or it is a named one.
Result<std::string> BindParameters(JsonView tree, const std::vector<QueryParameter>& parameters);

}  // namespace lakehouse::query
