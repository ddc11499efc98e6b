"""A real MariaDB (Debian's) for tests: in a directory of its own, on a free port of 127.0.0.1, run by an unprivileged user."""
import os
import shutil
import socket
import subprocess
import tempfile
import time

from database_tables import PASSWORD

IS_INSTALLED = all(shutil.which(program) for program in ("mariadbd", "mariadb", "mariadb-install-db"))


class Mysql:
    """Has the database hr and the user reader, who may log in with PASSWORD."""
    KIND, SCHEMA, DRAWN_KEY = "mysql", "hr", "bigint AUTO_INCREMENT PRIMARY KEY"

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="lh-my-", dir="/tmp")
        os.chmod(self.path, 0o777)
        self.port = 0
        self.process = None
        # Temporary tables of its own: two servers that begin at once would remove each other's.
        self.user = ["env", f"TMPDIR={self.path}", *(["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.geteuid() == 0 else [])]

    def run(self, *command, stdin=None):
        done = subprocess.run([*self.user, *command], cwd="/", input=stdin, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def start(self):
        status, said = self.run("mariadb-install-db", "--no-defaults", f"--datadir={self.path}/data", "--auth-root-authentication-method=normal",
                                "--skip-test-db", "--skip-name-resolve")
        assert status == 0, said
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.begin()
        self.sql(f"CREATE DATABASE hr; CREATE USER reader IDENTIFIED BY '{PASSWORD}'; GRANT SELECT ON hr.* TO reader; GRANT PROCESS ON *.* TO reader", "mysql")
        return self

    def begin(self):
        # What is committed has left the process, so that killing it costs no row.
        self.process = subprocess.Popen([*self.user, "mariadbd", "--no-defaults", f"--datadir={self.path}/data", f"--socket={self.path}/socket",
                                         f"--port={self.port}", "--bind-address=127.0.0.1", f"--log-error={self.path}/log", "--skip-name-resolve",
                                         "--innodb-flush-log-at-trx-commit=2", "--innodb-buffer-pool-size=128M", "--character-set-server=utf8mb4"],
                                        cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while self.run(*self.client("mysql"), stdin="SELECT 1")[0] != 0:
            assert self.process.poll() is None, self.run("cat", f"{self.path}/log")[1]
            time.sleep(0.05)

    def restart(self):
        """As after a crash."""
        self.process.kill()
        self.process.wait()
        self.begin()

    def client(self, database):
        return ("mariadb", "--no-defaults", "--batch", "--raw", "--skip-column-names", f"--socket={self.path}/socket", "--user=root", database)

    def sql(self, sql, database="hr"):
        status, said = self.run(*self.client(database), stdin=sql)
        assert status == 0, said
        return said.strip()

    def row(self, sql):
        return self.sql(sql).split("\t")

    def series(self, first, last):
        return f"(SELECT seq AS n FROM seq_{first}_to_{last}) series"

    def cut_readers(self):
        """Ends reads that are in the middle; says something when there was one."""
        kill = self.sql("SELECT CONCAT('KILL ', id) FROM information_schema.processlist WHERE user = 'reader' AND info LIKE 'SELECT %balance%'")
        try:
            return self.sql(kill) + kill if kill else ""
        except AssertionError:
            return ""  # it had ended

    def url(self, user="reader"):
        return f"mysql://{user}@127.0.0.1:{self.port}/hr"

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.run("sh", "-c", f"rm -rf {self.path}/data {self.path}/log {self.path}/socket")
        shutil.rmtree(self.path, ignore_errors=True)
