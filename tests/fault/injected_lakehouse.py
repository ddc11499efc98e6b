"""A lakehouse process whose changes below its lake are counted and made to fail, one at a time: fault_injector.c from outside."""
import mmap
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "system"))
from lakehouse_process import Lakehouse

INJECTOR = os.environ.get("LAKEHOUSE_FAULT_INJECTOR", "build/release/tests/libfault_injector.so")
KINDS = {"kill before": 1, "kill after": 2, "EIO": 3, "ENOSPC": 4, "short write": 5}
NUMBERS = struct.Struct("@6L")  # armed, kind, nth, times, count, happened
DIRECTORY_BYTES, LAST_BYTES = 2048, 1024
SIZE = NUMBERS.size + DIRECTORY_BYTES + LAST_BYTES


class InjectedLakehouse(Lakehouse):
    def __init__(self, directory, **options):
        os.makedirs(directory, exist_ok=True)
        self.page_path = os.path.join(directory, "fault-page")
        with open(self.page_path, "wb") as file:
            file.write(bytes(SIZE))
        with open(self.page_path, "r+b") as file:
            self.page = mmap.mmap(file.fileno(), SIZE)
        environment = {"LD_PRELOAD": os.path.abspath(INJECTOR), "FAULT_INJECTOR_PAGE": self.page_path}
        super().__init__(directory, environment=environment, **options)
        target = os.path.realpath(self.data).encode()
        self.page[NUMBERS.size:NUMBERS.size + len(target) + 1] = target + b"\0"

    def arm(self, kind=None, nth=0, times=1):
        """Counts from now on; the nth change fails in this way, and as many after it."""
        self.page[:NUMBERS.size] = NUMBERS.pack(0, KINDS.get(kind, 0), nth, times, 0, 0)
        self.page[:struct.calcsize("@L")] = struct.pack("@L", 1)

    def disarm(self):
        self.page[:struct.calcsize("@L")] = struct.pack("@L", 0)

    @property
    def count(self):
        return NUMBERS.unpack(self.page[:NUMBERS.size])[4]

    @property
    def happened(self):
        return NUMBERS.unpack(self.page[:NUMBERS.size])[5]

    @property
    def last(self):
        return self.page[NUMBERS.size + DIRECTORY_BYTES:].split(b"\0", 1)[0].decode("utf-8", "replace")
