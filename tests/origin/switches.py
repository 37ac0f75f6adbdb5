"""What the demo origin can be told to do wrong, slowly or differently.

	POST /__control {"path": "/prefix", "times": 2, "latency": "300ms", "status": 503}
	X-Demo: latency=300ms; status=503              (one request; seen only without a proxy)

Switches of all prefixes that a request's path has are merged, the longest last. The one table of
them is SWITCHES. Shares are drawn by a seed, the same each time. A rule with `limit` counts what its
prefix is asked (limits.py). Threads: the event loop's only.
"""

import json
import random
import re
import time
from dataclasses import dataclass

from limits import Limiter

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
VALIDATORS = ("strong", "weak", "last-modified", "both", "none")
FRAMINGS = ("length", "chunked", "close")


class Fault(ValueError):
    """A switch that isn't understood."""


def duration(value):
    """Seconds from "300ms", "2s" or a number of milliseconds."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h)?", str(value))
    if not match:
        raise Fault(f"not a duration: {value}")
    return float(match[1]) * UNITS[match[2] or "ms"]


def number(value):
    try:
        return int(value)
    except (TypeError, ValueError) as error:
        raise Fault(f"not a number: {value}") from error


def share(value):
    """From 0 to 1."""
    try:
        read = float(value)
    except (TypeError, ValueError) as error:
        raise Fault(f"not a share: {value}") from error
    if not 0 <= read <= 1:
        raise Fault(f"not from 0 to 1: {value}")
    return read


def truth(value):
    return str(value).lower() in ("1", "true", "yes", "on")


def word(*allowed):
    def read(value):
        if value not in allowed:
            raise Fault(f"{value}: expected one of {', '.join(allowed)}")
        return value
    return read


SWITCHES = {
    # name            reads                what it does
    "latency":        duration,          # before the head is sent
    "validators":     word(*VALIDATORS), # ETag and Last-Modified; answers 304 by them
    "cache_control":  str,               # instead of the demo's own; "" for none
    "vary":           str,               # a Vary field
    "set_cookie":     str,               # a Set-Cookie field
    "headers":        dict,              # any other fields (control path only)
    "status":         number,            # instead of 200
    "retry_after":    str,               # a Retry-After field, with 429 unless status says else
    "poison":         truth,             # 200 with {"version":"6.9"} alone
    "poison_share":   share,             # that of a share of the answers
    "hollow":         truth,             # result lists are empty, whatever their hitCount says
    "fail_share":     share,             # 503 for a share of the answers
    "reset_share":    share,             # a share of the answers is reset in mid-body
    "reset_at":       number,            # bytes of the body, then a reset connection
    "truncate_at":    number,            # bytes of the body, then an orderly close
    "slow_bytes":     number,            # bytes of the body at a time
    "slow_interval":  duration,          # between them
    "slow_total":     duration,          # the whole body in this time (instead of the two)
    "framing":        word(*FRAMINGS),   # how the body's end is told
    "gzip":           truth,             # whether gzip is used when it is accepted
    "release":        str,               # another release of the data, where a service tells of one
    "limit":          number,            # requests in any second; beyond: 429 (control path only)
    "ban":            duration,          # ... to everybody, for that long
    "at_once":        number,            # requests under way; beyond: 429 (control path only)
    "dead":           duration,          # from now on every connection is reset (control path only)
}
DRAWN = {
    "poison_share": {"poison": True},
    "fail_share": {"status": 503},
    "reset_share": {"reset_middle": True},
}


@dataclass
class Rule:
    prefix: str
    values: dict
    left: float  # requests it still applies to
    limiter: Limiter = None
    until: float = float("inf")  # when it ends by itself


def read_values(given):
    """Checked switches from names and texts."""
    values = {}
    for name, value in given.items():
        name = name.replace("-", "_")
        if name not in SWITCHES:
            raise Fault(f"no switch {name}; there are: {', '.join(SWITCHES)}")
        values[name] = SWITCHES[name](value)
    return values


def read_field(text):
    """Switches from an X-Demo field: name=value; name=value."""
    pairs = [pair.strip().partition("=") for pair in text.split(";") if pair.strip()]
    return read_values({name.strip(): value.strip() for name, _, value in pairs})


class Switchboard:
    def __init__(self):
        self.reset()

    def reset(self):
        self.rules = []
        self.random = random.Random(1)

    def control(self, body):
        """Takes the JSON of POST /__control."""
        try:
            given = json.loads(body)
            prefix, times = given.pop("path", ""), given.pop("times", None)
        except (ValueError, AttributeError, TypeError) as error:
            raise Fault('expected {"path": "/prefix", "switch": value}') from error
        if not isinstance(prefix, str):
            raise Fault("path is not a string")
        values = read_values(given)
        left = float("inf") if times is None else number(times)
        self.rules.append(Rule(prefix, values, left, limiter_of(values), end_of(values)))
        self.rules.sort(key=lambda rule: len(rule.prefix))

    def for_request(self, request):
        """The switches that hold for this request; counts those that hold a few times only."""
        values = {}
        for rule in self.holding(request):
            rule.left -= 1
            values.update(rule.values)
        if "x-demo" in request.headers:
            values.update(read_field(request.headers["x-demo"]))
        return self.drawn(values)

    def holding(self, request):
        now = time.monotonic()
        return [rule for rule in self.rules
            if rule.left > 0 and now < rule.until and request.path.startswith(rule.prefix)]

    def limiters(self, request):
        return [rule.limiter for rule in self.holding(request) if rule.limiter]

    def drawn(self, values):
        """Shares become what they are a share of, or nothing."""
        for name, becomes in DRAWN.items():
            if self.random.random() < values.pop(name, 0):
                values.update(becomes)
        return values

    def told(self):
        """What the limiters counted, by prefix."""
        return {rule.prefix: rule.limiter.told() for rule in self.rules if rule.limiter}


def limiter_of(values):
    if "limit" in values or "at_once" in values:
        return Limiter(values.get("limit", 0), values.get("ban", 0.0), values.get("at_once", 0))
    return None


def end_of(values):
    return time.monotonic() + values["dead"] if "dead" in values else float("inf")
