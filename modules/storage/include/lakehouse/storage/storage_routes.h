#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "lakehouse/net/route.h"
#include "lakehouse/storage/buckets.h"
#include "lakehouse/storage/error_archive.h"
#include "lakehouse/storage/error_journal.h"
#include "lakehouse/storage/object_store.h"

namespace lakehouse::storage {

struct StorageRoutesOptions {
  std::size_t put_slots = 4;                                        ///< PUTs being stored at once; over it 503 with Retry-After: 5, at once
  std::uint64_t max_object_bytes = std::uint64_t{256} << 20U;       ///< over it 413
  std::uint64_t max_vector_object_bytes = std::uint64_t{4} << 30U;  ///< the same below _vectors/, where only the system writes
  ErrorArchive* archive = nullptr;                                  ///< of the journal; without one its memory is all there is
  Buckets* buckets = nullptr;                                       ///< of the store, when it has several
};

/// The public face of a store, for the gateway (under /v1) and for storaged alone:
///   PUT, GET, DELETE /storage/objects/{key...} · GET /storage/list?prefix=&start_after=&limit= · GET /errors and /storage/errors ·
///   POST /storage/errors/flush · and with `buckets` the same objects below /storage/buckets/{bucket}, and the buckets themselves.
/// A GET that primary cannot answer is answered by rescue when it has this key, with X-Lakehouse-Rescue-Used: true.
/// Writes and deletes below what ReservedPrefixOf names are 403 "reserved_prefix". Failures of the store go to the journal too.
/// Store, journal, archive and buckets must outlive the routes.
std::vector<net::Route> StorageRoutes(ObjectStore& store, ErrorJournal& errors, StorageRoutesOptions options = {});

}  // namespace lakehouse::storage
