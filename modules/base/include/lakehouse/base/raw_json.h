#pragma once
#include <string>

namespace lakehouse {

/// One JSON value as text, passed on without being understood. The codec writes it verbatim and reads it back as its text.
struct RawJson {
  std::string text = "null";
};

}  // namespace lakehouse
