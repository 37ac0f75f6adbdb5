"""The harness itself, without larder: a fault here would make every other test say nothing."""

import threading

import pytest

from harness.client import Client
from harness.crowd import Crowd
from harness.client import request_bytes
from harness.metrics import Metrics
from harness.origin import CLOSE, RESET, Reply
from harness.status import entries


@pytest.fixture
def direct(origin):
    """A client of the scripted origin."""
    with Client(("127.0.0.1", origin.port)) as client:
        yield client


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_whole_bodies_are_complete(origin, direct, framing):
    origin.reply("/a", pieces=[b"one", b"two"], framing=framing)
    for _ in range(2):
        response = direct.get("/a")
        assert (response.status, response.body, response.complete) == (200, b"onetwo", True)
    assert origin.count("/a") == 2 and origin.connections == 1


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("end", [CLOSE, RESET])
def test_short_bodies_are_broken(origin, direct, framing, end):
    origin.reply("/a", pieces=[b"one", end, b"two"], framing=framing)
    response = direct.get("/a")
    assert not response.complete and response.body in (b"one", b"")


def test_a_gate_holds_what_comes_after_it(origin, direct):
    gate = threading.Event()
    origin.reply("/a", pieces=[b"one", gate, b"two"])
    direct.ask("/a")
    assert direct.body_to(3) == b"one" and not direct.reader.complete
    gate.set()
    assert direct.response().body == b"onetwo"


def test_requests_are_remembered_as_sent(origin, direct):
    direct.get("/a%2F?b", method="FROB", fields=[("X-One", "1"), ("x-one", "2")], body=b"hello")
    seen = origin.last()
    assert (seen.method, seen.target, seen.body) == ("FROB", "/a%2F?b", b"hello")
    assert seen.all("X-ONE") == ["1", "2"] and ("x-one", "2") in seen.fields


def test_conditions_are_answered(origin, direct):
    origin.reply("/a", b"body", fields={"ETag": '"v1"', "Content-Type": "text/plain"})
    assert direct.get("/a", fields={"If-None-Match": '"v0", "v1"'}).status == 304
    assert direct.get("/a", fields={"If-None-Match": '"v2"'}).body == b"body"


def test_replies_in_turn(origin, direct):
    origin.replies("/a", Reply(b"1"), Reply(b"2"))
    assert [direct.get("/a").body for _ in range(3)] == [b"1", b"2", b"2"]


def test_a_crowd_ends_in_three_ways(origin):
    gate = threading.Event()
    origin.reply("/whole", pieces=[b"one", gate, b"two"])
    origin.reply("/short", pieces=[b"one", gate, CLOSE, b"two"])
    with Crowd(("127.0.0.1", origin.port), 30) as crowd:
        crowd.ask(request_bytes("/whole"), crowd.members[:20])
        crowd.ask(request_bytes("/short"), crowd.members[20:])
        crowd.wait_first_bytes(30)
        crowd.leave(crowd.members[:5])
        gate.set()
        crowd.wait_done()
        ends = [member.end for member in crowd.members]
    assert ends == ["left"] * 5 + ["complete"] * 15 + ["broken"] * 10
    assert len({member.digest for member in crowd.members[5:20]}) == 1


def test_structured_fields():
    first, second = entries('proxy; fwd=miss;stored=?0, "larder"; hit; ttl=-5; detail="a\\"b"')
    assert first.name == "proxy" and first == {"fwd": "miss", "stored": False}
    assert second.name == "larder" and second == {"hit": True, "ttl": -5, "detail": 'a"b'}
    for bad in ("larder; ", "larder,", "larder; Hit", 'larder; detail="'):
        with pytest.raises((AssertionError, IndexError)):
            entries(bad)


def test_metrics_are_read_strictly():
    text = '# TYPE a_total counter\na_total{x="1",y="\\"{}"} 2\na_total{x="2"} 3.5\n'
    assert Metrics(text).sum("a_total") == 5.5
    assert Metrics(text).sum("a_total", x="2") == 3.5
    for bad in ("b 1\n", text + 'a_total{x="2"} 1\n', text + "a_total{x=1} 1\n", text + "a_total 1"):
        with pytest.raises(AssertionError):
            Metrics(bad)
