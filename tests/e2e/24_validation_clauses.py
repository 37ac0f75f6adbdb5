"""Validation, clause by clause: both sides of a conditional request (RFC 9110 13, RFC 9111 4.3)."""

from email.utils import formatdate

import pytest

from harness.origin import Reply
from harness.table import table

MAX_AGE = {"Cache-Control": "max-age=60"}
MODIFIED = "Mon, 06 Jan 2025 10:00:00 GMT"


def stale(larder, origin, clock, fields, body=b"old", **how):
    """Stores /a with these fields and lets it get stale."""
    origin.reply("/a", body, fields={**MAX_AGE, **fields}, **how)
    larder.get("/a")
    clock.advance(61)


# -- conditions of clients (9110 13.1, 13.2.2; 9111 4.3.2) --------------------------------------------------

STORED = {**MAX_AGE, "ETag": '"v1"', "Last-Modified": MODIFIED}


@table("fields, status", [
    ("13.1.2-second-of-a-list", [("If-None-Match", '"a", "v1"')], 304),
    ("13.1.2-no-blank-in-the-list", [("If-None-Match", '"a","v1"')], 304),
    ("13.1.2-weak-in-a-list", [("If-None-Match", '"a", W/"v1" , "b"')], 304),
    ("13.1.2-two-lines", [("If-None-Match", '"a"'), ("If-None-Match", '"v1"')], 304),
    ("13.1.2-empty-members", [("If-None-Match", ', ,"v1",')], 304),
    ("13.1.2-comma-in-a-tag", [("If-None-Match", '"a,v1"')], 200),
    ("13.1.2-comma-in-a-tag-before", [("If-None-Match", '"a,b", "v1"')], 304),
    ("13.1.2-other-letters", [("If-None-Match", '"V1"')], 200),
    ("13.1.2-longer", [("If-None-Match", '"v11"')], 200),
    ("13.1.2-shorter", [("If-None-Match", '"v"')], 200),
    ("13.1.2-empty-tag", [("If-None-Match", '""')], 200),
    ("13.1.2-empty-field", [("If-None-Match", "")], 200),
    ("8.8.3-weak-in-small-letters", [("If-None-Match", 'w/"v1"')], 200),
    ("8.8.3-without-quotes", [("If-None-Match", "v1")], 200),
    ("8.8.3-single-quotes", [("If-None-Match", "'v1'")], 200),
    ("8.8.3-half-quoted", [("If-None-Match", '"v1')], 200),
    ("13.1.2-star-in-quotes", [("If-None-Match", '"*"')], 200),
    ("13.1.3-imf-fixdate", [("If-Modified-Since", MODIFIED)], 304),
    ("13.1.3-rfc850", [("If-Modified-Since", "Monday, 06-Jan-25 10:00:00 GMT")], 304),
    ("13.1.3-asctime", [("If-Modified-Since", "Mon Jan  6 10:00:00 2025")], 304),
    ("13.1.3-rfc850-earlier", [("If-Modified-Since", "Monday, 06-Jan-25 09:59:59 GMT")], 200),
    ("13.1.3-asctime-earlier", [("If-Modified-Since", "Mon Jan  6 09:59:59 2025")], 200),
    ("13.1.3-a-second-earlier", [("If-Modified-Since", "Mon, 06 Jan 2025 09:59:59 GMT")], 200),
    ("13.1.3-a-second-later", [("If-Modified-Since", "Mon, 06 Jan 2025 10:00:01 GMT")], 304),
    ("13.1.3-no-date", [("If-Modified-Since", "2025-01-06T10:00:00Z")], 200),
    ("13.1.3-empty", [("If-Modified-Since", "")], 200),
    ("13.2.2-tag-beats-date-yes", [("If-None-Match", '"v1"'), ("If-Modified-Since", "Mon, 06 Jan 2020 10:00:00 GMT")], 304),
    ("13.2.2-tag-beats-date-no", [("If-None-Match", '"v2"'), ("If-Modified-Since", MODIFIED)], 200),
    ("13.2.2-bad-tag-beats-date", [("If-None-Match", "nonsense"), ("If-Modified-Since", MODIFIED)], 200)])
def test_conditions_on_a_stored_answer(larder, origin, fields, status):
    origin.reply("/a", b"body", fields=STORED)
    larder.get("/a")
    answer = larder.get("/a", fields=fields)
    assert answer.status == status and answer.hit
    assert answer.body == (b"" if status == 304 else b"body")
    assert origin.count() == 1


@table("offset, status", [("at-date", 0, 304), ("later", 100, 304), ("earlier", -100, 200)])
def test_without_last_modified_the_date_stands_in(larder, origin, offset, status):
    """9111 4.3.2: compared with Date, where nothing says when it was modified."""
    now = origin.now()
    origin.reply("/a", b"body", fields={**MAX_AGE, "Date": formatdate(now, usegmt=True)})
    larder.get("/a")
    answer = larder.get("/a", fields={"If-Modified-Since": formatdate(now + offset, usegmt=True)})
    assert answer.status == status and answer.hit


@table("stored, asked, status", [
    ("weak-and-weak", 'W/"v1"', 'W/"v1"', 304), ("weak-and-strong", 'W/"v1"', '"v1"', 304),
    ("strong-and-weak", '"v1"', 'W/"v1"', 304), ("comma-inside", '"a,b"', '"a,b"', 304),
    ("backslash-inside", '"a\\b"', '"a\\b"', 304), ("blank-tag", '""', '""', 304),
    ("not-quoted-as-stored", "v1", "v1", None), ("star-is-any", 'W/"v1"', "*", 304)])
def test_comparison_of_tags(larder, origin, stored, asked, status):
    """9110 8.8.3.2: weak comparison for If-None-Match. None:
    as it likes, but with a right answer."""
    origin.reply("/a", b"body", fields={**MAX_AGE, "ETag": stored}, validates=False)
    larder.get("/a")
    answer = larder.get("/a", fields={"If-None-Match": asked})
    assert answer.status == status if status else answer.status in (200, 304)
    assert answer.body == (b"body" if answer.status == 200 else b"")


@table("name, value", [
    ("13.1.1-if-match", "If-Match", '"v1"'), ("13.1.1-if-match-list", "If-Match", '"a", "v1"'),
    ("13.1.1-if-match-star", "If-Match", "*"), ("13.1.4-if-unmodified-since", "If-Unmodified-Since", MODIFIED)])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_conditions_on_the_origins_state_go_there(larder, origin, name, value, method):
    """9111 4.3.2: not for a cache to evaluate; together with others the origin does them in
    order."""
    origin.reply("/a", b"body", fields=STORED)
    larder.get("/a")
    origin.reply("/a", b"no", status=412)
    answer = larder.get("/a", method=method, fields={name: value, "If-None-Match": '"v1"'})
    assert answer.status == 412 and not answer.hit
    assert origin.last().field(name) == value and origin.last().field("If-None-Match") == '"v1"'
    assert larder.get("/a").hit


@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST", "PATCH"])
def test_conditions_of_unsafe_methods_go_to_the_origin(larder, origin, method):
    """13.2.1: they guard a change; a 412 changes nothing, so nothing is invalidated."""
    origin.reply("/a", b"body", fields=STORED)
    larder.get("/a")
    origin.reply("/a", b"no", status=412)
    fields = {"If-None-Match": "*", "If-Unmodified-Since": MODIFIED, "If-Modified-Since": MODIFIED}
    assert larder.get("/a", method=method, fields=fields).status == 412
    assert all(origin.last().field(name) == value for name, value in fields.items())
    assert larder.get("/a").hit


@pytest.mark.parametrize("status", [404, 410, 301, 500, 204])
def test_no_304_of_what_is_not_200(larder, origin, status):
    """13.2.1: a condition counts only where the answer without it were a success;
    304 stands for 200."""
    origin.reply("/a", b"" if status == 204 else b"x", status=status, fields=STORED)
    for _ in range(2):
        assert larder.get("/a", fields={"If-None-Match": '"v1"'}).status in (status,
            *([304] if status == 204 else []))
    assert origin.count() == 1


def test_a_304_tells_what_it_must(larder, origin):
    """15.4.5: what guides caches, nothing that describes the body beside."""
    told = {"Cache-Control": "max-age=60", "Content-Location": "/b", "ETag": '"v1"',
        "Expires": "Thu, 18 Aug 2050 02:01:18 GMT", "Vary": "Accept"}
    origin.reply("/a", b"body", fields=told)
    larder.get("/a")
    answer = larder.get("/a", fields={"If-None-Match": '"v1"'})
    assert answer.status == 304 and answer.field("Date") and answer.field("Age")
    for name, value in told.items():
        assert answer.field(name) == value
    assert answer.field("Transfer-Encoding") is None and answer.field("Content-Encoding") is None


@table("asked, status, body", [("its-own-tag", '"v1"', 304, b""), ("another-tag", '"v0"', 200, b"old"),
    ("a-list", '"v0", "v1"', 304, b""), ("weak", 'W/"v1"', 304, b"")])
def test_a_client_with_conditions_on_a_stale_answer(larder, origin, clock, asked, status, body):
    """4.3.3: a 304 to our question isn't one to the client's."""
    stale(larder, origin, clock, {"ETag": '"v1"'})
    answer = larder.get("/a", fields={"If-None-Match": asked})
    assert (answer.status, answer.body) == (status, body)
    assert '"v1"' in origin.last().field("If-None-Match")
    assert larder.get("/a").hit and origin.count() == 2


# -- what larder asks with (4.3.1) ----------------------------------------------------------------------------

@table("fields, asked", [
    ("tag-with-comma", {"ETag": '"a,b"'}, {"If-None-Match": '"a,b"', "If-Modified-Since": None}),
    ("empty-tag", {"ETag": '""'}, {"If-None-Match": '""'}),
    ("weak-tag", {"ETag": 'W/"x"', "Last-Modified": MODIFIED}, {"If-None-Match": 'W/"x"', "If-Modified-Since": MODIFIED}),
    ("date-as-it-came", {"Last-Modified": "Monday, 06-Jan-25 10:00:00 GMT"}, {"If-None-Match": None}),
    ("date-that-is-none", {"Last-Modified": "yesterday"}, {"If-None-Match": None})])
def test_validators_are_sent_as_they_came(larder, origin, clock, fields, asked):
    stale(larder, origin, clock, fields)
    assert larder.get("/a").body == b"old"
    for name, value in asked.items():
        assert origin.last().field(name) == value
    since = origin.last().field("If-Modified-Since")
    assert since in (None, fields.get("Last-Modified"), MODIFIED)


@pytest.mark.parametrize("status", [404, 410, 500, 301])
def test_only_a_success_is_validated(larder, origin, clock, status):
    """13.2.1: a condition speaks of a 2xx; the others are fetched anew."""
    stale(larder, origin, clock, {"ETag": '"v1"'}, status=status)
    assert larder.get("/a").status == status
    assert origin.last().field("If-None-Match") is None


def test_conditions_of_one_client_are_not_the_fetchs(larder, origin, clock):
    """What a client asked with must not turn into a 304 for the cache."""
    stale(larder, origin, clock, {"ETag": '"v1"'})
    origin.reply("/a", b"new", fields={**MAX_AGE, "ETag": '"v2"'})
    answer = larder.get("/a", fields={"If-None-Match": '"v2"'})
    assert answer.status == 304 and answer.field("ETag") == '"v2"'
    hit = larder.get("/a")
    assert hit.hit and hit.body == b"new" and origin.count() == 2


# -- several candidates (4.3.1, 4.3.4) ---------------------------------------------------------------------

class Languages:
    """An origin with en and de, which answers everything else with de."""

    def __init__(self, strong=True, tags=("en", "de")):
        self.weak, self.tags = "" if strong else "W/", tags

    def __call__(self, seen):
        language = seen.field("Accept-Language")
        known = language if language in ("en", "de") else "de"
        fields = {**MAX_AGE, "Vary": "Accept-Language", "X-Asked": language}
        if known in self.tags:
            fields["ETag"] = f'{self.weak}"{known}"'
            if fields["ETag"] in (seen.field("If-None-Match") or ""):
                return Reply(b"", 304, fields)
        return Reply(known.encode(), fields=fields, validates=False)


@pytest.mark.parametrize("strong", [True, False], ids=["strong", "weak"])
@pytest.mark.parametrize("old", [False, True], ids=["fresh", "stale"])
def test_all_candidates_are_asked_about_at_once(larder, origin, clock, strong, old):
    origin.reply("/a", script=Languages(strong))
    for language in ("en", "de"):
        larder.get("/a", fields={"Accept-Language": language})
    clock.advance(61 if old else 1)
    answer = larder.get("/a", fields={"Accept-Language": "fr"})
    assert (answer.status, answer.body) == (200, b"de")
    asked = origin.last().field("If-None-Match")
    assert '"en"' in asked and '"de"' in asked
    assert answer.cache["fwd"] == "vary-miss" and answer.cache["fwd-status"] == 304
    for language, body in (("de", b"de"), ("en", b"en"), ("fr", b"de")):
        assert larder.get("/a", fields={"Accept-Language": language}).body == body


def test_a_304_that_names_one_freshens_that_one(larder, origin, clock):
    origin.reply("/a", script=Languages())
    for language in ("en", "de"):
        larder.get("/a", fields={"Accept-Language": language})
    clock.advance(61)
    larder.get("/a", fields={"Accept-Language": "fr"})
    count = origin.count()
    assert not larder.get("/a", fields={"Accept-Language": "en"}).hit, "en was not spoken of"
    assert origin.count() == count + 1


def test_candidates_without_a_tag_are_left_out(larder, origin, clock):
    origin.reply("/a", script=Languages(tags=("de",)))
    for language in ("en", "de"):
        larder.get("/a", fields={"Accept-Language": language})
    answer = larder.get("/a", fields={"Accept-Language": "fr"})
    assert origin.last().field("If-None-Match") == '"de"' and answer.body == b"de"


def test_none_of_the_candidates_is_right(larder, origin):
    origin.reply("/a", script=lambda seen: Reply(seen.field("Accept").encode(), validates=False,
        fields={
        **MAX_AGE, "Vary": "Accept", "ETag": f'"{seen.field("Accept")}"'}))
    for accept in ("a/b", "c/d", "e/f"):
        assert larder.get("/a", fields={"Accept": accept}).body == accept.encode()
    for accept in ("a/b", "c/d", "e/f"):
        answer = larder.get("/a", fields={"Accept": accept})
        assert answer.hit and answer.body == accept.encode()


# -- freshening (4.3.4, 3.2) ----------------------------------------------------------------------------------

@table("stored, sent, expected", [
    ("3.2-replaced", ("X-A", "1"), ("X-A", "2"), "2"), ("3.2-added", None, ("X-A", "2"), "2"),
    ("3.2-kept", ("X-A", "1"), None, "1"), ("3.2-expires", ("Expires", "0"), ("Expires", "1"), "1"),
    ("3.2-content-language", ("Content-Language", "de"), ("Content-Language", "en"), "en"),
    ("3.2-content-type", ("Content-Type", "text/a"), ("Content-Type", "text/b"), "text/b"),
    ("3.2-content-location", ("Content-Location", "/x"), ("Content-Location", "/y"), "/y"),
    ("3.2-last-modified", ("Last-Modified", MODIFIED), ("Last-Modified", "Tue, 07 Jan 2025 10:00:00 GMT"),
        "Tue, 07 Jan 2025 10:00:00 GMT"),
    ("3.2-link", ("Link", "<a>"), ("Link", "<b>"), "<b>"), ("3.2-csp", ("Content-Security-Policy", "a"),
        ("Content-Security-Policy", "b"), "b"),
    ("3.2-not-content-encoding", None, ("Content-Encoding", "br"), None),
    ("3.2-not-content-range", None, ("Content-Range", "bytes 0-1/2"), None),
    ("3.2-not-content-length", None, ("Content-Length", "77"), "3"),
    ("3.1-not-what-connection-names", ("X-A", "1"), ("Connection", "X-A\r\nX-A: 2"), "1"),
    ("3.1-not-proxy-fields", None, ("Proxy-Authenticate", "Basic"), None),
    ("3.1-not-keep-alive", None, ("Keep-Alive", "timeout=5"), None)])
def test_fields_of_a_304(larder, origin, clock, stored, sent, expected):
    """All of it, but for what describes the body's framing and what belongs to one hop."""
    stale(larder, origin, clock, {"ETag": '"v1"', **dict([stored] if stored else [])})
    head = "HTTP/1.1 304 Not Modified\r\nETag: \"v1\"\r\nCache-Control: max-age=60\r\n"
    head += f"{sent[0]}: {sent[1]}\r\n" if sent else ""
    origin.reply("/a", raw=(head + "\r\n").encode())
    name = sent[0] if sent else stored[0]
    name = "X-A" if name == "Connection" else name
    checked, hit = larder.get("/a"), larder.get("/a")
    assert checked.cache["fwd-status"] == 304 and hit.hit
    for answer in (checked, hit):
        assert answer.body == b"old" and answer.field(name) == expected


def test_lines_of_a_field_are_replaced_together(larder, origin, clock):
    origin.reply("/a", b"old", fields=[*MAX_AGE.items(), ("ETag", '"v1"'), ("Link", "<a>"),
        ("Link", "<b>")],
        not_modified=[*MAX_AGE.items(), ("ETag", '"v1"'), ("Link", "<c>")])
    larder.get("/a")
    clock.advance(61)
    larder.get("/a")
    assert larder.get("/a").all("Link") == ["<c>"]


@table("sent, hit", [("shorter", "max-age=10", True), ("none", "max-age=0", False), ("no-cache", "no-cache", False)])
def test_a_304_may_change_the_lifetime(larder, origin, clock, sent, hit):
    stale(larder, origin, clock, {"ETag": '"v1"'}, not_modified={"ETag": '"v1"',
        "Cache-Control": sent})
    larder.get("/a")
    assert larder.get("/a").hit is hit
    clock.advance(11)
    assert not larder.get("/a").hit


def test_age_begins_anew_with_a_304(larder, origin, clock):
    stale(larder, origin, clock, {"ETag": '"v1"'}, not_modified={**MAX_AGE, "ETag": '"v1"',
        "Age": "20"})
    begun = origin.now()
    assert 20 <= larder.get("/a").age <= 20 + origin.now() - begun + 1
    clock.advance(10)
    assert 30 <= larder.get("/a").age <= 20 + origin.now() - begun + 1


@table("fields", [("no-validator", MAX_AGE), ("no-field-at-all", {}), ("last-modified-only", {"Last-Modified": MODIFIED}),
    ("weak-form-of-the-tag", {**MAX_AGE, "ETag": 'W/"v1"'})])
def test_a_304_to_our_only_question(larder, origin, clock, fields):
    """It can speak of nothing else; the client gets the whole body."""
    stale(larder, origin, clock, {"ETag": '"v1"', "Last-Modified": MODIFIED}, not_modified=fields)
    answer = larder.get("/a")
    assert (answer.status, answer.body) == (200, b"old") and answer.complete


@table("named", [("another-strong-tag", '"v2"'), ("another-weak-tag", 'W/"v2"')])
def test_a_304_about_something_else(larder, origin, clock, named):
    """4.3.4: nothing stored is selected, so ask again without conditions."""
    stale(larder, origin, clock, {"ETag": '"v1"'})
    origin.reply("/a", script=lambda seen: Reply(b"", 304, {**MAX_AGE, "ETag": named})
        if seen.field("If-None-Match") else Reply(b"new", fields={**MAX_AGE, "ETag": named}))
    answer = larder.get("/a")
    assert (answer.status, answer.body, answer.field("ETag")) == (200, b"new", named)
    assert origin.last().field("If-None-Match") is None
    assert larder.get("/a").body == b"new"


# -- freshening by HEAD (4.3.5) -----------------------------------------------------------------------------

def test_head_of_a_stale_answer_is_a_conditional_head(larder, origin, clock):
    stale(larder, origin, clock, {"ETag": '"v1"', "X-A": "1"},
        not_modified={**MAX_AGE, "ETag": '"v1"', "X-A": "2"})
    head = larder.get("/a", method="HEAD")
    assert (origin.last().method, origin.last().field("If-None-Match")) == ("HEAD", '"v1"')
    assert head.status == 200 and head.cache["fwd"] == "stale" and head.field("X-A") == "2"
    got = larder.get("/a")
    assert got.hit and got.body == b"old" and got.field("X-A") == "2" and origin.count() == 2


@table("fields, body, freshened", [
    ("same-tag-and-length", {"ETag": '"v1"', "X-A": "2"}, b"old", True),
    ("other-tag", {"ETag": '"v2"', "X-A": "2"}, b"old", False),
    ("other-length", {"ETag": '"v1"', "X-A": "2"}, b"longer", False),
    ("other-last-modified", {"ETag": '"v1"', "Last-Modified": "Tue, 07 Jan 2025 10:00:00 GMT"}, b"old", False)])
def test_head_with_200(larder, origin, clock, fields, body, freshened):
    """4.3.5: freshens where validators and length are the stored one's, else that one is stale."""
    stale(larder, origin, clock, {"ETag": '"v1"', "Last-Modified": MODIFIED, "X-A": "1"})
    origin.reply("/a", body, validates=False, fields={**MAX_AGE, "Last-Modified": MODIFIED,
        **fields})
    head = larder.get("/a", method="HEAD")
    assert head.status == 200 and head.field("ETag") == fields["ETag"]
    got = larder.get("/a")
    assert got.body == body and got.hit is freshened
    if freshened:
        assert got.field("X-A") == "2"


@pytest.mark.parametrize("status", [404, 500])
def test_head_that_fails_freshens_nothing(larder, origin, clock, status):
    stale(larder, origin, clock, {"ETag": '"v1"', "Cache-Control": "max-age=60, must-revalidate"})
    origin.reply("/a", b"oops", status=status)
    assert larder.get("/a", method="HEAD").status == status
    assert larder.get("/a").status == status


@pytest.mark.parametrize("status, gone", [(404, True), (410, True), (403, False), (503, False)])
def test_a_head_that_finds_nothing_takes_what_is_stored_away(larder, origin, clock, status, gone):
    """9111 4.3.5 speaks of 200 only; but what is gone is not given to anybody, not even in an outage."""
    origin.reply("/a", b"old", fields={"Cache-Control": "max-age=5", "ETag": '"1"'})
    larder.get("/a")
    clock.advance(60)
    origin.reply("/a", b"", status=status, validates=False)
    larder.get("/a", method="HEAD")
    assert origin.last("/a").method == "HEAD"
    origin.reply("/a", b"oops", status=500, validates=False)
    assert larder.get("/a").status == (500 if gone else 200)
