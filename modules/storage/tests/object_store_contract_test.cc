#include "storage_testing/object_store_contract.h"

#include "lakehouse/net/loopback_transport.h"
#include "lakehouse/storage/bucket_key.h"
#include "lakehouse/storage/bucket_store.h"
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

/// One bucket of a lake's store, under the keys that the objects have inside it.
class OneBucket final : public ObjectStore {
 public:
  OneBucket(ObjectStore& lake, std::string bucket) : lake_(lake), bucket_(std::move(bucket)) {}
  Result<ObjectInfo> PutIfAbsent(const Context& ctx, const std::string& key, std::string_view octets) override {
    return Inner(lake_.PutIfAbsent(ctx, Full(key), octets));
  }
  Result<ObjectInfo> Put(const Context& ctx, const std::string& key, std::string_view octets) override {
    return Inner(lake_.Put(ctx, Full(key), octets));
  }
  Result<ObjectInfo> PutFileIfAbsent(const Context& ctx, const std::string& key, const std::string& path) override {
    return Inner(lake_.PutFileIfAbsent(ctx, Full(key), path));
  }
  Result<ObjectInfo> PutFile(const Context& ctx, const std::string& key, const std::string& path) override {
    return Inner(lake_.PutFile(ctx, Full(key), path));
  }
  Result<std::string> Get(const Context& ctx, const std::string& key, std::optional<ByteRange> range) override {
    return lake_.Get(ctx, Full(key), range);
  }
  Result<ObjectInfo> GetToFile(const Context& ctx, const std::string& key, const std::string& path) override {
    return Inner(lake_.GetToFile(ctx, Full(key), path));
  }
  Result<ObjectInfo> Head(const Context& ctx, const std::string& key) override { return Inner(lake_.Head(ctx, Full(key))); }
  Result<ListPage> List(const Context& ctx, const std::string& prefix, const std::string& after, std::size_t limit) override {
    ListPage page = LH_TRY(lake_.List(ctx, Full(prefix), after.empty() ? after : Full(after), limit));
    for (ObjectInfo& object : page.objects) object.key = SplitBucketKey(object.key).key;
    page.next = SplitBucketKey(page.next).key;
    return page;
  }
  Status Delete(const Context& ctx, const std::string& key) override { return lake_.Delete(ctx, Full(key)); }
  std::optional<std::string> LocalPath(const std::string& key) override { return lake_.LocalPath(Full(key)); }

 private:
  std::string Full(const std::string& key) const { return InBucket(bucket_, key); }
  static Result<ObjectInfo> Inner(Result<ObjectInfo> info) {
    if (info) info->key = std::string(SplitBucketKey(info->key).key);
    return info;
  }
  ObjectStore& lake_;
  const std::string bucket_;
};

/// A lake whose bucket "archive" is a directory beside it.
struct BucketWorld {
  explicit BucketWorld(const std::string& directory, std::string bucket)
      : lake(BucketStore::Make({.primary = OpenLocalObjectStore(directory + "/lake").Take(),
                                .open = [](const Context&, const BucketRecord& record, bool) { return OpenLocalObjectStore(record.url); },
                                .log = log},
                               {.primary_url = directory + "/lake", .rescue = {}, .directories = {directory + "/buckets"}})),
        view(*lake, std::move(bucket)) {
    if (!lake->CreateBucket({}, {.name = "archive"})) std::abort();
    if (!lake->Delete({}, InBucket("archive", "_bucket.json"))) std::abort();  // the suite counts what is there
    if (!lake->Delete({}, InBucket("archive", "_probe"))) std::abort();
  }
  Log log{"test", LogLevel::kError, [](std::string_view) {}};
  std::unique_ptr<BucketStore> lake;
  OneBucket view;
};
std::shared_ptr<ObjectStore> OpenBucket(const std::string& directory) {
  const auto world = std::make_shared<BucketWorld>(directory, "archive");
  return {world, &world->view};
}

/// The same from another daemon.
struct RemoteBucketWorld : BucketWorld {
  explicit RemoteBucketWorld(const std::string& directory)
      : BucketWorld(directory, "archive"),
        service(*lake, {.spool_directory = directory, .buckets = lake.get()}),
        server(std::vector{service.service()}, Secret("internal key")),
        wire(server, Secret("internal key")),
        remote(ConnectObjectStore(wire)),
        remote_view(*remote, "archive") {}
  StorageService service;
  net::Dispatcher server;
  net::LoopbackTransport wire;
  std::unique_ptr<ObjectStore> remote;
  OneBucket remote_view;
};
std::shared_ptr<ObjectStore> OpenRemoteBucket(const std::string& directory) {
  const auto world = std::make_shared<RemoteBucketWorld>(directory);
  return {world, &world->remote_view};
}

INSTANTIATE_TEST_SUITE_P(Stores, ObjectStoreContract,
                         testing::Values(StoreKind{"memory", OpenMemory}, StoreKind{"local", OpenLocal},
                                         StoreKind{"faulty", OpenFaultyWithoutFaults}, StoreKind{"remote", OpenRemote},
                                         StoreKind{"bucket", OpenBucket}, StoreKind{"remote_bucket", OpenRemoteBucket}),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace lakehouse::storage
