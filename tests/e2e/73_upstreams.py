"""/upstreams, /flights and /why: how they are told, and what open, close and reset do."""

import hashlib
import threading

import pytest

from harness.admin import Admin
from harness.asking import Asking
from harness.origin import Reply
from harness.wait import until

ON = {"admin": {"listen": ["127.0.0.1:0"]}}
FRESH = {"Cache-Control": "max-age=60"}


def on(**upstream):
    return {**ON, "upstreams": {"origin": upstream}}


def state(admin):
    (item,) = admin.get("/upstreams").json["items"]
    return item


def order(admin, word):
    answer = admin.post(f"/upstreams/origin/{word}")
    assert answer.status == 200, answer
    assert answer.json["name"] == "origin"
    return answer.json


def test_an_upstream_at_rest(start, origin):
    admin = Admin(start(on(rate="100/s", burst=5, concurrency=7)))
    found = state(admin)
    assert found["breaker"] == "closed" and not found["held"] and found["breaker_left_ms"] == 0
    assert found["origins"] == [{"url": origin.url, "up": True, "check_failed": False, "in_flight": 0}]
    assert found["waiting"] == {"client": 0, "revalidation": 0, "prefetch": 0}
    assert found["rate"] == {"count": 100, "period_ms": 1000} and found["tokens"] == 5
    assert found["concurrency"] == 7 and not found["learned"] and found["url"] == origin.url


def test_bounds_that_are_none(start, origin):
    found = state(Admin(start(ON)))
    assert found["rate"] is None and found["tokens"] is None and found["concurrency"] is None


def test_opened_nothing_is_asked_until_it_is_closed(start, origin):
    larder = start(ON)
    admin = Admin(larder)
    origin.reply("/a", b"a", fields=FRESH)
    larder.get("/a")
    for _ in range(2):  # twice is as once
        found = order(admin, "open")
        assert found["breaker"] == "open" and found["held"] and found["breaker_left_ms"] is None
    refused = larder.get("/b")
    assert refused.status == 503 and "Retry-After" in dict(refused.fields)
    assert larder.get("/a").body == b"a"
    assert origin.count() == 1
    order(admin, "close")
    assert larder.get("/b").status == 404 and origin.count() == 2
    larder.wait_event("breaker-held", 2)
    assert len(larder.wait_event("breaker-closed")) == 1


def test_it_stays_open_beyond_its_time(start, origin):
    larder = start(on(breaker={"consecutive": 1, "open": "10ms"}))
    admin = Admin(larder)
    order(admin, "open")
    for _ in range(50):
        assert larder.get("/b").status == 503
    assert origin.count() == 0 and state(admin)["breaker"] == "open"


def test_what_is_stale_stands_in(start, origin, clock):
    origin.reply("/a", b"old", fields={"Cache-Control": "max-age=1, stale-if-error=600"})
    larder = start(ON)
    larder.get("/a")
    clock.advance(10)
    order(Admin(larder), "open")
    response = larder.get("/a")
    assert response.status == 200 and response.body == b"old" and origin.count() == 1


def test_who_waits_is_answered_when_it_is_opened(start, origin):
    gate = threading.Event()
    origin.reply("/slow", pieces=[b"first", gate, b"last"], length=9)
    larder = start(on(concurrency=1))
    admin = Admin(larder)
    first = Asking(larder, "/slow")
    until(lambda: state(admin)["in_flight"] == 1, "the first is under way")
    others = [Asking(larder, f"/{n}") for n in range(5)]
    until(lambda: state(admin)["waiting"]["client"] == 5, "the others wait")
    found = order(admin, "open")
    assert found["waiting"]["client"] == 0
    assert [one.wait().status for one in others] == [503] * 5
    gate.set()
    assert first.wait().body == b"firstlast"  # what is under way goes on
    assert origin.count() == 1


def test_who_waits_goes_when_it_is_reset(start, origin):
    """What the origin told, one a minute and none within the hour, is forgotten, and who waits goes at once."""
    origin.replies("/a", Reply(b"a", fields={
        "RateLimit-Policy": '"x";q=1;w=60', "RateLimit": '"x";r=0;t=3000', **FRESH}))
    larder = start(on(learn_rate=True, queue={"timeout": "10m"}))
    admin = Admin(larder)
    larder.get("/a")
    assert state(admin)["learned"] and state(admin)["rate"]["count"] == 1
    waits = Asking(larder, "/b")
    until(lambda: state(admin)["waiting"]["client"] == 1, "it waits")
    found = order(admin, "reset")
    assert not found["learned"] and found["rate"] is None
    assert waits.wait().status == 404
    larder.wait_event("upstream-reset")


def test_closed_it_counts_from_none(start, origin):
    origin.reply("/bad", b"no", status=500)
    larder = start(on(breaker={"consecutive": 3, "open": "10m"}))
    admin = Admin(larder)
    for _ in range(3):
        larder.get("/bad")
    assert state(admin)["breaker"] == "open" and not state(admin)["held"]
    found = order(admin, "close")
    assert found["breaker"] == "closed" and found["failed"] == 0
    larder.get("/bad")
    larder.get("/bad")
    assert state(admin)["breaker"] == "closed"
    larder.get("/bad")
    assert state(admin)["breaker"] == "open"


@pytest.mark.parametrize("path,status", [
    ("/upstreams/nobody/open", 404), ("/upstreams/%00/open", 400), ("/upstreams/origin/shut", 404),
    ("/upstreams/origin", 404)])
def test_what_is_refused(start, path, status):
    assert Admin(start(ON)).post(path).status == status


# -- flights ----------------------------------------------------------------------------------------------


def test_flights(start, origin):
    gates = [threading.Event(), threading.Event()]
    origin.reply("/early", b"x", hold=gates[0])
    origin.reply("/late", pieces=[b"half", gates[1], b"half"], length=8, fields=FRESH)
    larder = start(ON)
    admin = Admin(larder)
    assert admin.get("/flights").json == {"items": []}
    asked = [Asking(larder, "/early?token=open-sesame")]
    until(lambda: len(admin.get("/flights").json["items"]) == 1, "the first is under way")
    asked += [Asking(larder, "/late") for _ in range(3)]

    def settled():
        found = admin.get("/flights").json["items"]
        return len(found) == 2 and found[1]["bytes"] == 4 and found[1]["readers"] == 3 and found
    early, late = until(settled, "the second streams")
    assert early["target"] == "/early?token=***" and early["state"] == "asked" and early["route"] == "/"
    assert late["target"] == "/late" and late["state"] == "streaming" and early["age_ms"] >= late["age_ms"]
    assert [one["target"] for one in admin.get("/flights?limit=1").json["items"]] == ["/early?token=***"]
    for gate in gates:
        gate.set()
    assert [one.wait().status for one in asked] == [200] * 4
    until(lambda: admin.get("/flights").json == {"items": []}, "all have landed")


@pytest.mark.parametrize("limit", ["0", "1001", "x", ""])
def test_flights_that_are_refused(start, limit):
    assert Admin(start(ON)).get(f"/flights?limit={limit}").status == 400


# -- why ------------------------------------------------------------------------------------------------


def test_why(start, origin):
    origin.reply("/a", script=lambda seen: Reply(b"a", fields={**FRESH, "Vary": "Accept"}))
    larder = start(ON)
    admin = Admin(larder)
    assert admin.get("/why?url=/a").json["would"]["outcome"] == "miss"
    larder.get("/a", fields={"Accept": "text/a"})
    assert admin.get("/why?url=/a&accept=text/a").json["would"]["outcome"] == "hit"
    told = admin.get("/why?url=http://example.com/a&accept=text/b").json
    assert told["would"]["outcome"] == "miss" and told["text"]
    order(admin, "open")
    assert admin.get("/why?url=/b").json["upstream"]["breaker"] == "open"
    assert b"sesame" not in admin.get("/why?url=/a%3Fapi_key=open-sesame").body
    assert origin.count() == 1


@pytest.mark.parametrize("query", ["", "?url=", "?url=a", "?url=/a%20b", "?x=1"])
def test_why_that_is_refused(start, query):
    assert Admin(start(ON)).get(f"/why{query}").status == 400


# -- who may --------------------------------------------------------------------------------------------

TOKENS = {"all": "a" * 40, "own": "b" * 40, "look": "c" * 40}


@pytest.fixture
def guarded(start):
    digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in TOKENS.items()}
    return start({"tenancy": {"field": "X-Api-Key"}, "tenants": {"acme": {"keys": [digests["own"]]}},
        "admin": {"listen": ["127.0.0.1:0"], "tokens": [
            {"name": "all", "role": "operator", "sha256": digests["all"]},
            {"name": "own", "role": "operator", "sha256": digests["own"], "tenant": "acme"},
            {"name": "look", "role": "viewer", "sha256": digests["look"]}]}})


@pytest.mark.parametrize("name,method,path,status", [
    ("own", "GET", "/upstreams", 403), ("own", "POST", "/upstreams/origin/open", 403),
    ("own", "GET", "/why?url=/a", 403), ("own", "GET", "/flights", 200), ("own", "GET", "/entries", 200),
    ("own", "GET", "/entries?tenant=other", 403), ("own", "GET", "/entries?tenant=acme", 200),
    ("look", "GET", "/upstreams", 200), ("look", "POST", "/upstreams/origin/open", 403),
    ("all", "POST", "/upstreams/origin/open", 200)])
def test_who_may(guarded, name, method, path, status):
    assert Admin(guarded, TOKENS[name]).call(method, path).status == status


def test_why_for_a_tenant(guarded, origin):
    origin.reply("/a", b"a", fields=FRESH)
    guarded.get("/a", fields={"X-Api-Key": TOKENS["own"]})
    admin = Admin(guarded, TOKENS["look"])
    assert admin.get("/why?url=/a").json["would"]["outcome"] == "miss"
    assert admin.get("/why?url=/a&tenant=acme").json["would"]["outcome"] == "hit"
    assert admin.get("/why?url=/a&tenant=none").status == 400


def test_a_tenant_sees_its_own(guarded, origin):
    origin.reply("/a", b"a", fields=FRESH)
    guarded.get("/a", fields={"X-Api-Key": TOKENS["own"]})
    own, all_of_it = Admin(guarded, TOKENS["own"]), Admin(guarded, TOKENS["look"])
    (item,) = own.get("/entries").json["items"]
    assert item["tenant"] == "acme" and item["state"] == "fresh"
    assert own.get(f"/entries/{item['id']}").status == 200
    assert own.get(f"/entries/{item['id']}/body").body == b"a"
    assert all_of_it.get("/entries?tenant=acme").json["items"][0]["id"] == item["id"]
    guarded.get("/b")
    guarded.wait_idle()
    assert len(all_of_it.get("/top?by=misses").json["items"]) == 2
    assert [one["target"] for one in own.get("/top?by=misses").json["items"]] == ["/a"]


def test_a_tenant_sees_nobody_elses(guarded, origin):
    origin.reply("/a", b"a", fields=FRESH)
    guarded.get("/a")
    (item,) = Admin(guarded, TOKENS["look"]).get("/entries").json["items"]
    assert item["tenant"] == ""
    assert Admin(guarded, TOKENS["own"]).get("/entries").json["items"] == []
    assert Admin(guarded, TOKENS["own"]).get(f"/entries/{item['id']}").status == 404
    assert Admin(guarded, TOKENS["own"]).get(f"/entries/{item['id']}/body").status == 404
