"""What the benchmarks share: one line per figure for people while it runs, and one JSON line per figure in a file for the table at the end."""
import json
import os
import subprocess
import sys

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), ".."))
BIN = os.path.join(ROOT, "build", "release", "bin")
sys.path.insert(0, os.path.join(ROOT, "tests", "system"))


class Figures:
    """The figures of one benchmark. They go to the file LAKEHOUSE_BENCH_RESULTS names, or build/bench/NAME.jsonl."""

    def __init__(self, bench):
        self.bench = bench
        self.path = os.environ.get("LAKEHOUSE_BENCH_RESULTS") or os.path.join(ROOT, "build", "bench", bench + ".jsonl")
        os.makedirs(os.path.dirname(self.path), exist_ok=True)

    def add(self, what, ours, unit, peer=None, peer_name="", bound="", met=None, note=""):
        """`bound` is what PRODUCT.md or the issue asks for, in words; `met` says whether it holds, None where nothing is asked."""
        figure = {"bench": self.bench, "what": what, "ours": ours, "unit": unit, "peer": peer, "peer_name": peer_name,
                  "ratio": round(ours / peer, 3) if peer else None, "bound": bound, "met": met, "note": note}
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(figure) + "\n")
        print(line_of(figure), flush=True)


def number(value):
    """Three digits that matter."""
    if value is None:
        return ""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def line_of(figure):
    text = f"{figure['what']}: {number(figure['ours'])} {figure['unit']}"
    if figure["peer"]:
        text += f"; {figure['peer_name']}: {number(figure['peer'])}, ratio {figure['ratio']:.2f}"
    if figure["bound"]:
        text += f" (asked: {figure['bound']}{'' if figure['met'] is None else ', met' if figure['met'] else ', NOT MET'})"
    return text + (f" [{figure['note']}]" if figure["note"] else "")


def program(name, *arguments):
    """Runs one of our programs: its JSON lines."""
    done = subprocess.run([os.path.join(BIN, name), *map(str, arguments)], check=True, stdout=subprocess.PIPE, text=True)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def kilobytes(pid, name):
    """A figure of /proc/PID/smaps_rollup, 0 when the process has gone."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as rollup:
            return next(int(line.split()[1]) for line in rollup if line.startswith(name + ":"))
    except (OSError, StopIteration):
        return 0


def peak_mb(pid):
    """The most memory the process alone ever had."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) / 1024


def children_of(pid):
    done = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(word) for word in done.stdout.split()]


def memory_mb(pid):
    """Resident memory of the process alone, and the sum of the proportional memory of it and its workers."""
    everyone = [pid, *children_of(pid)]
    return kilobytes(pid, "Rss") / 1024, sum(kilobytes(one, "Pss") for one in everyone) / 1024


def wrk(url, script, connections, seconds):
    """Requests per second, latencies in ms at 50 and 99 %, and how many answers were not 2xx."""
    done = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", script, url], capture_output=True, text=True, check=True)
    words = {"50%": None, "99%": None, "Requests/sec:": None}
    failed = 0
    for line in done.stdout.splitlines():
        parts = line.split()
        if parts and parts[0] in words:
            words[parts[0]] = parts[1]
        if "Non-2xx" in line or "Socket errors" in line:
            failed += sum(int(part.strip(",")) for part in parts if part.strip(",").isdigit())
    return float(words["Requests/sec:"]), milliseconds(words["50%"]), milliseconds(words["99%"]), failed


def milliseconds(text):
    for unit, factor in (("us", 0.001), ("ms", 1), ("s", 1000)):
        if text.endswith(unit):
            return float(text[:-len(unit)]) * factor
    raise ValueError(text)
