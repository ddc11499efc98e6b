#pragma once
#include <memory>
#include <string>

#include "base_testing/matchers.h"
#include "catalog_testing/test_lake.h"
#include "lakehouse/base/file.h"
#include "lakehouse/storage/object_cache.h"
#include "lakehouse/vector/local_vectors.h"

namespace lakehouse::vector {

/// A lake in memory with a vector service over it, which can be opened again as after a kill: nothing but the store remains.
struct VectorLake {
  explicit VectorLake(LocalVectorsOptions wanted = Quiet(), std::shared_ptr<storage::ObjectStore> store = nullptr)
      : options(std::move(wanted)) {
    if (store) lake.store = std::move(store);
    Open();
  }
  static LocalVectorsOptions Quiet() {
    LocalVectorsOptions options;
    options.upkeep_in_background = false;
    return options;
  }
  void Open() {
    vectors.reset();
    catalog.reset();
    catalog = Must(lake.Open());
    cache = Must(storage::ObjectCache::Open(*lake.store, {.directory = directory.path() + "/cache"}, lake.metrics, lake.log));
    options.scratch = directory.path();
    vectors = MakeLocalVectors({*lake.store, *cache, *catalog, lake.metrics, lake.log}, options);
  }

  TemporaryDirectory directory = Must(TemporaryDirectory::Create(testing::TempDir(), "vectors-"));
  catalog::TestLake lake;
  LocalVectorsOptions options;
  std::unique_ptr<catalog::LocalCatalog> catalog;
  std::unique_ptr<storage::ObjectCache> cache;
  std::unique_ptr<Vectors> vectors;
};

}  // namespace lakehouse::vector
