"""Stale answers: who may get them, when, and what the origin is asked meanwhile (RFC 9111 4.2.4, RFC 5861)."""

import contextlib
import socket
import threading
import time
from email.utils import formatdate

import pytest

from harness.client import request_bytes
from harness.crowd import Crowd
from harness.origin import Origin, Reply
from harness.table import table

HOUR = 3600
SWR = "max-age=10, stale-while-revalidate=60"
SIE = "max-age=10, stale-if-error=60"
STRICT = [
    ("must-revalidate", "max-age=10, must-revalidate"), ("proxy-revalidate", "max-age=10, proxy-revalidate"),
    ("s-maxage", "s-maxage=10"), ("no-cache", "max-age=10, no-cache"),
    ("capitals", "MAX-AGE=10, MUST-REVALIDATE"), ("second-of-three", "max-age=10, must-revalidate, public")]


@pytest.fixture
def gate():
    event = threading.Event()
    yield event
    event.set()


def age_stored(larder, origin, clock, directives, stale, **fields):
    """Stores /a under these directives, then lets it be stale for so long."""
    origin.reply("/a", b"old", fields={"Cache-Control": directives, **fields})
    larder.get("/a")
    clock.advance(10 + stale)


# -- stale-while-revalidate (RFC 5861 3) ---------------------------------------------------------------

def test_nobody_waits_for_the_refresh_and_there_is_one(larder, origin, clock, gate):
    age_stored(larder, origin, clock, SWR, 20)
    origin.reply("/a", b"new", hold=gate, fields={"Cache-Control": SWR})
    first = larder.get("/a")
    assert first.hit and first.body == b"old" and -60 <= first.cache["ttl"] <= -20
    assert first.age >= 30
    assert "fwd" not in first.cache
    origin.wait_for(2, "/a")
    with Crowd(larder.address, 20) as crowd:
        crowd.ask(request_bytes("/a"))
        crowd.wait_done()
        assert {bytes(member.reader.body) for member in crowd.members} == {b"old"}
    assert origin.count("/a") == 2
    gate.set()
    larder.wait_idle()
    fresh = larder.get("/a")
    assert fresh.hit and fresh.body == b"new" and fresh.cache["ttl"] > 0
    assert origin.count("/a") == 2


def test_a_crowd_on_a_stale_key_starts_one_refresh(larder, origin, clock, gate):
    age_stored(larder, origin, clock, SWR, 20)
    origin.reply("/a", b"new", hold=gate, fields={"Cache-Control": SWR})
    with Crowd(larder.address, 30) as crowd:
        crowd.ask(request_bytes("/a"))
        crowd.wait_done()
        assert {bytes(member.reader.body) for member in crowd.members} == {b"old"}
    origin.wait_for(2, "/a")
    gate.set()
    larder.wait_idle()
    assert origin.count("/a") == 2


def test_the_refresh_is_conditional_and_a_304_freshens(larder, origin, clock):
    age_stored(larder, origin, clock, SWR, 20, ETag='"v1"')
    assert larder.get("/a").hit
    assert origin.wait_for(2, "/a")[1].field("If-None-Match") == '"v1"'
    larder.wait_idle()
    again = larder.get("/a")
    assert again.hit and again.body == b"old" and again.cache["ttl"] > 0 and again.age < 20
    assert origin.count() == 2


@table("stale, served", [("just-stale", 1, True), ("inside", 40, True), ("over", 61, False), ("long-over", 600, False)])
def test_the_window_of_stale_while_revalidate(larder, origin, clock, stale, served):
    age_stored(larder, origin, clock, SWR, stale)
    origin.reply("/a", b"new", fields={"Cache-Control": SWR})
    answer = larder.get("/a")
    assert answer.hit is served and answer.body == (b"old" if served else b"new")
    origin.wait_for(2, "/a")
    larder.wait_idle()


@table("value, served", [("zero", "0", False), ("word", "abc", False), ("negative", "-5", False),
    ("none", "", False), ("quoted", '"60"', True), ("huge", "99999999999999999999", True)])
def test_forms_of_stale_while_revalidate(larder, origin, clock, value, served):
    age_stored(larder, origin, clock, f"max-age=10, stale-while-revalidate={value}", 20)
    assert larder.get("/a").hit is served
    origin.wait_for(2, "/a")
    larder.wait_idle()


@table("directives", STRICT)
def test_never_while_revalidating(larder, origin, clock, directives):
    """5.2.2.2, 5.2.2.8, 5.2.2.10, 5.2.2.4: these forbid it, whatever else is said."""
    age_stored(larder, origin, clock, directives + ", stale-while-revalidate=60", 20)
    origin.reply("/a", b"new", fields={"Cache-Control": directives})
    answer = larder.get("/a")
    assert answer.body == b"new" and not answer.hit and answer.cache["fwd"] in ("stale", "uri-miss")


@pytest.mark.parametrize("asked", ["no-cache", "max-age=15", "min-fresh=5", "max-age=0"])
def test_a_client_that_wants_it_fresher_waits(larder, origin, clock, asked):
    age_stored(larder, origin, clock, SWR, 20)
    origin.reply("/a", b"new", fields={"Cache-Control": SWR})
    answer = larder.get("/a", fields={"Cache-Control": asked})
    assert answer.body == b"new" and not answer.hit


@pytest.mark.parametrize("status", [500, 503, 404])
def test_a_refresh_that_fails_harms_nobody(larder, origin, clock, status):
    age_stored(larder, origin, clock, SWR, 20)
    origin.reply("/a", b"oops", status=status)
    begun = time.monotonic()
    assert larder.get("/a").body == b"old"
    origin.wait_for(2, "/a")
    larder.wait_idle()
    if status != 404:  # nor is the origin asked again at once
        assert {larder.get("/a").body for _ in range(20)} == {b"old"}
        larder.wait_idle()
        assert origin.count("/a") <= 4 + (time.monotonic() - begun)  # each is held a second
    origin.reply("/a", b"new", fields={"Cache-Control": "max-age=10"})
    clock.advance(90)
    assert larder.get("/a").body == b"new"


def test_head_gets_the_stale_head_and_refreshes(larder, origin, clock):
    age_stored(larder, origin, clock, SWR, 20)
    head = larder.get("/a", method="HEAD")
    assert head.hit and head.status == 200 and head.cache["ttl"] < 0
    origin.wait_for(2, "/a")
    larder.wait_idle()
    assert larder.get("/a").cache["ttl"] > 0


# -- stale-if-error (RFC 5861 4) and the grace that is preset -------------------------------------------

def fails(origin, status):
    origin.reply("/a", b"oops", status=status)


@pytest.mark.parametrize("directives", [SIE, "max-age=10"], ids=["stale-if-error", "grace"])
@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
@pytest.mark.parametrize("validator", [{}, {"ETag": '"v1"'}], ids=["plain", "validated"])
def test_stale_stands_in_for_an_error(larder, origin, clock, directives, status, validator):
    age_stored(larder, origin, clock, directives, 20, **validator)
    fails(origin, status)
    answer = larder.get("/a")
    assert (answer.status, answer.body) == (200, b"old") and answer.age >= 30
    assert "hit" not in answer.cache and answer.cache["fwd"] == "stale"
    assert answer.cache["fwd-status"] == status and answer.cache.get("ttl", -1) < 0
    assert origin.count() == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 501, 505, 302])
def test_other_statuses_are_the_origins_answer(larder, origin, clock, status):
    """RFC 5861 4 names 500, 502, 503 and 504, larder also 429; a 404 is no error but news."""
    age_stored(larder, origin, clock, SIE, 20)
    fails(origin, status)
    answer = larder.get("/a")
    assert (answer.status, answer.body) == (status, b"oops")


@table("directives, stale, served", [
    ("inside", SIE, 40, True), ("over", SIE, 61, False), ("zero-is-never", "max-age=10, stale-if-error=0", 1, False),
    ("grace-within-a-day", "max-age=10", 20 * HOUR, True), ("grace-over-a-day", "max-age=10", 25 * HOUR, False),
    ("longer-than-grace", "max-age=10, stale-if-error=999999", 48 * HOUR, True),
    ("expires-only", None, 20, True)])
def test_how_long_stale_stands_in(larder, origin, clock, directives, stale, served):
    if directives is None:
        from_expires(larder, origin, clock, stale)
    else:
        age_stored(larder, origin, clock, directives, stale)
    fails(origin, 503)
    answer = larder.get("/a")
    assert (answer.status, answer.body) == ((200, b"old") if served else (503, b"oops"))


def from_expires(larder, origin, clock, stale):
    origin.reply("/a", b"old", fields={"Expires": formatdate(origin.now() + 10, usegmt=True)})
    larder.get("/a")
    clock.advance(10 + stale)


@table("grace, stale, served", [("off", "0", 1, False), ("a-minute-inside", "60s", 40, True),
    ("a-minute-over", "60s", 61, False)])
def test_grace_is_a_setting(start, origin, clock, grace, stale, served):
    larder = start({"cache": {"grace": grace}})
    age_stored(larder, origin, clock, "max-age=10", stale)
    fails(origin, 503)
    assert larder.get("/a").status == (200 if served else 503)


@table("directives", STRICT)
@pytest.mark.parametrize("also", ["", ", stale-if-error=600"], ids=["grace", "stale-if-error"])
@pytest.mark.parametrize("how", ["503", "gone"])
def test_never_where_the_origin_forbids_it(larder, origin, clock, directives, also, how):
    """5.2.2.2: an error rather than an answer that wasn't validated,
    504 where the origin can't be asked."""
    age_stored(larder, origin, clock, directives + also, 20)
    fails(origin, 503)
    if how == "gone":
        origin.stop()
    answer = larder.get("/a")
    assert answer.status in ((503,) if how == "503" else (502, 504)) and answer.body != b"old"


@table("raw", [("nothing", b""), ("half-a-head", b"HTTP/1.1 200 OK\r\nContent-Le"), ("nonsense", b"nonsense\r\n\r\n"),
    ("bad-length", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nabc"),
    ("unknown-transfer-coding", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: frob\r\n\r\nabc")])
def test_stale_stands_in_for_a_broken_answer(larder, origin, clock, raw):
    age_stored(larder, origin, clock, SIE, 20)
    origin.reply("/a", raw=raw)
    answer = larder.get("/a")
    assert (answer.status, answer.body) == (200, b"old")
    assert answer.cache["fwd"] == "stale" and "hit" not in answer.cache


@pytest.mark.parametrize("directives", [SIE, "max-age=10"], ids=["stale-if-error", "grace"])
def test_stale_stands_in_for_an_origin_that_is_gone(larder, origin, clock, directives):
    age_stored(larder, origin, clock, directives, 20)
    origin.stop()
    for _ in range(2):
        answer = larder.get("/a")
        assert (answer.status, answer.body) == (200, b"old")
        assert answer.cache["fwd"] == "stale" and "hit" not in answer.cache


def test_stale_stands_in_for_an_origin_that_says_nothing(start, origin, clock, gate):
    larder = start({"upstreams": {"origin": {"timeouts": {"first_byte": "300ms"}}}})
    age_stored(larder, origin, clock, SIE, 20)
    origin.reply("/a", b"late", hold=gate)
    answer = larder.get("/a")
    assert (answer.status, answer.body) == (200, b"old") and answer.cache["fwd"] == "stale"


def test_stale_stands_in_for_an_origin_that_lets_connections_hang(start, clock):
    """A listener whose backlog is full has taken its place."""
    first = Origin(clock=clock)
    larder = start({"upstreams": {"origin": {"timeouts": {"connect": "300ms"}}}}, url=first.url)
    age_stored(larder, first, clock, SIE, 20)
    first.stop()
    with socket.socket() as full, contextlib.ExitStack() as waiting:
        full.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        full.bind(("127.0.0.1", first.port))
        full.listen(0)
        for _ in range(8):
            link = waiting.enter_context(socket.socket())
            link.setblocking(False)
            link.connect_ex(full.getsockname())
        answer = larder.get("/a")
        assert (answer.status, answer.body) == (200, b"old") and answer.cache["fwd"] == "stale"


def test_all_who_wait_get_the_stale_answer(larder, origin, clock, gate):
    age_stored(larder, origin, clock, SIE, 20)
    origin.reply("/a", b"oops", status=503, hold=gate)
    with Crowd(larder.address, 10) as crowd:
        crowd.ask(request_bytes("/a"))
        larder.wait_metric("collapse_waiters", lambda count: count >= 10)
        gate.set()
        crowd.wait_done()
        assert {bytes(member.reader.body) for member in crowd.members} == {b"old"}
    assert origin.count() == 2


@pytest.mark.parametrize("lifetime", [{}, {"Cache-Control": "max-age=60"}], ids=["plain", "with-a-lifetime"])
def test_an_error_does_not_take_the_place_of_what_is_good(larder, origin, clock, lifetime):
    """Even one that might be stored: the origin that recovers is asked with the old validator."""
    age_stored(larder, origin, clock, SIE, 20, ETag='"v1"')
    origin.reply("/a", b"oops", status=503, fields=lifetime)
    assert larder.get("/a").body == b"old"
    origin.reply("/a", b"old", fields={"Cache-Control": SIE, "ETag": '"v1"'})
    answer = larder.get("/a")
    assert answer.body == b"old" and answer.cache["fwd-status"] == 304
    assert larder.get("/a").hit


def test_head_and_conditions_on_a_stale_stand_in(larder, origin, clock):
    age_stored(larder, origin, clock, SIE, 20, ETag='"v1"')
    fails(origin, 503)
    head = larder.get("/a", method="HEAD")
    assert head.status == 200 and head.body == b"" and head.field("ETag") == '"v1"'
    assert larder.get("/a", fields={"If-None-Match": '"v1"'}).status == 304
    assert larder.get("/a", fields={"If-None-Match": '"v2"'}).body == b"old"


# -- what requests say about it (5.2.1) -----------------------------------------------------------------

@pytest.mark.parametrize("asked", [{"Cache-Control": "no-cache"}, {"Pragma": "no-cache"}], ids=str)
@pytest.mark.parametrize("how", ["503", "gone"])
def test_no_cache_never_gets_what_was_not_validated(larder, origin, clock, asked, how):
    """5.2.1.4, on a stale and on a fresh one."""
    for stale in (-5, 20):
        age_stored(larder, origin, clock, SIE, stale)
        fails(origin, 503)
        if how == "gone" and stale == 20:
            origin.stop()
        answer = larder.get("/a", fields=asked)
        assert answer.status in (502, 503, 504) and answer.body != b"old"
        if stale == -5:
            clock.advance(HOUR)


@table("directives, asked, stale, served", [
    ("request-allows-more-than-none", "max-age=10, stale-if-error=0", "stale-if-error=60", 20, True),
    ("request-allows-more", "max-age=10, stale-if-error=5", "stale-if-error=60", 20, True),
    ("request-over", "max-age=10, stale-if-error=5", "stale-if-error=60", 61, False),
    ("never-must-revalidate", "max-age=10, must-revalidate", "stale-if-error=60", 20, False),
    ("never-proxy-revalidate", "max-age=10, proxy-revalidate", "stale-if-error=60", 20, False),
    ("never-s-maxage", "s-maxage=10", "stale-if-error=60", 20, False),
    ("never-no-cache", "no-cache, max-age=10", "stale-if-error=60", 20, False)])
def test_stale_if_error_of_a_request(larder, origin, clock, directives, asked, stale, served):
    age_stored(larder, origin, clock, directives, stale)
    fails(origin, 503)
    answer = larder.get("/a", fields={"Cache-Control": asked})
    assert (answer.status, answer.body) == ((200, b"old") if served else (503, b"oops"))


@table("directives, asked, stale, served", [
    ("5.2.1.2-any", "max-age=10", "max-stale", 5000, True), ("5.2.1.2-inside", "max-age=10", "max-stale=60", 40, True),
    ("5.2.1.2-over", "max-age=10", "max-stale=60", 65, False), ("5.2.1.2-zero", "max-age=10", "max-stale=0", 5, False),
    ("5.2.1.2-quoted", "max-age=10", 'max-stale="60"', 40, True), ("5.2.1.2-bad", "max-age=10", "max-stale=abc", 50, False),
    ("5.2.1.2-with-max-age", "max-age=10", "max-age=40, max-stale=60", 20, True),
    ("5.2.1.2-with-no-cache", "max-age=10", "no-cache, max-stale=60", 20, False),
    ("5.2.2.2-must-revalidate", "max-age=10, must-revalidate", "max-stale", 20, False),
    ("5.2.2.8-proxy-revalidate", "max-age=10, proxy-revalidate", "max-stale", 20, False),
    ("5.2.2.10-s-maxage", "s-maxage=10", "max-stale", 20, False),
    ("5.2.2.4-no-cache", "max-age=10, no-cache", "max-stale", 20, False)])
def test_max_stale(larder, origin, clock, directives, asked, stale, served):
    age_stored(larder, origin, clock, directives, stale)
    origin.reply("/a", b"new", fields={"Cache-Control": directives})
    answer = larder.get("/a", fields={"Cache-Control": asked})
    assert answer.hit is served and answer.body == (b"old" if served else b"new")
    if served:
        assert -stale - 10 <= answer.cache["ttl"] <= -stale
    assert origin.count() == (1 if served else 2)


@table("asked, served", [("takes-stale", "only-if-cached, max-stale", True), ("does-not", "only-if-cached", False)])
def test_only_if_cached_on_a_stale_one(larder, origin, clock, asked, served):
    age_stored(larder, origin, clock, "max-age=10", 20)
    answer = larder.get("/a", fields={"Cache-Control": asked})
    assert answer.status == (200 if served else 504) and origin.count() == 1


def test_an_invalidated_answer_is_no_stand_in(larder, origin, clock):
    """4.4: after a change the old one may not be sent, not even for an error."""
    age_stored(larder, origin, clock, SIE, -5)
    origin.replies("/a", Reply(b"done"), Reply(b"oops", 503))
    larder.get("/a", method="POST", body=b"x")
    assert larder.get("/a").status == 503
