"""Files that are broken, or made to break: each gets a clear answer, and nothing changes."""
import gzip
import io
import json
import time
import unittest

from lakehouse_process import Lakehouse, multipart, temporary_directory
from raw_client import RawClient
from witness import TORTURE, Lake, Memory, leftovers, shared, wait_until

ROWS = "id,name\n1,Ann\n2,Bob\n"


class BadInput(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = temporary_directory()
        cls.server = Lakehouse(cls.home.name).start()
        assert cls.server.ingest("people", ROWS).status == 201

    @classmethod
    def tearDownClass(cls):
        cls.server.kill()
        cls.home.cleanup()

    def setUp(self):
        self.lake = Lake(self.server)

    def expect_nothing_changed(self):
        self.assertEqual(self.lake.changes(), [])
        self.assertEqual(self.server.rows("SELECT count(*) FROM people"), [[2]])

    def expect_refused(self, answer, code, *words, status=422):
        self.assertEqual((answer.status, answer.error()["code"]), (status, code), answer.body[:500])
        message = answer.error()["message"]
        for word in words:
            self.assertIn(word, message)
        recorded = self.server.get("/v1/errors?limit=20").json()["errors"]
        self.assertIn(answer.error()["request_id"], [record["request_id"] for record in recorded], "GET /v1/errors knows of it")

    def refuse(self, content, code, *words, file_name="data.csv", also_as_more_rows=True, **fields):
        """Refused as a new dataset, and as more rows of one that is there."""
        stranger = self.id().rpartition(".")[2]
        for name in (stranger, "people") if also_as_more_rows else (stranger,):
            self.expect_refused(self.server.ingest(name, content, file_name, **fields), code, *words)
            self.expect_nothing_changed()
        self.assertEqual(self.server.get(f"/v1/catalog/datasets/{stranger}").status, 404)

    def take(self, content, rows, file_name="data.csv", **fields):
        """Taken as a dataset named after the test; the answer."""
        name = self.id().rpartition(".")[2]
        answer = self.server.ingest(name, content, file_name, **fields)
        self.assertEqual(answer.status, 201, answer.body)
        said = answer.json()
        self.assertEqual(said["row_count"] + said["rows_rejected"], said["rows_read"])
        self.assertEqual(self.server.rows(f'SELECT * FROM "{name}"'), rows)
        wait_until("nothing is under way", lambda: not leftovers(self.server))
        return said

    def test_an_empty_file_is_refused(self):
        self.refuse("", "empty_file", "the file is empty")

    def test_a_file_of_blank_lines_is_refused(self):
        self.refuse("\n\n \n", "empty_file")

    def test_a_header_alone_is_a_table_without_rows_and_says_so(self):
        said = self.take("a,b\n", [])
        self.assertTrue([note for note in said["notes"] if "no rows" in note], said["notes"])

    def test_ragged_rows_are_kept_apart_with_line_and_reason(self):
        said = self.take("a,b\n1,2\n3\n4,5,6\n7,8\n", [[1, 2], [7, 8]])
        self.assertEqual((said["rows_read"], said["row_count"], said["rows_rejected"]), (4, 2, 2))
        rejects = self.server.rows(f"SELECT line, reason, raw FROM \"{said['rejects_dataset']}\" ORDER BY line")
        self.assertEqual(rejects, [[3, "2 cells expected, 1 found", "3"], [4, "2 cells expected, 3 found", "4,5,6"]])

    def test_an_unterminated_quote_is_refused_with_its_line(self):
        self.refuse('id,name\n1,Ann\n2,"Bob\n3,Cy\n', "unterminated_quote", "line 3", "never closed")

    def test_equal_headers_are_told_apart_and_the_answer_says_how(self):
        said = self.take("a,A,a\n1,2,3\n", [[1, 2, 3]])
        columns = [c["name"] for c in self.server.sql(f"SELECT * FROM \"{said['name']}\"").json()["columns"]]
        self.assertEqual(len({name.lower() for name in columns}), 3, columns)
        self.assertTrue(said["notes"], "the answer says what was renamed")

    def test_zero_bytes_are_refused_with_their_place(self):
        self.refuse(b"id,name\n1,A\x00nn\n", "nul_bytes", "byte 11")

    def test_utf_16_is_read_in_both_byte_orders(self):
        for number, content in enumerate(("id,word\n1,grün\n".encode("utf-16"), b"\xfe\xff" + "id,word\n1,grün\n".encode("utf-16-be"))):
            with self.subTest(number):
                self.server.ingest(f"utf16_{number}", content)
                self.assertEqual(self.server.rows(f"SELECT * FROM utf16_{number}"), [[1, "grün"]])

    def test_utf_16_cut_in_a_character_is_refused(self):
        self.refuse("id,name\n1,Ann\n".encode("utf-16") + b"x", "bad_encoding", "utf-16le", "byte")

    def test_utf_16_with_half_a_surrogate_pair_is_refused(self):
        self.refuse("id,name\n1,".encode("utf-16") + b"\x00\xd8\x0a\x00", "bad_encoding", "surrogate")

    def test_what_is_called_gzip_and_is_not_is_refused(self):
        self.refuse(ROWS + "3,Cy\n", "bad_gzip", ".gz", file_name="data.csv.gz")

    def test_damaged_gzip_is_refused_with_the_place(self):
        whole = gzip.compress(b"id,name\n" + b"1,Ann\n" * 50_000)
        for damaged in (whole[:-9], whole[:-8] + b"\0\0\0\0" + whole[-4:], whole[:40] + b"\xff" * 40 + whole[80:], whole + b"rest"):
            self.refuse(damaged, "bad_gzip", "not valid gzip", "byte", file_name="data.csv.gz")

    def test_a_gzip_bomb_is_refused_early_in_little_memory(self):
        packed = io.BytesIO()
        with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=9) as bomb:
            block = b"1,Ann\n" * 200_000
            bomb.write(b"id,name\n")
            for _ in range(1024):  # 1.2 GB from 1.2 MB
                bomb.write(block)
        with Memory(self.server) as resting:
            pass
        with Memory(self.server) as memory:
            started = time.monotonic()
            self.refuse(packed.getvalue(), "decompression_bomb", "times its size", file_name="data.csv.gz")
            took = time.monotonic() - started
        print(f"\ngzip bomb of {len(packed.getvalue())} bytes: {memory}, {took / 2:.2f} s each")
        self.assertLess(memory.main - resting.main, 32 << 20, "the server's own memory stays as it is")
        self.assertLess(memory.worker, 300 << 20)

    def test_json_nested_too_deep_is_refused(self):
        for content, name in (("[" * 100_000 + "]" * 100_000, "a.json"), ('[{"a":' * 30_000 + "1" + "}]" * 30_000, "b.json"), ('{"a":' * 30_000, "c.ndjson")):
            self.refuse(content, "too_deep", "nested deeper", file_name=name)

    def test_truncated_parquet_is_refused(self):
        path = shared("parquet", "parquet-testing", "data", "alltypes_plain.parquet")
        if not path:
            self.skipTest("the shared test data is not on this machine")
        with open(path, "rb") as file:
            whole = file.read()
        self.refuse(whole[:-10], "truncated_parquet", "cut short", file_name="a.parquet")
        self.refuse(whole[:300] + whole[-600:], "unreadable_parquet", "the Parquet file cannot be read", file_name="a.parquet")
        damaged = whole[:4] + bytes(octet ^ 0xFF for octet in whole[4:400]) + whole[400:]
        self.refuse(damaged, "unreadable_parquet", "the Parquet file cannot be read", file_name="a.parquet", also_as_more_rows=False)

    def test_parquet_packed_with_brotli_is_refused_with_what_to_do(self):
        path = shared("parquet", "parquet-testing", "data", "large_string_map.brotli.parquet")
        if not path:
            self.skipTest("the shared test data is not on this machine")
        with open(path, "rb") as file:
            self.refuse(file.read(), "unsupported_codec", "Brotli", "zstd", file_name="a.parquet")

    def test_a_name_that_can_be_no_dataset_is_refused(self):
        for name in ("../people", "a/b", "", "x" * 300, "people\x00"):
            with self.subTest(name=name):
                answer = self.server.ingest(name, ROWS, "")
                self.assertEqual(answer.status, 400, answer.body)
                self.expect_nothing_changed()

    def test_a_form_without_a_file_is_refused(self):
        body, content_type = multipart({"name": "stranger"}, "file", "a.csv", "")
        cut = body[: body.index(b"filename=")] + b"\r\n\r\n"
        for form in (cut, body[:-10], b""):
            answer = self.server.request("POST", "/v1/ingest", form, {"Content-Type": content_type})
            self.assertEqual(answer.status, 400, answer.body)
            self.expect_nothing_changed()

    def test_an_upload_beyond_the_cap_is_refused_before_it_is_read(self):
        with temporary_directory() as place, Lakehouse(place, ("up", "--set", "ingest.max_upload=1MiB")) as server:
            lake = Lake(server)
            with RawClient(server) as client:
                client.send(b"POST /v1/ingest?name=big HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1048577\r\n\r\n")
                self.assertEqual(client.answer().status, 413)
            with RawClient(server) as client:
                client.send(b"POST /v1/ingest?name=big HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
                block = b"10000\r\n" + b"x" * 65536 + b"\r\n"
                for _ in range(64):
                    if not client.send(block):
                        break
                self.assertEqual(client.answer().status, 413)
            self.assertEqual(lake.changes(), [])


class SqlInDisguise(unittest.TestCase):
    """SQL where names, keys and values are expected stays what it stands for."""

    @classmethod
    def setUpClass(cls):
        cls.home = temporary_directory()
        cls.server = Lakehouse(cls.home.name).start()
        assert cls.server.ingest("people", ROWS).status == 201

    @classmethod
    def tearDownClass(cls):
        cls.server.kill()
        cls.home.cleanup()

    def tearDown(self):
        self.assertEqual(self.server.rows("SELECT * FROM people ORDER BY id"), [[1, "Ann"], [2, "Bob"]])

    def post(self, path, **body):
        return self.server.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})

    def test_headers_and_cells_that_are_sql_stay_text(self):
        names = ["a\"); DROP TABLE people; --", "b'; DELETE FROM people; --", "c /* ", "SELECT", "{x}", "$1"]
        cells = ["'); DROP TABLE people; --", "\" || getenv('HOME') || \"", "*/ 1", "NULL", "{}", "\\'"]
        quoted = [",".join('"' + text.replace('"', '""') + '"' for text in line) for line in (names, cells, cells)]
        answer = self.server.ingest("disguised", "\n".join(quoted) + "\n")
        self.assertEqual(answer.status, 201, answer.body)
        result = self.server.sql("SELECT * FROM disguised LIMIT 1").json()
        self.assertEqual(([column["name"] for column in result["columns"]], result["rows"]), (names, [cells]))
        self.assertEqual(self.server.ingest("disguised", "\n".join([*quoted, quoted[1]]) + "\n", mode="append").status, 200)
        self.assertEqual(self.server.rows("SELECT count(*) FROM disguised"), [[5]])

    def test_a_file_name_that_is_a_path_or_sql_is_a_name(self):
        before = Lake(self.server)
        for number, file_name in enumerate(("../../../people.csv", "/etc/cron.d/x.csv", "x'; DROP TABLE people; --.csv", "a\\..\\b.csv", "x" * 3000 + ".csv")):
            answer = self.server.ingest("named", f"id\n{number}\n", file_name)
            self.assertIn(answer.status, (200, 201), answer.body)
        new = [change for change in before.changes() if " is new" in change]
        for change in new:
            self.assertRegex(change, r"^(datasets/named/(data|manifest)/[\w-]+\.parquet|_catalog/log/\d{20}\.json) is new$")
        self.assertEqual(self.server.rows("SELECT id FROM named ORDER BY id"), [[0], [1], [2], [3], [4]])

    def test_keys_and_values_that_are_sql_delete_nothing(self):
        lake = Lake(self.server)
        for key, values in (('id" = "id', ["1"]), ("id; DROP TABLE people", ["1"]), ("1=1) --", ["1"])):
            answer = self.post("/v1/datasets/people/delete-rows", key=key, values=values)
            self.assertIn(answer.status, (400, 404, 422), answer.body)
            self.assertEqual(lake.changes(), [])
        for value in ("1' OR '1'='1", "1) OR (1=1", "' UNION SELECT id FROM people --"):
            self.post("/v1/datasets/people/delete-rows", key="name", values=[value])
            self.post("/v1/datasets/people/delete-rows", key="id", values=[value])

    def test_an_upsert_key_that_is_sql_is_refused(self):
        lake = Lake(self.server)
        answer = self.server.ingest("people", "id,name\n1,Eve\n", mode="upsert", key='id" OR "1"="1')
        self.assertEqual((answer.status, answer.error()["code"]), (400, "no_key_column"), answer.body)
        self.assertEqual(lake.changes(), [])

    def test_a_saved_query_passes_the_same_gate(self):
        lake = Lake(self.server)
        for sql in ("SELECT * FROM read_text('/etc/passwd')", "FROM '/etc/passwd'", "SELECT 1; DROP TABLE people", "COPY people TO '/tmp/x'", "SELECT getenv('HOME')"):
            answer = self.post("/v1/datasets/stolen/save-query", sql=sql)
            self.assertEqual((answer.status, answer.error()["code"]), (403, "not_allowed"), answer.body)
            self.assertLessEqual({"rule", "position"}, answer.error()["details"].keys())
            self.assertEqual(lake.changes(), [])


class Line(unittest.TestCase):
    """One line of a gigabyte, sent as it is."""

    def send(self, server, query, opening, size):
        block = b"x" * (1 << 20)
        with RawClient(server, timeout=120) as client:
            client.send(f"POST /v1/ingest?{query} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\n\r\n".encode())
            client.send(opening)
            for _ in range(size // len(block) - 1):
                self.assertTrue(client.send(block))
            client.send(block[len(opening):])
            return client.answer()

    def test_a_line_of_a_gigabyte_is_refused_in_little_memory(self):
        with temporary_directory() as place, Lakehouse(place) as server:
            self.assertEqual(server.ingest("people", ROWS).status, 201)
            lake = Lake(server)
            for file_name, opening, code, size in (("line.csv", b"id,name\n1,", b"record_too_long", 1 << 30), ("line.ndjson", b'{"name":"', b"too_long", 1 << (30 if TORTURE else 27))):
                started = time.monotonic()
                with Memory(server) as memory:
                    answer = self.send(server, f"name=people&file_name={file_name}", opening, size)
                print(f"\n{file_name} with a line of {size >> 20} MiB: {memory}, {time.monotonic() - started:.1f} s")
                self.assertEqual(answer.status, 422, answer.body)
                self.assertIn(code, answer.body)
                self.assertIn(b"line", answer.body)
                self.assertLess(memory.main, 200 << 20)
                self.assertLess(memory.worker, 400 << 20)
                self.assertEqual(lake.changes(), [])


if __name__ == "__main__":
    unittest.main()
