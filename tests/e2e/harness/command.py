"""Larder's commands that speak to the admin API, run as people and scripts run them.

	command = Command("http://127.0.0.1:4711", token="...")
	command("stats", "--json")              the finished process
	command.json("stats")                   what it printed, as JSON; it must have ended with 0
	command.at_terminal("purge", "all", keys="y\\n")    in a terminal of its own: an Ended
Where the place is an origin of the tests, that plays the API.
"""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from dataclasses import dataclass

from harness.larder import BINARY, run
from harness.wait import PATIENCE

BASE = "/api/v1"


@dataclass
class Ended:
    code: int
    output: str


class Terminal:
    """A command on a terminal of its own: what it shows is read, keys are pressed, it is resized and signalled."""

    def __init__(self, arguments, env, columns=80, lines=24):
        self.shown = ""
        self._master, slave = pty.openpty()
        self.resize(columns, lines)
        self.before = termios.tcgetattr(slave)
        self._slave = slave
        self.process = subprocess.Popen([BINARY, *map(str, arguments)], stdin=slave, stdout=slave,
            stderr=slave, env=env, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))

    def resize(self, columns, lines):
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def press(self, keys):
        os.write(self._master, keys.encode())

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def _read(self):
        if not select.select([self._master], [], [], 0.05)[0]:
            return False
        self.shown += os.read(self._master, 65536).decode("utf-8", "replace")
        return True

    def wait_for(self, words, behind=0):
        """Where words are shown, from an offset on; the offset behind them."""
        until = time.monotonic() + PATIENCE
        while words not in self.shown[behind:]:
            assert time.monotonic() < until, f"{words!r} isn't shown: {self.shown!r}"
            self._read()
        return self.shown.index(words, behind) + len(words)

    def end(self):
        """Waits for its end; an Ended."""
        until = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < until, f"it goes on: {self.shown!r}"
            self._read()
        while self._read():
            pass
        self.after = termios.tcgetattr(self._slave)
        return Ended(self.process.returncode, self.shown)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._master)
        os.close(self._slave)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Command:
    def __init__(self, place=None, token=None, env=None):
        self.env = {"LARDER_ADMIN": place or "", "LARDER_TOKEN": token or "", **(env or {})}

    def __call__(self, *arguments, stdin="", env=None):
        return run(*arguments, stdin=stdin, env={**self.env, **(env or {})})

    def json(self, *arguments, **how):
        result = self(*arguments, "--json", **how)
        assert result.returncode == 0, (result.returncode, result.stdout, result.stderr)
        return json.loads(result.stdout)

    def objects(self, *arguments, **how):
        """Of those that print an object a line."""
        result = self(*arguments, "--json", **how)
        assert result.returncode == 0, (result.returncode, result.stdout, result.stderr)
        return [json.loads(line) for line in result.stdout.splitlines()]

    def terminal(self, *arguments, env=None, **how):
        environment = {**os.environ, "TERM": "xterm", **self.env, **(env or {})}
        environment.pop("NO_COLOR", None)
        environment.update(env or {})
        return Terminal(arguments, environment, **how)

    def at_terminal(self, *arguments, keys="", **how):
        """Runs it to its end, with these keys pressed once it asks for any."""
        with self.terminal(*arguments, **how) as terminal:
            if keys:
                terminal.wait_for("[y/N] ")
                terminal.press(keys)
            return terminal.end()


def plays(origin, path, answer, status=200, **how):
    """An origin that answers as the API would: a dict or list as JSON, a problem where the status says so."""
    kind = "application/problem+json" if status >= 400 else "application/json"
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    origin.reply(BASE + path, body, status=status, fields={"Content-Type": kind}, **how)


def asked(origin, path):
    """(method, target behind the base, JSON of the body) of each request to a path."""
    return [(one.method, one.target[len(BASE):], json.loads(one.body) if one.body else None)
        for one in origin.seen(BASE + path)]
