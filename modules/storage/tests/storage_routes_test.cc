#include "lakehouse/storage/storage_routes.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <thread>

#include "byte_range_header.h"
#include "lakehouse/base/json_view.h"
#include "lakehouse/net/router.h"
#include "lakehouse/storage/bucket_store.h"
#include "lakehouse/storage/memory_object_store.h"
#include "storage_testing/faulty_object_store.h"
#include "storage_testing/matchers.h"

namespace lakehouse::storage {
namespace {

using testing::HasSubstr;

class StorageRoutesTest : public testing::Test {
 protected:
  StorageRoutesTest() { table_.Mount("/v1", StorageRoutes(store_, errors_, {.put_slots = 2, .max_object_bytes = 100})); }

  net::HttpResponse Send(const std::string& method, const std::string& path, net::HttpRequest request = {}) {
    const net::RouteTable::Match match = table_.Find(method, path);
    if (match.route == nullptr) return net::HttpResponse::Text(404, "no route");
    request.method = method;
    request.path_params = match.path_params;
    request.body_size_bytes = request.body.size();
    return match.route->handle(ctx_, request);
  }
  net::HttpResponse Put(const std::string& key, const std::string& body, std::vector<net::HttpHeader> headers = {}) {
    net::HttpRequest request;
    request.body = body;
    request.headers = std::move(headers);
    return Send("PUT", "/v1/storage/objects/" + key, std::move(request));
  }
  net::HttpResponse Get(const std::string& key, const std::string& range = "") {
    net::HttpRequest request;
    if (!range.empty()) request.headers.push_back({"Range", range});
    return Send("GET", "/v1/storage/objects/" + key, std::move(request));
  }
  net::HttpResponse Query(const std::string& path, std::vector<std::pair<std::string, std::string>> query) {
    net::HttpRequest request;
    request.query = std::move(query);
    return Send("GET", path, std::move(request));
  }

  const Context ctx_{.principal = "user:ann", .trace = "req-1", .deadline = {}, .cancel = {}};
  MemoryObjectStore below_;
  FaultyObjectStore store_{below_};
  ErrorJournal errors_;
  net::RouteTable table_;
};

TEST_F(StorageRoutesTest, PutsGetsListsAndDeletes) {
  const net::HttpResponse put = Put("reports/1.csv", "a,b\n");
  EXPECT_EQ(put.status, 200);
  EXPECT_THAT(put.body, HasSubstr(R"({"key":"reports/1.csv","size":4,"modified":")"));
  EXPECT_EQ(Get("reports/1.csv").body, "a,b\n");
  const net::HttpResponse list = Query("/v1/storage/list", {{"prefix", "reports/"}});
  EXPECT_EQ(list.status, 200);
  EXPECT_THAT(list.body, HasSubstr(R"("key":"reports/1.csv","size":4)"));
  EXPECT_THAT(list.body, HasSubstr(R"("truncated":false)"));
  EXPECT_EQ(Send("DELETE", "/v1/storage/objects/reports/1.csv").status, 200);
  EXPECT_EQ(Get("reports/1.csv").status, 404);
}

TEST_F(StorageRoutesTest, AnswersRangesAndRefusesWhatIsOutside) {
  (void)Put("k", "0123456789");
  const net::HttpResponse part = Get("k", "bytes=2-4");
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, "234");
  EXPECT_EQ(net::FindHeader(part.headers, "Content-Range"), "bytes 2-4/10");
  const net::HttpResponse outside = Get("k", "bytes=10-");
  EXPECT_EQ(outside.status, 416);
  EXPECT_EQ(net::FindHeader(outside.headers, "Content-Range"), "bytes */10");
  EXPECT_EQ(Get("k", "bytes=1-2,4-5").status, 200) << "several ranges: the whole is a fair answer";
}

TEST_F(StorageRoutesTest, OnlyTheSystemWritesBelowReservedPrefixes) {
  ASSERT_THAT(below_.Put(ctx_, "_catalog/log/1.json", "{}"), Succeeds());
  for (const char* key : {"_catalog/log/1.json", "datasets/w/x", "_vectors/i/x", "_logs/x", "_errors/x"}) {
    const net::HttpResponse put = Put(key, "x");
    EXPECT_EQ(put.status, 403) << key;
    EXPECT_THAT(put.body, HasSubstr("reserved_prefix")) << key;
    EXPECT_EQ(Send("DELETE", std::string("/v1/storage/objects/") + key).status, 403) << key;
  }
  EXPECT_EQ(Get("_catalog/log/1.json").body, "{}") << "reading is allowed";
}

TEST_F(StorageRoutesTest, RefusesWhatIsTooLargeAndInvalidKeys) {
  EXPECT_EQ(Put("k", std::string(101, 'x')).status, 413);
  EXPECT_EQ(Put("k", std::string(100, 'x')).status, 200);
  EXPECT_EQ(Put("a//b", "x").status, 400);
  EXPECT_EQ(Query("/v1/storage/list", {{"limit", "0"}}).status, 400);
  EXPECT_EQ(Query("/v1/storage/list", {{"limit", "ten"}}).status, 400);
  EXPECT_EQ(Query("/v1/storage/list", {{"prefix", "../"}}).status, 400);
}

TEST_F(StorageRoutesTest, IfNoneMatchRefusesToReplace) {
  EXPECT_EQ(Put("k", "1", {{"If-None-Match", "*"}}).status, 200);
  EXPECT_EQ(Put("k", "2", {{"If-None-Match", "*"}}).status, 409);
  EXPECT_EQ(Get("k").body, "1");
  EXPECT_EQ(Put("k", "3").status, 200);
  EXPECT_EQ(Get("k").body, "3");
}

TEST_F(StorageRoutesTest, WhenAllSlotsAreTakenAPutIsRefusedAtOnce) {
  store_.Inject({.action = StoreFault::Action::kHold, .operations = {StoreOperation::kPut}, .times = 2});
  std::thread first([&] { EXPECT_EQ(Put("1", "x").status, 200); });
  std::thread second([&] { EXPECT_EQ(Put("2", "x").status, 200); });
  store_.AwaitHeld(2);
  const net::HttpResponse third = Put("3", "x");
  EXPECT_EQ(third.status, 503);
  EXPECT_EQ(net::FindHeader(third.headers, "Retry-After"), "5");
  store_.Release();
  first.join();
  second.join();
  EXPECT_EQ(Put("3", "x").status, 200) << "the slots are free again";
}

TEST_F(StorageRoutesTest, PagesOfAList) {
  for (const char* key : {"a", "b", "c"}) (void)Put(key, key);
  const net::HttpResponse first = Query("/v1/storage/list", {{"limit", "2"}});
  EXPECT_THAT(first.body, HasSubstr(R"("truncated":true,"next":"b"})"));
  const net::HttpResponse second = Query("/v1/storage/list", {{"limit", "2"}, {"start_after", "b"}});
  EXPECT_THAT(second.body, HasSubstr(R"("key":"c")"));
  EXPECT_THAT(second.body, testing::Not(HasSubstr(R"("key":"b")")));
}

TEST_F(StorageRoutesTest, AFailureOfTheStoreIsFoundWithOneCall) {
  store_.Inject({.action = StoreFault::Action::kFail, .operations = {StoreOperation::kPut}, .reason = "disk_full"});
  EXPECT_EQ(Put("k", "x").status, 503);
  EXPECT_EQ(Get("missing").status, 404);
  for (const char* path : {"/v1/errors", "/v1/storage/errors"}) {
    const net::HttpResponse found = Query(path, {{"kind", "disk_full"}});
    const Result<JsonDocument> json = JsonDocument::Parse(found.body);
    ASSERT_THAT(json, Succeeds());
    EXPECT_EQ(json->root().Find("errors")->size(), 1U);
    EXPECT_EQ(json->root().Find("recorded")->AsInteger(), 1) << "a missing key is nobody's failure";
    EXPECT_THAT(found.body, HasSubstr(R"("object":"k","request_id":"req-1","principal":"user:ann")"));
  }
  EXPECT_THAT(Query("/v1/errors", {{"since", "9223372036854775807"}}).body, HasSubstr(R"("errors":[])"));
  EXPECT_EQ(Query("/v1/errors", {{"since", "yesterday"}}).status, 400);
}

TEST(ByteRangeHeader, EveryForm) {
  using Kind = RequestedRange::Kind;
  const auto parse = [](std::string_view header, std::uint64_t size) {
    const RequestedRange range = ParseRange(header, size);
    return std::tuple(range.kind, range.offset, range.length);
  };
  EXPECT_EQ(parse("bytes=0-0", 10), std::tuple(Kind::kPart, 0U, 1U));
  EXPECT_EQ(parse("bytes=9-", 10), std::tuple(Kind::kPart, 9U, 1U));
  EXPECT_EQ(parse("bytes=5-99999999999999999999999", 10), std::tuple(Kind::kPart, 5U, 5U));
  EXPECT_EQ(parse("bytes=-3", 10), std::tuple(Kind::kPart, 7U, 3U));
  EXPECT_EQ(parse("bytes=-30", 10), std::tuple(Kind::kPart, 0U, 10U));
  for (const char* outside : {"bytes=10-", "bytes=10-11", "bytes=-0", "bytes=99999999999999999999999-"}) {
    EXPECT_EQ(std::get<0>(parse(outside, 10)), Kind::kUnsatisfiable) << outside;
  }
  EXPECT_EQ(std::get<0>(parse("bytes=0-", 0)), Kind::kUnsatisfiable);
  for (const char* ignored :
       {"", "bytes", "bytes=", "bytes=-", "bytes=5-4", "bytes=a-b", "bytes=1-2,3-4", "rows=1-2", "bytes=+1-2", "bytes= 1-2", "bytes=1"}) {
    EXPECT_EQ(std::get<0>(parse(ignored, 10)), Kind::kWhole) << ignored;
  }
  EXPECT_EQ(ParseRange(std::nullopt, 10).kind, Kind::kWhole);
}

/// The routes over a lake with buckets in memory; the octets of each are at hand.
class BucketRoutesTest : public testing::Test {
 protected:
  BucketRoutesTest() {
    auto primary = std::make_unique<FaultyObjectStore>(primary_below_);
    primary_ = primary.get();
    BucketStore::Options options;
    options.rescue = BucketRecord{.name = "rescue", .url = "s3://rescue"};
    lake_ = BucketStore::Make({.primary = std::move(primary),
                               .open = [this](const Context&, const BucketRecord& record, bool) -> Result<std::unique_ptr<ObjectStore>> {
                                 return std::unique_ptr<ObjectStore>(std::make_unique<FaultyObjectStore>(places_[record.url]));
                               },
                               .log = log_},
                              std::move(options));
    table_.Mount("/v1", StorageRoutes(*lake_, errors_, {.max_object_bytes = 100, .buckets = lake_.get()}));
  }
  net::HttpResponse Send(const std::string& method, const std::string& path, const std::string& body = "") {
    const net::RouteTable::Match match = table_.Find(method, path);
    if (match.route == nullptr) return net::HttpResponse::Text(404, "no route");
    net::HttpRequest request;
    request.method = method;
    request.body = body;
    request.body_size_bytes = body.size();
    request.path_params = match.path_params;
    return match.route->handle({}, request);
  }
  Log log_{"test", LogLevel::kError, [](std::string_view) {}};
  MemoryObjectStore primary_below_;
  FaultyObjectStore* primary_ = nullptr;
  std::map<std::string, MemoryObjectStore> places_;
  std::unique_ptr<BucketStore> lake_;
  ErrorJournal errors_;
  net::RouteTable table_;
};

TEST_F(BucketRoutesTest, RegistersShowsAndRemovesABucketAndNeverASecret) {
  const auto created =
      Send("POST", "/v1/storage/buckets", R"({"name":"archive","url":"s3://company/lake","endpoint":"https://s3.example"})");
  ASSERT_EQ(created.status, 201) << created.body;
  EXPECT_THAT(created.body, HasSubstr(R"("secret":"bucket.archive")"));
  EXPECT_EQ(Send("POST", "/v1/storage/buckets", R"({"name":"archive","url":"s3://company/lake"})").status, 409);
  EXPECT_EQ(Send("POST", "/v1/storage/buckets", R"({"name":"b","url":"s3://company/lake","access_key":"AKIA"})").status, 400);
  EXPECT_THAT(Send("GET", "/v1/storage/buckets").body, HasSubstr(R"({"name":"rescue","role":"rescue","url":"s3://rescue","health":{}},)"));
  EXPECT_THAT(Send("GET", "/v1/storage/bucket-health").body, HasSubstr(R"({"status":"ok","buckets":[{"name":"primary")"));
  const auto refused = Send("DELETE", "/v1/storage/buckets/primary");
  EXPECT_EQ(refused.status, 409);
  EXPECT_THAT(refused.body, HasSubstr("bucket_protected"));
  EXPECT_EQ(Send("DELETE", "/v1/storage/buckets/archive").status, 200);
  EXPECT_EQ(Send("DELETE", "/v1/storage/buckets/archive").status, 404);
}

TEST_F(BucketRoutesTest, ObjectsOfABucketKeepTheRulesOfAllObjects) {
  ASSERT_EQ(Send("POST", "/v1/storage/buckets", R"({"name":"archive","url":"s3://company/lake"})").status, 201);
  const std::string objects = "/v1/storage/buckets/archive/objects/";
  EXPECT_THAT(Send("PUT", objects + "reports/1.csv", "a,b").body, HasSubstr(R"({"key":"reports/1.csv","size":3)"));
  EXPECT_EQ(Send("GET", objects + "reports/1.csv").body, "a,b");
  EXPECT_EQ(Send("GET", "/v1/storage/objects/reports/1.csv").status, 404) << "that is primary's";
  EXPECT_THAT(Send("GET", "/v1/storage/buckets/archive/list").body, HasSubstr(R"("key":"reports/1.csv")"));
  EXPECT_EQ(Send("PUT", objects + std::string(1024, 'k'), "x").status, 200);
  EXPECT_EQ(Send("PUT", objects + std::string(1025, 'k'), "x").status, 400);
  EXPECT_EQ(Send("PUT", objects + "k", std::string(101, 'x')).status, 413);
  for (const char* key : {"datasets/a", "_catalog/a", "_errors/a", "_rescue/a", "_buckets/archive/a", "_corpora/a/image", "_bucket.json"}) {
    EXPECT_EQ(Send("PUT", objects + key, "x").status, 403) << key;
    EXPECT_EQ(Send("DELETE", objects + key).status, 403) << key;
    EXPECT_EQ(Send("PUT", "/v1/storage/objects/" + std::string(key), "x").status, 403) << key;
  }
  EXPECT_EQ(Send("DELETE", objects + "reports/1.csv").status, 200);
  const auto unknown = Send("GET", "/v1/storage/buckets/nowhere/objects/a");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_THAT(unknown.body, HasSubstr(R"("buckets":["primary","rescue","archive"])"));
  EXPECT_EQ(Send("GET", "/v1/storage/buckets/..%2f/list").status, 400);
  EXPECT_EQ(Send("GET", "/v1/storage/buckets/Up/objects/a").status, 400);
}

TEST_F(BucketRoutesTest, RescueAnswersForPrimaryAndSaysSo) {
  ASSERT_EQ(Send("PUT", "/v1/storage/objects/a", "of primary").status, 200);
  ASSERT_EQ(Send("PUT", "/v1/storage/buckets/rescue/objects/a", "of rescue").status, 200);
  ASSERT_EQ(Send("PUT", "/v1/storage/buckets/rescue/objects/b", "of rescue").status, 200);
  const auto used = [](const net::HttpResponse& response) {
    return std::any_of(response.headers.begin(), response.headers.end(),
                       [](const net::HttpHeader& header) { return header.name == "X-Lakehouse-Rescue-Used" && header.value == "true"; });
  };
  EXPECT_FALSE(used(Send("GET", "/v1/storage/objects/a")));
  EXPECT_EQ(Send("GET", "/v1/storage/objects/b").status, 404) << "primary says that there is none";
  primary_->Inject({.times = StoreFault::kAlways});
  const auto rescued = Send("GET", "/v1/storage/objects/a");
  EXPECT_EQ(rescued.status, 200);
  EXPECT_EQ(rescued.body, "of rescue");
  EXPECT_TRUE(used(rescued));
  EXPECT_EQ(errors_.count(), 1) << "it is not passed over in silence";
  EXPECT_EQ(Send("GET", "/v1/storage/objects/c").status, 503);
  EXPECT_THAT(Send("GET", "/v1/storage/buckets").body, HasSubstr(R"("last_error":"injected)")) << "what this process knows is told";
}

}  // namespace
}  // namespace lakehouse::storage
