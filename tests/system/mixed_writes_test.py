"""Eight clients upsert, delete, query, compact, pin and evict one dataset in random order; a reference model then says what every version
must hold, and what every query must have seen. LAKEHOUSE_TEST_SEED repeats a history as far as the clients' choices go."""
import argparse
import collections
import json
import os
import random
import threading
import time

from lakehouse_process import Lakehouse, temporary_directory
from witness import TORTURE

NAME = "mixed"
KEYS = 200
CLIENTS = 8
CHOICES = (("upsert", 35), ("delete", 15), ("query", 40), ("compact", 5), ("pin", 3), ("evict", 2))
REFUSALS = ("base_moved", "compaction_overtaken", "pin_replaced")  # others were faster: nothing was done
ROWS = f"SELECT k, v FROM {NAME} ORDER BY k"


class History:
    """What was acknowledged, and what was seen. Safe for several threads."""

    def __init__(self):
        self.lock = threading.Lock()
        self.changes = collections.defaultdict(list)  # version: [(kind, what)]; a job that found nothing to do names the version it found
        self.seen = []  # (sequence, rows)
        self.newest = 0  # sequence of what was acknowledged
        self.counts = collections.Counter()
        self.problems = []

    def acknowledge(self, kind, job, what):
        with self.lock:
            self.counts[kind] += 1
            version, sequence = job.get("version"), job.get("sequence")
            if version is None:
                return  # nothing was changed
            self.changes[version].append((kind, what))
            self.newest = max(self.newest, sequence or 0)


class Client(threading.Thread):
    def __init__(self, server, history, number, seed, until):
        super().__init__()
        self.server, self.history, self.number, self.until = server, history, number, until
        self.chance = random.Random(f"{seed}/{number}")
        self.steps = 0

    def run(self):
        names, weights = zip(*CHOICES)
        try:
            while time.monotonic() < self.until:
                self.steps += 1
                getattr(self, self.chance.choices(names, weights)[0])()
        except Exception as error:  # pylint: disable=broad-except
            self.history.problems.append(f"client {self.number}, step {self.steps}: {error!r}")

    def post(self, path, body):
        return self.server.request("POST", path, json.dumps(body), {"Content-Type": "application/json"}, 120)

    def expect(self, answer, *statuses):
        if answer.status not in statuses or (answer.status == 409 and answer.error()["code"] not in REFUSALS):
            raise AssertionError(f"{answer.status} {answer.body[:400]!r}")
        return answer.json() if answer.status < 300 else None

    def upsert(self):
        rows = {key: f"c{self.number}s{self.steps}k{key}" for key in self.chance.sample(range(KEYS), self.chance.randint(1, 20))}
        text = "k,v\n" + "".join(f"{key},{value}\n" for key, value in rows.items())
        answer = self.expect(self.server.ingest(NAME, text, mode="upsert", key="k"), 200, 201, 409)
        if answer:
            self.history.acknowledge("upsert", answer, rows)

    def delete(self):
        keys = self.chance.sample(range(KEYS), self.chance.randint(1, 6))
        answer = self.expect(self.post(f"/v1/datasets/{NAME}/delete-rows", {"key": "k", "values": [str(key) for key in keys]}), 200, 404, 409)
        if answer:
            self.history.acknowledge("delete", answer["job"], keys)

    def compact(self):
        answer = self.expect(self.server.request("POST", f"/v1/catalog/datasets/by-name/{NAME}/compact", timeout=120), 200, 202, 409)
        if answer:
            self.history.acknowledge("compact", answer["job"], None)

    def query(self):
        newest = self.history.newest
        answer = self.server.sql(ROWS)
        rows = self.expect(answer, 200)["rows"]
        sequence = int(answer.headers["x-lakehouse-snapshot"])
        with self.history.lock:
            self.history.counts["query"] += 1
            self.history.seen.append((sequence, rows))
            if sequence < newest:
                self.history.problems.append(f"a query saw record {sequence} after {newest} had been acknowledged")

    def pin(self):
        self.expect(self.post("/v1/query/cache/pin", {"dataset": NAME}), 200, 409)
        self.history.counts["pin"] += 1

    def evict(self):
        self.expect(self.post("/v1/query/cache/evict", {"dataset": NAME}), 200)
        self.history.counts["evict"] += 1


def versions_of(server):
    """[(version, sequence, operation)], the oldest first."""
    found, before = [], None
    while True:
        page = server.get(f"/v1/catalog/datasets/{NAME}/history?limit=1000" + (f"&before={before}" if before else "")).json()
        found += [(s["version"], s["sequence"], s["operation"]) for s in page["snapshots"]]
        if not page["more"]:
            return sorted(found)
        before = found[-1][0]


def check(server, history, first):
    versions = versions_of(server)
    model, at_sequence, problems = dict(first), {}, list(history.problems)
    for version, sequence, operation in versions:
        changes = history.changes.pop(version, [])
        upserts = [what for kind, what in changes if kind == "upsert"]
        if len(upserts) != (operation == "upsert") or (operation == "delete" and not changes):
            problems.append(f"version {version}, {operation}, was acknowledged as {changes}")
        for rows in upserts:
            model.update(rows)
        for kind, keys in changes:  # those that found nothing to delete say that the version has none of their keys
            if kind == "delete":
                model = {key: value for key, value in model.items() if key not in keys}
        expected = [[key, model[key]] for key in sorted(model)]
        at_sequence[sequence] = expected
        answer = server.sql(f"SELECT k, v FROM {NAME} AT (VERSION => {version}) ORDER BY k")
        if answer.status != 200 or answer.json()["rows"] != expected:
            problems.append(f"version {version} ({operation}) holds {answer.status} {answer.body[:300]!r}, not {expected[:8]}…")
    problems += [f"version {version} was acknowledged and is not there: {change}" for version, change in history.changes.items()]
    sequences = sorted(at_sequence)
    for sequence, rows in history.seen:
        known = [s for s in sequences if s <= sequence]
        if rows != at_sequence[known[-1]]:
            problems.append(f"a query at record {sequence} saw {rows[:5]}…, not {at_sequence[known[-1]][:5]}…")
    if problems:
        raise AssertionError(f"{len(problems)} problems, the first:\n" + "\n".join(problems[:10]))
    return len(versions)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60 if TORTURE else 3)
    options = parser.parse_args()
    seed = int(os.environ.get("LAKEHOUSE_TEST_SEED") or random.SystemRandom().randrange(1 << 32))
    print(f"LAKEHOUSE_TEST_SEED={seed}", flush=True)
    with temporary_directory(in_memory=True) as directory:
        settings = ("--set", "compact.interval=1s", "--set", "compact.small_files=8")
        with Lakehouse(directory, ("up", *settings)) as server:
            first = {key: f"first{key}" for key in range(0, KEYS, 2)}
            answer = server.ingest(NAME, "k,v\n" + "".join(f"{key},{value}\n" for key, value in first.items()))
            assert answer.status == 201, answer.body
            history = History()
            clients = [Client(server, history, number, seed, time.monotonic() + options.seconds) for number in range(CLIENTS)]
            for client in clients:
                client.start()
            for client in clients:
                client.join()
            versions = check(server, history, first)
            stats = server.get("/v1/query/cache/stats").json()
            print(f"{versions} versions and {len(history.seen)} queries equal the model: {dict(sorted(history.counts.items()))}; "
                  f"{stats['statements']} statements read a native file, {stats['built']} were built")
            assert history.counts["upsert"] and history.counts["query"], "nothing was tested"


if __name__ == "__main__":
    main()
