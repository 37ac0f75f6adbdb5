"""HEAD, HTTP/1.0, Expect, and methods that larder only hands on, bodies streamed."""

import threading

import pytest

from harness.client import Client, request_bytes
from harness.metrics import equals

FRESH = {"Cache-Control": "max-age=60", "Content-Type": "text/plain"}


def test_head_from_a_stored_get(larder, origin):
    origin.reply("/a", b"12345", fields={**FRESH, "ETag": '"e"'})
    got = larder.get("/a")
    head = larder.get("/a", method="HEAD")
    assert head.status == 200 and head.body == b"" and head.hit
    for name in ("ETag", "Content-Type", "Date"):
        assert head.field(name) == got.field(name), name
    assert head.field("Content-Length") == "5"
    assert origin.count() == 1


def test_head_on_a_cold_key(larder, origin):
    origin.reply("/a", b"12345", fields=FRESH)
    with larder.client() as client:
        head = client.get("/a", method="HEAD")
        assert head.status == 200 and head.body == b""
        assert client.get("/a").body == b"12345"
    assert larder.get("/a").body == b"12345"
    assert origin.count() <= 2


def test_head_of_what_is_missing(larder, origin):
    assert larder.get("/a", method="HEAD").status == 404


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_a_client_of_http_1_0(larder, origin, framing):
    origin.reply("/a", b"12345", framing=framing, fields=FRESH)
    for _ in range(2):
        with larder.client() as client:
            response = client.get("/a", version="HTTP/1.0")
            assert response.body == b"12345" and response.complete
            assert response.field("Transfer-Encoding") is None
            assert client.closed()
    assert origin.count() == 1


def test_a_client_of_http_1_0_that_keeps_the_connection(larder, origin):
    origin.reply("/a", b"12345", fields=FRESH)
    larder.get("/a")
    with larder.client() as client:
        fields = {"Connection": "Keep-Alive"}
        response = client.get("/a", version="HTTP/1.0", fields=fields)
        assert response.body == b"12345"
        if (response.field("Connection") or "").lower() == "keep-alive":
            assert client.get("/a", version="HTTP/1.0", fields=fields).body == b"12345"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "FROB", "PROPFIND"])
def test_other_methods_pass_uncached(larder, origin, method):
    origin.reply("/a", b"done", fields=FRESH)
    for number in (1, 2):
        response = larder.get("/a", method=method, body=b"what",
            fields={"Content-Type": "text/x", "X-Custom": "1"})
        assert response.body == b"done"
        assert response.cache["fwd"] == "method" and "stored" not in response.cache
        assert origin.count() == number
    seen = origin.last()
    assert (seen.method, seen.body) == (method, b"what")
    assert seen.field("Content-Type") == "text/x"
    larder.wait_metric("cache_requests_total", equals(2), result="method")


def test_a_body_is_streamed_to_the_origin(larder, origin):
    """The origin sees the first bytes while the client still has the rest."""
    origin.reply("/a", b"done")
    with larder.client() as client:
        client.send(b"FROB /a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nfirst")
        origin.wait_for(1, "/a", lambda seen: bytes(seen.body) == b"first")
        client.send(b"_last")
        assert client.response().body == b"done"
    assert origin.last().body == b"first_last" and origin.last().complete


def test_a_chunked_body_is_streamed_to_the_origin(larder, origin):
    origin.reply("/a", b"done")
    with larder.client() as client:
        client.send(b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
        origin.wait_for(1, "/a", lambda seen: bytes(seen.body) == b"first")
        client.send(b"5;ext=1\r\n_last\r\n0\r\nX-Trailer: 1\r\n\r\n")
        assert client.response().body == b"done"
    assert origin.last().body == b"first_last"


@pytest.mark.parametrize("size", [0, 1, 65_536, 5_000_000])
def test_bodies_of_all_sizes_arrive(larder, origin, size):
    body = bytes(range(251)) * (size // 251) + b"y" * (size % 251)
    origin.reply("/a", b"done")
    fields = {"Content-Length": str(size)}
    assert larder.get("/a", method="PUT", body=body, fields=fields).body == b"done"
    assert origin.last().body == body and origin.last().complete


def test_an_answer_before_the_end_of_the_body(larder, origin):
    """An origin that refuses early: the client hears of it."""
    origin.reply("/a", raw=b"")
    origin.reply("/b", b"fine")
    with larder.client() as client:
        client.send(request_bytes("/a", method="POST", body=b"x" * 1000))
        assert client.response().status == 502
    assert larder.get("/b", method="POST", body=b"y").body == b"fine"


def test_a_client_that_leaves_in_mid_body(larder, origin):
    origin.reply("/a", b"done")
    client = larder.client()
    client.send(b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nfirst")
    origin.wait_for(1, "/a")
    client.reset()
    larder.wait_metric("http_requests_in_flight", lambda count: count <= 1)
    assert not origin.last("/a").complete
    assert larder.get("/a", method="POST", body=b"whole").body == b"done"


def test_a_response_to_post_is_streamed(larder, origin):
    gate = threading.Event()
    origin.reply("/a", pieces=[b"one", gate, b"two"])
    with larder.client() as client:
        client.ask("/a", method="POST", body=b"x")
        assert client.body_to(3) == b"one"
        gate.set()
        assert client.response().body == b"onetwo"


def test_unsafe_methods_invalidate(larder, origin):
    """RFC 9111 4.4: after a successful POST the stored answer is gone."""
    origin.reply("/a", b"old", fields=FRESH)
    larder.get("/a")
    assert larder.get("/a").hit
    larder.get("/a", method="POST", body=b"x")
    assert not larder.get("/a").hit
    assert larder.get("/a").hit


def test_a_failed_unsafe_method_does_not_invalidate(larder, origin):
    origin.reply("/a", b"old", fields=FRESH)
    larder.get("/a")
    origin.reply("/a", b"no", status=409)
    larder.get("/a", method="POST", body=b"x")
    assert larder.get("/a").hit


def test_expect_100_continue(larder, origin):
    origin.reply("/a", b"done")
    with larder.client() as client:
        client.begin("POST")
        client.send(b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
        while not client.reader.interim:
            assert client.more(), "closed instead of 100"
        client.send(b"body")
        response = client.response()
    assert response.interim == [100] and response.body == b"done"
    assert origin.last().body == b"body"


def test_an_unknown_expectation(larder, origin):
    response = larder.get("/a", fields={"Expect": "miracles"})
    assert response.status == 417
    assert response.field("Content-Type") == "application/problem+json"
    assert origin.count() == 0


def test_a_get_with_a_body_is_not_taken_for_the_same(larder, origin):
    """The body may change the answer: it is neither stored nor answered from the store."""
    origin.reply("/a", b"plain", fields=FRESH)
    larder.get("/a")
    response = larder.get("/a", body=b"query")
    if response.status == 200:
        assert not response.hit and origin.last().body == b"query"
    else:
        assert response.status in (400, 501)
    assert larder.get("/a").body == b"plain"


def test_pipelined_requests_are_answered_in_order(larder, origin):
    for name in "abc":
        origin.reply("/" + name, name.encode() * 10, fields=FRESH)
    with Client(larder.address) as client:
        client.send(b"".join(request_bytes("/" + name) for name in "abcabc"))
        bodies = [client.response().body[:1] for _ in range(6)]
    assert bodies == [b"a", b"b", b"c"] * 2
    assert origin.count() == 3
