"""What hedges, probes and tries must not do to those who ask beside them."""

import json
import threading
import time

from harness.asking import Asking
from harness.metrics import equals
from harness.origin import RESET, Reply
from harness.wait import until

FRESH = {"Cache-Control": "max-age=60"}
QUICK = {"attempts": 3, "backoff": "1ms", "most_backoff": "20ms"}
ONCE = {"attempts": 1}


def upstream(**settings):
    return {"upstreams": {"origin": {"retry": QUICK, **settings}}}


def opened(start, origin, **settings):
    """A larder whose breaker has opened."""
    larder = start(upstream(retry=ONCE, breaker={"consecutive": 2, "open": "200ms"}, **settings))
    origin.reply("/bad", b"no", status=503)
    for index in range(2):
        assert larder.get(f"/bad?{index}").status == 503
    larder.wait_event("breaker-open")
    return larder


FAILED_TOO_OFTEN = (503, "The origin failed too often")


def told(response):
    return response.status, json.loads(response.body)["title"]


def half_open(larder):
    larder.wait_metric("upstream_breaker_state", equals(1), state="half-open")


def test_a_probe_with_a_long_body_keeps_nobody_out(start, origin):
    larder = opened(start, origin)
    gate = threading.Event()
    origin.reply("/long", pieces=[b"begin", gate, b"end"], fields=FRESH)
    origin.reply("/a", b"well", fields=FRESH)
    half_open(larder)
    probe = Asking(larder, "/long")
    origin.wait_for(1, "/long")
    until(lambda: larder.get("/a").status == 200, "others are let through beside it")
    gate.set()
    assert probe.wait().body == b"beginend"
    larder.wait_event("breaker-closed")


def test_nobody_waits_for_a_turn_beside_a_probe(start, origin):
    larder = opened(start, origin, rate="1/h", burst=4)
    gate = threading.Event()
    origin.reply("/slow", b"slow", hold=gate)
    half_open(larder)
    probe = Asking(larder, "/slow")
    origin.wait_for(1, "/slow")
    assert {told(larder.get(f"/a?{index}")) for index in range(20)} == {FAILED_TOO_OFTEN}
    gate.set()
    assert probe.wait().status == 200


def test_who_waits_is_told_when_the_breaker_opens(start, origin):
    larder = start(upstream(retry=ONCE, rate="1/h", breaker={"consecutive": 1, "open": "60s"}))
    gate = threading.Event()
    origin.reply("/bad", b"no", status=503, hold=gate)
    bad = Asking(larder, "/bad")
    origin.wait_for(1, "/bad")
    waiting = [Asking(larder, f"/a?{index}") for index in range(5)]
    larder.wait_metric("upstream_queue_length", equals(5))
    gate.set()
    assert {told(one.wait()) for one in waiting} == {FAILED_TOO_OFTEN}
    assert bad.wait().status == 503 and origin.count("/a") == 0


def test_a_hedge_beyond_the_budget_takes_no_turn(start, origin):
    larder = start(upstream(rate="1/h", burst=12, hedge="10ms", retry={**QUICK, "budget": "0%"}))
    gate = threading.Event()
    origin.reply("/slow", b"slow", hold=gate, fields=FRESH)
    origin.reply("/a", b"quick", fields=FRESH)
    slow = Asking(larder, "/slow")
    origin.wait_for(1, "/slow")
    begun = time.monotonic()
    for index in range(10):
        assert larder.get(f"/a?{index}").status == 200
    until(lambda: time.monotonic() - begun > 0.3, "its timer has fired some times")
    assert larder.metric("upstream_queue_length") == 0
    gate.set()
    assert slow.wait().status == 200


def test_of_two_that_say_not_now_one_is_what_the_client_gets(start, origin):
    """The hedge's head comes while the first one's body is still on its way."""
    gate, end = threading.Event(), threading.Event()
    larder = start(upstream(hedge="50ms", retry={**QUICK, "attempts": 2}))
    origin.replies("/a", Reply(status=503, hold=gate, pieces=[b"no", end]),
        Reply(status=503, hold=gate, pieces=[b"no", end]))
    asking = Asking(larder, "/a")
    origin.wait_for(2, "/a")
    gate.set()
    larder.wait_metric("upstream_requests_total", equals(1), purpose="retried")
    end.set()
    answer = asking.wait()
    assert answer.status == 503 and answer.body == b"no"


def test_all_tries_have_one_deadline(start, origin):
    """The second is over within a second of its own, but not within that of both."""
    larder = start(upstream(timeouts={"total": "1s"}))
    first = []

    def script(_):
        threading.Event().wait(0.6 if first else 0.7)
        if not first:
            first.append(True)
            return Reply(raw=b"")
        return Reply(b"late")

    origin.reply("/a", script=script)
    assert larder.get("/a").status == 504


def test_the_rest_of_what_is_not_taken_is_not_waited_for(start, origin):
    larder = start(upstream(timeouts={"idle": "10m", "total": "10m"}))
    gate = threading.Event()
    origin.replies("/a", Reply(status=503, pieces=[b"no", gate], length=100), Reply(b"yes", fields=FRESH))
    assert larder.get("/a").body == b"yes"
    gate.set()


def test_what_was_shown_takes_nothing_from_the_budget(start, origin):
    """A body that breaks off behind its eyes can't be asked for again: others still can."""
    larder = start(upstream(breaker={"error_rate": "0%", "consecutive": 0}))
    gate = threading.Event()
    origin.reply("/broken", pieces=[b"x" * 70000, gate, RESET], length=100000, fields=FRESH)
    for index in range(4):
        client = larder.client()
        client.ask(f"/broken?{index}")
        origin.wait_for(1, f"/broken?{index}")
        assert client.head().status == 200
        client.close()
    gate.set()
    larder.wait_metric("collapse_flights", equals(0))
    assert larder.metric("upstream_retries_total", outcome="tried") == 0
    origin.replies("/a", Reply(b"no", status=503), Reply(b"yes", fields=FRESH))
    assert larder.get("/a").body == b"yes"


def test_bodies_that_a_guard_rejects_do_not_count_in_a_row(start, origin):
    """Whoever knows a question that the origin answers so could keep everybody else out."""
    guard = {"json": {"require": ["/hitCount"]}}
    larder = start({**upstream(breaker={"consecutive": 2}), "routes": [{"path": "/", "upstream": "origin", "guard": guard}]})
    good = {"Content-Type": "application/json", **FRESH}
    origin.reply("/bogus", b'{"version":"6.9"}', fields=good)
    origin.reply("/a", b'{"hitCount":1}', fields=good)
    for index in range(5):
        assert larder.get(f"/bogus?{index}").status == 502
    assert larder.get("/a").status == 200


def test_but_where_most_are_rejected_the_origin_is_not_well(start, origin):
    guard = {"json": {"require": ["/hitCount"]}}
    larder = start({**upstream(breaker={"error_rate": "50%", "least": 10, "open": "60s"}), "routes": [
        {"path": "/", "upstream": "origin", "guard": guard}]})
    origin.reply("/a", b'{"version":"6.9"}', fields={"Content-Type": "application/json", **FRESH})
    for index in range(10):
        assert larder.get(f"/a?{index}").status in (502, 503)
    larder.wait_event("breaker-open")
