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
using testing::Not;

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

TEST_F(IngestRoutesTest, AFlagThatIsNeitherZeroNorOneIsRefusedAndNothingIsLoaded) {
  const auto answer = Post("w.csv", "id\n1\n", {{"name", "t"}, {"preview", "yes"}});
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, HasSubstr("preview is \\\"yes\\\"; 0 and 1 are known"));
  EXPECT_EQ(Post("w.csv", "id\n1\n", {{"name", "t"}, {"preview", "0"}}).status, 201);
}

TEST_F(IngestRoutesTest, ColumnsGoWhereTheSenderSaysInEveryFormat) {
  EXPECT_EQ(Post("w.csv", "id,city,rate\n1,Gary,1.5\n", {{"name", "t"}}).status, 201);
  EXPECT_EQ(Post("a.csv", "town,id,notes\nAurora,2,x\n", {{"name", "t"}}).status, 409);
  const auto go = [&](const std::string& name, const std::string& octets, const std::string& columns) {
    return Post(name, octets, {{"name", "t"}, {"columns", columns}, {"missing", "null"}});
  };
  const std::string choice = R"({"town":"city","notes":null})";
  EXPECT_EQ(go("a.csv", "town,id,notes\nAurora,2,x\n", choice).status, 200);
  EXPECT_EQ(go("b.csv", "# odd\n\ntown;id;notes\n\"Jol;iet\";3;\"y\"\"\n\"\n", choice).status, 200) << "a file that needs its plain copy";
  EXPECT_EQ(go("c.ndjson", "{\"town\":\"Elgin\",\"id\":4,\"notes\":\"n\"}\n", choice).status, 200);
  EXPECT_EQ(go("d.csv", "RATE,Id\n2.5,5\n", "").status, 200) << "by name, whatever the order and the case";
  EXPECT_EQ(lake_.Rows("SELECT id, city, rate FROM t ORDER BY id"),
            R"([1,"Gary",1.5],[2,"Aurora",null],[3,"Jol;iet",null],[4,"Elgin",null],[5,null,2.5])");
  EXPECT_THAT(go("a.csv", "town,id,notes\nAurora,2,x\n", choice).body, HasSubstr("\"state\":\"unchanged\"")) << "the same once more";
  EXPECT_EQ(go("a.csv", "town,id,notes\nAurora,2,x\n", R"({"town":null,"notes":"city"})").status, 200) << "the same bytes, sent elsewhere";
  EXPECT_EQ(lake_.Rows("SELECT city FROM t WHERE id = 2 ORDER BY city"), R"(["Aurora"],["x"])");
}

TEST_F(IngestRoutesTest, AValueThatDoesNotSuitTheColumnItIsSentToRejectsItsRow) {
  EXPECT_EQ(Post("w.csv", "id,rate\n1,1.5\n", {{"name", "t"}}).status, 201);
  const auto mixed = Post("m.csv", "wage,id\n2.5,2\nnone,3\n4.5,4\n", {{"name", "t"}, {"columns", R"({"wage":"rate"})"}});
  EXPECT_EQ(mixed.status, 200) << mixed.body;
  EXPECT_THAT(mixed.body, HasSubstr("\"rows_rejected\":1"));
  EXPECT_EQ(lake_.Rows("SELECT id, rate FROM t ORDER BY id"), "[1,1.5],[2,2.5],[4,4.5]");
  const auto words = Post("v.csv", "wage,id\nnone,3\nlow,4\n", {{"name", "t"}, {"columns", R"({"wage":"rate"})"}});
  EXPECT_EQ(words.status, 409) << words.body;
  EXPECT_THAT(words.body, HasSubstr("retyped"));
}

TEST_F(IngestRoutesTest, ChoicesThatMakeNoSenseAreRefused) {
  EXPECT_EQ(Post("w.csv", "a,b\n1,2\n", {{"name", "t"}}).status, 201);
  const auto refused = [&](std::vector<std::pair<std::string, std::string>> fields, int status, const char* words) {
    fields.emplace_back("name", "t");
    const auto answer = Post("x.csv", "a,c\n5,6\n", fields);
    EXPECT_EQ(answer.status, status) << answer.body;
    EXPECT_THAT(answer.body, HasSubstr(words));
  };
  refused({{"columns", "[1]"}}, 400, "bad_columns");
  refused({{"columns", R"({"c":7})"}}, 400, "bad_columns");
  refused({{"columns", R"({"z":"b"})"}}, 422, "unknown_column");
  refused({{"columns", R"({"c":"A"})"}}, 422, "column_twice");
  refused({{"columns", R"({"c":null})"}}, 409, "schema_conflict");
  refused({{"columns", R"({"c":"d"})"}, {"missing", "null"}}, 409, "schema_conflict");
  refused({{"missing", "maybe"}}, 400, "missing is");
  refused({{"schema", "replace"}}, 400, "unexpected_schema");
  EXPECT_EQ(lake_.Rows("SELECT a, b FROM t"), "[1,2]");
}

TEST_F(IngestRoutesTest, ANewSchemaComesWithReplaceAndTheOldVersionKeepsItsOwn) {
  EXPECT_EQ(Post("w.csv", "a,b\n1,2\n", {{"name", "t"}}).status, 201);
  EXPECT_EQ(Post("x.csv", "b,c\n3,4\n", {{"name", "t"}, {"mode", "replace"}}).status, 409) << "not without being told";
  const auto replaced = Post("x.csv", "b,c\n3,4\n", {{"name", "t"}, {"mode", "replace"}, {"schema", "replace"}});
  EXPECT_EQ(replaced.status, 200) << replaced.body;
  EXPECT_EQ(lake_.Rows("SELECT * FROM t"), "[3,4]");
  EXPECT_EQ(lake_.Rows("SELECT * FROM t AT (VERSION => 1)"), "[1,2]");
  const auto now = lake_.catalog().Describe(IngestLake::NewContext(), {"t", {}});
  ASSERT_TRUE(now.ok());
  EXPECT_EQ(now->dataset.head.schema.columns[0].field_id, 2) << "b is the column it was";
  EXPECT_EQ(now->dataset.head.schema.columns[1].field_id, 3) << "no id is given twice";
  EXPECT_EQ(Post("y.csv", "b,c\n5,6\n", {{"name", "t"}}).status, 200);
  catalog::SnapshotChange back;
  back.dataset = "t";
  back.operation = catalog::Operation::kRestore;
  back.restore_version = 1;
  catalog::CommitRequest commit;
  commit.changes.push_back(back);
  ASSERT_TRUE(lake_.catalog().Commit(IngestLake::NewContext(), commit).ok());
  EXPECT_EQ(lake_.Rows("SELECT a, b FROM t"), "[1,2]");
}

TEST_F(IngestRoutesTest, APreviewShowsRowsAndWhatWouldBeLeftOut) {
  const auto shown = Post("w.csv", "id,when\n1,2026-01-02\n2,,\n3\n,\n", {{"name", "t"}, {"preview", "1"}});
  EXPECT_EQ(shown.status, 200) << shown.body;
  EXPECT_THAT(shown.body, HasSubstr(R"("sample":[["1","2026-01-02"],["2",null],[null,null]])"));
  EXPECT_THAT(shown.body, HasSubstr(R"("rejects":[{"line":4,"column":"","reason":"2 cells expected, 1 found","text":"3"}])"));
  net::HttpRequest list;
  EXPECT_THAT(Call("GET", "/ingest/jobs", list).body, Not(HasSubstr("2026-01-02"))) << "the list of jobs holds no rows";
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
