#include "load_warnings.h"

#include <algorithm>
#include <cmath>

#include "lakehouse/catalog/dataset_name.h"

namespace lakehouse::matrix {
namespace {

constexpr std::int64_t kLoadsMs = 250;  ///< a hint is not worth more

}  // namespace

std::string ShowProgress(double progress) { return std::to_string(std::lround(std::clamp(progress, 0.0, 1.0) * 100)) + " %"; }

std::vector<DatasetLoad> LoadsUnderWay(const Context& context, const DatasetLoads& loads) {
  if (!loads) return {};
  Context limited = context;
  limited.deadline = Deadline::After(kLoadsMs).Or(context.deadline);
  return loads(limited);
}

void WarnOfLoads(const std::vector<DatasetLoad>& loads, const std::string& corpus, const std::string& dataset,
                 std::vector<SearchWarning>& warnings) {
  const std::string name = catalog::FoldName(dataset);
  const DatasetLoad* farthest = nullptr;
  std::size_t count = 0;
  for (const DatasetLoad& load : loads) {
    if (catalog::FoldName(load.dataset) != name) continue;
    ++count;
    if (farthest == nullptr || load.progress.value_or(0) > farthest->progress.value_or(0)) farthest = &load;
  }
  if (farthest == nullptr) return;
  warnings.push_back({"being_loaded", corpus,
                      dataset + " is still being read: " + (farthest->progress ? ShowProgress(*farthest->progress) + ", " : "") + "job " +
                          farthest->job + (count > 1 ? " and " + std::to_string(count - 1) + " more" : "") +
                          "; what that brings is not in this answer"});
}

}  // namespace lakehouse::matrix
