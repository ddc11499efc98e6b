"""Kills the jailed workers under a server that ingests and answers: it starts others, work that lost its worker fails whole or is done
whole, and the server never stops."""
import argparse
import os
import random
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "system"))
sys.path.insert(0, os.path.dirname(__file__))
from kill_test import Clients, fsck, let_pass  # noqa: E402
from lakehouse_process import Lakehouse, temporary_directory  # noqa: E402
from ledger import Ledger  # noqa: E402


def workers_of(pid):
    children = set()
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as listed:
            children.update(int(child) for child in listed.read().split())
    return sorted(children)


def run(kills, seed):
    print(f"seed {seed}", flush=True)
    chance = random.Random(seed)
    with temporary_directory() as directory, Lakehouse(directory) as server:
        ledger = Ledger()
        clients = Clients(server, ledger)
        done = 0
        for _ in range(20 * kills):
            let_pass(chance.uniform(0.02, 0.15))
            workers = workers_of(server.process.pid)
            if done < kills and workers:
                try:
                    os.kill(chance.choice(workers), signal.SIGKILL)
                    done += 1
                except ProcessLookupError:
                    pass
            elif done == kills:
                break
        before = len(ledger.acknowledged)
        for _ in range(500):
            if len(ledger.acknowledged) > before + 5:
                break
            let_pass(0.02)
        clients.join()
        assert done == kills, f"only {done} workers could be killed"
        assert len(ledger.acknowledged) > before + 5, f"work did not go on after the kills:\n{server.log_tail()}"
        ledger.check(server)
        server.kill()
        fsck(server, "kills of workers")
        refused = len(ledger.asked) - len(ledger.acknowledged)
        print(f"{done} workers killed, {len(ledger.acknowledged)} batches acknowledged, {refused} refused, none half done")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    arguments = parser.parse_args()
    run(arguments.kills, arguments.seed)
