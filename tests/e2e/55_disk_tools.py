"""`larder verify`, on a store that rests and beside a larder: each kind of damage is found, told and repaired."""

import itertools
import os
import threading

import pytest

from harness.command import Command
from harness.larder import Larder
from harness.origin import Reply
from harness.store import FRESH, KIB, flip, noise, overwrite, settle, shorten, text
from harness.table import table

BODIES = {"/small": noise(2 * KIB), "/tagged": noise(KIB, 2), "/file": noise(200 * KIB, 3),
    "/same": noise(200 * KIB, 3), "/json": text(40 * KIB), "/empty": b""}


@pytest.fixture
def filled(store, origin):
    """A larder that has stored BODIES; all of it is on the disk."""
    for target, body in BODIES.items():
        fields = {**FRESH, "Content-Type": "application/json", "ETag": '"1"'}
        if target == "/tagged":
            fields["Surrogate-Key"] = "red blue"
        origin.replies(target, Reply(body, fields=fields))
    larder = store.open()
    for target in BODIES:
        larder.get(target)
    settle(larder)
    return larder


def check_served(larder):
    for target, body in BODIES.items():
        assert larder.get(target).body == body, target


def entry(database, target="/small"):
    return database.execute("SELECT id FROM entries WHERE target = ?", [target.encode()]).fetchone()[0]


def sql(statement, target="/small"):
    """Damage by a statement about one entry, :id."""
    def damage(store):
        with store.connect() as database:
            database.execute(statement, {"id": entry(database, target)})
        database.close()
    return damage


def to_file(change):
    return lambda store: change(store.only_file())


def elsewhere(store):
    """To an id that is not its key's."""
    with store.connect() as database:
        was = entry(database)
        for change in ("entries SET id", "records SET id", "tags SET entry"):
            database.execute(f"UPDATE {change} = ? WHERE {change.split()[-1]} = ?", [96, was])
    database.close()


def add(name, body=b"abc"):
    def damage(store):
        path = store.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    return damage


ORPHAN = "objects/ab/cd/abcd" + 60 * "0"
ROWS = [
    ("totals", sql("UPDATE totals SET entries = entries + 1"), {"totals"}),
    ("totals-gone", sql("DELETE FROM totals"), {"totals"}),
    ("too-many-references", sql("UPDATE artifacts SET refs = refs + 1"), {"references"}),
    ("no-references", sql("UPDATE artifacts SET refs = 0"), {"references"}),
    ("record-garbage", sql("UPDATE records SET record = x'0102' WHERE id = :id"), {"record"}),
    ("record-gone", sql("DELETE FROM records WHERE id = :id"), {"record"}),
    ("record-alone", sql("INSERT INTO records VALUES (3200, NULL, x'00', x'')"), {"half"}),
    ("tag-alone", sql("INSERT INTO tags VALUES (x'61', 3200)"), {"half"}),
    ("tag-too-many", sql("INSERT INTO tags VALUES (x'61', :id)"), {"tags"}),
    ("tag-gone", sql("DELETE FROM tags WHERE entry = :id AND tag = CAST('red' AS BLOB)", "/tagged"),
        {"tags"}),
    ("status", sql("UPDATE entries SET status = 599 WHERE id = :id"), {"entry"}),
    ("target", sql("UPDATE entries SET target = x'2f78' WHERE id = :id"), {"entry"}),
    ("key", sql("UPDATE entries SET key = x'2f78' WHERE id = :id"), {"entry"}),
    ("slot", sql("UPDATE entries SET slot = slot + 1 WHERE id = :id"), {"entry"}),
    ("epoch", sql("UPDATE entries SET epoch = epoch + 1 WHERE id = :id"), {"entry"}),
    ("expiry", sql("UPDATE entries SET expires_ms = 9e15 WHERE id = :id"), {"entry"}),
    ("source-version", sql("UPDATE entries SET source_version = x'61' WHERE id = :id"), {"entry"}),
    ("elsewhere", elsewhere, {"place"}),
    ("body", sql("UPDATE records SET body = zeroblob(length(body)) WHERE id = :id"), {"body"}),
    ("body-short", sql("UPDATE records SET body = x'' WHERE id = :id"), {"entry"}),
    ("sums", sql("UPDATE artifacts SET sums = zeroblob(length(sums))"), {"file-sums", "no-file"}),
    ("sums-short", sql("UPDATE artifacts SET sums = x'00'"), {"artifact", "no-file", "orphan"}),
    ("digest", sql("UPDATE artifacts SET digest = zeroblob(32)"), {"file-missing", "no-file", "orphan"}),
    ("size", sql("UPDATE artifacts SET size = size + 1"), {"file-size", "no-file", "totals"}),
    ("another-file", sql("UPDATE entries SET artifact = NULL WHERE id = :id", "/file"),
        {"entry", "references"}),
    ("file-gone", to_file(os.unlink), {"file-missing", "no-file"}),
    ("file-short", to_file(lambda path: shorten(path, 1)), {"file-size", "no-file"}),
    ("file-flipped", to_file(lambda path: flip(path, 1000)), {"file-bytes", "no-file"}),
    ("orphan", add(ORPHAN), {"orphan"}),
    ("stray", add("objects/readme"), {"stray"}),
    ("stray-deeper", add("objects/ab/cd/ef"), {"stray"}),
]
ALONE = [
    ("no-groups", lambda store: store.groups.unlink(), {"groups"}),
    ("groups-garbage", lambda store: overwrite(store.groups), {"groups"}),
    ("groups-short", lambda store: shorten(store.groups, 1), {"groups"}),
    ("others", sql("UPDATE facts SET value = x'61' WHERE name = CAST('groups' AS BLOB)"), {"groups"}),
    ("page", lambda store: flip(store.database, 8192 * 3), {"database"}),
    ("no-database", lambda store: overwrite(store.database), {"database"}),
]


@table("damage, faults", ROWS + ALONE)
def test_damage_of_a_store_that_rests(store, tools, filled, damage, faults):
    filled.stop()
    store.forget_log()
    assert tools.faults()[0] == set()
    damage(store)
    found, summary = tools.faults()
    assert found >= faults - {"orphan"} and found <= faults, summary
    assert tools.faults()[0] == found, "looking changes nothing"
    repaired, summary = tools.faults("--repair")
    assert repaired >= faults and summary["left"] == 0, (repaired, summary)
    found, summary = tools.faults()
    assert found == set() and summary["left"] == 0
    assert store.strays() == []
    check_served(store.open())


@table("damage, faults", [row for row in ROWS if row[0] not in ("orphan", "stray", "stray-deeper")])
def test_damage_beside_a_larder(store, tools, filled, damage, faults):
    """It serves on, and what it serves is right."""
    damage(store)
    found, _ = tools.faults()
    assert found >= faults - {"orphan"}
    _, summary = tools.faults("--repair")
    assert summary["left"] == 0 and summary["larder"] == filled.process.pid
    assert tools.faults()[0] <= {"orphan"}
    check_served(filled)
    check_served(store.again(filled, Larder.kill))


@table("damage, faults", [row for row in ALONE if row[0] == "others"])
def test_what_only_who_is_alone_may_repair(store, tools, filled, damage, faults):
    damage(store)
    found, summary = tools.faults("--repair")
    assert found == faults and summary["left"] == 1
    result = tools.run("verify", "--repair")
    assert result.returncode == 1 and "stopped" in result.stdout


def test_a_healthy_store(tools, filled):
    """Beside a larder and without one; the sums are those of what was stored."""
    for _ in range(2):
        found, summary = tools.faults()
        assert found == set()
        assert summary["entries"] == len(BODIES) and summary["files"] == 1
        assert summary["file_bytes"] == 200 * KIB and summary["room_bytes"] > 0
        assert summary["used_bytes"] > summary["file_bytes"]
        result = tools.run("verify")
        assert result.returncode == 0 and "faults               0" in result.stdout
        if not filled.awaited:
            filled.stop()


def test_beside_a_larder_that_writes(store, tools, origin):
    """Nothing that is under way looks like a fault, and what is swept meanwhile is nobody's."""
    origin.reply("/a", script=lambda seen: Reply(noise(90 * KIB, int(seen.field("X-Round")) % 7),
        fields={**FRESH, "Surrogate-Key": f"t{seen.field('X-Round')}", "Vary": "X-Variant"}))
    larder = store.open({"routes": [{"path": "/", "upstream": "origin", "forward": ["X-Round", "X-Variant"]}]})
    over, faults = threading.Event(), []

    def write():
        with larder.client() as client:
            for number in itertools.count():
                if over.is_set():
                    return
                fields = {"X-Round": str(number), "X-Variant": str(number % 5), "Cache-Control": "no-cache"}
                if client.get("/a", fields=fields).body != noise(90 * KIB, number % 7):
                    faults.append(number)
                if number % 10 == 9:
                    client.get("/a", method="POST", body=b"x", fields=fields)
    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(8):
            assert tools.faults()[0] == set()
            tools.swept()
            assert tools.faults("--repair")[0] == set()
            tools.json("entries")
            tools.run("inspect", "/a")
    finally:
        over.set()
        writer.join()
    assert not faults
    settle(larder)
    assert tools.faults()[0] == set() and store.strays() == []


def test_a_file_that_may_be_on_its_way(store, tools, filled, clock):
    """Beside a larder a file without a row is left alone for a minute, what is in tmp/ for ever."""
    add(ORPHAN)(store)
    add("objects/readme")(store)
    add("tmp/17")(store)
    assert tools.faults("--repair")[0] == set()
    assert tools.swept()[0] == {}
    clock.advance(61)
    assert tools.faults()[0] == {"orphan", "stray"}
    assert tools.swept()[0] == {"orphans": 1, "strays": 1}
    assert (store.path / "tmp/17").exists()
    filled.stop()
    assert tools.swept()[0] == {"temporary": 1}


def test_a_directory_among_the_files_is_left(store, tools, filled):
    filled.stop()
    (store.path / "objects/ab/cd/mine").mkdir(parents=True)
    found, summary = tools.faults("--repair")
    assert found == {"stray"} and summary["left"] == 1


def test_a_database_that_was_moved_aside_is_kept(store, tools, filled, clock):
    filled.stop()
    store.forget_log()
    overwrite(store.database)
    assert tools.faults("--repair")[1]["left"] == 0
    assert len(store.moved_aside()) == 1
    clock.advance(6 * 86400)
    assert "aside" not in tools.swept()[0]
    clock.advance(2 * 86400)
    assert tools.swept()[0]["aside"] == 1
    assert store.moved_aside() == []


@table("options", [("it sweeps", []), ("it only looks", ["--dry-run"])])
def test_gc_shows_how_far_it_is(store, filled, options):
    """On a terminal alone: what scripts read is as it was."""
    filled.stop()
    ended = Command().at_terminal("gc", *options, "--disk", store.path)
    assert ended.code == 0
    for stage in ("expired", "unreferenced", "files"):
        assert f"\r\033[K{stage}" in ended.output, ended
    assert "\r\033[Kexpired " in ended.output.rpartition("\r\033[K")[0], "it is cleared before the result"
    assert not Command()("gc", *options, "--disk", store.path).stderr
