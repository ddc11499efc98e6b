"""Two real servers on one lake: one writes, the other follows and says so; who wakes up too late is fenced; who stands in for a dead
one loses nothing. A second server on the same machine's state disturbs the first one in nothing."""
import json
import os
import shutil
import signal
import socket
import sys
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "system"))
sys.path.insert(0, os.path.dirname(__file__))
from kill_test import fsck, let_pass  # noqa: E402
from lakehouse_process import Lakehouse, multipart, temporary_directory  # noqa: E402


def rows_of(name, first, count=5):
    return "n,who\n" + "".join(f"{first + i},{name}\n" for i in range(count))


class TwoProcesses(unittest.TestCase):
    def setUp(self):
        self.directory = temporary_directory()
        self.addCleanup(self.directory.cleanup)
        self.data = os.path.join(self.directory.name, "lake")
        self.servers = []
        self.addCleanup(lambda: [server.kill() for server in self.servers])

    def server(self, name, state=None, environment=None):
        """A server with a state directory and a log of its own over the one lake; not started."""
        home = os.path.join(self.directory.name, name)
        os.makedirs(home)
        server = Lakehouse(home, data=self.data, state=state, environment=environment)
        self.servers.append(server)
        return server

    def must_ingest(self, server, first):
        answer = server.ingest("t", rows_of("x", first), mode="auto")
        self.assertIn(answer.status, (200, 201), answer.body)

    def must_refuse(self, server, first, code):
        before = self.data_files()
        answer = server.ingest("t", rows_of("x", first), mode="auto")
        self.assertEqual((answer.status, answer.error()["code"]), (503, code), answer.body)
        self.assertIn("send", answer.error()["message"], "the message says what to do")
        self.assertEqual(self.data_files(), before, "what was refused leaves no files in the lake")

    def data_files(self):
        return sorted(name for _, _, names in os.walk(os.path.join(self.data, "datasets", "t", "data")) for name in names)

    def role(self, server):
        return server.get("/v1/catalog/status").json()["role"]

    def numbers(self, server):
        return sorted(int(row[0]) for row in server.rows("SELECT n FROM t"))

    def check_lake(self):
        for server in self.servers:
            server.kill()
        fsck(self.servers[0], "two processes")

    def test_the_second_follows_and_refuses_to_write(self):
        first, second = self.server("first").start(), self.server("second").start()
        self.assertEqual((self.role(first), self.role(second)), ("writer", "follower"))
        self.must_ingest(first, 0)
        self.assertEqual(self.numbers(second), list(range(5)), "it sees what the other one commits")
        self.must_refuse(second, 100, "not_writer")
        self.must_ingest(first, 5)
        self.assertEqual(self.numbers(second), list(range(10)))
        self.assertEqual(self.numbers(first), list(range(10)), "the refused rows are nowhere")
        self.check_lake()

    def test_when_the_writer_is_killed_the_other_one_takes_over(self):
        first, second = self.server("first").start(), self.server("second").start()
        self.must_ingest(first, 0)
        first.kill()
        self.assertEqual(self.numbers(second), list(range(5)), "it can be read while nobody writes")
        self.must_ingest(second, 5)
        self.assertEqual(self.role(second), "writer")
        first.start()
        self.assertEqual(self.role(first), "follower", "it was the writer once, and is not any more")
        self.must_refuse(first, 100, "not_writer")
        second.kill()
        first.kill()
        first.start()
        self.assertEqual(self.role(first), "writer", "a restart takes over, too")
        self.must_ingest(first, 10)
        self.assertEqual(self.numbers(first), list(range(15)))
        self.check_lake()

    def test_a_follower_sends_changes_to_the_writer_and_takes_over_when_that_is_gone(self):
        state = os.path.join(self.directory.name, "state")  # with the key by which the two know each other
        first = self.server("first", state=state).start()
        second = self.server("second", state=state)
        second.arguments += ("--set", f"services.writer=http://{first.host}:{first.port}")
        second.start()
        self.assertEqual((self.role(first), self.role(second)), ("writer", "follower"))
        for number in range(4):
            self.must_ingest(second if number % 2 else first, number * 5)
        self.assertEqual(self.numbers(second), list(range(20)), "whoever sent a change sees it")
        self.assertEqual(self.numbers(first), list(range(20)))
        self.assertEqual(second.request("DELETE", "/v1/catalog/datasets/t", headers={"X-Lakehouse-Timeout-Ms": "5000"}).status, 200)
        self.assertEqual(first.sql("SELECT n FROM t").status, 404)
        self.must_ingest(second, 0)
        self.assertEqual(self.role(second), "follower")
        first.kill()
        self.must_ingest(second, 5)
        self.assertEqual((self.role(second), self.numbers(second)), ("writer", list(range(10))))
        self.check_lake()

    def test_vectors_are_the_writers_whoever_is_asked(self):
        first = self.server("first", state=os.path.join(self.directory.name, "state")).start()
        alone = self.server("alone").start()
        second = self.server("second", state=os.path.join(self.directory.name, "state"))
        second.arguments += ("--set", f"services.writer=http://{first.host}:{first.port}")
        second.start()

        def post(server, path, body):
            return server.request("POST", "/v1/vectors/index" + path, json.dumps(body), {"Content-Type": "application/json"})

        self.assertEqual(post(second, "", {"name": "notes", "dimension": 2, "metric": "cosine"}).status, 201)
        for number, server in enumerate((first, second, first, second)):
            added = post(server, "/notes/add", {"items": [{"id": f"i{number}", "vector": [1, number]}]})
            self.assertEqual(added.status, 200, added.body)
        refused = post(alone, "/notes/add", {"items": [{"id": "lost", "vector": [1, 1]}]})
        self.assertEqual((refused.status, refused.error()["code"]), (503, "not_writer"), refused.body)
        self.assertIn("services.writer", refused.error()["message"])
        for server in (first, second):
            found = post(server, "/notes/search", {"vector": [1, 1], "k": 10})
            self.assertEqual(found.status, 200, found.body)
            self.assertEqual(sorted(hit["id"] for hit in found.json()["results"]), ["i0", "i1", "i2", "i3"])
        self.assertEqual(self.role(second), "follower")

    def test_a_stopped_writer_keeps_the_lake(self):
        first = self.server("first").start()
        self.must_ingest(first, 0)
        first.process.send_signal(signal.SIGSTOP)
        second = self.server("second").start()
        self.must_refuse(second, 100, "not_writer")
        first.process.send_signal(signal.SIGCONT)
        self.must_ingest(first, 5)
        self.assertEqual(self.numbers(second), list(range(10)))
        self.check_lake()

    def test_a_stopped_writer_whose_lock_somebody_removed_is_fenced_when_it_wakes(self):
        first = self.server("first").start()
        self.must_ingest(first, 0)
        first.process.send_signal(signal.SIGSTOP)
        os.unlink(os.path.join(self.data, "_catalog", "lock"))
        second = self.server("second").start()
        self.must_ingest(second, 5)
        first.process.send_signal(signal.SIGCONT)
        self.must_refuse(first, 100, "fenced")
        self.must_refuse(first, 200, "fenced")
        self.assertEqual((self.role(first), self.role(second)), ("fenced", "writer"))
        self.must_ingest(second, 10)
        self.assertEqual(self.numbers(first), list(range(15)), "it reads on")
        self.assertEqual(self.numbers(second), list(range(15)))
        self.check_lake()

    def stop_in_its_third_commit(self, point, acknowledged):
        """The writer sleeps at `point` inside a commit (the first one begins its epoch), another one takes over, and it wakes up."""
        first = self.server("first", environment={"LAKEHOUSE_FAILPOINTS": f"{point}:3:stop"}).start()
        self.must_ingest(first, 0)
        answers = []
        asleep = threading.Thread(target=lambda: answers.append(first.ingest("t", rows_of("asleep", 5), mode="auto")))
        asleep.start()
        os.waitid(os.P_PID, first.process.pid, os.WSTOPPED | os.WNOWAIT)
        os.unlink(os.path.join(self.data, "_catalog", "lock"))
        second = self.server("second").start()
        self.must_ingest(second, 10)
        first.process.send_signal(signal.SIGCONT)
        asleep.join()
        self.must_refuse(first, 100, "fenced")
        expected = list(range(5)) + list(range(10, 15))
        if acknowledged:
            self.assertEqual(answers[0].status, 200, answers[0].body)
            expected += list(range(5, 10))
        else:
            self.assertEqual(answers[0].error()["code"], "fenced")
        self.assertEqual(self.numbers(first), sorted(expected))
        self.assertEqual(self.numbers(second), sorted(expected))
        self.check_lake()

    def test_a_writer_that_sleeps_before_its_put_loses_to_the_next_one(self):
        self.stop_in_its_third_commit("catalog.commit.before_put", acknowledged=False)

    def test_a_writer_that_sleeps_after_its_put_may_acknowledge_it(self):
        self.stop_in_its_third_commit("catalog.commit.after_put", acknowledged=True)

    def test_of_two_that_start_at_once_one_writes(self):
        for attempt in range(4):
            pair = [self.server(f"pair-{attempt}-{i}") for i in range(2)]
            for server in pair:
                server.start(expect_ready=False)
            for server in pair:
                self.assertTrue(server.await_ready(), server.log_tail())
            answers = [server.ingest("t", rows_of("x", attempt * 100 + 10 * i)) for i, server in enumerate(pair)]
            self.assertEqual(sorted(answer.status in (200, 201) for answer in answers), [False, True], [a.body for a in answers])
            for server in pair:
                server.kill()
        self.check_lake()

    def test_a_second_server_that_starts_during_recovery_waits_for_nobody(self):
        first = self.server("first").start()
        for batch in range(12):
            self.must_ingest(first, 5 * batch)
        first.kill()
        first.environment = {"LAKEHOUSE_FAILPOINTS": "catalog.recovery.between_records:1:delay_100"}
        first.start(expect_ready=False)
        second = self.server("second").start()
        self.assertEqual(self.numbers(second), list(range(60)))
        first.kill()  # in the middle of its recovery, or just after
        self.must_ingest(second, 60)
        first.environment = {}
        first.start()
        self.assertEqual((self.role(first), self.role(second)), ("follower", "writer"))
        self.assertEqual(self.numbers(first), list(range(65)))
        self.check_lake()

    def test_a_copy_of_a_lake_goes_its_own_way(self):
        first = self.server("first").start()
        self.must_ingest(first, 0)
        copy = Lakehouse(self.directory.name, data=os.path.join(self.directory.name, "copy"), state=os.path.join(self.directory.name, "copy-state"))
        shutil.copytree(self.data, copy.data)
        self.servers.append(copy)
        copy.start()
        self.must_ingest(copy, 5)
        self.must_ingest(first, 10)
        self.assertEqual(self.numbers(copy), list(range(10)))
        self.assertEqual(self.numbers(first), list(range(5)) + list(range(10, 15)))
        copy.kill()
        fsck(copy, "a copy went its own way")
        self.check_lake()

    def test_a_second_server_on_the_same_state_leaves_the_uploads_of_the_first_alone(self):
        state = os.path.join(self.directory.name, "state")
        first = self.server("first", state=state).start()
        body, content_type = multipart({"name": "t"}, "file", "slow.csv", rows_of("slow", 0, 300000))
        with socket.create_connection((first.host, first.port), timeout=60) as upload:
            upload.sendall(f"POST /v1/ingest HTTP/1.1\r\nHost: {first.host}:{first.port}\r\nContent-Type: {content_type}\r\n"
                           f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body[:len(body) // 2])
            self.wait_for_file(state)
            second = self.server("second", state=state).start()
            upload.sendall(body[len(body) // 2:])
            answer = b""
            while chunk := upload.recv(65536):
                answer += chunk
        self.assertIn(b" 201 ", answer.split(b"\r\n", 1)[0], answer)
        self.assertEqual(self.numbers(second), list(range(300000)))
        self.check_lake()

    def test_a_killed_server_leaves_no_files_behind_for_good(self):
        state = os.path.join(self.directory.name, "state")
        first = self.server("first", state=state).start()
        body, content_type = multipart({"name": "t"}, "file", "half.csv", rows_of("half", 0, 300000))
        with socket.create_connection((first.host, first.port), timeout=60) as upload:
            upload.sendall(f"POST /v1/ingest HTTP/1.1\r\nHost: {first.host}:{first.port}\r\nContent-Type: {content_type}\r\n"
                           f"Content-Length: {len(body)}\r\n\r\n".encode() + body[:len(body) // 2])
            self.wait_for_file(state)
            first.kill()
        first.start()
        self.assertEqual(spooled(state), [], "half an upload of a process that is gone")
        self.assertEqual(len(os.listdir(os.path.join(state, "processes"))), 1)
        self.must_ingest(first, 0)
        self.check_lake()

    def wait_for_file(self, state):
        """Until an upload is on its way in the spool."""
        for _ in range(500):
            if spooled(state):
                return
            let_pass(0.02)
        self.fail(f"no upload in {state}")


def spooled(state):
    return [name for folder, _, names in os.walk(state) for name in names if name.startswith("upload-")]


if __name__ == "__main__":
    unittest.main(verbosity=2)
