"""Origins that fail now and then: tried again, left alone for a while, stood in for."""

import json
import signal
import threading

import pytest

from harness.asking import Asking
from harness.metrics import equals
from harness.origin import CLOSE, RESET, Origin, Reply
from harness.ports import held
from harness.wait import until

FRESH = {"Cache-Control": "max-age=60"}
QUICK = {"attempts": 3, "backoff": "1ms", "most_backoff": "20ms"}


def upstream(**settings):
    return {"upstreams": {"origin": {"retry": QUICK, **settings}}}


# -- tries ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [502, 503, 504])
def test_not_now_is_asked_again(start, origin, status):
    larder = start(upstream())
    origin.replies("/a", Reply(b"no", status=status), Reply(b"yes", fields=FRESH))
    response = larder.get("/a")
    assert response.status == 200 and response.body == b"yes"
    assert response.cache["fwd"] == "uri-miss" and response.cache["stored"]
    assert origin.count() == 2
    assert larder.metric("upstream_retries_total", outcome="tried") == 1
    assert larder.metric("upstream_requests_total", purpose="retried") == 1


def test_the_last_try_is_what_the_client_gets(start, origin):
    larder = start(upstream())
    origin.reply("/a", b"really not", status=503)
    response = larder.get("/a")
    assert response.status == 503 and response.body == b"really not"
    assert origin.count() == 3


@pytest.mark.parametrize("status", [200, 404, 429, 500, 501])
def test_other_answers_are_taken(start, origin, status):
    larder = start(upstream())
    origin.reply("/a", b"so be it", status=status)
    assert larder.get("/a").status == status
    assert origin.count() == 1


def test_who_says_when_is_not_asked_before(start, origin):
    larder = start(upstream())
    origin.reply("/a", b"later", status=503, fields={"Retry-After": "30"})
    response = larder.get("/a")
    assert response.status == 503 and response.field("Retry-After") == "30"
    assert origin.count() == 1


@pytest.mark.parametrize("pieces", [[RESET], [b"ha", RESET], [CLOSE]], ids=["at-once", "mid-body", "closed"])
def test_what_broke_off_is_asked_again(start, origin, pieces):
    larder = start(upstream())
    half = Reply(pieces=pieces, length=4)
    if pieces[0] in (RESET, CLOSE):
        half.raw = b""
        half.pieces = pieces
    origin.replies("/a", half, Reply(b"whole", fields=FRESH))
    response = larder.get("/a")
    assert response.status in (200, 502)
    if len(pieces) == 1:
        assert response.body == b"whole" and origin.count() == 2


def test_a_post_is_not_sent_twice(start, origin):
    larder = start(upstream())
    origin.reply("/a", b"no", status=503)
    response = larder.get("/a", method="POST", body=b"do it")
    assert response.status == 503
    assert origin.count() == 1


def test_a_post_that_only_asks_is(start, origin):
    larder = start({**upstream(), "routes": [{"path": "/", "upstream": "origin", "cache_post": True}]})
    origin.replies("/a", Reply(b"no", status=503), Reply(b"yes", fields=FRESH))
    response = larder.get("/a", method="POST", body=b"q=1")
    assert response.status == 200 and response.body == b"yes"
    assert [seen.body for seen in origin.seen("/a")] == [b"q=1", b"q=1"]


def test_an_origin_that_is_not_there_is_tried_thrice(start):
    with held() as port:
        larder = start(upstream(), url=f"http://127.0.0.1:{port}")
        assert larder.get("/a").status == 502
    assert larder.metric("upstream_retries_total", outcome="tried") == 2


def test_the_budget_bounds_them(start, origin):
    larder = start(upstream(breaker={"error_rate": "0%", "consecutive": 0}))
    origin.reply("/a", b"no", status=503)
    for index in range(100):
        assert larder.get(f"/a?{index}").status == 503
    tried = larder.metric("upstream_retries_total", outcome="tried")
    assert 3 <= tried <= 20 + 3
    assert origin.count() == 100 + tried


def test_a_try_has_a_deadline_of_its_own(start, origin):
    hold = threading.Event()
    larder = start(upstream(retry={**QUICK, "per_try": "3s"}))
    origin.replies("/a", Reply(b"slow", hold=hold), Reply(b"quick", fields=FRESH))
    assert larder.get("/a").body == b"quick"
    hold.set()
    assert origin.count() >= 2


# -- hedges -----------------------------------------------------------------------------------------


def test_a_second_request_overtakes_a_slow_first(start, origin):
    hold = threading.Event()
    larder = start(upstream(hedge="50ms"))
    origin.replies("/a", Reply(b"slow", hold=hold), Reply(b"quick", fields=FRESH))
    assert larder.get("/a").body == b"quick"
    hold.set()
    assert larder.metric("upstream_retries_total", outcome="hedged") == 1
    assert larder.get("/a").cache["hit"]
    larder.wait_metric("collapse_flights", equals(0))


def test_a_quick_one_is_not_hedged(start, origin):
    larder = start(upstream(hedge="10s"))
    origin.reply("/a", b"quick", fields=FRESH)
    assert larder.get("/a").body == b"quick"
    assert origin.count() == 1


def test_a_hedge_whose_first_comes_to_nothing(start, origin):
    first = threading.Event()
    larder = start(upstream(hedge="50ms"))
    origin.replies("/a", Reply(b"no", status=503, hold=first), Reply(b"late", hold=first, fields=FRESH))
    asking = Asking(larder, "/a")
    origin.wait_for(2, "/a")
    first.set()
    assert asking.wait().body == b"late"


# -- the breaker ------------------------------------------------------------------------------------


BREAKER = {"consecutive": 3, "open": "1h"}


def test_an_upstream_that_fails_is_left_alone(start, origin):
    larder = start(upstream(retry={"attempts": 1}, breaker=BREAKER))
    origin.reply("/a", b"no", status=503)
    for index in range(3):
        assert larder.get(f"/a?{index}").status == 503
    larder.wait_event("breaker-open")
    before = origin.count()
    response = larder.get("/a?x")
    assert response.status == 503 and response.field("Content-Type") == "application/problem+json"
    assert int(response.field("Retry-After")) >= 1
    assert origin.count() == before
    assert larder.metric("upstream_breaker_state", state="open") == 1


def test_an_upstream_that_was_left_alone_is_asked_again(start, origin):
    larder = start(upstream(retry={"attempts": 1}, breaker={**BREAKER, "open": "300ms"}))
    origin.reply("/a", b"no", status=503)
    for index in range(3):
        assert larder.get(f"/a?{index}").status == 503
    larder.wait_event("breaker-open")
    origin.reply("/a", b"well", fields=FRESH)
    until(lambda: larder.get("/a?y").status == 200, "it is asked again")
    larder.wait_event("breaker-closed")
    assert larder.metric("upstream_breaker_state", state="closed") == 1


def test_stale_answers_stand_in_while_it_is_open(start, origin, clock):
    larder = start(upstream(retry={"attempts": 1}, breaker=BREAKER))
    origin.reply("/s", b"old", fields=FRESH)
    assert larder.get("/s").body == b"old"
    clock.advance(100)
    origin.reply("/a", b"no", status=503)
    for index in range(3):
        larder.get(f"/a?{index}")
    larder.wait_event("breaker-open")
    response = larder.get("/s")
    assert response.status == 200 and response.body == b"old"
    assert origin.count("/s") == 1


def test_client_errors_open_nothing(start, origin):
    larder = start(upstream(retry={"attempts": 1}, breaker=BREAKER))
    origin.reply("/a", b"no", status=404)
    for index in range(10):
        assert larder.get(f"/a?{index}").status == 404
    assert origin.count() == 10


# -- offline ----------------------------------------------------------------------------------------


def test_offline_asks_nobody(start, origin):
    larder = start(upstream(offline=True))
    response = larder.get("/a")
    assert response.status == 504
    assert json.loads(response.body)["title"]
    assert origin.count() == 0


# -- several origins --------------------------------------------------------------------------------


@pytest.fixture
def two(clock):
    pair = [Origin(clock=clock), Origin(clock=clock)]
    for index, one in enumerate(pair):
        one.reply("/a", b"%d" % index, script=None)
    yield pair
    for one in pair:
        one.stop()


def several(pair, **settings):
    return {"upstreams": {"origin": {"url": None, "retry": QUICK, **settings,
        "urls": settings.get("urls", [{"url": one.url} for one in pair])}}}


def test_they_take_turns(start, two):
    larder = start(several(two))
    for index in range(20):
        assert larder.get(f"/a?{index}").status == 200
    assert [one.count() for one in two] == [10, 10]


def test_by_weight(start, two):
    larder = start(several(two, urls=[{"url": two[0].url, "weight": 3}, {"url": two[1].url, "weight": 1}]))
    for index in range(20):
        assert larder.get(f"/a?{index}").status == 200
    assert [one.count() for one in two] == [15, 5]


def test_one_that_fails_is_passed_over(start, two):
    larder = start(several(two, eject={"consecutive": 2, "for": "60s"}))
    two[0].reply("/a", b"no", status=503)
    for index in range(20):
        response = larder.get(f"/a?{index}")
        assert response.status == 200 and response.body == b"1"
    assert two[0].count() <= 3
    assert two[1].count() == 20


def test_who_stops_ends_what_waits(start, origin):
    """Queued and pausing requests don't hold up an end beyond the drain."""
    larder = start({**upstream(rate="1/h", queue={"timeout": "60s"}),
        "server": {"timeouts": {"drain": "100ms"}}})
    origin.reply("/a", b"x")
    assert larder.get("/a?0").status == 200
    waiting = [larder.client() for _ in range(3)]
    for index, client in enumerate(waiting):
        client.ask(f"/a?{index + 1}")
    larder.wait_metric("upstream_queue_length", equals(3))
    larder.signal(signal.SIGTERM)
    assert larder.wait_exit() == 1
    larder.wait_event("drain-broken-off")
    for client in waiting:
        client.close()
