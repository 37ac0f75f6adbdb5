"""An origin that does everything wrong at times, under clients that come and go, and purges: nobody gets a wrong
answer, one from before a purge, or none at all; and in the end nothing is left."""

import json
import os
import random
import threading
import time

from harness.metrics import equals
from harness.origin import RESET, Reply
from harness.purge import BEARER, SETTINGS as PURGE

SECONDS = float(os.environ.get("STORM_SECONDS", "3"))
CLIENTS = 12
TARGETS = 12
MAY_SAY = (200, 404, 429, 500, 502, 503, 504)

SETTINGS = {
    "server": {"purge": PURGE},
    "upstreams": {"origin": {
        "concurrency": 6, "burst": 50, "rate": "400/s", "queue": {"length": 50, "timeout": "500ms"}, "learn_rate": False,
        "retry": {"attempts": 3, "budget": "100%", "backoff": "2ms", "most_backoff": "20ms", "per_try": "150ms"},
        "hedge": "30ms", "breaker": {"error_rate": "60%", "window": "1s", "consecutive": 12, "open": "50ms"},
        "timeouts": {"total": "2s", "idle": "300ms", "first_byte": "400ms"},
        "eject": {"consecutive": 0}}},
    "routes": [{"path": "/", "upstream": "origin", "ttl": "1s-2s", "grace": "1m", "stale_while_revalidate": "1s",
        "key": {"sort": True, "drop": ["noise"]}, "rewrite_body": True,
        "guard": {"content_type": ["application/json"], "json": {"require": ["/path"]}, "well_formed": True}}],
}


class World:
    """What the origin serves: of each path a version, which grows."""

    def __init__(self):
        self.lock = threading.Lock()
        self.versions = {}

    def version(self, path):
        with self.lock:
            return self.versions.setdefault(path, 1)

    def change(self, path):
        with self.lock:
            self.versions[path] = self.versions.setdefault(path, 1) + 1
            return self.versions[path]

    def answer(self, seen):
        path = seen.target.partition("?")[0]
        body = json.dumps({"path": path, "version": self.version(path), "pad": "x" * random.choice([1, 100, 30000])}).encode()
        good = {"Content-Type": "application/json"}
        dice = random.random()
        if dice < 0.5:
            return Reply(body, fields=good)
        if dice < 0.58:
            return Reply(b'{"version":"6.9"}', fields=good)
        if dice < 0.66:
            return Reply(b"no", status=random.choice([502, 503, 504, 500, 429, 404]))
        if dice < 0.74:
            return Reply(pieces=[body[:random.choice([0, 10, 20000])], RESET], length=len(body), fields=good)
        if dice < 0.8:
            return Reply(raw=b"")
        if dice < 0.9:
            threading.Event().wait(random.choice([0.02, 0.05, 0.2]))
            return Reply(body, fields=good)
        if dice < 0.95:
            return Reply(status=503, pieces=[b"no", threading.Event()], length=100)
        return Reply(body, framing="chunked", fields=good)


class Guest(threading.Thread):
    def __init__(self, larder, world, until):
        super().__init__()
        self.larder, self.world, self.until = larder, world, until
        self.random = random.Random()
        self.answers, self.wrong = 0, []

    def run(self):
        try:
            while time.monotonic() < self.until:
                path = f"/t{self.random.randrange(TARGETS):02}"
                dice = self.random.random()
                if dice < 0.05:
                    self.purge(path)
                elif dice < 0.15:
                    self.leave(path)
                else:
                    self.ask(path)
        except Exception as fault:  # the test must hear of it
            self.wrong.append(repr(fault))

    def ask(self, path, least=None, spellings=("", "?noise=1", "?a=1&b=2", "?b=2&a=1")):
        target = path + self.random.choice(spellings)
        with self.larder.client() as client:
            client.ask(target, method=self.random.choice(["GET", "GET", "HEAD"]) if least is None else "GET",
                fields={"Accept-Encoding": "gzip"} if self.random.random() < 0.3 else {})
            response = client.response()
        if not response.complete:
            return  # it broke off, and says so
        self.answers += 1
        if response.status not in MAY_SAY:
            self.wrong.append(f"{target}: {response.status}")
        if response.status == 200 and response.body and response.field("Content-Encoding") is None:
            said = json.loads(response.body)
            if said.get("path") != path or (least is not None and said["version"] < least):
                self.wrong.append(f"{target}: {said.get('path')} version {said['version']}, purged {least}; "
                    f"{response.field('Cache-Status')} {response.field('Age')}")

    def purge(self, path):
        """What is asked for behind the answer is not from before it."""
        least = self.world.change(path)
        spelling, reached = self.random.choice([("*", ("", "?noise=1", "?a=1&b=2", "?b=2&a=1")),
            ("?noise=7", ("", "?noise=1")), ("?b=2&noise=1&a=1", ("?a=1&b=2", "?b=2&a=1"))])
        done = self.larder.get(path + spelling, method="PURGE", fields=BEARER)
        if done.status == 200:
            self.ask(path, least, reached)
        else:
            self.wrong.append(f"purge: {done.status} {done.body[:100]}")

    def leave(self, path):
        client = self.larder.client()
        client.ask(path)
        threading.Event().wait(self.random.random() * 0.05)
        client.reset()


def test_nobody_gets_what_is_wrong_or_old(start, origin):
    world = World()
    for index in range(TARGETS):
        origin.reply(f"/t{index:02}", script=world.answer)
    larder = start(SETTINGS, plain=False)
    until = time.monotonic() + SECONDS
    guests = [Guest(larder, world, until) for _ in range(CLIENTS)]
    for guest in guests:
        guest.start()
    for guest in guests:
        guest.join()
    wrong = [one for guest in guests for one in guest.wrong]
    assert not wrong, "\n".join(wrong[:20])
    assert sum(guest.answers for guest in guests) > 50
    larder.wait_metric("collapse_flights", equals(0))
    larder.wait_metric("upstream_queue_length", equals(0))
    larder.wait_metric("upstream_requests_in_progress", equals(0))
