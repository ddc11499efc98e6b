#pragma once
#include <cstdint>

#include "lakehouse/base/context.h"

namespace lakehouse::catalog {

/// Keeps a long read at a rate. One thread.
class BytePacer {
 public:
  /// 0: no limit.
  explicit BytePacer(std::int64_t bytes_per_second) : bytes_per_second_(bytes_per_second) {}
  /// These were read: waits until they are due. kCancelled, kDeadlineExceeded.
  Status Spend(const Context& context, std::int64_t bytes);

 private:
  const std::int64_t bytes_per_second_;
  std::int64_t spent_ = 0;
  std::int64_t started_ns_ = 0;
};

}  // namespace lakehouse::catalog
