#pragma once
#include <string>

namespace lakehouse {

/// A value of any shape inside a struct, as JSON text: the `details` of an error. Written as it stands (exactly one JSON value,
/// the caller answers for it), read back without white space. Empty is null.
struct RawJson {
  std::string text;
  bool operator==(const RawJson&) const = default;
};

}  // namespace lakehouse
