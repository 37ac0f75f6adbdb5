"""QUERY and POST whose body is part of what is asked for (RFC 10008; RFC 9110 9.3.3)."""

import threading

import pytest

from harness.client import request_bytes
from harness.crowd import Crowd
from harness.origin import Reply
from harness.table import table

FRESH = {"Cache-Control": "max-age=60"}
QUERY = {"Content-Type": "text/q"}


def echo(seen):
    """What was asked, in words: a mix-up shows."""
    named = [seen.field(name) or "-" for name in ("Content-Type", "Content-Encoding",
        "Content-Language")]
    return Reply(b"%s %s %s [%s]" % (seen.method.encode(), seen.target.encode(),
        " ".join(named).encode(), bytes(seen.body)),
        fields={**FRESH, "ETag": f'"{len(seen.body)}"'}, validates=False)


def ask(larder, body=b"one", method="QUERY", target="/a", **fields):
    return larder.get(target, method=method, body=body, fields={**QUERY, **{
        name.replace("_", "-"): value for name, value in fields.items()}})


@pytest.fixture(params=["QUERY", "POST"])
def keyed(request, larder, start):
    """(larder, method): QUERY as it is preset, POST where the route says so."""
    if request.param == "QUERY":
        return larder, "QUERY"
    return start({"routes": [{"path": "/", "upstream": "origin", "cache_post": True}]}), "POST"


# -- both ---------------------------------------------------------------------------------------------------

def test_the_same_body_is_a_hit(keyed, origin):
    larder, method = keyed
    origin.reply("/a", script=echo)
    first, second = ask(larder, method=method), ask(larder, method=method)
    assert first.cache["fwd"] == "uri-miss" and first.cache["stored"] is True
    assert second.hit and second.body == first.body and b"[one]" in first.body
    assert origin.count() == 1 and origin.last().method == method


@table("other", [
    ("body", {"body": b"two"}), ("longer-body", {"body": b"one "}), ("shorter-body", {"body": b"on"}), ("empty-body", {"body": b""}),
    ("letter-case-of-body", {"body": b"One"}), ("content-type", {"Content_Type": "text/other"}),
    ("parameter-of-the-type", {"Content_Type": "text/q;charset=utf-8"}), ("content-encoding", {"Content_Encoding": "frob"}),
    ("content-language", {"Content_Language": "de"}), ("target", {"target": "/b"}), ("query", {"target": "/a?x=1"})])
def test_what_tells_two_apart(keyed, origin, other):
    """2.7: the content and its metadata are part of the key; different ones are never mixed."""
    larder, method = keyed
    for path in ("/a", "/b"):
        origin.reply(path, script=echo)
    expected = ask(larder, method=method).body
    different = ask(larder, method=method, **other)
    assert not different.hit and origin.count() == 2
    assert ask(larder, method=method).body == expected
    again = ask(larder, method=method, **other)
    assert again.body == different.body
    assert (again.hit and origin.count() == 2) or other.get("body") == b"", "no body need be no key"


@table("one, other", [
    ("body-and-type", {"Content_Type": "a/b", "body": b"cX"}, {"Content_Type": "a/bc", "body": b"X"}),
    ("type-and-coding", {"Content_Type": "a/b", "Content_Encoding": "c"}, {"Content_Type": "a/bc"}),
    ("coding-and-language", {"Content_Encoding": "x", "Content_Language": "y"}, {"Content_Encoding": "xy"}),
    ("language-and-coding", {"Content_Encoding": "de"}, {"Content_Language": "de"}),
    ("target-and-type", {"target": "/a?x", "Content_Type": "y"}, {"target": "/a?xy", "Content_Type": ""})])
def test_nothing_can_be_shifted_between_parts_of_the_key(keyed, origin, one, other):
    """Each part is counted or digested for itself."""
    larder, method = keyed
    origin.reply("/a", script=echo)
    first, second = ask(larder, method=method, **one), ask(larder, method=method, **other)
    assert first.body != second.body and not second.hit and origin.count() == 2


def test_it_is_no_get(keyed, origin):
    larder, method = keyed
    origin.reply("/a", script=echo)
    ask(larder, method=method)
    assert not larder.get("/a", method="HEAD").hit
    assert larder.get("/a").body.startswith(b"GET")
    assert ask(larder, method=method).body.startswith(method.encode())


def test_chunked_and_counted_are_the_same_body(keyed, origin):
    larder, method = keyed
    origin.reply("/a", script=echo)
    ask(larder, method=method)
    with larder.client() as client:
        client.begin(method)
        client.send(f"{method} /a HTTP/1.1\r\nHost: x\r\nContent-Type: text/q\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        client.send(b"2\r\non\r\n1\r\ne\r\n0\r\n\r\n")
        answer = client.response()
    assert answer.hit and b"[one]" in answer.body and origin.count() == 1


@table("fields", [("no-store", {"Cache-Control": "no-store"}), ("private", {"Cache-Control": "private, max-age=60"}),
    ("no-lifetime", {}), ("vary-star", {**FRESH, "Vary": "*"})])
def test_responses_are_stored_by_the_same_rules(keyed, origin, fields):
    larder, method = keyed
    origin.reply("/a", b"x", fields=fields)
    for count in (1, 2):
        assert not ask(larder, method=method).hit and origin.count() == count


def test_freshness_and_vary_hold(keyed, origin, clock):
    larder, method = keyed
    origin.reply("/a", b"x", fields={**FRESH, "Vary": "Accept"})
    ask(larder, method=method, Accept="a/b")
    assert ask(larder, method=method, Accept="a/b").hit
    assert not ask(larder, method=method, Accept="c/d").hit
    clock.advance(61)
    assert not ask(larder, method=method, Accept="a/b").hit


def test_a_stale_one_is_sent_again_with_its_body(keyed, origin, clock):
    larder, method = keyed
    origin.reply("/a", script=echo)
    first = ask(larder, method=method)
    clock.advance(61)
    second = ask(larder, method=method)
    assert second.body == first.body and second.cache["fwd"] == "stale"
    assert bytes(origin.last().body) == b"one" and origin.last().field("Content-Type") == "text/q"


def test_many_who_ask_the_same_are_one_fetch(keyed, origin):
    larder, method = keyed
    gate = threading.Event()
    origin.reply("/a", b"shared", hold=gate, fields=FRESH)
    origin.reply("/b", b"other", fields=FRESH)
    with Crowd(larder.address, 10) as crowd:
        crowd.ask(request_bytes("/a", method=method, body=b"one", fields=QUERY))
        larder.wait_metric("collapse_waiters", lambda count: count >= 10)
        assert ask(larder, b"two", method, target="/b").body == b"other"
        gate.set()
        crowd.wait_done()
        assert {bytes(member.reader.body) for member in crowd.members} == {b"shared"}
    assert origin.count("/a") == 1


@table("size, kept", [("a-little", 100, True), ("at-the-bound", 1 << 20, True), ("above-it", (1 << 20) + 1, False)])
def test_how_large_a_body_may_be(keyed, origin, size, kept):
    """Above cache.key_body it passes, whole and uncached."""
    larder, method = keyed
    origin.reply("/a", b"x", fields=FRESH)
    body = b"y" * size
    for count in (1, 2):
        answer = ask(larder, body, method)
        assert answer.status == 200 and answer.hit is (kept and count == 2)
        assert bytes(origin.last().body) == body
    assert origin.count() == (1 if kept else 2)


def test_the_bound_is_a_setting(start, origin):
    larder = start({"cache": {"key_body": 10}})
    origin.reply("/a", b"x", fields=FRESH)
    for body, kept in ((b"1234567890", True), (b"12345678901", False)):
        ask(larder, body)
        assert ask(larder, body).hit is kept


def test_bodies_that_differ_far_behind(keyed, origin):
    """Compared to the end, not by a prefix."""
    larder, method = keyed
    origin.reply("/a", script=lambda seen: Reply(bytes(seen.body[-1:]), fields=FRESH))
    for last in (b"1", b"2"):
        assert ask(larder, b"y" * 100_000 + last, method).body == last
    for last in (b"1", b"2"):
        answer = ask(larder, b"y" * 100_000 + last, method)
        assert answer.hit and answer.body == last


@table("tag, right", [("that-matches", None, {200, 304}), ("that-does-not", '"other"', {200})])
def test_conditions_of_a_query(larder, origin, tag, right):
    """As of a GET of its equivalent resource; a 412 would be an answer to nothing that was asked."""
    origin.reply("/a", script=echo)
    first = ask(larder)
    answer = ask(larder, If_None_Match=tag or first.field("ETag"))
    assert answer.status in right and answer.body == (first.body if answer.status == 200 else b"")
    assert answer.hit and origin.count() == 1


def test_query_changes_nothing(larder, origin):
    """It is safe: what is stored stays, whatever its answer names."""
    origin.reply("/b", b"x", fields=FRESH)
    origin.reply("/a", b"x", fields={**FRESH, "Location": "/b", "Content-Location": "/b",
        "Cache-Group-Invalidation": '"g"'})
    larder.get("/b"), larder.get("/a")
    ask(larder)
    assert larder.get("/a").hit and larder.get("/b").hit


def test_a_get_with_a_body_is_no_query(larder, origin):
    origin.reply("/a", script=echo)
    ask(larder)
    answer = larder.get("/a", body=b"one", fields=QUERY)
    assert answer.status != 200 or answer.body.startswith(b"GET")


def test_a_change_invalidates_its_queries(larder, origin):
    """9111 4.4: stored responses of the target URI."""
    origin.reply("/a", script=echo)
    ask(larder)
    larder.get("/a", method="PUT", body=b"x")
    assert not ask(larder).hit


@pytest.mark.parametrize("body", [b"one", b"", b"x" * 5000])
def test_query_passes_as_it_came(larder, origin, body):
    origin.reply("/a", script=echo)
    ask(larder, body, Content_Language="de", Accept="a/b")
    seen = origin.last()
    assert (seen.method, bytes(seen.body), seen.field("Content-Type"),
        seen.field("Content-Language"), seen.field("Accept")) == (
        "QUERY", body, "text/q", "de", "a/b")


# -- POST -----------------------------------------------------------------------------------------------------

def test_post_is_not_cached_by_itself(larder, origin):
    origin.reply("/a", script=echo)
    for count in (1, 2):
        answer = ask(larder, method="POST")
        assert not answer.hit and answer.cache["fwd"] == "method" and origin.count() == count


@table("fields, status, reused", [
    ("9.3.3-path", {**FRESH, "Content-Location": "/a"}, 200, True), ("9.3.3-absolute", {**FRESH, "Content-Location": "{url}/a"}, 200, True),
    ("9.3.3-relative", {**FRESH, "Content-Location": "a"}, 200, True), ("9.3.3-expires", {"Expires": "Thu, 18 Aug 2050 02:01:18 GMT",
        "Content-Location": "/a"}, 200, True), ("9.3.3-s-maxage", {"Cache-Control": "s-maxage=60", "Content-Location": "/a"}, 200, True),
    ("9.3.3-another-path", {**FRESH, "Content-Location": "/b"}, 200, False), ("9.3.3-another-query", {**FRESH, "Content-Location": "/a?x=1"}, 200, False),
    ("9.3.3-another-host", {**FRESH, "Content-Location": "http://other.example/a"}, 200, False),
    ("9.3.3-none", FRESH, 200, False), ("9.3.3-no-lifetime", {"Content-Location": "/a"}, 200, False),
    ("9.3.3-guess-is-not-explicit", {"Content-Location": "/a", "Last-Modified": "Mon, 06 Jan 2020 10:00:00 GMT"}, 200, False),
    ("9.3.3-no-store", {"Cache-Control": "max-age=60, no-store", "Content-Location": "/a"}, 200, False),
    ("9.3.3-private", {"Cache-Control": "max-age=60, private", "Content-Location": "/a"}, 200, False),
    ("9.3.3-an-error", {**FRESH, "Content-Location": "/a"}, 400, False)])
def test_a_post_that_answers_later_gets(larder, origin, fields, status, reused):
    """9.3.3: explicit freshness and a Content-Location that is the target."""
    fields = {name: value.format(url=origin.url) for name, value in fields.items()}
    origin.replies("/a", Reply(b"posted", status, fields), Reply(b"got", fields=FRESH))
    assert larder.get("/a", method="POST", body=b"x").body == b"posted"
    answer = larder.get("/a")
    assert answer.hit is reused and answer.body == (b"posted" if reused else b"got")
    if reused:
        head = larder.get("/a", method="HEAD")
        assert head.hit and origin.count() == 1


def test_a_post_that_answers_gets_answers_no_post(larder, origin):
    origin.reply("/a", b"x", fields={**FRESH, "Content-Location": "/a"})
    for count in (1, 2):
        assert not larder.get("/a", method="POST", body=b"x").hit and origin.count() == count


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "FROB"])
def test_no_other_method_answers_gets(larder, origin, method):
    """9110 9.3.4: a PUT's answer is none of the resource, whatever it says."""
    origin.replies("/a", Reply(b"done", fields={**FRESH, "Content-Location": "/a"}),
        Reply(b"got", fields=FRESH))
    larder.get("/a", method=method, body=b"x")
    answer = larder.get("/a")
    assert not answer.hit and answer.body == b"got"


def test_a_keyed_post_leaves_other_routes_alone(start, origin):
    larder = start({"routes": [{"path": "/", "upstream": "origin"},
        {"path": "/s", "upstream": "origin", "cache_post": True}]})
    origin.reply("/a", b"x", fields=FRESH)
    for target in ("/a", "/s/a"):
        ask(larder, method="POST", target=target)
        assert ask(larder, method="POST", target=target).hit is target.startswith("/s")


def test_credentials_are_not_shared(keyed, origin):
    larder, method = keyed
    origin.reply("/a", script=lambda seen: Reply((seen.field("Authorization") or "nobody").encode(),
        fields=FRESH))
    for who in ("Bearer a", "Bearer b"):
        assert ask(larder, method=method, Authorization=who).body == who.encode()
    assert ask(larder, method=method).body == b"nobody"
