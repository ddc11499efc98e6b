"""Embeddings by a real model, for `embed.sidecar_url`: POST /embed {"texts":[…],"model"?} → {"vectors","dimension","model","failures"};
GET /healthz. Prints its address when it is ready. Options: --port 3216 (0: any free one) --listen 127.0.0.1"""
import argparse
import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MOST_TEXTS = 2048
MOST_OCTETS = 32 << 20


class Refusal(Exception):
    def __init__(self, status, code, message):
        super().__init__(message)
        self.status, self.code = status, code


def answer_to(model, name, body):
    """What a request's body is answered with. A text without words fails alone."""
    try:
        request = json.loads(body)
        texts, wanted = request["texts"], request.get("model")
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Refusal(400, "bad_request", "expected {\"texts\": [...], \"model\": ...}") from None
    if not isinstance(texts, list) or not 1 <= len(texts) <= MOST_TEXTS or not all(isinstance(text, str) for text in texts):
        raise Refusal(400, "bad_texts", f"texts: expected a list of 1 to {MOST_TEXTS} texts")
    if wanted not in (None, name):
        raise Refusal(404, "no_such_model", f"there is no model \"{wanted}\"; there is {name}")
    worded = [i for i, text in enumerate(texts) if text.strip()]
    made = model.embed([texts[i] for i in worded]) if worded else []
    vectors = [None] * len(texts)
    for i, vector in zip(worded, made):
        vectors[i] = [float(value) for value in vector]
    failures = [{"index": i, "code": "nothing_to_embed", "message": "the text is blank"} for i, vector in enumerate(vectors) if vector is None]
    return {"vectors": vectors, "dimension": model.dimension, "model": name, "failures": failures}


def handler(model, name):
    one_at_a_time = threading.Lock()  # a pass takes all cores anyway

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 60

        def reply(self, status, value):
            octets = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(octets)))
            self.end_headers()
            self.wfile.write(octets)

        def refuse(self, refusal):
            self.close_connection = True  # its body may not have been read
            self.reply(refusal.status, {"error": {"code": refusal.code, "message": str(refusal)}})

        def do_GET(self):
            if self.path != "/healthz":
                return self.refuse(Refusal(404, "not_found", "there are POST /embed and GET /healthz"))
            return self.reply(200, {"status": "ok", "model": name, "dimension": model.dimension})

        def do_POST(self):
            try:
                if self.path != "/embed":
                    raise Refusal(404, "not_found", "there are POST /embed and GET /healthz")
                length = self.headers.get("Content-Length", "")
                if not length.isdigit():
                    raise Refusal(411, "length_required", "a body without its length")
                if int(length) > MOST_OCTETS:
                    raise Refusal(413, "too_large", f"a body of more than {MOST_OCTETS} octets")
                body = self.rfile.read(int(length))
                with one_at_a_time:
                    answer = answer_to(model, name, body)
                self.reply(200, answer)
            except Refusal as refusal:
                self.refuse(refusal)

        def log_message(self, *_):
            pass

    return Handler


class Server(ThreadingHTTPServer):
    daemon_threads = True


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listen", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=3216)
    options = parser.parse_args()
    # Threads of the arithmetic wait for each other by spinning, which costs more than it brings on a machine that does other things too.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from minilm import MODEL, MiniLm  # the tests bring a model of their own
    with Server((options.listen, options.port), handler(MiniLm(), MODEL)) as server:
        print(f"http://{options.listen}:{server.server_address[1]}", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            os._exit(0)


if __name__ == "__main__":
    main()
