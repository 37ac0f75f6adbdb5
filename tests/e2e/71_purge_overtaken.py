"""Purges that come while something is fetched, one behind the other, or about what takes part in an answer: what was
there before isn't given to who asked afterwards, and isn't fresh."""

import threading

import pytest

from harness.admin import Admin
from harness.asking import Asking
from harness.larder import merge
from harness.origin import Reply
from harness.purge import BEARER, SETTINGS
from harness.table import table
from harness.wait import until

ON = {"admin": {"listen": ["127.0.0.1:0"]}}
FRESH = {"Cache-Control": "max-age=600", "Surrogate-Key": "k"}
UNTOLD = {"Surrogate-Key": "k"}  # no lifetime
TAG, SOFT = {"scope": "tag", "value": "k"}, {"scope": "tag", "value": "k", "mode": "soft"}
ALL, ROUTE = {"scope": "all"}, {"scope": "route", "value": "/", "mode": "soft"}
NEGATIVE = {"scope": "negative"}
TIGHT = {"cache": {"memory": {"max_object": 1000}}}
GUARD = {"routes": [{"path": "/", "upstream": "origin", "guard": {"negative": {"json": ["/err"], "ttl": "300s"}}}]}
JSON = {**FRESH, "Content-Type": "application/json"}

LATE = [
    ("hard-twice-without-lifetime", {}, UNTOLD, [TAG, ALL], 200, b"old"),
    ("hard-twice-too-large", TIGHT, FRESH, [TAG, TAG], 200, b"o" * 5000),
    ("soft-twice", {}, FRESH, [SOFT, SOFT], 200, b"old"),
    ("hard-then-soft", {}, UNTOLD, [TAG, ROUTE], 200, b"old"),
    ("negative-that-a-guard-sees", GUARD, JSON, [NEGATIVE], 200, b'{"err":1}'),
    ("negative-softly", {}, FRESH, [{**NEGATIVE, "mode": "soft"}], 404, b"old"),
    ("negative-that-isnt-kept", {}, UNTOLD, [NEGATIVE], 500, b"old"),
]


@table("changes, fields, orders, status, old", LATE)
def test_who_asks_behind_a_purge_gets_nothing_from_before(start, origin, changes, fields, orders, status, old):
    larder, gate = start(merge(ON, changes)), threading.Event()
    admin = Admin(larder)
    origin.replies("/a", Reply(old, status=status, hold=gate, fields=fields), Reply(b'{"new":1}', fields=fields))
    with larder.client() as early, larder.client() as late:
        early.ask("/a")
        origin.wait_for(1, "/a")
        assert admin.post("/purges", orders[0]).status == 200
        late.ask("/a")
        until(lambda: larder.scrape().sum("collapse_waiters") == 2 or origin.count("/a") == 2, "he joins, or not")
        for order in orders[1:]:
            assert admin.post("/purges", order).status == 200
        gate.set()
        assert early.response().body == old
        assert late.response().body == b'{"new":1}'


@pytest.mark.parametrize("order", [TAG, SOFT], ids=["hard", "soft"])
def test_a_part_that_is_completed(start, origin, order):
    """The 206 that completes it names another tag (RFC 9111 3.4: fields are brought up to date)."""
    larder, gate, body = start(ON), threading.Event(), b"0123456789" * 10
    base = {"Cache-Control": "max-age=600", "ETag": '"1"'}

    def script(seen):
        if origin.count("/a") == 1:
            return Reply(body[:50], 206, {**base, "Surrogate-Key": "k", "Content-Range": "bytes 0-49/100"})
        if origin.count("/a") == 2:
            return Reply(body[50:], 206, {**base, "Surrogate-Key": "other", "Content-Range": "bytes 50-99/100"}, hold=gate)
        return Reply(b"n" * 100, 200, {**base, "ETag": '"2"'})

    origin.reply("/a", script=script)
    larder.get("/a", fields={"Range": "bytes=0-49"})
    asking = Asking(larder, "/a")
    origin.wait_for(2, "/a")
    assert Admin(larder).post("/purges", order).status == 200
    gate.set()
    asking.wait()
    assert larder.get("/a").body == b"n" * 100


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("order", [TAG, SOFT], ids=["hard", "soft"])
def test_what_is_validated(start, origin, clock, method, order):
    """The 304, or the HEAD, names another tag."""
    larder, gate = start(ON), threading.Event()
    stored = {"Cache-Control": "max-age=10", "ETag": '"1"', "Surrogate-Key": "k"}
    other = {"Cache-Control": "max-age=600", "ETag": '"1"', "Surrogate-Key": "other"}
    origin.reply("/a", b"old", fields=stored)
    larder.get("/a")
    clock.advance(20)
    origin.reply("/a", b"old", fields=other if method == "HEAD" else stored, hold=gate, not_modified=other,
        validates=method == "GET")
    asking = Asking(larder, "/a", method=method)
    origin.wait_for(2, "/a")
    assert Admin(larder).post("/purges", order).status == 200
    gate.set()
    asking.wait()
    seen = origin.count()
    larder.get("/a")
    assert origin.count() == seen + 1


UNREADABLE = [
    ("no-list-of-strings", {"Cache-Groups": "k"}), ("an-empty-key", {"Surrogate-Key": ""}), ("blanks", {"xkey": " , "}),
    ("one-of-two", {"Surrogate-Key": "k", "Cache-Groups": "k"}), ("a-tenant-alone", {"Purge-Tenant": "red"}),
    ("a-key-alone", {"Purge-Key": "00"}),
]


@table("fields", UNREADABLE)
def test_a_field_that_makes_no_sense_purges_nothing(start, origin, fields):
    larder = start({"server": {"purge": SETTINGS}})
    origin.reply("/a", b"x", fields=FRESH)
    larder.get("/a")
    assert larder.get("/a", method="PURGE", fields={**BEARER, **fields}).status == 400
    assert larder.get("/a").hit
