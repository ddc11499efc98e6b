#include "file_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <filesystem>

namespace lakehouse::catalog {

Result<std::optional<FileLock>> FileLock::TryTake(const std::string& path) {
  LH_TRY(CreateDirectories(std::filesystem::path(path).parent_path().string()));
  UniqueFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!fd) return FileError("open", path, errno);
  if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return std::optional<FileLock>();
    return FileError("lock", path, errno);
  }
  return std::optional<FileLock>(FileLock(std::move(fd)));
}

}  // namespace lakehouse::catalog
