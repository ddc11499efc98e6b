"""Encryption in front of a server that has none: what comes over TLS goes on as it is. The certificate vouches for itself."""
import os
import select
import socket
import ssl
import subprocess
import threading


def make_certificate(directory, name, alternative="IP:127.0.0.1"):
    """(certificate, key), as paths."""
    certificate, key = (os.path.join(directory, f"{name}.{kind}.pem") for kind in ("certificate", "key"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                    "-addext", f"subjectAltName={alternative}", "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return certificate, key


class TlsFront:
    def __init__(self, host, port, certificate, key):
        self.target = (host, port)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self.listener.getsockname()[1]}"
        self.passed = 0  # octets, in either direction

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            with self.context.wrap_socket(connection, server_side=True) as near, socket.create_connection(self.target) as far:
                while True:  # one thread for both ways: a connection of OpenSSL is not for two
                    ready = [near] if near.pending() else select.select([near, far], [], [])[0]
                    for source, sink in ((near, far), (far, near)):
                        if source in ready:
                            octets = source.recv(1 << 16)
                            if not octets:
                                return
                            self.passed += len(octets)
                            sink.sendall(octets)
        except OSError:
            connection.close()
