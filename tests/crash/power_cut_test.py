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

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "system"))
sys.path.insert(0, os.path.dirname(__file__))
from kill_test import Clients, choose_moment, fsck, let_pass  # noqa: E402
from lakehouse_process import Lakehouse, temporary_directory  # noqa: E402
from ledger import Ledger  # noqa: E402

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


def run(cuts, seed):
    chance = random.Random(seed)
    print(f"seed {seed}", flush=True)
    done, acknowledged_in_all = 0, 0
    while done < cuts:
        with temporary_directory() as directory:
            disk = Disk(directory)
            mounted = disk.mount()
            if mounted.returncode != 0:
                print(f"skipped: loop devices are not allowed here ({mounted.stderr.strip()})")
                return
            server = Lakehouse(directory, data=os.path.join(disk.mount_point, "data"))
            ledger = Ledger()
            try:
                for _ in range(min(CUTS_PER_DISK, cuts - done)):
                    server.start()
                    clients = Clients(server, ledger)
                    choose_moment(chance, ledger)
                    disk.cut()
                    server.kill()
                    clients.join()
                    done += 1
                    disk.unmount()
                    mounted = disk.mount()
                    assert mounted.returncode == 0, mounted.stderr
                    server.start()
                    ledger.check(server)
                    server.kill()
                    fsck(server, "a power cut")
            finally:
                server.kill()
                disk.unmount()
            acknowledged_in_all += ledger.done()
    assert acknowledged_in_all >= 0.3 * done, "nothing was ever acknowledged: this run has shown nothing"
    print(f"{done} power cuts, {acknowledged_in_all} pieces of work acknowledged, none lost")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cuts", type=int, default=60)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    arguments = parser.parse_args()
    run(arguments.cuts, arguments.seed)
