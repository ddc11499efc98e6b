#include "storage_testing/object_store_contract.h"

#include "lakehouse/storage/local_object_store.h"
#include "lakehouse/storage/memory_object_store.h"
#include "storage_testing/faulty_object_store.h"

namespace lakehouse::storage {
namespace {

std::shared_ptr<ObjectStore> OpenMemory(const std::string&) { return std::make_shared<MemoryObjectStore>(); }

std::shared_ptr<ObjectStore> OpenLocal(const std::string& directory) {
  Result<std::unique_ptr<ObjectStore>> store = OpenLocalObjectStore(directory);
  return store ? std::move(store).Take() : nullptr;
}

struct FaultyWorld {
  MemoryObjectStore below;
  FaultyObjectStore store{below};
};
std::shared_ptr<ObjectStore> OpenFaultyWithoutFaults(const std::string&) {
  const auto world = std::make_shared<FaultyWorld>();
  return {world, &world->store};
}

INSTANTIATE_TEST_SUITE_P(Stores, ObjectStoreContract, testing::Values(StoreKind{"memory", OpenMemory}, StoreKind{"local", OpenLocal}, StoreKind{"faulty", OpenFaultyWithoutFaults}),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace lakehouse::storage
