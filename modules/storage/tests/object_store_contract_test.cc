#include "storage_testing/object_store_contract.h"

#include "lakehouse/net/loopback_transport.h"
#include "lakehouse/storage/local_object_store.h"
#include "lakehouse/storage/memory_object_store.h"
#include "lakehouse/storage/remote_object_store.h"
#include "lakehouse/storage/storage_service.h"
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

/// Every call encoded and decoded, as between two daemons.
struct RemoteWorld {
  explicit RemoteWorld(const std::string& directory) : spool(directory + "/spool") {
    std::filesystem::create_directory(spool);
    local = OpenLocal(directory + "/lake");
    service = std::make_unique<StorageService>(*local, StorageService::Options{.spool_directory = spool});
    server = std::make_unique<net::Dispatcher>(std::vector{service->service()}, Secret("internal key"));
    wire = std::make_unique<net::LoopbackTransport>(*server, Secret("internal key"));
    store = ConnectObjectStore(*wire);
  }
  std::string spool;
  std::shared_ptr<ObjectStore> local;
  std::unique_ptr<StorageService> service;
  std::unique_ptr<net::Dispatcher> server;
  std::unique_ptr<net::LoopbackTransport> wire;
  std::unique_ptr<ObjectStore> store;
};
std::shared_ptr<ObjectStore> OpenRemote(const std::string& directory) {
  const auto world = std::make_shared<RemoteWorld>(directory);
  return {world, world->store.get()};
}

INSTANTIATE_TEST_SUITE_P(Stores, ObjectStoreContract,
                         testing::Values(StoreKind{"memory", OpenMemory}, StoreKind{"local", OpenLocal},
                                         StoreKind{"faulty", OpenFaultyWithoutFaults}, StoreKind{"remote", OpenRemote}),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace lakehouse::storage
