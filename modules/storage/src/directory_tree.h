#pragma once
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lakehouse/base/file.h"
#include "lakehouse/base/guarded.h"
#include "lakehouse/base/result.h"

namespace lakehouse::storage {

/// The directories of a local store below its root: opened without following a link, made and removed as objects come and go.
/// A directory whose name is not known to be on disk is synced (its parent is) before a writer gets it. A directory that a
/// writer holds is not removed by this process. Thread-safe.
class DirectoryTree {
 public:
  /// The descriptor of the root is borrowed; `root` is for messages.
  DirectoryTree(int root_fd, std::string root) : root_fd_(root_fd), root_(std::move(root)) {}

  /// A directory in which a writer may publish; it is pruned when it is empty afterwards.
  class Pin {
   public:
    Pin(Pin&& other) noexcept : tree_(std::exchange(other.tree_, nullptr)), path_(std::move(other.path_)), fd_(std::move(other.fd_)) {}
    Pin& operator=(Pin&&) = delete;
    ~Pin();
    int fd() const { return fd_.get(); }

   private:
    friend DirectoryTree;
    Pin(DirectoryTree* tree, std::vector<std::string> path) : tree_(tree), path_(std::move(path)) {}
    DirectoryTree* tree_;
    std::vector<std::string> path_;
    UniqueFd fd_;
  };

  /// Makes what is missing. kNotFound: another process pruned a directory meanwhile, try again. `sync_failed` is set when a sync failed:
  /// nothing written to this file system can be trusted then.
  Result<Pin> PinForWriting(const std::vector<std::string>& path, bool& sync_failed);
  /// Nothing when it does not exist. kCorruption: something that is no directory is in the way.
  Result<std::optional<UniqueFd>> Open(const std::vector<std::string>& path) const;
  /// The same without making anything; a directory that exists stays while the pin lives.
  Result<std::optional<Pin>> PinExisting(const std::vector<std::string>& path);

 private:
  struct Directory {
    std::size_t pins = 0;
    bool durable = false;  ///< its name in its parent has been synced
  };
  using Directories = std::map<std::string, Directory>;  // by path below the root

  std::string PathOf(const std::vector<std::string>& path, std::size_t depth) const;
  Result<UniqueFd> OpenChild(int parent, const std::string& name, const std::string& shown) const;
  Result<UniqueFd> OpenOrMakeChild(int parent, const std::string& name, const std::string& shown);
  void Unpin(const std::vector<std::string>& path);

  const int root_fd_;
  const std::string root_;
  Guarded<Directories> directories_;
};

/// Fails with kCorruption for a symbolic link or another kind of file where a directory or regular file is expected.
Error UnexpectedFile(const std::string& path, const std::string& expected);
/// FileError for the store's own files: what is missing, forbidden or in the way there is no fault of the caller, so it is
/// kUnavailable; EFBIG is kTooLarge.
Error StoreFileError(std::string_view attempted, const std::string& path, int error_number);

}  // namespace lakehouse::storage
