"""A dead origin: killed for a while under a mixed load, and started again.

Lifetimes are short, so that what was stored is stale when the origin is gone. Once with the grace that larder
has, once without; what the breaker says is read from /metrics once a second.
"""
import asyncio
import re
import threading
import time

from servers import fetch
from storm_load import Load, Truth
from storm_poison import UNPACED, Judge

PHASES = ("before", "dead", "after")
SHORT = {"classes": {"search": "10s", "record": "15s", "fulltext": "20s"}, "errors": {404: "10s-20s"}, "jitter": "0%"}
NO_STALE = {"grace": 0, "stale_while_revalidate": 0}
BREAKER = re.compile(r'^larder_upstream_breaker_state\{.*state="([a-z-]+)".*\} 1$', re.M)
PAUSE_SECONDS = 0.2


class Timed:
    """A judge for each phase, by when a request was sent."""

    def __init__(self, truth):
        self.judges = {phase: Judge(truth) for phase in PHASES}
        self.stale = dict.fromkeys(PHASES, 0)
        self.phase = "before"

    def __call__(self, target, method, reply):
        self.stale[self.phase] += reply.stale
        return self.judges[self.phase](target, method, reply)


class Watch(threading.Thread):
    """Reads the breaker once a second, and steps the phases on."""

    def __init__(self, field, port, timed, options):
        super().__init__()
        self.field, self.port, self.timed, self.seconds = field, port, timed, options.seconds
        self.lines = []

    def run(self):
        begun = time.monotonic()
        for second in range(self.seconds * 3):
            if second == self.seconds:
                self.field.origin.kill()
                self.timed.phase = "dead"
            elif second == 2 * self.seconds:
                self.field.origin.start()
                self.timed.phase = "after"
            self.note(second)
            time.sleep(max(0.0, begun + second + 1 - time.monotonic()))

    def note(self, second):
        state = BREAKER.search(fetch(self.port, "/metrics")[1].decode())[1]
        if not self.lines or state != self.lines[-1][1]:
            self.lines.append((second, state))


def one(field, options, grace):
    if field.origin.process.process.poll() is not None:
        field.origin.start()
    field.origin.reset()
    port = field.begin("larder", {"cache": SHORT, **UNPACED, "route": {} if grace else NO_STALE})
    timed = Timed(Truth([port, field.origin.port]))
    watch = Watch(field, port, timed, options)
    try:
        watch.start()
        asyncio.run(Load(port, timed, pause=PAUSE_SECONDS).run(options.seconds * 3))
        watch.join()
    finally:
        watch.join()
        field.end()
    phases = {phase: {**judge.counts, "stale": timed.stale[phase]} for phase, judge in timed.judges.items()}
    return {"phases": phases, "breaker": watch.lines, "dead_s": [options.seconds, 2 * options.seconds]}


def run(field, options):
    return {"with stale": one(field, options, True), "without": one(field, options, False)}


def show(told):
    yield "| | phase | requests | answered rightly | of these stale | errors | broken off | wrong |"
    yield "|---|---|---|---|---|---|---|---|"
    for name, result in told.items():
        for phase, line in result["phases"].items():
            share = line["right"] / max(line["answers"], 1)
            yield (f"| {name} | {phase} | {line['answers']} | {share:.1%} | {line['stale']} | {line['errors']} | "
                   f"{line['broken']} | {line['wrong']} |")
    for name, result in told.items():
        yield ""
        steps = ", ".join(f"{state} at {second} s" for second, state in result["breaker"])
        yield f"Breaker, {name}: {steps} (dead from {result['dead_s'][0]} s to {result['dead_s'][1]} s)"
