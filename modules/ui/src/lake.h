#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lakehouse/base/guarded.h"
#include "lakehouse/catalog/catalog.h"
#include "viewer.h"

namespace lakehouse::ui {

/// All datasets at one state of the lake.
struct LakeList {
  std::int64_t sequence = 0;
  std::vector<catalog::Dataset> datasets;       ///< sorted by name
  std::vector<const catalog::Dataset*> tables;  ///< those of them that hold rows of somebody, not the vectors of an index
  const catalog::Dataset* Find(std::string_view name) const;
};

/// The list of datasets as the caller sees it, asked for again only when the lake has moved. Callers under one profile share theirs.
/// Thread-safe.
class Lake {
 public:
  explicit Lake(catalog::Catalog& catalog, SightOf sight_of = {}) : catalog_(catalog), sight_of_(std::move(sight_of)) {}
  Result<std::shared_ptr<const LakeList>> Load(const Context& context);

 private:
  catalog::Catalog& catalog_;
  const SightOf sight_of_;
  Guarded<std::map<std::string, std::shared_ptr<const LakeList>>> kept_;  ///< by what is seen
};

}  // namespace lakehouse::ui
