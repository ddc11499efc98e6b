#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "json_shape.h"
#include "lakehouse/base/json_view.h"
#include "lakehouse/base/result.h"
#include "prepare.h"

namespace lakehouse::ingest {

/// JSON values as rows of a table whose columns come up as they are met. Members of nested objects become columns of their own,
/// "address_city", down to four levels; what lies deeper, and arrays of anything but plain values of one kind, is kept as JSON
/// text. Where nested objects are kept they are STRUCTs, and lists of them lists of STRUCTs, by the rules of JsonShape. A value that is no
/// object goes to the column "value". Of members with one name the last counts.
class JsonColumns {
 public:
  explicit JsonColumns(bool keeps_objects = false) : keeps_objects_(keeps_objects) {}

  /// Appends the row as one line of JSON with the columns' names. kUnprocessable "too_many_columns".
  Status AddRow(JsonView row, std::string& out);
  /// After the last row: names, types and tags in the order they came up.
  std::vector<PreparedColumn> Columns() const;
  /// What was renamed, kept as text or looked odd.
  std::vector<std::string> Notes() const;
  /// Whether values of this column go into a column of type `target` without loss. `type` is the column's: where objects are kept it takes
  /// from the target what the file says nothing about.
  bool FitsColumn(std::size_t column, const std::string& target, std::string& type) const;

  /// Whether plain values found to be `found` go into a column `target` without loss.
  static bool Fits(std::string_view found, std::string_view target);

 private:
  struct Column {
    std::string name;
    JsonShape shape;
    std::size_t parts = 0;
  };
  Status AddMembers(JsonView object, const std::string& path, const std::string& name, int depth);
  Status AddCell(const std::string& path, const std::string& name, JsonView value);

  const bool keeps_objects_;
  std::vector<Column> columns_;
  std::size_t parts_ = 0;  // of all columns
  std::map<std::string, std::size_t> by_path_;
  std::map<std::string, std::size_t> by_name_;  // folded
  std::map<std::size_t, std::string> row_;      // cells of the row at hand, as JSON
  std::vector<std::string> notes_;
};

}  // namespace lakehouse::ingest
