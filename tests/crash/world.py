"""An origin whose contents change, and clients who know what they may be given.

A family of paths has one content of one version: /own/3 is alone, /shared/2/0 to /shared/2/3 have the same
body. A POST to a path makes the next version of its family, and is answered when that is there. Who has had
that answer knows the least version that may be given to requests from then on. A body begins with the digest
of what follows; path and version stand in fields, so what belongs to another path is told, too.

Threads: a client is one thread's; the world is everybody's.
"""

import functools
import gzip
import hashlib
import random
import threading
import zlib

from harness import client as raw
from harness.origin import Origin, Reply
from harness.store import KIB, noise, text

OWN, SHARED, EACH = 28, 5, 4
LEAST, MOST = 1 * KIB, 300 * KIB


@functools.lru_cache(maxsize=512)
def content(family, version):
    """(body, media type): half of them are texts; small ones are more frequent than large ones."""
    chance = random.Random(f"{family} {version}")
    size = int(LEAST * (MOST / LEAST) ** chance.random())
    is_text = chance.random() < 0.5
    payload = (text if is_text else noise)(size, chance.getrandbits(30))
    digest = hashlib.sha256(payload).hexdigest().encode()
    return digest + payload, "application/json" if is_text else "application/octet-stream"


def family_of(path):
    """"own/3" or "shared/2"."""
    return "/".join(path.split("/")[1:3])


class World:
    def __init__(self):
        self.paths = [f"/own/{number}" for number in range(OWN)]
        self.paths += [f"/shared/{group}/{number}" for group in range(SHARED) for number in range(EACH)]
        self._lock = threading.Lock()
        self._version = dict.fromkeys(map(family_of, self.paths), 1)
        self._least = dict(self._version)
        self.origin = Origin()
        for path in self.paths:
            self.origin.reply(path, script=self._answer)

    def _answer(self, seen):
        family = family_of(seen.target)
        with self._lock:
            if seen.method == "POST":
                self._version[family] += 1
            version = self._version[family]
        fields = {"X-Version": str(version), "X-Path": seen.target}
        if seen.method == "POST":
            return Reply(b"changed", fields={**fields, "Cache-Group-Invalidation": f'"{family}"'})
        body, kind = content(family, version)
        return Reply(body, fields={**fields, "Cache-Control": "max-age=600", "Content-Type": kind,
            "Cache-Groups": f'"{family}"', "ETag": f'"{family} {version}"'})

    def least(self, family):
        with self._lock:
            return self._least[family]

    def acknowledged(self, family, version):
        """A client has the answer to a change."""
        with self._lock:
            self._least[family] = max(self._least[family], version)


class Client:
    """Reads and changes, and looks at what it gets. dying: from then on requests may fail."""

    def __init__(self, world, address, chance, dying=None):
        self.world, self.address, self.chance = world, address, chance
        self.dying = dying or threading.Event()
        self.faults = []
        self.hits = 0
        self._link = None

    def close(self):
        if self._link is not None:
            self._link.close()
        self._link = None

    def run(self):
        try:
            while not self.dying.is_set():
                path = self.chance.choice(self.world.paths)
                if self.chance.random() < 0.12:
                    self.change(path)
                else:
                    self.read(path)
        except AssertionError as fault:  # what came is no HTTP
            self.faults.append(str(fault))
        self.close()

    def read(self, path):
        family = family_of(path)
        least = self.world.least(family)
        fields, part = {}, None
        if self.chance.random() < 0.5:
            fields["Accept-Encoding"] = "gzip"
        elif self.chance.random() < 0.2:
            part = slice(self.chance.randrange(LEAST // 2), LEAST // 2 + self.chance.randrange(LEAST // 2))
            fields["Range"] = f"bytes={part.start}-{part.stop - 1}"
        answer = self._ask(path, fields=fields)
        if answer is None:
            return
        self.hits += answer.hit
        fault = wrong(answer, path, least, part)
        if fault:
            self.faults.append(f"{path} {'hit' if answer.hit else 'fetched'}: {fault}")

    def change(self, path):
        answer = self._ask(path, method="POST", body=b"x")
        if answer is None:
            return
        if answer.status != 200:
            self.faults.append(f"POST {path}: {answer.status}")
            return
        self.world.acknowledged(family_of(path), int(answer.field("X-Version")))

    def _ask(self, path, **how):
        """The whole answer; None where larder died before."""
        try:
            if self._link is None:
                self._link = raw.Client(self.address)
            answer = self._link.get(path, **how)
        except (OSError, EOFError) as fault:
            self._failed(path, repr(fault))
            return None
        if not answer.complete:
            self._failed(path, "broken off")
            return None
        return answer

    def _failed(self, path, words):
        self.close()
        if not self.dying.is_set():
            self.faults.append(f"{path}: {words}")


def wrong(answer, path, least, part):
    """What is wrong with an answer to a GET, or None."""
    if answer.status not in ((200, 206) if part else (200,)):
        return f"status {answer.status}"
    if answer.field("X-Path") != path:
        return f"it is {answer.field('X-Path')}"
    version = int(answer.field("X-Version"))
    if version < least:
        return f"version {version}, though {least} was acknowledged"
    body = answer.body
    if answer.field("Content-Encoding") == "gzip":
        try:
            body = gzip.decompress(body)
        except (OSError, EOFError, zlib.error) as fault:
            return f"no gzip: {fault}"
    whole, _ = content(family_of(path), version)
    if answer.status == 206:
        return None if body == whole[part] else f"another part than that of version {version}"
    if hashlib.sha256(body[64:]).hexdigest().encode() != body[:64]:
        return f"a body of {len(body)} bytes that hasn't the digest that it names"
    return None if body == whole else f"another body than version {version}"
