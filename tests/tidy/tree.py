"""The files that the rules look at, read once."""

import re
import subprocess
from pathlib import Path

CODE = {".h", ".cc", ".py", ".cmake", ".js", ".css", ".sh"}
LEFT_OUT = {"build", ".git", ".deps", "node_modules", "__pycache__"}


class Tree:
    """A checkout. Paths are strings relative to its root, with forward slashes."""

    def __init__(self, root):
        self.root = Path(root)
        self.paths = sorted(self._list())
        self._texts = {}

    def _list(self):
        git = ["git", "-C", str(self.root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        try:
            listed = subprocess.run(git, capture_output=True, check=True).stdout.decode().split("\0")
        except (OSError, subprocess.CalledProcessError):  # an unpacked archive
            listed = [str(path.relative_to(self.root)) for path in self.root.rglob("*")]
        for path in listed:
            if path and not LEFT_OUT & set(path.split("/")) and (self.root / path).is_file() and not (self.root / path).is_symlink():
                yield path

    def text(self, path):
        """The file's text; empty when it is not UTF-8 (an image, a corpus file)."""
        if path not in self._texts:
            octets = (self.root / path).read_bytes()
            try:
                self._texts[path] = "" if b"\0" in octets else octets.decode("utf-8")
            except UnicodeDecodeError:
                self._texts[path] = ""
        return self._texts[path]

    def lines(self, path):
        """(number from 1, line) pairs."""
        return enumerate(self.text(path).splitlines(), 1)

    def is_code(self, path):
        """Whether people wrote and read this as program text: by ending, or a script by its first line."""
        name = path.rsplit("/", 1)[-1]
        if name == "CMakeLists.txt" or any(name.endswith(ending) for ending in CODE):
            return True
        return "." not in name and self.text(path).startswith("#!")

    def matching(self, pattern):
        wanted = re.compile(pattern)
        return [path for path in self.paths if wanted.search(path)]

    def modules(self):
        """Name to text of its CMakeLists.txt, for every folder of modules/ that has one."""
        found = {}
        for path in self.matching(r"^modules/[^/]+/CMakeLists\.txt$"):
            found[path.split("/")[1]] = self.text(path)
        return found

    def layer(self, module):
        match = re.search(r"\bLAYER\s+(\d+)", self.modules().get(module, ""))
        return int(match[1]) if match else None
