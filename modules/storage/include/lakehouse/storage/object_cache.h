#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lakehouse/base/context.h"
#include "lakehouse/base/log.h"
#include "lakehouse/base/metrics.h"
#include "lakehouse/storage/object_store.h"
#include "lakehouse/storage/quarantine.h"

namespace lakehouse::storage {

/// What must be in an immutable object, as a manifest says.
struct ExpectedObject {
  std::string key;
  std::int64_t size_bytes = 0;
  std::string sha256;  ///< lower-case hex
};

/// Files of this machine with the octets of immutable objects, length and digest checked before the first use in this process.
/// Objects of a store that has them as local files are read in place; others are copied to `directory`, up to `max_bytes`, least
/// recently used first out. A file that changed since (inode, length or time) is checked again. Whatever happens to the
/// directory, also between two runs, changes speed only. Thread-safe; each object is fetched and checked once at a time.
class ObjectCache {
  struct State;

 public:
  struct Options {
    std::string directory;                  ///< for copies, created when missing; this process's alone
    std::uint64_t max_bytes = 20ull << 30;  ///< of copies; what is in use stays beyond it
    unsigned parallel_checks = 2;           ///< objects read and digested at once
    Quarantine* quarantine = nullptr;       ///< told of damage, and asked first; must outlive the cache
  };
  /// One object as a file. The file stays while this lives; link or open it meanwhile. Read-only for everybody.
  class File {
   public:
    File() = default;
    const std::string& path() const { return path_; }

   private:
    friend ObjectCache;
    std::string path_;
    std::shared_ptr<const void> in_use_;
  };

  /// kUnavailable, kPermissionDenied: the directory cannot be made or read.
  static Result<std::unique_ptr<ObjectCache>> Open(ObjectStore& store, Options options, Metrics& metrics, Log& log);
  ~ObjectCache();

  /// kCorruption: see DamageError: the store holds other octets than expected (reason "corrupt_object"; an object that is fetched
  /// over a network is fetched twice first), or none (reason "missing_object"). A copy that was checked serves on.
  /// kCancelled, kDeadlineExceeded; kUnavailable: the store or this disk (retry).
  Result<File> Fetch(const Context& context, const ExpectedObject& object);
  /// All of them, several at a time, in the order asked; the first error of any.
  Result<std::vector<File>> FetchAll(const Context& context, const std::vector<ExpectedObject>& objects);

  /// The lake has these objects no more: their copies go. False: some are in use and still there; ask again.
  bool Forget(const std::vector<std::string>& keys);
  /// All copies that are not in use go.
  void ForgetAll();
  /// Reads every copy, calling `spend` for its octets. How many were not as they were fetched: these are gone, and fetched again when they
  /// are wanted. Errors are those of the context and of `spend`.
  Result<std::int64_t> CheckCopies(const Context& context, const std::function<Status(std::int64_t bytes)>& spend);

 private:
  explicit ObjectCache(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace lakehouse::storage
