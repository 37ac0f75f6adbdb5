"""Conditional requests: from clients to larder, from larder to the origin (RFC 9110 13, 9111 4.3)."""

from email.utils import formatdate

import pytest

from harness.metrics import equals
from harness.origin import Reply

MAX_AGE = {"Cache-Control": "max-age=60"}
MODIFIED = "Mon, 06 Jan 2025 10:00:00 GMT"
EARLIER = "Mon, 06 Jan 2025 09:00:00 GMT"
LATER = "Mon, 06 Jan 2025 11:00:00 GMT"


# -- larder asks the origin -----------------------------------------------------------------------


def test_a_304_freshens_and_keeps_the_body(larder, origin, clock):
    origin.reply("/a", b"body", fields={**MAX_AGE, "ETag": '"v1"', "X-Old": "1", "X-Both": "1",
        "Content-Type": "text/plain"},
        not_modified={"Cache-Control": "max-age=600", "ETag": '"v1"', "X-Both": "2", "X-New": "2"})
    larder.get("/a")
    clock.advance(61)
    begun = origin.now()
    checked = larder.get("/a")
    assert (checked.status, checked.body) == (200, b"body")
    assert checked.cache["fwd"] == "stale" and checked.cache["fwd-status"] == 304
    assert origin.last().field("If-None-Match") == '"v1"'
    clock.advance(500)
    hit = larder.get("/a")
    assert hit.hit and hit.body == b"body" and hit.field("Content-Length") == "4"
    assert (hit.field("X-Old"), hit.field("X-Both"), hit.field("X-New")) == ("1", "2", "2")
    assert hit.field("Content-Type") == "text/plain" and 500 <= hit.age <= origin.now() - begun + 1
    assert origin.count() == 2
    larder.wait_metric("cache_revalidations_total", equals(1), result="not-modified")


def test_a_changed_answer_takes_its_place(larder, origin, clock):
    origin.reply("/a", b"old", fields={**MAX_AGE, "ETag": '"v1"', "X-Old": "1"})
    larder.get("/a")
    clock.advance(61)
    origin.reply("/a", b"newer", fields={**MAX_AGE, "ETag": '"v2"'})
    changed = larder.get("/a")
    assert changed.body == b"newer" and changed.cache["fwd"] == "stale"
    assert changed.field("X-Old") is None
    hit = larder.get("/a")
    assert hit.hit and hit.body == b"newer" and hit.field("ETag") == '"v2"'
    larder.wait_metric("cache_revalidations_total", equals(1), result="modified")


@pytest.mark.parametrize("fields, asked", [
    ({"ETag": '"v1"'}, {"If-None-Match": '"v1"'}),
    ({"ETag": 'W/"v1"'}, {"If-None-Match": 'W/"v1"'}),
    ({"Last-Modified": MODIFIED}, {"If-Modified-Since": MODIFIED}),
    ({"ETag": '"v1"', "Last-Modified": MODIFIED},
        {"If-None-Match": '"v1"', "If-Modified-Since": MODIFIED}),
    ({}, {"If-None-Match": None, "If-Modified-Since": None}),
])
def test_what_larder_asks_with(larder, origin, clock, fields, asked):
    origin.reply("/a", b"body", fields={**MAX_AGE, **fields})
    larder.get("/a")
    clock.advance(61)
    assert larder.get("/a").body == b"body"
    assert origin.count() == 2
    for name, value in asked.items():
        assert origin.last().field(name) == value


def test_no_cache_is_validated_each_time(larder, origin):
    origin.reply("/a", b"body", fields={"Cache-Control": "no-cache, max-age=60", "ETag": '"v1"'})
    for count in (1, 2, 3):
        assert larder.get("/a").body == b"body"
        assert origin.count() == count
    assert origin.last().field("If-None-Match") == '"v1"'


def test_a_reload_is_validated(larder, origin):
    """The client's no-cache: the stored answer is checked, not fetched anew."""
    origin.reply("/a", b"body", fields={**MAX_AGE, "ETag": '"v1"'})
    larder.get("/a")
    checked = larder.get("/a", fields={"Cache-Control": "no-cache"})
    assert checked.body == b"body" and checked.cache["fwd"] == "request"
    assert origin.last().field("If-None-Match") == '"v1"'


def test_framing_fields_of_a_304_are_not_taken(larder, origin, clock):
    origin.reply("/a", b"body", fields={**MAX_AGE, "ETag": '"v1"', "Content-Type": "text/plain"})
    larder.get("/a")
    origin.reply("/a", raw=b"HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n"
        b"Content-Encoding: br\r\nETag: \"v1\"\r\nCache-Control: max-age=60\r\n\r\n")
    clock.advance(61)
    for _ in range(2):
        response = larder.get("/a")
        assert response.body == b"body" and response.field("Content-Length") == "4"
        assert response.field("Content-Encoding") is None


def test_a_304_for_another_version_is_not_believed(larder, origin, clock):
    """RFC 9111 4.3.4: a strong validator that matches nothing stored freshens nothing."""
    origin.reply("/a", b"old", fields={**MAX_AGE, "ETag": '"v1"'})
    larder.get("/a")
    clock.advance(61)

    def confused(seen):
        if seen.field("If-None-Match"):
            return Reply(b"", 304, {**MAX_AGE, "ETag": '"v2"'})
        return Reply(b"new", fields={**MAX_AGE, "ETag": '"v2"'})
    origin.reply("/a", script=confused)
    response = larder.get("/a")
    assert response.status in (200, 502) and response.body != b"old"


def test_must_revalidate_is_never_stale(larder, origin, clock):
    origin.reply("/a", b"body", fields={"Cache-Control": "max-age=60, must-revalidate"})
    larder.get("/a")
    clock.advance(61)
    origin.stop()
    assert larder.get("/a").status in (502, 504)


def test_variants_are_validated_each_for_itself(larder, origin, clock):
    def by_language(seen):
        language = seen.field("Accept-Language")
        return Reply(language.encode(), fields={
            **MAX_AGE, "Vary": "Accept-Language", "ETag": f'"{language}"'})
    origin.reply("/a", script=by_language)
    for language in ("en", "de"):
        larder.get("/a", fields={"Accept-Language": language})
    clock.advance(61)
    for language in ("en", "de"):
        response = larder.get("/a", fields={"Accept-Language": language})
        assert response.body == language.encode()
        assert f'"{language}"' in origin.last().field("If-None-Match")


# -- clients ask larder ---------------------------------------------------------------------------


@pytest.fixture
def stored(larder, origin):
    origin.reply("/a", b"body", fields={**MAX_AGE, "ETag": '"v1"', "Last-Modified": MODIFIED,
        "Vary": "Accept", "Content-Type": "text/plain", "Content-Location": "/b"})
    larder.get("/a")
    return larder


@pytest.mark.parametrize("fields, status", [
    ({"If-None-Match": '"v1"'}, 304),
    ({"If-None-Match": 'W/"v1"'}, 304),
    ({"If-None-Match": '"v0", "v1"'}, 304),
    ({"If-None-Match": "*"}, 304),
    ({"If-None-Match": '"v2"'}, 200),
    ({"If-None-Match": "v1"}, 200),
    ({"If-Modified-Since": MODIFIED}, 304),
    ({"If-Modified-Since": LATER}, 304),
    ({"If-Modified-Since": EARLIER}, 200),
    ({"If-Modified-Since": "some day"}, 200),
    ({"If-None-Match": '"v2"', "If-Modified-Since": LATER}, 200),
    ({"If-None-Match": '"v1"', "If-Modified-Since": EARLIER}, 304),
], ids=lambda value: str(value))
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_preconditions_on_a_stored_answer(stored, origin, method, fields, status):
    response = stored.get("/a", method=method, fields=fields)
    assert response.status == status
    if status == 304:
        assert response.hit and response.body == b"" and response.field("ETag") == '"v1"'
        assert response.field("Cache-Control") == "max-age=60"
        assert response.field("Vary") == "Accept" and response.field("Date")
        assert response.field("Content-Length") in (None, "4")
    assert origin.count() == 1


@pytest.mark.parametrize("fields", [
    {"If-Match": '"v1"'}, {"If-Match": "*"}, {"If-Unmodified-Since": MODIFIED}], ids=str)
def test_a_question_about_the_origins_state_goes_there(stored, origin, fields):
    """RFC 9111 4.3.2: a cache must not evaluate it; what is stored may be behind."""
    origin.reply("/a", b"no", status=412)
    response = stored.get("/a", fields=fields)
    assert response.status == 412 and response.cache["fwd"] == "request"
    assert origin.count() == 2 and dict(origin.last("/a").fields).items() >= fields.items()
    assert stored.get("/a").hit


def test_the_connection_goes_on_after_a_304(stored):
    with stored.client() as client:
        for _ in range(3):
            assert client.get("/a", fields={"If-None-Match": '"v1"'}).status == 304
            assert client.get("/a").body == b"body"


def test_a_precondition_on_a_cold_key(larder, origin):
    """The client's own validator doesn't keep the cache from getting a whole body."""
    origin.reply("/a", b"body", fields={**MAX_AGE, "ETag": '"v1"'})
    first = larder.get("/a", fields={"If-None-Match": '"v1"'})
    assert first.status == 304 and first.body == b""
    second = larder.get("/a")
    assert (second.status, second.body) == (200, b"body")
    third = larder.get("/a", fields={"If-None-Match": '"v0"'})
    assert (third.status, third.body) == (200, b"body")


def test_a_precondition_on_a_stale_answer(stored, origin, clock):
    clock.advance(61)
    assert stored.get("/a", fields={"If-None-Match": '"v1"'}).status == 304
    assert origin.count() == 2
    assert stored.get("/a").hit
    clock.advance(61)
    origin.reply("/a", b"new", fields={**MAX_AGE, "ETag": '"v2"'})
    assert stored.get("/a", fields={"If-None-Match": '"v1"'}).body == b"new"


def test_no_304_for_errors(larder, origin):
    origin.reply("/a", b"gone", status=410, fields={**MAX_AGE, "ETag": '"v1"'})
    for _ in range(2):
        assert larder.get("/a", fields={"If-None-Match": '"v1"'}).status == 410


def test_a_recent_last_modified(larder, origin):
    """Modified in the second in which it was sent: still a date that a client may name."""
    now = formatdate(origin.now(), usegmt=True)
    origin.reply("/a", b"body", fields={**MAX_AGE, "Last-Modified": now})
    larder.get("/a")
    assert larder.get("/a", fields={"If-Modified-Since": now}).status in (200, 304)
    assert larder.get("/a", fields={"If-Modified-Since": EARLIER}).status == 200
