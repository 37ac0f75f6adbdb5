"""Namespaces left behind: everything, a route, a tenant; at once, for good, and counted."""

import pytest

from harness.admin import Admin
from harness.metrics import at_least, equals
from harness.table import table
from harness.tenants import as_tenant, digest, tenants
from harness.wait import until

FIELDS = {"Cache-Control": "max-age=600"}
ROUTES = [{"path": "/r", "upstream": "origin", "upstream_path": "/r"}, {"path": "/", "upstream": "origin"}]
WHO = [None, "red", "blue"]
ALL = [(target, who) for target in ("/r/a", "/b") for who in WHO]
TOKENS = [{"name": name, "role": "operator", "sha256": digest(f"token of {name}"), **whose}
    for name, whose in (("red", {"tenant": "red"}), ("ops", {}))]


def settings(tmp_path, disk=True):
    tier = {"cache": {"disk": {"path": str(tmp_path / "disk"), "free_floor": 0}}} if disk else {}
    return {"admin": {"listen": ["127.0.0.1:0"], "tokens": TOKENS}, "routes": ROUTES, "tenants": tenants(), **tier}


def admin_of(larder, name="ops"):
    return Admin(larder, token=f"token of {name}")


def versions(admin):
    return {(item["scope"], item["name"]): item["version"] for item in admin.get("/namespaces").json["items"]}


def stored(larder, origin):
    for target, who in ALL:
        origin.reply(target, b"x", fields=FIELDS)
        larder.get(target, fields=as_tenant(who))


def missed(larder):
    return [(target, who) for target, who in ALL if not larder.get(target, fields=as_tenant(who)).hit]


@table("order, reached", [
    ("all", {"scope": "all"}, ALL), ("route", {"scope": "route", "name": "/r"}, ALL[:3]),
    ("tenant", {"scope": "tenant", "name": "red"}, [("/r/a", "red"), ("/b", "red")])])
@pytest.mark.parametrize("disk", [False, True])
def test_left_behind(start, origin, tmp_path, order, reached, disk):
    larder = start(settings(tmp_path, disk))
    if disk:
        larder.wait_metric("disk_up", equals(1))
    stored(larder, origin)
    if disk:
        larder.wait_metric("cache_entries", at_least(len(ALL)), tier="disk")
    answer = admin_of(larder).post("/namespaces", order)
    name = order.get("name", "")
    assert answer.json == {"scope": order["scope"], "name": name, "version": 2}
    if disk:  # right behind the answer
        larder.kill()
        larder = start(settings(tmp_path))
        larder.wait_metric("disk_up", equals(1))
    assert missed(larder) == reached
    assert versions(admin_of(larder)) == {key: 2 if key == (order["scope"], name) else 1 for key in (
        ("all", ""), ("route", "/r"), ("route", "/"), ("tenant", "red"), ("tenant", "blue"))}
    assert missed(larder) == []
    if not disk:
        # what it found is counted behind the answer
        until(lambda: [item["trigger"] for item in admin_of(larder).get("/purges").json["items"]] == ["namespace"],
            "it is told")
        assert larder.metric("cache_invalidations_total", scope=order["scope"], mode="hard", source="namespace") == 1


def test_by_a_tenant(start, origin, tmp_path):
    larder = start(settings(tmp_path, disk=False))
    stored(larder, origin)
    red = admin_of(larder, "red")
    assert versions(red) == {("tenant", "red"): 1}
    assert red.post("/namespaces", {"scope": "route", "name": "/r"}).status == 403
    assert red.post("/namespaces", {"scope": "tenant", "name": "blue"}).status == 403
    assert missed(larder) == []
    assert red.post("/namespaces", {"scope": "all"}).json == {"scope": "tenant", "name": "red", "version": 2}
    assert missed(larder) == [("/r/a", "red"), ("/b", "red")]


@table("order, status", [
    ("nothing", {}, 400), ("another-scope", {"scope": "url", "name": "/b"}, 400), ("no-scope", {"scope": "planet"}, 400),
    ("a-list", [], 400), ("a-number", {"scope": "all", "name": 1}, 400), ("a-member", {"scope": "all", "depth": "1"}, 400),
    ("all-by-name", {"scope": "all", "name": "x"}, 400), ("route-unknown", {"scope": "route", "name": "/none"}, 404),
    ("route-without", {"scope": "route"}, 404), ("tenant-unknown", {"scope": "tenant", "name": "green"}, 404)])
def test_bad_values(start, origin, tmp_path, order, status):
    larder = start(settings(tmp_path, disk=False))
    stored(larder, origin)
    assert admin_of(larder).post("/namespaces", order).status == status
    assert missed(larder) == []


def test_what_a_restart_would_forget(start, tmp_path):
    """The directory can't be had: it is not promised, and the version stays."""
    lost = {**settings(tmp_path), "cache": {"disk": {"path": str(tmp_path / "not" / "there"), "free_floor": 0}}}
    larder = start(lost)
    assert admin_of(larder).post("/namespaces", {"scope": "all"}).status == 503
    assert admin_of(larder).get("/namespaces").status == 503
    assert admin_of(larder).get("/purges/schedule").status == 503
    assert admin_of(larder).post("/purges", {"scope": "all", "every": "1h"}).status == 503
    (tmp_path / "not").mkdir()
    larder.wait_metric("disk_up", equals(1))
    assert admin_of(larder).post("/namespaces", {"scope": "all"}).json["version"] == 2
