#pragma once
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "hosted_index.h"
#include "trial_log.h"

namespace lakehouse::vector {

/// A configuration, built over the rows of `over` and measured.
struct BuiltTrial {
  Trial trial;
  std::shared_ptr<Serving> over;
  std::shared_ptr<VectorIndex> index;
};

/// Runs and compares configurations of indexes. Any thread.
class Trials {
 public:
  explicit Trials(const VectorParts& parts) : parts_(parts), log_(parts) {}

  /// Builds and measures; nothing is kept. Queries: the given ones, or up to 200 of the items. kUnprocessable "nothing_to_measure": empty.
  Result<BuiltTrial> Build(const Context& context, const HostedIndex& index, const IndexConfig& config,
                           const std::vector<std::vector<float>>& queries, std::uint32_t k) const;
  Result<Trial> Run(const Context& context, const HostedIndex& index, const TrialRequest& request);
  Result<AutotuneResponse> Autotune(const Context& context, const HostedIndex& index, const AutotuneRequest& request);
  Result<PromotionState> Promote(const Context& context, HostedIndex& index, const PromoteRequest& request);
  Result<TrialsResponse> List(const Context& context, const TrialsRequest& request);
  Result<BestTrialResponse> Best(const Context& context, const BestTrialRequest& request);

 private:
  /// One of a run: built, measured, kept.
  Result<Trial> RunOne(const Context& context, const HostedIndex& index, const AutotuneRequest& request, const IndexConfig& config,
                       const std::string& run);
  const VectorParts& parts_;
  TrialLog log_;
};

}  // namespace lakehouse::vector
