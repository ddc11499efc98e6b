"""The binary at a pseudo-terminal: what a person types, and what stands on the screen."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

from lakehouse_process import BINARY

PATIENCE = 60
SEQUENCE = re.compile(rb"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[()=>][AB0]?")


class TerminalSession:
    """`arguments` of the binary on a terminal of its own. Everything it writes is kept in `raw`."""

    def __init__(self, *arguments, environment=None, columns=100, rows=30, command=None):
        merged = {name: value for name, value in os.environ.items() if not name.startswith("LAKEHOUSE_")}
        merged.update({"TERM": "xterm-256color", "PAGER": "", "LANG": "C.UTF-8"}, **(environment or {}))
        self.raw = b""
        self.mark = 0  # what was seen up to here has been asked for
        program = command or [BINARY, *arguments]
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                os.execvpe(program[0], program, merged)
            finally:
                os._exit(127)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.status = None

    def send(self, text):
        os.write(self.fd, text if isinstance(text, bytes) else text.encode())

    def text(self):
        """What came since the last find, without escape sequences."""
        return SEQUENCE.sub(b"", self.raw[self.mark:]).decode("utf-8", "replace").replace("\r", "")

    def pull(self, seconds):
        readable, _, _ = select.select([self.fd], [], [], max(0, seconds))
        if not readable:
            return True
        try:
            octets = os.read(self.fd, 65536)
        except OSError:  # the other side is gone
            return False
        self.raw += octets
        return bool(octets)

    def await_text(self, wanted):
        """Waits for a regular expression; returns the text up to its end, and forgets it."""
        deadline = time.monotonic() + PATIENCE
        while True:
            found = re.search(wanted, self.text(), re.DOTALL)
            if found:
                seen = self.text()
                self.mark = len(self.raw)
                return seen
            if time.monotonic() > deadline or not self.pull(deadline - time.monotonic()):
                raise AssertionError(f"{wanted!r} did not come; there stands\n{self.text()}")

    def await_end(self):
        """Its exit status."""
        deadline = time.monotonic() + PATIENCE
        while self.pull(0.05) and time.monotonic() < deadline:
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                self.status = os.waitstatus_to_exitcode(status)
                return self.status
        done, status = os.waitpid(self.pid, 0)
        self.status = os.waitstatus_to_exitcode(status)
        return self.status

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)
