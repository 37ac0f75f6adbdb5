"""POST /purges while what it is about is being fetched: the body fetched before is never served as fresh afterwards."""

import threading

import pytest

from harness.admin import Admin
from harness.metrics import equals
from harness.origin import Reply
from harness.table import table
from harness.tenants import as_tenant, tenants

FRESH = {"Cache-Control": "max-age=600", "Surrogate-Key": "k"}
ROUTES = [{"path": "/", "upstream": "origin"}, {"path": "/r", "upstream": "origin", "upstream_path": "/r"}]
EVERYBODY = [None, "red"]


def settings(who):
    return {"admin": {"listen": ["127.0.0.1:0"]}, "routes": ROUTES, **({"tenants": tenants()} if who else {})}


# key: that of what was stored under it before, and is gone
SCOPES = [
    ("url", {"scope": "url", "value": "/r/a"}), ("key", {"scope": "key"}), ("prefix", {"scope": "prefix", "value": "/r/"}),
    ("glob", {"scope": "glob", "value": "/*/?"}), ("tag", {"scope": "tag", "value": "k"}),
    ("route", {"scope": "route", "value": "/r"}), ("older", {"scope": "older_than", "value": "0"}),
    ("older-of-a-route", {"scope": "older_than", "value": "0", "route": "/r"}), ("all", {"scope": "all"}),
]
OF_TENANT = [(f"tenants-{name}", {**order, "tenant": "red"}) for name, order in SCOPES] + [
    ("tenant", {"scope": "tenant", "value": "red"})]


class Field:
    """A larder, whose it is asked as, and purges of the order."""

    def __init__(self, larder, origin, order, who):
        self.larder, self.admin, self.fields = larder, Admin(larder), as_tenant(who)
        self.order = order
        if order["scope"] == "key":
            origin.reply("/r/a", b"first", fields=FRESH)
            self.get()
            key = self.admin.get("/entries").json["items"][0]["key"]
            self.order = {**order, "value": key}
            self.purge()
        self.before = origin.count()

    def purge(self, **more):
        answer = self.admin.post("/purges", {**self.order, **more})
        assert answer.status == 200, answer

    def get(self):
        return self.larder.get("/r/a", fields=self.fields)


def whose(order):
    return "red" if "red" in (order.get("tenant"), order.get("value")) else None


@table("order", SCOPES + OF_TENANT)
@pytest.mark.parametrize("mode", ["hard", "soft"])
@pytest.mark.parametrize("held", ["before-the-head", "in-mid-body"])
def test_during_a_fetch(start, origin, clock, order, mode, held):
    """It goes to who asked before; it is not fresh afterwards, and who asks afterwards doesn't join it."""
    field = Field(start(settings(whose(order))), origin, order, whose(order))
    gate = threading.Event()
    old = Reply(b"old", hold=gate, fields=FRESH) if held == "before-the-head" else Reply(
        pieces=[b"ol" * 500, gate, b"d"], fields=FRESH)
    origin.replies("/r/a", old, Reply(b"new", fields=FRESH))
    with field.larder.client() as reader:
        reader.ask("/r/a", fields=field.fields)
        origin.wait_for(field.before + 1, "/r/a")
        if held == "in-mid-body":
            reader.body_to(100)
        clock.advance(1)
        field.purge(mode=mode)
        with field.larder.client() as late:
            late.ask("/r/a", fields=field.fields)
            if held == "in-mid-body" or order["scope"] != "tag":
                assert late.response().body == b"new"  # not held: a fetch of its own
            else:  # nobody knows yet that what is on its way has the tag
                field.larder.wait_metric("collapse_waiters", equals(2))
            gate.set()
            assert reader.response().complete
            if late.reader is not None:
                assert late.response().body == b"new"
    assert field.get().body == b"new"
    assert field.get().hit


@table("order", SCOPES + OF_TENANT + [("stale", {"scope": "stale"}), ("stale-of-a-route", {"scope": "stale", "route": "/r"}),
    ("tenants-stale", {"scope": "stale", "tenant": "red"})])
def test_a_304_brings_nothing_back(start, origin, clock, order):
    """Hard, while what is stored is being validated: the next request gets it anew."""
    field = Field(start(settings(whose(order))), origin, order, whose(order))
    gate = threading.Event()
    tagged = {"Cache-Control": "max-age=10", "ETag": '"1"', "Surrogate-Key": "k"}
    origin.reply("/r/a", b"old", fields=tagged)
    field.get()
    clock.advance(20)
    origin.reply("/r/a", b"old", fields=tagged, hold=gate,
        not_modified={"Cache-Control": "max-age=10", "Surrogate-Key": "another", "ETag": '"1"'})
    with field.larder.client() as reader:
        reader.ask("/r/a", fields=field.fields)
        origin.wait_for(field.before + 2, "/r/a")
        field.purge()
        gate.set()
        assert reader.response().body == b"old"
    origin.reply("/r/a", b"new", fields=tagged)
    again = field.get()
    assert again.body == b"new" and not again.hit
    assert not origin.last("/r/a").field("If-None-Match")


@pytest.mark.parametrize("scope", ["all", "route", "tenant"])
def test_a_namespace_is_left_during_a_fetch(start, origin, scope):
    who = "red" if scope == "tenant" else None
    field = Field(start(settings(who)), origin, {"scope": scope}, who)
    gate = threading.Event()
    origin.replies("/r/a", Reply(b"old", hold=gate, fields=FRESH), Reply(b"new", fields=FRESH))
    with field.larder.client() as reader:
        reader.ask("/r/a", fields=field.fields)
        origin.wait_for(1, "/r/a")
        name = {"all": {}, "route": {"name": "/r"}, "tenant": {"name": "red"}}[scope]
        assert field.admin.post("/namespaces", {"scope": scope, **name}).status == 200
        gate.set()
        assert reader.response().body == b"old"
    assert field.get().body == b"new" and field.get().hit


def test_what_is_of_others_goes_on(start, origin):
    """A purge in a tenant's name stops nobody else's fetch."""
    larder = start(settings("red"))
    gate = threading.Event()
    origin.reply("/r/a", b"blue", hold=gate, fields=FRESH)
    with larder.client() as reader:
        reader.ask("/r/a", fields=as_tenant("blue"))
        origin.wait_for(1, "/r/a")
        for order in ({"scope": "prefix", "value": "/"}, {"scope": "glob", "value": "/*"}, {"scope": "all"},
                {"scope": "older_than", "value": "0"}, {"scope": "tag", "value": "k"}, {"scope": "url", "value": "/r/a"}):
            assert Admin(larder).post("/purges", {**order, "tenant": "red"}).status == 200
        gate.set()
        assert reader.response().body == b"blue"
    assert larder.get("/r/a", fields=as_tenant("blue")).hit
