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

/// A word or a comma of a statement outside of all brackets, quotes and comments. Words in capitals.
struct OuterWord {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string word;
};
/// Of the first statement; the last is empty and stands where it ends.
std::vector<OuterWord> OuterWords(std::string_view sql);

}  // namespace lakehouse::query
