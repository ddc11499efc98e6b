"""Long runs in pieces: several side by side, each one noted in a file when it is done, so that a run that was ended goes on where it was."""
import collections
import concurrent.futures
import hashlib
import json
import os
import shutil
import signal
import threading

from lakehouse_process import BINARY


class Notes:
    """The pieces that are done, one JSON object a line. Those of another binary do not count. Without a path nothing is kept."""

    def __init__(self, path=None):
        self.path, self.lock, self.pieces = path, threading.Lock(), []
        if not path:
            return
        with open(BINARY, "rb") as binary:
            head = {"binary": hashlib.file_digest(binary, "sha256").hexdigest()}
        lines = self._read()
        if lines[:1] == [head]:
            self.pieces = lines[1:]
            return
        os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(json.dumps(head) + "\n")

    def _read(self):
        if not os.path.exists(self.path):
            return []
        with open(self.path, encoding="utf-8") as file:
            return [json.loads(line) for line in file if line.endswith("\n")]

    def add(self, piece):
        with self.lock:
            self.pieces.append(piece)
            if self.path:
                with open(self.path, "a", encoding="utf-8") as file:
                    file.write(json.dumps(piece) + "\n")

    def sums(self):
        """Of every number that pieces name."""
        with self.lock:
            return sum((collections.Counter(piece) for piece in self.pieces), collections.Counter())

    def finish(self):
        """The run has come to its end: the next one begins anew."""
        if self.path and os.path.exists(self.path):
            os.unlink(self.path)

    def keep(self, directory):
        """What a loss left, beside the notes, for a person to look at; where it lies now."""
        if not self.path:
            return directory
        place = f"{self.path}.lost{len(self.pieces)}"
        shutil.copytree(directory, place, dirs_exist_ok=True, ignore_dangling_symlinks=True, ignore=shutil.ignore_patterns("workers"))
        return place


def side_by_side(jobs, work, tasks):
    """What `work` returns for each of the tasks, so many at a time, as it comes. The first failure ends it, and so does SIGTERM: what runs is brought
    to its end, the rest is left."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        running = [pool.submit(work, task) for task in tasks]
        try:
            for done in concurrent.futures.as_completed(running):
                yield done.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def add_arguments(parser, jobs=1):
    parser.add_argument("--jobs", type=int, default=jobs, help="so many side by side")
    parser.add_argument("--notes", help="the file of what is done: a run that was ended goes on there")
