"""GET /stats: what was asked, what came of it, and what was saved."""

import hashlib
import threading

import pytest

from harness.admin import Admin
from harness.asking import Asking
from harness.origin import Reply
from harness.store import FRESH, KIB, settle, text
from harness.wait import until

ON = {"admin": {"listen": ["127.0.0.1:0"]}, "routes": [
    {"path": "/api", "upstream": "origin"}, {"path": "/", "upstream": "origin"}]}


def stats(admin):
    answer = admin.get("/stats")
    assert answer.status == 200, answer
    return answer.json


def test_at_first_there_is_nothing(start, origin):
    found = stats(Admin(start(ON)))
    assert found["requests"] == found["hits"] == found["errors"] == found["saved_bytes"] == 0
    assert found["hit_rate"] is None and found["latency"]["p99_us"] is None
    assert found["compression"] == {"input_bytes": 0, "output_bytes": 0, "ratio": None}
    assert [one["path"] for one in found["routes"]] == ["/api", "/"] and found["uptime_s"] >= 0
    assert [one["name"] for one in found["tiers"]] == ["memory"] and found["tenants"] == []


def test_sums(start, origin):
    origin.reply("/a", b"x" * 1000, fields=FRESH)
    origin.reply("/bad", b"no", status=503)
    larder = start(ON)
    admin = Admin(larder)
    for target in ["/api/a"] * 4 + ["/bad", "/metrics", "/none"]:
        larder.get(target)
    larder.wait_idle()
    found = stats(admin)
    assert found["requests"] == 6 and found["hits"] == 3 and found["hit_rate"] == 0.5 and found["errors"] == 1
    assert found["saved_requests"] == 3 and found["saved_bytes"] == 3000
    assert found["upstream_requests"] == origin.count() == 3
    assert found["latency"]["p50_us"] <= found["latency"]["p95_us"] <= found["latency"]["p99_us"]
    api, rest = found["routes"]
    assert (api["requests"], api["hits"], api["errors"]) == (4, 3, 0)
    assert (rest["requests"], rest["hits"], rest["errors"]) == (2, 0, 1)
    (memory,) = found["tiers"]
    assert memory["entries"] == 1 and 1000 < memory["bytes"] < memory["max_bytes"]


def test_what_is_shared_is_saved(start, origin):
    gate = threading.Event()
    origin.reply("/a", b"x" * 500, fields=FRESH, hold=gate)
    larder = start(ON)
    admin = Admin(larder)
    asked = [Asking(larder, "/a") for _ in range(4)]
    until(lambda: [f for f in admin.get("/flights").json["items"] if f["readers"] == 4], "all wait for one")
    assert stats(admin)["flights"] == 1
    gate.set()
    assert [one.wait().status for one in asked] == [200] * 4
    larder.wait_idle()
    found = stats(admin)
    assert found["requests"] == 4 and found["saved_requests"] == 3 and found["saved_bytes"] == 1500 and found["hits"] == 0


def test_what_is_validated_was_asked_for(start, origin, clock):
    origin.reply("/a", b"x", fields={"Cache-Control": "max-age=1", "ETag": '"1"'})
    larder = start(ON)
    admin = Admin(larder)
    larder.get("/a")
    clock.advance(10)
    larder.get("/a")
    larder.wait_idle()
    found = stats(admin)
    assert found["requests"] == 2 and found["upstream_requests"] == 2 and found["saved_requests"] == 0


def test_the_disk(store, origin):
    origin.reply("/a", text(40 * KIB), fields={**FRESH, "Content-Type": "application/json"})
    larder = store.open(ON)
    larder.get("/a")
    settle(larder)
    admin = Admin(larder)
    found = stats(admin)
    memory, disk = found["tiers"]
    assert memory["name"] == "memory" and disk["name"] == "disk" and disk["entries"] == 1
    assert found["compression"]["input_bytes"] == 40 * KIB and 0 < found["compression"]["ratio"] < 1


def test_purges(start, origin):
    origin.replies("/a", Reply(b"x", fields=FRESH))
    larder = start(ON)
    admin = Admin(larder)
    larder.get("/a")
    larder.get("/a", method="POST", body=b"x")
    until(lambda: stats(admin)["purges"] >= 1, "an unsafe request invalidates")


def test_tenants(start, origin):
    keys = {name: name * 8 for name in ("own", "other", "ops")}
    digests = {name: hashlib.sha256(key.encode()).hexdigest() for name, key in keys.items()}
    larder = start({"tenants": {name: {"keys": [digests[name]]} for name in ("own", "other")},
        "admin": {"listen": ["127.0.0.1:0"], "tokens": [
            {"name": "own", "sha256": digests["own"], "tenant": "own"},
            {"name": "ops", "sha256": digests["ops"]}]}})
    origin.reply("/a", b"x" * 1000, fields=FRESH)
    for name in ("own", "own", "own", "other"):
        larder.get("/a", fields={"X-API-Key": keys[name]})
    ops, own = Admin(larder, keys["ops"]), Admin(larder, keys["own"])
    larder.wait_idle()
    assert stats(ops)["requests"] == 4
    by_name = {one["name"]: one for one in stats(ops)["tenants"]}
    assert (by_name["own"]["requests"], by_name["own"]["hits"]) == (3, 2)
    assert (by_name["other"]["requests"], by_name["other"]["hits"]) == (1, 0)
    assert by_name["own"]["memory_bytes"] > 1000 and by_name["own"]["disk_bytes"] == 0
    found = stats(own)
    assert (found["requests"], found["hits"], found["saved_requests"]) == (3, 2, 2)
    assert [one["name"] for one in found["tenants"]] == ["own"]
    assert found["upstream_requests"] == 1 and "routes" not in found and "errors" not in found


@pytest.mark.parametrize("query", ["?x=1", "?limit=1"])
def test_what_is_refused(start, query):
    assert Admin(start(ON)).get(f"/stats{query}").status == 400
