"""What clients asked of vector indexes and what was acknowledged, kept outside the lake, and the comparison with what the indexes hold.

Every item has a vector that says which version of it this is, so that a search for the vector tells whether the version is there. After
any kill: what was acknowledged is there, or something that was asked for later; nothing that was never asked; and every item that is there
is what a search for it finds first."""
import http.client
import json
import threading

from ledger import ServerGone

MAIN, FRESH = "kills", "fresh"
DIMENSION = 4
ITEMS = 30


class VectorLedger:
    """One client thread at a time."""

    def __init__(self):
        self.lock = threading.Lock()
        self.version = 0
        self.possible = {}  # item -> versions that may be there; 0: none
        self.done = 0

    def prepare(self, server):
        for name in (MAIN, FRESH):
            self._send(server, "POST", "/v1/vectors/index", {"name": name, "dimension": DIMENSION, "metric": "euclidean"}, (201, 409))

    def add(self, server, items=range(ITEMS)):
        self.version += 1
        version = self.version
        wanted = [f"i{item}" for item in items]
        self._ask(wanted, version)
        body = {"items": [{"id": item, "vector": vector_of(item, version), "metadata": {"version": version}} for item in wanted]}
        if self._send(server, "POST", f"/v1/vectors/index/{MAIN}/add", body):
            self._acknowledge(wanted, version)

    def remove(self, server):
        wanted = [f"i{item}" for item in range(0, ITEMS, 7)]
        self._ask(wanted, 0)
        if self._send(server, "POST", f"/v1/vectors/index/{MAIN}/delete", {"ids": wanted}):
            self._acknowledge(wanted, 0)

    def merge(self, server):
        """New items come by way of another index, which is cleared."""
        self.version += 1
        version = self.version
        wanted = [f"m{version}-{n}" for n in range(3)]
        self._ask(wanted, version)
        body = {"items": [{"id": item, "vector": vector_of(item, version), "metadata": {"version": version}} for item in wanted]}
        if not self._send(server, "POST", f"/v1/vectors/index/{FRESH}/add", body):
            return
        self._acknowledge(wanted, version)  # in one of the two from now on, whatever becomes of the merge
        self._send(server, "POST", f"/v1/vectors/index/{FRESH}/merge", {"dest": MAIN, "clear_source": True})

    def maintain(self, server, **what):
        self._send(server, "POST", f"/v1/vectors/index/{MAIN}/maintain", what)

    def tune(self, server):
        answer = self._ask_server(server, "POST", "/v1/vectors/hnsw/trial", {"index_name": MAIN, "config": {"lists": 2}})
        if answer.status == 200:
            trial = answer.json()["id"]
            self._send(server, "POST", f"/v1/vectors/hnsw/promote/{MAIN}/{trial}?min_recall=0.1", None)
            self._send(server, "POST", f"/v1/vectors/hnsw/rollback/{MAIN}", None)

    def _ask(self, items, version):
        with self.lock:
            for item in items:
                self.possible.setdefault(item, [0]).append(version)

    def _acknowledge(self, items, version):
        with self.lock:
            self.done += 1
            for item in items:
                self.possible[item] = [version]  # what was asked for before can no longer come

    def _ask_server(self, server, method, path, body):
        try:
            return server.request(method, path, None if body is None else json.dumps(body), {"Content-Type": "application/json"}, 60)
        except (OSError, http.client.HTTPException) as error:
            raise ServerGone(str(error)) from error

    def _send(self, server, method, path, body, good=(200,)):
        return self._ask_server(server, method, path, body).status in good

    def check(self, server):
        listed = {index["name"]: index for index in answer_of(server, "GET", "/v1/vectors/index")["indexes"]}
        broken = {name: index["problem"] for name, index in listed.items() if index["state"] != "ready"}
        if broken:
            raise AssertionError(f"indexes that cannot be opened: {broken}")
        if MAIN not in listed or FRESH not in listed:
            assert not self.done, f"an index that took {self.done} requests is gone; there are {sorted(listed)}"
            return
        present = 0
        for item, versions in sorted(self.possible.items()):
            in_main = version_of(server, MAIN, item)
            found = in_main or (version_of(server, FRESH, item) if item.startswith("m") else 0)
            if found not in versions:
                raise AssertionError(f"item {item} has version {found}; there may be {versions}")
            if in_main:
                present += 1
                self._check_found(server, item, in_main)
        length = answer_of(server, "GET", f"/v1/vectors/index/{MAIN}")["length"]
        if length != present:
            raise AssertionError(f"the index says {length} items, {present} are known")

    def _check_found(self, server, item, version):
        body = {"vector": vector_of(item, version), "k": 1}
        hits = answer_of(server, "POST", f"/v1/vectors/index/{MAIN}/search", body)["results"]
        if not hits or hits[0]["id"] != item or hits[0]["distance"] != 0 or hits[0]["metadata"] != {"version": version}:
            raise AssertionError(f"a search for item {item} version {version} finds {hits}")


def vector_of(item, version):
    """Another one for every item and version, exact in float32."""
    kind, _, rest = item[1:].partition("-")
    return [int(kind), version, int(rest or 0) + 1, 1 if item[0] == "m" else 2]


def version_of(server, index, item):
    answer = server.get(f"/v1/vectors/index/{index}/items/{item}")
    if answer.status == 404:
        return 0
    if answer.status != 200:
        raise AssertionError(f"the check itself failed: {answer.status} {answer.body[:500]!r}")
    return answer.json()["metadata"]["version"]


def answer_of(server, method, path, body=None):
    answer = server.request(method, path, None if body is None else json.dumps(body), {"Content-Type": "application/json"})
    if answer.status != 200:
        raise AssertionError(f"the check itself failed: {method} {path}: {answer.status} {answer.body[:500]!r}")
    return answer.json()
