// The contract suites of all services against real processes: one daemon per service, every call over HTTP. The same suites run
// in one process, and with every call encoded and decoded, in the tests of their modules.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "base_testing/matchers.h"
#include "catalog_testing/catalog_contract.h"
#include "fleet.h"
#include "ingest_testing/ingest_contract.h"
#include "journal_testing/journal_contract.h"
#include "lakehouse/catalog/remote_catalog.h"
#include "lakehouse/ingest/remote_ingest.h"
#include "lakehouse/journal/remote_journal.h"
#include "lakehouse/query/remote_query.h"
#include "lakehouse/storage/remote_object_store.h"
#include "lakehouse/vector/remote_vectors.h"
#include "query_testing/query_contract.h"
#include "storage_testing/object_store_contract.h"
#include "vector_testing/vectors_contract.h"

namespace lakehouse {
namespace {

struct StorageFleet {
  Fleet fleet{{"storaged"}};
  std::unique_ptr<storage::ObjectStore> store = storage::ConnectObjectStore(fleet.To("storaged"));
};
std::shared_ptr<storage::ObjectStore> OpenStore(const std::string&) {
  const auto world = std::make_shared<StorageFleet>();
  return {world, world->store.get()};
}

struct CatalogFleet {
  Fleet fleet{{"storaged", "catalogd"}};
  std::unique_ptr<storage::ObjectStore> store = storage::ConnectObjectStore(fleet.To("storaged"));
  std::unique_ptr<catalog::Catalog> catalog = catalog::ConnectCatalog(fleet.To("catalogd"));
};
catalog::CatalogWorld OpenCatalog() {
  const auto world = std::make_shared<CatalogFleet>();
  return {{world, world->catalog.get()}, {world, world->store.get()}};
}

struct JournalFleet {
  Fleet fleet{{"storaged", "catalogd", "journald"}};
  std::unique_ptr<storage::ObjectStore> store = storage::ConnectObjectStore(fleet.To("storaged"));
  std::unique_ptr<catalog::Catalog> catalog = catalog::ConnectCatalog(fleet.To("catalogd"));
  std::unique_ptr<journal::Journal> journal = journal::ConnectJournal(fleet.To("journald"));
};
journal::JournalWorld OpenJournal() {
  const auto world = std::make_shared<JournalFleet>();
  return {{world, world->journal.get()}, {world, world->catalog.get()}, {world, world->store.get()}};
}

struct VectorFleet {
  Fleet fleet{{"storaged", "catalogd", "vectord"}};
  std::unique_ptr<vector::Vectors> vectors = vector::ConnectVectors(fleet.To("vectord"));
};
std::shared_ptr<vector::Vectors> OpenVectors() {
  const auto world = std::make_shared<VectorFleet>();
  return {world, world->vectors.get()};
}

class IngestFleet final : public ingest::IngestUnderTest {
 public:
  ingest::Ingest& ingest() override { return *ingest_; }
  catalog::Catalog& catalog() override { return *catalog_; }
  query::Query& query() override { return query_; }
  query::QueryLog& log() { return query_; }
  const std::string& path() const override { return fleet_.path(); }
  /// Each daemon has one of its own.
  std::vector<std::string> spools() const override {
    std::vector<std::string> found;
    for (const auto& process : std::filesystem::directory_iterator(fleet_.state() + "/processes"))
      if (std::filesystem::exists(process.path() / "spool")) found.push_back(process.path() / "spool");
    EXPECT_FALSE(found.empty());
    return found;
  }

 private:
  Fleet fleet_{{"storaged", "catalogd", "queryd", "ingestd"}};
  std::unique_ptr<catalog::Catalog> catalog_ = catalog::ConnectCatalog(fleet_.To("catalogd"));
  query::RemoteQuery query_{fleet_.To("queryd")};
  std::unique_ptr<ingest::Ingest> ingest_ = ingest::ConnectIngest(fleet_.To("ingestd"));
};

/// The datasets that the promises of Query speak of. Queries change nothing, so all of these tests ask the same lake.
class QueryLake final : public testing::Environment {
 public:
  IngestFleet& fleet() {
    if (!fleet_) Load();
    return *fleet_;
  }
  void TearDown() override { fleet_.reset(); }

 private:
  void Load() {
    fleet_ = std::make_unique<IngestFleet>();
    std::string numbers = "id,name\n";
    for (int id = 0; id < 10'000; ++id) numbers += std::to_string(id) + ",row " + std::to_string(id) + "\n";
    EXPECT_EQ(fleet_->IngestText("numbers", "numbers.csv", numbers).state, ingest::JobState::kCommitted);
    for (const char* v : {"1", "2", "3"}) {
      const auto loaded = fleet_->IngestText("history", "history.csv", std::string("v\n") + v + "\n", ingest::Mode::kReplace);
      EXPECT_EQ(loaded.state, ingest::JobState::kCommitted) << (loaded.error ? loaded.error->message : "");
    }
  }
  std::unique_ptr<IngestFleet> fleet_;
};

class QueryOfDaemons final : public query::QueryUnderTest {
 public:
  explicit QueryOfDaemons(IngestFleet& fleet) : fleet_(fleet) {}
  query::Query& query() override { return fleet_.query(); }
  query::QueryLog& log() override { return fleet_.log(); }

 private:
  IngestFleet& fleet_;
};

std::unique_ptr<query::QueryUnderTest> MakeQuery() {
  static auto* lake = static_cast<QueryLake*>(testing::AddGlobalTestEnvironment(new QueryLake));  // gtest owns it
  return std::make_unique<QueryOfDaemons>(lake->fleet());
}

}  // namespace
}  // namespace lakehouse

namespace lakehouse::storage {
INSTANTIATE_TEST_SUITE_P(Daemons, ObjectStoreContract, testing::Values(StoreKind{"storaged", OpenStore}),
                         [](const auto& kind) { return kind.param.name; });
}  // namespace lakehouse::storage
namespace lakehouse::catalog {
INSTANTIATE_TEST_SUITE_P(Daemons, CatalogContract, testing::Values(CatalogTopology{"catalogd", OpenCatalog}),
                         [](const auto& topology) { return topology.param.name; });
}  // namespace lakehouse::catalog
namespace lakehouse::journal {
INSTANTIATE_TEST_SUITE_P(Daemons, JournalContract, testing::Values(JournalTopology{"journald", OpenJournal}),
                         [](const auto& topology) { return topology.param.name; });
}  // namespace lakehouse::journal
namespace lakehouse::vector {
INSTANTIATE_TEST_SUITE_P(Daemons, VectorsContract, testing::Values(VectorsTopology{"vectord", OpenVectors}),
                         [](const auto& topology) { return topology.param.name; });
}  // namespace lakehouse::vector
namespace lakehouse::query {
INSTANTIATE_TEST_SUITE_P(Daemons, QueryContract, testing::Values(QueryMaker{"queryd", MakeQuery}), NameOfQuery);
}
namespace lakehouse::ingest {
INSTANTIATE_TEST_SUITE_P(Daemons, IngestContract, testing::Values(IngestMaker{"ingestd", [] { return std::make_unique<IngestFleet>(); }}),
                         NameOfIngest);
}  // namespace lakehouse::ingest
