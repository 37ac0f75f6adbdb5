"""The workload of a literature service, at the size of a bench, and what its right answers are.

Of the requests 35 % are people's (Zipf 0.8; searches, articles, citations, full texts), 45 % crawlers' (chains
of cursors; the same job again and again; a tenth HEAD) and 20 % agents' (bursts of 5 to 20, Zipf 1.0); 5 %
ask with what they have (If-None-Match). The population is smaller than the world's, so that a short run
sees hits. Answers are compared with what the corpus says, whatever way they came. Threads: one event loop.
"""
import asyncio
import bisect
import functools
import hashlib
import itertools
import random
import sys
import time
from urllib.parse import quote

from servers import HERE
from storm_client import Client

sys.path.insert(0, str(HERE.parent / "origin"))

# pylint: disable=wrong-import-position
from corpus import Corpus  # noqa: E402
from exchange import Request  # noqa: E402
from service import REST, Service  # noqa: E402

POPULATION = 2000
JOBS, PAGES = 12, 8
AGENTS_BURST = (5, 20)
CONDITIONAL = 0.05
HEAD_SHARE = 0.1
# How often a turn is whose: shares of requests divided by the requests of a turn.
TURNS = {"person": 35 / 1, "crawler": 45 / 8, "agent": 20 / 12.5}


class Truth:
    """What may be answered with 200 or 404."""

    def __init__(self, ports):
        self.service = Service(Corpus(1))
        self.names = [f"http://127.0.0.1:{port}".encode() for port in ports]

    @functools.lru_cache(maxsize=100_000)
    def of(self, target):
        """(status, digest)"""
        answer = self.service.answer(Request("GET", target, {"host": "origin"}))
        return answer.status, hashlib.sha256(answer.body).digest()

    def holds(self, target, reply):
        """A body is right with absolute addresses at the origin or at the cache."""
        body = reply.body
        for name in self.names:
            body = body.replace(name, b"http://origin")
        return self.of(target) == (reply.status, hashlib.sha256(body).digest())


class Zipf:
    def __init__(self, count, exponent):
        self.sums = list(itertools.accumulate((i + 1) ** -exponent for i in range(count)))

    def draw(self, chance):
        return bisect.bisect(self.sums, chance.random() * self.sums[-1])


class Load:
    """Clients in a closed loop until told to stop; judge(target, method, reply) sees every answer."""

    def __init__(self, port, judge, clients=32, pause=0.0):
        self.port, self.judge, self.count, self.pause = port, judge, clients, pause
        self.people, self.bursts = Zipf(POPULATION, 0.8), Zipf(POPULATION, 1.0)
        self.known = {}  # target: ETag of a right answer
        self.end = None

    async def run(self, seconds):
        self.end = time.monotonic() + seconds
        await asyncio.gather(*(self._client(number) for number in range(self.count)))

    async def _client(self, number):
        chance, client = random.Random(number), Client(self.port)
        turns = {"person": self._person, "crawler": self._crawler, "agent": self._agent}
        while time.monotonic() < self.end:
            name = chance.choices(list(TURNS), TURNS.values())[0]
            await turns[name](client, chance)
        client.close()

    async def _ask(self, client, chance, target, method="GET"):
        fields = []
        if method == "GET" and target in self.known and chance.random() < CONDITIONAL:
            fields = [("If-None-Match", self.known[target])]
        reply = await client.ask(target, method, fields)
        right = self.judge(target, method, reply)
        if right and "etag" in reply.fields:
            self.known[target] = reply.fields["etag"]
        if self.pause:
            await asyncio.sleep(self.pause * 2 * chance.random())
        return reply if right else None

    async def _person(self, client, chance):
        await self._ask(client, chance, one_of(self.people.draw(chance), chance.random()))

    async def _agent(self, client, chance):
        for _ in range(chance.randint(*AGENTS_BURST)):
            await self._ask(client, chance, one_of(self.bursts.draw(chance), chance.random()))

    async def _crawler(self, client, chance):
        """A job's chain of pages from its begin; what doesn't answer is asked again, a few times."""
        target = first_page(chance.randrange(JOBS))
        for _ in range(PAGES):
            if chance.random() < HEAD_SHARE:
                await self._ask(client, chance, target, "HEAD")
            reply = await self._ask(client, chance, target)
            mark = next_mark(reply.body) if reply else None
            if mark is None or time.monotonic() > self.end:
                return
            target = page_behind(target, mark)


def one_of(rank, kind):
    """The target of a rank: searches 45, articles 25, citations 15, full texts 10, references 5."""
    ident = 10_000_000 + rank
    if kind < 0.45:
        return f"{REST}/search?query=topic{rank}&format=json&pageSize=25"
    if kind < 0.70:
        return f"{REST}/article/MED/{ident}?format=json"
    if kind < 0.85:
        return f"{REST}/MED/{ident}/citations?format=json"
    if kind < 0.95:
        return f"{REST}/PMC{rank}/fullTextXML"
    return f"{REST}/MED/{ident}/references?format=json"


def first_page(job):
    return f"{REST}/search?query=job{job}&format=json&pageSize=50&cursorMark=*"


def next_mark(body):
    """Of a page, without reading it all."""
    _, found, rest = body.partition(b'"nextCursorMark":"')
    return rest[:rest.index(b'"')].decode() if found else None


def page_behind(target, mark):
    return target.rpartition("cursorMark=")[0] + "cursorMark=" + quote(mark, safe="")
