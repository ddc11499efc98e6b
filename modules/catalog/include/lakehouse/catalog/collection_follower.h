#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "lakehouse/base/context.h"
#include "lakehouse/base/log.h"
#include "lakehouse/base/task_group.h"
#include "lakehouse/catalog/catalog.h"

namespace lakehouse::catalog {

/// What a machine keeps of a lake's objects: copies, and files that were made of them. Called by one thread.
class LocalCopies {
 public:
  virtual ~LocalCopies() = default;
  /// The lake has these objects no more.
  virtual void Forget(const std::vector<std::string>& keys) = 0;
  /// Nobody knows which objects went: everything goes.
  virtual void ForgetAll() = 0;
  /// True: nothing is left of what was to be forgotten. False: it is in use; asked again later.
  virtual bool Sweep() = 0;
};

/// Lets this machine forget what the lake has deleted for good, whoever collected it, also while this process did not run: so that a value
/// that was erased is in no file of the machine either. One thread of its own.
class CollectionFollower {
 public:
  struct Options {
    std::string mark_path;  ///< a file that says up to which record everything was forgotten; made when missing
    std::int64_t poll_ms = 1'000;
    /// LocalCatalog::LastCollection, where the catalog is in this process. Empty: every record is read.
    std::function<std::int64_t()> last_collection;
  };
  /// All must outlive it. Begins at once.
  CollectionFollower(Catalog& catalog, LocalCopies& copies, Log& log, Options options);
  ~CollectionFollower();

 private:
  void Follow(std::stop_token stop);
  Status Look(const Context& context);
  Result<bool> LoadKeys(const Context& context, std::int64_t last, std::vector<std::string>& keys);

  Catalog& catalog_;
  LocalCopies& copies_;
  Log& log_;
  const Options options_;
  std::int64_t seen_ = 0;    ///< up to this record everything that went was told to the copies
  std::int64_t marked_ = 0;  ///< what the file says
  bool sweeping_ = false;
  TaskGroup tasks_;
};

}  // namespace lakehouse::catalog
