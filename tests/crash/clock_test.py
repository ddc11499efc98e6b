"""The clock of a running server is set back a day, and forward five years. Time rises along the log all the same, tables are found as
they were by the time they were written, and a restart under another clock changes none of it."""
import datetime
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "system"))
sys.path.insert(0, os.path.dirname(__file__))
from kill_test import fsck  # noqa: E402
from lakehouse_process import Lakehouse, temporary_directory  # noqa: E402

DAY = 86400
FIVE_YEARS = 5 * 365 * DAY
LIBRARY = os.environ.get("MOVED_CLOCK_LIBRARY", "build/release/bin/libmoved_clock.so")


class Clock(unittest.TestCase):
    def setUp(self):
        directory = temporary_directory()
        self.addCleanup(directory.cleanup)
        self.moved = os.path.join(directory.name, "moved-by")
        self.server = Lakehouse(directory.name, environment={"LD_PRELOAD": LIBRARY, "MOVED_CLOCK_FILE": self.moved})
        self.addCleanup(self.server.kill)
        self.rows = 0

    def move(self, seconds):
        with open(self.moved + ".new", "w", encoding="ascii") as new:
            new.write(str(seconds))
        os.replace(self.moved + ".new", self.moved)

    def commit(self):
        """One more row: the version's time in microseconds, as the log has it."""
        self.rows += 1
        answer = self.server.ingest("t", f"n\n{self.rows}\n", mode="auto")
        self.assertIn(answer.status, (200, 201), answer.body)
        history = self.server.get("/v1/catalog/datasets/t/history").json()["snapshots"]
        self.assertEqual(history[0]["version"], self.rows)
        return int(history[0]["time_micros"])

    def count_at(self, micros):
        at = datetime.datetime.fromtimestamp(micros / 1e6, datetime.timezone.utc)
        text = (datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=micros)).isoformat(" ")
        self.assertEqual(at.year, int(text[:4]))
        return int(self.server.rows(f"SELECT count(*) FROM t AT (TIMESTAMP => TIMESTAMP '{text}')")[0][0])

    def test_time_rises_whatever_the_clock_does(self):
        self.server.start()
        times = [self.commit()]
        now = datetime.datetime.now().timestamp() * 1e6
        self.assertLess(abs(times[0] - now), 60e6, "the clock was not moved yet")

        self.move(-DAY)
        times.append(self.commit())
        self.assertLess(times[1] - times[0], 60e6, "a clock set back holds time still, nothing more")
        self.move(FIVE_YEARS)
        times.append(self.commit())
        self.assertGreater(times[2] - times[0], (FIVE_YEARS - 60) * 1e6, "the test moved the server's clock")
        self.move(-DAY)
        times.append(self.commit())
        self.check(times)

        for seconds in (0, -DAY, FIVE_YEARS + DAY, -2 * FIVE_YEARS):
            self.server.kill()
            self.move(seconds)
            self.server.start()
            self.check(times)
            times.append(self.commit())
            self.check(times)
        self.server.kill()
        fsck(self.server, "a moved clock")
        self.assertEqual(self.rows, len(times))

    def test_a_clock_set_forward_and_back_in_the_middle_of_work_stops_nothing(self):
        self.server.start()
        times = []
        for seconds in (0, FIVE_YEARS, -DAY, 0, FIVE_YEARS):
            self.move(seconds)
            times.append(self.commit())
            self.assertEqual(self.server.rows("SELECT count(*) FROM range(3000000) r(i)"), [[3000000]])
        self.assertEqual(self.server.get("/readyz").status, 200)
        self.check(times)

    def check(self, times):
        self.assertEqual(times, sorted(set(times)), "time rises strictly")
        log = self.server.get("/v1/catalog/log?limit=1000").json()["records"]
        logged = [int(record["time_micros"]) for record in log]
        self.assertEqual(logged, sorted(set(logged)))
        for version, micros in enumerate(times, 1):
            self.assertEqual(self.count_at(micros), version, "as it was when this version was written")
        self.assertEqual(self.server.rows("SELECT count(*) FROM t"), [[len(times)]])


if __name__ == "__main__":
    unittest.main(verbosity=2)
