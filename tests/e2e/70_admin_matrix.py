"""Every route of the admin API, whatever it is: what it says to who may not, to what is broken, too large or misdirected,
and that each of these stands in the audit log.
"""

import pytest

from harness.client import Client
from harness.routes import MEGABYTE, ROLES, AuditFile, filled_path, routes, start_admins

DEEP = b"[" * 100000 + b"]" * 100000
BROKEN = [b"{", b"[1,", b"{\"a\":1}{\"a\":1}", b"\xff\xfe", b"{\"a\":1,\"a\":2}", b"{\"scope\":1e999}",
    b"{\"scope\":" + b"9" * 400 + b"}", b"{\"a\":\"\\u0000\"}", b"{\"a\":\"\x00\"}", b"nul", DEEP]


class Matrix:
    """One larder, all its routes, its audit log; faults are collected, so that one run tells them all."""

    def __init__(self, start, tmp_path):
        self.larder, self.admins = start_admins(start, tmp_path)
        self.larder.get("/one", fields={"X-API-Key": "key-of-a"})
        self.log = AuditFile(tmp_path / "audit")
        self.routes = routes(self.admins["admin"])
        self.paths = [filled_path(route, self.admins["admin"]) for route in self.routes]
        self.log.new()
        self.faults = []
        self.calls = 0

    def each(self, wanted=lambda route: True):
        for route, path in zip(self.routes, self.paths):
            if wanted(route):
                self.calls += 1
                yield route, path

    def expect(self, route, answer, statuses, who):
        """The answer, and that just one line tells of it."""
        what = f"{route.method} {route.path} as {who!r}"
        if answer.status not in statuses:
            self.faults.append(f"{what}: {answer.status}, not {statuses}: {answer.body[:200]}")
        if answer.headers.get("Content-Type") != "application/problem+json":
            self.faults.append(f"{what}: {answer.headers.get('Content-Type')}")
        lines = self.log.new()
        if [(line["status"], line["who"]) for line in lines] != [(answer.status, who)]:
            self.faults.append(f"{what}: audit {lines}")
        elif not lines[0].get("problem"):
            self.faults.append(f"{what}: no problem in {lines}")

    def done(self):
        assert not self.faults, "\n".join(self.faults)
        assert self.calls > 0


@pytest.fixture
def matrix(start, origin, tmp_path):
    origin.reply("/one", b"one", fields={"Cache-Control": "max-age=600"})
    return Matrix(start, tmp_path)


def asks_who(route):
    return route.role != "everyone"


@pytest.mark.parametrize("fields", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic YTpi"}])
def test_without_a_token(matrix, fields):
    anyone = matrix.admins["viewer"]
    anyone.token = None
    for route, path in matrix.each(asks_who):
        answer = anyone.call(route.method, path, headers=fields)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        matrix.expect(route, answer, {401}, "")
    matrix.done()


def test_with_too_small_a_role(matrix):
    for route, path in matrix.each(lambda route: route.role in ROLES[1:]):
        for role in ROLES[:ROLES.index(route.role)]:
            matrix.expect(route, matrix.admins[role].call(route.method, path), {403}, f"the-{role}")
    matrix.done()


def about_all(route):
    return route.role == "admin" or (route.path.startswith("/api/v1/upstreams/") and route.changes)


def test_what_is_about_all_with_a_tenants_token(matrix):
    for route, path in matrix.each(about_all):
        matrix.expect(route, matrix.admins["tenant"].call(route.method, path), {403}, "the-tenant")
    matrix.done()


def test_nothing_of_another_tenants_is_shown(matrix, origin):
    origin.reply("/secret-of-a", b"secret-body-of-a", fields={"Cache-Control": "max-age=600"})
    for _ in range(2):
        assert matrix.larder.get("/secret-of-a", fields={"X-API-Key": "key-of-a"}).status == 200
    shown = False
    for route, path in matrix.each(lambda route: route.method == "GET" and asks_who(route)):
        answer = matrix.admins["tenant"].call("GET", path)
        assert answer.status in (200, 403, 404), (path, answer)
        assert b"secret-of-a" not in answer.body, (path, answer.body)
        shown |= b"secret-of-a" in matrix.admins["admin"].call("GET", path).body
    assert shown or not any(route.path == "/api/v1/entries" for route in matrix.routes)


@pytest.mark.parametrize("body", BROKEN, ids=lambda body: repr(body[:16]))
def test_with_a_broken_body(matrix, body):
    admin = matrix.admins["admin"]
    for route, path in matrix.each():
        answer = admin.call(route.method, path, body)
        if answer.status < 400 and route.types == ("application/jsonl",):
            assert answer.json["refused"] > 0, answer  # lines are judged one by one
            matrix.log.new()
            continue
        statuses = {400, 422} if asks_who(route) else {400, 401, 404, 415, 422}
        matrix.expect(route, answer, statuses, "the-admin" if asks_who(route) else "")
    matrix.done()


def test_with_a_body_of_another_type(matrix):
    for route, path in matrix.each(lambda route: asks_who(route) and route.types == ("application/json",)):
        answer = matrix.admins["admin"].call(route.method, path, b"{}", headers={"Content-Type": "text/plain"})
        matrix.expect(route, answer, {415}, "the-admin")
    assert not matrix.faults, "\n".join(matrix.faults)


def send_much(admin, route, path, chunked):
    """10 MB, as far as they are taken; the answer."""
    host, port = admin.name.rsplit(":", 1)
    fields = [("Host", "localhost"), ("Authorization", f"Bearer {admin.token}"),
        ("Transfer-Encoding", "chunked") if chunked else ("Content-Length", str(10 * MEGABYTE))]
    head = f"{route.method} {path} HTTP/1.1\r\n" + "".join(f"{n}: {v}\r\n" for n, v in fields) + "\r\n"
    piece = b"x" * MEGABYTE
    with Client((host, int(port))) as client:
        client.begin(route.method)
        try:
            client.send(head.encode())
            for _ in range(10):
                client.send(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
            client.send(b"0\r\n\r\n" if chunked else b"")
        except (BrokenPipeError, ConnectionResetError):
            pass
        return client.response()


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_with_ten_megabytes(matrix, chunked):
    for route, path in matrix.each(asks_who):
        answer = send_much(matrix.admins["admin"], route, path, chunked)
        assert answer.status == 413, (route, answer)
        assert answer.field("content-type") == "application/problem+json"
        lines = matrix.log.new()
        assert [(line["status"], line["who"]) for line in lines] == [(413, "the-admin")], lines
    assert matrix.calls > 0


def test_ten_megabytes_of_nobody_are_not_read(matrix):
    anyone = matrix.admins["viewer"]
    anyone.token = "wrong"
    for route, path in matrix.each(asks_who):
        assert send_much(anyone, route, path, False).status == 401
        assert [line["status"] for line in matrix.log.new()] == [401]


@pytest.mark.parametrize("method", ["PATCH", "PUT", "DELETE", "POST", "GET", "OPTIONS", "FETCH"])
def test_with_a_wrong_method(matrix, method):
    admin = matrix.admins["admin"]
    for route, path in matrix.each(lambda route: method not in route.methods):
        answer = admin.call(method, path)
        allowed = {*route.methods, *(["HEAD"] if "GET" in route.methods else [])}
        assert set(answer.headers["Allow"].split(", ")) == allowed, (route, answer.headers["Allow"])
        matrix.expect(route, answer, {405}, "")
    matrix.done()


def test_with_a_parameter_that_isnt_there(matrix):
    for route, path in matrix.each(asks_who):
        answer = matrix.admins["admin"].call(route.method, path.split("?")[0] + "?nonsense=1")
        matrix.expect(route, answer, {400}, "the-admin")
    matrix.done()


def test_head_is_get_without_its_body(matrix):
    admin = matrix.admins["admin"]
    for route, path in matrix.each(lambda route: route.method == "GET"):
        head = admin.call("HEAD", path)
        assert (head.status, head.body) == (admin.call("GET", path).status, b""), path
        assert matrix.log.new() == [] or head.status >= 400
