"""POST /purges in a tenant's name: what is nobody else's is reached, and nothing else, whoever asks."""

import pytest

from harness.admin import Admin
from harness.metrics import at_least
from harness.purging import ALL, HARD_ONLY, SCOPES, SOME, STALE, disk, purge, settings, stored
from harness.table import table
from harness.tenants import as_tenant, digest, tenants

TOKENS = {"red": "token of red's operator", "ops": "token of all"}


def of_tenants(**more):
    tokens = [{"name": name, "role": "operator", "sha256": digest(token), **({} if name == "ops" else {"tenant": name})}
        for name, token in TOKENS.items()]
    return {**settings(**more), "tenants": tenants(), "admin": {"listen": ["127.0.0.1:0"], "tokens": tokens}}


WHO = ["red", "blue", None]
# orders of red's token; which of ALL they reach of red's
OF_RED = [(name, order, reached) for name, order, reached in SCOPES + HARD_ONLY] + [
    ("tenant", {"scope": "tenant"}, [0, 1, 2, 3, 4, 5]), ("tenant-by-name", {"scope": "tenant", "value": "red"}, [0, 1, 2, 3, 4, 5])]


@table("order, reached", OF_RED)
@pytest.mark.parametrize("by", ["red", "ops"])
@pytest.mark.parametrize("cold", [False, True])
def test_in_a_tenants_name(start, origin, tmp_path, clock, order, reached, by, cold):
    """By a tenant's own token, or by an operator's for it: nobody else's are touched, in either tier."""
    larder = start(of_tenants(**disk(tmp_path)))
    for who in WHO:
        stored(larder, origin, as_tenant(who))
    larder.wait_metric("cache_entries", at_least(3 * len(ALL)), tier="disk")
    clock.advance(STALE if order["scope"] == "stale" else SOME)
    if cold:
        larder.kill()
        larder = start(of_tenants(**disk(tmp_path)))
        larder.wait_metric("cache_entries", at_least(3 * len(ALL)), tier="disk")
    order = order if by == "red" else {**order, "tenant": "red"}
    told = purge(Admin(larder, token=TOKENS[by]), **order)
    assert told["entries"] == {"memory": 0 if cold else len(reached), "disk": len(reached)}
    for who in WHO:
        missed = [i for i, target in enumerate(ALL) if not larder.get(target, fields=as_tenant(who)).hit]
        stale = [5] if order["scope"] == "stale" else []
        assert missed == (sorted({*reached, *stale}) if who == "red" else stale), who


def test_by_key_of_a_tenant(start, origin):
    larder = start(of_tenants())
    red, ops = (Admin(larder, token=TOKENS[name]) for name in ("red", "ops"))
    for who in WHO:
        stored(larder, origin, as_tenant(who))
    keys = {item.get("tenant"): item["key"] for item in ops.get("/entries?limit=1000").json["items"]
        if item["target"] == "/b"}
    assert red.post("/purges", {"scope": "key", "value": keys["blue"]}).status == 403
    assert larder.get("/b", fields=as_tenant("blue")).hit
    assert purge(red, "key", keys["red"])["entries"]["memory"] == 1
    assert [larder.get("/b", fields=as_tenant(who)).hit for who in WHO] == [False, True, True]


@table("order, status", [
    ("another", {"scope": "tenant", "value": "blue"}, 403), ("in-anothers-name", {"scope": "all", "tenant": "blue"}, 403),
    ("in-its-own", {"scope": "all", "tenant": "red"}, 200)])
def test_what_a_tenant_may(start, origin, order, status):
    larder = start(of_tenants())
    stored(larder, origin, as_tenant("blue"))
    assert Admin(larder, token=TOKENS["red"]).post("/purges", order).status == status
    assert larder.get("/b", fields=as_tenant("blue")).hit


def test_an_operator_reaches_all(start, origin):
    larder = start(of_tenants())
    for who in WHO:
        stored(larder, origin, as_tenant(who))
    assert purge(Admin(larder, token=TOKENS["ops"]), "url", "/b")["entries"]["memory"] == 3
    assert not any(larder.get("/b", fields=as_tenant(who)).hit for who in WHO)
    assert all(larder.get("/r/a", fields=as_tenant(who)).hit for who in WHO)


def test_a_tenant_sees_its_own_triggers(start, origin):
    larder = start(of_tenants())
    red, ops = (Admin(larder, token=TOKENS[name]) for name in ("red", "ops"))
    purge(ops, "all")
    purge(red, "all")
    assert [item["scope"] for item in red.get("/purges").json["items"]] == ["tenant"]
    assert len(ops.get("/purges").json["items"]) == 2


# ---- shares ---------------------------------------------------------------------------------------------------


def with_operators(start, *names):
    """An operator's token for each: of the tenant of its name, but for those of all."""
    tokens = [{"name": name, "role": "operator", "sha256": digest(name), **({} if name.startswith("ops") else {"tenant": name})}
        for name in names]
    larder = start({**settings(), "tenants": tenants(), "admin": {"listen": ["127.0.0.1:0"], "tokens": tokens}})
    return [Admin(larder, token=name) for name in names]


def planned_of(admin, count):
    """How many of so many found a place."""
    orders = [{"scope": "tag", "value": f"t{number}", "every": "366d"} for number in range(count)]
    items = admin.post("/purges", orders).json["items"]
    assert {item["status"] for item in items if "status" in item} <= {422}
    return sum("next_at" in item for item in items)


@table("first,many,found,then,left", [
    ("a tenant and an operator", "red", 200, 100, "ops", 1000), ("two tenants", "red", 200, 100, "blue", 100),
    ("an operator and a tenant", "ops", 1001, 1000, "red", 100)])
def test_plans_leave_others_a_place(start, first, many, found, then, left):
    one, other = with_operators(start, first, then)
    assert planned_of(one, many) == found
    assert planned_of(other, left + 1) == left
    plan = one.get("/purges/schedule").json["items"][0]
    assert one.call("DELETE", f"/purges/schedule/{plan['id']}").status == 200
    assert planned_of(one, 2) == 1


@table("who,floods", [("an operator's", "ops", ["red"]), ("a tenant's", "red", ["blue"]), ("a tenant's, by an operator", "red", ["ops"]),
    ("a tenant's, by both", "red", ["ops", "blue", "ops"])])
def test_purges_push_out_nobody_elses(start, who, floods):
    flooding = sorted(set(floods))
    mine, *others = with_operators(start, who, *flooding)
    mine.post("/purges", {"scope": "tag", "value": "mine"})
    for name in floods:
        admin = others[flooding.index(name)]
        admin.post("/purges", [{"scope": "tag", "value": f"of {name} {number}"} for number in range(1100)])
        newest = admin.get("/purges").json["items"][0]
        assert newest["value"] == f"of {name} 1099"
    items = mine.get("/purges").json["items"]
    assert items[-1]["value"] == "mine" and len(items) == (1000 if who == "ops" else 1)
    shown = [items for admin in (mine, *others) if (items := admin.get("/purges").json["items"])]
    ids = {int(item["id"]) for items in shown for item in items}
    assert all([int(i["id"]) for i in items] == sorted((int(i["id"]) for i in items), reverse=True) for items in shown)
    assert len(ids) == 1000


def test_the_most_is_kept_of_who_has_least(start):
    """Of a thousand places the last of three has what it asks for; the two others share what is left."""
    red, blue, ops = with_operators(start, "red", "blue", "ops")
    for admin, count in ((red, 900), (blue, 900), (ops, 100)):
        admin.post("/purges", [{"scope": "tag", "value": str(number)} for number in range(count)])
    shown = ops.get("/purges").json["items"]
    counts = [sum(item.get("tenant", "") == name for item in shown) for name in ("red", "blue", "")]
    assert counts == [450, 450, 100]
