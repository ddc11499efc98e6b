"""Who is let in: a token where one is asked for, names that the Host header may hold, no open door to the network."""
import unittest

from lakehouse_process import Lakehouse, run_command, temporary_directory

TOKEN = "a-token-for-this-test-only"


class Token(unittest.TestCase):
    def test_the_right_token_opens_and_nothing_else_does(self):
        with temporary_directory() as directory:
            server = Lakehouse(directory, ("up", "--set", "auth.required=true"), {"LAKEHOUSE_SECRET_AUTH_TOKEN": TOKEN})
            with server:
                self.assertEqual(server.get("/v1/catalog/datasets").status, 401)
                self.assertEqual(server.get("/v1/catalog/datasets", headers={"Authorization": "Bearer wrong"}).status, 401)
                self.assertEqual(server.get("/v1/catalog/datasets", headers={"Authorization": f"Bearer {TOKEN}"}).status, 200)
                self.assertEqual(server.get("/readyz").status, 200, "health pages ask for none")
                self.assertNotIn(TOKEN, server.log_tail(1 << 20))
                shown = server.get("/debug/config", headers={"Authorization": f"Bearer {TOKEN}"})
                self.assertEqual(shown.status, 200)
                self.assertNotIn(TOKEN.encode(), shown.body)

    def test_another_host_name_is_misdirected(self):
        with temporary_directory() as directory, Lakehouse(directory) as server:
            self.assertEqual(server.get("/v1/catalog/datasets", headers={"Host": "evil.example"}).status, 421)

    def test_a_listen_on_the_network_without_a_token_does_not_start(self):
        with temporary_directory() as directory:
            refused = run_command("up", "--listen", "0.0.0.0:0", "--data", f"{directory}/data", "--state", f"{directory}/state", check=False, timeout=30)
            self.assertEqual(refused.returncode, 1)
            self.assertIn("without a token", refused.stderr)


if __name__ == "__main__":
    unittest.main()
