"""A real lakehouse process for tests: started on a free port, reached over HTTP, always stopped by its own process id."""
import http.client
import json
import os
import re
import select
import signal
import subprocess
import tempfile
import time
import urllib.parse
import uuid

from openapi_document import Document

BINARY = os.environ.get("LAKEHOUSE_BINARY", "build/release/bin/lakehouse")
CHECKS_ANSWERS = os.environ.get("LAKEHOUSE_CHECK_ANSWERS") == "1"  # every answer must be as the OpenAPI document says
READY = re.compile(r"ready at http://([0-9.]+):([0-9]+)")


class Answer:
    """One HTTP answer, read whole."""

    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()

    def json(self):
        return json.loads(self.body)

    def error(self):
        return self.json()["error"]


class Lakehouse:
    """`lakehouse up` (or `serve SERVICE…`) over one data and one state directory, which survive a kill and a new start."""

    def __init__(self, directory, arguments=("up",), environment=None, listen="127.0.0.1:0", data=None, state=None):
        self.data = data or os.path.join(directory, "data")
        self.state = state or os.path.join(directory, "state")
        self.log_path = os.path.join(directory, "lakehouse.log")
        self.arguments = list(arguments)
        self.environment = dict(environment or {})
        self.listen = listen
        self.process = None
        self.exit_status = None  # of the last process that was killed or found dead
        self.host, self.port = None, None
        self.document = None  # what the server says about itself, once it was asked for

    def start(self, timeout=30, expect_ready=True):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LAKEHOUSE_")}
        environment.update(self.environment)
        command = [BINARY, *self.arguments, "--listen", self.listen, "--data", self.data, "--state", self.state]
        log = open(self.log_path, "ab")
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, env=environment, start_new_session=True)
        log.close()
        if expect_ready and not self.await_ready(timeout):
            raise AssertionError(f"{' '.join(command)} was not ready after {timeout} s; log:\n{self.log_tail()}")
        return self

    def await_ready(self, timeout=30):
        """False: it ended, or the time was up; it is killed then."""
        seen = b""
        deadline = time.monotonic() + timeout
        while True:
            readable, _, _ = select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))
            chunk = os.read(self.process.stdout.fileno(), 4096) if readable else b""
            seen += chunk
            match = READY.search(seen.decode("utf-8", "replace"))
            if match:
                self.host, self.port = match.group(1), int(match.group(2))
                return True
            if not chunk:
                self.kill()
                return False

    def log_tail(self, size=4000):
        with open(self.log_path, "rb") as log:
            return log.read()[-size:].decode("utf-8", "replace")

    def kill(self):
        """SIGKILL, to the process alone: its workers must notice by themselves."""
        if self.process and self.process.poll() is None:
            self.process.kill()
        if self.process:
            self.exit_status = self.process.wait()
            self.process.stdout.close()
            self.process = None

    def stop(self, timeout=20):
        """SIGTERM; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired as late:
            self.kill()
            raise AssertionError(f"not stopped {timeout} s after SIGTERM; log:\n{self.log_tail()}") from late
        self.process.stdout.close()
        self.process = None
        return status

    def __enter__(self):
        return self.start() if self.process is None else self

    def __exit__(self, *failure):
        self.kill()

    def connect(self, timeout=30):
        return http.client.HTTPConnection(self.host, self.port, timeout=timeout)

    def request(self, method, path, body=None, headers=None, timeout=60):
        connection = self.connect(timeout)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            answer = Answer(connection.getresponse())
        finally:
            connection.close()
        if CHECKS_ANSWERS:
            self.check_as_documented(method, path, answer)
        return answer

    def check_as_documented(self, method, path, answer):
        """Of a gateway: a service that runs alone has no document."""
        if self.document is None:
            connection = self.connect()
            connection.request("GET", "/v1/openapi.json")
            document = Answer(connection.getresponse())
            connection.close()
            self.document = Document(document.json()) if document.status == 200 else False
        if self.document:
            self.document.check(method, path, answer)

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def sql(self, statement, **fields):
        return self.request("POST", "/v1/sql", json.dumps({"sql": statement, **fields}), {"Content-Type": "application/json"})

    def ask(self, statement, patience=600, **fields):
        """As sql, for who only wants to know what is there: where the machine was too busy for an answer, it is asked again."""
        deadline = time.monotonic() + patience
        while True:
            try:
                answer = self.sql(statement, **fields)
            except TimeoutError:
                if time.monotonic() > deadline:
                    raise
                continue
            is_busy = answer.status == 504 or (answer.status == 503 and answer.error()["code"] in ("unavailable", "overloaded", "worker_lost"))
            if not is_busy or time.monotonic() > deadline:
                return answer

    def rows(self, statement):
        answer = self.sql(statement)
        if answer.status != 200:
            raise AssertionError(f"{statement}: {answer.status} {answer.body[:2000]!r}")
        return answer.json()["rows"]

    def ingest(self, name, content, file_name="data.csv", headers=None, timeout=120, **fields):
        body, content_type = multipart({"name": name, **fields}, "file", file_name, content)
        return self.request("POST", "/v1/ingest", body, {"Content-Type": content_type, **(headers or {})}, timeout)

    def await_job(self, job):
        """The job of ingest with this id, once it has ended."""
        while True:
            found = self.get(f"/v1/ingest/jobs/{job}?wait_ms=20000").json()["job"]
            if found["state"] not in ("queued", "running"):
                return found


def multipart(fields, file_field, file_name, content):
    """A multipart/form-data body and its content type."""
    boundary = uuid.uuid4().hex
    content = content.encode() if isinstance(content, str) else content
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode() for name, value in fields.items()]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{file_field}"; filename="{file_name}"\r\nContent-Type: application/octet-stream\r\n\r\n'
    return b"".join(parts) + head.encode() + content + f"\r\n--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def run_command(*arguments, timeout=120, environment=None, check=True):
    """The binary as a command: its completed process, output as text."""
    merged = {name: value for name, value in os.environ.items() if not name.startswith("LAKEHOUSE_")}
    merged.update(environment or {})
    done = subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=timeout, env=merged, stdin=subprocess.DEVNULL, check=False)
    if check and done.returncode != 0:
        raise AssertionError(f"lakehouse {' '.join(arguments)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


def temporary_directory(in_memory=False):
    """`in_memory`: where a sync costs nothing, if this machine has such a place; for tests of processes that die, not of disks."""
    shared = "/dev/shm"
    return tempfile.TemporaryDirectory(prefix="lakehouse-test-", dir=shared if in_memory and os.access(shared, os.W_OK) else None)


def quoted(text):
    return urllib.parse.quote(text, safe="")
