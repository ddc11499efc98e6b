#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "lakehouse/base/clock.h"
#include "lakehouse/base/guarded.h"
#include "lakehouse/storage/object_store.h"

namespace lakehouse::storage {

/// Objects of this process, for tests and throw-away lakes: durable as long as it lives. Octets are shared, not copied, while
/// they are read. Local files that it takes or makes are read and written in one piece.
class MemoryObjectStore final : public ObjectStore {
 public:
  explicit MemoryObjectStore(const Clock& clock = SystemClock()) : clock_(clock) {}

  Result<ObjectInfo> PutIfAbsent(const Context& ctx, const std::string& key, std::string_view octets) override;
  Result<ObjectInfo> Put(const Context& ctx, const std::string& key, std::string_view octets) override;
  Result<ObjectInfo> PutFileIfAbsent(const Context& ctx, const std::string& key, const std::string& path) override;
  Result<ObjectInfo> PutFile(const Context& ctx, const std::string& key, const std::string& path) override;
  Result<std::string> Get(const Context& ctx, const std::string& key, std::optional<ByteRange> range) override;
  Result<ObjectInfo> GetToFile(const Context& ctx, const std::string& key, const std::string& path) override;
  Result<ObjectInfo> Head(const Context& ctx, const std::string& key) override;
  Result<ListPage> List(const Context& ctx, const std::string& prefix, const std::string& start_after, std::size_t limit) override;
  Status Delete(const Context& ctx, const std::string& key) override;
  std::optional<std::string> LocalPath(const std::string&) override { return std::nullopt; }

 private:
  struct Object {
    std::shared_ptr<const std::string> octets;
    std::int64_t modified_micros;
  };
  using Objects = std::map<std::string, Object>;

  Result<ObjectInfo> Store(const Context& ctx, const std::string& key, std::string_view octets, bool replace);
  Result<ObjectInfo> Take(const Context& ctx, const std::string& key, const std::string& path, bool replace);
  Result<Object> Find(const Context& ctx, const std::string& key);

  const Clock& clock_;
  Guarded<Objects> objects_;
};

}  // namespace lakehouse::storage
