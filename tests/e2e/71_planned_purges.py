"""Purges that are planned: at a moment, again and again, over restarts; listed and removed."""

import datetime

import pytest

from harness.admin import Admin
from harness.metrics import at_least, equals
from harness.table import table
from harness.tenants import as_tenant, digest, tenants
from harness.wait import until

FIELDS = {"Cache-Control": "max-age=100000"}


def settings(tmp_path=None, **more):
    disk = {} if tmp_path is None else {"cache": {"disk": {"path": str(tmp_path / "disk"), "free_floor": 0}}}
    return {"admin": {"listen": ["127.0.0.1:0"]}, **disk, **more}


def moment(clock, ahead):
    """So many seconds from now, as the API writes moments."""
    now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(milliseconds=clock.offset_ms)
    return (now + datetime.timedelta(seconds=ahead)).strftime("%Y-%m-%dT%H:%M:%SZ")


def plan(admin, **order):
    answer = admin.post("/purges", order)
    assert answer.status == 202, answer
    return answer.json


def planned(admin):
    return admin.get("/purges/schedule").json["items"]


def done(larder, count, scope="all"):
    larder.wait_metric("cache_invalidations_total", equals(count), scope=scope, mode="hard", source="schedule")


def stored(larder, origin, target="/a"):
    origin.reply(target, b"x", fields=FIELDS)
    larder.get(target)
    assert larder.get(target).hit


@table("disk", [("memory", False), ("disk", True)])
def test_at_a_moment(start, origin, tmp_path, clock, disk):
    larder = start(settings(tmp_path if disk else None))
    if disk:
        larder.wait_metric("disk_up", equals(1))
    admin = Admin(larder)
    stored(larder, origin)
    told = plan(admin, scope="all", at=moment(clock, 3600))
    assert told["durable"] is disk and told["scope"] == "all" and told["runs"] == 0 and told["who"] == "local"
    assert planned(admin) == [told] and larder.get("/a").hit
    clock.advance(3601)
    done(larder, 1)
    assert not larder.get("/a").hit
    until(lambda: planned(admin) == [], "it is planned no more")
    assert [item["trigger"] for item in admin.get("/purges").json["items"]] == ["schedule"]


def test_again_and_again(start, origin, clock):
    larder = start(settings())
    admin = Admin(larder)
    told = plan(admin, scope="url", value="/a", every="1h")
    for turn in range(1, 4):
        stored(larder, origin)
        clock.advance(3600)
        done(larder, turn, "url")
        assert not larder.get("/a").hit
    until(lambda: planned(admin)[0]["runs"] == 3, "it was counted")
    clock.advance(10 * 3600)  # what was missed is done once
    done(larder, 4, "url")
    until(lambda: planned(admin)[0]["runs"] == 4, "it was counted")
    assert planned(admin)[0]["next_at"] > told["next_at"]


def test_what_was_planned_outlasts_the_process(start, origin, tmp_path, clock):
    """Killed right behind the answer; what was due meanwhile is done by the next one."""
    larder = start(settings(tmp_path))
    larder.wait_metric("disk_up", equals(1))
    stored(larder, origin)
    larder.wait_metric("cache_entries", at_least(1), tier="disk")
    told = plan(Admin(larder), scope="all", every="1h", at=moment(clock, 60))
    larder.kill()
    clock.advance(61)
    larder = start(settings(tmp_path))
    done(larder, 1)
    assert not larder.get("/a").hit
    admin = Admin(larder)
    until(lambda: [item["runs"] for item in planned(admin)] == [1], "it was counted")
    assert planned(admin)[0]["id"] == told["id"]
    larder.kill()
    larder = start(settings(tmp_path))
    until(lambda: [item["runs"] for item in planned(Admin(larder))] == [1], "it is read back")


@pytest.mark.parametrize("restarts", [False, True])
def test_removed(start, tmp_path, clock, restarts):
    larder = start(settings(tmp_path))
    larder.wait_metric("disk_up", equals(1))
    kept, gone = (plan(Admin(larder), scope="url", value=path, at=moment(clock, 60)) for path in ("/a", "/b"))
    assert Admin(larder).call("DELETE", f"/purges/schedule/{gone['id']}").json == {"id": gone["id"]}
    assert Admin(larder).call("DELETE", f"/purges/schedule/{gone['id']}").status == 404
    if restarts:
        larder.kill()
        larder = start(settings(tmp_path))
        larder.wait_metric("disk_up", equals(1))
    assert planned(Admin(larder)) == [kept]
    clock.advance(61)
    done(larder, 1, "url")
    until(lambda: planned(Admin(larder)) == [], "all is done")
    assert [item["value"] for item in Admin(larder).get("/purges").json["items"]] == ["/a"]


def test_what_cannot_be_done_is_left_out(start, origin, tmp_path, clock):
    """The route has gone; another plan is not held up."""
    routes = [{"path": "/", "upstream": "origin"}]
    larder = start(settings(tmp_path, routes=[*routes, {"path": "/r", "upstream": "origin"}]))
    larder.wait_metric("disk_up", equals(1))
    plan(Admin(larder), scope="route", value="/r", at=moment(clock, 60))
    plan(Admin(larder), scope="all", at=moment(clock, 60))
    larder.stop()
    clock.advance(61)
    larder = start(settings(tmp_path, routes=routes))
    done(larder, 1)
    assert "/r" in larder.wait_event("planned-purge-left-out")[0]["detail"]
    until(lambda: planned(Admin(larder)) == [], "none is tried for ever")


def test_bounded(start, clock):
    larder = start(settings())
    orders = [{"scope": "url", "value": f"/{number}", "at": moment(clock, 3600)} for number in range(1001)]
    answer = Admin(larder).post("/purges", orders)
    assert answer.status == 207 and [item.get("status") for item in answer.json["items"]] == [None] * 1000 + [422]
    long = {"scope": "url", "value": "/" + "a" * 5000, "at": moment(clock, 3600)}
    assert Admin(larder).post("/purges", long).status == 422


def test_of_tenants(start, origin, clock):
    """A tenant sees, plans and removes its own."""
    tokens = [{"name": name, "role": "operator", "sha256": digest(f"token of {name}"), **whose}
        for name, whose in (("red", {"tenant": "red"}), ("blue", {"tenant": "blue"}), ("ops", {}))]
    larder = start({**settings(), "tenants": tenants(), "admin": {"listen": ["127.0.0.1:0"], "tokens": tokens}})
    red, blue, ops = (Admin(larder, token=f"token of {name}") for name in ("red", "blue", "ops"))
    origin.reply("/a", b"x", fields=FIELDS)
    for who in ("red", "blue"):
        larder.get("/a", fields=as_tenant(who))
    told = plan(red, scope="all", at=moment(clock, 60))
    assert told["tenant"] == "red" and planned(red) == planned(ops) == [told] and planned(blue) == []
    assert blue.call("DELETE", f"/purges/schedule/{told['id']}").status == 404
    clock.advance(61)
    done(larder, 1, "tenant")
    assert [larder.get("/a", fields=as_tenant(who)).hit for who in ("red", "blue")] == [False, True]
