#!/usr/bin/python3
"""Turns what other tools report into the line that tests/run adds up: tally PASSED FAILED SKIPPED.

    tests/tally.py unit BUILD [FILTER]		runs meson's unit tests, counts check's own cases
    tests/tally.py junit FILE...		counts pytest runs
    tests/tally.py coverage FILE LEAST DIR...	line coverage of each directory, from gcovr's summary
"""
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

CHECKED = re.compile(r"^\d+%: Checks: (\d+), Failures: (\d+), Errors: (\d+)$", re.M)


def unit(build, wanted=""):
    tests = json.loads(subprocess.run(["meson", "introspect", "--tests", build], text=True,
                                      capture_output=True, check=True).stdout)
    names = [test["name"] for test in tests
             if any(suite.endswith("unit") for suite in test["suite"]) and re.search(wanted, test["name"])]
    if not names:
        print(f"FAIL no unit test is called '{wanted}'")
        return 0, 1, 0
    log = Path(build, "meson-logs/testlog.json")
    log.unlink(missing_ok=True)
    done = subprocess.run(["meson", "test", "-C", build, "--print-errorlogs", *names], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if not log.exists():
        print(done.stdout)
        return 0, 1, 0
    passed = failed = 0
    for line in log.read_text().splitlines():
        good, bad = cases(json.loads(line))
        passed, failed = passed + good, failed + bad
    if failed:
        print(done.stdout)
    return passed, failed, 0


def cases(test):
    """Cases of one program that passed and failed; a program that died is a failure whatever it said."""
    sums = [sum(int(match[part]) for match in CHECKED.finditer(test.get("stdout") or "")) for part in (1, 2, 3)]
    bad = sums[1] + sums[2]
    good = sums[0] - bad
    if test["result"] != "OK":
        bad = max(bad, 1)
    elif sums[0] == 0:
        good = 1
    print(f"{'FAIL' if bad else 'ok'} {test['name']}: {good} of {good + bad}")
    return good, bad


def junit(*paths):
    passed = failed = skipped = 0
    for path in paths:
        if not Path(path).exists():
            print(f"FAIL pytest left no report: {path}")
            failed += 1
            continue
        for suite in ElementTree.parse(path).getroot().iter("testsuite"):
            bad = int(suite.get("failures")) + int(suite.get("errors"))
            idle = int(suite.get("skipped"))
            passed += int(suite.get("tests")) - bad - idle
            failed, skipped = failed + bad, skipped + idle
    return passed, failed, skipped


def coverage(path, *wanted):
    """wanted: DIRECTORY=LEAST, in percent."""
    passed = failed = 0
    files = json.loads(Path(path).read_text())["files"] if Path(path).exists() else []
    for directory, least in (word.split("=") for word in wanted):
        own = [file for file in files if file["filename"].startswith(directory + "/")]
        total = sum(file["line_total"] for file in own)
        share = 100 * sum(file["line_covered"] for file in own) / total if total else 0
        for file in own:
            print(f"     {file['line_percent']:5.1f} % of {file['line_total']:4d} lines: {file['filename']}")
        good = total > 0 and share >= float(least)
        passed, failed = passed + good, failed + (not good)
        print(f"{'ok' if good else 'FAIL'} {directory}: {share:.1f} % of {total} lines; at least {least} %")
    return passed, failed, 0


def main():
    commands = {"unit": unit, "junit": junit, "coverage": coverage}
    print("tally {} {} {}".format(*commands[sys.argv[1]](*sys.argv[2:])))


if __name__ == "__main__":
    main()
