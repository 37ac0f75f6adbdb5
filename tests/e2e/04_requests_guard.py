"""What a request must look like: everything ambiguous is refused and its connection closed.

Each malformed request is followed by a whole one on the same connection ("/smuggled"): it must never
be answered nor reach the origin (RFC 9112 11.2).
"""

import select
import threading

import pytest

from harness.client import request_bytes
from harness.metrics import Metrics, equals
from harness.wait import PATIENCE, until

SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"

# name, request, statuses that are right
REQUESTS = [
    ("length-and-chunked", b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {400}),
    ("chunked-and-length", b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
        b"Content-Length: 5\r\n\r\n0\r\n\r\n", {400}),
    ("two-lengths", b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        {400}),
    ("two-equal-lengths", b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n"
        b"Content-Length: 1\r\n\r\na", {400}),
    ("list-of-lengths", b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 1\r\n\r\na", {400}),
    ("negative-length", b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", {400}),
    ("signed-length", b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\na", {400}),
    ("hexadecimal-length", b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0x1\r\n\r\na", {400}),
    ("empty-length", b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\n", {400}),
    ("huge-length", b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        {400, 413}),
    ("unknown-coding", b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", {400, 501}),
    ("coding-not-last", b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, gzip\r\n\r\n",
        {400, 501}),
    ("chunked-twice", b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, chunked\r\n\r\n",
        {400, 501}),
    ("two-codings", b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
        b"Transfer-Encoding: identity\r\n\r\n", {400, 501}),
    ("coding-with-dirt", b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n",
        {400, 501}),
    ("blank-before-colon", b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n"
        b"0\r\n\r\n", {400}),
    ("blank-before-colon-length", b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length : 1\r\n\r\na", {400}),
    ("blank-in-name", b"GET /a HTTP/1.1\r\nHost: x\r\nX y: 1\r\n\r\n", {400}),
    ("two-hosts", b"GET /a HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", {400}),
    ("two-equal-hosts", b"GET /a HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", {400}),
    ("no-host", b"GET /a HTTP/1.1\r\nAccept: */*\r\n\r\n", {400}),
    ("bad-host", b"GET /a HTTP/1.1\r\nHost: x y\r\n\r\n", {400}),
    ("host-with-path", b"GET /a HTTP/1.1\r\nHost: x/y\r\n\r\n", {400}),
    ("host-list", b"GET /a HTTP/1.1\r\nHost: x, y\r\n\r\n", {400}),
    ("bare-cr-in-value", b"GET /a HTTP/1.1\r\nHost: x\r\nX-A: a\rb\r\n\r\n", {400}),
    ("bare-cr-hides-a-field", b"GET /a HTTP/1.1\r\nHost: x\r\nX-A: a\rTransfer-Encoding: chunked\r\n\r\n",
        {400}),
    ("folded-line", b"GET /a HTTP/1.1\r\nHost: x\r\nX-A: a\r\n b\r\n\r\n", {400}),
    ("folded-with-tab", b"GET /a HTTP/1.1\r\nHost: x\r\nX-A: a\r\n\tb\r\n\r\n", {400}),
    ("folded-first-field", b"GET /a HTTP/1.1\r\n Host: x\r\nHost: x\r\n\r\n", {400}),
    ("line-without-colon", b"GET /a HTTP/1.1\r\nHost: x\r\nnonsense\r\n\r\n", {400}),
    ("empty-name", b"GET /a HTTP/1.1\r\nHost: x\r\n: value\r\n\r\n", {400}),
    ("control-in-value", b"GET /a HTTP/1.1\r\nHost: x\r\nX-A: a\x01b\r\n\r\n", {400}),
    ("control-in-name", b"GET /a HTTP/1.1\r\nHost: x\r\nX\x01A: a\r\n\r\n", {400}),
    ("nul-in-target", b"GET /a\0b HTTP/1.1\r\nHost: x\r\n\r\n", {400}),
    ("nul-in-host", b"GET /a HTTP/1.1\r\nHost: \0x\r\n\r\n", {400}),
    ("absolute-form", b"GET http://x/a HTTP/1.1\r\nHost: x\r\n\r\n", {400}),
    ("authority-form", b"GET x:80 HTTP/1.1\r\nHost: x\r\n\r\n", {400}),
    ("http-1.2", b"GET /a HTTP/1.2\r\nHost: x\r\n\r\n", {400, 505}),
    ("http-2.0", b"GET /a HTTP/2.0\r\nHost: x\r\n\r\n", {400, 505}),
    ("http-0.9", b"GET /a\r\n\r\n", {400, 505}),
    ("lower-case-version", b"GET /a http/1.1\r\nHost: x\r\n\r\n", {400, 505}),
    ("http-1.0-chunked", b"POST /a HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"0\r\n\r\n", {400}),
    ("dot-segment", b"GET /a/../b HTTP/1.1\r\nHost: x\r\n\r\n", {400}),
    ("dot-segment-at-end", b"GET /a/.. HTTP/1.1\r\nHost: x\r\n\r\n", {400}),
    ("single-dot", b"GET /a/./b HTTP/1.1\r\nHost: x\r\n\r\n", {400}),
    ("encoded-dots", b"GET /a/%2e%2E/b HTTP/1.1\r\nHost: x\r\n\r\n", {400}),
    ("half-encoded-dots", b"GET /a/.%2e/b HTTP/1.1\r\nHost: x\r\n\r\n", {400}),
    ("encoded-nul", b"GET /a%00b HTTP/1.1\r\nHost: x\r\n\r\n", {400}),
    ("bad-percent", b"GET /a%zz HTTP/1.1\r\nHost: x\r\n\r\n", {400}),
    ("cut-percent", b"GET /a%2 HTTP/1.1\r\nHost: x\r\n\r\n", {400}),
    ("backslash", b"GET /a\\b HTTP/1.1\r\nHost: x\r\n\r\n", {400}),
    ("fragment", b"GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n", {400}),
    ("high-byte-in-target", b"GET /a\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n", {400}),
    ("bad-method", b"G(T /a HTTP/1.1\r\nHost: x\r\n\r\n", {400}),
    ("two-authorizations", b"GET /a HTTP/1.1\r\nHost: x\r\nAuthorization: Basic YTph\r\n"
        b"Authorization: Basic Yjpi\r\n\r\n", {400}),
    ("connect", b"CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\n\r\n", {400, 405, 501}),
]


def drain(client):
    """Everything that comes until the connection is closed."""
    received = b""
    while True:
        try:
            data = client.socket.recv(65536)
        except ConnectionResetError:
            return received
        if not data:
            return received
        received += data


@pytest.mark.parametrize("request_head, statuses", [row[1:] for row in REQUESTS],
    ids=[row[0] for row in REQUESTS])
def test_ambiguous_requests_are_refused(larder, origin, request_head, statuses):
    with larder.client() as client:
        client.send(request_head + SMUGGLED)
        response = client.response()
        assert response.status in statuses, response
        if response.field("Proxy-Status"):
            assert response.field("Content-Type") == "application/problem+json"
        rest = client.spare + drain(client)
    assert b"HTTP/1.1 " not in rest, f"answered more than once: {rest!r}"
    assert origin.count() == 0, origin.seen()
    assert larder.get("/still-there").status == 404


@pytest.mark.parametrize("name", ["two-lengths", "two-hosts", "no-host", "dot-segment", "http-1.2"])
def test_refusals_are_problems(larder, name):
    """Those that larder's own guard makes (not the HTTP library) say what they are."""
    head = {row[0]: row[1] for row in REQUESTS}[name]
    with larder.client() as client:
        client.send(head)
        response = client.response()
        assert response.field("Content-Type") == "application/problem+json"
        assert response.field("Proxy-Status").startswith("larder; error=http_request_error")
        assert f'"status":{response.status}' in response.body.decode().replace(" ", "")
        assert client.closed()
    larder.wait_metric("http_rejected_total", equals(1), reason="malformed")


@pytest.mark.parametrize("body", [
    b"nonsense\r\n", b"-1\r\na\r\n0\r\n\r\n", b"1\r\nabc0\r\n\r\n", b"fffffffffffffffffff\r\na",
    b"5\r\nab\r\n0\r\n\r\n"])
def test_broken_chunks_never_become_a_whole_request(larder, origin, body):
    origin.reply("/a", b"done")
    with larder.client() as client:
        client.send(b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + body)
        client.socket.shutdown(1)
        drain(client)
    larder.wait_metric("http_requests_in_flight", lambda count: count <= 1)
    assert not any(seen.complete for seen in origin.seen("/a"))


@pytest.fixture
def limited(start):
    return start({"server": {"limits": {
        "header_bytes": "4KiB", "fields": 20, "target_bytes": "1KiB", "body_bytes": "8KiB"}}})


LIMITS = [
    ("fields", {"fields": {f"X-{n}": "1" for n in range(40)}}, 431, "too-many-fields"),
    ("header", {"fields": {"X-A": "a" * 5000}}, 431, "header-too-large"),
    ("header-of-many", {"fields": {f"X-{n}": "a" * 400 for n in range(15)}}, 431, "header-too-large"),
    ("target", {"target": "/" + "a" * 1100}, 414, "target-too-long"),
    ("body", {"method": "POST", "body": b"a" * 9000}, 413, "body-too-large"),
]


@pytest.mark.parametrize("how, status, reason", [row[1:] for row in LIMITS],
    ids=[row[0] for row in LIMITS])
def test_limits(limited, origin, how, status, reason):
    with limited.client() as client:
        client.send(request_bytes(how.get("target", "/a"),
            **{name: value for name, value in how.items() if name != "target"}))
        response = client.response()
        assert response.status == status, response
        assert response.field("Content-Type") == "application/problem+json"
        assert client.closed()
    assert origin.count() == 0
    limited.wait_metric("http_rejected_total", equals(1), reason=reason)


def test_what_is_within_the_limits_passes(limited, origin):
    origin.reply("/a", b"x")
    fields = {f"X-{n}": "a" * 100 for n in range(15)}
    assert limited.get("/a", fields=fields).status == 200
    assert limited.get("/" + "a" * 1000).status == 404
    assert limited.get("/a", method="POST", body=b"a" * 8192).status == 200
    assert origin.last("/a").body == b"a" * 8192


def test_a_streamed_body_has_the_same_limit(limited, origin):
    origin.reply("/a", b"x")
    chunk = b"400\r\n" + b"a" * 1024 + b"\r\n"
    with limited.client() as client:
        client.send(b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        client.send(chunk * 9 + b"0\r\n\r\n")
        assert client.response().status == 413
        assert client.closed()
    assert not any(seen.complete for seen in origin.seen("/a"))


def trickle(client, data, most):
    """Sends data byte by byte until the peer answers or closes; False if it never did."""
    for at in range(most):
        try:
            client.socket.send(data[at % len(data):at % len(data) + 1])
        except OSError:
            return True
        if select.select([client.socket], [], [], 0.02)[0]:
            return True
    return False


def test_a_header_that_trickles_in_is_cut_off(start, origin):
    larder = start({"server": {"timeouts": {"header": "400ms", "idle": "60s"}}})
    with larder.client() as client:
        client.send(b"GET /a HTTP/1.1\r\nHost: x\r\nX-A: ")
        assert trickle(client, b"a", int(PATIENCE / 0.02)), "still open"
        client.begin()
        while client.more():
            pass
        assert client.reader.response is None or client.reader.response.status == 408
    larder.wait_metric("http_rejected_total", lambda count: count == 1, reason="header-timeout")
    assert origin.count() == 0


def test_a_connection_that_says_nothing_is_closed(start):
    larder = start({"server": {"timeouts": {"header": "300ms", "idle": "2m"}}})
    with larder.client() as client:
        assert client.closed()


def test_a_connection_that_says_nothing_more_is_closed(start, origin):
    larder = start({"server": {"timeouts": {"idle": "300ms"}}})
    with larder.client() as client:
        client.get("/a")
        assert client.closed()


def test_a_body_that_trickles_in_is_cut_off(start, origin):
    larder = start({"server": {"min_body_rate": "1KiB"}})
    with larder.client() as client:
        client.send(b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
        assert trickle(client, b"a", int(PATIENCE / 0.02)), "still open"
    larder.wait_metric("http_rejected_total", lambda count: count == 1, reason="body-rate")
    assert not any(seen.complete for seen in origin.seen("/a"))


def test_connections_of_one_address_are_limited(start, origin):
    larder = start({"server": {"max_connections_per_address": 4}})
    clients = [larder.client() for _ in range(4)]
    for client in clients:
        assert client.get("/a").status == 404
    with larder.client() as fifth:
        assert drain(fifth) == b""
    clients.pop().close()
    until(lambda: answers(larder), "the place of the one that left is free")
    for client in clients:
        assert client.get("/a").status == 404
    told = Metrics(clients[0].get("/metrics").body.decode())
    assert told.sum("http_rejected_total", reason="address-limit") >= 1
    for client in clients:
        client.close()


def answers(larder):
    with larder.client() as client:
        client.ask("/a")
        try:
            return client.response().status == 404
        except (EOFError, OSError):
            return False


def test_refusals_disturb_nobody_else(larder, origin):
    """A request under way goes on while others are refused."""
    gate = threading.Event()
    origin.reply("/slow", pieces=[b"one", gate, b"two"])
    with larder.client() as client:
        client.ask("/slow")
        assert client.body_to(3) == b"one"
        for row in REQUESTS[:20]:
            with larder.client() as bad:
                bad.send(row[1])
                assert bad.response().status in row[2]
        gate.set()
        assert client.response().body == b"onetwo"
