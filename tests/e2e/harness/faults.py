"""Clients who must not notice what a disk does, and how larder tells who should.

Each fault: every request is answered rightly, the fault is counted, /health tells it, one line is logged
for each change of state, and the tier is back by itself when the cause is gone. Threads: one at a time.
"""

import itertools
import time

from harness.metrics import equals
from harness.store import FRESH, KIB, changes_of_state, health, noise, settle
from harness.wait import PATIENCE, until

FAILED, WORKS = "disk-failing", "disk-works"


class Clients:
    """Ask for ever new things and for old ones; no answer may be wrong."""

    def __init__(self, larder, origin, size=100 * KIB):
        self.larder, self.origin, self.size = larder, origin, size
        self.numbers = itertools.count()
        self.known = []

    def ask(self, count=1):
        for number in itertools.islice(self.numbers, count):
            target = f"/{number}"
            self.origin.reply(target, noise(self.size, number), fields=FRESH)
            self.known.append(target)
            self.check(number)
            self.check(number // 2)

    def check(self, number):
        answer = self.larder.get(f"/{number}")
        assert answer.status == 200 and answer.complete
        assert answer.body == noise(self.size, number), f"/{number}"
        return answer

    def check_all(self):
        return [self.check(number) for number in range(len(self.known))]

    def ask_until(self, condition, what):
        """Load goes on until then."""
        until(lambda: self.ask() or condition(), what)

    def ask_for(self, seconds):
        end = time.monotonic() + seconds
        until(lambda: self.ask() or time.monotonic() > end, "load", seconds + PATIENCE)


def failing(larder):
    return larder.metric("disk_up") == 0


def told(larder):
    """Counted, in /health, and in the log."""
    assert larder.metric("disk_errors_total") >= 1
    whole, disk, words = health(larder)
    assert (whole, disk) == ("warn", "warn") and words
    larder.wait_event(FAILED)


def recovered(larder, states=(FAILED, WORKS)):
    """By itself; said once. The whole may warn yet: of all the misses that there were."""
    larder.wait_metric("disk_up", equals(1))
    until(lambda: health(larder)[1] == "pass", "health tells that it works")
    until(lambda: changes_of_state(larder) == list(states), "one line for each change of state")


def writes_again(larder, clients, store, changes=None):
    """What is fetched from now on stays, through kill -9."""
    clients.ask(3)
    settle(larder)
    larder.kill()
    clients.larder = store.open(changes)
    last = len(clients.known)
    assert all(clients.check(number).hit for number in range(last - 3, last))
