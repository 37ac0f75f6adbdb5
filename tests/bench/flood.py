#!/usr/bin/python3
"""Many clients on one cold key, and the slow origin behind it.

    flood.py origin PORT		streams 256 KiB over a second for any path; /count tells how often
    flood.py PORT PATH CLIENTS		asks for PATH with all clients at once; prints one JSON object
"""
import asyncio
import hashlib
import json
import resource
import statistics
import sys
import time

PIECE, PIECES, PAUSE_SECONDS = b"0123456789abcdef" * 1024, 16, 1 / 16
DEADLINE_SECONDS = 60


async def origin(port):
    count = 0

    async def answer(reader, writer):
        nonlocal count
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                if head.startswith(b"GET /count "):
                    text = str(count).encode()
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text))
                    continue
                count += 1
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                             b"Cache-Control: max-age=3600\r\nContent-Length: %d\r\n\r\n" % (len(PIECE) * PIECES))
                for _ in range(PIECES):
                    writer.write(PIECE)
                    await writer.drain()
                    await asyncio.sleep(PAUSE_SECONDS)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


async def client(port, path, start, clients):
    """(seconds to the first byte of the body, to the last, digest), or what went wrong."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    clients.release()
    await start.wait()
    begin = time.monotonic()
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head.split()[1])
        data = hashlib.sha256(await reader.read(1))
        first = time.monotonic() - begin
        size = 1
        while size < len(PIECE) * PIECES and (more := await reader.read(1 << 16)):
            size += len(more)
            data.update(more)
        return first, time.monotonic() - begin, (status, size, data.hexdigest())
    except (asyncio.IncompleteReadError, ConnectionError) as fault:
        return 0, 0, repr(fault)
    finally:
        writer.close()


async def flood(port, path, count):
    start, clients = asyncio.Event(), asyncio.Semaphore(0)
    tasks = [asyncio.create_task(client(port, path, start, clients)) for _ in range(count)]
    for _ in range(count):
        await clients.acquire()
    start.set()
    results = await asyncio.wait_for(asyncio.gather(*tasks), DEADLINE_SECONDS)
    expected = (200, len(PIECE) * PIECES, hashlib.sha256(PIECE * PIECES).hexdigest())
    whole = [result for result in results if result[2] == expected]
    return {
        "clients": count, "whole": len(whole),
        "first_ms_median": round(1000 * statistics.median(r[0] for r in whole), 1) if whole else None,
        "first_ms_worst": round(1000 * max(r[0] for r in whole), 1) if whole else None,
        "last_ms_worst": round(1000 * max(r[1] for r in whole), 1) if whole else None,
    }


def main():
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if sys.argv[1] == "origin":
        asyncio.run(origin(int(sys.argv[2])))
    else:
        print(json.dumps(asyncio.run(flood(int(sys.argv[1]), sys.argv[2], int(sys.argv[3])))))


if __name__ == "__main__":
    main()
