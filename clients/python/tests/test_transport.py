"""What the real server seldom does: vanish, refuse, stall, answer before it has read."""

from __future__ import annotations

import io
import os
import socket
import unittest
from unittest import mock

from server import ScriptedServer, answer, hang_up

import lakehouse

ROWS = b'{"columns":[{"name":"a","type":"INTEGER"}],"rows":[[1]],"row_count":1}'
COMMIT = b'{"commit_id":"c","sequence":7,"time_micros":1,"snapshots":[{"dataset":"t","version":3,"rows":1}]}'
BUSY = b'{"error":{"code":"queue_full","message":"too much to do"}}'


def keys(server: ScriptedServer) -> list[bytes]:
    return [line for head in server.requests for line in head.split(b"\r\n") if line.lower().startswith(b"idempotency-key")]


class Clients(unittest.TestCase):
    def connect(self, *arguments, **options) -> lakehouse.Lakehouse:
        lake = lakehouse.connect(*arguments, **options)
        self.addCleanup(lake.close)
        return lake


@mock.patch("lakehouse.transport.time.sleep", lambda seconds: None)
class Repeating(Clients):
    def test_a_question_is_asked_again_when_the_connection_is_lost(self) -> None:
        with ScriptedServer(lambda c, n, _: hang_up(c) if n < 3 else answer(c, 200, ROWS)) as server:
            self.assertEqual(self.connect(server.url).sql("x").scalar(), 1)
            self.assertEqual(len(server.requests), 3)

    def test_a_question_is_given_up_after_the_retries(self) -> None:
        with ScriptedServer(lambda c, n, _: answer(c, 503, BUSY, "Retry-After: 1\r\n")) as server:
            with self.assertRaises(lakehouse.Unavailable) as refused:
                self.connect(server.url, retries=3).sql("x").rows()
            self.assertEqual((refused.exception.code, len(server.requests)), ("queue_full", 4))

    def test_a_commit_is_repeated_under_one_key(self) -> None:
        with ScriptedServer(lambda c, n, _: hang_up(c) if n == 1 else answer(c, 200, COMMIT)) as server:
            self.assertEqual(self.connect(server.url).restore("t", 1).versions, {"t": 3})
            self.assertEqual(len(keys(server)), 2)
            self.assertEqual(len(set(keys(server))), 1)

    def test_what_the_server_cannot_recognize_is_sent_once(self) -> None:
        with ScriptedServer(lambda c, n, _: hang_up(c)) as server:
            with self.assertRaises(lakehouse.OutcomeUnknown):
                self.connect(server.url).save("SELECT 1", "t")
            self.assertEqual(len(server.requests), 1)

    def test_an_iterable_is_sent_once(self) -> None:
        with ScriptedServer(lambda c, n, _: hang_up(c)) as server:
            with self.assertRaises(lakehouse.OutcomeUnknown):
                self.connect(server.url).ingest(iter([b"a\n1\n"]), "t")
            self.assertEqual(len([head for head in server.requests if head.startswith(b"POST")]), 1)

    def test_where_nobody_listens_there_is_no_server(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        with self.assertRaises(lakehouse.Unavailable) as gone:
            self.connect(f"http://127.0.0.1:{port}").health()
        self.assertEqual(gone.exception.code, "unreachable")

    def test_a_kept_connection_that_was_closed_meanwhile_is_not_noticed(self) -> None:
        def once(connection: socket.socket, number: int, head: bytes) -> None:
            answer(connection, 200, COMMIT)
            hang_up(connection)

        with ScriptedServer(once) as server:
            lake = self.connect(server.url, retries=0)
            for _ in range(3):
                lake.drop("t")
            self.assertEqual(len(server.requests), 3)


class Answers(Clients):
    def test_a_connection_is_used_again(self) -> None:
        peers: set[object] = set()
        with ScriptedServer(lambda c, n, _: (peers.add(c.getpeername()), answer(c, 200, ROWS))) as server:
            with self.connect(server.url) as lake:
                for _ in range(5):
                    lake.sql("x").rows()
            self.assertEqual(len(peers), 1)
            with self.assertRaises(lakehouse.InvalidRequest):
                lake.sql("x").rows()

    def test_silence_ends_in_a_timeout(self) -> None:
        with ScriptedServer(lambda c, n, _: None) as server:
            with self.assertRaises(lakehouse.TimedOut):
                self.connect(server.url, timeout=0.2).sql("x").rows()
            self.assertEqual(len(server.requests), 1)

    def test_a_cut_answer_is_never_taken_for_the_whole(self) -> None:
        def cut(connection: socket.socket, number: int, head: bytes) -> None:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + ROWS)
            hang_up(connection)

        def cut_chunk(connection: socket.socket, number: int, head: bytes) -> None:
            connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n" + ROWS[:5] + b"\r\n")
            hang_up(connection)

        for talk in (cut, cut_chunk):
            with self.subTest(talk.__name__), ScriptedServer(talk) as server:
                query = self.connect(server.url).sql("x")
                with self.assertRaises(lakehouse.Interrupted):
                    query.rows()
                with self.assertRaises(lakehouse.Interrupted):
                    query.write(io.BytesIO(), "csv")

    def test_a_refusal_before_the_upload_ended_is_told(self) -> None:
        def refuse(connection: socket.socket, number: int, head: bytes) -> None:
            answer(connection, 413, b'{"error":{"code":"too_large","message":"that is too much"}}', "Connection: close\r\n")
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(1 << 20):
                pass
            hang_up(connection)

        with ScriptedServer(refuse) as server:
            with self.assertRaises(lakehouse.InvalidRequest) as refused:
                self.connect(server.url).ingest(b"x" * 8_000_000, "t")
            self.assertEqual(refused.exception.code, "too_large")

    def test_an_error_of_something_between_is_an_error_too(self) -> None:
        with ScriptedServer(lambda c, n, _: answer(c, 403, b"<html>no</html>")) as server:
            with self.assertRaises(lakehouse.AccessDenied) as denied:
                self.connect(server.url).sql("x").rows()
        self.assertEqual(denied.exception.code, "http_403")

    def test_the_token_comes_from_the_argument_or_the_environment(self) -> None:
        with ScriptedServer(lambda c, n, _: answer(c, 200, ROWS)) as server:
            with mock.patch.dict(os.environ, {"LAKEHOUSE_TOKEN": "of-environment", "LAKEHOUSE_URL": server.url + "/below/"}):
                self.connect().sql("x").rows()
                self.connect(token="of-argument").sql("x").rows()
        self.assertIn(b"Authorization: Bearer of-environment\r\n", server.requests[0])
        self.assertIn(b"Authorization: Bearer of-argument\r\n", server.requests[1])
        self.assertTrue(server.requests[0].startswith(b"POST /below/v1/sql "))

    def test_an_address_that_is_none_is_refused(self) -> None:
        for url in ("ftp://x", "http://", "http://a:port"):
            with self.subTest(url), self.assertRaises(lakehouse.InvalidRequest):
                self.connect(url)


if __name__ == "__main__":
    unittest.main()
