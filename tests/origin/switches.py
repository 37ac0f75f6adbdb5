"""What the demo origin can be told to do wrong, slowly or differently.

	POST /__control {"path": "/prefix", "times": 2, "latency": "300ms", "status": 503}
	X-Demo: latency=300ms; status=503              (one request; seen only without a proxy)

Switches of all prefixes that a request's path has are merged, the longest last. The one table of
them is SWITCHES. Threads: the event loop's only.
"""

import json
import re
from dataclasses import dataclass

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
    "reset_at":       number,            # bytes of the body, then a reset connection
    "truncate_at":    number,            # bytes of the body, then an orderly close
    "slow_bytes":     number,            # bytes of the body at a time
    "slow_interval":  duration,          # between them
    "slow_total":     duration,          # the whole body in this time (instead of the two)
    "framing":        word(*FRAMINGS),   # how the body's end is told
    "gzip":           truth,             # whether gzip is used when it is accepted
}


@dataclass
class Rule:
    prefix: str
    values: dict
    left: float  # requests it still applies to


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
        self.rules = []

    def reset(self):
        self.rules = []

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
        self.rules.append(Rule(prefix, values, left))
        self.rules.sort(key=lambda rule: len(rule.prefix))

    def for_request(self, request):
        """The switches that hold for this request; counts those that hold a few times only."""
        values = {}
        for rule in self.rules:
            if rule.left > 0 and request.path.startswith(rule.prefix):
                rule.left -= 1
                values.update(rule.values)
        if "x-demo" in request.headers:
            values.update(read_field(request.headers["x-demo"]))
        return values
