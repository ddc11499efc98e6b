#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "lakehouse/base/result.h"

namespace lakehouse::catalog {

/// The one rule for names of datasets: 1 to 128 ASCII letters, digits, '_' and '-', the first a letter or digit; not "system" or
/// "information_schema", nor these followed by '_' or '-'. kInvalidArgument with reason "invalid_name" says which of these.
Status CheckDatasetName(std::string_view name);

/// What names are compared by: "Workers" and "workers" are one dataset, shown as it was first written.
std::string FoldName(std::string_view name);

/// UUIDv5 of the name as first written: the same in every lake, so it survives the loss of the catalog.
std::string DatasetIdOf(std::string_view name);

/// Remembers which of many names is nearest to the wanted one, by edits of the folded form.
class NearestName {
 public:
  explicit NearestName(std::string_view wanted);
  void Consider(std::string_view name);
  /// Nothing when no name is near: more than a third of the letters would have to change.
  const std::optional<std::string>& best() const { return best_; }

 private:
  std::string wanted_;
  std::size_t distance_;
  std::optional<std::string> best_;
};

}  // namespace lakehouse::catalog
