"""Hundreds of clients that ask at once, read by one thread with epoll.

Each member knows when its first byte of the body came, a digest of what it got, and how it ended:
"complete", "broken" or "left" (we closed). Members may leave at any time. Threads: all methods from
the test's thread; members change under the lock.
"""

import hashlib
import selectors
import threading
import time

from harness.client import connect
from harness.message import Reader
from harness.wait import until


class Member:
    def __init__(self, link):
        self.link = link
        self.reader = Reader()
        self.first_byte_at = None
        self.end = None

    @property
    def response(self):
        return self.reader.response

    @property
    def digest(self):
        return hashlib.sha256(self.reader.body).hexdigest()


class Crowd:
    """Connects first, so that ask() finds all of them ready."""

    def __init__(self, address, count):
        self.members = [Member(connect(address)) for _ in range(count)]
        self._lock = threading.Lock()
        self._selector = selectors.DefaultSelector()
        for member in self.members:
            member.link.setblocking(False)
            self._selector.register(member.link, selectors.EVENT_READ, member)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()
        for member in self.members:
            member.link.close()
        self._selector.close()

    def ask(self, request, members=None):
        for member in self.members if members is None else members:
            member.link.send(request)

    def leave(self, members):
        """These close their connections now."""
        with self._lock:
            for member in members:
                if member.end is None:
                    member.end = "left"
                    self._selector.unregister(member.link)
                    member.link.close()

    def count(self, condition):
        with self._lock:
            return sum(1 for member in self.members if condition(member))

    def wait_first_bytes(self, count):
        until(lambda: self.count(lambda m: m.first_byte_at is not None) >= count,
            f"{count} members have a byte of the body")

    def wait_done(self, timeout=None):
        until(lambda: self.count(lambda m: m.end is None) == 0, "all members are done", timeout)

    def _read(self):
        while not self._stop.is_set():
            for key, _ in self._selector.select(0.05):
                with self._lock:
                    if key.data.end is None:
                        self._take(key.data)

    def _take(self, member):
        try:
            data = member.link.recv(262144)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            member.reader.feed(data)
        else:
            member.reader.eof()
        if member.first_byte_at is None and member.reader.body:
            member.first_byte_at = time.monotonic()
        if member.reader.complete or not data:
            member.end = "complete" if member.reader.complete else "broken"
            self._selector.unregister(member.link)
