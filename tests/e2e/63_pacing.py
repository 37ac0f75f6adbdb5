"""Pacing: what goes to an origin keeps to its limits, and who hits never waits."""

import json
import threading
import time

from harness.asking import Asking, ask_all, wait_all
from harness.metrics import equals
from harness.origin import Reply
from harness.wait import until

FRESH = {"Cache-Control": "max-age=60"}


def upstream(**settings):
    return {"upstreams": {"origin": settings}, "server": {"trusted_proxies": ["127.0.0.1"]}}


def timed(origin, path="/a", **how):
    """The origin notes when each request came."""
    times = []

    def script(_):
        times.append(time.monotonic())
        return Reply(b"x", **how)

    origin.reply(path, script=script)
    return times


def test_a_rate_is_kept(start, origin):
    """However the machine stalls: the last one leaves 29 spaces after the first. Windows: test_pacer.c."""
    larder = start(upstream(rate="20/s"))
    times = timed(origin)
    begun = time.monotonic()
    answers = wait_all(ask_all(larder, [f"/a?{n}" for n in range(30)]))
    assert {answer.status for answer in answers} == {200}
    assert max(times) - begun > 29 * 0.05
    assert larder.metric("upstream_paced_requests_total", outcome="waited") >= 1


def test_a_hit_never_waits(start, origin):
    larder = start(upstream(rate="1/h", queue={"timeout": "10m"}))
    origin.reply("/a", b"x", fields=FRESH)
    assert larder.get("/a").status == 200
    with larder.client() as one, larder.client() as other:
        one.ask("/b")
        other.ask("/c")
        larder.wait_metric("upstream_queue_length", equals(2))
        assert larder.get("/a").cache["hit"]


def test_so_many_at_once_and_no_more(start, origin):
    larder = start(upstream(concurrency=2))
    gate = threading.Event()
    origin.reply("/a", b"x", hold=gate)
    crowd = ask_all(larder, [f"/a?{n}" for n in range(6)])
    larder.wait_metric("upstream_queue_length", equals(4))
    origin.wait_for(2)
    assert origin.count() == 2
    gate.set()
    assert {answer.status for answer in wait_all(crowd)} == {200}
    assert origin.count() == 6


def test_whose_turn_does_not_come_is_told_when(start, origin):
    larder = start(upstream(rate="1/m", queue={"timeout": "200ms"}))
    origin.reply("/a", b"x")
    assert larder.get("/a?1").status == 200
    response = larder.get("/a?2")
    assert response.status == 503
    assert 30 <= int(response.field("Retry-After")) <= 65
    assert response.field("Content-Type") == "application/problem+json"
    assert json.loads(response.body)["status"] == 503
    assert origin.count() == 1
    assert larder.metric("upstream_paced_requests_total", outcome="expired") == 1


def test_stale_stands_in_for_a_turn(start, origin, clock):
    larder = start(upstream(rate="1/m", queue={"timeout": "200ms"}))
    origin.reply("/a", b"old", fields=FRESH)
    assert larder.get("/a").status == 200
    clock.advance(100)
    response = larder.get("/a")
    assert response.status == 200 and response.body == b"old"
    assert origin.count() == 1


def test_the_queue_is_bounded(start, origin):
    larder = start(upstream(rate="1/h", queue={"length": 2, "timeout": "10m"}))
    origin.reply("/a", b"x")
    assert larder.get("/a?0").status == 200
    with larder.client() as one, larder.client() as other:
        one.ask("/a?1")
        other.ask("/a?2")
        larder.wait_metric("upstream_queue_length", equals(2))
        response = larder.get("/a?3")
        assert response.status == 503 and response.field("Retry-After")


def test_clients_take_turns(start, origin):
    larder = start(upstream(concurrency=1))
    gate = threading.Event()
    origin.reply("/first", b"x", hold=gate)
    origin.reply("/a", b"x")
    first = Asking(larder, "/first")
    origin.wait_for(1, "/first")
    greedy = ask_all(larder, [f"/a?{n}" for n in range(10)], fields={"X-Forwarded-For": "192.0.2.1"})
    larder.wait_metric("upstream_queue_length", equals(10))
    modest = Asking(larder, "/a?modest", fields={"X-Forwarded-For": "192.0.2.2"})
    larder.wait_metric("upstream_queue_length", equals(11))
    gate.set()
    wait_all([first, *greedy, modest])
    order = [seen.target for seen in origin.seen("/a")]
    assert order.index("/a?modest") <= 1


def test_a_miss_goes_before_a_refresh(start, origin, clock):
    larder = start(upstream(concurrency=1))
    gate = threading.Event()
    origin.reply("/first", b"x", hold=gate)
    origin.reply("/swr", b"x", fields={"Cache-Control": "max-age=10, stale-while-revalidate=100"})
    origin.reply("/a", b"x")
    assert larder.get("/swr").status == 200
    clock.advance(20)
    first = Asking(larder, "/first")
    origin.wait_for(1, "/first")
    assert larder.get("/swr").cache["hit"]
    larder.wait_metric("upstream_queue_length", equals(1), **{"class": "revalidation"})
    miss = Asking(larder, "/a")
    larder.wait_metric("upstream_queue_length", equals(2))
    gate.set()
    first.wait()
    miss.wait()
    origin.wait_for(2, "/swr")
    order = [seen.target for seen in origin.seen()]
    assert order[-2:] == ["/a", "/swr"]


def test_429_is_listened_to(start, origin):
    larder = start(upstream(queue={"timeout": "60s"}))
    times = []

    def script(_):
        times.append(time.monotonic())
        if len(times) == 1:
            return Reply(b"slow down", status=429, fields={"Retry-After": "1"})
        return Reply(b"x")

    origin.reply("/a", script=script)
    assert larder.get("/a?1").status == 429
    assert larder.get("/a?2").status == 200
    assert times[1] - times[0] >= 0.99


def test_the_origin_says_how_many_at_once(start, origin):
    larder = start(upstream())
    gate = threading.Event()
    origin.reply("/a", b"x", fields={"X-Concurrency-Limit": "1"})
    assert larder.get("/a").status == 200
    origin.reply("/b", b"x", hold=gate)
    crowd = ask_all(larder, ["/b?1", "/b?2"])
    larder.wait_metric("upstream_queue_length", equals(1))
    origin.wait_for(1, "/b")
    assert origin.count("/b") == 1
    gate.set()
    assert {answer.status for answer in wait_all(crowd)} == {200}


def test_addresses_of_one_network_are_one_client(start, origin):
    """Who has 2^64 addresses doesn't have as many turns."""
    larder = start(upstream(rate="1/h", queue={"length": 4, "timeout": "10m"}))
    origin.reply("/a", b"x")
    assert larder.get("/a").status == 200
    crowd = [larder.client() for _ in range(4)]
    for index, client in enumerate(crowd):
        client.ask(f"/a?{index}", fields={"X-Forwarded-For": f"2001:db8::{index + 1}"})
        larder.wait_metric("upstream_queue_length", equals(index + 1))
    other = larder.client()
    other.ask("/a?other", fields={"X-Forwarded-For": "2001:db8:1::1"})
    assert crowd[-1].response().status == 503
    assert larder.metric("upstream_queue_length") == 4
    for client in (*crowd, other):
        client.close()


def test_a_credential_that_a_guard_rejects_has_none(start, origin):
    larder = start({**upstream(rate="1/h", credentials=["api_key"], queue={"timeout": "100ms"}),
        "routes": [{"path": "/", "upstream": "origin", "guard": {"json": {"forbid": ["/error"]}}}]})
    origin.reply("/a", b'{"error":"no such key"}', fields={"Content-Type": "application/json"})
    assert [larder.get(f"/a?api_key=bad&n={n}").status for n in range(2)] == [502, 503]
    assert origin.count() == 1


def test_a_credential_has_its_own_rate(start, origin):
    larder = start(upstream(rate="1/h", burst=2, credentials=["api_key"], queue={"timeout": "100ms"}))
    origin.reply("/a", b"x")
    assert larder.get("/a?api_key=one").status == 200  # goes by everybody's: nobody knows it yet
    assert larder.get("/a?api_key=one&n=1").status == 200
    assert larder.get("/a?api_key=one&n=2").status == 200
    assert larder.get("/a?api_key=two").status == 200
    assert larder.get("/a?n=3").status == 503
    assert larder.get("/a?api_key=three").status == 503
    until(lambda: origin.count() == 4, "nothing else was asked")
