#!/usr/bin/python3
"""Looks at the tree as text: layers, lengths, words, format. One check a row of CHECKS.

    tests/lint/lint.py [--root DIR] [name...]

Prints path:line: check: what is wrong, then the tally that tests/run adds up.
"""
import argparse
import sys
from pathlib import Path

import clauses
import events
import form
import layers
import tools
from tree import Tree

CHECKS = {
    "layers": layers.check_layers,
    "private": layers.check_private,
    "libraries": layers.check_libraries,
    "quotes": layers.check_project_quotes,
    "own-header": layers.check_own_header_first,
    "functions": form.check_functions,
    "files": form.check_files,
    "banned": form.check_banned,
    "parameters": form.check_parameters,
    "unfinished": form.check_unfinished,
    "opening": form.check_opening,
    "once": form.check_once,
    "sleeps": form.check_sleeps,
    "links": form.check_links,
    "clauses": clauses.check_clauses,
    "events": events.check_events,
    "blanks": form.check_blanks,
    "listed": tools.check_listed,
    "format": tools.check_format,
    "shell": tools.check_shell,
    "python": tools.check_python,
}


def run(tree, names):
    passed = failed = skipped = 0
    for name in names:
        try:
            faults = list(CHECKS[name](tree))
        except tools.Absent as program:
            skipped += 1
            print(f"skip {name}: {program} is not installed")
            continue
        for path, line, text in faults:
            print(f"{path}:{line}: {name}: {text}")
        print(f"{'FAIL' if faults else 'ok'} {name}: {CHECKS[name].__doc__}")
        passed, failed = passed + (not faults), failed + bool(faults)
    return passed, failed, skipped


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--root", default=Path(__file__).resolve().parents[2])
    parser.add_argument("names", nargs="*", metavar="name", help="of " + " ".join(CHECKS))
    options = parser.parse_args()
    names = [name for name in CHECKS if not options.names or name in options.names]
    passed, failed, skipped = run(Tree(options.root), names)
    print(f"tally {passed} {failed} {skipped}")
    return 0 if failed == 0 and names else 1


if __name__ == "__main__":
    sys.exit(main())
