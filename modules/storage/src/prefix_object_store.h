#pragma once
#include <string>

#include "lakehouse/storage/object_store.h"

namespace lakehouse::storage {

/// Part of another store: what it holds below a prefix, with the prefix taken off. Promises what that store promises; it must outlive this.
class PrefixObjectStore final : public ObjectStore {
 public:
  PrefixObjectStore(ObjectStore& whole, std::string prefix) : whole_(whole), prefix_(std::move(prefix)) {}

  Result<ObjectInfo> PutIfAbsent(const Context& context, const std::string& key, std::string_view octets) override;
  Result<ObjectInfo> Put(const Context& context, const std::string& key, std::string_view octets) override;
  Result<ObjectInfo> PutFileIfAbsent(const Context& context, const std::string& key, const std::string& path) override;
  Result<ObjectInfo> PutFile(const Context& context, const std::string& key, const std::string& path) override;
  Result<std::string> Get(const Context& context, const std::string& key, std::optional<ByteRange> range) override;
  Result<ObjectInfo> GetToFile(const Context& context, const std::string& key, const std::string& path) override;
  Result<ObjectInfo> Head(const Context& context, const std::string& key) override;
  Status Delete(const Context& context, const std::string& key) override;
  Result<ListPage> List(const Context& context, const std::string& prefix, const std::string& start_after, std::size_t limit) override;
  std::optional<std::string> LocalPath(const std::string& key) override { return whole_.LocalPath(prefix_ + key); }

 private:
  Result<ObjectInfo> Named(const std::string& key, Result<ObjectInfo> info) const;

  ObjectStore& whole_;
  const std::string prefix_;
};

}  // namespace lakehouse::storage
