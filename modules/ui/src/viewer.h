#pragma once
#include <functional>
#include <string>

#include "lakehouse/base/context.h"
#include "lakehouse/base/result.h"

namespace lakehouse::ui {

/// What the caller's profile lets it see, as a text that is another one for anything else that may be seen; empty: everything. What is
/// kept for one text is never shown under another. None: there are no profiles.
using SightOf = std::function<Result<std::string>(const Context&)>;

inline Result<std::string> LabelOf(const SightOf& sight_of, const Context& context) {
  return sight_of ? sight_of(context) : Result<std::string>(std::string());
}

/// For what only the same caller may get again, and only while its profile is the same.
inline Result<std::string> ViewerOf(const SightOf& sight_of, const Context& context) {
  return context.principal + '\n' + LH_TRY(LabelOf(sight_of, context));
}

}  // namespace lakehouse::ui
