#pragma once
#include <memory>
#include <string>

#include "lakehouse/base/file.h"

namespace lakehouse::app {

/// A directory for what goes with this process: uploads on their way, scratch files. A lock (flock) on it says that its owner lives,
/// so that the next process clears up after one that was killed, and leaves one that runs beside it alone.
class ProcessDirectory {
 public:
  /// Makes `<parent>/<fresh name>` and removes those in `parent` whose owners are gone. `heritage`: a directory in it that outlives its
  /// process: what is in those of the dead is moved into this one, and what is in this one stays.
  static Result<std::unique_ptr<ProcessDirectory>> Create(const std::string& parent, const std::string& heritage = {});
  ~ProcessDirectory();
  ProcessDirectory(const ProcessDirectory&) = delete;
  ProcessDirectory& operator=(const ProcessDirectory&) = delete;

  const std::string& path() const { return path_; }

 private:
  ProcessDirectory(std::string path, std::string heritage, UniqueFd lock)
      : path_(std::move(path)), heritage_(std::move(heritage)), lock_(std::move(lock)) {}

  const std::string path_, heritage_;  // heritage_: its path; empty: there is none
  const UniqueFd lock_;
};

}  // namespace lakehouse::app
