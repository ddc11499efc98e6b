"""Every documented route, asked for nonsense: the answer says what is wrong with the question, never that the server failed."""
import collections
import json
import unittest

from lakehouse_process import Lakehouse, quoted, temporary_directory
from witness import leftovers, processes_below, wait_until

BODIES = (b"", b"{}", b"[]", b"null", b'"x"', b"{", b"[" * 5000, b'{"a":' * 5000, b"\xff\xfe\x00", b'{"sql":1}', b'{"sql":"\\ud800"}', b'{"sql":null,"sql":2}',
          b'{"sql":"SELECT 1","max_rows":-1}', b'{"sql":"SELECT 1","max_rows":1e999}', b'{"sql":"SELECT 1","sequence":99999999999999999999}',
          b'{"name":"","schema":{"columns":[]}}', b'{"key":"","values":[""]}', b'{"version":-9223372036854775809}', b"x" * 100_000)
WORDS = ("x", "people", "a'b\"c", "\u202e\U0001f600", "%", "-1", "0", "99999999999999999999", "1e9", "NaN", "A" * 2000, "_catalog/log/00000000000000000001.json", " ", "\t")


class Garbage(unittest.TestCase):
    def test_no_route_fails_on_what_makes_no_sense(self):
        outcomes, failures = collections.Counter(), []
        with temporary_directory() as place, Lakehouse(place, ("up", "--set", "log.level=error")) as server:
            self.assertEqual(server.ingest("people", "id,name\n1,Ann\n").status, 201)
            for path, methods in server.get("/v1/openapi.json").json()["paths"].items():
                for method, route in methods.items():
                    for target, body, content_type in self.questions(path, route, method):
                        answer = server.request(method.upper(), target, body, {"Content-Type": content_type, "X-Lakehouse-Timeout-Ms": "3000"})
                        outcomes[answer.status] += 1
                        if answer.status < 400 and target.endswith(("limit=x", "limit=-1", "wait_ms=NaN")):
                            failures.append(f"{method} {target}: what is no number counts as one")
                        if answer.status >= 500 or (answer.status >= 400 and len(answer.error()["message"]) < 10):
                            failures.append(f"{method} {target[:120]} {body and body[:60]}: {answer.status} {answer.body[:300]}")
            self.assertEqual(server.rows("SELECT 40 + 2"), [[42]])
            self.assertNotIn("Z", [state for _, state in processes_below(server.process.pid)])
            wait_until("nothing is left behind", lambda: not leftovers(server))
        print(f"\n{sum(outcomes.values())} questions: {dict(sorted(outcomes.items()))}")
        self.assertEqual(failures, [])
        self.assertGreater(outcomes[400], 100)

    @staticmethod
    def questions(path, route, method):
        """(target, body, content type): each nonsense once, in every place that the document names."""
        parameters = route.get("parameters", [])
        in_path = [p["name"] for p in parameters if p["in"] == "path"]
        in_query = [p["name"] for p in parameters if p["in"] == "query"]

        def target(word, query=""):
            filled = path
            for name in in_path:
                filled = filled.replace("{" + name + "}", quoted(word))
            return filled + query

        body = None if method in ("get", "delete") else b"{}"
        if in_path:
            yield from ((target(word), body, "application/json") for word in WORDS)
        for name in in_query:
            yield from ((target("people", f"?{name}={quoted(word)}"), body, "application/json") for word in WORDS)
        if body is not None:
            yield from ((target("people"), nonsense, content_type) for nonsense in BODIES for content_type in ("application/json", "multipart/form-data; boundary=x"))
        else:
            yield target("people"), None, "application/json"


if __name__ == "__main__":
    unittest.main()
