#pragma once
#include <mutex>
#include <vector>

#include "generation_store.h"
#include "lakehouse/storage/append_log.h"
#include "lakehouse/vector/vectors_types.h"

namespace lakehouse::vector {

/// Every trial that was ever run on this lake, by whichever process: rows of the append log `_logs/vector_trials/`. Any thread.
class TrialLog {
 public:
  explicit TrialLog(const VectorParts& parts);
  Status Append(const Context& context, const Trial& trial);
  /// Newest first; of one index, or of all for an empty name.
  Result<std::vector<Trial>> Load(const Context& context, const std::string& index);

 private:
  std::mutex mutex_;
  storage::AppendLogWriter writer_;
  storage::AppendLogReader reader_;
};

}  // namespace lakehouse::vector
