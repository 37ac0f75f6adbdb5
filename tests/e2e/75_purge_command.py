"""larder purge: what is sent, what is asked first, and what it comes to; namespaces."""

import json

import pytest

from harness.command import BASE, Command, asked, plays
from harness.origin import Reply
from harness.table import table

DONE = {"id": "p1", "scope": "url", "mode": "hard", "dry_run": False,
    "entries": {"memory": 1, "disk": 2}, "durable": True, "took_ms": 3}
ALWAYS = ["all", "route", "tenant", "older_than"]


def respond(seen):
    """As the API: an object for an object, a list for a list; "bad" is a problem."""
    body = json.loads(seen.body)
    items = [{"type": "about:blank", "status": 404, "title": "Not found", "detail": "no such route"}
        if one.get("value") == "bad" else {**DONE, "scope": one["scope"], "mode": one["mode"],
        "dry_run": one.get("dry_run", False)} for one in (body if isinstance(body, list) else [body])]
    answer = {"items": items} if isinstance(body, list) else items[0]
    return Reply(json.dumps(answer).encode(), fields={"Content-Type": "application/json"})


@pytest.fixture
def command(origin):
    origin.reply(f"{BASE}/purges", script=respond)
    return Command(origin.url)


def sent(origin):
    return [body for _, _, body in asked(origin, "/purges")]


@table("arguments, body", [
    ("url", ["url", "/a?b=c"], {"scope": "url", "value": "/a?b=c", "mode": "hard"}),
    ("soft", ["tag", "red", "--soft"], {"scope": "tag", "value": "red", "mode": "soft"}),
    ("route", ["url", "/a", "--route", "/rest"],
        {"scope": "url", "value": "/a", "mode": "hard", "route": "/rest"}),
    ("tenant", ["stale", "--tenant", "a"], {"scope": "stale", "mode": "hard", "tenant": "a"}),
    ("stale", ["stale"], {"scope": "stale", "mode": "hard"}),
    ("dry", ["all", "--dry-run"], {"scope": "all", "mode": "hard", "dry_run": True}),
    ("later", ["tag", "a", "--at", "2026-11-22T04:00:00Z", "--every", "24h"],
        {"scope": "tag", "value": "a", "mode": "hard", "at": "2026-11-22T04:00:00Z", "every": "24h"}),
    ("no-question", ["all", "--yes"], {"scope": "all", "mode": "hard"}),
    ("whole-route", ["route", "--route", "/rest", "--yes"],
        {"scope": "route", "mode": "hard", "route": "/rest"}),
    ("dashes", ["tag", "--", "--yes"], {"scope": "tag", "value": "--yes", "mode": "hard"})])
def test_what_is_sent(command, origin, arguments, body):
    result = command("purge", *arguments)
    assert result.returncode == 0, result.stderr
    assert sent(origin) == [body]


def test_several_values_are_one_request(command, origin):
    result = command("purge", "url", "/a", "/b")
    assert result.returncode == 0
    assert [one["value"] for one in sent(origin)[0]] == ["/a", "/b"]
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["SCOPE", "VALUE", "MODE", "MEMORY", "DISK", "DURABLE", "TOOK", "ID"]
    assert lines[1].split() == ["url", "/a", "hard", "1", "2", "yes", "3ms", "p1"] and len(lines) == 3


def test_values_of_a_file_and_of_standard_input(command, origin, tmp_path):
    path = tmp_path / "values"
    path.write_text("/a\n\n/b\r\n/c")
    assert command("purge", "url", "--file", path, "/z").returncode == 0
    assert [one["value"] for one in sent(origin)[0]] == ["/z", "/a", "/b", "/c"]
    assert command("purge", "tag", "--file", "-", stdin="red\nblue\n").returncode == 0
    assert [one["value"] for one in sent(origin)[1]] == ["red", "blue"]


def test_many_values_are_several_requests(command, origin):
    values = [f"/{i}" for i in range(1234)]
    result = command("purge", "url", "--file", "-", "--json", stdin="\n".join(values))
    assert result.returncode == 0 and result.stderr == ""
    assert len(json.loads(result.stdout)) == 1234
    assert [one["value"] for some in sent(origin) for one in some] == values
    assert max(map(len, sent(origin))) <= 1000


def test_one_that_fails_is_told_beside_the_others(command, origin):
    result = command("purge", "url", "/a", "bad", "/c")
    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        "  bad: 404 Not found: no such route", "larder purge: 1 of 3 failed"]
    assert len(sent(origin)) == 1


def test_json_is_what_the_server_said(command):
    assert command.json("purge", "url", "/a") == DONE
    assert len(command.json("purge", "url", "/a", "/b")) == 2


@table("arguments, words", [
    ("no-scope", [], "SCOPE: is missing"), ("no-such", ["everything"], "one of these is expected"),
    ("no-value", ["url"], "a value is expected"), ("a-value", ["all", "/a"], "takes no value"),
    ("no-utf8", ["url", b"/\xff".decode("utf-8", "surrogateescape")], "UTF-8"),
    ("no-file", ["url", "--file", "/nowhere"], "/nowhere"), ("empty", ["tag", "--file", "-"], "a value is expected"),
    ("a-file-for-all", ["all", "--file", "-"], "takes no value")])
def test_wrong_usage(command, origin, arguments, words):
    result = command("purge", *arguments)
    assert result.returncode == 2 and words in result.stderr, result.stderr
    assert origin.count() == 0


# -- confirmation -------------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", ALWAYS)
def test_a_wide_purge_is_refused_where_nobody_can_be_asked(command, origin, scope):
    value = [] if scope == "all" else ["x"]
    result = command("purge", scope, *value)
    assert result.returncode == 2 and "3 entries" in result.stderr and "--yes" in result.stderr
    assert all(body["dry_run"] for body in sent(origin))
    answered = command("purge", scope, *value, stdin="y\n")
    assert answered.returncode == 2 and all(body["dry_run"] for body in sent(origin))


@pytest.mark.parametrize("scope", ["prefix", "glob"])
@pytest.mark.parametrize("entries, asks", [(1000, False), (1001, True)])
def test_prefixes_and_globs_are_wide_where_they_are_many(command, origin, scope, entries, asks):
    plays(origin, "/purges", {**DONE, "entries": {"memory": 1, "disk": entries - 1}})
    assert command("purge", scope, "/a").returncode == (2 if asks else 0)
    assert [body.get("dry_run", False) for body in sent(origin)] == [True] + [False] * (not asks)


@table("keys, code", [("yes", "y\n", 0), ("yes-whole", "YES\n", 0), ("no", "n\n", 1), ("nothing", "\n", 1),
    ("else", "yesterday\n", 1), ("end", "\x04", 1)])
def test_the_question(command, origin, keys, code):
    ended = command.at_terminal("purge", "all", keys=keys)
    assert ended.code == code and "3 entries (all) will be gone. Go on? [y/N]" in ended.output
    assert [body.get("dry_run", False) for body in sent(origin)] == [True] + [False] * (code == 0)


def test_a_question_that_cannot_be_counted_is_not_asked(command, origin):
    plays(origin, "/purges", {"type": "about:blank", "status": 403, "title": "Forbidden", "detail": "no"}, 403)
    ended = command.at_terminal("purge", "all")
    assert ended.code == 1 and "Go on?" not in ended.output and len(sent(origin)) == 1


# -- what was, what will be ---------------------------------------------------------------------------


def test_lists(command, origin):
    plays(origin, "/purges", {"items": [{"id": "p1", "at": "2026-11-21T16:00:00Z", "trigger": "manual",
        "scope": "tag", "value": ["red", "blue"], "mode": "soft", "tenant": "", "who": "ann", "entries": 3}]})
    plays(origin, "/purges/schedule", {"items": [{"id": "s1", "next_at": "2026-11-22T04:00:00Z",
        "every": "24h", "scope": "all", "mode": "hard", "who": "ann"}]})
    assert command("purge", "list").stdout.splitlines()[1].split() == [
        "2026-11-21T16:00:00Z", "manual", "tag", "red,", "blue", "soft", "-", "ann", "3", "p1"]
    assert command("purge", "schedule").stdout.splitlines()[1].split() == [
        "2026-11-22T04:00:00Z", "24h", "all", "-", "-", "hard", "ann", "s1"]
    assert command.json("purge", "list")["items"][0]["id"] == "p1"


def test_cancel(command, origin):
    plays(origin, "/purges/schedule/a%2Fb", {"id": "a/b"})
    result = command("purge", "cancel", "a/b")
    assert (result.returncode, result.stdout) == (0, "")
    assert asked(origin, "/purges/schedule/a%2Fb")[0][0] == "DELETE"


# -- namespaces ---------------------------------------------------------------------------------------


def test_namespaces(command, origin):
    plays(origin, "/namespaces", {"items": [{"scope": "all", "name": "", "version": 1},
        {"scope": "route", "name": "/rest", "version": 7}]})
    assert [line.split() for line in command("namespace", "list").stdout.splitlines()] == [
        ["SCOPE", "NAME", "VERSION"], ["all", "-", "1"], ["route", "/rest", "7"]]


@table("arguments, code, body", [
    ("asks", ["all"], 2, None), ("all", ["all", "--yes"], 0, {"scope": "all"}),
    ("route", ["route", "/rest", "--yes"], 0, {"scope": "route", "name": "/rest"}),
    ("no-name", ["route", "--yes"], 2, None), ("a-name", ["all", "x", "--yes"], 2, None),
    ("no-utf8", ["route", b"\xff".decode("utf-8", "surrogateescape"), "--yes"], 2, None)])
def test_a_bump(command, origin, arguments, code, body):
    plays(origin, "/namespaces", {"scope": "all", "name": "", "version": 2})
    result = command("namespace", "bump", *arguments)
    assert result.returncode == code, result.stderr
    assert [one for _, _, one in asked(origin, "/namespaces")] == ([body] if body else [])


def test_a_bump_is_asked_about(command, origin):
    plays(origin, "/namespaces", {"scope": "route", "name": "/rest", "version": 2})
    for keys, count in (("n\n", 0), ("y\n", 1)):
        ended = command.at_terminal("namespace", "bump", "route", "/rest", keys=keys)
        assert "All that is stored of route /rest will be gone. Go on?" in ended.output
        assert origin.count(f"{BASE}/namespaces") == count
