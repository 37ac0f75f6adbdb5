"""An origin that does what a test tells it and remembers every request to the byte.

	origin.reply("/a", b"body", fields={"Cache-Control": "max-age=60"})
	origin.reply("/b", pieces=[b"first", gate, b"second"])     gate: threading.Event
	origin.reply("/c", pieces=[b"half", RESET], length=100)
	origin.reply("/d", script=lambda request: Reply(...))
	assert origin.count("/a") == 1

A path with a query is looked for as a whole first, then without it. Threads: one a connection; the
record is guarded by a condition, so that tests can wait for a request.
"""

import socket
import ssl
import struct
import threading
import time
from dataclasses import dataclass, field
from email.utils import formatdate

from harness.client import pairs
from harness.wait import PATIENCE

CLOSE, RESET, STALL = "close", "reset", "stall"


@dataclass
class Seen:
    """A request as it came."""
    method: str
    target: str
    version: str
    fields: list
    connection: int
    body: bytes = b""
    complete: bool = False

    def all(self, name):
        return [value for known, value in self.fields if known.lower() == name.lower()]

    def field(self, name):
        values = self.all(name)
        return ", ".join(values) if values else None


@dataclass
class Reply:
    body: bytes = b""
    status: int = 200
    fields: object = field(default_factory=dict)  # dict or list of pairs
    pieces: list = None  # bytes, events to wait for, CLOSE, RESET, STALL; instead of body
    framing: str = "length"  # length, chunked, close
    length: int = None  # another Content-Length than the truth
    hold: threading.Event = None  # before the head
    raw: bytes = None  # instead of everything
    validates: bool = True  # answers 304 by its ETag or Last-Modified
    not_modified: dict = None  # fields of that 304, if others than the 200's
    date: bool = True
    version: str = "HTTP/1.1"

    def parts(self):
        return [self.body] if self.pieces is None else self.pieces

    def size(self):
        return sum(len(p) for p in self.parts() if isinstance(p, (bytes, bytearray)))


class Origin:
    def __init__(self, tls=None, host="127.0.0.1", clock=None, port=0):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.socket(family, socket.SOCK_STREAM)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind((host, port))
        self._listener.listen(2048)
        self.port = self._listener.getsockname()[1]
        self.authority = f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"
        self.url = ("https://" if tls else "http://") + self.authority
        self.requests = []
        self.connections = 0
        self.faults = []
        self.clock = clock  # Date is written by it, as larder reads it
        self._tls = tls
        self._scripts = {}
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._links = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self):
        """Closes everything; held replies give up."""
        self._closing.set()
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
        with self._changed:
            links = list(self._links)
        for link in links:
            try:
                link.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    # -- what the test says -------------------------------------------------------------------

    def reply(self, path, body=b"", script=None, **how):
        """From now on; returns the Reply (None with a script)."""
        answer = None if script else Reply(body, **how)
        self._scripts[path] = script or (lambda _: answer)
        return answer

    def replies(self, path, *answers):
        """One after the other, the last for ever."""
        left = list(answers)
        lock = threading.Lock()

        def script(_):
            with lock:
                return left.pop(0) if len(left) > 1 else left[0]

        self._scripts[path] = script

    # -- what it saw --------------------------------------------------------------------------

    def seen(self, target=None):
        """Requests to a target, or to a path with whatever query; None: all."""
        with self._changed:
            return [r for r in self.requests
                if target is None or target in (r.target, r.target.partition("?")[0])]

    def count(self, target=None):
        return len(self.seen(target))

    def last(self, target=None):
        listed = self.seen(target)
        assert listed, f"never asked for {target}; asked: {[r.target for r in self.requests]}"
        return listed[-1]

    def wait_for(self, count, target=None, what=lambda seen: True):
        """The requests, once there are so many of which `what` holds."""
        def enough():
            return sum(1 for r in self.seen(target) if what(r)) >= count
        with self._changed:
            if not self._changed.wait_for(enough, PATIENCE):
                raise AssertionError(
                    f"waited for {count} of {target}; saw {[r.target for r in self.requests]}")
        return self.seen(target)

    # -- the server ---------------------------------------------------------------------------

    def _accept(self):
        while not self._closing.is_set():
            try:
                link, _ = self._listener.accept()
            except OSError:
                return
            with self._changed:
                self._links.add(link)
                self.connections += 1
                number = self.connections
            threading.Thread(target=self._serve, args=(link, number), daemon=True).start()

    def _serve(self, link, number):
        plain, file = link, None
        try:
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls:
                link = self._tls.wrap_socket(link, server_side=True)
            file = link.makefile("rb")
            while not self._closing.is_set() and self._exchange(link, file, number):
                pass
        except (OSError, ssl.SSLError):
            pass
        except Exception as fault:  # the test must hear of it
            self.faults.append(fault)
            raise
        finally:
            with self._changed:
                self._links.discard(plain)
            if file is not None:
                file.close()
            link.close()

    def _exchange(self, link, file, number):
        line = file.readline()
        if not line:
            return False
        method, target, version = line.decode("latin-1").rstrip("\r\n").split(" ")
        fields = []
        while True:
            line = file.readline().decode("latin-1").rstrip("\r\n")
            if not line:
                break
            name, _, value = line.partition(":")
            fields.append((name, value.strip()))
        seen = Seen(method, target, version, fields, number)
        self._note(seen, new=True)
        if (seen.field("Expect") or "").lower() == "100-continue":
            link.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._read_body(file, seen)
        return seen.complete and self._answer(link, seen)

    def _note(self, seen, new=False):
        with self._changed:
            if new:
                self.requests.append(seen)
            self._changed.notify_all()

    def _read_body(self, file, seen):
        if (seen.field("Transfer-Encoding") or "").lower() == "chunked":
            while True:
                line = file.readline()
                if not line:
                    return  # broken off: seen.complete stays False
                size = int(line, 16)
                seen.body += file.read(size)
                file.readline()
                self._note(seen)
                if size == 0:
                    break
        else:
            left = int(seen.field("Content-Length") or 0)
            while left:
                part = file.read1(min(left, 65536))
                if not part:
                    return
                left -= len(part)
                seen.body += part
                self._note(seen)
        seen.complete = True
        self._note(seen)

    def _answer(self, link, seen):
        path = seen.target.partition("?")[0]
        script = self._scripts.get(seen.target) or self._scripts.get(path)
        reply = script(seen) if script else Reply(b"not scripted\n", 404)
        if reply.hold is not None:
            self._wait(reply.hold)
        if reply.raw is not None:
            link.sendall(reply.raw)
            return False
        if unchanged(reply, seen):
            fields = reply.fields if reply.not_modified is None else reply.not_modified
            reply = Reply(b"", 304, [f for f in pairs(fields) if f[0].lower() not in (
                "content-type", "content-encoding")], date=reply.date)
        link.sendall(head_of(reply, self.now()))
        if seen.method != "HEAD" and reply.status not in (204, 304):
            if not self._send_pieces(link, reply):
                return False
        return reply.framing != "close" and reply.length is None

    def _send_pieces(self, link, reply):
        """False: the connection is to end here."""
        for piece in reply.parts():
            if piece is CLOSE:
                return False
            if piece is RESET:
                link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return False
            if piece is STALL:
                self._closing.wait(PATIENCE * 4)
                return False
            if isinstance(piece, threading.Event):
                self._wait(piece)
            elif reply.framing == "chunked":
                link.sendall(b"%x\r\n%b\r\n" % (len(piece), piece) if piece else b"")
            else:
                link.sendall(piece)
        if reply.framing == "chunked":
            link.sendall(b"0\r\n\r\n")
        return True

    def now(self):
        """Seconds since 1970, moved by the test clock."""
        return time.time() + (self.clock.offset_ms / 1000 if self.clock else 0)

    def _wait(self, event):
        """Until the event is set or the origin closes."""
        for _ in range(int(PATIENCE * 4 / 0.05)):
            if event.wait(0.05) or self._closing.is_set():
                return


def unchanged(reply, seen):
    if not reply.validates or reply.status != 200:
        return False
    fields = {name.lower(): value for name, value in pairs(reply.fields)}
    asked = seen.field("If-None-Match")
    if asked is not None:
        return "etag" in fields and fields["etag"] in [tag.strip() for tag in asked.split(",")]
    since = seen.field("If-Modified-Since")
    return since is not None and since == fields.get("last-modified")


def head_of(reply, now):
    fields = pairs(reply.fields)
    if reply.date and not any(name.lower() == "date" for name, _ in fields):
        fields.insert(0, ("Date", formatdate(now, usegmt=True)))
    lines = [f"{reply.version} {reply.status} Scripted"]
    lines += [f"{name}: {value}" for name, value in fields]
    if reply.framing == "chunked":
        lines.append("Transfer-Encoding: chunked")
    elif reply.framing == "close":
        lines.append("Connection: close")
    elif reply.status not in (204, 304):
        lines.append(f"Content-Length: {reply.size() if reply.length is None else reply.length}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
