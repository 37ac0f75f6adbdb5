"""Names of a configuration as labels: there is room for so many that come by reloads, and who has none is told nobody's numbers."""

import json
import threading

import pytest

from harness.admin import Admin
from harness.asking import Asking
from harness.larder import merge
from harness.routes import digest

ON = {"admin": {"listen": ["127.0.0.1:0"]}}
ROOM = 128
FRESH = {"Cache-Control": "max-age=600"}


class Running:
    def __init__(self, start, changes):
        self.larder = start(merge(ON, changes))
        self.config = json.loads(self.larder.config_path.read_text())

    def change(self, changes, token=None):
        self.larder.write_config(merge(self.config, changes))
        return Admin(self.larder, token=token).post("/reload")


def routes(*paths):
    return {"routes": [{"path": path, "upstream": "origin"} for path in ("/", *paths)]}


def many(prefix, count):
    return [f"/{prefix}{i}" for i in range(count)]


@pytest.mark.parametrize("fault", [
    {"admin": {"audit": "/nonexistent/audit"}},
    {"upstreams": {"origin": {"tls": {"ca_file": "/nonexistent/ca"}, "url": "https://127.0.0.1:1"}}},
])
def test_failed_reloads_take_no_names(start, origin, fault):
    running = Running(start, {})
    for turn in range(4):
        failed = running.change(merge(routes(*many(f"bad{turn}-", 50)), fault))
        assert failed.status == 422 and failed.json["faults"]
    assert running.change(routes("/fine")).status == 200
    origin.reply("/fine/x", b"x")
    running.larder.get("/fine/x")
    metrics = running.larder.metrics()
    assert metrics.sum("http_requests_total", route="/fine") == 1
    assert "/bad" not in running.larder.get("/metrics").body.decode()


def test_names_that_are_gone_are_given_back(start, origin):
    running = Running(start, {})
    for turn in range(6):
        assert running.change(routes(*many(f"r{turn}-", 50))).status == 200
        origin.reply("/x", b"x", fields=FRESH)
        running.larder.get(f"/r{turn}-1/x")
        running.larder.get(f"/r{turn}-1/x")
        assert running.larder.metrics().sum("http_requests_total", route=f"/r{turn}-1") == 2
    stats = Admin(running.larder).get("/stats").json
    assert (stats["requests"], stats["hits"]) == (12, 6)
    assert all(item["requests"] is not None for item in stats["routes"])
    shown = running.larder.get("/metrics").body.decode()
    assert "/r0-1" not in shown and "/r5-1" in shown


def test_a_name_is_held_by_what_is_under_way(start, origin):
    """Requests that began by a configuration which is gone are counted where they belong."""
    gate = threading.Event()
    running = Running(start, routes("/slow"))
    assert running.change(routes("/slow", *many("held", 100))).status == 200
    origin.reply("/x", b"x", hold=gate)
    asking = Asking(running.larder, "/held7/x")
    origin.wait_for(1, "/x")
    for turn in range(4):
        assert running.change(routes("/slow", *many(f"r{turn}-", 20))).status == 200
    gate.set()
    assert asking.wait().body == b"x"
    assert running.larder.metrics().sum("http_requests_total", route="/held7") == 1


def test_who_has_no_name_is_not_told_of_others(start, origin):
    tenants = {f"t{i}": {"keys": [digest(f"k{i}")], "memory": "0%", "disk": "0%", "upstream": "0%"}
        for i in range(ROOM + 10)}
    last, other = f"t{ROOM + 8}", ROOM + 9
    tokens = [{"name": "all", "role": "admin", "sha256": digest("all")}]
    running = Running(start, {"admin": {"tokens": tokens}, "tenants": {"t0": tenants["t0"]}})
    assert running.change({"tenants": tenants, "admin": {"tokens": [*tokens,
        {"name": "last", "role": "viewer", "tenant": last, "sha256": digest("last")}]},
        **routes(*many("r", ROOM + 1))}, token="all").status == 200
    origin.reply("/s", b"x", fields=FRESH)
    for target in "/s", "/s", "/s":
        running.larder.get(target, fields={"X-API-Key": f"k{other}"})
        running.larder.get(target)
    own = Admin(running.larder, token="last").get("/stats").json
    (item,) = own["tenants"]
    assert item["name"] == last
    for part in own, item:
        assert part["requests"] is None and part["hits"] is None
    assert own["hit_rate"] is own["saved_requests"] is own["upstream_requests"] is None
    stats = Admin(running.larder, token="all").get("/stats").json
    assert stats["requests"] == 6
    named = {item["name"]: item["requests"] for item in stats["tenants"]}
    assert named["t0"] == 0 and named[last] is None and named[f"t{other}"] is None
    (route,) = [item for item in stats["routes"] if item["requests"] is None]
    assert route["requests"] is route["hits"] is route["errors"] is route["latency"]["p50_us"] is None
