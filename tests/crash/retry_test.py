"""A client whose server died sends the same request again, under the same Idempotency-Key, to the next one: the rows are there once,
wherever the first one died, and so they are without a key when the bytes are the same."""
import http.client
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "system"))
sys.path.insert(0, os.path.dirname(__file__))
from kill_test import fsck  # noqa: E402
from lakehouse_process import Lakehouse, temporary_directory  # noqa: E402

# Before the record is there, after it is, after it is synced, after the commit was accepted in memory.
POINTS = ("catalog.commit.before_put:3", "catalog.commit.after_put:3", "storage.put.after_directory_sync:8", "ingest.after_commit:2")


class Retry(unittest.TestCase):
    def die_and_retry(self, rule, mode, headers):
        with temporary_directory(in_memory=True) as directory:
            server = Lakehouse(directory, environment={"LAKEHOUSE_FAILPOINTS": rule + ":kill"})
            self.addCleanup(server.kill)
            server.start()
            self.assertEqual(server.ingest("t", "id,v\n1,a\n2,b\n").status, 201)
            with self.assertRaises((OSError, http.client.HTTPException), msg=f"{rule} was not met"):
                server.ingest("t", "id,v\n3,c\n", mode=mode, headers=headers)
                server.ingest("t", "id,v\n4,d\n", mode=mode, headers={})
            server.kill()
            server.environment = {}
            server.start()
            answer = server.ingest("t", "id,v\n3,c\n", mode=mode, headers=headers)
            self.assertEqual(answer.status, 200, answer.body)
            again = server.ingest("t", "id,v\n3,c\n", mode=mode, headers=headers)
            self.assertEqual((again.status, again.json()["version"]), (200, answer.json()["version"]), again.body)
            self.assertEqual(server.rows("SELECT id, count(*) FROM t WHERE id < 4 GROUP BY id ORDER BY id"), [[1, 1], [2, 1], [3, 1]])
            server.kill()
            fsck(server, f"a kill at {rule} and a second try")

    def test_an_append_under_a_key_is_done_once(self):
        for rule in POINTS:
            with self.subTest(rule):
                self.die_and_retry(rule, "append", {"Idempotency-Key": "third"})

    def test_the_same_bytes_are_there_once_without_a_key(self):
        for rule in POINTS:
            with self.subTest(rule):
                self.die_and_retry(rule, "auto", {})


if __name__ == "__main__":
    unittest.main(verbosity=2)
