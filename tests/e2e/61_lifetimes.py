"""Lifetimes that larder gives: classes, routes, upstreams, force, Vary lists, and what adapts."""

import threading

import pytest

from harness.asking import ask_all, wait_all
from harness.table import table

# What this file is about is switched on here; others are switched off.
QUIET = {"jitter": "0%", "etags": False, "errors": "off"}
OPERATOR = {"server": {"trusted_proxies": ["127.0.0.1"]}}
DAY = 86_400


def one(route=None, cache=None, upstream=None):
    """Changes that make one route of all."""
    return {**OPERATOR, "cache": {**QUIET, **(cache or {})},
        "upstreams": {"origin": upstream or {}},
        "routes": [{"path": "/", "upstream": "origin", **(route or {})}]}


def lasts(larder, path="/a", **how):
    """Asks twice: the second is a hit; its ttl and what gave it."""
    larder.get(path, **how)
    hit = larder.get(path, **how)
    assert hit.hit, hit
    return hit.cache["ttl"], hit.cache["detail"]


def near(ttl, seconds):
    """But for what passed since it was stored; of twice or half as much it is told apart."""
    return seconds - seconds // 4 - 3 <= ttl <= seconds


# -- who gives it ------------------------------------------------------------------------------------

@table("route, upstream, seconds, source", [
    ("search", {"class": "search"}, {}, 300, "class"),
    ("record", {"class": "record"}, {}, DAY, "class"),
    ("fulltext", {"class": "fulltext"}, {}, 30 * DAY, "class"),
    ("own-class", {"class": "slow"}, {}, 7200, "class"),
    ("route", {"class": "search", "ttl": "90s"}, {}, 90, "route"),
    ("policy", {}, {"ttl_policy": "regular"}, 7 * DAY, "policy"),
    ("class-before-policy", {"class": "search"}, {"ttl_policy": "archival"}, 300, "class")])
def test_who_gives_a_lifetime(start, origin, route, upstream, seconds, source):
    larder = start(one(route, {"classes": {"slow": "2h"}}, upstream))
    origin.reply("/a", b"x")
    ttl, detail = lasts(larder)
    assert near(ttl, seconds) and detail == source
    assert origin.count() == 1


def test_a_lifetime_that_is_given_ends(start, origin, clock):
    """Per class, in the memory tier: each expires when it should, and not before."""
    larder = start({**one(), "routes": [
        {"path": "/s", "upstream": "origin", "upstream_path": "/s", "class": "search"},
        {"path": "/r", "upstream": "origin", "upstream_path": "/r", "class": "record"}]})
    for path in ("/s", "/r"):
        origin.reply(path, b"x")
        larder.get(path)
    clock.advance(290)
    assert larder.get("/s").hit and larder.get("/r").hit
    clock.advance(20)
    assert not larder.get("/s").hit and larder.get("/r").hit
    clock.advance(DAY - 300)
    assert not larder.get("/r").hit


@table("fields, seconds, source", [
    ("max-age", {"Cache-Control": "max-age=70"}, 70, "explicit"),
    ("longer", {"Cache-Control": "max-age=9999"}, 9999, "explicit")])
def test_the_origin_stands_first(start, origin, fields, seconds, source):
    larder = start(one({"class": "search"}))
    origin.reply("/a", b"x", fields=fields)
    ttl, detail = lasts(larder)
    assert near(ttl, seconds) and detail == source


def test_a_skewed_origin_gets_its_lifetime_all_the_same(start, origin):
    """It counts from when it came: an Age, or a Date that is wrong, doesn't make a rule void."""
    larder = start(one({"class": "search"}))
    origin.reply("/a", b"x", date=False, fields={"Date": "Sun, 06 Nov 1994 08:49:37 GMT"})
    ttl, _ = lasts(larder)
    assert near(ttl, 300)


@pytest.mark.parametrize("status", [201, 202, 302, 303, 307, 401, 403, 500])
def test_what_a_class_is_not_for(start, origin, status):
    larder = start(one({"class": "search"}))
    origin.reply("/a", b"x", status=status)
    larder.get("/a")
    assert not larder.get("/a").hit


def test_a_form_lasts_as_its_class_says(start, origin):
    larder = start(one({"class": "search", "cache_post": True}))
    origin.reply("/a", b"x")
    ttl, _ = lasts(larder, method="POST", body=b"query=a",
        fields={"Content-Type": "application/x-www-form-urlencoded"})
    assert near(ttl, 300)
    assert origin.count() == 1


def test_a_range_is_drawn_from(start, origin):
    larder = start(one({"ttl": "100s-200s"}))
    found = set()
    for i in range(40):
        origin.reply(f"/{i}", b"x")
        ttl, detail = lasts(larder, f"/{i}")
        assert 70 <= ttl <= 200 and detail == "route"
        found.add(ttl)
    assert len(found) > 10 and max(found) - min(found) > 40


def test_jitter_shortens_what_larder_gives(start, origin):
    larder = start(one({"class": "record"}, {"jitter": "10%"}))
    found = set()
    for i in range(40):
        origin.reply(f"/{i}", b"x")
        ttl, _ = lasts(larder, f"/{i}")
        assert DAY * 0.9 - 60 <= ttl <= DAY
        found.add(ttl)
    assert len(found) > 20 and max(found) - min(found) > DAY * 0.04
    origin.reply("/said", b"x", fields={"Cache-Control": "max-age=86400"})
    assert near(lasts(larder, "/said")[0], DAY)


# -- force -------------------------------------------------------------------------------------------

PRIVATE = {"Cache-Control": "private, no-store, max-age=0", "Set-Cookie": "a=b"}


def test_forced_in_spite_of_the_origin(start, origin):
    larder = start(one({"class": "search", "force": True, "set_cookie": "strip"}))
    assert larder.wait_event("route-forced")[0]["level"] == "warn"
    origin.reply("/a", b"x", fields={**PRIVATE, "Vary": "*"})
    ttl, detail = lasts(larder)
    assert near(ttl, 300) and detail == "forced"
    assert larder.get("/a").field("Set-Cookie") is None


def test_never_forced_for_who_asks_for_himself(start, origin):
    """Neither is the answer kept, nor is one that is kept for others given to them."""
    larder = start(one({"class": "search", "force": True, "set_cookie": "strip"}))
    fields = {"Authorization": "Basic YTpi"}
    origin.reply("/a", b"mine", fields={**PRIVATE, "Vary": "*"})
    for _ in range(2):
        assert larder.get("/a", fields=fields).body == b"mine"
    assert origin.count() == 2
    origin.reply("/a", b"all", fields={"Cache-Control": "private, must-revalidate"})
    assert larder.get("/a").body == b"all"
    assert larder.get("/a").hit
    origin.reply("/a", b"mine", fields=PRIVATE)
    assert larder.get("/a", fields=fields).body == b"mine"


def test_never_forced_where_the_request_forbids(start, origin):
    larder = start(one({"class": "search", "force": True, "set_cookie": "strip"}))
    origin.reply("/a", b"x", fields=PRIVATE)
    for _ in range(2):
        larder.get("/a", fields={"Cache-Control": "no-store"})
    assert origin.count() == 2


def test_without_force_private_stays_private(start, origin):
    larder = start(one({"class": "search", "set_cookie": "strip"}))
    origin.reply("/a", b"x", fields=PRIVATE)
    larder.get("/a")
    assert not larder.get("/a").hit
    assert not larder.events or "route-forced" not in [e.get("event") for e in larder.events]


# -- stale windows of a route ------------------------------------------------------------------------

def test_a_route_has_its_own_grace(start, origin, clock):
    larder = start({**one(), "routes": [
        {"path": "/s", "upstream": "origin", "upstream_path": "/s", "ttl": "10s", "grace": "60s"},
        {"path": "/n", "upstream": "origin", "upstream_path": "/n", "ttl": "10s", "grace": "0s"},
        {"path": "/d", "upstream": "origin", "upstream_path": "/d", "ttl": "10s"}]})
    for path in ("/s", "/n", "/d"):
        origin.reply(path, b"old")
        larder.get(path)
        origin.reply(path, b"no", status=500)
    clock.advance(30)
    assert larder.get("/s").body == b"old" and larder.get("/d").body == b"old"
    assert larder.get("/n").status == 500
    clock.advance(60)
    assert larder.get("/s").status == 500 and larder.get("/d").body == b"old"


@table("fields, served", [
    ("silent", {}, True), ("0", {"Cache-Control": "stale-while-revalidate=0"}, False),
    ("forbidden", {"Cache-Control": "must-revalidate"}, False)])
def test_a_route_has_its_own_stale_while_revalidate(start, origin, clock, fields, served):
    larder = start(one({"ttl": "10s", "stale_while_revalidate": "60s"}))
    origin.reply("/a", b"old", fields=fields)
    larder.get("/a")
    clock.advance(30)
    origin.reply("/a", b"new")
    assert larder.get("/a").body == (b"old" if served else b"new")


# -- Vary --------------------------------------------------------------------------------------------

def test_a_vary_list(start, origin):
    """UniProt's: what isn't in the list doesn't select; what is does."""
    larder = start(one({"class": "search", "vary": ["Accept"]}))
    origin.reply("/a", b"x", fields={"Vary": "Accept, User-Agent, Cookie, X-Release"})
    larder.get("/a", fields={"User-Agent": "a", "Accept": "text/html", "Cookie": "a=b"})
    hit = larder.get("/a", fields={"User-Agent": "b", "Accept": "text/html"})
    assert hit.hit and "User-Agent" in hit.field("Vary")
    assert larder.get("/a", fields={"User-Agent": "b", "Accept": "text/xml"}).cache["fwd"] == "vary-miss"
    assert larder.get("/a", fields={"User-Agent": "c", "Accept": "text/xml"}).hit
    assert origin.count() == 2


def test_a_vary_list_is_no_leave_for_any(start, origin):
    larder = start(one({"class": "search", "vary": ["Accept"]}))
    origin.reply("/a", b"x", fields={"Vary": "*"})
    larder.get("/a")
    assert not larder.get("/a").hit


# -- adaptive ----------------------------------------------------------------------------------------

ADAPTIVE = {"ttl": "100s", "adaptive": {"enabled": True, "min": "20s", "max": "1000s"}}


def refreshed(larder, clock, ttl):
    """Once it is stale: the next ttl."""
    clock.advance(ttl + 2)
    larder.get("/a")
    return larder.get("/a").cache["ttl"]


@pytest.mark.parametrize("etags", [True, False])
def test_a_lifetime_grows_while_nothing_changes_and_shrinks_when_something_does(
        start, origin, clock, etags):
    larder = start(one(ADAPTIVE, {"etags": etags}))
    origin.reply("/a", b"0")
    ttl, detail = lasts(larder)
    assert near(ttl, 100) and detail == "adaptive"
    for wanted in (150, 225, 337, 506, 759, 1000, 1000):
        ttl = refreshed(larder, clock, ttl)
        assert near(ttl, wanted), (ttl, wanted)
    for number, wanted in enumerate((500, 250, 125, 62, 31, 20, 20)):
        origin.reply("/a", b"%d" % (number + 1))
        ttl = refreshed(larder, clock, ttl)
        assert near(ttl, wanted), (ttl, wanted)


def test_a_304_is_no_change(start, origin, clock):
    larder = start(one(ADAPTIVE))
    origin.reply("/a", b"x", fields={"ETag": '"v"'})
    ttl, _ = lasts(larder)
    assert near(refreshed(larder, clock, ttl), 150)


def test_a_reload_teaches_little(start, origin, clock):
    """It found no change before the time was over: that is no reason to wait longer."""
    larder = start(one(ADAPTIVE))
    origin.reply("/a", b"x")
    lasts(larder)
    larder.get("/a", fields={"Cache-Control": "no-cache"})
    assert near(larder.get("/a").cache["ttl"], 100)


def test_others_of_the_route_begin_with_what_was_learnt(start, origin, clock):
    larder = start(one(ADAPTIVE))
    origin.reply("/a", b"x")
    ttl, _ = lasts(larder)
    for _ in range(3):
        ttl = refreshed(larder, clock, ttl)
    origin.reply("/b", b"x")
    assert lasts(larder, "/b")[0] > 150


def test_what_the_origin_says_does_not_adapt(start, origin, clock):
    larder = start(one(ADAPTIVE))
    origin.reply("/a", b"x", fields={"Cache-Control": "max-age=50"})
    ttl, detail = lasts(larder)
    assert near(refreshed(larder, clock, ttl), 50) and detail == "explicit"


# -- fields of one response --------------------------------------------------------------------------

RATES = {"X-RateLimit-Remaining": "5", "RateLimit": '"a";r=5', "X-Rate-Limit-Limit": "50",
    "X-RateLimit-Remaining-Search": "7", "X-Concurrency-Limit": "1", "CF-Ray": "8f-AMS",
    "X-Request-Id": "r1", "X-Correlation-Id": "c1", "Retry-After": "7"}


def test_rate_fields_are_never_replayed(start, origin):
    larder = start(one({"class": "search"}))
    origin.reply("/a", b"x", fields=RATES)
    first = larder.get("/a")
    assert {name: first.field(name) for name in RATES} == RATES
    hit = larder.get("/a")
    assert hit.hit and [name for name in RATES if hit.field(name)] == []


def test_who_shares_a_fetch_gets_none_of_its_rate_fields(start, origin):
    larder = start(one({"class": "search"}))
    gate = threading.Event()
    origin.reply("/a", b"x", hold=gate, fields=RATES)
    asking = ask_all(larder, ["/a"] * 3)
    larder.wait_metric("collapse_waiters", lambda count: count == 3)
    gate.set()
    answers = wait_all(asking)
    assert sum(1 for a in answers if a.field("X-RateLimit-Remaining")) == 1
    assert sum(1 for a in answers if a.field("X-RateLimit-Remaining-Search")) == 1
    assert origin.count() == 1
