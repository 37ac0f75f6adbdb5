"""Entity tags that larder makes: what gets one, who sees it, and what it saves."""

import gzip
import hashlib
import re

import pytest

from harness.origin import Reply

TAG = re.compile(r'"larder-[0-9a-f]{32}"')


def tagged(start, ttl="100s", **cache):
    return start({"server": {"trusted_proxies": ["127.0.0.1"]},
        "cache": {"jitter": "0%", "errors": "off", "etags": True, **cache},
        "routes": [{"path": "/", "upstream": "origin", "ttl": ttl}]})


def test_what_has_no_tag_gets_one(start, origin):
    larder = tagged(start)
    origin.reply("/a", b"x", fields={"Content-Type": "text/plain"})
    larder.get("/a")
    tag = larder.get("/a").field("ETag")
    assert tag == '"larder-' + hashlib.sha256(b"x\0text/plain\0").hexdigest()[:32] + '"'
    same = larder.get("/a", fields={"If-None-Match": tag})
    assert (same.status, same.body, same.field("ETag")) == (304, b"", tag)
    assert same.hit and origin.count() == 1
    assert larder.get("/a", fields={"If-None-Match": '"larder-0"'}).status == 200
    part = larder.get("/a", fields={"Range": "bytes=0-0", "If-Range": tag})
    assert part.status == 206


def test_what_has_one_keeps_it(start, origin):
    larder = tagged(start)
    origin.reply("/a", b"x", fields={"ETag": '"v1"'})
    larder.get("/a")
    assert larder.get("/a").field("ETag") == '"v1"'
    origin.reply("/gone", b"x", status=404, fields={"Cache-Control": "max-age=99"})
    larder.get("/gone")
    assert larder.get("/gone").field("ETag") is None


def test_a_gzip_inflated_has_a_weak_one(start, origin):
    larder = tagged(start)
    origin.reply("/a", gzip.compress(b"x" * 1000), fields={"Content-Encoding": "gzip"})
    larder.get("/a", fields={"Accept-Encoding": "gzip"})
    strong = larder.get("/a", fields={"Accept-Encoding": "gzip"}).field("ETag")
    weak = larder.get("/a", fields={"Accept-Encoding": "identity"}).field("ETag")
    assert TAG.fullmatch(strong) and weak == "W/" + strong
    for coding in ("gzip", "identity"):
        answer = larder.get("/a", fields={"Accept-Encoding": coding, "If-None-Match": weak})
        assert answer.status == 304


def test_a_refresh_that_brings_the_same_keeps_clients_copies(start, origin, clock):
    larder = tagged(start)
    origin.reply("/a", b"same")
    larder.get("/a")
    tag = larder.get("/a").field("ETag")
    for _ in range(3):
        clock.advance(101)
        again = larder.get("/a")
        assert (again.status, again.body) == (200, b"same") and not again.hit
        assert larder.get("/a", fields={"If-None-Match": tag}).status == 304
    assert all(seen.field("If-None-Match") is None for seen in origin.seen())
    assert larder.metrics().sum("cache_revalidations_total", result="unchanged") == 3
    origin.reply("/a", b"else")
    clock.advance(101)
    larder.get("/a")
    other = larder.get("/a", fields={"If-None-Match": tag})
    assert (other.status, other.body) == (200, b"else") and TAG.fullmatch(other.field("ETag"))
    assert larder.metrics().sum("cache_revalidations_total", result="unchanged") == 3
    assert larder.metrics().sum("cache_revalidations_total", result="modified") == 1


def test_a_condition_on_what_is_stale(start, origin, clock):
    """The bytes decide; and who gets them in one piece gets their tag, too."""
    larder = tagged(start)
    origin.reply("/a", b"same")
    larder.get("/a")
    tag = larder.get("/a").field("ETag")
    clock.advance(101)
    answer = larder.get("/a", fields={"If-None-Match": tag})
    assert not answer.hit
    if answer.status == 304:
        assert answer.field("ETag") == tag and answer.body == b""
    else:
        assert answer.body == b"same" and answer.field("ETag") in (None, tag)


@pytest.mark.parametrize("coding", ["gzip", "identity"])
def test_the_shared_body_may_lie_compressed(start, origin, tmp_path, clock, coding):
    """The disk compressed what came as it is; a refresh brought the same: it says what it sends."""
    page = b"<p>text</p>" * 300
    cache = {"disk": {"path": str(tmp_path / "disk")}, "compression": {"threshold": "1KiB"}}
    first = tagged(start, "1h", **cache)
    origin.reply("/a", page, fields={"Content-Type": "text/html"})
    first.get("/a")
    tag = first.get("/a").field("ETag")
    first.stop()
    second = tagged(start, "1h", **cache)
    clock.advance(3601)
    for _ in range(3):
        answer = second.get("/a", fields={"Accept-Encoding": coding})
        assert (gzip.decompress(answer.body) if answer.field("Content-Encoding") == "gzip"
            else answer.body) == page
        assert answer.field("ETag") in (None, tag, "W/" + tag)
    assert second.metric("cache_revalidations_total", result="unchanged") == 1
    assert origin.count() == 2


def test_the_origin_is_asked_by_its_own_validator_alone(start, origin, clock):
    larder = tagged(start)
    origin.reply("/a", b"x", fields={"Last-Modified": "Sun, 06 Nov 1994 08:49:37 GMT"})
    larder.get("/a")
    tag = larder.get("/a").field("ETag")
    clock.advance(101)
    freshened = larder.get("/a")
    assert freshened.cache["fwd-status"] == 304 and freshened.field("ETag") == tag
    asked = origin.last("/a")
    assert asked.field("If-None-Match") is None and asked.field("If-Modified-Since")
    hit = larder.get("/a", fields={"If-None-Match": tag})
    assert hit.status == 304 and hit.hit


def test_no_tags_where_they_are_off(start, origin):
    larder = tagged(start, etags=False)
    origin.reply("/a", b"x")
    larder.get("/a")
    assert larder.get("/a").field("ETag") is None


def test_tags_outlive_a_restart(start, origin, tmp_path, clock):
    """On the disk, too: it is known that it was made here, and where the lifetime came from."""
    disk = {"path": str(tmp_path / "disk")}
    first = tagged(start, "1h", disk=disk)
    origin.reply("/a", b"x" * 100)
    first.get("/a")
    tag = first.get("/a").field("ETag")
    first.stop()
    second = tagged(start, "1h", disk=disk)
    hit = second.get("/a", fields={"If-None-Match": tag})
    assert hit.status == 304 and hit.hit and hit.cache["detail"] == "route"
    clock.advance(3601)
    assert second.get("/a").body == b"x" * 100
    assert origin.last("/a").field("If-None-Match") is None
    assert second.metrics().sum("cache_revalidations_total", result="unchanged") == 1


@pytest.mark.parametrize("size", [0, 1, 100_000])
def test_tags_of_bodies_of_any_size(start, origin, size):
    larder = tagged(start)
    origin.replies("/a", Reply(b"x" * size), Reply(b"y"))
    larder.get("/a")
    hit = larder.get("/a")
    assert hit.hit and TAG.fullmatch(hit.field("ETag"))
