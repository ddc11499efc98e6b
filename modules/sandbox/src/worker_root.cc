#include "worker_root.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <vector>

#include "lakehouse/base/random.h"

namespace lakehouse::sandbox {

namespace {

namespace fs = std::filesystem;
constexpr std::string_view kLockSuffix = ".lock";

void RemoveWorkersOf(const fs::path& root, const std::string& pool) {
  std::error_code ignored;  // what cannot be removed now may be removable at the next start
  for (const fs::directory_entry& entry : fs::directory_iterator(root, ignored))
    if (entry.path().filename().string().starts_with(pool + "-")) fs::remove_all(entry.path(), ignored);
}

void RemoveLeftovers(const fs::path& root) {
  std::error_code ignored;
  std::vector<fs::path> locks;
  for (const fs::directory_entry& entry : fs::directory_iterator(root, ignored))
    if (entry.path().extension() == kLockSuffix) locks.push_back(entry.path());
  for (const fs::path& path : locks) {
    const UniqueFd lock(open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    if (!lock || flock(lock.get(), LOCK_EX | LOCK_NB) != 0) continue;  // alive
    RemoveWorkersOf(root, path.stem().string());
    fs::remove(path, ignored);
  }
}

}  // namespace

Result<WorkerRoot> WorkerRoot::Open(const std::string& path) {
  LH_TRY(CreateDirectories(path));
  if (chmod(path.c_str(), 0711) != 0) return FileError("change mode of", path, errno);
  RemoveLeftovers(path);
  WorkerRoot root;
  root.path_ = path;
  root.pool_ = SystemRandom().Hex(6);
  root.user_offset_ = static_cast<unsigned>(SystemRandom().Below(4'000));
  const std::string lock = path + "/" + root.pool_ + std::string(kLockSuffix);
  // Locked under another name first: another process must not find the file unlocked.
  const std::string unlocked = lock + ".new";
  root.lock_ = UniqueFd(open(unlocked.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!root.lock_ || flock(root.lock_.get(), LOCK_EX | LOCK_NB) != 0 || rename(unlocked.c_str(), lock.c_str()) != 0)
    return FileError("make", lock, errno);
  return root;
}

WorkerRoot::~WorkerRoot() {
  if (!lock_) return;
  RemoveWorkersOf(path_, pool_);
  unlink((path_ + "/" + pool_ + std::string(kLockSuffix)).c_str());
}

}  // namespace lakehouse::sandbox
