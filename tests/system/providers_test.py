"""The real server with an embedding provider that speaks as Ollama does, and fails in every way: what is ingested stays, searches go on, and
the errors are in one call."""
import collections
import json
import re
import threading
import time
import unittest
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from lakehouse_process import Lakehouse, temporary_directory

JSON = {"Content-Type": "application/json"}
DIMENSION = 32
PATIENCE = 240


def vector_of(text):
    """Texts that share words are near."""
    values = [0.0] * DIMENSION
    for word in re.findall(r"[a-z0-9]+", text.lower()):
        values[zlib.crc32(word.encode()) % DIMENSION] += 1
    return values


class FakeOllama:
    """POST /api/embed on a free port. `mood`: what its answers are like."""

    def __init__(self):
        self.mood = "works"
        self.texts = []  # that it was asked for while it worked
        self.ended = threading.Event()
        self.changed = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                texts = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["input"]
                try:
                    outer.answer(self, texts)
                except OSError:
                    pass  # the server hung up, as it should
                self.close_connection = True

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def set(self, mood):
        self.mood = mood
        self.changed.set()  # who hangs lets go
        self.changed = threading.Event()

    def answer(self, handler, texts):
        changed, mood = self.changed, self.mood
        if mood == "hangs up":
            return
        if mood == "slow":
            changed.wait(PATIENCE)
            return
        body = json.dumps({"embeddings": [vector_of(text) for text in texts]}).encode()
        if mood == "other dimension":
            body = json.dumps({"embeddings": [[1.0] * 5 for _ in texts]}).encode()
        if mood == "not a number":
            body = json.dumps({"embeddings": [[float("nan")] * DIMENSION for _ in texts]}).encode()
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Connection", "close")  # said, so that no request is sent into a connection that ends
        if mood in ("100 megabytes", "endless"):
            handler.end_headers()
            block = b" " * 100_000
            for _ in range(1_000) if mood == "100 megabytes" else iter(int, 1):
                if changed.is_set():
                    return
                handler.wfile.write(block)
            return
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)
        if mood == "works":
            self.texts += texts

    def stop(self):
        """Nobody listens there any more."""
        if self.mood == "down":
            return
        self.set("down")
        self.server.shutdown()
        self.server.server_close()


def ndjson(rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


def peak_kilobytes(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))


class Providers(unittest.TestCase):
    def setUp(self):
        directory = temporary_directory(in_memory=True)
        self.addCleanup(directory.cleanup)
        self.provider = FakeOllama()
        self.addCleanup(self.provider.stop)
        self.server = Lakehouse(directory.name, environment={"LAKEHOUSE_EMBED_OLLAMA_URL": self.provider.url, "LAKEHOUSE_EMBED_OLLAMA_MODEL": "fake",
                                                             "LAKEHOUSE_EMBED_TIMEOUT": "3s", "LAKEHOUSE_EMBED_QUERY_TIMEOUT": "3s"}).start()
        self.addCleanup(self.server.kill)
        rows = [{"id": f"n{n}", "text": f"{trade} number{n}."} for n, trade in enumerate(["Drives a forklift", "Joins steel pipe", "Cares for patients"] * 10)]
        self.ingest(rows)
        corpus = {"name": "staff", "dataset": "notes", "id_column": "id", "text_columns": ["text"], "embedder": "ollama"}
        self.assertEqual(self.server.request("POST", "/v1/corpora", json.dumps(corpus), JSON).status, 201)
        self.await_corpus(state="ready", version=1)

    def ingest(self, rows, **options):
        answer = self.server.ingest("notes", ndjson(rows), "notes.ndjson", **options)
        self.assertLess(answer.status, 300, answer.body)

    def await_corpus(self, **wanted):
        deadline = time.monotonic() + PATIENCE
        while True:
            info = self.server.get("/v1/corpora/staff").json()
            if all(info.get(name) == value for name, value in wanted.items()):
                return info
            self.assertLess(time.monotonic(), deadline, f"{info} is not {wanted}, mood {self.provider.mood}")
            time.sleep(.05)

    def search(self, text, **fields):
        answer = self.server.request("POST", "/v1/matrix/search", json.dumps({"query_text": text, "corpora": ["staff"], **fields}), JSON)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()

    def await_meaning(self, text):
        """The server asks a provider that was in trouble again after a pause."""
        deadline = time.monotonic() + PATIENCE
        while (found := self.search(text, alpha=0))["warnings"]:
            self.assertLess(time.monotonic(), deadline, found["warnings"])
            time.sleep(.05)
        return found

    def errors(self):
        """How often each kind of error of the embedding provider was recorded."""
        errors = self.server.get("/v1/errors?limit=1000").json()["errors"]
        return collections.Counter(error["kind"] for error in errors if error["kind"].startswith("provider_"))

    def test_embeds_searches_and_counts_through_a_live_provider(self):
        info = self.await_corpus(state="ready")
        self.assertEqual((info["embedder_id"], info["dimension"], info["embedded"]), ("ollama/fake", DIMENSION, 30))
        self.assertEqual(sorted(text for text in self.provider.texts if "number" in text), sorted(set(text for text in self.provider.texts if "number" in text)), "each text once")
        found = self.await_meaning("who joins pipe")["results"]
        self.assertIn("steel pipe", found[0]["passage"]["text"])
        self.assertGreater(found[0]["why"]["similarity"], .3)
        made = self.server.request("POST", "/v1/embed", json.dumps({"texts": ["steel pipe", "Drives a forklift number0."], "model": "ollama"}), JSON)
        self.assertEqual((made.status, made.json()["dimension"], made.json()["model"]), (200, DIMENSION, "ollama/fake"), made.body)
        length = sum(value * value for value in vector_of("steel pipe")) ** .5
        for ours, its in zip(made.json()["vectors"][0], vector_of("steel pipe")):
            self.assertAlmostEqual(ours, its / length, places=5)
        self.assertGreaterEqual(self.server.get("/v1/embed/stats").json()["hits"], 1, "the second text was embedded for the corpus")

    def test_a_provider_in_trouble_costs_no_row_and_no_search(self):
        reasons = {"hangs up": {"provider_unavailable"}, "slow": {"provider_slow"}, "other dimension": {"provider_bad_answer"}, "not a number": {"provider_bad_answer"},
                   "100 megabytes": {"provider_bad_answer"}, "endless": {"provider_bad_answer"}}
        before = peak_kilobytes(self.server.process.pid)
        for version, (mood, reason) in enumerate(reasons.items(), 2):
            self.provider.set("works")  # whatever the mood before has come to
            with self.subTest(mood):
                known = self.errors()
                self.provider.set(mood)
                word = mood.replace(" ", "")
                self.ingest([{"id": word, "text": f"Keeps bees called {word}."}], mode="append")  # durable whatever becomes of vectors
                self.await_corpus(state="degraded", version=version, pending=1)
                found = self.search(f"bees {word}", k=3)
                self.assertEqual(found["results"][0]["id"], word)
                self.assertIn("vectors_pending", {warning["code"] for warning in found["warnings"]})
                self.assertEqual(len(self.search("steel pipe", k=5)["results"]), 5)
                deadline = time.monotonic() + PATIENCE
                while not (new := self.errors() - known):
                    self.assertLess(time.monotonic(), deadline, "no error was recorded")
                # On a busy machine the time for an answer may be over before the answer is read.
                self.assertLessEqual(set(new), reason | {"provider_slow"}, mood)
                self.assertEqual(self.server.rows("SELECT count(*) FROM notes"), [[28 + 1 + version]])
                self.provider.set("works")
                self.await_corpus(state="ready", version=version, pending=0)
                self.await_meaning(f"bees {word}")
        self.assertLess(peak_kilobytes(self.server.process.pid) - before, 96 << 10, "no answer of 100 MB is kept")

    def test_what_waits_for_the_provider_outlives_a_kill(self):
        self.provider.set("hangs up")
        self.ingest([{"id": "late", "text": "Keeps bees on the roof."}], mode="append")
        self.await_corpus(state="degraded", version=2, pending=1)
        self.server.kill()
        self.server.start()
        self.await_corpus(state="degraded", version=2, pending=1)
        self.assertEqual(self.search("bees", k=1)["results"][0]["id"], "late")
        self.provider.set("works")
        self.await_corpus(state="ready", version=2, pending=0, embedded=31)
        self.provider.stop()
        found = self.search("bees", k=1)
        self.assertEqual(found["results"][0]["id"], "late")
        self.assertEqual([warning["code"] for warning in found["warnings"]], ["meaning_unavailable"])


if __name__ == "__main__":
    unittest.main()
