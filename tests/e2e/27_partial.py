"""Ranges that aren't stored yet: fetched whole, passed, stored, combined (RFC 9111 3.3, 3.4; RFC 9110 15.3.7)."""

import pytest

from harness.origin import Reply
from harness.partial import parts, ranged
from harness.table import table

FIELDS = {"Cache-Control": "max-age=60", "ETag": '"v1"', "Content-Type": "text/plain"}
BODY = b"0123456789"


def get(larder, value, **fields):
    return larder.get("/a", fields={"Range": value, **fields})


def check(answer, first, last, body=BODY):
    assert (answer.status, answer.body) == (206, body[first:last + 1]), answer
    assert answer.field("Content-Range") == f"bytes {first}-{last}/{len(body)}"


def test_a_miss_from_the_first_byte_fetches_the_whole(larder, origin):
    origin.reply("/a", script=ranged(BODY, FIELDS))
    first = get(larder, "bytes=0-")
    check(first, 0, 9)
    assert origin.last().field("Range") is None and first.cache["fwd"] == "uri-miss"
    assert larder.get("/a").hit
    check(get(larder, "bytes=3-4"), 3, 4)
    assert origin.count() == 1


@table("value, first, last", [("middle", "bytes=2-5", 2, 5), ("first-byte", "bytes=0-0", 0, 0),
    ("suffix", "bytes=-3", 7, 9), ("open", "bytes=6-", 6, 9)])
def test_another_miss_is_passed_and_its_206_stored(larder, origin, value, first, last):
    origin.reply("/a", script=ranged(BODY, FIELDS))
    miss = get(larder, value)
    check(miss, first, last)
    assert origin.last().field("Range") == value and miss.cache["fwd"] == "uri-miss"
    larder.wait_idle()
    hit = get(larder, f"bytes={first}-{last}")
    check(hit, first, last)
    assert hit.hit and origin.count() == 1


@table("value, first, last", [("inside", "bytes=3-6", 3, 6), ("at-its-begin", "bytes=2-3", 2, 3), ("at-its-end", "bytes=7-7", 7, 7)])
def test_a_stored_part_answers_what_lies_inside(larder, origin, value, first, last):
    origin.reply("/a", script=ranged(BODY, FIELDS))
    get(larder, "bytes=2-7")
    larder.wait_idle()
    answer = get(larder, value)
    check(answer, first, last)
    assert answer.hit and origin.count() == 1


@table("value, first, last", [("over-its-end", "bytes=5-9", 5, 9), ("before-it", "bytes=0-3", 0, 3), ("around-it", "bytes=1-8", 1, 8),
    ("elsewhere", "bytes=9-9", 9, 9), ("open-behind-it", "bytes=4-", 4, 9), ("suffix", "bytes=-1", 9, 9)])
def test_what_a_stored_part_lacks_is_asked_for(larder, origin, value, first, last):
    origin.reply("/a", script=ranged(BODY, FIELDS))
    get(larder, "bytes=2-7")
    larder.wait_idle()
    answer = get(larder, value)
    check(answer, first, last)
    assert not answer.hit and answer.cache["fwd"] == "partial" and origin.count() == 2


def test_who_reads_piece_by_piece_is_fetched_the_whole(larder, origin):
    """9110 14.2: what is not too large to be stored is fetched as a whole with the second piece."""
    origin.reply("/a", script=ranged(BODY, FIELDS))
    for value, first, last in (("bytes=2-5", 2, 5), ("bytes=6-9", 6, 9), ("bytes=0-1", 0, 1)):
        check(get(larder, value), first, last)
        larder.wait_idle()
    assert [seen.field("Range") for seen in origin.seen()] == ["bytes=2-5", None]
    whole = larder.get("/a")
    assert (whole.status, whole.body) == (200, BODY) and whole.hit
    assert whole.field("Content-Range") is None
    assert whole.field("Content-Length") == "10" and origin.count() in (2, 3)


def test_the_next_part_of_a_large_body_is_asked_for_alone(larder, origin):
    """14.2: what is much larger than the part is not fetched for it; both parts stay at hand."""
    body = bytes(range(250)) * 40_000
    origin.reply("/a", script=ranged(body, FIELDS))
    for value, first, last in (("bytes=0-99", 0, 99), ("bytes=100-199", 100, 199)):
        check(get(larder, value), first, last, body)
        assert origin.last().field("Range") == value
        larder.wait_idle()
    joined = get(larder, "bytes=50-149")
    check(joined, 50, 149, body)
    assert joined.hit and origin.count() == 2
    check(get(larder, "bytes=9000000-9000009"), 9_000_000, 9_000_009, body)
    assert origin.last().field("Range") == "bytes=9000000-9000009"


@table("values", [("one-after-the-other", ["bytes=0-4", "bytes=5-9"]), ("backwards", ["bytes=5-9", "bytes=0-4"]),
    ("overlapping", ["bytes=0-6", "bytes=3-9"])])
def test_two_parts_make_a_whole(larder, origin, values):
    origin.reply("/a", script=ranged(BODY, FIELDS))
    for value in values:
        assert get(larder, value).status == 206
        larder.wait_idle()
    whole = larder.get("/a")
    assert (whole.status, whole.body) == (200, BODY)
    assert whole.hit and origin.count() == 2
    head = larder.get("/a", method="HEAD")
    assert head.status == 200 and head.field("Content-Length") == "10" and head.hit


def test_a_206_of_everything_is_the_whole(larder, origin):
    """15.3.7.3: a part that is all of it answers like the 200."""
    origin.reply("/a", script=ranged(BODY, FIELDS))
    get(larder, "bytes=0-9")
    larder.wait_idle()
    whole = larder.get("/a")
    assert (whole.status, whole.body) == (200, BODY) and origin.count() == 1


@pytest.mark.parametrize("value", ["bytes=0-4", "bytes=2-5", "bytes=-3"])
def test_a_get_where_a_part_is_stored(larder, origin, value):
    """9111 3.3: an incomplete response is no answer to it without the rest."""
    origin.reply("/a", script=ranged(BODY, FIELDS))
    get(larder, value)
    larder.wait_idle()
    whole = larder.get("/a")
    assert (whole.status, whole.body) == (200, BODY) and whole.complete
    assert not whole.hit and whole.cache["fwd"] == "partial"
    assert whole.field("Content-Range") is None
    assert larder.get("/a").hit


@table("first, second", [
    ("other-tag", {"ETag": '"v1"'}, {"ETag": '"v2"'}), ("weak-tag", {"ETag": 'W/"v1"'}, {"ETag": 'W/"v1"'}),
    ("no-validator", {}, {}), ("tag-and-none", {"ETag": '"v1"'}, {})])
def test_parts_of_different_versions_are_never_mixed(larder, origin, first, second):
    """9111 3.4: only with the same strong validator."""
    base = {"Cache-Control": "max-age=60"}
    origin.reply("/a", script=ranged(b"aaaaaaaaaa", {**base, **first}))
    assert get(larder, "bytes=0-4").body == b"aaaaa"
    larder.wait_idle()
    origin.reply("/a", script=ranged(b"bbbbbbbbbb", {**base, **second}))
    assert get(larder, "bytes=5-9").body == b"bbbbb"
    larder.wait_idle()
    assert larder.get("/a").body in (b"aaaaaaaaaa", b"bbbbbbbbbb")
    answer = get(larder, "bytes=3-6")
    assert {body for _, _, _, body in parts(answer)} <= {b"aaaa", b"bbbb"}


def test_a_changed_whole_replaces_old_parts(larder, origin):
    origin.reply("/a", script=ranged(b"aaaaaaaaaa", FIELDS))
    get(larder, "bytes=0-4")
    larder.wait_idle()
    origin.reply("/a", script=ranged(b"bbbbbbbbbbbb", {**FIELDS, "ETag": '"v2"'}))
    assert larder.get("/a").body == b"b" * 12
    assert get(larder, "bytes=0-4").body == b"bbbbb"


@table("status, expected", [("the-whole-in-spite-of-range", 200, b"2345")])
def test_an_origin_without_ranges(larder, origin, status, expected):
    """14.2: it may answer 200; then the whole is stored and the part cut here, or sent whole."""
    origin.reply("/a", script=ranged(BODY, FIELDS, obeys=False))
    answer = get(larder, "bytes=2-5")
    assert (answer.status, answer.body) in ((206, expected), (status, BODY))
    assert larder.get("/a").hit
    check(get(larder, "bytes=2-5"), 2, 5)
    assert origin.count() == 1


@table("directives", [("no-store", "no-store"), ("private", "private, max-age=60"), ("max-age-0", "max-age=0"), ("nothing", "")])
def test_a_206_is_stored_by_the_rules_of_a_200(larder, origin, directives):
    fields = {"ETag": '"v1"', **({"Cache-Control": directives} if directives else {})}
    origin.reply("/a", script=ranged(BODY, fields))
    for count in (1, 2):
        answer = get(larder, "bytes=2-5")
        assert (answer.status, answer.body) == (206, b"2345") and not answer.hit
        assert origin.count() == count


@table("field", [("missing", None), ("no-range", "bytes */10"), ("backwards", "bytes 5-2/10"), ("longer-than-the-body", "bytes 0-8/10"),
    ("behind-the-end", "bytes 8-11/10"), ("other-unit", "lines 2-5/10"), ("nonsense", "nonsense"), ("huge", "bytes 2-5/99999999999999999999")])
def test_a_206_that_contradicts_itself_is_not_stored(larder, origin, field):
    """15.3.7: what it is a part of can't be known."""
    fields = {**FIELDS, **({"Content-Range": field} if field else {})}
    origin.replies("/a", Reply(b"2345", 206, fields), Reply(BODY, fields=FIELDS, validates=False))
    assert get(larder, "bytes=2-5").status in (206, 502)
    larder.wait_idle()
    whole = larder.get("/a")
    assert (whole.status, whole.body) == (200, BODY) and not whole.hit and origin.count() == 2


def test_a_206_that_nobody_asked_for(larder, origin):
    """15.3.7: to a request without Range it is the origin's fault,
    and never the whole for others."""
    origin.replies("/a", Reply(b"2345", 206, {**FIELDS, "Content-Range": "bytes 2-5/10"}),
        Reply(BODY, fields=FIELDS))
    assert larder.get("/a").status in (206, 502)
    whole = larder.get("/a")
    assert (whole.status, whole.body) == (200, BODY)


def test_a_206_that_breaks_off_is_no_part(larder, origin):
    origin.replies("/a", Reply(pieces=[b"23", "close"], length=4, status=206,
        fields={**FIELDS, "Content-Range": "bytes 2-5/10"}),
        Reply(b"2345", 206, {**FIELDS, "Content-Range": "bytes 2-5/10"}))
    assert not get(larder, "bytes=2-5").complete
    larder.wait_idle()
    answer = get(larder, "bytes=2-5")
    check(answer, 2, 5)
    assert not answer.hit


def test_a_416_of_the_origin_is_no_news_about_the_whole(larder, origin):
    origin.reply("/a", script=ranged(BODY, FIELDS))
    answer = get(larder, "bytes=20-30")
    assert answer.status == 416 and answer.field("Content-Range") == "bytes */10"
    assert larder.get("/a").body == BODY


@table("guard, whole", [("that-matches", '"v1"', False), ("that-does-not", '"v2"', True)])
def test_if_range_on_a_miss(larder, origin, guard, whole):
    origin.reply("/a", script=ranged(BODY, FIELDS))
    answer = get(larder, "bytes=2-5", **{"If-Range": guard})
    assert (answer.status, answer.body) == ((200, BODY) if whole else (206, b"2345"))
    assert larder.get("/a").body == BODY


def test_several_ranges_on_a_miss(larder, origin):
    origin.reply("/a", script=ranged(BODY, FIELDS))
    answer = get(larder, "bytes=0-1,4-5")
    if answer.status == 206:
        assert [part[3] for part in parts(answer)] == [b"01", b"45"]
    else:
        assert (answer.status, answer.body) == (200, BODY)
    assert larder.get("/a").body == BODY


def test_a_stale_part_is_not_used(larder, origin, clock):
    origin.reply("/a", script=ranged(b"aaaaaaaaaa", FIELDS))
    get(larder, "bytes=2-5")
    larder.wait_idle()
    clock.advance(61)
    origin.reply("/a", script=ranged(b"bbbbbbbbbb", {**FIELDS, "ETag": '"v2"'}))
    answer = get(larder, "bytes=2-5")
    assert (answer.status, answer.body) == (206, b"bbbb") and not answer.hit


def test_parts_are_variants_too(larder, origin):
    def script(seen):
        body = (b"a" if seen.field("Accept") == "a/a" else b"b") * 10
        return ranged(body, {**FIELDS, "Vary": "Accept", "ETag": f'"{body.decode()}"'})(seen)
    origin.reply("/a", script=script)
    for _ in range(2):
        for accept, body in (("a/a", b"aaaa"), ("b/b", b"bbbb")):
            assert get(larder, "bytes=2-5", Accept=accept).body == body
            larder.wait_idle()
    assert origin.count() == 2


def test_a_part_is_gone_with_a_change(larder, origin):
    origin.reply("/a", script=ranged(BODY, FIELDS))
    get(larder, "bytes=2-5")
    larder.wait_idle()
    assert larder.get("/a", method="DELETE").status == 200
    assert not get(larder, "bytes=2-5").hit
