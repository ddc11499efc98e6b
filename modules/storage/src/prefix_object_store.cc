#include "prefix_object_store.h"

namespace lakehouse::storage {

Result<ObjectInfo> PrefixObjectStore::Named(const std::string& key, Result<ObjectInfo> info) const {
  if (info) info->key = key;
  return info;
}

Result<ObjectInfo> PrefixObjectStore::PutIfAbsent(const Context& context, const std::string& key, std::string_view octets) {
  return Named(key, whole_.PutIfAbsent(context, prefix_ + key, octets));
}
Result<ObjectInfo> PrefixObjectStore::Put(const Context& context, const std::string& key, std::string_view octets) {
  return Named(key, whole_.Put(context, prefix_ + key, octets));
}
Result<ObjectInfo> PrefixObjectStore::PutFileIfAbsent(const Context& context, const std::string& key, const std::string& path) {
  return Named(key, whole_.PutFileIfAbsent(context, prefix_ + key, path));
}
Result<ObjectInfo> PrefixObjectStore::PutFile(const Context& context, const std::string& key, const std::string& path) {
  return Named(key, whole_.PutFile(context, prefix_ + key, path));
}
Result<std::string> PrefixObjectStore::Get(const Context& context, const std::string& key, std::optional<ByteRange> range) {
  return whole_.Get(context, prefix_ + key, range);
}
Result<ObjectInfo> PrefixObjectStore::GetToFile(const Context& context, const std::string& key, const std::string& path) {
  return Named(key, whole_.GetToFile(context, prefix_ + key, path));
}
Result<ObjectInfo> PrefixObjectStore::Head(const Context& context, const std::string& key) {
  return Named(key, whole_.Head(context, prefix_ + key));
}
Status PrefixObjectStore::Delete(const Context& context, const std::string& key) { return whole_.Delete(context, prefix_ + key); }

Result<ListPage> PrefixObjectStore::List(const Context& context, const std::string& prefix, const std::string& start_after,
                                         std::size_t limit) {
  ListPage page = LH_TRY(whole_.List(context, prefix_ + prefix, start_after.empty() ? "" : prefix_ + start_after, limit));
  for (ObjectInfo& object : page.objects) object.key.erase(0, prefix_.size());
  if (!page.next.empty()) page.next.erase(0, prefix_.size());
  return page;
}

}  // namespace lakehouse::storage
