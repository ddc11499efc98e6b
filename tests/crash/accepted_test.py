"""What was answered 202 comes in, once, however often it was sent and whatever happens to the process before: killed while files are sent,
while jobs wait, while they run, and again while they are taken up. A job answers under its id in every later process. What was cancelled stays cancelled, and what is
damaged on the way is a recorded error."""
import concurrent.futures
import glob
import http.client
import io
import itertools
import os
import random
import sys
import threading
import time
import unittest
import zipfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "system"))
sys.path.insert(0, os.path.dirname(__file__))
from kill_test import fsck, let_pass  # noqa: E402
from lakehouse_process import Lakehouse, multipart, temporary_directory  # noqa: E402

ROWS = 200_000
LONG = "id,v\n" + "".join(f"{n},value number {n * 7919}\n" for n in range(ROWS))
BUSY = {"LAKEHOUSE_FAILPOINTS": "ingest.after_parse:1:delay_4000"}  # the only runner, so that what comes waits
KILLS = 5
JOBS = 20  # rows that are sent between two kills, at most
PATIENCE = 300.0  # seconds for everything to come in, on any machine
DONE = ("committed", "unchanged")


def packed(documents):
    octets = io.BytesIO()
    with zipfile.ZipFile(octets, "w") as archive:
        for name, text in documents.items():
            archive.writestr(name, text)
    return octets.getvalue()


class Accepted(unittest.TestCase):
    def setUp(self):
        directory = temporary_directory(in_memory=True)
        self.addCleanup(directory.cleanup)
        self.server = Lakehouse(directory.name, ("up", "--set", "ingest.runners=1"), environment=BUSY)
        self.addCleanup(self.server.kill)
        self.server.start()

    def restart(self):
        """The next process, whose runner is not held up."""
        self.server.kill()
        self.server.environment = {}
        self.server.start()

    def send(self, name, content, file_name="data.csv", **fields):
        """The id of a job that was accepted."""
        body, content_type = multipart({"name": name, "mode": "auto", **fields}, "file", file_name, content)
        answer = self.server.request("POST", "/v1/ingest?async=1", body, {"Content-Type": content_type})
        self.assertEqual(answer.status, 202, answer.body)
        return answer.json()["job"]["id"]

    def send_until_killed(self, numbers, chance):
        """Jobs that were accepted before the kill, by the number of their row, each sent up to five times at once. Whether the last ones
        were accepted nobody knows."""
        accepted = {}

        def send(number):
            try:
                accepted.setdefault(number, []).append(self.send("t", f"id\n{number}\n"))
                return True
            except (OSError, http.client.HTTPException):
                return False

        kill = threading.Timer(chance.uniform(0.03, 0.8), self.server.kill)
        kill.start()
        with concurrent.futures.ThreadPoolExecutor(5) as senders:
            for number in numbers:
                if not all(senders.map(send, [number] * chance.randint(1, 5))):
                    break
        kill.join()
        return {number: jobs for number, jobs in accepted.items() if jobs}

    def cancel(self, job):
        """Whether it cannot have begun."""
        answer = self.server.request("DELETE", f"/v1/ingest/jobs/{job}")
        self.assertEqual(answer.status, 202, answer.body)
        return answer.json()["job"]["state"] == "queued"

    def job(self, job):
        answer = self.server.get(f"/v1/ingest/jobs/{job}")
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()["job"]

    def await_job(self, job):
        deadline = time.monotonic() + PATIENCE
        while True:
            found = self.server.get(f"/v1/ingest/jobs/{job}?wait_ms=20000").json()["job"]
            if found["state"] not in ("queued", "running"):
                return found["state"]
            self.assertLess(time.monotonic(), deadline, f"never ends: {found}; log:\n{self.server.log_tail()}")

    def shelved(self):
        """Ids of the jobs whose files are kept."""
        paths = glob.glob(os.path.join(self.server.state, "accepted", "*", "uploads", "*", "*"))
        return {os.path.basename(os.path.dirname(path)) for path in paths if not path.endswith("/ended.json")}

    def test_what_was_accepted_comes_in_once_across_kills(self):
        seed = random.SystemRandom().randrange(1 << 32)
        chance = random.Random(seed)
        with self.subTest(f"seed {seed}"):
            self.restart()
            self.assertEqual(self.server.ingest("c", "id,v\n1,old\n2,old\n").status, 201)
            self.server.environment = BUSY
            self.server.kill()
            self.server.start()
            long = self.send("long", LONG)
            zipped = self.send("docs", packed({"a.md": "# One\n\nThe first passage.", "b.txt": "The second passage."}), "docs.zip")
            created = self.send("n", "id\n7\n", mode="create")
            upserted = self.send("c", "id,v\n2,new\n3,new\n", mode="upsert", key="id")
            replaced = self.send("r", "id\n8\n", mode="replace")
            cancelled = self.send("never", "id\n1\n")
            self.assertTrue(self.cancel(cancelled), "the runner is busy with the first")
            accepted, asked = {}, 0
            for _ in range(KILLS):
                accepted.update(self.send_until_killed(range(asked, asked + JOBS), chance))
                asked += JOBS
                self.server.arguments[-1] = "ingest.runners=2"  # the same bytes at the same time
                self.restart()
            let_pass(chance.uniform(0, 0.5))
            self.server.kill()
            fsck(self.server)
            self.restart()
            self.assertEqual(self.await_job(cancelled), "cancelled")
            every = [long, zipped, created, upserted, replaced, *itertools.chain(*accepted.values())]
            for job in every:
                self.assertIn(self.await_job(job), DONE, "under the id that was told")
            self.assertEqual(self.server.rows("SELECT count(*), count(DISTINCT id) FROM long"), [[ROWS, ROWS]])
            self.assertEqual(self.server.rows("SELECT count(*), count(DISTINCT uri) FROM docs"), [[2, 2]])
            self.assertEqual(self.server.rows("SELECT id, v FROM c ORDER BY id"), [[1, "old"], [2, "new"], [3, "new"]])
            self.assertEqual(self.server.rows("SELECT n.id, r.id FROM n, r"), [[7, 8]])
            self.assertEqual(self.server.get("/v1/catalog/datasets/never").status, 404)
            rows = [row[0] for row in self.server.rows("SELECT id FROM t ORDER BY id")] if accepted else []
            self.assertEqual(sorted(set(rows)), rows, "each once")
            self.assertLessEqual(set(accepted), set(rows), "all that was accepted")
            self.assertEqual(self.shelved(), set(), "and nothing is kept for longer")
            self.restart()
            for job in every:
                self.assertIn(self.job(job)["state"], DONE, "in every later process")

    def test_a_stop_in_good_order_keeps_what_waits(self):
        self.send("first", "id\n1\n")
        jobs = [self.send("t", f"id\n{n}\n") for n in range(JOBS)]
        self.assertEqual(self.server.stop(timeout=120), 0)
        self.assertEqual(len(self.shelved()), JOBS + 1)
        self.restart()
        for job in jobs:
            self.assertIn(self.await_job(job), DONE)
        self.assertEqual(self.server.rows("SELECT id FROM t ORDER BY id"), [[n] for n in range(JOBS)])

    def test_where_another_process_writes_by_now_it_stays_until_it_can_come_in(self):
        place = temporary_directory(in_memory=True)
        self.addCleanup(place.cleanup)
        heir = Lakehouse(place.name, data=self.server.data)
        self.addCleanup(heir.kill)
        self.send("first", "id\n1\n")
        jobs = [self.send("t", f"id\n{n}\n") for n in range(3)]
        self.server.kill()
        heir.start()
        self.assertEqual(heir.ingest("other", "id\n1\n").status, 201)
        self.restart()
        for job in jobs:
            self.assertEqual(self.await_job(job), "failed")
            self.assertEqual(self.job(job)["error"]["code"], "not_writer")
        self.assertLessEqual(set(jobs), self.shelved())
        heir.kill()
        self.restart()
        for job in jobs:
            self.assertEqual(self.await_job(job), "committed")
        self.assertEqual(self.server.rows("SELECT id FROM t ORDER BY id"), [[n] for n in range(3)])

    def test_damage_is_a_recorded_error_and_no_reason_not_to_start(self):
        self.send("first", "id\n1\n")
        jobs = [self.send("t", f"id\n{n}\n") for n in range(4)]
        self.server.kill()
        damaged = jobs[:2]
        for job, name in zip(damaged, ("intent.json", "source.%")):
            path, = glob.glob(os.path.join(self.server.state, "accepted", "*", "uploads", job, name))
            os.chmod(path, 0o644)
            with open(path, "r+b") as file:
                file.write(b"damaged")
        self.restart()
        self.assertEqual([self.await_job(job) for job in damaged], ["failed"] * 2)
        self.assertEqual([self.await_job(job) for job in jobs[2:]], ["committed"] * 2)
        recorded = {record["object"]: record["kind"] for record in self.server.get("/v1/errors?limit=1000").json()["errors"]}
        self.assertEqual([recorded.get(job) for job in damaged], ["corrupt_object"] * 2)
        self.assertEqual(self.server.rows("SELECT id FROM t ORDER BY id"), [[2], [3]])
        self.assertEqual(self.shelved(), set(damaged), "what is damaged stays for somebody to look at")
        for job in damaged:
            self.cancel(job)
        self.assertEqual(self.shelved(), set(), "until somebody cancels it")


if __name__ == "__main__":
    unittest.main(verbosity=2)
