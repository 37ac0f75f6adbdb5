"""One gzip for those who take it and those who don't; what that does to tags, digests, ranges (RFC 9110 8.4, 12.5.3)."""

import gzip
import re
import threading
import zlib

import pytest

from harness.origin import Reply
from harness.table import table

FRESH = {"Cache-Control": "max-age=60"}
PLAIN = b"".join(b"line %d of a text that gzip likes\n" % number for number in range(2000))
CODED = gzip.compress(PLAIN, mtime=0)
GZIP = {"Accept-Encoding": "gzip"}


def coded(body=CODED, coding="gzip", **fields):
    """Reply fields and body of a coded representation."""
    return Reply(body, fields={**FRESH, "Content-Encoding": coding, "Vary": "Accept-Encoding",
        "ETag": '"v1"',
        "Content-Type": "text/plain", **{name.replace("_", "-"): value
            for name, value in fields.items()}})


def negotiated(reply):
    """A script: the coded reply to who takes gzip, the plain text to others."""
    def script(seen):
        asked = seen.field("Accept-Encoding") or ""
        if "gzip" in asked and "gzip;q=0" not in asked:
            return reply
        return Reply(PLAIN, fields={**FRESH, "Vary": "Accept-Encoding", "ETag": '"plain"'})
    return script


@pytest.fixture
def stored(larder, origin):
    origin.reply("/a", script=negotiated(coded()))
    larder.get("/a", fields=GZIP)
    return larder


def check_inflated(answer, body=PLAIN):
    """200 with the text itself, marked as another representation than the stored one."""
    assert answer.status == 200 and answer.complete and answer.body == body
    assert answer.field("Content-Encoding") is None
    assert answer.field("Content-Length") in (None, str(len(body)))
    assert "accept-encoding" in (answer.field("Vary") or "").lower()


@table("fields", [("no-field", {}), ("identity", {"Accept-Encoding": "identity"}), ("br-only", {"Accept-Encoding": "br"}),
    ("refused", {"Accept-Encoding": "gzip;q=0"}), ("refused-in-thousandths", {"Accept-Encoding": "gzip;q=0.000, br"}),
    ("empty", {"Accept-Encoding": ""}), ("identity-preferred", {"Accept-Encoding": "gzip;q=0.5, identity;q=1"}),
    ("refused-beside-any", {"Accept-Encoding": "gzip;q=0, *"}), ("longer-name", {"Accept-Encoding": "gzipp"})])
def test_who_takes_no_gzip_gets_it_inflated(stored, origin, fields):
    answer = stored.get("/a", fields=fields)
    check_inflated(answer)
    assert answer.hit and origin.count() == 1
    assert answer.field("ETag") == 'W/"v1"', "8.8.1: not the same bytes"


@pytest.mark.parametrize("asked", ["gzip", "gzip, br", "GZip", "br, gzip;q=0.1", "x-gzip"])
def test_who_takes_gzip_gets_the_stored_bytes(stored, origin, asked):
    answer = stored.get("/a", fields={"Accept-Encoding": asked})
    assert answer.body == CODED and answer.hit and origin.count() == 1
    assert answer.field("Content-Encoding") == "gzip" and answer.field("ETag") == '"v1"'
    assert "accept-encoding" in answer.field("Vary").lower()


def test_the_other_way_round(larder, origin):
    """Asked for by one who takes no gzip: the origin is asked for gzip all the same,
    once for both."""
    origin.reply("/a", script=negotiated(coded()))
    check_inflated(larder.get("/a"))
    answer = larder.get("/a", fields=GZIP)
    assert answer.hit and answer.body == CODED and origin.count() == 1
    assert origin.last().field("Accept-Encoding") == "gzip"


def test_what_is_not_coded_serves_both(larder, origin):
    origin.reply("/a", b"plain", fields={**FRESH, "Vary": "Accept-Encoding", "ETag": '"v1"'})
    larder.get("/a")
    for fields in (GZIP, {}):
        answer = larder.get("/a", fields=fields)
        assert answer.hit and answer.body == b"plain" and answer.field("ETag") == '"v1"'
    assert origin.count() == 1


@table("vary, expected", [("none", None, {"accept-encoding"}), ("another", "Accept", {"accept", "accept-encoding"}),
    ("already", "Accept, accept-encoding", {"accept", "accept-encoding"})])
@pytest.mark.parametrize("fields", [GZIP, {}], ids=["gzip", "identity"])
def test_vary_says_that_the_coding_was_chosen(larder, origin, vary, expected, fields):
    """12.5.5: what selects here must be told to the caches behind."""
    reply = coded()
    reply.fields.pop("Vary")
    reply.fields.update({"Vary": vary} if vary else {})
    origin.reply("/a", script=lambda _: reply)
    larder.get("/a", fields=GZIP)
    told = larder.get("/a", fields=fields).field("Vary") or ""
    assert {name.strip().lower() for name in told.split(",")} == expected
    assert origin.count() == 1


@pytest.mark.parametrize("name", ["Content-MD5", "Digest", "Content-Digest", "Repr-Digest"])
def test_digests_of_the_coded_bytes(larder, origin, name):
    origin.reply("/a", script=negotiated(coded(**{name: "x=:AAAA:"})))
    assert larder.get("/a", fields=GZIP).field(name) == "x=:AAAA:"
    inflated = larder.get("/a")
    check_inflated(inflated)
    assert inflated.field(name) is None
    assert larder.get("/a", fields=GZIP).field(name) == "x=:AAAA:"


@table("stored, told", [("strong", '"v1"', 'W/"v1"'), ("weak", 'W/"v1"', 'W/"v1"'), ("comma", '"a,b"', 'W/"a,b"')])
def test_tags_of_the_inflated(larder, origin, stored, told):
    origin.reply("/a", script=negotiated(coded(ETag=stored)))
    larder.get("/a", fields=GZIP)
    assert larder.get("/a").field("ETag") == told
    for asked in (told, stored):
        answer = larder.get("/a", fields={"If-None-Match": asked})
        assert answer.status == 304 and answer.field("ETag") == told and answer.hit
    assert larder.get("/a", fields={**GZIP, "If-None-Match": stored}).field("ETag") == stored
    assert origin.count() == 1


@table("how", [("response", {"reply": "max-age=60, no-transform"}), ("response-in-capitals", {"reply": "max-age=60, No-Transform"}),
    ("request", {"asked": "no-transform"})])
def test_no_transform(larder, origin, how):
    """9111 5.2.2.6, 5.2.1.6: another representation is asked for instead."""
    origin.reply("/a", script=negotiated(coded(Cache_Control=how.get("reply", "max-age=60"))))
    larder.get("/a", fields=GZIP)
    answer = larder.get("/a", fields={"Cache-Control": how["asked"]} if "asked" in how else {})
    check_inflated(answer)
    assert origin.count() == 2
    assert "gzip" not in (origin.last().field("Accept-Encoding") or "identity")
    assert answer.field("ETag") == '"plain"' and not answer.hit
    again = larder.get("/a", fields=GZIP)
    assert again.body == (CODED if again.field("Content-Encoding") else PLAIN)
    assert again.hit and origin.count() == 2


@table("coding, body", [("br", "br", b"\x0b\x02\x80x\x03"), ("deflate", "deflate", zlib.compress(PLAIN)),
    ("zstd", "zstd", b"\x28\xb5\x2f\xfd"), ("twice", "gzip, gzip", gzip.compress(CODED)), ("gzip-of-br", "br, gzip", CODED),
    ("unknown", "frob", b"frob")])
def test_other_codings_go_to_nobody_who_did_not_ask(larder, origin, coding, body):
    origin.reply("/a", script=negotiated(coded(body, coding)))
    assert larder.get("/a", fields={"Accept-Encoding": f"gzip, {coding}"}).body == body
    answer = larder.get("/a")
    assert answer.body == PLAIN and answer.field("Content-Encoding") is None
    assert larder.get("/a").body == PLAIN


@pytest.mark.parametrize("coding", ["x-gzip", "GZIP", " gzip ", "identity, gzip"])
def test_names_of_gzip(larder, origin, coding):
    """8.4.1.3: x-gzip is the same; codings are case-insensitive."""
    origin.reply("/a", script=negotiated(coded(CODED, coding)))
    larder.get("/a", fields=GZIP)
    check_inflated(larder.get("/a"))


def test_head_of_the_inflated(stored, origin):
    head = stored.get("/a", method="HEAD")
    assert head.status == 200 and head.hit and head.field("Content-Encoding") is None
    assert head.field("Content-Length") in (None, str(len(PLAIN)))
    assert head.field("ETag") == 'W/"v1"'
    assert stored.get("/a", method="HEAD", fields=GZIP).field("Content-Length") == str(len(CODED))
    assert origin.count() == 1


@table("fields, body", [("identity", {}, PLAIN), ("gzip", GZIP, CODED)])
@pytest.mark.parametrize("value, first, last", [("bytes=10-29", 10, 29), ("bytes=0-0", 0, 0)])
def test_ranges_are_of_what_the_client_gets(stored, fields, body, value, first, last):
    """14.2: of the selected representation, coded or not."""
    answer = stored.get("/a", fields={**fields, "Range": value})
    assert answer.status in (200, 206)
    if answer.status == 206:
        assert answer.body == body[first:last + 1]
        assert answer.field("Content-Range") == f"bytes {first}-{last}/{len(body)}"
    else:
        assert answer.body == body


@pytest.mark.parametrize("value", ['"v1"', 'W/"v1"'])
def test_if_range_never_matches_the_inflated(stored, value):
    """13.1.5: its tag is weak, whoever holds a part may hold one of the coded bytes."""
    answer = stored.get("/a", fields={"Range": "bytes=10-29", "If-Range": value})
    check_inflated(answer)


@table("body, plain", [
    ("several-members", gzip.compress(b"one") + gzip.compress(b"two"), b"onetwo"), ("of-nothing", gzip.compress(b""), b""),
    ("stored-blocks", gzip.compress(PLAIN, 0), PLAIN)])
def test_forms_of_gzip(larder, origin, body, plain):
    origin.reply("/a", script=negotiated(coded(body)))
    larder.get("/a", fields=GZIP)
    answer = larder.get("/a")
    check_inflated(answer, plain)


@table("body", [("cut-off", CODED[:-200]), ("no-trailer", CODED[:-8]), ("bad-checksum", CODED[:-8] + b"\0\0\0\0" + CODED[-4:]),
    ("not-gzip", b"<html>not at all</html>"), ("bits-turned", CODED[:300] + bytes(255 - b for b in CODED[300:320]) + CODED[320:])])
def test_a_broken_gzip_never_becomes_a_whole_answer(larder, origin, body):
    """To who takes gzip it goes as it is; nobody else gets half of it with a proper end."""
    origin.reply("/a", script=negotiated(coded(body)))
    assert larder.get("/a", fields=GZIP).body == body
    answer = larder.get("/a")
    if answer.status == 200 and answer.complete:
        assert answer.body == PLAIN, "what the origin has for who takes no gzip"
    assert larder.get("/a", fields=GZIP).body == body


def test_a_decompression_bomb_is_capped(larder, origin):
    """A few hundred KiB that become 400 MiB: neither memory nor an endless answer."""
    bomb = gzip.compress(bytes(1 << 20) * 400, 9)
    origin.reply("/a", script=negotiated(coded(bomb)))
    larder.get("/a", fields=GZIP)
    before = larder.resident()
    with larder.client() as client:
        client.ask("/a")
        head = client.head()
        size = 0
        while head.status == 200 and not client.reader.complete and client.more():
            size += len(client.reader.body)
            client.reader.body.clear()
            assert size < 300 << 20, "no cap"
    assert larder.resident() - before < 64 << 20
    assert larder.get("/a", fields=GZIP).body == bomb


def test_the_first_bytes_come_before_the_last(larder, origin):
    """Inflated while it streams, for the one who caused the fetch and for one who joins."""
    gate = threading.Event()
    packer = zlib.compressobj(wbits=31)
    half = packer.compress(PLAIN) + packer.flush(zlib.Z_SYNC_FLUSH)
    rest = packer.compress(b"the end") + packer.flush()
    origin.reply("/a", pieces=[half, gate, rest], framing="chunked", fields={
        **FRESH, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"})
    with larder.client() as first, larder.client() as second, larder.client() as third:
        for client, fields in ((first, {}), (second, {}), (third, GZIP)):
            client.ask("/a", fields=fields)
        assert first.body_to(1000) == PLAIN[:1000] and second.body_to(1000) == PLAIN[:1000]
        assert third.body_to(10) == half[:10]
        gate.set()
        check_inflated(first.response(), PLAIN + b"the end")
        check_inflated(second.response(), PLAIN + b"the end")
        assert third.response().body == half + rest
    assert origin.count() == 1


def test_an_inflated_answer_that_breaks_off_at_the_origin(larder, origin):
    origin.reply("/a", pieces=[CODED[:-500], "close"], length=len(CODED), fields={
        **FRESH, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"})
    answer = larder.get("/a")
    assert answer.status == 502 or not answer.complete
    assert not larder.get("/a", fields=GZIP).complete and origin.count() == 2


def test_a_304_freshens_for_both(stored, origin, clock):
    clock.advance(61)
    origin.reply("/a", b"", status=304, fields={**FRESH, "ETag": '"v1"', "Vary": "Accept-Encoding"})
    check_inflated(stored.get("/a"))
    assert origin.last().field("If-None-Match") == '"v1"'
    answer = stored.get("/a", fields=GZIP)
    assert answer.hit and answer.body == CODED and origin.count() == 2


def test_http_1_0_gets_the_inflated_whole(stored):
    with stored.client() as client:
        answer = client.get("/a", version="HTTP/1.0")
        assert answer.body == PLAIN and answer.field("Content-Encoding") is None


def test_the_length_is_never_that_of_the_coded_bytes(stored):
    with stored.client() as client:
        for _ in range(2):
            for fields, body in (({}, PLAIN), (GZIP, CODED)):
                answer = client.get("/a", fields=fields)
                assert answer.body == body
                assert re.fullmatch(r"\d+", answer.field("Content-Length") or str(len(body)))


def test_a_coding_that_everybody_is_sent_is_kept_for_who_asks_alike(larder, origin):
    """9110 12.5.3: an origin that knows one coding only; each way of asking is tried once."""
    origin.reply("/a", b"\x0b\x02\x80x\x03", fields={**FRESH, "Content-Encoding": "br"})
    for _ in range(2):
        for asked in ({}, GZIP):
            answer = larder.get("/a", fields=asked)
            assert answer.body == b"\x0b\x02\x80x\x03" and answer.field("Content-Encoding") == "br"
            larder.wait_idle()
    assert [seen.field("Accept-Encoding") for seen in origin.seen()] == ["gzip", "identity"]
    assert larder.get("/a").hit and larder.get("/a", fields=GZIP).hit
