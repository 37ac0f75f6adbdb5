"""What is stored, for how long it is fresh, and for whom (RFC 9111 3, 4, 5). Time is the test clock's."""

from email.utils import formatdate

import pytest

from harness.origin import Reply

DAY = 86_400


def dated(origin, **offsets):
    """Date now, and other date fields seconds away from it."""
    now = origin.now()
    return {name.replace("_", "-"): formatdate(now + seconds, usegmt=True)
        for name, seconds in offsets.items()}


# name, response fields, seconds for which it is fresh
LIFETIMES = [
    ("max-age", {"Cache-Control": "max-age=60"}, 60),
    ("max-age-of-many", {"Cache-Control": "public, max-age=60, foo=bar"}, 60),
    ("s-maxage-wins", {"Cache-Control": "max-age=600, s-maxage=60"}, 60),
    ("s-maxage-wins-over-none", {"Cache-Control": "s-maxage=60, max-age=0"}, 60),
    ("case-does-not-matter", {"cache-control": "MAX-AGE=60"}, 60),
    ("quoted", {"Cache-Control": 'max-age="60"'}, 60),
    ("two-fields", [("Cache-Control", "public"), ("Cache-Control", "max-age=60")], 60),
    ("unknown-directive", {"Cache-Control": "max-age=60, no-storage, private-ish"}, 60),
    ("age-of-the-origin", {"Cache-Control": "max-age=100", "Age": "40"}, 60),
    ("must-revalidate", {"Cache-Control": "max-age=60, must-revalidate"}, 60),
    ("proxy-revalidate", {"Cache-Control": "max-age=60, proxy-revalidate"}, 60),
    ("huge", {"Cache-Control": "max-age=99999999999999999999"}, 365 * DAY),
]


@pytest.mark.parametrize("fields, seconds", [row[1:] for row in LIFETIMES],
    ids=[row[0] for row in LIFETIMES])
def test_fresh_until_then(larder, origin, clock, fields, seconds):
    origin.reply("/a", b"x", fields=fields)
    assert larder.get("/a").cache.get("stored") is True
    clock.advance(seconds - 20)
    assert larder.get("/a").hit
    assert origin.count() == 1
    if seconds == 60:
        clock.advance(21)
        assert not larder.get("/a").hit
        assert origin.count() == 2


def test_expires(larder, origin, clock):
    origin.reply("/a", b"x", fields=dated(origin, Date=0, Expires=60))
    larder.get("/a")
    clock.advance(40)
    assert larder.get("/a").hit
    clock.advance(21)
    assert not larder.get("/a").hit


def test_max_age_wins_over_expires(larder, origin, clock):
    origin.reply("/a", b"x", fields={**dated(origin, Date=0, Expires=-9), "Cache-Control": "max-age=60"})
    larder.get("/a")
    assert larder.get("/a").hit


def test_date_tells_the_age(larder, origin):
    begun = origin.now()
    origin.reply("/a", b"x", fields={**dated(origin, Date=-40), "Cache-Control": "max-age=60"})
    larder.get("/a")
    hit = larder.get("/a")
    assert hit.hit and 40 <= hit.age <= 40 + origin.now() - begun + 1
    origin.reply("/b", b"x", fields={**dated(origin, Date=-70), "Cache-Control": "max-age=60"})
    larder.get("/b")
    assert not larder.get("/b").hit


def test_heuristic(larder, origin, clock):
    """A tenth of the time since Last-Modified, a day at most (RFC 9111 4.2.2)."""
    origin.reply("/young", b"x", fields=dated(origin, Date=0, Last_Modified=-10_000))
    origin.reply("/old", b"x", fields=dated(origin, Date=0, Last_Modified=-1000 * DAY))
    for target in ("/young", "/old"):
        larder.get(target)
        assert larder.get(target).hit
    clock.advance(990)
    assert larder.get("/young").hit
    clock.advance(20)
    assert not larder.get("/young").hit
    clock.advance(DAY - 1200)
    assert larder.get("/old").hit
    clock.advance(300)
    assert not larder.get("/old").hit


NEVER = [
    ("no-store", {"Cache-Control": "no-store"}),
    ("no-store-and-max-age", {"Cache-Control": "max-age=60, no-store"}),
    ("private", {"Cache-Control": "private, max-age=60"}),
    ("vary-any", {"Cache-Control": "max-age=60", "Vary": "*"}),
    ("vary-any-in-a-list", {"Cache-Control": "max-age=60", "Vary": "Accept, *"}),
    ("set-cookie", {"Cache-Control": "max-age=60", "Set-Cookie": "session=1"}),
    ("nothing", {}),
    ("etag-only", {"ETag": '"e"'}),
    ("max-age-0", {"Cache-Control": "max-age=0"}),
    ("s-maxage-0", {"Cache-Control": "s-maxage=0, max-age=60"}),
    ("no-cache", {"Cache-Control": "no-cache, max-age=60"}),
    ("expires-0", {"Expires": "0"}),
    ("expires-bad", {"Expires": "tomorrow"}),
    ("age-above-lifetime", {"Cache-Control": "max-age=60", "Age": "61"}),
]


@pytest.mark.parametrize("fields", [row[1] for row in NEVER], ids=[row[0] for row in NEVER])
def test_never_reused_without_asking(larder, origin, fields):
    origin.replies("/a", Reply(b"first", fields=fields, validates=False),
        Reply(b"second", fields=fields, validates=False))
    assert larder.get("/a").body == b"first"
    again = larder.get("/a")
    assert again.body == b"second" and not again.hit
    assert origin.count() == 2


@pytest.mark.parametrize("status", [200, 404, 500, 503, 302])
def test_no_lifetime_is_invented(larder, origin, status):
    origin.reply("/a", b"x", status=status)
    for count in (1, 2):
        assert larder.get("/a").status == status
        assert origin.count() == count


def test_a_partial_answer_is_not_stored(larder, origin):
    """An origin that answers 206 to a request without Range, or with."""
    def ranged(seen):
        if seen.field("Range"):
            return Reply(b"23", 206, {"Cache-Control": "max-age=60", "Content-Range": "bytes 2-3/6"})
        return Reply(b"012345", fields={"Cache-Control": "max-age=60"})
    origin.reply("/a", script=ranged)
    part = larder.get("/a", fields={"Range": "bytes=2-3"})
    assert (part.status, part.body) in ((206, b"23"), (200, b"012345"))
    whole = larder.get("/a")
    assert (whole.status, whole.body) == (200, b"012345")


# -- Vary -------------------------------------------------------------------------------------


def by_language(seen):
    return Reply((seen.field("Accept-Language") or "none").encode(),
        fields={"Cache-Control": "max-age=60", "Vary": "Accept-Language"})


def test_variants_live_side_by_side(larder, origin):
    origin.reply("/a", script=by_language)
    requests = [{"Accept-Language": "en"}, {"Accept-Language": "de"}, {}]
    first = [larder.get("/a", fields=fields) for fields in requests]
    assert [answer.cache["fwd"] for answer in first] == ["uri-miss", "vary-miss", "vary-miss"]
    for _ in range(2):
        second = [larder.get("/a", fields=fields) for fields in requests]
        assert all(answer.hit for answer in second)
        assert [answer.body for answer in second] == [b"en", b"de", b"none"]
    assert origin.count() == 3


def test_values_that_mean_the_same_select_the_same(larder, origin):
    origin.reply("/a", script=by_language)
    larder.get("/a", fields={"Accept-Language": "en, de"})
    assert larder.get("/a", fields={"Accept-Language": "en,de"}).hit
    assert larder.get("/a", fields=[("Accept-Language", "en"), ("Accept-Language", "de")]).hit
    assert not larder.get("/a", fields={"Accept-Language": "de, en"}).hit


# -- Authorization ------------------------------------------------------------------------------

TOKEN = {"Authorization": "Bearer secret"}


def test_authorised_answers_are_not_shared(larder, origin):
    origin.reply("/a", script=lambda seen: Reply(
        (seen.field("Authorization") or "nobody").encode(), fields={"Cache-Control": "max-age=60"}))
    assert larder.get("/a", fields=TOKEN).body == b"Bearer secret"
    assert larder.get("/a").body == b"nobody"
    assert larder.get("/a", fields=TOKEN).body == b"Bearer secret"
    assert larder.get("/a", fields={"Authorization": "Bearer other"}).body == b"Bearer other"


@pytest.mark.parametrize("directive", ["public", "s-maxage=60", "must-revalidate"])
def test_authorised_answers_that_may_be_shared(larder, origin, directive):
    """RFC 9111 3.5"""
    origin.reply("/a", b"x", fields={"Cache-Control": f"max-age=60, {directive}"})
    larder.get("/a", fields=TOKEN)
    assert larder.get("/a", fields=TOKEN).hit
    assert larder.get("/a").hit
    assert origin.count() == 1


def test_credentials_are_not_told(larder, origin):
    origin.reply("/a", b"x", fields={"Cache-Control": "max-age=60"})
    response = larder.get("/a?api_key=hidden", fields=TOKEN)
    assert "secret" not in response.field("Cache-Status")
    assert "hidden" not in response.field("Cache-Status")


# -- what requests ask for (RFC 9111 5.2.1) -----------------------------------------------------


@pytest.fixture
def stored(larder, origin):
    """A response that is 30 s old and fresh for 30 more."""
    origin.reply("/a", b"x", fields={"Cache-Control": "max-age=60", "Age": "30"})
    larder.get("/a")
    return larder


@pytest.mark.parametrize("fields, hit", [
    ({"Cache-Control": "no-cache"}, False),
    ({"Pragma": "no-cache"}, False),
    ({"Cache-Control": "max-age=0"}, False),
    ({"Cache-Control": "max-age=20"}, False),
    ({"Cache-Control": "max-age=50"}, True),
    ({"Cache-Control": "min-fresh=40"}, False),
    ({"Cache-Control": "min-fresh=10"}, True),
    ({"Cache-Control": "only-if-cached"}, True),
    ({"Cache-Control": "max-stale"}, True),
    ({"Cache-Control": "nonsense"}, True),
], ids=lambda value: str(value))
def test_request_directives(stored, origin, fields, hit):
    response = stored.get("/a", fields=fields)
    assert response.body == b"x" and response.hit is hit
    assert origin.count() == (1 if hit else 2)
    if not hit:
        assert response.cache["fwd"] == "request"


def test_only_if_cached_never_asks(larder, origin):
    response = larder.get("/a", fields={"Cache-Control": "only-if-cached"})
    assert response.status == 504
    assert response.field("Content-Type") == "application/problem+json"
    assert response.field("Proxy-Status").startswith("larder")
    assert origin.count() == 0


def test_a_request_can_forbid_storing(larder, origin):
    origin.reply("/a", b"x", fields={"Cache-Control": "max-age=60"})
    larder.get("/a", fields={"Cache-Control": "no-store"})
    assert not larder.get("/a").hit
    assert origin.count() == 2


def test_stale_for_who_takes_it(larder, origin, clock):
    origin.reply("/a", b"x", fields={"Cache-Control": "max-age=60"})
    origin.reply("/strict", b"x", fields={"Cache-Control": "max-age=60, must-revalidate"})
    larder.get("/a"), larder.get("/strict")
    clock.advance(90)
    stale = larder.get("/a", fields={"Cache-Control": "max-stale=60"})
    assert stale.hit and stale.cache["ttl"] < 0 and stale.age >= 90
    assert not larder.get("/strict", fields={"Cache-Control": "max-stale=60"}).hit
    assert origin.count("/a") == 1
    assert not larder.get("/a", fields={"Cache-Control": "max-stale=10"}).hit


# -- time -----------------------------------------------------------------------------------------


def test_a_clock_that_steps_back(larder, origin, clock):
    origin.reply("/a", b"x", fields={"Cache-Control": "max-age=60", "Age": "10"})
    larder.get("/a")
    clock.advance(-7200)
    hit = larder.get("/a")
    assert hit.status == 200
    assert hit.age >= 10 if hit.hit else hit.age >= 0
    clock.advance(7200 + 51)
    assert not larder.get("/a").hit


@pytest.mark.parametrize("date", ["yesterday", "", "Thu, 01 Jan 1970 00:00:00 GMT"])
def test_a_strange_date(larder, origin, date):
    origin.reply("/a", b"x", fields={"Cache-Control": "max-age=60", "Date": date})
    for _ in range(2):
        assert larder.get("/a").status == 200


def test_a_response_without_date_gets_one(larder, origin):
    origin.reply("/a", b"x", fields={"Cache-Control": "max-age=60"}, date=False)
    larder.get("/a")
    hit = larder.get("/a")
    assert hit.hit and len(hit.all("Date")) == 1
