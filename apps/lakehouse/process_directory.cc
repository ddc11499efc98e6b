#include "process_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

namespace lakehouse::app {
namespace {

UniqueFd OpenDirectory(const std::string& path) { return UniqueFd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)); }

bool TryLock(const UniqueFd& directory) { return directory && flock(directory.get(), LOCK_EX | LOCK_NB) == 0; }

/// What cannot be removed stays for the next start.
void RemoveThoseOfTheDead(const std::string& parent) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(parent, ignored))
    if (TryLock(OpenDirectory(entry.path()))) std::filesystem::remove_all(entry.path(), ignored);
}

}  // namespace

Result<std::unique_ptr<ProcessDirectory>> ProcessDirectory::Create(const std::string& parent) {
  LH_TRY(CreateDirectories(parent));
  const UniqueFd everybody = OpenDirectory(parent);
  if (!everybody) return FileError("open", parent, errno);
  // One process at a time: a directory is not locked yet in the moment it is made.
  if (flock(everybody.get(), LOCK_EX) != 0) return FileError("lock", parent, errno);
  RemoveThoseOfTheDead(parent);
  std::string path = parent + "/XXXXXX";
  if (mkdtemp(path.data()) == nullptr) return FileError("make directory", path, errno);
  UniqueFd lock = OpenDirectory(path);
  if (!TryLock(lock)) return FileError("lock", path, errno);
  return std::unique_ptr<ProcessDirectory>(new ProcessDirectory(std::move(path), std::move(lock)));
}

ProcessDirectory::~ProcessDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace lakehouse::app
