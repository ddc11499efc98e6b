#include "lakehouse/ingest/ingest_routes.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "ingest_lake.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/base/json_view.h"
#include "lakehouse/ingest/remote_ingest.h"
#include "lakehouse/net/loopback_transport.h"

namespace lakehouse::ingest {
namespace {

using testing::HasSubstr;

/// The routes over an Ingest whose every call is encoded and decoded on the way.
class IngestRoutesTest : public testing::Test {
 protected:
  IngestRoutesTest() : remote_(ConnectIngest(transport_)), routes_(IngestRoutes(*remote_)) {}

  net::HttpResponse Call(const std::string& method, const std::string& pattern, net::HttpRequest& request) {
    for (const net::Route& route : routes_)
      if (route.method == method && route.pattern == pattern) return route.handle(IngestLake::NewContext(), request);
    ADD_FAILURE() << "no route " << method << " " << pattern;
    return {};
  }
  net::HttpRequest Upload(const std::string& file_name, const std::string& octets,
                          const std::vector<std::pair<std::string, std::string>>& fields) {
    net::HttpRequest request;
    for (const auto& [name, value] : fields) request.parts.push_back({.name = name, .value = value});
    net::UploadPart part;
    part.name = "file";
    part.file_name = file_name;
    part.path = lake_.WriteFile("upload", octets);
    part.sha256 = Sha256Hex(octets);
    request.parts.push_back(part);
    return request;
  }
  net::HttpResponse Post(const std::string& file_name, const std::string& octets,
                         const std::vector<std::pair<std::string, std::string>>& fields) {
    net::HttpRequest request = Upload(file_name, octets, fields);
    return Call("POST", "/ingest", request);
  }

  IngestLake lake_;
  net::Dispatcher dispatcher_{{ServeIngest(lake_.ingest())}, Secret("key of this test, long enough to be one")};
  net::LoopbackTransport transport_{dispatcher_, Secret("key of this test, long enough to be one")};
  std::unique_ptr<Ingest> remote_;
  std::vector<net::Route> routes_;
};

TEST_F(IngestRoutesTest, AnUploadAnswers201ThenForTheSameBytes200) {
  const auto created = Post("w.csv", "a,b\n1,x\n", {{"name", "workers"}});
  EXPECT_EQ(created.status, 201) << created.body;
  for (const char* field : {"\"name\":\"workers\"", "\"row_count\":1", "\"existing\":false",
                            "\"fingerprint\":", "\"dataset_id\":", "\"version\":1", "\"state\":\"committed\""})
    EXPECT_THAT(created.body, HasSubstr(field));
  const auto again = Post("w.csv", "a,b\n1,x\n", {{"name", "workers"}});
  EXPECT_EQ(again.status, 200);
  EXPECT_THAT(again.body, HasSubstr("\"existing\":true"));
  EXPECT_THAT(again.body, HasSubstr("\"state\":\"unchanged\""));
  EXPECT_EQ(lake_.Rows("SELECT count(*) FROM workers"), "[1]");
}

TEST_F(IngestRoutesTest, ErrorsOfTheFileAreTheAnswersErrors) {
  const auto empty = Post("w.csv", "", {{"name", "t"}});
  EXPECT_EQ(empty.status, 422);
  EXPECT_THAT(empty.body, HasSubstr("\"code\":\"empty_file\""));
  EXPECT_EQ(Post("w.csv", "a\n1\n", {{"name", "t"}}).status, 201);
  const auto drift = Post("w.csv", "b\nx\n", {{"name", "t"}});
  EXPECT_EQ(drift.status, 409);
  EXPECT_THAT(drift.body, HasSubstr("\"code\":\"schema_conflict\""));
  EXPECT_THAT(drift.body, HasSubstr("\"details\":[{"));
  EXPECT_EQ(Post("w.csv", "a\n1\n", {{"name", "../etc"}}).status, 400);
  EXPECT_EQ(Post("w.csv", "a\n1\n", {{"name", "t"}, {"mode", "merge"}}).status, 400);
  EXPECT_EQ(Post("w.csv", "a\n1\n", {{"name", "t"}, {"mode", "upsert"}}).status, 400);
  EXPECT_EQ(Post("w.csv", "a\n5\n", {{"name", "t"}, {"mode", "upsert"}, {"key", "zz"}}).status, 400);
  EXPECT_EQ(Post("w.csv", "a\n1\n", {{"name", "none"}, {"mode", "append"}}).status, 404);
  net::HttpRequest nothing;
  EXPECT_EQ(Call("POST", "/ingest", nothing).status, 400);
}

TEST_F(IngestRoutesTest, ARawBodyWithANameInTheQueryIsTakenToo) {
  net::HttpRequest request;
  request.body_path = lake_.WriteFile("body", "a,b\n1,x\n2,y\n");
  request.query = {{"name", "raw"}, {"file_name", "raw.csv"}};
  EXPECT_EQ(Call("POST", "/ingest", request).status, 201);
  EXPECT_EQ(lake_.Rows("SELECT count(*) FROM raw"), "[2]");
  EXPECT_FALSE(std::filesystem::exists(request.body_path));
  EXPECT_FALSE(std::filesystem::exists(request.body_path + ".job")) << "the job removes its file";
}

TEST_F(IngestRoutesTest, AnAsynchronousUploadAnswersWithAJob) {
  net::HttpRequest request = Upload("w.csv", "a\n1\n", {{"name", "later"}});
  request.query = {{"async", "1"}};
  const auto accepted = Call("POST", "/ingest", request);
  ASSERT_EQ(accepted.status, 202);
  const auto document = JsonDocument::Parse(accepted.body);
  const std::string id(*document->root().Find("job")->Find("id")->AsString());
  net::HttpRequest ask;
  ask.path_params["id"] = id;
  ask.query = {{"wait_ms", "60000"}};
  const auto job = Call("GET", "/ingest/jobs/{id}", ask);
  EXPECT_THAT(job.body, HasSubstr("\"state\":\"committed\""));
  net::HttpRequest list;
  EXPECT_THAT(Call("GET", "/ingest/jobs", list).body, HasSubstr(id));
  for (const char* no_number : {"x", "-1", "1e9", "", "99999999999999999999"}) {
    list.query = {{"limit", no_number}};
    EXPECT_EQ(Call("GET", "/ingest/jobs", list).status, 400) << no_number;
    ask.query = {{"wait_ms", no_number}};
    EXPECT_EQ(Call("GET", "/ingest/jobs/{id}", ask).status, 400) << no_number;
  }
  ask.query.clear();
  ask.path_params["id"] = "none";
  EXPECT_EQ(Call("GET", "/ingest/jobs/{id}", ask).status, 404);
  EXPECT_EQ(Call("DELETE", "/ingest/jobs/{id}", ask).status, 404);
}

TEST_F(IngestRoutesTest, RowsAreDeletedAndQueriesSavedOverHttp) {
  ASSERT_EQ(Post("w.csv", "id,v\n1,a\n2,b\n", {{"name", "t"}}).status, 201);
  net::HttpRequest remove;
  remove.path_params["name"] = "t";
  remove.body = R"({"key":"id","values":["1"]})";
  EXPECT_EQ(Call("POST", "/datasets/{name}/delete-rows", remove).status, 200);
  EXPECT_EQ(lake_.Rows("SELECT id FROM t"), "[2]");
  net::HttpRequest save;
  save.path_params["name"] = "saved";
  save.body = R"({"sql":"SELECT v FROM t;"})";
  EXPECT_EQ(Call("POST", "/datasets/{name}/save-query", save).status, 201);
  EXPECT_EQ(lake_.Rows("SELECT v FROM saved"), R"(["b"])");
}

}  // namespace
}  // namespace lakehouse::ingest
