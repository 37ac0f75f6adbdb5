"""POST /purges: each scope in each mode, dry runs, batches, and every bad value."""

import json

import pytest

from harness.admin import Admin
from harness.metrics import at_least, equals
from harness.purge import BEARER, SETTINGS
from harness.purge import purge as by_method
from harness.purging import (ALL, FIELDS, HARD_ONLY, ROUTES, SCOPES, SOME, STALE, disk, key_of, outlived, purge, settings,
    stored)
from harness.table import table
from harness.tenants import as_tenant, tenants


@table("order, reached", SCOPES)
@pytest.mark.parametrize("mode", ["hard", "soft"])
def test_scopes(start, origin, clock, order, reached, mode):
    larder = start(settings())
    admin = Admin(larder)
    stored(larder, origin)
    clock.advance(SOME)
    told = purge(admin, mode=mode, **order)
    assert told["entries"] == {"memory": len(reached), "disk": 0}
    assert told["scope"] == order["scope"] and told["mode"] == mode and told["durable"] and not told["dry_run"]
    assert outlived(larder) == reached
    for i in reached:
        negative = ALL[i] == "/gone"
        assert bool(origin.last(ALL[i]).field("If-None-Match")) == (mode == "soft" and not negative)


@table("order, reached", SCOPES + HARD_ONLY)
def test_a_dry_run_counts_and_changes_nothing(start, origin, tmp_path, clock, order, reached):
    larder = start(settings(**disk(tmp_path)))
    admin = Admin(larder)
    stored(larder, origin)
    larder.wait_metric("cache_entries", at_least(len(ALL)), tier="disk")
    clock.advance(STALE if order["scope"] == "stale" else SOME)
    told = purge(admin, dry_run=True, **order)
    assert told["entries"] == {"memory": len(reached), "disk": len(reached)}
    assert told["dry_run"] and not told["durable"]
    expected = [5] if order["scope"] == "stale" else []
    assert outlived(larder) == expected  # what is stale by itself is validated
    assert admin.get("/purges").json["items"] == []


@table("order, reached", SCOPES + HARD_ONLY)
def test_what_was_answered_outlasts_the_process(start, origin, tmp_path, clock, order, reached):
    """What is found is on disk only; killed right behind the answer."""
    larder = start(settings(**disk(tmp_path)))
    stored(larder, origin)
    larder.wait_metric("cache_entries", at_least(len(ALL)), tier="disk")
    clock.advance(STALE if order["scope"] == "stale" else SOME)
    larder.kill()
    larder = start(settings(**disk(tmp_path)))
    larder.wait_metric("cache_entries", at_least(len(ALL)), tier="disk")
    told = purge(Admin(larder), **order)
    assert told["entries"] == {"memory": 0, "disk": len(reached)}
    larder.kill()
    larder = start(settings(**disk(tmp_path)))
    larder.wait_metric("disk_up", at_least(1))
    stale = [5] if order["scope"] == "stale" else []  # by itself
    assert outlived(larder) == sorted({*reached, *stale})
    for i in reached:
        assert not origin.last(ALL[i]).field("If-None-Match")


@pytest.mark.parametrize("cold", [False, True])
def test_by_key(start, origin, tmp_path, cold):
    larder = start(settings(**disk(tmp_path)))
    stored(larder, origin)
    larder.wait_metric("cache_entries", at_least(len(ALL)), tier="disk")
    key = key_of(Admin(larder), "/r/a?x=1")
    if cold:
        larder.kill()
        larder = start(settings(**disk(tmp_path)))
        larder.wait_metric("cache_entries", at_least(len(ALL)), tier="disk")
    told = purge(Admin(larder), "key", key.upper())
    assert told["entries"] == {"memory": 0 if cold else 1, "disk": 1}
    assert outlived(larder) == [1]


def test_nobodys_key_is_that_of_all_tenants(start, origin, tmp_path):
    """In memory as on the disk: by what is counted, and by what is left."""
    larder = start({**settings(**disk(tmp_path)), "tenants": tenants()})
    origin.reply("/b", b"b", fields={"Cache-Control": "max-age=600"})
    for who in ("red", "blue", None):
        larder.get("/b", fields=as_tenant(who))
    larder.wait_metric("cache_entries", at_least(3), tier="disk")
    items = Admin(larder).get("/entries?tier=disk").json["items"]
    key = next(item["key"] for item in items if not item["tenant"])
    assert purge(Admin(larder), "key", key)["entries"] == {"memory": 3, "disk": 3}
    larder.wait_metric("cache_entries", equals(0), tier="disk")
    assert not any(larder.get("/b", fields=as_tenant(who)).hit for who in ("red", "blue", None))


@table("soft", [("by-itself", None), ("softly", {"scope": "url", "value": "/b", "mode": "soft"})])
def test_stale(start, origin, tmp_path, clock, soft):
    """What is stale by its age, and what was made so."""
    larder = start(settings(**disk(tmp_path)))
    admin = Admin(larder)
    stored(larder, origin)
    larder.wait_metric("cache_entries", at_least(len(ALL)), tier="disk")
    if soft is None:
        clock.advance(STALE)
    else:
        assert admin.post("/purges", soft).status == 200
    reached = [5] if soft is None else [3]
    assert purge(admin, "stale")["entries"] == {"memory": 1, "disk": 1}
    assert outlived(larder) == reached
    assert not origin.last(ALL[reached[0]]).field("If-None-Match")


def test_a_glob_reaches_what_a_no_vary_search_stands_for(start, origin):
    larder = start(settings())
    origin.reply("/n?x=1&sid=2", b"n", fields={**FIELDS, "No-Vary-Search": 'params=("sid")'})
    larder.get("/n?x=1&sid=2")
    assert larder.get("/n?x=1&sid=3").hit
    assert purge(Admin(larder), "glob", "/n?*sid=3")["entries"]["memory"] == 1
    assert origin.count() == 1 and not larder.get("/n?x=1&sid=2").hit


# ---- what makes no sense ----

BAD = [
    ("no-scope", {}, 400, "scope"), ("another-scope", {"scope": "planet"}, 400, '"planet"'),
    ("scope-a-number", {"scope": 7}, 400, "scope"), ("a-member-too-many", {"scope": "all", "depth": 1}, 400, "depth"),
    ("value-of-all", {"scope": "all", "value": "x"}, 400, '"x"'), ("value-null", {"scope": "url", "value": None}, 400, "null"),
    ("route-of-all", {"scope": "all", "route": "/r"}, 400, "scope route"),
    ("route-of-negative", {"scope": "negative", "route": "/r"}, 400, "/r"),
    ("mode", {"scope": "all", "mode": "medium"}, 400, "medium"), ("dry-run", {"scope": "all", "dry_run": "yes"}, 400, "yes"),
    ("url-without-value", {"scope": "url"}, 400, "path"), ("url-without-slash", {"scope": "url", "value": "a"}, 400, "/"),
    ("url-with-a-blank", {"scope": "url", "value": "/a b"}, 400, "a b"),
    ("url-with-dots", {"scope": "url", "value": "/a/../b"}, 400, "dot"),
    ("url-with-utf8", {"scope": "url", "value": "/\u00e4"}, 400, "percent"),
    ("url-in-no-such-route", {"scope": "url", "value": "/a", "route": "/none"}, 404, "/none"),
    ("prefix-without-slash", {"scope": "prefix", "value": "*"}, 400, "/"),
    ("glob-too-long", {"scope": "glob", "value": "/" + "a*" * 300}, 400, "500"),
    ("glob-half-an-escape", {"scope": "glob", "value": "/%2*"}, 400, "percent"),
    ("key-no-hex", {"scope": "key", "value": "xyz"}, 400, "xyz"), ("key-odd", {"scope": "key", "value": "012"}, 400, "012"),
    ("key-of-nothing", {"scope": "key", "value": "00ff"}, 400, "key"), ("key-empty", {"scope": "key", "value": ""}, 400, "key"),
    ("key-huge", {"scope": "key", "value": "01" * 70000}, 400, "key"),
    ("tag-empty", {"scope": "tag", "value": ""}, 400, "tags"), ("tags-none", {"scope": "tag", "value": []}, 400, "1000"),
    ("tags-one-empty", {"scope": "tag", "value": ["a", ""]}, 400, "tags"),
    ("tags-one-a-number", {"scope": "tag", "value": ["a", 1]}, 400, "strings"),
    ("tags-too-many", {"scope": "tag", "value": ["a"] * 1001}, 400, "1000"),
    ("list-of-urls", {"scope": "url", "value": ["/a"]}, 400, "tag"),
    ("route-unknown", {"scope": "route", "value": "/none"}, 404, "/none"),
    ("route-twice", {"scope": "route", "value": "/r", "route": "/r"}, 400, "once"),
    ("tenant-unknown", {"scope": "tenant", "value": "red"}, 404, "red"),
    ("of-a-tenant-unknown", {"scope": "all", "tenant": "red"}, 404, "red"),
    ("age-none", {"scope": "older_than"}, 400, "1h"), ("age-negative", {"scope": "older_than", "value": "-5"}, 400, "-5"),
    ("age-endless", {"scope": "older_than", "value": "99999999999999999999"}, 400, "999"),
    ("stale-softly", {"scope": "stale", "mode": "soft"}, 400, "hard"),
    ("at-past", {"scope": "all", "at": "2001-01-01T00:00:00Z"}, 400, "2001"),
    ("at-nonsense", {"scope": "all", "at": "tomorrow"}, 400, "tomorrow"),
    ("every-nonsense", {"scope": "all", "every": "often"}, 400, "often"),
    ("every-too-often", {"scope": "all", "every": "10ms"}, 400, "10ms"),
    ("planned-dry-run", {"scope": "all", "every": "1h", "dry_run": True}, 400, "dry_run"),
]


@table("order, status, words", BAD)
def test_bad_values(start, origin, order, status, words):
    larder = start(settings())
    admin = Admin(larder)
    origin.reply("/b", b"b", fields=FIELDS)
    larder.get("/b")
    answer = admin.post("/purges", order)
    assert answer.status == status and words in answer.json["detail"], answer
    assert larder.get("/b").hit and admin.get("/purges").json["items"] == []


@table("body, kind, status", [
    ("nothing", b"", "application/json", 400), ("no-json", b"{", "application/json", 400),
    ("a-number", b"7", "application/json", 400), ("a-string", b'"all"', "application/json", 400),
    ("nul", b'{"scope":"a\\u0000ll"}', "application/json", 400), ("broken-utf8", b'{"scope":"\xff"}', "application/json", 400),
    ("twice", b'{"scope":"all","scope":"url"}', "application/json", 400), ("no-purge", b"[]", "application/json", 400),
    ("no-line", b"\n\n", "application/jsonl", 400), ("text", b"all", "text/plain", 415),
    ("form", b"scope=all", "application/x-www-form-urlencoded", 415),
    ("too-many", b"[" + b'{"scope":"all"},' * 10000 + b'{"scope":"all"}]', "application/json", 413)])
def test_bad_bodies(start, origin, body, kind, status):
    larder = start(settings())
    origin.reply("/b", b"b", fields=FIELDS)
    larder.get("/b")
    assert Admin(larder).post("/purges", body, headers={"Content-Type": kind}).status == status
    assert larder.get("/b").hit


# ---- several at once ----

ITEMS = [{"scope": "url", "value": "/r/a"}, {"scope": "planet"}, {"scope": "tag", "value": "l", "mode": "soft"}]


@pytest.mark.parametrize("kind", ["json", "jsonl"])
def test_a_batch(start, origin, kind):
    """One that makes no sense keeps no other from being done."""
    larder = start(settings())
    stored(larder, origin)
    body = json.dumps(ITEMS) if kind == "json" else "\n".join(map(json.dumps, ITEMS)) + "\n\n"
    answer = Admin(larder).post("/purges", body.encode(), headers={"Content-Type": f"application/{kind}"})
    assert answer.status == 207
    first, second, third = answer.json["items"]
    assert first["entries"]["memory"] == 1 and third["entries"]["memory"] == 2
    assert second["status"] == 400 and " 2: " in second["detail"] and "planet" in second["detail"]
    assert outlived(larder) == [0, 1, 3]
    assert origin.last("/b").field("If-None-Match")


def test_a_line_that_is_no_json(start, origin):
    larder = start(settings())
    stored(larder, origin)
    answer = Admin(larder).post("/purges", b'{"scope":"all"}\n{', headers={"Content-Type": "application/jsonl"})
    assert answer.status == 207 and [item.get("status") for item in answer.json["items"]] == [None, 400]


def test_a_large_batch(start, origin, tmp_path):
    larder = start(settings(**disk(tmp_path)))
    stored(larder, origin)
    orders = [{"scope": "url", "value": f"/r/{number}"} for number in range(9999)] + [{"scope": "url", "value": "/b"}]
    answer = Admin(larder).post("/purges", orders)
    assert answer.status == 200 and len(answer.json["items"]) == 10000
    assert len({item["id"] for item in answer.json["items"]}) == 10000
    assert 3 in outlived(larder)  # and what shares a slot with one of so many
    assert len(Admin(larder).get("/purges").json["items"]) == 1000


# ---- the same by PURGE ----


@table("target, fields, reached", [
    ("glob", "/r/*.json", {"Purge-Scope": "glob"}, [2]), ("glob-of-one-byte", "/?", {"Purge-Scope": "Glob"}, [3]),
    ("stale", "/", {"Purge-Scope": "stale"}, [5]), ("key", "/", {"Purge-Scope": "key"}, [1]),
    ("older-than-a-moment", "/r", {"Purge-Older-Than": "2100-01-01T00:00:00Z"}, [0, 1, 2]),
    ("older-than-a-duration", "/r", {"Purge-Older-Than": "5s"}, [0, 1, 2])])
def test_by_the_method(start, origin, clock, target, fields, reached):
    larder = start({**settings(), "server": {"purge": SETTINGS}})
    stored(larder, origin)
    clock.advance(STALE if fields.get("Purge-Scope") == "stale" else SOME)
    if fields.get("Purge-Scope") == "key":
        fields = {**fields, "Purge-Key": key_of(Admin(larder), ALL[1])}
    assert by_method(larder, target, **fields)["entries"]["memory"] == len(reached)
    stale = [5] if fields.get("Purge-Scope") == "stale" else []
    assert outlived(larder) == sorted({*reached, *stale})
    assert not origin.last(ALL[reached[0]]).field("If-None-Match")


@table("target, fields", [
    ("no-hex", "/", {"Purge-Scope": "key", "Purge-Key": "xyz"}), ("no-key", "/", {"Purge-Scope": "key"}),
    ("key-of-nothing", "/", {"Purge-Scope": "key", "Purge-Key": "00ff"}), ("glob-too-long", "/" + "*a" * 300, {"Purge-Scope": "glob"}),
    ("stale-softly", "/", {"Purge-Scope": "stale", "Soft-Purge": "1"}), ("tenant-unnamed", "/", {"Purge-Scope": "tenant"}),
    ("tenant-unknown", "/", {"Purge-Scope": "tenant", "Purge-Tenant": "green"})])
def test_bad_values_by_the_method(start, origin, target, fields):
    larder = start({**settings(), "server": {"purge": SETTINGS}})
    origin.reply("/b", b"b", fields=FIELDS)
    larder.get("/b")
    assert larder.get(target, method="PURGE", fields={**BEARER, **fields}).status == 400
    assert larder.get("/b").hit


# ---- who caused it ----


def test_triggers(start, origin, clock):
    larder = start({**settings(), "routes": [{**ROUTES[0], "source_version": "X-Release"}, ROUTES[1]]})
    admin = Admin(larder)
    for release in "12":
        origin.reply(f"/r/{release}", b"x", fields={**FIELDS, "X-Release": release})
        larder.get(f"/r/{release}")
    origin.reply("/b", b"b", fields=FIELDS)
    larder.get("/b")
    larder.get("/b", method="POST")
    purge(admin, "tag", ["k", "l"], mode="soft")
    items = admin.get("/purges").json["items"]
    assert [(item["trigger"], item["scope"], item["value"], item["mode"], item["entries"]) for item in items] == [
        ("manual", "tag", "k", "soft", 0), ("unsafe_method", "url", "/b", "hard", 1),
        ("source_version", "route", "/r", "soft", 0)]
    assert items[0]["who"] == "local" and len({item["id"] for item in items}) == 3
    for scope, mode, source in (("tag", "soft", "purge"), ("url", "hard", "request"), ("route", "soft", "source-version")):
        assert larder.metric("cache_invalidations_total", scope=scope, mode=mode, source=source) == 1
