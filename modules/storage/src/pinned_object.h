#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "lakehouse/base/file.h"
#include "lakehouse/net/byte_source.h"
#include "lakehouse/storage/object_store.h"

namespace lakehouse::storage {

/// One state of an object, to be read in pieces. A local file is held open and a small object in memory, so a Put meanwhile is
/// not seen; a large object of a store without local paths is checked at the end, and kUnavailable when it was replaced.
class PinnedObject {
 public:
  static Result<PinnedObject> Pin(const Context& ctx, ObjectStore& store, const std::string& key);

  const ObjectInfo& info() const { return info_; }
  /// Exactly these octets, which must lie inside the object.
  Result<std::string> Read(const Context& ctx, std::uint64_t offset, std::uint64_t length) const;
  /// Whether what was read so far is of one state. Call it after the last piece.
  Status CheckUnchanged(const Context& ctx) const;

 private:
  PinnedObject(ObjectStore& store, ObjectInfo info) : store_(&store), info_(std::move(info)) {}

  ObjectStore* store_;
  ObjectInfo info_;
  UniqueFd fd_;
  std::shared_ptr<const std::string> octets_;
};

/// A range of it, piece by piece; the range must lie inside.
std::unique_ptr<net::ByteSource> StreamObject(PinnedObject object, std::uint64_t offset, std::uint64_t length);

}  // namespace lakehouse::storage
