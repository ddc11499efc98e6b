"""The first session of a person: the pages in a real, headless browser, against the real binary."""
import http.client
import json
import os
import re
import shutil
import subprocess
import unittest

from lakehouse_process import Lakehouse, temporary_directory
from topology import start

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MODULES = os.environ.get("LAKEHOUSE_UI_MODULES", os.path.join(ROOT, ".deps", "ui", "node_modules"))
CHROMIUM = os.environ.get("LAKEHOUSE_CHROMIUM") or shutil.which("chromium")
NAUGHTY = os.path.join(os.environ.get("LAKEHOUSE_SHARED_DATA", os.path.join(ROOT, "..", "shared", "data")), "strings", "blns", "blns.json")


class Pages(unittest.TestCase):
    """What needs no browser."""

    def test_every_page_has_a_twin_and_the_policy(self):
        with temporary_directory() as directory, start(directory) as server:
            server.ingest("people", "id,name\n1,Ana\n2,Bo\n")
            for path in ("/explore", "/explore/people", "/explore/people?tab=schema", "/explore/people?tab=history", "/explore/people?tab=files", "/explore/people?tab=lineage",
                         "/sql?q=SELECT+count(*)+FROM+people", "/system", "/system/configuration", "/system/vectors", "/docs", "/docs/files", "/docs/api", "/docs/api/post-v1-sql"):
                page = server.get(path)
                self.assertEqual(page.status, 200, path)
                self.assertTrue(page.headers["content-security-policy"].startswith("default-src 'self'"), path)
                self.assertNotIn("unsafe", page.headers["content-security-policy"])
                where, question, query = path.partition("?")
                twin = server.get(where + ".json" + question + query)
                self.assertEqual((twin.status, twin.headers["content-type"].split(";")[0]), (200, "application/json"), path)
                self.assertIsInstance(twin.json(), dict, path)
            self.assertEqual(server.get("/sql.json?q=SELECT+count(*)+AS+n+FROM+people").json()["rows"], [{"cells": [{"value": "2"}]}])
            self.assertEqual(server.get("/explore/people.json?f.name=has.AN").json()["total_rows"], 1)
            added = server.get("/explore/people?f.id=gt.0&column=name&op=eq&value=A%26b")
            self.assertEqual((added.status, added.headers["location"]), (303, "/explore/people?f.id=gt.0&f.name=eq.A%26b"))

    def test_the_reference_links_each_operation_to_a_page_of_its_own(self):
        with temporary_directory() as directory, Lakehouse(directory) as server:
            page = server.get("/docs/api")
            operations = sum(len(methods) for methods in server.get("/v1/openapi.json").json()["paths"].values())
            links = re.findall(r'<details class="op" id="([^"]+)">.*?<a href="/docs/api/([^"]+)">', page.body.decode())
            self.assertEqual((len(links), len(set(links))), (operations, operations))
            for name, address in links:
                self.assertEqual(name, address)
                one = server.get(f"/docs/api/{address}")
                self.assertEqual(one.status, 200, address)
                self.assertIn(b'<form class="try', one.body)
            self.assertEqual(server.get("/docs/api/none").status, 404)

    def test_a_page_learns_that_a_dataset_was_swapped(self):
        with temporary_directory() as directory, Lakehouse(directory) as server:
            server.ingest("people", "id,name\n1,Ana\n")
            server.ingest("places", "id,name\n1,Gary\n")
            ask = re.search(r'hx-get="(/explore/live/swaps[^"]+)"', server.get("/explore/people").body.decode()).group(1).replace("&amp;", "&")
            self.assertEqual(server.get(ask).status, 204)
            server.ingest("places", "id,name\n2,Joliet\n", mode="append")
            self.assertEqual(server.get(ask).status, 204, "another dataset")
            server.ingest("people", "id,name\n2,Bo\n", mode="append")
            told = server.get(ask)
            self.assertIn(b"people is at v2 now", told.body)
            again = re.search(r'hx-get="([^"]+)"', told.body.decode()).group(1).replace("&amp;", "&")
            self.assertEqual(server.get(again).status, 204, "said once")
            listed = {row["name"]: row["just_swapped"] for row in server.get("/explore.json").json()["datasets"]}
            self.assertEqual(listed, {"people": True, "places": True})
            self.assertIn(b"2 datasets changed", server.get("/explore/live/swaps?since=2").body)

    def test_refusals_have_the_right_status_and_an_address_to_go_on(self):
        with temporary_directory() as directory, Lakehouse(directory) as server:
            server.ingest("people", "id,name\n1,Ana\n")
            for path, status in (("/explore/nowhere", 404), ("/explore/people?v=9", 404), ("/explore/people?tab=none", 400), ("/explore/people?f.id=drop.1", 400),
                                 ("/explore/people?f.none=eq.1", 400), ("/explore/people?sort=none", 400), ("/explore/people?page=0", 400), ("/docs/none", 404),
                                 ("/sql?q=SELECT+nothing", 400), ("/sql?q=SELECT+*+FROM+read_csv('/etc/passwd')", 403), ("/sql/download?q=SELECT+1&format=xls", 400)):
                answer = server.get(path)
                self.assertEqual(answer.status, status, path)
                self.assertIn(b'role="alert"', answer.body, path)
                self.assertNotIn(b"root:", answer.body)

    def test_a_download_that_was_cut_at_a_limit_says_so(self):
        with temporary_directory() as directory, Lakehouse(directory, ("up", "--set", "query.max_rows=2")) as server:
            address = "/sql/download?q=SELECT+range+AS+n+FROM+range(5)+ORDER+BY+n&format="
            self.assertEqual(server.get(address + "json").json(), server.sql("SELECT range AS n FROM range(5) ORDER BY n").json())
            self.assertEqual(server.get(address + "json").json()["truncated"], "rows")
            self.assertEqual(server.get(address + "csv").headers["x-lakehouse-truncated"], "rows")

    def test_a_value_of_a_stranger_is_a_value_in_every_statement(self):
        with temporary_directory() as directory, Lakehouse(directory) as server:
            server.ingest("odd", 'id,"a""b; --"\n1,x\'; DROP TABLE odd; --\n')
            page = server.get("/explore/odd.json?f.a%22b%3B%20--=eq.x'%3B%20DROP%20TABLE%20odd%3B%20--&sort=a%22b%3B%20--&facet=a%22b%3B%20--")
            self.assertEqual(page.status, 200, page.body)
            self.assertEqual(page.json()["total_rows"], 1)

    def test_a_column_of_any_type_has_a_summary_and_can_be_filtered(self):
        statement = """SELECT i AS id, i::HUGEINT * 100000000000000000000 AS huge, CASE WHEN i % 5 = 0 THEN 'nan'::DOUBLE WHEN i % 7 = 0 THEN 'inf'::DOUBLE ELSE i / 3 END AS dbl,
            CASE WHEN i = 3 THEN 'infinity'::DATE ELSE DATE '2020-01-01' + i::INTEGER END AS day, TIMESTAMPTZ '2020-01-01 00:00:00+00' + INTERVAL (i) HOUR AS ts, TIME '10:00:00' AS tm,
            uuid() AS u, i % 2 = 0 AS b, [i, i + 1] AS l, {'a': i} AS s, MAP {'k': i} AS m, 'x'::BLOB AS bl, NULL::INTEGER AS nothing, repeat('long ', 1000) AS lng FROM range(240) AS r(i)"""
        with temporary_directory() as directory, Lakehouse(directory) as server:
            saved = server.request("POST", "/v1/datasets/types/save-query", json.dumps({"sql": statement}), {"Content-Type": "application/json"})
            self.assertEqual(saved.status, 201, saved.body)
            columns = {column["name"]: column for column in server.get("/explore/types.json?tab=schema").json()["columns"]}
            self.assertEqual((columns["id"]["min"], columns["id"]["max"], columns["nothing"]["nulls"]), ("0", "239", 240))
            self.assertGreater(server.get("/explore/types").body.count(b"<rect"), 60, "histograms are drawn, of huge numbers too")
            for column in columns:
                self.assertEqual(server.get(f"/explore/types?facet={column}&sort=-{column}").status, 200, column)
                for operator in ("eq.1", "ne.x", "lt.2020-01-01", "ge.0", "has.1", "null.", "set."):
                    self.assertEqual(server.get(f"/explore/types?f.{column}={operator}").status, 200, (column, operator))
            self.assertEqual(server.get("/explore/types.json?f.id=ge.100").json()["total_rows"], 140)

    def test_the_schema_says_why_a_column_is_taken_for_personal_data(self):
        with temporary_directory() as directory, Lakehouse(directory) as server:
            server.ingest("people", "id,mail\n" + "".join(f"{n},someone{n}@example.com\n" for n in range(30)))
            columns = {column["name"]: column for column in server.get("/explore/people.json?tab=schema").json()["columns"]}
            found = columns["mail"]
            self.assertEqual((found["tag"], found["tag_hits"], found["tag_seen"], found["suggested_redaction"]), ("email", 30, 30, "hash"))
            self.assertNotIn("tag_hits", columns["id"])
            self.assertIn(b"30 of 30 values look so; hidden best by hash", server.get("/explore/people?tab=schema").body)

    def test_loads_that_rules_refused_are_shown_after_a_restart(self):
        with temporary_directory() as directory, Lakehouse(directory) as server:
            self.assertEqual(server.ingest("people", "id,name\n1,Ana\n").status, 201)
            rules = json.dumps({"expectations": '[[expect]]\nrule = "unique"\ncolumn = "id"\n'})
            self.assertEqual(server.request("PUT", "/v1/datasets/people/rules", rules, {"Content-Type": "application/json"}).status, 200)
            self.assertEqual(server.ingest("people", "id,name\n1,Bo\n", "twice.csv", mode="append").status, 422)
            self.assertEqual(server.ingest("people", "id,name,age\n2,Cy,3\n", "wide.csv", mode="append").status, 409)
            wanted = [["wide.csv", "schema_conflict", None, None], ["twice.csv", "expectation_failed", "unique", 2]]
            for _ in range(2):
                shown = server.get("/explore/people.json?tab=rules").json()["refused"]
                self.assertEqual([[one["file"], one["code"], one.get("rule"), one.get("failed")] for one in shown], wanted)
                self.assertIn(b"twice.csv", server.get("/explore/people?tab=rules").body)
                self.assertEqual(server.rows("SELECT rule, failed, passed FROM system.expectations WHERE version IS NULL"), [["unique", 2, False]])
                details = server.get("/v1/errors?kind=expectation_failed").json()["errors"]
                self.assertEqual([one["details"]["results"][0]["failed"] for one in details if one["object"] == "people"], [2])
                server.stop()
                server.start()

    def test_the_rules_of_the_gateway_hold_for_pages(self):
        with temporary_directory() as directory, Lakehouse(directory, arguments=("up", "--set", "auth.required=true"), environment={"LAKEHOUSE_SECRET_AUTH_TOKEN": "t0ken"}) as server:
            self.assertEqual(server.get("/explore").status, 401)
            self.assertEqual(server.get("/explore", headers={"Authorization": "Bearer t0ken"}).status, 200)
            led = server.get("/explore?q=a", headers={"Accept": "text/html"})
            self.assertEqual((led.status, led.headers["location"]), (303, "/login?next=/explore%3fq%3da"))
            self.assertEqual(server.get("/v1/errors", headers={"Accept": "text/html"}).status, 401, "the API leads nobody anywhere")
            form = {"Content-Type": "application/x-www-form-urlencoded", "X-Forwarded-Proto": "https"}
            entered = server.request("POST", "/login", "token=t0ken&next=//elsewhere.example", form)
            self.assertEqual((entered.status, entered.headers["location"]), (303, "/explore"))
            self.assertTrue(entered.headers["set-cookie"].endswith("; Secure"), "behind https the cookie stays there")
            self.assertEqual(server.request("POST", "/login", "token=t0ken", {**form, "Origin": "http://elsewhere.example"}).status, 403)
            for attempt in range(5):
                self.assertEqual(server.request("POST", "/login", f"token=guess{attempt}", form).status, 401)
            slow = server.request("POST", "/login", "token=t0ken", form)
            self.assertEqual((slow.status, slow.headers["retry-after"]), (429, "60"))
        with temporary_directory() as directory, Lakehouse(directory) as server:
            for path in ("/theme", "/sql/save", "/explore/x/restore"):
                self.assertEqual(server.request("POST", path, "set=dark", {"Origin": "http://elsewhere.example", "Content-Type": "application/x-www-form-urlencoded"}).status, 403, path)
            moved = server.request("POST", "/theme", "set=dark&back=//elsewhere.example", {"Content-Type": "application/x-www-form-urlencoded"})
            self.assertEqual((moved.status, moved.headers["location"]), (303, "/explore"))


    def test_live_lists_come_by_few_streams_which_end_with_the_server(self):
        def listen(server):
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
            self.addCleanup(connection.close)
            connection.request("GET", "/system/live")
            stream = connection.getresponse()
            stream.leave = connection.close  # the stream alone does not let go of its socket
            return stream

        def read_until(stream, wanted):
            while wanted not in (line := stream.readline()):
                self.assertTrue(line, "the stream ended")

        with temporary_directory() as directory, Lakehouse(directory) as server:
            streams = [listen(server) for _ in range(4)]
            for stream in streams:
                self.assertEqual((stream.status, stream.headers["content-type"]), (200, "text/event-stream; charset=utf-8"))
                read_until(stream, b"event: requests")
            self.assertEqual(listen(server).status, 503, "the others ask now and then")
            refused = server.sql("SELECT * FROM read_csv('/etc/passwd')").json()["error"]["request_id"]
            for stream in streams:
                read_until(stream, refused.encode())
            gone = streams.pop()  # whoever leaves makes room
            gone.close()
            gone.leave()
            while (again := listen(server)).status == 503:
                again.leave()
            streams.append(again)
            server.stop()
            for stream in streams:
                while stream.readline():  # to a proper end: half a body would raise
                    pass


class FirstSession(unittest.TestCase):
    def test_a_person_finds_their_way(self):
        if not CHROMIUM:
            self.skipTest("there is no chromium; install it with setup/install")
        with temporary_directory() as directory, Lakehouse(directory) as server:
            files = os.path.join(directory, "files")
            os.mkdir(files)
            naughty = [NAUGHTY] if os.path.exists(NAUGHTY) else []
            if not naughty:
                print("skipped: the page of naughty strings, because shared/data is not there")
            done = subprocess.run(["node", os.path.join(ROOT, "tests", "browser", "session.mjs"), f"http://127.0.0.1:{server.port}", files, *naughty],
                                  env={**os.environ, "LAKEHOUSE_UI_MODULES": MODULES, "LAKEHOUSE_CHROMIUM": CHROMIUM},
                                  capture_output=True, text=True, timeout=420, stdin=subprocess.DEVNULL, check=False)
            print(done.stdout)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr + server.log_tail())

    def test_a_person_asks(self):
        if not CHROMIUM:
            self.skipTest("there is no chromium; install it with setup/install")
        with temporary_directory() as directory, Lakehouse(directory) as server:
            done = subprocess.run(["node", os.path.join(ROOT, "tests", "browser", "ask.mjs"), f"http://127.0.0.1:{server.port}", directory],
                                  env={**os.environ, "LAKEHOUSE_UI_MODULES": MODULES, "LAKEHOUSE_CHROMIUM": CHROMIUM},
                                  capture_output=True, text=True, timeout=420, stdin=subprocess.DEVNULL, check=False)
            print(done.stdout)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr + server.log_tail())

    def test_a_person_reads_documents(self):
        if not CHROMIUM:
            self.skipTest("there is no chromium; install it with setup/install")
        with temporary_directory() as directory, Lakehouse(directory) as server:
            done = subprocess.run(["node", os.path.join(ROOT, "tests", "browser", "documents.mjs"), f"http://127.0.0.1:{server.port}", directory],
                                  env={**os.environ, "LAKEHOUSE_UI_MODULES": MODULES, "LAKEHOUSE_CHROMIUM": CHROMIUM},
                                  capture_output=True, text=True, timeout=420, stdin=subprocess.DEVNULL, check=False)
            print(done.stdout)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr + server.log_tail())

    def test_a_person_has_sources_read_and_says_what_rows_have_to_be(self):
        if not CHROMIUM:
            self.skipTest("there is no chromium; install it with setup/install")
        with temporary_directory() as directory:
            inbox = os.path.join(directory, "inbox")
            arguments = ("up", "--set", f"ingest.inbox={inbox}", "--set", "ingest.inbox_settle=1ms")
            with Lakehouse(directory, arguments=arguments) as server:
                done = subprocess.run(["node", os.path.join(ROOT, "tests", "browser", "sources.mjs"), f"http://127.0.0.1:{server.port}", directory, inbox],
                                      env={**os.environ, "LAKEHOUSE_UI_MODULES": MODULES, "LAKEHOUSE_CHROMIUM": CHROMIUM},
                                      capture_output=True, text=True, timeout=420, stdin=subprocess.DEVNULL, check=False)
                print(done.stdout)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr + server.log_tail())

    def test_a_person_logs_in_with_the_token_and_out_again(self):
        if not CHROMIUM:
            self.skipTest("there is no chromium; install it with setup/install")
        with temporary_directory() as directory, Lakehouse(directory, arguments=("up", "--set", "auth.required=true"), environment={"LAKEHOUSE_SECRET_AUTH_TOKEN": "t0ken"}) as server:
            done = subprocess.run(["node", os.path.join(ROOT, "tests", "browser", "login.mjs"), f"http://127.0.0.1:{server.port}", "t0ken"],
                                  env={**os.environ, "LAKEHOUSE_UI_MODULES": MODULES, "LAKEHOUSE_CHROMIUM": CHROMIUM},
                                  capture_output=True, text=True, timeout=420, stdin=subprocess.DEVNULL, check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr + server.log_tail())


if __name__ == "__main__":
    unittest.main()
