#pragma once
// What the fuzz targets share; see lakehouse_fuzz() in LakehouseModule.cmake.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace lakehouse::fuzz {

/// A property of the parser that no input may break. Unlike assert it is there in every build.
inline void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

inline std::string_view TextOf(const std::uint8_t* data, std::size_t size) { return {reinterpret_cast<const char*>(data), size}; }

/// The first line, taken off the front without its end: so that one input carries several texts, and stays readable.
inline std::string_view TakeLine(std::string_view& octets) {
  const std::string_view line = octets.substr(0, octets.find('\n'));
  octets.remove_prefix(line.size() < octets.size() ? line.size() + 1 : octets.size());
  return line;
}

}  // namespace lakehouse::fuzz
