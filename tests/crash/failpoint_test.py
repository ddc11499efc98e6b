"""Kills the real binary, and fails it, at every failure point it has: three times each.

The list of points comes from the binary, so a new one that nothing here reaches fails this test by its name: let `live` do what
leads there. After every kill and every round of errors the lake is opened again and compared with what was acknowledged."""
import argparse
import concurrent.futures
import glob
import http.client
import os
import re
import shutil
import subprocess
import sys
import time
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "system"))
sys.path.insert(0, os.path.dirname(__file__))
from kill_test import fsck, let_pass  # noqa: E402
from lakehouse_process import Lakehouse, run_command, temporary_directory  # noqa: E402
from ledger import Ledger, ServerGone  # noqa: E402
from vector_ledger import VectorLedger  # noqa: E402

HITS = 3
LONG_LOG = 1003  # records: one more than a segment takes, and the first epoch
PATIENCE = 3.0  # seconds for what happens in the background
EAGER = ("up", "--set", "catalog.checkpoint_records=2", "--set", "gc.grace=0ms", "--set", "scrub.rate=0",
         "--set", "ingest.replay_interval=20ms", "--set", "vector.sidecar_rows=10")
OF_BUCKETS = ("storage.bucket.", "storage.log.", "ingest.rescue.")  # points that only a lake with several buckets reaches
# A process comes by these once: looking for a second hit would be waiting for nothing. (Another one of that kind is found, later.)
ONCE_IN_A_LIFE = ("catalog.copy.before_log", "catalog.recovery.after_", "catalog.recovery.before_", "catalog.segment.before_put",
                  "catalog.segment.after_")
NEVER_TIDY = ("up", "--set", "catalog.checkpoint_records=1000000")


class Lake:
    """A lake, who works on it, and what they know. `template`: a lake to begin with, copied. `point`: what it is for."""

    def __init__(self, directory, point, template=None):
        os.makedirs(directory)
        self.point = point
        self.buckets = os.path.join(directory, "buckets")
        self.has_buckets = point.startswith(OF_BUCKETS)
        places = ("--set", f"storage.buckets={self.buckets}", "--set", f"storage.rescue={os.path.join(directory, 'rescue')}")
        self.server = Lakehouse(directory, EAGER + places * self.has_buckets)
        self.ledger = Ledger()
        self.backup = os.path.join(directory, "backup")
        self.whole = {}  # octets of files that were damaged on purpose, by path
        self.vectors = VectorLedger()
        if template:
            shutil.copytree(template, self.server.data)

    def hits(self, point, action):
        """How often the point acted, by the log."""
        if not os.path.exists(self.server.log_path):
            return 0
        with open(self.server.log_path, encoding="utf-8", errors="replace") as log:
            return len(re.findall(rf"^failpoint {re.escape(point)}: {action} at hit", log.read(), re.MULTILINE))

    def run_armed(self, rules, enough):
        """One life of a process under these rules, until `enough()` or until it has done everything it does."""
        self.server.environment = {"LAKEHOUSE_FAILPOINTS": rules}
        self.server.start(expect_ready=False)
        if self.server.await_ready():
            try:
                live(self, enough)
                deadline = time.monotonic() + PATIENCE
                while not enough() and time.monotonic() < deadline and "catalog.copy." not in rules:
                    let_pass(0.02)
            except ServerGone:
                pass
        self.server.kill()

    def mend(self):
        for path, octets in self.whole.items():
            write_over(path, octets)

    def look(self, after):
        """At what a kill left, as it lies there. Whether all is there that was acknowledged is seen in the end: what is gone stays gone."""
        self.mend()
        if os.path.exists(os.path.join(self.server.data, "_catalog", "format.json")):
            fsck(self.server, after)

    def check(self, after):
        self.server.environment = {}
        self.mend()
        if os.path.exists(os.path.join(self.backup, "_catalog")):
            self.check_backup()
        self.server.start()
        deadline = time.monotonic() + 60
        while (waiting := self.server.get("/v1/ingest/rescue").json())["pending"]:
            assert time.monotonic() < deadline, f"{after}: these never come in: {waiting}"
            let_pass(0.02)
        self.ledger.check(self.server)
        self.vectors.check(self.server)
        self.server.kill()
        fsck(self.server, after)


    def check_backup(self):
        """The next one comes to its end, and what is restored from it knows all that was acknowledged."""
        run_command("backup", "--data", self.server.data, "--to", self.backup)
        run_command("fsck", "--data", self.backup)
        place = os.path.join(os.path.dirname(self.backup), "restored")
        run_command("restore", "--from", self.backup, "--to", os.path.join(place, "data"))
        with Lakehouse(place, EAGER) as restored:
            self.ledger.check(restored)
            self.vectors.check(restored)
        shutil.rmtree(place)


def collect_garbage(server):
    """An upload that the first writer of the lake never committed is left behind, and found."""
    home = os.path.join(server.data, "datasets", "left", "data")
    os.makedirs(home, exist_ok=True)
    with open(os.path.join(home, f"1-{uuid.uuid4()}.parquet"), "wb") as file:
        file.write(b"left behind")
    try:
        server.request("POST", "/v1/catalog/gc", '{"run":true}', {"Content-Type": "application/json"})
    except (OSError, http.client.HTTPException) as gone:
        raise ServerGone(str(gone)) from gone


def ask(server, method, path, body=None):
    try:
        return server.request(method, path, body, {"Content-Type": "application/json"})
    except (OSError, http.client.HTTPException) as gone:
        raise ServerGone(str(gone)) from gone


def write_over(path, octets):
    os.chmod(path, 0o644)
    with open(path, "r+b") as file:
        file.write(octets)


def damage(lake):
    """A file of a dataset that nobody misses is damaged, found, and whole again."""
    try:
        lake.server.ingest("scrap", "a\n1\n", mode="auto")
    except (OSError, http.client.HTTPException) as gone:
        raise ServerGone(str(gone)) from gone
    for path in glob.glob(os.path.join(lake.server.data, "datasets", "scrap", "data", "*.parquet")):
        with open(path, "rb") as file:
            lake.whole.setdefault(path, file.read())
        write_over(path, b"damaged")
    ask(lake.server, "POST", "/v1/sql", '{"sql":"SELECT * FROM scrap"}')
    for path, octets in lake.whole.items():
        write_over(path, octets)


def let_versions_go(lake):
    for path, body in (("/v1/catalog/datasets/by-name/people/retention", '{"keep_last":1}'), ("/v1/catalog/gc", '{"run":true}')):
        ask(lake.server, "POST", path, body)


def back_up(lake):
    """A process of its own, under the same rules; what it says of its failure points stands in the log of the server."""
    lake.vectors.prepare(lake.server)
    lake.vectors.add(lake.server)
    lake.vectors.maintain(lake.server)
    lake.vectors.remove(lake.server)
    done = run_command("backup", "--data", lake.server.data, "--to", lake.backup, environment=lake.server.environment, check=False)
    with open(lake.server.log_path, "a", encoding="utf-8") as log:
        log.write(done.stderr)


def compact_errors(server):
    for _ in range(3):
        ask(server, "GET", "/v1/catalog/datasets/nowhere")
        ask(server, "POST", "/v1/errors/flush")
    ask(server, "POST", "/v1/errors/compact")


def use_buckets(lake):
    """One is registered and removed; one is away while an upload comes for it, which rescue keeps, and back then."""
    server, shelf, aside = lake.server, os.path.join(lake.buckets, "shelf"), os.path.join(lake.buckets, "aside")
    ask(server, "POST", "/v1/storage/buckets", '{"name":"passing"}')
    ask(server, "DELETE", "/v1/storage/buckets/passing")
    ask(server, "POST", "/v1/storage/buckets", '{"name":"shelf"}')
    if not os.path.exists(os.path.join(shelf, "_bucket.json")):
        return  # a failure point said no
    os.rename(shelf, aside)
    try:
        lake.ledger.append_to_rescue(server, "shelf")
    finally:
        os.rename(aside, shelf)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and ask(server, "GET", "/v1/ingest/rescue").json().get("pending"):
        let_pass(0.02)


def keep_house(lake, enough):
    """Steps that take a process of their own, or a damaged file: only where the rules name a point on their way. Whether that was all."""
    rules = lake.server.environment["LAKEHOUSE_FAILPOINTS"]
    for step, points in ((damage, "storage.quarantine."), (let_versions_go, "catalog.gc."), (back_up, "catalog.copy.")):
        if points not in rules:
            continue
        lake.ledger.append(lake.server)
        lake.ledger.upsert(lake.server)
        lake.ledger.upsert(lake.server)
        step(lake)
        if enough() or step == back_up:  # nothing more of a copy comes from the server
            return True
    return False


def live(lake, enough):
    """What a lake does in its life. With a checkpoint after every second record there are some, and old ones go."""
    if lake.point.startswith("vector."):
        live_with_vectors(lake, enough)
        return
    if keep_house(lake, enough):
        return
    for _ in range(3):
        if lake.has_buckets:
            compact_errors(lake.server)
            use_buckets(lake)
            if enough():
                return
        for step in (lake.ledger.append, lake.ledger.upsert, lake.ledger.append, lake.ledger.remove, lake.ledger.upsert, collect_garbage):
            step(lake.server)
            if enough():
                return


def live_with_vectors(lake, enough):
    """The same for vector indexes: items, merges, generations, trainings, rewriting and promotions."""
    vectors = lake.vectors
    vectors.prepare(lake.server)
    for _ in range(3):
        for step in (vectors.add, vectors.merge, vectors.maintain, vectors.remove, lambda server: vectors.maintain(server, retrain=True),
                     vectors.add, lambda server: vectors.maintain(server, compact=True), vectors.tune):
            step(lake.server)
            if enough():
                return


class Points:
    def __init__(self, directory):
        self.directory = directory
        self.long_lake = os.path.join(directory, "long", "data")

    def make_long_lake(self):
        """Enough records for a segment, and neither checkpoint nor segment yet."""
        home = os.path.dirname(self.long_lake)
        os.makedirs(home)
        with Lakehouse(home, NEVER_TIDY, data=self.long_lake) as server:
            server.ingest("long", "a,b\n1,x\n")
            connection = server.connect()
            for _ in range(LONG_LOG):
                connection.request("POST", "/v1/catalog/datasets/long/restore", '{"version":1}', {"Content-Type": "application/json"})
                answer = connection.getresponse()
                body = answer.read()
                assert answer.status == 200, body
            connection.close()

    def kill_at(self, point):
        """Three kills, at the first, second and third time the point is reached where a process reaches it as often."""
        kills, is_long = 0, False
        lake = Lake(os.path.join(self.directory, point + ".kill"), point)
        nths = [1] * HITS if point.startswith(ONCE_IN_A_LIFE) else [1, 2, 3]
        for attempt in range(2 * HITS):
            nth = nths[kills]
            before = lake.hits(point, "kill")
            lake.run_armed(f"{point}:{nth}:kill", lambda: False)
            if lake.hits(point, "kill") == before + 1:
                kills += 1
                if kills == HITS or is_long:
                    lake.check(f"{kills} kills at {point}, the last at hit {nth}")
                else:
                    lake.look(f"a kill at {point}, hit {nth}")
                if kills == HITS:
                    break
            elif nth > 1:
                nths = [1] * HITS  # a process comes by here once
            elif not is_long:
                is_long = True
            else:
                raise AssertionError(f"nothing reaches failure point {point}: let live() in {os.path.basename(__file__)} do what leads there")
            if is_long:
                lake = self.long(point, f"kill{attempt}")
        return kills

    def fail_at(self, point):
        """Errors at the first three hits of each process, until it has failed three times."""
        rules = ",".join(f"{point}:{nth}:error" for nth in range(1, HITS + 1))
        lake = Lake(os.path.join(self.directory, point + ".error"), point)
        errors, fruitless = 0, 0
        while errors < HITS:
            if fruitless:
                lake = self.long(point, f"error{errors}")
            assert fruitless < 3, f"failure point {point} failed {errors} times only"
            before, here, wanted = lake.hits(point, "error"), lake, HITS - errors
            lake.run_armed(rules, lambda: here.hits(point, "error") - before >= wanted)  # pylint: disable=cell-var-from-loop
            found = lake.hits(point, "error") - before
            fruitless = 0 if found else fruitless + 1
            errors += found
            lake.check(f"errors at {point}")
        return errors

    def long(self, point, what):
        return Lake(os.path.join(self.directory, f"{point}.long.{what}"), point, self.long_lake)


def run(only):
    points = [name for name in run_command("failpoints").stdout.split() if not only or name in only]
    assert points, "the binary names no failure points"
    with temporary_directory(in_memory=True) as directory:
        all_points = Points(directory)
        started = time.monotonic()
        all_points.make_long_lake()
        print(f"a lake of {LONG_LOG} records took {time.monotonic() - started:.1f} s", flush=True)
        failures = []
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            tasks = [(name, pool.submit(all_points.kill_at, name), pool.submit(all_points.fail_at, name)) for name in points]
            print(f"{'failure point':40} kills errors")
            for name, kills, errors in tasks:
                found = []
                for task in (kills, errors):
                    try:
                        found.append(str(task.result()))
                    except (AssertionError, OSError, subprocess.SubprocessError) as failure:
                        failures.append(f"{name}: {failure}")
                        found.append("FAILED")
                print(f"{name:40} {found[0]:>5} {found[1]:>6}", flush=True)
        print(f"{len(points)} failure points in {time.monotonic() - started:.0f} s")
        if failures:
            raise AssertionError("\n\n".join(failures))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("points", nargs="*", help="only these")
    run(set(parser.parse_args().points))
