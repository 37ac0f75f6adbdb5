"""Ranges of what is stored as a whole: single, several, none that fits, If-Range (RFC 9110 14, 13.1.5)."""

from email.utils import formatdate

import pytest

from harness.partial import parts
from harness.table import table

MODIFIED = "Mon, 06 Jan 2025 10:00:00 GMT"
BODY = b"0123456789"
FIELDS = {"Cache-Control": "max-age=60", "ETag": '"v1"', "Last-Modified": MODIFIED,
    "Content-Type": "text/plain", "Vary": "Accept", "Content-Location": "/b", "X-A": "1"}


@pytest.fixture
def stored(larder, origin):
    origin.reply("/a", BODY, fields=FIELDS)
    larder.get("/a")
    return larder


def get(larder, value, **fields):
    return larder.get("/a", fields={"Range": value, **{name.replace("_", "-"): text
        for name, text in fields.items()}})


# -- one range ---------------------------------------------------------------------------------------------

@table("value, first, last", [
    ("14.1.2-first-byte", "bytes=0-0", 0, 0), ("14.1.2-last-byte", "bytes=9-9", 9, 9), ("14.1.2-middle", "bytes=2-5", 2, 5),
    ("14.1.2-all", "bytes=0-9", 0, 9), ("14.1.2-open", "bytes=5-", 5, 9), ("14.1.2-open-from-0", "bytes=0-", 0, 9),
    ("14.1.2-open-last", "bytes=9-", 9, 9), ("14.1.2-suffix", "bytes=-3", 7, 9), ("14.1.2-suffix-of-all", "bytes=-10", 0, 9),
    ("14.1.2-suffix-longer", "bytes=-11", 0, 9), ("14.1.2-end-behind", "bytes=4-10", 4, 9),
    ("14.1.2-end-far-behind", "bytes=4-4096", 4, 9), ("14.1.2-leading-zeros", "bytes=002-005", 2, 5),
    ("14.1-unit-in-capitals", "Bytes=2-5", 2, 5), ("14.1.1-empty-members", "bytes=,2-5,", 2, 5),
    ("14.1.1-blanks-around", "bytes= 2-5 ", 2, 5),
    ("14.1.2-end-above-64-bits", "bytes=4-99999999999999999999", 4, 9),
    ("14.1.2-suffix-above-64-bits", "bytes=-99999999999999999999", 0, 9),
    ("14.1.2-end-at-63-bits", "bytes=4-9223372036854775807", 4, 9),
    ("14.1.2-end-at-64-bits", "bytes=4-18446744073709551615", 4, 9)])
def test_one_range(stored, origin, value, first, last):
    answer = get(stored, value)
    assert answer.status == 206 and answer.hit
    assert answer.body == BODY[first:last + 1]
    assert answer.field("Content-Range") == f"bytes {first}-{last}/10"
    assert answer.field("Content-Length") == str(last - first + 1)
    assert origin.count() == 1


@table("value", [
    ("14.1.2-at-the-end", "bytes=10-"), ("14.1.2-behind", "bytes=10-20"), ("14.1.2-far-behind", "bytes=4096-"),
    ("14.1.2-suffix-of-nothing", "bytes=-0"), ("14.1.2-above-64-bits", "bytes=99999999999999999999-"),
    ("14.1.2-several", "bytes=10-11, 20-"), ("14.1.2-wraps-at-64-bits", "bytes=18446744073709551616-18446744073709551617")])
def test_none_that_fits(stored, origin, value):
    """15.5.17: 416 that tells the length."""
    answer = get(stored, value)
    assert answer.status == 416 and answer.hit
    assert answer.field("Content-Range") == "bytes */10" and BODY not in answer.body
    assert answer.complete and origin.count() == 1
    assert stored.get("/a").hit


@table("value", [("other-unit", "lines=0-1"), ("no-unit", "0-1"), ("unit-with-s", "bytess=0-1"), ("part-of-unit", "byte=0-1")])
def test_units_that_nobody_knows_are_ignored(stored, value):
    """14.2: MUST ignore."""
    answer = get(stored, value)
    assert (answer.status, answer.body) == (200, BODY) and answer.field("Content-Range") is None


@table("value", [("backwards", "bytes=5-2"), ("letters", "bytes=a-b"), ("empty", "bytes="), ("unit-only", "bytes"),
    ("dash", "bytes=-"), ("three", "bytes=1-2-3"), ("blank-for-equals", "bytes 0-1"), ("twice-equals", "bytes==0-1"),
    ("hexadecimal", "bytes=0x0-1"), ("negative", "bytes=--1"), ("semicolon", "bytes=0-1;2-3"), ("plus", "bytes=+0-1"),
    ("fraction", "bytes=0.0-1"), ("good-and-bad", "bytes=0-1,5-2"), ("blank-inside", "bytes=0 -1"), ("nothing", "")])
def test_invalid_sets_get_the_whole_or_a_refusal(stored, origin, value):
    """14.2: MAY be ignored or refused; never taken for something else."""
    answer = get(stored, value)
    assert answer.status in (200, 400, 416)
    if answer.status == 200:
        assert answer.body == BODY and answer.field("Content-Range") is None
    assert origin.count() == 1


def test_what_a_206_tells(stored):
    """15.3.7: what a 200 would have told, beside length and range."""
    answer = get(stored, "bytes=2-5")
    for name in ("Cache-Control", "ETag", "Vary", "Content-Location", "Last-Modified",
            "Content-Type", "X-A"):
        assert answer.field(name) == FIELDS[name]
    assert len(answer.all("Date")) == len(answer.all("Age")) == 1


def test_head_knows_no_ranges(stored):
    """14.2: defined for GET only."""
    answer = stored.get("/a", method="HEAD", fields={"Range": "bytes=2-5"})
    assert answer.status == 200 and answer.field("Content-Length") == "10"
    assert answer.field("Content-Range") is None


@pytest.mark.parametrize("status", [404, 301, 500, 203])
def test_only_what_would_be_200_has_ranges(larder, origin, status):
    """14.2: a range of an error is no range of the resource. Of a 203 it may be one."""
    origin.reply("/a", BODY, status=status, fields=FIELDS)
    larder.get("/a")
    answer = get(larder, "bytes=2-5")
    assert (answer.status, answer.body) in ((status, BODY), *([(206, b"2345")]
        if status == 203 else []))


@table("value", [("open", "bytes=0-"), ("closed", "bytes=0-0"), ("suffix", "bytes=-5")])
def test_ranges_of_nothing(larder, origin, value):
    origin.reply("/a", b"", fields=FIELDS)
    larder.get("/a")
    answer = get(larder, value)
    assert answer.status in (200, 416) and answer.body == b"" or answer.status == 416
    if answer.status == 416:
        assert answer.field("Content-Range") == "bytes */0"


@pytest.mark.parametrize("first, last", [(0, 0), (65_535, 65_536), (100_000, 299_999), (299_999, 299_999)])
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_ranges_of_a_large_body(larder, origin, first, last, framing):
    body = bytes(range(251)) * 1200
    origin.reply("/a", body, framing=framing, fields=FIELDS)
    larder.get("/a")
    answer = get(larder, f"bytes={first}-{last}")
    assert answer.status == 206 and answer.body == body[first:last + 1]
    assert answer.field("Content-Range") == f"bytes {first}-{last}/{len(body)}"


def test_the_connection_goes_on_after_a_range(stored):
    with stored.client() as client:
        for _ in range(3):
            assert client.get("/a", fields={"Range": "bytes=2-5"}).body == b"2345"
            assert client.get("/a", fields={"Range": "bytes=99-"}).status == 416
            assert client.get("/a").body == BODY


# -- several ranges (14.6) ------------------------------------------------------------------------------------

@table("value, expected", [
    ("14.6-two", "bytes=0-1,4-5", [(0, 1), (4, 5)]), ("14.6-blanks", "bytes=0-1 ,\t4-5", [(0, 1), (4, 5)]),
    ("14.6-suffix-and-first", "bytes=0-0,-1", [(0, 0), (9, 9)]), ("14.6-three", "bytes=0-0,4-5,8-", [(0, 0), (4, 5), (8, 9)]),
    ("14.6-one-that-does-not-fit", "bytes=0-1,20-30", [(0, 1)]), ("14.6-not-in-order", "bytes=8-9,0-1", [(8, 9), (0, 1)])])
def test_several_ranges(stored, origin, value, expected):
    answer = get(stored, value)
    assert answer.status == 206 and answer.hit and answer.complete
    found = parts(answer)
    assert [(first, last) for first, last, _, _ in found] == expected
    assert all(total == 10 and body == BODY[first:last + 1] for first, last, total, body in found)
    if len(expected) > 1:
        assert (answer.field("Content-Type") or "").startswith("multipart/byteranges")
        assert answer.body.lower().count(b"content-type: text/plain") == len(expected)
    assert answer.field("Content-Length") == str(len(answer.body)) and origin.count() == 1


@table("value", [("overlap", "bytes=0-4,2-6"), ("adjacent", "bytes=0-4,5-9"), ("same-twice", "bytes=0-4,0-4"),
    ("inside", "bytes=0-9,3-4")])
def test_ranges_that_overlap_may_be_joined(stored, value):
    """14.2, 17.15: joined or not, or the whole; each byte asked for is there and is right."""
    answer = get(stored, value)
    if answer.status == 200:
        assert answer.body == BODY
        return
    found = parts(answer)
    assert answer.status == 206
    assert all(body == BODY[first:last + 1] for first, last, _, body in found)
    asked = {at for one in value[6:].split(",") for at in range(int(one[0]), int(one[2]) + 1)}
    assert {at for first, last, _, _ in found for at in range(first, last + 1)} == asked


def test_the_boundary_is_not_in_the_body(larder, origin):
    """Whatever was learned from one answer can't be used to forge parts in the next body."""
    origin.reply("/a", BODY, fields=FIELDS)
    larder.get("/a")
    one = get(larder, "bytes=0-1,4-5")
    boundary = one.field("Content-Type").partition("boundary=")[2].strip('"').encode()
    body = b"0123\r\n--" + boundary + b"\r\nContent-Range: bytes 0-1/10\r\n\r\nXX\r\n--" + boundary + b"--\r\n" + b"9" * 50
    origin.reply("/b", body, fields=FIELDS)
    larder.get("/b")
    answer = larder.get("/b", fields={"Range": f"bytes=0-100,{len(body) - 2}-"})
    assert [part[3] for part in parts(answer)] == [body[0:101], body[-2:]]


# -- If-Range (13.1.5) and the other conditions ----------------------------------------------------------------

@table("value, status", [
    ("13.1.5-the-tag", '"v1"', 206), ("13.1.5-another-tag", '"v2"', 200), ("13.1.5-weak-form", 'W/"v1"', 200),
    ("13.1.5-other-letters", '"V1"', 200), ("13.1.5-the-date", MODIFIED, 206),
    ("13.1.5-the-date-in-another-form", "Monday, 06-Jan-25 10:00:00 GMT", None),
    ("13.1.5-earlier", "Mon, 06 Jan 2025 09:00:00 GMT", 200), ("13.1.5-later-is-no-match", "Mon, 06 Jan 2025 11:00:00 GMT", 200),
    ("13.1.5-no-date", "yesterday", 200), ("13.1.5-list", '"v0", "v1"', 200), ("13.1.5-star", "*", 200),
    ("13.1.5-unquoted", "v1", 200), ("13.1.5-empty", "", 200)])
def test_if_range(stored, origin, value, status):
    """None: an exact match of what it means, or of its bytes."""
    answer = get(stored, "bytes=2-5", If_Range=value)
    assert answer.status == status if status else answer.status in (200, 206)
    assert answer.body == (b"2345" if answer.status == 206 else BODY)
    assert answer.hit and origin.count() == 1


@table("fields, value", [
    ("weak-tag", {"ETag": 'W/"v1"'}, 'W/"v1"'), ("weak-tag-asked-as-strong", {"ETag": 'W/"v1"'}, '"v1"'),
    ("no-tag", {}, '"v1"'), ("no-date", {"ETag": '"v1"'}, MODIFIED)])
def test_if_range_needs_a_strong_validator(larder, origin, fields, value):
    origin.reply("/a", BODY, fields={"Cache-Control": "max-age=60", **fields})
    larder.get("/a")
    answer = get(larder, "bytes=2-5", If_Range=value)
    assert (answer.status, answer.body) == (200, BODY)


def test_if_range_with_a_date_as_young_as_the_answer(larder, origin):
    """8.8.2.2: modified in the second of Date it might change again in it: weak."""
    now = formatdate(origin.now(), usegmt=True)
    origin.reply("/a", BODY, fields={"Cache-Control": "max-age=60", "Last-Modified": now,
        "Date": now})
    larder.get("/a")
    assert get(larder, "bytes=2-5", If_Range=now).status == 200


def test_if_range_without_range_is_ignored(stored):
    assert stored.get("/a", fields={"If-Range": '"v1"'}).status == 200
    assert stored.get("/a", fields={"If-Range": '"v2"'}).body == BODY


@table("fields, status", [
    ("13.2.2-not-modified-comes-first", {"If-None-Match": '"v1"'}, 304), ("13.2.2-modified", {"If-None-Match": '"v2"'}, 206),
    ("13.2.2-since", {"If-Modified-Since": MODIFIED}, 304),
    ("13.2.2-not-modified-and-if-range", {"If-None-Match": '"v1"', "If-Range": '"v2"'}, 304),
    ("13.2.2-modified-and-if-range", {"If-None-Match": '"v2"', "If-Range": '"v2"'}, 200)])
def test_conditions_come_before_ranges(stored, fields, status):
    answer = stored.get("/a", fields={"Range": "bytes=2-5", **fields})
    assert answer.status == status
    assert answer.body == {304: b"", 206: b"2345", 200: BODY}[status]


def test_a_condition_beside_a_range_that_does_not_fit(stored):
    assert stored.get("/a", fields={"Range": "bytes=99-", "If-None-Match": '"v1"'}).status == 304
    answer = stored.get("/a", fields={"Range": "bytes=99-", "If-Range": '"v2"'})
    assert (answer.status, answer.body) == (200, BODY)


def test_a_range_of_a_stale_answer_is_validated_as_a_whole(stored, origin, clock):
    clock.advance(61)
    answer = get(stored, "bytes=2-5")
    assert (answer.status, answer.body) == (206, b"2345") and answer.cache["fwd"] == "stale"
    assert origin.last().field("If-None-Match") == '"v1"' and origin.last().field("Range") is None
    assert get(stored, "bytes=0-1").hit and origin.count() == 2


def test_two_range_fields(stored):
    """14.2: a singleton; refused, ignored or taken for a list, but never for something else."""
    answer = stored.get("/a", fields=[("Range", "bytes=0-1"), ("Range", "bytes=4-5")])
    assert answer.status in (200, 206, 400, 416)
    if answer.status == 206:
        assert all(body == BODY[first:last + 1] for first, last, _, body in parts(answer))
