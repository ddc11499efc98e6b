"""JSON with objects in its rows over HTTP: kept as they are, read by member, written out in every format, and the same after a restart."""
import csv
import io
import json
import unittest

from lakehouse_process import Lakehouse, temporary_directory
from witness import shared

TEXTS = ("pii", "presidio-research", "generated_small.json")  # rows with lists of objects
TWEETS = ("sqllogic", "data", "json", "internal_2732.json")  # objects five levels deep, many of them null


def data_of(*path):
    found = shared(*path)
    if not found:
        return None
    with open(found, "rb") as file:
        return file.read()


def without_nulls(value):
    """A member that a row has not is null in a struct: both are the same here, and so are objects that say nothing, which are text."""
    if isinstance(value, dict):
        return {name: kept for name, kept in ((name, without_nulls(one)) for name, one in value.items()) if kept not in (None, {}, "{}")}
    return [without_nulls(one) for one in value] if isinstance(value, list) else value


class NestedJson(unittest.TestCase):
    def setUp(self):
        home = temporary_directory()
        self.addCleanup(home.cleanup)
        self.server = Lakehouse(home.name).start()
        self.addCleanup(self.server.kill)

    def answered(self, statement, accept):
        answer = self.server.request("POST", "/v1/sql", json.dumps({"sql": statement}), {"Content-Type": "application/json", "Accept": accept})
        self.assertEqual(answer.status, 200, answer.body[:500])
        return answer.body

    def load(self, name, content, status, file_name="rows.ndjson", **fields):
        answer = self.server.ingest(name, content, file_name, **fields)
        self.assertEqual(answer.status, status, answer.body[:1000])
        return answer.json()

    def test_objects_are_kept_and_read_by_member_after_a_restart_too(self):
        rows = [{"id": 1, "worker": {"name": "Ann", "address": {"city": "Gary", "zip": "01234"}}, "shifts": [{"day": "2026-01-05", "hours": 8.5}]},
                {"id": 2, "worker": {"name": "Bo", "address": None}, "shifts": []}]
        said = self.load("visits", "\n".join(map(json.dumps, rows)) + "\n{broken\n", 201, nested="keep")
        self.assertEqual((said["rows_read"], said["row_count"], said["rows_rejected"]), (3, 2, 1))
        self.assertEqual(self.load("visits", "\n".join(map(json.dumps, rows)) + "\n{broken\n", 200)["state"], "unchanged")
        self.load("visits", json.dumps({"id": 3, "worker": {"address": {"city": "Rome"}}}), 200)
        by_member = [[1, "Gary", 8.5], [2, None, None], [3, "Rome", None]]
        ask = "SELECT id, worker.address.city, shifts[1].hours FROM visits ORDER BY id"
        self.assertEqual(self.server.rows(ask), by_member)
        self.assertEqual(self.server.stop(), 0)
        self.server.start()
        self.assertEqual(self.server.rows(ask), by_member)
        self.assertEqual(self.server.rows("SELECT worker FROM visits WHERE worker.address.city = 'Gary'"), [[rows[0]["worker"]]])
        described = self.server.get("/v1/catalog/datasets/visits").json()["dataset"]
        self.assertEqual(described["attributes"]["nested"], "keep")
        self.assertEqual(described["head"]["summary"]["nested"], "keep")

    def test_every_format_of_an_answer_has_them(self):
        self.load("visits", json.dumps({"id": 1, "worker": {"name": "Ann, \"A\"", "tags": ["x", "y"]}}), 201, nested="keep")
        ask = "SELECT * FROM visits"
        self.assertEqual(json.loads(self.answered(ask, "application/x-ndjson").splitlines()[-1]),
                         {"id": 1, "worker": {"name": "Ann, \"A\"", "tags": ["x", "y"]}})
        header, row = csv.reader(io.StringIO(self.answered(ask, "text/csv").decode()))
        self.assertEqual((header, row[0]), (["id", "worker"], "1"))
        self.assertEqual(json.loads(row[1]), {"name": "Ann, \"A\"", "tags": ["x", "y"]})
        self.assertIn(b"worker", self.answered(ask, "application/vnd.apache.arrow.stream"))
        parquet = self.answered(ask, "application/vnd.apache.parquet")
        self.load("again", parquet, 201, "rows.parquet")
        self.assertEqual(self.server.rows("SELECT worker.name, worker.tags[2] FROM again"), [["Ann, \"A\"", "y"]])
        self.assertEqual(self.server.get("/v1/catalog/datasets/again").json()["dataset"]["attributes"]["nested"], "keep")
        refused = self.server.ingest("flat", parquet, "rows.parquet", nested="flatten")
        self.assertEqual((refused.status, refused.error()["code"]), (400, "nested_parquet"))
        page = self.server.request("GET", "/explore/visits", headers={"Accept": "text/html"}).body.decode()
        self.assertIn("Ann", page)

    def test_another_choice_and_other_members_are_refused_with_words(self):
        self.load("visits", '{"id":1,"worker":{"name":"Ann"}}', 201, nested="keep")
        other = self.server.ingest("visits", '{"id":2,"worker":{"name":"Bo"}}', "rows.ndjson", nested="flatten")
        self.assertEqual((other.status, other.error()["code"]), (409, "nested_conflict"))
        self.assertIn("schema=replace", other.error()["message"])
        drifted = self.server.ingest("visits", '{"id":2,"worker":{"name":"Bo","age":30}}', "rows.ndjson")
        self.assertEqual((drifted.status, drifted.error()["code"]), (409, "schema_conflict"))
        difference, = drifted.error()["details"]
        self.assertEqual((difference["column"], difference["change"], difference["to_type"], difference["part_of"]),
                         ("worker.age", "added", "BIGINT", "worker"))
        self.assertIn("drift policies are about whole columns", difference["remedy"])
        unknown = self.server.ingest("visits", '{"id":2}', "rows.ndjson", nested="deep")
        self.assertEqual((unknown.status, unknown.error()["code"]), (400, "unknown_nested"))

    def test_what_others_wrote_comes_back_as_it_was(self):
        for name, path, read in (("texts", TEXTS, json.loads), ("tweets", TWEETS, lambda text: [json.loads(line) for line in text.splitlines()])):
            content = data_of(*path)
            if content is None:
                self.skipTest("the shared data is not on this machine")
            rows = read(content)
            said = self.load(name, content, 201, "rows.json", nested="keep")
            self.assertEqual((said["row_count"], said["rows_rejected"]), (len(rows), 0), name)
            rows = json.loads(json.dumps(rows).replace('.000Z"', 'Z"'))  # times are times, and shown without a fraction that is none
            lines = self.answered(f"SELECT * FROM {name}", "application/x-ndjson").splitlines()
            self.assertEqual([without_nulls(json.loads(line)) for line in lines], [without_nulls(row) for row in rows], name)
            flat = self.load(f"{name}_flat", content, 201, "rows.json")
            self.assertEqual(flat["row_count"], len(rows))
        found = self.server.rows("SELECT count(*) FROM texts, unnest(spans) AS s(span) WHERE span.entity_type = 'PERSON'")
        people = sum(span["entity_type"] == "PERSON" for row in json.loads(data_of(*TEXTS)) for span in row["spans"])
        self.assertEqual(found, [[people]])


if __name__ == "__main__":
    unittest.main()
