"""Statements and readers that would take all there is: each is stopped, its worker comes back or is replaced, memory stays bounded."""
import json
import threading
import time
import unittest

from lakehouse_process import Lakehouse, temporary_directory
from raw_client import RawClient
from witness import Lake, Memory, processes_below, wait_until

FOREVER = "SELECT count(*) FROM range(100000) a, range(100000) b WHERE a.range * 7 + b.range = -1"  # 10^10 rows
DEAF = "SELECT range AS id, 'a name that takes some room ' || range AS name FROM range(10000000)"


class BadQuery(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = temporary_directory()
        cls.server = Lakehouse(cls.home.name, ("up", "--set", "http.io_timeout=1s", "--set", "query.timeout=20s")).start()
        assert cls.server.ingest("people", "id,name\n1,Ann\n2,Bob\n").status == 201
        cls.lake = Lake(cls.server)

    @classmethod
    def tearDownClass(cls):
        cls.server.kill()
        cls.home.cleanup()

    def tearDown(self):
        wait_until("no worker is busy", lambda: self.workers()["busy"] == 0)
        self.assertEqual(self.server.rows("SELECT name FROM people ORDER BY id"), [["Ann"], ["Bob"]])
        wait_until("every worker that ended is reaped", lambda: "Z" not in [state for _, state in processes_below(self.server.process.pid)])
        self.assertEqual(self.lake.changes(), [])

    def workers(self):
        return self.server.get("/debug/tasks").json()["query_workers"]

    def ask(self, sql, **headers):
        return self.server.request("POST", "/v1/sql", json.dumps({"sql": sql}), {"Content-Type": "application/json", **headers})

    def start(self, sql, **options):
        """A client that has asked and not yet heard."""
        client = RawClient(self.server, **options)
        body = json.dumps({"sql": sql}).encode()
        client.send(b"POST /v1/sql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        return client

    def test_a_megabyte_of_sql_is_refused_with_what_is_taken(self):
        statement = "SELECT '" + "x" * 1_000_000 + "'"
        for headers, body in (({"Content-Type": "application/json"}, json.dumps({"sql": statement})), ({"Content-Type": "text/plain"}, statement)):
            answer = self.server.request("POST", "/v1/sql", body, headers)
            self.assertEqual((answer.status, answer.error()["code"]), (413, "too_large"))
            self.assertIn("524288", answer.error()["message"])
        just_too_long = self.ask("SELECT '" + "x" * 100_000 + "'")
        self.assertEqual((just_too_long.status, just_too_long.error()["code"]), (413, "too_large"))
        self.assertIn("at most 100000", just_too_long.error()["message"])

    def test_ten_thousand_parentheses_are_refused_with_the_place(self):
        answer = self.ask("SELECT " + "(" * 10_000 + "1" + ")" * 10_000)
        self.assertEqual((answer.status, answer.error()["code"]), (400, "parser"))
        self.assertIn("nested too deep", answer.error()["message"])
        self.assertGreater(answer.error()["details"]["position"], 1_000)

    def test_a_cross_join_of_ten_billion_rows_ends_with_the_time_of_its_request(self):
        started = time.monotonic()
        answer = self.ask(FOREVER, **{"X-Lakehouse-Timeout-Ms": "700"})
        self.assertEqual((answer.status, answer.error()["code"]), (504, "deadline_exceeded"), answer.body)
        self.assertIn("stopped after", answer.error()["message"])
        self.assertLess(time.monotonic() - started, 10)

    def test_a_cross_join_whose_client_left_is_stopped(self):
        with self.start(FOREVER):
            wait_until("it runs", lambda: self.workers()["busy"] == 1)
        started = time.monotonic()
        wait_until("it is stopped", lambda: self.workers()["busy"] == 0)
        self.assertLess(time.monotonic() - started, 10, "long before its own time")

    def test_a_statement_that_cannot_be_interrupted_is_killed_and_its_worker_replaced(self):
        before = {pid for pid, _ in processes_below(self.server.process.pid)}
        answer = self.ask("SELECT levenshtein(repeat('a', 100000), repeat('b', 100000))", **{"X-Lakehouse-Timeout-Ms": "500"})
        self.assertEqual(answer.status, 504, answer.body)
        wait_until("one of the processes is gone", lambda: before - {pid for pid, _ in processes_below(self.server.process.pid)})
        self.assertEqual(self.server.rows("SELECT 1"), [[1]])

    def test_a_reader_who_stops_holds_neither_memory_nor_a_worker(self):
        with Memory(self.server) as memory, self.start(DEAF, receive_buffer=4096) as deaf:
            started = time.monotonic()
            self.assertTrue(deaf.receive().startswith(b"HTTP/1.1 200"), "it hears the beginning and then nothing")
            self.assertEqual(self.workers()["busy"], 1)
            self.assertEqual(self.server.rows("SELECT 40 + 2"), [[42]], "others are served meanwhile")
            wait_until("its worker is free", lambda: self.workers()["busy"] == 0, 60)
            held = time.monotonic() - started
            heard = deaf.until_closed()
        self.assertNotIn(b"\r\n0\r\n\r\n", heard[-16:], "what was cut does not look whole")
        print(f"\n10^7 rows to a deaf reader: {memory}, worker free after {held:.1f} s")
        self.assertLess(memory.main, 100 << 20)
        self.assertLess(memory.worker, 400 << 20)

    def test_ten_million_rows_to_a_reader_stay_within_memory(self):
        with Memory(self.server) as memory, self.start(DEAF) as reader:
            size, last = 0, b""
            while block := reader.receive():
                size, last = size + len(block), (last + block)[-200:]
                if last.endswith(b"\r\n0\r\n\r\n"):
                    break
        self.assertIn(b'"row_count":10000000}', last)
        print(f"\n10^7 rows, {size >> 20} MiB to a reader: {memory}")
        self.assertLess(memory.main, 100 << 20)
        self.assertLess(memory.worker, 400 << 20)

    def test_more_statements_than_may_wait_are_turned_away_at_once(self):
        with temporary_directory() as place, Lakehouse(place, ("up", "--set", "query.queue=1", "--set", "query.workers=1")) as server:
            server.rows("SELECT 1")
            statuses = []
            body = json.dumps({"sql": FOREVER})
            headers = {"Content-Type": "application/json", "X-Lakehouse-Timeout-Ms": "1500"}
            clients = [threading.Thread(target=lambda: statuses.append(server.request("POST", "/v1/sql", body, headers))) for _ in range(6)]
            for client in clients:
                client.start()
            for client in clients:
                client.join()
            turned_away = [answer for answer in statuses if answer.status == 503]
            self.assertGreaterEqual(len(turned_away), 3, [answer.status for answer in statuses])
            self.assertIn("retry-after", turned_away[0].headers)
            self.assertEqual(server.rows("SELECT 1"), [[1]])


if __name__ == "__main__":
    unittest.main()
