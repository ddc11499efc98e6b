"""A real PostgreSQL (Debian's) for tests: in a directory of its own, on a free port of 127.0.0.1, run by an unprivileged user."""
import os
import shlex
import shutil
import socket
import subprocess
import tempfile

from database_tables import PASSWORD

PROGRAMS = "/usr/lib/postgresql/15/bin"
IS_INSTALLED = os.access(f"{PROGRAMS}/initdb", os.X_OK)


class Postgres:
    """Has the database hr and the role reader, who may log in with PASSWORD."""
    KIND, SCHEMA, DRAWN_KEY = "postgres", "public", "bigserial PRIMARY KEY"

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="lh-pg-", dir="/tmp")
        os.chmod(self.path, 0o777)
        self.port = 0

    def run(self, command, stdin=None):
        user = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.geteuid() == 0 else []
        done = subprocess.run([*user, "sh", "-c", command], cwd="/", input=stdin, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def start(self):
        status, said = self.run(f"{PROGRAMS}/initdb -D {self.path}/data -U owner --auth-local=trust --auth-host=scram-sha-256 -E UTF8 --locale=C --no-sync")
        assert status == 0, said
        for _ in range(5):
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                self.port = free.getsockname()[1]
            options = (f"-c listen_addresses=127.0.0.1 -c port={self.port} -c unix_socket_directories={self.path} -c fsync=off "
                       "-c shared_buffers=64MB -c max_wal_size=4GB")
            status, said = self.run(f"{PROGRAMS}/pg_ctl -D {self.path}/data -l {self.path}/log -w -t 120 -o {shlex.quote(options)} start >/dev/null 2>&1")
            if status == 0:
                break
        assert status == 0, said
        self.sql("CREATE DATABASE hr", "postgres")
        self.sql(f"CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'; GRANT pg_read_all_data TO reader")
        return self

    def restart(self):
        """As after a crash."""
        status, said = self.run(f"{PROGRAMS}/pg_ctl -D {self.path}/data -l {self.path}/log -m immediate -w -t 120 restart >/dev/null 2>&1")
        assert status == 0, said

    def sql(self, sql, database="hr"):
        status, said = self.run(f"psql -X -q -A -t -v ON_ERROR_STOP=1 -h {self.path} -p {self.port} -U owner -d {database} -f -", sql)
        assert status == 0, said
        return said.strip()

    def row(self, sql):
        return self.sql(sql).split("|")

    def series(self, first, last):
        return f"generate_series({first}, {last}) n"

    def cut_readers(self):
        """Ends reads that are in the middle; says something when there was one."""
        return self.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'lakehouse' AND backend_xmin IS NOT NULL")

    def url(self, user="reader"):
        return f"postgres://{user}@127.0.0.1:{self.port}/hr"

    def stop(self):
        self.run(f"{PROGRAMS}/pg_ctl -D {self.path}/data -m immediate -w stop; rm -rf {self.path}/data {self.path}/log")
        shutil.rmtree(self.path, ignore_errors=True)
