#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "lakehouse/base/clock.h"
#include "lakehouse/base/random.h"
#include "lakehouse/net/service.h"
#include "lakehouse/storage/buckets.h"
#include "lakehouse/storage/object_store.h"

namespace lakehouse::storage {

/// Serves an object store to other daemons; the other end is ConnectObjectStore. The store must outlive it. Thread-safe.
class StorageService {
 public:
  struct Options {
    std::string spool_directory;            ///< for uploads in parts; exists; best on the store's file system, so that files are linked
    std::size_t max_uploads = 32;           ///< under way at once; over it kUnavailable "uploads_full"
    std::int64_t upload_idle_ms = 600'000;  ///< an upload that gets no part for so long is dropped when room is needed
    std::uint64_t max_object_bytes = std::uint64_t{4} << 30U;  ///< over it kTooLarge
    Buckets* buckets = nullptr;                                ///< of the store, when it has several; must outlive this
  };
  StorageService(ObjectStore& store, Options options, const Clock& clock = SystemClock(), Random& random = SystemRandom());
  ~StorageService();

  /// For a net::Dispatcher, which this must outlive.
  net::Service service();

 private:
  class Calls;
  std::unique_ptr<Calls> calls_;
};

}  // namespace lakehouse::storage
