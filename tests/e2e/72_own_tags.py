"""Tags that routes give: of paths (`tags`), and of what JSON bodies hold (`tags_held`)."""

import gzip
import json
import threading

import pytest

from harness.admin import Admin
from harness.metrics import at_least, equals
from harness.origin import Reply
from harness.purge import SETTINGS, purge, soft
from harness.table import table
from harness.tenants import as_tenant, tenants

FRESH = {"Cache-Control": "max-age=600", "ETag": '"1"'}
JSON = {**FRESH, "Content-Type": "application/json"}
ROUTES = [
    {"path": "/api/search", "upstream": "origin", "upstream_path": "/search",
        "tags_held": ["article:{/list/*/source}/{/list/*/id}"]},
    {"path": "/api", "upstream": "origin", "upstream_path": "/", "tags": ["src:{1}", "article:{1}/{2}"]},
    {"path": "/", "upstream": "origin"},
]
RECORD, OTHER = "/api/MED/1", "/api/MED/2"
SEARCH, ELSEWHERE = "/api/search?q=1", "/api/search?q=2"
ALL = [RECORD, OTHER, SEARCH, ELSEWHERE]


def settings(**more):
    return {"server": {"purge": SETTINGS}, "routes": ROUTES, **more}


def found(*ids, source="MED"):
    return json.dumps({"count": len(ids), "list": [{"id": str(i), "source": source} for i in ids]}).encode()


def behind(target):
    return target.removeprefix("/api")


def answers(origin):
    for target in (RECORD, OTHER):
        origin.reply(behind(target), target.encode(), fields=FRESH)
    origin.reply("/search?q=1", found(1, 7), fields=JSON)
    origin.reply("/search?q=2", found(2, 8), fields=JSON)


def fill(larder, origin):
    answers(origin)
    filled(larder)


def filled(larder, fields=()):
    for target in ALL:
        larder.get(target, fields=dict(fields))
    assert all(larder.get(target, fields=dict(fields)).hit for target in ALL)


def standing(larder, origin, fields=()):
    """Of each: hit, validated or fetched."""
    found_so = []
    for target in ALL:
        seen = origin.count()
        hit = larder.get(target, fields=dict(fields)).hit
        asked = origin.requests[-1] if origin.count() > seen else None
        found_so.append("hit" if hit and asked is None else
            "validated" if asked and asked.field("If-None-Match") else "fetched")
    return found_so


@pytest.fixture
def larder(start):
    return start(settings())


BY_PATH = [
    ("article", "article:MED/1", ["fetched", "hit", "validated", "hit"]),
    ("source", "src:MED", ["fetched", "fetched", "hit", "hit"]),
    ("of-the-other", "article:MED/2", ["hit", "fetched", "hit", "validated"]),
    ("held-alone", "article:MED/7", ["hit", "hit", "validated", "hit"]),
    ("nobodys", "article:PMC/1", ["hit", "hit", "hit", "hit"]),
]


@table("tag, want", BY_PATH)
def test_a_purge_by_tag(larder, origin, tag, want):
    """What has it goes; what holds it is asked about."""
    fill(larder, origin)
    purge(larder, "/", Surrogate_Key=tag)
    assert standing(larder, origin) == want
    assert standing(larder, origin) == ["hit"] * len(ALL)


@table("tag, want", BY_PATH)
def test_a_soft_purge_by_tag(larder, origin, tag, want):
    fill(larder, origin)
    soft(larder, "/", Surrogate_Key=tag)
    assert standing(larder, origin) == ["validated" if how == "fetched" else how for how in want]


def test_segments_that_stars_stand_for_come_first(start, origin):
    larder = start(settings(routes=[{"path": "/*/*/citations", "upstream": "origin", "upstream_path": "/",
        "tags": ["a:{1}/{2}", "page:{3}", "none:{4}"]}]))
    origin.reply("/x/y/citations/7", b"x", fields=FRESH)
    for tag, hit in (("none:7", True), ("page:citations", True), ("a:x/y", False), ("page:7", False)):
        larder.get("/x/y/citations/7")
        purge(larder, "/", Surrogate_Key=tag)
        assert larder.get("/x/y/citations/7").hit == hit


@table("target", [("as-it-is", RECORD), ("in-another-spelling", "/api/%4dED/1"),
    ("with-a-query", "/api/MED/1?format=json"), ("of-what-is-below", "/api/MED/1/references")])
@pytest.mark.parametrize("mode", ["hard", "soft"])
def test_a_purge_by_url_reaches_those_that_hold_it(larder, origin, target, mode):
    fill(larder, origin)
    purge(larder, target, **({"Soft-Purge": "1"} if mode == "soft" else {}))
    assert standing(larder, origin)[1:] == ["hit", "validated", "hit"]


WIDE = [
    ("a-prefix-of-records", {"scope": "prefix", "value": "/api/MED/1"}, ["fetched", "hit", "validated", "validated"]),
    ("records-that-are-not-stored", {"scope": "prefix", "value": "/api/PMC/"}, ["hit", "hit", "validated", "validated"]),
    ("a-pattern", {"scope": "glob", "value": "/api/*/2"}, ["hit", "fetched", "validated", "validated"]),
    ("a-route-of-records", {"scope": "route", "value": "/api"}, ["fetched", "fetched", "validated", "validated"]),
    ("a-route-without", {"scope": "route", "value": "/"}, ["hit", "hit", "hit", "hit"]),
    ("what-has-no-records-below", {"scope": "prefix", "value": "/b"}, ["hit", "hit", "hit", "hit"]),
    ("the-searches-alone", {"scope": "route", "value": "/api/search"}, ["hit", "hit", "fetched", "fetched"]),
    ("by-age", {"scope": "older_than", "value": "1h"}, ["hit", "hit", "hit", "hit"]),
]


@table("order, want", WIDE)
@pytest.mark.parametrize("who", [None, "red"])
@pytest.mark.parametrize("mode", ["hard", "soft"])
def test_a_wide_purge_reaches_all_that_hold_something(start, origin, order, want, who, mode):
    """In a tenant's name: hers, and nobody else's."""
    larder = start(settings(admin={"listen": ["127.0.0.1:0"]}, tenants=tenants()))
    answers(origin)
    asked = [as_tenant(who), as_tenant(None if who else "red")]
    for fields in asked:
        filled(larder, fields)
    order = {**order, "mode": mode, **({"tenant": who} if who else {})}
    assert Admin(larder).post("/purges", order).status == 200
    expected = ["validated" if how == "fetched" and mode == "soft" else how for how in want]
    assert standing(larder, origin, asked[0]) == expected
    assert standing(larder, origin, asked[1]) == (["hit"] * len(ALL) if who else expected)


def test_an_unsafe_method_does_the_same(larder, origin):
    """RFC 9111 4.4; and of the tags that it shares with others nobody else goes."""
    fill(larder, origin)
    larder.get(RECORD, method="POST", body=b"x")
    assert standing(larder, origin) == ["fetched", "hit", "validated", "hit"]


def test_an_unsafe_method_on_a_search_leaves_others_that_hold_the_same(larder, origin):
    fill(larder, origin)
    origin.reply("/search?q=2", found(1, 2, 7), fields=JSON)
    purge(larder, ELSEWHERE)
    larder.get(ELSEWHERE)
    larder.get(SEARCH, method="POST", body=b"x")
    assert standing(larder, origin) == ["hit", "hit", "fetched", "hit"]


def test_what_is_stored_of_a_search_can_be_served_stale(larder, origin):
    """Validated, not gone: it is there when the origin isn't."""
    answers(origin)
    origin.reply("/search?q=1", found(1), fields={**JSON, "Cache-Control": "max-age=600, stale-if-error=600"})
    larder.get(SEARCH)
    purge(larder, "/", Surrogate_Key="article:MED/1")
    origin.reply("/search?q=1", status=503)
    answer = larder.get(SEARCH)
    assert answer.status == 200 and answer.body == found(1)


def test_what_holds_much_is_not_gone_by_what_others_are_called(larder, origin):
    """Many names share a slot with something of so many: then it is asked about, as by its own."""
    origin.reply("/search?q=1", found(*range(1000)), fields=JSON)
    larder.get(SEARCH)
    for part in range(10):
        purge(larder, "/", Surrogate_Key=" ".join(f"x:{part}:{i}" for i in range(50)))
    larder.get(SEARCH)
    assert origin.count() == 1 or origin.requests[-1].field("If-None-Match") == '"1"'


def test_a_validated_search_still_holds_what_it_held(larder, origin):
    fill(larder, origin)
    for _ in range(3):
        soft(larder, "/", Surrogate_Key="article:MED/1")
        assert standing(larder, origin) == ["validated", "hit", "validated", "hit"]


def test_a_search_that_changed_holds_something_else(larder, origin):
    fill(larder, origin)
    origin.reply("/search?q=1", found(2), fields={**JSON, "ETag": '"2"'})
    purge(larder, "/", Surrogate_Key="article:MED/7")
    assert larder.get(SEARCH).body == found(2)
    purge(larder, "/", Surrogate_Key="article:MED/1")
    assert larder.get(SEARCH).hit
    purge(larder, "/", Surrogate_Key="article:MED/2")
    assert not larder.get(SEARCH).hit


# What can't be told is anything: it is stale whatever is invalidated.
UNKNOWN = [
    ("malformed", b'{"list":[{"source":"MED","id":"1"},', {}),
    ("no-json", b"<list/>", {}),
    ("lines", b'{"list":[]}\n{"list":[]}', {}),
    ("empty", b"", {}),
    ("a-gzip-cut-short", gzip.compress(found(1))[:-9], {"Content-Encoding": "gzip"}),
    ("no-gzip", found(1), {"Content-Encoding": "gzip"}),
    ("another-coding", found(1), {"Content-Encoding": "br"}),
    ("2000-ids", found(*range(2000)), {}),
    ("a-gzip-of-2000-ids", gzip.compress(found(*range(2000))), {"Content-Encoding": "gzip"}),
    ("17-MiB", found(1)[:-1] + b" " * (17 << 20) + b"}", {}),
    ("a-bomb", gzip.compress(found(1)[:-1] + b" " * (17 << 20) + b"}"), {"Content-Encoding": "gzip"}),
    ("a-long-id", found("x" * 1100), {}),
]
KNOWN = [
    ("plain", found(1, 2), {}),
    ("gzip", gzip.compress(found(1, 2)), {"Content-Encoding": "gzip"}),
    ("large", found(1)[:-1] + b" " * (3 << 20) + b"}", {}),
    ("nothing", found(), {}),
    ("1024-ids", found(*range(1024)), {}),
    ("chunked", None, {}),
]


def ask(larder, target, **how):
    return larder.get(target, fields={"Accept-Encoding": "gzip, br"}, **how)


def large(start):
    return start(settings(cache={"memory": {"size": "256MiB", "max_object": "64MiB"}}))


@table("body, fields", UNKNOWN)
def test_who_may_hold_anything_is_stale_whatever_is_purged(start, origin, body, fields):
    larder = large(start)
    origin.reply("/search?q=1", body, fields={**JSON, **fields})
    ask(larder, SEARCH)
    assert ask(larder, SEARCH).hit
    purge(larder, "/", Surrogate_Key="article:PMC/77777")
    ask(larder, SEARCH)
    assert origin.count() == 2 and origin.last().field("If-None-Match")
    assert ask(larder, SEARCH).hit
    purge(larder, "/api/PMC/88888")  # as it was revalidated: its body is the same
    ask(larder, SEARCH)
    assert origin.count() == 3 and ask(larder, SEARCH).hit


@table("body, fields", KNOWN)
def test_who_holds_something_else_stays(start, origin, body, fields):
    larder = large(start)
    if body is None:
        origin.reply("/search?q=1", pieces=[found(1)[:7], found(1)[7:30], found(1)[30:]], framing="chunked",
            fields=JSON)
    else:
        origin.reply("/search?q=1", body, fields={**JSON, **fields})
    ask(larder, SEARCH)
    purge(larder, "/", Surrogate_Key="article:PMC/1")
    assert ask(larder, SEARCH).hit and origin.count() == 1
    purge(larder, "/", Surrogate_Key="article:MED/1")
    assert ask(larder, SEARCH).hit == (body == found())


def test_a_part_may_hold_anything(larder, origin):
    whole = found(*range(50))
    origin.reply("/search?q=1", whole[:100], status=206, fields={**JSON,
        "Content-Range": f"bytes 0-99/{len(whole)}"})
    part = {"Range": "bytes=0-99"}
    larder.get(SEARCH, fields=part)
    assert larder.get(SEARCH, fields=part).hit
    purge(larder, "/", Surrogate_Key="article:PMC/1")
    assert not larder.get(SEARCH, fields=part).hit


def test_what_other_patterns_found_counts_no_more(store, origin):
    """After a restart with others a page that is validated may hold anything, until it is fetched."""
    origin.reply("/search?q=1", found(1), fields=JSON)
    larder = store.open(settings())
    larder.get(SEARCH)
    larder.wait_metric("cache_entries", equals(1), tier="disk")
    other = [{**ROUTES[0], "tags_held": ["art:{/list/*/id}"]}, *ROUTES[1:]]
    larder = store.again(larder, changes=settings(routes=other))
    soft(larder, SEARCH)
    larder.get(SEARCH)
    assert larder.get(SEARCH).hit and origin.count() == 2
    purge(larder, "/", Surrogate_Key="art:77")
    assert not larder.get(SEARCH).hit
    origin.reply("/search?q=1", found(1, 3), fields={**JSON, "ETag": '"2"'})
    soft(larder, SEARCH)
    larder.get(SEARCH)
    purge(larder, "/", Surrogate_Key="art:77")
    assert larder.get(SEARCH).hit
    purge(larder, "/", Surrogate_Key="art:3")
    assert not larder.get(SEARCH).hit


@pytest.mark.parametrize("mode", ["hard", "soft"])
@table("target, fields", [("tag", "/", {"Surrogate-Key": "article:MED/1"}), ("source", "/",
    {"Surrogate-Key": "src:MED"}), ("url", RECORD, {})])
def test_a_purge_during_the_fetch_of_a_record(larder, origin, mode, target, fields):
    """Its tags are known before its head is there: who asks afterwards doesn't join it."""
    gate = threading.Event()
    origin.replies("/MED/1", Reply(b"old", hold=gate, fields=FRESH),
        Reply(b"new", fields={**FRESH, "ETag": '"2"'}))
    with larder.client() as reader:
        reader.ask(RECORD)
        origin.wait_for(1)
        purge(larder, target, **fields, **({"Soft-Purge": "1"} if mode == "soft" else {}))
        assert larder.get(RECORD).body == b"new"
        gate.set()
        assert reader.response().body == b"old"
    assert larder.get(RECORD).body == b"new" and larder.get(RECORD).hit


@pytest.mark.parametrize("mode", ["hard", "soft"])
@pytest.mark.parametrize("held", ["before-the-head", "in-mid-body"])
@table("target, fields", [("tag", "/", {"Surrogate-Key": "article:MED/1"}), ("url", RECORD, {})])
def test_a_purge_during_the_fetch_of_a_search(larder, origin, mode, held, target, fields):
    """What was asked for before is not fresh afterwards, and who asks afterwards doesn't join it."""
    gate, old, new = threading.Event(), found(1), found(1, 2)
    first = Reply(old, hold=gate, fields=JSON) if held == "before-the-head" else Reply(
        pieces=[old[:12], gate, old[12:]], fields=JSON)
    origin.replies("/search?q=1", first, Reply(new, fields={**JSON, "ETag": '"2"'}))
    with larder.client() as reader:
        reader.ask(SEARCH)
        origin.wait_for(1)
        if held == "in-mid-body":
            reader.body_to(10)
        purge(larder, target, **fields, **({"Soft-Purge": "1"} if mode == "soft" else {}))
        with larder.client() as late:
            late.ask(SEARCH)
            assert late.response().body == new
        gate.set()
        assert reader.response().body == old
    again = larder.get(SEARCH)
    assert again.body == new and again.hit and origin.count() == 2


def test_what_was_fetched_meanwhile_is_stale(larder, origin):
    """With nobody asking before it has come."""
    gate = threading.Event()
    origin.replies("/search?q=1", Reply(found(1), hold=gate, fields=JSON),
        Reply(found(2), fields={**JSON, "ETag": '"2"'}))
    with larder.client() as reader:
        reader.ask(SEARCH)
        origin.wait_for(1)
        purge(larder, "/", Surrogate_Key="article:MED/1")
        gate.set()
        reader.response()
    assert larder.get(SEARCH).body == found(2)
    assert origin.last().field("If-None-Match") == '"1"'


# ---- on disk ------------------------------------------------------------------------------------------------


@table("target, fields, want", [
    ("tag", "/", {"Surrogate-Key": "article:MED/1"}, ["fetched", "hit", "validated", "hit"]),
    ("url", RECORD, {}, ["fetched", "hit", "validated", "hit"]),
    ("source", "/", {"Surrogate-Key": "src:MED"}, ["fetched", "fetched", "hit", "hit"])])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_restart_forgets_nothing(store, origin, target, fields, want, when):
    """Purged before a kill -9 or after it: what holds what is known on disk, too."""
    larder = store.open(settings())
    fill(larder, origin)
    larder.wait_metric("cache_entries", at_least(len(ALL)), tier="disk")
    if when == "before":
        purge(larder, target, **fields)
    larder = store.again(larder, end=type(larder).kill, changes=settings())
    if when == "after":
        told = purge(larder, target, **fields)
        assert told["entries"]["disk"] == want.count("fetched")
    assert standing(larder, origin) == want


def test_tools_show_them(store, tools, origin):
    larder = store.open(settings())
    fill(larder, origin)
    larder.wait_metric("cache_entries", equals(len(ALL)), tier="disk")
    larder.stop()
    assert [e["target"] for e in tools.json("entries", "--tag", "article:MED/1")] == [RECORD]
    (record,) = tools.json("inspect", RECORD)
    assert (record["tags"], record["held"]) == (["src:MED", "article:MED/1"], 0)
    (search,) = tools.json("inspect", SEARCH)
    assert (search["tags"], search["held"]) == ([], 2)
    assert "holds            2 tagged" in tools.run("inspect", SEARCH).stdout
    assert tools.faults()[0] == set()
