"""docs/caching.md against the code: whatever it names is there, and each reason has its words.

    `policy/storable.c:storable_check`   a function, the path below src/
    `unit/test_age.c::age_row`           a test, the path below tests/
    `cache.grace`, `cache.grace: 0`      a setting of docs/config.md
    `larder_cache_stores_total`          a metric of docs/metrics.md
"""
import re

from tree import line_of

PAGE = "docs/caching.md"
STORABLE = "include/larder/policy/storable.h"
QUOTED = re.compile(r"`([^`\n]+)`")
TEST = re.compile(r"(?:unit|e2e)/[\w/]+\.(?:c|py)::\w+")
FUNCTION = re.compile(r"[\w/]+\.[ch]:\w+")
SETTING = re.compile(r"((?:server|cache|log)\.[a-z_.]+)(?:: .*)?")
METRIC = re.compile(r"((?:larder|process)_[a-z_]+)(?:\{.*\})?")
ROW = re.compile(r"^\|(.*)\|$", re.M)
SKIP = re.compile(r'^\s*X\(\w+, "([\w-]+)"\)', re.M)


def rows(text):
    """(offset, header, cells) of each row of the page's tables."""
    header, end = None, None
    for match in ROW.finditer(text):
        cells = [cell.strip() for cell in match.group(1).split(" | ")]
        if match.start() != end:
            header = cells
        elif not set(cells[0]) <= set("-| "):
            yield match.start(), header, cells
        end = match.end() + 1


def is_defined(tree, path, name):
    """Whether the C text has the function's body, not just its prototype."""
    code = tree.code(path)
    for match in re.finditer(rf"^[a-z_][\w *]*\b{name}\(", code, re.M):
        if re.match(r"[^;{]*\)\s*\{", code[match.end():]):
            return True
    return False


def has_test(tree, path, name):
    begin = rf"^START_TEST\({name}\)" if path.endswith(".c") else rf"^def {name}\("
    return re.search(begin, tree.text(path), re.M) is not None


def missing(tree, word):
    """What is wrong with a quoted word of the page, or None."""
    if "::" in word:
        path, name = f"tests/{word.split('::')[0]}", word.split("::")[1]
        if not TEST.fullmatch(word) or path not in tree.paths:
            return f"{word} is no file::test"
        return None if has_test(tree, path, name) else f"{path} has no test {name}"
    if re.search(r"\.[ch]:", word):
        path, name = f"src/{word.split(':')[0]}", word.split(":")[1]
        if not FUNCTION.fullmatch(word) or path not in tree.paths:
            return f"{word} is no file:function"
        return None if is_defined(tree, path, name) else f"{path} has no function {name}"
    for form, other in ((SETTING, "docs/config.md"), (METRIC, "docs/metrics.md")):
        match = form.fullmatch(word)
        if match and (other not in tree.paths or f"`{match.group(1)}`" not in tree.text(other)):
            return f"{other} does not know {match.group(1)}"
    return None


def check_clauses(tree):
    """What docs/caching.md names is there; each clause has its function and test, each reason its words."""
    if PAGE not in tree.paths:
        yield PAGE, 0, "is not there"
        return
    text = tree.text(PAGE)
    for match in QUOTED.finditer(text):
        fault = missing(tree, match.group(1))
        if fault:
            yield PAGE, line_of(text, match.start()), fault
    told = {}
    for at, header, cells in rows(text):
        if header[0] == "clause":
            yield from _clause(text, at, cells)
        if header[0] == "reason":
            told[cells[0].strip("`")] = line_of(text, at)
    yield from _reasons(tree, told)


def _clause(text, at, cells):
    """clause | what larder does | function | test"""
    line = line_of(text, at)
    if len(cells) != 4:
        yield PAGE, line, f"{len(cells)} cells, not clause, what, function, test"
        return
    for cell, form, what in ((cells[2], FUNCTION, "function"), (cells[3], TEST, "test")):
        if cell != "-" and not any(form.fullmatch(word) for word in QUOTED.findall(cell)):
            yield PAGE, line, f"'{cells[0]}' names no {what}; '-' where there can't be one"


def _reasons(tree, told):
    words = SKIP.findall(tree.text(STORABLE)) if STORABLE in tree.paths else []
    for word in words:
        if word not in told:
            yield PAGE, 0, f"the reason '{word}' of {STORABLE} is not explained"
    for word, line in told.items():
        if word not in words:
            yield PAGE, line, f"'{word}' is no reason of {STORABLE}"
