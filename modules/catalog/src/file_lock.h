#pragma once
#include <optional>
#include <string>

#include "lakehouse/base/file.h"

namespace lakehouse::catalog {

/// An exclusive lock on a file of this machine. The kernel lets it go with the process that holds it.
class FileLock {
 public:
  /// Nothing when somebody else holds it. Makes the file and its directory when missing.
  static Result<std::optional<FileLock>> TryTake(const std::string& path);

 private:
  explicit FileLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace lakehouse::catalog
