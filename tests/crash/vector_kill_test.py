"""Kills the server at random while a vector index takes items, merges, is trained, rewritten and swapped, starts it again, and looks for
what was lost: no acknowledged vector is, and one generation is served."""
import argparse
import os
import random
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "system"))
sys.path.insert(0, os.path.dirname(__file__))
from kill_test import fsck, let_pass  # noqa: E402
from lakehouse_process import Lakehouse, temporary_directory  # noqa: E402
from ledger import ServerGone  # noqa: E402
from vector_ledger import VectorLedger  # noqa: E402

LAKE_LIFE = 10  # kills before a fresh lake, so that the check stays quick
EAGER = ("up", "--set", "vector.fold_batches=6", "--set", "vector.compact_rows=60", "--set", "vector.sidecar_rows=10")
KINDS = {
    "add": lambda ledger, server: (ledger.add(server), ledger.remove(server)),
    "merge": lambda ledger, server: (ledger.merge(server), ledger.add(server, range(5))),
    "retrain": lambda ledger, server: (ledger.add(server), ledger.maintain(server, retrain=True)),
    "swap": lambda ledger, server: (ledger.add(server), ledger.maintain(server, compact=True), ledger.tune(server)),
}


def work(server, ledger, step):
    try:
        while True:
            step(ledger, server)
    except ServerGone:
        pass


def one_lake(kills, chance, kind):
    """How many requests were acknowledged."""
    with temporary_directory(in_memory=True) as directory:
        server, ledger = Lakehouse(directory, EAGER), VectorLedger()
        for _ in range(kills):
            server.start()
            ledger.prepare(server)
            worker = threading.Thread(target=work, args=(server, ledger, KINDS[kind]))
            worker.start()
            let_pass(chance.uniform(0.0, 0.25))
            server.kill()
            worker.join()
            server.start()
            ledger.check(server)
            server.kill()
        fsck(server, f"{kills} kills during {kind}")
        return ledger.done


def run(kills, seed, kinds):
    chance = random.Random(seed)
    print(f"seed {seed}", flush=True)
    for kind in kinds:
        started, acknowledged = time.monotonic(), 0
        for first in range(0, kills, LAKE_LIFE):
            acknowledged += one_lake(min(LAKE_LIFE, kills - first), chance, kind)
        print(f"{kind}: {kills} kills in {time.monotonic() - started:.0f} s, {acknowledged} requests acknowledged, none lost", flush=True)
        assert acknowledged > kills // 4, "next to nothing was ever acknowledged: this run has shown nothing"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", default=list(KINDS), help=", ".join(KINDS))
    parser.add_argument("--kills", type=int, default=25, help="of each kind")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    arguments = parser.parse_args()
    run(arguments.kills, arguments.seed, arguments.kinds)
