#include "lake.h"

#include "lakehouse/catalog/vector_dataset.h"

namespace lakehouse::ui {
namespace {

constexpr std::size_t kMostSights = 16;  // profiles whose lists are kept at once

}  // namespace

const catalog::Dataset* LakeList::Find(std::string_view name) const {
  for (const catalog::Dataset& dataset : datasets)
    if (dataset.name == name) return &dataset;
  return nullptr;
}

Result<std::shared_ptr<const LakeList>> Lake::Load(const Context& context) {
  const std::string label = LH_TRY(LabelOf(sight_of_, context));
  const auto status = LH_TRY(catalog_.LoadStatus(context, {}));
  {
    auto kept = kept_.Lock();
    if (const auto found = kept->find(label); found != kept->end() && found->second->sequence == status.sequence) return found->second;
  }
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
  for (const catalog::Dataset& dataset : fresh->datasets)
    if (!catalog::IsVectorDataset(dataset.attributes)) fresh->tables.push_back(&dataset);
  std::shared_ptr<const LakeList> list = std::move(fresh);
  // A profile that changed meanwhile leaves open under which one this was read.
  if (const auto after = LabelOf(sight_of_, context); !after || *after != label) return list;
  auto kept = kept_.Lock();
  if (kept->size() >= kMostSights && !kept->contains(label)) kept->clear();
  (*kept)[label] = list;
  return list;
}

}  // namespace lakehouse::ui
