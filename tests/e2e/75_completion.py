"""larder completion: what the shells make of it, and that nothing of the table is left out."""

import re
import shutil
import subprocess

import pytest

from harness.larder import REPOSITORY, run
from harness.table import table

PROGRAM = "larder"
SCOPES = "url key prefix glob tag route tenant older_than negative stale all".split()


def commands():
    """Names of all commands, by --help."""
    text = run("--help").stdout
    return [re.split(r"\s{2,}", line.strip())[0] for line in text.splitlines() if line.startswith("  ")][:-1]


def script(shell):
    result = run("completion", shell)
    assert result.returncode == 0 and result.stderr == ""
    return result.stdout


def ask(program, text, *arguments, where=None):
    if shutil.which(program) is None:
        pytest.skip(f"no {program}")
    result = subprocess.run([program, *arguments], input=text, capture_output=True, text=True, check=False, cwd=where,
        timeout=60)
    assert result.returncode == 0 and result.stderr == "", result.stderr
    return result.stdout


def bash(words, where=None):
    """What bash would offer behind these words, the last of which isn't whole."""
    listed = " ".join(f"'{word}'" for word in words)
    text = (f"compopt() {{ :; }}\n{script('bash')}\nCOMP_WORDS=(larder {listed}); COMP_CWORD={len(words)}\n"
        "_larder; printf '%s\\n' \"${COMPREPLY[@]}\"\n")
    return ask("bash", text, where=where).split()


def fish(words, where):
    line = " ".join(["larder", *words])
    offered = ask("fish", f"{script('fish')}\ncomplete -C '{line}'\n", where=where)
    return [one.split("\t")[0] for one in offered.splitlines()]


@pytest.fixture(params=["bash", "fish"])
def complete(request, tmp_path):
    (tmp_path / "a-file").touch()
    (tmp_path / "a-directory").mkdir()
    return lambda *words: {"bash": bash, "fish": fish}[request.param](words, where=tmp_path)


def test_the_table_is_offered(complete):
    first = {name.split()[0] for name in commands()}
    assert first <= set(complete(""))
    for name in commands():
        if " " in name:
            assert name.split()[1] in complete(name.split()[0], "")


@table("words, expected", [
    ("part", ["ver"], {"verify"}), ("choices", ["purge", "o"], {"older_than"}),
    ("scopes", ["purge", ""], {*SCOPES, "list", "schedule", "cancel"}),
    ("of-an-option", ["entries", "--state", ""], {"fresh", "stale", "expired", "purged"}),
    ("part-of-an-option", ["entries", "--json", "--state", "f"], {"fresh"}),
    ("no-words", ["audit", "verify", "--nothing", "x"], set()), ("none", ["entries", "--limit", ""], set()),
    ("group", ["namespace", "b"], {"bump"}), ("deep", ["namespace", "bump", "r"], {"route"}),
    ("option", ["reload", "--js"], {"--json"}), ("other", ["purge", "list", "--dry"], set()),
    ("file", ["stats", "--ca", "a-f"], {"a-file"})])
def test_what_is_offered(complete, words, expected):
    assert {word.rstrip("/") for word in complete(*words)} == expected


def test_directories_where_they_are_wanted(tmp_path):
    (tmp_path / "a-file").touch()
    (tmp_path / "a-directory").mkdir()
    assert bash(["gc", "--disk", "a"], tmp_path) == ["a-directory"]


def test_each_option_is_offered(complete):
    for name in ("purge", "upstreams open", "entries", "token new"):
        told = set(re.findall(r"^  (--[a-z-]+)", run(*name.split(), "--help").stdout, re.M))
        assert told <= set(complete(*name.split(), "--")), name


def test_the_zsh_script():
    text = script("zsh")
    ask("zsh", text, "-n")
    # its own words, without zsh's machinery: what _describe is given
    probe = "\n".join([text.rsplit("_larder \"$@\"", 1)[0], "_describe() { print -rl -- $items }",
        "words=(larder namespace ''); CURRENT=3; _larder"])
    assert [line.split(":")[0] for line in ask("zsh", probe, "-f").splitlines()] == ["list", "bump"]


def test_the_man_page():
    assert script("man") == (REPOSITORY / "docs" / "larder.1.scd").read_text()
    page = ask("scdoc", script("man"))
    for name in commands():
        assert f".SS larder {name}\n" in page, name


def test_wrong_usage():
    for arguments in ([], ["tcsh"], ["bash", "zsh"]):
        assert run("completion", *arguments).returncode == 2
