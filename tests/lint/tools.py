"""Lints that other programs do: clang-format, shellcheck, pyflakes, and meson's file lists."""
import re
import shutil
import subprocess
from pathlib import PurePosixPath

REPORTED = re.compile(r"^([^:\n]+):(\d+):(?:\d+:)? (.*)$", re.M)


class Absent(Exception):
    """The program that a check needs is not installed: the check is skipped."""


def _run(tree, program, arguments, paths):
    if shutil.which(program) is None:
        raise Absent(program)
    paths = list(paths)
    if not paths:
        return ""
    done = subprocess.run([program, *arguments, *paths], cwd=tree.root, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.stdout if done.returncode != 0 else ""


def _reports(tree, output):
    found = False
    for match in REPORTED.finditer(output):
        found = True
        yield match.group(1).removeprefix(f"{tree.root}/"), int(match.group(2)), match.group(3)
    if output and not found:
        yield ".", 0, output.strip()


def check_format(tree):
    """clang-format has nothing to change."""
    output = _run(tree, "clang-format", ["--dry-run", "-Werror", "--style=file"], tree.c_files())
    seen = set()
    for path, line, text in _reports(tree, output):
        if path not in seen:
            seen.add(path)
            yield path, line, f"{text} (clang-format -i {path})"


def check_shell(tree):
    """shellcheck finds nothing."""
    yield from _reports(tree, _run(tree, "shellcheck", ["--format=gcc"], tree.shell_files()))


def check_python(tree):
    """pyflakes finds nothing."""
    yield from _reports(tree, _run(tree, "pyflakes3", [], tree.python_files()))


def check_listed(tree):
    """Each source of a layer stands in that layer's meson.build, or else it is never compiled."""
    for path in tree.find(".c", under=("src",)):
        layer = "/".join(PurePosixPath(path).parts[:2])
        build = f"{layer}/meson.build"
        if build not in tree.paths:
            yield path, 1, f"{build} does not exist"
        elif f"'{path.removeprefix(layer + '/')}'" not in tree.text(build):
            yield path, 1, f"not listed in {build}"
