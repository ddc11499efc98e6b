#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "lakehouse/storage/object_store.h"

namespace lakehouse::catalog {

/// Objects that no record and no manifest names, and that carry digests of their own: what other rooms keep beside the datasets. Only they
/// can tell whether one of them is sound.
struct SelfCheckedObjects {
  /// Part of the object; kNotFound when it went meanwhile.
  class Read {
   public:
    using Part = std::function<Result<std::string>(const std::string& key, std::uint64_t offset, std::uint64_t length)>;
    Read(const Part& part, std::string key) : part_(part), key_(std::move(key)) {}  // `part` must outlive it
    Result<std::string> operator()(std::uint64_t offset, std::uint64_t length) const { return part_(key_, offset, length); }
    /// Of the object that holds its digest, when that is another one.
    Result<std::string> Other(const std::string& key, std::uint64_t length) const { return part_(key, 0, length); }

   private:
    const Part& part_;
    std::string key_;
  };

  std::string prefix;  ///< where they are; a bucket that is not there is passed over
  /// True: sound. False: another kind of object, not read. kCorruption: damaged, and how. Errors of `read` are passed on.
  std::function<Result<bool>(const storage::ObjectInfo& object, const Read& read)> check;
  bool derived = false;  ///< made anew from others when it is removed
};
using SelfChecks = std::vector<SelfCheckedObjects>;

/// What a walk over such objects found of one of them; the store's errors end the walk.
struct SelfCheckFinding {
  enum class Kind { kSound, kDamaged, kBucketAway };
  Kind kind = Kind::kSound;
  std::string key;  ///< of the object; a prefix when a bucket is away
  std::int64_t size_bytes = 0;
  std::string reason, message;  ///< of damage, and of a bucket that is away
};
/// Every object that one of these is about, once. `read` reads of a key; `use` is told of each.
Status WalkSelfChecked(const Context& context, storage::ObjectStore& store, const SelfCheckedObjects& kind,
                       const SelfCheckedObjects::Read::Part& read, const std::function<Status(const SelfCheckFinding& finding)>& use);

}  // namespace lakehouse::catalog
