#pragma once
#include <memory>
#include <vector>

#include "lakehouse/base/guarded.h"
#include "lakehouse/catalog/catalog.h"

namespace lakehouse::ui {

/// All datasets at one state of the lake.
struct LakeList {
  std::int64_t sequence = 0;
  std::vector<catalog::Dataset> datasets;  ///< sorted by name
  const catalog::Dataset* Find(std::string_view name) const;
};

/// The list of datasets, asked for again only when the lake has moved. Thread-safe.
class Lake {
 public:
  explicit Lake(catalog::Catalog& catalog) : catalog_(catalog) {}
  Result<std::shared_ptr<const LakeList>> Load(const Context& context);

 private:
  catalog::Catalog& catalog_;
  Guarded<std::shared_ptr<const LakeList>> kept_;
};

}  // namespace lakehouse::ui
