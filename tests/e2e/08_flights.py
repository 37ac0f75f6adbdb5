"""One fetch for many: everyone reads the same growing body, and who leaves hurts nobody."""

import hashlib
import random
import threading
import time

import pytest

from harness.client import request_bytes
from harness.crowd import Crowd
from harness.metrics import equals
from harness.origin import CLOSE, RESET, Reply
from harness.wait import until

FRESH = {"Cache-Control": "max-age=60"}
HEAD = b"head" * 1000
TAIL = b"tail" * 10_000
WHOLE = hashlib.sha256(HEAD + TAIL).hexdigest()


@pytest.fixture
def gate():
    event = threading.Event()
    yield event
    event.set()


def joined(larder, count):
    """Waits until so many requests wait beside the one that began the fetch."""
    larder.wait_metric("collapse_waiters", lambda waiting: waiting >= count + 1)


def digests(members):
    return {member.digest for member in members}


def test_many_clients_one_request(larder, origin, gate):
    origin.reply("/a", HEAD + TAIL, hold=gate, fields=FRESH)
    with Crowd(larder.address, 100) as crowd:
        crowd.ask(request_bytes("/a"))
        joined(larder, 99)
        origin.wait_for(1, "/a")  # the readers may be there before the fetch has gone out
        gate.set()
        crowd.wait_done()
        assert digests(crowd.members) == {WHOLE}
        collapsed = [member.response.cache.get("collapsed") for member in crowd.members]
        assert collapsed.count(True) == 99
        assert {member.response.cache["fwd"] for member in crowd.members} == {"uri-miss"}
    assert origin.count() == 1 and larder.get("/a").hit
    larder.wait_metric("collapse_requests_total", equals(1), outcome="led")
    larder.wait_metric("collapse_requests_total", equals(99), outcome="joined")


def test_the_first_byte_comes_before_the_last(larder, origin, gate):
    origin.reply("/a", pieces=[HEAD, gate, TAIL], fields=FRESH)
    with Crowd(larder.address, 50) as crowd:
        crowd.ask(request_bytes("/a"))
        crowd.wait_first_bytes(50)
        assert crowd.count(lambda member: member.end is not None) == 0
        gate.set()
        crowd.wait_done()
        assert digests(crowd.members) == {WHOLE}
    assert origin.count() == 1


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_who_comes_in_the_middle_gets_all_of_it(larder, origin, gate, framing):
    origin.reply("/a", pieces=[HEAD, gate, TAIL], fields=FRESH, framing=framing)
    with larder.client() as first, larder.client() as late:
        first.ask("/a")
        first.body_to(len(HEAD))
        late.ask("/a")
        assert late.body_to(len(HEAD)) == HEAD
        gate.set()
        assert first.response().body == late.response().body == HEAD + TAIL
    assert origin.count() == 1


def test_the_leader_leaves(larder, origin, gate):
    origin.reply("/a", pieces=[HEAD, gate, TAIL], fields=FRESH)
    leader = larder.client()
    leader.ask("/a")
    leader.body_to(len(HEAD))
    with Crowd(larder.address, 20) as crowd:
        crowd.ask(request_bytes("/a"))
        crowd.wait_first_bytes(20)
        leader.reset()
        gate.set()
        crowd.wait_done()
        assert digests(crowd.members) == {WHOLE}
    assert origin.count() == 1 and larder.get("/a").hit


def test_the_leader_leaves_before_the_head(larder, origin, gate):
    origin.reply("/a", HEAD + TAIL, hold=gate, fields=FRESH)
    leader = larder.client()
    leader.ask("/a")
    origin.wait_for(1, "/a")
    with Crowd(larder.address, 20) as crowd:
        crowd.ask(request_bytes("/a"))
        joined(larder, 20)
        leader.reset()
        gate.set()
        crowd.wait_done()
        assert digests(crowd.members) == {WHOLE}
    assert origin.count() == 1


def test_half_of_the_crowd_leaves(larder, origin, gate):
    origin.reply("/a", pieces=[HEAD, gate, TAIL], fields=FRESH)
    with Crowd(larder.address, 60) as crowd:
        crowd.ask(request_bytes("/a"))
        crowd.wait_first_bytes(60)
        leaving = random.Random(7).sample(crowd.members, 30)
        crowd.leave(leaving)
        gate.set()
        crowd.wait_done()
        staying = [member for member in crowd.members if member not in leaving]
        assert {member.end for member in staying} == {"complete"}
        assert digests(staying) == {WHOLE}
    assert origin.count() == 1


def test_all_leave(larder, origin, gate):
    origin.reply("/a", pieces=[HEAD, gate, TAIL], fields=FRESH)
    with Crowd(larder.address, 10) as crowd:
        crowd.ask(request_bytes("/a"))
        crowd.wait_first_bytes(10)
        crowd.leave(crowd.members)
        crowd.wait_done()
    gate.set()
    larder.wait_metric("collapse_flights", lambda count: count == 0)
    response = larder.get("/a")
    assert response.body == HEAD + TAIL and response.complete


# -- what breaks off --------------------------------------------------------------------------


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("end", [CLOSE, RESET])
def test_a_truncated_body_is_a_broken_transfer(larder, origin, gate, framing, end):
    origin.reply("/a", pieces=[HEAD, gate, end, TAIL], fields=FRESH, framing=framing)
    with Crowd(larder.address, 20) as crowd:
        crowd.ask(request_bytes("/a"))
        crowd.wait_first_bytes(20)
        gate.set()
        crowd.wait_done()
        assert {member.end for member in crowd.members} == {"broken"}
    asked = origin.count()
    origin.reply("/a", HEAD + TAIL, fields=FRESH)
    whole = larder.get("/a")
    assert not whole.hit and whole.complete and whole.body == HEAD + TAIL
    assert asked == 1 and origin.count() == 2
    larder.wait_metric("upstream_errors_total", equals(1), reason="truncated")


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_truncated_small_body_is_never_whole(larder, origin, framing):
    """Even where all that came fits into one packet."""
    origin.reply("/a", pieces=[b"half", CLOSE, b"other"], fields=FRESH, framing=framing)
    for _ in range(2):
        response = larder.get("/a")
        assert not response.complete or response.status == 502
    assert origin.count() == 2


def test_a_truncated_body_breaks_http_1_0_too(larder, origin, gate):
    """No chunks there: only a Content-Length or a reset can tell."""
    origin.reply("/a", pieces=[HEAD, gate, CLOSE, TAIL], fields=FRESH)
    with larder.client() as client:
        client.ask("/a", version="HTTP/1.0")
        client.body_to(len(HEAD))
        gate.set()
        assert not client.response().complete


def test_garbage_in_the_middle_of_chunks(larder, origin):
    origin.reply("/a", raw=b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\nnonsense\r\n")
    for _ in range(2):
        response = larder.get("/a")
        assert not response.complete or response.status == 502
    assert origin.count() == 2


# -- what can't be shared ---------------------------------------------------------------------


class Counted:
    """A script that answers each request with its number; the first waits for `gate` at `where`."""

    def __init__(self, gate, fields, where):
        self.gate, self.fields, self.where = gate, fields, where
        self.lock, self.count = threading.Lock(), 0

    def __call__(self, seen):
        with self.lock:
            self.count += 1
            number = self.count
        body = str(number).encode()
        if number > 1:
            return Reply(body, fields=self.fields)
        if self.where == "head":
            return Reply(body, hold=self.gate, fields=self.fields)
        return Reply(pieces=[body, self.gate, b"."], fields=self.fields)


@pytest.mark.parametrize("fields", [
    {"Cache-Control": "private, max-age=60"}, {"Cache-Control": "no-store"},
    {"Cache-Control": "max-age=60", "Set-Cookie": "session=1"},
    {"Cache-Control": "max-age=60", "Vary": "*"}], ids=lambda fields: str(list(fields.values())))
def test_who_waited_for_a_private_answer_goes_alone(larder, origin, gate, fields):
    origin.reply("/a", script=Counted(gate, fields, "head"))
    with Crowd(larder.address, 20) as crowd:
        crowd.ask(request_bytes("/a"))
        joined(larder, 19)
        gate.set()
        crowd.wait_done()
        bodies = sorted(int(member.reader.body) for member in crowd.members)
    assert bodies == list(range(1, 21)) and origin.count() == 20


def test_they_are_released_at_once(larder, origin, gate):
    """At the head: nobody waits for the end of a body that isn't theirs."""
    opened = threading.Event()

    def script(_, answer=Counted(gate, {"Cache-Control": "private"}, "body")):
        reply = answer(_)
        reply.hold = opened
        return reply
    origin.reply("/a", script=script)
    with Crowd(larder.address, 10) as crowd:
        crowd.ask(request_bytes("/a"))
        joined(larder, 9)
        opened.set()
        until(lambda: crowd.count(lambda member: member.end == "complete") == 9, "nine are done")
        gate.set()
        crowd.wait_done()
    assert origin.count() == 10


def test_hit_for_miss(larder, origin, gate):
    """Known as not shareable: the next ones don't even queue."""
    origin.reply("/a", b"x", fields={"Cache-Control": "private"})
    larder.get("/a")
    origin.reply("/a", script=Counted(gate, {"Cache-Control": "private"}, "head"))
    with larder.client() as first, larder.client() as second:
        first.ask("/a")
        origin.wait_for(2, "/a")
        assert second.get("/a").body == b"2"
        gate.set()
        assert first.response().body == b"1"


def test_what_becomes_shareable_again_is_stored(larder, origin):
    origin.reply("/a", b"x", fields={"Cache-Control": "private"})
    larder.get("/a")
    origin.reply("/a", b"y", fields=FRESH)
    assert larder.get("/a").body == b"y"
    assert larder.get("/a").hit


def test_a_key_that_varies_is_followed_up(larder, origin, gate):
    """Who waited with other fields gets an answer of its own; equals share theirs."""
    def script(seen):
        language = seen.field("Accept-Language")
        fields = {**FRESH, "Vary": "Accept-Language"}
        return Reply(language.encode() * 100, hold=gate if language == "en" else None, fields=fields)
    origin.reply("/a", script=script)
    with Crowd(larder.address, 30) as crowd:
        english, german = crowd.members[:15], crowd.members[15:]
        crowd.ask(request_bytes("/a", fields={"Accept-Language": "en"}), english)
        joined(larder, 14)
        crowd.ask(request_bytes("/a", fields={"Accept-Language": "de"}), german)
        joined(larder, 29)
        gate.set()
        crowd.wait_done()
        assert {bytes(member.reader.body[:2]) for member in english} == {b"en"}
        assert {bytes(member.reader.body[:2]) for member in german} == {b"de"}
    languages = [seen.field("Accept-Language") for seen in origin.seen("/a")]
    assert languages == ["en", "de"]


def test_different_keys_do_not_wait_for_each_other(larder, origin, gate):
    origin.reply("/slow", b"x", hold=gate, fields=FRESH)
    origin.reply("/quick", b"y", fields=FRESH)
    with larder.client() as slow:
        slow.ask("/slow")
        origin.wait_for(1, "/slow")
        assert larder.get("/quick").body == b"y"
        gate.set()
        assert slow.response().body == b"x"


def test_a_stale_key_is_checked_once_for_all(larder, origin, clock, gate):
    """The next expiry of a popular key: one conditional request, everyone served."""
    reply = origin.reply("/a", HEAD, fields={**FRESH, "ETag": '"v1"'})
    larder.get("/a")
    clock.advance(61)
    reply.hold = gate
    with Crowd(larder.address, 50) as crowd:
        crowd.ask(request_bytes("/a"))
        joined(larder, 49)
        gate.set()
        crowd.wait_done()
        assert {bytes(member.reader.body) for member in crowd.members} == {HEAD}
    assert origin.count() == 2


def test_a_flight_that_takes_too_long_is_detached(start, origin, gate):
    larder = start({"cache": {"coalesce": {"flight_deadline": "300ms"}}})
    origin.reply("/a", script=Counted(gate, FRESH, "head"))
    with larder.client() as first:
        first.ask("/a")
        origin.wait_for(1, "/a")
        asked = time.monotonic()
        until(lambda: time.monotonic() - asked > 0.4, "the flight is past its deadline")
        assert larder.get("/a").body == b"2"
        gate.set()
        assert first.response().body == b"1"
    assert origin.count() == 2
