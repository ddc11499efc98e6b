#include "directory_tree.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "open_beneath.h"

namespace lakehouse::storage {

Error UnexpectedFile(const std::string& path, const std::string& expected) {
  return Error(ErrorCode::kCorruption, path + " is not " + expected + ": something other than the store has put it there; move it away")
      .Named("foreign_file");
}

Error StoreFileError(std::string_view attempted, const std::string& path, int error_number) {
  Error error = FileError(attempted, path, error_number);
  switch (error_number) {
    case EFBIG:
      return Error(ErrorCode::kTooLarge, error.message() + ": the file system or this process (ulimit -f) allows no file of this size")
          .Named("file_size_limit");
    case ENOENT:
    case EEXIST:
    case EACCES:
    case EPERM: return {ErrorCode::kUnavailable, error.message()};
    default: return error;
  }
}

DirectoryTree::Pin::~Pin() {
  if (tree_ != nullptr) tree_->Unpin(path_);
}

std::string DirectoryTree::PathOf(const std::vector<std::string>& path, std::size_t depth) const {
  std::string joined;
  for (std::size_t i = 0; i < depth; ++i) joined += '/' + path[i];
  return joined;
}

Result<UniqueFd> DirectoryTree::OpenChild(int parent, const std::string& name, const std::string& shown) const {
  UniqueFd fd(openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (fd) return fd;
  if (errno == ENOTDIR || errno == ELOOP) return UnexpectedFile(root_ + shown, "a directory");
  return errno == ENOENT ? FileError("open", root_ + shown, errno) : StoreFileError("open", root_ + shown, errno);
}

Result<UniqueFd> DirectoryTree::OpenOrMakeChild(int parent, const std::string& name, const std::string& shown) {
  Result<UniqueFd> fd = OpenChild(parent, name, shown);
  if (fd || fd.error().code() != ErrorCode::kNotFound) return fd;
  directories_.Lock()->at(shown).durable = false;  // somebody else removed what was
  if (mkdirat(parent, name.c_str(), 0755) != 0 && errno != EEXIST) return StoreFileError("make directory", root_ + shown, errno);
  return OpenChild(parent, name, shown);
}

Result<DirectoryTree::Pin> DirectoryTree::PinForWriting(const std::vector<std::string>& path, bool& sync_failed) {
  {
    auto directories = directories_.Lock();
    for (std::size_t depth = 1; depth <= path.size(); ++depth) ++(*directories)[PathOf(path, depth)].pins;
  }
  Pin pin(this, path);  // from here on a failure unpins, and prunes what was made
  UniqueFd parent(openat(root_fd_, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!parent) return StoreFileError("open", root_, errno);
  for (std::size_t depth = 1; depth <= path.size(); ++depth) {
    const std::string shown = PathOf(path, depth);
    UniqueFd child = LH_TRY(OpenOrMakeChild(parent.get(), path[depth - 1], shown));
    // Another writer may have made it a moment ago and not synced it yet: whoever does not know syncs.
    if (!directories_.Lock()->at(shown).durable) {
      Status synced = SyncFile(parent.get(), root_ + PathOf(path, depth - 1));
      if (!synced) return sync_failed = true, std::move(synced).TakeError();
      directories_.Lock()->at(shown).durable = true;
    }
    parent = std::move(child);
  }
  pin.fd_ = std::move(parent);
  return pin;
}

Result<std::optional<UniqueFd>> DirectoryTree::Open(const std::vector<std::string>& path) const {
  std::string below;
  for (const std::string& name : path) below += name + '/';
  UniqueFd fd = OpenBeneath(root_fd_, below, O_RDONLY | O_DIRECTORY);
  if (fd) return std::optional<UniqueFd>(std::move(fd));
  if (errno == ENOENT) return std::optional<UniqueFd>();
  if (errno == ENOTDIR || errno == ELOOP) return UnexpectedFile(root_ + '/' + below, "a directory");
  return StoreFileError("open", root_ + '/' + below, errno);
}

Result<std::optional<DirectoryTree::Pin>> DirectoryTree::PinExisting(const std::vector<std::string>& path) {
  {
    auto directories = directories_.Lock();
    for (std::size_t depth = 1; depth <= path.size(); ++depth) ++(*directories)[PathOf(path, depth)].pins;
  }
  Pin pin(this, path);
  std::optional<UniqueFd> fd = LH_TRY(Open(path));
  if (!fd) return std::optional<Pin>();
  pin.fd_ = std::move(*fd);
  return std::optional<Pin>(std::move(pin));
}

void DirectoryTree::Unpin(const std::vector<std::string>& path) {
  auto directories = directories_.Lock();  // also while directories go, so that nobody pins one that is about to
  bool prune = true;
  for (std::size_t depth = path.size(); depth > 0; --depth) {
    const auto found = directories->find(PathOf(path, depth));
    if (--found->second.pins > 0) prune = false;
    if (prune) {
      const Result<std::optional<UniqueFd>> parent = Open({path.begin(), path.begin() + static_cast<std::ptrdiff_t>(depth) - 1});
      const bool removed = parent && *parent && unlinkat((*parent)->get(), path[depth - 1].c_str(), AT_REMOVEDIR) == 0;
      const bool missing = parent && (!*parent || (!removed && errno == ENOENT));
      if (removed || missing) {
        directories->erase(found);
        continue;
      }
      prune = false;
    }
    if (found->second.pins == 0 && !found->second.durable) directories->erase(found);
  }
}

}  // namespace lakehouse::storage
