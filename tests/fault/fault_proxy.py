"""A proxy in front of an HTTP server that breaks what it is told to break, one request at a time.

    with FaultProxy("127.0.0.1", port) as proxy:
        proxy.arm("reset_after", nth=3)         # the third request from now
        proxy.arm_random({"reset_after": 0.05}, seed=7)
        proxy.disarm(); proxy.count             # requests since arm

Each fault is a function below: it gets the request, a way to ask the server, and the client's socket. It does everything a bad
network or a bad server does that an HTTP client can notice, and two things that it cannot: doing work twice, and doing it late.
"""

import random
import re
import socket
import struct
import threading
import time


class Message:
    """One HTTP message: first line, headers in order, body."""

    def __init__(self, first, headers, body=b""):
        self.first, self.headers, self.body = first, headers, body

    def header(self, name):
        return next((value for known, value in self.headers if known.lower() == name), None)

    def head(self, **replaced):
        lines = [self.first]
        for name, value in self.headers:
            lines.append(f"{name}: {replaced.get(name.lower().replace('-', '_'), value)}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def octets(self):
        return self.head() + self.body

    @property
    def method(self):
        return self.first.split(" ", 1)[0]

    @property
    def target(self):
        return self.first.split(" ")[1]

    @property
    def kind(self):
        """Requests that differ in names and numbers alone are of one kind."""
        return self.method + " " + re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27,}|lake-[0-9a-f]+|\d+", "*", self.target)


def read_head(reader):
    first = reader.readline()
    if not first:
        return None
    headers = []
    while True:
        line = reader.readline()
        if not line:
            raise ConnectionError("the head broke off")
        line = line.decode("latin-1").rstrip("\r\n")
        if not line:
            return Message(first.decode("latin-1").rstrip("\r\n"), headers)
        name, _, value = line.partition(":")
        headers.append((name.strip(), value.strip()))


def read_body(reader, message, has_body=True):
    if not has_body:
        return
    if (message.header("transfer-encoding") or "").lower() == "chunked":
        body = b""
        while True:
            size = int(reader.readline().split(b";")[0], 16)
            body += reader.read(size)
            reader.readline()
            if size == 0:
                break
        message.body = body
        message.headers = [(name, value) for name, value in message.headers if name.lower() != "transfer-encoding"]
        message.headers.append(("Content-Length", str(len(body))))
        return
    length = int(message.header("content-length") or 0)
    message.body = reader.read(length)
    if len(message.body) != length:
        raise ConnectionError("the body broke off")


def reset(client):
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def refusal(status, words, code):
    body = f'<?xml version="1.0"?><Error><Code>{code}</Code></Error>'
    return Message(f"HTTP/1.1 {status} {words}", [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))], body.encode())


# A fault answers True when the connection may go on.

def reset_before(request, ask, client, _):
    reset(client)


def reset_after(request, ask, client, _):
    ask(request)
    reset(client)


def error_500_before(request, ask, client, _):
    return send(client, request, refusal(500, "Internal Server Error", "InternalError"))


def error_500_after(request, ask, client, _):
    ask(request)
    return send(client, request, refusal(500, "Internal Server Error", "InternalError"))


def error_503_before(request, ask, client, _):
    return send(client, request, refusal(503, "Slow Down", "SlowDown"))


def error_503_after(request, ask, client, _):
    ask(request)
    return send(client, request, refusal(503, "Slow Down", "SlowDown"))


def error_behind_200(request, ask, client, _):
    """As servers do that began to answer before they were done. Of an object's octets nobody could tell, so those pass."""
    answer = ask(request)
    is_document = (answer.header("content-type") or "").endswith("xml")
    return send(client, request, refusal(200, "OK", "InternalError") if is_document else answer)


def cut_body(request, ask, client, _):
    answer = ask(request)
    octets = answer.octets() if request.method != "HEAD" else answer.head()
    client.sendall(octets[:len(octets) - max(1, len(answer.body) // 2)])
    reset(client)


def length_too_large(request, ask, client, _):
    answer = ask(request)
    if request.method == "HEAD":
        return send(client, request, answer)
    client.sendall(answer.head(content_length=str(len(answer.body) + 1000)) + answer.body)


def length_too_small(request, ask, client, _):
    answer = ask(request)
    is_object = request.method == "GET" and "?" not in request.target
    if not is_object or len(answer.body) < 2:
        return send(client, request, answer)
    half = len(answer.body) // 2
    client.sendall(answer.head(content_length=str(half)) + answer.body[:half])


def flipped_bit(request, ask, client, chance):
    answer = ask(request)
    is_object = request.method == "GET" and "?" not in request.target and answer.body
    if is_object:
        at = chance.randrange(len(answer.body))
        answer.body = answer.body[:at] + bytes([answer.body[at] ^ (1 << chance.randrange(8))]) + answer.body[at + 1:]
    return send(client, request, answer)


def garbage(request, ask, client, _):
    ask(request)
    client.sendall(b"\x16\x03\x01\x00\xffthis is no HTTP\r\n" * 20)


def slow(request, ask, client, _):
    octets = ask(request).octets()
    step = max(1, len(octets) // 8)
    for at in range(0, len(octets), step):
        client.sendall(octets[at:at + step])
        time.sleep(0.05)
    return True


def twice(request, ask, client, _):
    first = ask(request)
    ask(request)
    return send(client, request, first)


def late(request, ask, client, _):
    """The client gives up; the server gets to work afterwards."""
    threading.Timer(0.3, lambda: ask(request)).start()
    reset(client)


def send(client, request, answer):
    client.sendall(answer.octets() if request.method != "HEAD" else answer.head())
    return (answer.header("connection") or "").lower() != "close"


FAULTS = {fault.__name__: fault for fault in (
    reset_before, reset_after, error_500_before, error_500_after, error_503_before, error_503_after, error_behind_200, cut_body,
    length_too_large, length_too_small, flipped_bit, garbage, slow, twice, late)}


class FaultProxy:
    def __init__(self, host, port, wanted=lambda request: True):
        self.server = (host, port)
        self.wanted = wanted
        self.lock = threading.Lock()
        self.chosen = None
        self.count = 0
        self.broken = 0
        self.seen = []  # kind of each request since, and what was done to it
        self.kind = None
        self.chance = random.Random(0)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.close()

    def arm(self, fault, nth=1, times=1, kind=None):
        """Breaks the nth request from now, or of this kind from now, and as many after it."""
        with self.lock:
            self.count, self.broken, self.seen, self.kind = 0, 0, [], kind
            self.chosen = lambda count: fault if nth <= count < nth + times else None

    def arm_random(self, shares, seed):
        """Breaks requests at random: {fault: share of requests}."""
        with self.lock:
            self.count, self.broken, self.seen, self.kind = 0, 0, [], None
            self.chance = random.Random(seed)
            faults = list(shares) + [None]
            weights = list(shares.values()) + [1 - sum(shares.values())]
            self.chosen = lambda count: self.chance.choices(faults, weights)[0]

    def disarm(self):
        with self.lock:
            self.chosen = None

    def choose(self, request):
        with self.lock:
            if self.chosen is None or not self.wanted(request):
                return None
            fault = None
            if self.kind in (None, request.kind):
                self.count += 1
                fault = self.chosen(self.count)
            self.broken += fault is not None
            self.seen.append((request.kind, fault))
            return fault

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def ask(self, request):
        with socket.create_connection(self.server, timeout=60) as server:
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            server.sendall(request.octets())
            reader = server.makefile("rb")
            answer = read_head(reader)
            if answer is None:
                raise ConnectionError("the server closed")
            status = answer.first.split(" ")[1]
            read_body(reader, answer, request.method != "HEAD" and status not in ("204", "304"))
            return answer

    def serve(self, client):
        reader = client.makefile("rb")
        try:
            while True:
                request = read_head(reader)
                if request is None:
                    return
                read_body(reader, request)
                fault = self.choose(request)
                if fault is None:
                    if not send(client, request, self.ask(request)):
                        return
                elif not FAULTS[fault](request, self.ask, client, self.chance):
                    return
        except (OSError, ValueError):
            pass
        finally:
            reader.close()
            client.close()
