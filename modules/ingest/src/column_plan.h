#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lakehouse/base/result.h"

namespace lakehouse::ingest {

/// What the sender wants to become of a column of the file, by its name there: the dataset's column, or nothing: it is left out.
using ColumnChoices = std::map<std::string, std::optional<std::string>>;

/// Where the columns of a file go.
struct ColumnPlan {
  std::vector<int> from;           ///< for each column of the dataset the file's that fills it; -1: null
  std::vector<int> to;             ///< for each column of the file the dataset's; -1: left out, or not known there
  std::vector<std::string> names;  ///< of the file's columns as chosen; empty: left out
  bool fits = true;                ///< no column is left over on either side
};

/// `target`: names of the dataset's columns; empty: a new one, which gets what is not left out. `fill_missing`: what the file has not
/// is null. kUnprocessable reason "unknown_column": a choice names what the file has not; "column_twice": two choose one column.
Result<ColumnPlan> PlanColumns(const std::vector<std::string>& found, const ColumnChoices& choices, const std::vector<std::string>& target,
                               bool fill_missing);

}  // namespace lakehouse::ingest
