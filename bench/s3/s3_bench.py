"""What bench/s3/run measures; tests/servers/with_server.py gives it its server. Options: --objects N (0: none) --runs N --skip-large
--seconds N of commits."""
import argparse
import hashlib
import http.client
import multiprocessing
import os
import re
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from measure import BIN, ROOT, Figures, peak_mb, program  # noqa: E402
import s3_lake  # noqa: E402
from lakehouse_process import temporary_directory  # noqa: E402
from small_uploads import CLIENTS, measure_uploads  # noqa: E402
from witness import files_below, key_of  # noqa: E402

LARGE = re.compile(r"1 GiB: up in parts ([\d.]+) s, up in one condition ([\d.]+) s, down ([\d.]+) s; bare curl up ([\d.]+) s, down ([\d.]+) s; peak (\d+) MB")


def large(figures):
    environment = os.environ | {"LAKEHOUSE_TEST_S3_LARGE": "1"}
    done = subprocess.run([os.path.join(BIN, "lakehouse_storage_s3_test"), "--gtest_filter=*AGibibyte*"], env=environment, capture_output=True, text=True, check=False)
    found = LARGE.search(done.stdout)
    if not found:
        sys.exit(f"the object of 1 GiB did not come up and down:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    up, once, down, curl_up, curl_down, peak = map(float, found.groups())
    mb = 1024.0
    figures.add("1 GiB below _vectors/ up", mb / up, "MiB/s", peer=mb / curl_up, peer_name="bare curl", note=f"in one conditional request {mb / once:.0f} MiB/s")
    figures.add("1 GiB below _vectors/ down", mb / down, "MiB/s", peer=mb / curl_down, peer_name="bare curl")
    figures.add("memory of the process that does it", peak, "MB", bound="< 200 MB", met=peak < 200, note="peak")


def curl(url, *options, into="/dev/null"):
    """Seconds that a transfer took; the client is the same for both servers."""
    done = subprocess.run(["curl", "-sS", "--fail-with-body", "-H", "Expect:", "-o", into, "-w", "%{time_total}", *options, url], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = ""
        if os.path.isfile(into):
            with open(into, "rb") as file:
                said = file.read(2000).decode("utf-8", "replace")
        sys.exit(f"curl {url}: {done.stderr}{said}")
    return float(done.stdout)


def curl_s3(method, path, digest, *options):
    host = s3_lake.ENDPOINT.split("://")[1]
    headers = s3_lake.sign(method, path, "", b"", host, digest)
    return curl(s3_lake.ENDPOINT + path, *(word for name, value in headers.items() if name != "host" for word in ("-H", f"{name}: {value}")), *options)


def large_through_the_api(figures):
    """Up and down through the public routes of the real binary, which take objects of 256 MiB at most and write nothing below _vectors/, where only
    the system does: up go four objects that make a gibibyte, down comes one from there, put beside the server."""
    bucket = s3_lake.create_bucket()
    with temporary_directory() as directory:
        source, part = os.path.join(directory, "object"), os.path.join(directory, "part")
        digest, first = hashlib.sha256(), hashlib.sha256()
        with open(source, "wb") as file, open(part, "wb") as beginning:
            for number in range(64):
                octets = os.urandom(16 << 20)
                digest.update(octets)
                file.write(octets)
                if number < 16:
                    first.update(octets)
                    beginning.write(octets)
        empty = hashlib.sha256(b"").hexdigest()
        bare_up = sum(curl_s3("PUT", f"/{bucket}/bare/{number}", first.hexdigest(), "-T", part) for number in range(4))
        curl_s3("PUT", f"/{bucket}/lake/_vectors/bench/object", digest.hexdigest(), "-T", source)
        bare_down = curl_s3("GET", f"/{bucket}/lake/_vectors/bench/object", empty)
        home = os.path.join(directory, "home")
        os.mkdir(home)
        with s3_lake.lake_on_s3(home, f"s3://{bucket}/lake").start(timeout=120) as server:
            api = f"http://{server.host}:{server.port}/v1/storage/objects"
            refused = server.request("PUT", "/v1/storage/objects/_vectors/bench/other", b"x")
            assert refused.status == 403, refused.body
            up = sum(curl(f"{api}/mine/{number}", "-T", part) for number in range(4))
            down = curl(api + "/_vectors/bench/object")
            fetched = os.path.join(directory, "fetched")
            for key, expected in (("/mine/3", first), ("/_vectors/bench/object", digest)):
                curl(api + key, into=fetched)
                with open(fetched, "rb") as file:
                    assert hashlib.file_digest(file, "sha256").hexdigest() == expected.hexdigest(), "other octets came back"
            peak = peak_mb(server.process.pid)
    mb = 1024.0
    figures.add("1 GiB through the HTTP API up, in 4 objects", mb / up, "MiB/s", peer=mb / bare_up, peer_name="bare curl", note="spooled and checked before it is stored")
    figures.add("1 GiB below _vectors/ through the HTTP API down", mb / down, "MiB/s", peer=mb / bare_down, peer_name="bare curl")
    figures.add("memory of the server that did it", peak, "MB", bound="< 200 MB", met=peak < 200, note="peak")


def put_all(arguments):
    """One process's share, over one connection that is kept."""
    bucket, pairs = arguments
    host = s3_lake.ENDPOINT.split("://")[1]
    connection = http.client.HTTPConnection(host, timeout=60)
    for key, content in pairs:
        if content is None:
            with open(key[1], "rb") as file:
                content = file.read()
            key = key[0]
        path = f"/{bucket}/{key}"
        connection.request("PUT", path, body=content, headers=s3_lake.sign("PUT", path, "", content, host))
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise AssertionError(f"put {key}: {answer.status}")
    return len(pairs)


def many_objects(figures, objects, runs):
    bucket = s3_lake.create_bucket()
    with temporary_directory() as directory:
        lake = os.path.join(directory, "lake")
        os.mkdir(lake)
        datasets = max(1, objects // 10)
        program("catalog_bench", "write", lake, datasets, objects)
        pairs = [((f"lake/{key_of(name)}", os.path.join(lake, name)), None) for name in files_below(lake) if not name.endswith("/lock") and not name.startswith(".tmp")]
        octets = b"m" * 2000  # nothing reads them to be ready; that they are many is what counts
        pairs += [(f"lake/datasets/dataset_{seq % datasets}/manifest/1-019a0000-0000-7000-8000-{100_000_000_000 + seq}.parquet", octets) for seq in range(1, objects + 1)]
        shares = [(bucket, pairs[start::4]) for start in range(4)]
        began = time.monotonic()
        with multiprocessing.Pool(4) as pool:
            count = sum(pool.map(put_all, shares))
        print(f"{count} objects written in {time.monotonic() - began:.0f} s", flush=True)
        home = os.path.join(directory, "home")
        os.mkdir(home)
        times, peaks = [], []
        server = s3_lake.lake_on_s3(home, f"s3://{bucket}/lake")
        server.start(timeout=120)
        for run in range(runs):
            answer = server.ingest(f"more{run}", "a\n1\n")
            assert answer.status == 201, answer.body
            server.kill()
            began = time.monotonic()
            server.start(timeout=120)
            while server.get("/readyz").status != 200:
                pass
            times.append(time.monotonic() - began)
            assert server.rows(f"SELECT a FROM more{run}") == [[1]]
            peaks.append(peak_mb(server.process.pid))
        server.kill()
    figures.add(f"ready after kill -9, {count} objects on S3, {datasets} datasets, {objects} commits", statistics.median(times), "s", bound="<= 5 s",
                met=max(times) <= 5, note=f"worst of {runs}: {max(times):.2f} s; peak {max(peaks):.0f} MB")


def commits(figures, seconds):
    for clients in CLIENTS:
        with temporary_directory() as directory:
            with s3_lake.lake_on_s3(directory, f"s3://{s3_lake.create_bucket()}/lake") as server:
                measure_uploads(figures, server, directory, clients, seconds, " on S3")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--skip-large", action="store_true")
    parser.add_argument("--seconds", type=int, default=5)
    options = parser.parse_args()
    os.chdir(ROOT)
    figures = Figures("s3")
    if not options.skip_large:
        large(figures)
        large_through_the_api(figures)
    commits(figures, options.seconds)
    if options.objects:
        many_objects(figures, options.objects, options.runs)


if __name__ == "__main__":
    main()
