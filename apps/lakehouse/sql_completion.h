#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/terminal/line_editor.h"

namespace lakehouse::app {

struct TableNames {
  std::string name;
  std::vector<std::string> columns;
};

/// What a prompt completes from.
struct SqlNames {
  std::function<const std::vector<TableNames>&()> tables;  ///< asked when needed only: it may call a server
  std::vector<std::string> functions;
};

/// What may be meant at the cursor: after FROM a table, after "t." its columns, else columns of the tables the text names, functions and
/// keywords; commands and their values in a line that begins with '\'. Nothing within strings and comments.
terminal::Completion CompleteSql(std::string_view text, std::size_t cursor, const SqlNames& names);

/// `name`, in double quotes when SQL needs them.
std::string AsIdentifier(std::string_view name);

/// Keywords, strings, numbers, names and comments in colours of their own.
std::vector<terminal::ColouredSpan> ColourSql(std::string_view text);

}  // namespace lakehouse::app
