#!/usr/bin/python3
"""The demo origin: a literature service on this machine, for the quickstart and the tests.

	origin.py [--listen 127.0.0.1:9090] [--recorded DIR] [--seed N] [--faithful]

Answers as Europe PMC does (service.py) from a generated corpus (corpus.py), and below /ncbi, /uniprot,
/crossref, /ensembl, /openalex and /datacite as its neighbours do (faces/), each with its own limit;
misbehaves when it is told to (switches.py); counts what it was asked:
	GET  /__stats    {"total": 3, "paths": {"/a": 3}, "targets": {"/a?b": 3}, "methods": {"GET": 3},
	                  "limits": {"/a": {"arrived": 3, "most_a_second": 2, ...}}}
	POST /__reset    forgets counts and switches
	POST /__control  see switches.py
So that a cache has something to do, it sends ETag and max-age; with --faithful it sends neither, as
the real service.
"""

import argparse
import asyncio
import email.utils
import functools
import gzip
import hashlib
import json
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

# pylint: disable=wrong-import-position
from corpus import Corpus  # noqa: E402
from exchange import Answer  # noqa: E402
from faces import FACES  # noqa: E402
from limits import Limiter  # noqa: E402
from service import Service  # noqa: E402
from switches import Fault, Switchboard  # noqa: E402
from wire import Delivery, serve  # noqa: E402

LIFETIMES = {"search": 300, "record": 86_400, "fulltext": 2_592_000}
MODIFIED = "Mon, 06 Jan 2025 00:00:00 GMT"
GZIP_LEAST = 1024
TARGETS_KEPT = 20_000


class Origin:
    def __init__(self, service, faces=(), faithful=False):
        self.service, self.faces = service, faces
        self.faithful = faithful
        self.switchboard = Switchboard()
        self.counts = {"paths": Counter(), "targets": Counter(), "methods": Counter()}
        self.limiters = {}  # of the faces, by prefix and who is counted

    def handle(self, request):
        """The Delivery for a request."""
        if request.path.startswith("/__"):
            return self.steer(request)
        self.count(request)
        limiters = self.switchboard.limiters(request)
        try:
            request.switches = self.switchboard.for_request(request)
        except Fault as fault:
            return plain(400, f"{fault}\n")
        if "dead" in request.switches:
            return Delivery(0, [], b"", dead=True)
        face = next((one for one in self.faces if request.path.startswith(one.prefix + "/")), None)
        if face:
            limiters.append(self.limiter(face, request))
        return self.limited(request, face or self.service, limiters)

    def limiter(self, face, request):
        who, most, at_once = face.bounds(request)
        return self.limiters.setdefault((face.prefix, who), Limiter(most, at_once=at_once))

    def limited(self, request, service, limiters):
        """Its answer if every limiter lets it in; else the refusal."""
        entered = []
        for limiter in limiters:
            wait = limiter.enter()
            if wait is not None:
                for one in entered:
                    one.leave()
                return self.delivery(request, service.refusal(request, wait), {})
            entered.append(limiter)
        delivery = self.delivery(request, service.answer(request), request.switches)
        delivery.ended = lambda: [one.leave() for one in entered]
        return delivery

    def count(self, request):
        self.counts["paths"][request.path] += 1
        self.counts["methods"][request.method] += 1
        if len(self.counts["targets"]) < TARGETS_KEPT:
            self.counts["targets"][request.target] += 1

    def steer(self, request):
        if (request.method, request.path) == ("GET", "/__stats"):
            total = sum(self.counts["methods"].values())
            return Delivery(200, [("Content-Type", "application/json")],
                json.dumps({"total": total, **self.counts, "limits": self.limits()}).encode())
        if (request.method, request.path) == ("POST", "/__reset"):
            self.switchboard.reset()
            self.limiters.clear()
            for counter in self.counts.values():
                counter.clear()
            return Delivery(204, [], b"")
        if (request.method, request.path) == ("POST", "/__control"):
            try:
                self.switchboard.control(request.body)
            except Fault as fault:
                return plain(400, f"{fault}\n")
            return Delivery(204, [], b"")
        return plain(404, "There are GET /__stats, POST /__reset and POST /__control.\n")

    def limits(self):
        """What limiters counted: those of switches by prefix, those of faces by prefix and who asked."""
        told = {f"{prefix} {who}": one.told() for (prefix, who), one in self.limiters.items()}
        return {**told, **self.switchboard.told()}

    def delivery(self, request, answer, switches):
        switches = {**answer.presets, **switches}
        if switches.get("poison"):
            answer = Answer(200, *answer.poison, answer.kind, answer.headers)
        status = switches.get("status", 429 if "retry_after" in switches else answer.status)
        body, coding = encoded(request, answer, switches)
        fields = [("Date", email.utils.formatdate(usegmt=True)), ("Content-Type", answer.type),
            ("Access-Control-Allow-Origin", "*"), *answer.headers]
        fields += self.cache_fields(answer, status, switches)
        fields += [("Vary", vary) for vary in varying(answer, switches)]
        if coding:
            fields.append(("Content-Encoding", coding))
        for name, switch in (("Set-Cookie", "set_cookie"), ("Retry-After", "retry_after")):
            if switch in switches:
                fields.append((name, switches[switch]))
        fields += switches.get("headers", {}).items()
        validators = self.validators(body, status, switches)
        fields += validators.items()
        if status == 200 and unchanged(request, validators):
            status = 304
            fields = [f for f in fields if not f[0].startswith("Content-")]
        return with_manners(Delivery(status, fields, body), switches)

    def cache_fields(self, answer, status, switches):
        if "cache_control" in switches:
            text = switches["cache_control"]
        elif self.faithful or status != 200 or answer.kind not in LIFETIMES:
            return []
        else:
            text = f"max-age={LIFETIMES[answer.kind]}"
        return [("Cache-Control", text)] if text else []

    def validators(self, body, status, switches):
        kind = switches.get("validators", "none" if self.faithful else "strong")
        if status != 200 or kind == "none":
            return {}
        fields = {}
        if kind != "last-modified":
            tag = hashlib.blake2b(body, digest_size=10).hexdigest()
            fields["ETag"] = f'W/"{tag}"' if kind == "weak" else f'"{tag}"'
        if kind in ("last-modified", "both"):
            fields["Last-Modified"] = MODIFIED
        return fields


def negotiable(answer, switches):
    """Whether the body is one of two, by Accept-Encoding."""
    return switches.get("gzip", True) and len(answer.body) >= GZIP_LEAST


def encoded(request, answer, switches):
    """(body, coding): compressed where that is accepted and worth it."""
    if negotiable(answer, switches) and "gzip" in request.headers.get("accept-encoding", ""):
        return compressed(answer.body), "gzip"
    return answer.body, None


@functools.lru_cache(maxsize=64)
def compressed(body):
    return gzip.compress(body, compresslevel=1, mtime=0)


def varying(answer, switches):
    """RFC 9110 12.5.5: told with either body, or else the plain one stands for both."""
    if "vary" in switches:
        return [switches["vary"]] if isinstance(switches["vary"], str) else switches["vary"]
    return ["Accept-Encoding"] if negotiable(answer, switches) else []


def unchanged(request, validators):
    """RFC 9110 13.2.2: If-None-Match before If-Modified-Since; the weak comparison."""
    asked = request.headers.get("if-none-match")
    if asked is not None:
        known = validators.get("ETag", "").removeprefix("W/")
        listed = [tag.strip().removeprefix("W/") for tag in asked.split(",")]
        return bool(known) and (asked.strip() == "*" or known in listed)
    return "Last-Modified" in validators and request.headers.get(
        "if-modified-since") == validators["Last-Modified"]


def with_manners(delivery, switches):
    """How it is sent: when, in which pieces, and how far."""
    delivery.latency = switches.get("latency", 0.0)
    delivery.framing = switches.get("framing", "length")
    for name in ("reset_at", "truncate_at"):
        if name in switches:
            delivery.break_at = min(switches[name], max(len(delivery.body) - 1, 0))
            delivery.reset = name == "reset_at"
    if switches.get("reset_middle"):
        delivery.break_at, delivery.reset = len(delivery.body) // 2, True
    delivery.piece = switches.get("slow_bytes", 0)
    delivery.interval = switches.get("slow_interval", 0.0)
    if "slow_total" in switches:
        pieces = max(int(switches["slow_total"] / 0.05), 1)
        delivery.piece = max(len(delivery.body) // pieces, 1)
        delivery.interval = switches["slow_total"] * delivery.piece / max(len(delivery.body), 1)
    return delivery


def plain(status, text):
    return Delivery(status, [("Content-Type", "text/plain")], text.encode())


def main():
    parser = argparse.ArgumentParser(description="A literature service for demos and tests.")
    parser.add_argument("--listen", default="127.0.0.1:9090", metavar="ADDRESS:PORT")
    parser.add_argument("--recorded", metavar="DIR", help="recorded bodies for query=cancer")
    parser.add_argument("--seed", type=int, default=1, help="another corpus")
    parser.add_argument("--faithful", action="store_true",
        help="no validators and no Cache-Control, as the real service")
    given = parser.parse_args()
    host, _, port = given.listen.rpartition(":")
    corpus = Corpus(given.seed)
    origin = Origin(Service(corpus, given.recorded), [face(corpus) for face in FACES],
        given.faithful)

    def ready(bound):
        print(f"origin: listening on {host}:{bound}", flush=True)

    try:
        asyncio.run(serve(origin.handle, host.strip("[]"), int(port), ready))
    except KeyboardInterrupt:
        pass
    except (OSError, ValueError) as error:
        sys.exit(f"origin: {given.listen}: {error}")


if __name__ == "__main__":
    main()
