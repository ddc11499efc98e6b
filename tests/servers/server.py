"""What the scripts that start real S3 servers for tests share: a directory, ports of the system's choice, processes that end."""

import os
import pathlib
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

START_SECONDS = 120


class CannotStart(Exception):
    """The server is not installed, or does not come up here. Its text is one line for the one who reads "skipped"."""


def free_ports(count):
    """All are held until all are chosen, so that they differ."""
    sockets = [socket.socket() for _ in range(count)]
    for held in sockets:
        held.bind(("127.0.0.1", 0))
    ports = [held.getsockname()[1] for held in sockets]
    for held in sockets:
        held.close()
    return ports


def wait_until(holds, what, seconds=START_SECONDS):
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise CannotStart(f"{what} did not happen within {seconds} s")
        time.sleep(0.05)


def answers(url):
    try:
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=2).close()
        return True
    except urllib.error.HTTPError:
        return True  # it speaks HTTP, that is enough
    except OSError:
        return False


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # it ended between the two looks
        return False


def end_processes(pids, seconds=10):
    """SIGTERM, then SIGKILL to those that stay."""
    for pid in pids:
        if is_running(pid):
            os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while any(map(is_running, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    for pid in pids:
        if is_running(pid):
            os.kill(pid, signal.SIGKILL)


class Server:
    """One server with its own directory. Subclasses say how to launch it; leaving the `with` ends it and removes everything."""

    name = ""

    def __init__(self, directory=None):
        self.directory = pathlib.Path(directory or tempfile.mkdtemp(prefix=f"lakehouse-{self.name}-"))
        self.directory.mkdir(parents=True, exist_ok=True)
        self.access_key = "AK" + secrets.token_hex(8).upper()
        self.secret_key = secrets.token_hex(20)
        self.endpoint = ""

    def environment(self):
        return {
            "LAKEHOUSE_TEST_S3_NAME": self.name,
            "LAKEHOUSE_TEST_S3_ENDPOINT": self.endpoint,
            "LAKEHOUSE_TEST_S3_ACCESS_KEY": self.access_key,
            "LAKEHOUSE_TEST_S3_SECRET_KEY": self.secret_key,
        }

    def pids(self):
        return [int(path.read_text()) for path in sorted(self.directory.glob("run/*.pid")) if path.read_text().strip()]

    def run(self, *command, seconds=START_SECONDS, **more):
        more = {"capture_output": True} | more
        done = subprocess.run([str(part) for part in command], text=True, timeout=seconds, stdin=subprocess.DEVNULL, **more)
        if done.returncode != 0:
            last = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no output"]
            raise CannotStart(f"{command[0]} ended with {done.returncode}: {last[0]}")
        return done.stdout

    def launch(self):
        raise NotImplementedError

    def start(self):
        (self.directory / "run").mkdir(exist_ok=True)
        try:
            self.launch()
        except (CannotStart, subprocess.TimeoutExpired, OSError) as why:
            self.stop()
            raise why if isinstance(why, CannotStart) else CannotStart(f"{self.name}: {why}") from why
        return self

    def stop(self):
        end_processes(self.pids())
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
