#include "compaction_plan.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "lakehouse/query/table_view.h"

namespace lakehouse::ingest {
namespace {

using catalog::DataFile;
using catalog::FileContent;

constexpr std::int64_t kPassBytes = std::int64_t{1} << 30;  // of small files that one job takes: the rest is left to the next

/// As a query decides it, so that both agree on which deletes a file needs.
bool MayTouch(const DataFile& deletes, const DataFile& data) { return query::MayTouch(deletes, data.key); }

class Selection {
 public:
  explicit Selection(const std::vector<DataFile>& files) {
    for (const DataFile& file : files) (file.content == FileContent::kData ? data_ : deletes_).push_back(&file);
    data_chosen_.resize(data_.size());
    deletes_chosen_.resize(deletes_.size());
  }

  void ChooseSmall(const CompactionPolicy& policy, std::size_t at_least) {
    std::vector<std::size_t> small;
    std::int64_t bytes = 0;
    for (std::size_t i = 0; i < data_.size() && bytes < kPassBytes; ++i) {
      if (data_[i]->size_bytes >= policy.small_file_bytes) continue;
      small.push_back(i);
      bytes += data_[i]->size_bytes;
    }
    if (small.size() < at_least) return;
    for (const std::size_t i : small) data_chosen_[i] = true;
  }
  void ChooseDeletes() { deletes_chosen_.assign(deletes_.size(), true); }
  /// A delete file goes with all it touches, and a data file with all that touch it.
  void Close() {
    for (bool changed = true; changed;) {
      changed = false;
      for (std::size_t d = 0; d < deletes_.size(); ++d)
        for (std::size_t f = 0; f < data_.size(); ++f) {
          if (deletes_chosen_[d] == data_chosen_[f] || !MayTouch(*deletes_[d], *data_[f])) continue;
          deletes_chosen_[d] = data_chosen_[f] = changed = true;
        }
    }
  }
  CompactionPlan Plan() const {
    CompactionPlan plan;
    for (std::size_t f = 0; f < data_.size(); ++f)
      if (data_chosen_[f]) plan.data.push_back(*data_[f]);
    for (std::size_t d = 0; d < deletes_.size(); ++d)
      if (deletes_chosen_[d]) plan.deletes.push_back(*deletes_[d]);
    for (const DataFile& file : plan.data) plan.rows_left += file.rows, plan.bytes += file.size_bytes;
    for (const DataFile& file : plan.deletes) plan.rows_left -= file.rows, plan.bytes += file.size_bytes;
    return plan;
  }

 private:
  std::vector<const DataFile*> data_, deletes_;
  std::vector<bool> data_chosen_, deletes_chosen_;
};

}  // namespace

std::optional<CompactionPlan> PlanCompaction(const std::vector<DataFile>& files, const CompactionPolicy& policy, bool by_hand) {
  std::int64_t rows = 0, deleted = 0;
  for (const DataFile& file : files) (file.content == FileContent::kData ? rows : deleted) += file.rows;
  Selection selection(files);
  const bool too_many_deleted = deleted > 0 && (by_hand || (policy.deleted_percent > 0 && deleted * 100 >= rows * policy.deleted_percent));
  if (too_many_deleted) selection.ChooseDeletes();
  if (by_hand || policy.small_files > 0) selection.ChooseSmall(policy, by_hand ? 2 : static_cast<std::size_t>(policy.small_files));
  selection.Close();
  CompactionPlan plan = selection.Plan();
  if (plan.deletes.empty() && plan.data.size() < 2) return std::nullopt;
  return plan;
}

bool StillFits(const CompactionPlan& plan, const std::vector<DataFile>& files) {
  std::set<std::string_view> present;
  for (const DataFile& file : files) present.insert(file.key);
  const auto is_there = [&](const DataFile& file) { return present.contains(file.key); };
  if (!std::ranges::all_of(plan.data, is_there) || !std::ranges::all_of(plan.deletes, is_there)) return false;
  std::set<std::string_view> own;
  for (const DataFile& file : plan.deletes) own.insert(file.key);
  return std::ranges::none_of(files, [&](const DataFile& file) {
    return file.content == FileContent::kPositionDeletes && !own.contains(file.key) &&
           std::ranges::any_of(plan.data, [&](const DataFile& data) { return MayTouch(file, data); });
  });
}

}  // namespace lakehouse::ingest
