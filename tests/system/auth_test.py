"""Who is let in: a token where one is asked for, addresses and names that are served, pages of other sites, no open door to the network."""
import json
import unittest

from lakehouse_process import Lakehouse, run_command, temporary_directory
from raw_client import RawClient
from witness import Lake

TOKEN = "a-token-for-this-test-only"
NEXT_TOKEN = "the-token-that-comes-after-it"


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


class Token(unittest.TestCase):
    def test_the_right_token_opens_and_nothing_else_does(self):
        with temporary_directory() as directory:
            server = Lakehouse(directory, ("up", "--set", "auth.required=true"), {"LAKEHOUSE_SECRET_AUTH_TOKEN": TOKEN})
            with server:
                self.assertEqual(server.get("/v1/catalog/datasets").status, 401)
                self.assertEqual(server.get("/v1/catalog/datasets", headers=bearer("wrong")).status, 401)
                self.assertEqual(server.get("/v1/catalog/datasets", headers=bearer(TOKEN)).status, 200)
                self.assertEqual(server.get("/readyz").status, 200, "health pages ask for none")
                self.assertNotIn(TOKEN, server.log_tail(1 << 20))
                shown = server.get("/debug/config", headers=bearer(TOKEN))
                self.assertEqual(shown.status, 200)
                self.assertNotIn(TOKEN.encode(), shown.body)

    def test_two_tokens_open_while_one_follows_the_other(self):
        with temporary_directory() as directory:
            secrets = {"LAKEHOUSE_SECRET_AUTH_TOKEN": NEXT_TOKEN, "LAKEHOUSE_SECRET_AUTH_TOKEN_SECONDARY": TOKEN}
            with Lakehouse(directory, ("up", "--set", "auth.required=true"), secrets) as server:
                for token, status in ((TOKEN, 200), (NEXT_TOKEN, 200), (TOKEN + NEXT_TOKEN, 401), (TOKEN[:-1], 401), ("", 401)):
                    self.assertEqual(server.get("/v1/catalog/datasets", headers=bearer(token)).status, status, token)
                refused = server.get("/v1/catalog/datasets")
                self.assertIn("Bearer", refused.headers["www-authenticate"])
            secrets.pop("LAKEHOUSE_SECRET_AUTH_TOKEN_SECONDARY")
            with Lakehouse(directory, ("up", "--set", "auth.required=true"), secrets) as server:
                self.assertEqual(server.get("/v1/catalog/datasets", headers=bearer(TOKEN)).status, 401, "the old one is gone")
                self.assertEqual(server.get("/v1/catalog/datasets", headers=bearer(NEXT_TOKEN)).status, 200)

    def test_without_the_token_nothing_but_health_is_told_or_changed(self):
        with temporary_directory() as directory:
            server = Lakehouse(directory, ("up", "--set", "auth.required=true"), {"LAKEHOUSE_SECRET_AUTH_TOKEN": TOKEN})
            with server:
                document = server.get("/v1/openapi.json", headers=bearer(TOKEN)).json()
                opened = set()
                for path, methods in document["paths"].items():
                    for method in methods:
                        plain = path.replace("{", "").replace("}", "")
                        if server.request(method.upper(), plain, body=b"{}" if method in ("post", "put") else None).status != 401:
                            opened.add(f"{method} {path}")
                health = {f"get {prefix}/{page}" for prefix in ("", "/v1") for page in ("health", "healthz", "readyz")}
                self.assertEqual(opened, health, "of the documented routes")
                for path in ("/metrics", "/debug/requests", "/debug/config", "/debug/log", "/debug/tasks", "/debug/version", "/v1/debug/log"):
                    self.assertEqual(server.get(path).status, 401, path)
                for path in ("/health", "/healthz", "/readyz", "/v1/health"):
                    self.assertEqual(server.get(path).status, 200, path)

    def test_a_listen_on_the_network_without_a_token_does_not_start(self):
        with temporary_directory() as directory:
            refused = run_command("up", "--listen", "0.0.0.0:0", "--data", f"{directory}/data", "--state", f"{directory}/state", check=False, timeout=30)
            self.assertEqual(refused.returncode, 1)
            self.assertIn("without a token", refused.stderr)


class Address(unittest.TestCase):
    def test_only_listed_networks_are_served(self):
        with temporary_directory() as directory, Lakehouse(directory, ("up", "--set", "auth.allowed_networks=10.0.0.0/8,192.0.2.1/32")) as server:
            for path in ("/v1/catalog/datasets", "/health"):
                answer = server.get(path)
                self.assertEqual((answer.status, answer.error()["code"]), (403, "address_not_allowed"))
        with temporary_directory() as directory, Lakehouse(directory, ("up", "--set", "auth.allowed_networks=10.0.0.0/8,127.0.0.0/8")) as server:
            self.assertEqual(server.get("/v1/catalog/datasets").status, 200)

    def test_a_list_that_is_none_does_not_start(self):
        with temporary_directory() as directory:
            for networks in ("10.0.0.0/33", "everybody", "10.0.0.0/8,/"):
                refused = run_command("up", "--listen", "127.0.0.1:0", "--data", f"{directory}/data", "--state", f"{directory}/state", "--set",
                                      f"auth.allowed_networks={networks}", check=False, timeout=30)
                self.assertEqual(refused.returncode, 1, networks)
                self.assertIn(networks.split(",")[-1], refused.stderr)


class Names(unittest.TestCase):
    """What a page of another site could make a browser send."""

    @classmethod
    def setUpClass(cls):
        cls.home = temporary_directory()
        cls.server = Lakehouse(cls.home.name, ("up", "--set", "auth.allowed_hosts=lake.example")).start()
        assert cls.server.ingest("people", "id,name\n1,Ann\n").status == 201

    @classmethod
    def tearDownClass(cls):
        cls.server.kill()
        cls.home.cleanup()

    def status_for(self, *headers):
        with RawClient(self.server) as client:
            lines = [b"GET /v1/catalog/datasets HTTP/1.1", *(header.encode() for header in headers), b"Connection: close", b"", b""]
            client.send(b"\r\n".join(lines))
            return client.answer().status

    def test_another_host_name_is_misdirected(self):
        port = self.server.port
        for host in ("localhost", f"localhost:{port}", "127.0.0.1", f"127.0.0.1:{port}", "LOCALHOST", "lake.example", "[::1]"):
            self.assertEqual(self.status_for(f"Host: {host}"), 200, host)
        for host in ("evil.example", "localhost.evil.example", "evil.lake.example", "127.0.0.1.evil.example", "0.0.0.0", "127.0.0.2", "169.254.169.254"):
            self.assertEqual(self.status_for(f"Host: {host}"), 421, host)

    def test_pages_of_other_sites_change_nothing(self):
        lake = Lake(self.server)
        own = f"http://127.0.0.1:{self.server.port}"
        foreign = ({"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": f"http://127.0.0.1:{self.server.port + 1}"},
                   {"Origin": f"http://127.0.0.1:{self.server.port}.evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
                   {"Origin": own, "Sec-Fetch-Site": "cross-site"})
        for headers in foreign:
            for answer in (self.server.ingest("people", "id,name\n2,Eve\n", headers=headers),
                           self.server.request("DELETE", "/v1/catalog/datasets/people", headers=headers),
                           self.server.request("POST", "/v1/sql", json.dumps({"sql": "SELECT 1"}), headers),
                           self.server.request("PUT", "/v1/storage/objects/x", b"x", headers)):
                self.assertEqual(answer.status, 403, (headers, answer.body))
        self.assertEqual(lake.changes(), [])
        for headers in ({"Origin": own, "Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {}):
            self.assertEqual(self.server.request("POST", "/v1/sql", json.dumps({"sql": "SELECT 1"}), headers).status, 200, headers)

    def test_answers_to_pages_of_other_sites_cannot_be_read_by_them(self):
        answer = self.server.get("/v1/catalog/datasets", headers={"Origin": "http://evil.example"})
        self.assertNotIn("access-control-allow-origin", answer.headers)
        asked = self.server.request("OPTIONS", "/v1/sql", headers={"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"})
        self.assertNotIn("access-control-allow-origin", asked.headers)


class Jail(unittest.TestCase):
    def test_health_says_what_the_jail_lacks_on_this_kernel(self):
        with temporary_directory() as directory, Lakehouse(directory) as server:
            server.rows("SELECT 1")
            health = server.get("/v1/health").json()
            self.assertEqual(health["status"], "ok")
            self.assertEqual(health["jail_lacks"], server.get("/debug/tasks").json()["query_workers"]["jail_lacks"])
        with temporary_directory() as directory:
            found = run_command("doctor", "--json", environment={"LAKEHOUSE_DATA": f"{directory}/data", "LAKEHOUSE_STATE": f"{directory}/state"})
            walls = {finding["what"]: finding["good"] for finding in json.loads(found.stdout)}
        self.assertEqual(set(health["jail_lacks"]), {wall for wall in ("landlock", "seccomp", "own user") if not walls[wall]}, "as doctor says")


if __name__ == "__main__":
    unittest.main()
