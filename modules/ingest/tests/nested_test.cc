#include <gmock/gmock.h>

#include "../src/json_columns.h"
#include "../src/nested_choice.h"
#include "ingest_lake.h"

namespace lakehouse::ingest {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// "name TYPE, …" of these rows with objects kept, or the reason why they are refused.
std::string KeptTypes(const std::vector<std::string>& rows, std::string* lines = nullptr, std::vector<std::string>* notes = nullptr) {
  JsonColumns columns(true);
  std::string out;
  for (const std::string& row : rows) {
    const auto document = JsonDocument::Parse(row);
    if (!document) return "no JSON: " + row;
    if (const auto added = columns.AddRow(document->root(), out); !added) return std::string(added.error().reason());
  }
  if (lines != nullptr) *lines = out;
  if (notes != nullptr) *notes = columns.Notes();
  std::string text;
  for (const PreparedColumn& column : columns.Columns()) text += (text.empty() ? "" : ", ") + column.name + " " + column.type;
  return text;
}

std::string Repeated(int count, const std::string& text) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

TEST(KeptJsonTest, ObjectsAreStructsWhoseTypesComeOfAllRows) {
  EXPECT_EQ(KeptTypes({R"({"w":{"a":1,"c":{"d":"2024-01-02"}}})", R"({"w":{"a":2.5,"b":true}})", R"({"w":null})", R"({})"}),
            R"(w STRUCT("a" DOUBLE, "c" STRUCT("d" DATE), "b" BOOLEAN))");
  EXPECT_EQ(KeptTypes({R"({"l":[{"a":1},{"b":"x"},null],"n":[[1,2],[]],"t":["x"]})"}),
            R"(l STRUCT("a" BIGINT, "b" VARCHAR)[], n BIGINT[][], t VARCHAR[])");
  EXPECT_EQ(KeptTypes({R"([1])", R"({"a":{"b":null}})"}), R"(value BIGINT[], a STRUCT("b" VARCHAR))");
}

TEST(KeptJsonTest, WhatIsNoRecordIsText) {
  EXPECT_EQ(KeptTypes({R"({"a":{"b":1}})", R"({"a":5})"}), "a VARCHAR") << "an object and a number";
  EXPECT_EQ(KeptTypes({R"({"a":[{"b":1},2]})"}), "a VARCHAR");
  EXPECT_EQ(KeptTypes({R"({"a":{"b":1,"c":{"x":1}}})", R"({"a":{"c":[1]}})"}), R"(a STRUCT("b" BIGINT, "c" VARCHAR))");
  EXPECT_EQ(KeptTypes({R"({"a":{},"b":[],"c":[{}]})"}), "a VARCHAR, b VARCHAR[], c VARCHAR") << "nothing is known of them";
  EXPECT_EQ(KeptTypes({R"({"a":{}})", R"({"a":{"x":1}})"}), R"(a STRUCT("x" BIGINT))");
  EXPECT_EQ(KeptTypes({R"({"a":{"n":9007199254740993}})", R"({"a":{"n":0.5}})"}), R"(a STRUCT("n" VARCHAR))");
}

TEST(KeptJsonTest, NamesThatNoStructCanHaveMakeTextAndAreSaid) {
  std::vector<std::string> notes;
  EXPECT_EQ(KeptTypes({R"({"a":{"City":1}})", R"({"a":{"city":2}})"}, nullptr, &notes), "a VARCHAR");
  EXPECT_THAT(notes, Contains(HasSubstr("a is kept as JSON text: it has members whose names differ in case only")));
  EXPECT_EQ(KeptTypes({R"({"a":{"b":{"":1},"c":2}})"}, nullptr, &notes), R"(a STRUCT("b" VARCHAR, "c" BIGINT))");
  EXPECT_THAT(notes, Contains(HasSubstr("a.b is kept as JSON text")));
  EXPECT_EQ(KeptTypes({R"({"a":{"x\u0000":1}})"}), "a VARCHAR");
  EXPECT_EQ(KeptTypes({R"({"a":{"b.c":1,"q\"q":2,"'":3," ":4}})"}), R"(a STRUCT("b.c" BIGINT, "q""q" BIGINT, "'" BIGINT, " " BIGINT))");
}

TEST(KeptJsonTest, SizeAndDepthAreBounded) {
  const auto wide = [](int from, int to) {
    std::string object = "{";
    for (int i = from; i < to; ++i) object += (i > from ? ",\"m" : "\"m") + std::to_string(i) + "\":1";
    return object + "}";
  };
  EXPECT_THAT(KeptTypes({R"({"a":)" + wide(0, 500) + "}"}), HasSubstr("\"m499\" BIGINT)"));
  EXPECT_EQ(KeptTypes({R"({"a":)" + wide(0, 500) + "}", R"({"a":)" + wide(500, 501) + "}"}), "a VARCHAR") << "a map, counted over all rows";
  EXPECT_EQ(KeptTypes({R"({"a":{"x":)" + wide(0, 400) + R"(,"y":)" + wide(0, 400) + R"(,"z":)" + wide(0, 400) + "}}"}), "a VARCHAR")
      << "more parts than a column has field ids";
  std::string row = "{";
  for (int i = 0; i < 20; ++i) row += (i > 0 ? ",\"c" : "\"c") + std::to_string(i) + "\":" + wide(0, 300);
  EXPECT_EQ(KeptTypes({row + "}"}), "too_many_columns");
  std::vector<std::string> notes;
  EXPECT_EQ(KeptTypes({R"({"a":)" + Repeated(16, "{\"b\":") + "1" + Repeated(16, "}") + "}"}),
            "a " + Repeated(16, "STRUCT(\"b\" ") + "BIGINT" + Repeated(16, ")"));
  EXPECT_EQ(KeptTypes({R"({"a":)" + Repeated(17, "{\"b\":") + "1" + Repeated(17, "}") + "}"}, nullptr, &notes),
            "a " + Repeated(16, "STRUCT(\"b\" ") + "VARCHAR" + Repeated(16, ")"));
  EXPECT_THAT(notes, Contains(HasSubstr("lies deeper than 16 levels")));
  EXPECT_EQ(KeptTypes({R"({"a":)" + Repeated(60, "[") + Repeated(60, "]") + "}"}), "a VARCHAR");
}

TEST(KeptJsonTest, RowsAreWrittenWithEveryDigitAndTheLastOfTwoMembers) {
  std::string lines;
  KeptTypes({R"({"a":{"n":9007199254740993,"m":1,"m":2,"t":"é\n","l":[{"x":1,"x":null}]}})"}, &lines);
  EXPECT_EQ(lines, "{\"a\":{\"n\":9007199254740993,\"m\":2,\"t\":\"é\\n\",\"l\":[{\"x\":null}]}}\n");
}

TEST(KeptJsonTest, PersonalDataIsFoundInMembers) {
  JsonColumns columns(true);
  std::string out;
  for (int i = 0; i < 6; ++i) {
    const auto row = JsonDocument::Parse(R"({"worker":{"id":1,"email":"w)" + std::to_string(i) + R"(@example.org"}})");
    ASSERT_TRUE(columns.AddRow(row->root(), out).ok());
  }
  const auto found = columns.Columns();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].tag, "email");
  ASSERT_EQ(found[0].members.size(), 1u);
  EXPECT_EQ(found[0].members[0].path, "email");
  EXPECT_EQ(found[0].members[0].hits, 6);
}

TEST(SpreadNestedTest, DifferencesAreShownByPath) {
  const auto spread = SpreadNested({{"id", "BIGINT", 1, {}}, {"w", R"(STRUCT("a" BIGINT, "x" STRUCT("y" DATE)[]))", 2, {}}},
                                   {{"id", "BIGINT", 0, {}}, {"w", R"(STRUCT("a" VARCHAR, "x" STRUCT("y" DATE, "z" BIGINT)[]))", 0, {}}});
  std::string text;
  for (const auto& column : spread.head) text += column.name + " " + column.type + "; ";
  text += "| ";
  for (const auto& column : spread.found) text += column.name + " " + column.type + "; ";
  EXPECT_EQ(text, "id BIGINT; w.a BIGINT; | w.a VARCHAR; w.x.z BIGINT; id BIGINT; ");
  EXPECT_EQ(spread.members.at("w.x.z"), "w");
}

class NestedTest : public testing::Test {
 protected:
  static std::string WhyOf(const Job& job) {
    return job.error ? job.error->code + ": " + job.error->message : std::string(WireName(job.state));
  }
  Job Load(const std::string& octets, std::optional<Nested> nested, Mode mode = Mode::kAuto, bool new_schema = false,
           const std::string& file_name = "t.ndjson") {
    IngestRequest request;
    request.name = "t";
    request.mode = mode;
    request.key = mode == Mode::kUpsert ? "id" : "";
    request.path = lake_.WriteFile(file_name, octets);
    request.file_name = file_name;
    request.nested = nested;
    request.new_schema = new_schema;
    return lake_.Ingest(request);
  }
  std::string Attribute(const std::string& key) {
    const auto described = lake_.catalog().Describe(IngestUnderTest::NewContext(), {"t", {}});
    const auto& attributes = described->dataset.attributes;
    return attributes.contains(key) ? attributes.at(key) : "";
  }
  Status Restore(std::int64_t version) {
    catalog::CommitRequest request;
    auto& change = request.changes.emplace_back();
    change.dataset = "t";
    change.operation = catalog::Operation::kRestore;
    change.restore_version = version;
    LH_TRY(lake_.catalog().Commit(IngestUnderTest::NewContext(), request));
    return Ok{};
  }
  IngestLake lake_;
};

constexpr const char* kWorkers =
    R"({"id":1,"worker":{"name":"Ann","address":{"city":"Gary","zip":"01234"}},"shifts":[{"day":"2024-01-02","hours":8.5}]})"
    "\n"
    R"({"id":2,"worker":{"name":"Bo","address":null},"shifts":[]})"
    "\n"
    R"({"id":3,"worker":null})"
    "\n";

TEST_F(NestedTest, TheChoiceIsRememberedAndAnotherIsRefused) {
  ASSERT_EQ(Load(kWorkers, Nested::kKeep).state, JobState::kCommitted);
  EXPECT_EQ(Attribute("nested"), "keep");
  EXPECT_EQ(Load(kWorkers, {}).state, JobState::kUnchanged);
  EXPECT_EQ(Load(kWorkers, Nested::kKeep).state, JobState::kUnchanged);
  const Job more = Load(R"({"id":4,"worker":{"address":{"city":"Oslo"}},"shifts":null})", {});
  ASSERT_EQ(more.state, JobState::kCommitted) << WhyOf(more);
  EXPECT_EQ(lake_.Rows("SELECT id, worker.address.city, worker.name FROM t ORDER BY id"),
            R"([1,"Gary","Ann"],[2,null,"Bo"],[3,null,null],[4,"Oslo",null])");
  const Job other = Load(R"({"id":5})", Nested::kFlatten);
  ASSERT_EQ(other.state, JobState::kFailed);
  EXPECT_EQ(other.error->code, "nested_conflict");
  EXPECT_EQ(other.error->http_status, 409);
  EXPECT_THAT(other.error->message, HasSubstr("made with nested=keep"));
  const auto history = lake_.catalog().History(IngestUnderTest::NewContext(), {"t", {}, 1});
  EXPECT_EQ(history->snapshots[0].summary.at("nested"), "keep");
}

TEST_F(NestedTest, FlattenedDatasetsStayWhatTheyAre) {
  ASSERT_EQ(Load(kWorkers, {}).state, JobState::kCommitted);
  EXPECT_EQ(Attribute("nested"), "");
  EXPECT_THAT(lake_.Columns("t"), HasSubstr("worker_address_city VARCHAR"));
  const Job other = Load(R"({"id":5})", Nested::kKeep);
  ASSERT_EQ(other.state, JobState::kFailed);
  EXPECT_EQ(other.error->code, "nested_conflict");
  const Job replaced = Load(kWorkers, Nested::kKeep, Mode::kReplace, true);
  ASSERT_EQ(replaced.state, JobState::kCommitted) << WhyOf(replaced) << ": the same octets are another table now";
  EXPECT_EQ(Attribute("nested"), "keep");
  EXPECT_EQ(lake_.Rows("SELECT worker.address.city FROM t WHERE id = 1"), R"(["Gary"])");
  EXPECT_EQ(Load(kWorkers, Nested::kKeep, Mode::kReplace, true).state, JobState::kUnchanged);
  const Job back = Load(kWorkers, Nested::kFlatten, Mode::kReplace, true);
  ASSERT_EQ(back.state, JobState::kCommitted) << WhyOf(back);
  EXPECT_EQ(Attribute("nested"), "flatten");
  ASSERT_TRUE(Restore(2).ok());
  const Job after_restore = Load(R"({"id":9,"worker":{"name":"Cy"}})", Nested::kKeep);
  EXPECT_EQ(after_restore.state, JobState::kCommitted) << WhyOf(after_restore) << ": the columns are what counts";
}

TEST_F(NestedTest, DriftIsShownByMember) {
  ASSERT_EQ(Load(kWorkers, Nested::kKeep).state, JobState::kCommitted);
  const Job added = Load(R"({"id":4,"worker":{"address":{"city":"Oslo","country":"NO"}}})", {});
  ASSERT_EQ(added.state, JobState::kFailed);
  EXPECT_EQ(added.error->code, "schema_conflict");
  EXPECT_THAT(added.error->details, HasSubstr(R"("column":"worker.address.country","change":"added")"));
  EXPECT_THAT(added.error->details, HasSubstr(R"("part_of":"worker")"));
  EXPECT_THAT(added.error->details, Not(HasSubstr("worker.address.city")));
  const Job retyped = Load(R"({"id":4,"shifts":[{"hours":"many"}]})", {});
  EXPECT_THAT(retyped.error->details, HasSubstr(R"("column":"shifts.hours","change":"retyped")"));
  for (const char* policy : {"add", "widen", "any"}) {
    ASSERT_TRUE(lake_.ingest().PutRules(IngestUnderTest::NewContext(), {"t", policy, {}}).ok());
    const Job still = Load(R"({"id":4,"worker":{"address":{"country":"NO"}}})", {});
    ASSERT_EQ(still.state, JobState::kFailed) << policy;
    EXPECT_EQ(still.error->code, "schema_conflict");
    EXPECT_THAT(still.error->details, HasSubstr("drift policies are about whole columns"));
  }
  const Job whole = Load(R"({"id":5,"worker":{"name":"Cy"},"boss":{"name":"Di"}})", {});
  ASSERT_EQ(whole.state, JobState::kCommitted) << WhyOf(whole) << ": a new nested column is a column";
  EXPECT_EQ(lake_.Rows("SELECT id, worker.name, boss.name, len(shifts) FROM t ORDER BY id"),
            R"([1,"Ann",null,1],[2,"Bo",null,0],[3,null,null,null],[5,"Cy","Di",null])");
}

TEST_F(NestedTest, RowsAreReplacedDeletedAndJoinedLikeOthers) {
  ASSERT_EQ(Load(kWorkers, Nested::kKeep).state, JobState::kCommitted);
  const Job upsert = Load(R"({"id":2,"worker":{"name":"Bob","address":{"city":"Rome","zip":null}}})", {}, Mode::kUpsert);
  ASSERT_EQ(upsert.state, JobState::kCommitted) << WhyOf(upsert);
  ASSERT_TRUE(lake_.ingest().DeleteRows(IngestUnderTest::NewContext(), {"t", "id", {"3"}}).ok());
  const std::string rows = R"([1,{"name":"Ann","address":{"city":"Gary","zip":"01234"}},[{"day":"2024-01-02","hours":8.5}]],)"
                           R"([2,{"name":"Bob","address":{"city":"Rome","zip":null}},null])";
  EXPECT_EQ(lake_.Rows("SELECT * FROM t ORDER BY id"), rows);
  const auto compaction = lake_.ingest().Compact(IngestUnderTest::NewContext(), {"t"});
  ASSERT_TRUE(compaction.ok()) << compaction.error().ToString();
  const auto compacted = lake_.ingest().Wait(IngestUnderTest::NewContext(), {compaction->job.id, 60'000});
  EXPECT_EQ(compacted->job.state, JobState::kCommitted) << WhyOf(compacted->job);
  EXPECT_EQ(lake_.Rows("SELECT * FROM t ORDER BY id"), rows);
  EXPECT_EQ(lake_.Rows("SELECT worker.address.city FROM t WHERE worker.name = 'Bob'"), R"(["Rome"])");
}

TEST_F(NestedTest, BadLinesAreRejectedAndEveryRowIsCounted) {
  const Job job = Load(std::string(kWorkers) + "{\"id\":4,\"worker\":{}\n{\"id\":5,\"worker\":{\"name\":\"Di\"}}\n", Nested::kKeep);
  ASSERT_EQ(job.state, JobState::kCommitted) << WhyOf(job);
  EXPECT_EQ(job.rows_read, 5);
  EXPECT_EQ(job.rows_loaded + job.rows_rejected, job.rows_read);
  EXPECT_EQ(job.rows_rejected, 1);
}

TEST_F(NestedTest, OddNamesAndEmptyValuesComeBackAsTheyWere) {
  const Job job = Load(
      "{\"a\":{\"b.c\":1,\"q\\\"q\":\"x\",\"select\":true},\"m\":{},\"big\":{\"n\":9007199254740993}}\n{\"a\":{},\"m\":{}}\n{\"m\":{\"k\":["
      "]}}\n",
      Nested::kKeep);
  ASSERT_EQ(job.state, JobState::kCommitted) << WhyOf(job);
  EXPECT_EQ(lake_.Rows(R"(SELECT a."b.c", a."q""q", a."select", big.n FROM t WHERE a IS NOT NULL ORDER BY 1)"),
            R"([1,"x",true,"9007199254740993"],[null,null,null,null])");
  EXPECT_EQ(lake_.Rows("SELECT count(*) FILTER (a IS NULL), count(m) FROM t"), "[1,3]");
}

TEST_F(NestedTest, ManyMembersAndDeepObjectsAreWrittenAndRead) {
  std::string row = "{\"id\":1,\"wide\":{";
  for (int i = 0; i < 200; ++i) row += (i > 0 ? ",\"m" : "\"m") + std::to_string(i) + "\":" + std::to_string(i);
  row += "},\"deep\":" + Repeated(16, "{\"d\":") + "7" + Repeated(16, "}") + "}\n";
  const Job job = Load(row, Nested::kKeep);
  ASSERT_EQ(job.state, JobState::kCommitted) << WhyOf(job);
  EXPECT_EQ(lake_.Rows("SELECT wide.m199, deep.d.d.d.d.d.d.d.d.d.d.d.d.d.d.d.d FROM t"), "[199,7]");
  EXPECT_THAT(job.notes, IsEmpty());
}

TEST_F(NestedTest, PersonalDataOfMembersIsInTheDatasetsAttribute) {
  std::string rows;
  for (int i = 0; i < 6; ++i) rows += R"({"worker":{"email":"w)" + std::to_string(i) + "@example.org\"}}\n";
  ASSERT_EQ(Load(rows, Nested::kKeep).state, JobState::kCommitted);
  EXPECT_EQ(lake_.Columns("t"), R"(worker STRUCT("email" VARCHAR) [email])");
  EXPECT_EQ(Attribute("personal_data"),
            R"([{"column":"worker","kind":"email","hits":6,"seen":6,"suggested_redaction":"null","member":"email"}])");
  EXPECT_EQ(Attribute("sensitivity"), "personal");
}

TEST_F(NestedTest, StructsOfParquetAreKeptAndLaterJsonIsToo) {
  ASSERT_EQ(lake_.IngestText("plain", "plain.csv", "id,city\n1,Gary\n").state, JobState::kCommitted);
  const auto saved = lake_.ingest().SaveQuery(IngestUnderTest::NewContext(),
                                              {"t", Mode::kCreate, "SELECT id, {'city': city, 'n': 1::BIGINT} AS place FROM plain"});
  ASSERT_TRUE(saved.ok()) << saved.error().ToString();
  const auto job = lake_.ingest().Wait(IngestUnderTest::NewContext(), {saved->job.id, 60'000})->job;
  ASSERT_EQ(job.state, JobState::kCommitted) << WhyOf(job);
  EXPECT_EQ(lake_.Columns("t"), R"(id BIGINT, place STRUCT("city" VARCHAR, "n" BIGINT))");
  EXPECT_EQ(Attribute("nested"), "keep");
  const Job more = Load(R"({"id":2,"place":{"n":2,"city":"Rome"}})", {});
  ASSERT_EQ(more.state, JobState::kCommitted) << WhyOf(more);
  EXPECT_EQ(lake_.Rows("SELECT place.city FROM t ORDER BY id"), R"(["Gary"],["Rome"])");
}

}  // namespace
}  // namespace lakehouse::ingest
