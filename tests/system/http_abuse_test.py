"""What clients do that mean harm, or know no better, to the real binary: after each of it others are served at once."""
import random
import threading
import time
import unittest

from lakehouse_process import Lakehouse, temporary_directory
from raw_client import RawClient
from witness import TORTURE, Lake, Memory

HOST = b"Host: localhost\r\n"
GET = b"GET /v1/health HTTP/1.1\r\n"
POST = b"POST /v1/sql HTTP/1.1\r\n" + HOST
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
BODY = b'{"sql":"SELECT 1"}'

# Requests that two servers could read differently, and other nonsense: each gets its status, the connection ends, and the request
# behind it is answered by nobody.
AMBIGUOUS = {
    "a length and chunked": (POST + b"Content-Length: 2\r\n" + CHUNKED + b"0\r\n\r\n", 400),
    "two lengths": (POST + b"Content-Length: 18\r\nContent-Length: 19\r\n\r\n" + BODY, 400),
    "two equal lengths": (POST + b"Content-Length: 18\r\nContent-Length: 18\r\n\r\n" + BODY, 400),
    "a list of lengths": (POST + b"Content-Length: 18, 18\r\n\r\n" + BODY, 400),
    "a signed length": (POST + b"Content-Length: +18\r\n\r\n" + BODY, 400),
    "another coding and a length": (POST + b"Transfer-Encoding: gzip\r\nContent-Length: 18\r\n\r\n" + BODY, 501),
    "a space before the colon": (GET + b"Host : localhost\r\n\r\n", 400),
    "a folded line": (GET + HOST + b"X: a\r\n b\r\n\r\n", 400),
    "bare line feeds": (b"GET /v1/health HTTP/1.1\nHost: localhost\n\n", 400),
    "no Host": (GET + b"\r\n", 400),
    "two Hosts": (GET + HOST + HOST + b"\r\n", 400),
    "a foreign Host": (GET + b"Host: evil.example\r\n\r\n", 421),
    "an absolute target with a foreign host": (b"GET http://evil.example/v1/health HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421),
    "an absolute target and another Host": (b"GET http://evil.example/v1/health HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "a chunk size that overflows": (POST + CHUNKED + b"FFFFFFFFFFFFFFFFF\r\n", 400),
    "chunk lines with bare line feeds": (POST + CHUNKED + b"5\nhello\n0\n\n", 400),
    "a chunk longer than it says": (POST + CHUNKED + b"3\r\nhello\r\n0\r\n\r\n", 400),
    "a path with ..": (b"GET /v1/storage/objects/../../health HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "a path with encoded ..": (b"GET /v1/storage/objects/%2e%2e/%2e%2e/x HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "a path with %00": (b"GET /v1/storage/objects/a%00b HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "an unknown method": (b"FROB /v1/health HTTP/1.1\r\n" + HOST + b"\r\n", 501),
    "HTTP/0.9": (b"GET /v1/health HTTP/0.9\r\n" + HOST + b"\r\n", 505),
    "a TLS hello": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n\n", 400),
    "a head of 200 KB": (GET + HOST + b"X: " + b"a" * 200_000 + b"\r\n\r\n", 431),
    "10,000 headers": (GET + HOST + b"a:b\r\n" * 10_000 + b"\r\n", 431),
    "a target of 1 MB": (b"GET /" + b"u" * 1_000_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
}
SMUGGLED = b"GET /v1/errors?smuggled=1 HTTP/1.1\r\nHost: localhost\r\n\r\n"


class HttpAbuse(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = temporary_directory()
        settings = ("http.header_timeout=1s", "http.io_timeout=1s", "http.idle_timeout=2s")
        cls.server = Lakehouse(cls.home.name, ("up", *(word for setting in settings for word in ("--set", setting)))).start()
        assert cls.server.ingest("people", "id,name\n1,Ann\n2,Bob\n").status == 201
        cls.server.rows("SELECT * FROM people")
        cls.lake = Lake(cls.server)

    @classmethod
    def tearDownClass(cls):
        cls.server.kill()
        cls.home.cleanup()

    def tearDown(self):
        self.expect_service()
        self.assertEqual(self.lake.changes(), [])

    def expect_service(self):
        """Others are served, and at once."""
        started = time.monotonic()
        self.assertEqual(self.server.get("/v1/health").status, 200)
        self.assertEqual(self.server.rows("SELECT name FROM people ORDER BY id"), [["Ann"], ["Bob"]])
        self.assertLess(time.monotonic() - started, 5)

    def clients(self, count, **options):
        found = [RawClient(self.server, **options) for _ in range(count)]
        for client in found:
            self.addCleanup(client.socket.close)
        return found

    def test_six_hundred_silent_connections_hold_nobody_up_and_are_closed(self):
        silent = self.clients(600)
        self.expect_service()
        for client in silent:
            self.assertEqual(client.until_closed(), b"", "who has asked nothing gets no answer")

    def test_a_hundred_heads_that_dribble_are_cut_in_total_time(self):
        slow = self.clients(100)
        for client in slow:
            client.send(b"GET /v1/health HTTP/1.1\r\nX-a: ")
        ended = threading.Event()

        def dribble():
            while not ended.wait(0.1):
                for client in slow:
                    client.send(b"a")

        dribbler = threading.Thread(target=dribble)
        dribbler.start()
        try:
            self.expect_service()
            started = time.monotonic()
            statuses = [client.until_closed()[9:12] for client in slow]
            took = time.monotonic() - started
        finally:
            ended.set()
            dribbler.join()
        self.assertLessEqual(set(statuses), {b"408", b""})  # a reset may swallow the answer of one who goes on sending
        self.assertIn(b"408", statuses)
        self.assertLess(took, 10)

    def test_a_body_that_falls_silent_is_refused(self):
        for request in (POST + b"Content-Length: 1000\r\n\r\n" + BODY[:6], POST + CHUNKED + b"5\r\nhe",
                        b"POST /v1/ingest?name=quiet HTTP/1.1\r\n" + HOST + b"Content-Length: 1000000\r\n\r\nid\n1\n"):
            with RawClient(self.server) as client:
                client.send(request)
                self.assertEqual(client.answer().status, 408)
                self.assertEqual(client.until_closed(), b"")

    def test_a_hundred_readers_who_never_read_hold_nobody_up_and_little_memory(self):
        with Memory(self.server) as memory:
            for client in self.clients(100, receive_buffer=4096):
                client.send(b"GET /v1/openapi.json HTTP/1.1\r\n" + HOST + b"\r\n")
                client.send((b"GET /v1/openapi.json HTTP/1.1\r\n" + HOST + b"\r\n") * 20)
            self.expect_service()
        print(f"\n100 deaf readers: {memory}")
        self.assertLess(memory.main, 150 << 20)

    def test_a_length_beyond_the_limit_is_refused_before_the_body_comes(self):
        for length in (b"524289", b"269484032", b"18446744073709551615", b"99999999999999999999999999"):
            with RawClient(self.server) as client:
                client.send(POST + b"Content-Length: " + length + b"\r\n\r\n")
                self.assertEqual(client.answer().status, 413, length)

    def test_a_chunked_body_beyond_the_limit_is_refused_while_it_comes(self):
        with Memory(self.server) as memory, RawClient(self.server) as client:
            client.send(POST + CHUNKED)
            block = b"100000\r\n" + b"z" * (1 << 20) + b"\r\n"
            for _ in range(300):
                if not client.send(block):
                    break
            answer = client.answer()
        self.assertEqual(answer.status, 413)
        self.assertLess(memory.main, 100 << 20)

    def test_an_upload_of_256_mib_takes_little_memory(self):
        """It is no table: what counts is that it goes to disk and away again."""
        with Memory(self.server) as memory, RawClient(self.server, timeout=60) as client:
            started = time.monotonic()
            client.send(b"POST /v1/ingest?name=big HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % (256 << 20))
            for _ in range(256):
                self.assertTrue(client.send(b"\x7fELF" + b"u" * ((1 << 20) - 4)))
            answer = client.answer()
            took = time.monotonic() - started
        print(f"\nupload of 256 MiB: {memory}, {took:.1f} s")
        self.assertEqual(answer.status, 422)
        self.assertIn(b"a program", answer.body)
        self.assertLess(memory.main, 100 << 20)

    def test_requests_that_two_servers_could_read_differently_are_refused(self):
        for name, (request, status) in AMBIGUOUS.items():
            with self.subTest(name), RawClient(self.server) as client:
                client.send(request + SMUGGLED)
                answer = client.answer()
                self.assertIsNotNone(answer, "it is told why")
                self.assertEqual(answer.status, status, answer.octets)
                self.assertIn(b'"message":"', answer.body)
                self.assertNotIn(b"HTTP/1.1 200", client.until_closed())
                self.expect_service()

    def test_random_octets_are_answered_or_cut(self):
        seed = random.SystemRandom().randrange(1 << 32)
        chance = random.Random(seed)
        print(f"\nseed {seed}")
        for _ in range(5000 if TORTURE else 100):
            octets = bytearray(POST + b"Connection: close\r\nContent-Length: 18\r\n\r\n" + BODY)
            for _ in range(chance.randrange(1, 8)):
                octets[chance.randrange(len(octets))] = chance.randrange(256)
            with RawClient(self.server) as client:
                client.send(bytes(octets) + b"\r\n\r\n")
                self.assertNotIn(b"HTTP/1.1 500", client.until_closed(), octets)

    def test_a_stop_with_silent_and_deaf_clients_ends_in_time(self):
        with temporary_directory() as place, Lakehouse(place) as server:
            clients = [RawClient(server, receive_buffer=4096) for _ in range(20)]
            for number, client in enumerate(clients):
                if number % 2:
                    client.send(b"GET /v1/health HTTP/1.1\r\n" + HOST + b"\r\n")
            started = time.monotonic()
            self.assertEqual(server.stop(20), 0)
            self.assertLess(time.monotonic() - started, 10)
            for client in clients:
                client.socket.close()


if __name__ == "__main__":
    unittest.main()
