"""What was deleted, compacted and collected is in no octet of any object of the lake, wherever its objects are: searched as they stand, and
what is packed by its values. Used by tests of lakes in directories and in buckets."""
import json
import os

from lakehouse_process import Lakehouse

SETTINGS = ("--set", "gc.grace=0ms", "--set", "gc.interval=0ms", "--set", "compact.interval=1000000s", "--set", "catalog.checkpoint_records=4")
DELETED, REPLACED = "Erika Mustermann 4711", "12 Rather Hidden Lane"
PACKED = b"PAR1"  # Parquet, whose values are compressed


class Reader:
    """A second lake, which reads in the Parquet objects of the first: each once, as one that has been read never changes."""

    def __init__(self, test, home):
        os.makedirs(home)
        self.server = Lakehouse(home)
        test.addCleanup(self.server.kill)
        self.server.start()
        self.texts = {}

    def values(self, test, key, octets):
        if key not in self.texts:
            name = f"object_{len(self.texts)}"
            answer = self.server.ingest(name, octets, file_name="some.parquet")
            test.assertEqual(answer.status, 201, (key, answer.body))
            self.texts[key] = json.dumps(self.server.rows(f"SELECT * FROM {name}"))
        return self.texts[key]


def expect_erased(test, server, objects, home):
    """`server` runs with SETTINGS on an empty lake; `objects()`: key and octets of all that the lake holds; `home`: a free place."""
    reader = Reader(test, home)

    def holders(word):
        """Keys of the objects that hold the word."""
        found = []
        for key, octets in objects():
            packed = octets[:4] == PACKED
            if word.encode() in octets or (packed and word in reader.values(test, key, octets)) or word in key:
                found.append(key)
        return found

    def post(path, body=None):
        answer = server.request("POST", path, "" if body is None else json.dumps(body), {"Content-Type": "application/json"}, timeout=120)
        test.assertLess(answer.status, 300, answer.body)
        return answer.json()

    for part in range(4):
        rows = "".join(f"{part * 10 + row},person {part * 10 + row},{row} Broad Street\n" for row in range(10))
        test.assertIn(server.ingest("people", "id,who,street\n" + rows, mode="auto").status, (200, 201))
    test.assertEqual(server.ingest("people", f"id,who,street\n99,{DELETED},1 Main Street\n98,Zoe,{REPLACED}\n", mode="append").status, 200)
    test.assertEqual(server.ingest("people", "id,who,street\n98,Zoe,2 Main Street\n", mode="upsert", key="id").status, 200)
    deleted = post("/v1/datasets/people/delete-rows", {"key": "who", "values": [DELETED]})
    test.assertEqual(deleted["job"]["state"], "committed", deleted)
    kinds = {key.split("/")[2] for key in holders(DELETED)}
    test.assertLessEqual({"data", "manifest"}, kinds, "the past has it, and the bounds of columns too")
    test.assertTrue(holders(REPLACED), "the past has it")

    before = server.rows("SELECT * FROM people ORDER BY id")
    test.assertEqual(len(before), 41)
    test.assertEqual(post("/v1/catalog/datasets/by-name/people/compact")["job"]["state"], "committed")
    post("/v1/catalog/datasets/by-name/people/retention", {"keep_last": 1})
    test.assertGreaterEqual(post("/v1/catalog/gc", {"run": True})["expired_versions"], 6)
    test.assertEqual((holders(DELETED), holders(REPLACED)), ([], []))
    test.assertEqual(server.rows("SELECT * FROM people ORDER BY id"), before)
    searched = list(objects())
    packed = sum(octets[:4] == PACKED for _, octets in searched)
    test.assertGreater(packed, 1)
    print(f"nothing erased is in {len(searched)} objects of {sum(len(octets) for _, octets in searched)} octets, {packed} of them unpacked")
