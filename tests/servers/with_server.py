#!/usr/bin/env python3
"""Runs a command against a real S3 server that is started for it and ends with it.

Usage: with_server.py ceph|versitygw [--install] -- COMMAND [ARGUMENTS]
The command finds LAKEHOUSE_TEST_S3_{NAME,ENDPOINT,ACCESS_KEY,SECRET_KEY} in its environment. Its exit status is passed on; where
the server cannot be had, one line says why and the status is 77, which CTest takes for "skipped".
--install: first setup/install s3, when a program is missing.
"""

import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import ceph
import versitygw
from server import CannotStart

SKIPPED = 77
SERVERS = {"ceph": ceph.Ceph, "versitygw": versitygw.VersityGw}
ROOT = pathlib.Path(__file__).resolve().parents[2]


def install():
    if all(shutil.which(program) for program in ceph.PROGRAMS):
        return
    done = subprocess.run([ROOT / "setup" / "install", "s3"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise CannotStart("Ceph is not installed, and setup/install s3 could not: " + (done.stderr.strip().splitlines() or ["no reason given"])[0])


def main(arguments):
    if "--" not in arguments or arguments[0] not in SERVERS:
        print(__doc__, file=sys.stderr)
        return 2
    options, command = arguments[:arguments.index("--")], arguments[arguments.index("--") + 1:]
    try:
        if options[0] == "ceph" and "--install" in options:
            install()
        server = SERVERS[options[0]]()
        server.start()
    except CannotStart as why:
        print(f"skipped: {why}")
        return SKIPPED
    try:
        return subprocess.run(command, env=os.environ | server.environment()).returncode
    finally:
        server.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
