#include "storage_testing/object_store_contract.h"

#include "lakehouse/storage/local_object_store.h"
#include "lakehouse/storage/memory_object_store.h"

namespace lakehouse::storage {
namespace {

std::shared_ptr<ObjectStore> OpenMemory(const std::string&) { return std::make_shared<MemoryObjectStore>(); }

std::shared_ptr<ObjectStore> OpenLocal(const std::string& directory) {
  Result<std::unique_ptr<ObjectStore>> store = OpenLocalObjectStore(directory);
  return store ? std::move(store).Take() : nullptr;
}

INSTANTIATE_TEST_SUITE_P(Stores, ObjectStoreContract, testing::Values(StoreKind{"memory", OpenMemory}, StoreKind{"local", OpenLocal}),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace lakehouse::storage
