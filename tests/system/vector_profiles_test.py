"""Two profiles, bound to two buckets and two indexes: what each key finds is its own, while operators train, promote, roll back and move profiles."""
import json
import threading
import unittest

from lakehouse_process import Lakehouse, temporary_directory

TOKEN = "the-administrator-of-this-test"
SIDES = ("north", "south")
ITEMS = 400
DIMENSION = 8


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def vector_of(item):
    """Another one for every item, exact in float32; the items of both sides are the same points."""
    return [item % 7, item % 11, item % 13, item % 17, item % 19, item % 23, item, 1]


class Searcher(threading.Thread):
    """Searches its own index until told to stop, by every way there is; keeps what went wrong."""

    def __init__(self, test, side, key):
        super().__init__()
        self.test, self.side, self.key = test, side, key
        self.wrong, self.searches, self.ends = [], 0, threading.Event()

    def run(self):
        other = SIDES[1 - SIDES.index(self.side)]
        while not self.ends.is_set():
            item = self.searches * 31 % ITEMS
            answer = self.test.search(self.side, item, self.key, exact=item % 3 == 0)
            hits = answer.json().get("results", []) if answer.status == 200 else []
            if not hits or hits[0]["id"] != f"{self.side}-{item}" or any(hit["metadata"] != {"side": self.side} for hit in hits):
                self.wrong.append((item, answer.status, answer.body[:300]))
            if (strange := self.test.search(other, item, self.key)).status != 404:
                self.wrong.append((other, strange.status, strange.body[:300]))
            self.searches += 1


class VectorProfiles(unittest.TestCase):
    def setUp(self):
        context = temporary_directory()
        directory = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        self.server = Lakehouse(directory, ("up", "--set", "auth.required=true"), {"LAKEHOUSE_SECRET_AUTH_TOKEN": TOKEN})
        self.server.start()
        self.addCleanup(self.server.kill)
        self.keys = {side: self.prepare(side) for side in SIDES}

    def send(self, method, path, body=None, token=TOKEN):
        return self.server.request(method, path, None if body is None else json.dumps(body), {"Content-Type": "application/json", **bearer(token)})

    def made(self, method, path, body=None):
        answer = self.send(method, path, body)
        self.assertIn(answer.status, (200, 201), (path, answer.body))
        return answer.json()

    def rows(self, sql, token=TOKEN):
        return self.made_by(token, "POST", "/v1/sql", {"sql": sql})["rows"]

    def made_by(self, token, method, path, body=None):
        answer = self.send(method, path, body, token)
        self.assertIn(answer.status, (200, 201), (path, answer.body))
        return answer.json()

    def prepare(self, side):
        """A bucket, documents and an index in it, and the key of a profile that sees these two; the key."""
        self.made("POST", "/v1/storage/buckets", {"name": side})
        self.made("POST", "/v1/profiles", {"name": side, "bucket": side, "datasets": [f"docs_{side}", f"vectors_{side}"]})
        self.assertEqual(self.server.ingest(f"docs_{side}", f"id,text\n1,of the {side}\n", headers={**bearer(TOKEN), "X-Lakehouse-Bucket": side}).status, 201)
        self.assertEqual(self.made("POST", "/v1/vectors/index", {"name": side, "dimension": DIMENSION, "metric": "euclidean", "bucket": side})["bucket"], side)
        items = [{"id": f"{side}-{item}", "vector": vector_of(item), "metadata": {"side": side}} for item in range(ITEMS)]
        self.made("POST", f"/v1/vectors/index/{side}/add", {"items": items})
        self.made("POST", f"/v1/vectors/index/{side}/maintain", {"retrain": True})
        return self.made("POST", "/v1/keys", {"name": side, "profile": side, "scopes": ["read"]})["token"]

    def search(self, side, item, token, **fields):
        return self.send("POST", f"/v1/vectors/index/{side}/search", {"vector": vector_of(item), "k": 5, **fields}, token)

    def found(self, side, token):
        return {hit["id"].partition("-")[0] for hit in self.search(side, 5, token).json()["results"]}

    def test_each_key_finds_what_is_its_own_and_nothing_says_that_there_is_more(self):
        for side, other in (SIDES, SIDES[::-1]):
            key = self.keys[side]
            self.assertEqual(self.found(side, key), {side})
            self.assertEqual(self.rows(f"SELECT text FROM docs_{side}", key), [[f"of the {side}"]])
            self.assertEqual(self.rows(f"SELECT count(*) FROM vectors_{side}", key), [[ITEMS]])
            self.assertEqual([index["name"] for index in self.made_by(key, "GET", "/v1/vectors/index")["indexes"]], [side])
            self.assertEqual(self.send("POST", "/v1/sql", {"sql": f"FROM vectors_{other}"}, key).status, 404)
            for hidden in (other, other.upper(), "nothing"):
                for method, path, body in (("POST", "search", {"vector": vector_of(1)}), ("POST", "search", {"vector": [1]}), ("POST", "search/batch", {"vectors": [vector_of(1)]}),
                                           ("GET", f"items/{other}-1", None), ("GET", "", None)):
                    answer = self.send(method, f"/v1/vectors/index/{hidden}/{path}".rstrip("/"), body, key)
                    self.assertEqual((answer.status, answer.error()["code"]), (404, "index_not_found"), (hidden, path))
                    self.assertEqual(answer.error()["message"], f'there is no index "{hidden}" for this API key')
            for path, body in ((f"index/{side}/add", {"items": []}), (f"index/{side}/maintain", {}), ("hnsw/trial", {"index_name": side}), (f"hnsw/rollback/{side}", None)):
                self.assertEqual(self.send("POST", f"/v1/vectors/{path}", body, key).status, 403, path)
            self.assertEqual(self.rows(f"SELECT DISTINCT split_part(key, '/', 2), dataset FROM system.files WHERE dataset LIKE '%{side}' ORDER BY ALL"),
                             [[side, f"docs_{side}"], [side, f"vectors_{side}"]], "embeddings lie in the bucket")

    def test_a_key_that_may_only_read_searches_and_one_bound_to_a_bucket_makes_its_indexes_there(self):
        reader = self.made("POST", "/v1/keys", {"name": "reader", "scopes": ["read"]})["token"]
        self.assertEqual(self.found("north", reader), {"north"})
        self.assertEqual(self.send("POST", "/v1/vectors/index/north/delete", {"ids": ["north-1"]}, reader).status, 403)
        self.made("POST", "/v1/profiles", {"name": "southern", "bucket": "south"})
        writer = self.made("POST", "/v1/keys", {"name": "writer", "profile": "southern", "scopes": ["read", "write"]})["token"]
        index = {"name": "mine", "dimension": 2, "metric": "cosine"}
        refused = self.send("POST", "/v1/vectors/index", {**index, "bucket": "north"}, writer)
        self.assertEqual((refused.status, refused.error()["code"]), (403, "bucket_not_allowed"))
        self.assertEqual(self.made_by(writer, "POST", "/v1/vectors/index", index)["bucket"], "south")
        nowhere = self.send("POST", "/v1/vectors/index", {**index, "name": "lost", "bucket": "west"})
        self.assertEqual((nowhere.status, nowhere.error()["code"]), (404, "unknown_bucket"))

    def test_indexes_are_trained_rewritten_promoted_and_rolled_back_while_both_keys_search(self):
        searchers = [Searcher(self, side, self.keys[side]) for side in SIDES]
        for searcher in searchers:
            searcher.start()
        try:
            for side in SIDES:
                before = self.made("GET", f"/v1/vectors/hnsw/promoted/{side}")
                self.assertNotIn("current", {name for name, value in before.items() if value})
                first = self.made("POST", "/v1/vectors/hnsw/trial", {"index_name": side, "config": {"lists": 4}})
                second = self.made("POST", "/v1/vectors/hnsw/trial", {"index_name": side, "config": {"lists": 8, "seed": 7}})
                promoted = self.made("POST", f"/v1/vectors/hnsw/promote/{side}/{first['id']}?min_recall=0.9")
                self.assertEqual(promoted["current"]["config"], {"lists": 4})
                self.made("POST", f"/v1/vectors/index/{side}/maintain", {"retrain": True, "compact": True})
                self.assertEqual(self.made("POST", f"/v1/vectors/hnsw/promote/{side}/{second['id']}?min_recall=0.9")["current"]["trial_id"], second["id"])
                self.assertEqual(self.made("GET", f"/v1/vectors/index/{side}")["lists"], 8)
                back = self.made("POST", f"/v1/vectors/hnsw/rollback/{side}")
                self.assertEqual(back["current"]["trial_id"], first["id"])
                self.assertEqual(self.made("GET", f"/v1/vectors/index/{side}")["lists"], 4)
                foreign = self.send("POST", f"/v1/vectors/hnsw/promote/{SIDES[1 - SIDES.index(side)]}/{first['id']}")
                self.assertEqual(foreign.status, 404, "a trial is of its index")
            target = {searcher: searcher.searches + 5 for searcher in searchers}
            while any(searcher.is_alive() and searcher.searches < target[searcher] for searcher in searchers):
                pass
        finally:
            for searcher in searchers:
                searcher.ends.set()
            for searcher in searchers:
                searcher.join()
        for searcher in searchers:
            self.assertEqual(searcher.wrong, [], searcher.side)
            self.assertGreater(searcher.searches, 5)

    def test_a_profile_is_swapped_to_the_other_index_and_back_and_a_new_start_changes_nothing(self):
        key = self.keys["north"]
        self.assertEqual(self.found("north", key), {"north"})
        self.made("POST", "/v1/profiles", {"name": "north", "bucket": "south", "datasets": ["docs_south", "vectors_south"]})
        self.assertEqual(self.search("north", 1, key).status, 404, "from the next request on")
        self.assertEqual(self.found("south", key), {"south"})
        self.made("POST", "/v1/profiles/north/activate", {"version": 1})
        self.assertEqual(self.search("south", 1, key).status, 404)
        self.assertEqual(self.found("north", key), {"north"})
        self.server.kill()
        self.server.start()
        for side in SIDES:
            self.assertEqual(self.found(side, self.keys[side]), {side})
            self.assertEqual(self.made("GET", f"/v1/vectors/index/{side}")["bucket"], side)
        self.assertEqual(self.search("south", 1, key).status, 404)


if __name__ == "__main__":
    unittest.main()
