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


def live(directory, kills, chance, in_flight_at_kill):
    """One lake that is killed so often. How many kills during recovery there were beside, and how much was acknowledged."""
    server, ledger, in_recovery = Lakehouse(directory), Ledger(), 0
    with Checks(directory, server) as checks:
        try:
            server.start()
            for _ in range(kills):
                clients = Clients(server, ledger)
                choose_moment(chance, ledger)
                in_flight = ledger.in_flight
                server.kill()
                clients.join()
                in_flight_at_kill[in_flight] += 1
                checks.start()
                if chance.random() < 0.3:
                    kill_once_more(server, chance)
                    in_recovery += 1
                server.start()
                ledger.check(server)
                if chance.random() < 0.3:  # the next work meets a process that has done nothing yet
                    server.kill()
                    server.start()
            checks.wait()
        finally:
            server.kill()
    return in_recovery, ledger.done()


def run(kills, seed):
    chance = random.Random(seed)
    print(f"seed {seed}", flush=True)
    in_flight_at_kill = collections.Counter()
    started = time.monotonic()
    done, acknowledged, in_recovery = 0, 0, 0
    while done < kills:
        with temporary_directory(in_memory=True) as directory:
            here = min(LAKE_LIFE, kills - done)
            in_recovery_here, acknowledged_here = live(directory, here, chance, in_flight_at_kill)
            done += here
            in_recovery += in_recovery_here
            acknowledged += acknowledged_here
        if done % 200 < LAKE_LIFE and kills > 300:
            print(f"{done} kills in {time.monotonic() - started:.0f} s", flush=True)
    print(f"{done} kills and {in_recovery} more during recovery, {acknowledged} pieces of work acknowledged, none lost; "
          f"requests in flight at the kill: {dict(sorted(in_flight_at_kill.items()))}")
    between = sum(n for requests, n in in_flight_at_kill.items() if requests > 0)
    assert between >= 0.3 * done, f"only {between} of {done} kills fell between the first byte and the acknowledgement"
    assert acknowledged >= 0.3 * done, "next to nothing was ever acknowledged: this run has shown nothing"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    arguments = parser.parse_args()
    run(arguments.kills, arguments.seed)
