#include "temporary_files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "directory_tree.h"

namespace lakehouse::storage {
namespace {

UniqueFd OpenDirectory(const std::string& path) { return UniqueFd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)); }

/// Removes every directory below `all` whose owner has let go of its lock. What cannot be removed stays for the next time.
void RemoveLeftovers(const std::string& all) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(all, ignored)) {
    const UniqueFd directory = OpenDirectory(entry.path());
    if (directory && flock(directory.get(), LOCK_EX | LOCK_NB) == 0) std::filesystem::remove_all(entry.path(), ignored);
  }
}

}  // namespace

Result<std::unique_ptr<TemporaryFiles>> TemporaryFiles::Open(const std::string& root) {
  const std::string all = root + "/.tmp";
  if (mkdir(all.c_str(), 0755) != 0 && errno != EEXIST) return FileError("make directory", all, errno);
  const UniqueFd everybody = OpenDirectory(all);
  if (!everybody) return FileError("open", all, errno);
  // One store opens at a time: a new directory is not locked in the moment it is made.
  if (flock(everybody.get(), LOCK_EX) != 0) return FileError("lock", all, errno);
  RemoveLeftovers(all);
  std::string path = all + "/XXXXXX";
  if (mkdtemp(path.data()) == nullptr) return FileError("make directory", path, errno);
  UniqueFd own = OpenDirectory(path);
  if (!own || flock(own.get(), LOCK_EX | LOCK_NB) != 0) return FileError("lock", path, errno);
  return std::unique_ptr<TemporaryFiles>(new TemporaryFiles(path, std::move(own)));
}

TemporaryFiles::~TemporaryFiles() { rmdir(path_.c_str()); }

Result<TemporaryFiles::File> TemporaryFiles::Create() {
  std::string name = std::to_string(next_.fetch_add(1));
  std::string path = path_ + '/' + name;
  UniqueFd fd(openat(directory_.get(), name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) return StoreFileError("create", path, errno);
  return File(directory_.get(), std::move(name), std::move(path), std::move(fd));
}

Result<std::optional<TemporaryFiles::File>> TemporaryFiles::Link(int fd) {
  std::string name = std::to_string(next_.fetch_add(1));
  std::string path = path_ + '/' + name;
  UniqueFd own(fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!own) return StoreFileError("duplicate the descriptor of", path, errno);
  const std::string by_descriptor = "/proc/self/fd/" + std::to_string(fd);
  if (linkat(AT_FDCWD, by_descriptor.c_str(), directory_.get(), name.c_str(), AT_SYMLINK_FOLLOW) == 0) {
    return std::optional<File>(File(directory_.get(), std::move(name), std::move(path), std::move(own)));
  }
  // Another file system, a file that may not be linked, no /proc, or too many names.
  if (errno == EXDEV || errno == EPERM || errno == ENOENT || errno == EMLINK) return std::optional<File>();
  return StoreFileError("link", path, errno);
}

TemporaryFiles::File::~File() {
  if (directory_ >= 0) unlinkat(directory_, name_.c_str(), 0);
}

}  // namespace lakehouse::storage
