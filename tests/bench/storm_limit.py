"""Too many requests: an origin that allows 5 a second and bans everybody for 10 s beyond, and 200 clients.

The clients ask for what is fresh in the cache, for what was stored and is stale, and for what nobody has asked
for; they come again when a 503 tells them to. The latency of hits is that of `pace`, an open loop beside
them, in pieces of ten seconds: in quiet, in the storm, in quiet again. Medians of the pieces are compared, so
that what else the machine does for a moment doesn't count. How many requests arrived in the worst second the
origin tells.
"""
import asyncio
import json
import random
import statistics
import time
from collections import Counter

from servers import LOAD_CORE, Failed
from storm_client import Client
from storm_field import REST

CLIENTS, ALLOWED, BAN = 200, 5, "10s"
HOT, OLD = 20, 20
PACE_CONNECTIONS, PACE_RATE, PIECE_SECONDS, QUIET_PIECES = 16, 1000, 10, 3
PAUSE_SECONDS = 0.5
# What is asked for how often; `new` nobody has.
MIX = {"hot": 0.7, "old": 0.1, "new": 0.2}
BRIEF = {"cache": {"classes": {"record": "2s", "search": "1h"}, "jitter": "0%"}}


def hot(number):
    return f"{REST}/search?query=hot{number}&format=json&pageSize=5"


def old(number):
    return f"{REST}/article/MED/{20_000_000 + number}?format=json"


class Crowd:
    """Clients that obey Retry-After; what their answers were."""

    def __init__(self, port):
        self.port, self.counts, self.retry_after = port, Counter(), []
        self.returned = Counter()  # what came of those that waited as they were told
        self.serial, self.end = 0, 0.0

    async def run(self, seconds):
        self.end = time.monotonic() + seconds
        await asyncio.gather(*(self.client(number) for number in range(CLIENTS)))

    async def client(self, number):
        chance, client = random.Random(number), Client(self.port)
        while time.monotonic() < self.end:
            await self.ask(client, self.target(chance))
            await asyncio.sleep(PAUSE_SECONDS * 2 * chance.random())
        client.close()

    async def ask(self, client, target):
        """Once more after what a 503 says, as long as the storm lasts."""
        reply = await client.ask(target)
        self.counts[kind_of(reply)] += 1
        wait = retry_after(reply)
        if wait is not None:
            self.retry_after.append(wait)
        if wait is not None and time.monotonic() + wait < self.end:
            await asyncio.sleep(wait)
            reply = await client.ask(target)
            self.counts[kind_of(reply)] += 1
            self.returned["answered" if reply.status == 200 else "told to wait again"] += 1

    def target(self, chance):
        kind = chance.choices(list(MIX), MIX.values())[0]
        if kind == "new":
            self.serial += 1
            return f"{REST}/search?query=new{self.serial}&format=json&pageSize=5"
        return hot(chance.randrange(HOT)) if kind == "hot" else old(chance.randrange(OLD))


def kind_of(reply):
    if not reply.whole:
        return "broken"
    if reply.status == 200:
        return "stale" if reply.stale else "hit" if reply.hit else "fetched"
    if reply.status == 503:
        return "503" if retry_after(reply) is not None else "503 without a right Retry-After"
    return str(reply.status)


def retry_after(reply):
    """Seconds of a 503 that says so rightly: a number, not zero and not for ever."""
    text = reply.fields.get("retry-after", "")
    if reply.status != 503 or not text.isdigit() or not 1 <= int(text) <= 3600:
        return None
    return int(text)


async def paced(field, port, pieces):
    """The p99 in microseconds of each piece."""
    command = ["taskset", "-c", LOAD_CORE, field.programs["pace"], port, hot(0), PACE_CONNECTIONS, PACE_RATE,
               PIECE_SECONDS]
    found = []
    for _ in range(pieces):
        process = await asyncio.create_subprocess_exec(*map(str, command), stdout=asyncio.subprocess.PIPE)
        text = (await process.communicate())[0]
        if process.returncode != 0:
            raise Failed("pace ended early")
        found.append(json.loads(text)["from_due"]["p99_us"])
    return found


async def stormed(field, port, crowd, seconds):
    """The same while the crowd is there."""
    told = await asyncio.gather(paced(field, port, seconds // PIECE_SECONDS), crowd.run(seconds))
    return told[0]


async def warm(port):
    client = Client(port)
    for number in range(max(HOT, OLD)):
        for target in (hot(number), old(number)):
            status = (await client.ask(target)).status
            if status != 200:
                raise Failed(f"{target} answers {status} before the storm")
    client.close()


def run(field, options):
    field.origin.reset()
    field.origin.control(path=REST, limit=ALLOWED, ban=BAN)
    port = field.begin("larder", BRIEF)
    crowd = Crowd(port)
    try:
        asyncio.run(warm(port))
        quiet = asyncio.run(paced(field, port, QUIET_PIECES))
        storm = asyncio.run(stormed(field, port, crowd, options.storm_seconds))
        quiet += asyncio.run(paced(field, port, QUIET_PIECES))
    finally:
        field.end()
    return {"clients": CLIENTS, "seconds": options.storm_seconds, "answers": dict(crowd.counts),
            "retry_after": spread(crowd.retry_after), "came_again": dict(crowd.returned),
            "origin": field.origin.stats()["limits"][REST], "quiet_p99_us": quiet, "storm_p99_us": storm,
            "p99_ratio": round(statistics.median(storm) / statistics.median(quiet), 2)}


def spread(values):
    if not values:
        return {}
    return {"least": min(values), "median": statistics.median(values), "most": max(values)}


def show(result):
    origin, answers = result["origin"], result["answers"]
    quiet, storm = result["quiet_p99_us"], result["storm_p99_us"]
    yield (f"- {result['clients']} clients for {result['seconds']} s; answers: "
           + ", ".join(f"{count} {kind}" for kind, count in sorted(answers.items())))
    yield (f"- at the origin: {origin['arrived']} requests, at most {origin['most_a_second']} in any second "
           f"(allowed: {ALLOWED}), {origin['bans']} bans, {origin['refused']} refused")
    yield (f"- hits, p99 of an open loop of {PACE_RATE}/s, median of pieces of {PIECE_SECONDS} s: "
           f"{statistics.median(storm):.0f} us in the storm, {statistics.median(quiet):.0f} us before and after: "
           f"{result['p99_ratio']} x")
    yield (f"- Retry-After in seconds: {result['retry_after']}; whoever came again then was answered "
           f"{result['came_again'].get('answered', 0)} times of {sum(result['came_again'].values())}")
