"""The first session of a person: the pages in a real, headless browser, against the real binary."""
import os
import shutil
import subprocess
import unittest

from lakehouse_process import Lakehouse, temporary_directory

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MODULES = os.environ.get("LAKEHOUSE_UI_MODULES", os.path.join(ROOT, ".deps", "ui", "node_modules"))
CHROMIUM = os.environ.get("LAKEHOUSE_CHROMIUM") or shutil.which("chromium")
NAUGHTY = os.path.join(os.environ.get("LAKEHOUSE_SHARED_DATA", os.path.join(ROOT, "..", "shared", "data")), "strings", "blns", "blns.json")


class FirstSession(unittest.TestCase):
    def test_a_person_finds_their_way(self):
        if not CHROMIUM:
            self.skipTest("there is no chromium; install it with setup/install")
        with temporary_directory() as directory, Lakehouse(directory) as server:
            files = os.path.join(directory, "files")
            os.mkdir(files)
            naughty = [NAUGHTY] if os.path.exists(NAUGHTY) else []
            if not naughty:
                print("skipped: the page of naughty strings, because shared/data is not there")
            done = subprocess.run(["node", os.path.join(ROOT, "tests", "browser", "session.mjs"), f"http://127.0.0.1:{server.port}", files, *naughty],
                                  env={**os.environ, "LAKEHOUSE_UI_MODULES": MODULES, "LAKEHOUSE_CHROMIUM": CHROMIUM},
                                  capture_output=True, text=True, timeout=150, stdin=subprocess.DEVNULL, check=False)
            print(done.stdout)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr + server.log_tail())


if __name__ == "__main__":
    unittest.main()
