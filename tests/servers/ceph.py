"""Ceph's S3 gateway on one machine: one monitor, one storage daemon that keeps everything in memory, one gateway. No manager."""

import shutil
import subprocess
import time
import uuid

from server import CannotStart, Server, answers, free_ports, wait_until

PROGRAMS = ["ceph", "ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "monmaptool"]

CONFIGURATION = """[global]
fsid = {fsid}
mon host = v1:127.0.0.1:{monitor_port}
mon initial members = a
auth cluster required = none
auth service required = none
auth client required = none
run dir = {root}/run
admin socket = {root}/run/$name.asok
pid file = {root}/run/$name.pid
log file = {root}/log/$name.log
ms bind msgr2 = false
ms bind ipv6 = false
public addr = 127.0.0.1
cluster addr = 127.0.0.1
mon data = {root}/mon
mon data avail warn = 2
mon data avail crit = 1
mon allow pool size one = true
mon warn on pool no redundancy = false
mon max pg per osd = 1000
osd data = {root}/osd
osd objectstore = memstore
memstore device bytes = 6442450944
osd crush chooseleaf type = 0
osd class update on start = false
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
rgw data = {root}/gateway
rgw frontends = beast endpoint=127.0.0.1:{port} tcp_nodelay=1
rgw dns name = localhost
rgw enable usage log = false
rgw enable gc threads = false
rgw enable lc threads = false
rgw thread pool size = 64
rgw user max buckets = 0
"""
# tcp_nodelay: without it every small GET waits 40 ms for an acknowledgement.


class Ceph(Server):
    name = "ceph"

    def run_when_ready(self, *command):
        """A monitor that is just up may refuse what is asked of it for a moment ("Operation not permitted", EPERM)."""
        for attempt in range(20):
            try:
                return self.run(*command)
            except CannotStart:
                if attempt == 19:
                    raise
                time.sleep(0.5)

    def launch(self):
        missing = [program for program in PROGRAMS if shutil.which(program) is None]
        if missing:
            raise CannotStart(f"Ceph is not installed (no {', '.join(missing)}); setup/install s3 brings it")
        root = self.directory.resolve()
        for part in ("mon", "osd", "gateway", "log"):
            (root / part).mkdir(exist_ok=True)
        port, monitor_port = free_ports(2)
        fsid = uuid.uuid4()
        configuration = root / "ceph.conf"
        configuration.write_text(CONFIGURATION.format(fsid=fsid, root=root, port=port, monitor_port=monitor_port))
        conf = ["-c", configuration]

        self.run("monmaptool", "--create", "--fsid", fsid, "--addv", "a", f"v1:127.0.0.1:{monitor_port}", root / "monmap")
        self.run("ceph-mon", *conf, "--mkfs", "-i", "a", "--monmap", root / "monmap")
        self.run("ceph-mon", *conf, "-i", "a")
        osd = uuid.uuid4()
        # The command line is Python of the distribution; another python3 on PATH lacks its library.
        self.run_when_ready("/usr/bin/python3", shutil.which("ceph"), *conf, "osd", "new", osd)
        self.run("ceph-osd", *conf, "-i", "0", "--mkfs", "--osd-uuid", osd)
        self.run_when_ready("ceph-osd", *conf, "-i", "0")
        self.run("radosgw", *conf, "-n", "client.gateway", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, capture_output=False)
        self.endpoint = f"http://127.0.0.1:{port}"
        wait_until(lambda: answers(self.endpoint), "Ceph's gateway answering")
        self.run("radosgw-admin", *conf, "user", "create", "--uid=lakehouse", "--display-name=lakehouse",
                 f"--access-key={self.access_key}", f"--secret={self.secret_key}")
