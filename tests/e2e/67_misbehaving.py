"""A fleet of misbehaving origins behind larder's presets: each ends in the answer that docs/upstreams.md
names, within its deadline, and nothing of it stays: no fetch, no connection, no descriptor, nothing stored.

Each fault alone, and those of certificates, are looked at in 09_errors and 34_messages; here they come as they do in the wild, all before
one larder, at once, with retries and breakers.
"""

import os
import socket
import threading
import time

import pytest

from harness.metrics import equals
from harness.origin import STALL
from harness.wait import PATIENCE, until

FRESH = "Cache-Control: max-age=60\r\n"
TIMES = {"connect": "1s", "first_byte": "1s", "idle": "1s", "total": "4s"}
PATIENT = {name: "2m" for name in TIMES}  # where it isn't time that ends it
OK = b"HTTP/1.1 200 OK\r\n" + FRESH.encode()


def pause(seconds):
    """Of a slow origin: it is what it is about."""
    threading.Event().wait(seconds)


def says(data, every=None, close=True):
    """Sends it to whoever asks; then (or piece by piece, with pauses for ever) does nothing more."""
    def serve(link):
        link.recv(65536)
        if every is None:
            link.sendall(data)
        else:
            while True:
                link.sendall(data)
                pause(every)
        if not close:
            link.recv(65536)
    return serve


def header_by_header(link):
    link.recv(65536)
    link.sendall(b"HTTP/1.1 200 OK\r\n")
    for number in range(1000):
        link.sendall(b"X-%d: y\r\n" % number)
        pause(0.05)


def interim_flood(link):
    link.recv(65536)
    while True:
        link.sendall(b"HTTP/1.1 102 Processing\r\n\r\n" * 50)
        pause(0.01)


def body_by_byte(link):
    link.recv(65536)
    link.sendall(OK + b"Content-Length: 100000\r\n\r\n")
    while True:
        link.sendall(b"x")
        pause(0.05)


# name: what it does, the statuses that may come of it, and whether the body may break off instead
FLEET = {
    "silent": (says(b"", close=False), {504}, False),
    "slow-header": (header_by_header, {504}, False),
    "slow-body": (says(OK + b"Content-Length: 10\r\n\r\n1234", close=False), {504}, True),
    "byte-by-byte": (body_by_byte, {504}, True),
    "short-body": (says(OK + b"Content-Length: 10\r\n\r\n1234"), {502}, True),
    "surplus": (says(OK + b"Content-Length: 4\r\n\r\n1234and more"), {200}, False),
    "two-lengths": (says(OK + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\n12345"), {502}, False),
    "no-last-chunk": (says(OK + b"Transfer-Encoding: chunked\r\n\r\n4\r\n1234\r\n"), {502}, True),
    "lying-chunk": (says(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n1234\r\n0\r\n\r\n"), {502}, True),
    "huge-chunk": (says(OK + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n1234"), {502}, True),
    "huge-header": (says(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1000000 + b"\r\n\r\n"), {502}, False),
    "many-headers": (says(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100000 + b"\r\n"), {502}, False),
    "endless-header": (says(b"X: " + b"y" * 1000, every=0.01), {502, 504}, False),
    "interim-flood": (interim_flood, {502, 504}, False),
    "redirect-to-itself": (says(b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"), {302}, False),
    "no-http": (says(b"SSH-2.0-OpenSSH_9.2\r\n"), {502}, False),
    "nothing": (says(b""), {502}, False),
    "nul": (says(b"HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n"), {200, 502}, False),
    "switches": (says(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"), {502, 504}, False),
    "no-gzip": (says(OK + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\n1234"), {200, 502}, True),
}


class Rogue:
    """An origin that does one thing to all who connect."""

    def __init__(self, serve):
        self._serve = serve
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.open = 0
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                link, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(link,), daemon=True).start()

    def _talk(self, link):
        with self._lock:
            self.open += 1
        try:
            self._serve(link)
        except OSError:
            pass  # larder had enough of it, as it should
        finally:
            link.close()
            with self._lock:
                self.open -= 1

    def stop(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def fleet():
    rogues = {name: Rogue(serve) for name, (serve, _, _) in FLEET.items()}
    yield rogues
    for rogue in rogues.values():
        rogue.stop()


def ask(larder, name, found):
    begun = time.monotonic()
    with larder.client() as client:
        client.ask(f"/{name}")
        try:
            response = client.response()
            found[name] = (response.status, response.complete, response, time.monotonic() - begun)
        except EOFError:
            found[name] = (None, False, None, time.monotonic() - begun)


def descriptors(larder):
    return len(os.listdir(f"/proc/{larder.process.pid}/fd"))


def test_each_ends_as_it_is_written(start, fleet):
    names = list(FLEET)
    larder = start({
        "upstreams": {"origin": None, **{
            name: {"url": fleet[name].url, "timeouts": TIMES if 504 in FLEET[name][1] else PATIENT}
            for name in names}},
        "routes": [{"path": f"/{name}", "upstream": name} for name in names],
    }, plain=False)
    larder.get("/metrics")
    before = descriptors(larder)
    found = {}
    asking = [threading.Thread(target=ask, args=(larder, name, found)) for name in names]
    for one in asking:
        one.start()
    for one in asking:
        one.join()
    for name, (_, statuses, may_break) in FLEET.items():
        status, complete, response, seconds = found[name]
        assert seconds < PATIENCE, (name, seconds)
        if complete:
            assert status in statuses, (name, response)
            if status >= 500:
                assert response.field("Content-Type") == "application/problem+json", name
                assert "larder; error=" in response.field("Proxy-Status"), name
        else:
            assert may_break and status in (200, None), (name, response)
        if statuses == {200}:
            assert response.body == b"1234", name
    larder.wait_metric("collapse_flights", equals(0))
    larder.wait_metric("http_requests_in_flight", lambda count: count <= 1)
    # of what was stored only the two that are good answers
    assert larder.metric("cache_entries", tier="memory") <= 4
    until(lambda: sum(rogue.open for rogue in fleet.values()) <= 2, "connections to them are ended")
    until(lambda: descriptors(larder) <= before + 4, "and their descriptors closed")


def test_a_crowd_before_a_silent_origin(start, origin):
    """Clients who leave early take nothing with them, and leave nothing behind."""
    larder = start({"upstreams": {"origin": {"timeouts": TIMES}}}, plain=False)
    origin.reply("/a", pieces=[STALL], length=10)
    larder.get("/metrics")
    before = descriptors(larder)
    clients = [larder.client() for _ in range(50)]
    for index, client in enumerate(clients):
        client.ask(f"/a?{index}")
    larder.wait_metric("collapse_flights", lambda count: count > 0)
    for client in clients:
        client.close()
    larder.wait_metric("collapse_flights", equals(0))
    until(lambda: descriptors(larder) <= before + 4, "their descriptors are closed")
