#pragma once
#include <map>
#include <string>
#include <string_view>

#include "lakehouse/base/json_view.h"

namespace lakehouse::query {

/// Table references that go by another name in the statement that runs.
struct TableNames {
  /// What was written: schema, name and AT clause. Such a reference is never a common table expression, so it means the same
  /// wherever it stands.
  static std::string KeyOf(JsonView base_table);
  std::map<std::string, std::string, std::less<>> views;
};

/// The tree written once more, with these references renamed (and what they were called kept as alias), and every SHOW TABLES
/// replaced by `table_list_view`. Only for a tree that has passed the gate.
std::string RewriteTables(JsonView tree, const TableNames& names, std::string_view table_list_view);

}  // namespace lakehouse::query
