"""Vector search over HTTP: 5,000 x 768 at 8, 50 and 200 connections, beside the predecessor's library behind Go's net/http on the same rows
and queries in the same run; then a fixed rate of 1,000 searches per second over 100,000 x 768, alone and while 2,000 vectors per second
are written, every one of which a search must find. Options: --seconds N, --only closed|open, --rows N, --peer FOLDER (with its main.go)."""
import argparse
import http.client
import json
import multiprocessing
import os
import random
import socket
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "vector"))
import sets  # noqa: E402
from measure import ROOT, Figures, wrk  # noqa: E402
from lakehouse_process import Lakehouse, temporary_directory  # noqa: E402

os.chdir(ROOT)
DIMENSION, CLOSED_ROWS, QUERIES, K = 768, 5_000, 500, 10
CONNECTIONS = (8, 50, 200)
RATE, WRITES, WRITE_BATCH = 1_000, 2_000, 20
CONNECTIONS_AT_RATE = 16
OPEN_LOOP = "build/release/bin/open_loop"
SCRIPT = """local bodies, at = {}, 0
for line in io.lines("%s") do bodies[#bodies + 1] = line end
request = function()
  at = at %% #bodies + 1
  return wrk.format("POST", nil, {["Content-Type"] = "application/json"}, bodies[at])
end
"""
# The peer's settings: its defaults, and the best recall it reaches (M, ef, neighbours that it fetches).
PEERS = {"its default": (16, 20, 10), "its best recall": (32, 200, 400)}


def body_of(vector):
    return json.dumps({"vector": [round(float(x), 6) for x in vector], "k": K}, separators=(",", ":"))


def write_bodies(directory, queries):
    with open(f"{directory}/bodies", "w", encoding="ascii") as file:
        file.writelines(body_of(query) + "\n" for query in queries)


def post(connection, path, body):
    connection.request("POST", path, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    text = answer.read()
    if answer.status not in (200, 201):
        raise AssertionError(f"{path}: {answer.status} {text[:300]!r}")
    return json.loads(text)


def fill(server, name, base):
    connection = server.connect(600)
    post(connection, "/v1/vectors/index", json.dumps({"name": name, "dimension": DIMENSION, "metric": "cosine"}))
    for first in range(0, len(base), 1_000):
        items = [{"id": str(first + n), "vector": [round(float(x), 6) for x in row]} for n, row in enumerate(base[first:first + 1_000])]
        post(connection, f"/v1/vectors/index/{name}/add", json.dumps({"items": items}))
    post(connection, f"/v1/vectors/index/{name}/maintain", json.dumps({"compact": True}))
    connection.close()


def recall(host, port, queries, truth):
    connection = http.client.HTTPConnection(host, port, timeout=60)
    found = [len({hit["id"] for hit in post(connection, "/v1/vectors/index/bench/search", body_of(query))["results"]} & {str(row) for row in rows[:K]})
             for query, rows in zip(queries[:200], truth)]
    return statistics.mean(found) / K


def closed_loop(host, port, script, seconds, figures, name, right, against=None):
    rates = {}
    for connections in CONNECTIONS:
        rate, p50, p99, failed = wrk(f"http://{host}:{port}/v1/vectors/index/bench/search", script, connections, seconds)
        rates[connections] = rate
        note = f"recall {right:.3f}, p50 {p50:.2f} ms, p99 {p99:.2f} ms" + (f", {failed} failed" if failed else "")
        if not against:
            figures.add(f"{name}, {connections} connections", rate, "/s", note=note)
            continue
        for peer, (asked, peer_rates) in against.items():
            met = rate >= asked * peer_rates[connections] and right >= .99 and not failed
            figures.add(f"{name}, {connections} connections", rate, "/s", peer_rates[connections], peer, f">= {asked} x, recall >= .99", met, note)
    return rates


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def peers(folder, directory, base, queries, truth, script, seconds, figures):
    """Rates of the peer's settings by the words for them, with what is asked of us; none where it cannot be had."""
    if not folder or not os.path.exists(os.path.join(folder, "main.go")):
        print("the peer's main.go is not here, so there is nothing beside us; name its folder with --peer")
        return {}
    binary = os.path.join(directory, "peer")
    subprocess.run(["go", "build", "-o", binary, "."], cwd=folder, check=True)
    base.astype("<f4").tofile(os.path.join(directory, "bench.base.f32"))
    queries.astype("<f4").tofile(os.path.join(directory, "bench.query.f32"))
    with open(os.path.join(directory, "bench.json"), "w", encoding="ascii") as file:
        json.dump({"n": len(base), "d": DIMENSION, "nq": len(queries), "k": K}, file)
    rates = {}
    for (words, setting), asked in zip(PEERS.items(), (2, 6)):
        port = free_port()
        with subprocess.Popen([binary, "serve", f"127.0.0.1:{port}", directory, "bench", str(len(base)), *map(str, setting)], stdout=subprocess.PIPE) as process:
            try:
                process.stdout.readline()  # built; it listens next
                while socket.socket().connect_ex(("127.0.0.1", port)) != 0:
                    assert process.poll() is None, "the peer has ended"
                right = recall("127.0.0.1", port, queries, truth)
                rates[words] = (asked, closed_loop("127.0.0.1", port, script, seconds, figures, f"the peer at {words}", right))
            finally:
                process.kill()
    return rates


def batches_of(base, seconds):
    """Bodies of moved items, and what a search for the last of each must find; made beforehand, so that the client has little to do."""
    chance, batches = random.Random(3), []
    for _ in range(WRITES * seconds // WRITE_BATCH):
        items = []
        for row in chance.sample(range(len(base)), WRITE_BATCH):
            items.append({"id": str(row), "vector": [round(float(x) + chance.gauss(0, .01), 6) for x in base[row]]})
        batches.append((json.dumps({"items": items}), json.dumps({"vector": items[-1]["vector"], "k": 1}), items[-1]["id"]))
    return batches


def write_at_rate(server, batches, ended, answers):
    """Replaces items with moved ones and looks for each batch's last at once: how many were not found, of how many."""
    connection, missed, looked_for, start = server.connect(), 0, 0, time.monotonic()
    for n, (items, search, wanted) in enumerate(batches):
        early = start + n * WRITE_BATCH / WRITES - time.monotonic()
        if ended.is_set():
            break
        if early > 0:
            time.sleep(early)
        post(connection, "/v1/vectors/index/bench/add", items)
        found = post(connection, "/v1/vectors/index/bench/search", search)["results"]
        missed += not found or found[0]["id"] != wanted
        looked_for += 1
    answers.put((missed, looked_for, time.monotonic() - start))


def search_at_rate(server, bodies, seconds):
    done = subprocess.run([OPEN_LOOP, server.host, str(server.port), "/v1/vectors/index/bench/search", bodies, str(RATE), str(seconds), str(CONNECTIONS_AT_RATE)],
                          capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def fixed_rate(server, base, bodies, seconds, figures):
    search_at_rate(server, bodies, 1)  # pages and caches are filled
    quiet = search_at_rate(server, bodies, seconds)
    title = f"{RATE} searches/s over {len(base)} x {DIMENSION}"
    met = quiet["p99_ms"] <= 2.5 and not quiet["failed"]
    figures.add(f"{title}, p99", quiet["p99_ms"], "ms", bound="<= 2.5 ms", met=met, note=f"p50 {quiet['p50_ms']:.2f} ms, {quiet['failed']} failed")
    batches, ended, answers = batches_of(base, seconds + 2), multiprocessing.Event(), multiprocessing.Queue()
    writer = multiprocessing.Process(target=write_at_rate, args=(server, batches, ended, answers))
    writer.start()
    busy = search_at_rate(server, bodies, seconds)
    ended.set()
    missed, looked_for, took = answers.get(timeout=60)
    writer.join()
    rate = looked_for * WRITE_BATCH / took
    met = busy["p99_ms"] <= 3 * quiet["p99_ms"] and not busy["failed"] and rate >= .98 * WRITES
    figures.add(f"the same under {WRITES} writes/s, p99", busy["p99_ms"], "ms", quiet["p99_ms"], "without writes", "<= 3 x", met,
                f"p50 {busy['p50_ms']:.2f} ms, {rate:.0f} writes/s")
    figures.add("written vectors that the next search missed", missed, "", bound="0", met=missed == 0, note=f"of {looked_for} looked for")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--only", choices=("closed", "open"))
    parser.add_argument("--rows", type=int, default=100_000)
    shared = os.environ.get("LAKEHOUSE_SHARED_DATA", os.path.join(ROOT, "..", "shared", "data"))
    parser.add_argument("--peer", default=os.path.join(shared, "..", "bench", "vector", "coder"))
    options = parser.parse_args()
    figures = Figures("vector_http")
    with temporary_directory() as directory:
        if options.only != "open":
            base, queries = sets.clustered("c768", CLOSED_ROWS, QUERIES)
            truth = sets.exact(base, queries, K)
            write_bodies(directory, queries)
            with open(f"{directory}/search.lua", "w", encoding="ascii") as file:
                file.write(SCRIPT % f"{directory}/bodies")
            beside = peers(options.peer, directory, base, queries, truth, f"{directory}/search.lua", options.seconds, figures)
            os.makedirs(directory + "/closed")
            with Lakehouse(directory + "/closed") as server:
                fill(server, "bench", base)
                right = recall(server.host, server.port, queries, truth)
                closed_loop(server.host, server.port, f"{directory}/search.lua", options.seconds, figures, f"search of {CLOSED_ROWS} x {DIMENSION}", right, beside)
        if options.only != "closed":
            base, queries = sets.clustered("c768", options.rows, QUERIES)
            write_bodies(directory, queries)
            os.makedirs(directory + "/open")
            with Lakehouse(directory + "/open") as server:
                fill(server, "bench", base)
                fixed_rate(server, base, f"{directory}/bodies", options.seconds, figures)


if __name__ == "__main__":
    main()
