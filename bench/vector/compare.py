"""Runs our index and its peers, one process each, on every set, and prints tables and what PRODUCT promises. The graphs build for minutes:
`--steps build` does that beforehand and `--steps measure` the rest, which wants a quiet machine."""
import argparse
import json
import os
import subprocess
import sys
import tempfile

import sets

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from measure import ROOT, Figures  # noqa: E402

OURS = os.path.join(ROOT, "build", "release", "bin", "vector_bench")
SHOWN = os.path.join(ROOT, "build", "bench", "vector")
PEERS_PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers.py")
PEERS = ["usearch", "usearch i8", "hnswlib", "faiss HNSW", "faiss IVF fast scan"]
REAL_ROWS = 50_000  # of the set that comes with shared/data
GRAPHS = ["usearch", "usearch i8", "hnswlib", "faiss HNSW"]


def shared_data():
    """$LH_DATA, or shared/data next to the repository or to a directory above it."""
    if "LH_DATA" in os.environ:
        return os.environ["LH_DATA"]
    here = ROOT
    while here != os.path.dirname(here) and not os.path.isdir(os.path.join(here, "shared", "data")):
        here = os.path.dirname(here)
    return os.path.join(here, "shared", "data")


def make(name, rows):
    if name == "real":
        if not os.path.isdir(os.path.join(shared_data(), "vectors")):
            print("set real left out: there is no folder shared/data; LH_DATA may name it")
            return None
        return sets.real(shared_data())
    if name == "million":
        return sets.clustered(name, rows, 1000, dimension=384)
    return sets.isotropic(rows, 500) if name == "isotropic" else sets.clustered(name, rows, 1000)


def folder_of(name, rows):
    """Where the set is, and the length of its rows; made when it is not there."""
    rows = {"real": REAL_ROWS, "million": 10 * rows}.get(name, rows)
    folder = os.path.join(SHOWN, f"{name}-{rows}")
    if not os.path.exists(f"{folder}/complete"):
        data = make(name, rows)
        if data is None:
            return None
        sets.write(SHOWN, os.path.basename(folder), *data)
    return folder, os.path.getsize(f"{folder}/base.f32") // 4 // rows, rows


def run(command):
    """What a program measured, with the most memory it ever had."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        with subprocess.Popen(command, stdout=out, stderr=errors) as process:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        errors.seek(0)
        if process.returncode != 0:
            print(f"{command[1:4]}: failed: {errors.read().strip().splitlines()[-1:]}", flush=True)
            return None
        lines = out.read().strip().splitlines()
        return {**(json.loads(lines[-1]) if lines else {}), "peak_mb": usage.ru_maxrss / 1024}


def row_of(r):
    return (f"{r['system']:22} {r['build_cpu_s']:8.2f} {r['memory_mb']:8.0f} {str(r['effort']):>9} {r['recall']:7.4f} {r['p50_us']:8.0f} "
            f"{r['p99_us']:8.0f} {r['qps_2threads']:8.0f} {r['load_ms']:8.1f}")


def build(name, folder, dimension, peer_names):
    for peer in peer_names:
        run([sys.executable, PEERS_PROGRAM, "build", peer, folder, str(dimension)])


def promised(figures, name, ours, peers):
    """Against the best of those that reached the recall; see PRODUCT.md."""
    figures.add(f"{name}: recall@10 at the defaults", ours["recall"], "", bound=">= .99", met=ours["recall"] >= .99, note=f"calibrated {ours['calibrated']:.4f}")
    figures.add(f"{name}: memory beside the rows", ours["memory_ratio"], "of raw float32", bound="<= .45", met=ours["memory_ratio"] <= .45)
    good = [peer for peer in peers if peer["recall"] >= .99]

    def ratio(what, key, some, at_least, unit, more_is_better=False):
        if not some:
            return
        best = (max if more_is_better else min)(some, key=lambda peer: peer[key])
        times = ours[key] / best[key] if more_is_better else best[key] / ours[key]
        figures.add(f"{name}: {what}", ours[key], unit, best[key], best["system"], f">= {at_least:g}x better", times >= at_least, f"{times:.1f}x better")

    ratio("build CPU beside the graphs", "build_cpu_s", [peer for peer in good if peer["system"] in GRAPHS], 6, "s")
    ratio("build CPU beside fast scan", "build_cpu_s", [peer for peer in peers if peer["system"] == "faiss IVF fast scan"], 2.5, "s")
    ratio("search p50", "p50_us", good, 2, "us")
    ratio("searches per second on 2 threads", "qps_2threads", good, 1.5, "/s", more_is_better=True)
    for title, measured in ours.get("filters", {}).items():
        limit = 2500 if title.startswith("50%") else 1000
        if name in ("c768", "h768"):  # what is promised is about 100K x 768
            figures.add(f"{name}: filter {title}, p50", measured["p50_us"], "us", bound=f"<= {limit} at recall >= .99",
                        met=measured["p50_us"] <= limit and measured["recall"] >= .99, note=f"recall {measured['recall']:.4f}")


def show(ours, peers):
    print(f"  ours: {ours['lists']} lists, longest / median {ours['skew']:.1f}, calibrated recall {ours['calibrated']:.4f}, memory {ours['memory_ratio']:.2f} "
          f"of the rows; exact: recall {ours['exact_recall']:.4f}, p50 {ours['exact_p50_us']:.0f} us")
    if "insert_cpu_us" in ours:
        print(f"  after 30 % shifted inserts ({ours['insert_cpu_us']:.1f} us CPU each): recall {ours['recall_after_30_percent_shifted_inserts']:.4f}, p50 "
              f"{ours['p50_us_after_inserts']:.0f} us; then 30 % deleted: recall {ours['recall_with_30_percent_deleted']:.4f}, p50 {ours['p50_us_with_deleted']:.0f} us")
    for title, measured in ours.get("filters", {}).items():
        line = f"  filter {title:14} ours {measured['recall']:.4f} {measured['p50_us']:6.0f} us p99 {measured['p99_us']:6.0f} ({measured['path']})"
        for peer in peers:
            if "filters" in peer:
                line += f"   {peer['system']} {peer['filters'][title]['recall']:.4f} {peer['filters'][title]['p50_us']:6.0f} us"
        print(line)


def measure(figures, name, folder, dimension, rows, peer_names):
    print(f"\n{name}: {rows} x {dimension}\n{'':22} {'build':>8} {'memory':>8} {'effort':>9} {'recall':>7} "
          f"{'p50':>8} {'p99':>8} {'searches':>8} {'load':>8}\n{'':22} {'CPU s':>8} {'MB':>8} {'':>9} {'@10':>7} {'us':>8} {'us':>8} {'/s':>8} {'ms':>8}")
    # A million rows: what is asked is that they fit into the memory, so nothing is built there twice.
    more = [] if name == "million" else ["filters", "updates"]
    ours = run([OURS, folder, str(dimension), *more])
    if ours is None:
        sys.exit(1)
    print(row_of(ours), flush=True)
    if more:
        avx2 = run([OURS, folder, str(dimension), "avx2"])
        if avx2:
            print(row_of(avx2), flush=True)
    peers = []
    for peer in peer_names:
        measured = run([sys.executable, PEERS_PROGRAM, "measure", peer, folder, str(dimension)])
        if measured:
            peers.append(measured)
            print(row_of(measured), flush=True)
    show(ours, peers)
    promised(figures, name, ours, peers)
    if name == "million":
        figures.add("million: most memory while building and searching", ours["peak_mb"], "MB", bound="<= 4096", met=ours["peak_mb"] <= 4096)
    for key, what in (("recall_after_30_percent_shifted_inserts", "after 30 % inserts from elsewhere"), ("recall_with_30_percent_deleted", "with 30 % deleted")):
        if key in ours:
            figures.add(f"{name}: recall@10 {what}", ours[key], "", bound=">= .99", met=ours[key] >= .99)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", default="c768,h768,real,isotropic,million")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--peers", default=",".join(PEERS), help="some of the default, or nothing for ours only")
    parser.add_argument("--steps", default="build,measure", help="build: the peers' indexes, kept in build/bench/vector; measure: everything, with those")
    arguments = parser.parse_args()
    print("Peers are called from Python: some 2 to 10 us of each of their searches are the call. Their effort is raised until recall@10 >= .99;\n"
          "ours is what the build calibrated on rows of its own, without knowing the queries. Times: best of 3 for every query.")
    figures = Figures("vector")
    for name in arguments.sets.split(","):
        found = folder_of(name, arguments.rows)
        if found is None:
            continue
        folder, dimension, rows = found
        # Isotropic rows would keep graphs busy for hours, and a million of them as long.
        peer_names = [] if name in ("isotropic", "million") else [peer for peer in arguments.peers.split(",") if peer]
        if "build" in arguments.steps:
            build(name, folder, dimension, peer_names)
        if "measure" in arguments.steps:
            measure(figures, name, folder, dimension, rows, peer_names)


if __name__ == "__main__":
    main()
