#include "lakehouse/vector/profiled_vectors.h"

#include <gmock/gmock.h>

#include "lakehouse/vector/vector_routes.h"
#include "vector_testing/vector_lake.h"

namespace lakehouse::vector {
namespace {

using testing::ElementsAre;

catalog::Profile Seeing(std::vector<std::string> datasets) {
  catalog::Profile profile;
  profile.datasets = std::move(datasets);
  return profile;
}

/// A lake with the indexes "north" and "south", and the vectors as callers from outside see them.
struct ProfiledLake {
  VectorLake lake;
  catalog::AccessBook book{*lake.catalog, lake.lake.log, {.poll_ms = 0}};
  std::unique_ptr<Vectors> vectors = MakeProfiledVectors(*lake.vectors, book);

  /// Gives a key of this id the profile.
  Context KeyWith(const std::string& id, catalog::Profile profile) {
    profile.name = "of-" + id;
    catalog::ApiKey key;
    key.id = id;
    key.name = id;
    key.sha256 = std::string(64, 'a');
    key.profile = profile.name;
    key.scopes = {catalog::Scope::kRead, catalog::Scope::kWrite};
    Change({.profile = profile, .activation = catalog::ProfileActivation{profile.name, 0}, .key = {}});
    Change({.profile = {}, .activation = {}, .key = key}, true);
    return {"key:" + id, "trace-" + id, Deadline::After(120'000), {}};
  }
  void Change(catalog::AccessChange change, bool is_new = false) {
    const auto changed = lake.catalog->ChangeAccess(administrator, {std::move(change), is_new});
    if (!changed) ADD_FAILURE() << changed.error().ToString();
  }
  Context administrator{"operator", "trace-1", Deadline::After(120'000), {}};
};

class ProfiledVectorsTest : public testing::Test {
 protected:
  ProfiledVectorsTest() {
    for (const std::string name : {"north", "south"}) {
      Must(vectors_.CreateIndex(world_.administrator, {name, 2, "euclidean"}));
      Must(vectors_.Add(world_.administrator, {name, {{name + "-1", {1, 1}, RawJson{R"({"of":")" + name + R"("})"}}}}));
    }
  }
  template <typename T>
  static std::string ReasonOf(const Result<T>& result) {
    return result ? "success" : std::string(result.error().reason());
  }
  std::vector<std::string> Listed(const Context& caller) {
    std::vector<std::string> names;
    for (const IndexInfo& info : Must(vectors_.ListIndexes(caller, {})).indexes) names.push_back(info.name);
    return names;
  }

  ProfiledLake world_;
  Vectors& vectors_ = *world_.vectors;
  Context north_ = world_.KeyWith("n", Seeing({"orders", "vectors_north"}));
};

TEST_F(ProfiledVectorsTest, ACallerSearchesAndReadsTheIndexesOfItsProfile) {
  EXPECT_EQ(Must(vectors_.Search(north_, {"north", {1, 1}, {}})).results.at(0).id, "north-1");
  EXPECT_EQ(Must(vectors_.Search(north_, {"NORTH", {1, 1}, {}})).results.size(), 1U) << "names are compared without case";
  EXPECT_EQ(Must(vectors_.SearchBatch(north_, {"north", {{1, 1}, {2, 2}}, {}})).searches.size(), 2U);
  EXPECT_EQ(Must(vectors_.GetItem(north_, {"north", "north-1"})).item.vector, (std::vector<float>{1, 1}));
  EXPECT_EQ(Must(vectors_.DescribeIndex(north_, {"north"})).length, 1U);
  EXPECT_THAT(Listed(north_), ElementsAre("north"));
  EXPECT_THAT(Listed(world_.administrator), ElementsAre("north", "south"));
}

TEST_F(ProfiledVectorsTest, AnotherProfilesIndexIsNotThereInTheSameWordsAsOneThatNeverWas) {
  for (const std::string name : {"south", "SOUTH", "sout", "nothing"}) {
    const std::string words = "there is no index \"" + name + "\" for this API key";
    for (const Error& error :
         {vectors_.Search(north_, {name, {1, 1}, {}}).error(), vectors_.SearchBatch(north_, {name, {{1, 1}}, {}}).error(),
          vectors_.GetItem(north_, {name, "south-1"}).error(), vectors_.DescribeIndex(north_, {name}).error(),
          vectors_.Search(north_, {name, {1, 2, 3}, {.k = 0}}).error()}) {
      EXPECT_EQ(error.reason(), "index_not_found");
      EXPECT_EQ(error.message(), words);
    }
  }
  const Context everywhere = world_.KeyWith("e", Seeing({"vectors_*"}));
  const Error absent = vectors_.Search(everywhere, {"nort", {1, 1}, {}}).error();
  EXPECT_EQ(absent.message(), "there is no index \"nort\" for this API key") << "and no name of another one";
  EXPECT_THAT(Listed(everywhere), ElementsAre("north", "south"));
}

TEST_F(ProfiledVectorsTest, ItChangesNothingAndSeesNoIndexWhoseEmbeddingsItSeesInPart) {
  EXPECT_EQ(ReasonOf(vectors_.CreateIndex(north_, {"mine", 2})), "profile_restricted");
  EXPECT_EQ(ReasonOf(vectors_.Add(north_, {"north", {{"x", {1, 1}, {}}}})), "profile_restricted");
  EXPECT_EQ(ReasonOf(vectors_.Remove(north_, {"north", {"north-1"}})), "profile_restricted");
  EXPECT_EQ(ReasonOf(vectors_.DropIndex(north_, {"north"})), "profile_restricted");
  EXPECT_EQ(ReasonOf(vectors_.Merge(north_, {"south", "north", false})), "profile_restricted");
  EXPECT_EQ(ReasonOf(vectors_.Maintain(north_, {"north", true, true})), "profile_restricted");
  EXPECT_EQ(ReasonOf(vectors_.RunTrial(north_, {"north", {}, {}, 1})), "profile_restricted");
  EXPECT_EQ(ReasonOf(vectors_.ListTrials(north_, {"", 10})), "profile_restricted");
  EXPECT_EQ(ReasonOf(vectors_.BestTrial(north_, {"north", 0})), "profile_restricted");
  EXPECT_EQ(ReasonOf(vectors_.Autotune(north_, {"north", 0, {}, {}, {}})), "profile_restricted");
  EXPECT_EQ(ReasonOf(vectors_.Promote(north_, {"north", "t", "", "", 0})), "profile_restricted");
  EXPECT_EQ(ReasonOf(vectors_.Rollback(north_, {"north"})), "profile_restricted");
  EXPECT_EQ(ReasonOf(vectors_.LoadPromotions(north_, {"north"})), "profile_restricted");
  EXPECT_EQ(Must(vectors_.DescribeIndex(world_.administrator, {"north"})).length, 1U);

  catalog::Profile narrow = Seeing({"vectors_north"});
  narrow.views.push_back({"vectors_north", {"id"}, {}, {}});
  const Context masked = world_.KeyWith("m", narrow);
  EXPECT_EQ(ReasonOf(vectors_.Search(masked, {"north", {1, 1}, {}})), "profile_restricted");
  EXPECT_EQ(ReasonOf(vectors_.GetItem(masked, {"north", "north-1"})), "profile_restricted");
  EXPECT_TRUE(Listed(masked).empty());
}

TEST_F(ProfiledVectorsTest, OnTheThreadThatReadTheRequestOnlyThoseAreAnsweredFromWhomNothingIsHidden) {
  EXPECT_TRUE(vectors_.SearchAtOnce(world_.administrator, {"north", {1, 1}, {}}));
  EXPECT_FALSE(vectors_.SearchAtOnce({"key:stranger", "t", {}, {}}, {"north", {1, 1}, {}}));
  const Context free = world_.KeyWith("f", {});
  ASSERT_TRUE(vectors_.Search(free, {"south", {1, 1}, {}}));  // the book knows the keys now
  EXPECT_TRUE(vectors_.SearchAtOnce(free, {"south", {1, 1}, {}}));
  EXPECT_FALSE(vectors_.SearchAtOnce(north_, {"south", {1, 1}, {}}));
  EXPECT_FALSE(vectors_.SearchAtOnce(north_, {"north", {1, 1}, {}}));
}

TEST_F(ProfiledVectorsTest, AnotherVersionOfTheProfileHoldsFromTheNextSearchOnAndIsRolledBack) {
  catalog::Profile moved;
  moved.name = "of-n";
  moved.datasets = {"vectors_south"};
  world_.Change({.profile = moved, .activation = catalog::ProfileActivation{"of-n", 0}, .key = {}});
  EXPECT_EQ(ReasonOf(vectors_.Search(north_, {"north", {1, 1}, {}})), "index_not_found");
  EXPECT_EQ(Must(vectors_.Search(north_, {"south", {1, 1}, {}})).results.at(0).id, "south-1");
  world_.Change({.profile = {}, .activation = catalog::ProfileActivation{"of-n", 1}, .key = {}});
  EXPECT_EQ(ReasonOf(vectors_.Search(north_, {"south", {1, 1}, {}})), "index_not_found");
  EXPECT_THAT(Listed(north_), ElementsAre("north"));
}

TEST_F(ProfiledVectorsTest, WhoseProfileNamesABucketMakesIndexesThereAndTheyAreFoundAgain) {
  catalog::Profile bound;
  bound.bucket = "cold";
  const Context writer = world_.KeyWith("w", bound);
  CreateIndexRequest create{"mine", 2, "euclidean", "warm"};
  EXPECT_EQ(ReasonOf(vectors_.CreateIndex(writer, create)), "bucket_not_allowed");
  create.bucket.reset();
  EXPECT_EQ(Must(vectors_.CreateIndex(writer, create)).bucket, "cold");
  create = {"theirs", 2, "euclidean", "rescue"};
  EXPECT_EQ(ReasonOf(vectors_.CreateIndex(world_.administrator, create)), "bucket_protected");
  create.bucket = "No such name";
  EXPECT_EQ(ReasonOf(vectors_.CreateIndex(world_.administrator, create)), "invalid_bucket");
  EXPECT_EQ(Must(vectors_.DescribeIndex(writer, {"south"})).bucket, "primary");

  for (const bool compact : {false, true}) {
    Must(vectors_.Add(writer, {"mine", {{compact ? "b" : "a", {1, 1}, {}}, {"c", {2, 2}, {}}}}));
    Must(vectors_.Maintain(writer, {"mine", false, compact}));
    const auto files = Must(world_.lake.catalog->Resolve(world_.administrator, {{{"vectors_mine", {}}}})).tables.at(0).files;
    ASSERT_FALSE(files.empty());
    for (const catalog::DataFile& file : files) EXPECT_THAT(file.key, testing::StartsWith("_buckets/cold/_vectors/mine/gen-"));
  }
  // As another process finds them, from the store alone.
  LocalVectorsOptions options = VectorLake::Quiet();
  options.scratch = world_.lake.directory.path();
  const auto other = MakeLocalVectors(
      {*world_.lake.lake.store, *world_.lake.cache, *world_.lake.catalog, world_.lake.lake.metrics, world_.lake.lake.log}, options);
  EXPECT_EQ(Must(other->DescribeIndex(world_.administrator, {"mine"})).bucket, "cold");
  EXPECT_EQ(Must(other->Search(world_.administrator, {"mine", {1, 1}, {}})).results.size(), 3U);
}

TEST_F(ProfiledVectorsTest, RoutesThatSearchAndReadKeepProfilesAndNoOthers) {
  std::vector<std::string> keeping, reading;
  for (const net::Route& route : VectorRoutes(vectors_, true)) {
    if (route.keeps_profiles) keeping.push_back(route.method + " " + route.pattern);
    if (route.scope == net::RouteScope::kRead) reading.push_back(route.pattern);
  }
  EXPECT_THAT(keeping,
              testing::UnorderedElementsAre("GET /vectors/index", "GET /vectors/index/{name}", "GET /vectors/index/{name}/items/{item}",
                                            "POST /vectors/index/{name}/search", "POST /vectors/index/{name}/search/batch"));
  EXPECT_THAT(reading, ElementsAre("/vectors/index/{name}/search", "/vectors/index/{name}/search/batch"));
  for (const net::Route& route : VectorRoutes(vectors_)) EXPECT_FALSE(route.keeps_profiles) << route.pattern;
}

}  // namespace
}  // namespace lakehouse::vector
