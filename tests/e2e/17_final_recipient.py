"""OPTIONS and TRACE that end at larder, and Max-Forwards on those that don't (RFC 9110 7.6.2, 9.3.7, 9.3.8)."""

import pytest

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"}


def methods_of(response):
    return {method.strip() for method in response.field("Allow").split(",")}


def is_local(response):
    return str(response.field("Cache-Status")) == "larder"


@pytest.mark.parametrize("forwards", [None, "0", "5"])
def test_options_of_the_server(larder, origin, forwards):
    fields = {} if forwards is None else {"Max-Forwards": forwards}
    with larder.client() as client:
        for _ in range(2):
            response = client.get("*", method="OPTIONS", fields=fields)
            assert response.status == 204 and response.body == b"" and response.complete
            assert methods_of(response) == METHODS
            assert response.field("Content-Length") is None
            assert is_local(response)
        assert client.get("/a").status == 404
    assert [seen.method for seen in origin.seen()] == ["GET"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "TRACE", "DELETE", "FROB"])
def test_the_asterisk_is_for_options_only(larder, origin, method):
    with larder.client() as client:
        response = client.get("*", method=method)
        assert response.status == 400
    assert origin.count() == 0


def test_options_that_may_not_go_on(larder, origin):
    origin.reply("/a", b"never")
    response = larder.get("/a", method="OPTIONS", fields={"Max-Forwards": "0"})
    assert response.status == 204 and methods_of(response) == METHODS and is_local(response)
    assert origin.count() == 0


def test_options_with_a_body_that_may_not_go_on(larder, origin):
    with larder.client() as client:
        response = client.get("/a", method="OPTIONS", body=b"x" * 100_000,
            fields={"Max-Forwards": "0", "Content-Type": "text/plain"})
        assert response.status == 204
        assert client.get("/b").status == 404  # the body was read to its end
    assert [seen.target for seen in origin.seen()] == ["/b"]


def test_trace_that_may_not_go_on(larder, origin):
    origin.reply("/a", b"never")
    with larder.client() as client:
        client.begin("TRACE")
        client.send(b"TRACE /a?b=%2f HTTP/1.1\r\nHost: larder.test\r\nX-First: 1\r\n"
            b"Max-Forwards: 0\r\nVia: 1.1 somebody\r\nX-Last:  2 \r\n\r\n")
        response = client.response()
        assert client.get("/b").status == 404
    assert response.status == 200 and is_local(response)
    assert response.field("Content-Type") == "message/http"
    assert response.field("Cache-Control") == "no-store"
    assert response.body == (b"TRACE /a?b=%2f HTTP/1.1\r\nHost: larder.test\r\nX-First: 1\r\n"
        b"Max-Forwards: 0\r\nVia: 1.1 somebody\r\nX-Last: 2\r\n\r\n")
    assert origin.count("/a") == 0


@pytest.mark.parametrize("name", ["Authorization", "Cookie", "Proxy-Authorization", "X-Api-Key",
    "X-Auth-Token", "X-Forwarded-Access-Token"])
def test_trace_tells_no_credentials(larder, name):
    response = larder.get("/a", method="TRACE", fields={"Max-Forwards": "0", name: "hush", "X-Kept": "1"})
    assert response.status == 200 and b"X-Kept: 1" in response.body
    assert b"hush" not in response.body and name.encode() not in response.body


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE"])
@pytest.mark.parametrize("forwards, sent", [("1", "0"), ("10", "9"), ("007", "6"), (None, None)])
def test_what_goes_on_is_counted_down(larder, origin, method, forwards, sent):
    origin.reply("/a", b"done")
    fields = {} if forwards is None else {"Max-Forwards": forwards}
    response = larder.get("/a", method=method, fields=fields)
    assert response.body == b"done" and response.cache["fwd"] == "method"
    assert origin.last().method == method
    assert origin.last().all("Max-Forwards") == ([] if sent is None else [sent])


@pytest.mark.parametrize("forwards", ["x", "-1", "1.5", "0, 1", "0x1"])
@pytest.mark.parametrize("method, status", [("OPTIONS", 400), ("TRACE", 400), ("POST", 200)])
def test_forwards_that_are_no_number(larder, origin, method, status, forwards):
    """Only where it counts is it refused; elsewhere it goes on as it came."""
    origin.reply("/a", b"done")
    response = larder.get("/a", method=method, fields={"Max-Forwards": forwards})
    assert response.status == status
    assert [seen.field("Max-Forwards") for seen in origin.seen()] == ([forwards] if status == 200 else [])


@pytest.mark.parametrize("framing", ["Content-Length: 5\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"])
@pytest.mark.parametrize("forwards", ["", "Max-Forwards: 0\r\n"])
def test_trace_with_a_body(larder, origin, forwards, framing):
    with larder.client() as client:
        client.begin("TRACE")
        client.send(f"TRACE /a HTTP/1.1\r\nHost: x\r\n{forwards}{framing}".encode())
        response = client.response()
        assert response.status == 400
        assert response.field("Content-Type") == "application/problem+json"
        assert client.closed()
    assert origin.count() == 0
