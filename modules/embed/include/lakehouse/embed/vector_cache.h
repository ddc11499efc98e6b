#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lakehouse/base/log.h"
#include "lakehouse/embed/embedder.h"

namespace lakehouse::embed {

/// Vectors by what they are of, in files of this machine (docs/formats/vector-cache.md). Changes speed, never results: whatever is damaged,
/// missing or cannot be written is a miss. Bounded: the oldest file goes when the next would be too much. Survives kill -9; several
/// processes may share a directory, and see what the others wrote before they began. Thread-safe. The files are read at the first use.
/// Memory: some 100 octets a vector.
class VectorCache {
 public:
  struct Options {
    std::string directory;                   ///< made when missing
    std::uint64_t max_bytes = 256ull << 20;  ///< 0: nothing is kept
  };
  using Key = std::array<unsigned char, 32>;
  struct Stats {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    std::uint64_t joined = 0;  ///< texts that waited for another request that was embedding them
    std::uint64_t entries = 0;
    std::uint64_t bytes = 0;    ///< of the files
    std::uint64_t damaged = 0;  ///< records that were found not to be what was written
  };

  /// `log` must outlive it.
  VectorCache(Options options, Log& log);
  ~VectorCache();

  /// Of a text as this embedder (Embedder::id) has it.
  static Key KeyOf(std::string_view embedder_id, std::string_view text);

  std::optional<Embedding> Find(const Key& key);
  void Put(const Key& key, const Embedding& vector);
  void Count(std::uint64_t hits, std::uint64_t misses, std::uint64_t joined);
  Stats stats() const;
  /// Reads every vector, calling `spend` for its octets, whose errors are passed on. How many were not as they were written: these are made
  /// again when they are wanted.
  Result<std::int64_t> Check(const std::function<Status(std::int64_t bytes)>& spend);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A file of the cache in words for people. kCorruption: it is none.
Result<std::string> InspectCacheFile(std::string_view octets);

/// The same embedder, with each text embedded once: what the cache has is not asked for, a text that another caller is asking for is waited
/// for, and what has come stays when a later part fails. Calls of `inner` have at most `batch` texts. Both must outlive it.
std::unique_ptr<Embedder> MakeCached(std::shared_ptr<Embedder> inner, VectorCache& cache, std::uint32_t batch);

}  // namespace lakehouse::embed
