"""Fields that speak to this cache alone, in their order and with their rules for errors (RFC 9213)."""

import pytest

from harness.origin import Reply
from harness.table import table

OLD = {"Last-Modified": "Mon, 06 Jan 2020 10:00:00 GMT"}
OURS, CDN, OLDER, PLAIN = "larder-cache-control", "CDN-Cache-Control", "Surrogate-Control", "Cache-Control"


@table("fields, seconds", [
    ("2.2-cdn-over-plain", {CDN: "max-age=60", PLAIN: "max-age=5"}, 60),
    ("2.2-cdn-over-longer", {CDN: "max-age=5", PLAIN: "max-age=60"}, 5),
    ("2.2-cdn-over-no-store", {CDN: "max-age=60", PLAIN: "no-store"}, 60),
    ("2.2-cdn-over-private", {CDN: "max-age=60", PLAIN: "private"}, 60),
    ("2.2-cdn-over-no-cache", {CDN: "max-age=60", PLAIN: "no-cache, max-age=5"}, 60),
    ("2.2-cdn-over-s-maxage", {CDN: "max-age=60", PLAIN: "s-maxage=5"}, 60),
    ("2.2-cdn-over-expires", {CDN: "max-age=60", "Expires": "0"}, 60),
    ("2.2-cdn-alone", {CDN: "max-age=60"}, 60),
    ("2.2-no-store", {CDN: "no-store", PLAIN: "max-age=60"}, 0), ("2.2-private", {CDN: "private", PLAIN: "max-age=60"}, 0),
    ("2.2-no-cache", {CDN: "no-cache", PLAIN: "max-age=60"}, 0), ("2.2-max-age-0", {CDN: "max-age=0", PLAIN: "max-age=60"}, 0),
    ("2.2-no-store-beats-its-max-age", {CDN: "max-age=60, no-store"}, 0),
    ("2.2-no-cache-beats-its-max-age", {CDN: "max-age=60, no-cache"}, 0),
    ("2.2-s-maxage", {CDN: "s-maxage=60, max-age=5"}, 60), ("2.2-extension-is-ignored", {CDN: "max-age=60, ext=1, x"}, 60),
    ("2.1-parameters-are-ignored", {CDN: "max-age=60;ext=1;x", PLAIN: "max-age=5"}, 60),
    ("2.1-blanks", {CDN: "  max-age=60 ,\tpublic ", PLAIN: "max-age=5"}, 60),
    ("2.1-last-of-a-dictionary", {CDN: "max-age=5, max-age=60"}, 60),
    ("2.1-two-lines", [(CDN, "public"), (CDN, "max-age=60"), (PLAIN, "max-age=5")], 60),
    ("3.1-none-is-a-field-that-says-nothing", {CDN: "none", PLAIN: "max-age=60"}, 0),
    ("3.1-none-ignores-expires", {CDN: "none", "Expires": "Thu, 18 Aug 2050 02:01:18 GMT"}, 0),
    ("2.1-empty-is-ignored", {CDN: "", PLAIN: "max-age=60"}, 60), ("2.1-blank-is-ignored", {CDN: "  ", PLAIN: "max-age=60"}, 60),
    ("2.1-comma-at-the-end", {CDN: "max-age=5,", PLAIN: "max-age=60"}, 60),
    ("2.1-empty-member", {CDN: "max-age=5,,public", PLAIN: "max-age=60"}, 60),
    ("2.1-comma-in-front", {CDN: ",max-age=5", PLAIN: "max-age=60"}, 60),
    ("2.1-capitals-are-no-key", {CDN: "Max-Age=5", PLAIN: "max-age=60"}, 60),
    ("2.1-no-value-behind-equals", {CDN: "max-age=", PLAIN: "max-age=60"}, 60),
    ("2.1-blank-behind-equals", {CDN: "max-age= 5", PLAIN: "max-age=60"}, 60),
    ("2.1-quote-without-end", {CDN: 'ext="x, max-age=5', PLAIN: "max-age=60"}, 60),
    ("2.1-semicolons-for-commas", {CDN: "max-age=5; Public", PLAIN: "max-age=60"}, 60),
    ("2.1-control-character-in-a-string", {CDN: 'ext="\t", max-age=5', PLAIN: "max-age=60"}, 60),
    ("2.1-integer-too-long", {CDN: "max-age=1234567890123456", PLAIN: "max-age=60"}, 60),
    ("2.1-bad-no-store-is-ignored-too", {CDN: "no-store,", PLAIN: "max-age=60"}, 60),
    ("2.1-max-age-as-string", {CDN: 'max-age="60"', PLAIN: "max-age=60"}, 0),
    ("2.1-max-age-as-decimal", {CDN: "max-age=60.0", PLAIN: "max-age=60"}, 0),
    ("2.1-max-age-as-boolean", {CDN: "max-age", PLAIN: "max-age=60"}, 0),
    ("2.1-max-age-negative", {CDN: "max-age=-60", PLAIN: "max-age=60"}, 0),
    ("2.1-max-age-as-token", {CDN: "max-age=abc", PLAIN: "max-age=60"}, 0),
    ("2.2-ours-first", {OURS: "max-age=60", CDN: "max-age=5", PLAIN: "no-store"}, 60),
    ("2.2-ours-forbids", {OURS: "no-store", CDN: "max-age=60", PLAIN: "max-age=60"}, 0),
    ("2.2-ours-alone", {OURS: "max-age=60"}, 60), ("2.2-ours-in-other-letters", {"LARDER-Cache-Control": "max-age=60", PLAIN: "no-store"}, 60),
    ("2.2-bad-ours-then-cdn", {OURS: "max-age=,", CDN: "max-age=60", PLAIN: "max-age=5"}, 60),
    ("2.2-empty-ours-then-cdn", {OURS: "", CDN: "max-age=60", PLAIN: "max-age=5"}, 60),
    ("2.2-bad-ours-bad-cdn-then-plain", {OURS: "=", CDN: "=", PLAIN: "max-age=60"}, 60),
    ("2.2-ours-over-older", {OURS: "max-age=60", OLDER: "max-age=5"}, 60),
    ("2.2-not-on-the-list", {"Other-Cache-Control": "max-age=5", "X-CDN-Cache-Control": "no-store", PLAIN: "max-age=60"}, 60),
    ("2.4-the-suffix-alone-is-nothing", {"Example-Cache-Control": "no-store", PLAIN: "max-age=60"}, 60),
    ("older-over-plain", {OLDER: "max-age=60", PLAIN: "max-age=5"}, 60), ("older-over-no-store", {OLDER: "max-age=60", PLAIN: "no-store"}, 60),
    ("older-over-private", {OLDER: "max-age=60", PLAIN: "private"}, 60), ("older-over-expires", {OLDER: "max-age=60", "Expires": "0"}, 60),
    ("older-forbids", {OLDER: "no-store", PLAIN: "max-age=60"}, 0), ("older-behind-cdn", {CDN: "max-age=60", OLDER: "max-age=5"}, 60),
    ("older-behind-cdn-that-forbids", {CDN: "no-store", OLDER: "max-age=60"}, 0),
    ("older-with-content", {OLDER: 'content="ESI/1.0", max-age=60', PLAIN: "max-age=5"}, 60)])
def test_which_field_decides(larder, origin, clock, fields, seconds):
    origin.reply("/a", b"x", fields=fields, validates=False)
    larder.get("/a")
    if seconds:
        clock.advance(seconds - 4)
        assert larder.get("/a").hit, "not fresh so long"
        clock.advance(5)
    assert not larder.get("/a").hit


def test_none_leaves_room_for_a_guess(larder, origin):
    """3.1: Cache-Control: no-store beside CDN-Cache-Control: none prevents the others only."""
    origin.reply("/a", b"x", fields={**OLD, CDN: "none", PLAIN: "no-store"})
    larder.get("/a")
    assert larder.get("/a").hit


@table("fields, shown", [("ours", {OURS: "max-age=60"}, {OURS: None}), ("older", {OLDER: "max-age=60"}, {OLDER: None}),
    ("cdn", {CDN: "max-age=60"}, {CDN: "max-age=60"}),
    ("all", {OURS: "max-age=60", CDN: "no-store", OLDER: "no-store", PLAIN: "private", "Expires": "0"},
        {OURS: None, CDN: "no-store", OLDER: None, PLAIN: "private", "Expires": "0"}),
    ("not-stored", {OURS: "no-store", OLDER: "max-age=60"}, {OURS: None, OLDER: None}),
    ("bad-ones", {OURS: ",", OLDER: ",", CDN: ",", PLAIN: "max-age=60"}, {OURS: None, OLDER: None, CDN: ",", PLAIN: "max-age=60"}),
    ("of-others", {"Example-Cache-Control": "x", PLAIN: "max-age=60"}, {"Example-Cache-Control": "x"})])
def test_what_is_for_us_ends_here(larder, origin, fields, shown):
    """2.2: what is not on our list is passed through, as is what caches behind us may read."""
    origin.reply("/a", b"x", fields=fields)
    for _ in range(2):
        answer = larder.get("/a")
        for name, value in shown.items():
            assert answer.field(name) == value


@pytest.mark.parametrize("method", ["POST", "OPTIONS"])
def test_what_is_for_us_ends_here_uncached_too(larder, origin, method):
    origin.reply("/a", b"x", fields={OURS: "max-age=60", OLDER: "max-age=60", CDN: "max-age=60"})
    answer = larder.get("/a", method=method)
    assert answer.field(OURS) is None and answer.field(OLDER) is None
    assert answer.field(CDN) == "max-age=60"


@table("directives, hit", [("stale-while-revalidate", "max-age=10, stale-while-revalidate=60", True),
    ("must-revalidate", "max-age=10, stale-while-revalidate=60, must-revalidate", False)])
def test_other_directives_count_there_too(larder, origin, clock, directives, hit):
    origin.reply("/a", b"x", fields={CDN: directives, PLAIN: "no-store"})
    larder.get("/a")
    clock.advance(20)
    assert larder.get("/a").hit is hit


def test_must_revalidate_of_a_field_that_is_overruled(larder, origin, clock):
    """2.2: Cache-Control MUST be ignored, its prohibitions included."""
    origin.reply("/a", b"old", fields={CDN: "max-age=10, stale-if-error=60",
        PLAIN: "must-revalidate, no-cache"})
    larder.get("/a")
    clock.advance(20)
    origin.reply("/a", b"oops", status=503)
    assert larder.get("/a").body == b"old"


@pytest.mark.parametrize("directive, hit", [("public", True), ("must-revalidate", True), ("s-maxage=60", True), ("x", False)])
def test_authorization_looks_there_too(larder, origin, directive, hit):
    """9111 3.5, with the semantics of the field that was selected."""
    origin.reply("/a", b"x", fields={CDN: f"max-age=60, {directive}", PLAIN: "private"})
    token = {"Authorization": "Bearer x"}
    larder.get("/a", fields=token)
    assert larder.get("/a", fields=token).hit is hit


def test_a_304_may_bring_another_one(larder, origin, clock):
    origin.reply("/a", b"x", fields={CDN: "max-age=10", "ETag": '"v1"', PLAIN: "max-age=600"},
        not_modified={CDN: "max-age=100", "ETag": '"v1"'})
    larder.get("/a")
    clock.advance(11)
    assert not larder.get("/a").hit
    clock.advance(90)
    assert larder.get("/a").hit


def test_what_was_for_us_is_not_lost_by_storing(larder, origin, clock):
    """A 304 without it: the stored one still decides (9111 3.2)."""
    origin.replies("/a", Reply(b"x", fields={OURS: "max-age=10", "ETag": '"v1"',
        PLAIN: "max-age=600"}),
        Reply(b"", 304, {"ETag": '"v1"'}))
    larder.get("/a")
    clock.advance(11)
    larder.get("/a")
    clock.advance(5)
    assert larder.get("/a").hit
    clock.advance(6)
    assert not larder.get("/a").hit
