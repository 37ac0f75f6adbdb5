"""larder why, the command: asking a server, and explaining without one."""

import json

import pytest

from harness import certs
from harness.larder import merge, run
from harness.purge import SETTINGS, soft
from harness.store import Store, settle
from harness.why import FRESH, KEY, WHY, route


def why(clock, *arguments):
    return run("why", *arguments, env={"LARDER_TEST_CLOCK": str(clock.path)})


def test_the_command_asks_a_server(start, origin, clock):
    larder = start(WHY)
    origin.reply("/a", b"x", fields={**FRESH, "Vary": "Accept, Accept-Language"})
    fields = {"Accept": "text/html", "Accept-Language": "de"}
    larder.get("/a?b=1&c=2", fields=fields)
    options = ["--server", f"{larder.url}/why", "--header", "Accept: text/html",
        "--header", "Accept-Language: de"]
    result = why(clock, *options, "--json", "/a?b=1&c=2")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["would"]["outcome"] == "hit"
    result = why(clock, *options, f"{larder.url}/a?b=1&c=2")
    assert result.returncode == 0 and result.stderr == ""
    lines = result.stdout.splitlines()
    assert lines[0] == "request          GET /a?b=1&c=2"
    assert lines[1].startswith("would be         hit:")
    assert why(clock, *options[:4], "/a?b=1&c=2", "--json").stdout.count('"vary-miss') == 0
    assert origin.count() == 1


def test_the_command_without_a_server(start, origin, clock, tmp_path):
    store = Store(tmp_path / "disk", start)
    larder = store.open(route(key=KEY))
    origin.reply("/a", b"x" * 100, fields={**FRESH, "Vary": "Accept"})
    larder.get("/a?q=1&x=2", fields={"Accept": "text/html"})
    settle(larder)
    larder.stop()
    target, options = "/a?x=2&q=1&api_key=sesame", ["--config", larder.config_path]
    result = why(clock, *options, "--header=Accept: text/html", "--json", target)
    assert result.returncode == 0 and "disk alone" in result.stderr
    report = json.loads(result.stdout)
    assert report["would"]["outcome"] == "hit" and report["copies"][0]["tier"] == "disk"
    assert report["copies"][0]["size"] == 100 and not report["upstream"]["runs"]
    assert "sesame" not in result.stdout
    other = json.loads(why(clock, *options, "--json", "--header=Accept: text/plain", target).stdout)
    assert other["would"]["cache_status"] == "larder; fwd=vary-miss"
    clock.advance(100)
    stale = json.loads(why(clock, *options, "--json", "--header=Accept: text/html", target).stdout)
    assert stale["would"]["outcome"] == "miss" and stale["copies"][0]["ttl_ms"] < 0


def test_what_was_purged_lies_there_in_vain(start, origin, clock, tmp_path):
    store = Store(tmp_path / "disk", start)
    larder = store.open(WHY)
    origin.reply("/a", b"x", fields=FRESH)
    larder.get("/a")
    settle(larder)
    larder.get("/a", method="POST", body=b"y")
    settle(larder)
    larder.stop()
    report = json.loads(why(clock, "--config", larder.config_path, "--json", "/a").stdout)
    assert report["would"]["outcome"] == "miss"


def test_a_listener_that_speaks_tls(start, clock, tmp_path):
    certificate = certs.make(tmp_path)
    larder = start({"server": {"why": "/why", "tls": {
        "certificate": certificate.certificate, "key": certificate.key}}})
    config = json.loads(larder.config_path.read_text())
    config["server"]["listen"] = f"127.0.0.1:{larder.address[1]}"
    path = tmp_path / "of-the-server.yaml"
    path.write_text(json.dumps(config))
    result = why(clock, "--config", path, "--json", "/a")
    assert result.returncode == 0 and json.loads(result.stdout)["upstream"]["runs"], result.stderr
    stranger = why(clock, "--server", f"https://127.0.0.1:{larder.address[1]}/why", "/a")
    assert stranger.returncode == 1 and "TLS" in stranger.stderr


def test_what_was_purged_softly_is_stale(start, origin, clock, tmp_path):
    larder = Store(tmp_path / "disk", start).open(merge(WHY, {"server": {"purge": SETTINGS}}))
    origin.reply("/a", b"x", fields={**FRESH, "ETag": '"1"'})
    larder.get("/a")
    settle(larder)
    soft(larder, "/a")
    larder.stop()
    report = json.loads(why(clock, "--config", larder.config_path, "--json", "/a").stdout)
    assert report["would"]["outcome"] == "validation" and "softly" in report["would"]["because"]
    assert report["copies"][0]["groups"] == "softened"


@pytest.mark.parametrize("arguments, code, words", [
    (["--header", "X: y", "/a"], 2, "told of Accept alone"), (["--admin", "http://127.0.0.1:1", "/a"], 1, "connection failed"),
    (["--config", "/nowhere", "/a"], 2, "/nowhere"),
    (["--server", "nonsense", "/a"], 2, "path of server.why"), (["--server", "http://127.0.0.1:1/why", "/a"], 1, "connection failed"),
    (["--server", "http://127.0.0.1:1/why", "--header", "nonsense", "/a"], 2, "'Name: value'"),
    (["--server", "http://127.0.0.1:1/why"], 2, "URL")])
def test_wrong_usage(clock, arguments, code, words):
    result = why(clock, *arguments)
    assert result.returncode == code and words in result.stderr, result.stderr


def test_other_answers_are_no_reports(start, origin, clock):
    larder = start({"server": {"why": "/why", "why_from": []}})
    origin.reply("/other", b"{}", fields=FRESH)
    denied = why(clock, "--server", f"{larder.url}/why", "/a")
    assert denied.returncode == 1 and "server.why_from" in denied.stderr
    other = why(clock, "--server", f"{larder.url}/other", "/a")
    assert other.returncode == 1 and "no report" in other.stderr


def test_the_command_finds_its_server(start, clock, tmp_path):
    larder = start(WHY)
    port = larder.address[1]
    config = json.loads(larder.config_path.read_text())
    config["server"]["listen"] = ["127.0.0.1:0", f"0.0.0.0:{port}"]
    path = tmp_path / "of-the-server.yaml"
    path.write_text(json.dumps(config))
    result = why(clock, "--config", path, "--json", "/a")
    assert result.returncode == 0 and result.stderr == "", result.stderr
    assert json.loads(result.stdout)["upstream"]["runs"]


def test_a_unix_socket_will_do(start, clock, tmp_path):
    path = tmp_path / "front.sock"
    larder = start(merge(WHY, {"server": {"listen": [f"unix:{path}", "127.0.0.1:0"]}}))
    result = why(clock, "--config", larder.config_path, "--json", "/a")
    assert result.returncode == 0 and json.loads(result.stdout)["upstream"]["runs"], result.stderr


@pytest.mark.parametrize("by", ["admin", "environment", "config"])
def test_the_admin_api_is_asked(start, origin, clock, tmp_path, by):
    path = tmp_path / "admin.sock"
    larder = start({"admin": {"listen": [f"unix:{path}"]}})
    origin.reply("/a", b"x", fields={**FRESH, "Vary": "Accept"})
    larder.get("/a", fields={"Accept": "text/html"})
    options = {"admin": ["--admin", f"unix:{path}"], "config": ["--config", larder.config_path],
        "environment": []}[by]
    env = {"LARDER_TEST_CLOCK": str(clock.path), "LARDER_ADMIN": f"unix:{path}" if by == "environment" else ""}
    outcomes = [json.loads(run("why", *options, "--json", "--header", f"Accept: {accept}", "/a", env=env)
        .stdout)["would"]["outcome"] for accept in ("text/html", "text/plain")]
    assert outcomes == ["hit", "miss"]
    assert run("why", *options, "nonsense", env=env).returncode == 2
