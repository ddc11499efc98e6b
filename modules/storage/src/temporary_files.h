#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "lakehouse/base/file.h"
#include "lakehouse/base/result.h"

namespace lakehouse::storage {

/// Where a store writes what is not an object yet: <root>/.tmp/<its own directory>, held by a lock (flock) as long as the
/// store lives, so that the next one to open the root can tell what is left over from what is in use. Thread-safe.
class TemporaryFiles {
 public:
  /// Removes the directories of stores that are gone.
  static Result<std::unique_ptr<TemporaryFiles>> Open(const std::string& root);
  ~TemporaryFiles();
  TemporaryFiles(const TemporaryFiles&) = delete;
  TemporaryFiles& operator=(const TemporaryFiles&) = delete;

  /// A new file, open for writing. It goes when this goes, unless it was renamed away.
  class File {
   public:
    File(int directory, std::string name, std::string path, UniqueFd fd)
        : directory_(directory), name_(std::move(name)), path_(std::move(path)), fd_(std::move(fd)) {}
    File(File&& other) noexcept
        : directory_(std::exchange(other.directory_, -1)),
          name_(std::move(other.name_)),
          path_(std::move(other.path_)),
          fd_(std::move(other.fd_)) {}
    File& operator=(File&&) = delete;
    ~File();

    int directory() const { return directory_; }
    const std::string& name() const { return name_; }
    const std::string& path() const { return path_; }  ///< for messages
    int fd() const { return fd_.get(); }
    void WasRenamed() { directory_ = -1; }

   private:
    int directory_;  // borrowed; -1: nothing to remove
    std::string name_;
    std::string path_;
    UniqueFd fd_;
  };
  Result<File> Create();
  /// A second name for an open file; nothing when it cannot have one here. The descriptor is borrowed: fd() has its own.
  Result<std::optional<File>> Link(int fd);

 private:
  TemporaryFiles(std::string path, UniqueFd directory) : path_(std::move(path)), directory_(std::move(directory)) {}

  const std::string path_;
  const UniqueFd directory_;
  std::atomic<std::uint64_t> next_{0};
};

}  // namespace lakehouse::storage
