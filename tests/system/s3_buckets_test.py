"""A bucket on a real S3 server beside a local primary: its files are fetched, joined and checked; while the server fails, rescue keeps
what comes, and brings it in once it answers again."""
import json
import os
import sys
import unittest

import s3_lake
from lakehouse_process import Lakehouse, run_command, temporary_directory
from witness import wait_until

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "fault"))
from fault_proxy import FaultProxy  # noqa: E402

JSON = {"Content-Type": "application/json"}
SECRETS = {"LAKEHOUSE_SECRET_BUCKET_FAR_ACCESS_KEY": s3_lake.ACCESS_KEY, "LAKEHOUSE_SECRET_BUCKET_FAR_SECRET_KEY": s3_lake.SECRET_KEY}
HASTY = ("--set", "storage.rescue_after=1s", "--set", "ingest.replay_interval=100ms")


class BucketOnS3(unittest.TestCase):
    def setUp(self):
        directory = temporary_directory()
        self.addCleanup(directory.cleanup)
        self.bucket = s3_lake.create_bucket()
        host, port = s3_lake.ENDPOINT.split("://")[1].split(":")
        self.proxy = FaultProxy(host, int(port))
        self.proxy.__enter__()
        self.addCleanup(self.proxy.__exit__)
        rescue = os.path.join(directory.name, "rescue")
        self.server = Lakehouse(directory.name, ("up", "--set", f"storage.rescue={rescue}", *HASTY), environment=SECRETS)
        self.addCleanup(self.server.kill)
        self.server.start()
        self.record = {"name": "far", "url": f"s3://{self.bucket}/lake", "endpoint": self.proxy.url}
        created = self.server.request("POST", "/v1/storage/buckets", json.dumps(self.record), JSON)
        self.assertEqual(created.status, 201, created.body)
        self.assertNotIn(s3_lake.SECRET_KEY, created.body.decode())

    def send(self, content, **fields):
        return self.server.ingest("far_away", content, headers={"X-Lakehouse-Bucket": "far"}, **fields)

    def test_a_query_joins_a_directory_and_a_server(self):
        server = self.server
        self.assertEqual(server.ingest("near", "id,name\n1,Ann\n2,Bob\n").status, 201)
        self.assertEqual(self.send("id,city\n1,Rome\n2,Oslo\n").status, 201)
        joined = "SELECT name, city FROM near JOIN far_away USING (id) ORDER BY name"
        self.assertEqual(server.rows(joined), [["Ann", "Rome"], ["Bob", "Oslo"]])
        server.kill()
        server.start()
        self.assertEqual(server.rows(joined), [["Ann", "Rome"], ["Bob", "Oslo"]])
        keys = s3_lake.list_keys(self.bucket)
        self.assertEqual([key for key in keys if "_catalog" in key or "/manifest/" in key or "_probe" in key], [], "only files live there")
        self.assertEqual(len([key for key in keys if key.startswith("lake/datasets/far_away/data/")]), 1)
        done = run_command("fsck", "--data", server.data, environment=SECRETS)
        self.assertIn("clean", done.stdout)
        again = self.server.request("POST", "/v1/storage/buckets", json.dumps({**self.record, "name": "again"}), JSON)
        self.assertEqual((again.status, again.error()["code"]), (409, "bucket_taken"))
        self.assertEqual(server.request("DELETE", "/v1/storage/buckets/far").error()["code"], "bucket_in_use")

    def test_what_a_failing_server_does_not_take_comes_in_once_it_answers(self):
        self.assertEqual(self.send("id,city\n1,Rome\n").status, 201)
        for number, fault in enumerate(("error_503_before", "reset_before", "reset_after"), 2):
            self.proxy.arm(fault, 1, 1 << 20)
            answer = self.send(f"id,city\n{number},Oslo\n")
            self.proxy.disarm()
            self.assertEqual((fault, answer.status), (fault, 202), answer.body)
            self.assertEqual(answer.json()["durability"], "rescue")
        wait_until("all are in", lambda: not self.server.get("/v1/ingest/rescue").json()["pending"], 120)
        self.assertEqual(self.server.rows("SELECT id FROM far_away ORDER BY id"), [[1], [2], [3], [4]])
        done = run_command("fsck", "--data", self.server.data, environment=SECRETS)
        self.assertIn("clean", done.stdout)


class PrimaryOnS3(unittest.TestCase):
    def test_a_directory_keeps_what_a_primary_on_s3_does_not_take(self):
        directory = temporary_directory()
        self.addCleanup(directory.cleanup)
        host, port = s3_lake.ENDPOINT.split("://")[1].split(":")
        with FaultProxy(host, int(port)) as proxy:
            rescue = os.path.join(directory.name, "rescue")
            url = f"s3://{s3_lake.create_bucket()}/lake"
            server = s3_lake.lake_on_s3(directory.name, url, ("up", "--set", f"storage.rescue={rescue}", *HASTY), endpoint=proxy.url)
            self.addCleanup(server.kill)
            server.start()
            self.assertEqual(server.ingest("people", "id\n1\n").status, 201)
            self.assertEqual(server.rows("SELECT id FROM people"), [[1]])
            proxy.arm("error_503_before", 1, 1 << 20)
            answer = server.ingest("people", "id\n2\n")
            self.assertEqual((answer.status, answer.json().get("durability")), (202, "rescue"), answer.body)
            self.assertEqual(server.rows("SELECT id FROM people"), [[1]], "what is cached is served")
            journal = server.get("/v1/errors?kind=rescued").json()
            self.assertEqual([source["source"] for source in journal["unreadable"]], ["primary"])
            self.assertEqual([record["object"] for record in journal["errors"]], [answer.json()["job"]["id"]])
            proxy.disarm()
            wait_until("it is in", lambda: not server.get("/v1/ingest/rescue").json()["pending"], 120)
            self.assertEqual(server.rows("SELECT id FROM people ORDER BY id"), [[1], [2]])


if __name__ == "__main__":
    unittest.main()
