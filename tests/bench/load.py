"""The load generators, each pinned to the other core, and how busy they and the server were."""
import json
import re
import resource
import subprocess
import tempfile
import time
from pathlib import Path

from servers import HERE, LOAD_CORE, Failed

CONNECTIONS = 64
UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1}
SIZES = {"B": 1, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30}


def _timed(command, process, others=()):
    """Runs a generator; its output, and the share of the time that it and the server were on a core."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    server, beside = process.cpu_seconds(), sum(p.cpu_seconds() for p in others)
    begin = time.monotonic()
    done = subprocess.run(["taskset", "-c", str(LOAD_CORE), *map(str, command)], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=180)
    wall = time.monotonic() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    own = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if done.returncode != 0:
        raise Failed(f"{command[0]}: {done.stdout.strip()[-500:]}")
    return done.stdout, {
        "server_busy": round((process.cpu_seconds() - server) / wall, 2),
        "load_busy": round(own / wall, 2),
        "origin_busy": round((sum(p.cpu_seconds() for p in others) - beside) / wall, 2)}


def wrk(server, path, seconds, origin, headers=(), unique=False):
    """Closed loop, as fast as the server goes: requests a second and latency."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency"]
    for header in headers:
        command += ["-H", header]
    if unique:
        command += ["-s", HERE / "unique.lua", f"http://127.0.0.1:{server.port}/", "--", path]
    else:
        command += [f"http://127.0.0.1:{server.port}{path}"]
    text, busy = _timed(command, server.process, [origin])
    if re.search(r"^\s+0 requests in", text, re.M):
        raise Failed("no answers at all")
    if wrong := re.search(r"(Non-2xx or 3xx responses: \d+|Socket errors: .*)", text):
        raise Failed(wrong.group(1))
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1))
    return {"rate": rate, "rate_per_core": round(rate / max(busy["server_busy"], 0.01)),
            "requests": int(re.search(r"(\d+) requests in", text).group(1)),
            "bytes": _size(re.search(r"requests in .*, ([\d.]+)(\w+) read", text)),
            "p50_us": _latency(text, 50), "p99_us": _latency(text, 99), **busy}


def h2load(server, path, seconds, origin, headers=()):
    """The same for answers without a body: wrk waits for the bytes that a 304's Content-Length tells of,
    which RFC 9110 8.6 lets a server send."""
    with tempfile.NamedTemporaryFile("r") as log:
        command = ["h2load", "--h1", "-t1", f"-c{CONNECTIONS}", f"-D{seconds}", f"--log-file={log.name}"]
        for header in headers:
            command += ["-H", header]
        text, busy = _timed(command + [f"http://127.0.0.1:{server.port}{path}"], server.process, [origin])
        answers = [line.split() for line in log]
    if not answers or any(status[0] not in "23" for _, status, _ in answers):
        raise Failed("no answers at all" if not answers else "answers that are none")
    times = sorted(int(took) for _, _, took in answers)
    rate = float(re.search(r"([\d.]+) req/s", text).group(1))
    return {"rate": rate, "rate_per_core": round(rate / max(busy["server_busy"], 0.01)),
            "requests": len(times), "bytes": _size(re.search(r"traffic: ([\d.]+)(\w+)", text)),
            "p50_us": times[len(times) // 2], "p99_us": times[len(times) * 99 // 100], **busy}


def _size(match):
    return float(match.group(1)) * SIZES[match.group(2)]


def _latency(text, percent):
    match = re.search(rf"^\s+{percent}%\s+([\d.]+)(us|ms|s)\s*$", text, re.M)
    return round(float(match.group(1)) * UNITS[match.group(2)] * 1e6, 1)


def pace(server, path, rate, seconds, program):
    """Open loop at a steady rate, latency from when each request was due (pace.c says how)."""
    text, busy = _timed([program, server.port, path, CONNECTIONS, rate, seconds], server.process)
    told = json.loads(text)
    if told["not_200"] or told["done"] < rate * seconds * 0.99:
        raise Failed(f"{told['done']} answers, {told['not_200']} of them not 200")
    return {"rate": rate, **told["from_due"], "from_sent": told["from_sent"], "server_busy": busy["server_busy"]}


def flood(server, path, clients):
    text, _ = _timed(["/usr/bin/python3", Path(HERE, "flood.py"), server.port, path, clients], server.process)
    return json.loads(text)
