#include "lakehouse/storage/memory_object_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "lakehouse/base/file.h"
#include "list_request.h"

namespace lakehouse::storage {

Status ValidateListRequest(const std::string& prefix, const std::string& start_after, std::size_t limit) {
  LH_TRY(ValidateKeyPrefix(prefix));
  LH_TRY(ValidateKeyPrefix(start_after));
  if (limit >= 1 && limit <= kMaxListPage) return Ok{};
  return Error(ErrorCode::kInvalidArgument,
               "list up to " + std::to_string(limit) + " objects: expected 1 to " + std::to_string(kMaxListPage));
}

Result<ObjectInfo> MemoryObjectStore::PutIfAbsent(const Context& ctx, const std::string& key, std::string_view octets) {
  return Store(ctx, key, octets, false);
}

Result<ObjectInfo> MemoryObjectStore::Put(const Context& ctx, const std::string& key, std::string_view octets) {
  return Store(ctx, key, octets, true);
}

Result<ObjectInfo> MemoryObjectStore::Store(const Context& ctx, const std::string& key, std::string_view octets, bool replace) {
  LH_TRY(ValidateKey(key));
  LH_TRY(ctx.Check());
  Object object{std::make_shared<const std::string>(octets), clock_.WallMicros()};
  const ObjectInfo info{key, octets.size(), object.modified_micros};
  auto objects = objects_.Lock();
  const auto [entry, is_new] = objects->try_emplace(key, object);
  if (!is_new && !replace) return Error(ErrorCode::kAlreadyExists, "key \"" + key + "\" exists");
  if (!is_new) entry->second.octets.swap(object.octets);  // the old octets go after the lock
  entry->second.modified_micros = info.modified_micros;
  return info;
}

Result<ObjectInfo> MemoryObjectStore::PutFileIfAbsent(const Context& ctx, const std::string& key, const std::string& path) {
  return Take(ctx, key, path, false);
}

Result<ObjectInfo> MemoryObjectStore::PutFile(const Context& ctx, const std::string& key, const std::string& path) {
  return Take(ctx, key, path, true);
}

Result<ObjectInfo> MemoryObjectStore::Take(const Context& ctx, const std::string& key, const std::string& path, bool replace) {
  LH_TRY(ValidateKey(key));
  LH_TRY(ctx.Check());
  struct stat found{};
  if (lstat(path.c_str(), &found) != 0) return FileError("look at", path, errno);
  if (!S_ISREG(found.st_mode)) return Error(ErrorCode::kInvalidArgument, "put key \"" + key + "\": " + path + " is not a regular file");
  const std::string octets = LH_TRY(ReadFile(path));
  Result<ObjectInfo> info = Store(ctx, key, octets, replace);
  if (info) unlink(path.c_str());
  return info;
}

Result<MemoryObjectStore::Object> MemoryObjectStore::Find(const Context& ctx, const std::string& key) {
  LH_TRY(ValidateKey(key));
  LH_TRY(ctx.Check());
  auto objects = objects_.Lock();
  const auto found = objects->find(key);
  if (found == objects->end()) return Error(ErrorCode::kNotFound, "key \"" + key + "\" does not exist");
  return found->second;
}

Result<std::string> MemoryObjectStore::Get(const Context& ctx, const std::string& key, std::optional<ByteRange> range) {
  const Object object = LH_TRY(Find(ctx, key));
  if (!range) return *object.octets;
  const std::uint64_t offset = std::min<std::uint64_t>(range->offset, object.octets->size());
  return object.octets->substr(offset, range->length.value_or(std::string::npos));
}

Result<ObjectInfo> MemoryObjectStore::GetToFile(const Context& ctx, const std::string& key, const std::string& path) {
  const Object object = LH_TRY(Find(ctx, key));
  const UniqueFd file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!file) return FileError("create", path, errno);
  Status written = WriteAll(file.get(), *object.octets, path);
  if (!written) unlink(path.c_str());
  LH_TRY(std::move(written));
  return ObjectInfo{key, object.octets->size(), object.modified_micros};
}

Result<ObjectInfo> MemoryObjectStore::Head(const Context& ctx, const std::string& key) {
  const Object object = LH_TRY(Find(ctx, key));
  return ObjectInfo{key, object.octets->size(), object.modified_micros};
}

Result<ListPage> MemoryObjectStore::List(const Context& ctx, const std::string& prefix, const std::string& start_after, std::size_t limit) {
  LH_TRY(ValidateListRequest(prefix, start_after, limit));
  LH_TRY(ctx.Check());
  ListPage page;
  auto objects = objects_.Lock();
  auto entry = start_after < prefix ? objects->lower_bound(prefix) : objects->upper_bound(start_after);
  for (; entry != objects->end() && entry->first.starts_with(prefix); ++entry) {
    if (page.objects.size() == limit) return page.next = page.objects.back().key, page;
    page.objects.push_back({entry->first, entry->second.octets->size(), entry->second.modified_micros});
  }
  return page;
}

Status MemoryObjectStore::Delete(const Context& ctx, const std::string& key) {
  LH_TRY(ValidateKey(key));
  LH_TRY(ctx.Check());
  objects_.Lock()->erase(key);
  return Ok{};
}

}  // namespace lakehouse::storage
