"""The staffing gate: 15,000 résumés and 500 decoys asked for a forklift operator with OSHA-10 in IL, and 240 questions about sites, 40 of which
nothing answers; then 200 searches of 2,000 profiles by words, by meaning and by both, in six collections: one was looked at when search was
made, five were not. The truth is the generator's."""
import json
import os
import statistics
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import measure
import people
import searches
from lakehouse_process import Lakehouse, run_command, temporary_directory

JSON = {"Content-Type": "application/json"}
GATE = "find me a forklift operator with OSHA-10 in IL"


def post(server, path, body):
    answer = server.request("POST", path, json.dumps(body), JSON)
    if answer.status >= 300:
        raise RuntimeError(f"{path}: {answer.status} {answer.body}")
    return answer.json()


def ask(server, question, corpus, **more):
    return post(server, "/v1/rag", {"question": question, "corpora": [corpus], **more})


def make(server, name, rows, key, filters):
    """From the upload to a corpus that answers: seconds."""
    begun = time.monotonic()
    answer = server.ingest(name, "".join(json.dumps(row) + "\n" for row in rows), f"{name}.ndjson")
    if answer.status >= 300:
        raise RuntimeError(answer.body)
    post(server, "/v1/corpora", {"name": name, "dataset": name, "id_column": key, "text_columns": ["title", "text"], "filter_columns": filters})
    while (corpus := server.get(f"/v1/corpora/{name}").json())["state"] != "ready":
        if corpus.get("problem"):
            raise RuntimeError(corpus["problem"])
        time.sleep(.1)
    return begun


def gate(server, figures, count):
    rows = people.resumes(count)
    begun = make(server, "resumes", [{k: row[k] for k in ("resume_id", "title", "text", "role", "city", "state")} for row in rows], "resume_id", ["role", "city", "state"])
    answer = ask(server, GATE, "resumes", passages=10, sentences=10)
    whole = time.monotonic() - begun
    truth = {row["resume_id"] for row in rows if row["role"] == "Forklift operator" and row["state"] == "IL" and row["card"] == "10"}
    first = [one["id"] for one in answer["considered"][:10]]
    cited = [one["id"] for one in answer["citations"]]
    precision = sum(one in truth for one in first) / 10
    figures.add("forklift operator with OSHA-10 in IL: precision at 10", precision, "", bound="1", met=precision == 1, note=f"{len(truth)} of {len(rows)} fit")
    grounded = all(sentence["cites"] for sentence in answer["sentences"]) and len(cited) >= 10 and all(one in truth for one in cited)
    figures.add("claims that are cited and true", sum(one in truth for one in cited), f"of {len(cited)}", bound="all", met=grounded)
    figures.add("upload to answer", whole, "s", bound="<= 60", met=whole <= 60)
    times = []
    for _ in range(25):
        begun = time.monotonic()
        ask(server, GATE, "resumes", passages=10, sentences=10)
        times.append((time.monotonic() - begun) * 1000)
    middle = statistics.median(times)
    figures.add("answer p50", middle, "ms", bound="<= 150", met=middle <= 150)


def collection(server, figures):
    rows, questions = people.handbook()
    make(server, "rules", rows, "rule_id", [])
    answered = right = false = 0
    for question, sentence in questions:
        answer = ask(server, question, "rules")
        if sentence is None:
            if answer.get("no_answer") is None:
                false += 1
                print(f"  false answer: {question} → {answer['answer']}")
        elif answer.get("no_answer") is None:
            answered += 1
            is_right = sentence in answer["answer"]
            right += is_right
            if not is_right:
                print(f"  missed: {question} → {answer['answer']}")
        else:
            print(f"  unanswered: {question} {answer['no_answer']}")
    total = sum(sentence is not None for _, sentence in questions)
    nowhere = len(questions) - total
    figures.add("false answers to questions without one", 100 * false / nowhere, "%", bound="<= 5", met=false <= .05 * nowhere, note=f"{nowhere} questions")
    figures.add("questions answered", 100 * answered / total, "%", bound=">= 90", met=answered >= .9 * total, note=f"{total} questions, a quarter mistyped")
    figures.add("answers that hold the true sentence", 100 * right / total, "%")


LOOKED_AT, UNSEEN = 20261124, (31, 32, 33, 34, 35)  # seeds of collections


class Rankings:
    """Of several collections at once: each query keeps its collection's name before its own."""

    def __init__(self, server, seeds, scratch):
        self.server, self.scratch = server, scratch
        self.collections = {f"profiles-{seed}": searches.searches(seed=seed) for seed in seeds}
        for corpus, (rows, _, _) in self.collections.items():
            make(server, corpus, [{key: row[key] for key in ("worker_id", "title", "text", "state")} for row in rows], "worker_id", ["state"])

    def kinds(self):
        return list(dict.fromkeys(kind for _, queries, _ in self.collections.values() for kind, _ in queries.values()))

    def ranked(self, label, **fields):
        """Asks all of them; the ids go to a file in TREC's form."""
        path, times = os.path.join(self.scratch, label), []
        with open(path, "w", encoding="utf-8") as file:
            for corpus, (_, queries, _) in self.collections.items():
                for name, (_, text) in queries.items():
                    begun = time.monotonic()
                    found = post(self.server, "/v1/matrix/search", {"query_text": text, "corpora": [corpus], "k": 100, **fields})["results"]
                    times.append((time.monotonic() - begun) * 1000)
                    for rank, hit in enumerate(found, 1):
                        file.write(f"{corpus}/{name} Q0 {hit['id']} {rank} {1 / rank:.9f} run\n")
        return path, statistics.median(times)

    def judged(self, kind, only):
        path = os.path.join(self.scratch, "judgements")
        with open(path, "w", encoding="utf-8") as file:
            for corpus, (_, queries, judgements) in self.collections.items():
                for name, truth in judgements.items():
                    if corpus in only and kind in ("", queries[name][0]):
                        file.writelines(f"{corpus}/{name} 0 {row} {grade}\n" for row, grade in truth.items())
        return path

    def evaluated(self, run, kind="", baseline=None, only=None):
        compared = ["--baseline", baseline] if baseline else []
        return json.loads(run_command("eval", "retrieval", run, "--qrels", self.judged(kind, only or self.collections), *compared).stdout)


def rankings(server, figures):
    with tempfile.TemporaryDirectory(prefix="lakehouse-bench-") as scratch:
        all_of_them = Rankings(server, (LOOKED_AT, *UNSEEN), scratch)
        measured = {label: all_of_them.ranked(label, **fields) for label, fields in
                    (("hybrid", {}), ("words", {"alpha": 1}), ("meaning", {"alpha": 0, "feedback": 0}), ("hybrid-without-feedback", {"feedback": 0}))}
        runs = {label: run for label, (run, _) in measured.items()}
        unseen = [f"profiles-{seed}" for seed in UNSEEN]
        for where, only in (("six collections", list(all_of_them.collections)), ("the five that were not looked at", unseen)):
            both = all_of_them.evaluated(runs["hybrid"], only=only)["ndcg10"]
            for part in ("words", "meaning", "hybrid-without-feedback"):
                over = all_of_them.evaluated(runs["hybrid"], baseline=runs[part], only=only)["ndcg10_over_baseline"]
                asked = part in ("words", "meaning")
                figures.add(f"rankings, {where}: nDCG@10 of both, beside {part} alone" if asked else f"rankings, {where}: nDCG@10, beside no feedback", both, "",
                            all_of_them.evaluated(runs[part], only=only)["ndcg10"], part, f"{part} + .02, surely" if asked else "",
                            over["mean"] >= .02 and over["low"] > 0 if asked else None, f"{over['mean']:+.4f}, 95 %: {over['low']:+.4f} to {over['high']:+.4f}")
        for kind in all_of_them.kinds():
            by_part = {label: all_of_them.evaluated(run, kind) for label, run in runs.items()}
            note = ", ".join(f"{label} {found['ndcg10']:.3f}" for label, found in by_part.items())
            if kind == "mistyped":
                recall = by_part["hybrid"]["recall10"]
                figures.add("rankings: recall@10, mistyped", recall, "", bound=">= .9", met=recall >= .9, note=f"nDCG@10: {note}")
            else:
                figures.add(f"rankings: nDCG@10, {kind}", by_part["hybrid"]["ndcg10"], "", note=note)
        figures.add("rankings: p50 of a search with k 100", measured["hybrid"][1], "ms", note=f"without feedback {measured['hybrid-without-feedback'][1]:.1f} ms")


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 15_000
    figures = measure.Figures("staffing")
    with temporary_directory() as directory, Lakehouse(directory) as server:
        collection(server, figures)
        rankings(server, figures)
        gate(server, figures, count)


main()
