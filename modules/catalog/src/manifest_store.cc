#include "manifest_store.h"

#include "lakehouse/base/hash.h"

namespace lakehouse::catalog {
namespace {

std::int64_t MemoryOf(const FileList& files) {
  std::size_t bytes = 256;
  for (const DataFile& file : files) {
    bytes += sizeof(DataFile) + file.key.size() + file.sha256.size();
    for (const ColumnStatistics& column : file.statistics)
      bytes += sizeof column + (column.lower ? column.lower->size() : 0) + (column.upper ? column.upper->size() : 0);
  }
  return static_cast<std::int64_t>(bytes);
}

}  // namespace

Result<FileListRef> ManifestStore::Load(const Context& context, const std::optional<ObjectRef>& reference) {
  if (!reference) return std::make_shared<const FileList>();
  if (FileListRef cached = FindCached(reference->key)) return cached;
  const std::string octets = LH_TRY_WHILE(GetVerified(context, store_, *reference), "load manifest " + reference->key);
  auto files = std::make_shared<const FileList>(LH_TRY_WHILE(DecodeManifest(context, codec_, octets), "load manifest " + reference->key));
  Keep(reference->key, files);
  return FileListRef(std::move(files));
}

Result<ObjectRef> ManifestStore::Write(const Context& context, const std::string& key, FileListRef files) {
  const std::string octets = LH_TRY_WHILE(EncodeManifest(context, codec_, *files), "write manifest " + key);
  LH_TRY(PutWriteOnce(context, store_, key, octets, options_.retry));
  Keep(key, std::move(files));
  return ObjectRef{key, static_cast<std::int64_t>(octets.size()), Sha256Hex(octets)};
}

FileListRef ManifestStore::FindCached(const std::string& key) {
  auto cache = cache_.Lock();
  const auto found = cache->by_key.find(key);
  if (found == cache->by_key.end()) return nullptr;
  cache->used.splice(cache->used.begin(), cache->used, found->second);
  return found->second->files;
}

void ManifestStore::Keep(const std::string& key, FileListRef files) {
  const std::int64_t bytes = MemoryOf(*files);
  if (bytes > options_.cache_bytes) return;
  auto cache = cache_.Lock();
  if (cache->by_key.contains(key)) return;
  cache->used.push_front({key, std::move(files), bytes});
  cache->by_key[key] = cache->used.begin();
  cache->bytes += bytes;
  while (cache->bytes > options_.cache_bytes) {
    cache->bytes -= cache->used.back().bytes;
    cache->by_key.erase(cache->used.back().key);
    cache->used.pop_back();
  }
}

}  // namespace lakehouse::catalog
