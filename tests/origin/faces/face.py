"""What faces of other services have in common.

A face answers requests below its prefix, says how often it may be asked and by whom, and how it
refuses. What it sends is its own: neither validators nor lifetimes that the demo adds elsewhere.
Threads: one event loop; what a face counts (request ids) is the only state it has.
"""

import itertools
import json
import re
from math import ceil

from exchange import Answer

PLAIN = {"cache_control": "", "validators": "none"}


class Face:
    prefix = ""

    def __init__(self, corpus):
        self.corpus = corpus
        self.counter = itertools.count(1)
        self.paths = [(re.compile(self.prefix + pattern + r"\Z"), answer)
            for pattern, answer in self.routes()]

    def routes(self):
        """[(pattern behind the prefix, method of request and groups)]"""
        raise NotImplementedError

    def bounds(self, request):
        """(who is counted, requests a second, at once)."""
        raise NotImplementedError

    def fields(self, request):
        """Those that each of its answers has."""
        return []

    def poison(self):
        """(body, type) of a 200 that is an error."""
        return json.dumps({"error": "error forwarding request"}).encode(), "application/json"

    def answer(self, request):
        for pattern, answer in self.paths:
            if match := pattern.match(request.path):
                return self.finished(request, answer(request, *match.groups()))
        return self.finished(request, self.missing(request))

    def missing(self, request):
        return written({"error": "not found"}, status=404)

    def refusal(self, request, wait):
        """429, and when to come again."""
        told = written({"error": "Too Many Requests"}, status=429)
        told.headers.append(("Retry-After", str(max(1, ceil(wait)))))
        return self.finished(request, told)

    def finished(self, request, answer):
        answer.headers += self.fields(request)
        answer.presets = {**PLAIN, **answer.presets}
        answer.poison = self.poison()
        return answer

    def serial(self):
        """Another one each time, as request ids and sessions are."""
        return f"{next(self.counter):08x}"


def written(data, status=200, kind="application/json"):
    return Answer(status, json.dumps(data, separators=(",", ":")).encode(), kind)


def base_of(request):
    """Where it thinks that it is: what absolute addresses of its own begin with."""
    return "http://" + request.headers.get("host", "origin.example")


def whole(text, preset):
    """A number of a parameter, or what stands for none."""
    return int(text) if text and text.isdigit() else preset
