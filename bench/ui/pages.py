"""Measures the pages against what they promise: server time p50 <= 20 ms, first contentful paint <= 300 ms (median of ten warm
loads), weight without data <= 150 KB, of the SQL page <= 500 KB; with 1,000 datasets and one of 1,000,000 rows.

Usage: pages.py [--datasets N] [--rows N]
"""
import argparse
import http.client
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
import urllib.parse

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "system"))
from lakehouse_process import Lakehouse, temporary_directory  # noqa: E402
from witness import wait_until  # noqa: E402

SERVER_MS, PAINT_MS = 20, 300
WEIGHT, SQL_WEIGHT = 150_000, 500_000
QUERY = urllib.parse.quote("SELECT kind, count(*) AS n FROM big GROUP BY kind ORDER BY n DESC")
ASK = "/?" + urllib.parse.urlencode({"q": "Who drives a forklift in Joliet?"})
PAGES = ["/", ASK, "/explore", "/explore/big", "/explore/big?f.kind=eq.a&sort=-amount", "/explore/big?tab=schema", "/explore/big?tab=history",
         "/explore/big?tab=lineage", "/explore/big?tab=files", "/sql", f"/sql?q={QUERY}&at=AT", "/system", "/system/configuration", "/docs", "/docs/api"]
SHOW_DATA = (ASK, "/explore", "/explore/big", "/explore/big?f.kind=eq.a&sort=-amount")  # a hundred rows of it, or an answer with its passages
SCRIPTS = ["/assets/lakehouse.css", "/assets/htmx.js", "/assets/ui.js"]


def load(server, datasets, rows):
    big = f"SELECT i AS id, chr(97 + (i % 7)::INTEGER) AS kind, (i * 7919 % 100003) / 100.0 AS amount, DATE '2020-01-01' + (i % 2000)::INTEGER AS day FROM range({rows}) AS r(i)"
    answer = server.request("POST", "/v1/datasets/big/save-query", '{"sql": "' + big + '"}', {"Content-Type": "application/json"}, timeout=300)
    assert answer.status in (200, 201), answer.body
    for number in range(datasets - 1):
        answer = server.ingest(f"set_{number:04}", f"id,name,value\n{number},a,1.5\n{number + 1},b,2\n")
        assert answer.status == 201, answer.body


def make_askable(server):
    """A corpus of 5,000 short notes."""
    trades, towns = ("forklift driver", "nurse", "welder", "picker", "cook", "electrician"), ("Joliet", "Gary", "Racine", "Flint", "Toledo")
    notes = "".join(f"N-{i},Worker {i} is a {trades[i % 6]} in {towns[i % 5]} and has worked there for {i % 17} years.\n" for i in range(5_000))
    assert server.ingest("notes", "id,text\n" + notes).status == 201
    declared = server.request("POST", "/v1/corpora", json.dumps({"name": "notes", "dataset": "notes", "id_column": "id", "text_columns": ["text"]}),
                              {"Content-Type": "application/json"}, timeout=60)
    assert declared.status in (200, 201, 202), declared.body
    wait_until("the corpus is ready", lambda: server.get("/v1/corpora/notes").json()["state"] == "ready")


def milliseconds(connection, path):
    started = time.perf_counter()
    connection.request("GET", path)
    response = connection.getresponse()
    body = response.read()
    assert response.status == 200, f"{path}: {response.status} {body[:500]!r}"
    return (time.perf_counter() - started) * 1000, len(body)


def paints(url, paths):
    chromium = os.environ.get("LAKEHOUSE_CHROMIUM") or shutil.which("chromium")
    if not chromium:
        print("skipped: first contentful paint, because there is no chromium")
        return {}
    done = subprocess.run(["node", os.path.join(ROOT, "bench", "ui", "paint.mjs"), url, *paths], capture_output=True, text=True, timeout=300, check=True,
                          env={**os.environ, "LAKEHOUSE_CHROMIUM": chromium})
    return {line.split("\t")[0]: float(line.split("\t")[1]) for line in done.stdout.splitlines()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--datasets", type=int, default=1000)
    parser.add_argument("--rows", type=int, default=1_000_000)
    options = parser.parse_args()
    missed = 0
    with temporary_directory() as directory, Lakehouse(directory) as server:
        load(server, options.datasets, options.rows)
        make_askable(server)
        connection = server.connect()
        sequence = server.get("/explore.json").json()["sequence"]
        pages = [path.replace("AT", str(sequence)) for path in PAGES]
        scripts = sum(milliseconds(connection, path)[1] for path in SCRIPTS)
        upload_script = milliseconds(connection, "/assets/upload.js")[1]
        sql_scripts = scripts + sum(milliseconds(connection, path)[1] for path in ("/assets/sql.js", "/assets/alpine.js"))
        measured = {}
        for path in pages:
            milliseconds(connection, path + ("&" if "?" in path else "?") + "summary=wait")
            times, sizes = zip(*(milliseconds(connection, path) for _ in range(30)))
            measured[path] = (statistics.median(times), sizes[-1])
        paint = paints(f"http://127.0.0.1:{server.port}", pages)
        print(f"{options.datasets} datasets, one of {options.rows} rows; scripts and styles {scripts / 1000:.0f} KB, with the editor {sql_scripts / 1000:.0f} KB")
        print(f"{'page':52} {'server p50':>11} {'paint':>8} {'page':>9} {'in all':>9}")
        for path, (ms, size) in measured.items():
            is_sql = path.startswith("/sql")
            whole = size + (sql_scripts if is_sql else scripts + upload_script if path.startswith("/explore") else scripts)
            weight_missed = whole > (SQL_WEIGHT if is_sql else WEIGHT) and path not in SHOW_DATA
            bad = ms > SERVER_MS or paint.get(path, 0) > PAINT_MS or weight_missed
            missed += bad
            print(f"{path[:52]:52} {ms:8.1f} ms {paint.get(path, 0):5.0f} ms {size / 1000:6.1f} KB {whole / 1000:6.0f} KB{'  MISSED' if bad else ''}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
