#include "catalog_testing/catalog_contract.h"

#include "lakehouse/base/file.h"
#include "lakehouse/catalog/forwarding_catalog.h"
#include "lakehouse/catalog/remote_catalog.h"
#include "lakehouse/engine/parquet_table.h"
#include "lakehouse/net/dispatcher.h"
#include "lakehouse/net/loopback_transport.h"
#include "lakehouse/storage/local_object_store.h"

namespace lakehouse::catalog {
namespace {

/// Ends in the order of its members, last first.
struct LocalWorld {
  TestLake lake;
  std::unique_ptr<LocalCatalog> catalog;
};

CatalogWorld OpenLocalWorld() {
  auto world = std::make_shared<LocalWorld>();
  world->catalog = world->lake.Open().Take();
  return {std::shared_ptr<Catalog>(world, world->catalog.get()), world->lake.store};
}

struct LoopbackWorld {
  LocalWorld local;
  std::unique_ptr<net::Dispatcher> server;
  std::unique_ptr<net::LoopbackTransport> wire;
  std::unique_ptr<Catalog> remote;
};

CatalogWorld OpenLoopbackWorld() {
  auto world = std::make_shared<LoopbackWorld>();
  world->local.catalog = world->local.lake.Open().Take();
  const Secret key("a key for this test");
  world->server = std::make_unique<net::Dispatcher>(std::vector<net::Service>{ServeCatalog(*world->local.catalog)}, key);
  world->wire = std::make_unique<net::LoopbackTransport>(*world->server, key);
  world->remote = ConnectCatalog(*world->wire);
  return {std::shared_ptr<Catalog>(world, world->remote.get()), world->local.lake.store};
}

/// Two catalogs of one lake, of which the second follows and sends changes to the first.
struct FollowerWorld {
  LocalWorld writer;
  std::unique_ptr<LocalCatalog> follower;
  std::unique_ptr<Catalog> forwarding;
};

CatalogWorld OpenFollowerWorld() {
  auto world = std::make_shared<FollowerWorld>();
  world->writer.catalog = world->writer.lake.Open().Take();
  auto options = TestLake::QuietOptions();
  options.may_write = false;
  world->follower = world->writer.lake.Open(options).Take();
  world->forwarding = ForwardToWriter(*world->follower, *world->writer.catalog);
  return {std::shared_ptr<Catalog>(world, world->forwarding.get()), world->writer.lake.store};
}

/// What a user has: files on disk, tables as Parquet.
struct DiskWorld {
  TemporaryDirectory directory = TemporaryDirectory::Create(testing::TempDir(), "catalog").Take();
  std::unique_ptr<engine::ParquetTables> tables = engine::ParquetTables::Open({directory.path()}).Take();
  LocalWorld local;
};

CatalogWorld OpenDiskWorld() {
  auto world = std::make_shared<DiskWorld>();
  world->local.lake.store = storage::OpenLocalObjectStore(world->directory.path() + "/lake").Take();
  world->local.lake.codec = MakeParquetTableCodec(*world->tables);
  world->local.catalog = world->local.lake.Open().Take();
  return {std::shared_ptr<Catalog>(world, world->local.catalog.get()), world->local.lake.store};
}

INSTANTIATE_TEST_SUITE_P(Local, CatalogContract,
                         testing::Values(CatalogTopology{"local", OpenLocalWorld}, CatalogTopology{"loopback", OpenLoopbackWorld},
                                         CatalogTopology{"disk", OpenDiskWorld}, CatalogTopology{"follower", OpenFollowerWorld}),
                         [](const auto& topology) { return topology.param.name; });

}  // namespace
}  // namespace lakehouse::catalog
