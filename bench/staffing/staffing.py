"""The staffing gate: 15,000 résumés and 500 decoys asked for a forklift operator with OSHA-10 in IL, and 240 questions about sites, 40 of which
nothing answers. The truth is the generator's."""
import json
import os
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import measure
import people
from lakehouse_process import Lakehouse, temporary_directory

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


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 15_000
    figures = measure.Figures("staffing")
    with temporary_directory() as directory, Lakehouse(directory) as server:
        collection(server, figures)
        gate(server, figures, count)


main()
