"""Origins that are asked now and then whether they are well: who isn't gets no requests until he is."""

import itertools
import json
import threading

import pytest

from harness.larder import configuration
from harness.metrics import equals
from harness.origin import RESET, STALL, Origin, Reply
from harness.ports import held
from harness.wait import until

WELL = b'{"status": {"ok": true}, "nodes": [], "leader": null}'
CHECK = {"path": "/well?deep=1", "interval": "100ms", "timeout": "2m", "pointer": "/status/ok"}
NUMBERS = itertools.count()


@pytest.fixture
def pair(clock):
    """Two origins that are well and answer all of /a."""
    both = [Origin(clock=clock), Origin(clock=clock)]
    for origin in both:
        well(origin)
        origin.reply("/a", b"yes", fields={"Cache-Control": "max-age=60"})
    yield both
    for origin in both:
        origin.stop()
        assert not origin.faults, origin.faults


def well(origin):
    origin.reply("/well", WELL)


def config(origins, **settings):
    """One upstream with these origins, checked."""
    whole = configuration("", {"upstreams": {"origin": {"check": CHECK, **settings}}})
    whole["upstreams"]["origin"].pop("url")
    whole["upstreams"]["origin"]["urls"] = [origin.url for origin in origins]
    return whole


def ask(larder, times):
    """So many misses."""
    return [larder.get(f"/a?{next(NUMBERS)}").status for _ in range(times)]


def health(larder):
    """(status of the response, status of the upstream, what is said of it)"""
    response = larder.get("/health")
    check = json.loads(response.body)["checks"]["upstream:origin"][0]
    return response.status, check["status"], check.get("output")


def wait_up(larder, count):
    larder.wait_metric("upstream_origins_up", equals(count))


def test_each_origin_is_asked(start, pair):
    larder = start(text=config(pair, rate="1/1h", breaker={"error_rate": "50%", "least": 1}))
    for origin in pair:
        seen = origin.wait_for(3, "/well")[0]
        assert seen.method == "GET" and seen.target == "/well?deep=1"
        assert seen.field("User-Agent").startswith("larder/")
        assert seen.field("Cache-Control") == "no-cache"
    assert larder.metric("upstream_requests_total", purpose="check") >= 4
    assert larder.metric("upstream_up") == 1 and larder.metric("upstream_origins_up") == 2
    assert health(larder) == (200, "pass", None)
    # none of them took the one turn of this hour, and none is stored
    assert ask(larder, 1) == [200]
    assert larder.get("/well?deep=1", fields={"Cache-Control": "only-if-cached"}).status == 504


DOWN = {
    "status": Reply(WELL, status=500),
    "other-status": Reply(WELL, status=201),
    "pointer": Reply(b'{"status": {}}'),
    "null": Reply(b'{"status": {"ok": null}}'),
    "no-json": Reply(b"<html>we are moving</html>"),
    "empty": Reply(b""),
    "huge": Reply(b'{"status": {"ok": true}, "rest": "' + b"x" * (1 << 20) + b'"}'),
    "reset": Reply(pieces=[b'{"status":', RESET], length=100),
    "stall": Reply(pieces=[b'{"status":', STALL], length=100),
}


@pytest.mark.parametrize("kind", DOWN)
def test_who_fails_gets_nothing(start, pair, kind):
    larder = start(text=config(pair, check={**CHECK, **({"timeout": "4s"} if kind == "stall" else {})}))
    wait_up(larder, 2)
    assert set(ask(larder, 6)) == {200}
    assert [origin.count("/a") for origin in pair] == [3, 3]
    pair[0].replies("/well", DOWN[kind])
    event = larder.wait_event("origin-down")[0]
    assert pair[0].url in event["detail"] and event["level"] == "warn"
    assert larder.metric("upstream_origins_up") == 1 and larder.metric("upstream_up") == 1
    assert health(larder) == (200, "warn", "1 of 2 origins are up")
    assert set(ask(larder, 6)) == {200}
    assert [origin.count("/a") for origin in pair] == [3, 9]
    well(pair[0])
    larder.wait_event("origin-up")
    assert larder.metric("upstream_origins_up") == 2
    assert set(ask(larder, 6)) == {200}
    assert [origin.count("/a") for origin in pair] == [6, 12]
    assert len(larder.wait_event("origin-down")) == 1


def test_who_is_gone_comes_back(start, pair, clock):
    larder = start(text=config(pair))
    port = pair[0].port
    pair[0].stop()
    with held(port):
        larder.wait_event("origin-down")
        assert set(ask(larder, 4)) == {200}
        assert pair[1].count("/a") == 4
        pair[0] = Origin(clock=clock, port=port)
    well(pair[0])
    pair[0].reply("/a", b"again")
    larder.wait_event("origin-up")
    assert set(ask(larder, 4)) == {200}
    assert pair[0].count("/a") == 2


@pytest.mark.parametrize("pointer, up", [("/status", 2), ("/nodes", 2), ("/leader", 0), ("", 2)])
def test_what_is_there(start, pair, pointer, up):
    larder = start(text=config(pair, check={**CHECK, "pointer": pointer}))
    for origin in pair:
        origin.wait_for(2, "/well")
    wait_up(larder, up)


def test_without_a_pointer_the_status_is_enough(start, pair):
    for origin in pair:
        origin.reply("/well", b"x" * (3 << 20), status=299)
    larder = start(text=config(pair, check={**CHECK, "pointer": "", "status": 299}))
    for origin in pair:
        origin.wait_for(3, "/well")
    assert larder.metric("upstream_origins_up") == 2


def test_all_down_is_asked_all_the_same(start, pair):
    for origin in pair:
        origin.reply("/well", b"no", status=503)
    larder = start(text=config(pair))
    larder.wait_event("origin-down", 2)
    assert larder.metric("upstream_up") == 0 and larder.metric("upstream_origins_up") == 0
    assert health(larder) == (503, "fail", "no origin of 2 passes its check")
    assert ask(larder, 4) == [200] * 4
    assert [origin.count("/a") for origin in pair] == [2, 2]
    well(pair[1])
    larder.wait_event("origin-up")
    assert health(larder)[:2] == (200, "warn")


def test_checks_are_no_outcomes(start, pair):
    """The breaker hears of requests alone."""
    for origin in pair:
        origin.reply("/well", b"no", status=503)
    larder = start(text=config(pair, breaker={"consecutive": 1, "error_rate": "1%", "least": 1}))
    larder.wait_event("origin-down", 2)
    for origin in pair:
        origin.wait_for(5, "/well")
    assert larder.metric("upstream_breaker_state", state="closed") == 1
    assert ask(larder, 2) == [200, 200]


def test_an_open_breaker_is_a_warning(start, pair):
    for origin in pair:
        origin.reply("/a", b"no", status=500)
    larder = start(text=config(pair, breaker={"consecutive": 2, "open": "1h"}))
    ask(larder, 2)
    larder.wait_event("breaker-open")
    assert larder.metric("upstream_up") == 0 and larder.metric("upstream_origins_up") == 2
    status, word, output = health(larder)
    assert (status, word) == (200, "warn") and "not asked for" in output
    checks = pair[0].count("/well")
    pair[0].wait_for(checks + 2, "/well")


def test_a_check_under_way_at_the_end(start, pair):
    hold = threading.Event()
    for origin in pair:
        origin.reply("/well", WELL, hold=hold)
    larder = start(text=config(pair, check={**CHECK, "timeout": "1h"}))
    for origin in pair:
        origin.wait_for(1, "/well")
    assert ask(larder, 2) == [200, 200]
    larder.stop()
    hold.set()


def test_offline_asks_nothing(start, pair):
    larder = start(text=config(pair, offline=True))
    assert larder.get("/a").status == 504
    until(lambda: larder.get("/health").status == 200, "health")
    assert [origin.count() for origin in pair] == [0, 0]
