#include "lakehouse/base/schema_of.h"

namespace lakehouse::detail {

std::string SchemaName(std::string_view pretty_function) {
  // gcc: "... [with T = lakehouse::catalog::Dataset; std::string = ...]", clang: "... [T = lakehouse::catalog::Dataset]".
  constexpr std::string_view kBefore = "T = ";
  const std::size_t begin = pretty_function.find(kBefore) + kBefore.size();
  std::string_view type = pretty_function.substr(begin, pretty_function.find_first_of(";]", begin) - begin);
  std::string name;
  while (!type.empty()) {
    const std::size_t colons = type.find("::");
    const std::string_view part = type.substr(0, colons);
    type.remove_prefix(colons == std::string_view::npos ? type.size() : colons + 2);
    if (part == "lakehouse" || part.starts_with('{') || part.starts_with('(') || part.starts_with('<')) continue;
    name.append(name.empty() ? "" : ".").append(part);
  }
  return name;
}

}  // namespace lakehouse::detail
