#pragma once
#include <string>
#include <vector>

#include "lakehouse/base/result.h"

namespace lakehouse::app {

/// Columns of text, aligned for a terminal; cells are cut at 60 characters.
class TextTable {
 public:
  TextTable(std::vector<std::string> names, std::vector<bool> right_aligned);
  void Add(std::vector<std::string> cells);
  std::string Draw() const;

 private:
  std::vector<std::vector<std::string>> lines_;
  std::vector<bool> right_aligned_;
};

/// The answer of POST /v1/sql as a table with a line that counts the rows.
Result<std::string> DrawResult(const std::string& answer_json);

}  // namespace lakehouse::app
