#include "trial_log.h"

#include <algorithm>

#include "vectors_wire.h"

namespace lakehouse::vector {
namespace {

const std::string kTrialPrefix = "_logs/vector_trials/";
constexpr std::size_t kMaxTrialBatches = 10'000;

}  // namespace

TrialLog::TrialLog(const VectorParts& parts)
    : writer_(parts.store, kTrialPrefix, parts.clock, parts.random), reader_(parts.store, kTrialPrefix, kMaxTrialBatches) {}

Status TrialLog::Append(const Context& context, const Trial& trial) {
  const std::scoped_lock lock(mutex_);
  LH_TRY_WHILE(writer_.Append(context, {EncodeJson(trial)}), "keep the trial");
  return Ok{};
}

Result<std::vector<Trial>> TrialLog::Load(const Context& context, const std::string& index) {
  const std::scoped_lock lock(mutex_);
  LH_TRY(reader_.Refresh(context));
  std::vector<Trial> trials;
  for (const storage::LoggedRecord& record : reader_.records()) {
    auto trial = DecodeJson<Trial>(record.text);
    if (trial && (index.empty() || trial->index == index)) trials.push_back(std::move(trial).Take());
  }
  std::stable_sort(trials.begin(), trials.end(), [](const Trial& a, const Trial& b) { return a.time_micros > b.time_micros; });
  return trials;
}

}  // namespace lakehouse::vector
