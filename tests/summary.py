#!/usr/bin/env python3
"""Prints how many tests passed and failed inside the programs that ctest ran.

usage: summary.py JUNIT_FILE…

A program counts its tests by TAP (cmocka, bats) or in a closing line (doctest, or "N passed, N failed").
"""

import re
import sys
from xml.etree import ElementTree

GOOD, BAD = re.compile(r"^ok\b", re.M), re.compile(r"^not ok\b(?! \d+ # SKIP)", re.M)  # cmocka skips with "not ok"
CLOSING = re.compile(r"^(?:\[doctest\] test cases:.*?)?(\d+) passed(?:,| \|) *(\d+) failed", re.M)


def count(program):
    """The numbers of its tests that passed and that failed."""
    output = program.findtext("system-out", "")
    closing = CLOSING.findall(output)
    good, bad = map(int, closing[-1]) if closing else (len(GOOD.findall(output)), len(BAD.findall(output)))
    unrun = program.find("skipped")
    skipped = unrun is not None and unrun.get("message", "").startswith("SKIP_RETURN_CODE")
    # A failure outside its tests: a crash, a leak found at the end, a run without tests.
    if not bad and not skipped and (program.get("status") != "run" or not good):
        reasons = {"fail": "it failed outside its tests", "run": "it ran no test"}
        print(f"not ok {program.get('name')}: {reasons.get(program.get('status'), 'it was not run')} ({good} tests passed)")
        bad = 1
    return good, bad


def main():
    programs = [program for file in sys.argv[1:] for program in ElementTree.parse(file).iter("testcase")]
    counts = [count(program) for program in programs]
    passed, failed = sum(good for good, _ in counts), sum(bad for _, bad in counts)
    print(f"{passed} passed, {failed} failed")
    return failed != 0 or passed == 0


if __name__ == "__main__":
    sys.exit(main())
