"""Every kind of fault of a network and of an S3 server, at every request of an ingest, then at random under load.

After each one: what was acknowledged is there, what was refused is there whole or not at all, fsck is clean, and the refusals stand in
the error journal. Then the same while the lake looks after itself: compaction, gc, and the replay of what waits in rescue, none of which may lose a row, bring
one twice, or leave the lake unclean. With --every each kind of request meets each fault; else a sample drawn by the seed, which has each request and
each fault in it.
Usage: s3_fault_test.py [--rounds N] [--objects N] [--seed N] [--every]
"""
import argparse
import collections
import concurrent.futures
import os
import random
import sys
import threading
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, os.pardir, "system"), HERE]
import s3_lake
from fault_proxy import FAULTS, FaultProxy
from lakehouse_process import run_command, temporary_directory
from witness import wait_until

ROWS = 5
OPTIONS = None
JSON = {"Content-Type": "application/json"}


def rows_of(number):
    return "id,text\n" + "".join(f"{number * 100 + row},row {row} of {number}\n" for row in range(ROWS))


class Faults(unittest.TestCase):
    def setUp(self):
        directory = temporary_directory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        self.bucket = s3_lake.create_bucket()
        self.url = f"s3://{self.bucket}/lake"
        host, port = s3_lake.ENDPOINT.split("://")[1].split(":")
        self.proxy = FaultProxy(host, int(port))
        self.proxy.__enter__()
        self.addCleanup(self.proxy.__exit__)

    def lake(self, name, endpoint, *settings):
        path = os.path.join(self.directory, name)
        os.makedirs(path)
        return s3_lake.lake_on_s3(path, self.url, ("up", *settings), endpoint=endpoint)

    def expect_clean(self, *more):
        done = run_command("fsck", "--data", self.url, *more, *s3_lake.settings(), environment=s3_lake.SECRETS, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def expect_rows(self, server, number, acknowledged, what):
        answer = server.ask(f"SELECT count(*), count(DISTINCT text) FROM faults WHERE id // 100 = {number}")
        self.assertEqual(answer.status, 200, (what, answer.body))
        [found] = answer.json()["rows"]
        self.assertIn(found, [[ROWS, ROWS]] if acknowledged else [[ROWS, ROWS], [0, 0]], what)

    def pairs(self, faults, requests):
        """Every fault with every request; or as few of these as have each fault and each request in them, drawn by the seed."""
        if OPTIONS.every:
            return [(fault, request) for fault in faults for request in requests]
        chance = random.Random(OPTIONS.seed)
        faults, requests = (chance.sample(list(all_of), len(all_of)) for all_of in (faults, requests))
        return [(faults[n % len(faults)], requests[n % len(requests)]) for n in range(max(len(faults), len(requests)))]

    def test_each_fault_at_each_request_of_an_ingest(self):
        with self.lake("swept", self.proxy.url).start() as server:
            self.assertEqual(server.ingest("faults", rows_of(0)).status, 201)
            self.proxy.arm("slow", nth=1 << 30)
            self.assertEqual(server.ingest("faults", rows_of(1), mode="append").status, 200)
            requests = self.proxy.count
            self.assertGreaterEqual(requests, 3)
            staying = [fault for fault in FAULTS if fault not in ("slow", "twice")]  # until the operation is over
            if not OPTIONS.every:
                staying = random.Random(OPTIONS.seed).sample(staying, 3)
            cases = [(fault, nth, 1) for fault, nth in self.pairs(FAULTS, range(1, requests + 1))] + [(fault, 1, 1 << 20) for fault in staying]
            refused = 0
            for number, (fault, nth, times) in enumerate(cases, 2):
                self.proxy.arm(fault, nth, times)
                patience = "60000" if times == 1 else "4000"
                answer = server.ingest("faults", rows_of(number), mode="append", headers={"X-Lakehouse-Timeout-Ms": patience})
                self.proxy.disarm()
                what = f"{fault} at request {nth}, {'once' if times == 1 else 'from then on'}: {answer.status} {answer.body[:300]!r}; {self.proxy.seen[-40:]}; seed {OPTIONS.seed}"
                self.assertIn(answer.status, (200, 201, 202, 500, 503, 504), what)
                if times == 1:
                    self.assertLess(answer.status, 300, "one fault is not to be noticed: " + what)
                refused += answer.status >= 300
                self.expect_rows(server, number, answer.status < 300 and answer.status != 202, what)
            print(f"{len(cases)} faults of {len({fault for fault, _, _ in cases})} kinds at {requests} requests of an ingest; {refused} refused; seed {OPTIONS.seed}")
            if refused:
                self.assertTrue(server.get("/v1/errors").json()["errors"], "what was refused can be found")
            server.kill()
        self.expect_clean()

    def swept(self, name, prepare, run, check):
        """`run` with each fault at each of its requests, or at a sample that has each of both in it; `check` afterwards, with what was going
        on. A request is told by its kind and whether it is the first or the last of it: gc reads a log that grows from run to run."""
        prepare()
        self.proxy.arm("slow", nth=1 << 30)
        run()
        kinds = collections.Counter(kind for kind, _ in self.proxy.seen)
        self.proxy.disarm()
        check(f"{name} without a fault")
        self.assertGreaterEqual(len(kinds), 3, name)
        requests = [(kind, nth) for kind, count in kinds.items() for nth in ({1, count} if OPTIONS.every else {1})]
        pairs = self.pairs([fault for fault in FAULTS if fault != "slow"], requests)
        met = 0
        for fault, (kind, nth) in pairs:
            prepare()
            self.proxy.arm(fault, nth, kind=kind)
            outcome = run()
            met += self.proxy.broken
            self.proxy.disarm()
            check(f"{fault} at {kind}, number {nth}, of {name}: {outcome}; {self.proxy.seen[-40:]}; seed {OPTIONS.seed}")
        print(f"{met} faults at {len(requests)} requests of {len(kinds)} kinds of {name}; seed {OPTIONS.seed}")
        self.assertGreater(met, 0.6 * len(pairs), "most of these requests were made again")

    def test_faults_while_the_lake_is_compacted_and_collected_lose_nothing(self):
        total = 0
        with self.lake("kept", self.proxy.url, "--set", "gc.grace=0ms", "--set", "gc.interval=0ms", "--set", "compact.interval=1000000s").start() as server:
            self.assertEqual(server.ingest("faults", rows_of(0)).status, 201)
            self.assertEqual(server.request("POST", "/v1/catalog/datasets/by-name/faults/retention", '{"keep_last":1}', JSON).status, 200)
            total = ROWS

            def two_more_files():
                nonlocal total
                for _ in range(2):
                    self.assertEqual(server.ingest("faults", rows_of(total), mode="append").status, 200)
                    total += ROWS

            def ask(path, body):
                answer = server.request("POST", path, body, {**JSON, "X-Lakehouse-Timeout-Ms": "20000"})
                self.assertIn(answer.status, (200, 202, 409, 500, 503, 504), answer.body)
                return f"{answer.status} {answer.body[:200]!r}"

            def all_there(what):
                answer = server.ask("SELECT count(*), count(DISTINCT id) FROM faults")
                self.assertEqual((answer.status, answer.status == 200 and answer.json()["rows"]), (200, [[total, total]]), what)

            def collected(what):
                all_there(what)
                self.assertEqual(server.request("POST", "/v1/catalog/gc", '{"run":true}', JSON).status, 200, what)
                all_there(what)

            compact = "/v1/catalog/datasets/by-name/faults/compact"
            self.swept("compaction", two_more_files, lambda: ask(compact, ""), all_there)
            self.swept("gc", lambda: (two_more_files(), ask(compact, "")), lambda: ask("/v1/catalog/gc", '{"run":true}'), collected)
            server.kill()
        self.expect_clean()

    def test_faults_while_rescue_is_replayed_bring_every_row_once(self):
        rescue = ("--set", f"storage.rescue={self.directory}/rescue")
        number = 0
        with self.lake("rescued", self.proxy.url, *rescue, "--set", "storage.rescue_after=500ms", "--set", "ingest.replay_interval=10s").start() as server:
            self.assertEqual(server.ingest("faults", rows_of(0)).status, 201)

            def shelve():
                nonlocal number
                number += 1
                self.proxy.arm("error_503_before", 1, 1 << 20)
                answer = server.ingest("faults", rows_of(number), mode="append")
                self.proxy.disarm()
                self.assertEqual((answer.status, answer.json().get("durability")), (202, "rescue"), answer.body)

            def waiting():
                return server.get("/v1/ingest/rescue").json()["uploads"]

            def replay():
                def brought_in():
                    for one in waiting():
                        server.request("POST", f"/v1/ingest/rescue/{one['id']}/retry", "", JSON)
                    return not waiting()
                return wait_until(f"everything rescued is brought in; {self.proxy.seen[-40:]}", brought_in, 120)

            def once(what):
                self.expect_rows(server, number, True, what)

            self.swept("rescue replay", shelve, replay, once)
            server.kill()
        self.expect_clean(*rescue)

    def test_vectors_and_objects_of_ones_own_which_rescue_does_not_take_are_refused_and_nothing_of_them_is_seen(self):
        rescue = ("--set", f"storage.rescue={self.directory}/rescue")
        item = '{"items":[{"id":"late","vector":[1,2,3,4]}]}'
        with self.lake("refused", self.proxy.url, *rescue, "--set", "storage.rescue_after=500ms").start() as server:
            self.assertEqual(server.request("POST", "/v1/vectors/index", '{"name":"notes","dimension":4,"metric":"cosine"}', JSON).status, 201)
            self.proxy.arm("error_503_before", 1, 1 << 20)
            patience = {"X-Lakehouse-Timeout-Ms": "3000"}
            asked = time.monotonic()
            refused = {"vectors": server.request("POST", "/v1/vectors/index/notes/add", item, {**JSON, **patience})}
            self.assertLess(time.monotonic() - asked, 10, "the caller's deadline rules, not the log's own")
            refused["object"] = server.request("PUT", "/v1/storage/objects/mine/late", b"octets", patience)
            for what, answer in refused.items():
                self.assertIn(answer.status, (503, 504), (what, answer.body))
            self.assertEqual(server.get("/v1/vectors/index/notes/items/late").status, 404)
            self.assertEqual(server.get("/v1/vectors/index/notes").json()["length"], 0)
            self.proxy.disarm()
            self.assertEqual(server.get("/v1/storage/objects/mine/late").status, 404)
            self.assertEqual(server.get("/v1/ingest/rescue").json()["uploads"], [])
            known = [record["request_id"] for record in server.get("/v1/errors").json()["errors"]]
            for what, answer in refused.items():
                self.assertIn(answer.error()["request_id"], known, what)
            self.assertEqual(server.request("POST", "/v1/vectors/index/notes/add", item, JSON).status, 200)
            self.assertEqual(server.get("/v1/vectors/index/notes").json()["length"], 1)
            self.assertIn(server.request("PUT", "/v1/storage/objects/mine/late", b"octets").status, (200, 201))
            server.kill()
        self.expect_clean(*rescue)

    def test_vectors_of_unknown_outcome_are_said_to_be_so_in_time_and_come_by_themselves(self):
        with self.lake("unclear", self.proxy.url).start() as server:
            self.assertEqual(server.request("POST", "/v1/vectors/index", '{"name":"notes","dimension":4,"metric":"cosine"}', JSON).status, 201)
            self.proxy.arm("reset_before", 1, 1 << 20)
            items = '{"items":[{"id":"one","vector":[1,2,3,4]},{"id":"two","vector":[4,3,2,1]}]}'
            asked = time.monotonic()
            unclear = server.request("POST", "/v1/vectors/index/notes/add", items, {**JSON, "X-Lakehouse-Timeout-Ms": "3000"})
            self.assertLess(time.monotonic() - asked, 10, "the caller's deadline rules, not the log's own")
            self.proxy.disarm()
            self.assertEqual(unclear.error()["code"], "outcome_unknown", unclear.body)
            wait_until("both items are there", lambda: server.get("/v1/vectors/index/notes").json()["length"] == 2, 60)
            self.assertEqual(server.request("POST", "/v1/vectors/index/notes/add", items, JSON).status, 200)
            self.assertEqual(server.get("/v1/vectors/index/notes").json()["length"], 2, "twice is as once")
            server.kill()
        self.expect_clean()

    def test_acknowledged_objects_are_there_with_their_octets(self):
        seed = OPTIONS.seed
        print(f"seed {seed}")
        chance = random.Random(seed)
        bodies = {f"mine/{number}": chance.randbytes(chance.choice((0, 1, 100, 5_000, 200_000))) for number in range(OPTIONS.objects)}
        kinds = [fault for fault in FAULTS if fault not in ("slow",)]
        acknowledged, lock = set(), threading.Lock()
        with self.lake("loaded", self.proxy.url).start() as server:
            self.proxy.arm_random({fault: 0.25 / len(kinds) for fault in kinds}, seed)

            def put_and_get(key):
                if server.request("PUT", "/v1/storage/objects/" + key, bodies[key], timeout=120).status in (200, 201):
                    with lock:
                        acknowledged.add(key)
                read = server.request("GET", "/v1/storage/objects/" + key, timeout=120)
                return read.status != 200 or read.body == bodies[key]

            with concurrent.futures.ThreadPoolExecutor(4) as clients:
                sound = list(clients.map(put_and_get, bodies))
            broken = self.proxy.broken
            self.proxy.disarm()
            server.kill()
        self.assertTrue(all(sound), "no answer had wrong octets")
        self.assertGreater(len(acknowledged), OPTIONS.objects * 0.9)
        self.assertGreater(broken, OPTIONS.objects * 0.2)
        for key in acknowledged:
            self.assertEqual(s3_lake.get_object(self.bucket, "lake/" + key), bodies[key], key)
        print(f"{len(acknowledged)} of {len(bodies)} objects acknowledged, {broken} requests broken")

    def test_a_start_through_faults_is_whole_or_refused(self):
        with self.lake("first", s3_lake.ENDPOINT).start() as server:
            self.assertEqual(server.ingest("faults", rows_of(1)).status, 201)
            server.kill()
        kinds = [fault for fault in FAULTS if fault != "slow"]
        refused = 0
        for start in range(OPTIONS.rounds):
            self.proxy.arm_random({fault: 0.15 / len(kinds) for fault in kinds}, OPTIONS.seed + start)
            with self.lake(f"start{start}", self.proxy.url).start(expect_ready=False) as server:
                ready = server.await_ready(90)
                self.proxy.disarm()
                if ready:
                    self.expect_rows(server, 1, True, f"start {start}")
                    server.kill()
                else:
                    refused += 1
                    self.assertIn("lakehouse: ", server.log_tail(), "it says why it does not start")
                    self.assertNotIn("ignores If-None-Match", server.log_tail(), "a bad connection is no lying server")
        print(f"{OPTIONS.rounds} starts through faults, {refused} refused")
        self.assertLess(refused, OPTIONS.rounds)
        self.expect_clean()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="starts through faults")
    parser.add_argument("--objects", type=int, default=150)
    parser.add_argument("--every", action="store_true", help="each fault at each request")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 30))
    OPTIONS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest])
