#!/usr/bin/python3
"""Compiles each header alone: whoever includes it needs nothing else before it.

    tests/lint/headers.py [part of a path]

Prints the tally that tests/run adds up.
"""
import concurrent.futures
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WARNINGS = ["-Wall", "-Wextra", "-Werror", "-Wstrict-prototypes", "-Wno-unused-parameter"]


def headers(part):
    for top in ("include", "src", "tests"):
        for path in sorted((ROOT / top).rglob("*.h")):
            if part in str(path.relative_to(ROOT)):
                yield path


def search_path(path):
    """A private header sees its own directory and its layer's, a test's every layer's; all see the public ones."""
    parts = path.relative_to(ROOT).parts
    layers = sorted(ROOT.glob("src/*")) if parts[0] == "tests" else [ROOT.joinpath(*parts[:2])]
    return [ROOT / "include/larder", path.parent, *layers]


def compile_alone(path):
    command = [os.environ.get("CC", "cc"), "-std=gnu17", "-D_GNU_SOURCE", "-fsyntax-only", *WARNINGS,
               *(f"-I{directory}" for directory in search_path(path)), "-x", "c", "-"]
    done = subprocess.run(command, input=f'#include "{path}"\n', text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return path, done.returncode == 0, done.stdout


def main():
    part = sys.argv[1] if len(sys.argv) > 1 else ""
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, good, output in pool.map(compile_alone, headers(part)):
            passed, failed = passed + good, failed + (not good)
            if not good:
                print(f"FAIL {path.relative_to(ROOT)}\n{output}")
    print(f"tally {passed} {failed} 0")
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
