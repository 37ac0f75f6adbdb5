"""What was fetched once stays through the end of the process, as it was; what was invalidated stays away."""

import signal

from harness.larder import Larder
from harness.origin import Reply
from harness.store import (FRESH, KIB, MIB, NO_MEMORY, disk_lookups, entries, kept, noise,
    settle, text)
from harness.table import table

MODIFIED = "Thu, 01 Jan 2026 00:00:00 GMT"
ENDS = [("term", Larder.stop), ("kill", Larder.kill)]
LIMIT = 64 * KIB


def fresh(body, **fields):
    """A reply that may be kept for ten minutes."""
    return Reply(body, fields={**FRESH, **{name.replace("_", "-"): value
        for name, value in fields.items()}})


# -- it survives ------------------------------------------------------------------------------------

@table("end", ENDS)
@table("size", [("no-body", 0), ("small", 2 * KIB), ("at-the-inline-limit", LIMIT), ("in-a-file", LIMIT + 1),
    ("several-pieces", 3 * MIB + 17)])
def test_a_response_survives_as_it_was(store, origin, clock, size, end):
    body = noise(size)
    origin.reply("/a", body, fields=[("Cache-Control", "max-age=600"), ("ETag", '"v1"'),
        ("Last-Modified", MODIFIED), ("Content-Type", "application/octet-stream"),
        ("Link", "</b>; rel=next"), ("Link", "</c>; rel=prev"), ("X-Text", 'caf\xe9 "as it is"')])
    larder = store.open()
    first = larder.get("/a")
    assert first.body == body and not first.hit
    larder = store.again(larder, end)
    clock.advance(100)
    second = larder.get("/a")
    assert second.hit and origin.count() == 1
    assert kept(second) == kept(first)
    assert 100 <= second.age < 200 and abs(second.cache["ttl"] - (600 - second.age)) <= 1
    assert disk_lookups(larder) == 1
    assert len(store.files()) == (1 if size > LIMIT else 0) and store.strays() == []


@table("fields, status", [
    ("tag", {"If-None-Match": '"v1"'}, 304), ("weak-tag", {"If-None-Match": 'W/"v1"'}, 304),
    ("another-tag", {"If-None-Match": '"v0"'}, 200), ("date", {"If-Modified-Since": MODIFIED}, 304),
    ("earlier-date", {"If-Modified-Since": "Wed, 01 Jan 2025 00:00:00 GMT"}, 200)])
@table("size", [("small", 100), ("in-a-file", 100 * KIB)])
def test_conditions_are_judged_from_the_disk(store, origin, size, fields, status):
    origin.replies("/a", fresh(noise(size), ETag='"v1"', Last_Modified=MODIFIED))
    larder = store.open()
    larder.get("/a")
    answer = store.again(larder, Larder.kill).get("/a", fields=fields)
    assert answer.status == status and origin.count() == 1
    assert answer.body == (b"" if status == 304 else noise(size))
    assert answer.field("ETag") == '"v1"'


def test_it_survives_again_and_again(store, origin):
    """What is read from the disk is not spent by it, nor by a process that did nothing."""
    origin.reply("/a", noise(100 * KIB), fields=FRESH)
    larder = store.open()
    larder.get("/a")
    for round_number in range(6):
        larder = store.again(larder, ENDS[round_number % 2][1])
        if round_number % 3:
            assert larder.get("/a").hit
    assert origin.count() == 1 and len(store.files()) == 1 and entries(larder) == 1


def test_the_end_writes_what_is_queued(store, origin):
    """SIGTERM right behind the last answer: nothing that was fetched is lost."""
    larder = store.open()
    targets = [f"/{number}" for number in range(40)]
    for target in targets:
        origin.reply(target, noise(20 * KIB + len(target)), fields=FRESH)
        larder.get(target)
    larder.stop()
    larder = store.open()
    assert all(larder.get(target).hit for target in targets)


def test_without_a_memory_tier(store, origin):
    origin.reply("/a", noise(1000), fields=FRESH)
    origin.reply("/b", noise(200 * KIB), fields=FRESH)
    larder = store.open(NO_MEMORY)
    for target in ("/a", "/b"):
        first = larder.get(target)
        settle(larder)
        for _ in range(3):
            assert larder.get(target).hit
        assert kept(larder.get(target)) == kept(first)
    assert origin.count() == 2 and disk_lookups(larder) == 8
    metrics = larder.metrics()
    assert metrics.sum("cache_entries", tier="memory") == 0
    assert metrics.sum("cache_stores_total", tier="disk", route="/") == 2
    assert metrics.sum("cache_entries", tier="disk") == 2


def test_what_waits_to_be_written_is_found(store, origin):
    """Without a memory tier, too: no second fetch, however slow the device is."""
    larder = store.open(NO_MEMORY)
    for number in range(100):
        origin.reply(f"/{number}", noise(30 * KIB, number), fields=FRESH)
        larder.get(f"/{number}")
        answer = larder.get(f"/{number}")
        assert answer.hit and answer.body == noise(30 * KIB, number)
    assert origin.count() == 100


def test_a_second_hit_comes_from_memory(store, origin):
    origin.reply("/a", noise(100 * KIB), fields=FRESH)
    larder = store.open()
    larder.get("/a")
    larder = store.again(larder)
    answers = [larder.get("/a") for _ in range(3)]
    assert all(kept(one) == kept(answers[0]) and one.hit for one in answers)
    assert disk_lookups(larder) == 1
    assert larder.metric("cache_tier_lookups_total", tier="memory", result="hit") == 2


def test_what_is_not_there_costs_no_more(store, origin):
    larder = store.open()
    for number in range(50):
        assert larder.get(f"/{number}").status == 404
    assert disk_lookups(larder, "error") == 0 and disk_lookups(larder, "hit") == 0
    assert disk_lookups(larder, "miss") >= 50


# -- what it is ---------------------------------------------------------------------------------------

def test_variants(store, origin):
    origin.reply("/a", script=lambda seen: fresh(
        (seen.field("Accept") or "any").encode() * 10, Vary="Accept"))
    larder = store.open()
    accepts = ["text/a", "text/b", "text/c"]
    for accept in accepts:
        larder.get("/a", fields={"Accept": accept})
    larder = store.again(larder, Larder.kill)
    for accept in accepts:
        answer = larder.get("/a", fields={"Accept": accept})
        assert answer.hit and answer.body == accept.encode() * 10
    assert origin.count() == 3
    assert not larder.get("/a", fields={"Accept": "text/d"}).hit
    larder.get("/a", method="POST", body=b"x")
    larder = store.again(larder, Larder.kill)
    assert not any(larder.get("/a", fields={"Accept": accept}).hit for accept in accepts)


@table("status", [(str(status), status) for status in (203, 204, 301, 308, 404, 410, 418, 503)])
def test_any_status(store, origin, status):
    origin.reply("/a", b"" if status == 204 else b"words", status=status,
        fields={**FRESH, "Location": "/b"})
    larder = store.open()
    first = larder.get("/a")
    second = store.again(larder, Larder.kill).get("/a")
    assert second.hit and second.status == status and origin.count() == 1
    assert kept(second) == kept(first)


def test_keys_that_are_alike_stay_apart(store, origin):
    targets = ["/a", "/A", "/a/", "/a/b", "/a?x=1", "/a?x=2", "/a?X=1", "/a%2F", "/b"]
    for target in targets:
        origin.reply(target, target.encode(), fields=FRESH)
    larder = store.open()
    for target in targets:
        larder.get(target)
    larder = store.again(larder)
    for target in targets:
        assert larder.get(target).body == target.encode(), target
    assert origin.count() == len(targets)


def test_what_must_not_be_stored_is_not(store, origin):
    for target, fields in (("/private", {"Cache-Control": "private, max-age=60"}),
            ("/no-store", {"Cache-Control": "no-store"}), ("/cookie", {**FRESH, "Set-Cookie": "a=1"})):
        origin.reply(target, b"SECRET" * 20000, fields=fields)
        larder = store.open()
        larder.get(target)
        settle(larder)
        assert entries(larder) == 0 and store.files() == {}
        larder.stop()
    assert not any(b"SECRET" in path.read_bytes()
        for path in store.path.rglob("*") if path.is_file())


# -- time -------------------------------------------------------------------------------------------

def test_expired_is_expired(store, origin, clock):
    origin.reply("/a", b"old", fields={"Cache-Control": "max-age=60"})
    larder = store.open()
    larder.get("/a")
    settle(larder)
    larder.kill()
    clock.advance(61)
    larder = store.open()
    origin.reply("/a", b"new", fields=FRESH)
    answer = larder.get("/a")
    assert not answer.hit and answer.body == b"new"
    assert store.again(larder, Larder.kill).get("/a").body == b"new"
    assert origin.count() == 2


def test_expired_is_validated(store, origin, clock):
    """A large one, too: its body is not fetched again."""
    body = noise(300 * KIB)
    origin.reply("/a", body, fields={"Cache-Control": "max-age=60", "ETag": '"v1"'})
    larder = store.open()
    larder.get("/a")
    larder = store.again(larder)
    clock.advance(61)
    answer = larder.get("/a")
    assert answer.status == 200 and answer.body == body and answer.cache["fwd"] == "stale"
    assert origin.last().field("If-None-Match") == '"v1"'


@table("memory", [("memory", {}), ("no-memory", NO_MEMORY)])
@table("size", [("small", 100), ("in-a-file", 100 * KIB)])
def test_what_a_304_brought_stays(store, origin, clock, memory, size):
    first = {"Cache-Control": "max-age=60", "ETag": '"v1"', "X-Release": "1"}
    origin.reply("/a", noise(size), fields=first, not_modified={**first, "X-Release": "2"})
    larder = store.open(memory)
    larder.get("/a")
    settle(larder)
    clock.advance(61)
    assert larder.get("/a").field("X-Release") == "2"
    larder = store.again(larder, Larder.kill, memory)
    clock.advance(30)
    answer = larder.get("/a")
    assert answer.hit and origin.count() == 2 and 30 <= answer.age < 60
    assert answer.field("X-Release") == "2" and answer.body == noise(size)


def test_what_is_stale_may_stand_in_after_a_restart(store, origin, clock):
    origin.reply("/a", b"old", fields={"Cache-Control": "max-age=10, stale-if-error=600"})
    larder = store.open()
    larder.get("/a")
    larder = store.again(larder, Larder.kill)
    clock.advance(60)
    origin.reply("/a", b"down", status=503)
    answer = larder.get("/a")
    assert answer.status == 200 and answer.body == b"old"


def test_what_is_of_no_use_leaves(store, origin, clock):
    for number in range(20):
        origin.reply(f"/{number}", noise(70 * KIB, number), fields={"Cache-Control": "max-age=100, must-revalidate"})
    origin.reply("/long", noise(70 * KIB, 99), fields={"Cache-Control": "max-age=99999999"})
    larder = store.open()
    for target in [*map("/{}".format, range(20)), "/long"]:
        larder.get(target)
    settle(larder)
    assert len(store.files()) == 21
    clock.advance(30 * 86_400)
    larder.wait_metric("cache_entries", lambda count: count == 1, tier="disk")
    larder.wait_metric("cache_evictions_total", lambda count: count == 20, tier="disk", reason="expired")
    larder = store.again(larder)
    assert larder.get("/long").hit
    assert len(store.files()) == 1


# -- what was changed -----------------------------------------------------------------------------------

@table("memory", [("memory", {}), ("no-memory", NO_MEMORY)])
@table("written", [("on-disk", True), ("perhaps-queued", False)])
@table("size", [("small", 100), ("in-a-file", 100 * KIB)])
def test_a_change_outlasts_the_process(store, origin, memory, written, size):
    """kill -9 right behind the answer to the change."""
    origin.reply("/a", noise(size, 1), fields=FRESH)
    origin.reply("/b", noise(size, 1), fields=FRESH)
    larder = store.open(memory)
    larder.get("/a")
    larder.get("/b")
    if written:
        settle(larder)
    assert larder.get("/a", method="POST", body=b"x").status == 200
    larder.signal(signal.SIGKILL)
    larder.wait_exit()
    larder = store.open(memory)
    origin.reply("/a", noise(size, 2), fields=FRESH)
    answer = larder.get("/a")
    assert not answer.hit and answer.body == noise(size, 2)
    assert larder.get("/b").body == noise(size, 1)
    if written:
        assert larder.get("/b").hit
    larder = store.again(larder, Larder.kill, memory)
    answer = larder.get("/a")
    assert answer.hit and answer.body == noise(size, 2)


def test_changes_that_answers_name_outlast_it(store, origin):
    """Location and Content-Location (RFC 9111 4.4), groups (RFC 9875)."""
    origin.reply("/b", b"b", fields=FRESH)
    origin.reply("/c", b"c", fields=FRESH)
    origin.reply("/d", b"d", fields={**FRESH, "Cache-Groups": '"g"'})
    larder = store.open()
    for target in ("/b", "/c", "/d"):
        larder.get(target)
    settle(larder)
    origin.reply("/change", b"done", fields={"Location": "/b", "Content-Location": "/c",
        "Cache-Group-Invalidation": '"g"'})
    larder.get("/change", method="POST", body=b"x")
    larder.kill()
    larder = store.open()
    assert not any(larder.get(target).hit for target in ("/b", "/c", "/d"))


def test_old_and_new_in_turns(store, origin):
    """A change a process, ten times: never the one before."""
    larder = store.open()
    for version in range(10):
        origin.reply("/a", text(20 * KIB, version), fields=FRESH)
        larder.get("/a", method="POST", body=b"x")
        assert larder.get("/a").body == text(20 * KIB, version)
        if version % 2:
            settle(larder)
        larder.kill()
        larder = store.open(NO_MEMORY if version % 3 else None)
        answer = larder.get("/a")
        assert answer.body == text(20 * KIB, version)
        assert answer.hit or not version % 2
