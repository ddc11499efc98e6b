#pragma once
#include <map>
#include <string>

namespace lakehouse {

/// A JSON Schema (2020-12) as text. schema_of.h derives it from the struct that the codec writes, so it cannot say anything else.
struct JsonSchema {
  std::string json;                          ///< of the value itself; empty: none was given
  std::map<std::string, std::string> named;  ///< what "#/components/schemas/NAME" in any of these texts points to, by NAME
};

}  // namespace lakehouse
