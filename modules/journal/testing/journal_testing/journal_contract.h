#pragma once
#include <gmock/gmock.h>

#include <functional>
#include <memory>
#include <ostream>

#include "catalog_testing/test_lake.h"
#include "lakehouse/journal/journal.h"

/// The promises of journal.h, for every implementation and topology.
namespace lakehouse::journal {

/// A journal, and the catalog and store it tells of.
struct JournalWorld {
  std::shared_ptr<Journal> journal;
  std::shared_ptr<catalog::Catalog> catalog;
  std::shared_ptr<storage::ObjectStore> store;
};
struct JournalTopology {
  std::string name;
  std::function<JournalWorld()> open;
  friend std::ostream& operator<<(std::ostream& out, const JournalTopology& topology) { return out << topology.name; }
};

class JournalContract : public testing::TestWithParam<JournalTopology> {
 protected:
  JournalWorld world_ = GetParam().open();
  Journal& journal_ = *world_.journal;
  Context ann_{"user:ann", "trace-1", Deadline::After(60'000), {}};

  std::int64_t Commit(catalog::CommitRequest request, const std::string& entity, const std::string& kind) {
    if (!entity.empty()) request.events.push_back({entity, kind, {{"source", "test"}}});
    const auto committed = world_.catalog->Commit(ann_, request);
    if (!committed) ADD_FAILURE() << committed.error().ToString();
    return committed ? committed->sequence : 0;
  }
  std::vector<std::string> Actions(const Result<EventsResponse>& response) {
    std::vector<std::string> actions;
    if (!response) return {response.error().ToString()};
    for (const JournalEvent& event : response->events) actions.push_back(event.action);
    return actions;
  }
};

TEST_P(JournalContract, IsEmptyInAnEmptyLake) {
  EXPECT_TRUE(journal_.Recent(ann_, {})->events.empty());
  EXPECT_TRUE(journal_.History(ann_, {"dataset:none", 10})->events.empty());
  EXPECT_EQ(journal_.LoadStats(ann_, {})->events, 0);
  EXPECT_FALSE(journal_.Flush(ann_, {})->key);
}

TEST_P(JournalContract, TellsWhatHappenedToOneEntityNewestFirst) {
  const std::int64_t first = Commit(catalog::CreateOf("workers", {}), "dataset:workers", "ingest.create");
  Commit(catalog::CreateOf("clients", {}), "dataset:clients", "ingest.create");
  Commit(catalog::ChangeOf("workers", catalog::Operation::kAppend, {}), "dataset:workers", "ingest.append");
  EXPECT_EQ(Actions(journal_.History(ann_, {"dataset:workers", 10})), (std::vector<std::string>{"ingest.append", "ingest.create"}));
  EXPECT_EQ(Actions(journal_.History(ann_, {"workers", 10})), (std::vector<std::string>{"ingest.append", "ingest.create"}));
  const auto page = journal_.History(ann_, {"workers", 1});
  EXPECT_EQ(page->events.size(), 1U);
  EXPECT_TRUE(page->more);
  const JournalEvent event = journal_.History(ann_, {"workers", 10})->events[1];
  EXPECT_EQ(event.sequence, first);
  EXPECT_EQ(event.actor, "user:ann");
  EXPECT_EQ(event.entity, "dataset:workers");
  EXPECT_EQ(event.fields.at("source"), "test");
  EXPECT_EQ(event.commit_id.size(), 36U);
  EXPECT_GT(event.time_micros, 0);
}

TEST_P(JournalContract, HasAnEventForEveryMutation) {
  Commit(catalog::CreateOf("workers", {}), "", "");
  catalog::CommitRequest drop;
  drop.drops = {"workers"};
  Commit(drop, "", "");
  EXPECT_EQ(Actions(journal_.History(ann_, {"workers", 10})), (std::vector<std::string>{"catalog.drop", "catalog.create"}));
}

TEST_P(JournalContract, SeesWhatIsCommittedAfterItWasAsked) {
  Commit(catalog::CreateOf("a", {}), "dataset:a", "one");
  EXPECT_EQ(Actions(journal_.Recent(ann_, {})), std::vector<std::string>{"one"});
  Commit(catalog::CreateOf("b", {}), "dataset:b", "two");
  EXPECT_EQ(Actions(journal_.Recent(ann_, {})), (std::vector<std::string>{"two", "one"}));
  EXPECT_EQ(Actions(journal_.Recent(ann_, {1})), std::vector<std::string>{"two"});
}

TEST_P(JournalContract, CountsByAction) {
  Commit(catalog::CreateOf("a", {}), "dataset:a", "create");
  Commit(catalog::ChangeOf("a", catalog::Operation::kAppend, {}), "dataset:a", "append");
  Commit(catalog::ChangeOf("a", catalog::Operation::kAppend, {}), "dataset:a", "append");
  const auto stats = journal_.LoadStats(ann_, {});
  ASSERT_TRUE(stats);
  EXPECT_EQ(stats->events, 3);
  EXPECT_EQ(stats->entities, 1);
  EXPECT_EQ(stats->unflushed, 3);
  EXPECT_EQ(stats->by_action.at("append"), 2);
}

TEST_P(JournalContract, FlushesEveryEventOnce) {
  Commit(catalog::CreateOf("a", {}), "dataset:a", "create");
  const auto first = journal_.Flush(ann_, {});
  ASSERT_TRUE(first) << first.error().ToString();
  EXPECT_EQ(first->events, 1);
  ASSERT_TRUE(first->key);
  EXPECT_TRUE(world_.store->Head({}, *first->key));
  EXPECT_EQ(journal_.LoadStats(ann_, {})->unflushed, 0);
  EXPECT_EQ(journal_.Flush(ann_, {})->events, 0);
  Commit(catalog::ChangeOf("a", catalog::Operation::kAppend, {}), "dataset:a", "append");
  Commit(catalog::ChangeOf("a", catalog::Operation::kAppend, {}), "dataset:a", "append");
  EXPECT_EQ(journal_.Flush(ann_, {})->events, 2);
  EXPECT_EQ(Actions(journal_.History(ann_, {"a", 10})).size(), 3U) << "history does not depend on flushes";
}

TEST_P(JournalContract, RefusesBadQuestions) {
  EXPECT_EQ(journal_.History(ann_, {"", 10}).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(journal_.History(ann_, {"a", 0}).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(journal_.Recent(ann_, {1001}).error().code(), ErrorCode::kInvalidArgument);
}

}  // namespace lakehouse::journal
