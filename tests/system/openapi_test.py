"""The OpenAPI document: it tells every route, its examples succeed, and the answers are as it says."""
import json
import unittest

from lakehouse_process import Lakehouse, multipart, temporary_directory
from openapi_document import Document

# Ids that only a running server can give; those of operations that cannot be asked for by an example have the status they answer then.
NOTHING_IN_FLIGHT = {("DELETE", "/debug/requests/{request_id}"): 404, ("DELETE", "/v1/debug/requests/{request_id}"): 404,
                     ("POST", "/v1/ingest/rescue/{id}/retry"): 404, ("DELETE", "/v1/ingest/rescue/{id}"): 404,
                     ("POST", "/v1/ingest/db"): 403,
                     ("POST", "/v1/keys/{id}/rotate"): 404, ("DELETE", "/v1/keys/{id}"): 404, ("GET", "/v1/query/page/{id}/{page}"): 404,
                     ("POST", "/v1/vectors/hnsw/promote/{name}/{trial_id}"): 404, ("POST", "/v1/vectors/hnsw/rollback/{name}"): 409}
ORDER = ["PUT", "POST", "GET", "DELETE"]


class OpenApi(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = temporary_directory(in_memory=True)
        cls.addClassCleanup(cls.directory.cleanup)
        cls.server = Lakehouse(cls.directory.name).start()
        cls.addClassCleanup(cls.server.kill)
        rows = "".join(f"{n},{('Gary', 'Joliet')[n % 2]},worker {n}\n" for n in range(60))
        cls.job_id = cls.server.ingest("workers", "worker_id,city,note\n" + rows).json()["job_id"]
        cls.server.ingest("workers", "worker_id,city,note\n60,Hammond,new\n", mode="append")
        for index in ("notes", "all_notes"):
            items = [{"id": f"n{n}", "vector": [n, 1], "metadata": {"site": ("Gary", "Joliet")[n % 2]}} for n in range(60)]
            cls.server.request("POST", "/v1/vectors/index", json.dumps({"name": index, "dimension": 2, "metric": "cosine"}))
            cls.server.request("POST", f"/v1/vectors/index/{index}/add", json.dumps({"items": items}))
        corpus = {"name": "notes", "dataset": "workers", "id_column": "worker_id", "text_columns": ["note"], "filter_columns": ["city"]}
        cls.server.request("POST", "/v1/corpora", json.dumps(corpus))
        cls.server.request("POST", "/v1/corpora/notes/refresh")
        cls.document = Document(cls.server.get("/v1/openapi.json").json())

    def test_every_mounted_route_is_documented_or_says_why_not(self):
        routes = self.server.get("/debug/routes").json()
        mounted = {(route["method"], route["pattern"].replace("...}", "}")) for route in routes if "undocumented_because" not in route}
        self.assertEqual(mounted, set(self.document.operations))
        self.assertGreater(len(mounted), 40)
        hidden = [route["pattern"] for route in routes if "undocumented_because" in route]
        self.assertEqual([pattern for pattern in hidden if pattern.startswith("/v1/")], [], "what is under /v1 is for programs")

    def test_every_operation_tells_what_it_takes_and_answers(self):
        for (method, path), operation in self.document.operations.items():
            with self.subTest(f"{method} {path}"):
                self.assertTrue(operation.get("summary"), "Route::summary is empty")
                self.assertTrue(operation.get("tags"), "Route::tag is empty")
                good = {status: response for status, response in operation["responses"].items() if status.startswith("2")}
                self.assertTrue(good)
                self.assertNotIn("2XX", good, "Route::answers is empty")
                for response in good.values():
                    json_answer = response.get("content", {}).get("application/json")
                    if json_answer is not None:
                        self.assertTrue(json_answer["schema"], "an answer in JSON has no schema: give it SchemaOf<T>()")
                    if json_answer is not None and "example" in json_answer:
                        self.assertEqual(self.document.faults(json_answer["example"], json_answer["schema"], "response_example"), [])
                for parameter in operation["parameters"]:
                    self.assertTrue(parameter.get("description"), parameter)
                    if "example" in parameter:
                        self.assertEqual(self.document.faults(parameter["example"], parameter["schema"], parameter["name"]), [])
                body = operation.get("requestBody", {}).get("content", {}).get("application/json")
                if body is not None:
                    self.assertTrue(body["schema"], "Route::request_schema is empty")
                    self.assertEqual(self.document.faults(body["example"], body["schema"], "request_example"), [])

    def call(self, method, path, operation):
        """The request that the document's own examples make."""
        query = []
        target = path
        for parameter in operation["parameters"]:
            if parameter["in"] == "path":
                known = {"id": self.job_id, "request_id": "none-such"}.get(parameter["name"], parameter.get("example"))
                self.assertIsNotNone(known, f"{method} {path}: give the parameter {parameter['name']} an example that works")
                target = target.replace("{" + parameter["name"] + "}", known)
            elif parameter["in"] == "query" and parameter["required"]:
                query.append(f"{parameter['name']}={parameter['example']}")
        content = operation.get("requestBody", {}).get("content", {})
        body, headers = None, {}
        if "application/json" in content:
            body, headers = json.dumps(content["application/json"]["example"]), {"Content-Type": "application/json"}
        elif "multipart/form-data" in content:
            fields = {name: value["examples"][0] for name, value in content["multipart/form-data"]["schema"]["properties"].items() if "examples" in value}
            file = fields.pop("file")
            body, content_type = multipart(fields, "file", "example.csv", file)
            headers = {"Content-Type": content_type}
        elif content:
            body, headers = b"id\n1\n", {"Content-Type": next(iter(content))}
        return self.server.request(method, target + ("?" + "&".join(query) if query else ""), body, headers)

    def test_every_example_succeeds_as_documented(self):
        for (method, path), operation in sorted(self.document.operations.items(), key=lambda entry: (ORDER.index(entry[0][0]), entry[0][1].count("/"), entry[0])):
            with self.subTest(f"{method} {path}"):
                answer = self.call(method, path, operation)
                self.document.check(method, path, answer)
                if (method, path) in NOTHING_IN_FLIGHT:
                    self.assertEqual(answer.status, NOTHING_IN_FLIGHT[method, path])
                else:
                    self.assertLess(answer.status, 300, answer.body)

    def test_an_answer_that_is_not_as_documented_is_found(self):
        answer = self.server.get("/v1/catalog/status")
        self.document.check("GET", "/v1/catalog/status", answer)
        for status, body in ((200, {"lake_id": 1}), (200, {**answer.json(), "more": 1}), (404, {"error": {"code": "x", "message": "", "context": [], "request_id": ""}}), (299, {})):
            answer.status, answer.body = status, json.dumps(body).encode()
            with self.assertRaises(AssertionError):
                self.document.check("GET", "/v1/catalog/status", answer)

    def test_a_failure_is_as_documented(self):
        for method, target, body in (
            ("GET", "/v1/catalog/datasets/none-such", None), ("GET", "/v1/catalog/datasets/workers?version=0", None), ("POST", "/v1/sql", "{"),
            ("POST", "/v1/sql", json.dumps({"sql": "SELECT * FROM none_such"})), ("POST", "/v1/sql?format=xml", json.dumps({"sql": "SELECT 1"})),
            ("POST", "/v1/catalog/datasets/workers/restore", json.dumps({"version": 99})), ("GET", "/v1/storage/objects/none/such", None),
            ("DELETE", "/v1/storage/objects/_catalog/x", None), ("POST", "/v1/ingest?name=x", b""), ("GET", "/v1/ingest/jobs/none-such", None)):
            with self.subTest(f"{method} {target}"):
                answer = self.server.request(method, target, body, {"Content-Type": "application/json"})
                self.assertGreaterEqual(answer.status, 400)
                self.document.check(method, target, answer)


if __name__ == "__main__":
    unittest.main()
