"""Who may ask the admin API: tokens that expire, rates, addresses that are locked out, users of a Unix socket, browsers."""

import json
import os

import pytest

from harness import certs
from harness.admin import Admin
from harness.larder import run
from harness.routes import digest
from harness.table import table
from harness.wait import until

LOCAL = {"admin": {"listen": ["127.0.0.1:0"]}}


def with_tokens(*tokens, **more):
    made = [{"name": f"t{i}", "role": "admin", **one} for i, one in enumerate(tokens)]
    return {"admin": {"listen": ["127.0.0.1:0"], "tokens": made, **more}}


def test_a_token_that_was_made_is_one(start, tmp_path):
    said = run("token", "new", "--role", "admin", "--name", "me", "--expires", "1d")
    token = said.stdout.splitlines()[0]
    assert said.returncode == 0 and token.startswith("larder_") and len(token) == 50
    section = said.stdout.split("\n\n")[-1]
    config = tmp_path / "tokens.yaml"
    config.write_text(section + "upstreams: { o: { url: 'http://o.test' } }\nroutes: [ { path: /, upstream: o } ]\n")
    assert run("check", "--config", config).returncode == 0
    made = json.loads(run("token", "new", "--json").stdout)
    assert made["sha256"] == digest(made["token"]) and made["token"] != token
    admin = Admin(start(with_tokens({"sha256": digest(token)})))
    assert admin.get("/config").status == 401
    admin.token = token
    assert admin.get("/config").status == 200


@pytest.mark.parametrize("arguments", [["--role", "root"], ["--expires", "soon"], ["--expires", "0"],
    ["--expires", "2027-02-30"], ["--expires", "2020-01-01"], ["--name", "Jo Doe"], ["--name", "a\nb"],
    ["--name", ""], ["--tenant", "a b"], ["--nonsense"]])
def test_what_no_token_can_be_made_of(arguments):
    said = run("token", "new", *arguments)
    assert said.returncode == 2 and said.stdout == "" and said.stderr


def test_a_token_expires(start, clock):
    larder = start(with_tokens({"sha256": digest("a"), "expires": "2099-01-01"}))
    admin = Admin(larder, token="a")
    assert admin.get("/config").status == 200
    clock.advance(100 * 365 * 86400)
    answer = admin.get("/config")
    assert answer.status == 401 and "expired" in answer.json["detail"]
    clock.advance(-100 * 365 * 86400)
    assert admin.get("/config").status == 200


def test_a_rate_is_the_tokens_own(start):
    larder = start(with_tokens({"sha256": digest("a"), "rate": "3/h"}, {"sha256": digest("b")}))
    slow, other = Admin(larder, token="a"), Admin(larder, token="b")
    assert [slow.get("/config").status for _ in range(5)] == [200, 200, 200, 429, 429]
    assert 1 <= int(slow.get("/config").headers["Retry-After"]) <= 1200
    assert other.get("/config").status == 200
    assert larder.metric("admin_requests_total", code="429") == 3


def test_an_address_is_locked_out(start):
    larder = start(with_tokens({"sha256": digest("a")}, lockout={"failures": 3, "for": "1h"}))
    wrong, right = Admin(larder, token="guess"), Admin(larder, token="a")
    assert [wrong.get("/config").status for _ in range(4)] == [401, 401, 401, 429]
    assert 3000 < int(right.get("/config").headers["Retry-After"]) <= 3600
    assert right.get("/openapi.json").status == 200
    (event,) = larder.wait_event("admin-lockout")
    assert "127.0.0.1" in event["detail"] and "guess" not in larder.said()
    assert larder.metric("admin_lockouts_total") == 1


def test_an_address_that_was_locked_out_comes_back(start):
    larder = start(with_tokens({"sha256": digest("a")}, lockout={"failures": 1, "for": "1s"}))
    assert Admin(larder, token="guess").get("/config").status == 401
    larder.wait_event("admin-lockout")
    until(lambda: Admin(larder, token="a").get("/config").status == 200, "the end of the lock-out")


def test_users_of_a_unix_socket_are_told_apart(start, tmp_path):
    path = tmp_path / "admin.sock"
    larder = start({"admin": {"listen": [f"unix:{path}"], "audit": str(tmp_path / "audit")}})
    assert Admin(larder).post("/reload").status == 200
    (line,) = map(json.loads, (tmp_path / "audit").read_text().splitlines())
    assert (line["from"], line["who"], line["role"]) == (f"unix:{os.geteuid()}", "local", "admin")


@table("fields,status", [
    ("a name that was made to resolve to this machine", {"Host": "evil.test"}, 403),
    ("a form on a page", {"Origin": "http://evil.test", "Content-Type": "text/plain"}, 403),
    ("a page in a sandbox", {"Origin": "null"}, 403),
    ("another port of this machine", {"Origin": "http://127.0.0.1:3000"}, 403),
    ("without Origin, but a browser's", {"Sec-Fetch-Site": "cross-site"}, 403),
    ("a program", {}, 200),
    ("by name", {"Host": "localhost"}, 200),
])
def test_a_page_can_do_nothing(start, fields, status):
    admin = Admin(start(LOCAL))
    answer = admin.post("/reload", headers=fields)
    assert answer.status == status, answer
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_preflight_is_refused(start):
    answer = Admin(start(LOCAL)).call("OPTIONS", "/reload", headers={"Origin": "http://evil.test",
        "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"})
    assert answer.status == 405 and not [name for name in answer.headers if name.startswith("Access-Control")]


def test_the_command_line_brings_its_token(start):
    larder = start(with_tokens({"sha256": digest("a")}))
    admin = Admin(larder)
    place = ["--admin", f"http://{admin.name}"]
    assert run("reload", *place, env={"LARDER_TOKEN": "a"}).returncode == 0
    refused = run("reload", *place, env={"LARDER_TOKEN": "b"})
    assert refused.returncode == 1 and "not known" in refused.stderr + refused.stdout
    assert run("reload", *place).returncode == 1


def test_over_tls(start, tmp_path):
    made = certs.make(tmp_path)
    larder = start(with_tokens({"sha256": digest("a")}, tls={"certificate": made.certificate, "key": made.key}))
    name = Admin(larder).name
    said = run("reload", "--admin", f"https://{name}", "--ca", made.certificate, env={"LARDER_TOKEN": "a"})
    assert said.returncode == 0, said.stderr
