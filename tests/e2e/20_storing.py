"""What is stored at all, and with which fields (RFC 9111 3): every clause that 06_freshness leaves out."""

import pytest

from harness.origin import CLOSE, RESET, Reply
from harness.table import table

FRESH = {"Cache-Control": "max-age=60"}
TOKEN = {"Authorization": "Bearer secret"}
BODILESS = (204, 205)


def twice(larder, target="/a", **how):
    """The answers to the same request, one after the other."""
    return larder.get(target, **how), larder.get(target, **how)


# -- methods and statuses ---------------------------------------------------------------------------

STATUSES = [200, 201, 202, 203, 204, 205, 207, 208, 226, 250, 299, 300, 301, 302, 303, 305, 307, 308,
    350, 399, 400, 401, 402, 403, 404, 405, 406, 408, 409, 410, 411, 412, 413, 414, 415, 417, 418, 421,
    422, 423, 424, 425, 426, 428, 429, 431, 451, 450, 499, 500, 501, 502, 503, 504, 505, 506, 507, 511,
    555, 599]


@pytest.mark.parametrize("status", STATUSES)
def test_any_final_status_with_a_lifetime_is_stored_body_and_all(larder, origin, status):
    body = b"" if status in BODILESS else b"what it says"
    origin.reply("/a", body, status=status, fields={**FRESH, "X-Kept": "yes"})
    first, second = twice(larder)
    assert first.cache["fwd"] == "uri-miss" and first.cache["stored"] is True
    assert second.hit and 0 <= second.cache["ttl"] <= 60
    for answer in (first, second):
        assert (answer.status, answer.body, answer.field("X-Kept")) == (status, body, "yes")
    assert origin.count() == 1


@pytest.mark.parametrize("status", [200, 203, 204, 300, 301, 404, 405, 410, 414, 501])
def test_no_lifetime_no_reuse_whatever_the_status(larder, origin, status):
    """4.2.2 lets a cache guess for these; without Last-Modified there is nothing to guess from."""
    origin.reply("/a", b"" if status == 204 else b"x", status=status)
    assert not any(answer.hit for answer in twice(larder))
    assert origin.count() == 2


@pytest.mark.parametrize("status", [200, 404, 599])
def test_expires_is_a_lifetime_for_any_status(larder, origin, status):
    origin.reply("/a", b"x", status=status, fields={"Expires": "Thu, 18 Aug 2050 02:01:18 GMT"})
    assert twice(larder)[1].hit
    assert origin.count() == 1


@table("directives, status, stored", [
    ("3-understood-status", "must-understand, max-age=60", 200, True),
    ("3-understood-404", "must-understand, max-age=60", 404, True),
    ("3-not-understood", "must-understand, max-age=60", 599, False),
    ("3-not-understood-4xx", "must-understand, max-age=60", 499, False),
    ("3-not-understood-2xx", "must-understand, max-age=60", 299, False),
    ("5.2.2.3-overrides-no-store", "no-store, must-understand, max-age=60", 200, True),
    ("5.2.2.3-the-other-way-round", "must-understand, max-age=60, no-store", 200, True),
    ("5.2.2.3-404", "no-store, must-understand, max-age=60", 404, True),
    ("5.2.2.3-unknown-status-keeps-no-store", "no-store, must-understand, max-age=60", 599, False),
    ("5.2.2.3-in-capitals", "NO-STORE, MUST-UNDERSTAND, MAX-AGE=60", 200, True),
    ("5.2.2.3-private-stays-private", "private, must-understand, max-age=60", 200, False)])
def test_must_understand(larder, origin, directives, status, stored):
    origin.reply("/a", b"x", status=status, fields={"Cache-Control": directives})
    first, second = twice(larder)
    assert first.cache.get("stored", False) is stored and second.hit is stored
    assert origin.count() == (1 if stored else 2)


@pytest.mark.parametrize("validator", [
    {"ETag": '"v1"'}, {"ETag": 'W/"v1"'}, {"Last-Modified": "Mon, 06 Jan 2025 10:00:00 GMT"}], ids=str)
def test_what_has_a_validator_only_is_validated(larder, origin, validator):
    """A lifetime of nothing, but worth keeping: the origin is spared the body (4.3.1)."""
    origin.reply("/a", b"x", fields={"Cache-Control": "max-age=0", **validator})
    first, second = twice(larder)
    assert second.body == first.body == b"x" and not second.hit
    assert second.cache["fwd"] == "stale" and second.cache["fwd-status"] == 304
    asked = origin.last()
    assert asked.field("If-None-Match") == validator.get("ETag")
    assert asked.field("If-Modified-Since") == validator.get("Last-Modified")


# -- Authorization (3.5) ------------------------------------------------------------------------------

@table("directives, shared", [
    ("public-alone-with-lifetime", "public, max-age=60", True),
    ("capitals", "PUBLIC, MAX-AGE=60", True),
    ("s-maxage-without-max-age", "s-maxage=60", True),
    ("must-revalidate", "must-revalidate, max-age=60", True),
    ("max-age-only", "max-age=60", False),
    ("proxy-revalidate", "proxy-revalidate, max-age=60", False),
    ("immutable", "immutable, max-age=60", False),
    ("must-understand", "must-understand, max-age=60", False),
    ("private-wins", "private, public, max-age=60", False),
    ("no-store-wins", "no-store, s-maxage=60", False),
    ("publicly-is-no-public", "publicly, max-age=60", False),
    ("public-in-a-string-is-none", 'ext="public", max-age=60', False)])
def test_authorization(larder, origin, directives, shared):
    origin.reply("/a", b"x", fields={"Cache-Control": directives})
    first, second = twice(larder, fields=TOKEN)
    assert first.cache.get("stored", False) is shared
    assert second.hit is shared
    assert origin.count() == (1 if shared else 2)
    assert origin.seen()[0].field("Authorization") == TOKEN["Authorization"]


def test_authorization_and_expires(larder, origin):
    origin.reply("/a", b"x", fields={"Expires": "Thu, 18 Aug 2050 02:01:18 GMT"})
    assert not twice(larder, fields=TOKEN)[1].hit


def test_what_nobody_in_particular_got_is_not_for_somebody(larder, origin):
    origin.reply("/a", script=lambda seen: Reply(
        (seen.field("Authorization") or "nobody").encode(), fields=FRESH))
    assert [answer.body for answer in twice(larder)] == [b"nobody"] * 2
    assert larder.get("/a", fields=TOKEN).body == b"Bearer secret"
    assert larder.get("/a").hit


# -- incomplete responses (3.3) -----------------------------------------------------------------------

@table("how", [
    ("length-not-reached", {"pieces": [b"half", CLOSE], "length": 100}),
    ("length-reset", {"pieces": [b"half", RESET], "length": 100}),
    ("chunked-without-end", {"pieces": [b"half", CLOSE], "framing": "chunked"}),
    ("chunked-reset", {"pieces": [b"half", RESET], "framing": "chunked"}),
    ("one-byte-short", {"pieces": [b"x" * 99, CLOSE], "length": 100}),
    ("chunk-cut-off", {"raw": b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n10\r\nhalf"}),
    ("chunk-size-is-none", {"raw": b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n"})])
def test_an_incomplete_response_is_no_stored_one(larder, origin, how):
    origin.replies("/a", Reply(fields=FRESH, **how), Reply(b"whole", fields=FRESH))
    with larder.client() as client:
        client.ask("/a")
        try:
            broken = client.response()
            assert broken.status == 502 or not broken.complete
        except EOFError:
            pass
    whole = larder.get("/a")
    assert whole.body == b"whole" and whole.complete and not whole.hit
    assert larder.get("/a").hit and origin.count() == 2


def test_an_end_that_is_the_connections_is_complete(larder, origin):
    """9112 6.3 rule 8: nothing tells its length, so its end is where it closes."""
    origin.reply("/a", b"all of it", framing="close", fields=FRESH)
    first, second = twice(larder)
    assert first.body == second.body == b"all of it" and second.hit


# -- fields (3.1) -------------------------------------------------------------------------------------

ODD = [("X-ZULU", "1"), ("x-alpha", "b, a"), ("Link", "<a>; rel=x"), ("X-Mixed-cASE", '"quoted, text"'),
    ("Link", "<b>; rel=y"), ("X_Under", "a=b;c"), ("x-alpha", "a"), ("Content-Language", "de, en"),
    ("Clear-Site-Data", '"cache"'), ("Content-MD5", "Q2hlY2s="), ("Warning", '199 - "odd"'),
    ("WWW-Authenticate", 'Basic realm="a, b"'), ("X-Blanks", "a  b\tc"), ("X-Empty", ""),
    ("X-Latin", "caf\xe9"), ("!#$%&'*+-.^_`|~09", "token"), ("ETag", '"v1"'), ("Allow", "GET")]


def test_unknown_fields_are_replayed_as_they_came(larder, origin):
    """In their order, with their letters, each line by itself."""
    origin.reply("/a", b"x", fields=[*ODD, *FRESH.items()])
    names = {name.lower() for name, _ in ODD}
    for answer in twice(larder):
        assert [pair for pair in answer.fields if pair[0].lower() in names] == ODD
    assert origin.count() == 1


HOP = [("Connection", "close, X-Named, x-other"), ("X-Named", "1"), ("X-Other", "2"),
    ("Keep-Alive", "timeout=5"), ("Proxy-Connection", "keep-alive"), ("Proxy-Authenticate", "Basic"),
    ("Proxy-Authentication-Info", "a=b"), ("Proxy-Authorization", "Basic YTpi"), ("TE", "trailers"),
    ("Trailer", "X-T"), ("Upgrade", "h2c")]


@pytest.mark.parametrize("name", [name for name, _ in HOP if name != "Connection"])
def test_fields_of_one_hop_are_neither_sent_on_nor_stored(larder, origin, name):
    origin.reply("/a", b"x", fields=[*HOP, *FRESH.items(), ("X-Kept", "3")])
    for answer in twice(larder):
        assert answer.field(name) is None and answer.field("X-Kept") == "3"
    assert origin.count() == 1


@table("connection", [
    ("two-lines", [("Connection", "X-A"), ("Connection", "X-B")]),
    ("blanks-and-empty-members", [("Connection", " , X-A ,, \tX-B,")]),
    ("other-case", [("Connection", "x-a, x-B")])])
def test_connection_names_fields_in_all_forms(larder, origin, connection):
    origin.reply("/a", b"x", fields=[("X-A", "1"), *connection, ("X-B", "2"), *FRESH.items()])
    for answer in twice(larder):
        assert answer.field("X-A") is None and answer.field("X-B") is None
    assert origin.count() == 1


@table("named", [("cache-control", "Cache-Control"), ("age", "Age"), ("vary", "Vary")])
def test_connection_that_names_what_caching_lives_on(larder, origin, named):
    """9110 7.6.1 forbids to send it; whoever gets it must not end up with a wrong answer."""
    origin.reply("/a", script=lambda seen: Reply((seen.field("Accept") or "any").encode(), fields={
        "Cache-Control": "no-cache", "Vary": "Accept", "Age": "5", "Connection": named}))
    larder.get("/a", fields={"Accept": "text/xml"})
    assert larder.get("/a", fields={"Accept": "text/plain"}).body == b"text/plain"
    assert origin.count() == 2


@pytest.mark.parametrize("name", ["RateLimit", "RateLimit-Policy", "X-RateLimit-Remaining",
    "X-Rate-Limit-Limit", "X-Request-Id"])
def test_what_belongs_to_one_answer_only_is_not_replayed(larder, origin, name):
    origin.reply("/a", b"x", fields={**FRESH, name: "17"})
    first, second = twice(larder)
    assert first.field(name) == "17"
    assert second.hit and second.field(name) is None


def test_content_length_of_a_hit_is_that_of_the_body(larder, origin):
    for framing in ("length", "chunked", "close"):
        origin.reply("/" + framing, b"12345", framing=framing, fields=FRESH)
        larder.get("/" + framing)
        hit = larder.get("/" + framing)
        assert hit.hit and hit.all("Content-Length") == ["5"] and hit.body == b"12345"


def test_head_fetches_what_a_get_can_use(larder, origin):
    """9110 9.3.2: a HEAD with nothing stored is fetched as GET, so that both find it."""
    origin.reply("/a", b"12345", fields={**FRESH, "ETag": '"v1"'})
    head = larder.get("/a", method="HEAD")
    assert head.status == 200 and head.body == b"" and head.cache["fwd"] == "uri-miss"
    assert [seen.method for seen in origin.seen()] == ["GET"]
    larder.wait_idle()
    got = larder.get("/a")
    assert got.hit and got.body == b"12345" and origin.count() == 1
