"""A disk that becomes full: what was acknowledged stays and can be read, what does not fit is refused with the reason, nothing is half
done, and with room again everything goes on. Also across a kill and a start on the full disk. Prints one line and ends well where
mounting is not allowed."""
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "system"))
sys.path.insert(0, os.path.dirname(__file__))
from kill_test import fsck  # noqa: E402
from lakehouse_process import Lakehouse, temporary_directory  # noqa: E402
from ledger import Ledger, batch_text  # noqa: E402


class FullDisk(unittest.TestCase):
    def setUp(self):
        self.directory = temporary_directory()
        self.addCleanup(self.directory.cleanup)

    def mount(self, name, size):
        """A file system of this size in memory, at a directory of this name; skips the test where that is not allowed."""
        place = os.path.join(self.directory.name, name)
        os.mkdir(place)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "lakehouse-test", place], check=False, capture_output=True, text=True)
        if mounted.returncode != 0:
            self.skipTest(f"mounting is not allowed here ({mounted.stderr.strip()})")
        self.addCleanup(lambda: subprocess.run(["umount", "-l", place], check=True))
        return place

    def fill(self, server, ledger):
        """Works until the disk is full: the codes of the last refusals."""
        codes = []
        for _ in range(400):
            if ledger.append(server):
                continue
            ledger.upsert(server)
            answer = server.ingest("kills", batch_text(100000), mode="auto")
            codes.append(answer.error()["code"])
            if len(codes) == 5:
                return codes
        raise AssertionError("the disk did not become full")

    def test_a_full_lake_keeps_what_it_has_and_goes_on_when_there_is_room(self):
        place = self.mount("data-disk", "2m")
        server = Lakehouse(self.directory.name, data=os.path.join(place, "data"))
        self.addCleanup(server.kill)
        server.start()
        ledger = Ledger()
        ledger.asked.add(100000)
        self.assertEqual(set(self.fill(server, ledger)), {"disk_full"})
        self.assertGreater(len(ledger.acknowledged), 5)
        ledger.check(server)
        server.kill()
        fsck(server, "a full disk")

        server.start()
        ledger.check(server)
        self.assertEqual(server.get("/readyz").status, 200)
        refused = server.ingest("other", "a\n" + "x" * 3000000 + "\n")
        self.assertEqual(refused.error()["code"], "disk_full", refused.body)

        subprocess.run(["mount", "-o", "remount,size=64m", place], check=True)
        for work in (ledger.append, ledger.upsert, ledger.remove):
            self.assertTrue(work(server), f"there is room again\n{server.log_tail()}")
        ledger.check(server)
        server.kill()
        fsck(server, "a disk that had been full")

    def test_a_full_state_directory_refuses_uploads_and_nothing_else(self):
        place = self.mount("state-disk", "24m")
        server = Lakehouse(self.directory.name, state=os.path.join(place, "state"))
        self.addCleanup(server.kill)
        server.start()
        ledger = Ledger()
        self.assertTrue(ledger.append(server))
        too_large = "a,b\n" + "1,some text to fill a line\n" * 1500000
        refused = server.ingest("large", too_large)
        self.assertEqual((refused.status, refused.error()["code"]), (503, "disk_full"), refused.body)
        self.assertEqual(server.get("/v1/catalog/datasets/large").status, 404)
        self.assertTrue(ledger.append(server), "what fits still goes in: the refused upload has left nothing")
        ledger.check(server)
        server.kill()
        fsck(server, "a full state directory")


if __name__ == "__main__":
    unittest.main(verbosity=2)
