"""What a test remembers of a lake, to see that nothing changed, and of its processes, to see that their memory stayed bounded."""
import hashlib
import os
import re
import threading
import time

DATA_FOLDER = os.environ.get("LAKEHOUSE_SHARED_DATA", os.path.join(os.path.dirname(__file__), *[".."] * 3, "shared", "data"))


# ./dev torture: the same tests with more of everything.
TORTURE = os.environ.get("LAKEHOUSE_TORTURE") == "1"


def shared(*path):
    """A file or folder of the shared test data's neighbourhood; None when it is not on this machine."""
    found = os.path.normpath(os.path.join(DATA_FOLDER, *path))
    return found if os.path.exists(found) else None


def wait_until(what, condition, seconds=20):
    """Returns the condition's value once it is true."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not after {seconds} s: {what}")
        threading.Event().wait(0.02)


def files_below(directory):
    return sorted(os.path.relpath(os.path.join(place, name), directory) for place, _, names in os.walk(directory) for name in names)


def key_of(name):
    """The key of the object that a local store keeps below this name: long names are cut in pieces, and some signs are escaped."""
    return name.replace("%~/", "").removesuffix(".%").replace("%2E", ".").replace("%25", "%")


def digest_of(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def digests_below(directory):
    return {name: digest_of(os.path.join(directory, name)) for name in files_below(directory)}


# What stays when there is no work: keys, locks, the cache, links to committed files that a worker has read, notes of jobs that have ended.
AT_REST = re.compile(r"\w+\.key$|cache/|workers/\w+/\w+\.lock$|workers/query/[\w-]+/in/[0-9a-f]+\.parquet$|"
                     r"accepted/\w+/uploads/[\w-]+/ended\.json$")


def leftovers(server):
    """Files of this machine's state that belong to work in progress: none when there is none."""
    return [name for name in files_below(server.state) if not AT_REST.match(name)]


def head_of(server):
    """What the catalog says of every dataset."""
    return sorted((d["name"], d["head"]["version"], d["head"]["sequence"]) for d in server.get("/v1/catalog/datasets").json()["datasets"])


class Lake:
    """The lake as it is now: every object's digest, every dataset's version."""

    def __init__(self, server):
        self.server = server
        server.request("POST", "/v1/storage/errors/flush")  # nothing of the error journal is on its way now
        self.objects = {name: digest for name, digest in digests_below(server.data).items() if not name.startswith("_errors/")}
        self.head = head_of(server)

    def changes(self):
        """What is otherwise than before; nothing when all is as it was and no work has left anything behind."""
        now = Lake(self.server)
        found = [f"{name} is new" for name in now.objects.keys() - self.objects.keys()]
        found += [f"{name} is gone" for name in self.objects.keys() - now.objects.keys()]
        found += [f"{name} has changed" for name in self.objects.keys() & now.objects.keys() if now.objects[name] != self.objects[name]]
        if now.head != self.head:
            found.append(f"the catalog said {self.head} and says {now.head}")
        try:
            wait_until("", lambda: not leftovers(self.server), 5)
        except AssertionError:
            found += [f"left behind: {name}" for name in leftovers(self.server)]
        return found


def status_of(pid, *fields):
    """Numbers of /proc/<pid>/status in bytes; zeros when the process is gone."""
    values = dict.fromkeys(fields, 0)
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
            for line in file:
                name, _, value = line.partition(":")
                if name in values:
                    values[name] = int(value.split()[0]) * 1024
    except OSError:
        pass
    return [values[field] for field in fields]


def processes_below(pid):
    """(pid, state) of all descendants."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", encoding="ascii", errors="replace") as file:
                    after_name = file.read().rpartition(")")[2].split()
                parents[int(entry)] = (int(after_name[1]), after_name[0])
            except OSError:
                continue
    found, last = [], {pid}
    while last:
        last = {child for child, (parent, _) in parents.items() if parent in last}
        found += [(child, parents[child][1]) for child in last]
    return found


class Memory:
    """Watches a server's processes while the block runs: the peak of the main process and of the largest worker, in bytes."""

    def __init__(self, server):
        self.pid = server.process.pid
        self.main, self.worker = 0, 0
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def look(self):
        # What is private: pages of mapped files are the page cache's.
        self.main = max(self.main, sum(status_of(self.pid, "RssAnon", "RssShmem")))
        for child, _ in processes_below(self.pid):
            self.worker = max(self.worker, sum(status_of(child, "RssAnon", "RssShmem")))

    def watch(self):
        while not self.stop.wait(0.02):
            self.look()

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *failure):
        self.look()
        self.stop.set()
        self.thread.join()

    def __str__(self):
        return f"peak memory {self.main >> 20} MiB, of a worker {self.worker >> 20} MiB"
