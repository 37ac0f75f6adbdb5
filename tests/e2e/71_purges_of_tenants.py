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
