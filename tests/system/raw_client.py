"""A client that says octets, not requests: for what no well-behaved library would send."""
import socket


class RawAnswer:
    def __init__(self, status, headers, body, octets):
        self.status, self.headers, self.body, self.octets = status, headers, body, octets


class RawClient:
    def __init__(self, server, receive_buffer=None, timeout=30):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        self.socket.connect((server.host, server.port))

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.socket.close()

    def send(self, octets):
        """False when the server has closed the connection meanwhile."""
        try:
            self.socket.sendall(octets)
            return True
        except (BrokenPipeError, ConnectionResetError):
            return False

    def until_closed(self):
        """Everything the server says until it closes."""
        said = b""
        try:
            while block := self.socket.recv(1 << 16):
                said += block
        except ConnectionResetError:
            pass
        return said

    def answer(self):
        """One answer with a Content-Length; None when the server closes without a word."""
        said = b""
        while b"\r\n\r\n" not in said:
            block = self.receive()
            if not block:
                return None
            said += block
        head, _, body = said.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        while len(body) < int(headers.get("content-length", 0)):
            block = self.receive()
            if not block:
                break
            body += block
        return RawAnswer(int(lines[0].split()[1]), headers, body, said)

    def receive(self):
        try:
            return self.socket.recv(1 << 16)
        except ConnectionResetError:
            return b""
