#include "checked_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "lakehouse/base/file.h"
#include "lakehouse/base/hash.h"

namespace lakehouse::storage {
namespace {

constexpr std::size_t kRememberedFiles = 200'000;
constexpr std::size_t kDigestStep = 1u << 20;

}  // namespace

FileIdentity FileIdentity::Of(const struct stat& facts) {
  return {.device = facts.st_dev,
          .inode = facts.st_ino,
          .size_bytes = facts.st_size,
          .modified_ns = facts.st_mtim.tv_sec * 1'000'000'000 + facts.st_mtim.tv_nsec};
}

std::optional<FileIdentity> FileIdentity::OfPath(const std::string& path) {
  struct stat facts;
  if (stat(path.c_str(), &facts) != 0 || !S_ISREG(facts.st_mode)) return std::nullopt;
  return Of(facts);
}

bool CheckedFiles::Knows(const std::string& path, const FileIdentity& identity, const std::string& sha256) {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(path);
  if (found == entries_.end() || found->second.identity != identity || found->second.sha256 != sha256) return false;
  by_use_.splice(by_use_.begin(), by_use_, found->second.place);
  return true;
}

void CheckedFiles::Remember(const std::string& path, const FileIdentity& identity, const std::string& sha256) {
  const std::scoped_lock lock(mutex_);
  const auto [entry, fresh] = entries_.try_emplace(path);
  if (fresh) {
    by_use_.push_front(path);
    entry->second.place = by_use_.begin();
  }
  entry->second.identity = identity;
  entry->second.sha256 = sha256;
  if (entries_.size() <= kRememberedFiles) return;
  entries_.erase(by_use_.back());
  by_use_.pop_back();
}

Result<FileDigest> DigestFile(const Context& context, const std::string& path) {
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return FileError("open", path, errno);
  struct stat facts;
  if (fstat(file.get(), &facts) != 0) return FileError("look at", path, errno);
  posix_fadvise(file.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  Sha256 digest;
  std::vector<char> buffer(kDigestStep);
  while (true) {
    LH_TRY(context.Check());
    const ssize_t count = read(file.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FileError("read", path, errno);
    if (count == 0) break;
    digest.Add({buffer.data(), static_cast<std::size_t>(count)});
  }
  return FileDigest{digest.FinishHex(), FileIdentity::Of(facts)};
}

Result<CheckSlots::Slot> CheckSlots::Acquire(const Context& context) {
  std::unique_lock lock(mutex_);
  LH_TRY(WaitFor(context, lock, changed_, [&] { return free_ > 0; }));
  --free_;
  return Slot(*this);
}

void CheckSlots::Release() {
  {
    const std::scoped_lock lock(mutex_);
    ++free_;
  }
  changed_.notify_one();
}

}  // namespace lakehouse::storage
