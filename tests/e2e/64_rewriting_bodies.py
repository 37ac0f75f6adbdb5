"""JSON and XML where the route has rewrite_body: what is rewritten, from where, and what goes with a body that is."""

import gzip
import json
import re
import threading

import pytest

from harness.origin import Origin
from harness.rewriting import BASE, FRESH, GZIP, HERE, JSON, ME, XML, asked, changes
from harness.table import table


@pytest.fixture
def elsewhere():
    server = Origin()
    yield server
    server.stop()


@pytest.fixture
def begin(start, origin, elsewhere):
    """begin(**of_each_route): see changes()."""
    return lambda **how: start(changes(origin, elsewhere, **how))


@pytest.fixture
def bodies(begin):
    return begin(rewrite_body=True)


# -- bodies -------------------------------------------------------------------------------------

def page(origin, count=1, here=False, escaped=False):
    """A JSON text with addresses, as the origin writes it, or as a client gets it."""
    url = HERE + "/search" if here else origin.url + BASE + "/search"
    body = {"hits": [{"id": number, "url": f"{url}/{number}?a&b"} for number in range(count)],
        "nextPageUrl": url + "?cursorMark=AoE\u00e9", "doi": "https://doi.org/10.1/1"}
    text = json.dumps(body)
    return (text.replace("/", "\\/") if escaped else text).encode()


def check_body(answer, expected, status=200):
    assert answer.status == status and answer.complete
    body = answer.body
    if answer.field("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
    assert body == expected
    assert answer.field("Content-Length") in (None, str(len(answer.body)))


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
@pytest.mark.parametrize("escaped", [False, True])
@pytest.mark.parametrize("coded", [False, True])
@pytest.mark.parametrize("asks", [{}, GZIP], ids=["identity", "gzip"])
@pytest.mark.parametrize("count", [1, 400, 30000])
def test_json(bodies, origin, framing, escaped, coded, asks, count):
    body = page(origin, count, escaped=escaped)
    sent = gzip.compress(body, 1) if coded else body
    origin.reply(BASE + "/a", sent, framing=framing, fields={**JSON, **({"Content-Encoding": "gzip"} if coded else {})})
    for _ in range(3):
        check_body(asked(bodies, "/api/a", **asks), page(origin, count, True, escaped))
    assert origin.count() == 1 or count == 30000


def test_nothing_is_looked_at_without_rewrite_body(begin, origin):
    origin.reply(BASE + "/a", page(origin), fields={**JSON, "ETag": '"v1"', "Content-Digest": "sha-256=:AAAA:"})
    larder = begin()
    for _ in range(2):
        answer = asked(larder, "/api/a")
        check_body(answer, page(origin))
        assert answer.field("ETag") == '"v1"' and answer.field("Content-Digest")


@table("kind", [("html", "text/html"), ("plain", "text/plain"), ("javascript", "application/javascript"), ("none", None)])
def test_other_types_stay(bodies, origin, kind):
    origin.reply(BASE + "/a", page(origin), fields={**FRESH, "ETag": '"v1"', **({"Content-Type": kind} if kind else {})})
    for _ in range(2):
        answer = asked(bodies, "/api/a")
        check_body(answer, page(origin))
        assert answer.field("ETag") == '"v1"'
    assert asked(bodies, "/api/a", Range="bytes=0-4").status == 206


def test_xml(bodies, origin):
    text = ('<?xml version="1.0"?><r xmlns="O/ns"><nextPageUrl>O/search?a=1&amp;b=2</nextPageUrl>'
        '<a href="O/x" alt="at O/x"/> O/y </r>')
    origin.reply(BASE + "/a", text.replace("O", origin.url + BASE).encode(), fields=XML)
    expected = text.replace('href="O', f'href="{HERE}/api').replace("O/search", HERE + "/search").replace("> O/y", f"> {HERE}/api/y") \
        .replace("O", origin.url + BASE)
    for _ in range(2):
        check_body(asked(bodies, "/api/a"), expected.encode())


def test_it_flows(bodies, origin):
    """What is known of the body reaches the client while the rest is still to come, cut within an address."""
    gates = [threading.Event(), threading.Event()]
    url = (origin.url + BASE).encode()
    origin.reply(BASE + "/a", pieces=[b'["' + url + b'/1", "' + url[:12], gates[0], url[12:] + b'/2", "x', gates[1], b'"]'],
        framing="chunked", fields=JSON)
    with bodies.client() as client:
        client.ask("/api/a", fields=ME)
        first = f'["{HERE}/api/1", "'.encode()
        assert client.body_to(len(first)) == first
        gates[0].set()
        second = first + f'{HERE}/api/2", "'.encode()
        assert client.body_to(len(second)) == second
        gates[1].set()
        assert client.response().body == second + b'x"]'
    check_body(asked(bodies, "/api/a"), second + b'x"]')


def test_clients_of_one_fetch_get_their_own(bodies, origin):
    gate = threading.Event()
    url = origin.url + BASE
    origin.reply(BASE + "/a", pieces=[f'["{url}/1", "'.encode(), gate, f'{url}/2"]'.encode()], framing="chunked", fields=JSON)
    clients = [bodies.client() for _ in range(3)]
    for number, client in enumerate(clients):
        client.ask("/api/a", fields={"Host": f"host{number}"})
        client.body_to(10)
    gate.set()
    for number, client in enumerate(clients):
        assert json.loads(client.response().body) == [f"http://host{number}/api/1", f"http://host{number}/api/2"]
        client.close()
    assert origin.count() == 1


def test_a_large_body_in_memory(begin, origin):
    larder = begin(rewrite_body=True, cache={"memory": {"size": "256MiB", "max_object": "32MiB"}})
    origin.reply(BASE + "/a", page(origin, 40000), fields={**JSON, "ETag": '"v1"'})
    for asks in ({}, {}, GZIP):
        answer = asked(larder, "/api/a", **asks)
        check_body(answer, page(origin, 40000, True))
    assert asked(larder, "/api/a", If_None_Match=answer.field("ETag")).status == 304
    assert larder.get("/api/a", method="HEAD", fields=ME).field("Content-Length") is None
    assert origin.count() == 1


def test_a_body_that_breaks_off_is_not_whole(bodies, origin):
    origin.reply(BASE + "/a", pieces=[page(origin, 100), "reset"], framing="chunked", fields=JSON)
    answer = asked(bodies, "/api/a")
    assert answer.status >= 500 or not answer.complete


@pytest.mark.parametrize("memory", ["0", "64MiB"])
@pytest.mark.parametrize("count", [20, 500, 40000])
def test_from_the_disk(begin, origin, tmp_path, memory, count):
    larder = begin(rewrite_body=True, cache={"disk": {"path": str(tmp_path / "disk")}, "memory": {"size": memory}})
    origin.reply(BASE + "/a", page(origin, count), fields={**JSON, "ETag": '"v1"'})
    for asks in ({}, {}, GZIP, {}, GZIP):
        check_body(asked(larder, "/api/a", **asks), page(origin, count, True))
    larder.wait_metric("disk_write_queue_length", lambda length: length == 0)
    for asks in ({}, GZIP):
        answer = asked(larder, "/api/a", **asks)
        check_body(answer, page(origin, count, True))
        assert answer.hit
    tag = answer.field("ETag")
    assert asked(larder, "/api/a", If_None_Match=tag).status == 304
    assert origin.count() == 1


def test_errors_are_rewritten_too(bodies, origin):
    origin.reply(BASE + "/a", page(origin), status=404, fields={"Content-Type": "application/problem+json"})
    check_body(asked(bodies, "/api/a"), page(origin, here=True), 404)


def test_a_post_that_passes(bodies, origin):
    origin.reply(BASE + "/a", gzip.compress(page(origin)), fields={**JSON, "Content-Encoding": "gzip"})
    for asks in ({}, GZIP, {"Accept-Encoding": "br"}):
        answer = bodies.get("/api/a", method="POST", body=b"x", fields={**ME, **asks})
        check_body(answer, page(origin, here=True))
        assert "br" not in origin.last().field("Accept-Encoding")


@table("fields", [("in a response", ({"Cache-Control": "max-age=60, no-transform"}, {})),
    ("in a request", ({}, {"Cache-Control": "no-transform"}))])
def test_no_transform(bodies, origin, fields):
    """9110 7.7: the content is not to be changed; fields are."""
    reply, ask = fields
    origin.reply(BASE + "/a", page(origin), fields={**JSON, "Location": BASE, "ETag": '"v1"', **reply})
    answer = bodies.get("/api/a", fields={**ME, **ask})
    check_body(answer, page(origin))
    assert answer.field("ETag") == '"v1"' and answer.field("Location") == "/api"


def test_a_coding_that_cant_be_undone(bodies, origin):
    origin.reply(BASE + "/a", b"\x0b\x02\x80x\x03", fields={**JSON, "Content-Encoding": "br"})
    answer = asked(bodies, "/api/a", Accept_Encoding="gzip, br")
    assert answer.body == b"\x0b\x02\x80x\x03" and answer.field("Content-Encoding") == "br"


def test_a_broken_gzip_goes_to_who_takes_it(bodies, origin):
    """Where it was found out too late, the answer breaks off."""
    broken = gzip.compress(page(origin, 20))[:-9] + b"x" * 9
    origin.reply(BASE + "/a", broken, fields={**JSON, "Content-Encoding": "gzip"})
    first = asked(bodies, "/api/a", **GZIP)
    assert first.body == broken or not first.complete
    for _ in range(2):
        answer = asked(bodies, "/api/a", **GZIP)
        assert answer.complete and answer.body == broken and answer.field("Content-Encoding") == "gzip"


# -- what goes with a body -------------------------------------------------------------------------

@pytest.fixture
def tagged(bodies, origin):
    """(larder, its tag) of a stored page with the origin's '"v1"'."""
    origin.reply(BASE + "/a", page(origin, 20), fields={**JSON, "ETag": '"v1"', "Last-Modified": "Sun, 01 Feb 2026 00:00:00 GMT",
        "Content-Digest": "sha-256=:AAAA:", "Repr-Digest": "sha-256=:AAAA:", "Digest": "sha-256=AAAA", "Content-MD5": "AAAA"})
    first, again = asked(bodies, "/api/a"), asked(bodies, "/api/a")
    for answer in (first, again):
        check_body(answer, page(origin, 20, True))
        assert re.fullmatch(r'"v1-[0-9a-f]{8}"', answer.field("ETag"))
        assert not any("digest" in name.lower() or name == "Content-MD5" for name, _ in answer.fields)
    assert first.field("ETag") == again.field("ETag") and again.hit
    return bodies, again.field("ETag")


def test_tags_are_of_one_base(tagged, origin):
    larder, tag = tagged
    other = asked(larder, "/api/a", host={"Host": "other.test"}).field("ETag")
    assert other != tag
    for _ in range(2):
        for asks, status in ((tag, 304), ("W/" + tag, 304), (f'"x", {tag}', 304), ("*", 304), ('"v1"', 200), (other, 200), ('"v1-00000000"', 200)):
            answer = asked(larder, "/api/a", If_None_Match=asks)
            assert answer.status == status, asks
            assert answer.field("ETag") == tag and answer.hit
        assert asked(larder, "/api/a", host={"Host": "other.test"}, If_None_Match=tag).status == 200
        assert asked(larder, "/api/a", host={"Host": "other.test"}, If_None_Match=other).status == 304
    assert origin.count() == 1


def test_a_304_tells_the_length_that_it_has(tagged, origin):
    larder, tag = tagged
    for _ in range(2):
        assert asked(larder, "/api/a", If_None_Match=tag).field("Content-Length") == str(len(page(origin, 20, True)))


def test_weak_tags_stay_weak(bodies, origin):
    origin.reply(BASE + "/a", page(origin), fields={**JSON, "ETag": 'W/"v1"'})
    assert re.fullmatch(r'W/"v1-[0-9a-f]{8}"', asked(bodies, "/api/a").field("ETag"))
    origin.reply(BASE + "/b", gzip.compress(page(origin)), fields={**JSON, "ETag": '"v1"', "Content-Encoding": "gzip"})
    assert re.fullmatch(r'W/"v1-[0-9a-f]{8}"', asked(bodies, "/api/b").field("ETag")), "other bytes than the origin's"


def test_tags_that_larder_makes(begin, origin):
    larder = begin(rewrite_body=True, cache={"etags": True})
    origin.reply(BASE + "/a", page(origin, 20), fields=JSON)
    asked(larder, "/api/a")
    tag, other = (asked(larder, "/api/a", host=host).field("ETag") for host in (ME, {"Host": "other.test"}))
    assert re.fullmatch(r'"larder-[0-9a-f]+-[0-9a-f]{8}"', tag) and tag != other
    for asks, status in ((tag, 304), (other, 200), (tag[:-10] + '"', 200)):
        assert asked(larder, "/api/a", If_None_Match=asks).status == status
    assert origin.count() == 1


def test_head_tells_what_get_would(tagged):
    larder, tag = tagged
    answers = {}
    for method in ("GET", "HEAD", "GET", "HEAD"):
        answer = larder.get("/api/a", method=method, fields=ME)
        assert answer.status == 200 and answer.field("ETag") == tag
        answers[method] = answer
    assert answers["HEAD"].field("Content-Length") == str(len(answers["GET"].body)) and not answers["HEAD"].body


def test_head_of_what_flows_tells_no_length(begin, origin, tmp_path):
    larder = begin(rewrite_body=True, cache={"disk": {"path": str(tmp_path / "disk")}, "memory": {"size": "0"}})
    origin.reply(BASE + "/a", page(origin, 40000), fields=JSON)
    asked(larder, "/api/a")
    answer = larder.get("/api/a", method="HEAD", fields=ME)
    assert answer.status == 200 and answer.field("Content-Length") is None


def test_ranges_are_ignored(tagged, origin):
    larder, tag = tagged
    for asks in ({}, {"If_Range": tag}, {"If_Range": '"v1"'}):
        check_body(asked(larder, "/api/a", Range="bytes=0-4", **asks), page(origin, 20, True))
    origin.reply(BASE + "/b", page(origin), fields=JSON)
    check_body(asked(larder, "/api/b", Range="bytes=5-9"), page(origin, here=True))
    assert origin.last().field("Range") is None


def test_a_gzip_is_made_for_who_takes_it(bodies, origin):
    """By turns on one connection: of what is kept each gets its own."""
    origin.reply(BASE + "/a", page(origin, 400), fields={**JSON, "ETag": '"v1"'})
    with bodies.client() as client:
        for _ in range(4):
            plain, coded = client.get("/api/a", fields=ME), client.get("/api/a", fields={**ME, **GZIP})
            assert plain.field("Content-Encoding") is None and coded.field("Content-Encoding") == "gzip"
            check_body(plain, page(origin, 400, True))
            check_body(coded, page(origin, 400, True))
            assert coded.field("ETag") == "W/" + plain.field("ETag")
            for answer in (plain, coded):
                assert answer.field("Vary").lower() == "accept-encoding"


@pytest.mark.parametrize("method, body", [("GET", b""), ("QUERY", b"x")])
def test_conditions_of_a_client_with_credentials(bodies, origin, method, body):
    """Its fetch is its own, and yet the origin knows other tags."""
    origin.reply(BASE + "/a", page(origin), fields={"Content-Type": "application/json", "ETag": '"v1"'})
    def own(**fields):
        return bodies.get("/api/a", method=method, body=body, fields={**ME, "Authorization": "Bearer x", "Content-Type": "text/plain", **fields})

    tag = own().field("ETag")
    for asks, status in ((tag, 304), ('"v1"', 200)):
        assert own(**{"If-None-Match": asks}).status == status
        assert origin.last().field("If-None-Match") is None
    check_body(own(Range="bytes=0-4"), page(origin, here=True))


@pytest.mark.parametrize("name", ["If-Match", "If-None-Match"])
def test_the_origin_is_asked_about_its_own_tags(tagged, origin, name):
    larder, tag = tagged
    larder.get("/api/a", method="PUT", body=b"x", fields={**ME, name: f'"a", {tag}, W/{tag}'})
    assert origin.last().field(name) == '"a", "v1", W/"v1"'


def test_what_is_stored_is_the_origins(begin, origin, tmp_path):
    """With another base after a restart: the disk has what came."""
    cache = {"disk": {"path": str(tmp_path / "disk")}}
    origin.reply(BASE + "/a", page(origin, 3), fields={**JSON, "Link": f"<{origin.url}{BASE}/n>; rel=next"})
    first = begin(rewrite_body=True, cache=cache)
    asked(first, "/api/a")
    first.stop()
    second = begin(cache=cache)
    answer = asked(second, "/api/a", host={"Host": "new"})
    assert answer.hit and answer.body == page(origin, 3) and answer.field("Link") == "<http://new/api/n>; rel=next"
