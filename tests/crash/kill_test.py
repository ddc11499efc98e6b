"""Kills the server at random during ingest, starts it again, and looks for what was lost or half done.

After every kill: every acknowledged piece of work is there whole, none is there in part, and fsck finds nothing."""
import argparse
import collections
import concurrent.futures
import os
import random
import shutil
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "system"))
sys.path.insert(0, os.path.dirname(__file__))
from lakehouse_process import Lakehouse, run_command, temporary_directory  # noqa: E402
from ledger import Ledger, ServerGone  # noqa: E402
from long_run import Notes, add_arguments, side_by_side  # noqa: E402

LAKE_LIFE = 25  # kills before a fresh lake, so that the check stays quick
APPENDERS = 3


def let_pass(seconds):
    """The moment of a kill is an input of these tests: nothing waits here for something to become true."""
    threading.Event().wait(seconds)


class Clients:
    """Threads that work for as long as the server answers: some append, one upserts, removes and appends in turn."""

    def __init__(self, server, ledger):
        self.server, self.ledger = server, ledger
        self.stopping = False
        work = [(ledger.append,)] * APPENDERS + [(ledger.upsert, ledger.append, ledger.remove)]
        self.threads = [threading.Thread(target=self.run, args=(steps,)) for steps in work]
        for thread in self.threads:
            thread.start()

    def run(self, steps):
        try:
            while not self.stopping:
                for step in steps:
                    step(self.server)
        except ServerGone:
            pass  # the kill; the work may or may not have been done

    def join(self):
        self.stopping = True
        for thread in self.threads:
            thread.join()


def choose_moment(chance, ledger):
    """Sometimes soon after the start, sometimes soon after an acknowledgement, however fast this machine is."""
    if chance.random() < 0.6:
        return let_pass(chance.uniform(0.02, 0.35))
    before, patience = ledger.done(), time.monotonic() + 10
    while ledger.done() == before and time.monotonic() < patience:
        let_pass(0.005)
    return let_pass(chance.uniform(0, 0.1))


def fsck(server, after="a kill"):
    fsck_of(server.data, after)


def fsck_of(data, after):
    done = run_command("fsck", "--data", data, timeout=1800, check=False)
    if done.returncode != 0:
        raise AssertionError(f"fsck after {after}:\n{done.stdout}{done.stderr}")


class Checks:
    """fsck of a lake as a kill left it, beside the next life of the lake: objects never change, so a directory of links holds still."""

    def __init__(self, directory, server):
        self.place, self.server = os.path.join(directory, "checked"), server
        self.pool = concurrent.futures.ThreadPoolExecutor(1)
        self.running = None

    def start(self):
        self.wait()
        shutil.rmtree(self.place, ignore_errors=True)
        shutil.copytree(self.server.data, self.place, copy_function=os.link)
        self.running = self.pool.submit(fsck_of, self.place, "a kill")

    def wait(self):
        if self.running:
            self.running.result()
            self.running = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.pool.shutdown()


def kill_once_more(server, chance):
    """During the recovery from the kill before."""
    server.start(expect_ready=False)
    let_pass(chance.uniform(0.0, 0.08))
    server.kill()


def live(directory, kills, chance):
    """One lake that is killed so often. What was counted: kills, kills during recovery, work acknowledged, requests in flight at the kills."""
    server, ledger, counts = Lakehouse(directory), Ledger(), collections.Counter()
    with Checks(directory, server) as checks:
        try:
            server.start()
            for _ in range(kills):
                clients = Clients(server, ledger)
                choose_moment(chance, ledger)
                in_flight = ledger.in_flight
                server.kill()
                clients.join()
                counts[f"in flight: {in_flight}"] += 1
                checks.start()
                if chance.random() < 0.3:
                    kill_once_more(server, chance)
                    counts["in recovery"] += 1
                server.start()
                ledger.check(server)
                if chance.random() < 0.3:  # the next work meets a process that has done nothing yet
                    server.kill()
                    server.start()
            checks.wait()
        finally:
            server.kill()
    return counts + collections.Counter({"kills": kills, "acknowledged": ledger.done()})


def one_lake(notes, kills, seed):
    with temporary_directory(in_memory=True) as directory:
        try:
            counts = live(directory, kills, random.Random(seed))
        except AssertionError as loss:
            raise AssertionError(f"seed {seed}, what is left is in {notes.keep(directory)}: {loss}") from loss
    notes.add(counts)
    return counts


def run(kills, seed, jobs=1, notes_path=None):
    notes = Notes(notes_path)
    before = notes.sums()["kills"]
    print(f"seed {seed}" + (f", {before} kills were done before" if before else ""), flush=True)
    started = time.monotonic()
    lakes = [(min(LAKE_LIFE, kills - first), seed + first) for first in range(before, kills, LAKE_LIFE)]
    for _ in side_by_side(jobs, lambda lake: one_lake(notes, *lake), lakes):
        done = notes.sums()["kills"]
        if done % 200 < LAKE_LIFE and kills > 300:
            print(f"{done} kills, {done - before} of them in {time.monotonic() - started:.0f} s", flush=True)
    sums = notes.sums()
    done, acknowledged = sums["kills"], sums["acknowledged"]
    in_flight = {int(name.removeprefix("in flight: ")): count for name, count in sums.items() if name.startswith("in flight: ")}
    print(f"{done} kills and {sums['in recovery']} more during recovery, {acknowledged} pieces of work acknowledged, none lost; "
          f"requests in flight at the kill: {dict(sorted(in_flight.items()))}", flush=True)
    between = sum(count for requests, count in in_flight.items() if requests > 0)
    assert between >= 0.3 * done, f"only {between} of {done} kills fell between the first byte and the acknowledgement"
    assert acknowledged >= 0.3 * done, "next to nothing was ever acknowledged: this run has shown nothing"
    notes.finish()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    add_arguments(parser)
    arguments = parser.parse_args()
    run(arguments.kills, arguments.seed, arguments.jobs, arguments.notes)
