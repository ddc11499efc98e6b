#include "lakehouse/storage/storage_routes.h"

#include <gmock/gmock.h>

#include <thread>

#include "byte_range_header.h"
#include "lakehouse/base/json_view.h"
#include "lakehouse/net/router.h"
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

}  // namespace
}  // namespace lakehouse::storage
