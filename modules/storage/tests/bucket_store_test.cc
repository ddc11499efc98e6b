#include "lakehouse/storage/bucket_store.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "bucket_record.h"
#include "lakehouse/base/failpoint.h"
#include "lakehouse/net/loopback_transport.h"
#include "lakehouse/storage/bucket_key.h"
#include "lakehouse/storage/local_object_store.h"
#include "lakehouse/storage/remote_object_store.h"
#include "lakehouse/storage/storage_service.h"
#include "storage_testing/matchers.h"

namespace lakehouse::storage {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class BucketsTest : public testing::Test {
 protected:
  BucketsTest() {
    std::string pattern = testing::TempDir() + "buckets_XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) std::abort();
    directory_ = pattern;
    std::filesystem::create_directory(directory_ / "spool");
    Start();
  }
  ~BucketsTest() override {
    (void)ArmFailpoints("");
    lake_.reset();
    std::filesystem::remove_all(directory_);
  }

  std::string Path(const std::string& name) const { return (directory_ / name).string(); }
  /// As after a restart.
  void Start() {
    lake_.reset();
    lake_ = Make("lake");
  }
  std::unique_ptr<BucketStore> Make(const std::string& lake) {
    return BucketStore::Make({.primary = OpenLocalObjectStore(Path(lake)).Take(),
                              .open = [](const Context&, const BucketRecord& record, bool create) -> Result<std::unique_ptr<ObjectStore>> {
                                if (!create && !std::filesystem::is_directory(record.url))
                                  return Error(ErrorCode::kUnavailable, record.url + " is no directory");
                                return OpenLocalObjectStore(record.url);
                              },
                              .log = log_},
                             {.primary_url = Path(lake),
                              .rescue = BucketRecord{.name = "rescue", .url = Path("rescue")},
                              .directories = {Path("buckets"), Path("other")},
                              .reopen_ms = 0});
  }
  std::vector<std::string> Names() {
    std::vector<std::string> names;
    const auto buckets = lake_->ListBuckets({}, false);
    if (buckets)
      for (const BucketInfo& bucket : *buckets) names.push_back(bucket.record.name);
    return names;
  }
  Result<BucketInfo> Create(const std::string& name, const std::string& url = "") {
    return lake_->CreateBucket({}, {.name = name, .url = url});
  }

  std::filesystem::path directory_;
  Log log_{"test", LogLevel::kError, [](std::string_view) {}};
  std::unique_ptr<BucketStore> lake_;
};

TEST_F(BucketsTest, ABucketIsThereAfterARestartWithWhatWasPutIntoIt) {
  const auto created = Create("archive");
  ASSERT_THAT(created, Succeeds());
  EXPECT_EQ(created->record.url, std::filesystem::canonical(Path("buckets/archive")).string());
  EXPECT_TRUE(created->health.reachable);
  const auto put = lake_->PutIfAbsent({}, "_buckets/archive/datasets/x/data/1-a.parquet", "octets");
  ASSERT_THAT(put, Succeeds());
  EXPECT_EQ(put->key, "_buckets/archive/datasets/x/data/1-a.parquet");
  EXPECT_TRUE(std::filesystem::exists(Path("buckets/archive/datasets/x/data/1-a.parquet")));
  EXPECT_FALSE(std::filesystem::exists(Path("lake/datasets")));
  Start();
  EXPECT_THAT(Names(), ElementsAre("primary", "rescue", "archive"));
  EXPECT_EQ(*lake_->Get({}, "_buckets/archive/datasets/x/data/1-a.parquet"), "octets");
  EXPECT_THAT(*ListBucketPrefixes({}, *lake_), ElementsAre("", "_buckets/archive/"));
}

TEST_F(BucketsTest, ListsAreOfOneBucketAndPagesFitTogether) {
  ASSERT_THAT(Create("archive"), Succeeds());
  for (const char* key : {"a", "b", "c"}) {
    ASSERT_THAT(lake_->Put({}, key, "primary"), Succeeds());
    ASSERT_THAT(lake_->Put({}, InBucket("archive", "users/" + std::string(key)), "archive"), Succeeds());
  }
  const auto first = lake_->List({}, "_buckets/archive/users/", "", 2);
  ASSERT_THAT(first, Succeeds());
  EXPECT_EQ(first->objects[0].key, "_buckets/archive/users/a");
  EXPECT_EQ(first->next, "_buckets/archive/users/b");
  const auto second = lake_->List({}, "_buckets/archive/users/", first->next, 2);
  ASSERT_EQ(second->objects.size(), 1U);
  EXPECT_EQ(second->objects[0].key, "_buckets/archive/users/c");
  EXPECT_TRUE(lake_->List({}, "_buckets/archive/", "_buckets/b", 10)->objects.empty());
  EXPECT_EQ(lake_->List({}, "_buckets/archive/users/", "_a", 10)->objects.size(), 3U);
}

TEST_F(BucketsTest, AnUnknownBucketIsNotFoundWithThoseThatAreThere) {
  ASSERT_THAT(Create("archive"), Succeeds());
  const auto put = lake_->PutIfAbsent({}, "_buckets/nowhere/a", "x");
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(put.error().reason(), "unknown_bucket");
  EXPECT_EQ(put.error().details(), R"({"buckets":["primary","rescue","archive"]})");
}

TEST_F(BucketsTest, PrimaryRescueAndWhatHoldsFilesCannotBeRemoved) {
  ASSERT_THAT(Create("archive"), Succeeds());
  for (const char* name : {"primary", "rescue"}) {
    const Status removed = lake_->RemoveBucket({}, name);
    ASSERT_FALSE(removed);
    EXPECT_EQ(removed.error().reason(), "bucket_protected");
  }
  const std::string file = "_buckets/archive/datasets/x/data/1-a.parquet";
  ASSERT_THAT(lake_->PutIfAbsent({}, file, "octets"), Succeeds());
  const Status in_use = lake_->RemoveBucket({}, "archive");
  ASSERT_FALSE(in_use);
  EXPECT_EQ(in_use.error().code(), ErrorCode::kConflict);
  EXPECT_EQ(in_use.error().reason(), "bucket_in_use");
  ASSERT_THAT(lake_->PutIfAbsent({}, file + "2", "it takes writes again"), Succeeds());
  ASSERT_THAT(lake_->Delete({}, file), Succeeds());
  ASSERT_THAT(lake_->Delete({}, file + "2"), Succeeds());
  ASSERT_THAT(lake_->RemoveBucket({}, "archive"), Succeeds());
  EXPECT_THAT(Names(), ElementsAre("primary", "rescue"));
  EXPECT_EQ(lake_->RemoveBucket({}, "archive").error().code(), ErrorCode::kNotFound);
  ASSERT_THAT(Create("archive"), Succeeds()) << "its place is free again";
}

TEST_F(BucketsTest, APlaceThatIsTakenOrNotEmptyOrElsewhereIsRefused) {
  ASSERT_THAT(Create("archive"), Succeeds());
  EXPECT_EQ(Create("archive").error().reason(), "bucket_exists");
  EXPECT_EQ(Create("rescue").error().reason(), "bucket_exists");
  EXPECT_EQ(Create("again", Path("buckets/archive")).error().reason(), "bucket_taken");
  EXPECT_EQ(Create("inside", Path("buckets/archive/inside")).error().reason(), "bucket_taken");
  EXPECT_EQ(Create("away", "/var/elsewhere").error().reason(), "directory_not_allowed");
  EXPECT_EQ(Create("up", Path("buckets/../lake")).error().reason(), "directory_not_allowed");
  std::filesystem::create_directories(Path("other"));
  std::filesystem::create_directory_symlink("/etc", Path("other/link"));
  EXPECT_EQ(Create("link", Path("other/link/x")).error().reason(), "directory_not_allowed");
  EXPECT_EQ(Create("Upper").error().reason(), "invalid_bucket");
  EXPECT_EQ(Create("relative", "buckets/x").error().reason(), "invalid_bucket");
  std::filesystem::create_directories(Path("other/full"));
  std::ofstream(Path("other/full/letter.txt")) << "dear";
  EXPECT_EQ(Create("full", Path("other/full")).error().reason(), "bucket_not_empty");
  const auto other_lake = Make("lake2");
  EXPECT_EQ(other_lake->CreateBucket({}, {.name = "archive"}).error().reason(), "bucket_taken");
  EXPECT_THAT(Names(), ElementsAre("primary", "rescue", "archive")) << "nothing of what was refused stays";
}

TEST_F(BucketsTest, KeysOfS3AreNamedAndNeverGiven) {
  const auto refused = [&](BucketRecord record) {
    record.name = "far";
    record.url = "s3://company/lake";
    const auto created = lake_->CreateBucket({}, record);
    return created ? std::string() : std::string(created.error().reason());
  };
  EXPECT_EQ(refused({.secret = "storage"}), "invalid_bucket") << "primary's keys are not for other places";
  EXPECT_EQ(refused({.secret = "bucket.a b"}), "invalid_bucket");
  EXPECT_EQ(refused({.endpoint = "http://key:secret@host"}), "invalid_bucket");
  EXPECT_EQ(refused({.style = "odd"}), "invalid_bucket");
}

TEST_F(BucketsTest, ADirectoryThatWasTakenAwayIsAwayAndNotTakenForAnEmptyBucket) {
  ASSERT_THAT(Create("archive"), Succeeds());
  ASSERT_THAT(lake_->Put({}, "_buckets/archive/a", "octets"), Succeeds());
  std::filesystem::rename(Path("buckets/archive"), Path("aside"));
  EXPECT_EQ(lake_->Get({}, "_buckets/archive/a").error().reason(), "bucket_away");
  EXPECT_EQ(lake_->Put({}, "_buckets/archive/a", "new").error().reason(), "bucket_away");
  EXPECT_EQ(lake_->LocalPath("_buckets/archive/a"), std::nullopt);
  std::filesystem::create_directory(Path("buckets/archive"));  // an empty mount point
  EXPECT_EQ(lake_->Head({}, "_buckets/archive/a").error().reason(), "bucket_away");
  const auto seen = lake_->ListBuckets({}, true);
  ASSERT_THAT(seen, Succeeds());
  EXPECT_TRUE((*seen)[0].health.reachable);
  EXPECT_FALSE((*seen)[2].health.reachable);
  EXPECT_THAT((*seen)[2].health.last_error, HasSubstr("is the disk mounted?"));
  EXPECT_EQ(lake_->RemoveBucket({}, "archive").error().reason(), "bucket_away") << "nobody can say whether it is in use";
  std::filesystem::remove_all(Path("buckets/archive"));
  std::filesystem::rename(Path("aside"), Path("buckets/archive"));
  EXPECT_EQ(*lake_->Get({}, "_buckets/archive/a"), "octets") << "it comes back by itself";
  EXPECT_TRUE((*lake_->ListBuckets({}, true))[2].health.reachable);
}

TEST_F(BucketsTest, AFailureBetweenTwoStepsOfARegistrationOrRemovalIsMendedByTheSameRequest) {
  ASSERT_THAT(ArmFailpoints("storage.bucket.after_marker:1:error"), Succeeds());
  EXPECT_FALSE(Create("archive"));
  Start();
  EXPECT_THAT(Names(), ElementsAre("primary", "rescue"));
  ASSERT_THAT(ArmFailpoints("storage.bucket.after_record:1:error"), Succeeds());
  EXPECT_FALSE(Create("archive"));
  Start();
  EXPECT_THAT(Names(), ElementsAre("primary", "rescue", "archive"));
  ASSERT_THAT(lake_->Put({}, "_buckets/archive/a", "x"), Succeeds());
  ASSERT_THAT(ArmFailpoints("storage.bucket.before_forget:1:error,storage.bucket.after_forget:1:error"), Succeeds());
  EXPECT_FALSE(lake_->RemoveBucket({}, "archive"));
  EXPECT_THAT(Names(), ElementsAre("primary", "rescue", "archive"));
  EXPECT_FALSE(lake_->RemoveBucket({}, "archive"));
  EXPECT_THAT(Names(), ElementsAre("primary", "rescue"));
  ASSERT_THAT(ArmFailpoints(""), Succeeds());
  ASSERT_THAT(Create("archive"), Succeeds()) << "the mark it left is its own";
}

TEST_F(BucketsTest, AnotherProcessOfTheLakeSeesWhatIsRegisteredAndWhatIsGone) {
  const auto other = Make("lake");
  ASSERT_THAT(Create("archive"), Succeeds());
  ASSERT_THAT(other->Put({}, "_buckets/archive/a", "x"), Succeeds());
  ASSERT_THAT(lake_->RemoveBucket({}, "archive"), Succeeds());
  EXPECT_EQ(other->ListBuckets({}, false)->size(), 2U);
  EXPECT_EQ(other->Put({}, "_buckets/archive/a", "x").error().reason(), "unknown_bucket");
}

TEST_F(BucketsTest, AnotherDaemonRegistersListsAndRemoves) {
  StorageService service(*lake_, {.spool_directory = Path("spool"), .buckets = lake_.get()});
  net::Dispatcher server(std::vector{service.service()}, Secret("internal key"));
  net::LoopbackTransport wire(server, Secret("internal key"));
  const auto remote = ConnectBuckets(wire);
  ASSERT_THAT(remote->CreateBucket({}, {.name = "archive"}), Succeeds());
  const auto all = remote->ListBuckets({}, true);
  ASSERT_THAT(all, Succeeds());
  EXPECT_EQ(all->size(), 3U);
  EXPECT_EQ((*all)[2].record.name, "archive");
  EXPECT_EQ(remote->RemoveBucket({}, "primary").error().reason(), "bucket_protected");
  EXPECT_THAT(remote->RemoveBucket({}, "archive"), Succeeds());
}

TEST(BucketKeys, AKeyNamesItsBucketAndTheRestIsTheKeyThere) {
  EXPECT_EQ(InBucket("primary", "a/b"), "a/b");
  EXPECT_EQ(InBucket("archive", "a/b"), "_buckets/archive/a/b");
  EXPECT_EQ(SplitBucketKey("_buckets/archive/a/b").bucket, "archive");
  EXPECT_EQ(SplitBucketKey("_buckets/archive/a/b").key, "a/b");
  for (const char* key : {"a/b", "_buckets/archive.json", "_buckets/_owner", "_buckets/Up/x", "_bucketsx/a/b"}) {
    EXPECT_EQ(SplitBucketKey(key).bucket, "primary") << key;
    EXPECT_EQ(SplitBucketKey(key).key, key);
  }
  const std::string longest(kMaxKeyBytes, 'k');
  EXPECT_THAT(ValidateKey(InBucket("archive", longest)), Succeeds()) << "one rule for the keys of every bucket";
  EXPECT_FALSE(ValidateKey(InBucket("archive", longest + "k")));
  EXPECT_FALSE(ValidateKey("_buckets/archive/../x"));
  EXPECT_EQ(ReservedPrefixOf("_bucket.json"), "_bucket.json");
}

TEST(BucketRecords, HaveTheseOctets) {
  const BucketRecord record{"archive", "s3://company/lake", "https://objects.example.org", "region-1", "path", "", false, "bucket.archive",
                            17};
  const std::string octets =
      R"({"name":"archive","url":"s3://company/lake","endpoint":"https://objects.example.org","region":"region-1","style":"path","ca_file":"",)"
      R"("single_writer":false,"secret":"bucket.archive","created_micros":17,)"
      R"("sha256":"c7700381bd1425ec51932d2e433b9185cb32176f5587a73528b6394f36968f44"})";
  EXPECT_EQ(EncodeBucketRecord(record), octets);
  EXPECT_EQ(DecodeBucketRecord("archive", octets)->url, "s3://company/lake");
  EXPECT_EQ(DecodeBucketRecord("other", octets).error().code(), ErrorCode::kCorruption);
  EXPECT_EQ(DecodeBucketRecord("archive", octets.substr(1)).error().code(), ErrorCode::kCorruption);
  EXPECT_EQ(BucketMarkerOf("01890000-0000-7000-8000-000000000001", "archive"),
            R"({"bucket":"archive","owner":"01890000-0000-7000-8000-000000000001","version":1})");
}

TEST_F(BucketsTest, OneInsidePrimaryIsABucketLikeAnotherAndItsObjectsAreOnesOfPrimary) {
  const auto primary = OpenLocalObjectStore(Path("lake")).Take();
  ASSERT_TRUE(RegisterInside({}, *primary, "archive"));
  ASSERT_TRUE(RegisterInside({}, *primary, "archive")) << "again";
  const std::string key = "_buckets/archive/datasets/a/data/1-x.parquet";
  const auto put = lake_->Put({}, key, "octets");
  ASSERT_TRUE(put) << put.error().ToString();
  EXPECT_EQ(put->key, key);
  EXPECT_EQ(primary->Get({}, key, {}).Take(), "octets");
  EXPECT_EQ(lake_->Get({}, key, {}).Take(), "octets");
  ASSERT_TRUE(lake_->LocalPath(key));
  EXPECT_TRUE(std::filesystem::exists(*lake_->LocalPath(key)));
  ASSERT_TRUE(Create("beside"));
  EXPECT_THAT(Names(), ElementsAre("primary", "rescue", "archive", "beside"));
  EXPECT_THAT(ListBucketPrefixes({}, *lake_).Take(), ElementsAre("", "_buckets/archive/", "_buckets/beside/"));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(lake_->Put({}, "_buckets/archive/datasets/" + std::to_string(i), "x"));
  const auto page = lake_->List({}, "_buckets/archive/datasets/", "", 2).Take();
  ASSERT_EQ(page.objects.size(), 2U);
  EXPECT_EQ(page.objects[0].key, "_buckets/archive/datasets/0");
  EXPECT_EQ(lake_->List({}, "_buckets/archive/datasets/", page.next, 10)->objects.size(), 2U);

  EXPECT_EQ(lake_->RemoveBucket({}, "archive").error().reason(), "bucket_in_use");
  const auto all = lake_->List({}, "_buckets/archive/datasets/", "", 10).Take();
  for (const ObjectInfo& object : all.objects) ASSERT_TRUE(lake_->Delete({}, object.key));
  EXPECT_TRUE(lake_->RemoveBucket({}, "archive"));
  EXPECT_THAT(Names(), ElementsAre("primary", "rescue", "beside"));
  EXPECT_EQ(RegisterInside({}, *primary, "beside").error().reason(), "bucket_exists");
  EXPECT_EQ(Create("again", std::string(kInsidePrimary)).error().reason(), "invalid_bucket") << "nobody can ask for one";
}

}  // namespace
}  // namespace lakehouse::storage
