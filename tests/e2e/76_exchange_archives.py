"""WARC files of others: what they archived is taken as if it had been fetched then; the rest is passed over or refused."""

import gzip
import hashlib
import json
import re
import time

import pytest

from harness.admin import Admin
from harness.exchange import MEMENTO, counts, imported
from harness.table import table
from harness.warc import Archive, answer, chunks, digest, question

ON = {"admin": {"listen": ["127.0.0.1:0"]}}
ROUTES = {"routes": [
    {"path": "/api", "upstream": "origin", "upstream_path": "/v2", "key": {"sort": True, "credentials": ["token"]},
        "tags": ["art:{1}"]},
    {"path": "/judged", "upstream": "origin", "upstream_path": "/judged", "guard": {"min_length": 1}},
    {"path": "/", "upstream": "origin"},
]}


def today(clock):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + clock.offset_ms / 1000))


@pytest.fixture
def archive(clock):
    return Archive(date=today(clock))


@pytest.fixture
def take(store, tools, tmp_path, archive, start):
    """take(name): the archive is imported by that name. (counts, what was said)."""
    def take(name="wget.warc", code=0):
        larder = start(store.configured(ROUTES))
        larder.stop()
        path = archive.write(tmp_path / name)
        return imported(tools, path, "--config", larder.config_path, code=code)
    return take


CHUNKED = {"Content-Length": None, "Transfer-Encoding": "chunked"}
PLAIN = answer(b"body")


@table("target, block, body", [
    ("a body", "/a", answer(b"body"), b"body"),
    ("none", "/a", answer(b""), b""),
    ("chunks", "/a", answer(chunks(b"in several chunks"), **CHUNKED), b"in several chunks"),
    ("a gzip in chunks", "/a", answer(chunks(gzip.compress(b"z" * 99, mtime=0)), **CHUNKED,
        fields={"Content-Encoding": "gzip"}), b"z" * 99),
    ("until the end", "/a", answer(b"body", **{"Content-Length": None}), b"body"),
    ("a route beneath", "/v2/e/5?b=1&a=2", PLAIN, b"body"),
    ("early hints before it", "/a", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + PLAIN, b"body"),
    ("a validator alone", "/a", answer(b"body", fields={"Cache-Control": None, "ETag": '"1"'}), b"body"),
])
@pytest.mark.parametrize("behind", [False, True], ids=["request first", "response first"])
def test_others_are_taken(take, archive, origin, store, target, block, body, behind):
    archive.exchange(origin.url + target, block, behind=behind)
    assert take("a.warc.gz" if behind else "a.warc")[0] == counts(stored=1)
    origin.reply(target, body, fields={"ETag": '"1"'})
    larder = store.open(ROUTES)
    here = "/api/e/5?a=2&b=1" if target.startswith("/v2") else target
    got = larder.get(here)
    assert (got.status, got.body) == (200, body), got
    assert [seen.field("If-None-Match") for seen in origin.requests] == (['"1"'] if b"ETag" in block else [])


@table("add, words", [
    ("404", lambda a, url: a.exchange(url, answer(b"", status="404 Not Found")), "1 of another status than 200"),
    ("304", lambda a, url: a.exchange(url, answer(b"", status="304 Not Modified")), "1 of another status than 200"),
    ("POST", lambda a, url: a.exchange(url, PLAIN, question(method="POST")), "1 to another method than GET"),
    ("POST behind", lambda a, url: a.exchange(url, PLAIN, question(method="POST"), behind=True), "1 to another method"),
    ("HEAD", lambda a, url: a.exchange(url, PLAIN, question(method="HEAD")), "1 to another method than GET"),
    ("Authorization", lambda a, url: a.exchange(url, PLAIN, question(fields={"Authorization": "Bearer x"})),
        "1 to a request with credentials"),
    ("Cookie", lambda a, url: a.exchange(url, PLAIN, question(fields={"Cookie": "a=b"}), behind=True),
        "1 to a request with credentials"),
    ("a request that is no request", lambda a, url: a.exchange(url, PLAIN, b"\0\r\n"), "1 to another method"),
    ("a request that isn't there", lambda a, url: a.response(url, PLAIN, WARC_Concurrent_To="<urn:uuid:0>"),
        "1 to a request that isn't there"),
    ("a credential in the URL", lambda a, url: a.response(url + "/v2/x?token=hunter2", PLAIN), "1 with credentials"),
    ("another host", lambda a, _: a.response("http://elsewhere.example/a", PLAIN), "1 that no route leads to"),
    ("another port", lambda a, url: a.response(url + "1/a", PLAIN), "1 that no route leads to"),
    ("another scheme", lambda a, url: a.response(url.replace("http:", "https:") + "/a", PLAIN), "1 that no route leads to"),
    ("no URL", lambda a, url: a.response("dns:origin", PLAIN), "1 that no route leads to"),
    ("dots", lambda a, url: a.response(url + "/a/../b", PLAIN), "1 that no route leads to"),
    ("no-store", lambda a, url: a.response(url, answer(b"", fields={"Cache-Control": "no-store"})), "1 that may not be stored"),
    ("private", lambda a, url: a.response(url, answer(b"", fields={"Cache-Control": "private"})), "1 that may not be stored"),
    ("a cookie", lambda a, url: a.response(url, answer(b"", fields={"Set-Cookie": "a=b"})), "1 that may not be stored"),
    ("Vary: *", lambda a, url: a.exchange(url, answer(b"", fields={"Vary": "*"})), "1 that may not be stored"),
    ("Vary, and nobody knows", lambda a, url: a.response(url, answer(b"", fields={"Vary": "Accept-Language"})),
        "1 that vary by a request which isn't there"),
    ("a guard", lambda a, url: a.response(url + "/judged/a", PLAIN), "1 of routes that look at bodies"),
    ("cut", lambda a, url: a.response(url, answer(b"bo", **{"Content-Length": 4}), WARC_Truncated="length"),
        "1 cut when they were archived"),
    ("in segments", lambda a, url: a.response(url, answer(b"bo", **{"Content-Length": 4}), WARC_Segment_Number="1"),
        "1 cut when they were archived"),
    ("decoded by who archived it", lambda a, url: a.response(url, answer(b"body", fields={"Content-Encoding": "gzip"})),
        "1 whose Content-Encoding isn't that of their body"),
    ("a resource", lambda a, url: a.add("resource", b"x", {"WARC-Target-URI": url}), "1 that are no HTTP responses"),
    ("another protocol", lambda a, _: a.response("ftp://origin/a", b"x", Content_Type="text/plain"),
        "1 that are no HTTP responses"),
    ("a revisit", lambda a, url: a.add("revisit", b"", {"WARC-Target-URI": url}), "1 that are no HTTP responses"),
])
def test_what_is_passed_over(take, archive, origin, add, words):
    add(archive, origin.url)
    archive.exchange(origin.url + "/good", PLAIN)
    told, said = take()
    assert told == counts(stored=1, passed=1), said
    assert f"passed over: {words}" in said and "hunter2" not in said


@table("add, words", [
    ("fewer bytes than said", lambda a, url: a.response(url, answer(b"bod", **{"Content-Length": 4})),
        "the response's Content-Length is 4, and 3 bytes are there"),
    ("no last chunk", lambda a, url: a.response(url, answer(chunks(b"body")[:-5], **CHUNKED)), "its last chunk is missing"),
    ("no chunks", lambda a, url: a.response(url, answer(b"body", **CHUNKED)), "its chunks are malformed|chunk is missing"),
    ("another coding", lambda a, url: a.response(url, answer(b"body", **{**CHUNKED, "Transfer-Encoding": "gzip, chunked"})),
        "Transfer-Encoding can't be read"),
    ("no HTTP", lambda a, url: a.response(url, b"hello"), "malformed status line|has no end"),
    ("a head without an end", lambda a, url: a.response(url, b"HTTP/1.1 200 OK\r\nA: b\r\n"), "the response's head has no end"),
    ("a field that is none", lambda a, url: a.response(url, b"HTTP/1.1 200 OK\r\nA b\r\n\r\n"), "malformed field"),
    ("another payload", lambda a, url: a.response(url, PLAIN, WARC_Payload_Digest=digest(b"other")),
        "WARC-Payload-Digest: [A-Z2-7]{32} is expected, [A-Z2-7]{32} was found"),
    ("by SHA-256", lambda a, url: a.response(url, PLAIN, WARC_Payload_Digest=digest(b"other", "sha256")),
        "WARC-Payload-Digest: [A-Z2-7=]{56} is expected"),
    ("another block", lambda a, url: a.response(url, PLAIN, WARC_Block_Digest=digest(b"other")), "WARC-Block-Digest"),
    ("a digest that is none", lambda a, url: a.response(url, PLAIN, WARC_Block_Digest="sha1:hello"), "WARC-Block-Digest can't be read"),
    ("no date", lambda a, url: a.response(url, PLAIN, WARC_Date=None), "WARC-Date can't be read"),
    ("no such date", lambda a, url: a.response(url, PLAIN, WARC_Date="2026-02-30T00:00:00Z"), "WARC-Date can't be read"),
    ("the future", lambda a, url: a.response(url, PLAIN, WARC_Date="2900-01-01T00:00:00Z"), "it comes from the future"),
    ("long ago", lambda a, url: a.response(url, PLAIN, WARC_Date="2001-01-01T00:00:00Z"), "stale for too long"),
])
def test_what_is_refused(take, archive, origin, add, words):
    add(archive, origin.url)
    archive.exchange(origin.url + "/good", PLAIN)
    told, said = take(code=1)
    assert told == counts(stored=1, refused=1) and re.search(words, said), said


@table("value", [
    ("base32", digest(b"body")), ("sha-1", digest(b"body").replace("sha1", "SHA-1")),
    ("lower case", digest(b"body").replace("sha1:", "sha1:").lower()),
    ("hex", "sha1:" + hashlib.sha1(b"body").hexdigest()), ("SHA-256", digest(b"body", "sha256")),
    ("without padding", digest(b"body", "sha256").rstrip("=")), ("capitals", "sha256:" + hashlib.sha256(b"body").hexdigest().upper()),
    ("one that larder doesn't know", "md5:AAAA"),
])
def test_digests_as_others_write_them(take, archive, origin, value):
    archive.response(origin.url, PLAIN, WARC_Payload_Digest=value)
    assert take()[0] == counts(stored=1)


def test_dates_with_fractions(take, archive, origin, clock):
    for number, fraction in enumerate([".1", ".123", ".123456", ".123456789"]):
        archive.response(f"{origin.url}/{number}", PLAIN, WARC_Date=today(clock).replace("Z", fraction + "Z"))
    assert take()[0] == counts(stored=4)


def test_chunks_whose_digest_is_of_what_they_hold(take, archive, origin):
    archive.response(origin.url, answer(chunks(b"body"), **CHUNKED), WARC_Payload_Digest=digest(b"body"))
    assert take()[0] == counts(stored=1)


def test_variants_and_tags(take, archive, origin, store):
    for tongue in ("de", "fr"):
        archive.exchange(origin.url + "/v2/e/7", answer(tongue.encode(), fields={"Vary": "Accept-Language"}),
            question(fields={"Accept-Language": tongue}))
    assert take()[0] == counts(stored=2)
    larder = store.open({**ROUTES, **ON})
    for tongue in ("de", "fr"):
        assert larder.get("/api/e/7", fields={"Accept-Language": tongue}).body == tongue.encode()
    assert origin.count() == 0
    done = Admin(larder).post("/purges", json.dumps({"scope": "tag", "value": "art:e"}).encode())
    assert done.json["entries"]["disk"] == 2, done


def test_it_gets_no_younger(take, archive, origin, store, clock):
    archive.exchange(origin.url + "/a", answer(b"body", fields={"Age": "100"}))
    clock.advance(60)
    assert take()[0] == counts(stored=1)
    age = int(store.open(ROUTES).get("/a").field("Age"))
    assert 160 <= age < 200


def test_a_running_larder_finds_the_routes(start, archive, origin, tools, tmp_path):
    archive.exchange(origin.url + "/v2/x", PLAIN)
    archive.exchange("http://elsewhere.example/", PLAIN)
    archive.exchange(origin.url + "/b", answer(b"", status="500 No"))
    larder = start({**ROUTES, **ON})
    told, said = imported(tools, archive.write(tmp_path / "a.warc"), "--admin", "http://" + Admin(larder).name)
    assert told == counts(stored=1, passed=2), said
    assert "1 that it has no use for, 1 of another status than 200" in said
    assert larder.get("/api/x").body == b"body" and origin.count() == 0


def test_replayed(start, archive, origin, tmp_path, clock):
    archive.exchange(origin.url + "/v2/x", answer(b"body", fields={"ETag": '"1"'}))
    path = archive.write(tmp_path / "a.warc.gz")
    clock.advance(864000)
    larder = start(ROUTES)
    replayed = start(arguments=["replay", str(path), "--config", str(larder.config_path)])
    answered = replayed.get("/api/x")
    assert answered.body == b"body" and int(answered.field("Age")) >= 864000 and answered.field(MEMENTO)
    assert replayed.get("/api/x", fields={"If-None-Match": '"1"'}).status == 304
    assert replayed.get("/api/y").status == 504 and origin.count() == 0


@table("command", [("import", ["import", "--disk"]), ("replay", ["replay", "--tenant"])])
def test_without_routes_nothing_can_be_done(tools, archive, origin, tmp_path, command):
    archive.exchange(origin.url + "/", PLAIN)
    done = tools.run(command[0], archive.write(tmp_path / "a.warc"), on=[command[1], "other"])
    assert done.returncode == 1 and "it has no routes: --config FILE is expected" in done.stderr
