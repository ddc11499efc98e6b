"""One process per service: every daemon does work, and stopping one takes away its routes only."""
import json
import re
import unittest

from lakehouse_process import temporary_directory
from topology import SERVICES, start


def requests_of(server):
    text = server.get("/metrics").body.decode()
    return sum(float(number) for number in re.findall(r"^lakehouse_net_requests_total\{[^}]*\} ([0-9.e+]+)$", text, re.MULTILINE))


class OneProcessPerService(unittest.TestCase):
    def test_every_daemon_works_and_one_that_stops_takes_only_its_own_routes(self):
        with temporary_directory() as directory:
            gateway = start(directory, "daemons")
            try:
                before = {service: requests_of(gateway.peers[service]) for service in SERVICES}
                self.assertEqual(gateway.ingest("people", "id,name\n1,Ana\n2,Bo\n").status, 201)
                self.assertEqual(gateway.rows("SELECT count(*) FROM people"), [[2]])
                self.assertEqual(gateway.get("/v1/journal/recent").status, 200)
                self.assertEqual(gateway.get("/v1/storage/list").status, 200)
                index = json.dumps({"name": "notes", "dimension": 2})
                self.assertEqual(gateway.request("POST", "/v1/vectors/index", index).status, 201)
                for service in SERVICES:
                    self.assertGreater(requests_of(gateway.peers[service]), before[service], f"{service} did nothing")

                gateway.peers["vectord"].kill()
                self.assertEqual(gateway.get("/v1/vectors/index/notes").status, 503)
                gateway.peers["journald"].kill()
                self.assertEqual(gateway.get("/v1/journal/recent").status, 503)
                self.assertEqual(gateway.rows("SELECT count(*) FROM people"), [[2]])
                gateway.peers["queryd"].kill()
                self.assertEqual(gateway.sql("SELECT 1").status, 503)
                self.assertEqual(gateway.get("/v1/catalog/datasets").status, 200)
                gateway.peers["ingestd"].kill()
                self.assertEqual(gateway.ingest("people", "id,name\n3,Cy\n").status, 503)
                self.assertEqual(gateway.get("/v1/catalog/datasets").status, 200)
                gateway.peers["catalogd"].kill()
                self.assertEqual(gateway.get("/v1/catalog/datasets").status, 503)
                self.assertEqual(gateway.get("/v1/storage/list").status, 200)
                gateway.peers["storaged"].kill()
                self.assertEqual(gateway.get("/v1/storage/list").status, 503)
                self.assertEqual(gateway.get("/healthz").status, 200)
            finally:
                gateway.kill()


if __name__ == "__main__":
    unittest.main()
