#include "open_beneath.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace lakehouse::storage {
namespace {

/// For kernels and jails without openat2: one open for each part.
UniqueFd OpenPartByPart(int root_fd, const std::string& path, int flags) {
  UniqueFd directory(openat(root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  std::size_t begin = 0;
  for (std::size_t slash = path.find('/'); directory && slash != std::string::npos; slash = path.find('/', begin)) {
    directory =
        UniqueFd(openat(directory.get(), path.substr(begin, slash - begin).c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    begin = slash + 1;
  }
  if (!directory || begin == path.size()) return directory;
  return UniqueFd(openat(directory.get(), path.c_str() + begin, flags | O_NOFOLLOW | O_CLOEXEC));
}

}  // namespace

UniqueFd OpenBeneath(int root_fd, const std::string& path, int flags) {
  open_how how{};
  how.flags = static_cast<decltype(how.flags)>(flags) | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  const long fd = syscall(SYS_openat2, root_fd, path.empty() ? "." : path.c_str(), &how, sizeof how);
  if (fd >= 0) return UniqueFd(static_cast<int>(fd));
  if (errno == ENOSYS || errno == EPERM || errno == EAGAIN) return OpenPartByPart(root_fd, path, flags);  // EAGAIN: a rename on the way
  return UniqueFd();
}

}  // namespace lakehouse::storage
