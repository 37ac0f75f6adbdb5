"""How often the demo origin may be asked: counts what arrives, refuses what is too much.

A limiter lets `most` requests of any sliding second in (and `at_once` be under way), and refuses the
others; with a ban it refuses everything for that time once somebody went beyond. What it counted is
told by GET /__stats: a test reads there how many arrived in the worst second. Threads: one event loop.
"""

import time
from collections import deque

SECOND = 1.0
ARRIVALS_KEPT = 100_000


class Limiter:
    def __init__(self, most=0, ban=0.0, at_once=0):
        """0: no bound of that kind."""
        self.most, self.ban, self.at_once = most, ban, at_once
        self.arrivals, self.admitted = deque(maxlen=ARRIVALS_KEPT), deque()
        self.banned_until = 0.0
        self.under_way = self.refused = self.bans = self.most_at_once = 0

    def enter(self, now=None):
        """None: answer it, and leave() afterwards; else the seconds after which it may come again."""
        now = time.monotonic() if now is None else now
        self.arrivals.append(now)
        if now < self.banned_until:
            return self.refuse(self.banned_until - now)
        while self.admitted and now - self.admitted[0] >= SECOND:
            self.admitted.popleft()
        if self.most and len(self.admitted) >= self.most:
            if self.ban:
                self.bans += 1
                self.banned_until = now + self.ban
            return self.refuse(self.ban or SECOND - (now - self.admitted[0]))
        if self.at_once and self.under_way >= self.at_once:
            return self.refuse(SECOND)
        self.admitted.append(now)
        self.under_way += 1
        self.most_at_once = max(self.most_at_once, self.under_way)
        return None

    def refuse(self, wait):
        self.refused += 1
        return wait

    def leave(self):
        self.under_way -= 1

    def told(self):
        """For /__stats. "tightest": the shortest time in which one more than may be arrived."""
        spans = zip(list(self.arrivals)[self.most:], self.arrivals) if self.most else ()
        return {"arrived": len(self.arrivals), "refused": self.refused, "bans": self.bans,
            "most_a_second": worst_second(self.arrivals), "most_at_once": self.most_at_once,
            "tightest": min((late - early for late, early in spans), default=None)}


def worst_second(arrivals):
    """The most arrivals of any sliding second."""
    worst, window = 0, deque()
    for moment in arrivals:
        window.append(moment)
        while moment - window[0] >= SECOND:
            window.popleft()
        worst = max(worst, len(window))
    return worst
