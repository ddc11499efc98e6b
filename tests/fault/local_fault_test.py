"""Every change that an operation makes below a local lake fails once: the process dies before or after it, or the call answers EIO,
ENOSPC, or writes half. Afterwards what was acknowledged is there, what was refused is there whole or not at all, fsck is clean, and a
refusal stands in the error journal. Nothing is sampled: the sweep ends when an operation gets through without meeting its fault.

Usage: local_fault_test.py [--kinds KIND,...] [--operations NAME,...] [--jobs N [--notes FILE]]
With --jobs each sweep (an operation, a kind of fault) is a process of its own, so many side by side; with --notes those that are done are
noted, and a run that was ended goes on with the rest.
"""
import argparse
import http.client
import json
import os
import shutil
import subprocess
import sys
import unittest

from injected_lakehouse import KINDS, InjectedLakehouse
from lakehouse_process import run_command, temporary_directory
from long_run import Notes, add_arguments, side_by_side

OPTIONS = None
BASE = "id,text\n1,one\n2,two\n3,three\n"


class Operation:
    """One way to change a lake: how to do it, and how to see whether it was done. `look` says "before", "after", or what else it finds."""

    def __init__(self, run, look, is_final=False):
        self.run, self.look = run, look
        self.is_final = is_final  # a refusal that does not say "unknown" promises that it never comes


def plain(rows):
    """Sums of integers are texts or numbers, after their size: here they are compared as texts."""
    return [[str(cell) if not isinstance(cell, str) else cell for cell in row] for row in rows]


def by_rows(statement, before, after):
    def look(server):
        answer = server.ask(statement)
        said = answer.status if answer.status == MISSING else plain(answer.json()["rows"]) if answer.status == 200 else answer.body
        for state, expected in (("after", after), ("before", before)):
            if said == (expected if expected == MISSING else plain(expected)):
                return state
        return f"{answer.status} {said!r}"
    return look


def by_path(path, content, is_made):
    """What this path answers: 404, or with this content."""
    def look(server):
        answer = server.get(path)
        if answer.status == 200 and content not in answer.body:
            return f"other octets: {answer.body!r}"
        return "after" if (answer.status == 200) == is_made else "before" if answer.status in (200, MISSING) else f"{answer.status} {answer.body!r}"
    return look


def post(path, body):
    return lambda server: server.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})


MISSING = 404
COUNT = "SELECT count(*), sum(id) FROM base"
MANY = by_rows("SELECT count(*), sum(id) FROM many", [[3, "6"]], [[3, "6"]])
OLD, NEW = "/v1/storage/objects/mine/old.txt", "/v1/storage/objects/mine/new/a.txt"
NOTES = "/v1/vectors/index/notes"
OPERATIONS = {
    "create": Operation(lambda server: server.ingest("fresh", "a,b\n1,x\n"), by_rows("SELECT a, b FROM fresh", MISSING, [[1, "x"]])),
    "append": Operation(lambda server: server.ingest("base", "id,text\n10,ten\n", mode="append"), by_rows(COUNT, [[3, "6"]], [[4, "16"]])),
    "upsert": Operation(lambda server: server.ingest("base", "id,text\n2,TWO\n9,nine\n", mode="upsert", key="id"),
                        by_rows("SELECT text FROM base WHERE id IN (2, 9) ORDER BY id", [["two"]], [["TWO"], ["nine"]])),
    "replace": Operation(lambda server: server.ingest("base", "id,text\n7,seven\n", mode="replace"), by_rows(COUNT, [[3, "6"]], [[1, "7"]])),
    "remove": Operation(post("/v1/datasets/base/delete-rows", {"key": "id", "values": ["2"]}), by_rows(COUNT, [[3, "6"]], [[2, "4"]])),
    "restore": Operation(post("/v1/catalog/datasets/base/restore", {"version": 1}), by_rows(COUNT, [[3, "6"]], [[3, "6"]])),
    "drop": Operation(lambda server: server.request("DELETE", "/v1/catalog/datasets/base"), by_rows(COUNT, [[3, "6"]], MISSING)),
    "compact": Operation(post("/v1/catalog/datasets/by-name/many/compact", {}), MANY),
    "collect": Operation(post("/v1/catalog/gc", {"run": True}), by_rows("SELECT count(*) FROM shed", [[1]], [[1]])),
    "put": Operation(lambda server: server.request("PUT", NEW, b"octets"), by_path(NEW, b"octets", True)),
    "delete": Operation(lambda server: server.request("DELETE", OLD), by_path(OLD, b"old", False)),
    "vector add": Operation(post(NOTES + "/add", {"items": [{"id": "c", "vector": [3, 4]}]}), by_path(NOTES + "/items/c", b'"c"', True), True),
    "vector remove": Operation(post(NOTES + "/delete", {"ids": ["a"]}), by_path(NOTES + "/items/a", b'"a"', False), True),
    "vector fold": Operation(post(NOTES + "/maintain", {}), by_path(NOTES, b'"length":2', True)),
}
CONNECTION_LOST = (http.client.HTTPException, OSError)


class LocalFaults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = temporary_directory()
        cls.template = os.path.join(cls.directory.name, "template")
        with InjectedLakehouse(cls.template).start() as server:
            assert server.ingest("base", BASE).status == 201
            assert server.request("PUT", OLD, b"old").status in (200, 201)
            for number in (1, 2, 3):
                assert server.ingest("many", f"id\n{number}\n", mode="auto").status in (200, 201)
                assert server.ingest("shed", f"id\n{number}\n", mode="replace" if number > 1 else "create").status in (200, 201)
            assert post("/v1/catalog/datasets/by-name/shed/retention", {"keep_last": 1})(server).status == 200
            assert post("/v1/vectors/index", {"name": "notes", "dimension": 2, "metric": "euclidean"})(server).status == 201
            items = [{"id": "a", "vector": [1, 2]}, {"id": "b", "vector": [2, 1]}]
            assert post(NOTES + "/add", {"items": items})(server).status == 200
            assert server.stop() == 0
        cls.number = 0

    @classmethod
    def tearDownClass(cls):
        cls.directory.cleanup()

    def fresh(self):
        """A copy of the template, not started."""
        type(self).number += 1
        home = os.path.join(self.directory.name, f"lake{self.number}")
        os.makedirs(home)
        shutil.copytree(os.path.join(self.template, "data"), os.path.join(home, "data"))
        return InjectedLakehouse(home, arguments=("up", "--set", "gc.grace=0ms"))

    @staticmethod
    def allowed(name, answer):
        """The states that an answer leaves open."""
        if answer is not None and answer.status < 300:
            return ("after",)
        if answer is not None and OPERATIONS[name].is_final and answer.error()["code"] not in ("outcome_unknown", "internal"):
            return ("before",)
        return ("before", "after")

    def sweep(self, name, kind):
        nth = 1
        outcomes = {"refused": 0, "acknowledged": 0, "died": 0}
        server = None
        try:
            while True:
                if server is None:
                    server = self.fresh().start()
                server.arm(kind, nth)
                try:
                    answer = OPERATIONS[name].run(server)
                    status = answer.status
                except CONNECTION_LOST:
                    answer, status = None, None
                reached = server.happened > 0
                said = answer.body[:300] if answer else "no answer"
                what = f"{name}, {kind} at change {nth} ({server.last}): status {status}, {said!r}"
                server.disarm()
                if not reached:
                    self.assertIsNotNone(status, what)
                    self.assertLess(status, 300, what)
                    break
                if status is not None and status >= 400:
                    self.assertIn(status, (500, 503, 504, 507), what)
                    errors = server.get("/v1/errors").json()["errors"]
                    self.assertTrue(errors, "findable: " + what)
                outcomes["died" if status is None else "refused" if status >= 400 else "acknowledged"] += 1
                server.kill()
                server.environment.pop("LD_PRELOAD")
                with server.start() as again:
                    state = OPERATIONS[name].look(again)
                    self.assertIn(state, self.allowed(name, answer), what)
                    self.assertLess(again.ingest("after_all", BASE).status, 300, "it goes on: " + what)
                    again.kill()
                fsck = run_command("fsck", "--data", server.data, check=False)
                self.assertEqual(fsck.returncode, 0, what + "\n" + fsck.stdout + fsck.stderr)
                shutil.rmtree(os.path.dirname(server.data))
                server = None
                nth += 1
        finally:
            if server is not None:
                server.kill()
        return nth - 1, outcomes


def add_sweep(name, kind):
    def test(self):
        changes, outcomes = self.sweep(name, kind)
        self.assertGreater(changes, 0, "there was something to fail")
        print(f"{name:13} {kind:12} {changes:3} changes: " + ", ".join(f"{count} {word}" for word, count in outcomes.items() if count), flush=True)

    setattr(LocalFaults, f"test_{name}_{kind}".replace(" ", "_"), test)


def sweep_all(operations, kinds, jobs, path):
    """Every sweep in a process of its own."""
    notes = Notes(path)
    done = {(piece["operation"], piece["kind"]) for piece in notes.pieces}
    sweeps = [(operation, kind) for operation in operations for kind in kinds]
    if done:
        print(f"{len(done)} of {len(sweeps)} sweeps were done before", flush=True)

    def run(sweep):
        operation, kind = sweep
        process = subprocess.run([sys.executable, __file__, "--operations", operation, "--kinds", kind], capture_output=True, text=True, check=False)
        if process.returncode != 0:
            raise AssertionError(f"{operation}, {kind}:\n{process.stdout}{process.stderr}")
        line = next(line for line in process.stdout.splitlines() if " changes: " in line)
        notes.add({"operation": operation, "kind": kind, "said": line})
        return line

    for line in side_by_side(jobs, run, [sweep for sweep in sweeps if sweep not in done]):
        print(line, flush=True)
    print(f"{len(sweeps)} sweeps, nothing lost, nothing half done", flush=True)
    notes.finish()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--operations", default=",".join(OPERATIONS))
    add_arguments(parser, jobs=0)
    OPTIONS, rest = parser.parse_known_args()
    if OPTIONS.jobs:
        sweep_all(OPTIONS.operations.split(","), OPTIONS.kinds.split(","), OPTIONS.jobs, OPTIONS.notes)
        sys.exit(0)
    for operation_name in OPTIONS.operations.split(","):
        for kind_name in OPTIONS.kinds.split(","):
            add_sweep(operation_name, kind_name)
    unittest.main(argv=[sys.argv[0], *rest])
