"""The admin listener: routes, methods, queries, bodies; the document of it all."""

import pytest

from harness.admin import Admin

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
