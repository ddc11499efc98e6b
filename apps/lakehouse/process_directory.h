#pragma once
#include <memory>
#include <string>

#include "lakehouse/base/file.h"

namespace lakehouse::app {

/// A directory for what goes with this process: uploads on their way, scratch files. A lock (flock) on it says that its owner lives,
/// so that the next process clears up after one that was killed, and leaves one that runs beside it alone.
class ProcessDirectory {
 public:
  /// Makes `<parent>/<fresh name>` and removes those in `parent` whose owners are gone.
  static Result<std::unique_ptr<ProcessDirectory>> Create(const std::string& parent);
  ~ProcessDirectory();
  ProcessDirectory(const ProcessDirectory&) = delete;
  ProcessDirectory& operator=(const ProcessDirectory&) = delete;

  const std::string& path() const { return path_; }

 private:
  ProcessDirectory(std::string path, UniqueFd lock) : path_(std::move(path)), lock_(std::move(lock)) {}

  const std::string path_;
  const UniqueFd lock_;
};

}  // namespace lakehouse::app
