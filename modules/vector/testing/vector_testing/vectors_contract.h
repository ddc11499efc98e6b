#pragma once
#include <gmock/gmock.h>

#include <atomic>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include "lakehouse/vector/vectors.h"

/// The promises of vectors.h, for every implementation and topology.
namespace lakehouse::vector {

struct VectorsTopology {
  std::string name;
  std::function<std::shared_ptr<Vectors>()> open;  ///< of an empty lake
  friend std::ostream& operator<<(std::ostream& out, const VectorsTopology& topology) { return out << topology.name; }
};

class VectorsContract : public testing::TestWithParam<VectorsTopology> {
 protected:
  std::shared_ptr<Vectors> world_ = GetParam().open();
  Vectors& vectors_ = *world_;
  Context ann_{"user:ann", "trace-1", Deadline::After(120'000), {}};

  void Create(const std::string& name, std::uint32_t dimension = 2, const std::string& metric = "euclidean") {
    const auto created = vectors_.CreateIndex(ann_, {name, dimension, metric});
    ASSERT_TRUE(created) << created.error().ToString();
  }
  static Item At(const std::string& id, float x, float y, std::optional<std::string> metadata = {}) {
    Item item{id, {x, y}, {}};
    if (metadata) item.metadata = RawJson{*metadata};
    return item;
  }
  AddResponse Add(const std::string& name, std::vector<Item> items) {
    const auto added = vectors_.Add(ann_, {name, std::move(items)});
    if (!added) ADD_FAILURE() << added.error().ToString();
    return added ? *added : AddResponse{};
  }
  std::vector<std::string> Nearest(const std::string& name, float x, float y, SearchOptions options = {}) {
    const auto found = vectors_.Search(ann_, {name, {x, y}, std::move(options)});
    std::vector<std::string> ids;
    if (!found) return {found.error().ToString()};
    for (const Hit& hit : found->results) ids.push_back(hit.id);
    return ids;
  }
  std::string MetadataOf(const std::string& name, const std::string& id) {
    const auto got = vectors_.GetItem(ann_, {name, id});
    if (!got) return got.error().ToString();
    return got->item.metadata ? got->item.metadata->text : "none";
  }
  template <typename T>
  static std::string ReasonOf(const Result<T>& result) {
    return result ? "success" : std::string(result.error().reason());
  }
};

TEST_P(VectorsContract, StartsEmpty) { EXPECT_TRUE(vectors_.ListIndexes(ann_, {})->indexes.empty()); }

TEST_P(VectorsContract, MakesAnIndexOnceAndForgetsIt) {
  Create("notes", 3, "cosine");
  EXPECT_EQ(ReasonOf(vectors_.CreateIndex(ann_, {"notes", 3, "cosine"})), "index_exists");
  EXPECT_EQ(ReasonOf(vectors_.CreateIndex(ann_, {"NOTES", 4, "dot"})), "index_exists");
  const auto info = vectors_.DescribeIndex(ann_, {"notes"});
  ASSERT_TRUE(info);
  EXPECT_EQ(info->dimension, 3U);
  EXPECT_EQ(info->metric, "cosine");
  EXPECT_EQ(info->length, 0U);
  EXPECT_EQ(info->dataset, "vectors_notes");
  EXPECT_EQ(vectors_.ListIndexes(ann_, {})->indexes.size(), 1U);
  ASSERT_TRUE(vectors_.DropIndex(ann_, {"notes"}));
  EXPECT_EQ(ReasonOf(vectors_.DescribeIndex(ann_, {"notes"})), "index_not_found");
  EXPECT_EQ(ReasonOf(vectors_.DropIndex(ann_, {"notes"})), "index_not_found");
  Create("notes", 5);
  EXPECT_EQ(vectors_.DescribeIndex(ann_, {"notes"})->dimension, 5U);
}

TEST_P(VectorsContract, RefusesWhatCannotBeAnIndex) {
  EXPECT_EQ(ReasonOf(vectors_.CreateIndex(ann_, {"a/b", 3, "cosine"})), "invalid_name");
  EXPECT_EQ(ReasonOf(vectors_.CreateIndex(ann_, {"", 3, "cosine"})), "invalid_name");
  EXPECT_EQ(ReasonOf(vectors_.CreateIndex(ann_, {"a", 0, "cosine"})), "bad_dimension");
  EXPECT_EQ(ReasonOf(vectors_.CreateIndex(ann_, {"a", 5000, "cosine"})), "bad_dimension");
  EXPECT_EQ(ReasonOf(vectors_.CreateIndex(ann_, {"a", 3, "manhattan"})), "bad_metric");
  EXPECT_EQ(ReasonOf(vectors_.Search(ann_, {"a", {1}, {}})), "index_not_found");
  EXPECT_TRUE(vectors_.ListIndexes(ann_, {})->indexes.empty());
}

TEST_P(VectorsContract, AnswersAnEmptyIndexWithNothing) {
  Create("notes");
  EXPECT_TRUE(Nearest("notes", 1, 1).empty());
  EXPECT_EQ(Add("notes", {}).length, 0U);
  EXPECT_EQ(vectors_.Remove(ann_, {"notes", {"a"}})->removed, 0U);
}

TEST_P(VectorsContract, FindsWhatWasAddedInOrderOfDistance) {
  Create("notes");
  const AddResponse added = Add("notes", {At("far", 9, 9), At("near", 1, 1, R"({"site":"Gary"})"), At("middle", 4, 4)});
  EXPECT_EQ(added.added, 3U);
  EXPECT_EQ(added.length, 3U);
  EXPECT_EQ(Nearest("notes", 0, 0), (std::vector<std::string>{"near", "middle", "far"}));
  EXPECT_EQ(Nearest("notes", 0, 0, {.k = 1}), std::vector<std::string>{"near"});
  const auto found = vectors_.Search(ann_, {"notes", {1, 1}, {.k = 1, .exact = true}});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->results.at(0).distance, 0);
  EXPECT_EQ(found->results.at(0).metadata->text, R"({"site":"Gary"})");
}

TEST_P(VectorsContract, ReplacesAnItemAndKeepsItsMetadataUnlessGiven) {
  Create("notes");
  Add("notes", {At("a", 1, 1, R"({"v":1})"), At("b", 5, 5)});
  const AddResponse again = Add("notes", {At("a", 8, 8)});
  EXPECT_EQ(again.updated, 1U);
  EXPECT_EQ(again.added, 0U);
  EXPECT_EQ(again.length, 2U);
  EXPECT_EQ(Nearest("notes", 0, 0), (std::vector<std::string>{"b", "a"}));
  EXPECT_EQ(MetadataOf("notes", "a"), R"({"v":1})");
  EXPECT_EQ(MetadataOf("notes", "b"), "none");
  Add("notes", {At("a", 8, 8, "{}")});
  EXPECT_EQ(MetadataOf("notes", "a"), "{}");
}

TEST_P(VectorsContract, TakesTheLastOfSeveralWithOneId) {
  Create("notes");
  const AddResponse added = Add("notes", {At("a", 1, 1, R"({"v":1})"), At("a", 2, 2), At("a", 3, 3)});
  EXPECT_EQ(added.added, 1U);
  EXPECT_EQ(added.length, 1U);
  EXPECT_EQ(vectors_.GetItem(ann_, {"notes", "a"})->item.vector, (std::vector<float>{3, 3}));
  EXPECT_EQ(MetadataOf("notes", "a"), R"({"v":1})");
  EXPECT_EQ(Nearest("notes", 0, 0).size(), 1U);
}

TEST_P(VectorsContract, TakesAllOfARequestOrNothing) {
  Create("notes", 2, "cosine");
  const float nan = std::numeric_limits<float>::quiet_NaN(), infinite = std::numeric_limits<float>::infinity();
  for (const auto& [bad, reason] : std::vector<std::pair<Item, std::string>>{{Item{"b", {1, 2, 3}, {}}, "wrong_dimension"},
                                                                             {At("b", nan, 1), "not_finite"},
                                                                             {At("b", 1, -infinite), "not_finite"},
                                                                             {At("b", 0, 0), "zero_norm"},
                                                                             {At("", 1, 1), "bad_id"},
                                                                             {At(std::string(513, 'x'), 1, 1), "bad_id"},
                                                                             {At("b", 1, 1, "[1]"), "bad_metadata"}}) {
    const auto refused = vectors_.Add(ann_, {"notes", {At("a", 1, 1), bad}});
    EXPECT_EQ(ReasonOf(refused), reason);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message(), testing::StartsWith("item 1: "));
  }
  EXPECT_EQ(vectors_.DescribeIndex(ann_, {"notes"})->length, 0U);
  EXPECT_TRUE(Nearest("notes", 1, 1).empty());
}

TEST_P(VectorsContract, RefusesABadQuestion) {
  Create("notes", 2, "cosine");
  Add("notes", {At("a", 1, 1)});
  EXPECT_EQ(ReasonOf(vectors_.Search(ann_, {"notes", {1}, {}})), "wrong_dimension");
  EXPECT_EQ(ReasonOf(vectors_.Search(ann_, {"notes", {0, 0}, {}})), "zero_norm");
  EXPECT_EQ(ReasonOf(vectors_.Search(ann_, {"notes", {1, 1}, {.k = 0}})), "bad_k");
  EXPECT_EQ(ReasonOf(vectors_.Search(ann_, {"notes", {1, 1}, {.k = 1'000'000}})), "bad_k");
  EXPECT_EQ(ReasonOf(vectors_.GetItem(ann_, {"notes", "b"})), "item_not_found");
  SearchOptions filtered;
  filtered.filter = SearchFilter{{}, RawJson{R"({"site":{"deep":1}})"}};
  EXPECT_EQ(ReasonOf(vectors_.Search(ann_, {"notes", {1, 1}, filtered})), "bad_filter");
}

TEST_P(VectorsContract, RemovesItems) {
  Create("notes");
  Add("notes", {At("a", 1, 1), At("b", 2, 2)});
  const auto removed = vectors_.Remove(ann_, {"notes", {"a", "a", "none"}});
  ASSERT_TRUE(removed);
  EXPECT_EQ(removed->removed, 1U);
  EXPECT_EQ(removed->length, 1U);
  EXPECT_EQ(Nearest("notes", 0, 0), std::vector<std::string>{"b"});
  EXPECT_EQ(Add("notes", {At("a", 1, 1)}).added, 1U);
  EXPECT_EQ(Nearest("notes", 0, 0), (std::vector<std::string>{"a", "b"}));
}

TEST_P(VectorsContract, AnswersOnlyWithWhatTheFilterTakes) {
  Create("notes");
  Add("notes", {At("a", 1, 1, R"({"site":"Gary","n":1,"tags":["x","y"]})"), At("b", 2, 2, R"({"site":"Joliet","n":2.0})"),
                At("c", 3, 3, R"({"site":"Gary","n":2,"ok":true})"), At("d", 4, 4)});
  const auto with = [&](std::optional<std::vector<std::string>> ids, std::optional<std::string> metadata) {
    SearchOptions options;
    options.filter.emplace().ids = std::move(ids);
    if (metadata) options.filter->metadata = RawJson{*metadata};
    return Nearest("notes", 0, 0, options);
  };
  using Ids = std::vector<std::string>;
  EXPECT_EQ(with({{"d", "b", "none"}}, {}), (Ids{"b", "d"}));
  EXPECT_EQ(with({}, R"({"site":"Gary"})"), (Ids{"a", "c"}));
  EXPECT_EQ(with({}, R"({"site":["Gary","Joliet"],"n":2})"), (Ids{"b", "c"}));
  EXPECT_EQ(with({}, R"({"tags":"y"})"), Ids{"a"});
  EXPECT_EQ(with({}, R"({"ok":true})"), Ids{"c"});
  EXPECT_EQ(with({{"c", "d"}}, R"({"site":"Gary"})"), Ids{"c"});
  EXPECT_EQ(with({}, R"({"site":"Hammond"})"), Ids{});
  // What came after the filter was first used counts, and what was replaced does not.
  Add("notes", {At("e", 0, 0, R"({"site":"Gary"})"), At("a", 1, 1, R"({"site":"Hammond"})")});
  EXPECT_EQ(with({}, R"({"site":"Gary"})"), (Ids{"e", "c"}));
  EXPECT_EQ(with({}, R"({"site":"Hammond"})"), Ids{"a"});
}

TEST_P(VectorsContract, SearchesForSeveralAtOnce) {
  Create("notes");
  Add("notes", {At("a", 1, 1), At("b", 9, 9)});
  const auto found = vectors_.SearchBatch(ann_, {"notes", {{0, 0}, {10, 10}}, {.k = 1}});
  ASSERT_TRUE(found) << found.error().ToString();
  ASSERT_EQ(found->searches.size(), 2U);
  EXPECT_EQ(found->searches[0].results.at(0).id, "a");
  EXPECT_EQ(found->searches[1].results.at(0).id, "b");
  EXPECT_EQ(ReasonOf(vectors_.SearchBatch(ann_, {"notes", {{0, 0}, {1}}, {}})), "wrong_dimension");
}

TEST_P(VectorsContract, MergesWhatIsMissingAndClearsTheSource) {
  Create("fresh");
  Create("main");
  Add("fresh", {At("a", 1, 1, R"({"from":"fresh"})"), At("b", 2, 2)});
  Add("main", {At("b", 7, 7)});
  const auto merged = vectors_.Merge(ann_, {"fresh", "main", true});
  ASSERT_TRUE(merged) << merged.error().ToString();
  EXPECT_EQ(merged->merged, 1U);
  EXPECT_EQ(merged->skipped, 1U);
  EXPECT_EQ(merged->cleared, 2U);
  EXPECT_EQ(merged->length, 2U);
  EXPECT_EQ(vectors_.DescribeIndex(ann_, {"fresh"})->length, 0U);
  EXPECT_EQ(vectors_.GetItem(ann_, {"main", "b"})->item.vector, (std::vector<float>{7, 7}));
  EXPECT_EQ(MetadataOf("main", "a"), R"({"from":"fresh"})");
  EXPECT_EQ(vectors_.Merge(ann_, {"fresh", "main", true})->merged, 0U);
  EXPECT_EQ(ReasonOf(vectors_.Merge(ann_, {"main", "main", false})), "self_merge");
  Create("other", 3);
  EXPECT_EQ(ReasonOf(vectors_.Merge(ann_, {"other", "main", false})), "wrong_dimension");
  EXPECT_EQ(ReasonOf(vectors_.Merge(ann_, {"main", "none", false})), "index_not_found");
}

TEST_P(VectorsContract, KeepsEverythingOverGenerations) {
  Create("notes");
  Add("notes", {At("a", 1, 1, R"({"v":1})"), At("b", 2, 2), At("c", 3, 3)});
  ASSERT_TRUE(vectors_.Maintain(ann_, {"notes", false, false}));
  Add("notes", {At("a", 4, 4)});
  ASSERT_TRUE(vectors_.Remove(ann_, {"notes", {"b"}}));
  const auto second = vectors_.Maintain(ann_, {"notes", false, false});
  ASSERT_TRUE(second) << second.error().ToString();
  EXPECT_EQ(second->log_batches, 0U);
  EXPECT_EQ(second->rows, 4U);
  EXPECT_EQ(Nearest("notes", 0, 0), (std::vector<std::string>{"c", "a"}));
  const auto compact = vectors_.Maintain(ann_, {"notes", false, true});
  ASSERT_TRUE(compact) << compact.error().ToString();
  EXPECT_EQ(compact->rows, 2U);
  EXPECT_GT(compact->generation, second->generation);
  EXPECT_EQ(Nearest("notes", 0, 0), (std::vector<std::string>{"c", "a"}));
  EXPECT_EQ(MetadataOf("notes", "a"), R"({"v":1})");
  EXPECT_EQ(Add("notes", {At("c", 9, 9)}).updated, 1U);
  EXPECT_EQ(Nearest("notes", 0, 0), (std::vector<std::string>{"a", "c"}));
}

TEST_P(VectorsContract, TriesPromotesAndGoesBack) {
  Create("notes");
  EXPECT_EQ(ReasonOf(vectors_.RunTrial(ann_, {"notes", {}, {}, 10})), "nothing_to_measure");
  std::vector<Item> items;
  for (int i = 0; i < 300; ++i) items.push_back(At("i" + std::to_string(i), static_cast<float>(i % 17), static_cast<float>(i % 23)));
  Add("notes", items);
  const auto tuned = vectors_.Autotune(ann_, {"notes", .9, {{{}, 4, {}}, {.95, {}, {}}}, {}});
  ASSERT_TRUE(tuned) << tuned.error().ToString();
  ASSERT_EQ(tuned->trials.size(), 2U);
  ASSERT_TRUE(tuned->winner);
  EXPECT_EQ(vectors_.ListTrials(ann_, {"notes", 100})->trials.size(), 2U);
  EXPECT_EQ(vectors_.ListTrials(ann_, {"", 1})->trials.size(), 1U);
  EXPECT_TRUE(vectors_.BestTrial(ann_, {"notes", .5})->trial);
  EXPECT_EQ(ReasonOf(vectors_.Promote(ann_, {"notes", "none", "", "", .9})), "trial_not_found");
  const auto promoted = vectors_.Promote(ann_, {"notes", tuned->trials[0].id, "", "more lists", .5});
  ASSERT_TRUE(promoted) << promoted.error().ToString();
  EXPECT_EQ(promoted->current->trial_id, tuned->trials[0].id);
  EXPECT_EQ(promoted->current->promoted_by, "user:ann");
  EXPECT_EQ(vectors_.DescribeIndex(ann_, {"notes"})->lists, 4U);
  ASSERT_TRUE(vectors_.Promote(ann_, {"notes", tuned->trials[1].id, "bo", "", .5}));
  Add("notes", {At("late", 50, 50)});
  const auto back = vectors_.Rollback(ann_, {"notes"});
  ASSERT_TRUE(back) << back.error().ToString();
  EXPECT_EQ(back->current->trial_id, tuned->trials[0].id);
  EXPECT_EQ(vectors_.DescribeIndex(ann_, {"notes"})->lists, 4U);
  EXPECT_EQ(Nearest("notes", 50, 50, {.k = 1}), std::vector<std::string>{"late"});
  EXPECT_FALSE(vectors_.Rollback(ann_, {"notes"})->current);
  EXPECT_EQ(ReasonOf(vectors_.Rollback(ann_, {"notes"})), "nothing_promoted");
  EXPECT_TRUE(vectors_.LoadPromotions(ann_, {"notes"})->history.empty());
}

TEST_P(VectorsContract, ShowsEveryAcknowledgedItemToTheNextSearch) {
  Create("notes");
  std::vector<std::thread> writers;
  std::atomic<int> missed = 0;
  for (int writer = 0; writer < 4; ++writer)
    writers.emplace_back([&, writer] {
      for (int i = 0; i < 40; ++i) {
        const std::string id = std::to_string(writer) + "-" + std::to_string(i % 10);
        const auto x = static_cast<float>(writer * 1000 + i);
        const auto added = vectors_.Add(ann_, {"notes", {At(id, x, 0)}});
        const auto found = vectors_.Search(ann_, {"notes", {x, 0}, {.k = 1}});
        if (!added || !found || found->results.size() != 1 || found->results[0].id != id || found->results[0].distance != 0) ++missed;
      }
    });
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(missed, 0);
  EXPECT_EQ(vectors_.DescribeIndex(ann_, {"notes"})->length, 40U);
}

TEST_P(VectorsContract, StopsWhenItIsTooLate) {
  Create("notes");
  Context late = ann_;
  late.deadline = Deadline::After(0);
  const auto searched = vectors_.Search(late, {"notes", {1, 1}, {}});
  ASSERT_FALSE(searched);
  EXPECT_EQ(searched.error().code(), ErrorCode::kDeadlineExceeded);
  EXPECT_FALSE(vectors_.Add(late, {"notes", {At("a", 1, 1)}}));
}

}  // namespace lakehouse::vector
