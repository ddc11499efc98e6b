#include "cached_copies.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "lakehouse/base/file.h"
#include "lakehouse/base/random.h"

namespace lakehouse::storage {
namespace {

constexpr std::string_view kCopySuffix = ".object";
constexpr std::string_view kUnfinishedPrefix = "unfinished-";
constexpr std::size_t kDigestDigits = 64;

bool IsCopyName(std::string_view name) {
  return name.size() == kDigestDigits + kCopySuffix.size() && name.ends_with(kCopySuffix) &&
         name.substr(0, kDigestDigits).find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

Status CachedCopies::Load() {
  LH_TRY(CreateDirectories(directory_));
  struct Found {
    std::string name;
    std::int64_t size_bytes;
    std::int64_t used_seconds;
  };
  std::vector<Found> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, error)) {
    const std::string name = entry.path().filename();
    if (name.starts_with(kUnfinishedPrefix)) unlink(entry.path().c_str());
    struct stat facts;
    if (!IsCopyName(name) || stat(entry.path().c_str(), &facts) != 0 || !S_ISREG(facts.st_mode)) continue;
    found.push_back({name.substr(0, kDigestDigits), facts.st_size, std::max(facts.st_atim.tv_sec, facts.st_mtim.tv_sec)});
  }
  if (error) return FileError("list", directory_, error.value());
  std::ranges::sort(found, {}, &Found::used_seconds);
  for (const Found& copy : found) Add(copy.name, copy.size_bytes);
  return Ok{};
}

std::string CachedCopies::TemporaryPath() const { return directory_ + "/" + std::string(kUnfinishedPrefix) + SystemRandom().Hex(16); }

CachedCopies::Copy& CachedCopies::Touch(const std::string& sha256) {
  const auto [entry, fresh] = copies_.try_emplace(sha256);
  if (fresh) {
    by_use_.push_front(sha256);
    entry->second.place = by_use_.begin();
  } else {
    by_use_.splice(by_use_.begin(), by_use_, entry->second.place);
  }
  return entry->second;
}

std::shared_ptr<const void> CachedCopies::Hold(const std::string& sha256) {
  const std::scoped_lock lock(mutex_);
  Copy& copy = Touch(sha256);
  std::shared_ptr<const void> held = copy.in_use.lock();
  if (!held) copy.in_use = held = std::make_shared<char>();
  return held;
}

void CachedCopies::Add(const std::string& sha256, std::int64_t size_bytes) {
  const std::scoped_lock lock(mutex_);
  Copy& copy = Touch(sha256);
  bytes_ += static_cast<std::uint64_t>(size_bytes - copy.size_bytes);
  copy.size_bytes = size_bytes;
  Shrink(max_bytes_);
}

void CachedCopies::Remove(const std::string& sha256) {
  const std::scoped_lock lock(mutex_);
  unlink(PathOf(sha256).c_str());
  const auto copy = copies_.find(sha256);
  if (copy == copies_.end()) return;
  bytes_ -= static_cast<std::uint64_t>(copy->second.size_bytes);
  copy->second.size_bytes = 0;
}

void CachedCopies::Clear() {
  const std::scoped_lock lock(mutex_);
  Shrink(0);
}

std::uint64_t CachedCopies::bytes() {
  const std::scoped_lock lock(mutex_);
  return bytes_;
}

void CachedCopies::Shrink(std::uint64_t max_bytes) {
  auto place = by_use_.end();
  while (bytes_ > max_bytes && place != by_use_.begin()) {
    --place;
    const auto copy = copies_.find(*place);
    if (!copy->second.in_use.expired()) continue;
    unlink(PathOf(*place).c_str());
    bytes_ -= static_cast<std::uint64_t>(copy->second.size_bytes);
    copies_.erase(copy);
    place = by_use_.erase(place);
  }
}

}  // namespace lakehouse::storage
