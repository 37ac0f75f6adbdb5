"""What larder says about itself: Cache-Status (RFC 9211) and Proxy-Status (RFC 9209), every parameter."""

import json
import threading
from email.utils import formatdate

import pytest

from harness.client import request_bytes
from harness.crowd import Crowd
from harness.metrics import equals
from harness.partial import ranged
from harness.ports import held
from harness.status import entries
from harness.table import table

FRESH = {"Cache-Control": "max-age=60"}
TRUSTED = {"server": {"trusted_proxies": ["127.0.0.1"]}}


def status(answer):
    """larder's parameters as a plain dict."""
    return dict(answer.cache)


# -- Cache-Status ---------------------------------------------------------------------------------------------

def test_a_hit_says_how_long_it_is_fresh(larder, origin, clock):
    """2.1, 2.4: hit and ttl, no fwd beside it."""
    origin.reply("/a", b"x", fields=FRESH)
    larder.get("/a")
    clock.advance(20)
    hit = larder.get("/a")
    assert set(status(hit)) == {"hit", "ttl"} and 0 <= hit.cache["ttl"] <= 40
    assert hit.cache["ttl"] + hit.age in (59, 60)


@table("prepare, ask, expected", [
    ("2.2-uri-miss", [], {}, {"fwd": "uri-miss", "stored": True}),
    ("2.2-vary-miss", [{"fields": {"Accept": "a/b"}}], {"fields": {"Accept": "c/d"}}, {"fwd": "vary-miss", "stored": True}),
    ("2.2-request", [{"fields": {"Accept": "a/b"}}], {"fields": {"Accept": "a/b", "Cache-Control": "no-cache"}}, {"fwd": "request", "stored": True}),
    ("2.2-method", [{}], {"method": "POST", "body": b"x"}, {"fwd": "method"}),
    ("2.5-request-that-forbids-to-store", [], {"fields": {"Cache-Control": "no-store"}}, {"fwd": "uri-miss"})])
def test_why_it_went_forward(larder, origin, prepare, ask, expected):
    origin.reply("/a", b"x", fields={**FRESH, "Vary": "Accept"}, validates=False)
    for how in prepare:
        larder.get("/a", **how)
    told = status(larder.get("/a", **ask))
    assert "hit" not in told and {name: told.get(name) for name in expected} == expected
    assert told.get("stored", False) is expected.get("stored", False)


def test_stale_and_validated(larder, origin, clock):
    """2.2, 2.3: fwd=stale; the 304 that the client doesn't see is in fwd-status."""
    origin.reply("/a", b"x", fields={**FRESH, "ETag": '"v1"'})
    larder.get("/a")
    clock.advance(61)
    told = status(larder.get("/a"))
    assert told["fwd"] == "stale" and told["fwd-status"] == 304 and "hit" not in told
    assert told.get("stored") is True


def test_stale_and_changed(larder, origin, clock):
    origin.reply("/a", b"x", fields=FRESH)
    larder.get("/a")
    clock.advance(61)
    told = status(larder.get("/a"))
    assert told["fwd"] == "stale" and told.get("fwd-status", 200) == 200 and told["stored"] is True


def test_partial(larder, origin):
    """2.2: some of it is stored, not what is asked for."""
    origin.reply("/a", script=ranged(b"0123456789", {**FRESH, "ETag": '"v1"'}))
    larder.get("/a", fields={"Range": "bytes=2-5"})
    larder.wait_idle()
    told = status(larder.get("/a", fields={"Range": "bytes=7-8"}))
    assert told["fwd"] == "partial" and told.get("fwd-status", 206) == 206


@table("asked, code", [("304", {"If-None-Match": '"v1"'}, 304), ("206", {"Range": "bytes=0-0"}, 206)])
def test_made_of_a_stored_answer_is_a_hit(larder, origin, asked, code):
    """2.1: a 304 or 206 that didn't go forward is one."""
    origin.reply("/a", b"0123", fields={**FRESH, "ETag": '"v1"'})
    larder.get("/a")
    answer = larder.get("/a", fields=asked)
    assert answer.status == code and answer.hit and "ttl" in answer.cache
    assert "fwd" not in answer.cache


@table("fields, stored", [("stored", FRESH, True), ("no-store", {"Cache-Control": "no-store"}, False),
    ("private", {"Cache-Control": "private"}, False), ("no-lifetime", {}, False), ("set-cookie", {**FRESH, "Set-Cookie": "a=b"}, False)])
def test_stored_says_what_became_of_it(larder, origin, fields, stored):
    origin.reply("/a", b"x", fields=fields)
    assert larder.get("/a").cache.get("stored", False) is stored
    assert larder.get("/a").hit is stored


def test_collapsed(larder, origin):
    """2.6: all but one of a crowd on a cold key."""
    gate = threading.Event()
    origin.reply("/a", b"x", hold=gate, fields=FRESH)
    with Crowd(larder.address, 10) as crowd:
        crowd.ask(request_bytes("/a"))
        larder.wait_metric("collapse_waiters", equals(10))
        gate.set()
        crowd.wait_done()
        told = [status(member.response) for member in crowd.members]
    assert sum(one.get("collapsed") is True for one in told) == 9
    assert all(one["fwd"] == "uri-miss" and "hit" not in one for one in told)
    assert origin.count() == 1


def test_not_collapsed_after_all(larder, origin):
    """2.6: collapsed=?0 where the answer turned out to be somebody else's own."""
    gate = threading.Event()
    origin.reply("/a", b"x", hold=gate, fields={"Cache-Control": "private"})
    with Crowd(larder.address, 5) as crowd:
        crowd.ask(request_bytes("/a"))
        larder.wait_metric("collapse_waiters", equals(5))
        gate.set()
        crowd.wait_done()
        told = [status(member.response) for member in crowd.members]
    assert sum(one.get("collapsed") is False for one in told) == 4 and origin.count() == 5


@pytest.mark.parametrize("kind", ["miss", "hit", "validated"])
def test_key_and_detail_are_for_the_trusted(start, origin, clock, kind):
    """2.7, 6: who knows the key knows how to poison it."""
    origin.reply("/a", b"x", fields={**FRESH, "ETag": '"v1"'})
    for config, shown in ((TRUSTED, True), ({}, False),
            ({"server": {"trusted_proxies": ["192.0.2.0/24"]}}, False)):
        larder = start(config)
        answer = larder.get("/a?x=1")
        if kind != "miss":
            clock.advance(61 if kind == "validated" else 1)
            answer = larder.get("/a?x=1")
        assert ("key" in answer.cache) is shown and ("detail" in answer.cache) is shown
        if shown:
            assert isinstance(answer.cache["key"], str) and "/a?x=1" in answer.cache["key"]


def test_a_claim_to_be_trusted_is_none(larder, origin):
    origin.reply("/a", b"x", fields=FRESH)
    answer = larder.get("/a", fields={"X-Forwarded-For": "127.0.0.1", "Forwarded": "for=127.0.0.1"})
    assert "key" not in answer.cache and "detail" not in answer.cache


@pytest.mark.parametrize("target", ["/a?api_key=hidden", "/a?token=hidden&x=1", "/a?email=hidden"])
def test_the_key_tells_no_secrets(start, origin, target):
    larder = start(TRUSTED)
    origin.reply("/a", b"x", fields={"Cache-Control": "public, max-age=60"})
    for _ in range(2):
        answer = larder.get(target, fields={"Authorization": "Bearer concealed"})
        assert "hidden" not in answer.field("Cache-Status")
        assert "concealed" not in answer.field("Cache-Status")


def test_a_target_with_quotes_does_not_break_the_field(start, origin):
    larder = start(TRUSTED)
    origin.reply("/a", b"x", fields=FRESH)
    for _ in range(2):
        answer = larder.get("/a?x=%22;hit;y=\"\\")
        assert answer.status in (200, 400)
        if answer.status == 200:
            assert answer.cache.name == "larder"


@table("before", [("one", ["Origin; hit; ttl=5"]), ("two-in-a-line", ["A; fwd=miss, \"B C\"; hit"]), ("two-lines", ["A; hit", "B; hit"])])
def test_caches_before_us_stay_in_front(larder, origin, clock, before):
    """2: the first is nearest to the origin; kept while it is stored, and once only."""
    origin.reply("/a", b"x", fields=[*FRESH.items(), ("ETag", '"v1"'),
        *(("Cache-Status", one) for one in before)])
    names = [entry.name for line in before for entry in entries(line)] + ["larder"]
    for seconds in (0, 1, 61, 1):
        clock.advance(seconds)
        assert [entry.name for entry in entries(larder.get("/a").field("Cache-Status"))] == names


@pytest.mark.parametrize("value", ["larder; hit; ttl=999", "nonsense;;", '"', "a=b, "])
def test_what_the_origin_says_is_not_taken_for_ours(larder, origin, value):
    origin.reply("/a", b"x", fields={"Cache-Control": "no-store", "Cache-Status": value})
    told = larder.get("/a").field("Cache-Status")
    ours = entries(told.rpartition(",")[2].strip())[-1]
    assert ours.name == "larder" and ours["fwd"] == "uri-miss" and "hit" not in ours


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_one_entry_an_answer(larder, origin, method):
    origin.reply("/a", b"x", fields=FRESH)
    for _ in range(3):
        assert len(entries(larder.get("/a", method=method).field("Cache-Status"))) == 1


def test_guesses_are_told_in_ttl(larder, origin):
    """2.4: freshness by heuristics included."""
    origin.reply("/a", b"x", fields={"Last-Modified": formatdate(origin.now() - 10_000,
        usegmt=True)})
    larder.get("/a")
    assert 900 <= larder.get("/a").cache["ttl"] <= 1000


# -- Proxy-Status (RFC 9209) ------------------------------------------------------------------------------------

@table("raw, errors", [
    ("2.3.13-nothing", b"", {"connection_terminated", "http_response_incomplete"}),
    ("2.3.13-half-a-head", b"HTTP/1.1 200 OK\r\nContent-", {"http_response_incomplete", "http_protocol_error"}),
    ("2.3.27-nonsense", b"nonsense\r\n\r\n", {"http_protocol_error"}),
    ("2.3.20-unknown-transfer-coding", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: frob\r\n\r\nx", {"http_response_transfer_coding", "http_protocol_error"}),
    ("2.3.27-two-lengths", b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", {"http_protocol_error"})])
def test_failures_say_which(larder, origin, raw, errors):
    origin.reply("/a", raw=raw)
    answer = larder.get("/a")
    assert answer.status == 502
    told = entries(answer.field("Proxy-Status"))[-1]
    assert told.name == "larder" and told["error"] in errors
    assert json.loads(answer.body)["status"] == 502


@table("url, statuses, errors", [("2.3.8-refused", None, {502}, {"connection_refused"}),
    ("2.3.2-no-name", "http://no-such-host.invalid", {502, 504}, {"dns_error", "dns_timeout"})])
def test_origins_that_are_not_there(start, url, statuses, errors):
    with held() as port:
        answer = start(url=url or f"http://127.0.0.1:{port}").get("/a")
    assert answer.status in statuses
    assert entries(answer.field("Proxy-Status"))[-1]["error"] in errors


@pytest.mark.parametrize("code", [200, 404, 500, 503])
def test_answers_of_the_origin_are_not_ours(larder, origin, code):
    """2.3: an error is told where the proxy made the answer."""
    origin.reply("/a", b"x", status=code)
    assert "error" not in (larder.get("/a").field("Proxy-Status") or "")


def test_what_proxies_before_us_said_stays(larder, origin):
    origin.reply("/a", b"x", status=502, fields={"Proxy-Status": "inner; error=dns_error"})
    told = entries(larder.get("/a").field("Proxy-Status"))
    assert told[0].name == "inner" and told[0]["error"] == "dns_error"


def test_an_answer_of_ours_without_a_stored_one_says_nothing_about_hits(larder, origin):
    """9211 2: what is made here, of nothing stored, is no hit."""
    origin.reply("/a", raw=b"")
    answer = larder.get("/a")
    assert answer.status == 502 and "hit" not in (answer.field("Cache-Status") or "")
