"""What these tests share: a real server, and one whose answers the test writes."""

from __future__ import annotations

import os
import re
import socket
import sys
import threading
import unittest
from typing import Callable

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "tests", "system"))
from lakehouse_process import Lakehouse as Process  # noqa: E402
from lakehouse_process import temporary_directory  # noqa: E402

import lakehouse  # noqa: E402


class RealServer(unittest.TestCase):
    """A server of its own for each class, and a client of it."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.home = temporary_directory()
        cls.server = Process(cls.home.name, ("up", "--set", "log.level=error")).start()
        cls.url = f"http://{cls.server.host}:{cls.server.port}"
        cls.lake = lakehouse.connect(cls.url)

    @classmethod
    def tearDownClass(cls) -> None:
        cls.lake.close()
        cls.server.kill()
        cls.home.cleanup()


def _request(connection: socket.socket) -> bytes:
    """The head of a request and its body, when that is small; of a large one the beginning."""
    octets = b""
    while b"\r\n\r\n" not in octets:
        more = connection.recv(65536)
        if not more:
            return b""
        octets += more
    length = re.search(rb"(?i)content-length: (\d+)", octets)
    wanted = octets.index(b"\r\n\r\n") + 4 + min(int(length[1]) if length else 0, 65536)
    while len(octets) < wanted and (more := connection.recv(65536)):
        octets += more
    return octets


class ScriptedServer:
    """Accepts connections and lets `talk` answer: talk(connection, number of this request, its octets) -> None."""

    def __init__(self, talk: Callable[[socket.socket, int, bytes], None]) -> None:
        self.requests: list[bytes] = []
        self._talk = talk
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            while head := _request(connection):
                self.requests.append(head)
                try:
                    self._talk(connection, len(self.requests), head)
                except ConnectionAbortedError:
                    return

    def __enter__(self) -> ScriptedServer:
        return self

    def __exit__(self, *failure: object) -> None:
        self._listener.close()


def answer(connection: socket.socket, status: int, body: bytes, headers: str = "") -> None:
    connection.sendall(f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body)


def hang_up(connection: socket.socket) -> None:
    raise ConnectionAbortedError
