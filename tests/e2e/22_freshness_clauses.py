"""How long a response is fresh and how old it is, in every form that it can be told (RFC 9111 4.2, 5.1, 5.3)."""

import threading
import time
from email.utils import formatdate

import pytest

from harness.origin import Reply
from harness.table import table

DAY = 86_400
STALL = 20  # seconds that a busy machine may take between two requests


def imf(seconds):
    return formatdate(seconds, usegmt=True)


def since(origin, moment):
    """The seconds that have passed, moved by the clock; and one, since dates and ages are whole ones."""
    return origin.now() - moment + 1


def is_fresh_for(larder, clock, seconds, target="/a"):
    """The next request for it is a hit until then, and not behind."""
    larder.get(target)
    if seconds > 0:
        clock.advance(seconds - STALL)
        assert larder.get(target).hit, f"not fresh for {seconds} s"
        clock.advance(STALL + 1)
    assert not larder.get(target).hit, f"fresh for more than {seconds} s"


@table("fields, seconds", [
    ("4.2.1-leading-zeros", {"Cache-Control": "max-age=0060"}, 60),
    ("4.2.1-quoted-s-maxage", {"Cache-Control": 's-maxage="60", max-age=5'}, 60),
    ("4.2.1-s-maxage-in-capitals", {"Cache-Control": "S-MAXAGE=60, max-age=5"}, 60),
    ("4.2.1-s-maxage-behind", {"Cache-Control": "max-age=5, s-maxage=60"}, 60),
    ("4.2.1-s-maxage-beats-expires", {"Cache-Control": "s-maxage=60", "Expires": "0"}, 60),
    ("4.2.1-max-age-beats-expires", {"Cache-Control": "max-age=60", "Expires": "Thu, 18 Aug 2050 02:01:18 GMT"}, 60),
    ("4.2.1-max-age-0-beats-expires", {"Cache-Control": "max-age=0", "Expires": "Thu, 18 Aug 2050 02:01:18 GMT"}, 0),
    ("4.2.1-s-maxage-0-beats-max-age", {"Cache-Control": "s-maxage=0, max-age=600"}, 0),
    ("5.2-empty-members", {"Cache-Control": ", ,max-age=60,,"}, 60),
    ("5.2-no-blanks", {"Cache-Control": "public,max-age=60,foo"}, 60),
    ("5.2-tabs", {"Cache-Control": "public\t,\tmax-age=60"}, 60),
    ("5.2-second-line", [("Cache-Control", "public"), ("cache-control", "max-age=60")], 60),
    ("5.2-in-anothers-string", {"Cache-Control": 'ext="max-age=5", max-age=60'}, 60),
    ("5.2-in-anothers-list", {"Cache-Control": 'ext="a, max-age=5, no-store", max-age=60'}, 60),
    ("5.2-escaped-quote", {"Cache-Control": 'ext="\\", no-store, \\"", max-age=60'}, 60),
    ("5.2-only-in-anothers-string", {"Cache-Control": 'ext="max-age=60"'}, 0),
    ("5.2.3-longer-name", {"Cache-Control": "x-max-age=5, max-age=60"}, 60),
    ("5.2.3-longer-name-only", {"Cache-Control": "max-ages=60"}, 0),
    ("5.2.3-unknown-with-value", {"Cache-Control": "max-age=60, ext=1, ext2=\"x\""}, 60),
    ("4.2.1-not-a-number", {"Cache-Control": "max-age=abc"}, 0),
    ("4.2.1-no-value", {"Cache-Control": "max-age"}, 0),
    ("4.2.1-empty-value", {"Cache-Control": "max-age="}, 0),
    ("4.2.1-empty-string", {"Cache-Control": 'max-age=""'}, 0),
    ("4.2.1-negative", {"Cache-Control": "max-age=-60"}, 0),
    ("4.2.1-signed", {"Cache-Control": "max-age=+60"}, 0),
    ("4.2.1-fraction", {"Cache-Control": "max-age=60.5"}, 0),
    ("4.2.1-hexadecimal", {"Cache-Control": "max-age=0x3c"}, 0),
    ("4.2.1-unit", {"Cache-Control": "max-age=60s"}, 0),
    ("4.2.1-exponent", {"Cache-Control": "max-age=6e1"}, 0),
    ("4.2.1-single-quotes", {"Cache-Control": "max-age='60'"}, 0),
    ("4.2.1-blank-before-the-value", {"Cache-Control": "max-age= 60"}, 0),
    ("4.2.1-blank-before-the-sign", {"Cache-Control": "max-age =60"}, 0),
    ("4.2.1-colon", {"Cache-Control": "max-age: 60"}, 0),
    ("4.2.1-semicolons-for-commas", {"Cache-Control": "public; max-age=60"}, 0)])
def test_lifetimes(larder, origin, clock, fields, seconds):
    origin.reply("/a", b"x", fields=fields)
    is_fresh_for(larder, clock, seconds)


@table("fields, first", [
    ("4.2.1-two-members-growing", {"Cache-Control": "max-age=10, max-age=60"}, 10),
    ("4.2.1-two-members-shrinking", {"Cache-Control": "max-age=60, max-age=10"}, 60),
    ("4.2.1-two-lines-growing", [("Cache-Control", "max-age=10"), ("Cache-Control", "max-age=60")], 10),
    ("4.2.1-two-s-maxage", {"Cache-Control": "s-maxage=10, s-maxage=60"}, 10),
    ("4.2.1-first-is-bad", {"Cache-Control": "max-age=abc, max-age=60"}, 0),
    ("4.2.1-second-is-bad", {"Cache-Control": "max-age=60, max-age=abc"}, 60)])
def test_of_several_the_first_or_none(larder, origin, clock, fields, first):
    """4.2.1: use the first occurrence, or take the response for stale; never longer."""
    origin.reply("/a", b"x", fields=fields)
    larder.get("/a")
    clock.advance(first + 1)
    assert not larder.get("/a").hit


@pytest.mark.parametrize("number", [2**31 - 1, 2**31, 2**32, 2**63, 10**30])
@pytest.mark.parametrize("directive", ["max-age", "s-maxage"])
def test_a_lifetime_above_what_a_number_holds(larder, origin, clock, directive, number):
    """1.2.2: taken for the greatest that there is, not for a small or a negative one."""
    origin.reply("/a", b"x", fields={"Cache-Control": f"{directive}={number}"})
    begun = origin.now()
    larder.get("/a")
    clock.advance(30 * DAY)
    hit = larder.get("/a")
    assert hit.hit and hit.cache["ttl"] > 0 and 30 * DAY <= hit.age <= since(origin, begun)


# -- Expires (5.3) ------------------------------------------------------------------------------------

FORMS = [
    ("5.6.7-imf-fixdate", "%a, %d %b %Y %H:%M:%S GMT", True),
    ("5.6.7-rfc850", "%A, %d-%b-%y %H:%M:%S GMT", True),
    ("5.6.7-asctime", "%a %b %e %H:%M:%S %Y", True),
    ("5.3-lower-case", "lower %a, %d %b %Y %H:%M:%S GMT", True),
    ("5.3-upper-case", "upper %a, %d %b %Y %H:%M:%S GMT", True),
    ("5.6.7-no-zone", "%a, %d %b %Y %H:%M:%S", False),
    ("5.6.7-other-zone", "%a, %d %b %Y %H:%M:%S CET", False),
    ("5.6.7-zone-in-digits", "%a, %d %b %Y %H:%M:%S +0000", False),
    ("5.6.7-utc", "%a, %d %b %Y %H:%M:%S UTC", False),
    ("5.6.7-two-blanks", "%a,  %d %b %Y %H:%M:%S GMT", False),
    ("5.6.7-no-blank", "%a,%d %b %Y %H:%M:%S GMT", False),
    ("5.6.7-no-weekday", "%d %b %Y %H:%M:%S GMT", False),
    ("5.6.7-two-digits-of-a-year", "%a, %d %b %y %H:%M:%S GMT", False),
    ("5.6.7-month-in-digits", "%a, %d %m %Y %H:%M:%S GMT", False),
    ("5.6.7-no-seconds", "%a, %d %b %Y %H:%M GMT", False),
    ("5.6.7-dots-for-colons", "%a, %d %b %Y %H.%M.%S GMT", False),
    ("5.6.7-twelve-hours", "%a, %d %b %Y %I:%M:%S PM GMT", False),
    ("5.6.7-iso-8601", "%Y-%m-%dT%H:%M:%SZ", False),
    ("5.6.7-dirt-behind", "%a, %d %b %Y %H:%M:%S GMT+1", False),
    ("5.6.7-hyphens-and-four-digits", "%a, %d-%b-%Y %H:%M:%S GMT", False)]


@table("form, valid", FORMS)
def test_expires_in_all_forms(larder, origin, clock, form, valid):
    """Strict in form, lenient in letter case; what is invalid is a time in the past (5.3)."""
    change, _, rest = form.partition(" ")
    text = time.strftime(rest if change in ("lower", "upper") else form,
        time.gmtime(origin.now() + 60))
    text = {"lower": text.lower(), "upper": text.upper()}.get(change, text)
    origin.reply("/a", b"x", fields={"Expires": text})
    is_fresh_for(larder, clock, 60 if valid else 0)


@table("value", [
    ("zero", "0"), ("minus-one", "-1"), ("empty", ""), ("word", "never"), ("seconds", "3600"),
    ("day-32", "Thu, 32 Aug 2050 02:01:18 GMT"), ("day-0", "Thu, 00 Aug 2050 02:01:18 GMT"),
    ("hour-25", "Thu, 18 Aug 2050 25:01:18 GMT"), ("minute-60", "Thu, 18 Aug 2050 02:60:18 GMT"),
    ("second-62", "Thu, 18 Aug 2050 02:01:62 GMT"), ("month-unknown", "Thu, 18 Foo 2050 02:01:18 GMT"),
    ("february-30", "Wed, 30 Feb 2050 02:01:18 GMT"), ("one-digit-day", "Thu, 8 Aug 2050 02:01:18 GMT"),
    ("one-digit-hour", "Thu, 18 Aug 2050 2:01:18 GMT"), ("quoted", '"Thu, 18 Aug 2050 02:01:18 GMT"'),
    ("year-of-five-digits", "Thu, 18 Aug 20500 02:01:18 GMT"),
    ("two-of-them", "Thu, 18 Aug 2050 02:01:18 GMT, Thu, 18 Aug 2050 02:01:18 GMT")])
def test_an_invalid_expires_is_the_past(larder, origin, clock, value):
    origin.reply("/a", b"x", fields={"Expires": value,
        "Last-Modified": "Mon, 06 Jan 2020 10:00:00 GMT"})
    is_fresh_for(larder, clock, 0)


@table("date, expires, seconds", [
    ("5.3-relative-to-date-ahead", 3600, 3660, 60), ("5.3-relative-to-date-behind", -30, 60, 60),
    ("5.3-date-behind-and-over", -100, -40, 0), ("5.3-equal-to-date", 0, 0, 0), ("5.3-before-date", 0, -1, 0),
    ("5.3-date-far-ahead-expires-now", 3600, 60, 0), ("4.2.3-age-counts", -50, 40, 40)])
def test_expires_counts_from_date(larder, origin, clock, date, expires, seconds):
    now = origin.now()
    origin.reply("/a", b"x", fields={"Date": imf(now + date), "Expires": imf(now + expires)})
    is_fresh_for(larder, clock, seconds)


@table("date", [("no-date", None), ("a-date-that-is-none", "yesterday")])
def test_expires_without_date_counts_from_the_receipt(larder, origin, clock, date):
    """9110 6.6.1: a recipient with a clock takes the time of receipt for a missing Date."""
    fields = {"Expires": imf(origin.now() + 60)}
    origin.reply("/a", b"x", fields={**fields, **({"Date": date} if date else {})}, date=False)
    is_fresh_for(larder, clock, 60)


@table("lines, seconds", [("earlier-first", (10, 60), 10), ("later-first", (60, 10), 60)])
def test_two_expires(larder, origin, clock, lines, seconds):
    now = origin.now()
    origin.reply("/a", b"x", fields=[("Expires", imf(now + offset)) for offset in lines])
    larder.get("/a")
    clock.advance(seconds + 1)
    assert not larder.get("/a").hit


# -- Age (5.1, 4.2.3) ---------------------------------------------------------------------------------

@table("lines, taken", [
    ("5.1-plain", ["30"], 30), ("5.1-zero", ["0"], 0), ("5.1-leading-zeros", ["0030"], 30),
    ("5.1-list-takes-the-first", ["30, 50"], 30), ("5.1-list-shrinking", ["50, 30"], 50),
    ("5.1-lines-take-the-first", ["30", "50"], 30), ("5.1-lines-shrinking", ["50", "30"], 50),
    ("5.1-bad-second", ["30, abc"], 30), ("5.1-bad-first-is-ignored", ["abc, 30"], 0),
    ("5.1-not-a-number", ["abc"], 0), ("5.1-negative", ["-30"], 0), ("5.1-signed", ["+30"], 0),
    ("5.1-fraction", ["30.5"], 0), ("5.1-quoted", ['"30"'], 0), ("5.1-hexadecimal", ["0x1e"], 0),
    ("5.1-unit", ["30s"], 0), ("5.1-empty", [""], 0), ("5.1-two-numbers", ["30 50"], 0),
    ("5.1-parameter", ["30;x=1"], 0)])
def test_age_in_all_forms(larder, origin, lines, taken):
    """An invalid Age is ignored, of a list only the first member counts."""
    origin.reply("/a", b"x", fields=[("Cache-Control", "max-age=600"),
        *(("Age", one) for one in lines)])
    begun = origin.now()
    larder.get("/a")
    hit = larder.get("/a")
    assert hit.hit and len(hit.all("Age")) == 1
    most = since(origin, begun)
    assert taken <= hit.age <= taken + most
    assert 600 - taken - most <= hit.cache["ttl"] <= 600 - taken


@pytest.mark.parametrize("age", [61, 2**31 - 1, 2**31, 2**32 + 5, 2**64 + 5, 10**30])
def test_a_great_age_is_great(larder, origin, age):
    origin.reply("/a", b"x", fields={"Cache-Control": "max-age=60", "Age": str(age)})
    assert not larder.get("/a").hit and not larder.get("/a").hit
    assert origin.count() == 2


@table("date, age, taken", [
    ("4.2.3-apparent-age-wins", -40, 10, 40), ("4.2.3-age-value-wins", -10, 40, 40),
    ("4.2.3-date-ahead-is-age-0", 500, 0, 0), ("4.2.3-date-ahead-and-age", 500, 30, 30)])
def test_age_of_date_and_age(larder, origin, date, age, taken):
    begun = origin.now()
    origin.reply("/a", b"x", fields={"Cache-Control": "max-age=600",
        "Date": imf(begun + date),
        "Age": str(age)})
    larder.get("/a")
    assert taken <= larder.get("/a").age <= taken + since(origin, begun)


@table("age", [("4.2.3-without-age", None), ("4.2.3-with-age", "30")])
def test_the_time_that_the_answer_took_is_age(larder, origin, clock, age):
    """response_delay: the origin's word may be as old as the request."""
    gate, begun = threading.Event(), origin.now()
    origin.reply("/a", b"x", hold=gate, fields={"Cache-Control": "max-age=600", **({"Age": age}
        if age else {})})
    with larder.client() as client:
        client.ask("/a")
        origin.wait_for(1, "/a")
        clock.advance(40)
        gate.set()
        assert client.response().body == b"x"
    told = int(age or 0)
    assert told + 40 <= larder.get("/a").age <= told + since(origin, begun)


def test_age_is_told_of_what_others_stored(larder, origin):
    """5.1: who passes an aged response on tells an Age no smaller."""
    origin.reply("/a", b"x", fields={"Cache-Control": "max-age=600", "Age": "30"})
    begun = origin.now()
    assert 30 <= larder.get("/a").age <= 30 + since(origin, begun)


# -- heuristics (4.2.2) ----------------------------------------------------------------------------------

@pytest.mark.parametrize("status", [200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501])
def test_statuses_that_allow_a_guess(larder, origin, status):
    """9110 15.1"""
    origin.reply("/a", b"" if status == 204 else b"x", status=status,
        fields={"Last-Modified": imf(origin.now() - 10_000)})
    larder.get("/a")
    assert larder.get("/a").hit and origin.count() == 1


@pytest.mark.parametrize("status", [201, 202, 207, 299, 302, 303, 307, 400, 401, 403, 406, 409, 429, 451,
    500, 502, 503, 504, 599])
def test_statuses_that_do_not(larder, origin, status):
    origin.reply("/a", b"x", status=status, fields={"Last-Modified": imf(origin.now() - 10_000)},
        validates=False)
    larder.get("/a")
    assert not larder.get("/a").hit and origin.count() == 2


@pytest.mark.parametrize("status", [302, 307, 403, 201])
def test_statuses_that_public_allows_a_guess_for(larder, origin, status):
    """4.2.2: explicitly marked as cacheable, e.g. with public."""
    origin.reply("/a", b"x", status=status,
        fields={"Last-Modified": imf(origin.now() - 10_000), "Cache-Control": "public"})
    larder.get("/a")
    assert larder.get("/a").hit and origin.count() == 1


@table("fields, modified", [
    ("max-age-0", {"Cache-Control": "max-age=0"}, -10_000), ("s-maxage-0", {"Cache-Control": "s-maxage=0"}, -10_000),
    ("no-cache", {"Cache-Control": "no-cache"}, -10_000), ("no-store", {"Cache-Control": "no-store"}, -10_000),
    ("private", {"Cache-Control": "private"}, -10_000), ("bad-max-age", {"Cache-Control": "max-age=x"}, -10_000),
    ("modified-in-the-future", {}, 10_000), ("modified-just-now", {}, 0)])
def test_no_guess_where_there_is_no_room_for_one(larder, origin, fields, modified):
    now = origin.now()
    origin.reply("/a", b"x", fields={"Date": imf(now), **fields, "Last-Modified": imf(now + modified)},
        validates=False, date=False)
    larder.get("/a")
    assert not larder.get("/a").hit and origin.count() == 2


def test_a_last_modified_that_is_no_date_guesses_nothing(larder, origin):
    origin.reply("/a", b"x", fields={"Last-Modified": "long ago"}, validates=False)
    larder.get("/a")
    assert not larder.get("/a").hit


@pytest.mark.parametrize("target", ["/a?x=1", "/cgi-bin/a"])
def test_a_guess_does_not_look_at_the_target(larder, origin, target):
    origin.reply(target, b"x", fields={"Last-Modified": imf(origin.now() - 10_000)})
    larder.get(target)
    assert larder.get(target).hit


def test_heuristics_can_be_turned_off(start, origin):
    larder = start({"cache": {"heuristic": {"percent": "0%"}}})
    origin.reply("/a", b"x", fields={"Last-Modified": imf(origin.now() - 10_000)}, validates=False)
    larder.get("/a")
    assert not larder.get("/a").hit


def test_directives_that_give_no_lifetime_leave_room_for_a_guess(larder, origin):
    origin.replies("/a", Reply(b"x", fields={"Last-Modified": imf(origin.now() - 10_000),
        "Cache-Control": "must-revalidate, no-transform, ext=1"}))
    larder.get("/a")
    assert larder.get("/a").hit
