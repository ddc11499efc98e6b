#include "journal_testing/journal_contract.h"

#include "lakehouse/journal/journal_routes.h"
#include "lakehouse/journal/local_journal.h"
#include "lakehouse/journal/remote_journal.h"
#include "lakehouse/net/dispatcher.h"
#include "lakehouse/net/loopback_transport.h"
#include "storage_testing/flipped_bits.h"

namespace lakehouse::journal {
namespace {

struct LocalWorld {
  catalog::TestLake lake;
  std::unique_ptr<catalog::LocalCatalog> catalog = lake.Open().Take();
  std::unique_ptr<Journal> journal = MakeLocalJournal(*catalog, *lake.store, *lake.codec);
};

JournalWorld OpenLocal() {
  auto world = std::make_shared<LocalWorld>();
  return {std::shared_ptr<Journal>(world, world->journal.get()), std::shared_ptr<catalog::Catalog>(world, world->catalog.get()),
          world->lake.store};
}

struct LoopbackWorld {
  LocalWorld local;
  Secret key{"a key for this test"};
  net::Dispatcher server{{ServeJournal(*local.journal)}, key};
  net::LoopbackTransport wire{server, key};
  std::unique_ptr<Journal> remote = ConnectJournal(wire);
};

JournalWorld OpenLoopback() {
  auto world = std::make_shared<LoopbackWorld>();
  return {std::shared_ptr<Journal>(world, world->remote.get()), std::shared_ptr<catalog::Catalog>(world, world->local.catalog.get()),
          world->local.lake.store};
}

INSTANTIATE_TEST_SUITE_P(Local, JournalContract,
                         testing::Values(JournalTopology{"local", OpenLocal}, JournalTopology{"loopback", OpenLoopback}),
                         [](const auto& topology) { return topology.param.name; });

TEST(FlushedEvents, AreCheckedAgainstTheDigestInTheirName) {
  LocalWorld world;
  ASSERT_TRUE(world.catalog->Commit({}, catalog::CreateOf("a", {})));
  ASSERT_TRUE(world.catalog->Commit({}, [] {
    catalog::CommitRequest request;
    request.events.push_back({"dataset:a", "test", {}});
    return request;
  }()));
  const std::string key = world.journal->Flush({}, {})->key.value();
  const std::string octets = world.lake.store->Get({}, key).Take();
  EXPECT_TRUE(*CheckFlushedEvents(key, octets));
  storage::ForEachFlippedBit(octets, [&](std::size_t at, const std::string& flipped) {
    EXPECT_EQ(CheckFlushedEvents(key, flipped).error().code(), ErrorCode::kCorruption) << at;
  });
  EXPECT_FALSE(*CheckFlushedEvents("_logs/journal/00000000000000000001-00000000000000000002.parquet", octets)) << "older than digests";
  EXPECT_FALSE(*CheckFlushedEvents("_logs/other/a.parquet", octets));
}

TEST(JournalRoutes, SpeakThePredecessorsFields) {
  LocalWorld world;
  catalog::CommitRequest request = catalog::CreateOf("workers", {});
  request.events.push_back({"dataset:workers", "ingest.create", {{"source", "a.csv"}}});
  Context ann;
  ann.principal = "user:ann";
  ASSERT_TRUE(world.catalog->Commit(ann, request));
  for (const net::Route& route : JournalRoutes(*world.journal)) {
    net::HttpRequest http;
    http.method = route.method;
    http.path_params["entity"] = "workers";
    const net::HttpResponse answer = route.handle(ann, http);
    EXPECT_EQ(answer.status, 200) << route.pattern << answer.body;
    if (route.pattern == "/journal/recent" || route.pattern == "/journal/history/{entity}") {
      EXPECT_THAT(answer.body,
                  testing::HasSubstr(
                      R"({"entity_type":"dataset","entity_id":"workers","action":"ingest.create","actor":"user:ann","source":"a.csv")"));
      EXPECT_THAT(answer.body, testing::HasSubstr(R"("timestamp":"2023-11-14T22:13:20.)"));
    }
  }
}

TEST(JournalRoutes, RefuseALimitThatIsNoNumber) {
  LocalWorld world;
  for (const net::Route& route : JournalRoutes(*world.journal)) {
    if (route.pattern != "/journal/recent") continue;
    net::HttpRequest http;
    http.query = {{"limit", "many"}};
    EXPECT_EQ(route.handle({}, http).status, 400);
  }
}

}  // namespace
}  // namespace lakehouse::journal
