"""Days of age, the turn of dates, and clocks that step (RFC 9111 4.2.3): all under the test clock."""

import calendar
import time
from email.utils import formatdate

import pytest

from harness.origin import Reply
from harness.table import table

HOUR = 3600


def test_three_days_of_age(larder, origin, clock):
    """An hour at a time: Age and ttl move with the clock and add up to the lifetime."""
    origin.reply("/a", b"x", fields={"Cache-Control": "max-age=259200"})
    begun = origin.now()
    larder.get("/a")
    for hours in range(1, 71):
        clock.advance(HOUR)
        hit = larder.get("/a")
        assert hit.hit and hours * HOUR <= hit.age <= origin.now() - begun + 1
        assert abs(hit.age + hit.cache["ttl"] - 259_200) <= 1
    clock.advance(2 * HOUR + 1)
    assert not larder.get("/a").hit
    assert origin.count() == 2


@pytest.mark.parametrize("hours", [24, 25, 48, 24 * 30, 24 * 365])
def test_age_above_a_day(larder, origin, clock, hours):
    origin.reply("/a", b"x", fields={"Cache-Control": "max-age=99999999", "Age": "86399"})
    begun = origin.now()
    larder.get("/a")
    clock.advance(hours * HOUR)
    hit = larder.get("/a")
    assert hit.hit and 86_399 + hours * HOUR <= hit.age <= 86_399 + origin.now() - begun + 1


@table("instant", [
    ("midnight", "2026-12-10 23:59:40"), ("end-of-a-month", "2026-12-31 23:59:40"),
    ("end-of-february", "2027-02-28 23:59:40"), ("leap-day-begins", "2028-02-28 23:59:40"),
    ("leap-day-ends", "2028-02-29 23:59:40"), ("beyond-31-bits", "2038-01-19 03:13:50"),
    ("no-leap-day-in-2100", "2100-02-28 23:59:40"), ("beyond-32-bits", "2106-02-07 06:28:00")])
@pytest.mark.parametrize("form", ["max-age", "expires"])
def test_the_turn_of_dates(larder, origin, clock, instant, form):
    clock.advance(calendar.timegm(time.strptime(instant, "%Y-%m-%d %H:%M:%S")) - origin.now())
    now = origin.now()
    fields = {"Cache-Control": "max-age=60"}
    if form == "expires":
        fields = {"Date": formatdate(now, usegmt=True), "Expires": formatdate(now + 60,
            usegmt=True)}
    origin.reply("/a", b"x", fields=fields)
    larder.get("/a")
    clock.advance(40)
    hit = larder.get("/a")
    assert hit.hit and 40 <= hit.age <= origin.now() - now + 1
    clock.advance(21)
    assert not larder.get("/a").hit


@table("steps", [
    ("back-an-hour", [-HOUR]), ("back-a-day", [-24 * HOUR]), ("back-twice", [-HOUR, -HOUR]),
    ("back-and-forth", [-HOUR, HOUR]), ("forth-and-back", [30, -30]), ("back-a-second", [-1]),
    ("back-30-years", [-30 * 365 * 24 * HOUR])])
def test_a_clock_that_steps_never_makes_younger_than_it_came(larder, origin, clock, steps):
    """4.2.3: nothing is ever younger than its corrected initial age,
    and ttl never above the rest."""
    origin.reply("/a", b"x", fields={"Cache-Control": "max-age=600", "Age": "100"})
    larder.get("/a")
    for step in steps:
        clock.advance(step)
        answer = larder.get("/a")
        assert (answer.status, answer.body) == (200, b"x")
        assert answer.age >= 100 and answer.cache.get("ttl", 0) <= 500


@pytest.mark.parametrize("step", [61, HOUR, 24 * HOUR, 400 * 24 * HOUR])
def test_a_clock_that_steps_forth_makes_stale(larder, origin, clock, step):
    origin.reply("/a", b"x", fields={"Cache-Control": "max-age=60"})
    larder.get("/a")
    clock.advance(step)
    assert not larder.get("/a").hit and origin.count() == 2
    assert larder.get("/a").hit, "what came after the step counts from there"


@pytest.mark.parametrize("step", [-HOUR, -24 * HOUR])
def test_what_is_fetched_after_a_step_back_is_as_good_as_any(larder, origin, clock, step):
    origin.reply("/a", b"x", fields={"Cache-Control": "max-age=60"})
    larder.get("/a")
    clock.advance(step)
    origin.reply("/b", b"y", fields={"Cache-Control": "max-age=60"})
    larder.get("/b")
    assert larder.get("/b").hit
    clock.advance(61)
    assert not larder.get("/b").hit


def test_a_step_back_while_the_answer_is_under_way(larder, origin, clock):
    """A delay below nothing is no delay."""
    origin.reply("/a", script=lambda seen: stepping(clock))
    larder.get("/a")
    hit = larder.get("/a")
    assert hit.body == b"x" and 0 <= hit.age <= HOUR


def stepping(clock):
    clock.advance(-HOUR)
    return Reply(b"x", fields={"Cache-Control": "max-age=60"})
