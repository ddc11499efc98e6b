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

/// Durably: what is not at the old place is at the new one.
Status Inherit(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::error_code failed;
  if (!std::filesystem::exists(from, failed)) return Ok{};
  for (const auto& entry : std::filesystem::directory_iterator(from, failed)) {
    const auto target = to / entry.path().filename();
    if (rename(entry.path().c_str(), target.c_str()) != 0) return FileError("move", entry.path().string(), errno);
  }
  if (failed) return FileError("read", from.string(), failed.value());
  return SyncDirectory(to.string());
}

/// What cannot be moved or removed stays for the next start.
void TakeOverFromTheDead(const std::string& parent, const std::string& own, const std::string& heritage) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(parent, ignored)) {
    const UniqueFd directory = OpenDirectory(entry.path());
    if (entry.path() == own || !TryLock(directory)) continue;
    if (!heritage.empty() && !Inherit(entry.path() / heritage, std::filesystem::path(own) / heritage)) continue;
    std::filesystem::remove_all(entry.path(), ignored);
  }
}

}  // namespace

Result<std::unique_ptr<ProcessDirectory>> ProcessDirectory::Create(const std::string& parent, const std::string& heritage) {
  LH_TRY(CreateDirectories(parent));
  const UniqueFd everybody = OpenDirectory(parent);
  if (!everybody) return FileError("open", parent, errno);
  // One process at a time: a directory is not locked yet in the moment it is made.
  if (flock(everybody.get(), LOCK_EX) != 0) return FileError("lock", parent, errno);
  std::string path = parent + "/XXXXXX";
  if (mkdtemp(path.data()) == nullptr) return FileError("make directory", path, errno);
  UniqueFd lock = OpenDirectory(path);
  if (!TryLock(lock)) return FileError("lock", path, errno);
  if (!heritage.empty()) LH_TRY(CreateDirectories(path + "/" + heritage));
  LH_TRY(SyncDirectory(parent));
  TakeOverFromTheDead(parent, path, heritage);
  std::string kept = heritage.empty() ? std::string() : path + "/" + heritage;
  return std::unique_ptr<ProcessDirectory>(new ProcessDirectory(std::move(path), std::move(kept), std::move(lock)));
}

ProcessDirectory::~ProcessDirectory() {
  std::error_code ignored;
  if (!std::filesystem::exists(heritage_, ignored) || std::filesystem::is_empty(heritage_, ignored))
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace lakehouse::app
