"""What a table of any database is, through the command line and over HTTP; its password is nowhere afterwards. The tests of a database mix these in."""
import json
import os
import threading

from lakehouse_process import Lakehouse, run_command, temporary_directory

PASSWORD = "canary-Xq71-zebra"
ROWS = int(os.environ.get("LAKEHOUSE_DATABASE_ROWS", "60000"))
ARGUMENTS = ("up", "--set", "ingest.databases=127.0.0.1")
ENVIRONMENT = {"LAKEHOUSE_SECRET_SOURCE_HR": PASSWORD}


class Tables:
    """Database is the class of a server: start, stop, restart, sql, row, url, series, cut_readers, SCHEMA, DRAWN_KEY."""
    Database = None

    @classmethod
    def setUpClass(cls):
        cls.database = cls.Database().start()
        cls.addClassCleanup(cls.database.stop)
        cls.directory = temporary_directory()
        cls.addClassCleanup(cls.directory.cleanup)
        cls.server = Lakehouse(cls.directory.name, ARGUMENTS, ENVIRONMENT).start()
        cls.addClassCleanup(cls.server.kill)
        cls.database.sql("CREATE TABLE workers (worker_id int PRIMARY KEY, city text, pay numeric(8,2));"
                          f"INSERT INTO workers SELECT n, concat('c', n % 7), n / 100.0 FROM {cls.database.series(1, 5000)}")

    def ingest(self, **body):
        return self.server.request("POST", "/v1/ingest/db", json.dumps({"url": self.database.url(), "password_secret": "source.hr", **body}),
                                   {"Content-Type": "application/json"})

    def url(self, user, host):
        return f"{self.database.KIND}://{user}@{host}/hr"

    def rows(self, sql):
        return self.server.sql(sql).json()["rows"]

    def test_a_table_is_read_by_the_command_line_and_over_http(self):
        done = run_command("ingest", self.database.url(), "--table", f"{self.database.SCHEMA}.workers", "--password-secret", "source.hr", "--name", "people",
                           "--server", f"http://{self.server.host}:{self.server.port}")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"{self.database.SCHEMA}.workers → people: committed, 5000 rows, version 1", done.stdout)
        self.assertEqual(self.rows("SELECT count(*), sum(pay)::VARCHAR FROM people"), [[5000, "125025.00"]])
        again = self.ingest(table=f"{self.database.SCHEMA}.workers", name="people")
        self.assertEqual((again.status, again.json()["state"]), (200, "unchanged"), again.body)
        first = self.ingest(table="workers", incremental="worker_id")
        self.assertEqual((first.status, first.json()["row_count"]), (201, 5000), first.body)

    def test_what_is_wrong_is_refused_without_a_word_of_the_password(self):
        for status, code, body in ((400, "password_in_url", {"url": self.url(f"reader:{PASSWORD}", "127.0.0.1"), "table": "t"}),
                                   (400, "bad_secret", {"table": "t", "password_secret": "auth.token"}),
                                   (403, "host_not_allowed", {"url": self.url("reader", "169.254.169.254"), "table": "t"}),
                                   (404, "table_not_found", {"table": "none_such"}), (400, "secret_not_found", {"table": "t", "password_secret": "source.x"})):
            with self.subTest(code):
                answer = self.ingest(**body)
                self.assertEqual((answer.status, answer.error()["code"]), (status, code), answer.body)
                self.assertNotIn(PASSWORD.encode(), answer.body)

    def test_the_password_is_nowhere(self):
        self.assertLess(self.ingest(table="workers", name="secretly").status, 300)
        self.ingest(url=self.url(f"reader:{PASSWORD}", "127.0.0.1"), table="t")
        seen = b""
        for top in (self.server.data, self.server.state):
            for place, _, names in os.walk(top):
                for name in names:
                    with open(os.path.join(place, name), "rb") as file:
                        seen += file.read()
        with open(self.server.log_path, "rb") as file:
            seen += file.read()
        for page in ("/debug/config", "/debug/log", "/debug/requests", "/debug/tasks", "/metrics", "/v1/ingest/jobs", "/v1/errors",
                     "/v1/catalog/datasets/secretly/history", "/debug/version"):
            seen += self.server.get(page).body
        self.assertIn(f"{self.database.KIND}://reader@127.0.0.1".encode(), seen, "lineage says where the rows came from")
        self.assertNotIn(PASSWORD.encode(), seen)


class Snapshots:
    """Money moves between accounts all the time; the sum of one snapshot never changes."""
    Database = None

    def setUp(self):
        self.database = self.Database().start()
        self.addCleanup(self.database.stop)
        directory = temporary_directory()
        self.addCleanup(directory.cleanup)
        self.server = Lakehouse(directory.name, ARGUMENTS, ENVIRONMENT).start()
        self.addCleanup(self.server.kill)
        rows = self.database.series(1, ROWS)
        self.database.sql("CREATE TABLE account (id bigint PRIMARY KEY, balance bigint NOT NULL, note text);"
                          f"INSERT INTO account SELECT n, 100, repeat('x', 60) FROM {rows};"
                          f"CREATE TABLE event (id {self.database.DRAWN_KEY}, note text);"
                          f"INSERT INTO event (note) SELECT repeat('y', 60) FROM {rows}")
        self.ended, self.turns = threading.Event(), 0
        self.writer = threading.Thread(target=self.write)
        self.writer.start()
        self.addCleanup(self.writer.join)
        self.addCleanup(self.ended.set)

    def write(self):
        while not self.ended.is_set():
            try:
                self.database.sql(f"BEGIN; UPDATE account SET balance = balance - 7 WHERE id % 1000 = {self.turns % 1000};"
                                  f"UPDATE account SET balance = balance + 7 WHERE id % 1000 = {(self.turns + 1) % 1000}; COMMIT;"
                                  f"INSERT INTO event (note) SELECT 'new' FROM {self.database.series(1, 50)}")
                self.turns += 1
            except AssertionError:
                self.ended.wait(0.1)  # the server is being started again

    def start(self, **body):
        answer = self.server.request("POST", "/v1/ingest/db?async=1", json.dumps({"url": self.database.url(), "password_secret": "source.hr", **body}),
                                     {"Content-Type": "application/json"})
        self.assertEqual(answer.status, 202, answer.body)
        return answer.json()["job"]["id"]

    def numbers(self, name):
        """How many rows, how many ids, the first and the last of them."""
        return self.server.rows(f"SELECT count(*), count(DISTINCT id), min(id), max(id) FROM {name}")[0]

    def check(self):
        rows = self.server.sql("SELECT count(*), count(DISTINCT id), sum(balance)::BIGINT FROM account").json()["rows"]
        self.assertEqual(rows, [[ROWS, ROWS, 100 * ROWS]])

    def test_a_snapshot_is_one_state_whatever_is_written_and_cut(self):
        before = self.turns
        self.assertEqual(self.server.await_job(self.start(table="account"))["state"], "committed")
        self.check()
        cut = ""
        while not cut:  # a read that ended before it could be cut is followed by another
            job = self.start(table="account")
            while not cut and self.server.get(f"/v1/ingest/jobs/{job}").json()["job"]["state"] in ("queued", "running"):
                cut = self.database.cut_readers()
            self.assertIn(self.server.await_job(job)["state"], ("committed", "unchanged"))
        self.check()
        self.assertGreater(self.turns, before, "somebody wrote meanwhile")

    def test_batches_go_on_after_restarts_of_either_server(self):
        job = self.start(table="event", incremental="id", batch_rows=max(1000, ROWS // 20))
        for version in (1, 3):
            while self.server.get("/v1/catalog/datasets/event").status == 404 or self.server.get("/v1/catalog/datasets/event").json()["dataset"]["head"]["version"] < version:
                self.assertIn(self.server.get(f"/v1/ingest/jobs/{job}").json()["job"]["state"], ("queued", "running", "committed"))
            if version == 1:
                self.database.restart()
            else:
                self.server.kill()
                self.server.start()
        self.ended.set()
        self.writer.join()
        self.assertGreater(self.turns, 0, "somebody wrote meanwhile")
        self.assertEqual(self.server.await_job(self.start(table="event", incremental="id"))["state"], "committed")
        wanted = [int(n) for n in self.database.row("SELECT count(*), count(*), min(id), max(id) FROM event")]
        self.assertEqual(self.numbers("event"), wanted)

    def test_columns_that_change_between_batches_end_the_read_with_what_was_whole(self):
        """By somebody who writes. The next read is refused with the differences, or follows the columns where the dataset says so."""
        body = {"table": "event", "incremental": "id", "batch_rows": max(1000, ROWS // 20)}
        for attempt in range(20):  # a read that ended before the columns changed is followed by another
            name = f"event{attempt}"
            job = self.start(name=name, **body)
            while self.server.get(f"/v1/catalog/datasets/{name}").status == 404:
                self.assertIn(self.server.get(f"/v1/ingest/jobs/{job}").json()["job"]["state"], ("queued", "running", "committed"))
            self.database.sql(f"ALTER TABLE event ADD COLUMN more{attempt} int")
            ended = self.server.await_job(job)
            if ended["state"] == "failed":
                break
        self.assertEqual((ended["state"], ended["error"]["code"]), ("failed", "source_changed"), ended)
        self.assertIn("read", ended["error"]["message"], "it says what to do")
        rows, distinct, first, last = self.numbers(name)
        there = int(self.database.row(f"SELECT count(*), 0 FROM event WHERE id <= {last}")[0])
        self.assertEqual((rows, distinct, first), (there, there, 1), "no gap and nothing twice in what was whole")
        self.assertLess(rows, ROWS)
        refused = self.server.await_job(self.start(name=name, **body))
        self.assertEqual((refused["state"], refused["error"]["code"]), ("failed", "schema_conflict"), refused)
        self.assertIn(f"more{attempt}", refused["error"]["message"] + refused["error"]["details"])
        self.assertEqual(self.numbers(name), [rows, distinct, first, last])
        wants = self.server.request("PUT", f"/v1/datasets/{name}/rules", '{"drift":"add"}', {"Content-Type": "application/json"})
        self.assertEqual(wants.status, 200, wants.body)
        self.ended.set()
        self.writer.join()
        self.assertEqual(self.server.await_job(self.start(name=name, **body))["state"], "committed")
        wanted = [int(n) for n in self.database.row("SELECT count(*), count(*), min(id), max(id) FROM event")]
        self.assertEqual(self.numbers(name), wanted)
