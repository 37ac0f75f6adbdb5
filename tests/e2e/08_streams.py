"""Bodies that are large, readers that are slow, crowds that are: memory stays bounded all the same."""

import hashlib
import random
import threading

import pytest

from harness.client import request_bytes
from harness.crowd import Crowd
from harness.metrics import at_least
from harness.wait import happened, until

FRESH = {"Cache-Control": "max-age=60"}
MEGABYTE = bytes(range(256)) * 4096


@pytest.fixture
def gate():
    event = threading.Event()
    yield event
    event.set()


def tracked(pieces, progress):
    """The pieces, noting in progress how many were taken."""
    for piece in pieces:
        yield piece
        progress.append(len(piece))


def test_a_slow_reader_does_not_hold_the_fetch(start, origin, tmp_path):
    larder = start({"cache": {"spool": {"path": str(tmp_path)}}})
    pieces = [MEGABYTE] * 64
    origin.reply("/a", pieces=pieces, fields=FRESH)
    before = larder.resident()
    with larder.client(receive_buffer=4096) as slow:
        slow.ask("/a")
        slow.body_to(1)
        quick = larder.get("/a")
        assert quick.complete and quick.body == b"".join(pieces)
        assert origin.count() == 1
        assert larder.resident() - before < 32 << 20, "a body lay in memory"
        assert slow.response().body == quick.body


def test_a_slow_reader_alone_slows_the_fetch(start, origin):
    """What nobody else may read is not fetched much faster than it is read."""
    larder = start({"cache": {"coalesce": {"window": "256KiB"}}})
    progress, steady = [], []
    origin.reply("/a", pieces=tracked([MEGABYTE] * 64, progress), framing="chunked",
        fields={"Cache-Control": "private"})
    with larder.client(receive_buffer=4096) as slow:
        slow.ask("/a")
        slow.body_to(1)

        def settled():
            steady.append(len(progress))
            return len(steady) > 50 and len(set(steady[-50:])) == 1
        until(settled, "the origin is held up")
        assert len(progress) < 32, f"{len(progress)} MiB fetched for a client that reads nothing"
        assert slow.response().body == MEGABYTE * 64
    assert len(progress) == 64


def test_large_bodies_go_through_a_file_that_vanishes(start, origin, gate, tmp_path):
    spool = tmp_path / "spool"
    spool.mkdir()
    larder = start({"cache": {"spool": {"path": str(spool)}, "memory": {"max_object": "1MiB"}}})
    body = [MEGABYTE] * 8
    origin.reply("/a", pieces=[*body, gate, b"end"], fields=FRESH)
    with Crowd(larder.address, 5) as crowd:
        crowd.ask(request_bytes("/a"))
        until(lambda: crowd.count(lambda member: len(member.reader.body) >= 8 << 20) == 5,
            "all have what came")
        gate.set()
        crowd.wait_done()
        assert {member.digest for member in crowd.members} == {hashlib.sha256(b"".join(body) + b"end").hexdigest()}
    assert origin.count() == 1
    assert not larder.get("/a").hit, "too large for the memory tier"
    larder.wait_metric("collapse_flights", lambda count: count == 0)
    assert list(spool.iterdir()) == []
    larder.wait_metric("cache_store_skips_total", at_least(1), reason="too-large")


def test_a_body_as_large_as_allowed_is_kept(start, origin):
    larder = start({"cache": {"memory": {"max_object": "2MiB"}}})
    origin.reply("/a", MEGABYTE * 2, fields=FRESH, framing="chunked")
    origin.reply("/b", MEGABYTE * 2 + b"x", fields=FRESH, framing="chunked")
    for target, kept in (("/a", True), ("/b", False)):
        first = larder.get(target)
        second = larder.get(target)
        assert first.body == second.body and second.hit is kept


@pytest.mark.heavy
def test_1000_clients_stream_one_cold_key(start, origin):
    """Half leave at random, in the midst of it, the leader among them; the rest notice nothing."""
    larder = start({"server": {"max_connections": 3000}})
    paced, left = threading.Event(), threading.Event()

    def pieces():
        for number in range(60):
            paced.wait(0.05)
            if number == 40:
                happened(left, "all have a byte of the body, and half of them leave")
            yield bytes([number]) * 5000
    origin.reply("/a", pieces=pieces(), framing="chunked", fields=FRESH)
    whole = b"".join(bytes([number]) * 5000 for number in range(60))
    with Crowd(larder.address, 1000) as crowd:
        crowd.ask(request_bytes("/a"), crowd.members[:1])
        origin.wait_for(1, "/a")
        crowd.ask(request_bytes("/a"), crowd.members[1:])
        crowd.wait_first_bytes(1000)
        leaving = [crowd.members[0], *random.Random(3).sample(crowd.members[1:], 499)]
        crowd.leave(leaving)
        left.set()
        crowd.wait_done()
        staying = [member for member in crowd.members if member.end == "complete"]
        assert len(staying) == 500
        assert {member.digest for member in staying} == {hashlib.sha256(whole).hexdigest()}
    assert origin.count() == 1 and larder.get("/a").body == whole
