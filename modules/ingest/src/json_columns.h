#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/json_view.h"
#include "lakehouse/base/result.h"
#include "personal_data.h"
#include "prepare.h"

namespace lakehouse::ingest {

/// JSON values as rows of a table whose columns come up as they are met. Members of nested objects become columns of their own,
/// "address_city", down to four levels; what lies deeper, and arrays of anything but plain values of one kind, is kept as JSON
/// text. A value that is no object goes to the column "value". Of members with one name the last counts.
class JsonColumns {
 public:
  /// Appends the row as one line of JSON with the columns' names. kUnprocessable "too_many_columns".
  Status AddRow(JsonView row, std::string& out);
  /// After the last row: names, types and tags in the order they came up.
  std::vector<PreparedColumn> Columns() const;
  /// What was renamed or looked odd.
  const std::vector<std::string>& notes() const { return notes_; }

  /// Whether values of a column found to be `found` go into a column `target` without loss.
  static bool Fits(std::string_view found, std::string_view target);

 private:
  struct Facts {
    std::string name;
    bool boolean = false, integer = false, number = false, text = false, list = false, other = false;
    bool exact_doubles = true;   // no integer beyond 2^53, which a double would change
    unsigned times = 0;          // types that all texts so far allow; meaningful when `text`
    std::vector<Facts> element;  // of lists: none or one
    PersonalDataDetector personal;
  };
  static void Note(Facts& facts, JsonView value);
  static std::string TypeOf(const Facts& facts);
  Status AddMembers(JsonView object, const std::string& path, const std::string& name, int depth);
  Status AddCell(const std::string& path, const std::string& name, JsonView value);

  std::vector<Facts> columns_;
  std::map<std::string, std::size_t> by_path_;
  std::map<std::string, std::size_t> by_name_;  // folded
  std::map<std::size_t, std::string> row_;      // cells of the row at hand, as JSON
  std::vector<std::string> notes_;
};

}  // namespace lakehouse::ingest
