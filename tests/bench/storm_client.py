"""A client for storms: keeps its connection, says how an answer ended, and knows a cache's mark on it.

What a transfer's end says counts (RFC 9112 8): a body that stops before its length is broken, and no
answer at all. Threads: one event loop.
"""
import asyncio
import re
import time
from dataclasses import dataclass, field

LIMIT = 1 << 20
PATIENCE_SECONDS = 60


@dataclass
class Reply:
    status: int = 0  # 0: none came
    fields: dict = field(default_factory=dict)  # names in lower case, the last of several
    body: bytes = b""
    whole: bool = False
    seconds: float = 0.0
    at: float = 0.0  # when it was asked for, by the monotonic clock

    @property
    def hit(self):
        """Whether a cache says that it had it: RFC 9211's field, or the others' own."""
        return "; hit" in self.fields.get("cache-status", "") or self.stale or self.fields.get("x-cache") == "HIT"

    @property
    def stale(self):
        """What was stored and is no longer fresh: a hit beyond its lifetime, or what stands in for an answer
        that was asked for and didn't come."""
        cache = self.fields.get("cache-status", "")
        stands_in = "; fwd=stale" in cache and not re.search("; (stored|fwd-status=[23])", cache)
        return "; ttl=-" in cache or stands_in or self.fields.get("x-cache") in ("STALE", "UPDATING")


class Client:
    """One connection, opened again when it has ended."""

    def __init__(self, port):
        self.port, self.reader, self.writer = port, None, None

    async def ask(self, target, method="GET", fields=(), body=b""):
        begun = time.monotonic()
        reply = Reply(at=begun)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._exchange(reply, _request(self.port, target, method, fields, body), method)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError, ValueError):
            self.close()
        reply.seconds = time.monotonic() - begun
        return reply

    async def _exchange(self, reply, request, method):
        if self.writer is None or self.writer.is_closing():
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=LIMIT)
        self.writer.write(request)
        head = await self.reader.readuntil(b"\r\n\r\n")
        lines = head[:-4].decode("latin-1").split("\r\n")
        reply.status = int(lines[0].split(" ")[1])
        for line in lines[1:]:
            name, _, value = line.partition(":")
            reply.fields[name.lower()] = value.strip()
        if method != "HEAD" and reply.status not in (204, 304):
            await self._body(reply)
        reply.whole = True
        if reply.fields.get("connection", "").lower() == "close":
            self.close()

    async def _body(self, reply):
        if "content-length" in reply.fields:
            reply.body = await self.reader.readexactly(int(reply.fields["content-length"]))
        elif reply.fields.get("transfer-encoding") == "chunked":
            reply.body = await self._chunks()
        else:
            reply.body = await self.reader.read(-1)
            self.close()

    async def _chunks(self):
        parts = []
        while size := int((await self.reader.readuntil(b"\r\n")).split(b";")[0], 16):
            parts.append((await self.reader.readexactly(size + 2))[:-2])
        await self.reader.readuntil(b"\r\n")
        return b"".join(parts)

    def close(self):
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None


def _request(port, target, method, fields, body):
    lines = [f"{method} {target} HTTP/1.1", f"Host: 127.0.0.1:{port}",
             *(f"{name}: {value}" for name, value in fields)]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body
