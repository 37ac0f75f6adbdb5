"""Commands that speak to the admin API: where they find it, with which token, and what they say when it fails."""

import subprocess

import pytest

from harness import certs
from harness.admin import Admin
from harness.command import Command, asked, plays
from harness.larder import BINARY
from harness.table import table

TOKEN = "larder-token-for-the-tests"
PROBLEM = {"type": "about:blank", "status": 403, "title": "Forbidden", "detail": "the role operator is needed"}


@pytest.fixture
def command(origin):
    """Before an origin that plays the API."""
    return Command(origin.url)


# -- where it is ------------------------------------------------------------------------------------


def test_over_tcp_and_a_unix_socket(start, tmp_path):
    path = tmp_path / "admin.sock"
    larder = start({"admin": {"listen": ["127.0.0.1:0", f"unix:{path}"]}})
    for listener in (0, 1):
        place = Admin(larder, listener=listener).name
        yaml = Command(place)("config")
        assert yaml.returncode == 0, yaml.stderr
        assert str(path) in yaml.stdout
        assert Command(place).json("config")["yaml"] == yaml.stdout


def test_by_the_environment_and_by_the_configuration(start, tmp_path):
    path = tmp_path / "admin.sock"
    larder = start({"admin": {"listen": [f"unix:{path}"]}})
    assert Command(env={"LARDER_ADMIN": f"unix:{path}"})("config").returncode == 0
    assert Command()("config", "--config", larder.config_path).returncode == 0
    elsewhere = Command(env={"LARDER_ADMIN": "unix:/nowhere"})
    assert elsewhere("config", "--config", larder.config_path).returncode == 1
    assert elsewhere("config", "--admin", f"unix:{path}").returncode == 0


def test_tls(start, tmp_path):
    certificate = certs.make(tmp_path)
    larder = start({"admin": {"listen": ["127.0.0.1:0"], "tls": {
        "certificate": certificate.certificate, "key": certificate.key}}})
    command = Command(f"https://localhost:{Admin(larder).name.rsplit(':', 1)[1]}")
    refused = command("config")
    assert refused.returncode == 1 and "TLS failed" in refused.stderr
    assert command("config", "--ca", certificate.certificate).returncode == 0
    assert command("config", "--insecure").returncode == 0
    assert command("config", "--ca", "/nowhere").returncode == 1


@table("arguments, env, words", [
    ("scheme", ["--admin", "ftp://127.0.0.1"], {}, "unix:/PATH is expected"),
    ("relative", ["--admin", "unix:admin.sock"], {}, "unix:/PATH is expected"),
    ("environment", [], {"LARDER_ADMIN": "::"}, "LARDER_ADMIN ::"),
    ("no-file", ["--config", "/nowhere"], {}, "/nowhere"),
    ("token", [], {"LARDER_TOKEN": "a b"}, "this is no token"),
    ("token-line", [], {"LARDER_TOKEN": "a\r\nX: y"}, "this is no token"),
    ("unencrypted", ["--admin", "http://192.0.2.1:8081"], {"LARDER_TOKEN": TOKEN}, "unencrypted"),
    ("unknown-option", ["--nothing"], {}, "no such option"), ("a-word", ["word"], {}, "one too many")])
def test_wrong_usage(arguments, env, words):
    result = Command(env=env)("config", *arguments)
    assert result.returncode == 2 and words in result.stderr, result.stderr
    assert TOKEN not in result.stderr


def test_no_port_that_anybody_knows(start):
    larder = start({"admin": {"listen": ["127.0.0.1:0"]}})
    result = Command()("config", "--config", larder.config_path)
    assert result.returncode == 2 and "--admin PLACE" in result.stderr


# -- what it says -----------------------------------------------------------------------------------


def test_the_token_goes_along(command, origin):
    plays(origin, "/config", {"yaml": "a: 1\n"})
    assert command("config").stdout == "a: 1\n"
    assert origin.last().field("Authorization") is None
    assert command("config", env={"LARDER_TOKEN": TOKEN}).returncode == 0
    assert origin.last().field("Authorization") == f"Bearer {TOKEN}"


def test_a_problem_is_told(command, origin):
    plays(origin, "/reload", {**PROBLEM, "status": 422, "title": "No", "detail": "two faults",
        "faults": ["a:1:2: one", "a:3:4: \u001b[2Jtwo"]}, status=422)
    result = command("reload")
    assert result.returncode == 2
    assert result.stderr.splitlines() == [
        f"larder reload: {origin.url}: 422 No: two faults", "  a:1:2: one", "  a:3:4: \\x1b[2Jtwo"]


EVIL = "\u001b[31mred\u202e\u0007\u009b31m"
TOLD = "\\x1b[31mred\\u{202e}\\x07\\u{9b}31m"


def test_faults_of_an_import_are_harmless(command, origin, start, tmp_path):
    larder = start({"admin": {"listen": ["127.0.0.1:0"]}})
    assert b'{"larder_end":0' in Admin(larder).post("/export").body  # nothing to be sorted
    origin.reply("/a", b"a", fields={"Cache-Control": "max-age=600"})
    larder.get("/a")
    path = tmp_path / "a.jsonl"
    path.write_bytes(Admin(larder).post("/export").body)
    plays(origin, "/import", {"stored": 0, "kept": 0, "refused": 3, "passed": 0,
        "faults": ["line 2: " + EVIL, None, 5, {}]})
    result = command("import", path)
    assert result.returncode == 1
    assert result.stderr.splitlines() == [f"larder import: line 2: {TOLD}", *["larder import"] * 3]


def test_a_configuration_is_harmless(command, origin):
    plays(origin, "/config", {"yaml": f"a: {EVIL}\n\nb: \u00e9\u4e00\n\tc"})
    assert command("config").stdout == f"a: {TOLD}\n\nb: \u00e9\u4e00\n\\x09c"
    plays(origin, "/config", {"yaml": 5})
    assert command("config").stdout == ""


@table("status, code", [("400", 400, 2), ("401", 401, 1), ("403", 403, 1), ("404", 404, 1), ("422", 422, 2),
    ("429", 429, 1), ("500", 500, 1), ("503", 503, 1)])
def test_exit_codes(command, origin, status, code):
    plays(origin, "/stats", {**PROBLEM, "status": status}, status=status)
    result = command("stats")
    assert result.returncode == code and "the role operator is needed" in result.stderr
    assert ("LARDER_TOKEN isn't set" in result.stderr) == (status == 401)
    assert command("stats", "--json").returncode == code


@table("answer, status, words", [
    ("html", b"<html>", 404, "no words of a larder's admin API"), ("nothing", b"", 500, "no words"),
    ("a-list", b"[1]", 403, "no words"), ("no-json", b"{", 200, "what came is no JSON"),
    ("odd-types", b'{"title":1,"detail":[],"faults":{}}', 403, ": 403\n")])
def test_what_is_no_answer(command, origin, answer, status, words):
    plays(origin, "/stats", answer, status=status)
    result = command("stats")
    assert result.returncode == 1 and words in result.stderr, result.stderr


@table("arguments", [
    ("purge", ["purge", "url", "/a"]), ("purges", ["purge", "url", "/a", "/b"]),
    ("purge-json", ["purge", "all", "--yes", "--json"]), ("bump", ["namespace", "bump", "all", "--yes"]),
    ("bump-json", ["namespace", "bump", "all", "--yes", "--json"]), ("reload", ["reload"]),
    ("open", ["upstreams", "open", "u"]), ("cancel", ["purge", "cancel", "1"]), ("entries", ["entries"])])
def test_what_a_stranger_says_is_never_done(command, origin, arguments):
    for path in ("/purges", "/namespaces", "/reload", "/upstreams/u/open", "/purges/schedule/1", "/entries"):
        plays(origin, path, {"status": "ok"})
    result = command(*arguments)
    assert result.returncode == 1 and "no answer of a larder's admin API" in result.stderr, result
    assert result.stdout == ""


def test_nobody_is_there(tmp_path):
    for place in ("http://127.0.0.1:1", f"unix:{tmp_path}/none"):
        result = Command(place)("stats")
        assert result.returncode == 1 and f"{place}: connection failed" in result.stderr


def test_reload(start):
    larder = start({"admin": {"listen": ["127.0.0.1:0"]}})
    command = Command(Admin(larder).name)
    assert command("reload").stdout == "nothing has changed\n"
    again = command.json("reload")
    assert (again["changed"], again["kept"]) == ([], [])


def test_reload_tells_what_is_new(command, origin):
    plays(origin, "/reload", {"changed": ["cache.errors", "routes"], "kept": ["server.listen"]})
    assert command("reload").stdout.splitlines() == [
        "changed:", "  cache.errors", "  routes", "kept until a restart:", "  server.listen"]
    assert asked(origin, "/reload") == [("POST", "/reload", None)]


def test_what_cannot_be_written_is_a_failure(command, origin):
    plays(origin, "/config", {"yaml": "a: 1\n"})
    with open("/dev/full", "w", encoding="ascii") as full:
        result = subprocess.run([BINARY, "config", "--admin", origin.url], stdout=full, check=False)
    assert result.returncode == 1
