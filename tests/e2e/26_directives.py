"""Cache-Control, directive by directive, of requests and responses; Pragma, Warning (RFC 9111 5.2-5.5, RFC 8246)."""

import pytest

from harness.origin import Reply
from harness.status import entries
from harness.table import table

FRESH = {"Cache-Control": "max-age=60"}


def hit_of_second(larder, **how):
    larder.get("/a")
    return larder.get("/a", **how)


# -- requests (5.2.1) ---------------------------------------------------------------------------------

@table("asked, hit", [
    ("5.2.1.1-max-age-above", "max-age=40", True), ("5.2.1.1-max-age-below", "max-age=20", False),
    ("5.2.1.1-max-age-quoted", 'max-age="20"', False), ("5.2.1.1-capitals", "MAX-AGE=20", False),
    ("5.2.1.1-huge", "max-age=99999999999999999999", True),
    ("5.2.1.3-min-fresh-below-rest", "min-fresh=20", True), ("5.2.1.3-min-fresh-above-rest", "min-fresh=35", False),
    ("5.2.1.3-huge", "min-fresh=99999999999999999999", False),
    ("5.2.1.1-both", "max-age=40, min-fresh=20", True), ("5.2.1.1-one-of-both", "max-age=20, min-fresh=20", False),
    ("5.2.1.4-no-cache", "no-cache", False), ("5.2.1.4-among-others", "foo, no-cache, max-age=100", False),
    ("5.2.1.4-capitals", "No-Cache", False), ("5.2.1.6-no-transform", "no-transform", True),
    ("5.2.1.7-only-if-cached", "only-if-cached", True), ("5.2.1.2-max-stale", "max-stale=10", True),
    ("5.2.3-unknown", "no-cachexyz, x-no-cache, max-ages=0", True), ("5.2.3-unknown-with-value", 'ext="no-cache"', True),
    ("5.2-responses-own", "private, must-revalidate, s-maxage=0, public", True), ("5.2-empty", "", True)])
def test_requests_of_what_is_30_seconds_old(larder, origin, asked, hit):
    """Fresh for 30 more. What the request doesn't want is validated or fetched: fwd=request."""
    origin.reply("/a", b"x", fields={**FRESH, "Age": "30"})
    answer = hit_of_second(larder, fields={"Cache-Control": asked})
    assert answer.hit is hit and answer.body == b"x"
    assert origin.count() == (1 if hit else 2)
    if not hit:
        assert answer.cache["fwd"] == "request"


def test_directives_on_two_lines(larder, origin):
    origin.reply("/a", b"x", fields=FRESH)
    answer = hit_of_second(larder, fields=[("Cache-Control", "max-age=60"),
        ("Cache-Control", "no-cache")])
    assert not answer.hit


@table("asked, hit", [
    ("5.4-pragma", {"Pragma": "no-cache"}, False), ("5.4-capitals", {"Pragma": "No-Cache"}, False),
    ("5.4-among-others", {"Pragma": "foo, no-cache"}, False), ("5.4-other", {"Pragma": "foo"}, True),
    ("5.4-beside-cache-control", {"Pragma": "no-cache", "Cache-Control": "max-age=60"}, True),
    ("5.4-beside-an-unknown-directive", {"Pragma": "no-cache", "Cache-Control": "foo"}, True)])
def test_pragma(larder, origin, asked, hit):
    """5.4: counts only where the request has no Cache-Control."""
    origin.reply("/a", b"x", fields=FRESH)
    assert hit_of_second(larder, fields=asked).hit is hit


@table("fields", [("pragma-no-cache", {"Pragma": "no-cache"})])
def test_pragma_of_a_response_says_nothing(larder, origin, fields):
    """5.4: only defined for requests."""
    origin.reply("/a", b"x", fields={**FRESH, **fields})
    hit = hit_of_second(larder)
    assert hit.hit and hit.field("Pragma") == "no-cache"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_only_if_cached_without_anything(larder, origin, method):
    """5.2.1.7: 504, and the origin is left alone."""
    answer = larder.get("/a", method=method, fields={"Cache-Control": "only-if-cached"})
    assert answer.status == 504 and origin.count() == 0


@table("more", [("max-age-that-does-not-do", "max-age=0"), ("min-fresh-that-does-not-do", "min-fresh=100"),
    ("no-cache", "no-cache")])
def test_only_if_cached_with_what_does_not_do(larder, origin, more):
    origin.reply("/a", b"x", fields={**FRESH, "Age": "5"})
    answer = hit_of_second(larder, fields={"Cache-Control": "only-if-cached, " + more})
    assert answer.status == 504 and origin.count() == 1


def test_only_if_cached_of_another_variant(larder, origin):
    origin.reply("/a", b"x", fields={**FRESH, "Vary": "Accept"})
    answer = hit_of_second(larder, fields={"Cache-Control": "only-if-cached", "Accept": "a/b"})
    assert answer.status == 504 and origin.count() == 1


def test_no_store_of_a_request_stores_nothing_and_keeps_what_is(larder, origin):
    """5.2.1.5: the answer to it is not stored; an older one may stay."""
    origin.reply("/a", b"old", fields={**FRESH, "Age": "50"})
    larder.get("/a")
    origin.reply("/a", b"new", fields=FRESH)
    answer = larder.get("/a", fields={"Cache-Control": "no-store, no-cache"})
    assert answer.body == b"new" and "stored" not in answer.cache
    assert larder.get("/a").body == b"old"


def test_what_a_client_wants_fresher_is_stored_for_all(larder, origin):
    origin.replies("/a", Reply(b"old", fields=FRESH), Reply(b"new", fields=FRESH))
    assert hit_of_second(larder, fields={"Cache-Control": "no-cache"}).body == b"new"
    hit = larder.get("/a")
    assert hit.hit and hit.body == b"new" and origin.count() == 2


# -- responses (5.2.2) --------------------------------------------------------------------------------

@table("directives, stored", [
    ("5.2.2.5-no-store", "no-store, max-age=60", False), ("5.2.2.5-capitals", "NO-STORE, max-age=60", False),
    ("5.2.2.5-with-a-value", "no-store=1, max-age=60", False), ("5.2.2.5-with-a-list", 'no-store="a", max-age=60', False),
    ("5.2.2.5-last", "max-age=60, public, no-store", False), ("5.2.2.5-no-comma-blank", "max-age=60,no-store", False),
    ("5.2.2.7-private", "private, max-age=60", False), ("5.2.2.7-capitals", "Private, max-age=60", False),
    ("5.2.2.7-and-public", "public, private, max-age=60", False), ("5.2.2.7-and-s-maxage", "private, s-maxage=60", False),
    ("5.2.2.9-public", "public, max-age=60", True), ("5.2.2.6-no-transform", "no-transform, max-age=60", True),
    ("5.2.2.2-must-revalidate", "must-revalidate, max-age=60", True),
    ("5.2.2.8-proxy-revalidate", "proxy-revalidate, max-age=60", True), ("8246-immutable", "immutable, max-age=60", True),
    ("5.2.3-longer-no-store", "no-storex, xno-store, max-age=60", True),
    ("5.2.3-longer-private", "privately, max-age=60", True), ("5.2.3-in-a-string", 'x="no-store, private", max-age=60', True),
    ("5.2.3-community-extension", 'private-ish="x", community="UCI", max-age=60', True),
    ("5.2.2.4-no-cache", "no-cache, max-age=60", False), ("5.2.2.4-capitals", "No-Cache, max-age=60", False),
    ("5.2.2.4-and-public", "public, no-cache, max-age=60", False), ("5.2.2.4-behind", "max-age=60, no-cache", False)])
def test_responses(larder, origin, directives, stored):
    origin.reply("/a", b"x", fields={"Cache-Control": directives}, validates=False)
    assert hit_of_second(larder).hit is stored
    assert origin.count() == (1 if stored else 2)


def test_directives_of_several_lines_count_together(larder, origin):
    origin.reply("/a", b"x", fields=[("Cache-Control", "max-age=60"), ("X-A", "1"),
        ("Cache-Control", "no-store")])
    assert not hit_of_second(larder).hit


def test_no_cache_is_stored_and_validated_each_time(larder, origin):
    """5.2.2.4: may be stored, must not be used without asking."""
    origin.reply("/a", b"x", fields={"Cache-Control": "no-cache, max-age=60", "ETag": '"v1"'})
    first = larder.get("/a")
    assert first.cache.get("stored") is True
    for count in (2, 3):
        answer = larder.get("/a")
        assert answer.body == b"x" and answer.cache["fwd-status"] == 304 and origin.count() == count


@table("directive, replayed", [
    ("5.2.2.4-no-cache-of-one", 'no-cache="X-Mine"', {"X-Mine": None, "X-Other": "2"}),
    ("5.2.2.4-no-cache-of-two", 'no-cache="X-Mine, X-Other"', {"X-Mine": None, "X-Other": None}),
    ("5.2.2.4-letter-case", 'no-cache="x-mine"', {"X-Mine": None, "X-Other": "2"}),
    ("5.2.2.4-as-a-token", "no-cache=X-Mine", {"X-Mine": None, "X-Other": "2"}),
    ("5.2.2.4-of-what-is-not-there", 'no-cache="X-None"', {"X-Mine": "1", "X-Other": "2"}),
    ("5.2.2.7-private-of-one", 'private="X-Mine"', {"X-Mine": None, "X-Other": "2"}),
    ("5.2.2.7-private-of-two", 'private="x-other ,X-Mine"', {"X-Mine": None, "X-Other": None}),
    ("5.2.2.7-private-as-a-token", "private=X-Mine", {"X-Mine": None, "X-Other": "2"})])
def test_qualified_forms(larder, origin, directive, replayed):
    """The rest may be stored; the fields named go to the client that asked, and to nobody else."""
    origin.reply("/a", b"x", fields={"Cache-Control": f"max-age=60, {directive}", "X-Mine": "1",
        "X-Other": "2"})
    first, second = larder.get("/a"), larder.get("/a")
    assert (first.field("X-Mine"), first.field("X-Other")) == ("1", "2")
    if second.hit:
        for name, value in replayed.items():
            assert second.field(name) == value
    assert second.hit, "the qualified form says that the response itself may be used"


@table("directive", [
    ("unqualified-beside-private", 'private="X-Mine", private'), ("unqualified-beside-no-cache", 'no-cache="X-Mine", no-cache'),
    ("unqualified-first", 'no-cache, no-cache="X-Mine"')])
def test_the_unqualified_form_beside_it_holds(larder, origin, directive):
    origin.reply("/a", b"x", fields={"Cache-Control": f"max-age=60, {directive}", "X-Mine": "1"},
        validates=False)
    assert not hit_of_second(larder).hit


@table("directives, fields, hit", [
    ("5.2.2.1-max-age-0-and-expires", "max-age=0", {"Expires": "Thu, 18 Aug 2050 02:01:18 GMT"}, False),
    ("5.2.2.10-s-maxage-and-private-expires", "s-maxage=60", {"Expires": "0"}, True),
    ("5.2.2.2-must-revalidate-alone", "must-revalidate", {}, False), ("5.2.2.9-public-alone", "public", {}, False),
    ("8246-immutable-alone", "immutable", {}, False)])
def test_what_gives_a_lifetime(larder, origin, directives, fields, hit):
    origin.reply("/a", b"x", fields={"Cache-Control": directives, **fields}, validates=False)
    assert hit_of_second(larder).hit is hit


# -- immutable (RFC 8246) ------------------------------------------------------------------------------

@table("directives, asked, hit", [
    ("2-max-age-0-of-a-reload", "max-age=60, immutable", "max-age=0", True),
    ("2-plain", "max-age=60, immutable", "", True),
    ("2-capitals", "max-age=60, IMMUTABLE", "max-age=0", True),
    ("2-no-cache-is-more-than-a-reload", "max-age=60, immutable", "no-cache", False),
    ("2-not-immutable", "max-age=60", "max-age=0", False),
    ("2-in-a-string", 'max-age=60, x="immutable"', "max-age=0", False)])
def test_immutable(larder, origin, directives, asked, hit):
    """A reload of what doesn't change while it is fresh need not be asked about."""
    origin.reply("/a", b"x", fields={"Cache-Control": directives, "Age": "5"})
    assert hit_of_second(larder, fields={"Cache-Control": asked} if asked else {}).hit is hit


def test_immutable_ends_with_freshness(larder, origin, clock):
    """2.1: stale, it is like any other."""
    origin.reply("/a", b"x", fields={"Cache-Control": "max-age=60, immutable", "ETag": '"v1"'})
    larder.get("/a")
    clock.advance(61)
    assert not larder.get("/a").hit and origin.last().field("If-None-Match") == '"v1"'


# -- what larder says itself -----------------------------------------------------------------------------

@pytest.mark.parametrize("value", ["max-age=60", "MAX-AGE=60 , Public", "max-age=60, ext=\"a, b\""])
def test_cache_control_reaches_clients_as_it_came(larder, origin, value):
    origin.reply("/a", b"x", fields={"Cache-Control": value})
    for _ in range(2):
        assert larder.get("/a").all("Cache-Control") == [value]


def test_no_warning_is_produced(larder, origin, clock):
    """5.5: obsolete; neither for stale answers nor for guesses."""
    origin.reply("/a", b"x", fields={**FRESH, "Last-Modified": "Mon, 06 Jan 2020 10:00:00 GMT"})
    larder.get("/a")
    clock.advance(200_000)
    stale = larder.get("/a", fields={"Cache-Control": "max-stale"})
    assert stale.hit and stale.cache["ttl"] < 0 and stale.field("Warning") is None


def test_directives_of_a_client_are_passed_through(larder, origin):
    """9111 5.2: regardless of their significance here, for the caches beyond."""
    origin.reply("/a", b"x", fields=FRESH)
    larder.get("/a", fields={"Cache-Control": "max-age=10, max-stale=5, x-other", "Pragma": "x"})
    assert origin.last().field("Pragma") is None
    assert origin.last().field("Cache-Control") == "max-age=10, max-stale=5, x-other"


def test_504_of_only_if_cached_is_a_problem_of_ours(larder):
    answer = larder.get("/a", fields={"Cache-Control": "only-if-cached"})
    assert entries(answer.field("Proxy-Status"))[-1].name == "larder"
    assert answer.field("Content-Type") == "application/problem+json"
    assert "no-store" in answer.field("Cache-Control")
