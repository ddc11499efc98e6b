#pragma once
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lakehouse/base/result.h"

namespace lakehouse::storage {

/// The directory of copies, each named by the digests of its octets and of its object's key. Knows their sizes and the order of their use,
/// and removes the least recently used ones that nobody holds. Thread-safe.
class CachedCopies {
 public:
  CachedCopies(std::string directory, std::uint64_t max_bytes) : directory_(std::move(directory)), max_bytes_(max_bytes) {}
  /// Creates the directory, forgets what other runs left unfinished, and takes over the copies they made.
  Status Load();

  static std::string NameOf(std::string_view key, std::string_view sha256);
  static bool IsOf(std::string_view name, std::string_view sha256) { return name.starts_with(sha256); }
  std::string PathOf(const std::string& name) const { return directory_ + "/" + name + ".object"; }
  /// A name for a copy in the making.
  std::string TemporaryPath() const;
  /// The copy is in use from now on, until the handle goes; whether it is there is the caller's business.
  std::shared_ptr<const void> Hold(const std::string& name);
  /// The copy stands at its path: count it, and make room.
  void Add(const std::string& name, std::int64_t size_bytes);
  void Remove(const std::string& name);
  /// Removes the copies of these objects. False: somebody holds one of them; it is still there.
  bool Forget(const std::vector<std::string>& keys);
  /// Removes everything that nobody holds: the disk is full.
  void Clear();
  std::vector<std::string> Names();
  std::uint64_t bytes();

 private:
  struct Copy {
    std::int64_t size_bytes = 0;
    std::weak_ptr<const void> in_use;
    std::list<std::string>::iterator place;
  };
  Copy& Touch(const std::string& name);
  bool Drop(std::list<std::string>::iterator& place);
  void Shrink(std::uint64_t max_bytes);

  const std::string directory_;
  const std::uint64_t max_bytes_;
  std::mutex mutex_;
  std::uint64_t bytes_ = 0;
  std::list<std::string> by_use_;  // most recent first
  std::unordered_map<std::string, Copy> copies_;
};

}  // namespace lakehouse::storage
