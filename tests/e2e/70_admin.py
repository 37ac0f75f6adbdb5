"""The admin listener: routes, methods, queries, bodies; the document of it all."""

import pytest

from harness.admin import Admin
from harness.client import Client
from harness.table import table

ON = {"admin": {"listen": ["127.0.0.1:0"]}}


@pytest.fixture
def admin(start):
    return Admin(start(ON))


def test_the_document_tells_every_route(admin):
    document = admin.get("/openapi.json")
    assert document.status == 200 and document.json["openapi"].startswith("3.1")
    assert "/api/v1/config" in document.json["paths"]


@pytest.mark.parametrize("method,path,body,status", [
    ("GET", "/nothing", None, 404), ("POST", "/config", None, 405), ("GET", "/config?x=1", None, 400),
    ("POST", "/reload", b"x", 400), ("GET", "/config", None, 200), ("HEAD", "/config", None, 200)])
def test_what_is_answered_otherwise(admin, method, path, body, status):
    assert admin.call(method, path, body).status == status


def test_a_method_that_isnt_there_is_told_which_are(admin):
    assert admin.post("/config").headers["Allow"] == "GET, HEAD"


def test_over_a_unix_socket(start, tmp_path):
    path = tmp_path / "admin.sock"
    assert Admin(start({"admin": {"listen": [f"unix:{path}"]}})).get("/config").status == 200


NEXT = "GET /api/v1/config HTTP/1.1\r\nHost: localhost\r\n\r\n"


@table("fields, rest", [
    ("lengths", "Content-Length: 0\r\nContent-Length: %d\r\n" % len(NEXT), NEXT),
    ("a length and chunks", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + NEXT),
    ("hosts", "Host: localhost\r\n", NEXT),
    ("hosts, far apart", "X: y\r\n" * 150 + "Host: localhost\r\n", NEXT),
    ("tokens", "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n", NEXT)])
def test_what_can_be_read_in_two_ways(admin, fields, rest):
    host, port = admin.name.rsplit(":", 1)
    with Client((host, int(port))) as client:
        client.send(f"POST /api/v1/reload HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n{rest}".encode())
        assert client.response().status == 400
        assert client.closed()
