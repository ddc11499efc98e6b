#!/usr/bin/env python3
"""What count.py makes of the ways a ctest entry can end: a wrong count would hide a failure."""

import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))

from count import count  # noqa: E402

CASES = """lake_test.cc:5: Skipped
no loop devices here
"""


def run(*entries):
    """Entries are (name, status, output, skip message)."""
    junit, log = "<testsuite>", "Start testing: now\n"
    for position, (name, status, output, skip) in enumerate(entries, 1):
        junit += f'<testcase name="{name}" status="{status}">' + (f'<skipped message="{skip}"/>' if skip else "") + "</testcase>"
        log += f"{position}/{len(entries)} Testing: {name}\n{position}/{len(entries)} Test: {name}\nOutput:\n{output}<end of output>\n\n"
    return count(junit + "</testsuite>", log)


class Count(unittest.TestCase):
    def test_a_googletest_program_counts_as_its_cases(self):
        self.assertEqual(run(("lake", "run", "[  PASSED  ] 12 tests.\n", "")), (12, 0, []))
        self.assertEqual(run(("lake", "run", "[  PASSED  ] 1 test.\n", "")), (1, 0, []))

    def test_any_other_program_counts_as_one(self):
        self.assertEqual(run(("tidy", "run", "fine\n", ""), ("lint", "fail", "bad\n", "")), (1, 1, []))

    def test_failed_cases_are_counted_and_the_others_too(self):
        self.assertEqual(run(("lake", "fail", "lake_test.cc:9: Failure\n[  FAILED  ] A.B (0 ms)\n[  FAILED  ] A.C, where GetParam() = 2 (1 ms)\n[  PASSED  ] 3 tests.\n", "")), (3, 2, []))

    def test_a_crash_before_the_summary_is_a_failure(self):
        self.assertEqual(run(("lake", "fail", CASES, "")), (0, 1, ["lake: lake_test.cc:5: no loop devices here"]))

    def test_skipped_cases_are_neither_and_are_listed_with_their_reason(self):
        self.assertEqual(run(("lake", "run", CASES + "[  PASSED  ] 1 test.\n", "")), (1, 0, ["lake: lake_test.cc:5: no loop devices here"]))

    def test_a_program_whose_cases_were_all_skipped_is_no_pass(self):
        self.assertEqual(run(("lake", "run", CASES + "[  PASSED  ] 0 tests.\n", ""))[:2], (0, 0))

    def test_a_program_that_was_not_built_is_a_failure(self):
        self.assertEqual(run(("lake", "notrun", "", "")), (0, 1, []))
        self.assertEqual(run(("lake", "notrun", "", "Unable to find executable")), (0, 1, []))

    def test_an_entry_that_skips_itself_or_is_disabled_is_listed(self):
        self.assertEqual(run(("s3", "notrun", "", "SKIP_RETURN_CODE=77"), ("old", "disabled", "", "")),
                         (0, 0, ["s3: SKIP_RETURN_CODE=77", "old: disabled"]))


if __name__ == "__main__":
    unittest.main()
