#pragma once
#include <string>
#include <vector>

#include "lakehouse/catalog/collection_follower.h"
#include "lakehouse/catalog/upkeep.h"
#include "lakehouse/embed/vector_cache.h"
#include "lakehouse/query/local_query.h"
#include "lakehouse/sandbox/worker_pool.h"
#include "lakehouse/storage/object_cache.h"

namespace lakehouse::app {

/// What this process keeps in the state directory of the lake's objects and of what was made of them: copies, what workers have linked,
/// masked and hot files, embeddings. Forgets all of these but hot files, which follow their datasets by themselves, and embeddings, which
/// are found by the digest of a text alone and go when their space is used up.
class MachineCopies final : public catalog::LocalCopies, public catalog::MachineCaches {
 public:
  /// What does not run here is null. All must outlive it.
  MachineCopies(storage::ObjectCache& cache, query::LocalQuery* query, sandbox::WorkerPool* ingest_workers, embed::VectorCache* vectors)
      : cache_(cache), query_(query), ingest_workers_(ingest_workers), vectors_(vectors) {}

  void Forget(const std::vector<std::string>& keys) override;
  void ForgetAll() override;
  bool Sweep() override;
  Result<std::int64_t> Check(const Context& context, const Spend& spend) override;

 private:
  void ForgetMade();

  storage::ObjectCache& cache_;
  query::LocalQuery* query_;
  sandbox::WorkerPool* ingest_workers_;
  embed::VectorCache* vectors_;
  std::vector<std::string> held_;  ///< keys whose copies were in use when they were to go
};

}  // namespace lakehouse::app
