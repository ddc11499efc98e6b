"""Our rankings beside BM25 on the judged collections of shared/data/ir, in one run: documents go in as an upload, a corpus is declared, its
queries are asked over HTTP, and `lakehouse eval retrieval` measures both. With --minilm the same corpus is then given the embedder of the
sidecar, which is started for it, and measured again. Options: --sets cranfield,cisi --count 1000 --minilm --state DIRECTORY"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "bench"))
from measure import Figures  # noqa: E402  (it knows where the tests' modules are)
from lakehouse_process import Lakehouse, run_command  # noqa: E402
from baseline import Bm25  # noqa: E402

# What the hybrid must have beyond BM25, on each collection.
ASKED = {"cranfield": 0.02, "cisi": 0.03}
# What the hybrid with MiniLM must reach.
ASKED_MINILM = {"cranfield": 0.42, "cisi": 0.45}
MEANING = {"alpha": 0, "feedback": 0}
OURS = {"words": {"alpha": 1}, "meaning": MEANING, "no feedback": {"feedback": 0}, "reranked": {"rerank": "lexical-v1"}, "hybrid": {}, "hybrid rrf": {"fusion": "rrf"}}
JSON = {"Content-Type": "application/json"}
PATIENCE = 2 * 60 * 60  # seconds, for MiniLM on a busy machine


def shared_data():
    """$LH_DATA, or shared/data next to the repository or to a directory above it."""
    if "LH_DATA" in os.environ:
        return os.environ["LH_DATA"]
    here = ROOT
    while here != os.path.dirname(here) and not os.path.isdir(os.path.join(here, "shared", "data")):
        here = os.path.dirname(here)
    return os.path.join(here, "shared", "data")


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def write_run(path, rankings):
    """In TREC's form. Scores fall by rank, so that a reader cannot order equal ones otherwise."""
    with open(path, "w", encoding="utf-8") as file:
        for query, ids in rankings.items():
            for rank, name in enumerate(ids, 1):
                file.write(f"{query} Q0 {name} {rank} {1 / rank:.9f} run\n")
    return path


def build_corpus(server, name, documents):
    rows = "".join(json.dumps({"doc": str(d["_id"]), "title": d.get("title") or "", "body": d.get("text") or ""}) + "\n" for d in documents)
    answer = server.ingest(name, rows, "corpus.ndjson")
    assert answer.status < 300, answer.body
    began = time.monotonic()
    corpus = {"name": name, "dataset": name, "id_column": "doc", "text_columns": ["title", "body"]}
    answer = server.request("POST", "/v1/corpora", json.dumps(corpus), JSON)
    assert answer.status == 201, answer.body
    return await_vectors(server, name, ""), time.monotonic() - began


def await_vectors(server, name, embedder):
    """They are made behind, which takes longer than a request may."""
    deadline = time.monotonic() + PATIENCE
    while True:
        info = server.get(f"/v1/corpora/{name}").json()
        if info["state"] == "ready" and info.get("embedder_id", "").startswith(embedder):
            return info
        assert time.monotonic() < deadline, info
        time.sleep(.2)


def change_embedder(server, name, embedder):
    """The cache keeps what came when a part fails, so that another try goes on from there."""
    declared = {"name": name, "dataset": name, "id_column": "doc", "text_columns": ["title", "body"], "embedder": embedder}
    began = time.monotonic()
    answer = server.request("POST", "/v1/corpora", json.dumps(declared), JSON)
    assert answer.status == 201, answer.body
    return await_vectors(server, name, embedder), time.monotonic() - began


def start_sidecar():
    process = subprocess.Popen([os.path.join(ROOT, "sidecar", "run"), "--port", "0"], stdout=subprocess.PIPE, text=True)
    url = process.stdout.readline().strip()
    assert url.startswith("http://"), "the sidecar did not start"
    return process, url


def ask(server, name, queries, count, fields):
    rankings, times = {}, []
    for query in queries:
        body = json.dumps({"query_text": query["text"], "corpora": [name], "k": count, **fields})
        began = time.monotonic()
        answer = server.request("POST", "/v1/matrix/search", body, JSON)
        times.append(time.monotonic() - began)
        assert answer.status == 200, answer.body
        rankings[str(query["_id"])] = [hit["id"] for hit in answer.json()["results"]]
    return rankings, sorted(times)[len(times) // 2] * 1000


def measure(run, qrels, baseline=None):
    compared = ["--baseline", baseline] if baseline else []
    return json.loads(run_command("eval", "retrieval", run, "--qrels", qrels, *compared).stdout)


def bench(name, directory, server, scratch, figures, count, with_minilm):
    documents, queries = lines(os.path.join(directory, "corpus.jsonl")), lines(os.path.join(directory, "queries.jsonl"))
    qrels = os.path.join(directory, "qrels.tsv")
    bm25 = Bm25([(str(d["_id"]), (d.get("title") or "") + " " + (d.get("text") or "")) for d in documents])
    base = write_run(os.path.join(scratch, "bm25"), {str(q["_id"]): [one for one, _ in bm25.rank(q["text"])] for q in queries})
    peer = measure(base, qrels)
    info, seconds = build_corpus(server, name, documents)
    print(f"{name}: {info['documents']} documents, {info['chunks']} passages, {info['embedder_id']}, built in {seconds:.1f} s")
    print(f"{'':14}nDCG@10   MAP     R@100   MRR     beyond BM25 (95 %)          ms/query")
    show = "{:14}{:.4f}    {:.4f}  {:.4f}  {:.4f}  {:27} {}".format
    print(show("BM25", peer["ndcg10"], peer["map"], peer["recall100"], peer["mrr"], "", ""))
    measured = [(label, fields) for label, fields in OURS.items()]
    if with_minilm:
        measured += [("MiniLM alone", MEANING), ("no feedback", {"feedback": 0}), ("hybrid MiniLM", {})]
    for label, fields in measured:
        if label == "MiniLM alone":
            info, seconds = change_embedder(server, name, "sidecar")
            print(f"{'':14}{info['embedder_id']}, built in {seconds:.1f} s")
        rankings, ms = ask(server, name, queries, count, fields)
        got = measure(write_run(os.path.join(scratch, label.replace(" ", "-")), rankings), qrels, base)
        over = got["ndcg10_over_baseline"]
        print(show(label, got["ndcg10"], got["map"], got["recall100"], got["mrr"], f"{over['mean']:+.4f} ({over['low']:+.4f} to {over['high']:+.4f})", f"{ms:.1f}"))
        if label == "hybrid MiniLM":
            figures.add(f"{name}: nDCG@10, {label}", got["ndcg10"], "", peer["ndcg10"], "BM25", f"at least {ASKED_MINILM[name]}", got["ndcg10"] >= ASKED_MINILM[name],
                        f"{over['mean']:+.4f}, 95 %: {over['low']:+.4f} to {over['high']:+.4f}")
            continue
        asked = label == "hybrid"
        figures.add(f"{name}: nDCG@10, {label}", got["ndcg10"], "", peer["ndcg10"], "BM25", f"BM25 + {ASKED[name]}, surely" if asked else "",
                    over["mean"] >= ASKED[name] and over["low"] > 0 if asked else None, f"{over['mean']:+.4f}, 95 %: {over['low']:+.4f} to {over['high']:+.4f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", default="cranfield,cisi")
    parser.add_argument("--count", type=int, default=1000, help="documents of each ranking; MAP counts no others")
    parser.add_argument("--minilm", action="store_true", help="also with all-MiniLM-L6-v2 through the sidecar; takes half an hour")
    parser.add_argument("--state", help="a directory that keeps what was embedded, so that a run which was cut short goes on from there")
    options = parser.parse_args()
    figures = Figures("ir")
    data = os.path.join(shared_data(), "ir")
    if not os.path.isdir(data):
        print("ir left out: there is no folder shared/data/ir; LH_DATA may name the folder of shared data")
        return
    sidecar, environment = None, {}
    if options.minilm:
        sidecar, url = start_sidecar()
        environment = {"LAKEHOUSE_EMBED_SIDECAR_URL": url, "LAKEHOUSE_EMBED_TIMEOUT": "10m", "LAKEHOUSE_EMBED_BATCH": "16"}
    try:
        with tempfile.TemporaryDirectory(prefix="lakehouse-bench-") as scratch, Lakehouse(scratch, environment=environment, state=options.state) as server:
            for name in options.sets.split(","):
                bench(name, os.path.join(data, name, "beir"), server, scratch, figures, options.count, options.minilm)
    finally:
        if sidecar is not None:
            sidecar.terminate()
            sidecar.wait()


if __name__ == "__main__":
    main()
