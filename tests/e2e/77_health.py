"""/health by what came of requests, and the two questions below it: /live and /ready."""

import json
import re
import signal
import threading

import pytest

from harness.larder import REPOSITORY, merge
from harness.wait import until

FRESH = {"Cache-Control": "max-age=3600"}
# A sample each 2.5 s: what is asked between two of them is judged.
SOON = {"health": {"window": "30s", "least": 20}}


def health(larder, below=""):
    """(status code, document)"""
    response = larder.get("/health" + below)
    assert response.field("Content-Type") == "application/health+json"
    return response.status, json.loads(response.body)


def check(larder, name):
    """(status, observed value or None, output) of one check."""
    one, = health(larder)[1]["checks"][name]
    return one["status"], one.get("observedValue"), one.get("output", "")


def ask(larder, targets, fields=()):
    with larder.client() as client:
        return [client.get(target, fields=fields).status for target in targets]


def test_an_idle_cache_is_healthy(start):
    larder = start(SOON)
    status, document = health(larder)
    assert status == 200 and document["status"] == "pass"
    assert {"threads", "memory:used", "flights", "config:reload", "traffic:hit-rate", "traffic:errors",
        "memory:p99", "upstream:origin"} <= set(document["checks"])
    assert "disk:used" not in document["checks"] and "audit:lines-lost" not in document["checks"]


def test_each_check_is_documented(start, tmp_path):
    """And what is documented is there."""
    larder = start({"cache": {"disk": {"path": str(tmp_path / "disk")}}, "admin": {"audit": str(tmp_path / "audit")},
        "routes": [{"path": "/", "upstream": "origin", "key": {"sort": True, "verify": "1/10"}}]})
    table = (REPOSITORY / "docs" / "operations.md").read_text().split("### Checks")[1].split("\n## ")[0]
    told = {name.replace("NAME", "origin") for name in re.findall(r"^\| `([a-zN:A-Z0-9-]+)`", table, re.M)}
    assert set(health(larder)[1]["checks"]) == told


def test_it_becomes_ready_with_its_disk(start, tmp_path):
    larder = start({"cache": {"disk": {"path": str(tmp_path / "disk")}}})
    until(lambda: health(larder, "/ready")[0] == 200, "it is ready")


def test_each_upstream_has_a_check(start, origin):
    larder = start({"upstreams": {f"u{i}": {"url": origin.url} for i in range(40)}})
    names = health(larder)[1]["checks"]
    assert {f"upstream:u{i}" for i in range(40)} <= set(names)


def test_half_of_the_answers_are_errors(start, origin):
    """48 % errors fail; they were not kept, so that each is the origin's."""
    origin.reply("/good", b"x", fields=FRESH)
    origin.reply("/bad", b"x", status=500)
    larder = start(SOON)
    statuses = ask(larder, ["/good", "/bad"] * 12 + ["/good"])
    assert statuses.count(500) == 12
    until(lambda: check(larder, "traffic:errors")[:2] == ("fail", 48), "it fails")
    assert "12 of 25" in check(larder, "traffic:errors")[2]
    assert health(larder)[0] == 503 and health(larder)[1]["status"] == "fail"
    status, document = health(larder, "/ready")
    assert (status, document["status"], document["check"]) == (503, "fail", "traffic:errors")
    assert "12 of 25" in document["output"]
    assert health(larder, "/live") == (200, {"status": "pass"})


def test_some_errors_are_a_warning(start, origin):
    origin.reply("/good", b"x", fields=FRESH)
    origin.reply("/bad", b"x", status=502)
    larder = start(SOON)
    ask(larder, ["/good"] * 22 + ["/bad"] * 3)
    until(lambda: check(larder, "traffic:errors")[0] == "warn", "it warns")
    assert health(larder)[0] == 200 and health(larder, "/ready")[0] == 200


NONSENSE = [
    ("only-if-cached", "GET", "/absent-{}", {"Cache-Control": "only-if-cached"}, 504),
    ("a loop", "GET", "/loop-{}", None, 508),
    ("what is not there", "GET", "/nothing-{}", {}, 404),
    ("a method that nobody has", "BREW", "/tea-{}", {}, 501),
]


@pytest.mark.parametrize("method, target, fields, status", [row[1:] for row in NONSENSE],
    ids=[row[0] for row in NONSENSE])
def test_clients_who_ask_nonsense_do_no_harm(start, origin, method, target, fields, status):
    origin.reply("/good", b"x", fields=FRESH)
    for i in range(40):
        if status == 501:
            origin.reply(target.format(i), b"", status=501)
    larder = start(SOON)
    if fields is None:
        larder.get("/good")
        fields = {"CDN-Loop": origin.last().field("CDN-Loop")}
    with larder.client() as client:
        for i in range(40):
            client.ask(target.format(i), method=method, fields=fields)
            assert client.response(method).status == status
    ask(larder, ["/good"] * 30)
    until(lambda: check(larder, "traffic:hit-rate")[1] is not None, "it was judged")
    assert health(larder)[0] == 200
    assert check(larder, "traffic:errors")[0] == "pass"


def test_a_low_hit_rate_is_a_warning(start, origin):
    for i in range(30):
        origin.reply(f"/{i}", b"x", fields=FRESH)
    larder = start(SOON)
    ask(larder, [f"/{i}" for i in range(30)])
    until(lambda: check(larder, "traffic:hit-rate")[:2] == ("warn", 0), "it warns")
    assert health(larder)[0] == 200
    ask(larder, [f"/{i % 30}" for i in range(120)])
    until(lambda: check(larder, "traffic:hit-rate")[0] == "pass", "hits make up for it")


def test_a_threshold_of_nothing_is_off(start, origin):
    origin.reply("/bad", b"x", status=500)
    larder = start(merge(SOON, {"health": {"errors": "0%", "hit_rate": "0%"}}))
    ask(larder, ["/bad"] * 30)
    until(lambda: check(larder, "traffic:errors")[1] == 100, "it is told")
    assert check(larder, "traffic:errors")[0] == check(larder, "traffic:hit-rate")[0] == "pass"
    assert health(larder)[0] == 200


def test_a_reload_that_failed_is_a_warning(start):
    larder = start()
    text = larder.config_path.read_text()
    larder.config_path.write_text("nonsense: [")
    larder.signal(signal.SIGHUP)
    until(lambda: check(larder, "config:reload")[0] == "warn", "it is told")
    assert health(larder)[0] == 200
    larder.config_path.write_text(text)
    larder.signal(signal.SIGHUP)
    until(lambda: check(larder, "config:reload")[0] == "pass", "it is well again")


@pytest.mark.parametrize("below", ["", "/live", "/ready"])
def test_pages_of_health(larder, origin, below):
    with larder.client() as client:
        got, head = client.get("/health" + below), None
        client.ask("/health" + below, method="HEAD")
        head = client.response("HEAD")
    assert got.status == head.status == 200
    assert json.loads(got.body)["status"] == "pass" and not head.body
    for response in (got, head):
        assert response.field("Cache-Control") == "no-store"
        assert response.field("Content-Type") == "application/health+json"
    assert origin.count() == 0


def test_where_health_is_elsewhere_so_are_they(start, origin):
    larder = start({"server": {"health": "/-/well"}})
    assert larder.get("/-/well/live").status == larder.get("/-/well/ready").status == 200
    for target in ("/health/live", "/health/ready", "/-/well/", "/-/well/other", "/-/welllive"):
        larder.get(target)
        assert origin.last().target == target, "everything else is the origin's"


def test_without_health_there_are_none(start, origin):
    larder = start({"server": {"health": ""}})
    for target in ("/live", "/ready"):
        larder.get(target)
        assert origin.last().target == target


def test_it_is_not_ready_while_it_drains(start, origin):
    gate = threading.Event()
    origin.reply("/slow", pieces=[b"one", gate, b"two"])
    larder = start()
    with larder.client() as slow, larder.client() as probe:
        assert probe.get("/health/ready").status == 200
        slow.ask("/slow")
        slow.body_to(3)
        larder.signal(signal.SIGTERM)
        larder.wait_event("draining")
        probe.ask("/health/ready")
        response = probe.response()
        assert response.status == 503 and b"stopping" in response.body
        gate.set()
        assert slow.response().body == b"onetwo"
    assert larder.wait_exit() == 0
