"""Parts of bodies: an origin's answers to Range, and multipart/byteranges read to the byte (RFC 9110 14)."""

import re

from harness.client import pairs
from harness.origin import Reply

CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


def ranged(body, fields, obeys=True):
    """A script that answers a single range with 206, everything else with the whole.

    An If-Range that isn't the ETag gets the whole; a range behind the end gets 416.
    """
    def script(seen):
        wanted = re.fullmatch(r"bytes=(\d*)-(\d*)", seen.field("Range") or "")
        known = {name.lower(): value for name, value in pairs(fields)}
        guard = seen.field("If-Range")
        if seen.field("If-None-Match") and seen.field("If-None-Match") == known.get("etag"):
            return Reply(b"", 304, fields)
        if not obeys or not wanted or (guard and guard != known.get("etag")):
            return Reply(body, fields=fields, validates=False)
        first, last = bounds(wanted[1], wanted[2], len(body))
        if first >= len(body):
            return Reply(b"", 416, [("Content-Range", f"bytes */{len(body)}")])
        return Reply(body[first:last + 1], 206,
            [*pairs(fields), ("Content-Range", f"bytes {first}-{last}/{len(body)}")])
    return script


def bounds(first, last, size):
    """First and last position of a range of this body."""
    if not first:
        return max(0, size - int(last)), size - 1
    return int(first), min(int(last), size - 1) if last else size - 1


def parts(response):
    """[(first, last, total, bytes)] of a 206, single or multipart."""
    kind = response.field("Content-Type") or ""
    if not kind.lower().startswith("multipart/byteranges"):
        return [(*place(response.field("Content-Range")), response.body)]
    assert response.field("Content-Range") is None, "RFC 9110 15.3.7.2: not beside multipart"
    boundary = re.search(r'boundary="?([^";]+)"?', kind)[1].encode()
    pieces = response.body.split(b"--" + boundary)
    assert pieces[-1].startswith(b"--"), f"no end: {response.body!r}"
    return [part(piece) for piece in pieces[1:-1]]


def part(piece):
    assert piece.startswith(b"\r\n") and piece.endswith(b"\r\n"), piece
    head, _, body = piece[2:-2].partition(b"\r\n\r\n")
    fields = dict(re.split(r":\s*", line.lower(), maxsplit=1)
        for line in head.decode("latin-1").split("\r\n"))
    return (*place(fields["content-range"]), body)


def place(text):
    match = CONTENT_RANGE.fullmatch(text or "")
    assert match, f"not a Content-Range: {text!r}"
    return tuple(int(number) for number in match.groups())
