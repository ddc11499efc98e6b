#include "lakehouse/embed/vector_cache.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <map>
#include <unordered_map>
#include <vector>

#include "cache_segment.h"
#include "lakehouse/base/guarded.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/base/uuid.h"

namespace lakehouse::embed {
namespace {

constexpr std::uint64_t kSegments = 8;  ///< that the space is shared by: so much of it goes at once
constexpr std::uint64_t kSmallestSegment = 4'096;
constexpr std::size_t kMostSegments = 64;  ///< of processes that came and went
constexpr std::string_view kSegmentEnd = ".vectors";

struct HashOfKey {
  std::size_t operator()(const VectorCache::Key& key) const {
    std::size_t hash = 0;  // the key is a digest: any part of it is as good
    std::memcpy(&hash, key.data(), sizeof hash);
    return hash;
  }
};

}  // namespace

struct VectorCache::State {
  struct Entry {
    std::shared_ptr<CacheSegment> segment;
    CachePlace place;
  };
  struct Data {
    bool opened = false;
    bool said = false;                                    ///< that it cannot be written: once is enough
    std::vector<std::shared_ptr<CacheSegment>> segments;  ///< oldest first
    std::shared_ptr<CacheSegment> active;                 ///< the one that is written
    std::unordered_map<Key, Entry, HashOfKey> entries;
    Stats stats;
  };

  State(Options given, Log& to) : options(std::move(given)), log(to) {}

  std::uint64_t SegmentBytes() const { return std::max(options.max_bytes / kSegments, kSmallestSegment); }

  void Warn(Data& data, const Error& error) {
    if (!std::exchange(data.said, true))
      log.Warning("the cache of vectors cannot be kept; embedding goes on without it",
                  {{"directory", std::string_view(options.directory)}, {"because", std::string_view(error.message())}});
  }

  Result<std::shared_ptr<CacheSegment>> Add(Data& data, const std::string& path) {
    std::vector<std::pair<Key, CachePlace>> found;
    std::shared_ptr<CacheSegment> segment =
        LH_TRY(CacheSegment::Open(path, [&found](const Key& key, CachePlace place) { found.emplace_back(key, place); }));
    for (const auto& [key, place] : found) data.entries[key] = {segment, place};
    data.segments.push_back(segment);
    return segment;
  }

  void Open(Data& data) {
    if (std::exchange(data.opened, true) || options.max_bytes == 0) return;
    if (const Status made = CreateDirectories(options.directory); !made) return Warn(data, made.error());
    std::vector<std::string> paths;
    std::error_code ignored;
    for (const auto& file : std::filesystem::directory_iterator(options.directory, ignored))
      if (file.path().string().ends_with(kSegmentEnd)) paths.push_back(file.path().string());
    std::sort(paths.begin(), paths.end());  // their names begin with the time they were made at
    for (const std::string& path : paths)
      if (!Add(data, path)) unlink(path.c_str());
    Shrink(data, 0);
  }

  /// Until `more` fits.
  void Shrink(Data& data, std::uint64_t more) {
    const auto total = [&data] {
      std::uint64_t bytes = 0;
      for (const auto& segment : data.segments) bytes += segment->size();
      return bytes;
    };
    for (auto at = data.segments.begin(); at != data.segments.end();) {
      if (total() + more <= options.max_bytes && data.segments.size() <= kMostSegments) return;
      const std::shared_ptr<CacheSegment> oldest = *at;
      if (oldest == data.active || !oldest->Claim()) {  // another process writes it
        ++at;
        continue;
      }
      unlink(oldest->path().c_str());
      std::erase_if(data.entries, [&oldest](const auto& entry) { return entry.second.segment == oldest; });
      at = data.segments.erase(at);
    }
  }

  Status Write(Data& data, const Key& key, const Embedding& vector) {
    const std::uint64_t octets = vector.size() * sizeof(float) + 40;
    if (octets > SegmentBytes()) return Ok{};
    if (data.active && data.active->size() + octets > SegmentBytes()) data.active.reset();
    if (!data.active && !data.segments.empty() && data.segments.back()->size() + octets <= SegmentBytes() && data.segments.back()->Claim())
      data.active = data.segments.back();
    if (!data.active) {
      Shrink(data, SegmentBytes());
      auto made = LH_TRY(Add(data, options.directory + "/" + NewUuid().ToString() + std::string(kSegmentEnd)));
      if (made->Claim()) data.active = std::move(made);
    }
    if (data.active) data.entries[key] = {data.active, LH_TRY(data.active->Append(key, vector))};
    return Ok{};
  }

  const Options options;
  Log& log;
  Guarded<Data> guarded;
};

Result<std::int64_t> VectorCache::Check(const std::function<Status(std::int64_t bytes)>& spend) {
  std::vector<Key> keys;
  std::uint64_t damaged = 0;
  {
    auto data = state_->guarded.Lock();
    state_->Open(*data);
    damaged = data->stats.damaged;
    for (const auto& [key, entry] : data->entries) keys.push_back(key);
  }
  for (const Key& key : keys)
    if (const auto vector = Find(key)) LH_TRY(spend(static_cast<std::int64_t>(vector->size() * sizeof(float))));
  return static_cast<std::int64_t>(stats().damaged - damaged);
}

Result<std::string> InspectCacheFile(std::string_view octets) {
  std::map<std::uint32_t, std::uint64_t> vectors;  // by dimension
  const std::uint64_t end = ScanSegment(octets, [&vectors](const VectorCache::Key&, CachePlace place) { ++vectors[place.dimension]; });
  if (end == 0) return Error(ErrorCode::kCorruption, "this is no file of a cache of vectors");
  std::string text = "file of the cache of vectors\n";
  for (const auto& [dimension, count] : vectors)
    text += "  " + std::to_string(count) + " vectors of " + std::to_string(dimension) + " dimensions\n";
  return text + "  " + std::to_string(octets.size() - end) + " octets after the last good record\n";
}

VectorCache::VectorCache(Options options, Log& log) : state_(std::make_unique<State>(std::move(options), log)) {}
VectorCache::~VectorCache() = default;

VectorCache::Key VectorCache::KeyOf(std::string_view embedder_id, std::string_view text) {
  Sha256 digest;
  digest.Add(embedder_id);
  digest.Add(std::string_view("\0", 1));
  digest.Add(text);
  return digest.Finish();
}

std::optional<Embedding> VectorCache::Find(const Key& key) {
  auto data = state_->guarded.Lock();
  state_->Open(*data);
  const auto entry = data->entries.find(key);
  if (entry == data->entries.end()) return std::nullopt;
  auto vector = entry->second.segment->Read(key, entry->second.place);
  if (vector) return vector;
  ++data->stats.damaged;
  data->entries.erase(entry);
  return std::nullopt;
}

void VectorCache::Put(const Key& key, const Embedding& vector) {
  auto data = state_->guarded.Lock();
  state_->Open(*data);
  if (state_->options.max_bytes == 0 || vector.empty() || data->entries.contains(key)) return;
  const Status written = state_->Write(*data, key, vector);
  if (written) return;
  data->active.reset();
  state_->Warn(*data, written.error());
}

void VectorCache::Count(std::uint64_t hits, std::uint64_t misses, std::uint64_t joined) {
  auto data = state_->guarded.Lock();
  data->stats.hits += hits;
  data->stats.misses += misses;
  data->stats.joined += joined;
}

VectorCache::Stats VectorCache::stats() const {
  auto data = state_->guarded.Lock();
  state_->Open(*data);
  Stats stats = data->stats;
  stats.entries = data->entries.size();
  for (const auto& segment : data->segments) stats.bytes += segment->size();
  return stats;
}

}  // namespace lakehouse::embed
