"""`larder entries`, `inspect`, `gc` and `bench`: what they say is what is stored, and what they refuse."""

import json
import os
import sqlite3

import pytest

from harness.larder import BINARY, run
from harness.origin import Reply
from harness.store import FRESH, KIB, MIB, noise, settle, text, walk
from harness.table import table

COMMANDS = ["verify", "gc", "entries", "inspect"]
WORDS = {"inspect": ["/a"]}


@pytest.fixture
def filled(store, origin):
    """A larder with a few responses on the disk."""
    replies = {
        "/small?x=1&y=2": Reply(noise(2 * KIB), fields={**FRESH, "Content-Type": "image/png",
            "Surrogate-Key": "red blue"}),
        "/file": Reply(noise(200 * KIB, 3), fields={"Cache-Control": "max-age=90", "ETag": '"1"'}),
        "/json": Reply(text(40 * KIB), fields={**FRESH, "Content-Type": "application/json",
            "Cache-Tag": "red"}),
        "/gone": Reply(b"not found", status=404, fields=FRESH),
        "/short": Reply(b"short", fields={"Cache-Control": "max-age=100, stale-while-revalidate=200"}),
        "/no-cache": Reply(b"always", fields={"Cache-Control": "no-cache", "ETag": '"1"'}),
    }
    for target, reply in replies.items():
        origin.replies(target, reply)
    origin.reply("/vary", script=lambda seen: Reply(seen.field("Accept").encode(),
        fields={**FRESH, "Vary": "Accept"}))
    larder = store.open()
    for target in replies:
        larder.get(target)
    for accept in ("text/a", "text/b"):
        larder.get("/vary", fields={"Accept": accept})
    settle(larder)
    return larder


def targets(found):
    return [one["target"] for one in found]


# -- entries ------------------------------------------------------------------------------------------

@table("running", [("running", True), ("resting", False)])
def test_entries(tools, filled, running):
    if not running:
        filled.stop()
    found = tools.json("entries")
    assert sorted(targets(found)) == ["/file", "/gone", "/json", "/no-cache", "/short",
        "/small?x=1&y=2", "/vary", "/vary"]
    by_target = {one["target"]: one for one in found}
    assert by_target["/file"]["body"] == "file" and by_target["/file"]["size"] == 200 * KIB
    assert by_target["/small?x=1&y=2"]["body"] == "inline"
    assert by_target["/small?x=1&y=2"]["type"] == "image/png"
    assert by_target["/gone"]["status"] == 404
    assert by_target["/json"]["gzipped"] and by_target["/json"]["size"] < 40 * KIB
    assert 0 <= 600_000 - by_target["/gone"]["ttl_ms"] < 60_000
    assert {one["variant"]["accept"] for one in found if one["target"] == "/vary"} == {"text/a", "text/b"}


@table("arguments, expected", [
    ("route", ["--route", "/"], 8), ("other-route", ["--route", "/x"], 0),
    ("prefix", ["--prefix", "/s"], 2), ("prefix-of-route", ["--prefix", "/s", "--route", "/"], 2),
    ("tag", ["--tag", "red"], 2), ("tag-and-prefix", ["--tag", "red", "--prefix", "/j"], 1),
    ("no-tag", ["--tag", "re"], 0), ("status", ["--status", "404"], 1),
    ("fresh", ["--state", "fresh"], 7), ("stale", ["--state", "stale"], 1),
    ("expired", ["--state", "expired"], 0), ("limit", ["--limit", "3"], 3),
    ("limit-sorted", ["--limit", "3", "--sort", "age"], 3), ("far-limit", ["--limit", "300"], 8)])
def test_entries_that_are_asked_for(tools, filled, arguments, expected):
    assert len(tools.json("entries", *arguments)) == expected


def test_entries_in_order(tools, filled, clock):
    sizes = [one["size"] for one in tools.json("entries", "--sort", "size")]
    assert sizes == sorted(sizes, reverse=True) and sizes[0] == 200 * KIB
    assert targets(tools.json("entries", "--sort", "size", "--limit", "1")) == ["/file"]
    names = targets(tools.json("entries", "--sort", "target"))
    assert names == sorted(names)
    clock.advance(20)
    filled.get("/gone")
    ages = [one["age_ms"] for one in tools.json("entries", "--sort", "age")]
    assert ages == sorted(ages, reverse=True) and ages[-1] >= 20_000
    used = [one["used_ms"] for one in tools.json("entries", "--sort", "used")]
    assert used == sorted(used, reverse=True)


def test_states_change(tools, filled, clock):
    def states():
        return {one["target"]: one["state"] for one in tools.json("entries")}
    assert states()["/short"] == "fresh" and states()["/no-cache"] == "stale"
    filled.get("/file", method="POST", body=b"x")
    assert states().get("/file", "purged") == "purged"
    filled.stop()
    clock.advance(101)
    assert states()["/short"] == "stale"
    clock.advance(3 * 86400)
    assert states()["/short"] == "expired"


def test_entries_for_people(tools, filled):
    result = tools.run("entries", "--sort", "size")
    heading, first, *rest = result.stdout.splitlines()
    assert heading.split()[:3] == ["STATE", "STATUS", "SIZE"] and len(rest) == 7
    assert first.split()[:3] == ["fresh", "200", "200KiB"] and first.endswith("/file")
    assert any("[accept=text/a]" in line for line in rest)


def test_what_others_sent_does_nothing_to_a_terminal(tools, store, origin):
    origin.reply("/a", b"a", fields={**FRESH, "Content-Type": "text/\u009b31m", "Vary": "Accept"})
    larder = store.open()
    larder.get("/a", fields={"Accept": "a"})
    settle(larder)
    for command in ("entries", "inspect"):
        result = run(command, "--disk", store.path, *WORDS.get(command, []))
        assert "\x1b" not in result.stdout and "\u009b" not in result.stdout


# -- inspect --------------------------------------------------------------------------------------------

@table("word, count", [("target", "/small?x=1&y=2", 1), ("spelled-otherwise", "/%73mall?x=1&y=2", 1),
    ("url", "http://example.com/small?x=1&y=2", 1), ("variants", "/vary", 2), ("file", "/file", 1)])
def test_inspect(tools, filled, word, count):
    filled.stop()
    found = tools.json("inspect", word)
    assert len(found) == count
    for one in found:
        assert one["groups"] == "valid" and one["slots"] and one["epoch"] >= 0
        (again,) = [other for other in tools.json("inspect", one["key"]) if other["id"] == one["id"]]
        assert again["fields"] == one["fields"]
    result = tools.run("inspect", word)
    assert result.returncode == 0 and result.stdout.count("lifetime") == count


def test_inspect_tells_all(tools, filled, clock):
    clock.advance(100)
    (one,) = tools.json("inspect", "/small?x=1&y=2")
    assert one["tags"] == ["red", "blue"] and one["status"] == 200
    assert one["explicit"] and one["lifetime_ms"] == 600_000 and 100_000 <= one["age_ms"] < 160_000
    assert one["ttl_ms"] == one["lifetime_ms"] - one["age_ms"]
    assert ["Content-Type", "image/png"] in one["fields"]
    (file,) = tools.json("inspect", "/file")
    assert file["sha256"] in filled_files(tools) and file["state"] == "stale"
    words = tools.run("inspect", "/no-cache").stdout
    assert "no-cache" in words and "the origin said" in words
    filled.get("/small?x=1&y=2", method="POST", body=b"x")
    result = tools.run("inspect", "/small?x=1&y=2")
    assert result.returncode == 1 or "as if it weren't there" in result.stdout


def filled_files(tools):
    return tools.store.files()


@table("target, body", [("inline", "/small?x=1&y=2", noise(2 * KIB)), ("file", "/file", noise(200 * KIB, 3)),
    ("compressed", "/json", text(40 * KIB))])
def test_inspect_gives_the_body(tools, filled, target, body, tmp_path):
    with open(tmp_path / "out", "wb") as out:
        code = os.spawnv(os.P_WAIT, "/bin/sh", ["sh", "-c", f'exec "$0" "$@" >{out.name}',
            BINARY, "inspect", "--disk", str(tools.store.path), "--body", target])
    assert code == 0 and (tmp_path / "out").read_bytes() == body


def test_no_body_of_many_or_of_damage(tools, filled, store):
    assert tools.run("inspect", "--body", "/vary").returncode == 1
    with store.connect() as database:
        database.execute("UPDATE records SET body = zeroblob(length(body))")
    database.close()
    result = tools.run("inspect", "--body", "/gone")
    assert result.returncode == 1 and result.stdout == "" and "damaged" in result.stderr


@table("word, code", [("nothing", "/nothing", 1), ("no-target", "nothing", 2), ("no-key", "abcdef", 1),
    ("dots", "/../a", 2)])
def test_inspect_finds_nothing(tools, filled, word, code):
    result = tools.run("inspect", word)
    assert result.returncode == code and word in result.stderr and result.stdout == ""


def test_inspect_finds_what_a_rule_makes_one(tools, store, origin):
    origin.reply("/a?x=1&utm=2", b"a", fields={**FRESH, "No-Vary-Search": 'params=("utm")'})
    larder = store.open()
    larder.get("/a?x=1&utm=2")
    settle(larder)
    assert len(tools.json("inspect", "/a?utm=7&x=1")) == 1
    assert tools.run("inspect", "/a?x=2").returncode == 1


# -- gc -------------------------------------------------------------------------------------------------

def test_gc_removes_what_expired(tools, filled, clock, store):
    filled.stop()
    assert tools.swept()[0] == {}
    clock.advance(90 * 86400)
    before = store.used()
    found, whole = tools.swept("--dry-run")
    assert found == {"expired": 8} and whole["dry_run"]
    assert len(store.files()) == 1 and len(tools.json("entries")) == 8
    found, whole = tools.swept()
    assert found == {"expired": 8, "unreferenced": 1}
    assert whole["freed_bytes"] >= 200 * KIB and store.used() <= before - 200 * KIB
    assert tools.json("entries") == [] and store.files() == {}
    assert tools.faults()[0] == set()
    assert tools.swept()[0] == {}


def test_gc_keeps_to_the_bound(tools, store, origin, tmp_path):
    """Those used longest ago go, down to the low water; a dry run says about as much."""
    for number in range(40):
        origin.reply(f"/{number}", noise(600 * KIB, number), fields=FRESH)
    larder = store.open()
    for number in range(40):
        larder.get(f"/{number}")
    settle(larder)
    larder.stop()
    config = tmp_path / "small.yaml"
    config.write_text(json.dumps({"upstreams": {"a": {"url": "http://127.0.0.1:9"}},
        "routes": [{"path": "/", "upstream": "a"}],
        "cache": {"disk": {"path": str(store.path), "size": "16MiB", "free_floor": "0"}}}))
    on = ["--config", config]
    would, whole = tools.swept("--dry-run", on=on)
    assert 10 < would["evicted"] < 25 and whole["bounded"]
    assert tools.swept()[1]["bounded"] is False and len(store.files()) == 40
    (summary,) = tools.json("verify", on=on)
    assert summary["cramped"] and summary["faults"] == 0
    done, whole = tools.swept(on=on)
    assert done == {"evicted": would["evicted"], "unreferenced": would["evicted"]}
    assert 12 * MIB < sum(path.stat().st_size for path in walk(store.objects)) <= 13 * MIB
    assert tools.faults()[0] == set()


def test_gc_beside_a_larder(tools, filled, clock, store, origin):
    clock.advance(300)
    assert tools.swept()[0].keys() <= {"expired"}
    assert filled.get("/gone").hit
    assert tools.faults()[0] == set()


# -- bench ----------------------------------------------------------------------------------------------

def test_bench(tmp_path, larder, origin):
    origin.reply("/a", b"a")
    (whole,) = [json.loads(run("bench", "--disk", tmp_path, "--entries", 20, "--size", "2KiB",
        "--upstream", f"{origin.url}/a", "--proxy", f"{larder.url}/a", "--requests", 3,
        "--json").stdout)]
    series = {one["name"]: one for one in whole["series"]}
    assert series.keys() == {"memory-put", "memory-get", "disk-queue", "disk-commit", "disk-get-hot",
        "disk-get-cold", "compress", "inflate", "origin", "proxy-miss", "proxy-hit"}
    for name, one in series.items():
        assert one["count"] == (3 if name[:4] in ("orig", "prox") else 20), name
        assert 0 < one["p50_us"] <= one["p95_us"] <= one["p99_us"], name
    assert 0 < whole["compression_ratio"] < 0.5 and whole["failures"] == 0
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("larder-bench")]
    result = run("bench", "--disk", tmp_path, "--entries", 5)
    assert result.returncode == 0 and "disk-get-cold" in result.stdout


@table("arguments, code", [
    ("no-number", ["--entries", "x"], 2), ("none", ["--entries", "0"], 2), ("too-large", ["--size", "1GiB"], 2),
    ("too-many", ["--requests", "101"], 2), ("too-long", ["--seconds", "4000"], 2),
    ("no-url", ["--entries", "1", "--upstream", "x"], 2), ("no-directory", ["--disk", "/nowhere"], 1)])
def test_bench_refuses(arguments, code):
    assert run("bench", *arguments).returncode == code


# -- what all refuse -----------------------------------------------------------------------------------

@table("command", [(command, command) for command in COMMANDS])
class TestRefused:
    def refused(self, command, *options):
        return run(command, *options, *WORDS.get(command, []))

    def test_usage(self, command, tmp_path):
        alone = [] if command in ("verify", "gc") else ["--admin", "nowhere:x"]  # these ask a larder then
        for options in (alone, ["--disk", "/a", "--config", "/b"], ["--disk"], ["--what"],
                ["--disk", "/a", "--disk", "/b"], ["--config", tmp_path / "none.yaml"]):
            result = self.refused(command, *options)
            assert result.returncode == 2 and result.stderr, options

    def test_no_store(self, command, tmp_path):
        for path in (tmp_path / "none", tmp_path):
            result = self.refused(command, "--disk", path)
            assert result.returncode == 2 and str(path) in result.stderr
        assert list(tmp_path.iterdir()) == []

    def test_no_tier(self, command, tmp_path):
        path = tmp_path / "a.yaml"
        path.write_text('upstreams: {a: {url: "http://a"}}\nroutes: [{path: /, upstream: a}]\n')
        result = self.refused(command, "--config", path)
        assert result.returncode == 2 and "cache.disk.path" in result.stderr

    def test_a_newer_one(self, command, tmp_path):
        with sqlite3.connect(tmp_path / "larder.db") as database:
            database.execute("PRAGMA application_id = 0x6c617264")
            database.execute("PRAGMA user_version = 99")
        database.close()
        before = (tmp_path / "larder.db").read_bytes()
        for options in ([], ["--repair"]) if command == "verify" else ([],):
            result = self.refused(command, "--disk", tmp_path, *options)
            assert result.returncode == 1 and "newer larder" in result.stderr
        assert (tmp_path / "larder.db").read_bytes() == before

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may do all")
    def test_no_permission(self, command, tmp_path, store, filled):
        filled.stop()
        os.chmod(store.path, 0)
        try:
            result = self.refused(command, "--disk", store.path)
        finally:
            os.chmod(store.path, 0o700)
        assert result.returncode == 1 and "ermission" in result.stderr


def test_a_word_too_many(store, filled):
    assert run("inspect", "--disk", store.path, "/a", "/b").returncode == 2
    assert run("inspect", "--disk", store.path).returncode == 2
    assert run("gc", "--disk", store.path, "/a").returncode == 2
