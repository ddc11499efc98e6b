"""Every file of the shared test data with a known result, as its owner would send it: through POST /v1/ingest and back by SQL."""
import collections
import concurrent.futures
import json
import os
import unittest

from lakehouse_process import Lakehouse, temporary_directory
from witness import Memory, leftovers, shared, wait_until

# What each format comes to; a change of any of these is a change of what users get.
EXPECTED = {
    "csv, tsv": {"loaded": 77, "refused": 2, "rows": 156_799, "rejected": 38},
    "json": {"accept loaded": 95, "reject refused": 188, "either loaded": 9, "either refused": 26, "transform loaded": 16, "transform refused": 6},
    "parquet": {"ok loaded": 69, "error refused": 19, "differs loaded": 3, "differs refused": 5},
}
# Refusals that say what is wrong with the file.
REASONS = {"bad_encoding", "bad_json", "empty_file", "encrypted_parquet", "nul_bytes", "too_deep", "unreadable_parquet", "unsupported_codec",
           "unsupported_format", "unterminated_quote"}


@unittest.skipUnless(shared("expected.json"), "the shared test data is not on this machine")
class SharedData(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = temporary_directory()
        cls.server = Lakehouse(cls.home.name, ("up", "--set", "log.level=error")).start()
        cls.memory = Memory(cls.server)
        cls.memory.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.memory.__exit__()
        print(f"\nover all files: {cls.memory}")
        cls.server.kill()
        cls.home.cleanup()

    def load(self, number, path):
        """(status, answer or error, rows that a query counts)."""
        name = f"{self.id().rpartition('_')[2]}_{number}"
        with open(shared(path), "rb") as file:
            answer = self.server.ingest(name, file.read(), os.path.basename(path))
        said = answer.json()
        if answer.status >= 400:
            self.assertEqual(self.server.get(f"/v1/catalog/datasets/{name}").status, 404, path)
            return answer.status, said["error"], 0
        [[counted]] = self.server.rows(f'SELECT count(*) FROM "{name}"')
        rejected = self.server.rows(f"SELECT count(*) FROM \"{said['rejects_dataset']}\"")[0][0] if said["rows_rejected"] else 0
        self.assertEqual(rejected, said["rows_rejected"], path)
        return answer.status, said, counted

    def each(self, listing):
        """(path, what is expected, status, answer, rows) of every file, two at a time."""
        with open(shared(listing), encoding="utf-8") as file:
            expected = [(path, what) for path, what in json.load(file).items() if shared(path)]
        with concurrent.futures.ThreadPoolExecutor(2) as clients:
            results = list(clients.map(lambda item: self.load(item[0], item[1][0]), enumerate(expected)))
        self.assertIsNone(self.server.process.poll(), "the process lives")
        for (path, what), (status, said, counted) in zip(expected, results):
            with self.subTest(path):
                if status >= 400:
                    self.assertEqual(status, 422, said)
                    self.assertIn(said["code"], REASONS)
                    self.assertGreater(len(said["message"]), 15, said)
                else:
                    self.assertEqual(said["row_count"] + said["rows_rejected"], said["rows_read"])
                    self.assertEqual(counted, said["row_count"])
                yield path, what, status, said

    def tearDown(self):
        wait_until("nothing is left behind", lambda: not leftovers(self.server))

    def test_text_tables_csv(self):
        figures = collections.Counter()
        for _, what, status, said in self.each("expected.json"):
            if status >= 400:
                figures["refused"] += 1
                self.assertEqual(what["agree"], "none", said)
                continue
            figures.update({"loaded": 1, "rows": said["row_count"], "rejected": said["rows_rejected"]})
            if what["agree"] != "none":
                self.assertEqual(said["rows_read"], what["rows"])
        print(f"\ncsv, tsv: {dict(figures)}")
        self.assertEqual(dict(figures), EXPECTED["csv, tsv"])

    def test_documents_json(self):
        figures = collections.Counter()
        for _, what, status, said in self.each("expected_json.json"):
            outcome = "refused" if status >= 400 else "loaded"
            figures[f"{what['expect']} {outcome}"] += 1
            self.assertNotIn(f"{what['expect']} {outcome}", ("accept refused", "reject loaded"), said)
        print(f"\njson: {dict(sorted(figures.items()))}")
        self.assertEqual(dict(figures), EXPECTED["json"])

    def test_files_parquet(self):
        figures, reasons = collections.Counter(), collections.Counter()
        for _, what, status, said in self.each("expected_parquet.json"):
            outcome = "refused" if status >= 400 else "loaded"
            figures[f"{what['expect']} {outcome}"] += 1
            self.assertNotIn(f"{what['expect']} {outcome}", ("ok refused", "error loaded"), said)
            if outcome == "refused":
                reasons[said["code"]] += 1
            elif what["expect"] == "ok":
                self.assertEqual(said["rows_read"], what["duckdb_1.4.4"]["rows"])
        print(f"\nparquet: {dict(sorted(figures.items()))}; refused: {dict(sorted(reasons.items()))}")
        self.assertEqual(dict(figures), EXPECTED["parquet"])

    def test_lines_ndjson(self):
        figures = {}
        for number, path in enumerate(("ndjson/polars/foods1.ndjson", "staffing/esco/esco_skills_extract.ndjson", "tables/vega/movies.json")):
            if shared(path):
                status, said, counted = self.load(number, path)
                self.assertEqual(status, 201, said)
                self.assertEqual((counted, said["rows_rejected"]), (said["rows_read"], 0))
                figures[path] = counted
        print(f"\nndjson and arrays: {figures}")
        self.assertEqual(list(figures.values()), [27, 877, 3201])


if __name__ == "__main__":
    unittest.main()
