"""A lake whose objects are in a bucket of a real S3 server: the first minutes, a kill, an empty machine, fsck, and what must be refused."""
import os
import stat
import unittest

import erasure
import s3_lake
from lakehouse_process import Lakehouse, run_command, temporary_directory
from tls_front import TlsFront, make_certificate

PEOPLE = "id,name,city\n1,Ana,Chicago\n2,Bo,Gary\n3,Cy,Chicago\n"


class LakeInABucket(unittest.TestCase):
    def setUp(self):
        self.directory = temporary_directory()
        self.addCleanup(self.directory.cleanup)
        self.bucket = s3_lake.create_bucket()
        self.url = f"s3://{self.bucket}/some/lake"

    def home(self, name):
        path = os.path.join(self.directory.name, name)
        os.makedirs(path)
        return path

    def lake(self, name, **options):
        return s3_lake.lake_on_s3(self.home(name), self.url, **options)

    def fsck(self, check=True):
        return run_command("fsck", "--data", self.url, *s3_lake.settings(), environment=s3_lake.SECRETS, check=check)

    def test_the_demo_loads_survives_a_kill_and_is_there_on_an_empty_machine(self):
        with self.lake("first", arguments=("up", "--demo")).start(timeout=120) as server:
            workers = server.rows("SELECT count(*) FROM workers")
            self.assertGreater(workers[0][0], 0)
            self.assertEqual(server.ingest("people", PEOPLE).status, 201)
            self.assertEqual(server.ingest("people", "id,name,city\n2,Bo,Chicago\n", mode="upsert", key="id").status, 200)
            server.kill()
        with self.lake("second").start() as server:
            self.assertEqual(server.rows("SELECT count(*) FROM workers"), workers)
            self.assertEqual(server.rows("SELECT city, count(*) FROM people GROUP BY city"), [["Chicago", 3]])
            self.assertEqual(server.rows("SELECT city FROM people AT (VERSION => 1) WHERE id = 2"), [["Gary"]])
            self.assertEqual(server.ingest("more", PEOPLE).status, 201)
            self.assertEqual(server.stop(), 0)
        self.assertIn("clean", self.fsck().stdout)
        keys = s3_lake.list_keys(self.bucket)
        self.assertTrue(all(key.startswith("some/lake/") for key in keys))
        self.assertFalse([key for key in keys if "_probe" in key], "the probe of every start is gone")

    def test_an_object_of_ones_own_goes_there_and_back(self):
        octets = bytes(range(256)) * 1000
        with self.lake("first").start() as server:
            self.assertIn(server.request("PUT", "/v1/storage/objects/mine/a%20b", octets).status, (200, 201))
            self.assertEqual(server.get("/v1/storage/objects/mine/a%20b").body, octets)
            part = server.get("/v1/storage/objects/mine/a%20b", headers={"Range": "bytes=1000-1999"})
            self.assertEqual((part.status, part.body), (206, octets[1000:2000]))
            listed = server.get("/v1/storage/list?prefix=mine/").json()
            self.assertIn("mine/a b", str(listed))
            self.assertEqual(s3_lake.get_object(self.bucket, "some/lake/mine/a b"), octets)

    def test_the_process_that_opened_the_lake_last_writes_and_the_other_one_is_fenced(self):
        with self.lake("first").start() as first, self.lake("second").start() as second:
            # The second one began an epoch of its own: the first is fenced, and says so instead of losing a commit.
            self.assertEqual(second.ingest("people", PEOPLE).status, 201)
            refused = first.ingest("others", PEOPLE)
            self.assertEqual(refused.status, 503, refused.body)
            self.assertEqual(refused.error()["code"], "fenced")
            self.assertEqual(second.rows("SELECT count(*) FROM people"), [[3]])
        self.assertIn("clean", self.fsck().stdout)

    def test_gc_shows_and_removes_uploads_that_never_became_part_of_a_commit(self):
        forgotten = "datasets/people/data/1-0190b3f4-0000-7000-8000-000000000002.parquet"
        with self.lake("first").start() as server:
            self.assertEqual(server.ingest("people", PEOPLE).status, 201)
            server.kill()
        self.assertEqual(s3_lake.request("PUT", f"/{self.bucket}/some/lake/{forgotten}", body=b"left behind")[0], 200)
        with self.lake("second").start() as server:
            url = f"http://{server.host}:{server.port}"
            self.assertIn(f"11\t{forgotten}\nwould remove 1 objects", run_command("gc", "--server", url).stdout)
            self.assertIn("some/lake/" + forgotten, s3_lake.list_keys(self.bucket))
            self.assertIn("\nremoved 1 objects of 11 bytes", run_command("gc", "--run", "--server", url).stdout)
            self.assertNotIn("some/lake/" + forgotten, s3_lake.list_keys(self.bucket))
            self.assertIn("would remove 0 objects", run_command("gc", "--server", url).stdout)
            self.assertEqual(server.rows("SELECT count(*) FROM people"), [[3]])
        self.assertIn("clean", self.fsck().stdout)

    def test_a_value_that_was_deleted_compacted_and_collected_is_in_no_byte_of_the_bucket(self):
        def objects():
            for key in s3_lake.list_keys(self.bucket):
                status, octets = s3_lake.request("GET", f"/{self.bucket}/{key}")
                if status != 404:  # checkpoints come and go behind the commits
                    self.assertEqual(status, 200, key)
                    yield key.removeprefix("some/lake/"), octets

        with self.lake("first", arguments=("up", *erasure.SETTINGS)).start() as server:
            erasure.expect_erased(self, server, objects, os.path.join(self.directory.name, "reader"))
            erasure.expect_forgotten(self, server, objects, os.path.join(self.directory.name, "another reader"))
        self.assertIn("clean", self.fsck().stdout)

    def test_what_was_refused_is_found_after_a_kill(self):
        with self.lake("first").start() as server:
            refused = server.sql("SELEC 1").error()["request_id"]
            self.assertEqual(server.request("POST", "/v1/storage/errors/flush").status, 200)
            server.kill()
        with self.lake("second").start() as server:
            page = server.get("/v1/errors").json()
            self.assertIn(refused, [record["request_id"] for record in page["errors"]])
            self.assertEqual((page["sources"], page["unreadable"], page["damages"]), (["memory", "primary"], [], []))

    def test_a_damaged_object_is_found_and_named(self):
        with self.lake("first").start() as server:
            self.assertEqual(server.ingest("people", PEOPLE).status, 201)
            server.stop()
        [key] = s3_lake.list_keys(self.bucket, "some/lake/datasets/people/data/")
        octets = bytearray(s3_lake.get_object(self.bucket, key))
        octets[len(octets) // 2] ^= 1
        self.assertEqual(s3_lake.request("PUT", f"/{self.bucket}/{key}", body=bytes(octets))[0], 200)
        found = self.fsck(check=False)
        self.assertNotEqual(found.returncode, 0)
        self.assertIn(key.removeprefix("some/lake/"), found.stdout)
        with self.lake("second").start() as server:
            answer = server.sql("SELECT * FROM people")
            self.assertEqual(answer.status, 500, answer.body)
            self.assertNotIn("rows", answer.json())

    def test_the_keys_may_stand_in_a_file_of_ones_own_and_nowhere_else(self):
        path = os.path.join(self.directory.name, "secrets")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"storage.access_key = {s3_lake.ACCESS_KEY}\nstorage.secret_key = {s3_lake.SECRET_KEY}\n")
        os.chmod(path, stat.S_IRUSR | stat.S_IWUSR)
        arguments = ("up", *s3_lake.settings(), "--set", f"secrets_file={path}")
        with Lakehouse(self.home("first"), arguments, data=self.url).start() as server:
            self.assertEqual(server.ingest("people", PEOPLE).status, 201)
            said = server.log_tail(1 << 20) + "".join(str(server.get(page).body) for page in ("/debug/config", "/debug/log", "/v1/errors", "/metrics"))
            self.assertNotIn(s3_lake.SECRET_KEY, said)
        os.chmod(path, 0o644)
        refused = Lakehouse(self.home("second"), arguments, data=self.url).start(expect_ready=False)
        self.assertEqual(refused.process.wait(30), 1)
        self.assertIn("others", refused.log_tail())
        refused.kill()

    def test_what_cannot_work_is_said_at_the_start(self):
        wrong = {**s3_lake.SECRETS, "LAKEHOUSE_SECRET_STORAGE_SECRET_KEY": "not-the-key"}
        for environment, url, said in ((wrong, self.url, "LAKEHOUSE_SECRET_STORAGE"), ({}, self.url, "LAKEHOUSE_SECRET_STORAGE_ACCESS_KEY"),
                                       (s3_lake.SECRETS, "s3://there-is-no-such-bucket", "make the bucket"), (s3_lake.SECRETS, "s3://No/x", "a bucket has")):
            done = run_command("up", "--listen", "127.0.0.1:0", "--data", url, "--state", self.directory.name + "/state", *s3_lake.settings(),
                               environment=environment, check=False, timeout=60)
            self.assertEqual(done.returncode, 1, (url, done.stderr))
            self.assertIn(said, done.stderr)
            self.assertNotIn("not-the-key", done.stderr)

    def test_a_server_is_believed_only_with_a_certificate_that_somebody_known_vouches_for(self):
        host, port = s3_lake.ENDPOINT.split("://")[1].split(":")
        right = make_certificate(self.directory.name, "right")
        of_another_host = make_certificate(self.directory.name, "elsewhere", "DNS:elsewhere.example")

        def refused(front, *more):
            done = run_command("up", "--listen", "127.0.0.1:0", "--data", self.url, "--state", self.directory.name + "/state", *s3_lake.settings(front.url), *more,
                               environment=s3_lake.SECRETS, check=False, timeout=60)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertRegex(done.stderr, "(certificate|SSL).*ca_file")
            self.assertEqual(front.passed, 0, "nothing was sent, neither keys nor data")

        with TlsFront(host, int(port), *of_another_host) as front:
            refused(front)
            refused(front, "--set", f"storage.ca_file={of_another_host[0]}")
        with TlsFront(host, int(port), *right) as front:
            refused(front)
            refused(front, "--set", f"storage.ca_file={of_another_host[0]}")
            known = ("up", "--set", f"storage.ca_file={right[0]}")
            with self.lake("first", arguments=known, endpoint=front.url).start() as server:
                self.assertEqual(server.ingest("people", PEOPLE).status, 201)
                self.assertEqual(server.rows("SELECT count(*) FROM people"), [[3]])
                self.assertGreater(front.passed, 0)

    def test_doctor_says_what_the_server_is_worth(self):
        done = run_command("doctor", "--data", self.url, "--state", self.directory.name + "/state", *s3_lake.settings(), environment=s3_lake.SECRETS)
        self.assertIn("enforces conditional writes", done.stdout)


if __name__ == "__main__":
    unittest.main()
