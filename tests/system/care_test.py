"""Looking after a lake, as its owner meets it: damage is found, named and survived; files are joined; old versions go; nothing erased is
left in any byte; a backup is a lake."""
import contextlib
import glob
import json
import os
import shutil
import unittest

import erasure
from lakehouse_process import Lakehouse, run_command, temporary_directory
from witness import files_below, key_of, wait_until

PROMPT = ("up", "--set", "gc.grace=0ms", "--set", "compact.interval=1000000s")


class Care(unittest.TestCase):
    def setUp(self):
        directory = temporary_directory()
        self.addCleanup(directory.cleanup)
        self.place = directory.name
        self.server = Lakehouse(directory.name, PROMPT)
        self.addCleanup(self.server.kill)
        self.server.start()

    def post(self, path, body=None):
        answer = self.server.request("POST", path, json.dumps(body) if body is not None else "", {"Content-Type": "application/json"})
        self.assertLess(answer.status, 300, answer.body)
        return answer.json()

    def fill(self, name, parts=3, first=0):
        for part in range(first, first + parts):
            answer = self.server.ingest(name, "id,who\n" + "".join(f"{part * 10 + row},person {part * 10 + row}\n" for row in range(10)), mode="auto")
            self.assertIn(answer.status, (200, 201), answer.body)

    def scrub(self):
        self.post("/v1/storage/scrub", {"bytes_per_second": 0})
        wait_until("the scrub has ended", lambda: "scrub" not in self.server.get("/v1/storage/scrub").json())
        return self.server.get("/v1/storage/scrub").json()

    def data_files(self, name):
        return sorted(glob.glob(os.path.join(self.server.data, "datasets", name, "data", "*.parquet")))

    def test_damage_is_named_the_rest_is_served_and_a_good_copy_heals_it(self):
        self.fill("good")
        self.fill("bad")
        self.assertEqual(self.scrub()["quarantine"], [])
        path = self.data_files("bad")[0]
        with open(path, "rb") as file:
            whole = file.read()
        flipped = bytearray(whole)
        flipped[len(whole) // 2] ^= 1
        times = os.stat(path)
        os.chmod(path, 0o644)
        with open(path, "r+b") as file:
            file.write(flipped)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))  # a disk that rots leaves no trace in the times

        state = self.scrub()
        self.assertEqual(state["last_scrub"]["damaged"], 1)
        self.assertTrue(path.endswith(state["quarantine"][0]["key"]))
        refused = self.server.sql("SELECT count(*) FROM bad")
        self.assertEqual((refused.status, refused.error()["code"]), (500, "corrupt_object"), refused.body)
        for word in ('dataset \\"bad\\"', "version 3", state["quarantine"][0]["expected_sha256"], state["quarantine"][0]["found_sha256"], "backup"):
            self.assertIn(word, refused.body.decode())
        self.assertEqual(self.server.rows("SELECT count(*) FROM good"), [[30]])
        kinds = [error["kind"] for error in self.server.get("/v1/errors").json()["errors"]]
        self.assertIn("corrupt_object", kinds)

        self.server.kill()
        self.server.start()
        self.assertEqual(self.server.sql("SELECT count(*) FROM bad").status, 500, "the mark outlives the process")
        with open(path, "r+b") as file:
            file.write(whole)
        self.assertEqual(self.scrub()["quarantine"], [])
        self.assertEqual(self.server.rows("SELECT count(*) FROM bad"), [[30]])

    def test_a_value_that_was_deleted_compacted_and_collected_is_in_no_byte_of_the_lake(self):
        place = os.path.join(self.place, "erased")
        os.makedirs(place)
        server = Lakehouse(place, ("up", *erasure.SETTINGS))
        self.addCleanup(server.kill)
        server.start()

        def objects():
            for name in files_below(server.data):
                with contextlib.suppress(FileNotFoundError):  # checkpoints come and go behind the commits
                    with open(os.path.join(server.data, name), "rb") as file:
                        yield key_of(name), file.read()

        erasure.expect_erased(self, server, objects, os.path.join(self.place, "reader"))
        erasure.expect_forgotten(self, server, objects, os.path.join(self.place, "another reader"))
        run_command("fsck", "--data", server.data)

    def test_what_gc_would_remove_is_shown_before_and_what_has_gone_is_told_so(self):
        self.fill("people", 4)
        job = self.post("/v1/catalog/datasets/by-name/people/compact")["job"]
        self.assertEqual((job["kind"], job["state"]), ("compact", "committed"))
        self.assertEqual(self.server.get("/v1/ingest/jobs").json()["jobs"][0]["kind"], "compact")
        self.post("/v1/catalog/datasets/by-name/people/retention", {"keep_last": 1})
        shown = run_command("gc", "--server", f"http://127.0.0.1:{self.server.port}").stdout
        self.assertIn("4 versions would be let go", shown)
        self.assertEqual(self.post("/v1/catalog/gc", {"run": True})["expired_versions"], 4)
        self.assertEqual(self.server.rows("SELECT count(*) FROM people"), [[40]])
        gone = self.server.sql("SELECT * FROM people AT (VERSION => 4)")
        self.assertEqual((gone.status, gone.error()["code"]), (404, "snapshot_expired"))

    def test_a_backup_of_a_lake_at_work_is_a_lake_and_the_next_one_is_small(self):
        self.fill("a")
        backup, restored = os.path.join(self.place, "backup"), os.path.join(self.place, "restored")
        first = run_command("backup", "--data", self.server.data, "--to", backup).stdout
        self.fill("a", 1, first=7)
        self.post("/v1/catalog/datasets/by-name/a/tags", {"tag": "first", "version": 1})
        second = run_command("backup", "--data", self.server.data, "--to", backup).stdout
        self.assertIn("6 of them copied", first)
        self.assertIn("2 of them copied", second)
        expected = self.server.rows("SELECT * FROM a ORDER BY id")
        self.server.kill()

        run_command("restore", "--from", backup, "--to", restored)
        self.assertIn("clean", run_command("fsck", "--data", restored, "--level", "full").stdout)
        again = run_command("restore", "--from", backup, "--to", restored, check=False)
        self.assertEqual(again.returncode, 1)
        self.assertIn("not empty", again.stderr)
        with Lakehouse(os.path.join(self.place), PROMPT, data=restored, state=os.path.join(self.place, "state2")) as server:
            self.assertEqual(server.rows("SELECT * FROM a ORDER BY id"), expected)
            self.assertEqual(server.rows("SELECT count(*) FROM a AT (VERSION => 1)"), [[10]])
            self.assertEqual(server.get("/v1/catalog/datasets/a").json()["dataset"]["tags"], [{"name": "first", "version": 1}])

    def test_a_backup_holds_every_bucket_and_every_acknowledged_vector_and_what_is_restored_needs_nothing_else(self):
        self.server.kill()
        self.server = Lakehouse(self.place, PROMPT + ("--set", f"storage.buckets={self.place}/buckets"), state=os.path.join(self.place, "state3"))
        self.addCleanup(self.server.kill)
        self.server.start()
        self.post("/v1/storage/buckets", {"name": "archive"})
        for part in range(2):
            answer = self.server.ingest("old", f"id,who\n{part},person {part}\n", mode="auto", headers={"X-Lakehouse-Bucket": "archive"})
            self.assertIn(answer.status, (200, 201), answer.body)
        self.post("/v1/vectors/index", {"name": "notes", "dimension": 2, "metric": "euclidean"})
        for number in range(40):
            self.post("/v1/vectors/index/notes/add", {"items": [{"id": f"n{number}", "vector": [number, 1]}]})
            if number == 20:
                self.post("/v1/vectors/index/notes/maintain", {})
                self.post("/v1/catalog/gc", {"run": True})
        refused = self.server.request("POST", "/v1/catalog/datasets/by-name/vectors_notes/compact", "", {})
        self.assertEqual((refused.status, refused.error()["code"]), (422, "cannot_compact"), refused.body)
        self.post("/v1/catalog/datasets/by-name/old/compact")
        self.assertTrue(glob.glob(os.path.join(self.place, "buckets", "archive", "datasets", "old", "data", "*.parquet")))
        self.post("/v1/catalog/retention", {"keep_last": 1})
        self.assertGreater(self.post("/v1/catalog/gc", {"run": True})["expired_versions"], 0)
        self.assertEqual(len(glob.glob(os.path.join(self.place, "buckets", "archive", "datasets", "old", "data", "*.parquet"))), 1)
        self.assertEqual(self.scrub()["quarantine"], [])
        backup, restored = os.path.join(self.place, "backup"), os.path.join(self.place, "restored")
        run_command("backup", "--data", self.server.data, "--to", backup)
        self.server.kill()
        shutil.rmtree(self.server.data)
        shutil.rmtree(os.path.join(self.place, "buckets"))

        run_command("restore", "--from", backup, "--to", restored)
        self.assertIn("clean", run_command("fsck", "--data", restored, "--level", "full").stdout)
        with Lakehouse(self.place, PROMPT, data=restored, state=os.path.join(self.place, "state4")) as server:
            self.assertEqual(server.rows("SELECT * FROM old ORDER BY id"), [[0, "person 0"], [1, "person 1"]])
            for number in (0, 20, 21, 39):
                body = json.dumps({"vector": [number, 1], "k": 1})
                found = server.request("POST", "/v1/vectors/index/notes/search", body, {"Content-Type": "application/json"})
                self.assertIn(f'"n{number}"', found.body.decode())
            answer = server.ingest("old", "id,who\n7,person 7\n", mode="append")
            self.assertEqual(answer.status, 200, answer.body)
            self.assertTrue(answer.json()["object_keys"][0].startswith("_buckets/archive/"), answer.body)
            self.assertEqual(server.rows("SELECT count(*) FROM old"), [[3]])

    def test_keys_of_a_profile_see_no_upkeep_and_change_no_retention(self):
        self.fill("people")
        self.post("/v1/profiles", {"name": "reader", "datasets": ["people"], "views": [{"dataset": "people", "columns": ["id"]}]})
        made = self.post("/v1/keys", {"name": "k", "profile": "reader", "scopes": ["read", "write"]})
        key = {"Authorization": "Bearer " + made["token"], "Content-Type": "application/json"}
        for method, path, body in (("GET", "/v1/storage/scrub", None), ("POST", "/v1/storage/scrub", "{}"),
                                   ("POST", "/v1/catalog/retention", "{}"), ("POST", "/v1/catalog/gc", "{}"),
                                   ("POST", "/v1/catalog/datasets/by-name/people/retention", '{"keep_last":1}'),
                                   ("POST", "/v1/catalog/datasets/by-name/people/tags", '{"tag":"t","version":1}'),
                                   ("DELETE", "/v1/catalog/datasets/by-name/people/tags/t", None),
                                   ("POST", "/v1/catalog/datasets/by-name/people/compact", "")):
            self.assertEqual(self.server.request(method, path, body, key).status, 403, path)

    def test_a_restore_that_is_killed_goes_on_and_is_not_opened_before(self):
        self.fill("a", 4)
        self.server.kill()
        target = os.path.join(self.place, "target")
        for hit in range(1, 20):
            killed = run_command("restore", "--from", self.server.data, "--to", target, check=False,
                                 environment={"LAKEHOUSE_FAILPOINTS": f"catalog.copy.after_object:{hit}:kill"})
            if killed.returncode == 0:
                break
            early = Lakehouse(self.place, data=target, state=os.path.join(self.place, "early"))
            self.addCleanup(early.kill)
            early.start(expect_ready=False)
            self.assertFalse(early.await_ready())
            self.assertIn("did not come to its end", early.log_tail())
        self.assertGreater(hit, 3)
        run_command("fsck", "--data", target)


if __name__ == "__main__":
    unittest.main(verbosity=2)
