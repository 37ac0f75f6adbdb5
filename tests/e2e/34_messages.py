"""Messages as the origin may send them, and what larder makes of their edges (RFC 9110, RFC 9112)."""

import re
from email.utils import parsedate_to_datetime

import pytest

from harness.origin import Reply
from harness.table import table

FRESH = {"Cache-Control": "max-age=60"}
HEAD = b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n"


# -- 1xx (9110 15.2) ------------------------------------------------------------------------------------------

@table("before", [
    ("15.2.1-one-100", b"HTTP/1.1 100 Continue\r\n\r\n"), ("15.2-two-100", b"HTTP/1.1 100 Continue\r\n\r\n" * 2),
    ("15.2.3-102", b"HTTP/1.1 102 Processing\r\n\r\n"), ("8297-103", b"HTTP/1.1 103 Early Hints\r\nLink: </s>\r\n\r\n"),
    ("15.2-103-and-100", b"HTTP/1.1 103 Early Hints\r\nLink: </s>\r\nCache-Control: max-age=9\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"),
    ("15.2-unknown-1xx", b"HTTP/1.1 199 What\r\nETag: \"no\"\r\nCache-Control: no-store\r\n\r\n"),
    ("15.2-twenty", b"HTTP/1.1 102 Processing\r\n\r\n" * 20)])
def test_interim_responses_are_read_and_not_stored(larder, origin, before):
    origin.reply("/a", raw=before + HEAD + b"Content-Length: 2\r\n\r\nok")
    first, second = larder.get("/a"), larder.get("/a")
    for answer in (first, second):
        assert (answer.status, answer.body) == (200, b"ok")
        assert answer.field("ETag") is None and answer.field("Link") is None
        assert answer.field("Cache-Control") == "max-age=60"
    assert second.hit and second.interim == []


@pytest.mark.parametrize("version", ["HTTP/1.0"])
def test_no_interim_response_to_http_1_0(larder, origin, version):
    """15.2: MUST NOT."""
    origin.reply("/a", raw=b"HTTP/1.1 103 Early Hints\r\nLink: </s>\r\n\r\n" + HEAD + b"Content-Length: 2\r\n\r\nok")
    with larder.client() as client:
        answer = client.get("/a", version=version)
        assert answer.status == 200 and answer.interim == []


def test_101_that_nobody_asked_for(larder, origin):
    """15.2.2: only with an Upgrade of the request, and larder asks for none."""
    origin.reply("/a", raw=b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nxyz")
    answer = larder.get("/a", fields={"Upgrade": "x", "Connection": "upgrade"})
    assert answer.status == 502 and origin.last("/a").field("Upgrade") is None


# -- framing (9112 6) -----------------------------------------------------------------------------------------

@table("surplus", [("one-byte", b"x"), ("a-response", b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 4\r\n\r\nEVIL"),
    ("blank-lines", b"\r\n\r\n")])
def test_bytes_behind_the_length_are_nobodys(larder, origin, surplus):
    """6.3: more than Content-Length is not part of it, nor the next answer on that connection."""
    origin.reply("/a", raw=HEAD + b"Content-Length: 2\r\n\r\nok" + surplus)
    origin.reply("/b", b"its own", fields=FRESH)
    assert larder.get("/a").body == b"ok"
    assert larder.get("/b").body == b"its own"
    assert larder.get("/a").body == b"ok" and larder.get("/b").body == b"its own"


@pytest.mark.parametrize("coding", ["frob", "gzip", "chunked, frob", "frob, chunked", "deflate", "gzip, chunked",
    "xchunked", "chunkedx", "chunked;x=1, chunked", "chunked, chunked", "\x0bchunked"])
def test_transfer_codings_that_nobody_knows(larder, origin, coding):
    """6.1: unknown or wrongly stacked: the end of the body can't be known: 502, nothing stored."""
    origin.reply("/a", raw=HEAD + f"Transfer-Encoding: {coding}\r\n\r\n".encode() + b"4\r\nbody\r\n0\r\n\r\n")
    answer = larder.get("/a")
    assert answer.status == 502 and b"body\r\n" not in answer.body
    origin.reply("/a", b"good", fields=FRESH)
    assert larder.get("/a").body == b"good"


@pytest.mark.parametrize("coding", ["chunked", "Chunked", " chunked ", "CHUNKED"])
def test_chunked_in_all_letters(larder, origin, coding):
    origin.reply("/a", raw=HEAD + f"Transfer-Encoding: {coding}\r\n\r\n".encode() + b"4;ext=1\r\nbody\r\n0\r\n\r\n")
    assert larder.get("/a").body == b"body" and larder.get("/a").hit


@table("head, bodies", [
    ("6.3-length-and-chunked", b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n", {b"body"}),
    ("6.3-two-lengths", b"Content-Length: 4\r\nContent-Length: 3\r\n\r\nbody", set()),
    ("6.3-list-of-lengths", b"Content-Length: 4, 3\r\n\r\nbody", set()), ("6.3-negative", b"Content-Length: -4\r\n\r\nbody", set()),
    ("6.3-signed", b"Content-Length: +4\r\n\r\nbody", set()), ("6.3-hexadecimal", b"Content-Length: 0x4\r\n\r\nbody", set()),
    ("6.3-word", b"Content-Length: four\r\n\r\nbody", set()), ("6.3-huge", b"Content-Length: 99999999999999999999\r\n\r\nbody", set()),
    ("6.3-equal-lengths", b"Content-Length: 4\r\nContent-Length: 4\r\n\r\nbody", {b"body"}),
    ("6.3-equal-list", b"Content-Length: 4, 4\r\n\r\nbody", {b"body"})])
def test_lengths_that_contradict(larder, origin, head, bodies):
    """6.3: invalid is unrecoverable: 502; the same one several times may be taken for one."""
    origin.reply("/a", raw=HEAD + head)
    answer = larder.get("/a")
    assert answer.status == 502 or (answer.status == 200
        and answer.body in bodies) or not answer.complete
    larder.wait_idle()
    origin.reply("/a", b"good", fields=FRESH)
    assert larder.get("/a").body in bodies | {b"good"}


@table("trailer", [("one", b"X-Late: 1\r\n"), ("two", b"X-Late: 1\r\nX-Later: 2\r\n"), ("a-length", b"Content-Length: 9\r\n"),
    ("caching", b"Cache-Control: no-store\r\nETag: \"late\"\r\n"), ("vary", b"Vary: *\r\n"), ("cookie", b"Set-Cookie: a=b\r\n")])
def test_trailers_are_no_header_fields(larder, origin, trailer):
    """9110 6.5.1: not merged into the header; dropped, or sent as trailers."""
    origin.reply("/a", raw=HEAD + b"Trailer: X-Late\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n" + trailer + b"\r\n")
    for hit in (False, True):
        answer = larder.get("/a")
        assert answer.body == b"body" and answer.complete and answer.hit is hit
        for name in ("X-Late", "ETag", "Vary", "Set-Cookie"):
            assert answer.field(name) is None
        assert answer.field("Cache-Control") == "max-age=60"


def test_larder_asks_for_no_trailers(larder, origin):
    origin.reply("/a", b"x", fields=FRESH)
    larder.get("/a", fields={"TE": "trailers, gzip", "Connection": "TE"})
    assert "gzip" not in (origin.last().field("TE") or "")


# -- heads (9112 2-5) -------------------------------------------------------------------------------------------

@table("head, name, value", [
    ("5.1-no-blank-behind-the-colon", b"X-A:1", "X-A", "1"), ("5.1-many-blanks", b"X-A: \t  1 \t ", "X-A", "1"),
    ("5.5-blanks-inside", b"X-A: a  b", "X-A", "a  b"), ("5.5-colon-inside", b"X-A: a:b: c", "X-A", "a:b: c"),
    ("5.5-latin-1", b"X-A: caf\xe9", "X-A", "caf\xe9"), ("5.5-empty", b"X-A:", "X-A", ""),
    ("5.1-odd-name", b"!#$%&'*+-.^_`|~: 1", "!#$%&'*+-.^_`|~", "1")])
def test_fields_arrive_as_they_mean(larder, origin, head, name, value):
    origin.reply("/a", raw=HEAD + head + b"\r\nContent-Length: 1\r\n\r\nx")
    for _ in range(2):
        assert larder.get("/a").field(name) == value


@table("line", [("5.2-folded", b"X-A: a\r\n b"), ("5.2-folded-with-tab", b"X-A: a\r\n\tSet-Cookie: b"), ("5.1-blank-before-the-colon", b"Set-Cookie : a=b"),
    ("5.1-no-colon", b"nonsense"), ("5.1-no-name", b": value"), ("5.5-nul", b"X-A: a\0b"), ("5.5-bare-cr", b"X-A: a\rSet-Cookie: b"),
    ("5.5-control", b"X-A: a\x01b"), ("5.5-delete", b"X-A: a\x7fb"), ("5.1-blank-in-the-name", b"X A: 1"), ("5.1-control-in-the-name", b"X\x01: 1")])
def test_malformed_fields_do_no_harm(larder, origin, line):
    """Refused, or mended; no control character and no new field comes out."""
    origin.reply("/a", raw=HEAD + line + b"\r\nContent-Length: 1\r\n\r\nx")
    for _ in range(2):
        answer = larder.get("/a")
        assert answer.status in (200, 502)
        for name, value in answer.fields:
            assert re.fullmatch(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+", name)
            assert not re.search("[\0-\x08\x0a-\x1f\x7f]", value)
        if answer.status == 200:
            assert answer.body == b"x"


@table("line, statuses", [("4-no-reason", b"HTTP/1.1 200 ", {200}), ("4-no-blank", b"HTTP/1.1 200", {200, 502}), ("4-long-reason", b"HTTP/1.1 200 " + b"x" * 2000, {200, 502}),
    ("4-unknown-status", b"HTTP/1.1 299 Odd", {299}), ("4-four-digits", b"HTTP/1.1 2000 OK", {502}), ("4-two-digits", b"HTTP/1.1 20 OK", {502}),
    ("4-status-600", b"HTTP/1.1 600 Odd", {502, 600}), ("4-status-0", b"HTTP/1.1 000 Odd", {502}), ("2.3-version-2", b"HTTP/2.0 200 OK", {502, 200}),
    ("4-letters", b"HTTP/1.1 abc OK", {502}), ("4-control-in-reason", b"HTTP/1.1 200 a\x01b", {200, 502})])
def test_status_lines(larder, origin, line, statuses):
    origin.reply("/a", raw=line + b"\r\nCache-Control: max-age=60\r\nContent-Length: 1\r\n\r\nx")
    answer = larder.get("/a")
    assert answer.status in statuses and answer.complete and "\x01" not in answer.reason
    assert larder.get("/a").status == answer.status


# -- HTTP/1.0 origins (9112 2.5) --------------------------------------------------------------------------------

@table("head, body", [("length", b"Content-Length: 4\r\n\r\nbody", b"body"), ("until-close", b"\r\nbody", b"body"),
    ("keep-alive", b"Connection: keep-alive\r\nContent-Length: 4\r\n\r\nbody", b"body")])
def test_an_origin_of_http_1_0(larder, origin, head, body):
    """Its answer is stored like any; larder speaks its own version, and adds Via and Date."""
    origin.reply("/a", raw=b"HTTP/1.0 200 OK\r\nCache-Control: max-age=60\r\n" + head)
    for hit in (False, True):
        answer = larder.get("/a")
        assert answer.body == body and answer.hit is hit and answer.version == "HTTP/1.1"
        assert answer.field("Date") and answer.field("Via").startswith("1.0 ")


def test_an_origin_of_http_1_0_with_chunks(larder, origin):
    """6.1: 1.0 has no transfer codings: faulty framing; never half of it as a whole."""
    origin.reply("/a", raw=b"HTTP/1.0 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n")
    answer = larder.get("/a")
    assert answer.status == 502 or answer.body == b"body" or not answer.complete


# -- Date, Via, Max-Forwards ------------------------------------------------------------------------------------

@table("fields", [("missing", {}), ("invalid", {"Date": "yesterday"})])
def test_date_is_added_where_there_is_none(larder, origin, clock, fields):
    """9110 6.6.1: at the time of receipt, and stored with it."""
    origin.reply("/a", b"x", fields={**FRESH, **fields}, date=False)
    begun = origin.now()
    first = larder.get("/a")
    received = origin.now()
    clock.advance(30)
    second = larder.get("/a")
    if fields:
        assert len(first.all("Date")) == 1
        return
    assert first.all("Date") == second.all("Date")
    assert begun - 1 < parsedate_to_datetime(first.field("Date")).timestamp() <= received


def test_date_is_the_origins(larder, origin):
    origin.reply("/a", b"x", fields={**FRESH, "Date": "Mon, 06 Jan 2025 10:00:00 GMT",
        "Cache-Control": "max-age=999999999"})
    for _ in range(2):
        assert larder.get("/a").all("Date") == ["Mon, 06 Jan 2025 10:00:00 GMT"]


@table("asked, told", [("none", None, "1.1 larder"), ("one", "1.0 fred", "1.0 fred, 1.1 larder"), ("two", "1.0 fred, 1.1 p.example", "1.0 fred, 1.1 p.example, 1.1 larder"),
    ("comment", "1.1 p (a, b)", "1.1 p (a, b), 1.1 larder")])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_via_of_requests(larder, origin, asked, told, method):
    """9110 7.6.3: MUST be added, behind those before."""
    origin.reply("/a", b"x")
    larder.get("/a", method=method, fields={"Via": asked} if asked else {})
    assert origin.last("/a").field("Via") == told


def test_via_of_http_1_0_clients(larder, origin):
    """7.6.3: the version that the message was received in."""
    origin.reply("/a", b"x")
    with larder.client() as client:
        client.get("/a", version="HTTP/1.0")
    assert origin.last("/a").field("Via") == "1.0 larder"


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE"])
@table("sent, forwarded", [("0", "0", None), ("1", "1", "0"), ("10", "10", "9"), ("leading-zeros", "010", "9"), ("huge", "99999999999999999999", "any")])
def test_max_forwards(larder, origin, method, sent, forwarded):
    """9110 7.6.2: counted down; at 0 the recipient answers itself."""
    origin.reply("/a", b"x", fields={"Allow": "GET"})
    answer = larder.get("/a", method=method, fields={"Max-Forwards": sent})
    if forwarded is None:
        assert origin.count("/a") == 0 and answer.status < 500
    elif answer.status != 405:
        assert origin.count("/a") == 1
        told = origin.last("/a").field("Max-Forwards")
        assert forwarded == "any" and re.fullmatch(r"\d+", told) or told == forwarded


@pytest.mark.parametrize("value", ["-1", "x", "1.5", ""])
def test_max_forwards_that_is_none(larder, origin, value):
    origin.reply("/a", b"x")
    answer = larder.get("/a", method="OPTIONS", fields={"Max-Forwards": value})
    assert answer.status in (200, 400)
    if answer.status == 200 and origin.count("/a"):
        assert not (origin.last("/a").field("Max-Forwards") or "").startswith("-2")


def test_max_forwards_of_other_methods_is_ignored(larder, origin):
    origin.reply("/a", b"x", fields=FRESH)
    assert larder.get("/a", fields={"Max-Forwards": "0"}).body == b"x"
    assert larder.get("/a", fields={"Max-Forwards": "0"}).hit


def test_trace_tells_no_credentials(larder, origin):
    """9110 9.3.8: what reflects a request leaves its secrets out."""
    answer = larder.get("/a", method="TRACE", fields={"Max-Forwards": "0",
        "Authorization": "Bearer secret", "Cookie": "a=secret"})
    assert b"secret" not in answer.body and origin.count("/a") == 0


@pytest.mark.parametrize("status", [204, 304])
def test_statuses_without_a_body_have_none(larder, origin, status):
    """6.3 rule 1: whatever the origin says about its length."""
    origin.reply("/a", script=lambda seen: Reply(raw=b"HTTP/1.1 %d X\r\nCache-Control: max-age=60\r\nETag: \"v1\"\r\nContent-Length: 5\r\n\r\n" % status
        if status == 204 or seen.field("If-None-Match") else HEAD + b"ETag: \"v1\"\r\nContent-Length: 5\r\n\r\nwhole"))
    with larder.client() as client:
        for _ in range(3):
            answer = client.get("/a", fields={"If-None-Match": '"v1"'})
            assert answer.status == status and answer.body == b""
