#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "lakehouse/base/file.h"
#include "lakehouse/embed/vector_cache.h"

namespace lakehouse::embed {

/// Where a vector stands in a file of the cache.
struct CachePlace {
  std::uint64_t offset = 0;
  std::uint32_t dimension = 0;
};

/// Reads the records of a file in their order; what is damaged is left out. Gives where the last good one ends: what a writer may append to.
/// 0: this is no such file.
std::uint64_t ScanSegment(std::string_view octets, const std::function<void(const VectorCache::Key&, CachePlace)>& found);

/// One file of the cache: records behind each other, written by one process, read by any. Not thread-safe.
class CacheSegment {
 public:
  /// Opens or makes it. kCorruption: no such file. kUnavailable: the disk.
  static Result<std::unique_ptr<CacheSegment>> Open(const std::string& path,
                                                    const std::function<void(const VectorCache::Key&, CachePlace)>& found);
  /// Nothing: what stands there is not what was written.
  std::optional<Embedding> Read(const VectorCache::Key& key, CachePlace place) const;
  /// Takes the right to write; false: another process has it.
  bool Claim();
  /// After Claim().
  Result<CachePlace> Append(const VectorCache::Key& key, const Embedding& vector);

  const std::string& path() const { return path_; }
  std::uint64_t size() const { return size_; }

 private:
  std::string path_;
  UniqueFd fd_;
  std::uint64_t size_ = 0;      ///< of the file
  std::uint64_t good_end_ = 0;  ///< of its last good record
  bool claimed_ = false;
};

}  // namespace lakehouse::embed
