"""Runs our index and its peers, one process each, on every set, and prints tables and the ratios that PRODUCT promises."""
import argparse
import json
import os
import subprocess
import sys

import sets

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
OURS = os.path.join(ROOT, "build", "release", "bin", "vector_bench")
PEERS = ["usearch", "usearch i8", "hnswlib", "faiss HNSW", "faiss IVF fast scan"]
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
    return sets.isotropic(rows, 500) if name == "isotropic" else sets.clustered(name, rows, 1000)


def run(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(f"{command[1]}: failed: {done.stderr.strip().splitlines()[-1:]}", flush=True)
        return None
    return json.loads(done.stdout.strip().splitlines()[-1])


def row_of(r):
    return (f"{r['system']:22} {r['build_cpu_s']:8.2f} {r['memory_mb']:8.0f} {str(r['effort']):>9} {r['recall']:7.4f} {r['p50_us']:8.0f} "
            f"{r['p99_us']:8.0f} {r['qps_2threads']:8.0f} {r['load_ms']:8.1f}")


def ratios(ours, peers):
    """Against the best of those that reached the recall."""
    good = [peer for peer in peers if peer["recall"] >= .99]
    graphs = [peer["build_cpu_s"] for peer in good if peer["system"] in GRAPHS]
    scans = [peer["build_cpu_s"] for peer in peers if peer["system"] == "faiss IVF fast scan"]
    if graphs:
        print(f"  build CPU, best graph / ours: {min(graphs) / ours['build_cpu_s']:.1f} (promised 6)")
    if scans:
        print(f"  build CPU, faiss fast scan / ours: {min(scans) / ours['build_cpu_s']:.1f} (promised 2.5)")
    if good:
        print(f"  p50, best peer / ours: {min(peer['p50_us'] for peer in good) / ours['p50_us']:.1f} (promised 2)")
        print(f"  searches per second, ours / best peer: {ours['qps_2threads'] / max(peer['qps_2threads'] for peer in good):.1f} (promised 1.5)")


def compare(name, rows, peer_names):
    data = make(name, rows)
    if data is None:
        return
    base, queries = data
    folder = sets.write(os.path.join(ROOT, "build", "bench", "vector"), f"{name}-{len(base)}", base, queries)
    dimension = str(base.shape[1])
    print(f"\n{name}: {len(base)} x {dimension}, {len(queries)} queries\n{'':22} {'build':>8} {'memory':>8} {'effort':>9} {'recall':>7} "
          f"{'p50':>8} {'p99':>8} {'searches':>8} {'load':>8}\n{'':22} {'CPU s':>8} {'MB':>8} {'':>9} {'@10':>7} {'us':>8} {'us':>8} {'/s':>8} {'ms':>8}")
    ours = run([OURS, folder, dimension, "filters", "updates"])
    if ours is None:
        sys.exit(1)
    print(row_of(ours), flush=True)
    avx2 = run([OURS, folder, dimension, "avx2"])
    if avx2:
        print(row_of(avx2), flush=True)
    peers = []
    # A peer per process, so that each one's memory is its own. Isotropic rows would keep graphs busy for hours.
    for peer in [] if name == "isotropic" else peer_names:
        measured = run([sys.executable, os.path.join(os.path.dirname(__file__), "peers.py"), peer, folder, dimension])
        if measured:
            peers.append(measured)
            print(row_of(measured), flush=True)
    print(f"  ours: {ours['lists']} lists, longest / median {ours['skew']:.1f}, calibrated recall {ours['calibrated']:.4f}, memory {ours['memory_ratio']:.2f} "
          f"of the rows; exact: recall {ours['exact_recall']:.4f}, p50 {ours['exact_p50_us']:.0f} us")
    ratios(ours, peers)
    print(f"  after 30 % shifted inserts ({ours['insert_cpu_us']:.1f} us CPU each): recall {ours['recall_after_30_percent_shifted_inserts']:.4f}, p50 "
          f"{ours['p50_us_after_inserts']:.0f} us; then 30 % deleted: recall {ours['recall_with_30_percent_deleted']:.4f}, p50 {ours['p50_us_with_deleted']:.0f} us")
    for title, measured in ours["filters"].items():
        line = f"  filter {title:14} ours {measured['recall']:.4f} {measured['p50_us']:6.0f} us p99 {measured['p99_us']:6.0f} ({measured['path']})"
        for peer in peers:
            if "filters" in peer:
                line += f"   {peer['system']} {peer['filters'][title]['recall']:.4f} {peer['filters'][title]['p50_us']:6.0f} us"
        print(line)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", default="c768,h768,real,isotropic")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--peers", default=",".join(PEERS), help="some of the default, or nothing for ours only")
    arguments = parser.parse_args()
    print("Peers are called from Python: some 2 to 10 us of each of their searches are the call. Their effort is raised until recall@10 >= .99;\n"
          "ours is what the build calibrated on rows of its own, without knowing the queries. Times: best of 3 for every query.")
    for name in arguments.sets.split(","):
        compare(name, arguments.rows, [peer for peer in arguments.peers.split(",") if peer])


if __name__ == "__main__":
    main()
