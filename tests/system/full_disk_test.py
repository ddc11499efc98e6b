"""Disks that are full: nothing half done stays, what was there is served, and once there is room the same request succeeds.

Prints one line and ends well where a small file system cannot be mounted."""
import json
import os
import random
import subprocess
import unittest

from lakehouse_process import Lakehouse, run_command, temporary_directory
from witness import Lake, wait_until

PLACES = ("data", "state")


class SmallDisk:
    """A tmpfs with a ballast file that takes its room away, to the page."""

    def __init__(self, path, size_bytes):
        self.path = path
        os.makedirs(path, exist_ok=True)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size_bytes}", "lakehouse-test", path], check=False, capture_output=True, text=True)
        self.refused = mounted.stderr.strip() if mounted.returncode else None

    @property
    def ballast(self):
        return os.path.join(self.path, "ballast")

    def free(self):
        facts = os.statvfs(self.path)
        return facts.f_bavail * facts.f_frsize

    def leave(self, size_bytes):
        """Takes all room but this much."""
        block = b"b" * 4096
        with open(self.ballast, "ab", buffering=0) as ballast:
            while self.free() > size_bytes:
                ballast.write(block * max(1, min(256, (self.free() - size_bytes) // 4096)))

    def make_room(self):
        if os.path.exists(self.ballast):
            os.unlink(self.ballast)

    def unmount(self):
        subprocess.run(["umount", "-l", self.path], check=False, capture_output=True)


def table(rows, seed):
    """CSV that does not pack well."""
    chance = random.Random(seed)
    return "id,word\n" + "".join(f"{number},{chance.randbytes(24).hex()}\n" for number in range(rows))


class FullDisk(unittest.TestCase):
    def on_small_disk(self, which, size_bytes):
        """A running lakehouse of which one directory, or "all", is on a small disk of its own."""
        home = temporary_directory()
        self.addCleanup(home.cleanup)
        disk = SmallDisk(os.path.join(home.name, which), size_bytes)
        if disk.refused:
            self.skipTest(f"a small file system cannot be mounted here: {disk.refused}")
        self.addCleanup(disk.unmount)
        places = PLACES if which == "all" else (which,)
        server = Lakehouse(home.name, **{place: os.path.join(disk.path, place) for place in places}).start()
        self.addCleanup(server.kill)
        self.assertEqual(server.ingest("people", "id,name\n1,Ann\n2,Bob\n").status, 201)
        self.assertEqual(server.rows("SELECT count(*) FROM people"), [[2]])
        return server, disk

    def expect_no_room(self, answer, server):
        self.assertIn(answer.status, (503, 507), answer.body[:500])
        self.assertIn("No space left on device", answer.body.decode(), "the operator reads why")
        recorded = server.get("/v1/errors?limit=100").json()["errors"]
        self.assertIn(answer.error()["request_id"], [record["request_id"] for record in recorded])

    def check_whole(self, server):
        self.assertEqual(server.rows("SELECT name FROM people ORDER BY id"), [["Ann"], ["Bob"]])
        done = run_command("fsck", "--data", server.data)
        self.assertIn("clean", done.stdout)

    def test_an_ingest_that_does_not_fit_leaves_nothing_and_succeeds_once_there_is_room(self):
        server, disk = self.on_small_disk("data", 32 << 20)
        content = table(60_000, 1)
        before = Lake(server)
        disk.leave(256 << 10)
        self.expect_no_room(server.ingest("words", content, mode="create"), server)
        self.assertEqual([change for change in before.changes()], [])
        disk.make_room()
        self.assertEqual(server.ingest("words", content, mode="create").status, 201)
        self.assertEqual(server.rows("SELECT count(*), count(DISTINCT word) FROM words"), [[60_000, 60_000]])
        self.check_whole(server)

    def test_an_upload_that_does_not_fit_the_spool_is_refused_and_succeeds_once_there_is_room(self):
        server, disk = self.on_small_disk("state", 64 << 20)
        content = table(60_000, 2)
        before = Lake(server)
        disk.leave(256 << 10)
        self.expect_no_room(server.ingest("words", content, mode="create"), server)
        self.assertEqual(before.changes(), [])
        self.assertEqual(server.rows("SELECT count(*) FROM people"), [[2]])
        disk.make_room()
        self.assertEqual(server.ingest("words", content, mode="create").status, 201)
        self.check_whole(server)

    def test_wherever_the_room_ends_an_ingest_is_whole_or_not_there(self):
        """From no room at all upwards, a page more each time: each write of an ingest is once the one that finds no room."""
        server, disk = self.on_small_disk("data", 32 << 20)
        content = table(2_000, 3)
        refused, pages = 0, 0
        while True:
            before = Lake(server)
            disk.leave(pages * 4096)
            answer = server.ingest("words", content, mode="create")
            disk.make_room()
            if answer.status == 201:
                break
            self.expect_no_room(answer, server)
            self.assertEqual(before.changes(), [], f"with {pages} pages left")
            refused, pages = refused + 1, pages + 1
        print(f"\nroom for {pages} pages of 4 KiB was enough, {refused} times there was less")
        self.assertGreater(refused, 5)
        self.assertEqual(server.rows("SELECT count(*) FROM words"), [[2_000]])
        self.check_whole(server)
        server.kill()
        server.start()
        self.assertEqual(server.rows("SELECT count(*) FROM words"), [[2_000]])

    def test_a_dataset_that_does_not_fit_the_cache_is_read_as_it_is_and_kept_hot_once_there_is_room(self):
        server, disk = self.on_small_disk("all", 64 << 20)
        self.assertEqual(server.ingest("words", table(60_000, 4), mode="create").status, 201)
        disk.leave(1 << 20)
        full = self.pin(server, "words")
        self.assertEqual((full["state"], full["bytes"]), ("failed", 0), full)
        self.assertIn("No space left on device", full["message"])
        self.assertEqual(server.rows("SELECT count(*), count(DISTINCT word) FROM words"), [[60_000, 60_000]])
        disk.make_room()
        self.assertEqual(self.pin(server, "words")["state"], "ready")
        self.assertEqual(server.rows("SELECT count(*), count(DISTINCT word) FROM words"), [[60_000, 60_000]])
        self.check_whole(server)

    def test_a_file_that_cannot_be_copied_for_a_worker_leaves_nothing_and_is_read_once_there_is_room(self):
        """The lake is on another disk than the state, so workers read copies."""
        server, disk = self.on_small_disk("state", 64 << 20)
        self.assertEqual(server.ingest("words", table(60_000, 5), mode="create").status, 201)
        disk.leave(256 << 10)
        self.expect_no_room(server.sql("SELECT count(*) FROM words"), server)
        self.assertGreater(disk.free(), 128 << 10, "half a copy stays")
        disk.make_room()
        self.assertEqual(server.rows("SELECT count(*), count(DISTINCT word) FROM words"), [[60_000, 60_000]])
        self.check_whole(server)

    def pin(self, server, dataset):
        answer = server.request("POST", "/v1/query/cache/pin", json.dumps({"dataset": dataset}), {"Content-Type": "application/json"}, 120)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()

    def test_a_query_that_spills_more_than_the_disk_holds_fails_alone(self):
        home = temporary_directory()
        self.addCleanup(home.cleanup)
        disk = SmallDisk(os.path.join(home.name, "state"), 64 << 20)
        if disk.refused:
            self.skipTest(f"a small file system cannot be mounted here: {disk.refused}")
        self.addCleanup(disk.unmount)
        small = ("up", "--set", "query.memory=64MiB", "--set", "query.spill=4GiB")
        server = Lakehouse(home.name, small, state=os.path.join(disk.path, "state")).start()
        self.addCleanup(server.kill)
        answer = server.sql("SELECT range, md5(range::VARCHAR) AS word FROM range(5000000) ORDER BY word DESC")
        self.assertIn(answer.status, (429, 503, 507), answer.body[:300])
        self.assertEqual(server.rows("SELECT 40 + 2"), [[42]])
        wait_until("the room comes back", lambda: disk.free() > 50 << 20)


if __name__ == "__main__":
    unittest.main()
