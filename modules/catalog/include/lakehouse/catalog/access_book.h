#pragma once
#include <cstdint>
#include <memory>

#include "lakehouse/base/context.h"
#include "lakehouse/base/guarded.h"
#include "lakehouse/base/log.h"
#include "lakehouse/base/task_group.h"
#include "lakehouse/catalog/access.h"
#include "lakehouse/catalog/catalog.h"

namespace lakehouse::catalog {

/// The access of a lake as this process knows it. Thread-safe; one thread of its own that looks for changes, for those who must not
/// wait (the network edge).
class AccessBook {
 public:
  struct Options {
    std::int64_t poll_ms = 500;  ///< how long a change of another process may stay unknown to Known; 0: no thread
  };
  /// Both must outlive it.
  AccessBook(Catalog& catalog, Log& log, Options options);
  ~AccessBook();

  /// As the catalog has it now. In the catalog's own process it costs no I/O.
  Result<std::shared_ptr<const Access>> Load(const Context& context);
  /// As it was last loaded; never blocks. Without any load yet it knows nobody.
  std::shared_ptr<const Access> Known() const { return known_.Lock().operator*(); }
  /// What the caller of this context sees. Asks the catalog only for principals that have a profile.
  Result<Sight> SightOf(const Context& context);

 private:
  void Poll(std::stop_token stop);

  Catalog& catalog_;
  Log& log_;
  const Options options_;
  mutable Guarded<std::shared_ptr<const Access>> known_{std::make_shared<const Access>()};
  TaskGroup tasks_;
};

}  // namespace lakehouse::catalog
