#!/usr/bin/env python3
"""Counts what a ctest run did, case by case, and ends with the line "N passed, N failed".

Usage: count.py BUILD_DIRECTORY

A ctest entry that is a GoogleTest program counts as its cases, any other as one. GoogleTest must have printed in brief
(GTEST_BRIEF=1, as tests/run sets it). Entries and cases that were skipped are listed with their reason and count as neither.
Exit 1 when a case failed or when none passed.
"""

import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

ENTRY = re.compile(r"^\d+/\d+ Test(?:ing)?: (?P<name>.+?)\n(?P<body>.*?)(?=^\d+/\d+ Test(?:ing)?: |\Z)", re.MULTILINE | re.DOTALL)
SKIPPED_CASE = re.compile(r"^(?P<place>\S+:\d+): Skipped\n(?P<reason>.*)$", re.MULTILINE)
FAILED_CASE = re.compile(r"^\[  FAILED  \] .*\(\d+ ms\)$", re.MULTILINE)


def number(pattern, text):
    found = re.findall(pattern, text)
    return int(found[-1]) if found else 0


def count_entry(status, output):
    """(passed, failed, [skipped]) of one ctest entry; status is ctest's: run, fail, notrun or disabled."""
    skipped = [f"{Path(match['place']).name}: {match['reason'].strip()}" for match in SKIPPED_CASE.finditer(output)]
    passed = number(r"\[  PASSED  \] (\d+) tests?\.", output)
    failed = len(FAILED_CASE.findall(output))
    if status == "run":
        is_gtest = "[  PASSED  ]" in output or bool(skipped)
        return (passed, failed, skipped) if is_gtest else (1, 0, skipped)
    if status == "fail":  # a crash or a timeout has no list of failures
        return passed, max(failed, 1), skipped
    return 0, 0, skipped


def count(junit, log):
    outputs = {match["name"]: match["body"] for match in ENTRY.finditer(log)}
    passed = failed = 0
    skipped = []
    for case in ElementTree.fromstring(junit).iter("testcase"):
        name, status = case.get("name"), case.get("status")
        skip = case.find("skipped")
        if status == "notrun" and (skip is None or "SKIP" not in (skip.get("message") or "")):
            status = "fail"  # its program was not built, or a fixture of it failed
        ran, broke, left_out = count_entry(status, outputs.get(name, case.findtext("system-out") or ""))
        passed, failed = passed + ran, failed + broke
        skipped += [f"{name}: {line}" for line in left_out]
        if status in ("notrun", "disabled"):
            skipped.append(f"{name}: {skip.get('message') if skip is not None else status}")
    return passed, failed, skipped


def main():
    build = Path(sys.argv[1])
    junit, log = build / "tests.xml", build / "Testing" / "Temporary" / "LastTest.log"
    passed = failed = 0
    skipped = []
    if junit.exists() and log.exists():
        passed, failed, skipped = count(junit.read_text(encoding="utf-8", errors="replace"), log.read_text(encoding="utf-8", errors="replace"))
    for line in skipped:
        print(f"skipped: {line}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
