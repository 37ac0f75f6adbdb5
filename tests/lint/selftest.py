#!/usr/bin/python3
"""Shows that each lint can fail: every row is a small tree with one fault, and the check that finds it.

The same check must be content with the tree of GOOD files. Prints the tally that tests/run adds up.
"""
import subprocess
import sys
import tempfile
from pathlib import Path

from lint import CHECKS
from tools import Absent
from tree import Tree

OPEN = "/* store/a.c - a sample. */\n"
HEAD = "/* store/a.h - a sample. */\n#pragma once\n"
BUILD = "files('a.c', 'body.c', 'tell.c')\n"
LONG = OPEN + "int f(void);\n\nint f(void)\n{\n" + "\t;\n" * 59 + "}\n"
MARK = "TO" + "DO"
BODY = OPEN + "int a(void)\n{\n\treturn 1;\n}\n"
TEST_A = "/* unit/test_a.c - a sample. */\n#include <check.h>\n\nSTART_TEST(one)\n{\n\tck_abort();\n}\nEND_TEST\n"
REASONS = "| reason | about |\n|---|---|\n| `none` | kept, as `cache.grace` and `larder_a_total` say |\n"
CLAUSES = "\n| clause | what | function | test |\n|---|---|---|---|\n| 1 | - | `store/body.c:a` | %s |\n"
PAGE = REASONS + CLAUSES % "`unit/test_a.c::one`, `e2e/01_a.py::test_a`"
EVENTS = "| event | level | about |\n|---|---|---|\n| `kept`, `kept-too` | info | - |\n"
TELL = ('/* store/tell.c - a sample. */\nvoid tell(void)\n{\n\tlog_event(LOG_LEVEL_INFO, 1 ? "kept" : "kept-too", "%s");\n'
    '\tlog_event(LOG_LEVEL_DEBUG, "quiet", "%s");\n}\n')
GOOD = {
    "meson.build": "project('sample')\n",
    "include/larder/store/a.h": HEAD + "\n/* Does. */\nint a(int b, int c, int d, int e, int *ret);\n",
    "include/larder/util/u.h": "/* util/u.h - a sample. */\n#pragma once\n",
    "include/larder/upstream/u.h": "/* upstream/u.h - a sample. */\n#pragma once\n",
    "src/store/a.c": OPEN + '#include "store/a.h"\n\n#include "b.h"\n#include "util/u.h"\n\n#include <stdio.h>\n',
    "src/store/b.h": "/* store/b.h - a sample. */\n#pragma once\n",
    "src/store/body.c": BODY.replace("a.c", "body.c"),
    "src/store/meson.build": BUILD,
    "include/larder/policy/storable.h": '/* policy/storable.h - a sample. */\n#pragma once\n'
        '/* clang-format off */\n#define SKIP_TABLE(X) \\\n\tX(NONE, "none")\n',
    "docs/caching.md": PAGE,
    "docs/config.md": "`cache.grace`\n",
    "docs/metrics.md": "`larder_a_total`\n",
    "docs/operations.md": EVENTS,
    "src/store/tell.c": TELL,
    "tests/unit/test_a.c": TEST_A,
    "tests/e2e/01_a.py": '"""A sample."""\n\n\ndef test_a():\n    assert True\n',
    "tests/run": "#!/bin/bash\n# A sample.\nexit 0\n",
    ".clang-format": (Path(__file__).resolve().parents[2] / ".clang-format").read_text(),
}

# check, file, its content
BAD = [
    ("layers", "src/store/a.c", OPEN + '#include "upstream/u.h"\n'),
    ("layers", "src/store/a.c", OPEN + '#  include "upstream/u.h"\n'),
    ("layers", "include/larder/util/u.h", '/* util/u.h - . */\n#pragma once\n#include "store/a.h"\n'),
    ("layers", "src/attic/a.c", "/* attic/a.c - a sample. */\n"),
    ("private", "src/util/u.c", '/* util/u.c - a sample. */\n#include "b.h"\n'),
    ("private", "src/util/u.c", '/* util/u.c - a sample. */\n#include "../store/b.h"\n'),
    ("private", "include/larder/store/a.h", HEAD + '#include "b.h"\n'),
    ("libraries", "src/store/a.c", OPEN + "#include <microhttpd.h>\n"),
    ("libraries", "src/store/a.c", OPEN + "#include <curl/curl.h>\n"),
    ("libraries", "src/store/a.c", OPEN + "#include <unheard/of.h>\n"),
    ("quotes", "src/store/a.c", OPEN + "#include <store/a.h>\n"),
    ("quotes", "src/store/a.c", OPEN + '#include "stdio.h"\n'),
    ("own-header", "src/store/a.c", OPEN + '#include <stdio.h>\n#include "store/a.h"\n'),
    ("functions", "src/store/a.c", LONG),
    ("functions", "tests/e2e/01_a.py", '"""."""\ndef f():\n' + "    pass\n" * 60),
    ("files", "src/store/a.c", OPEN + "\n" * 400),
    ("files", "meson.build", "# a line\n" * 151),
    ("banned", "src/store/a.c", OPEN + "void f(char *a)\n{\n\tstrcpy(a, \"\");\n}\n"),
    ("banned", "tests/unit/test_a.c", OPEN + "int f(void)\n{\n\treturn atoi(\"1\");\n}\n"),
    ("banned", "src/store/b.h", "typedef struct a {\n\tint b;\n} a;\n"),
    ("parameters", "include/larder/store/a.h", HEAD + "int a(int b, int c, int d, int e, int f);\n"),
    ("unfinished", "src/store/a.c", OPEN + f"/* {MARK}: later */\n"),
    ("unfinished", "docs/a.md", f"{MARK}\n"),
    ("opening", "src/store/a.c", "int a;\n"),
    ("opening", "src/store/a.c", "/* a sample. */\n"),
    ("opening", "src/store/a.c", "/* store/a.c - a sample.\n" + " * more\n" * 40 + " */\n"),
    ("opening", "tests/e2e/01_a.py", "import os\n"),
    ("opening", "tests/run", "#!/bin/bash\nexit 0\n"),
    ("once", "include/larder/store/a.h", "/* store/a.h - a sample. */\n"),
    ("sleeps", "tests/unit/test_a.c", OPEN + "void f(void)\n{\n\tusleep(5);\n}\n"),
    ("sleeps", "tests/e2e/01_a.py", "import time\ntime.sleep(1)\n"),
    ("links", "docs/a.md", "See [it](b.md#there).\n"),
    ("links", "README.md", "See [it](docs/b.md).\n"),
    ("clauses", "docs/caching.md", REASONS + CLAUSES % "`unit/test_a.c::two`"),
    ("clauses", "docs/caching.md", REASONS + CLAUSES % "`e2e/02_a.py::test_a`"),
    ("clauses", "docs/caching.md", REASONS + CLAUSES % "`e2e/01_a.py::test_a()`"),
    ("clauses", "docs/caching.md", REASONS + CLAUSES % "by hand"),
    ("clauses", "docs/caching.md", REASONS + CLAUSES % "- | -"),
    ("clauses", "docs/caching.md", PAGE.replace("body.c:a", "body.c:b")),
    ("clauses", "docs/caching.md", PAGE.replace("body.c:a", "c.c:a")),
    ("clauses", "docs/caching.md", PAGE.replace("`store/body.c:a`", "all of it")),
    ("clauses", "docs/caching.md", PAGE.replace("cache.grace", "cache.mercy")),
    ("clauses", "docs/caching.md", PAGE.replace("larder_a", "larder_b")),
    ("clauses", "docs/caching.md", PAGE.replace("| `none`", "none: `none`")),
    ("clauses", "docs/caching.md", PAGE + REASONS.replace("none", "method")),
    ("events", "src/store/tell.c", TELL.replace("DEBUG", "WARN")),
    ("events", "src/store/tell.c", TELL + 'static int told = { LOG_LEVEL_WARN, "more" };\n'),
    ("events", "docs/operations.md", EVENTS + "| `never` | warn | - |\n"),
    ("blanks", "src/store/a.c", OPEN + "int a; \n"),
    ("blanks", "src/store/a.c", OPEN + "int a;"),
    ("blanks", "src/store/a.c", OPEN + "\n\n"),
    ("listed", "src/store/c.c", "/* store/c.c - a sample. */\n"),
    ("format", "src/store/a.c", OPEN + "int  f(void){return 1;}\n"),
    ("shell", "tests/run", "#!/bin/bash\n# A sample.\nrm $1\n"),
    ("python", "tests/e2e/01_a.py", '"""A sample."""\nimport os\n'),
]
# What looks like a fault and is none.
FINE = [
    ("parameters", "src/store/b.h", "int a(struct MHD_Connection *c, int d, int e, int f, int g);\n"),
    ("links", "docs/a.md", "See [it](../tests/run), [that](https://example.org/) and [these](../src/store).\n"),
    ("clauses", "docs/caching.md", REASONS + CLAUSES % "-"),
    ("banned", "src/store/a.c", OPEN + "/* not strcpy(a, b) */\nconst char *a = \"atoi(b)\";\n"),
    ("banned", "src/store/a.c", OPEN + "int f(char *a)\n{\n\treturn strtok_r(a, a, &a) != 0;\n}\n"),
    ("functions", "src/store/a.c", LONG.replace("\t;\n", "", 1)),
    ("layers", "src/store/a.c", OPEN + '/* #include "upstream/u.h" is for others */\n'),
]


def faults(check, path=None, content=None):
    """What the check finds in the good tree with one file replaced."""
    with tempfile.TemporaryDirectory() as root:
        for name, text in {**GOOD, **({path: content} if path else {})}.items():
            at = Path(root, name)
            at.parent.mkdir(parents=True, exist_ok=True)
            at.write_text(text)
        subprocess.run(["git", "init", "-q", root], check=True)
        return list(CHECKS[check](Tree(root)))


def rows():
    """(what it shows, whether it does) of each row."""
    for check in CHECKS:
        yield f"{check} is content with the good tree", check, lambda c=check: not faults(c)
    for check, path, content in BAD:
        yield (f"{check} finds {content.splitlines()[-1]!r} in {path}", check,
               lambda c=check, p=path, t=content: any(f[0] == p for f in faults(c, p, t)))
    for check, path, content in FINE:
        yield (f"{check} lets pass {content.splitlines()[-1]!r}", check,
               lambda c=check, p=path, t=content: not faults(c, p, t))


def main():
    passed = failed = skipped = 0
    for name, check, shows in rows():
        try:
            good = shows()
        except Absent as program:
            skipped += 1
            print(f"skip {name}: {program} is not installed")
            continue
        passed, failed = passed + good, failed + (not good)
        if not good:
            print(f"FAIL {name}")
    unshown = CHECKS.keys() - {row[0] for row in BAD}
    for check in unshown:
        failed += 1
        print(f"FAIL {check} has no bad sample")
    print(f"tally {passed} {failed} {skipped}")
    return 0 if failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
