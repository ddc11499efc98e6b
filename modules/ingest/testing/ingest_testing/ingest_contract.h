#pragma once
#include <functional>
#include <memory>

#include "ingest_testing/ingest_under_test.h"

/// What every Ingest promises, wherever it and its neighbours run.
///
///   INSTANTIATE_TEST_SUITE_P(Ingests, IngestContract, testing::Values(IngestMaker{"local", &MakeLocal}), NameOfIngest);
namespace lakehouse::ingest {

struct IngestMaker {
  std::string name;
  /// Over an empty lake.
  std::function<std::unique_ptr<IngestUnderTest>()> make;
};
inline std::string NameOfIngest(const testing::TestParamInfo<IngestMaker>& info) { return info.param.name; }

class IngestContract : public testing::TestWithParam<IngestMaker> {
 protected:
  static std::string WhyOf(const Job& job) {
    return job.error ? job.error->code + ": " + job.error->message : std::string(WireName(job.state));
  }
  std::unique_ptr<IngestUnderTest> host_ = GetParam().make();
  IngestUnderTest& lake_ = *host_;
};

TEST_P(IngestContract, ACsvFileBecomesRowsThatCanBeAsked) {
  const Job job =
      lake_.IngestText("workers", "workers.csv", "id,name,joined,pay,zip\n1,Ann,2020-01-02,12.5,01234\n2,\"O'Neil, Bob\",,13,98765\n");
  ASSERT_EQ(job.state, JobState::kCommitted) << WhyOf(job);
  EXPECT_EQ(lake_.Columns("workers"), "id BIGINT, name VARCHAR, joined DATE, pay DOUBLE, zip VARCHAR");
  EXPECT_EQ(lake_.Rows("SELECT * FROM workers ORDER BY id"), R"([1,"Ann","2020-01-02",12.5,"01234"],[2,"O'Neil, Bob",null,13.0,"98765"])");
  EXPECT_EQ(job.rows_read, 2);
  EXPECT_EQ(job.rows_loaded, 2);
  EXPECT_EQ(job.version, 1);
  EXPECT_FALSE(job.existing);
  EXPECT_FALSE(job.dataset_id.empty());
  EXPECT_EQ(job.object_keys.size(), 1u);
  EXPECT_THAT(lake_.Spooled(), testing::IsEmpty());
}

TEST_P(IngestContract, TheSameBytesTwiceAddNoRows) {
  const std::string text = "a,b\n1,x\n2,y\n";
  ASSERT_EQ(lake_.IngestText("t", "t.csv", text).state, JobState::kCommitted);
  const Job again = lake_.IngestText("t", "other-name.csv", text);
  EXPECT_EQ(again.state, JobState::kUnchanged) << WhyOf(again);
  EXPECT_EQ(again.version, 1);
  EXPECT_EQ(again.rows_loaded, 2);
  EXPECT_TRUE(again.existing);
  ASSERT_EQ(lake_.IngestText("t", "t.csv", "a,b\n3,z\n").state, JobState::kCommitted);
  EXPECT_EQ(lake_.IngestText("t", "t.csv", text).state, JobState::kUnchanged);
  EXPECT_EQ(lake_.Rows("SELECT count(*) FROM t"), "[3]");
  EXPECT_EQ(lake_.Version("t"), 2);
}

TEST_P(IngestContract, APreviewSaysWhatWouldComeAndWritesNothing) {
  IngestRequest request{.name = "t", .file_name = "t.csv", .preview = true};
  request.path = lake_.WriteFile("t.csv", "id,mail,rate\n1,ann@example.org,1.5\n2,bo@example.org\n3,cy@example.org,2\n");
  const Job job = lake_.Ingest(request);
  ASSERT_EQ(job.state, JobState::kPreviewed) << WhyOf(job);
  ASSERT_EQ(job.columns.size(), 3u);
  EXPECT_EQ(job.columns[2].type, "DOUBLE");
  EXPECT_EQ(job.columns[1].tag, "email");
  EXPECT_EQ(job.rows_read, 3);
  EXPECT_EQ(job.rows_rejected, 1);
  EXPECT_FALSE(job.existing);
  EXPECT_EQ(lake_.catalog().LoadStatus(lake_.NewContext(), {})->dataset_count, 0);
  ASSERT_EQ(lake_.IngestText("t", "t.csv", "id,name\n1,x\n").state, JobState::kCommitted);
  const Job drifted = lake_.Ingest(request);
  ASSERT_EQ(drifted.state, JobState::kFailed);
  EXPECT_EQ(drifted.error->code, "schema_conflict");
}

TEST_P(IngestContract, OtherColumnsAreRefusedWithTheDifferences) {
  ASSERT_EQ(lake_.IngestText("t", "t.csv", "a,b\n1,x\n").state, JobState::kCommitted);
  const Job job = lake_.IngestText("t", "t.csv", "a,c\n1,x\n");
  ASSERT_EQ(job.state, JobState::kFailed);
  EXPECT_EQ(job.error->code, "schema_conflict");
  EXPECT_EQ(job.error->http_status, 409);
  EXPECT_THAT(job.error->details, testing::HasSubstr("b → c"));
  EXPECT_EQ(lake_.Version("t"), 1);
  const Job retyped = lake_.IngestText("t", "t.csv", "a,b\nnot a number,x\nneither,y\n");
  ASSERT_EQ(retyped.state, JobState::kFailed);
  EXPECT_EQ(retyped.error->code, "schema_conflict");
}

TEST_P(IngestContract, RowsOfAnotherTypeAreRejectedWhereTheSenderSaysSo) {
  ASSERT_EQ(lake_.IngestText("t", "t.csv", "a,b\n1,x\n").state, JobState::kCommitted);
  IngestRequest request{.name = "t", .file_name = "u.csv", .fill_missing = true, .reject_misfits = true};
  request.path = lake_.WriteFile("u.csv", "b,a\nx,none\ny,2\nz,\nw,12 or so\nv,n/a\n");
  const Job job = lake_.Ingest(request);
  ASSERT_EQ(job.state, JobState::kCommitted) << WhyOf(job);
  EXPECT_EQ(job.rows_rejected, 3);
  EXPECT_EQ(lake_.Rows("SELECT a, b FROM t ORDER BY b"), R"([1,"x"],[2,"y"],[null,"z"])");
  EXPECT_EQ(lake_.Rows("SELECT line, column_name, reason FROM t_rejects ORDER BY line"),
            R"([2,"a","no BIGINT: none"],[5,"a","no BIGINT: 12 or so"],[6,"a","no BIGINT: n/a"])");
}

TEST_P(IngestContract, AnAppendedFileIsReadWithTheTypesOfTheDataset) {
  ASSERT_EQ(lake_.IngestText("t", "t.csv", "id,code,pay\n1,A1,1.5\n").state, JobState::kCommitted);
  const Job job = lake_.IngestText("t", "t.csv", "id,code,pay\n2,17,3\n3,18,\n");
  ASSERT_EQ(job.state, JobState::kCommitted) << WhyOf(job);
  EXPECT_EQ(lake_.Rows("SELECT * FROM t ORDER BY id"), R"([1,"A1",1.5],[2,"17",3.0],[3,"18",null])");
}

TEST_P(IngestContract, BadRowsAreKeptBesideTheDataset) {
  const Job first = lake_.IngestText("t", "t.csv", "id,n\n1,5\n2\n3,6,7\n4,8\n");
  ASSERT_EQ(first.state, JobState::kCommitted) << WhyOf(first);
  EXPECT_EQ(first.rows_read, 4);
  EXPECT_EQ(first.rows_loaded, 2);
  EXPECT_EQ(first.rows_rejected, 2);
  EXPECT_EQ(first.rejects_dataset, "t_rejects");
  const Job second = lake_.IngestText("t", "u.csv", "id,n\n5,9\nsix,9\n7,9\n");
  ASSERT_EQ(second.state, JobState::kCommitted) << WhyOf(second);
  EXPECT_EQ(second.rows_rejected, 1);
  EXPECT_EQ(lake_.Rows("SELECT id, n FROM t ORDER BY id"), "[1,5],[4,8],[5,9],[7,9]");
  EXPECT_EQ(
      lake_.Rows("SELECT file_name, line, column_name, reason, raw FROM t_rejects ORDER BY file_name, line"),
      R"(["t.csv",3,null,"2 cells expected, 1 found","2"],["t.csv",4,null,"2 cells expected, 3 found","3,6,7"],["u.csv",3,"id","no BIGINT: six","six,9"])");
}

TEST_P(IngestContract, ReplacePutsOtherRowsInPlace) {
  ASSERT_EQ(lake_.IngestText("t", "t.csv", "a\n1\n2\n").state, JobState::kCommitted);
  ASSERT_EQ(lake_.IngestText("t", "t.csv", "a\n7\n", Mode::kReplace).state, JobState::kCommitted);
  EXPECT_EQ(lake_.Rows("SELECT a FROM t"), "[7]");
  EXPECT_EQ(lake_.IngestText("t", "t.csv", "a\n7\n", Mode::kReplace).state, JobState::kUnchanged);
  ASSERT_EQ(lake_.IngestText("t", "t.csv", "a\n1\n2\n", Mode::kReplace).state, JobState::kCommitted);
  EXPECT_EQ(lake_.Rows("SELECT a FROM t ORDER BY a"), "[1],[2]");
}

TEST_P(IngestContract, UpsertReplacesRowsOfTheSameKeyAndAddsTheOthers) {
  ASSERT_EQ(lake_.IngestText("t", "t.csv", "id,v\n1,a\n2,b\n3,c\n").state, JobState::kCommitted);
  const Job job = lake_.IngestText("t", "u.csv", "id,v\n2,B\n4,x\n4,D\n", Mode::kUpsert, "ID");
  ASSERT_EQ(job.state, JobState::kCommitted) << WhyOf(job);
  EXPECT_EQ(lake_.Rows("SELECT * FROM t ORDER BY id"), R"([1,"a"],[2,"B"],[3,"c"],[4,"D"])");
  EXPECT_EQ(lake_.Rows("SELECT count(*) FROM t"), "[4]");
  ASSERT_EQ(lake_.IngestText("t", "v.csv", "id,v\n2,BB\n", Mode::kUpsert, "id").state, JobState::kCommitted);
  EXPECT_EQ(lake_.Rows("SELECT v FROM t WHERE id = 2"), R"(["BB"])");
  const auto described = lake_.catalog().Describe(IngestUnderTest::NewContext(), {"t", {}});
  EXPECT_EQ(described->dataset.head.rows, 4);
  const Job null_key = lake_.IngestText("t", "w.csv", "id,v\n,none\n", Mode::kUpsert, "id");
  EXPECT_EQ(null_key.error->code, "null_key");
}

TEST_P(IngestContract, RowsGoByKeyAndStayGone) {
  ASSERT_EQ(lake_.IngestText("t", "t.csv", "id,v\n1,a\n2,b\n3,c\n").state, JobState::kCommitted);
  const auto gone = lake_.ingest().DeleteRows(IngestUnderTest::NewContext(), {"t", "id", {"2", "99"}});
  ASSERT_TRUE(gone.ok()) << gone.error().ToString();
  EXPECT_EQ(gone->job.state, JobState::kCommitted);
  EXPECT_EQ(gone->job.rows_loaded, 1);
  EXPECT_EQ(lake_.Rows("SELECT id FROM t ORDER BY id"), "[1],[3]");
  const auto again = lake_.ingest().DeleteRows(IngestUnderTest::NewContext(), {"t", "id", {"2"}});
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->job.state, JobState::kUnchanged);
  EXPECT_EQ(lake_.IngestText("t", "t.csv", "id,v\n1,a\n2,b\n3,c\n").state, JobState::kUnchanged)
      << "what was deleted does not come back by the same file";
  const auto wrong = lake_.ingest().DeleteRows(IngestUnderTest::NewContext(), {"t", "id", {"two"}});
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.error().code(), ErrorCode::kUnprocessable);
}

TEST_P(IngestContract, JsonRowsAreFlattenedAndListsKept) {
  const Job job =
      lake_.IngestText("people", "people.json",
                       R"([{"id":1,"name":{"first":"Ann","last":"Lee"},"tags":["a","b"],"at":"2024-01-02T03:04:05Z","x":[{"y":1}]},
                                       {"id":9007199254740993,"name":{"first":"Bob"},"tags":[],"extra":true}])");
  ASSERT_EQ(job.state, JobState::kCommitted) << WhyOf(job);
  EXPECT_EQ(lake_.Columns("people"),
            "id BIGINT, name_first VARCHAR, name_last VARCHAR, tags VARCHAR[], at TIMESTAMP WITH TIME ZONE, x VARCHAR, extra BOOLEAN");
  EXPECT_EQ(lake_.Rows("SELECT * FROM people ORDER BY id"),
            R"([1,"Ann","Lee",["a","b"],"2024-01-02T03:04:05Z","[{\"y\":1}]",null],["9007199254740993","Bob",null,[],null,null,true])");
}

TEST_P(IngestContract, JsonObjectsAreKeptWhereTheSenderSaysSoAndFromThenOn) {
  IngestRequest request{.name = "people", .file_name = "people.json"};
  request.nested = Nested::kKeep;
  request.path = lake_.WriteFile("people.json", R"([{"id":1,"name":{"first":"Ann","last":"Lee"},"jobs":[{"at":"2024-01-02","pay":9.5}]},
                                                    {"id":2,"name":{"first":"Bob"},"jobs":[]}])");
  const Job job = lake_.Ingest(request);
  ASSERT_EQ(job.state, JobState::kCommitted) << WhyOf(job);
  EXPECT_EQ(lake_.Columns("people"), R"(id BIGINT, name STRUCT("first" VARCHAR, "last" VARCHAR), jobs STRUCT("at" DATE, "pay" DOUBLE)[])");
  EXPECT_EQ(lake_.Rows("SELECT * FROM people ORDER BY id"),
            R"([1,{"first":"Ann","last":"Lee"},[{"at":"2024-01-02","pay":9.5}]],[2,{"first":"Bob","last":null},[]])");
  const Job more = lake_.IngestText("people", "more.ndjson", "{\"id\":3,\"name\":{\"last\":\"Ray\"}}\n");
  ASSERT_EQ(more.state, JobState::kCommitted) << WhyOf(more);
  EXPECT_EQ(lake_.Rows("SELECT name.last FROM people WHERE id <> 2 ORDER BY id"), R"(["Lee"],["Ray"])");
  request.path = lake_.WriteFile("people.json", R"([{"id":4}])");
  request.nested = Nested::kFlatten;
  const Job other = lake_.Ingest(request);
  ASSERT_EQ(other.state, JobState::kFailed);
  EXPECT_EQ(other.error->code, "nested_conflict");
}

TEST_P(IngestContract, BadLinesOfNdjsonAreRejectedAndTheRestIsLoaded) {
  const Job job = lake_.IngestText("events", "events.ndjson", "{\"a\":1}\n{\"a\":2,}\n\n{\"a\":3}\n");
  ASSERT_EQ(job.state, JobState::kCommitted) << WhyOf(job);
  EXPECT_EQ(lake_.Rows("SELECT a FROM events ORDER BY a"), "[1],[3]");
  EXPECT_EQ(job.rows_rejected, 1);
  EXPECT_EQ(lake_.Rows("SELECT line, raw FROM events_rejects"), R"([2,"{\"a\":2,}"])");
}

TEST_P(IngestContract, ARejectedRowMayHoldALineEndAndIsKeptAsItWas) {
  const Job job = lake_.IngestText("lines", "lines.csv", "a,b\n1,2\n3,\"x\r\ny\",4\n5,6\n");
  ASSERT_EQ(job.state, JobState::kCommitted) << WhyOf(job);
  EXPECT_EQ(lake_.Rows("SELECT * FROM lines ORDER BY a"), "[1,2],[5,6]");
  EXPECT_EQ(lake_.Rows("SELECT line, raw FROM lines_rejects"), R"([3,"3,\"x\r\ny\",4"])");
}

TEST_P(IngestContract, ZerosAfterThePointAreNoDigitsThatANumberCouldLose) {
  const Job job = lake_.IngestText("small", "small.csv", "a,b\n0.030000000000000002,1.0300000000000000021\n12,1.5\n");
  ASSERT_EQ(job.state, JobState::kCommitted) << WhyOf(job);
  EXPECT_EQ(lake_.Columns("small"), "a DOUBLE, b VARCHAR");
}

TEST_P(IngestContract, TheResultOfAQueryBecomesADataset) {
  ASSERT_EQ(lake_.IngestText("t", "t.csv", "city,n\nRome,1\nRome,2\nOslo,3\n").state, JobState::kCommitted);
  const auto started = lake_.ingest().SaveQuery(IngestUnderTest::NewContext(),
                                                {"by_city", Mode::kCreate, "SELECT city, sum(n) AS total FROM t GROUP BY city"});
  ASSERT_TRUE(started.ok()) << started.error().ToString();
  const auto job = lake_.ingest().Wait(IngestUnderTest::NewContext(), {started->job.id, 60'000})->job;
  ASSERT_EQ(job.state, JobState::kCommitted) << WhyOf(job);
  EXPECT_EQ(lake_.Rows("SELECT * FROM by_city ORDER BY city"), R"(["Oslo","3"],["Rome","3"])");
  EXPECT_THAT(lake_.Spooled(), testing::IsEmpty());
  const auto refused =
      lake_.ingest().SaveQuery(IngestUnderTest::NewContext(), {"x", Mode::kCreate, "SELECT * FROM read_csv('/etc/passwd')"});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kPermissionDenied);
}

TEST_P(IngestContract, PersonalDataIsTagged) {
  ASSERT_EQ(lake_.IngestText("p", "p.csv", "id,email,home_phone\n1,ann@example.com,(555) 010-1234\n2,bob@example.org,555-010-9999\n").state,
            JobState::kCommitted);
  EXPECT_EQ(lake_.Columns("p"), "id BIGINT, email VARCHAR [email], home_phone VARCHAR [phone]");
}

}  // namespace lakehouse::ingest
