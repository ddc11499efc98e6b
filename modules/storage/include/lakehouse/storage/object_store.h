#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/context.h"
#include "lakehouse/base/result.h"
#include "lakehouse/storage/object_key.h"

namespace lakehouse::storage {

struct ObjectInfo {
  std::string key;
  std::uint64_t size_bytes = 0;
  std::int64_t modified_micros = 0;  ///< a label, since 1970: nothing may rest on its order
};

/// `length` octets from `offset`, to the end without a length. Fewer at the end of the object, none at or after it.
struct ByteRange {
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> length;
};

struct ListPage {
  std::vector<ObjectInfo> objects;  ///< by key, bytewise
  std::string next;                 ///< start_after of the next page; empty at the end
};

inline constexpr std::size_t kMaxListPage = 1000;

/// Named octets: the source of truth of the lake. Comes from MemoryObjectStore, OpenLocalObjectStore or
/// ConnectObjectStore; all keep the promises of storage_testing/object_store_contract.h. Thread-safe.
///
/// A success of a Put or Delete is durable when it returns: a power cut does not take it back. What Get, Head and
/// kAlreadyExists show is durable as well, so that reading back decides an outcome. Octets of a key change at once, never in part.
///
/// Errors of every method, beside its own:
///   kInvalidArgument   "invalid_key": see ValidateKey. Mend the request.
///   kUnavailable       the disk, network or server does not answer, or is full (reason "disk_full"): nothing happened; retry
///                      with backoff. Reason "store_failed": a sync failed, so this store takes no more writes until it is
///                      opened again: call a human.
///   kOutcomeUnknown    of a write only: it may or may not have happened, now or later. Read back (Get, Head); delete nothing.
///   kCancelled, kDeadlineExceeded   before anything happened; a write that has begun is brought to its end.
///   kTooLarge          the file system or the server takes no object of this size.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  /// Of all calls for a key that has no object exactly one succeeds. kAlreadyExists: there is one, whatever it holds.
  virtual Result<ObjectInfo> PutIfAbsent(const Context& ctx, const std::string& key, std::string_view octets) = 0;

  /// Replaces what there is, or makes it. Readers see the old octets or the new ones.
  virtual Result<ObjectInfo> Put(const Context& ctx, const std::string& key, std::string_view octets) = 0;

  /// PutIfAbsent of the content of a regular file on this machine, without having it in memory. On success the file is
  /// taken: it is gone from `path`, and nobody may write to it through a descriptor that is still open. On kOutcomeUnknown
  /// it may be gone; on any other failure it stays. kNotFound: there is no such file.
  virtual Result<ObjectInfo> PutFileIfAbsent(const Context& ctx, const std::string& key, const std::string& path) = 0;

  /// Put of the content of a file, which is taken in the same way.
  virtual Result<ObjectInfo> PutFile(const Context& ctx, const std::string& key, const std::string& path) = 0;

  /// kNotFound. The result lives in memory: use ranges or GetToFile for what may be large.
  virtual Result<std::string> Get(const Context& ctx, const std::string& key, std::optional<ByteRange> range = {}) = 0;

  /// Streams the object into a new file (kAlreadyExists when `path` exists; kNotFound: no such object). The file is not
  /// synced: it is a copy for a cache. On failure there is no file.
  virtual Result<ObjectInfo> GetToFile(const Context& ctx, const std::string& key, const std::string& path) = 0;

  /// kNotFound.
  virtual Result<ObjectInfo> Head(const Context& ctx, const std::string& key) = 0;

  /// Objects whose key starts with `prefix` (which need not end at a slash) and sorts after `start_after` (which need not
  /// exist), at most `limit`, 1 to kMaxListPage (kInvalidArgument). A walk that continues with `next` meets every object
  /// that exists throughout exactly once; one that comes or goes meanwhile may be met or not.
  virtual Result<ListPage> List(const Context& ctx, const std::string& prefix, const std::string& start_after, std::size_t limit) = 0;

  /// Ok as well when there is no such object.
  virtual Status Delete(const Context& ctx, const std::string& key) = 0;

  /// Where a write-once object can be read in place or hard-linked from; nothing when the store has no such place. Does not
  /// look whether the object exists. The file is read-only and must stay so: its inode is the object.
  virtual std::optional<std::string> LocalPath(const std::string& key) = 0;
};

}  // namespace lakehouse::storage
