#pragma once
#include <optional>
#include <string_view>

#include "lakehouse/base/result.h"

namespace lakehouse::query {

/// The parser of the library opens files for IMPORT and some PRAGMAs, before anybody has judged the statement: it does not get to see
/// them. Nothing: the parser may.
std::optional<Error> RefuseUnparsed(std::string_view text);

/// The refusal of a text that the parser took for something else than one SELECT (`parser` says what): it names the statement and
/// points at it, the second one where there are several. kInvalidArgument when the text holds no statement.
Error RefuseStatement(std::string_view text, const Error& parser);

/// A refusal of the gate, pointing at the statement's beginning where nothing nearer is known.
Error WithSomePosition(std::string_view text, Error refusal);

}  // namespace lakehouse::query
