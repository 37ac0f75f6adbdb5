"""The most basic promise: a request in, the origin asked once, a cached answer out."""

import pytest

from harness.client import request_bytes
from harness.metrics import equals

FRESH = {"Cache-Control": "max-age=60", "Content-Type": "text/plain"}


def test_a_miss_then_a_hit(larder, origin):
    origin.reply("/search?query=a", b"found it", fields=FRESH)
    first = larder.get("/search?query=a")
    assert (first.status, first.body) == (200, b"found it")
    assert first.field("Cache-Status") == "larder; fwd=uri-miss; stored"
    assert first.field("Content-Type") == "text/plain"
    second = larder.get("/search?query=a")
    assert (second.status, second.body) == (200, b"found it")
    assert second.field("Cache-Status").startswith("larder; hit; ttl=")
    assert 0 < second.cache["ttl"] <= 60 and second.age >= 0
    assert second.field("Content-Type") == "text/plain"
    assert origin.count() == 1


def test_age_and_ttl_move_with_time(larder, origin, clock):
    begun = origin.now()
    origin.reply("/a", b"x", fields=FRESH)
    larder.get("/a")
    clock.advance(25)
    hit = larder.get("/a")
    assert hit.hit and 25 <= hit.age <= origin.now() - begun + 1 and 59 <= hit.cache["ttl"] + hit.age <= 60
    clock.advance(20)
    later = larder.get("/a")
    assert later.hit and 45 <= later.age <= origin.now() - begun + 1 and 59 <= later.cache["ttl"] + later.age <= 60
    assert later.field("Date") == hit.field("Date")


def test_via_in_both_directions(larder, origin):
    origin.reply("/a", b"x", fields={**FRESH, "Via": "1.1 other"})
    for _ in range(2):
        assert larder.get("/a").field("Via") == "1.1 other, 1.1 larder"
    larder.get("/b", fields={"Via": "1.0 before"})
    assert origin.last("/b").field("Via") == "1.0 before, 1.1 larder"


def test_via_names_the_version_that_was_received(larder, origin):
    """RFC 9110 7.6.3: from the store, too, and after a 304 of another version."""
    validators = {"ETag": '"1"', "Cache-Control": "max-age=60"}
    origin.reply("/old", b"x", framing="close", version="HTTP/1.0", fields=validators)
    for hit in (False, True):
        response = larder.get("/old")
        assert response.hit is hit and response.field("Via") == "1.0 larder"
    origin.reply("/old", b"x", fields={**validators, "Cache-Control": "max-age=50"})
    response = larder.get("/old", fields={"Cache-Control": "no-cache"})
    assert response.field("Via") == "1.1 larder" and response.cache["fwd-status"] == 304
    origin.reply("/no", b"x", framing="close", version="HTTP/1.0", status=500)
    assert larder.get("/no").field("Via") == "1.0 larder"
    origin.reply("/broken", raw=b"HTTP/1.0 2000\r\n\r\n")
    response = larder.get("/broken")
    assert response.status == 502 and response.field("Via") == "1.1 larder"


def test_different_targets_are_different(larder, origin):
    for target in ("/a", "/b", "/a?", "/a?x=1", "/a?x=2", "/A"):
        origin.reply(target, target.encode(), fields=FRESH)
    for _ in range(2):
        for target in ("/a", "/b", "/a?", "/a?x=1", "/a?x=2", "/A"):
            assert larder.get(target).body == target.encode()
    assert origin.count() == 6


@pytest.mark.parametrize("size", [0, 1, 2048, 20_480, 204_800, 1_000_000])
@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_bodies_arrive_byte_for_byte(larder, origin, size, framing):
    body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    pieces = [body[at:at + 50_000] for at in range(0, size, 50_000)]
    origin.reply("/a", pieces=pieces, framing=framing, fields=FRESH)
    for _ in range(2):
        response = larder.get("/a")
        assert response.complete and response.body == body
    assert response.hit and response.field("Content-Length") == str(size)
    assert origin.count() == 1


@pytest.mark.parametrize("status", [200, 203, 204, 301, 308, 404, 405, 410, 414, 501])
def test_statuses_are_kept(larder, origin, status):
    origin.reply("/a", b"" if status == 204 else b"why", status=status,
        fields={**FRESH, "Location": "/b"})
    for _ in range(2):
        response = larder.get("/a")
        assert response.status == status and response.field("Location") == "/b"
        assert response.body == (b"" if status == 204 else b"why")
    assert response.hit and origin.count() == 1


def test_end_to_end_fields_are_kept_in_order(larder, origin):
    sent = [("Link", "<a>"), ("X-Other", "1"), ("Link", "<b>"), ("Access-Control-Allow-Origin", "*")]
    origin.reply("/a", b"x", fields=sent + list(FRESH.items()))
    for _ in range(2):
        response = larder.get("/a")
        assert response.all("Link") == ["<a>", "<b>"] and response.all("X-Other") == ["1"]
        assert response.field("Access-Control-Allow-Origin") == "*"


def test_hop_by_hop_fields_end_here(larder, origin):
    origin.reply("/a", b"x", fields={**FRESH, "Connection": "x-private", "X-Private": "1",
        "Keep-Alive": "timeout=9", "Proxy-Authenticate": "Basic", "Trailer": "X-T", "Upgrade": "h2c"})
    for _ in range(2):
        response = larder.get("/a")
        assert response.status == 200
        for name in ("X-Private", "Keep-Alive", "Proxy-Authenticate", "Trailer", "Upgrade"):
            assert response.field(name) is None, name
    larder.get("/b", fields={"Connection": "x-private", "X-Private": "1", "TE": "trailers",
        "Proxy-Authorization": "Basic eDp5", "Keep-Alive": "5"})
    for name in ("X-Private", "TE", "Proxy-Authorization", "Keep-Alive"):
        assert origin.last("/b").field(name) is None, name


def test_only_listed_request_fields_go_to_the_origin(larder, origin):
    larder.get("/a", fields={"Accept": "application/json", "User-Agent": "tester/1",
        "Accept-Language": "de", "Cookie": "session=1", "X-Anything": "1", "Referer": "http://r/"})
    seen = origin.last("/a")
    assert seen.field("Host") == origin.authority
    assert seen.field("Accept") == "application/json"
    assert seen.field("User-Agent") == "tester/1"
    assert seen.field("Accept-Language") == "de"
    for name in ("Cookie", "X-Anything", "Referer", "Forwarded", "X-Forwarded-For"):
        assert seen.field(name) is None, name


def test_a_route_can_forward_more(start, origin):
    larder = start({"routes": [{"path": "/", "upstream": "origin", "forward": ["X-Wanted"]}]})
    larder.get("/a", fields={"X-Wanted": "1", "X-Unwanted": "2"})
    assert origin.last("/a").field("X-Wanted") == "1"
    assert origin.last("/a").field("X-Unwanted") is None


def test_what_belongs_to_one_response_is_not_replayed(larder, origin):
    once = {"X-RateLimit-Remaining": "3", "RateLimit": '"a";r=3', "X-Rate-Limit-Limit": "5",
        "Retry-After": "5", "X-Request-Id": "abc"}
    origin.reply("/a", b"x", fields={**FRESH, **once})
    first, second = larder.get("/a"), larder.get("/a")
    assert second.hit
    for name, value in once.items():
        assert first.field(name) == value, name
        assert second.field(name) is None, name


def test_one_connection_carries_many_requests(larder, origin):
    origin.reply("/a", b"x", fields=FRESH)
    with larder.client() as client:
        for _ in range(50):
            assert client.get("/a").body == b"x"
        client.ask("/a").send(request_bytes("/a", fields={"Connection": "close"}))
        assert client.response().body == b"x" and client.response().body == b"x"
        assert client.closed()
    assert origin.count() == 1


def test_the_connection_to_the_origin_is_kept(larder, origin):
    for number in range(20):
        larder.get(f"/{number}")
    assert origin.count() == 20 and origin.connections == 1


def test_serve_without_a_file(start, origin):
    larder = start(arguments=["serve", "--upstream", origin.url, "--listen", "127.0.0.1:0"])
    origin.reply("/a?b", b"x", fields=FRESH)
    assert larder.get("/a?b").cache == {"fwd": "uri-miss", "stored": True}
    assert larder.get("/a?b").hit and origin.count("/a?b") == 1


def test_serve_without_a_file_below_a_path(start, origin):
    larder = start(arguments=["serve", "--upstream", origin.url + "/rest", "--listen", "127.0.0.1:0"])
    larder.get("/search?query=x")
    assert origin.last().target == "/rest/search?query=x"


def test_what_the_cache_did_is_counted(larder, origin):
    origin.reply("/a", b"12345", fields=FRESH)
    for _ in range(3):
        larder.get("/a")
    larder.wait_metric("cache_requests_total", equals(1), route="/", result="uri-miss")
    larder.wait_metric("cache_requests_total", equals(2), route="/", result="hit")
    larder.wait_metric("cache_stores_total", equals(1), route="/", tier="memory")
    larder.wait_metric("cache_entries", equals(1), tier="memory")
    larder.wait_metric("http_requests_total", equals(3), route="/", method="GET", code="200")
    larder.wait_metric("upstream_requests_total", equals(1), upstream="origin", purpose="miss")
