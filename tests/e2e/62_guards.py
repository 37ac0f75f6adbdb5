"""What a good body is: bodies that are not are never stored, and never given to who waits for another's fetch."""

import gzip
import json
import threading
import time

import pytest

from harness.client import request_bytes
from harness.crowd import Crowd
from harness.metrics import equals
from harness.origin import Reply
from harness.table import table

JSON, XML = "application/json", "application/xml"
LASTS = "max-age=600"
GOOD = b'{"version":"6.9","hitCount":2,"resultList":{"result":[{"id":"1"},{"id":"2"}]}}'
POISON = b'{"version":"6.9"}'
SEARCH = {"content_type": [JSON, XML], "json": {"require": ["/hitCount"], "forbid": ["/errCode"]},
    "xml": {"root": "responseWrapper", "forbid": ["ERROR"]}, "well_formed": True}


def reply(body, kind=JSON, control=LASTS, **how):
    fields = {"Content-Type": kind, "Cache-Control": control, **how.pop("fields", {})}
    return Reply(body, fields=fields, **how)


def guarded(guard, attempts=1, **more):
    return {"cache": {"errors": "off", "etags": False, "jitter": "0%", "memory": {"max_object": "16MiB"}},
        "upstreams": {"origin": {"retry": {"attempts": attempts, "backoff": "1ms", "most_backoff": "2ms", "budget": "100%"},
            "breaker": {"error_rate": "0%", "consecutive": 0}, "eject": {"consecutive": 0}}},
        "routes": [{"path": "/", "upstream": "origin", "guard": guard, **more}]}


@pytest.fixture
def gate():
    event = threading.Event()
    yield event
    event.set()


def rejections(larder, rule):
    return larder.metric("cache_guard_rejections_total", rule=rule)


def large(size, end):
    """Valid up to `end`, larger than what is held back from the first client."""
    rows = b",".join(b'{"id":"%07d"}' % n for n in range(size // 16))
    return b'{"hitCount":1,"results":[' + rows + b"]" + end


# -- what is rejected ----------------------------------------------------------------------------------

BAD = [
    ("poisoned", reply(POISON), "json-require"),
    ("an error under 200", reply(b'{"hitCount":1,"errCode":404}'), "json-forbid"),
    ("cut short", reply(GOOD[:-1]), "well-formed"),
    ("garbage behind", reply(GOOD + b"x"), "well-formed"),
    ("two values", reply(GOOD + GOOD), "well-formed"),
    ("nothing", reply(b""), "well-formed"),
    ("an HTML page", reply(b"<html></html>", "text/html"), "content-type"),
    ("an HTML page that calls itself JSON", reply(b"<html></html>"), "well-formed"),
    ("no type", Reply(GOOD, fields={"Cache-Control": LASTS}), "content-type"),
    ("another root", reply(b"<html/>", XML), "xml-root"),
    ("an error in XML", reply(b"<responseWrapper><ERROR/></responseWrapper>", XML), "xml-forbid"),
    ("XML cut short", reply(b"<responseWrapper><a>", XML), "well-formed"),
    ("poisoned gzip", reply(gzip.compress(POISON), fields={"Content-Encoding": "gzip"}), "json-require"),
    ("a gzip of what is cut short", reply(gzip.compress(GOOD[:-1]), fields={"Content-Encoding": "gzip"}), "well-formed"),
    ("a gzip cut short", reply(gzip.compress(GOOD)[:-4], fields={"Content-Encoding": "gzip"}), "well-formed"),
    ("no gzip", reply(GOOD, fields={"Content-Encoding": "gzip"}), "well-formed"),
    ("in chunks", reply(POISON, framing="chunked"), "json-require"),
]


@table("bad, rule", BAD)
def test_what_is_not_good_is_no_answer(start, origin, bad, rule):
    larder = start(guarded(SEARCH))
    origin.replies("/a", bad, reply(GOOD))
    first = larder.get("/a")
    assert first.status == 502 and json.loads(first.body)["title"] == "Origin's answer is not good"
    assert rejections(larder, rule) == 1
    assert larder.metric("cache_store_skips_total", reason="guard-rejected") == 1
    second, third = larder.get("/a"), larder.get("/a")
    assert second.body == GOOD and not second.hit
    assert third.body == GOOD and third.hit and origin.count("/a") == 2


@table("good", [
    ("JSON", reply(GOOD)), ("XML", reply(b"<responseWrapper/>", XML)), ("a prefix", reply(b"<x:responseWrapper xmlns:x='u'/>", XML)),
    ("a type with parameters", reply(GOOD, "Application/JSON;charset=UTF-8")),
    ("gzip", reply(gzip.compress(GOOD), fields={"Content-Encoding": "gzip"})), ("in chunks", reply(GOOD, framing="chunked")),
    ("by closing", reply(GOOD, framing="close")),
])
def test_what_is_good_is_stored(start, origin, good):
    larder = start(guarded(SEARCH))
    origin.replies("/a", good)
    first, second = larder.get("/a"), larder.get("/a")
    assert first.status == 200 and second.hit and second.body == first.body
    assert origin.count("/a") == 1
    assert larder.metric("cache_guard_verdicts_total", verdict="good") == 1


def test_a_number_that_is_watched_asks_for_no_json(start, origin, gate):
    larder = start(guarded({"watch": "/hitCount", "min_length": 3}))
    origin.replies("/a", Reply(pieces=[b"<" * 20_000, gate, b">"], framing="chunked", fields={"Content-Type": JSON}))
    with Crowd(larder.address, 3) as crowd:
        crowd.ask(request_bytes("/a"))
        larder.wait_metric("collapse_waiters", equals(3))
        gate.set()
        crowd.wait_done()
        assert {bytes(member.reader.body) for member in crowd.members} == {b"<" * 20_000 + b">"}
    assert origin.count("/a") == 1


@table("guard, body, rule", [
    ("too short", {"min_length": 10}, b"123456789", "min-length"), ("too long", {"max_length": 8}, b"123456789", "max-length"),
    ("a gzip that is too short", {"min_length": 10}, gzip.compress(b"1"), "min-length"),
    ("a gzip that is too long", {"max_length": 100}, gzip.compress(b"1" * 101), "max-length"),
])
def test_lengths_are_those_of_the_content(start, origin, guard, body, rule):
    larder = start(guarded(guard))
    fields = {"Content-Encoding": "gzip"} if body.startswith(b"\x1f\x8b") else {}
    origin.replies("/a", reply(body, "text/plain", fields=fields))
    assert larder.get("/a").status == 502 and rejections(larder, rule) == 1


@table("answer", [("an error", reply(POISON, status=500)), ("a redirect", reply(POISON, status=301))])
def test_a_guard_is_about_good_statuses(start, origin, answer):
    larder = start(guarded(SEARCH))
    origin.replies("/a", answer)
    assert larder.get("/a").status == answer.status
    assert larder.metric("cache_guard_verdicts_total") == 0


def test_a_post_that_is_keyed_by_its_body_is_guarded(start, origin):
    larder = start(guarded(SEARCH, cache_post=True))
    origin.replies("/a", reply(POISON), reply(GOOD))
    asked = {"method": "POST", "body": b"query=x", "fields": {"Content-Type": "application/x-www-form-urlencoded"}}
    assert larder.get("/a", **asked).status == 502
    assert larder.get("/a", **asked).body == GOOD
    assert larder.get("/a", **asked).hit


def test_a_private_answer_is_guarded_too(start, origin):
    larder = start(guarded(SEARCH))
    origin.replies("/a", reply(POISON, control="private"), reply(GOOD, control="private"))
    assert larder.get("/a").status == 502
    assert larder.get("/a").body == GOOD


# -- what is done instead ------------------------------------------------------------------------------

def test_another_try_brings_the_good_one(start, origin):
    larder = start(guarded(SEARCH, attempts=3))
    origin.replies("/a", reply(POISON), reply(POISON), reply(GOOD))
    first = larder.get("/a")
    assert first.status == 200 and first.body == GOOD and origin.count("/a") == 3
    assert larder.get("/a").hit


def test_what_is_stale_stands_in(start, origin, clock):
    larder = start(guarded(SEARCH))
    origin.replies("/a", reply(GOOD, control="max-age=10, stale-if-error=600"), reply(POISON))
    larder.get("/a")
    clock.advance(20)
    second = larder.get("/a")
    assert second.status == 200 and second.body == GOOD and origin.count("/a") == 2
    assert larder.metric("cache_stale_served_total", reason="error") == 1
    assert larder.get("/a").body == GOOD


def test_a_bad_answer_that_would_not_be_stored_leaves_what_is(start, origin, clock):
    larder = start(guarded(SEARCH))
    origin.replies("/a", reply(GOOD, control="max-age=10, stale-if-error=600"), reply(POISON, control="no-store"))
    larder.get("/a")
    clock.advance(20)
    assert [larder.get("/a").body for _ in range(3)] == [GOOD] * 3


def test_a_refresh_that_brings_a_bad_one_leaves_what_is(start, origin, clock):
    larder = start(guarded(SEARCH))
    origin.replies("/a", reply(GOOD, control="max-age=10, stale-while-revalidate=600"), reply(POISON))
    larder.get("/a")
    clock.advance(20)
    begun = time.monotonic()
    assert larder.get("/a").body == GOOD
    origin.wait_for(2, "/a")
    larder.wait_idle()
    assert [larder.get("/a").body for _ in range(5)] == [GOOD] * 5
    larder.wait_idle()
    assert origin.count("/a") <= 2 + (time.monotonic() - begun)  # each is held a second


# -- who waits -----------------------------------------------------------------------------------------

def test_followers_never_see_a_body_before_its_verdict(start, origin, gate):
    larder = start(guarded(SEARCH))
    bad = [reply(b"", pieces=[POISON[:5], gate, POISON[5:]], framing="chunked"), reply(GOOD)]
    origin.replies("/a", *bad)
    with Crowd(larder.address, 20) as crowd:
        crowd.ask(request_bytes("/a"))
        larder.wait_metric("collapse_waiters", equals(20))
        gate.set()
        crowd.wait_done()
        assert {member.response.status for member in crowd.members} == {502}
    assert larder.get("/a").body == GOOD


def test_followers_get_what_is_good(start, origin, gate):
    larder = start(guarded(SEARCH))
    origin.replies("/a", reply(b"", pieces=[GOOD[:5], gate, GOOD[5:]], framing="chunked"))
    with Crowd(larder.address, 20) as crowd:
        crowd.ask(request_bytes("/a"))
        larder.wait_metric("collapse_waiters", equals(20))
        gate.set()
        crowd.wait_done()
        assert {bytes(member.reader.body) for member in crowd.members} == {GOOD}
    assert origin.count("/a") == 1


def stream_large(origin, gate, end):
    """A large body that ends so behind the gate, and the good one that comes next."""
    size = 200_000
    whole = large(size, end)
    after = large(size, b"}")
    origin.replies("/a", reply(b"", pieces=[whole[:100_000], gate, whole[100_000:]], length=len(whole)), reply(after))
    return whole, after


@table("end", [("cut short", b""), ("forbidden", b',"errCode":1}')])
def test_a_large_body_with_a_bad_end(start, origin, gate, end):
    larder = start(guarded(SEARCH))
    whole, after = stream_large(origin, gate, end)
    with larder.client() as leader:
        leader.ask("/a")
        assert leader.body_to(50_000) == whole[:50_000]
        with Crowd(larder.address, 3) as crowd:
            crowd.ask(request_bytes("/a"))
            larder.wait_metric("collapse_waiters", equals(4))
            gate.set()
            crowd.wait_done()
            assert {bytes(member.reader.body) for member in crowd.members} == {after}
        assert leader.response().body == whole
    assert origin.count("/a") == 2
    assert larder.get("/a").hit and larder.get("/a").body == after


def test_with_hold_the_first_client_waits_as_well(start, origin, gate):
    larder = start(guarded({**SEARCH, "hold": True}, attempts=2))
    whole, after = stream_large(origin, gate, b"")
    gate.set()
    first = larder.get("/a")
    assert first.status == 200 and first.body == after and origin.count("/a") == 2
    assert larder.get("/a").hit


@table("hold", [("the first client waits", True), ("the first client streams", False)])
def test_what_can_not_be_held_back_passes(start, origin, gate, hold):
    room = {"memory": {"max_object": "64KiB"}, "spool": {"limit": "1MiB"}}
    changes = guarded({**SEARCH, "hold": hold})
    larder = start({**changes, "cache": {**changes["cache"], **room}})
    whole = large(3_000_000, b"}")
    origin.replies("/a", reply(b"", pieces=[whole[:10], gate, whole[10:]], length=len(whole)))
    with Crowd(larder.address, 3) as crowd:
        crowd.ask(request_bytes("/a"))
        larder.wait_metric("collapse_waiters", equals(3))
        gate.set()
        crowd.wait_done()
        assert {bytes(member.reader.body) for member in crowd.members} == {whole}
    assert origin.count("/a") == 1 and not larder.get("/a").hit


def test_the_leader_leaves_and_its_followers_get_another_body(start, origin, gate):
    larder = start(guarded(SEARCH, attempts=2))
    whole, after = stream_large(origin, gate, b"")
    with larder.client() as leader, Crowd(larder.address, 3) as crowd:
        leader.ask("/a")
        leader.body_to(50_000)
        crowd.ask(request_bytes("/a"))
        larder.wait_metric("collapse_waiters", equals(4))
        leader.reset()
        larder.wait_metric("collapse_waiters", equals(3))
        gate.set()
        crowd.wait_done()
        assert {bytes(member.reader.body) for member in crowd.members} == {after}
    assert origin.count("/a") == 2


def test_a_part_of_what_would_be_judged_is_not_stored(start, origin):
    larder = start(guarded(SEARCH))
    origin.replies("/a", reply(GOOD[:9], status=206, fields={"ETag": '"1"', "Content-Range": f"bytes 0-8/{len(GOOD)}"}))
    for _ in range(2):
        part = larder.get("/a", fields={"Range": "bytes=0-8"})
        assert part.status == 206 and part.body == GOOD[:9] and not part.hit
    assert larder.metric("cache_store_skips_total", reason="partial") == 2


# -- negative, pass ------------------------------------------------------------------------------------

def test_an_error_under_200_is_kept_shortly(start, origin, clock):
    larder = start(guarded({"negative": {"json": ["/errCode"], "ttl": "30s"}}))
    error = b'{"version":"6.9","errCode":404}'
    origin.replies("/a", reply(error), reply(GOOD))
    assert larder.get("/a").body == error
    again = larder.get("/a")
    assert again.hit and again.body == error and again.cache["ttl"] <= 30
    clock.advance(31)
    assert larder.get("/a").body == GOOD and origin.count("/a") == 2
    assert larder.metric("cache_guard_verdicts_total", verdict="negative") == 1


def test_an_error_under_200_does_not_take_the_place_of_what_may_be_used(start, origin, clock):
    larder = start(guarded({"negative": {"json": ["/errCode"]}}))
    error = b'{"errCode":500}'
    origin.replies("/a", reply(GOOD, control="max-age=10, stale-if-error=600"), reply(error), reply(b"", status=503))
    larder.get("/a")
    clock.advance(20)
    assert larder.get("/a").body == error
    assert larder.get("/a").body == GOOD and origin.count("/a") == 3
    assert larder.metric("cache_store_skips_total", reason="keeps-stale") == 1


def test_it_is_kept_where_a_good_one_would_not_be(start, origin):
    larder = start(guarded({"negative": {"json": ["/errCode"]}}))
    answer = {"fields": {"Content-Type": JSON}}
    origin.replies("/a", Reply(b'{"errCode":1}', **answer))
    origin.replies("/b", Reply(GOOD, **answer))
    for path, count in ("/a", 1), ("/b", 2):
        larder.get(path)
        assert larder.get(path).status == 200 and origin.count(path) == count


def test_what_fails_may_be_an_error_to_be_kept(start, origin):
    larder = start(guarded({**SEARCH, "on_fail": "negative"}))
    origin.replies("/a", reply(POISON))
    assert larder.get("/a").body == POISON
    assert larder.get("/a").hit and rejections(larder, "json-require") == 1


@table("guard, body", [("a condition", {"pass": {"json": ["/pending=true"]}}, b'{"pending":true}'),
    ("an element", {"pass": {"xml": ["Pending"]}}, b"<a><Pending/></a>"),
    ("what fails", {"json": {"require": ["/hitCount"]}, "on_fail": "pass"}, POISON),
    ("more than is looked at", {"well_formed": True}, b'["' + b"x" * 6_000_000 + b'"]')])
def test_what_passes_is_not_stored(start, origin, guard, body):
    larder = start(guarded(guard))
    origin.replies("/a", reply(body, XML if body.startswith(b"<") else JSON))
    for _ in range(2):
        answer = larder.get("/a")
        assert answer.status == 200 and answer.body == body and not answer.hit
    assert origin.count("/a") == 2
    assert larder.metric("cache_store_skips_total", reason="guard-pass") == 2


def test_a_coding_that_nobody_can_read_passes(start, origin):
    larder = start(guarded(SEARCH))
    origin.replies("/a", reply(b"\x0b\x02\x80", fields={"Content-Encoding": "br"}))
    accepts = {"fields": {"Accept-Encoding": "br"}}
    assert larder.get("/a", **accepts).body == b"\x0b\x02\x80"
    assert not larder.get("/a", **accepts).hit


# -- watched numbers -----------------------------------------------------------------------------------

@table("number, drops", [("far", 499, 1), ("not far", 500, 0), ("up", 2000, 0), ("gone", None, 0)])
def test_a_number_that_falls_is_told(start, origin, clock, number, drops):
    larder = start(guarded({"watch": "/hitCount"}))
    count = lambda n: reply(json.dumps({"hitCount": n} if n is not None else {}).encode(), control="max-age=10")
    origin.replies("/a", count(1000), count(number))
    larder.get("/a")
    clock.advance(20)
    larder.get("/a")
    assert larder.get("/a").hit
    assert larder.metric("cache_watch_drops_total", route="/") == drops
    told = [event["detail"] for event in larder.wait_event("alert-watch-drop", count=drops)]
    assert told == [f"route /: /hitCount fell from 1000 to {number}"] * drops


# -- storms --------------------------------------------------------------------------------------------

def test_a_storm_of_poison_never_reaches_the_store(start, origin):
    larder = start(guarded(SEARCH, attempts=2))
    lock, asked = threading.Lock(), [0]

    def answer(_):
        with lock:
            asked[0] += 1
            return reply(POISON if asked[0] % 3 == 0 else GOOD, control="max-age=0, stale-if-error=60" if asked[0] % 2 else LASTS)
    for n in range(40):
        origin.reply(f"/{n}", script=answer)
    for n in range(40):
        with Crowd(larder.address, 5) as crowd:
            crowd.ask(request_bytes(f"/{n}"))
            crowd.wait_done()
            for member in crowd.members:
                assert member.response.status == 502 or bytes(member.reader.body) == GOOD
    assert all(larder.get(f"/{n}").body != POISON for n in range(40))
