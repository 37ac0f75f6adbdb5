"""Lengths, words and comments: what a reader can rely on in every file."""
import ast
import os
import re

from tree import line_of

FUNCTION_LINES = 60
FILE_LINES = 400
ROOT_BUILD_LINES = 150
COLUMNS = 100
COMMENT_LINES = 30
PARAMETERS = 4

BANNED = re.compile(
    r"\b(strcpy|strcat|strncpy|sprintf|vsprintf|gets|strtok|atoi|atol|atof|rand|srand|system"
    r"|alloca|tmpnam|mktemp)\s*\(")
TYPEDEF = re.compile(r"^[ \t]*typedef\s+(struct|union|enum)\b", re.M)
SLEEP_C = re.compile(r"\b(sleep|usleep|nanosleep|thrd_sleep|clock_nanosleep)\s*\(")
SLEEP_PYTHON = re.compile(r"\b(time|asyncio)\.sleep\s*\(|\bfrom time import .*\bsleep\b")
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
LIBRARY_TYPE = re.compile(r"\b(struct MHD_|enum MHD_|gnutls_|CURL)")
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
DECLARED = re.compile(
    r"^(?:NODISCARD |static |inline )*(?:const )?(?:struct |enum |unsigned )?\w+ \**(\w+)\(", re.M)


def functions(tree, path):
    """(first line, last line) of each function body: braces in the first column, as the form asks."""
    begin = None
    for number, line in enumerate(tree.code(path).split("\n"), 1):
        if line.rstrip() == "{":
            begin = number
        elif line.startswith("}") and begin is not None:
            yield begin, number
            begin = None


def check_functions(tree):
    """No function is longer than 60 lines."""
    for path in tree.c_files():
        for first, last in functions(tree, path):
            if last - first + 1 > FUNCTION_LINES:
                yield path, first, f"a function of {last - first + 1} lines; at most {FUNCTION_LINES}"
    for path in tree.python_files():
        for node in ast.walk(ast.parse(tree.text(path))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                size = node.end_lineno - node.lineno + 1
                if size > FUNCTION_LINES:
                    yield path, node.lineno, f"{node.name}() has {size} lines; at most {FUNCTION_LINES}"


def check_files(tree):
    """No file is longer than 400 lines, the root meson.build not than 150."""
    for path in [*tree.c_files(), *tree.python_files(), *tree.shell_files()]:
        size = tree.text(path).count("\n")
        if size > FILE_LINES:
            yield path, size, f"{size} lines; at most {FILE_LINES}"
    if "meson.build" in tree.paths:
        size = tree.text("meson.build").count("\n")
        if size > ROOT_BUILD_LINES:
            yield "meson.build", size, f"{size} lines; at most {ROOT_BUILD_LINES}"


def check_banned(tree):
    """Functions that nobody should call."""
    for path in tree.c_files():
        code = tree.code(path)
        for match in BANNED.finditer(code):
            yield path, line_of(code, match.start()), f"{match.group(1)}() is banned"
        for match in TYPEDEF.finditer(code):
            yield path, line_of(code, match.start()), f"{match.group(1)}s are not hidden by typedef"


def check_parameters(tree):
    """A function of ours takes at most four parameters beside its outputs; a library's callback what it must."""
    for path in tree.find(".h", under=("src", "include")):
        code = tree.code(path)
        for match in DECLARED.finditer(code):
            inputs = [p for p in _parameters(code, match.end()) if not re.search(r"\bret(_\w+)?$", p)]
            if len(inputs) > PARAMETERS and not any(LIBRARY_TYPE.search(p) for p in inputs):
                yield (path, line_of(code, match.start()),
                       f"{match.group(1)}() takes {len(inputs)} parameters; at most {PARAMETERS}")


def _parameters(code, begin):
    """What stands between the parenthesis that ends before begin and its partner, without '...'."""
    depth, end = 1, begin
    while end < len(code) and depth > 0:
        depth += {"(": 1, ")": -1}.get(code[end], 0)
        end += 1
    names = [name.strip() for name in re.sub(r"\([^()]*\)", "", code[begin:end - 1]).split(",")]
    return [name for name in names if name not in ("", "void", "...")]


def check_unfinished(tree):
    """Finish it or leave it out."""
    for path in tree.find(".c", ".h", ".def", ".py", ".md", ".yaml", ".build", ".sh", ".txt", ".service"):
        for number, line in enumerate(tree.text(path).split("\n"), 1):
            if match := UNFINISHED.search(line):
                yield path, number, f"{match.group(1)}: finish it or leave it out"


def check_opening(tree):
    """Every file opens by saying what it is."""
    for path in [*tree.c_files(), *tree.find(".def", under=("src", "include"))]:
        yield from _c_opening(tree, path)
    for path in tree.python_files():
        if tree.text(path).strip() and ast.get_docstring(ast.parse(tree.text(path))) is None:
            yield path, 1, "opens without a docstring"
    for path in tree.shell_files():
        lines = tree.text(path).split("\n", 2)
        if len(lines) < 2 or not lines[1].startswith("# "):
            yield path, 2, "opens without a comment after #!"


def _c_opening(tree, path):
    text, name = tree.text(path), path.rsplit("/", 1)[-1]
    end = text.find("*/")
    if not text.startswith("/*") or end < 0:
        yield path, 1, "opens without a comment"
    elif f"{name} - " not in text[:end]:
        yield path, 1, f"the opening comment does not say '{name} - what it is'"
    elif text.count("\n", 0, end) + 1 > COMMENT_LINES:
        yield path, 1, f"an opening comment of more than {COMMENT_LINES} lines: that is a page for docs/"


def check_once(tree):
    """Headers guard themselves by #pragma once."""
    for path in tree.find(".h", under=("src", "include", "tests")):
        if not re.search(r"^#pragma once$", tree.text(path), re.M):
            yield path, 1, "no #pragma once"


def check_sleeps(tree):
    """Tests wait for events, not for time."""
    for path in tree.find(".c", ".h", under=("tests",)):
        if path.startswith("tests/bench/"):
            continue
        code = tree.code(path)
        for match in SLEEP_C.finditer(code):
            yield path, line_of(code, match.start()), f"{match.group(1)}() in a test"
    for path in tree.find(".py", under=("tests",)):
        if not path.startswith("tests/e2e/") or path.startswith("tests/e2e/harness/"):
            continue
        text = tree.text(path)
        for match in SLEEP_PYTHON.finditer(text):
            yield path, line_of(text, match.start()), "a sleep in a test"


def check_links(tree):
    """What a document links to is there."""
    for path in tree.find(".md", under=("docs", "README.md")):
        text = tree.text(path)
        for match in LINK.finditer(text):
            target = os.path.normpath(os.path.join(os.path.dirname(path), match.group(1)))
            if target not in tree.paths and not (tree.root / target).is_dir():
                yield path, line_of(text, match.start()), f"{match.group(1)} does not exist"


def check_blanks(tree):
    """No blanks at line ends, one newline at the end of a file."""
    for path in [*tree.c_files(), *tree.python_files(), *tree.shell_files(),
                 *tree.find(".build", ".md", ".yaml", ".def")]:
        text = tree.text(path)
        for match in re.finditer(r"[ \t]+$", text, re.M):
            yield path, line_of(text, match.start()), "blanks at the end of the line"
        if text and (not text.endswith("\n") or text.endswith("\n\n")):
            yield path, text.count("\n"), "ends without exactly one newline"
