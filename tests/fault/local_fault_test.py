"""Every change that an operation makes below a local lake fails once: the process dies before or after it, or the call answers EIO,
ENOSPC, or writes half. Afterwards what was acknowledged is there, what was refused is there whole or not at all, fsck is clean, and a
refusal stands in the error journal. Nothing is sampled: the sweep ends when an operation gets through without meeting its fault.

Usage: local_fault_test.py [--kinds KIND,...] [--operations NAME,...]
"""
import argparse
import http.client
import json
import os
import shutil
import sys
import unittest

from injected_lakehouse import KINDS, InjectedLakehouse
from lakehouse_process import run_command, temporary_directory

OPTIONS = None
BASE = "id,text\n1,one\n2,two\n3,three\n"


class Operation:
    """One way to change a lake: how to do it, and what the lake says before and after."""

    def __init__(self, run, asked, before, after):
        self.run, self.asked, self.before, self.after = run, asked, before, after


def restore(server):
    return server.request("POST", "/v1/catalog/datasets/base/restore", json.dumps({"version": 1}), {"Content-Type": "application/json"})


COUNT = "SELECT count(*), sum(id) FROM base"
MISSING = 404
OPERATIONS = {
    "create": Operation(lambda server: server.ingest("fresh", "a,b\n1,x\n"), "SELECT a, b FROM fresh", MISSING, [[1, "x"]]),
    "append": Operation(lambda server: server.ingest("base", "id,text\n10,ten\n", mode="append"), COUNT, [[3, "6"]], [[4, "16"]]),
    "upsert": Operation(lambda server: server.ingest("base", "id,text\n2,TWO\n9,nine\n", mode="upsert", key="id"),
                        "SELECT text FROM base WHERE id IN (2, 9) ORDER BY id", [["two"]], [["TWO"], ["nine"]]),
    "replace": Operation(lambda server: server.ingest("base", "id,text\n7,seven\n", mode="replace"), COUNT, [[3, "6"]], [[1, "7"]]),
    "restore": Operation(restore, COUNT, [[3, "6"]], [[3, "6"]]),
    "drop": Operation(lambda server: server.request("DELETE", "/v1/catalog/datasets/base"), COUNT, [[3, "6"]], MISSING),
    "put": Operation(lambda server: server.request("PUT", "/v1/storage/objects/mine/new/a.txt", b"octets"), None, None, None),
    "delete": Operation(lambda server: server.request("DELETE", "/v1/storage/objects/mine/old.txt"), None, None, None),
}
CONNECTION_LOST = (http.client.HTTPException, OSError)


def plain(rows):
    """Sums of integers are texts or numbers, after their size: here they are compared as texts."""
    return [[str(cell) if not isinstance(cell, str) else cell for cell in row] for row in rows]


class LocalFaults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = temporary_directory()
        cls.template = os.path.join(cls.directory.name, "template")
        with InjectedLakehouse(cls.template).start() as server:
            assert server.ingest("base", BASE).status == 201
            assert server.request("PUT", "/v1/storage/objects/mine/old.txt", b"old").status in (200, 201)
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
        return InjectedLakehouse(home)

    def look(self, server, name):
        """What the lake says of the operation: its state before, its state after, or something else."""
        operation = OPERATIONS[name]
        if operation.asked is None:
            answer = server.get("/v1/storage/objects/" + ("mine/new/a.txt" if name == "put" else "mine/old.txt"))
            there = answer.status == 200
            if there:
                self.assertEqual(answer.body, b"octets" if name == "put" else b"old")
            return "after" if there == (name == "put") else "before"
        answer = server.ask(operation.asked)
        said = answer.status if answer.status == MISSING else plain(answer.json()["rows"]) if answer.status == 200 else answer.body
        for state, expected in (("after", operation.after), ("before", operation.before)):
            if said == (expected if expected == MISSING else plain(expected)):
                return state
        return f"{answer.status} {said!r}"

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
                    status = OPERATIONS[name].run(server).status
                except CONNECTION_LOST:
                    status = None
                reached = server.happened > 0
                what = f"{name}, {kind} at change {nth} ({server.last}): status {status}"
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
                    state = self.look(again, name)
                    self.assertIn(state, ("after",) if status is not None and status < 300 else ("before", "after"), what)
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
        print(f"{name:8} {kind:12} {changes:3} changes: " + ", ".join(f"{count} {word}" for word, count in outcomes.items() if count), flush=True)

    setattr(LocalFaults, f"test_{name}_{kind.replace(' ', '_')}", test)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--operations", default=",".join(OPERATIONS))
    OPTIONS, rest = parser.parse_known_args()
    for operation_name in OPTIONS.operations.split(","):
        for kind_name in OPTIONS.kinds.split(","):
            add_sweep(operation_name, kind_name)
    unittest.main(argv=[sys.argv[0], *rest])
