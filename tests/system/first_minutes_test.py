"""What a newcomer does in the first five minutes, over HTTP and on the command line, against the real binary."""
import gzip
import json
import unittest

from lakehouse_process import Lakehouse, run_command, temporary_directory
from topology import start

PEOPLE = "id,name,city,zip,rate\n1,Ana,Chicago,00601,21.5\n2,Bo,Gary,46402,19\n3,Cy,Chicago,60601,30.25\n"


class FirstMinutes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = temporary_directory()
        cls.server = start(cls.directory.name)

    @classmethod
    def tearDownClass(cls):
        cls.server.kill()
        cls.directory.cleanup()

    def test_a_csv_becomes_a_dataset_one_can_ask(self):
        answer = self.server.ingest("people", PEOPLE)
        self.assertEqual(answer.status, 201, answer.body)
        self.assertEqual(self.server.rows("SELECT city, count(*) AS n, sum(rate) FROM people GROUP BY city ORDER BY n DESC"), [["Chicago", 2, 51.75], ["Gary", 1, 19.0]])
        self.assertEqual(self.server.rows("SELECT zip FROM people WHERE id = 1"), [["00601"]], "leading zeros stay text")

    def test_the_same_bytes_twice_add_no_rows(self):
        self.assertEqual(self.server.ingest("twice", PEOPLE).status, 201)
        self.assertEqual(self.server.ingest("twice", PEOPLE).status, 200)
        self.assertEqual(self.server.rows("SELECT count(*) FROM twice"), [[3]])

    def test_another_schema_is_refused_with_the_columns_that_differ(self):
        self.server.ingest("drift", PEOPLE)
        answer = self.server.ingest("drift", "id,name,town\n9,Di,Gary\n")
        self.assertEqual(answer.status, 409, answer.body)
        self.assertEqual(answer.error()["code"], "schema_conflict")
        self.assertIn("town", json.dumps(answer.error()["details"]))
        self.assertEqual(self.server.rows("SELECT count(*) FROM drift"), [[3]])

    def test_upsert_replaces_by_key_and_time_travel_shows_the_old_row(self):
        self.server.ingest("moved", PEOPLE)
        answer = self.server.ingest("moved", "id,name,city,zip,rate\n2,Bo,Chicago,60602,20\n4,Di,Gary,46401,18\n", mode="upsert", key="id")
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(self.server.rows("SELECT city FROM moved WHERE id = 2"), [["Chicago"]])
        self.assertEqual(self.server.rows("SELECT count(*) FROM moved"), [[4]])
        self.assertEqual(self.server.rows("SELECT m.city FROM moved m AT (VERSION => 1) WHERE m.id = 2"), [["Gary"]])

    def test_compressed_json_lines_load_too(self):
        lines = "".join(json.dumps({"id": i, "tags": ["a", "b"], "note": f"n{i}"}) + "\n" for i in range(50))
        answer = self.server.ingest("notes_small", gzip.compress(lines.encode()), "notes.ndjson.gz")
        self.assertEqual(answer.status, 201, answer.body)
        self.assertEqual(self.server.rows("SELECT count(*), max(id) FROM notes_small"), [[50, 49]])

    def test_every_format_of_a_result(self):
        self.server.ingest("formats", PEOPLE)
        for accept, begins in (("text/csv", b"id,name"), ("application/x-ndjson", b'{"id":1'), ("application/vnd.apache.parquet", b"PAR1"),
                               ("application/vnd.apache.arrow.stream", b"\xff\xff\xff\xff")):
            answer = self.server.request("POST", "/v1/sql", json.dumps({"sql": "SELECT * FROM formats ORDER BY id"}), {"Content-Type": "application/json", "Accept": accept})
            self.assertEqual(answer.status, 200, answer.body)
            self.assertTrue(answer.body.startswith(begins), (accept, answer.body[:60]))
            self.assertTrue(answer.headers["x-lakehouse-snapshot"].isdigit())

    def test_an_error_says_where_and_what_to_do(self):
        answer = self.server.sql("SELEC 1")
        self.assertEqual(answer.status, 400)
        self.assertIn("request_id", answer.error())
        self.assertIn("position", answer.error()["details"])
        missing = self.server.sql("SELECT * FROM peple")
        self.assertEqual(missing.status, 404)
        errors = self.server.get("/v1/errors").json()
        self.assertIn(answer.error()["request_id"], json.dumps(errors))

    def test_writes_and_files_are_out_of_reach(self):
        for statement in ("DROP TABLE people", "CREATE TABLE x AS SELECT 1", "SELECT * FROM read_csv('/etc/passwd')", "COPY (SELECT 1) TO '/tmp/x'",
                          "SELECT * FROM '/etc/passwd'", "SET memory_limit='1TB'", "SELECT getenv('HOME')", "ATTACH ':memory:' AS x", "SELECT 1; SELECT 2"):
            answer = self.server.sql(statement)
            self.assertIn(answer.status, (400, 403, 404), (statement, answer.body))

    def test_the_commands_do_what_the_pages_do(self):
        url = f"http://{self.server.host}:{self.server.port}"
        path = f"{self.directory.name}/cli.csv"
        with open(path, "w", encoding="utf-8") as file:
            file.write(PEOPLE)
        run_command("ingest", path, "--name", "cli_people", "--server", url)
        self.assertIn("cli_people", run_command("datasets", "--server", url).stdout)
        self.assertEqual(run_command("sql", "SELECT count(*) AS n FROM cli_people", "--format", "csv", "--server", url).stdout, "n\n3\n")
        refused = run_command("sql", "SELECT nothing FROM cli_people", "--server", url, check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("nothing", refused.stderr)

    def test_the_home_page_and_the_api_document_are_there(self):
        page = self.server.get("/")
        self.assertEqual(page.status, 200)
        self.assertIn("default-src 'self'", page.headers["content-security-policy"])
        document = self.server.get("/v1/openapi.json").json()
        self.assertIn("/v1/sql", document["paths"])
        self.assertEqual(self.server.get("/readyz").status, 200)


class Restart(unittest.TestCase):
    def test_what_was_acknowledged_is_there_after_a_kill_and_a_stop(self):
        with temporary_directory() as directory:
            with Lakehouse(directory) as server:
                self.assertEqual(server.ingest("kept", PEOPLE).status, 201)
                server.kill()
            with Lakehouse(directory) as server:
                self.assertEqual(server.rows("SELECT count(*) FROM kept"), [[3]])
                self.assertEqual(server.stop(), 0)
            with Lakehouse(directory) as server:
                self.assertEqual(server.rows("SELECT count(*) FROM kept"), [[3]])
            self.assertIn("clean", run_command("fsck", "--data", f"{directory}/data").stdout)


if __name__ == "__main__":
    unittest.main()
