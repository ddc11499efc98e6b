"""Cuts the power of the disk that holds the lake: ext4 on a loop device, shut down by ioctl without flushing its journal, so that
everything that was not synced is gone. After each cut every acknowledged batch must be there and fsck must find nothing.

Prints one line and ends well where loop devices are not allowed."""
import argparse
import fcntl
import os
import random
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "system"))
sys.path.insert(0, os.path.dirname(__file__))
from kill_test import Clients, choose_moment, fsck, let_pass  # noqa: E402
from lakehouse_process import Lakehouse, temporary_directory  # noqa: E402
from ledger import Ledger  # noqa: E402
from long_run import Notes, add_arguments, side_by_side  # noqa: E402

EXT4_IOC_SHUTDOWN = 0x8004587D  # _IOR('X', 125, __u32)
NO_LOG_FLUSH = 2  # neither the journal nor dirty data is written
CUTS_PER_DISK = 12


class Disk:
    """An ext4 image on a loop device, mounted at a directory of its own."""

    def __init__(self, directory):
        self.image = os.path.join(directory, "disk.img")
        self.mount_point = os.path.join(directory, "disk")
        os.mkdir(self.mount_point)
        with open(self.image, "wb") as image:
            image.truncate(256 << 20)
        subprocess.run(["mkfs.ext4", "-qF", self.image], check=True, stdin=subprocess.DEVNULL)

    def mount(self):
        return subprocess.run(["mount", "-o", "loop", self.image, self.mount_point], check=False, capture_output=True, text=True)

    def cut(self):
        descriptor = os.open(self.mount_point, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, EXT4_IOC_SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(descriptor)

    def unmount(self):
        """The server's workers may need a moment to notice that their parent is gone, on a busy machine a long one. Mounted again before that, it
        would be the file system that was shut down."""
        for _ in range(3_600):
            if subprocess.run(["umount", self.mount_point], check=False, capture_output=True).returncode == 0:
                return
            let_pass(0.05)
        subprocess.run(["umount", "-l", self.mount_point], check=True)


def live(directory, disk, cuts, chance):
    """One lake on this disk, whose power is cut so often. How much was acknowledged."""
    server, ledger = Lakehouse(directory, data=os.path.join(disk.mount_point, "data")), Ledger()
    try:
        for _ in range(cuts):
            server.start()
            clients = Clients(server, ledger)
            choose_moment(chance, ledger)
            disk.cut()
            server.kill()
            clients.join()
            disk.unmount()
            mounted = disk.mount()
            assert mounted.returncode == 0, mounted.stderr
            server.start()
            ledger.check(server)
            server.kill()
            fsck(server, "a power cut")
    finally:
        server.kill()
    return ledger.done()


def one_disk(notes, cuts, seed):
    with temporary_directory() as directory:
        disk = Disk(directory)
        mounted = disk.mount()
        assert mounted.returncode == 0, mounted.stderr
        try:
            acknowledged = live(directory, disk, cuts, random.Random(seed))
        except AssertionError as loss:
            raise AssertionError(f"seed {seed}, what is left is in {notes.keep(directory)}: {loss}") from loss
        finally:
            disk.unmount()
    notes.add({"cuts": cuts, "acknowledged": acknowledged})


def why_not():
    """Why disks cannot be mounted here; nothing where they can."""
    with temporary_directory() as directory:
        disk = Disk(directory)
        mounted = disk.mount()
        if mounted.returncode != 0:
            return mounted.stderr.strip()
        disk.unmount()
    return None


def run(cuts, seed, jobs=1, notes_path=None):
    refused = why_not()
    if refused is not None:
        print(f"skipped: loop devices are not allowed here ({refused})")
        return
    notes = Notes(notes_path)
    before = notes.sums()["cuts"]
    print(f"seed {seed}" + (f", {before} cuts were done before" if before else ""), flush=True)
    started = time.monotonic()
    disks = [(min(CUTS_PER_DISK, cuts - first), seed + first) for first in range(before, cuts, CUTS_PER_DISK)]
    for _ in side_by_side(jobs, lambda disk: one_disk(notes, *disk), disks):
        done = notes.sums()["cuts"]
        if cuts > 100:
            print(f"{done} cuts, {done - before} of them in {time.monotonic() - started:.0f} s", flush=True)
    done, acknowledged = notes.sums()["cuts"], notes.sums()["acknowledged"]
    assert acknowledged >= 0.3 * done, "nothing was ever acknowledged: this run has shown nothing"
    print(f"{done} power cuts, {acknowledged} pieces of work acknowledged, none lost", flush=True)
    notes.finish()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cuts", type=int, default=60)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    add_arguments(parser)
    arguments = parser.parse_args()
    run(arguments.cuts, arguments.seed, arguments.jobs, arguments.notes)
