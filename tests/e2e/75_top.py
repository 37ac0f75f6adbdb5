"""larder top: drawn anew on a terminal, written once elsewhere; the terminal is given back however it ends."""

import itertools
import json
import signal

import pytest

from harness.command import BASE, Command, plays
from harness.origin import Reply
from harness.table import table

ENTER, LEAVE = "\033[?1049h", "\033[?1049l"
NEVER = "1h"


def items(by, count=3):
    return {"items": [{"target": f"/{by}/{i}", "route": "/", "tenant": "", "count": 100 - i, "error": i, "p99_ms": 7}
        for i in range(count)]}


@pytest.fixture
def command(origin):
    """Before an origin that plays an API whose requests go up by 100 each time that they are asked for."""
    counts = itertools.count(1)

    def stats(_):
        n = next(counts)
        return Reply(json.dumps({"uptime_s": 60, "requests": 100 * n, "hits": 90 * n, "hit_rate": 0.9, "errors": 1,
            "flights": 2, "latency": {"p50_us": 17, "p95_us": 18, "p99_us": 19}, "tiers": [
                {"name": "memory", "entries": 5, "bytes": 2048, "max_bytes": 4096}]}).encode(),
            fields={"Content-Type": "application/json"})

    origin.reply(f"{BASE}/stats", script=stats)
    for by in ("hits", "misses", "slow"):
        plays(origin, f"/top?by={by}&limit=20", items(by))
    return Command(origin.url)


def test_once(command, origin):
    for arguments in ([], ["--once"]):
        result = command("top", *arguments)
        lines = result.stdout.splitlines()
        assert result.returncode == 0 and "\033" not in result.stdout
        assert lines[0] == f"larder at {origin.url}, up 1m0s" or lines[0] == f"larder at {origin.url}, up 1m"
        assert "requests; hit rate 90.0%; errors 1; flights 2" in lines[1]
        assert lines[2:5] == ["p50 17us, p95 18us, p99 19us", "memory 5 entries, 2.0KiB of 4.0KiB", ""]
        assert lines[5].split() == ["COUNT", "+-", "P99", "ROUTE", "TENANT", "TARGET"]
        assert lines[6].split() == ["100", "0", "7ms", "/", "-", "/hits/0"] and len(lines) == 9
    assert command.json("top") == items("hits")


def test_what_is_counted(command, origin):
    plays(origin, "/top?by=slow&limit=5", items("slow", 5))
    assert command.json("top", "--by", "slow", "--limit", 5) == items("slow", 5)
    plays(origin, "/top?by=hits&limit=1000", items("hits", 0))
    assert command.json("top", "--limit", 100000) == items("hits", 0)


@table("arguments, words", [
    ("interval", ["--interval", "soon"], "--interval soon"), ("short", ["--interval", "99ms"], "from 100ms on"),
    ("by", ["--by", "size"], "hits misses slow"), ("limit", ["--limit", "0"], "from 1 on")])
def test_wrong_usage(command, arguments, words):
    result = command("top", *arguments)
    assert result.returncode == 2 and words in result.stderr


def test_keys(command):
    with command.terminal("top", "--interval", NEVER) as terminal:
        at = terminal.wait_for("/hits/2")
        for key, by in (("m", "misses"), ("s", "slow"), ("x", "slow"), ("h", "hits")):
            terminal.press(key)
            at = terminal.wait_for(f"/{by}/2", at)
        terminal.press("q")
        ended = terminal.end()
        assert ended.code == 0 and ended.output.startswith(ENTER) and LEAVE in ended.output
        assert terminal.after == terminal.before


def test_it_goes_on_by_itself(command, origin):
    with command.terminal("top", "--interval", "100ms") as terminal:
        at = terminal.wait_for("/s; hit rate")
        terminal.wait_for("now 90.0%", at)
        origin.wait_for(5, f"{BASE}/stats")
        terminal.press("q")
        assert terminal.end().code == 0


def test_another_size(command):
    with command.terminal("top", "--interval", NEVER, columns=120, lines=30) as terminal:
        at = terminal.wait_for("/hits/2")
        terminal.resize(40, 8)
        at = terminal.wait_for("\033[H", at)
        terminal.wait_for("\033[J", at)
        frame = terminal.shown[at:].replace("\033[K", "").replace("\033[1m", "").replace("\033[0m", "")
        lines = frame.replace("\033[J", "").replace("\r", "").split("\n")
        assert max(map(len, lines)) <= 40 and len(lines) <= 8, lines
        terminal.press("q")
        terminal.end()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGABRT])
def test_a_signal_ends_it_and_gives_the_terminal_back(command, number):
    with command.terminal("top", "--interval", NEVER) as terminal:
        terminal.wait_for("/hits/2")
        terminal.signal(number)
        ended = terminal.end()
        assert ended.code == -number and ended.output.rstrip().endswith(LEAVE)
        assert terminal.after == terminal.before


def test_stopped_and_continued(command):
    with command.terminal("top", "--interval", NEVER) as terminal:
        at = terminal.wait_for("/hits/2")
        terminal.signal(signal.SIGTSTP)
        at = terminal.wait_for(LEAVE, at)
        # nobody of its session could continue it: it isn't stopped
        at = terminal.wait_for(ENTER, at)
        terminal.wait_for("/hits/2", at)
        terminal.press("q")
        assert terminal.end().code == 0 and terminal.after == terminal.before


def test_a_larder_that_goes_and_comes(command, origin):
    with command.terminal("top", "--interval", "100ms") as terminal:
        at = terminal.wait_for("/hits/2")
        plays(origin, "/stats", {"type": "about:blank", "status": 503, "title": "Gone", "detail": "for a\u001b while"}, 503)
        at = terminal.wait_for("503 Gone: for a\\x1b while", at)
        plays(origin, "/stats", {"requests": 1})
        terminal.wait_for("by hits: m misses", at)
        terminal.press("q")
        assert terminal.end().code == 0


def test_no_larder_and_no_terminal_to_draw_on(command):
    assert Command("http://127.0.0.1:1")("top").returncode == 1
    dumb = command.at_terminal("top", env={"TERM": "dumb"})
    assert dumb.code == 0 and ENTER not in dumb.output and "/hits/2" in dumb.output
