#!/usr/bin/env python3
"""The surface of the product as lists, so that a change of it is a visible diff: routes, settings, metrics, codes of errors, failpoints.
(The SQL functions a caller may name have such a list of their own: modules/query/src/allowed_functions.txt.)"""
import difflib
import json
import os
import re
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
sys.path.insert(0, os.path.join(HERE, "..", "system"))
from lakehouse_process import Lakehouse, run_command, temporary_directory  # noqa: E402

ACCEPT = "LH_ACCEPT=1 tests/golden/golden_test.py"
METRIC = re.compile(r'\b(counter|gauge|histogram)\(\s*"(lakehouse_\w+)",\s*"[^"]*"')
# A reason on its way into an error: .Named("x"), an HTTP fault {400, "x", …}, ErrorBody("x"), and the constants that such calls are given.
CODES = re.compile(r'\.Named\("(\w+)"\)|HeadFault\{\d{3}, "(\w+)"|\{[45]\d\d, "([a-z_]+)",|ErrorBody\("(\w+)"')
NAMED_CONSTANT = re.compile(r"\.Named\((?:std::string\()?(k[A-Z]\w+)\)")


def sources():
    """(module, text) of every file of ours that is part of the program."""
    for top in ("modules", "apps"):
        for folder, _, files in os.walk(os.path.join(ROOT, top)):
            parts = os.path.relpath(folder, ROOT).split(os.sep)
            if len(parts) < 2 or "tests" in parts or "testing" in parts or "fuzz" in parts:
                continue
            for name in files:
                if name.endswith((".cc", ".h")):
                    with open(os.path.join(folder, name), encoding="utf-8") as file:
                        yield parts[1], file.read()


def metrics_of(text):
    """(name, type, labels) of each metric that is made in this text."""
    for call in METRIC.finditer(text):
        depth, end = 1, call.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        labels = ",".join(sorted(re.findall(r'\{"(\w+)",', text[call.end() : end])))
        yield call.group(2), call.group(1), labels


def metric_lines():
    return sorted({f"{name} {kind} {labels}".strip() for _, text in sources() for name, kind, labels in metrics_of(text)})


def error_lines():
    modules = {}
    for module, text in sources():
        found = {next(filter(None, groups)) for groups in CODES.findall(text)}
        for constant in NAMED_CONSTANT.findall(text):
            found.update(re.findall(rf'\b{constant} = "(\w+)"', text))
        for code in found:
            modules.setdefault(code, set()).add(module)
    with open(os.path.join(ROOT, "modules/base/src/result.cc"), encoding="utf-8") as file:
        for code in re.findall(r'case ErrorCode::k\w+: return "(\w+)"', file.read()):
            modules.setdefault(code, set()).add("every")
    return [f"{code} {' '.join(sorted(where))}" for code, where in sorted(modules.items())]


class Golden(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = temporary_directory(in_memory=True)
        cls.addClassCleanup(cls.directory.cleanup)
        cls.server = Lakehouse(cls.directory.name).start()
        cls.addClassCleanup(cls.server.kill)
        cls.server.ingest("workers", "worker_id,city\n1,Gary\n")
        cls.server.rows("SELECT count(*) FROM workers")

    def compare(self, name, lines):
        path = os.path.join(HERE, name + ".txt")
        if os.environ.get("LH_ACCEPT") == "1":
            with open(path, "w", encoding="utf-8") as file:
                file.write("\n".join(lines) + "\n")
            self.skipTest(f"{name}.txt was written anew")
        with open(path, encoding="utf-8") as file:
            kept = file.read().splitlines()
        changes = [line for line in difflib.unified_diff(kept, lines, lineterm="", n=0) if line[:1] in "+-" and line[:3] not in ("+++", "---")]
        self.assertFalse(changes, f"the {name} are not those of tests/golden/{name}.txt:\n" + "\n".join(changes) + f"\nIf that is meant: {ACCEPT}")

    def test_routes(self):
        routes = self.server.get("/debug/routes").json()
        because = "undocumented_because"
        self.compare("routes", [f"{route['pattern']} {route['method']}" + (f"  ({route[because]})" if because in route else "") for route in routes])

    def test_settings(self):
        settings = self.server.get("/debug/config").json()
        self.compare("settings", [f"{setting['key']} {setting['kind']} {setting['default_value']}".strip() for setting in settings])

    def test_metrics(self):
        self.compare("metrics", metric_lines())

    def test_metrics_of_a_running_server_are_among_them(self):
        known = {line.split(" ")[0]: line for line in metric_lines()}
        kind = {}
        for line in self.server.get("/metrics").body.decode().splitlines():
            if line.startswith("# TYPE "):
                _, _, name, type_name = line.split()
                kind[name] = type_name
            elif not line.startswith("#"):
                full, labels = re.fullmatch(r"(\w+)(?:\{(.*)\})? \S+", line).groups()
                name = full if full in kind else re.sub(r"_(bucket|sum|count)$", "", full)
                keys = ",".join(sorted(key for key in re.findall(r'(\w+)="', labels or "") if key != "le"))
                self.assertEqual(known.get(name), f"{name} {kind[name]} {keys}".strip())
        self.assertGreater(len(kind), 10)

    def test_codes_of_errors(self):
        self.compare("errors", error_lines())

    def test_codes_of_buckets_come_as_they_are_listed(self):
        """Those that are made where no other test of lists would see them missing."""
        with open(os.path.join(HERE, "errors.txt"), encoding="utf-8") as file:
            listed = {line.split(" ")[0] for line in file.read().splitlines()}
        buckets = os.path.abspath(self.server.data) + "-buckets"
        os.makedirs(os.path.join(buckets, "full"))
        with open(os.path.join(buckets, "full", "letter.txt"), "w", encoding="ascii") as file:
            file.write("dear")

        def create(**bucket):
            return self.server.request("POST", "/v1/storage/buckets", json.dumps(bucket), {"Content-Type": "application/json"})

        def code(answer, status):
            self.assertEqual(answer.status, status, answer.body)
            return answer.error()["code"]

        self.assertEqual(create(name="archive").status, 201)
        self.assertEqual(self.server.ingest("aside", "a\n1\n", headers={"X-Lakehouse-Bucket": "archive"}).status, 201)
        provoked = {code(create(name="archive"), 409), code(create(name="again", url=f"{buckets}/archive/inside"), 409),
                    code(create(name="full"), 409), code(self.server.request("DELETE", "/v1/storage/buckets/archive"), 409),
                    code(self.server.request("DELETE", "/v1/storage/buckets/primary"), 409)}
        self.assertEqual(provoked, {"bucket_exists", "bucket_taken", "bucket_not_empty", "bucket_in_use", "bucket_protected"})
        self.assertLessEqual(provoked | {"bucket_busy"}, listed)

    def test_failpoints(self):
        self.compare("failpoints", run_command("failpoints").stdout.split())


if __name__ == "__main__":
    unittest.main()
