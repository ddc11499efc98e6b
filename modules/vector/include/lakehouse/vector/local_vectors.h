#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "lakehouse/base/clock.h"
#include "lakehouse/base/log.h"
#include "lakehouse/base/metrics.h"
#include "lakehouse/base/random.h"
#include "lakehouse/catalog/catalog.h"
#include "lakehouse/storage/object_cache.h"
#include "lakehouse/storage/object_store.h"
#include "lakehouse/vector/vectors.h"

namespace lakehouse::vector {

struct LocalVectorsOptions {
  std::string scratch;                  ///< an existing directory for files on their way to the store
  std::uint32_t build_threads = 2;      ///< of one training
  double target_recall = .99;           ///< what searches without parameters are calibrated for
  bool upkeep_in_background = true;     ///< false: only when Maintain is called
  std::uint64_t fold_bytes = 32 << 20;  ///< a generation is written when the log holds so much,
  std::uint64_t fold_batches = 2'000;   ///< or so many batches
  std::uint32_t compact_rows = 10'000;  ///< indexes of fewer rows are not rewritten for what is dead in them
  std::uint32_t sidecar_rows = 2'000;   ///< an index over fewer is not saved, but built at the start
};

/// What it stands on, all of which must outlive it.
struct LocalVectorsParts {
  storage::ObjectStore& store;
  storage::ObjectCache& cache;
  catalog::Catalog& catalog;  ///< local or remote
  Metrics& metrics;
  Log& log;
  const Clock& clock = SystemClock();
  Random& random = SystemRandom();
};

/// The service that does the work. Indexes are opened when it starts, in the background, or when they are first asked for. One process
/// may write an index: two find out at the next batch, and one of them stops taking changes. One thread of its own.
/// Memory: all rows' codes, lists, ids and metadata; rows of generations are mapped, later ones are in memory.
std::unique_ptr<Vectors> MakeLocalVectors(LocalVectorsParts parts, LocalVectorsOptions options);

using ReadPart = std::function<Result<std::string>(std::uint64_t offset, std::uint64_t length)>;

/// A batch of an index's log, or a saved index, in words for people, by what its first octets say it is; kInvalidArgument: neither of
/// them. kCorruption: damaged, and how.
Result<std::string> InspectVectorObject(std::string_view octets);

/// One object that an index keeps beside its embeddings, a batch or a saved index: whether it is sound; saved indexes are read in pieces of
/// a megabyte. `read` gives part of it. False: the key is neither's. kCorruption: damaged, and how. Errors of `read` are passed on.
Result<bool> CheckBatchObject(std::string_view key, std::uint64_t size_bytes, const ReadPart& read);
Result<bool> CheckSidecarObject(std::string_view key, std::uint64_t size_bytes, const ReadPart& read);

}  // namespace lakehouse::vector
