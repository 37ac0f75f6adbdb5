"""HTTP/1.1 for the demo origin: keep-alive, both framings, and breaking off in the middle.

Reads a request with asyncio streams, asks `handle(request)` for a Delivery and sends it as the
Delivery says. Enough of RFC 9112 for a well-behaved proxy; not a server for the open network.
Threads: one event loop.
"""

import asyncio
import http
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass

from exchange import Request

HEAD_MAX = 64 * 1024
BODY_MAX = 16 * 1024 * 1024
WRITE_CHUNK = 256 * 1024


class Malformed(Exception):
    """What came is no request that this server reads."""


@dataclass
class Delivery:
    status: int
    fields: list
    body: bytes
    framing: str = "length"
    latency: float = 0.0
    break_at: int = -1  # bytes of the body after which it ends early
    reset: bool = False  # ... with a reset rather than an orderly close
    piece: int = 0  # bytes at a time, 0: all at once
    interval: float = 0.0
    dead: bool = False  # reset without a word
    ended: Callable = lambda: None  # called once it was sent, or could not be


@dataclass
class Peer:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    keep: bool = True


async def serve(handle, host, port, on_ready):
    """Answers until cancelled; on_ready(port) once it listens."""
    async def connected(reader, writer):
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await converse(handle, Peer(reader, writer))

    server = await asyncio.start_server(connected, host, port, limit=HEAD_MAX, backlog=4096)
    on_ready(server.sockets[0].getsockname()[1])
    async with server:
        await server.serve_forever()


async def converse(handle, peer):
    try:
        while peer.keep:
            request = await read_request(peer)
            if request is None:
                break
            delivery = handle(request)
            try:
                await deliver(peer, request, delivery)
            finally:
                delivery.ended()
    except Malformed as fault:
        await deliver(peer, Request("GET", "/", {"connection": "close"}),
            Delivery(400, [("Connection", "close")], f"{fault}\n".encode()))
    except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        pass
    finally:
        peer.writer.close()


async def read_request(peer):
    """None: the peer has closed between requests."""
    try:
        head = await peer.reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise
        return None
    lines = head[:-4].decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise Malformed("not a request line")
    headers = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon:
            raise Malformed("not a header field")
        headers[name.lower()] = value.strip()
    connection = headers.get("connection", "").lower()
    peer.keep = connection != "close" and (words[2] == "HTTP/1.1" or connection == "keep-alive")
    if headers.get("expect", "").lower() == "100-continue":
        peer.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = await read_body(peer.reader, headers)
    return Request(words[0], words[1], headers, body)


async def read_body(reader, headers):
    if headers.get("transfer-encoding", "").lower() == "chunked":
        parts, total = [], 0
        while True:
            size = int((await reader.readuntil(b"\r\n")).split(b";")[0], 16)
            total += size
            if total > BODY_MAX:
                raise Malformed("body too large")
            parts.append((await reader.readexactly(size + 2))[:-2])
            if size == 0:
                return b"".join(parts)
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length) > BODY_MAX:
        raise Malformed("bad Content-Length")
    return await reader.readexactly(int(length))


async def deliver(peer, request, delivery):
    if delivery.dead:
        peer.keep = False
        return await reset(peer.writer)
    if delivery.latency:
        await asyncio.sleep(delivery.latency)
    bodiless = request.method == "HEAD" or delivery.status in (204, 304)
    head = head_of(delivery, bodiless)
    if bodiless:
        peer.writer.write(head)
        return await peer.writer.drain()
    whole = delivery.break_at < 0
    body = delivery.body if whole else delivery.body[:delivery.break_at]
    if delivery.piece <= 0 and delivery.framing == "length" and len(body) <= WRITE_CHUNK:
        peer.writer.write(head + body)
    else:
        peer.writer.write(head)
        await send_body(peer.writer, delivery, body, whole)
    await peer.writer.drain()
    if not whole or delivery.framing == "close":
        peer.keep = False
    if not whole and delivery.reset:
        await reset(peer.writer)
    return None


def head_of(delivery, bodiless):
    phrase = http.HTTPStatus(delivery.status).phrase if delivery.status in set(
        http.HTTPStatus) else "Other"
    lines = [f"HTTP/1.1 {delivery.status} {phrase}"]
    lines += [f"{name}: {value}" for name, value in delivery.fields]
    if delivery.framing == "chunked" and not bodiless:
        lines.append("Transfer-Encoding: chunked")
    elif delivery.framing == "length" and delivery.status not in (204, 304):
        lines.append(f"Content-Length: {len(delivery.body)}")
    elif delivery.framing == "close":
        lines.append("Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


async def send_body(writer, delivery, body, whole):
    step = delivery.piece or WRITE_CHUNK
    chunked = delivery.framing == "chunked"
    for start in range(0, len(body), step):
        if start and delivery.interval:
            await asyncio.sleep(delivery.interval)
        part = body[start:start + step]
        writer.write(b"%x\r\n%b\r\n" % (len(part), part) if chunked else part)
        await writer.drain()
    if chunked and whole:
        writer.write(b"0\r\n\r\n")


async def reset(writer):
    """Lets what was written leave, then ends with RST."""
    while writer.transport.get_write_buffer_size():
        await asyncio.sleep(0.001)
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
