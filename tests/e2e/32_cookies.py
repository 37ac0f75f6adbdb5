"""Responses with Set-Cookie: not stored, stored without it, or replayed with it, as the route says (RFC 9111 7.3)."""

import threading

import pytest

from harness.client import request_bytes
from harness.crowd import Crowd
from harness.origin import Reply
from harness.table import table

FRESH = {"Cache-Control": "max-age=60"}
COOKIES = [("Set-Cookie", "session=1; Path=/"), ("Set-Cookie", "theme=dark")]


@pytest.fixture
def ruled(start):
    """A larder whose route has this rule."""
    def begin(rule):
        route = {"path": "/", "upstream": "origin", **({"set_cookie": rule} if rule else {})}
        return start({"routes": [route]})
    return begin


@table("rule, stored, replayed", [("preset-is-refuse", None, False, None), ("refuse", "refuse", False, None),
    ("strip", "strip", True, []), ("keep", "keep", True, [value for _, value in COOKIES])])
@pytest.mark.parametrize("directives", ["max-age=60", "public, max-age=60", "s-maxage=60"])
def test_rules(ruled, origin, rule, stored, replayed, directives):
    larder = ruled(rule)
    origin.reply("/a", b"x", fields=[("Cache-Control", directives), *COOKIES, ("X-A", "1")])
    first, second = larder.get("/a"), larder.get("/a")
    assert first.cache.get("stored", False) is stored and second.hit is stored
    assert second.body == b"x" and second.field("X-A") == "1"
    if stored:
        assert second.all("Set-Cookie") == replayed
    else:
        assert first.all("Set-Cookie") == second.all("Set-Cookie") == [value
            for _, value in COOKIES]
    assert origin.count() == (1 if stored else 2)


@pytest.mark.parametrize("rule", ["refuse", "strip", "keep"])
def test_without_a_cookie_the_rule_changes_nothing(ruled, origin, rule):
    larder = ruled(rule)
    origin.reply("/a", b"x", fields=FRESH)
    larder.get("/a")
    assert larder.get("/a").hit


@table("rule, directives", [("strip-private", "strip", "private, max-age=60"), ("strip-no-store", "strip", "no-store"),
    ("keep-private", "keep", "private, max-age=60"), ("keep-no-store", "keep", "no-store"), ("keep-no-lifetime", "keep", "public")])
def test_no_rule_makes_storable_what_is_not(ruled, origin, rule, directives):
    larder = ruled(rule)
    origin.reply("/a", b"x", fields=[("Cache-Control", directives), *COOKIES])
    for count in (1, 2):
        assert not larder.get("/a").hit and origin.count() == count


def test_the_rule_is_the_routes_own(start, origin):
    larder = start({"routes": [{"path": "/", "upstream": "origin"},
        {"path": "/kept", "upstream": "origin", "set_cookie": "keep"}, {"path": "/bare",
            "upstream": "origin", "set_cookie": "strip"}]})
    for path in ("/a", "/kept/a", "/bare/a"):
        origin.reply("/a", b"x", fields=[*FRESH.items(), *COOKIES])
        larder.get(path)
    assert [larder.get(path).hit for path in ("/a", "/kept/a", "/bare/a")] == [False, True, True]


@pytest.mark.parametrize("rule", ["refuse", "strip"])
def test_one_clients_cookie_is_given_to_no_other(ruled, origin, rule):
    """A crowd on a cold key: each session is somebody's, at most one gets it."""
    larder = ruled(rule)
    gate, lock, given = threading.Event(), threading.Lock(), []

    def script(_):
        with lock:
            given.append(f"session={len(given)}")
            return Reply(b"x", hold=gate, fields={**FRESH, "Set-Cookie": given[-1]})
    origin.reply("/a", script=script)
    with Crowd(larder.address, 10) as crowd:
        crowd.ask(request_bytes("/a"))
        larder.wait_metric("collapse_waiters", lambda count: count >= 10)
        gate.set()
        crowd.wait_done()
        cookies = [value for member in crowd.members for value in member.response.all("Set-Cookie")]
    assert len(cookies) == len(set(cookies)), "two have the same session"


@pytest.mark.parametrize("rule", ["refuse", "strip", "keep"])
def test_a_304_with_a_cookie(ruled, origin, clock, rule):
    """What it sets is its client's; it does not get into the stored response but by `keep`."""
    larder = ruled(rule)
    origin.reply("/a", b"x", fields={**FRESH, "ETag": '"v1"'},
        not_modified={**FRESH, "ETag": '"v1"', "Set-Cookie": "session=2"})
    larder.get("/a")
    clock.advance(61)
    assert larder.get("/a").body == b"x"
    again = larder.get("/a")
    assert again.body == b"x"
    if rule != "keep" and again.hit:
        assert again.field("Set-Cookie") is None


@table("qualified", [("no-cache", 'no-cache="Set-Cookie"'), ("private", 'private="Set-Cookie"')])
@pytest.mark.parametrize("rule", ["refuse", "strip", "keep"])
def test_a_cookie_that_the_origin_sets_apart(ruled, origin, qualified, rule):
    """5.2.2.4, 5.2.2.7: whatever the rule, it is not replayed."""
    larder = ruled(rule)
    origin.reply("/a", b"x", fields=[("Cache-Control", f"max-age=60, {qualified}"), *COOKIES])
    assert larder.get("/a").all("Set-Cookie") == [value for _, value in COOKIES]
    second = larder.get("/a")
    assert not second.hit or second.field("Set-Cookie") is None


def test_a_clients_cookie_divides_nothing_and_goes_nowhere(larder, origin):
    """What the origin does not see can't shape its answer."""
    origin.reply("/a", b"x", fields=FRESH)
    larder.get("/a", fields={"Cookie": "session=1"})
    assert larder.get("/a", fields={"Cookie": "session=2"}).hit and larder.get("/a").hit
    assert origin.last().field("Cookie") is None


def test_vary_on_a_cookie_holds(larder, origin):
    origin.reply("/a", b"x", fields={**FRESH, "Vary": "Cookie"})
    larder.get("/a", fields={"Cookie": "session=1"})
    assert not larder.get("/a", fields={"Cookie": "session=2"}).hit


def test_a_route_that_forwards_cookies_keys_by_them(start, origin):
    larder = start({"routes": [{"path": "/", "upstream": "origin", "forward": ["Cookie"]}]})
    origin.reply("/a", script=lambda seen: Reply((seen.field("Cookie") or "none").encode(),
        fields=FRESH))
    for _ in range(2):
        for cookie in ("a=1", "a=2"):
            assert larder.get("/a", fields={"Cookie": cookie}).body == cookie.encode()
        assert larder.get("/a").body == b"none"


@pytest.mark.parametrize("value", ["sometimes", "", 1])
def test_a_rule_that_nobody_knows_is_a_fault(start, origin, value):
    with pytest.raises(RuntimeError, match="set_cookie"):
        start({"routes": [{"path": "/", "upstream": "origin", "set_cookie": value}]})
