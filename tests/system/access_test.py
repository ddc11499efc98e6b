"""API keys and profiles on a running server: what a key may do, what it sees, and that nothing needs a new start."""
import json
import unittest

from lakehouse_process import Lakehouse, temporary_directory

TOKEN = "the-administrator-of-this-test"
WORKERS = "id,email,name,city\n" + "".join(f"{i},{n.lower()}@hidden.example,{n},{c}\n" for i, (n, c) in enumerate([("Ann", "Chicago"), ("Bob", "Gary"), ("Carl", "Chicago")]))


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


class Access(unittest.TestCase):
    def setUp(self):
        context = temporary_directory()
        self.directory = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        self.server = Lakehouse(self.directory, ("up", "--set", "auth.required=true"), {"LAKEHOUSE_SECRET_AUTH_TOKEN": TOKEN})
        self.server.start()
        self.addCleanup(self.server.kill)

    def send(self, method, path, body=None, token=TOKEN):
        return self.server.request(method, path, None if body is None else json.dumps(body), {"Content-Type": "application/json", **bearer(token)})

    def made(self, method, path, body=None):
        answer = self.send(method, path, body)
        self.assertIn(answer.status, (200, 201), answer.body)
        return answer.json()

    def rows(self, sql, token):
        answer = self.send("POST", "/v1/sql", {"sql": sql}, token)
        self.assertEqual(answer.status, 200, (sql, answer.body))
        return answer.json()["rows"]

    def load_workers(self, name="workers"):
        answer = self.server.ingest(name, WORKERS, headers=bearer(TOKEN))
        self.assertIn(answer.status, (200, 201, 202), answer.body)

    def analyst(self, **changes):
        view = {"dataset": "workers", "row_filter": "city = 'Chicago'", "redactions": [{"column": "email", "kind": "hash"}, {"column": "name", "kind": "mask", "keep_prefix": 1}]}
        return {"name": "analyst", "datasets": ["workers"], "views": [{**view, **changes}]}

    def test_whoever_guesses_keys_is_told_to_wait_and_disturbs_nobody(self):
        reader = self.made("POST", "/v1/keys", {"name": "reader", "scopes": ["read"]})
        wrong = reader["token"][:-9] + "0" * 9
        answers = [self.send("POST", "/v1/sql", {"sql": "SELECT 1"}, wrong) for _ in range(70)]
        self.assertEqual([answer.status for answer in answers[:60]], [401] * 60)
        self.assertEqual({(answer.status, answer.error()["code"], answer.headers["retry-after"]) for answer in answers[60:]}, {(429, "too_many_attempts", "60")})
        self.assertEqual(self.rows("SELECT 1", reader["token"]), [[1]])

    def test_a_profile_binds_uploads_to_its_bucket(self):
        for name in ("north", "south"):
            self.made("POST", "/v1/storage/buckets", {"name": name})
        self.made("POST", "/v1/profiles", {"name": "northern", "bucket": "north"})
        writer = self.made("POST", "/v1/keys", {"name": "writer", "profile": "northern", "scopes": ["read", "write"]})["token"]
        self.assertEqual(self.server.ingest("here", "a\n1\n", headers=bearer(writer)).status, 201)
        self.assertEqual(self.rows("SELECT DISTINCT split_part(key, '/', 2) FROM system.files WHERE dataset = 'here'", TOKEN), [["north"]])
        refused = self.server.ingest("there", "a\n1\n", headers={**bearer(writer), "X-Lakehouse-Bucket": "south"})
        self.assertEqual((refused.status, refused.error()["code"]), (403, "bucket_not_allowed"))
        self.assertEqual(self.server.ingest("here", "a\n2\n", headers={**bearer(writer), "X-Lakehouse-Bucket": "north"}).status, 200)

    def test_a_key_does_what_its_scopes_say_until_it_is_revoked(self):
        reader = self.made("POST", "/v1/keys", {"name": "reader", "scopes": ["read"]})
        writer = self.made("POST", "/v1/keys", {"name": "writer", "scopes": ["read", "write"]})
        for token, path, status in ((reader, "/v1/catalog/datasets", 200), (reader, "/v1/keys", 403), (reader, "/debug/log", 403), (reader, "/v1/catalog/log", 403), (writer, "/v1/profiles", 403)):
            self.assertEqual(self.send("GET", path, token=token["token"]).status, status, path)
        self.assertEqual(self.rows("SELECT 1", reader["token"]), [[1]])
        self.assertEqual(self.send("DELETE", "/v1/catalog/datasets/nothing", token=reader["token"]).status, 403)
        self.assertEqual(self.send("DELETE", "/v1/catalog/datasets/nothing", token=writer["token"]).status, 404)
        self.assertEqual(self.send("GET", "/v1/keys", token=TOKEN).status, 200)
        listed = self.send("GET", "/v1/keys").body.decode()
        self.assertNotIn(reader["token"], listed)

        rotated = self.made("POST", f"/v1/keys/{reader['id']}/rotate")
        self.assertEqual(self.send("GET", "/v1/catalog/datasets", token=reader["token"]).status, 401)
        self.assertEqual(self.rows("SELECT 2", rotated["token"]), [[2]])
        self.made("DELETE", f"/v1/keys/{reader['id']}")
        self.assertEqual(self.send("GET", "/v1/catalog/datasets", token=rotated["token"]).status, 401)

        self.server.stop()
        self.server.start()
        self.assertEqual(self.rows("SELECT 3", writer["token"]), [[3]], "keys are in the lake")
        self.assertEqual(self.send("GET", "/v1/catalog/datasets", token=rotated["token"]).status, 401)
        log = self.server.log_tail(1 << 20)
        for secret in (reader["token"], writer["token"], rotated["token"]):
            self.assertNotIn(secret, log)

    def test_a_profile_shapes_what_its_keys_see_and_is_rolled_back(self):
        self.load_workers()
        self.load_workers("salaries")
        self.assertEqual(self.send("POST", "/v1/profiles", self.analyst(row_filter="city = (SELECT 1 FROM salaries)")).status, 400)
        self.assertEqual(self.made("POST", "/v1/profiles", self.analyst())["version"], 1)
        key = self.made("POST", "/v1/keys", {"name": "dash", "profile": "analyst", "scopes": ["read", "write"]})["token"]
        self.assertEqual(self.rows("SELECT id, name FROM workers ORDER BY id", key), [[0, "A******"], [2, "C******"]])
        self.assertEqual(len(self.rows("SELECT email FROM workers LIMIT 1", key)[0][0]), 64)
        self.assertEqual(self.send("POST", "/v1/sql", {"sql": "FROM salaries"}, key).status, 404)
        self.assertEqual(self.rows("SELECT name, rows FROM system.datasets", key), [["workers", None]])
        self.assertEqual(self.rows("SELECT count(*) FROM workers", TOKEN), [[3]])

        self.made("POST", "/v1/profiles", self.analyst(row_filter="id = 2"))
        self.assertEqual(self.rows("SELECT count(*) FROM workers", key), [[1]])
        self.made("POST", "/v1/profiles/analyst/activate", {"version": 1})
        self.assertEqual(self.rows("SELECT count(*) FROM workers", key), [[2]])

        described = self.send("GET", "/v1/catalog/datasets/workers", token=key)
        self.assertEqual(described.status, 200)
        self.assertEqual(described.json()["dataset"]["head"]["rows"], 0)
        self.assertEqual(self.send("GET", "/v1/catalog/datasets/salaries", token=key).status, 404)

    def test_whatever_could_show_raw_data_is_closed_to_a_key_with_such_a_profile(self):
        self.load_workers()
        self.made("POST", "/v1/profiles", self.analyst())
        key = self.made("POST", "/v1/keys", {"name": "dash", "profile": "analyst", "scopes": ["read", "write"]})["token"]
        opened = set()
        document = self.send("GET", "/v1/openapi.json").json()
        for path, methods in document["paths"].items():
            for method in methods:
                plain = path.replace("{name}", "workers").replace("{", "").replace("}", "")
                answer = self.send(method.upper(), plain, {} if method in ("post", "put") else None, key)
                self.assertNotIn(b"hidden.example", answer.body, path)
                if answer.status != 403:
                    opened.add(f"{method} {path}")
        opened -= {f"get {path}" for path in ("/health", "/healthz", "/readyz", "/v1/health", "/v1/healthz", "/v1/readyz")}
        self.assertEqual(
            opened,
            {"get /v1/catalog/datasets", "get /v1/catalog/datasets/{name}", "get /v1/catalog/datasets/{name}/history", "get /v1/catalog/list",
             "get /v1/catalog/manifest/{name}", "get /v1/vectors/index", "get /v1/vectors/index/{name}", "get /v1/vectors/index/{name}/items/{item}",
             "post /v1/vectors/index/{name}/search", "post /v1/vectors/index/{name}/search/batch", "get /v1/openapi.json", "get /v1/queries", "post /v1/sql", "post /v1/query/paged", "get /v1/query/page/{id}/{page}"},
            "a new route is closed until somebody says that it keeps profiles")
        for page in ("/", "/explore", "/explore/workers", "/explore/workers.json", "/sql", "/system", "/metrics", "/debug/requests"):
            answer = self.send("GET", page, token=key)
            self.assertIn(answer.status, (403, 404), page)
            self.assertNotIn(b"hidden.example", answer.body, page)

    def test_a_page_kept_from_before_its_profile_hid_something_is_not_served_again(self):
        self.load_workers()
        self.made("POST", "/v1/profiles", {"name": "analyst", "datasets": [], "views": []})
        key = self.made("POST", "/v1/keys", {"name": "dash", "profile": "analyst", "scopes": ["read"]})["token"]
        result = f"q=SELECT+*+FROM+workers&at={self.send('GET', '/explore.json').json()['sequence']}"
        pages = ("/explore/workers", "/explore/workers?facet=email", "/explore/workers?tab=schema", f"/sql?{result}", f"/sql/rows?{result}")
        for page in pages:
            self.assertIn(b"hidden.example", self.send("GET", page, token=key).body, page)
        self.made("POST", "/v1/profiles", self.analyst())
        for page in pages:  # the edge learns of it a moment later; until then the page itself must know
            while (answer := self.send("GET", page, token=key)).status != 403:
                self.assertNotIn(b"hidden.example", answer.body, page)
            self.assertIn(b"hidden.example", self.send("GET", page).body, "others see it as before")
        self.made("POST", "/v1/profiles/analyst/activate", {"version": 1})
        while (answer := self.send("GET", pages[0], token=key)).status != 200:
            self.assertEqual(answer.status, 403)
        self.assertIn(b"hidden.example", answer.body)

    def test_a_tombstone_holds_from_the_next_query_on_for_everybody(self):
        self.load_workers()
        self.made("POST", "/v1/profiles", self.analyst())
        key = self.made("POST", "/v1/keys", {"name": "dash", "profile": "analyst", "scopes": ["read"]})["token"]
        path = "/v1/catalog/datasets/by-name/workers/tombstone"
        self.assertEqual(self.rows("SELECT count(*) FROM workers", key), [[2]])
        buried = self.made("POST", path, {"row_key_column": "id", "row_key_values": ["2", "77"], "actor": "privacy", "reason": "request 4711"})
        self.assertEqual(buried["rows_tombstoned"], 1)
        self.assertEqual(self.rows("SELECT count(*) FROM workers", TOKEN), [[2]])
        self.assertEqual(self.rows("SELECT id FROM workers", key), [[0]])
        listed = self.made("GET", path)["tombstones"]
        self.assertEqual([(t["rows"], t["row_key_column"], t["actor"], t["reason"], t["principal"]) for t in listed], [(1, "id", "privacy", "request 4711", "operator")])
        self.assertEqual(self.made("POST", path, {"row_key_column": "id", "row_key_values": ["77"]})["rows_tombstoned"], 0)
        self.assertEqual(self.send("POST", path, {"row_key_column": "nothing", "row_key_values": ["1"]}).status, 400)
        self.assertEqual(self.send("POST", path, {"row_key_column": "id", "row_key_values": ["0"]}, key).status, 403)

    def test_results_are_paged_and_statements_take_parameters(self):
        self.load_workers()
        self.made("POST", "/v1/profiles", self.analyst())
        key = self.made("POST", "/v1/keys", {"name": "dash", "profile": "analyst", "scopes": ["read"]})["token"]
        kept = self.send("POST", "/v1/query/paged", {"sql": "SELECT id, name FROM workers ORDER BY id", "page_size": 1}, key).json()
        self.assertEqual((kept["total_rows"], kept["pages"]), (2, 2))
        page = f"/v1/query/page/{kept['query_id']}/1?size=1"
        self.assertEqual(self.send("GET", page, token=key).json()["rows"], [[2, "C******"]])
        self.assertEqual(self.send("GET", page).status, 404, "it is not the administrator's")
        self.made("POST", "/v1/profiles", self.analyst(row_filter="id = 0"))
        self.assertEqual(self.send("GET", page, token=key).status, 404, "made under another version of the profile")
        answer = self.send("POST", "/v1/sql", {"sql": "SELECT name FROM workers WHERE id = $1 AND city = $2", "parameters": [2, "Chicago"]})
        self.assertEqual(answer.json()["rows"], [["Carl"]])

    def test_tables_of_the_system_join_with_data(self):
        self.load_workers()
        self.assertEqual(self.rows("SELECT d.name, s.operation, w.n FROM system.datasets d JOIN system.snapshots s ON s.dataset = d.name, (SELECT count(*) AS n FROM workers) w", TOKEN), [["workers", "create", 3]])
        self.assertEqual(self.rows("SELECT state, rows_loaded FROM system.jobs", TOKEN), [["committed", 3]])
        self.assertEqual(self.rows("SELECT count(*) > 0 FROM system.events WHERE entity = 'dataset:workers'", TOKEN), [[True]])
        self.assertEqual(self.rows("SELECT datasets FROM system.commits WHERE datasets <> ''", TOKEN), [["workers"]])
        self.assertEqual(self.rows("SELECT dataset, rows FROM system.files", TOKEN), [["workers", 3]])
        self.assertEqual(self.send("POST", "/v1/sql", {"sql": "SELECT nothing FROM workers"}).status, 400)
        self.assertEqual(self.rows("SELECT count(*) FROM system.errors WHERE message LIKE '%nothing%'", TOKEN), [[1]])
        self.assertEqual(self.rows("SELECT outcome FROM system.queries WHERE sql = 'SELECT nothing FROM workers'", TOKEN), [["binder"]])


if __name__ == "__main__":
    unittest.main()
