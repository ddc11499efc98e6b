#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace lakehouse::query {

/// Where a statement of a text begins, and its first word in capitals ("DROP"; empty when no word stands there).
struct StatementStart {
  std::size_t position = 0;
  std::string word;
};

/// The statements of a text as far as quotes, comments and semicolons tell. It serves messages, which should point at what was refused;
/// what is refused the parser and the gate decide.
std::vector<StatementStart> StatementStarts(std::string_view sql);

}  // namespace lakehouse::query
