"""A hostile client and a hostile origin against parts, keyed bodies, groups and codings.

Each test is one attack: what a later, honest request gets must be what it would have got alone.
"""

import random
import threading
import time

import pytest

from harness.origin import Reply
from harness.partial import ranged
from harness.table import table
from harness.wait import until

FRESH = {"Cache-Control": "max-age=60"}
FIELDS = {**FRESH, "ETag": '"v1"'}
BODY = b"0123456789"
OTHER = b"abcdefghij"


def ask(larder, value, target="/a"):
    """A range, and whatever it leaves behind is stored."""
    answer = larder.get(target, fields={"Range": value})
    larder.wait_idle()
    return answer


def first_then(first, then):
    """A script: one answer, and another one from then on. Each a Reply or a script."""
    left = [first, then]

    def script(seen):
        answer = left.pop(0) if len(left) > 1 else left[0]
        return answer(seen) if callable(answer) else answer
    return script


def careless(body, fields):
    """An origin that knows ranges and not If-Range."""
    def script(seen):
        seen.fields = [field for field in seen.fields if field[0].lower() != "if-range"]
        return ranged(body, fields)(seen)
    return script


# -- the rest of a stored part ---------------------------------------------------------------------

REST = {**FIELDS, "Content-Range": "bytes 5-9/10"}


@table("rest", [
    ("9112-8-chunked-and-short", Reply(b"56", 206, REST, framing="chunked")),
    ("14.4-chunked-and-long", Reply(b"56789EVIL", 206, REST, framing="chunked")),
    ("15.3.7-length-and-short", Reply(b"56", 206, REST)),
    ("15.3.7-length-and-long", Reply(b"56789EVIL", 206, REST)),
    ("9112-8-closed-early", Reply(b"56", 206, REST, framing="close")),
    ("9112-8-closed-early-by-1.0",
        Reply(b"56", 206, REST, framing="close", version="HTTP/1.0"))])
def test_a_rest_that_lies_about_its_length(larder, origin, rest):
    """9111 3.3, 3.4: what is stored as the whole has all of its bytes and no others."""
    origin.reply("/a", script=first_then(ranged(BODY, FIELDS), rest))
    assert ask(larder, "bytes=0-4").body == b"01234"
    told = larder.get("/a")
    assert (told.status, told.body) == (200, BODY) or told.status == 502 or not told.complete
    larder.wait_idle()
    origin.reply("/a", script=ranged(BODY, FIELDS))
    whole = larder.get("/a")
    assert (whole.status, whole.body, whole.complete) == (200, BODY, True)


def test_a_rest_that_is_multipart(larder, origin):
    """15.3.7.2: such a body has ranges inside; neither it nor its type is the whole's."""
    fields = {**REST, "Content-Type": "multipart/byteranges; boundary=x"}
    origin.reply("/a", script=first_then(ranged(BODY, {**FIELDS, "Content-Type": "text/plain"}),
        Reply(b"--x--", 206, fields)))
    ask(larder, "bytes=0-4")
    larder.get("/a")
    larder.wait_idle()
    origin.reply("/a", script=ranged(BODY, {**FIELDS, "Content-Type": "text/plain"}))
    whole = larder.get("/a")
    assert (whole.status, whole.body) == (200, BODY) and whole.field("Content-Type") == "text/plain"


@table("totals", [("14.4-shorter-behind", (20, 10)), ("14.4-longer-behind", (10, 20))])
def test_parts_that_contradict_each_other_in_length(larder, origin, totals):
    """9111 3.4, 9110 14.4: one representation has one complete length: these aren't of one."""
    origin.replies("/a",
        Reply(b"01234", 206, {**FIELDS, "Content-Range": f"bytes 0-4/{totals[0]}"}),
        Reply(b"56789", 206, {**FIELDS, "Content-Range": f"bytes 5-9/{totals[1]}"}),
        Reply(OTHER, fields={**FRESH, "ETag": '"v2"'}))
    gzip = {"Accept-Encoding": "gzip"}  # so that both are asked for in the same words
    for value in ("bytes=0-4", "bytes=5-9"):
        larder.get("/a", fields={"Range": value, **gzip})
        larder.wait_idle()
    answer = larder.get("/a", fields={"Range": "bytes=3-6", **gzip})
    assert (answer.status, answer.body) in ((206, OTHER[3:7]), (200, OTHER)), answer


@table("tag", [("13.1.5-other-tag", '"v2"'), ("9111-3.4-weak-tag", 'W/"v1"'),
    ("9111-3.4-no-tag", None)])
@pytest.mark.parametrize("stored, wanted, expected", [("bytes=0-1", "bytes=2-9", OTHER[2:]),
    ("bytes=0-4", "bytes=5-9", OTHER[5:]), ("bytes=0-1", "bytes=2-", OTHER[2:])])
def test_the_next_part_is_of_another_version(larder, origin, tag, stored, wanted, expected):
    """15.3.7: the part that comes is not cut once more, and is told by one Content-Range."""
    new = {**FRESH, **({"ETag": tag} if tag else {})}
    origin.reply("/a", script=first_then(ranged(BODY, FIELDS), careless(OTHER, new)))
    ask(larder, stored)
    answer = ask(larder, wanted)
    assert len(answer.all("Content-Range")) <= 1, answer
    assert (answer.status, answer.body) in ((206, expected), (200, OTHER)), answer


@table("offended", [
    ("15.5.17-unsatisfiable", Reply(b"", 416, {"Content-Range": "bytes */3"})),
    ("15.5.17-unsatisfiable-and-storable",
        Reply(b"", 416, {**FRESH, "Content-Range": "bytes */3"})),
    ("15.3.7-other-version",
        Reply(b"fgh", 206, {**FRESH, "ETag": '"v2"', "Content-Range": "bytes 5-7/8"})),
    ("15.3.7-weak-tag", Reply(b"56789", 206, {**REST, "ETag": 'W/"v1"'})),
    ("15.3.7-other-length", Reply(b"56789A", 206, {**REST, "Content-Range": "bytes 5-10/11"}))])
def test_what_a_range_of_our_own_brings_is_not_the_clients(larder, origin, offended):
    """9111 3.3: who asked for the whole gets the whole, now and later. One client's Range left
    the part here; without a second try the URL is dead for all others as long as it lies there."""
    def changed(seen):
        if seen.field("Range"):
            return offended
        return Reply(OTHER, fields={**FRESH, "ETag": '"v2"'})
    origin.reply("/a", script=first_then(ranged(BODY, FIELDS), changed))
    assert ask(larder, "bytes=0-4").body == b"01234"
    for _ in range(2):
        answer = larder.get("/a")
        assert (answer.status, answer.body) == (200, OTHER), answer
        larder.wait_idle()


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_a_206_that_nobody_asked_for_is_refused(larder, origin, method):
    """15.3.7, 9209 2.3: 502 with Proxy-Status, not a 206 without Content-Range that breaks off."""
    fields = {**FIELDS, "Content-Range": "bytes 2-5/10"}
    origin.reply("/a", b"2345", status=206, fields=fields)
    answer = larder.get("/a", method=method)
    assert answer.status == 502 and "error=" in answer.field("Proxy-Status"), answer
    assert "stored" not in answer.cache


def test_a_content_range_where_there_is_none(larder, origin):
    """14.4: in a 200 it means nothing; what is cut out here has one Content-Range, our own."""
    origin.reply("/a", BODY, fields={**FIELDS, "Content-Range": "bytes 0-9/99"})
    larder.get("/a")
    answer = ask(larder, "bytes=2-5")
    assert (answer.status, answer.body) == (206, b"2345")
    assert answer.all("Content-Range") == ["bytes 2-5/10"]


@table("fields, status", [
    ("14.2-range", {"Range": "bytes=5-6"}, 400),
    ("14.2-range-and-501", {"Range": "bytes=5-6"}, 501),
    ("13.1.2-condition", {"Range": "bytes=5-6", "If-None-Match": '"x"'}, 400),
    ("13.1.2-condition-and-412", {"Range": "bytes=5-6", "If-None-Match": '"x"'}, 412)])
def test_an_error_that_a_passed_range_provokes(larder, origin, fields, status):
    """9111 2, 4: Range and conditions went along unkeyed: what fails because of them is for who
    sent them only."""
    def script(seen):
        if any(seen.field(name) for name in fields):
            return Reply(b"offended", status, FRESH)
        return Reply(BODY, fields=FRESH)
    origin.reply("/a", script=script)
    larder.get("/a", fields=fields)
    larder.wait_idle()
    victim = larder.get("/a")
    assert (victim.status, victim.body) == (200, BODY), victim


def test_a_crowd_of_ranges_wholes_and_changes(larder, origin):
    """9111 3.4, 4.4: one answer is of one version, whole and in its place; nothing is used that is
    gone already. Under ASan it shows what is let go of too early."""
    size, changes = 20_000, [0]

    def script(seen):
        if seen.method == "POST":
            changes[0] += 1
            return Reply(b"", 204)
        body = b"%04d" % changes[0] * (size // 4)
        return ranged(body, {**FRESH, "ETag": f'"{changes[0]}"'})(seen)
    origin.reply("/a", script=script)
    faults, end = [], time.monotonic() + 4

    def check(answer, first, last):
        if answer.status == 200:
            first, last = 0, size - 1
        words = {answer.body[at:at + 4] for at in range(0, len(answer.body), 4)}
        if not (answer.status in (200, 206) and answer.complete and len(words) == 1
                and len(answer.body) == last - first + 1):
            faults.append((first, last, words, answer))

    def run():
        with larder.client() as client:
            while time.monotonic() < end and not faults:
                dice, first = random.random(), random.choice([0, 4000, 8000])
                if dice < 0.05:
                    client.get("/a", method="POST", body=b"x")
                elif dice < 0.4:
                    check(client.get("/a"), 0, size - 1)
                else:
                    last = first + random.choice([3999, 7999])
                    check(client.get("/a", fields={"Range": f"bytes={first}-{last}"}), first, last)

    threads = [threading.Thread(target=run) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults, faults[0]
    assert larder.process.poll() is None and larder.get("/a").status == 200


# -- bodies in the key -----------------------------------------------------------------------------

@pytest.mark.parametrize("name", ["Content-Profile", "Content-Version", "Content-Range",
    "Content-Disposition", "Content-MD5", "Content-Digest", "Content-Script-Type"])
def test_what_describes_a_body_is_in_its_key_or_stays_here(larder, origin, name):
    """10008 2.7: the key has the content *and related metadata*. An unkeyed field of one client
    that the origin gets poisons the answer of all who send the same body."""
    origin.reply("/a", script=lambda seen: Reply(str(seen.field(name)).encode(), fields=FRESH))
    plain = {"Content-Type": "text/q"}
    larder.get("/a", method="QUERY", body=b"q", fields={**plain, name: "evil"})
    assert larder.get("/a", method="QUERY", body=b"q", fields=plain).body == b"None"


@table("method, fields", [("10008-2.7-query", "QUERY", FRESH),
    ("no-vary-search", "GET", {**FRESH, "No-Vary-Search": 'params=("x")'})])
@table("asked, changed", [("stored-by-escapes", "/%61", "/a"),
    ("changed-by-escapes", "/a", "/%61")])
def test_a_change_reaches_all_spellings_of_a_path(larder, origin, method, fields, asked, changed):
    """9111 4.4, 3986 6.2.2.2: /%61 and /a are one resource with one key, so a change of one
    invalidates what was stored by the other."""
    for path in ("/a", "/%61"):
        origin.reply(path, script=lambda seen: Reply(
            b"" if seen.method == "POST" else b"%d" % origin.count(), fields=fields))
    body = b"q" if method == "QUERY" else b""
    kind = {"Content-Type": "text/q"} if body else {}
    before = larder.get(asked + "?x=1", method=method, body=body, fields=kind)
    assert larder.get(asked + "?x=1", method=method, body=body, fields=kind).hit
    larder.get(changed + "?x=1", method="POST", body=b"x")
    after = larder.get(asked + "?x=1", method=method, body=body, fields=kind)
    assert not after.hit and after.body != before.body


@pytest.mark.parametrize("name", ["Cookie", "X-Original-URL", "X-HTTP-Method-Override", "Referer",
    "Origin"])
def test_a_post_that_answers_gets_brings_no_unkeyed_fields(larder, origin, name):
    """9110 9.3.3: a POST goes on with all of its fields, a GET with few. What those did to the
    answer (a page for one cookie) is not for GETs that could never have sent them."""
    origin.reply("/a", script=lambda seen: Reply(str(seen.field(name)).encode(),
        fields={**FRESH, "Content-Location": "/a"}))
    assert larder.get("/a", method="POST", body=b"q", fields={name: "evil"}).body == b"evil"
    assert larder.get("/a").body == b"None"


def test_gathered_bodies_are_bounded_together(larder, origin):
    """64 MiB of them; what has no room any more goes on to the origin, piece by piece."""
    before = larder.resident()
    clients = [larder.client() for _ in range(200)]
    for client in clients:
        client.send(b"QUERY /q HTTP/1.1\r\nHost: x\r\nContent-Type: a/b\r\nContent-Length: 1048576\r\n\r\n")
        client.send(b"x" * 1_048_000)
    until(lambda: larder.scrape().sum("http_requests_in_flight") > len(clients), "they are all gathered")
    grown = larder.resident() - before
    origin.stop()  # it has what was not gathered, and the rest would be waited for
    for client in clients:
        client.close()
    assert grown < 160 << 20, f"{grown >> 20} MiB for {len(clients)} unfinished requests"


# -- groups, other origins, codings ----------------------------------------------------------------

def test_a_304_that_brings_more_groups_than_are_kept(larder, origin, clock):
    """9875 2.2: a group that was left out can't be invalidated, so the response can't stay."""
    groups = ", ".join(f'"g{number}"' for number in range(80))

    def script(seen):
        if seen.field("If-None-Match"):
            return Reply(b"", 304, {**FIELDS, "Cache-Groups": groups})
        return Reply(BODY, fields=FIELDS, validates=False)
    origin.reply("/a", script=script)
    origin.reply("/b", b"", status=204, fields={"Cache-Group-Invalidation": '"g79"'})
    larder.get("/a")
    clock.advance(61)
    assert larder.get("/a").body == BODY
    larder.get("/b", method="POST", body=b"x")
    assert not larder.get("/a").hit


def test_a_location_of_another_scheme_is_of_another_origin(larder, origin):
    """9111 4.4, 9110 4.3.1: https://host and http://host are two origins; no invalidation."""
    origin.reply("/b", BODY, fields=FRESH)
    larder.get("/b")
    origin.reply("/a", b"", status=201, fields={"Location": "https://larder.test/b"})
    larder.get("/a", method="POST", body=b"x")
    assert larder.get("/b").hit


@table("status, framing", [("8.4-page", 200, "length"), ("8.4-chunked", 200, "chunked"),
    ("8.4-redirect", 301, "length"), ("8.4-error", 404, "length")])
def test_gzip_of_nothing_at_all(larder, origin, status, framing):
    """8.4: many origins say gzip over an empty body, of redirects above all. Nothing inflates to
    nothing; 502 would take the redirect from all who accept no gzip."""
    origin.reply("/a", b"", status=status, framing=framing,
        fields={**FRESH, "Content-Encoding": "gzip", "Location": "/x"})
    for fields in ({}, {"Accept-Encoding": "identity"}, {"Accept-Encoding": "gzip"}):
        answer = larder.get("/a", fields=fields)
        assert (answer.status, answer.body) == (status, b""), answer
