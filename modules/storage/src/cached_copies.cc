#include "cached_copies.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "lakehouse/base/file.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/base/random.h"

namespace lakehouse::storage {
namespace {

constexpr std::string_view kCopySuffix = ".object";
constexpr std::string_view kUnfinishedPrefix = "unfinished-";
constexpr std::size_t kDigestDigits = 64;
constexpr std::size_t kKeyDigits = 32;
constexpr std::size_t kNameLength = kDigestDigits + 1 + kKeyDigits;

bool IsCopyName(std::string_view name) {
  return name.size() == kNameLength && name[kDigestDigits] == '-' && name.find_first_not_of("-0123456789abcdef") == std::string_view::npos;
}

std::string DigestOfKey(std::string_view key) { return Sha256Hex(key).substr(0, kKeyDigits); }

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
    struct stat facts;
    if (stat(entry.path().c_str(), &facts) != 0 || !S_ISREG(facts.st_mode)) continue;
    const std::string copy = entry.path().stem();
    if (name.ends_with(kCopySuffix) && IsCopyName(copy))
      found.push_back({copy, facts.st_size, std::max(facts.st_atim.tv_sec, facts.st_mtim.tv_sec)});
    else if (name.starts_with(kUnfinishedPrefix) || name.ends_with(kCopySuffix))  // or named as copies once were
      unlink(entry.path().c_str());
  }
  if (error) return FileError("list", directory_, error.value());
  std::ranges::sort(found, {}, &Found::used_seconds);
  for (const Found& copy : found) Add(copy.name, copy.size_bytes);
  return Ok{};
}

std::string CachedCopies::NameOf(std::string_view key, std::string_view sha256) { return std::string(sha256) + "-" + DigestOfKey(key); }

std::string CachedCopies::TemporaryPath() const { return directory_ + "/" + std::string(kUnfinishedPrefix) + SystemRandom().Hex(16); }

CachedCopies::Copy& CachedCopies::Touch(const std::string& name) {
  const auto [entry, fresh] = copies_.try_emplace(name);
  if (fresh) {
    by_use_.push_front(name);
    entry->second.place = by_use_.begin();
  } else {
    by_use_.splice(by_use_.begin(), by_use_, entry->second.place);
  }
  return entry->second;
}

std::shared_ptr<const void> CachedCopies::Hold(const std::string& name) {
  const std::scoped_lock lock(mutex_);
  Copy& copy = Touch(name);
  std::shared_ptr<const void> held = copy.in_use.lock();
  if (!held) copy.in_use = held = std::make_shared<char>();
  return held;
}

void CachedCopies::Add(const std::string& name, std::int64_t size_bytes) {
  const std::scoped_lock lock(mutex_);
  Copy& copy = Touch(name);
  bytes_ += static_cast<std::uint64_t>(size_bytes - copy.size_bytes);
  copy.size_bytes = size_bytes;
  Shrink(max_bytes_);
}

void CachedCopies::Remove(const std::string& name) {
  const std::scoped_lock lock(mutex_);
  unlink(PathOf(name).c_str());
  const auto copy = copies_.find(name);
  if (copy == copies_.end()) return;
  bytes_ -= static_cast<std::uint64_t>(copy->second.size_bytes);
  copy->second.size_bytes = 0;
}

void CachedCopies::Clear() {
  const std::scoped_lock lock(mutex_);
  Shrink(0);
}

std::vector<std::string> CachedCopies::Names() {
  const std::scoped_lock lock(mutex_);
  return {by_use_.begin(), by_use_.end()};
}

std::uint64_t CachedCopies::bytes() {
  const std::scoped_lock lock(mutex_);
  return bytes_;
}

void CachedCopies::Shrink(std::uint64_t max_bytes) {
  auto place = by_use_.end();
  while (bytes_ > max_bytes && place != by_use_.begin()) {
    --place;
    Drop(place);
  }
}

/// Unless somebody holds it; then false. `place` is the next one afterwards.
bool CachedCopies::Drop(std::list<std::string>::iterator& place) {
  const auto copy = copies_.find(*place);
  if (!copy->second.in_use.expired()) return false;
  unlink(PathOf(*place).c_str());
  bytes_ -= static_cast<std::uint64_t>(copy->second.size_bytes);
  copies_.erase(copy);
  place = by_use_.erase(place);
  return true;
}

bool CachedCopies::Forget(const std::vector<std::string>& keys) {
  std::set<std::string, std::less<>> digests;
  for (const std::string& key : keys) digests.insert(DigestOfKey(key));
  const std::scoped_lock lock(mutex_);
  bool all = true;
  for (auto place = by_use_.begin(); place != by_use_.end();) {
    const bool is_meant = digests.contains(std::string_view(*place).substr(kDigestDigits + 1));
    if (is_meant && Drop(place)) continue;
    all = all && !is_meant;
    ++place;
  }
  return all;
}

}  // namespace lakehouse::storage
