"""PURGE on the public listener: who may, what is meant, what is gone or stale, and what of it the origin sees."""

import threading
import time
from email.utils import formatdate

import pytest

from harness.metrics import equals
from harness.origin import Reply
from harness.purge import BEARER, SETTINGS, TOKEN, named, purge, soft
from harness.table import table
from harness.wait import until

FRESH = {"Cache-Control": "max-age=600"}
ROUTES = [{"path": "/", "upstream": "origin"}, {"path": "/r", "upstream": "origin",
    "upstream_path": "/r"}, {"path": "/p", "upstream": "origin", "upstream_path": "/p",
    "cache_post": True}]


@pytest.fixture
def larder(start):
    return start({"server": {"purge": SETTINGS}, "routes": ROUTES})


def stored(larder, origin, *targets, **fields):
    """These targets are in the store, each with its own name as body."""
    for target in targets:
        origin.reply(target, target.encode(), fields={**FRESH, **named(fields)})
        larder.get(target)
        assert larder.get(target).hit


def hits(larder, *targets):
    return [larder.get(target).hit for target in targets]


# -- who may ------------------------------------------------------------------------------------------------

def test_without_addresses_it_is_the_origins(start, origin):
    larder = start()
    origin.reply("/a", b"purged by the origin")
    assert larder.get("/a", method="PURGE", fields=BEARER).body == b"purged by the origin"
    assert origin.last("/a").method == "PURGE"


def test_from_elsewhere_it_is_forbidden_and_nothing_else_is_said(start, origin):
    larder = start({"server": {"purge": {**SETTINGS, "from": ["192.0.2.0/24"]}}})
    stored(larder, origin, "/a")
    answers = [larder.get("/a", method="PURGE", fields=fields) for fields in (BEARER, {},
        {"Authorization": "Bearer wrong"})]
    assert [a.status for a in answers] == [403] * 3
    assert len({a.body for a in answers}) == 1
    assert not answers[0].field("WWW-Authenticate")
    assert larder.get("/a").hit and origin.count() == 1
    larder.wait_metric("http_rejected_total", equals(3), reason="purge")


@table("fields, challenge", [
    ("none", {}, 'Bearer realm="larder"'), ("empty", {"Authorization": "Bearer"}, 'Bearer realm="larder"'),
    ("basic", {"Authorization": "Basic " + TOKEN}, 'Bearer realm="larder"'),
    ("wrong", {"Authorization": "Bearer wrong"}, 'Bearer realm="larder", error="invalid_token"'),
    ("longer", {"Authorization": f"Bearer {TOKEN}x"}, 'Bearer realm="larder", error="invalid_token"'),
    ("its-digest", {"Authorization": "Bearer " + SETTINGS["token_sha256"]},
        'Bearer realm="larder", error="invalid_token"')])
def test_without_the_token(larder, origin, fields, challenge):
    """RFC 6750 3"""
    stored(larder, origin, "/a")
    answer = larder.get("/a", method="PURGE", fields=fields)
    assert answer.status == 401 and answer.field("WWW-Authenticate") == challenge
    assert answer.field("Content-Type") == "application/problem+json"
    assert larder.get("/a").hit and origin.count() == 1


def test_who_speaks_for_somebody_else_speaks_with_his_rights(start, origin):
    larder = start({"server": {"purge": SETTINGS, "trusted_proxies": ["127.0.0.1"]}})
    stored(larder, origin, "/a")
    for client, status in (("192.0.2.1", 403), ("127.0.0.9", 200)):
        assert larder.get("/a", method="PURGE", fields={**BEARER,
            "X-Forwarded-For": client}).status == status


def test_a_unix_socket_is_guarded_by_its_file(start, origin, tmp_path):
    path = tmp_path / "s"
    larder = start({"server": {"purge": SETTINGS, "listen": ["127.0.0.1:0", f"unix:{path}"]}})
    stored(larder, origin, "/a")
    with larder.client(listener=1) as client:
        assert client.get("/a", method="PURGE").status == 401
        assert client.get("/a", method="PURGE", fields=BEARER).status == 200
    assert not larder.get("/a").hit


def test_the_token_may_be_written_in_capitals(start, origin):
    larder = start({"server": {"purge": {**SETTINGS,
        "token_sha256": SETTINGS["token_sha256"].upper()}}})
    stored(larder, origin, "/a")
    assert purge(larder, "/a")["entries"]["memory"] == 1
    assert larder.get("/a", method="PURGE",
        fields={"Authorization": f"bEARER {TOKEN}"}).status == 200


@table("target, fields", [
    ("scope", "/a", {"Purge-Scope": "everything"}), ("no-star", "/a", {"Purge-Scope": "prefix"}),
    ("no-tag", "/a", {"Purge-Scope": "tag"}), ("no-moment", "/a", {"Purge-Scope": "older-than"}),
    ("moment", "/a", {"Purge-Older-Than": "yesterday"}), ("negative", "/a", {"Purge-Older-Than": "-5"}),
    ("two-minds", "/a", {"Surrogate-Key": "a", "Purge-Scope": "all"}),
    ("tag-of-an-age", "/a", {"Purge-Older-Than": "5", "Purge-Scope": "url"}),
    ("half-a-letter", "/a%4*", {}), ("many-tags", "/a", {"Cache-Tag": ",".join(map(str, range(99)))})])
def test_what_makes_no_sense_is_refused(larder, origin, target, fields):
    stored(larder, origin, "/a", Surrogate_Key="a")
    assert larder.get(target, method="PURGE", fields={**BEARER, **fields}).status == 400
    assert larder.get("/a").hit


def test_where_there_is_no_route(start, origin):
    larder = start({"server": {"purge": SETTINGS}, "routes": [{"path": "/r", "upstream": "origin"}]})
    assert larder.get("/a", method="PURGE", fields=BEARER).status == 404
    assert larder.get("/a", method="PURGE", fields={**BEARER, "Purge-Scope": "route"}).status == 404
    assert purge(larder, "/", Purge_Scope="all")["scope"] == "all"
    assert purge(larder, "/*")["scope"] == "prefix"


# -- what is gone, or stale ---------------------------------------------------------------------------------

ALL = ["/a", "/a?x=1", "/a/b", "/ab", "/r/a", "/r/b"]
SCOPES = [
    ("url", "/a", {}, "url", ["/a"]), ("query", "/a?x=1", {}, "url", ["/a?x=1"]),
    ("spelling", "/%61", {}, "url", ["/a"]), ("of-a-route", "/r/a", {}, "url", ["/r/a"]),
    ("prefix", "/a*", {}, "prefix", ["/a", "/a?x=1", "/a/b", "/ab"]),
    ("prefix-of-a-segment", "/a/*", {}, "prefix", ["/a/b"]),
    ("prefix-of-a-query", "/a?*", {}, "prefix", ["/a?x=1"]),
    ("prefix-over-routes", "/*", {}, "prefix", ALL),
    ("prefix-spelled-otherwise", "/%61*", {}, "prefix", ["/a", "/a?x=1", "/a/b", "/ab"]),
    ("a-star-that-is-one", "/a*", {"Purge-Scope": "url"}, "url", []),
    ("route", "/r/whatever", {"Purge-Scope": "route"}, "route", ["/r/a", "/r/b"]),
    ("other-route", "/x", {"Purge-Scope": "route"}, "route", ["/a", "/a?x=1", "/a/b", "/ab"]),
    ("all", "/", {"Purge-Scope": "ALL"}, "all", ALL),
    ("older-now", "/r", {"Purge-Older-Than": "0"}, "older-than", ["/r/a", "/r/b"]),
    ("older-everywhere", "/", {"Purge-Older-Than": "0", "Purge-Scope": "all"}, "older-than", ALL),
    ("older-than-all", "/", {"Purge-Older-Than": "3600"}, "older-than", []),
]


@table("target, fields, scope, reached", SCOPES)
@pytest.mark.parametrize("mode", ["hard", "soft"])
def test_scopes(larder, origin, clock, target, fields, scope, reached, mode):
    stored(larder, origin, *ALL)
    clock.advance(1)
    if mode == "soft":
        fields = {**fields, "Soft-Purge": "1"}
    told = purge(larder, target, **fields)
    assert told == {"scope": scope, "mode": mode, "entries": {"memory": len(reached), "disk": 0}}
    assert [t for t, hit in zip(ALL, hits(larder, *ALL)) if not hit] == reached
    assert all(hits(larder, *ALL))  # what was fetched since is fresh
    assert origin.count() == len(ALL) + len(reached)
    assert larder.metric("cache_invalidations_total", scope=scope, mode=mode, source="purge") == 1
    assert larder.metric("cache_invalidated_entries_total", scope=scope, mode=mode,
        tier="memory") == len(reached)
    entries = larder.metric("cache_entries", tier="memory")
    assert entries == len(ALL)


def test_older_than_a_date(larder, origin, clock):
    stored(larder, origin, "/a")
    clock.advance(60)
    stored(larder, origin, "/b")
    date = formatdate(time.time() + 30, usegmt=True)
    assert purge(larder, "/", Purge_Older_Than=date)["entries"]["memory"] == 1
    assert hits(larder, "/a", "/b") == [False, True]


@table("field, value, tags", [
    ("surrogate-key", "Surrogate-Key", "x y", ("x", "y")), ("cache-tag", "Cache-Tag", "x,y z", ("x", "y z")),
    ("xkey", "xkey", "x y", ("x", "y")), ("cache-groups", "Cache-Groups", '"x", "y"', ("x", "y"))])
@pytest.mark.parametrize("mode", ["hard", "soft"])
def test_tags(larder, origin, field, value, tags, mode):
    origin.reply("/other", b"o", fields={**FRESH, field: value.replace("y", "w").replace("x", "v")})
    larder.get("/other")
    for tag in tags:
        origin.reply("/r/a", b"a", fields={**FRESH, field: value})
        larder.get("/r/a")
        assert hits(larder, "/r/a", "/other") == [True, True]
        fields = {"Cache-Tag": f"nobody's, {tag}", **({"Soft-Purge": "1"} if mode == "soft" else {})}
        told = purge(larder, "/", **fields)
        assert told == {"scope": "tag", "mode": mode, "entries": {"memory": 1, "disk": 0}}
        assert hits(larder, "/r/a", "/other") == [False, True]


def test_all_variants_of_a_url(larder, origin):
    origin.reply("/a", script=lambda seen: Reply(
        (seen.field("Accept") or "any").encode(), fields={**FRESH, "Vary": "Accept"}))
    for accept in ("a/b", "c/d"):
        larder.get("/a", fields={"Accept": accept})
    assert purge(larder, "/a")["entries"]["memory"] == 2
    for accept in ("a/b", "c/d"):
        assert not larder.get("/a", fields={"Accept": accept}).hit


def test_what_is_stored_under_a_body_or_a_rule(larder, origin):
    origin.reply("/p/q", script=lambda seen: Reply(seen.body or b"-",
        fields={**FRESH, "No-Vary-Search": "key-order"}))
    for mode in ("", "1"):
        for body in (b"one", b"two"):
            larder.get("/p/q", method="POST", body=body)
            assert larder.get("/p/q", method="POST", body=body).hit
        larder.get("/p/q?b=1&a=2")
        assert larder.get("/p/q?a=2&b=1").hit
        purge(larder, "/p/q?a=2&b=1", Soft_Purge=mode)
        assert not larder.get("/p/q", method="POST", body=b"one").hit
        assert not larder.get("/p/q", method="POST", body=b"two").hit
        assert not larder.get("/p/q?b=1&a=2").hit


def test_a_prefix_with_a_query_finds_what_a_rule_hides(larder, origin):
    origin.reply("/a", b"x", fields={**FRESH, "No-Vary-Search": 'params=("x")'})
    larder.get("/a?x=1&y=2")
    assert larder.get("/a?x=7&y=2").hit
    purge(larder, "/a?x=1*")
    assert not larder.get("/a?x=7&y=2").hit


# -- soft: stale, and only that -----------------------------------------------------------------------------

def test_what_is_soft_is_validated_and_fresh_again(larder, origin):
    origin.reply("/a", b"a", fields={**FRESH, "ETag": '"1"'})
    larder.get("/a")
    for round in range(2):
        soft(larder, "/a")
        again = larder.get("/a")
        assert again.body == b"a" and not again.hit
        assert again.cache["fwd"] == "stale" and again.cache["fwd-status"] == 304
        assert origin.last("/a").field("If-None-Match") == '"1"'
        assert larder.get("/a").hit
        assert origin.count("/a") == 2 + round


@pytest.mark.parametrize("spelling", ["Soft-Purge", "Fastly-Soft-Purge"])
def test_soft_serves_while_it_revalidates(larder, origin, spelling):
    stored(larder, origin, "/a", Cache_Control="max-age=600, stale-while-revalidate=60")
    purge(larder, "/a", **{spelling: "1"})
    gate = threading.Event()
    origin.reply("/a", b"new", hold=gate,
        fields={"Cache-Control": "max-age=600, stale-while-revalidate=60"})
    stale = larder.get("/a")
    assert stale.body == b"/a" and stale.hit and stale.cache["ttl"] <= 0
    gate.set()
    larder.wait_metric("cache_stores_total", equals(2))
    new = larder.get("/a")
    assert new.body == b"new" and new.hit and new.cache["ttl"] > 0


def test_soft_stands_in_for_an_origin_that_is_gone(larder, origin):
    stored(larder, origin, "/a", "/b")
    soft(larder, "/a")
    purge(larder, "/b")
    origin.reply("/a", b"", status=503)
    origin.reply("/b", b"", status=503)
    answer = larder.get("/a")
    assert answer.status == 200 and answer.body == b"/a"
    assert larder.get("/b").status == 503  # hard: as if it weren't there
    origin.stop()
    assert larder.get("/a").body == b"/a"


def test_soft_is_no_licence_where_stale_is_forbidden(larder, origin):
    stored(larder, origin, "/a", Cache_Control="max-age=600, must-revalidate")
    soft(larder, "/a")
    origin.reply("/a", b"", status=503)
    assert larder.get("/a").status == 503


def test_a_request_may_take_what_is_soft(larder, origin):
    stored(larder, origin, "/a")
    soft(larder, "/a")
    assert larder.get("/a", fields={"Cache-Control": "max-stale"}).hit
    assert larder.get("/a", fields={"Cache-Control": "only-if-cached"}).status == 504


def test_grace_counts_from_the_end_of_the_lifetime(start, origin, clock):
    larder = start({"server": {"purge": SETTINGS}, "cache": {"grace": "60s"}})
    stored(larder, origin, "/a")
    soft(larder, "/a")
    origin.reply("/a", b"", status=503)
    clock.advance(650)
    assert larder.get("/a").status == 200
    clock.advance(20)
    assert larder.get("/a").status == 503


def test_hard_after_soft_and_soft_after_hard(larder, origin):
    stored(larder, origin, "/a")
    soft(larder, "/a")
    purge(larder, "/", Purge_Scope="route")
    soft(larder, "/", Purge_Scope="all")
    origin.reply("/a", b"", status=503)
    assert larder.get("/a").status == 503


# -- the request itself -------------------------------------------------------------------------------------

def test_with_a_body_and_on_one_connection(larder, origin):
    stored(larder, origin, "/a", "/b")
    with larder.client() as client:
        assert client.get("/a", method="PURGE", fields=BEARER, body=b"x" * 100000).status == 200
        assert client.get("/b", method="PURGE", fields=BEARER).status == 200
        assert not client.get("/a").hit
        assert not client.get("/b").hit
    assert all(r.method == "GET" for r in origin.seen())


def test_many_at_once(larder, origin):
    stored(larder, origin, *(f"/a/{n}" for n in range(50)))
    clients = [larder.client() for _ in range(20)]
    for n, client in enumerate(clients):
        client.ask(f"/a/{n}" if n % 2 else "/a/*", method="PURGE", fields=BEARER)
    for client in clients:
        assert client.response().status == 200
        client.close()
    assert not any(hits(larder, *(f"/a/{n}" for n in range(50))))


def test_a_client_that_leaves_takes_nothing_along(larder, origin):
    stored(larder, origin, *(f"/a/{n}" for n in range(50)))

    def taken():
        """A reset may come before the request was read."""
        for _ in range(20):
            client = larder.client()
            client.ask("/a/*", method="PURGE", fields=BEARER)
            client.reset()
        return larder.metric("cache_invalidations_total") > 0
    until(taken, "one is done")
    larder.wait_idle()
    assert larder.get("/a/1").status == 200
