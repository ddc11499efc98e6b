#include "lake.h"

namespace lakehouse::ui {

const catalog::Dataset* LakeList::Find(std::string_view name) const {
  for (const catalog::Dataset& dataset : datasets)
    if (dataset.name == name) return &dataset;
  return nullptr;
}

Result<std::shared_ptr<const LakeList>> Lake::Load(const Context& context) {
  const auto status = LH_TRY(catalog_.LoadStatus(context, {}));
  if (auto kept = *kept_.Lock(); kept && kept->sequence == status.sequence) return kept;
  auto fresh = std::make_shared<LakeList>();
  catalog::ListDatasetsRequest request;
  request.limit = 10'000;
  for (;;) {
    auto page = LH_TRY(catalog_.ListDatasets(context, request));
    fresh->sequence = page.sequence;
    for (catalog::Dataset& dataset : page.datasets) fresh->datasets.push_back(std::move(dataset));
    if (!page.more || fresh->datasets.empty()) break;
    request.after = fresh->datasets.back().name;
  }
  std::shared_ptr<const LakeList> list = std::move(fresh);
  *kept_.Lock() = list;
  return list;
}

}  // namespace lakehouse::ui
