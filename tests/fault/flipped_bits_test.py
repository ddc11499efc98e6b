"""One flipped bit in an object of a lake, again and again, at random places of large objects of every kind: each is found, named, and never
answered with; the rest of the lake is served meanwhile, and with the whole object back everything is as before.

What a query reads (data, position deletes, manifests) must be refused by the query; everything must be found by the scrubber. Of what the
machine keeps for itself (hot and masked files, embeddings) an answer must stay as it was, and the file is made anew.
Usage: flipped_bits_test.py [--flips N] [--seed N]
"""
import argparse
import collections
import glob
import json
import os
import random
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, os.pardir, "system"), HERE]
from lakehouse_process import Lakehouse, run_command, temporary_directory
from providers_test import FakeOllama
from witness import key_of, wait_until

OPTIONS = None
JSON = {"Content-Type": "application/json"}
# Kinds whose digest another object holds: one of them alone does not say that it is damaged.
HELD_BY_OTHERS = {"data", "position deletes", "rejects", "manifest", "embeddings", "checkpoint", "part of a checkpoint", "format"}
WORDS = 4_000  # texts that no packing makes small


class Flipped(unittest.TestCase):
    def setUp(self):
        self.chance = random.Random(OPTIONS.seed)
        directory = temporary_directory(in_memory=True)
        self.addCleanup(directory.cleanup)
        self.home = home = directory.name
        self.server = Lakehouse(home, ("up", "--set", "gc.interval=0ms", "--set", "scrub.rate=0", "--set", "compact.interval=1000000s",
                                       "--set", "vector.fold_batches=1000000", "--set", "catalog.checkpoint_records=40", "--set", "ingest.replay_interval=1h",
                                       "--set", f"storage.rescue={home}/rescue", "--set", f"storage.buckets={home}/buckets"))
        self.addCleanup(self.server.kill)
        self.server.start()
        self.data = self.server.data

    def post(self, path, body):
        answer = self.server.request("POST", path, json.dumps(body), JSON, timeout=120)
        self.assertLess(answer.status, 300, answer.body[:500])
        return answer.json()

    def rows(self, statement):
        answer = self.server.ask(statement)
        self.assertEqual(answer.status, 200, answer.body[:500])
        return answer.json()["rows"]

    def text(self):
        return self.chance.randbytes(150).hex()

    def fill(self):
        """Objects of every kind, those of users about a megabyte."""
        rows = "id,text\n" + "".join(f"{row},{self.text()}\n" for row in range(WORDS))
        self.assertEqual(self.server.ingest("large", rows).status, 201)
        self.post("/v1/datasets/large/delete-rows", {"key": "id", "values": [str(row) for row in range(0, WORDS, 2)]})
        self.assertEqual(self.server.ingest("bad", "a,b\n1,x\n2,y,z\n").status, 201)
        for number in range(40):  # records enough for a checkpoint
            self.assertIn(self.server.ingest("small", f"a\n{number}\n", mode="auto").status, (200, 201))
        self.assertEqual(self.server.request("POST", "/v1/storage/buckets", '{"name":"archive"}', JSON).status, 201)
        self.post("/v1/vectors/index", {"name": "notes", "dimension": 64, "metric": "cosine"})
        for part in range(6):
            items = [{"id": f"i{part}-{n}", "vector": [self.chance.uniform(-1, 1) for _ in range(64)]} for n in range(600)]
            self.post("/v1/vectors/index/notes/add", {"items": items})
            if part == 4:  # the sixth part stays in the log
                self.post("/v1/vectors/index/notes/maintain", {})
        self.server.ingest("letters", "id,text\n" + "".join(f"{row},{self.text()} said so.\n" for row in range(WORDS)))
        self.post("/v1/corpora", {"name": "letters", "dataset": "letters", "id_column": "id", "text_columns": ["text"]})
        wait_until("the corpus is built", lambda: self.server.get("/v1/corpora/letters").json()["state"] == "ready", 300)
        self.post("/v1/ingest/schedules", {"name": "night", "kind": "objects", "url": "primary/incoming", "dataset": "large"})
        os.rename(f"{self.home}/buckets/archive", f"{self.home}/aside")
        self.assertEqual(self.server.ingest("late", rows, headers={"X-Lakehouse-Bucket": "archive"}).status, 202)
        os.rename(f"{self.home}/aside", f"{self.home}/buckets/archive")
        self.post("/v1/vectors/hnsw/autotune", {"index_name": "notes"})
        for number in range(200):
            self.server.sql(f"SELECT {self.text()} FROM nowhere{number}")
        self.assertEqual(self.server.request("POST", "/v1/errors/flush").status, 200)

    def kinds(self):
        """The largest object of every kind."""
        patterns = {"data": "datasets/large/data/*", "position deletes": "datasets/large/deletes/*", "rejects": "datasets/bad_rejects/data/*",
                    "manifest": "datasets/large/manifest/*", "record": "_catalog/log/*", "checkpoint": "_catalog/checkpoint/0*/*",
                    "part of a checkpoint": "_catalog/checkpoint/parts/*", "embeddings": "_vectors/notes/gen-*/*.parquet",
                    "saved index": "_vectors/notes/gen-*/*.lhv", "batch": "_vectors/notes/log/*", "journal of errors": "_errors/*/*",
                    "record of a bucket": "_buckets/archive.json", "owner": "_buckets/_owner.%", "format": "_catalog/format.json",
                    "declaration of a schedule": "_schedules/night/definition.json", "declaration of a corpus": "_corpora/letters/definition.json", "image of a corpus": "_corpora/letters/image*",
                    "log of trials": "_logs/*/*/*", "rescued file": "../rescue/_rescue/*/source*", "intent": "../rescue/_rescue/*/intent.json"}
        found = {}
        for kind, pattern in patterns.items():
            paths = glob.glob(os.path.normpath(os.path.join(self.data, pattern)))
            self.assertTrue(paths, f"no object of the kind {kind}: {pattern}")
            found[kind] = max(paths, key=os.path.getsize)
        return found

    def scrub(self):
        self.post("/v1/storage/scrub", {"bytes_per_second": 0})
        return wait_until("the scrub has ended", lambda: (state := self.server.get("/v1/storage/scrub").json()) and "scrub" not in state and state, 120)

    def flip(self, path, octets, bit):
        with open(path, "r+b") as file:
            file.seek(bit // 8)
            file.write(bytes([octets[bit // 8] ^ (1 << bit % 8)]))

    def test_every_one_is_found_and_none_is_answered_with(self):
        print(f"seed {OPTIONS.seed}")
        self.fill()
        asked = {"data": "SELECT count(*), sum(length(text)) FROM large", "position deletes": "SELECT count(*), sum(id) FROM large",
                 "rejects": "SELECT count(*) FROM bad_rejects"}
        good = {kind: self.rows(sql) for kind, sql in asked.items()}
        state = self.scrub()
        self.assertEqual((state["last_scrub"]["damaged"], state["quarantine"]), (0, []))
        kinds = self.kinds()
        for kind, path in kinds.items():
            self.assertTrue(run_command("inspect", path).stdout, kind)
        done = dict.fromkeys(kinds, 0)
        for number in range(OPTIONS.flips):
            kind = list(kinds)[number % len(kinds)]
            path = kinds[kind]
            with open(path, "rb") as file:
                octets = file.read()
            os.chmod(path, 0o644)
            bit = self.chance.randrange(len(octets) * 8)
            what = f"{kind}, bit {bit} of {len(octets) * 8}, seed {OPTIONS.seed}"
            self.flip(path, octets, bit)
            if done[kind] == 0 and kind not in HELD_BY_OTHERS:
                self.assertNotEqual(run_command("inspect", path, check=False).returncode, 0, what)
            if kind in asked:
                answer = self.server.ask(asked[kind])
                self.assertEqual((answer.status, answer.error()["code"]), (500, "corrupt_object"), what)
            state = self.scrub()
            in_rescue = path.startswith(f"{self.home}/rescue/")
            key = key_of("_buckets/rescue/" + os.path.relpath(path, f"{self.home}/rescue") if in_rescue else os.path.relpath(path, self.data))
            self.assertEqual([mark["key"] for mark in state["quarantine"]], [key], what)
            self.assertEqual(self.rows("SELECT count(*) FROM small"), [[40]], what)
            with open(path, "r+b") as file:
                file.write(octets)
            if kind in asked:
                self.assertEqual(self.scrub()["quarantine"], [], what)
                self.assertEqual(self.rows(asked[kind]), good[kind], what)
            done[kind] += 1
        self.assertEqual(self.scrub()["quarantine"], [])
        self.assertIsNone(self.server.process.poll(), "it did not crash")
        self.server.kill()
        self.server.start()
        for kind, sql in asked.items():
            self.assertEqual(self.rows(sql), good[kind])
        print(f"{sum(done.values())} flips, all found: " + ", ".join(f"{kind} {count} ({os.path.getsize(kinds[kind])} B)" for kind, count in done.items()))


class FlippedCaches(unittest.TestCase):
    """The files of a machine that speed it up."""

    def setUp(self):
        self.chance = random.Random(OPTIONS.seed)
        directory = temporary_directory(in_memory=True)
        self.addCleanup(directory.cleanup)
        self.provider = FakeOllama()
        self.addCleanup(self.provider.stop)
        self.server = Lakehouse(directory.name, ("up", "--set", "scrub.rate=0", "--set", "query.workers=3"),
                                {"LAKEHOUSE_EMBED_OLLAMA_URL": self.provider.url, "LAKEHOUSE_EMBED_OLLAMA_MODEL": "fake"}).start()
        self.addCleanup(self.server.kill)

    def post(self, path, body, headers=None):
        answer = self.server.request("POST", path, json.dumps(body), JSON | (headers or {}), timeout=120)
        self.assertLess(answer.status, 300, (path, answer.body[:500]))
        return answer.json()

    def scrub(self):
        self.post("/v1/storage/scrub", {"bytes_per_second": 0})
        return wait_until("the scrub has ended", lambda: (state := self.server.get("/v1/storage/scrub").json()) and "scrub" not in state and state, 120)["last_scrub"]

    def test_an_answer_stays_as_it_was_and_the_file_is_made_anew(self):
        print(f"seed {OPTIONS.seed}")
        rows = "id,who,text\n" + "".join(f"{row},writer {row},{self.chance.randbytes(150).hex()}\n" for row in range(WORDS))
        self.assertEqual(self.server.ingest("large", rows).status, 201)
        self.post("/v1/query/cache/pin", {"dataset": "large"})
        self.post("/v1/profiles", {"name": "masked", "datasets": ["large"], "views": [{"dataset": "large", "redactions": [{"column": "who", "kind": "null"}]}]})
        self.post("/v1/profiles/masked/activate", {"version": 1})
        key = {"Authorization": f"Bearer {self.post('/v1/keys', {'name': 'masked', 'profile': 'masked', 'scopes': ['read']})['token']}"}
        texts = [f"text number {number}" for number in range(40)]
        count = {"sql": "SELECT count(*), count(who), sum(hash(text) % 1000003) FROM large"}
        asked = {"hot": lambda: self.post("/v1/sql", count)["rows"], "masked": lambda: self.post("/v1/sql", count, key)["rows"],
                 "embeddings": lambda: self.post("/v1/embed", {"texts": texts, "model": "ollama"})["vectors"]}
        patterns = {"hot": "hot/*.duckdb", "masked": "masked/*.parquet", "embeddings": "embeddings/*.vectors"}
        good = {kind: ask() for kind, ask in asked.items()}
        self.assertEqual(self.scrub()["caches_damaged"], 0)
        [vectors] = glob.glob(os.path.join(self.server.state, "cache", patterns["embeddings"]))
        self.assertIn("40 vectors of 32 dimensions", run_command("inspect", vectors).stdout)
        done = collections.Counter()
        for number in range(max(OPTIONS.flips // 7, 6)):
            kind = list(asked)[number % len(asked)]
            wait_until(f"a file of the kind {kind}", lambda: glob.glob(os.path.join(self.server.state, "cache", patterns[kind])), 60)
            [path] = glob.glob(os.path.join(self.server.state, "cache", patterns[kind]))
            with open(path, "rb") as file:
                octets = file.read()
            os.chmod(path, 0o644)
            bit = self.chance.randrange(64, len(octets) * 8)  # what stands before is read when a process starts
            what = f"{kind}, bit {bit} of {len(octets) * 8}, seed {OPTIONS.seed}"
            known = len(self.provider.texts)
            with open(path, "r+b") as file:
                file.seek(bit // 8)
                file.write(bytes([octets[bit // 8] ^ (1 << bit % 8)]))
            # A file of embeddings keeps what was damaged before and made anew behind it: nobody reads it there.
            is_read = kind != "embeddings" or done[kind] == 0
            if number % 2:  # who asks first finds it, too
                self.assertEqual(asked[kind](), good[kind], what)
            else:
                self.assertIn(self.scrub()["caches_damaged"], (1,) if is_read else (0, 1), what)
            self.assertEqual(asked[kind](), good[kind], what)
            if kind == "embeddings" and is_read:
                wait_until("the provider has made the one that was damaged", lambda: len(self.provider.texts) == known + 1)
            if kind == "hot":
                wait_until("the hot file is there again", lambda: self.server.get("/v1/query/cache/stats").json()["datasets"][0]["state"] == "ready", 60)
            self.assertEqual(self.scrub()["caches_damaged"], 0, what)
            done[kind] += 1
        self.assertEqual(self.server.get("/v1/storage/scrub").json()["quarantine"], [])
        print(f"{done.total()} flips in caches, none answered with: {dict(done)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flips", type=int, default=60)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 30))
    OPTIONS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest])
