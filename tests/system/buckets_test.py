"""Several buckets in one lake: registered at run time, filled by uploads, joined, taken away and brought back. What a store does not take
waits in the rescue bucket, is neither lost nor there twice, and is never forced."""
import json
import os
import re
import unittest

from full_disk_test import SmallDisk
from lakehouse_process import Lakehouse, run_command, temporary_directory
from topology import Daemons
from witness import files_below, wait_until

JSON = {"Content-Type": "application/json"}
TO_ARCHIVE = {"X-Lakehouse-Bucket": "archive"}


class Home:
    """A lake with a rescue bucket and a place for others, all below one directory."""

    def __init__(self, test, disk_bytes=0):
        directory = temporary_directory()
        test.addCleanup(directory.cleanup)
        self.path = directory.name
        self.settings = ("--set", f"storage.buckets={self.path}/buckets", "--set", f"storage.rescue={self.path}/rescue")
        self.disk = None
        data = None
        if disk_bytes:
            self.disk = SmallDisk(os.path.join(self.path, "small"), disk_bytes)
            if self.disk.refused:
                test.skipTest(f"a small file system cannot be mounted here: {self.disk.refused}")
            test.addCleanup(self.disk.unmount)
            data = os.path.join(self.disk.path, "data")
        self.server = Lakehouse(self.path, ("up", *self.settings), data=data)
        test.addCleanup(self.server.kill)
        self.server.start()

    def create(self, **bucket):
        return self.server.request("POST", "/v1/storage/buckets", json.dumps(bucket), JSON)

    def names(self):
        return [bucket["name"] for bucket in self.server.get("/v1/storage/buckets").json()["buckets"]]

    def take_away(self, name):
        """A file stands where the directory was."""
        os.rename(os.path.join(self.path, name), os.path.join(self.path, "aside"))
        with open(os.path.join(self.path, name), "w", encoding="ascii") as file:
            file.write("no directory")

    def bring_back(self, name):
        os.unlink(os.path.join(self.path, name))
        os.rename(os.path.join(self.path, "aside"), os.path.join(self.path, name))

    def rescue(self):
        return self.server.get("/v1/ingest/rescue").json()

    def await_replay(self):
        wait_until("everything rescued is brought in", lambda: not self.rescue()["pending"], 60)

    def fsck(self, check=True):
        return run_command("fsck", "--data", self.server.data, *self.settings, check=check)

    def error_kinds(self):
        return {record["kind"] for record in self.server.get("/v1/errors?limit=10000").json()["errors"]}


class SeveralBuckets(unittest.TestCase):
    def test_uploads_go_where_they_are_sent_are_joined_and_survive_a_kill(self):
        home = Home(self)
        self.assertEqual(home.create(name="archive").status, 201)
        server = home.server
        self.assertEqual(server.ingest("people", "id,name\n1,Ann\n2,Bob\n").status, 201)
        self.assertEqual(server.ingest("cities", "id,city\n1,Rome\n2,Oslo\n,bad,x\n", headers=TO_ARCHIVE).status, 201)
        joined = "SELECT name, city FROM people JOIN cities USING (id) ORDER BY name"
        self.assertEqual(server.rows(joined), [["Ann", "Rome"], ["Bob", "Oslo"]])
        server.kill()
        server.start()
        self.assertEqual(home.names(), ["primary", "rescue", "archive"])
        self.assertEqual(server.rows(joined), [["Ann", "Rome"], ["Bob", "Oslo"]])
        # Later uploads, deletes and rejects of the dataset go there too.
        self.assertEqual(server.ingest("cities", "id,city\n2,Bern\n", mode="upsert", key="id").status, 200)
        self.assertEqual(server.request("POST", "/v1/datasets/cities/delete-rows", '{"key":"id","values":["1"]}', JSON).status, 200)
        self.assertEqual(server.rows(joined), [["Bob", "Bern"]])
        self.assertEqual(server.rows("SELECT city FROM cities AT (VERSION => 1) WHERE id = 1"), [["Rome"]])
        self.assertEqual(server.request("POST", "/v1/catalog/datasets/cities/restore", '{"version":1}', JSON).status, 200)
        self.assertEqual(server.rows(joined), [["Ann", "Rome"], ["Bob", "Oslo"]])
        in_primary = [name for name in files_below(server.data) if re.match(r"datasets/cities\w*/(data|deletes)/", name)]
        self.assertEqual(in_primary, [])
        self.assertEqual(len(files_below(os.path.join(home.path, "buckets/archive/datasets"))), 5)
        # An upload that never became part of a commit is found there as well.
        left = os.path.join(home.path, "buckets/archive/datasets/left/data/1-01890000-0000-7000-8000-000000000001.parquet")
        os.makedirs(os.path.dirname(left))
        with open(left, "wb") as file:
            file.write(b"left behind")
        self.assertIn("1 objects that no snapshot names", home.fsck().stdout)
        self.assertEqual(server.request("POST", "/v1/catalog/gc", '{"run":true}', JSON).json()["objects"], 1)
        self.assertFalse(os.path.exists(left))
        self.assertIn("clean", home.fsck().stdout)
        one = next(name for name in files_below(os.path.join(home.path, "buckets/archive")) if name.startswith("datasets/"))
        with open(os.path.join(home.path, "buckets/archive", one), "rb") as file:
            octets = file.read()
        self.assertEqual(server.get(f"/v1/storage/buckets/archive/objects/{one}").body, octets)

    def test_a_bucket_that_is_not_known_or_is_needed_is_refused_with_the_reason(self):
        home = Home(self)
        self.assertEqual(home.create(name="archive").status, 201)
        refused = home.server.ingest("people", "id\n1\n", headers={"X-Lakehouse-Bucket": "nowhere"})
        self.assertEqual((refused.status, refused.error()["code"]), (404, "unknown_bucket"))
        self.assertEqual(refused.error()["details"]["buckets"], ["primary", "rescue", "archive"])
        self.assertEqual(home.server.ingest("people", "id\n1\n", headers={"X-Lakehouse-Bucket": "rescue"}).status, 400)
        remove = lambda name: home.server.request("DELETE", f"/v1/storage/buckets/{name}")
        for name in ("primary", "rescue"):
            self.assertEqual((remove(name).status, remove(name).error()["code"]), (409, "bucket_protected"))
        self.assertEqual(home.server.ingest("people", "id\n1\n", headers=TO_ARCHIVE).status, 201)
        self.assertEqual((remove("archive").status, remove("archive").error()["code"]), (409, "bucket_in_use"))
        self.assertEqual(home.server.request("DELETE", "/v1/catalog/datasets/people").status, 200)
        self.assertEqual(remove("archive").status, 409, "its past may still be read")
        self.assertEqual(home.create(name="empty").status, 201)
        self.assertEqual(remove("empty").status, 200)
        home.server.kill()
        home.server.start()
        self.assertEqual(home.names(), ["primary", "rescue", "archive"])
        self.assertEqual(home.create(name="etc", url="/etc/lakehouse-test").error()["code"], "directory_not_allowed")

    def test_buckets_and_rescue_work_across_daemons(self):
        directory = temporary_directory()
        self.addCleanup(directory.cleanup)
        path = directory.name
        gateway = Daemons(path, ("--set", f"storage.buckets={path}/buckets", "--set", f"storage.rescue={path}/rescue"))
        self.addCleanup(gateway.kill)
        gateway.start()
        self.assertEqual(gateway.request("POST", "/v1/storage/buckets", '{"name":"archive"}', JSON).status, 201)
        self.assertEqual(gateway.ingest("people", "id,name\n1,Ann\n").status, 201)
        self.assertEqual(gateway.ingest("cities", "id,city\n1,Rome\n", headers=TO_ARCHIVE).status, 201)
        self.assertEqual(gateway.rows("SELECT name, city FROM people JOIN cities USING (id)"), [["Ann", "Rome"]])
        os.rename(f"{path}/buckets/archive", f"{path}/aside")
        rescued = gateway.ingest("cities", "id,city\n2,Oslo\n")
        self.assertEqual((rescued.status, rescued.json()["durability"]), (202, "rescue"))
        os.rename(f"{path}/aside", f"{path}/buckets/archive")
        wait_until("the upload is brought in", lambda: gateway.rows("SELECT count(*) FROM cities") == [[2]], 60)
        # Refusals of every daemon are found with one call, within five seconds of what happened; here: as soon as they are written.
        refusals = {"queryd": gateway.sql("SELECT nothing FROM nowhere"), "catalogd": gateway.get("/v1/catalog/datasets/nowhere"),
                    "ingestd": gateway.ingest("bad name", "a\n1\n"), "storaged": gateway.get("/v1/storage/objects/nowhere")}
        wanted = {answer.error()["request_id"]: service for service, answer in refusals.items()}
        bare = gateway.peers["storaged"].get("/storage/objects/elsewhere")  # asked of the daemon itself
        wanted[bare.error()["request_id"]] = "storaged"

        def missing():
            there = {(record["request_id"], record["service"]) for record in gateway.get("/v1/errors?limit=10000").json()["errors"]}
            return wanted.items() - there
        try:
            wait_until("every refusal is in the journal", lambda: not missing(), 30)
        except AssertionError as late:
            raise AssertionError(f"{late}; missing: {missing()}") from late


class Rescue(unittest.TestCase):
    def test_what_a_full_primary_does_not_take_waits_invisible_and_comes_in_exactly_once(self):
        home = Home(self, 32 << 20)
        server = home.server
        self.assertEqual(server.ingest("people", "id,name\n1,Ann\n").status, 201)
        home.disk.leave(0)
        answers = [server.ingest("people", "id,name\n2,Bob\n", headers={"Idempotency-Key": "k1"}) for _ in range(2)]
        answers.append(server.ingest("new", "id\n7\n", mode="create"))
        for answer in answers:
            self.assertEqual((answer.status, answer.json()["durability"]), (202, "rescue"), answer.body)
            self.assertEqual(answer.json()["job"]["state"], "rescued")
        self.assertEqual(server.rows("SELECT count(*) FROM people"), [[1]])
        self.assertEqual(server.sql("SELECT * FROM new").status, 404)
        state = home.rescue()
        self.assertEqual((state["available"], state["pending"], state["held"]), (True, 3, 0))
        self.assertIn("rescued", home.error_kinds())
        wait_until("a failed attempt is told", lambda: home.rescue().get("last_error"), 30)
        # The errors are kept beside the full disk, and found after a kill.
        self.assertEqual(server.request("POST", "/v1/errors/flush").status, 200)
        server.kill()
        server.start()
        self.assertIn("rescued", home.error_kinds())
        self.assertEqual(home.rescue()["pending"], 3)
        job = "/v1/ingest/jobs/" + answers[0].json()["job"]["id"]
        wait_until("who was told a job finds it again", lambda: server.get(job).status == 200, 30)
        self.assertEqual(server.get(job).json()["job"]["state"], "rescued")
        home.disk.make_room()
        home.await_replay()
        self.assertEqual(server.rows("SELECT id FROM people ORDER BY id"), [[1], [2]], "once, though it was sent twice")
        self.assertEqual(server.rows("SELECT id FROM new"), [[7]])
        for answer in answers:
            job = server.get("/v1/ingest/jobs/" + answer.json()["job"]["id"]).json()["job"]
            self.assertIn(job["state"], ("committed", "unchanged"), job)
        self.assertEqual([name for name in files_below(os.path.join(home.path, "rescue")) if name.startswith("_rescue")], [])
        self.assertIn("clean", home.fsck().stdout)

    def test_a_deletion_that_a_store_does_not_take_waits_and_spares_the_rows_that_came_since(self):
        home = Home(self)
        server = home.server
        self.assertEqual(home.create(name="archive").status, 201)
        self.assertEqual(server.ingest("cities", "id,city\n1,Rome\n2,Oslo\n3,Linz\n", headers=TO_ARCHIVE).status, 201)
        cities = "SELECT id, city FROM cities ORDER BY id, city"
        self.assertEqual(len(server.rows(cities)), 3)
        home.take_away("buckets/archive")
        waiting = [server.request("POST", "/v1/datasets/cities/delete-rows", '{"key":"id","values":["2"]}', JSON),
                   server.request("POST", "/v1/catalog/datasets/by-name/cities/tombstone", '{"row_key_column":"id","row_key_values":["3"]}', JSON)]
        for answer in waiting:
            self.assertEqual((answer.status, answer.json()["durability"]), (202, "rescue"), answer.body)
            self.assertEqual((answer.json()["job"]["kind"], answer.json()["job"]["state"]), ("delete", "rescued"))
        self.assertEqual([upload["mode"] for upload in home.rescue()["uploads"]], ["delete", "delete"])
        again = server.ingest("cities", "id,city\n2,Bern\n", mode="append", headers={"X-Lakehouse-Bucket": "primary"})
        self.assertEqual(again.status, 200, again.body)
        server.kill()
        server.start()
        self.assertEqual(len(home.rescue()["uploads"]), 2, "a kill takes nothing of it")
        home.bring_back("buckets/archive")
        home.await_replay()
        self.assertEqual(server.rows(cities), [[1, "Rome"], [2, "Bern"]], "what came since was not meant")
        for answer in waiting:
            job = server.get("/v1/ingest/jobs/" + answer.json()["job"]["id"]).json()["job"]
            self.assertEqual((job["state"], job["rows_loaded"]), ("committed", 1), job)
        # Rows came and the files were written anew: which rows were meant cannot be told any more, so none goes.
        self.assertEqual(server.rows("SELECT count(*) FROM cities"), [[2]])
        home.take_away("buckets/archive")
        held = server.request("POST", "/v1/datasets/cities/delete-rows", '{"key":"id","values":["1"]}', JSON)
        self.assertEqual(held.status, 202, held.body)
        replaced = server.ingest("cities", "id,city\n1,Graz\n", mode="replace", headers={"X-Lakehouse-Bucket": "primary"})
        self.assertEqual(replaced.status, 200, replaced.body)
        home.bring_back("buckets/archive")
        wait_until("it is held", lambda: home.rescue()["held"] == 1, 60)
        self.assertIn("rescue_held", home.error_kinds())
        self.assertEqual(server.rows(cities), [[1, "Graz"]])
        self.assertEqual(server.request("DELETE", "/v1/ingest/rescue/" + held.json()["job"]["id"]).status, 200)
        self.assertIn("clean", home.fsck().stdout)

    def test_when_rescue_is_away_too_nothing_is_kept_and_the_sender_is_told(self):
        home = Home(self, 32 << 20)
        self.assertEqual(home.server.ingest("cities", "id\n1\n").status, 201)
        self.assertEqual(home.server.rows("SELECT id FROM cities"), [[1]])
        home.server.request("GET", "/v1/storage/bucket-health")
        home.disk.leave(0)
        home.take_away("rescue")
        refused = home.server.ingest("people", "id\n1\n")
        self.assertEqual((refused.status, refused.error()["code"]), (503, "rescue_failed"), refused.body)
        self.assertIn("No space left on device", refused.error()["message"])
        kept = home.server.request("POST", "/v1/datasets/cities/delete-rows", '{"key":"id","values":["1"]}', JSON)
        self.assertEqual((kept.status, kept.error()["code"]), (503, "rescue_failed"), kept.body)
        self.assertEqual(home.server.rows("SELECT id FROM cities"), [[1]])
        self.assertIn("rescue_failed", home.error_kinds(), "memory answers when nothing else does")
        unread = [source["source"] for source in home.server.get("/v1/errors").json()["unreadable"]]
        self.assertEqual(unread, ["rescue"])
        home.bring_back("rescue")
        home.disk.make_room()
        self.assertEqual(home.server.sql("SELECT * FROM people").status, 404)
        self.assertEqual(home.rescue()["uploads"], [])
        self.assertEqual(home.server.ingest("people", "id\n1\n").status, 201)

    def test_an_upload_whose_dataset_changed_meanwhile_is_kept_and_never_forced(self):
        home = Home(self)
        server = home.server
        self.assertEqual(home.create(name="archive").status, 201)
        self.assertEqual(server.ingest("cities", "id,city\n1,Rome\n", headers=TO_ARCHIVE).status, 201)
        home.take_away("buckets/archive")
        rescued = server.ingest("cities", "id,city\n2,Oslo\n")
        self.assertEqual(rescued.status, 202, rescued.body)
        job = rescued.json()["job"]["id"]
        self.assertEqual(server.sql("SELECT count(*) FROM cities").status, 503, "its files are away")
        self.assertEqual(server.request("DELETE", "/v1/catalog/datasets/cities").status, 200)
        other = server.ingest("cities", "name,inhabitants\nRome,3\n", headers={"X-Lakehouse-Bucket": "primary"})
        self.assertEqual(other.status, 201, other.body)
        home.bring_back("buckets/archive")
        wait_until("it is held", lambda: home.rescue()["held"] == 1, 60)
        [upload] = home.rescue()["uploads"]
        self.assertEqual((upload["id"], upload["held"]), (job, True))
        self.assertIn("is not what it was when this file was sent", upload["last_error"])
        self.assertIn("rescue_held", home.error_kinds())
        self.assertEqual(server.rows("SELECT name FROM cities"), [["Rome"]])
        server.kill()
        server.start()
        self.assertEqual(home.rescue()["held"], 1, "who starts anew tries nothing that was refused")
        kept = server.get(f"/v1/storage/buckets/rescue/objects/_rescue/{job}/source")
        self.assertEqual(kept.body, b"id,city\n2,Oslo\n")
        self.assertEqual(server.request("POST", f"/v1/ingest/rescue/{job}/retry").status, 200)
        wait_until("it was tried and is held again", lambda: home.rescue()["held"] == 1, 60)
        self.assertEqual(server.request("DELETE", f"/v1/ingest/rescue/{job}").status, 200)
        self.assertEqual(server.request("DELETE", f"/v1/ingest/rescue/{job}").status, 404)
        self.assertEqual(home.rescue()["uploads"], [])

    def test_a_lake_whose_bucket_is_away_says_so_and_serves_the_rest(self):
        home = Home(self)
        server = home.server
        self.assertEqual(home.create(name="archive").status, 201)
        self.assertEqual(server.ingest("cities", "id,city\n1,Rome\n", headers=TO_ARCHIVE).status, 201)
        self.assertEqual(server.ingest("people", "id,name\n1,Ann\n").status, 201)
        home.take_away("buckets/archive")
        server.kill()
        server.start()
        away = server.sql("SELECT * FROM cities")
        self.assertEqual((away.status, away.error()["code"]), (503, "bucket_away"))
        self.assertEqual(server.rows("SELECT name FROM people"), [["Ann"]])
        health = server.get("/v1/storage/bucket-health").json()
        self.assertEqual(health["status"], "degraded")
        self.assertEqual([bucket["health"]["reachable"] for bucket in health["buckets"]], [True, True, False])
        self.assertEqual(server.request("POST", "/v1/catalog/gc", '{"run":true}', JSON).status, 503, "what cannot be seen is not collected")
        checked = home.fsck(check=False)
        self.assertEqual(checked.returncode, 1)
        self.assertIn("bucket_away", checked.stdout)
        home.bring_back("buckets/archive")
        wait_until("the bucket is tried again", lambda: server.sql("SELECT city FROM cities").status == 200)
        self.assertEqual(server.rows("SELECT city FROM cities"), [["Rome"]])
        self.assertIn("clean", home.fsck().stdout)


class Secrets(unittest.TestCase):
    def test_no_secret_comes_back_out_of_the_journal_the_log_or_an_answer(self):
        canaries = [f"canary{number}SECRETcanary" for number in range(6)]
        directory = temporary_directory()
        self.addCleanup(directory.cleanup)
        environment = {"LAKEHOUSE_SECRET_BUCKET_FAR_SECRET_KEY": canaries[0], "LAKEHOUSE_SECRET_BUCKET_FAR_ACCESS_KEY": "AKIDFAR",
                       "LAKEHOUSE_SECRET_STORAGE_SECRET_KEY": canaries[1]}
        server = Lakehouse(directory.name, ("up", "--set", f"storage.buckets={directory.name}/buckets"), environment=environment)
        self.addCleanup(server.kill)
        server.start()
        answers = [
            server.request("POST", "/v1/storage/buckets", json.dumps({"name": "far", "url": "s3://company", "endpoint": "http://127.0.0.1:9"}), JSON),
            server.request("POST", "/v1/storage/buckets", json.dumps({"name": "far", "url": "s3://c", "secret_key": canaries[2]}), JSON),
            server.sql(f"SELECT * FROM nowhere WHERE password = '{canaries[2]}'"),
            server.sql(f"SELECT * FROM read_csv('https://user:{canaries[3]}@example.org/a.csv')"),
            server.request("GET", "/v1/storage/objects/none", headers={"Authorization": f"Bearer {canaries[4]}"}),
            server.request("PUT", f"/v1/storage/objects/datasets/token={canaries[5]}", b"x"),
            server.get("/debug/config"), server.get("/v1/storage/buckets"),
        ]
        self.assertEqual(answers[0].status, 503, answers[0].body)
        journal = server.get("/v1/errors?limit=10000").body.decode()
        self.assertGreater(journal.count('"request_id"'), 4)
        self.assertEqual(server.request("POST", "/v1/errors/flush").status, 200)
        self.assertEqual(server.request("POST", "/v1/errors/compact").status, 200)
        server.stop()
        places = {"the journal": journal, "an answer": answers[0].body.decode() + answers[6].body.decode() + answers[7].body.decode()}
        with open(server.log_path, encoding="utf-8", errors="replace") as log:
            places["the log"] = log.read()
        for name in files_below(os.path.join(server.data, "_errors")):
            with open(os.path.join(server.data, "_errors", name), encoding="utf-8", errors="replace") as file:
                places[name] = file.read()
        for place, text in places.items():
            self.assertEqual([canary for canary in canaries if canary in text], [], place)


if __name__ == "__main__":
    unittest.main()
