"""Key rules: which spellings share an answer, what is forwarded, what passes, what is purged, and who may have what
speaks of a credential. 60_key_checks.py is about rules that lie."""

import threading
from urllib.parse import parse_qsl

import pytest

from harness.asking import ask_all, wait_all
from harness.larder import run
from harness.metrics import equals
from harness.origin import Reply
from harness.purge import SETTINGS, purge, soft
from harness.store import settle
from harness.table import table

FRESH = {"Cache-Control": "max-age=600", "Content-Type": "application/json"}
KEY = {"sort": True, "fold_names": True, "drop": ["_"], "credentials": ["email", "api_key"],
    "defaults": {"resultType": "lite", "pageSize": "25", "cursorMark": "*", "sort": ""},
    "sets": ["articleIds"], "pass": ["callback"], "accept": ["xml", "json", "dc"]}
ROUTE = {"path": "/", "upstream": "origin", "cache_post": True, "key": KEY}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
SPELLINGS = [
    "query=malaria+vaccine&format=json", "format=json&query=malaria+vaccine", "query=malaria%20vaccine&format=json",
    "query=%6Dalaria%20vaccine&format=json", "QUERY=malaria+vaccine&FORMAT=json", "Query=malaria+vaccine&Format=json",
    "query=malaria+vaccine&format=json&pageSize=25", "query=malaria+vaccine&format=json&pagesize=25",
    "query=malaria+vaccine&format=json&resultType=lite", "query=malaria+vaccine&format=json&cursorMark=*",
    "query=malaria+vaccine&format=json&cursorMark=%2A", "query=malaria+vaccine&format=json&cursormark=%2a",
    "query=malaria+vaccine&format=json&sort=", "email=a@example.org&query=malaria+vaccine&format=json",
    "query=malaria+vaccine&format=json&email=b%40example.org", "query=malaria+vaccine&format=json&_=17",
    "api_key=k&query=malaria+vaccine&format=json", "&query=malaria+vaccine&&format=json&",
    "cursorMark=*&resultType=lite&sort=&pageSize=25&format=json&query=malaria+vaccine",
    "f%6Frmat=%6A%73%6F%6E&query=malaria%20vaccine&API_KEY=k"]


@pytest.fixture
def larder(start):
    return start({"server": {"purge": SETTINGS, "trusted_proxies": ["127.0.0.1"]},
        "upstreams": {"origin": {"learn_rate": False}}, "routes": [ROUTE]})


def hits(larder, *targets):
    return [larder.get(target).hit for target in targets]


# -- one question ------------------------------------------------------------------------------------------

def test_twenty_spellings_are_one_request(larder, origin):
    origin.reply("/search", b"found", fields=FRESH)
    answers = [larder.get(f"/search?{query}") for query in SPELLINGS]
    assert len(SPELLINGS) == 20 and origin.count() == 1
    assert [a.hit for a in answers] == [False] + [True] * 19
    assert {a.body for a in answers} == {b"found"}


def test_twenty_spellings_at_once_are_one_request(larder, origin):
    hold = threading.Event()
    origin.reply("/search", b"found", fields=FRESH, hold=hold)
    asking = ask_all(larder, [f"/search?{query}" for query in SPELLINGS])
    larder.wait_metric("collapse_waiters", equals(20))
    hold.set()
    assert [answer.body for answer in wait_all(asking)] == [b"found"] * 20 and origin.count() == 1


def test_twenty_spellings_under_the_profile_are_one_request(start, origin):
    larder = start({"routes": [{"path": "/", "upstream": "origin", "profile": "europepmc"}]})
    origin.reply("/search", b'{"hitCount":1,"resultList":{"result":[1]}}', fields=FRESH)
    assert [larder.get(f"/search?{query}").status for query in SPELLINGS if "_=" not in query and "api_key" not in
        query.lower()] == [200] * 17
    assert origin.count() == 1


def test_the_case_of_a_query_counts(larder, origin):
    origin.reply("/search", script=lambda seen: Reply(seen.target.encode(), fields=FRESH))
    upper, lower = larder.get("/search?query=HIV"), larder.get("/search?query=hiv")
    assert (upper.body, lower.body) == (b"/search?query=HIV", b"/search?query=hiv")
    assert origin.count() == 2 and hits(larder, "/search?query=HIV", "/search?Query=hiv") == [True, True]


def test_what_is_forwarded_is_what_came(larder, origin):
    origin.reply("/search", b"found", fields=FRESH)
    for n, query in enumerate(SPELLINGS):
        larder.get(f"/search?{query}&n={n}")
        assert origin.last().target == f"/search?{query}&n={n}"


@table("one, other", [
    ("semicolons", "/s?a=1;b=2", "/s?a=1&b=2"), ("hidden-in-what-is-dropped", "/s?_=1;query=evil", "/s"),
    ("encoded-ampersands", "/s?a=1%26b=2", "/s?a=1&b=2"), ("encoded-equals", "/s?a%3D1", "/s?a=1"),
    ("one-of-two-values", "/s?pageSize=25&pageSize=50", "/s?pageSize=50"),
    ("order-of-values", "/s?a=1&a=2", "/s?a=2&a=1"), ("cases-of-one-name", "/s?query=a&Query=b", "/s?query=a&query=b"),
    ("twice-encoded", "/s?a=%2541", "/s?a=A"), ("plus", "/s?a=1%2B2", "/s?a=1+2"),
    ("value-of-another", "/s?a=1&b=2", "/s?a=2&b=1"), ("name-alone", "/s?a", "/s?a=")])
def test_what_an_attacker_writes_stays_apart(larder, origin, one, other):
    origin.reply("/s", script=lambda seen: Reply(seen.target.encode(), fields=FRESH))
    assert larder.get(one).body == one.encode()
    assert larder.get(other).body == other.encode() and origin.count() == 2


def test_a_set_has_no_order(larder, origin):
    origin.reply("/a", b"x", fields=FRESH)
    larder.get("/a?articleIds=MED:1,MED:2")
    assert hits(larder, "/a?articleIds=MED:2,MED:1", "/a?articleIds=MED%3A2&articleIds=MED:1",
        "/a?articleids=MED:1,MED:2,MED:1") == [True] * 3
    assert hits(larder, "/a?articleIds=MED:1", "/a?articleIds=MED:1,MED:2,MED:3") == [False] * 2


def test_no_vary_search_comes_on_top(larder, origin):
    origin.reply("/s", b"x", fields={**FRESH, "No-Vary-Search": 'params=("utm")'})
    larder.get("/s?query=a&pageSize=25")
    assert larder.get("/s?Query=a&utm=7").hit
    assert not larder.get("/s?query=b&utm=7").hit
    purge(larder, "/s?query=a")
    assert not larder.get("/s?query=a&utm=8").hit


def test_a_route_without_a_rule_is_as_before(start, origin):
    larder = start({"routes": [{"path": "/", "upstream": "origin"}, {**ROUTE, "path": "/r", "upstream_path": "/r"}]})
    for path in ("/s", "/r/s"):
        origin.reply(path, b"x", fields=FRESH)
        larder.get(f"{path}?a=1&b=2")
    assert hits(larder, "/s?b=2&a=1", "/r/s?b=2&a=1") == [False, True]


# -- classes of Accept -------------------------------------------------------------------------------------

def by_accept(seen):
    wanted = dict(parse_qsl(seen.target.partition("?")[2])).get("format") or seen.field("Accept") or "*/*"
    kind = "json" if "json" in wanted else "dc" if "rdf" in wanted else "xml"
    return Reply(kind.encode(), fields=FRESH)


@table("accept, body, asked", [
    ("none", None, b"xml", 1), ("all", "*/*", b"xml", 1), ("json", "application/json", b"json", 2),
    ("json-with-a-weight", "application/json;q=0.9", b"json", 2), ("other", "text/html", b"xml", 3),
    ("others", "image/png", b"xml", 3), ("rdf", "application/rdf+xml", b"dc", 4),
    ("two", "application/xml, application/json", b"json", 5)])
def test_accept_counts_where_format_is_absent(larder, origin, accept, body, asked):
    origin.reply("/s", script=by_accept)
    for earlier in ("*/*", "application/json", "text/html"):
        larder.get("/s?query=a", fields={"Accept": earlier})
    answer = larder.get("/s?query=a", fields={"Accept": accept} if accept else {})
    assert answer.body == body and answer.hit is (asked <= 3)


def test_accept_does_not_count_where_format_says_it(larder, origin):
    origin.reply("/s", script=by_accept)
    for accept in ("*/*", "application/json", "application/xml", "text/html"):
        assert larder.get("/s?query=a&format=json", fields={"Accept": accept}).body == b"json"
    assert origin.count() == 1


# -- bodies ------------------------------------------------------------------------------------------------

def post(larder, body, target="/searchPOST", **fields):
    return larder.get(target, method="POST", body=body.encode(), fields={**FORM, **fields})


def test_a_form_is_read_by_the_same_rule(larder, origin):
    origin.reply("/searchPOST", script=lambda seen: Reply(seen.body, fields=FRESH))
    for query in SPELLINGS:
        post(larder, query)
    assert origin.count() == 1 and origin.last().body == SPELLINGS[0].encode()
    assert post(larder, "query=Malaria+vaccine&format=json").body == b"query=Malaria+vaccine&format=json"


def test_a_get_of_the_same_parameters_is_another_question(larder, origin):
    origin.reply("/searchPOST", script=lambda seen: Reply(seen.method.encode(), fields=FRESH))
    assert post(larder, "query=a").body == b"POST"
    assert larder.get("/searchPOST?query=a").body == b"GET"
    assert post(larder, "", target="/searchPOST?query=a").body == b"POST"


@table("one, other, same", [
    ("order", '{"a":1,"b":[2,3]}', '{ "b": [2, 3],\n"a": 1 }', True), ("elements", '{"b":[2,3]}', '{"b":[3,2]}', False),
    ("escapes", '{"a":"\\u0041"}', '{"a":"A"}', True), ("fractions", '{"a":1.0}', '{"a":1.00}', False),
    ("a-name-twice", '{"a":1,"a":2}', '{"a":2}', False), ("not-json", '{"a":1', '{"a":1 ', False)])
def test_json(larder, origin, one, other, same):
    origin.reply("/j", script=lambda seen: Reply(seen.body, fields=FRESH))
    for body in (one, other):
        answer = post(larder, body, "/j", **{"Content-Type": "application/json"})
    assert answer.hit is same and origin.count() == (1 if same else 2)


# -- what passes -------------------------------------------------------------------------------------------

@table("target", [("callback", "/s?query=a&callback=f"), ("in-another-case", "/s?query=a&CallBack=f"),
    ("behind-a-semicolon", "/s?query=a;callback=f"), ("a-credential-behind-one", "/s?query=a;email=x"),
    ("a-credential-in-what-is-ambiguous", "/s?query=a&Query=b&email=x")])
def test_what_passes_is_neither_stored_nor_answered(larder, origin, target):
    origin.reply("/s", b"f(1)", fields=FRESH)
    larder.get("/s?query=a")
    for _ in range(2):
        answer = larder.get(target)
        assert answer.cache["fwd"] == "bypass" and "stored" not in answer.cache
        assert answer.cache["detail"] == "bypass" and origin.last().target == target
    assert origin.count() == 3 and larder.get("/s?query=a").hit
    assert larder.metric("cache_store_skips_total", reason="bypass") == 2


def test_a_form_with_a_callback_passes(larder, origin):
    origin.reply("/searchPOST", b"f(1)", fields=FRESH)
    for _ in range(2):
        assert post(larder, "query=a&callback=f").cache["fwd"] == "bypass"
    assert origin.count() == 2


# -- invalidation ------------------------------------------------------------------------------------------

def test_a_purge_in_one_spelling_is_one_of_all(start, origin, tmp_path):
    larder = start({"server": {"purge": SETTINGS}, "routes": [ROUTE], "cache": {"disk": {"path": str(tmp_path / "disk")}}})
    origin.reply("/s", script=by_accept)
    larder.get("/s?query=a&pageSize=25")
    larder.get("/s?Query=a", fields={"Accept": "application/json"})
    larder.get("/s?query=a", fields={"Accept": "application/json, */*;q=0.1"})
    larder.get("/s?query=b")
    settle(larder)
    told = purge(larder, "/s?QUERY=%61&cursorMark=%2A&email=x")
    assert told["entries"] == {"memory": 3, "disk": 3}
    assert larder.get("/s?query=b").hit
    for fields in ({}, {"Accept": "application/json"}, {"Accept": "application/json, */*;q=0.1"}):
        assert not larder.get("/s?query=a", fields=fields).hit


def test_a_soft_purge_makes_all_classes_stale(larder, origin):
    origin.reply("/s", script=by_accept)
    accepts = ({}, {"Accept": "application/json"})
    for fields in accepts:
        larder.get("/s?query=a", fields=fields)
    assert soft(larder, "/s?Query=a&pageSize=25")["entries"]["memory"] == 2
    assert [larder.get("/s?query=a", fields=fields).cache["fwd"] for fields in accepts] == ["stale"] * 2


def test_an_unsafe_request_in_another_spelling(larder, origin):
    origin.reply("/s", b"x", fields=FRESH)
    larder.get("/s?query=a&format=json"), larder.get("/s?query=b")
    larder.get("/s?query=a&format=json", fields={"Accept": "application/json"})
    larder.get("/s?format=json&Query=a&_=9", method="DELETE")
    assert hits(larder, "/s?query=a&format=json", "/s?query=b") == [False, True]


def test_a_purge_reaches_a_fetch_under_way(larder, origin):
    hold = threading.Event()
    origin.reply("/s", b"old", fields=FRESH, hold=hold)
    thread = threading.Thread(target=larder.get, args=("/s?query=a&pageSize=25",),
        kwargs={"fields": {"Accept": "application/json"}})
    thread.start()
    origin.wait_for(1)
    purge(larder, "/s?query=a")
    hold.set()
    thread.join()
    assert not larder.get("/s?query=a", fields={"Accept": "application/json"}).hit


def test_a_prefix_is_one_of_canonical_targets(larder, origin):
    origin.reply("/s", b"x", fields=FRESH)
    larder.get("/s?query=ext_id:1&zone=2"), larder.get("/s?query=src:1")
    purge(larder, "/s?Query=ext*")
    assert hits(larder, "/s?query=ext_id:1&zone=2", "/s?query=src:1") == [False, True]
    purge(larder, "/s?query=ext_id:*")
    assert not larder.get("/s?zone=2&query=ext_id:1").hit


# -- credentials -------------------------------------------------------------------------------------------

def test_credentials_are_forwarded_and_seen_nowhere_else(start, origin, tmp_path):
    access, disk = tmp_path / "access.log", tmp_path / "disk"
    larder = start({"server": {"trusted_proxies": ["127.0.0.1"]}, "log": {"access": str(access), "redact": []},
        "routes": [ROUTE], "cache": {"disk": {"path": str(disk)}}})
    origin.reply("/s", b"x", fields=FRESH)
    first = larder.get("/s?query=a&api_key=SECRET1&email=SECRET2")
    assert origin.last().target == "/s?query=a&api_key=SECRET1&email=SECRET2"
    assert first.cache["key"] == "/s?query=a"
    second = larder.get("/s?a;API_KEY=SECRET3")
    assert second.cache["key"] == "/s?a;API_KEY=***"
    assert larder.get("/s?email=SECRET4&query=a").hit
    metrics = larder.get("/metrics").body.decode()
    larder.stop(), setattr(larder, "awaited", True)
    shown = run("entries", "--disk", disk, "--json").stdout + run("inspect", "--disk", disk, "/s?query=a").stdout
    for text in (access.read_text(), metrics, shown, larder.said()):
        assert "SECRET" not in text
    assert "/s?query=a" in shown
    assert "/s?query=a\n" in run("inspect", "--config", larder.config_path, "/s?email=x&QUERY=%61").stdout


@pytest.mark.parametrize("vary", [{}, {"Vary": "X-Key"}])
def test_a_credential_in_a_field_selects_nothing_that_is_stored(start, origin, vary):
    larder = start({"server": {"trusted_proxies": ["127.0.0.1"]}, "routes": [{**ROUTE,
        "key": {**KEY, "credentials": ["X-Key"]}, **({} if vary else {"forward": ["X-Key"]})}]})
    origin.reply("/s", b"x", fields={**FRESH, **vary})
    for count in (1, 2):
        answer = larder.get("/s", fields={"X-Key": "SECRET"})
        assert answer.cache["detail"] == "authorization" and origin.count() == count
    assert not larder.get("/s").hit and larder.get("/s").hit


@pytest.mark.parametrize("field", ["somebody%40example.org", "somebody@example.org"])
def test_a_field_that_repeats_a_credential_is_for_its_own(larder, origin, field):
    origin.reply("/s", script=lambda seen: Reply(b"x", fields={**FRESH, **({"Link": f'</s?email={field}>; rel=next'}
        if "somebody" in seen.target else {})}))
    for count in (1, 2):
        answer = larder.get("/s?q=1&email=somebody%40example.org")
        assert answer.cache["detail"] == "authorization" and origin.count() == count
    assert larder.get("/s?q=1&email=another").field("Link") is None
    assert larder.get("/s?q=1&email=somebody%40example.org").hit


@pytest.mark.parametrize("status", [401, 403, 407, 429])
def test_what_speaks_of_a_credential_is_not_shared(larder, origin, status):
    def script(seen):
        bad = "email=bad" in seen.target or "email" not in seen.target
        return Reply(b"no" if bad else b"yes", status if bad else 200, fields=FRESH)
    origin.reply("/s", script=script)
    assert larder.get("/s?query=a&email=bad").status == status
    assert larder.get("/s?query=a&email=bad").status == status and origin.count() == 2
    assert larder.get("/s?query=b").status == status
    good = larder.get("/s?query=b&email=good")
    assert (good.status, good.body, good.hit) == (200, b"yes", False)
    assert larder.get("/s?query=b").body == b"yes", "who has none gets what is for all"
    assert larder.get("/s?query=b&email=bad").hit


def test_an_error_of_one_credential_leaves_what_is_stored(larder, origin, clock):
    origin.replies("/s", Reply(b"yes", fields=FRESH), Reply(b"no", 403), Reply(b"still", fields=FRESH))
    larder.get("/s?query=a&email=good")
    answer = larder.get("/s?query=a&email=bad", fields={"Cache-Control": "no-cache"})
    assert answer.status == 403
    assert larder.get("/s?query=a&email=other").body == b"yes"


def test_who_waits_gets_no_error_of_another_credential(larder, origin):
    hold = threading.Event()
    def script(seen):
        if "email=bad" in seen.target:
            return Reply(b"no", 429, hold=hold)
        return Reply(b"yes", fields=FRESH)
    origin.reply("/s", script=script)
    statuses = {}
    def ask(who, n):
        statuses[who, n] = larder.get(f"/s?query=a&email={who}").status
    threads = [threading.Thread(target=ask, args=("bad", 0))]
    threads[0].start()
    origin.wait_for(1)
    threads += [threading.Thread(target=ask, args=(who, n)) for n, who in enumerate(["bad", "good", "good"], 1)]
    for thread in threads[1:]:
        thread.start()
    larder.wait_metric("collapse_waiters", equals(4))
    hold.set()
    for thread in threads:
        thread.join()
    assert statuses == {("bad", 0): 429, ("bad", 1): 429, ("good", 2): 200, ("good", 3): 200}
    assert sum("email=bad" in seen.target for seen in origin.seen()) == 1


def test_credentials_of_an_upstream_are_in_no_key(start, origin):
    larder = start({"upstreams": {"origin": {"credentials": ["api_key"]}}})
    origin.reply("/a", b"x", fields={"Cache-Control": "max-age=60"})
    assert larder.get("/a?api_key=one&q=1").cache["fwd"] == "uri-miss"
    assert larder.get("/a?q=1&api_key=two").cache["hit"] is True
    assert [seen.target for seen in origin.seen()] == ["/a?api_key=one&q=1"]
