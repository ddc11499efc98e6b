"""Datasets searchable by words and meaning, through the real server: declare, search, change, filter, restart."""
import json
import os
import time
import unittest

import topology
from lakehouse_process import run_command, temporary_directory

JSON = {"Content-Type": "application/json"}
TRADES = [("Forklift operator", "Moves pallets in the warehouse and loads trucks at the dock."),
          ("Registered nurse", "Cares for patients on the ward and gives medicine."),
          ("Pipe welder", "Joins steel pipe with arc welding in the shop.")]


def people(count):
    rows = []
    for n in range(count):
        title, text = TRADES[n % len(TRADES)]
        rows.append({"worker_id": n, "title": title, "resume": f"{text} Employed by company{n}.", "state": "IL" if n % 2 else "IN"})
    return rows


def ndjson(rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


class OverWorkers(unittest.TestCase):
    ENVIRONMENT = None

    def setUp(self):
        self.directory = temporary_directory(in_memory=True)
        self.addCleanup(self.directory.cleanup)
        self.server = topology.start(self.directory.name, environment=self.ENVIRONMENT)
        self.addCleanup(lambda: self.server.kill())
        answer = self.server.ingest("workers", ndjson(people(90)), "workers.ndjson")
        self.assertLess(answer.status, 300, answer.body)

    def declare(self, **fields):
        corpus = {"name": "resumes", "dataset": "workers", "id_column": "worker_id", "text_columns": ["title", "resume"], "filter_columns": ["state"], **fields}
        return self.server.request("POST", "/v1/corpora", json.dumps(corpus), JSON)

    def search(self, text, expect=200, **fields):
        body = json.dumps({"query_text": text, "corpora": ["resumes"], **fields})
        answer = self.server.request("POST", "/v1/matrix/search", body, JSON)
        self.assertEqual(answer.status, expect, answer.body)
        return answer.json()

    def await_version(self, version):
        """The background brings it; nobody asks for a refresh."""
        deadline = time.monotonic() + 120
        while True:
            info = self.server.get("/v1/corpora/resumes").json()
            if info.get("version") == version:
                return info
            self.assertLess(time.monotonic(), deadline, info)


class Corpora(OverWorkers):
    def test_from_declaration_to_answers_to_changes_to_a_restart(self):
        self.assertEqual(self.declare().status, 201)
        info = self.await_version(1)
        self.assertEqual((info["state"], info["documents"], info["embedded"], info["stale"]), ("ready", 90, 90, False))
        self.assertTrue(info["embedder_id"].startswith("lsa-v1@"))

        found = self.search("someone to load trucks", k=5)["results"]
        self.assertEqual(len(found), 5)
        for hit in found:
            self.assertEqual(int(hit["id"]) % 3, 0)
            passage = hit["passage"]
            row = people(90)[int(hit["id"])]
            self.assertEqual(row[passage["column"]].encode()[passage["begin"] : passage["end"]].decode(), passage["text"])
            self.assertAlmostEqual(hit["score"], hit["why"]["words_part"] + hit["why"]["meaning_part"])
        self.assertEqual(self.search("company41", k=1)["results"][0]["id"], "41")

        filtered = self.search("nurse", k=1000, metadata_filter={"state": "IL"})
        self.assertEqual({int(hit["id"]) % 2 for hit in filtered["results"]}, {1})
        self.assertEqual((len(filtered["results"]), filtered["searched"][0]["matching"]), (45, 45))
        self.search("nurse", 400, metadata_filter={"city": "Gary"})

        crane = [{"worker_id": 500, "title": "Crane driver", "resume": "Lifts containers at the harbour.", "state": "IL"}]
        self.assertLess(self.server.ingest("workers", ndjson(crane), "more.ndjson", mode="append").status, 300)
        info = self.await_version(2)
        self.assertEqual((info["embedded_by_last_build"], info["generation"], info["documents"]), (1, 1, 91))
        self.assertEqual(self.search("harbour crane", k=1)["results"][0]["id"], "500")

        fresh = self.server.request("POST", "/v1/vectors/refresh/Workers")
        self.assertEqual((fresh.status, [(one["name"], one["stale"]) for one in fresh.json()["corpora"]]), (200, [("resumes", False)]))
        self.assertEqual(self.server.get("/v1/vectors/stale").json(), {"corpora": []})
        self.assertEqual(self.server.request("POST", "/v1/vectors/refresh/nothing").error()["code"], "corpus_not_found")

        before = [hit["id"] for hit in self.search("steel pipe", k=40)["results"]]
        self.server.kill()
        self.server.start()
        self.await_version(2)
        self.assertEqual([hit["id"] for hit in self.search("steel pipe", k=40)["results"]], before)

        self.assertEqual(self.server.request("DELETE", "/v1/corpora/resumes").status, 204)
        self.assertEqual(self.search("nurse", 404)["error"]["code"], "corpus_not_found")
        self.assertEqual(self.server.get("/v1/vectors/index").json()["indexes"], [])

    def hybrid(self, expect=200, **fields):
        body = json.dumps({"question": "loads trucks", "index_name": "resumes", "top_k": 5, **fields})
        answer = self.server.request("POST", "/v1/vectors/hybrid", body, JSON)
        self.assertEqual(answer.status, expect, answer.body)
        return answer.json()

    def test_a_search_says_how_it_was_made_and_takes_other_orders(self):
        self.assertEqual(self.declare().status, 201)
        self.await_version(1)
        usual = self.search("arc welding", k=30)
        self.assertEqual((usual["searched"][0]["alpha"], usual["searched"][0]["feedback"]), (.6, .65))
        self.assertEqual(sum(hit["why"]["moved_query"] for hit in usual["results"]), 5)
        self.assertEqual(self.search("arc welding", alpha=1)["searched"][0]["feedback"], 0)
        reranked = self.search("arc welding", rerank="lexical-v1")["results"][0]["why"]
        self.assertEqual(reranked["rerank"]["nearness"], 1)
        diverse = self.search("pipe welder at the hospital dock", k=6, diversity=.7)["results"]
        self.assertEqual(len({hit["passage"]["title"] for hit in diverse}), 3)
        self.assertIn(diverse[5]["why"]["likeness"]["id"], [hit["id"] for hit in diverse])
        for field, value, code in (("feedback", 2, "bad_feedback"), ("diversity", -1, "bad_diversity"), ("rerank", "magic", "bad_rerank")):
            self.assertEqual(self.search("nurse", 400, **{field: value})["error"]["code"], code)

    def ask(self, expect=200, **fields):
        answer = self.server.request("POST", "/v1/matrix/search", json.dumps(fields), JSON)
        self.assertEqual(answer.status, expect, answer.body)
        return answer.json()

    def test_a_vector_is_searched_as_it_is_brought(self):
        self.assertEqual(self.declare().status, 201)
        info = self.await_version(1)
        welder = self.search("arc welding", k=1)["results"][0]
        item = self.server.get(f"/v1/vectors/index/{info['vector_index']}/items/{welder['passage']['chunk_id']}").json()
        given = {"query_vector": item["vector"], "corpora": ["resumes"], "k": 90}
        nearest = self.ask(model=info["embedder_id"], **given)
        self.assertEqual({int(hit["id"]) % 3 for hit in nearest["results"][:30]}, {2}, "the welders come first")
        self.assertAlmostEqual(nearest["results"][0]["distance"], 0, places=5)
        self.assertEqual((nearest["searched"][0]["alpha"], nearest["searched"][0]["feedback"], nearest["query_weights"]), (0, 0, {}))
        distances = [hit["distance"] for hit in nearest["results"]]
        self.assertEqual(distances, sorted(distances))
        both = self.ask(query_text="company41", **given)["results"]
        self.assertEqual(both[0]["id"], "41", "its words count beside the vector")
        self.assertEqual(len(self.ask(**{**given, "per_corpus_k": 7})["results"]), 7)
        for fields, status, code in (({"query_vector": [1, 2]}, 400, "wrong_dimension"), ({"query_vector": [0] * len(given["query_vector"])}, 400, "zero_norm"),
                                     ({"model": "nomic-embed-text"}, 400, "wrong_embedder"), ({"alpha": .5}, 400, "bad_alpha"), ({"per_corpus_k": 0}, 400, "bad_per_corpus_k"),
                                     ({"query_vector": None}, 400, "empty_query"), ({"query_vector": [1e39] * len(given["query_vector"])}, 400, "invalid_argument")):
            with self.subTest(fields):
                self.assertEqual(self.ask(status, **{**given, **fields})["error"]["code"], code)

    def test_a_field_counts_as_the_declaration_says(self):
        self.assertEqual(self.declare(field_weights={"title": 4}).status, 201)
        info = self.await_version(1)
        self.assertEqual(info["field_weights"], {"headings": 1, "resume": 1, "title": 4})
        why = self.search("welder in the shop", alpha=1, k=1)["results"][0]["why"]
        self.assertEqual({field: part["weight"] for field, part in why["fields"].items()}, {"title": 4, "resume": 1})
        self.assertAlmostEqual(sum(part["bm25"] for part in why["fields"].values()), why["bm25"])
        self.assertEqual(self.declare(field_weights={"title": 0}).status, 201)
        self.server.request("POST", "/v1/corpora/resumes/refresh")
        info = self.server.get("/v1/corpora/resumes").json()
        self.assertEqual((info["embedded_by_last_build"], info["generation"], info["field_weights"]["title"]), (0, 1, 0))
        self.assertEqual(self.search("welder", alpha=1, k=1)["results"][0]["why"]["bm25"], 0, "titles alone say it, and they are left out")

    def test_a_condition_in_sql_is_kept_by_every_source(self):
        self.assertEqual(self.declare().status, 201)
        self.await_version(1)
        found = self.hybrid(sql_filter="state = 'IL' AND worker_id < 12 -- the first ones")
        self.assertEqual((found["sql_matches"], found["searched"]["matching"], len(found["sources"])), (6, 6, 5))
        self.assertEqual({int(one["doc_id"]) % 2 for one in found["sources"]}, {1})
        self.assertTrue(all(one["sql_verified"] for one in found["sources"]))
        self.assertIn("loads trucks", found["sources"][0]["chunk_text"])
        everything = self.hybrid(index_name="corpus-resumes-1")
        self.assertFalse(everything["sources"][0]["sql_verified"])
        self.assertEqual(everything["index_name"], "resumes")
        self.assertEqual(self.hybrid(sql_filter="false")["sources"], [])

        other = "".join(json.dumps({"who": number, "grade": "A"}) + "\n" for number in (3, 9, 700))
        self.assertLess(self.server.ingest("grades", other, "grades.ndjson").status, 300)
        graded = self.hybrid(sql_filter="grade = 'A'", filter_dataset="grades", id_column="who", generate=True)
        self.assertEqual(({one["doc_id"] for one in graded["sources"]}, graded["sql_matches"]), ({"3", "9"}, 3))
        self.assertIn("loads trucks", graded["answer"]["answer"])
        self.assertLessEqual({one["id"] for one in graded["answer"]["citations"]}, {"3", "9"})

        self.hybrid(400, sql_filter="stat = 'IL'")
        self.hybrid(404, sql_filter="true", filter_dataset="nobody")
        self.assertEqual(self.hybrid(404, index_name="nothing")["error"]["code"], "corpus_not_found")
        self.assertEqual(self.hybrid(400, use_playbook_memory=True)["error"]["code"], "no_playbooks")

    def test_answers_and_searches_are_measured_by_questions_that_people_answered(self):
        self.assertEqual(self.declare().status, 201)
        self.await_version(1)
        questions = [{"question": f"Who was employed by company{n}?", "answer": f"company{n}", "ids": [str(n)]} for n in range(0, 60, 2)]
        questions += [{"question": "What does the mayor of Boston earn?"}]
        path = os.path.join(self.directory.name, "questions.ndjson")
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(question) + "\n" for question in questions)
        measured = json.loads(run_command("eval", "rag", path, "--corpus", "resumes", "--server", f"http://127.0.0.1:{self.server.port}").stdout)
        self.assertEqual((measured["questions"], measured["answerable"], measured["false_answers"]), (31, 30, 0))
        self.assertGreaterEqual(measured["answered"], .9)
        self.assertGreaterEqual(measured["citation_precision"], .9)
        tuned = json.loads(run_command("rag", "tune", path, "--corpus", "resumes", "--server", f"http://127.0.0.1:{self.server.port}").stdout)
        self.assertEqual((tuned["tuned_on"], tuned["held_out"]["questions"]), (15, 15))
        self.assertEqual(len(tuned["tried"]), 30)
        self.assertIn("alpha", tuned["advice"])
        refused = run_command("rag", "tune", path, "--server", f"http://127.0.0.1:{self.server.port}", check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("--corpus", refused.stderr)

    def test_what_an_index_keeps_is_listed_on_the_pages_only_when_asked_for(self):
        self.assertEqual(self.declare().status, 201)
        self.await_version(1)
        listed = lambda query: [row["name"] for row in self.server.get("/explore.json" + query).json()["datasets"]]  # noqa: E731
        self.assertEqual(listed(""), ["workers"])
        self.assertEqual(listed("?show=vectors"), ["vectors_corpus-resumes-1"])
        self.assertEqual(self.server.get("/explore/vectors_corpus-resumes-1").status, 200)
        services = {row["service"]: row["state"] for row in self.server.get("/system.json").json()["services"]}
        self.assertEqual(services["matrixd"], "1 corpus")

    def test_mistakes_are_named(self):
        for fields, status, code in (({"text_columns": ["resum"]}, 400, "no_such_column"), ({"dataset": "worker"}, 404, None), ({"name": "A b"}, 400, "invalid_name"),
                                     ({"embedder": "magic"}, 400, "unknown_embedder"), ({"text_columns": []}, 400, "no_text_columns"), ({"surprise": 1}, 400, None),
                                     ({"field_weights": {"titel": 2}}, 400, "bad_field_weights"), ({"field_weights": {"title": 101}}, 400, "bad_field_weights")):
            with self.subTest(fields):
                answer = self.declare(**fields)
                self.assertEqual(answer.status, status, answer.body)
                if code:
                    self.assertEqual(answer.error()["code"], code)
        self.assertEqual(self.declare().status, 201)
        self.assertEqual(self.declare().status, 201)
        self.assertEqual(self.declare(text_columns=["resume"]).error()["code"], "corpus_exists")


class SlowLoads(OverWorkers):
    """Every load after the first waits before it commits."""

    ENVIRONMENT = {"LAKEHOUSE_FAILPOINTS": "ingest.before_commit:2:delay_20000"}

    def ask(self, question, **fields):
        answer = self.server.request("POST", "/v1/rag", json.dumps({"question": question, **fields}), JSON)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()

    def test_a_question_about_a_dataset_that_is_being_loaded_says_so(self):
        self.assertEqual(self.declare().status, 201)
        self.await_version(1)
        quiet = self.ask("Who loads trucks at the dock?", corpora=["resumes"])
        self.assertEqual((quiet["warnings"], self.search("nurse")["warnings"]), ([], []))
        crane = [{"worker_id": 500, "title": "Crane driver", "resume": "Lifts containers at the harbour.", "state": "IL"}]
        job = self.server.ingest("workers", ndjson(crane), "more.ndjson", **{"mode": "append", "async": "1"}).json()["job"]["id"]

        def load():
            return self.server.get(f"/v1/ingest/jobs/{job}").json()["job"]

        def warned(ask):
            """Ingest has a moment to say what it loads; a hint that comes later is left out."""
            answer = {"warnings": []}
            while not answer["warnings"] and load()["state"] in ("queued", "running"):
                answer = ask()
            self.assertEqual([warning["code"] for warning in answer["warnings"]], ["being_loaded"])
            self.assertRegex(answer["warnings"][0]["message"], rf"workers is still being read: [0-9]+ %, job {job}; ")
            return answer

        while load()["bytes_done"] == 0:
            self.assertIn(load()["state"], ("queued", "running"))
        self.assertEqual(self.server.get("/v1/vectors/stale").json(), {"corpora": []}, "what is not committed makes nothing stale")
        warned(lambda: self.search("nurse"))
        warned(self.hybrid)
        warned(lambda: self.ask("Who loads trucks at the dock?", corpora=["resumes"]))
        self.assertIn("no_answer", warned(lambda: self.ask("Who lifts containers at the harbour?", corpora=["resumes"])))
        counted = warned(lambda: self.ask("How many workers are there?"))
        self.assertEqual((counted["answered_by"], counted["sql"]["rows"]), ("sql-v1", [[90]]))
        warned(self.streamed)
        page = "/ask?q=Who+lifts+containers+at+the+harbour%3F"
        warned(lambda: self.server.get(page.replace("/ask", "/ask.json")).json())
        shown = b""
        while b'data-warning="being_loaded"' not in shown and load()["state"] in ("queued", "running"):
            shown = self.server.get(page).body
        self.assertRegex(shown.decode(), rf'data-warning="being_loaded".*workers is still being read: [0-9]+ %, job {job}')

        self.await_version(2)
        known = self.ask("Who lifts containers at the harbour?", corpora=["resumes"])
        self.assertEqual(([one["id"] for one in known["citations"]], known["warnings"]), (["500"], []))

    def streamed(self):
        """Its first event."""
        body = json.dumps({"question": "Who loads trucks?", "corpora": ["resumes"], "stream": True})
        events = self.server.request("POST", "/v1/rag", body, JSON).body.decode()
        return json.loads(events.split("data: ", 1)[1].split("\n", 1)[0])

    def hybrid(self):
        return self.server.request("POST", "/v1/vectors/hybrid", json.dumps({"question": "loads trucks", "index_name": "resumes"}), JSON).json()


if __name__ == "__main__":
    unittest.main()
