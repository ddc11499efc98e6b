"""versitygw: S3 in front of an ordinary directory. From Go's proxy, so for the wider run only."""

import os
import shutil
import subprocess

from server import CannotStart, Server, answers, free_ports, wait_until

VERSION = "v1.8.0"  # conditional writes are atomic since 2026-08; older ones let two writers win


class VersityGw(Server):
    name = "versitygw"

    def program(self):
        named = os.environ.get("LAKEHOUSE_TEST_VERSITYGW") or shutil.which("versitygw")
        if named:
            return named
        if shutil.which("go") is None:
            raise CannotStart("versitygw is not on PATH, and there is no Go to build it with")
        home = os.path.join(os.path.expanduser("~"), ".cache", "lakehouse", "bin")
        built = os.path.join(home, f"versitygw-{VERSION}")
        if not os.path.exists(built):
            self.run("go", "install", f"github.com/versity/versitygw/cmd/versitygw@{VERSION}", seconds=1800, env=os.environ | {"GOBIN": home})
            os.rename(os.path.join(home, "versitygw"), built)
        return built

    def launch(self):
        program = self.program()
        (self.directory / "objects").mkdir(exist_ok=True)
        [port] = free_ports(1)
        keys = {"ROOT_ACCESS_KEY": self.access_key, "ROOT_SECRET_KEY": self.secret_key}
        with open(self.directory / "log", "wb") as log:
            process = subprocess.Popen([program, "--port", f"127.0.0.1:{port}", "--keep-alive", "--quiet", "--health", "/health", "posix",
                                        str(self.directory / "objects")], env=os.environ | keys, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        (self.directory / "run" / "versitygw.pid").write_text(str(process.pid))
        self.endpoint = f"http://127.0.0.1:{port}"
        wait_until(lambda: process.poll() is not None or answers(self.endpoint + "/health"), "versitygw answering")
        if process.poll() is not None:
            raise CannotStart(f"versitygw ended with {process.returncode}")
