"""HTTP with kept connections: one request, its retries where they are safe, and an answer that can be read in pieces.

Everything here may be called from several threads; each request has a connection of its own.
"""

from __future__ import annotations

import http.client
import random
import select
import socket
import ssl
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from .errors import Cancelled, Interrupted, InvalidRequest, LakehouseError, OutcomeUnknown, TimedOut, Unavailable, error_of_answer

_LONGEST_IDLE = 20.0  # the server closes an idle connection after 60 s; a margin, as a write cannot be sent twice
_MOST_IDLE = 8
_CONNECT_TIMEOUT = 10.0
_Octets = TypeVar("_Octets", bytes, memoryview)


class Body(Protocol):
    """What is sent. length: None when unknown. repeatable: chunks() may be called again, and gives the same."""

    length: int | None
    repeatable: bool

    def chunks(self) -> Iterator[bytes]: ...


@dataclass(frozen=True)
class Request:
    """safe: it changes nothing, so it may be sent again. A request with an Idempotency-Key may be, too."""

    method: str
    path: str
    query: Mapping[str, str | int | None] = field(default_factory=dict)
    body: bytes | Body | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    safe: bool = False

    @property
    def repeatable(self) -> bool:
        body_repeats = self.body is None or isinstance(self.body, bytes) or self.body.repeatable
        return body_repeats and (self.safe or "Idempotency-Key" in self.headers)

    @property
    def target(self) -> str:
        query = {name: value for name, value in self.query.items() if value is not None}
        return self.path + ("?" + urllib.parse.urlencode(query) if query else "")


class Cancellation:
    """Stops a request from another thread: its connection is cut, on which the server stops the work."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: http.client.HTTPConnection | None = None
        self.cancelled = False

    def attach(self, connection: http.client.HTTPConnection | None) -> None:
        with self._lock:
            if self.cancelled and connection is not None:
                raise Cancelled("cancelled", "the request was cancelled")
            self._connection = connection

    def cancel(self) -> None:
        with self._lock:
            self.cancelled = True
            if self._connection is not None and self._connection.sock is not None:
                try:
                    self._connection.sock.shutdown(2)
                except OSError:
                    pass  # it was gone already


CANCELLATION: ContextVar[Cancellation | None] = ContextVar("lakehouse_cancellation", default=None)


class _SourceFailed(Exception):
    """The caller's own iterable or file failed; not the connection."""


class _Answer(http.client.HTTPResponse):
    """Keeps the trailers that http.client throws away: what the server could say only behind a streamed body."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.trailers: dict[str, str] = {}

    def _read_and_discard_trailer(self) -> None:
        while (line := self.fp.readline(65537)) not in (b"\r\n", b"\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            self.trailers[name.strip().lower()] = value.strip()


class Response:
    """The head of an answer; the body is read as it comes. Closing it before the end cuts the connection."""

    def __init__(self, transport: Transport, connection: http.client.HTTPConnection, answer: http.client.HTTPResponse) -> None:
        self._transport = transport
        self._connection = connection
        self._answer = answer
        self.status = answer.status
        self.closed = False

    def header(self, name: str) -> str:
        return self._answer.getheader(name) or ""

    @property
    def truncated(self) -> str:
        """ "rows" or "bytes" when a limit cut the answer. Of one that is streamed it is known at its end."""
        return self.header("X-Lakehouse-Truncated") or getattr(self._answer, "trailers", {}).get("x-lakehouse-truncated", "")

    def read(self, size: int = -1) -> bytes:
        """Up to `size` octets, fewer only at the end; all of the rest without a size. Interrupted when it breaks off."""
        if self.closed:
            return b""
        return self._reading(lambda: self._answer.read() if size < 0 else self._answer.read(size), size)

    def readinto(self, buffer: memoryview) -> int:
        """Fills the buffer; fewer octets only at the end. The body is copied once."""
        if self.closed:
            return 0

        def fill() -> memoryview:
            filled = 0
            while filled < len(buffer) and (count := self._answer.readinto(buffer[filled:])):
                filled += count
            return buffer[:filled]

        return len(self._reading(fill, len(buffer)))

    def _reading(self, read: Callable[[], _Octets], size: int) -> _Octets:
        try:
            octets = read()
            # A body of known length that ends early is silently short when read in pieces.
            if size > len(octets) and (self._answer.length or 0) > 0:
                raise http.client.IncompleteRead(bytes(octets))
        except socket.timeout as error:
            self.close()
            raise TimedOut("client_timeout", f"no data for {self._transport.timeout:g} s") from error
        except (http.client.HTTPException, OSError, ValueError, AttributeError) as error:
            stopped = self._was_cancelled()
            self.close()
            if stopped:
                raise Cancelled("cancelled", "the answer was closed while it was read") from error
            raise Interrupted(
                "interrupted", "the answer broke off: the query failed after its first rows, or the server stopped"
            ) from error
        if self._answer.isclosed():
            self._finish()
        return octets

    def _was_cancelled(self) -> bool:
        cancellation = CANCELLATION.get()
        return self.closed or (cancellation is not None and cancellation.cancelled)

    def _finish(self) -> None:
        if not self.closed:
            self.closed = True
            _attach(None)
            self._transport.give_back(self._connection, reusable=not self._answer.will_close)

    def close(self) -> None:
        """Ends the request wherever it is; the server stops working on it."""
        if not self.closed:
            self.closed = True
            _attach(None)
            self._connection.close()
            self._answer.close()

    def abort(self) -> None:
        """close() for another thread than the reader's: the reader wakes up with Cancelled."""
        cancellation = Cancellation()
        self.closed, reading = True, not self.closed
        if reading:
            cancellation.attach(self._connection)
            cancellation.cancel()


def _attach(connection: http.client.HTTPConnection | None) -> None:
    cancellation = CANCELLATION.get()
    if cancellation is not None:
        cancellation.attach(connection)


class Transport:
    def __init__(
        self,
        url: str,
        *,
        token: str | None,
        timeout: float,
        retries: int,
        ssl_context: ssl.SSLContext | None,
        user_agent: str,
    ) -> None:
        parts = urllib.parse.urlsplit(url if "//" in url else "http://" + url)
        try:
            port = parts.port
        except ValueError:
            port = 0
        if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
            raise InvalidRequest("bad_url", f"{url!r} is not the address of a server; expected http://HOST:PORT")
        self.timeout = timeout
        self._secure = parts.scheme == "https"
        self._host = parts.hostname
        self._port = port or (443 if self._secure else 80)
        self._prefix = parts.path.rstrip("/")
        self._ssl_context = ssl_context
        self._retries = retries
        self._headers = {"User-Agent": user_agent, **({"Authorization": f"Bearer {token}"} if token else {})}
        self._lock = threading.Lock()
        self._idle: list[tuple[http.client.HTTPConnection, float]] = []
        self._closed = False

    @property
    def url(self) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{'https' if self._secure else 'http'}://{host}:{self._port}{self._prefix}"

    def close(self) -> None:
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection, _ in idle:
            connection.close()

    def call(self, request: Request) -> tuple[int, bytes]:
        """Status and whole body of a success."""
        response = self.open(request)
        return response.status, response.read()

    def open(self, request: Request) -> Response:
        """The answer to a request when it is a success, else its error. Sends again what may be sent again."""
        attempt = 0
        while True:
            try:
                return self._attempt(request)
            except (Unavailable, OutcomeUnknown) as error:
                may_repeat = request.repeatable or error.code == "unreachable"
                if not may_repeat or attempt >= self._retries or (isinstance(error, OutcomeUnknown) and not request.repeatable):
                    raise
            attempt += 1
            time.sleep(min(5.0, 0.1 * 2**attempt) * random.uniform(0.5, 1.0))

    def _attempt(self, request: Request) -> Response:
        connection, reused = self._take(request.repeatable)
        while True:
            try:
                _attach(connection)
                response = self._exchange(connection, request)
                break
            except _SourceFailed as failed:
                connection.close()
                assert failed.__cause__ is not None
                raise failed.__cause__ from None
            except (http.client.HTTPException, OSError) as error:
                connection.close()
                cancellation = CANCELLATION.get()
                if cancellation is not None and cancellation.cancelled:
                    raise Cancelled("cancelled", "the request was cancelled") from error
                if reused and request.repeatable and not isinstance(error, socket.timeout):
                    connection, reused = self._connect(), False  # it had been closed while it was kept
                    continue
                raise self._lost(request, error) from error
            except BaseException:
                connection.close()
                raise
        if 200 <= response.status < 300:
            return response
        raise error_of_answer(response.status, response.read())

    def _lost(self, request: Request, error: Exception) -> LakehouseError:
        doing = f"{request.method} {request.path}"
        if isinstance(error, socket.timeout):
            return TimedOut("client_timeout", f"no answer from {self.url} to {doing} within {self.timeout:g} s")
        words = f"the connection to {self.url} was lost during {doing}: {error or type(error).__name__}"
        return (
            Unavailable("connection_lost", words) if request.safe else OutcomeUnknown("connection_lost", words + "; it may have happened")
        )

    def _exchange(self, connection: http.client.HTTPConnection, request: Request) -> Response:
        headers = {**self._headers, **request.headers}
        body: bytes | Iterable[bytes] | None
        chunked = False
        if request.body is None or isinstance(request.body, bytes):
            body = request.body
        else:
            body = _guarded(request.body.chunks())
            chunked = request.body.length is None
            headers["Transfer-Encoding" if chunked else "Content-Length"] = "chunked" if chunked else str(request.body.length)
        try:
            connection.request(request.method, self._prefix + request.target, body=body, headers=headers, encode_chunked=chunked)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the server may have refused without reading it all: its reason is waiting
        return Response(self, connection, connection.getresponse())

    def _take(self, may_be_stale: bool) -> tuple[http.client.HTTPConnection, bool]:
        while True:
            with self._lock:
                if self._closed:
                    raise InvalidRequest("closed", "this client is closed")
                if not self._idle:
                    break
                connection, since = self._idle.pop()
            if _is_quiet(connection) and (may_be_stale or time.monotonic() - since < _LONGEST_IDLE):
                return connection, True
            connection.close()
        return self._connect(), False

    def _connect(self) -> http.client.HTTPConnection:
        timeout = min(self.timeout, _CONNECT_TIMEOUT)
        connection: http.client.HTTPConnection
        if self._secure:
            connection = http.client.HTTPSConnection(self._host, self._port, timeout=timeout, context=self._ssl_context)
        else:
            connection = http.client.HTTPConnection(self._host, self._port, timeout=timeout)
        connection.response_class = _Answer
        try:
            connection.connect()
        except OSError as error:
            connection.close()
            raise Unavailable("unreachable", f"there is no server at {self.url}: {error}") from error
        connection.sock.settimeout(self.timeout)
        return connection

    def give_back(self, connection: http.client.HTTPConnection, *, reusable: bool) -> None:
        with self._lock:
            if reusable and not self._closed and len(self._idle) < _MOST_IDLE:
                self._idle.append((connection, time.monotonic()))
                return
        connection.close()


def _is_quiet(connection: http.client.HTTPConnection) -> bool:
    """Open as far as we know: a readable socket without a request has been closed by the other side."""
    if connection.sock is None:
        return False
    try:
        poll = select.poll()
        poll.register(connection.sock, select.POLLIN | select.POLLERR | select.POLLHUP)
        return not poll.poll(0)
    except (AttributeError, OSError, ValueError):  # no poll on this system
        return False


def _guarded(chunks: Iterator[bytes]) -> Iterator[bytes]:
    while True:
        try:
            chunk = next(chunks)
        except StopIteration:
            return
        except Exception as error:
            raise _SourceFailed from error
        yield chunk
