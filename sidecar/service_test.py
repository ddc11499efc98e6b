"""The sidecar's answers, with a model that is no model: no package is needed."""
import http.client
import json
import threading
import unittest

from embedding_service import Server, handler


class Lengths:
    dimension = 2

    def embed(self, texts):
        return [(float(len(text)), 1.0) for text in texts]


class SidecarTest(unittest.TestCase):
    def setUp(self):
        self.server = Server(("127.0.0.1", 0), handler(Lengths(), "lengths"))
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def tearDown(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def request(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.server_address[1], timeout=30)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        got = answer.status, json.loads(answer.read())
        connection.close()
        return got

    def test_gives_a_vector_for_each_text_and_says_which_has_none(self):
        status, answer = self.request("POST", "/embed", json.dumps({"texts": ["abc", " \n", "d"], "model": "lengths"}))
        self.assertEqual(status, 200)
        self.assertEqual(answer["vectors"], [[3.0, 1.0], None, [1.0, 1.0]])
        self.assertEqual([failure["index"] for failure in answer["failures"]], [1])
        self.assertEqual((answer["dimension"], answer["model"]), (2, "lengths"))

    def test_blank_texts_alone_are_answered_too(self):
        self.assertEqual(self.request("POST", "/embed", json.dumps({"texts": [""]}))[1]["vectors"], [None])

    def test_refuses_what_it_cannot_read_and_stays(self):
        for body in ("", "{", "[]", "1", "{}", '{"texts":[]}', '{"texts":["a",1]}', '{"texts":"a"}', json.dumps({"texts": ["a"] * 2049})):
            self.assertEqual(self.request("POST", "/embed", body)[0], 400, body[:40])
        self.assertEqual(self.request("POST", "/embed", json.dumps({"texts": ["a"], "model": "other"}))[0], 404)
        self.assertEqual(self.request("POST", "/elsewhere", "{}")[0], 404)
        self.assertEqual(self.request("POST", "/embed", None, {"Content-Length": str(1 << 40)})[0], 413)
        self.assertEqual(self.request("GET", "/healthz"), (200, {"status": "ok", "model": "lengths", "dimension": 2}))


if __name__ == "__main__":
    unittest.main()
