"""Kills the server at random during ingest, starts it again, and looks for what was lost or half done.

After every kill: every acknowledged batch is there whole, no batch is there in part, and fsck finds nothing. The clients keep
their own record of what was asked and what was acknowledged, outside the lake."""
import argparse
import collections
import os
import random
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "system"))
from lakehouse_process import Lakehouse, run_command, temporary_directory  # noqa: E402

ROWS = 40
LAKE_LIFE = 25  # kills before a fresh lake, so that the check stays quick


def let_pass(seconds):
    """The moment of a kill is an input of these tests: nothing waits here for something to become true."""
    threading.Event().wait(seconds)


class Clients:
    """Threads that ingest small batches for as long as the server answers."""

    def __init__(self, server, count, first_batch):
        self.server = server
        self.lock = threading.Lock()
        self.next_batch = first_batch
        self.asked, self.acknowledged, self.in_flight = set(), set(), set()
        self.stopping = False
        self.threads = [threading.Thread(target=self.run) for _ in range(count)]
        for thread in self.threads:
            thread.start()

    def run(self):
        while not self.stopping:
            with self.lock:
                batch = self.next_batch
                self.next_batch += 1
                self.asked.add(batch)
                self.in_flight.add(batch)
            content = "batch,row,text\n" + "".join(f"{batch},{row},text of {batch}.{row}\n" for row in range(ROWS))
            try:
                answer = self.server.ingest("kills", content, mode="auto", timeout=20)
            except OSError:
                return  # the kill; the batch may or may not be there
            except Exception:  # a torn HTTP answer
                return
            with self.lock:
                self.in_flight.discard(batch)
                if answer.status in (200, 201):
                    self.acknowledged.add(batch)

    def join(self):
        self.stopping = True
        for thread in self.threads:
            thread.join()


def check(server, asked, acknowledged):
    status = server.sql("SELECT batch, count(*), count(DISTINCT \"row\") FROM kills GROUP BY batch", max_rows=100000)
    present = {}
    if status.status == 200:
        present = {int(batch): (int(rows), int(distinct)) for batch, rows, distinct in status.json()["rows"]}
    elif status.status != 404 or acknowledged:
        raise AssertionError(f"the check itself failed: {status.status} {status.body[:500]!r}")
    lost = sorted(acknowledged - present.keys())
    torn = {batch: found for batch, found in present.items() if found != (ROWS, ROWS)}
    strange = sorted(present.keys() - asked)
    if lost or torn or strange:
        raise AssertionError(f"acknowledged but lost: {lost}; not whole: {torn}; never asked: {strange}")


def fsck(server):
    done = run_command("fsck", "--data", server.data, check=False)
    if done.returncode != 0:
        raise AssertionError(f"fsck after a kill:\n{done.stdout}{done.stderr}")


def run(kills, seed, seconds):
    chance = random.Random(seed)
    print(f"seed {seed}", flush=True)
    in_flight_at_kill = collections.Counter()
    started = time.monotonic()
    done = 0
    total_acknowledged = 0
    while done < kills:
        if time.monotonic() - started > seconds:
            raise AssertionError(f"only {done} of {kills} kills in {seconds} s")
        with temporary_directory() as directory:
            server = Lakehouse(directory)
            asked, acknowledged, batch = set(), set(), 0
            for _ in range(min(LAKE_LIFE, kills - done)):
                server.start()
                clients = Clients(server, 4, batch)
                let_pass(chance.uniform(0.02, 0.35))
                with clients.lock:
                    in_flight = len(clients.in_flight)
                server.kill()
                clients.join()
                batch = clients.next_batch
                asked |= clients.asked
                acknowledged |= clients.acknowledged
                in_flight_at_kill[in_flight] += 1
                done += 1
                if chance.random() < 0.3:  # kill during recovery
                    server.start(expect_ready=False)
                    let_pass(chance.uniform(0.0, 0.08))
                    server.kill()
                server.start()
                check(server, asked, acknowledged)
                server.kill()
                fsck(server)
            total_acknowledged += len(acknowledged)
    print(f"{done} kills, {total_acknowledged} batches acknowledged; requests in flight at the kill: {dict(sorted(in_flight_at_kill.items()))}")
    between = sum(n for requests, n in in_flight_at_kill.items() if requests > 0)
    assert between >= 0.3 * done, f"only {between} of {done} kills fell between the first byte and the acknowledgement"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    arguments = parser.parse_args()
    run(arguments.kills, arguments.seed, arguments.seconds)
