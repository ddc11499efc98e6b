#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lakehouse::terminal {

enum class SqlTokenKind { kSpace, kComment, kString, kQuotedName, kNumber, kWord, kSymbol };

/// A piece of SQL text. The pieces of a text follow each other without gaps.
struct SqlToken {
  SqlTokenKind kind = SqlTokenKind::kSpace;
  std::size_t begin = 0;
  std::size_t end = 0;
  bool closed = true;  ///< false: a comment, string or quoted name whose end is not in the text
};

/// Any octets; linear time. Knows '' and "" inside quotes, E'\'', $tag$…$tag$, comments to the end of a line and nested ones.
std::vector<SqlToken> TokenizeSql(std::string_view text);

/// Words of SQL in upper case, sorted.
std::span<const std::string_view> SqlKeywords();
/// In any case.
bool IsSqlKeyword(std::string_view word);

/// What one gives to a prompt: a statement without its ';', or a line that begins with '\'.
struct ScriptPart {
  std::string text;
  std::size_t begin = 0;  ///< where its first octet stands in the script
  bool is_command = false;
};

struct Script {
  std::vector<ScriptPart> parts;  ///< parts of white space and comments alone are left out
  bool whole = true;              ///< false: the last part is a statement whose ';' has not come
};
Script SplitScript(std::string_view text);

}  // namespace lakehouse::terminal
