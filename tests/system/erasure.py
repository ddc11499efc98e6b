"""What was deleted, compacted and collected is in no octet of any object of the lake, wherever its objects are, nor of the machine's state:
searched as they stand, and what is packed by its values. Used by tests of lakes in directories and in buckets."""
import contextlib
import json
import os

from lakehouse_process import Lakehouse
from witness import files_below, wait_until

SETTINGS = ("--set", "gc.grace=0ms", "--set", "gc.interval=0ms", "--set", "compact.interval=1000000s", "--set", "catalog.checkpoint_records=4")
DELETED, REPLACED = "Erika Mustermann 4711", "12 Rather Hidden Lane"
WORD = "quixotaphone"  # in so many rows that whoever learns words learns it
JSON = {"Content-Type": "application/json"}
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

    def holds(self, test, key, octets, word):
        is_packed = octets[:4] == PACKED
        return word.encode().lower() in octets.lower() or (is_packed and word.lower() in self.values(test, key, octets).lower()) or word in key


def files_of(directory):
    for name in files_below(directory):
        with contextlib.suppress(FileNotFoundError), open(os.path.join(directory, name), "rb") as file:
            yield name, file.read()


def expect_forgotten(test, server, objects, home):
    """A word that a corpus has learned, an index has as metadata, and the machine keeps in files of its own: copies of objects, what workers
    have linked, masked files, a hot file."""
    reader = Reader(test, home)

    def holders(octets_by_name, word=WORD):
        return [name for name, octets in octets_by_name if reader.holds(test, name, octets, word)]

    def post(path, body=None, headers=None):
        answer = server.request("POST", path, "" if body is None else json.dumps(body), JSON | (headers or {}), timeout=120)
        test.assertLess(answer.status, 300, (path, answer.body))
        return answer.json()

    def await_corpus():
        newest = server.get("/v1/catalog/datasets/letters").json()["dataset"]["head"]["version"]
        state = lambda: server.get("/v1/corpora/letters").json()
        wait_until("the corpus is as its dataset", lambda: (info := state())["state"] == "ready" and info["version"] == newest and info, 120)
        return state()

    def search():
        body = {"query_text": f"who has a {WORD}", "corpora": ["letters"]}
        return [hit["id"] for hit in post("/v1/matrix/search", body)["results"] if WORD in json.dumps(hit)]

    letters = "".join(f"{n},writer {n},letter {n} about the {WORD if n % 3 == 0 else 'weather'} of street {n}\n" for n in range(60))
    test.assertEqual(server.ingest("letters", "id,who,body\n" + letters).status, 201)
    post("/v1/corpora", {"name": "letters", "dataset": "letters", "id_column": "id", "text_columns": ["body"]})
    await_corpus()
    test.assertTrue(search())
    post("/v1/vectors/index", {"name": "notes", "dimension": 4, "metric": "cosine"})
    post("/v1/vectors/index/notes/add", {"items": [{"id": f"n{n}", "vector": [n + 1, 1, 2, 3], "metadata": {"says": WORD if n < 3 else "nothing"}} for n in range(9)]})
    post("/v1/vectors/index/notes/maintain", {})
    post("/v1/query/cache/pin", {"dataset": "letters"})
    post("/v1/profiles", {"name": "masked", "datasets": ["letters"], "views": [{"dataset": "letters", "redactions": [{"column": "who", "kind": "hash"}]}]})
    post("/v1/profiles/masked/activate", {"version": 1})
    token = post("/v1/keys", {"name": "masked", "profile": "masked", "scopes": ["read"]})["token"]
    count = f"SELECT count(*) FROM letters WHERE body LIKE '%{WORD}%'"
    for headers in ({}, {"Authorization": f"Bearer {token}"}):
        test.assertEqual(post("/v1/sql", {"sql": count}, headers)["rows"], [[20]])
    test.assertEqual(server.rows("SELECT count(*) FROM letters AT (VERSION => 1) WHERE who LIKE 'w%'"), [[60]])
    test.assertTrue({name.split("/")[0] for name in holders(files_of(server.state))} >= {"cache"}, "the machine keeps some of it")
    test.assertLessEqual({"datasets", "_corpora", "_vectors"}, {key.split("/")[0] for key in holders(objects())})

    post("/v1/datasets/letters/delete-rows", {"key": "id", "values": [str(n) for n in range(0, 60, 3)]})
    post("/v1/vectors/index/notes/delete", {"ids": ["n0", "n1", "n2"]})
    post("/v1/catalog/datasets/by-name/letters/compact")
    index = await_corpus()["vector_index"]
    test.assertEqual(search(), [])
    for name in ("notes", index):
        for _ in range(2):  # the generation before the newest one stays, too
            post(f"/v1/vectors/index/{name}/maintain", {"compact": True})
    post("/v1/catalog/retention", {"keep_last": 1})
    post("/v1/catalog/gc", {"run": True})
    test.assertEqual(holders(objects()), [])
    with contextlib.suppress(AssertionError):
        wait_until("the machine has forgotten it", lambda: not holders(files_of(server.state)), 60)
    test.assertEqual(holders(files_of(server.state)), [])
    for headers in ({}, {"Authorization": f"Bearer {token}"}):
        test.assertEqual(post("/v1/sql", {"sql": count}, headers)["rows"], [[0]])
    test.assertEqual(holders(files_of(server.state)), [])


def expect_erased(test, server, objects, home):
    """`server` runs with SETTINGS on an empty lake; `objects()`: key and octets of all that the lake holds; `home`: a free place."""
    reader = Reader(test, home)

    def holders(word):
        """Keys of the objects that hold the word."""
        return [key for key, octets in objects() if reader.holds(test, key, octets, word)]

    def post(path, body=None):
        answer = server.request("POST", path, "" if body is None else json.dumps(body), JSON, timeout=120)
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
