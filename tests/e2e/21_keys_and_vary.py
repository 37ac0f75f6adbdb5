"""Which stored response a request selects: the target, and the fields that Vary names (RFC 9111 4, 4.1)."""

from email.utils import formatdate

import pytest

from harness.origin import Reply
from harness.table import table

FRESH = {"Cache-Control": "max-age=600"}


def echo(name, vary=None, fields=None):
    """A script whose body is what came in this field."""
    def script(seen):
        value = seen.field(name)
        return Reply(("absent" if value is None else f"[{value}]").encode(), fields={
            **FRESH, "Vary": vary or name, **(fields or {})})
    return script


# -- targets ------------------------------------------------------------------------------------------

@table("one, other", [
    ("4-query", "/a?x=1", "/a?x=2"), ("4-query-and-none", "/a?x=1", "/a"),
    ("4-order-of-parameters", "/a?x=1&y=2", "/a?y=2&x=1"), ("4-letter-case-of-the-path", "/a/B", "/a/b"),
    ("4-letter-case-of-the-query", "/a?X=1", "/a?x=1"), ("4-slash-at-the-end", "/a", "/a/"),
    ("3986-2.2-encoded-slash", "/a%2Fb", "/a/b"), ("3986-2.2-encoded-question-mark", "/a%3Fx=1", "/a?x=1"),
    ("3986-2.2-encoded-ampersand", "/a?x=1%26y=2", "/a?x=1&y=2"), ("plus-and-blank", "/a?x=1+2", "/a?x=1%202"),
    ("repeated-parameter", "/a?x=1&x=2", "/a?x=2&x=1"), ("empty-value", "/a?x=", "/a?x"),
    ("empty-segment", "/a//b", "/a/b"), ("semicolon", "/a;x=1", "/a"),
    ("longer-by-one", "/aa", "/a"), ("query-in-path", "/a/x=1", "/a?x=1")])
def test_different_targets_are_different_answers(larder, origin, one, other):
    for target in (one, other):
        origin.reply(target, b"of " + target.encode(), fields=FRESH)
        origin.reply(target.partition("?")[0], script=lambda seen: Reply(
            b"of " + seen.target.encode(), fields=FRESH))
    for _ in range(2):
        for target in (one, other):
            assert larder.get(target).body == b"of " + target.encode()
    assert [seen.target for seen in origin.seen()] == [one, other]


def test_the_origin_sees_its_own_name_whatever_the_client_calls_us(larder, origin):
    origin.reply("/a", b"x", fields=FRESH)
    for host in ("one.example", "ONE.example", "two.example:81"):
        assert larder.get("/a", fields={"Host": host}).body == b"x"
    assert {seen.field("Host") for seen in origin.seen()} == {origin.authority}


def test_get_and_head_share(larder, origin):
    origin.reply("/a", b"x", fields={**FRESH, "Vary": "Accept"})
    larder.get("/a", fields={"Accept": "text/plain"})
    assert larder.get("/a", method="HEAD", fields={"Accept": "text/plain"}).hit
    assert not larder.get("/a", method="HEAD", fields={"Accept": "text/html"}).hit


# -- which values are the same ------------------------------------------------------------------------

@table("name, stored, asked, same", [
    ("4.1-equal", "Accept", "a/b", "a/b", True),
    ("4.1-other-value", "Accept", "a/b", "a/c", False),
    ("4.1-absent-and-absent", "Accept", None, None, True),
    ("4.1-absent-and-empty", "Accept", None, "", False),
    ("4.1-empty-and-absent", "Accept", "", None, False),
    ("4.1-absent-and-present", "Accept", None, "a/b", False),
    ("4.1-present-and-absent", "Accept", "a/b", None, False),
    ("4.1-empty-and-empty", "Accept", "", "", True),
    ("4.1-blank-behind-the-comma", "Accept", "a/b,c/d", "a/b, c/d", True),
    ("4.1-blanks-around-the-comma", "Accept", "a/b,c/d", "a/b \t ,  c/d", True),
    ("4.1-two-lines-and-one", "Accept", ["a/b", "c/d"], "a/b, c/d", True),
    ("4.1-blanks-around-the-value", "Accept", "a/b", "   a/b  ", True),
    ("4.1-part-of-a-list", "Accept", "a/b, c/d", "a/b", False),
    ("4.1-prefix", "Accept", "a/b", "a/bb", False),
    ("4.1-unknown-field", "X-Foo", "1", "1", True),
    ("4.1-unknown-field-other-value", "X-Foo", "1", "2", False),
    ("4.1-unknown-field-absent", "X-Foo", "1", None, False),
    ("4.1-unknown-field-absent-at-first", "X-Foo", None, "1", False),
    ("4.1-unknown-field-letter-case", "X-Foo", "Abc", "abc", False),
    ("4.1-unknown-field-order", "X-Foo", "a, b", "b, a", False),
    ("4.1-user-agent", "User-Agent", "one/1", "two/2", False),
    ("12.5.4-language-by-weight", "Accept-Language", "de;q=0.5, en", "en, de;q=0.5", True),
    ("12.5.4-language-of-three", "Accept-Language", "a;q=0.1,b;q=0.9,c;q=0.5", "b;q=0.9, c;q=0.5, a;q=0.1", True),
    ("12.5.4-weight-of-1-is-none", "Accept-Language", "en;q=1, de;q=0.5", "en, de;q=0.5", True),
    ("12.5.4-weight-in-digits", "Accept-Language", "en, de;q=0.5", "en, de;q=0.500", True),
    ("12.5.4-blanks-in-weights", "Accept-Language", "en, de;q=0.5", "en,de ; q=0.5", True),
    ("12.5.4-letter-case-of-tags", "Accept-Language", "en-GB", "EN-gb", True),
    ("12.5.4-equal-weights-keep-order", "Accept-Language", "en;q=0.8, de;q=0.8", "de;q=0.8, en;q=0.8", False),
    ("12.5.4-weights-the-other-way", "Accept-Language", "en, de;q=0.5", "de, en;q=0.5", False),
    ("12.5.4-refused-is-not-absent", "Accept-Language", "en, de;q=0", "en", False),
    ("12.5.4-any-is-not-none", "Accept-Language", "en, *;q=0.1", "en", False)])
def test_selecting(larder, origin, name, stored, asked, same):
    origin.reply("/a", script=echo(name))
    assert not larder.get("/a", fields=lines(name, stored)).hit
    second = larder.get("/a", fields=lines(name, asked))
    assert second.hit is same
    if not same:
        assert second.cache["fwd"] == "vary-miss"
    assert origin.count() == (1 if same else 2)


def lines(name, value):
    if value is None:
        return []
    return [(name, one) for one in (value if isinstance(value, list) else [value])]


# -- forms of Vary ------------------------------------------------------------------------------------

BOTH = {"Accept": "a/b", "Accept-Language": "en"}


@table("vary, asked, same", [
    ("4.1-two-fields-both-match", [("Vary", "Accept, Accept-Language")], BOTH, True),
    ("4.1-two-fields-first-differs", [("Vary", "Accept, Accept-Language")], {**BOTH, "Accept": "c/d"}, False),
    ("4.1-two-fields-second-differs", [("Vary", "Accept, Accept-Language")],
        {**BOTH, "Accept-Language": "de"}, False),
    ("4.1-two-lines-first-differs", [("Vary", "Accept"), ("Vary", "Accept-Language")],
        {**BOTH, "Accept": "c/d"}, False),
    ("4.1-two-lines-second-differs", [("Vary", "Accept"), ("Vary", "Accept-Language")],
        {**BOTH, "Accept-Language": "de"}, False),
    ("4.1-two-lines-both-match", [("Vary", "Accept"), ("Vary", "Accept-Language")], BOTH, True),
    ("4.1-names-in-capitals", [("VARY", "ACCEPT")], {**BOTH, "Accept": "c/d"}, False),
    ("4.1-names-in-capitals-match", [("VARY", "ACCEPT")], BOTH, True),
    ("4.1-not-named", [("Vary", "Accept")], {**BOTH, "Accept-Language": "de"}, True),
    ("4.1-empty-vary", [("Vary", "")], {"Accept": "c/d"}, True),
    ("4.1-empty-members", [("Vary", ", Accept,,")], {**BOTH, "Accept": "c/d"}, False),
    ("4.1-empty-members-match", [("Vary", ", Accept,,")], BOTH, True),
    ("4.1-named-twice", [("Vary", "Accept, Accept")], BOTH, True),
    ("4.1-another-unknown-field", [("Vary", "X-Foo, Accept")], {**BOTH, "X-Foo": "1"}, False),
    ("4.1-absent-in-both", [("Vary", "X-Foo, Accept")], BOTH, True)])
def test_forms_of_vary(larder, origin, vary, asked, same):
    origin.reply("/a", b"x", fields=[*FRESH.items(), *vary])
    larder.get("/a", fields=BOTH)
    assert larder.get("/a", fields=asked).hit is same
    assert origin.count() == (1 if same else 2)


@table("vary", [("alone", ["*"]), ("first", ["*, Accept"]), ("last", ["Accept, *"]),
    ("second-line", ["Accept", "*"]), ("with-blanks", [" * "]), ("three", ["Accept, *, X-Foo"])])
def test_vary_star_never_matches(larder, origin, vary):
    origin.reply("/a", b"x", fields=[*FRESH.items(), *(("Vary", one) for one in vary)])
    for count in (1, 2, 3):
        assert not larder.get("/a").hit and origin.count() == count


def test_vary_star_leaves_stored_variants_alone(larder, origin):
    origin.replies("/a", Reply(b"en", fields={**FRESH, "Vary": "Accept-Language"}),
        Reply(b"any", fields={**FRESH, "Vary": "*"}))
    larder.get("/a", fields={"Accept-Language": "en"})
    assert larder.get("/a", fields={"Accept-Language": "de"}).body == b"any"
    assert larder.get("/a", fields={"Accept-Language": "fr"}).body == b"any"
    assert origin.count() == 3


# -- several that match -------------------------------------------------------------------------------

@table("first, second, body", [
    ("4-later-stored-is-more-recent", -100, 0, b"two"), ("4-earlier-stored-is-more-recent", 0, -100, b"one")])
def test_the_most_recent_of_several_by_date(larder, origin, first, second, body):
    """Both are selected by the last request: one by Accept, the other by Accept-Language."""
    now = origin.now()
    origin.replies("/a",
        Reply(b"one", fields={**FRESH, "Vary": "Accept", "Date": formatdate(now + first,
            usegmt=True)}),
        Reply(b"two", fields={**FRESH, "Vary": "Accept-Language",
            "Date": formatdate(now + second, usegmt=True)}))
    larder.get("/a", fields={"Accept": "a/b", "Accept-Language": "en"})
    larder.get("/a", fields={"Accept": "c/d", "Accept-Language": "de"})
    answer = larder.get("/a", fields={"Accept": "a/b", "Accept-Language": "de"})
    assert answer.body == body and answer.hit and origin.count() == 2


def test_a_newer_answer_without_vary_takes_the_place(larder, origin, clock):
    origin.replies("/a", Reply(b"old", fields={**FRESH, "Vary": "Accept"}),
        Reply(b"new", fields=FRESH))
    larder.get("/a", fields={"Accept": "a/b"})
    clock.advance(5)
    larder.get("/a", fields={"Accept": "c/d"})
    for accept in ("a/b", "c/d", "e/f"):
        answer = larder.get("/a", fields={"Accept": accept})
        assert answer.hit and answer.body == b"new"
    assert origin.count() == 2


# -- codings and bounds ---------------------------------------------------------------------------------

@pytest.mark.parametrize("asked", ["gzip", "gzip, deflate", "gzip, deflate, br, zstd", "br;q=1.0, gzip;q=0.8",
    "GZIP", "x-gzip", "gzip;q=0.001"])
def test_all_who_take_gzip_share_it(larder, origin, asked):
    origin.reply("/a", script=echo("Accept-Encoding", fields={"Content-Encoding": "gzip"}))
    first = larder.get("/a", fields={"Accept-Encoding": "gzip"})
    second = larder.get("/a", fields={"Accept-Encoding": asked})
    assert first.body == b"[gzip]" and second.body == first.body
    assert second.hit and origin.count() == 1


def test_variants_of_a_key_are_bounded_and_the_oldest_leaves(larder, origin, clock):
    origin.reply("/a", script=echo("Accept-Language"))
    for number in range(40):
        larder.get("/a", fields={"Accept-Language": f"x-{number}"})
        clock.advance(1)
    assert origin.count() == 40
    kept = [larder.get("/a", fields={"Accept-Language": f"x-{number}"}) for number in range(8, 40)]
    assert all(answer.hit for answer in kept) and origin.count() == 40
    assert [answer.body for answer in kept] == [b"[x-%d]" % number for number in range(8, 40)]
    assert not larder.get("/a", fields={"Accept-Language": "x-0"}).hit
    assert larder.get("/a", fields={"Accept-Language": "x-39"}).hit
