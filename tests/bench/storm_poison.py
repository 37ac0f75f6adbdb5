"""Poison: an origin that answers 20 % with a 200 that says nothing, and breaks 2 % off in the middle.

Every answer is compared with what the corpus says. Wrong is a whole 200 or 404 that isn't that; a transfer that
breaks off is broken, and 5xx is an error: both tell the client that it has got nothing. Each cache has the
same clients, seeds and faults, one after another.
"""
import asyncio

from storm_field import REST
from storm_load import Load, Truth

SHARES = {"poison_share": 0.20, "reset_share": 0.02}
COUNTS = ("answers", "hits", "right", "wrong", "wrong_hits", "broken", "errors")
PAUSE_SECONDS = 0.03
# The profile's five a second would measure pacing, not guards; and five failures in a row, which open the
# breaker, come by chance every few seconds where hundreds a second are asked for.
UNPACED = {"upstream": {"rate": 0, "concurrency": 0}}
UNBROKEN = {"upstream": {**UNPACED["upstream"], "breaker": {"consecutive": 0}}}


class Judge:
    def __init__(self, truth):
        self.truth = truth
        self.counts = dict.fromkeys(COUNTS, 0)
        self.wrong = []  # the first few, to look at

    def __call__(self, target, method, reply):
        """Whether it is a right answer with a body."""
        kind = self.kind(target, method, reply)
        self.counts["answers"] += 1
        self.counts["hits"] += reply.hit
        self.counts[kind] += 1
        if kind == "wrong":
            self.counts["wrong_hits"] += reply.hit
            if len(self.wrong) < 5:
                self.wrong.append([target, reply.status, reply.hit, reply.body[:60].decode("latin-1")])
        return kind == "right" and method == "GET" and reply.status == 200

    def kind(self, target, method, reply):
        if not reply.whole:
            return "broken"
        if reply.status >= 500 or reply.status == 429:
            return "errors"
        if reply.status == 304 or method == "HEAD" and reply.status == self.truth.of(target)[0]:
            return "right"
        return "right" if self.truth.holds(target, reply) else "wrong"


def one(field, name, options):
    field.origin.reset()
    field.origin.control(path=REST, **SHARES)
    port = field.begin(name, UNBROKEN)
    judge = Judge(Truth([port, field.origin.port]))
    try:
        asyncio.run(Load(port, judge, pause=PAUSE_SECONDS).run(options.seconds))
    finally:
        field.end()
    asked = field.origin.stats()["total"]
    return {**judge.counts, "asked_of_origin": asked, "wrong_examples": judge.wrong}


def run(field, options):
    return {name: one(field, name, options) for name in options.only}


def show(told):
    yield "| cache | answers | hits | right | wrong | wrong from the cache | broken off | errors | asked of the origin |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for name, line in told.items():
        cells = [line[key] for key in (*COUNTS, "asked_of_origin")]
        yield f"| {name} | " + " | ".join(map(str, cells)) + " |"
