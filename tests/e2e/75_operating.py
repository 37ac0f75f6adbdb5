"""The commands against a larder that runs: what an operator does all day, in its order, and what it leaves behind."""

import hashlib
import threading

import pytest

from harness.admin import Admin
from harness.client import request_bytes
from harness.command import Command
from harness.store import FRESH, settle

TOKENS = {"ann": ("admin", "token-of-ann"), "olga": ("operator", "token-of-olga"), "vera": ("viewer", "token-of-vera")}


def settings(tmp_path):
    tokens = [{"name": name, "role": role, "sha256": hashlib.sha256(token.encode()).hexdigest()}
        for name, (role, token) in TOKENS.items()]
    return {"admin": {"listen": ["127.0.0.1:0"], "tokens": tokens, "audit": str(tmp_path / "audit.jsonl")}}


@pytest.fixture
def larder(store, origin, tmp_path):
    for number in range(20):
        origin.reply(f"/a/{number}", b"x" * number, fields={**FRESH, "Cache-Tag": f"n{number % 2}"})
    one = store.open(settings(tmp_path))
    for number in range(20):
        one.get(f"/a/{number}")
        one.get(f"/a/{number}")
    settle(one)
    return one


@pytest.fixture
def ann(larder):
    return as_(larder, "ann")


def as_(larder, name):
    return Command(Admin(larder, token=TOKENS["ann"][1]).name, token=TOKENS[name][1])


def rows(result):
    assert result.returncode == 0, result.stderr
    return [line.split() for line in result.stdout.splitlines()[1:]]


def test_stats(ann):
    stats = ann.json("stats")
    assert stats["requests"] == 40 and stats["hits"] == 20
    text = ann("stats").stdout
    assert "hit rate          50.0%" in text and "memory" in text and "disk" in text


def test_top(ann, larder):
    with larder.client() as client:
        for _ in range(500):  # of hits some are looked at
            client.get("/a/7")
    assert "/a/7" in [one["target"] for one in ann.json("top", "--limit", 3)["items"]]
    assert ann("top", "--by", "misses").returncode == 0
    with ann.terminal("top") as terminal:
        terminal.wait_for("by hits:")
        terminal.press("s")
        terminal.wait_for("by slow:")
        terminal.press("q")
        assert terminal.end().code == 0


def test_purges(ann, larder, origin):
    assert rows(ann("purge", "url", "/a/1", "--dry-run"))[0][3:5] == ["1", "1"]
    larder.get("/a/1")
    assert origin.count("/a/1") == 1
    assert rows(ann("purge", "url", "/a/1", "/a/2"))[1][:3] == ["url", "/a/2", "hard"]
    larder.get("/a/1")
    assert origin.count("/a/1") == 2
    assert ann.json("purge", "tag", "n0", "--soft")["mode"] == "soft"
    assert "1 of 2 failed" in ann("purge", "url", "/a/3", "no-path").stderr
    refused = ann("purge", "all")
    assert refused.returncode == 2 and "--yes" in refused.stderr and "entries (all)" in refused.stderr
    assert larder.get("/a/5").field("Cache-Status").startswith("larder; hit")
    assert ann.at_terminal("purge", "all", keys="y\n").code == 0
    assert not larder.get("/a/5").field("Cache-Status").startswith("larder; hit")
    listed = rows(ann("purge", "list"))
    assert [row[2] for row in listed[:2]] == ["all", "url"] and listed[0][1] == "manual"
    assert "ann" in listed[0]


@pytest.mark.parametrize("scope, value, soft", [
    ("key", None, False), ("prefix", "/a/1", False), ("glob", "/a/*", True), ("older_than", "1h", False),
    ("negative", "", False), ("stale", "", False), ("route", "/", False)])
def test_every_scope_is_understood(ann, scope, value, soft):
    if value is None:
        value = ann.objects("entries", "--limit", 1)[0]["key"]
    result = ann("purge", scope, *([value] if value else []), *(["--soft"] if soft else []), "--yes")
    assert result.returncode == 0, result.stderr


def test_planned_purges(ann):
    planned = ann.json("purge", "tag", "n0", "--at", "2999-01-01T00:00:00Z", "--every", "24h")
    assert rows(ann("purge", "schedule"))[0][:4] == ["2999-01-01T00:00:00Z", "1d", "tag", "n0"] or \
        rows(ann("purge", "schedule"))[0][2:4] == ["tag", "n0"]
    assert ann("purge", "cancel", planned["id"]).stdout == ""
    assert rows(ann("purge", "schedule")) == []
    assert ann("purge", "cancel", planned["id"]).returncode == 1


def test_namespaces(ann, larder):
    before = {tuple(row[:2]): int(row[2]) for row in rows(ann("namespace", "list"))}
    assert rows(ann("namespace", "bump", "route", "/", "--yes"))[0][:2] == ["route", "/"]
    after = {tuple(row[:2]): int(row[2]) for row in rows(ann("namespace", "list"))}
    assert after[("route", "/")] > before[("route", "/")]
    assert not larder.get("/a/5").field("Cache-Status").startswith("larder; hit")


def test_upstreams(ann, larder):
    assert rows(ann("upstreams"))[0][:2] == ["origin", "closed"]
    assert rows(ann("upstreams", "open", "origin"))[0][:3] == ["origin", "open", "held"]
    assert larder.get("/unknown").status == 503
    assert rows(ann("upstreams", "reset", "origin"))[0][1] == "closed"
    missing = ann("upstreams", "close", "nobody")
    assert missing.returncode == 1 and "nobody" in missing.stderr


def test_flights(ann, larder, origin):
    gate = threading.Event()
    origin.reply("/slow", pieces=[b"a", gate, b"b"], framing="chunked", fields=FRESH)
    with larder.client() as client:
        client.send(request_bytes("/slow"))
        origin.wait_for(1, "/slow")
        assert any("/slow" in row for row in rows(ann("flights")))
        gate.set()


def test_who_may_what(larder, tmp_path):
    vera, olga, ann = (as_(larder, name) for name in ("vera", "olga", "ann"))
    assert vera("stats").returncode == 0 and vera("entries").returncode == 0
    for command in (["purge", "url", "/a/1"], ["reload"], ["config"], ["audit"], ["upstreams", "open", "origin"]):
        refused = vera(*command)
        assert refused.returncode == 1 and "403" in refused.stderr, command
    assert olga("purge", "url", "/a/1").returncode == 0
    nobody = Command(Admin(larder, token="x").name)("stats")
    assert nobody.returncode == 1 and "LARDER_TOKEN isn't set" in nobody.stderr
    wrong = Command(Admin(larder, token="x").name, token="wrong-token")("stats")
    assert wrong.returncode == 1 and "wrong-token" not in wrong.stderr
    lines = ann.objects("audit")
    assert [one["who"] for one in lines if one["path"] == "/api/v1/purges"] == ["olga", "vera"]
    assert rows(ann("audit", "--limit", 3))[0][1] != "" and len(rows(ann("audit", "--limit", 3))) == 3
    assert "token-of" not in (tmp_path / "audit.jsonl").read_text()


def test_reload_of_a_file_with_faults(ann, larder):
    good = larder.config_path.read_text()
    larder.write_config(good.replace('"routes"', '"rootes"'))
    result = ann("reload")
    assert result.returncode == 2 and "rootes" in result.stderr
    larder.write_config(good)
    assert ann("reload").returncode == 0
