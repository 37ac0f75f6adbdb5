"""What commands show of the API's answers: tables, facts, colours, widths, foreign text."""

import pytest

from harness.command import Command, asked, plays

UPSTREAM = {"name": "one", "url": "http://127.0.0.1:9", "breaker": "closed", "held": False, "breaker_left_ms": 0,
    "origins": [{"url": "http://127.0.0.1:9", "up": True}, {"url": "http://127.0.0.1:10", "up": False}],
    "waiting": {"client": 1, "revalidation": 2, "prefetch": 0}, "in_flight": 3, "tokens": 4,
    "rate": {"count": 5, "period_ms": 1000}, "learned": True}
STATS = {"since_at": "2026-11-21T16:00:00Z", "uptime_s": 3700, "requests": 1000, "hits": 900, "hit_rate": 0.9,
    "errors": 1, "saved_requests": 900, "saved_bytes": 1 << 20, "upstream_requests": 100,
    "latency": {"p50_us": 17, "p95_us": 900, "p99_us": 25000}, "routes": [], "flights": 2, "purges": 3,
    "tiers": [{"name": "memory", "entries": 10, "bytes": 2048, "max_bytes": 1 << 28, "hits": 800, "misses": 5,
        "evictions": 6, "latency": {"p50_us": 1, "p99_us": 2}}],
    "tenants": [], "compression": {"input_bytes": 100, "output_bytes": 10, "ratio": 0.1}}


@pytest.fixture
def command(origin):
    return Command(origin.url)


def test_stats(command, origin):
    plays(origin, "/stats", STATS)
    text = command("stats").stdout
    facts = dict(line.split("  ", 1) for line in text.split("\n\n")[0].splitlines())
    facts = {name: value.strip() for name, value in facts.items()}
    assert facts["uptime"] == "1h1m" and facts["hit rate"] == "90.0%" and facts["p99"] == "25ms"
    assert text.split("\n\n")[1].splitlines()[1].split()[:4] == ["memory", "10", "2.0KiB", "256MiB"]
    assert len(text.split("\n\n")) == 2  # lists that are empty aren't shown
    assert command.json("stats") == STATS


def test_stats_of_nothing(command, origin):
    plays(origin, "/stats", {"requests": 0, "hits": 0, "hit_rate": None})
    assert command("stats").stdout.splitlines()[2] == "hit rate  -"


def test_upstreams(command, origin):
    plays(origin, "/upstreams", {"items": [UPSTREAM,
        {**UPSTREAM, "name": "two", "breaker": "open", "breaker_left_ms": 1500, "rate": None},
        {**UPSTREAM, "name": "three", "breaker": "open", "held": True, "breaker_left_ms": None}]})
    rows = [line.split() for line in command("upstreams").stdout.splitlines()]
    assert rows[1] == ["one", "closed", "-", "1", "of", "2", "3", "1", "2", "5/1s", "4", "yes", "http://127.0.0.1:9"]
    assert rows[2][:3] == ["two", "open", "1s"] and rows[2][9] == "-"
    assert rows[3][:3] == ["three", "open", "held"]


@pytest.mark.parametrize("verb", ["open", "close", "reset"])
def test_an_upstream_by_hand(command, origin, verb):
    plays(origin, f"/upstreams/a%20b/{verb}", UPSTREAM)
    result = command("upstreams", verb, "a b")
    assert result.returncode == 0 and result.stdout.splitlines()[1].startswith("one")
    assert asked(origin, f"/upstreams/a%20b/{verb}") == [("POST", f"/upstreams/a%20b/{verb}", None)]


def test_flights(command, origin):
    plays(origin, "/flights", {"items": [{"route": "/", "target": "/a\u001b[31m", "tenant": "", "age_ms": 250,
        "readers": 2, "bytes": 100, "state": "streaming"}]})
    assert command("flights").stdout.splitlines()[1].split() == [
        "streaming", "250ms", "2", "100B", "/", "-", "/a\\x1b[31m"]


def test_audit_in_pages(command, origin):
    def line(number):
        return {"at": "2026-11-21T16:00:00Z", "seq": number, "who": "ann", "role": "admin", "tenant": "",
            "from": "127.0.0.1", "method": "POST", "path": "/api/v1/reload", "status": 200, "told": {"n": number},
            "hash": "0"}
    plays(origin, "/audit", {"items": [line(1), line(2)]})
    plays(origin, "/audit?limit=1000", {"items": [line(9), line(8)], "next": "a b&c"})
    plays(origin, "/audit?limit=1000&cursor=a%20b%26c", {"items": [line(7)]})
    plays(origin, "/audit?limit=2", {"items": [line(9), line(8)], "next": "a b&c"})
    plays(origin, "/audit?limit=100", {"items": [line(9), line(8)], "next": "on"})
    plays(origin, "/audit?limit=98&cursor=on", {"items": [line(i) for i in range(98)], "next": "on and on"})
    assert [one["seq"] for one in command.objects("audit")] == [9, 8, 7]
    assert [one["seq"] for one in command.objects("audit", "--limit", 2)] == [9, 8]
    table = command("audit")
    assert len(table.stdout.splitlines()) == 101 or table.stdout.count("n=") == 100
    assert "the first 100; --limit N shows more" in table.stderr


@pytest.mark.parametrize("limit", ["0", "-1", "x", "99999999999999999999"])
def test_wrong_limits(command, limit):
    result = command("audit", f"--limit={limit}")
    assert result.returncode == 2 and "from 1 on" in result.stderr


# -- terminals --------------------------------------------------------------------------------------


LONG = {"items": [{**UPSTREAM, "url": "http://" + "é漢" * 60}]}


def test_lines_fit_the_terminal(command, origin):
    plays(origin, "/upstreams", LONG)
    ended = command.at_terminal("upstreams", columns=110)
    lines = ended.output.replace("\r", "").splitlines()
    assert ended.code == 0 and "…" in lines[1] and "漢" in lines[1]
    plain = lines[1].replace("\033[32m", "").replace("\033[0m", "")
    assert sum(2 if c == "漢" else 1 for c in plain) <= 110
    assert "…" not in command("upstreams").stdout


@pytest.mark.parametrize("env, colour", [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True),
    ({"TERM": "dumb"}, False)])
def test_colour_only_where_it_is_wanted(command, origin, env, colour):
    plays(origin, "/upstreams", LONG)
    ended = command.at_terminal("upstreams", env=env)
    assert ("\033[" in ended.output) == colour
    assert "\033" not in command("upstreams", env={"TERM": "xterm", **env}).stdout


BATCH = 500  # purges of a request, at the most
DONE = {"items": [{"mode": "hard", "durable": True, "entries": {"memory": 0, "disk": 0}}] * BATCH}


def test_a_bar_only_on_a_terminal(command, origin):
    plays(origin, "/purges", DONE)
    path_lines = "\n".join(f"/{i}" for i in range(2 * BATCH))
    quiet = command("purge", "url", "--file", "-", stdin=path_lines)
    assert quiet.stderr == ""


def test_a_bar_of_a_batch(command, origin, tmp_path):
    plays(origin, "/purges", DONE)
    path = tmp_path / "values"
    path.write_text("\n".join(f"/{i}" for i in range(2 * BATCH)))
    ended = command.at_terminal("purge", "url", "--file", path)
    assert "purging" in ended.output and "0 of 1000" in ended.output and "\r\033[K" in ended.output
