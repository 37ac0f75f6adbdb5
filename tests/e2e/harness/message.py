"""A response read as bytes come in: head, framing, and whether its end was a proper one.

A transfer that ends before Content-Length or the last chunk is broken (RFC 9112 8): `complete` stays
False, which is what the tests about truncation look at. Threads: one at a time.
"""

from harness.status import entries


class Response:
    def __init__(self, status, reason, version, fields):
        self.status = status
        self.reason = reason
        self.version = version
        self.fields = fields  # (name as sent, value), in order
        self.body = b""
        self.complete = False
        self.interim = []  # 1xx statuses that came before

    def __repr__(self):
        shown = bytes(self.body[:300])
        return f"<{self.status} {self.fields} complete={self.complete} body={shown!r}>"

    def all(self, name):
        return [value for known, value in self.fields if known.lower() == name.lower()]

    def field(self, name):
        """The value of a field, several joined; None without it."""
        values = self.all(name)
        return ", ".join(values) if values else None

    @property
    def cache(self):
        """larder's own entry of Cache-Status (RFC 9211): the last."""
        listed = entries(self.field("Cache-Status") or "")
        assert listed, f"no Cache-Status in {self!r}"
        assert listed[-1].name == "larder", f"not larder's: {self.field('Cache-Status')}"
        return listed[-1]

    @property
    def hit(self):
        return self.cache.get("hit") is True

    @property
    def age(self):
        return int(self.field("Age"))


class Reader:
    """feed() bytes, eof() at the end; `response` is there once the head is."""

    def __init__(self, method="GET"):
        self.method = method
        self.response = None
        self.pending = bytearray()
        self.body = bytearray()
        self.interim = []
        self._left = 0  # bytes of the body or the chunk that are still to come
        self._step = self._head

    @property
    def complete(self):
        return self.response is not None and self.response.complete

    def feed(self, data):
        self.pending += data
        while not self.complete and self._step():
            pass

    def eof(self):
        """The peer has closed: proper only where that is the framing."""
        if self.response is not None and self._step == self._until_close:
            self._end()

    # -- steps: each True when it got on ------------------------------------------------------

    def _head(self):
        end = self.pending.find(b"\r\n\r\n")
        if end < 0:
            return False
        lines = bytes(self.pending[:end]).decode("latin-1").split("\r\n")
        del self.pending[:end + 4]
        version, status, *reason = lines[0].split(" ", 2)
        fields = []
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            assert colon and name == name.strip(), f"not a header field: {line!r}"
            fields.append((name, value.strip()))
        if status.startswith("1"):
            self.interim.append(int(status))
            return True
        self.response = Response(int(status), "".join(reason), version, fields)
        self.response.interim = self.interim
        self._choose_framing()
        return True

    def _choose_framing(self):
        response = self.response
        lengths = response.all("Content-Length")
        codings = [coding.lower() for coding in response.all("Transfer-Encoding")]
        assert len(lengths) <= 1, f"several Content-Length: {response!r}"
        assert not (lengths and codings), f"Content-Length and Transfer-Encoding: {response!r}"
        if self.method == "HEAD" or response.status in (204, 304):
            self._end()
        elif codings:
            assert codings == ["chunked"], codings
            self._step = self._chunk_size
        elif lengths:
            self._left = int(lengths[0])
            self._step = self._counted
        else:
            self._step = self._until_close

    def _take(self):
        part = self.pending[:self._left]
        del self.pending[:len(part)]
        self.body += part
        self._left -= len(part)
        return bool(part)

    def _counted(self):
        taken = self._take()
        if self._left == 0:
            self._end()
        return taken

    def _until_close(self):
        self._left = len(self.pending)
        return self._take()

    def _chunk_size(self):
        end = self.pending.find(b"\r\n")
        if end < 0:
            return False
        self._left = int(self.pending[:end].split(b";")[0], 16)
        del self.pending[:end + 2]
        self._step = self._chunk_data if self._left else self._trailer
        return True

    def _chunk_data(self):
        taken = self._take()
        if self._left == 0:
            self._step = self._chunk_end
        return taken or self._left == 0

    def _chunk_end(self):
        if len(self.pending) < 2:
            return False
        assert self.pending[:2] == b"\r\n", "no end of chunk"
        del self.pending[:2]
        self._step = self._chunk_size
        return True

    def _trailer(self):
        end = self.pending.find(b"\r\n")
        if end < 0:
            return False
        line = bytes(self.pending[:end])
        del self.pending[:end + 2]
        if not line:
            self._end()
        return True

    def _end(self):
        self.response.complete = True
        self.response.body = bytes(self.body)
