#pragma once
#include <string>

#include "lakehouse/base/file.h"
#include "lakehouse/base/result.h"

namespace lakehouse::sandbox {

/// The directory of workers' directories, shared by all pools that use it, of all processes. A pool marks itself alive by a locked
/// file `<pool>.lock`; its workers live in `<pool>-<n>`. What belongs to a pool whose lock is free is a leftover of a dead process.
class WorkerRoot {
 public:
  /// Makes the directory (mode 0711: others cannot list it), removes leftovers, takes a new pool id.
  static Result<WorkerRoot> Open(const std::string& path);
  ~WorkerRoot();
  WorkerRoot(WorkerRoot&&) noexcept = default;
  WorkerRoot& operator=(WorkerRoot&&) = delete;

  std::string WorkerId(unsigned number) const { return WorkerId(std::to_string(number)); }
  std::string WorkerId(const std::string& name) const { return pool_ + "-" + name; }
  /// Where this pool begins to count users, so that the pools of one machine rarely share one.
  unsigned user_offset() const { return user_offset_; }

 private:
  WorkerRoot() = default;
  std::string path_;
  std::string pool_;
  UniqueFd lock_;
  unsigned user_offset_ = 0;
};

}  // namespace lakehouse::sandbox
