#pragma once
#include <simdjson.h>

#include <cassert>
#include <string_view>

#include "lakehouse/base/json_reader.h"

/// What json_reader.cc and json_view.cc share: the two files that know the parser.
namespace lakehouse {

struct JsonValue {
  simdjson::dom::element element;
};

/// The element lives as long as the parser and until its next use. Integers beyond 64 bits become doubles.
Result<simdjson::dom::element> ParseDom(simdjson::dom::parser& parser, std::string_view text);

/// Of an element that is known to be one.
inline simdjson::dom::array ArrayOf(const simdjson::dom::element& element) {
  simdjson::dom::array array;
  [[maybe_unused]] const auto error = element.get(array);
  assert(!error);
  return array;
}
inline simdjson::dom::object ObjectOf(const simdjson::dom::element& element) {
  simdjson::dom::object object;
  [[maybe_unused]] const auto error = element.get(object);
  assert(!error);
  return object;
}

/// Without white space; doubles in their shortest spelling.
void WriteElement(JsonWriter& writer, const simdjson::dom::element& element);

}  // namespace lakehouse
