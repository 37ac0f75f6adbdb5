"""PURGE while what it is about is being fetched: none of that is fresh afterwards."""

import threading

import pytest

from harness.metrics import equals
from harness.origin import Reply
from harness.purge import SETTINGS, purge, soft
from harness.table import table

FRESH = {"Cache-Control": "max-age=600"}
ROUTES = [{"path": "/", "upstream": "origin"}, {"path": "/r", "upstream": "origin",
    "upstream_path": "/r"}]


@pytest.fixture
def larder(start):
    return start({"server": {"purge": SETTINGS}, "routes": ROUTES})


DURING = [
    ("url", "/r/a", {}), ("prefix", "/r/*", {}), ("tag", "/", {"Surrogate-Key": "k"}),
    ("route", "/r", {"Purge-Scope": "route"}), ("all", "/", {"Purge-Scope": "all"}),
    ("older", "/r", {"Purge-Older-Than": "0"}),
]


@table("target, fields", DURING)
@pytest.mark.parametrize("mode", ["hard", "soft"])
@pytest.mark.parametrize("held", ["before-the-head", "in-mid-body"])
def test_during_a_fetch(larder, origin, clock, target, fields, mode, held):
    """It goes to who asked before; it is not fresh afterwards, and who asks afterwards doesn't join it."""
    gate, tagged = threading.Event(), {**FRESH, "Surrogate-Key": "k"}
    old = Reply(b"old", hold=gate, fields=tagged) if held == "before-the-head" else Reply(
        pieces=[b"ol" * 500, gate, b"d"], fields=tagged)
    origin.replies("/r/a", old, Reply(b"new", fields=tagged))
    with larder.client() as reader:
        reader.ask("/r/a")
        origin.wait_for(1, "/r/a")
        if held == "in-mid-body":
            reader.body_to(100)
        clock.advance(1)
        purge(larder, target, **fields, **({"Soft-Purge": "1"} if mode == "soft" else {}))
        with larder.client() as late:
            late.ask("/r/a")
            if held == "in-mid-body" or "Surrogate-Key" not in fields:
                assert late.response().body == b"new"  # not held: a fetch of its own
            else:  # nobody knows yet that what is on its way has the tag
                larder.wait_metric("collapse_waiters", equals(2))
            gate.set()
            assert reader.response().complete
            if late.reader is not None:
                assert late.response().body == b"new"
    assert larder.get("/r/a").body == b"new"
    assert larder.get("/r/a").hit


@table("target, fields", DURING)
def test_what_comes_of_it_softly_is_stale(larder, origin, clock, target, fields):
    """With nobody asking meanwhile it is kept where it can be, and asked about."""
    gate, tagged = threading.Event(), {**FRESH, "Surrogate-Key": "k", "ETag": '"1"'}
    origin.replies("/r/a", Reply(b"old", hold=gate, fields=tagged), Reply(b"new", fields=tagged,
        validates=False))
    with larder.client() as reader:
        reader.ask("/r/a")
        origin.wait_for(1, "/r/a")
        clock.advance(1)
        soft(larder, target, **fields)
        gate.set()
        assert reader.response().body == b"old"
    again = larder.get("/r/a")
    assert again.body == b"new" and not again.hit
    assert larder.get("/r/a").hit


@table("target, fields", DURING)
def test_a_304_brings_nothing_back(larder, origin, clock, target, fields):
    """Hard, while what is stored is being validated: the next request gets it anew."""
    gate = threading.Event()
    tagged = {"Cache-Control": "max-age=10", "ETag": '"1"', "Surrogate-Key": "k"}
    origin.reply("/r/a", b"old", fields=tagged)
    larder.get("/r/a")
    clock.advance(20)
    origin.reply("/r/a", b"old", fields=tagged, hold=gate,
        not_modified={"Cache-Control": "max-age=10", "Surrogate-Key": "another", "ETag": '"1"'})
    with larder.client() as reader:
        reader.ask("/r/a")
        origin.wait_for(2, "/r/a")
        purge(larder, target, **fields)
        gate.set()
        assert reader.response().body == b"old"
    origin.reply("/r/a", b"new", fields=tagged)
    again = larder.get("/r/a")
    assert again.body == b"new" and not again.hit
    assert not origin.last("/r/a").field("If-None-Match")


def test_what_came_late_does_not_replace_what_was_fetched_since(larder, origin):
    gate = threading.Event()
    origin.replies("/a", Reply(b"old", hold=gate, fields=FRESH), Reply(b"new", fields=FRESH))
    with larder.client() as reader:
        reader.ask("/a")
        origin.wait_for(1, "/a")
        soft(larder, "/a")
        assert larder.get("/a").body == b"new"
        gate.set()
        reader.response()
    assert larder.get("/a").body == b"new" and larder.get("/a").hit
    assert origin.count("/a") == 2


@pytest.mark.parametrize("mode", ["hard", "soft"])
def test_during_a_post_that_brings_what_is_purged(larder, origin, mode):
    """What a POST brings is younger than what it invalidated itself, and than nothing else (RFC 9110 9.3.3)."""
    gate = threading.Event()
    brought = {**FRESH, "Content-Location": "/r/a", "ETag": '"old"'}
    origin.reply("/r/a", b"old", hold=gate, fields=brought)
    with larder.client() as client:
        client.ask("/r/a", method="POST")
        origin.wait_for(1, "/r/a")
        purge(larder, "/r/a", **({"Soft-Purge": "1"} if mode == "soft" else {}))
        gate.set()
        assert client.response().body == b"old"
    origin.reply("/r/a", b"new", fields=FRESH)
    assert larder.get("/r/a").body == b"new"


def test_a_post_brings_a_fresh_answer(larder, origin):
    origin.reply("/r/a", b"it", fields={**FRESH, "Content-Location": "/r/a"})
    larder.get("/r/a", method="POST")
    assert larder.get("/r/a").hit and origin.count() == 1
