"""larder entries, inspect and why of a larder that runs: memory and disk, by the admin API."""

import json
import os
import subprocess

import pytest

from harness.admin import Admin
from harness.command import Command
from harness.larder import BINARY, merge
from harness.origin import Reply
from harness.store import FRESH, KIB, noise, settle, text
from harness.table import table
from harness.tenants import as_tenant, tenants

ON = {"admin": {"listen": ["127.0.0.1:0"]}}
RULE = {"routes": [{"path": "/", "upstream": "origin", "key": {"sort": True}}]}


@pytest.fixture
def filled(store, origin):
    """A larder with a few responses in both tiers."""
    replies = {"/small": Reply(noise(2 * KIB), fields={**FRESH, "Surrogate-Key": "red blue", "ETag": '"1"'}),
        "/small/er": Reply(b"x", fields=FRESH),
        "/text": Reply(text(40 * KIB), fields={**FRESH, "Content-Type": "application/json"}),
        "/large": Reply(noise(1200 * KIB, 3), fields=FRESH),
        "/gone": Reply(b"not found", status=404, fields=FRESH)}
    for target, reply in replies.items():
        origin.replies(target, reply)
    origin.reply("/vary", script=lambda seen: Reply(seen.field("Accept").encode(),
        fields={**FRESH, "Vary": "Accept"}))
    larder = store.open(ON)
    for target in replies:
        larder.get(target)
    for accept in ("text/a", "text/b"):
        larder.get("/vary", fields={"Accept": accept})
    settle(larder)
    return larder


@pytest.fixture
def command(filled):
    return Command(Admin(filled).name)


def targets(found):
    return sorted(one["target"] for one in found)


@table("arguments, expected", [
    ("all", ["--tier", "memory"], ["/gone", "/small", "/small/er", "/text", "/vary", "/vary"]),
    ("prefix", ["--tier", "disk", "--prefix", "/s"], ["/small", "/small/er"]),
    ("tag", ["--tier", "memory", "--tag", "red"], ["/small"]),
    ("status", ["--tier", "memory", "--status", "404"], ["/gone"]),
    ("state", ["--state", "expired"], []), ("route", ["--route", "/other"], []),
    ("tenant", ["--tenant", "nobody"], []),
    ("limit", ["--tier", "memory", "--sort", "target", "--limit", "2"], ["/gone", "/small"])])
def test_entries(command, arguments, expected):
    assert targets(command.objects("entries", *arguments)) == expected


def test_a_table(command):
    lines = [line.split() for line in command("entries", "--sort", "size").stdout.splitlines()]
    assert lines[0] == ["STATE", "TIER", "STATUS", "SIZE", "AGE", "TTL", "HITS", "ID", "TYPE", "TARGET", "VARIANT"]
    assert lines[1][:4] == ["fresh", "disk", "200", "1.2MiB"] and "/large" in lines[1]
    assert any(line[-1] == "accept=text/a" for line in lines)


def test_whose_it_is(store, origin, tools):
    """A column where there are tenants; nobody's have none. Of a disk, too."""
    larder = store.open({**ON, "tenants": tenants()})
    for who in ("red", None):
        origin.reply(f"/{who}", b"x", fields=FRESH)
        larder.get(f"/{who}", fields=as_tenant(who))
    settle(larder)
    command = Command(Admin(larder).name)
    for answer, names in ((command("entries", "--tier", "disk"), {"red", "-"}),
            (command("entries", "--tenant", "red"), {"red"}), (tools.run("entries"), {"red", "-"})):
        heading, *lines = [line.split() for line in answer.stdout.splitlines()]
        assert {line[heading.index("TENANT")] for line in lines} == names, answer.stdout
    assert {one["tenant"] for one in tools.json("entries")} == {"red", ""}


def test_of_a_status_as_many_as_are_wanted(store, origin):
    larder = store.open(ON)
    for number in range(120):
        origin.reply(f"/{number}", b"x", status=404 if number % 2 else 200, fields=FRESH)
        larder.get(f"/{number}")
    command = Command(Admin(larder).name)
    assert len(command.objects("entries", "--tier", "memory", "--status", 404)) == 60
    assert len(command.objects("entries", "--tier", "memory", "--status", 404, "--limit", 7)) == 7
    assert len(command.objects("entries", "--tier", "memory")) == 120
    table_ = command("entries", "--tier", "memory")
    assert len(table_.stdout.splitlines()) == 101 and "the first 100" in table_.stderr


def test_inspect(command):
    found = command.objects("inspect", "http://any.host/small")
    assert {one["tier"] for one in found} == {"memory", "disk"} and targets(found) == ["/small", "/small"]
    words = command("inspect", found[0]["id"]).stdout
    assert words.startswith("/small\n") and "red, blue" in words and "fresh" in words
    assert found[0]["key"] == found[1]["key"]
    assert len(command.objects("inspect", found[0]["key"])) == 2
    assert len(command.objects("inspect", "/vary")) == 4


def test_the_body(command, origin):
    for target, body in (("/small/er", b"x"), ("/text", text(40 * KIB))):
        for one in command.objects("inspect", target):
            result = command("inspect", one["id"], "--body")
            assert result.returncode == 0 and result.stdout.encode() == body, target
    many = command("inspect", "/vary", "--body")
    assert many.returncode == 1 and "4 responses" in many.stderr
    for one in command.objects("inspect", "/large"):
        done = subprocess.run([BINARY, "inspect", one["id"], "--body"], capture_output=True, check=False,
            env={**os.environ, **command.env})
        assert done.returncode == 0 and done.stdout == noise(1200 * KIB, 3), done.stderr


@table("word, code", [("nothing", "/nothing", 1), ("id", "m-0000000000000000-0", 1), ("odd-id", "what/is", 1),
    ("key", "abcdef", 1), ("dots", "/../a", 2)])
def test_inspect_finds_nothing(command, word, code):
    result = command("inspect", word)
    assert result.returncode == code and result.stderr and result.stdout == "", result.stderr


def test_as_the_key_rule_writes_it(start, origin):
    larder = start(merge(ON, RULE))
    origin.reply("/a", b"x", fields=FRESH)
    larder.get("/a?b=1&a=2")
    command = Command(Admin(larder).name)
    assert targets(command.objects("inspect", "/a?a=2&b=1")) == targets(command.objects("inspect", "/a?b=1&a=2"))


# -- with and without a larder --------------------------------------------------------------------------


def test_by_a_configuration_the_larder_is_asked_or_its_disk_read(store, filled, tmp_path):
    config = json.loads(filled.config_path.read_text())
    config["admin"]["listen"] = [Admin(filled).name]
    path = tmp_path / "known.yaml"
    path.write_text(json.dumps(config))
    asked = Command()("entries", "--config", path, "--json")
    assert asked.returncode == 0 and '"tier":"memory"' in asked.stdout
    assert '"tier"' in Command()("inspect", "--config", path, "--json", "/small").stdout
    filled.stop()
    for arguments in (["entries"], ["inspect", "/small"]):
        read = Command()(*arguments, "--config", path, "--json")
        assert read.returncode == 0 and '"tier"' not in read.stdout, read.stderr
        assert "connection failed" in read.stderr and "the disk's alone" in read.stderr
        there = Command()(*arguments, "--config", path, "--admin", "http://127.0.0.1:1")
        assert there.returncode == 1 and "the disk's alone" not in there.stderr


@pytest.mark.parametrize("arguments", [["--tier", "memory"], ["--tenant", "a"], ["--sort", "hits"]])
def test_what_a_disk_does_not_know(store, filled, arguments):
    result = Command()("entries", "--disk", store.path, *arguments)
    assert result.returncode == 2 and "a larder that runs" in result.stderr
