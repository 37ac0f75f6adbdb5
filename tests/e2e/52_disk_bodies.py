"""Bodies on the disk: large ones in files, equal ones once, texts compressed; all of it bounded."""

import gzip
import hashlib
import zlib

import pytest

from harness.larder import Larder, merge
from harness.metrics import at_least, equals
from harness.partial import parts
from harness.store import FRESH, KIB, MIB, NO_MEMORY, disk_lookups, entries, noise, settle, text
from harness.table import table
from harness.wait import until

GZIP = {"Accept-Encoding": "gzip"}
JSON = {**FRESH, "Content-Type": "application/json", "ETag": '"v1"'}
LARGE = 5 * MIB


# -- larger than memory takes ---------------------------------------------------------------------------

@table("body, kind", [("noise", noise(LARGE), "application/octet-stream"), ("text", text(LARGE), "text/plain")])
def test_what_memory_does_not_take(store, origin, body, kind):
    """Whole, by its head, in parts, for clients with gzip and without: all from the disk."""
    origin.reply("/a", body, fields={**FRESH, "Content-Type": kind, "ETag": '"v1"'})
    larder = store.open()
    assert larder.get("/a").body == body
    settle(larder)
    for fields in ({}, GZIP):
        answer = larder.get("/a", fields=fields)
        assert answer.hit and answer.complete and plain(answer) == body
    head = larder.get("/a", method="HEAD")
    assert head.hit and head.body == b"" and head.field("Content-Length") in (None, str(LARGE))
    for asked, wanted in (("0-0", body[:1]), (f"{MIB - 5}-{MIB + 5}", body[MIB - 5:MIB + 6]),
            ("-7", body[-7:]), (f"{LARGE - 1}-", body[-1:]), ("100-4000000", body[100:4000001])):
        answer = larder.get("/a", fields={"Range": f"bytes={asked}"})
        assert answer.status == 206 and answer.hit and answer.body == wanted, asked
    several = larder.get("/a", fields={"Range": f"bytes=0-9,{2 * MIB}-{2 * MIB + 9},-10"})
    if kind == "text/plain":  # compressed, and too large to be inflated before it is sent
        assert several.status == 200 and several.body == body
    else:
        assert [part[3] for part in parts(several)] == [
            body[:10], body[2 * MIB:2 * MIB + 10], body[-10:]]
    assert larder.get("/a", fields={"Range": f"bytes={LARGE}-"}).status == 416
    assert larder.get("/a", fields={"If-None-Match": '"v1"'}).status == 304
    assert origin.count() == 1


def plain(answer):
    """The body without its coding."""
    if answer.field("Content-Encoding") is None:
        return answer.body
    assert answer.field("Content-Encoding") == "gzip"
    return gzip.decompress(answer.body)


def test_many_read_a_large_one_at_once(store, origin):
    """Slow and fast ones, and some who leave in the middle."""
    body = noise(LARGE)
    origin.reply("/a", body, fields=FRESH)
    larder = store.open(NO_MEMORY)
    larder.get("/a")
    settle(larder)
    clients = [larder.client(receive_buffer=8192 if number % 2 else None) for number in range(12)]
    for client in clients:
        client.ask("/a")
    for client in clients[:4]:
        client.body_to(MIB // 4)
        client.reset()
    for client in clients[4:]:
        assert client.response().body == body
        client.close()
    assert origin.count() == 1


def test_keep_alive_behind_a_file(store, origin):
    origin.reply("/a", noise(300 * KIB), fields=FRESH)
    origin.reply("/b", noise(10), fields=FRESH)
    larder = store.open(NO_MEMORY)
    with larder.client() as client:
        for _ in range(3):
            for target, size in (("/a", 300 * KIB), ("/b", 10)):
                assert client.get(target).body == noise(size)
                assert client.get(target, method="HEAD").field("Content-Length") == str(size)
            settle(larder)
    assert origin.count() == 2


def test_nobody_takes_what_is_larger_than_both(store, origin):
    origin.reply("/a", noise(2 * MIB), fields=FRESH)
    larder = store.open({"cache": {"disk": {"max_object": "1MiB"}}})
    for _ in range(2):
        answer = larder.get("/a")
        assert not answer.hit and answer.body == noise(2 * MIB)
        settle(larder)
    assert entries(larder) == 0 and store.files() == {} and origin.count() == 2
    larder.wait_metric("cache_store_skips_total", equals(2), reason="too-large")


def test_a_body_that_breaks_off_is_not_stored(store, origin):
    origin.reply("/a", pieces=[noise(2 * MIB), "close"], length=4 * MIB, fields=FRESH)
    larder = store.open()
    assert not larder.get("/a").complete
    settle(larder)
    assert entries(larder) == 0 and store.files() == {}


# -- compression ----------------------------------------------------------------------------------------

def compressed(store, origin, body, fields):
    """A larder that has it on the disk only."""
    origin.reply("/a", body, fields=fields)
    larder = store.open(NO_MEMORY)
    assert larder.get("/a").body == body
    settle(larder)
    return larder


@table("size", [("in-the-database", 20 * KIB), ("200-kib", 200 * KIB), ("in-a-file", 3 * MIB)])
def test_a_text_is_kept_as_gzip(store, origin, size):
    body = text(size)
    larder = compressed(store, origin, body, JSON)
    metrics = larder.metrics()
    assert metrics.sum("cache_compression_input_bytes_total") == size
    assert 0 < metrics.sum("cache_compression_output_bytes_total") < size / 2
    assert metrics.sum("cache_compression_seconds_count") == 1
    identity = larder.get("/a")
    assert identity.hit and identity.body == body and identity.field("Content-Encoding") is None
    assert identity.field("ETag") == '"v1"', "these are the bytes that the origin named so"
    assert identity.field("Content-Length") in (None, str(size))
    coded = larder.get("/a", fields=GZIP)
    assert coded.hit and coded.field("Content-Encoding") == "gzip"
    assert gzip.decompress(coded.body) == body and len(coded.body) < size / 2
    assert coded.field("ETag") == 'W/"v1"' and coded.field("Content-Length") == str(len(coded.body))
    assert "accept-encoding" in (coded.field("Vary") or "").lower()
    assert coded.field("Content-Type") == identity.field("Content-Type") == "application/json"
    assert origin.count() == 1


def test_room_that_compression_saves(store, origin):
    larder = store.open(NO_MEMORY)
    for number in range(20):
        origin.reply(f"/{number}", text(200 * KIB, number), fields=JSON)
        larder.get(f"/{number}")
    settle(larder)
    assert larder.metric("cache_bytes", tier="disk") < 20 * 200 * KIB * 3 / 4
    larder = store.again(larder, Larder.kill, NO_MEMORY)
    for number in range(20):
        assert larder.get(f"/{number}").body == text(200 * KIB, number)
    assert origin.count() == 20


@table("fields, status", [("strong", {"If-None-Match": '"v1"'}, 304), ("weak", {"If-None-Match": 'W/"v1"'}, 304),
    ("strong-with-gzip", {**GZIP, "If-None-Match": '"v1"'}, 304),
    ("weak-with-gzip", {**GZIP, "If-None-Match": 'W/"v1"'}, 304),
    ("other", {**GZIP, "If-None-Match": '"v2"'}, 200)])
def test_conditions_on_what_was_compressed(store, origin, fields, status):
    larder = compressed(store, origin, text(100 * KIB), JSON)
    answer = larder.get("/a", fields=fields)
    assert answer.status == status and origin.count() == 1


@table("fields", [("identity", {}), ("gzip", GZIP), ("guarded", {"If-Range": '"v1"'})])
@table("first, last", [("begin", 0, 99), ("middle", 50_000, 120_000), ("end", 200 * KIB - 10, 200 * KIB - 1)])
def test_ranges_of_what_was_compressed(store, origin, fields, first, last):
    """Of one representation, and its tag says which: identity's bytes never under gzip's name."""
    body = text(200 * KIB)
    larder = compressed(store, origin, body, JSON)
    stored = larder.get("/a", fields=GZIP).body
    answer = larder.get("/a", fields={**fields, "Range": f"bytes={first}-{last}"})
    if answer.field("Content-Encoding") == "gzip":
        assert "Accept-Encoding" in fields and answer.field("ETag") == 'W/"v1"'
        if answer.status == 206:
            assert answer.body == stored[first:last + 1]
    else:
        assert answer.status == 206 and answer.body == body[first:last + 1]
        assert answer.field("Content-Range") == f"bytes {first}-{last}/{len(body)}"
        assert answer.field("ETag") == '"v1"'
    assert origin.count() == 1


def test_a_weak_tag_guards_no_range(store, origin):
    larder = compressed(store, origin, text(100 * KIB), JSON)
    for fields in ({}, GZIP):
        answer = larder.get("/a", fields={**fields, "Range": "bytes=0-9", "If-Range": 'W/"v1"'})
        assert answer.status == 200 and plain(answer) == text(100 * KIB)


@table("body, fields", [
    ("picture", noise(40 * KIB), {**FRESH, "Content-Type": "image/png"}),
    ("archive", noise(40 * KIB), {**FRESH, "Content-Type": "application/zip"}),
    ("below-the-threshold", text(9 * KIB), JSON),
    ("no-transform", text(40 * KIB), {**JSON, "Cache-Control": "max-age=600, no-transform"})])
def test_what_is_not_compressed(store, origin, body, fields):
    larder = compressed(store, origin, body, fields)
    answer = larder.get("/a", fields=GZIP)
    assert answer.hit and answer.body == body and answer.field("Content-Encoding") is None
    assert answer.field("ETag") == fields.get("ETag")
    assert larder.metric("cache_compression_input_bytes_total") == 0


def test_compression_can_be_off(store, origin):
    origin.reply("/a", text(100 * KIB), fields=JSON)
    off = merge(NO_MEMORY, {"cache": {"compression": {"level": 0}}})
    larder = store.open(off)
    larder.get("/a")
    settle(larder)
    answer = larder.get("/a", fields=GZIP)
    assert answer.hit and answer.body == text(100 * KIB) and len(store.files()) == 1


def test_what_came_as_gzip_stays_so(store, origin):
    coded = gzip.compress(text(200 * KIB), mtime=0)
    fields = {**JSON, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    origin.reply("/a", coded, fields=fields)
    larder = store.open(NO_MEMORY)
    larder.get("/a", fields=GZIP)
    larder = store.again(larder, Larder.kill, NO_MEMORY)
    answer = larder.get("/a", fields=GZIP)
    assert answer.hit and answer.body == coded and answer.field("ETag") == '"v1"'
    answer = larder.get("/a")
    assert answer.hit and answer.body == text(200 * KIB)
    assert larder.metric("cache_compression_input_bytes_total") == 0


def test_what_says_gzip_and_is_none_stays_as_it_came(store, origin):
    broken = gzip.compress(text(200 * KIB), mtime=0)[:-100]
    fields = {**JSON, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    origin.reply("/a", broken, fields=fields)
    larder = store.open(NO_MEMORY)
    larder.get("/a", fields=GZIP)
    settle(larder)
    answer = larder.get("/a", fields=GZIP)
    assert answer.hit and answer.body == broken
    with pytest.raises((EOFError, zlib.error)):
        gzip.decompress(answer.body)


# -- equal bodies ------------------------------------------------------------------------------------------

def test_equal_bodies_lie_there_once(store, origin):
    """20 URLs, one body: a twentieth of the room; each goes by itself, the file with the last."""
    body = noise(300 * KIB)
    targets = [f"/{number}" for number in range(20)]
    larder = store.open(NO_MEMORY)
    for target in targets:
        origin.reply(target, body, fields={**FRESH, "X-Name": target})
        larder.get(target)
    settle(larder)
    assert list(store.files()) == [hashlib.sha256(body).hexdigest()]
    assert store.only_file().stat().st_size <= 0.05 * 20 * len(body)
    assert larder.metric("cache_bytes", tier="disk") < 10 * len(body), "the database with it"
    larder = store.again(larder, Larder.kill, NO_MEMORY)
    for number, target in enumerate(targets):
        answer = larder.get(target)
        assert answer.hit and answer.body == body and answer.field("X-Name") == target
        if number < 19:
            replace(larder, origin, target, b"small")
            assert len(store.files()) == 1
    replace(larder, origin, targets[-1], b"small")
    until(lambda: store.files() == {}, "the file goes with the last who refers to it")


def replace(larder, origin, target, body):
    origin.reply(target, body, fields=FRESH)
    larder.get(target, method="POST", body=b"x")
    assert larder.get(target).body == body
    settle(larder)


def test_the_file_of_what_was_replaced_goes(store, origin):
    larder = store.open()
    for version in range(5):
        replace(larder, origin, "/a", noise(100 * KIB, version))
        name = hashlib.sha256(noise(100 * KIB, version)).hexdigest()
        until(lambda name=name: list(store.files()) == [name], "only the new one's file is there")
    assert entries(larder) == 1


def test_who_reads_a_file_that_goes_gets_all_of_it(store, origin):
    """Or what was replaced under a slow client."""
    body = noise(LARGE, 1)
    origin.reply("/a", body, fields=FRESH)
    larder = store.open(NO_MEMORY)
    larder.get("/a")
    settle(larder)
    with larder.client(receive_buffer=8192) as slow:
        slow.ask("/a")
        slow.body_to(1000)
        replace(larder, origin, "/a", noise(LARGE, 2))
        until(lambda: len(store.files()) == 1, "the old file goes")
        answer = slow.response()
    assert answer.complete and answer.body == body


# -- bounds ------------------------------------------------------------------------------------------------

@table("size, count", [("files", 200 * KIB, 200), ("rows", 30 * KIB, 1200)])
@pytest.mark.heavy
def test_the_bound_holds(store, origin, size, count):
    """Twice as much as there is room for: what was used stays, the rest makes room."""
    larder = store.open(merge(NO_MEMORY, {"cache": {"disk": {"size": "16MiB", "fsync": "never"}}}))
    hot, most = [f"/hot{number}" for number in range(5)], 0
    for number, target in enumerate(hot):
        origin.reply(target, noise(size, 10_000 + number), fields=FRESH)
        larder.get(target)
    for number in range(count):
        origin.reply(f"/{number}", noise(size, number), fields=FRESH)
        assert larder.get(f"/{number}").body == noise(size, number)
        if number % 10 == 0:
            assert all(larder.get(target).status == 200 for target in hot)
            settle(larder)
            most = max(most, store.used())
    assert most < 30 * MIB + store.groups.stat().st_size, "and the log of writes, some MiB whatever the size"
    larder.wait_metric("cache_bytes", lambda found: found <= 16 * MIB, tier="disk")
    metrics = larder.metrics()
    assert metrics.sum("cache_max_bytes", tier="disk") == 16 * MIB
    assert metrics.sum("cache_evictions_total", tier="disk", reason="capacity") > 0
    assert metrics.sum("cache_entries", tier="disk") >= 8 * MIB / size
    assert metrics.sum("disk_writes_dropped_total") == 0
    assert all(origin.count(target) == 1 for target in hot), "used all the time"
    assert larder.get(f"/{count - 1}").hit and not larder.get("/0").hit
    assert store.strays() == []


def test_room_that_is_left_to_others(store, origin):
    """More than the device has: nothing is written, everybody is served."""
    larder = store.begin({"cache": {"disk": {"free_floor": "200TiB"}}})
    for target, size in (("/small", 100), ("/large", 100 * KIB)):
        origin.reply(target, noise(size), fields=FRESH)
        assert larder.get(target).body == noise(size)
        assert larder.get(target).hit
    settle(larder)
    assert store.files() == {} and entries(larder) == 0
    assert disk_lookups(larder, "hit") == 0
    metrics = larder.metrics()
    assert metrics.sum("disk_errors_total") + metrics.sum("disk_writes_dropped_total") > 0


def test_what_a_full_queue_does_not_take_is_dropped(store, origin):
    """Somebody holds the database; nobody waits for it."""
    larder = store.open({"cache": {"disk": {"queue": "1MiB"}}})
    other = store.connect()
    other.execute("BEGIN IMMEDIATE")
    for number in range(40):
        origin.reply(f"/{number}", noise(50 * KIB, number), fields=FRESH)
        assert larder.get(f"/{number}").body == noise(50 * KIB, number)
    larder.wait_metric("disk_writes_dropped_total", at_least(1))
    other.execute("ROLLBACK")
    other.close()
    settle(larder)
    for number in range(40):
        assert larder.get(f"/{number}").hit, "from memory"
