#!/usr/bin/env python3
"""Sends the queries of sqllogictest files to a running server and compares with what the DuckDB library says.

  run.py --side-engine PROGRAM [--server URL] [--minimum N] [--list FILE] [FILE…]

Each file's tables are made in the side engine and registered with the server as datasets, by upload; so are the rows of a file that a
query reads itself, since no caller of the server may name a file. A query that the side engine answers counts; it is equal when the
server's answer has the same rows. Without files: all of shared/data/sqllogic, found as every
test finds it; without that folder one line says so. Without a URL a server of its own is started. Exit 1 below the minimum.
"""
import argparse
import collections
import contextlib
import hashlib
import json
import math
import os
import re
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
import uuid

sys.dont_write_bytecode = True
sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)), os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system")]
from lakehouse_process import Lakehouse  # noqa: E402
from test_file import Unsupported, parse, unroll  # noqa: E402

NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$")
CHANGES = re.compile(r"^\s*(create|insert|update|delete|drop|alter|copy|truncate|merge|with|begin|commit|rollback|attach|detach)\b", re.I)
WITHOUT_ANSWER = re.compile(r"^\s*(pragma|set|reset|explain|call|execute|prepare)\b", re.I)
# What reads a file in the middle of a query.
FILE_CALL = re.compile(r"\b(parquet_scan|read_parquet|read_csv_auto|read_csv|read_json_auto|read_json_objects|read_json|read_ndjson_objects|read_ndjson)\s*\(", re.I)
FILE_NAME = re.compile(r"(?<=\bfrom\s)\s*('[^']*\.(?:parquet|csv|json)(?:\.gz|\.zst)?')|(?<=\bjoin\s)\s*('[^']*\.(?:parquet|csv|json)')", re.I)
# Types that Parquet would change, and what to upload instead.
UPLOAD_AS = {"HUGEINT": "DECIMAL(38,0)", "UHUGEINT": "DECIMAL(38,0)"}


class SideEngine:
    """The library in a process of its own."""

    def __init__(self, program, directory):
        self.process = subprocess.Popen([program, directory], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")

    def ask(self, request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the side engine ended")
        return json.loads(line)

    def rows(self, sql):
        """Rows of texts, or None when it fails."""
        return self.ask({"sql": sql}).get("rows")

    def reset(self):
        self.ask({"reset": True})

    def texts(self, sql):
        """The rows with every value as the engine spells it, or None."""
        found = self.rows(f"SELECT CAST(COLUMNS(*) AS VARCHAR) FROM (\n{sql.rstrip().rstrip(';')}\n) AS q")
        return self.rows(sql) if found is None else found


class Server:
    def __init__(self, url):
        self.url = url.rstrip("/")

    def request(self, method, path, body=None, headers=None):
        request = urllib.request.Request(self.url + path, data=body, headers=headers or {}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def sql(self, statement, form):
        return self.request("POST", f"/v1/sql?format={form}", statement.encode("utf-8", "surrogatepass"), {"Content-Type": "text/plain; charset=utf-8"})

    def upload(self, name, path):
        """Replaces the dataset. The error's words, or None."""
        self.request("DELETE", "/v1/catalog/datasets/" + urllib.parse.quote(name))
        boundary = uuid.uuid4().hex
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="name"\r\n\r\n{name}\r\n--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}.parquet"\r\n\r\n'
        with open(path, "rb") as file:
            body = head.encode() + file.read() + f"\r\n--{boundary}--\r\n".encode()
        status, answer = self.request("POST", "/v1/ingest", body, {"Content-Type": f"multipart/form-data; boundary={boundary}"})
        return None if status in (200, 201) else reason_of(status, answer)


def reason_of(status, answer):
    try:
        error = json.loads(answer)["error"]
        details = error.get("details") or {}
        rule = details.get("rule") if isinstance(details, dict) else None
        return f"{error['code']}{' ' + rule if rule else ''}", error["message"]
    except (ValueError, KeyError, TypeError):
        return f"status {status}", answer[:200].decode("utf-8", "replace")


def equal_values(left, right):
    if left == right:
        return True
    try:
        a, b = float(left), float(right)
    except ValueError:
        return False
    return a == b or (math.isnan(a) and math.isnan(b)) or abs(a - b) <= 1e-9 * max(abs(a), abs(b))


def equal_rows(left, right, ordered):
    if len(left) != len(right):
        return False
    if not ordered:
        left, right = sorted(left), sorted(right)
    return all(len(a) == len(b) and all(map(equal_values, a, b)) for a, b in zip(left, right))


def file_reads(sql):
    """The calls and names in a query that read files, as they are written."""
    found = [match.group(1) or match.group(2) for match in FILE_NAME.finditer(sql)]
    for match in FILE_CALL.finditer(sql):
        depth, at, quoted = 1, match.end(), False
        while at < len(sql) and depth:
            quoted ^= sql[at] == "'"
            depth += 0 if quoted else {"(": 1, ")": -1}.get(sql[at], 0)
            at += 1
        found.append(sql[match.start():at])
    return found


class Run:
    """One side engine, one server, and the count of what was equal."""

    def __init__(self, side, server, directory):
        self.side, self.server, self.directory = side, server, directory
        self.registered = {}  # dataset → octets of the file it was made from
        self.current = set()  # tables that have not changed since they were registered
        self.equal, self.total = 0, 0
        self.reasons = collections.Counter()
        self.listing = []

    def file(self, path):
        with open(path, encoding="utf-8") as source:
            try:
                records = list(unroll(parse(source.read())))
            except Unsupported:
                return
        self.side.reset()
        self.current.clear()
        for record in records:
            changes = CHANGES.match(record.sql) and (record.kind == "statement" or not record.sql.lower().lstrip().startswith("with"))
            if changes:
                self.current.clear()
            if changes or record.kind == "statement" or WITHOUT_ANSWER.match(record.sql):
                self.side.rows(record.sql)
            else:
                self.query(path, record)

    def query(self, path, record):
        expected = self.side.texts(record.sql)
        if expected is None:
            return
        self.total += 1
        sql = record.sql
        for call in file_reads(sql):
            name = "file_" + hashlib.sha256(call.encode()).hexdigest()[:12]
            if self.side.rows(f"CREATE OR REPLACE VIEW {name} AS FROM {call}") is not None:
                sql = sql.replace(call, name)
        why = self.register(sql) or self.compare(sql, expected)
        if why is None:
            self.equal += 1
        else:
            self.reasons[why[0]] += 1
            self.listing.append(f"{os.path.basename(path)}:{record.line}\t{why[0]}\t{why[1][:160]!r}\t{' '.join(record.sql.split())[:200]}")

    def register(self, sql):
        """Uploads the tables that the text names. What stands in the way, or None."""
        tables = self.side.rows("SELECT table_name FROM duckdb_tables() WHERE NOT internal UNION ALL SELECT view_name FROM duckdb_views() WHERE NOT internal") or []
        for (table,) in tables:
            if table in self.current or not NAME.match(table) or not re.search(r"\b" + re.escape(table) + r"\b", sql, re.I):
                continue
            target = os.path.join(self.directory, "table.parquet")
            columns = self.side.rows(f'DESCRIBE "{table}"') or []
            casts = ", ".join(f'CAST("{c[0]}" AS {UPLOAD_AS[c[1]]}) AS "{c[0]}"' for c in columns if c[1] in UPLOAD_AS)
            source = f'SELECT * REPLACE ({casts}) FROM "{table}"' if casts else f'FROM "{table}"'
            if self.side.rows(f"COPY ({source}) TO '{target}' (FORMAT parquet)") is None:
                continue
            with open(target, "rb") as file:
                octets = file.read()
            if self.registered.get(table.lower()) != octets:
                failed = self.server.upload(table, target)
                if failed:
                    self.registered.pop(table.lower(), None)
                    return "upload: " + failed[0], failed[1]
                self.registered[table.lower()] = octets
            self.current.add(table)
        return None

    def compare(self, sql, expected):
        """What is different, or None."""
        ordered = re.search(r"\border\s+by\b", sql, re.I) is not None
        status, answer = self.server.sql(sql, "parquet")
        if status == 200:
            target = os.path.join(self.directory, "answer.parquet")
            with open(target, "wb") as file:
                file.write(answer)
            actual = self.side.texts(f"FROM read_parquet('{target}')")
            if actual is not None and equal_rows(expected, actual, ordered):
                return None
        # What Parquet cannot carry travels as texts.
        status, answer = self.server.sql(f"SELECT CAST(COLUMNS(*) AS VARCHAR) FROM (\n{sql.rstrip().rstrip(';')}\n) AS q", "json")
        if status != 200:
            return reason_of(status, answer)
        actual = [["NULL" if cell is None else cell for cell in row] for row in json.loads(answer)["rows"]]
        if equal_rows(expected, actual, ordered):
            return None
        return "different", f"expected {expected[:3]}, got {actual[:3]}"


def shared_folder():
    """As base_testing/shared_data.h finds it."""
    if "LH_DATA" in os.environ:
        return os.environ["LH_DATA"]
    here = os.getcwd()
    while True:
        if os.path.exists(os.path.join(here, "shared", "data", "INDEX.md")):
            return os.path.join(here, "shared", "data")
        if here == os.path.dirname(here):
            return None
        here = os.path.dirname(here)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", help="its URL; without one $LAKEHOUSE_BINARY is started")
    parser.add_argument("--side-engine", required=True)
    parser.add_argument("--minimum", type=float, default=0, help="equal queries in a hundred")
    parser.add_argument("--list", help="writes what was not equal to this file")
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()

    data = shared_folder()
    root = os.path.join(data, "sqllogic") if data else None
    if not root or not os.path.isdir(root):
        print("skipped: there is no folder shared/data/sqllogic; LH_DATA may name shared/data")
        return 0
    files = [os.path.abspath(name) for name in options.files] or sorted(
        os.path.join(folder, name) for folder, _, names in os.walk(root) for name in names if name.endswith(".test"))
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="sqllogic-"))
        url = options.server
        if url is None:
            server = stack.enter_context(Lakehouse(directory))
            url = f"http://{server.host}:{server.port}"
        run = Run(SideEngine(os.path.abspath(options.side_engine), root), Server(url), directory)
        for path in files:
            run.file(path)
    if options.list:
        with open(options.list, "w", encoding="utf-8") as listing:
            listing.write("\n".join(run.listing) + "\n")
    share = 100 * run.equal / max(1, run.total)
    print(f"{run.equal} of {run.total} queries equal ({share:.1f} %), {len(files)} files")
    for reason, count in run.reasons.most_common():
        print(f"  {count:5} {reason}")
    return 0 if share >= options.minimum else 1


if __name__ == "__main__":
    sys.exit(main())
