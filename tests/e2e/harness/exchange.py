"""Exports as they are read by who is not larder.

	lines = Lines(path)		.manifest, .entries (dicts), .end
	lines.write(path)		what was changed, as a file again
	records(path)			of a WARC file: [Record], gzip or not; each length and digest checked
"""

import base64
import gzip
import hashlib
import json
import re
import sqlite3
import zlib
from dataclasses import dataclass

from harness.store import NEVER_SAME, noise

MEMENTO = "memento-datetime"


class Lines:
    def __init__(self, path):
        first, *rest, last = path.read_text().splitlines()
        self.manifest, self.end = json.loads(first), json.loads(last)
        self.entries = [json.loads(line) for line in rest]

    def urls(self):
        return sorted(entry["url"] for entry in self.entries)

    def entry(self, url):
        (found,) = [entry for entry in self.entries if entry["url"] == url]
        return found

    def write(self, path):
        self.end["larder_end"] = len(self.entries)
        whole = [self.manifest, *self.entries, self.end]
        path.write_text("".join(
            (one if isinstance(one, str) else json.dumps(one)) + "\n" for one in whole))
        return path


def body_of(entry, body):
    """The entry with another body, all that is told of it right."""
    return {**entry, "size": len(body), "sha256": hashlib.sha256(body).hexdigest(),
        "body": base64.b64encode(body).decode()}


def same_of(response):
    """What an answer has in common with its replay."""
    return response.status, response.body, [field for field in response.fields
        if field[0].lower() not in NEVER_SAME | {MEMENTO}]


def counts(**changes):
    """What an import says of itself."""
    return {"stored": 0, "kept": 0, "refused": 0, "passed": 0, **changes}


def imported(tools, path, *on, code=0):
    """(counts, what was said) of an import; on: into what."""
    done = tools.run("import", path, "--json", on=[*on])
    assert done.returncode == code, (done.stdout, done.stderr)
    assert "Sanitizer" not in done.stderr and "Assertion" not in done.stderr
    return json.loads(done.stdout), done.stderr


@dataclass
class Record:
    fields: dict
    block: bytes

    @property
    def kind(self):
        return self.fields["WARC-Type"]

    def message(self):
        """(status, fields, payload) of a response."""
        head, _, payload = self.block.partition(b"\r\n\r\n")
        first, *rest = head.decode("latin-1").split("\r\n")
        return int(first.split()[1]), [line.split(": ", 1) for line in rest], payload


def digest(data):
    return "sha256:" + base64.b32encode(hashlib.sha256(data).digest()).decode()


def members(data):
    """The gzip members of a file, each of which is a record."""
    while data:
        one = zlib.decompressobj(zlib.MAX_WBITS | 16)
        yield one.decompress(data)
        assert one.eof
        data = one.unused_data


def take_record(data):
    """(the first record, what stands behind it); ISO 28500 5."""
    head, _, rest = data.partition(b"\r\n\r\n")
    version, *lines = head.decode().split("\r\n")
    assert version == "WARC/1.1"
    fields = dict(line.split(": ", 1) for line in lines)
    size = int(fields["Content-Length"])
    block, rest = rest[:size], rest[size:]
    assert len(block) == size and rest[:4] == b"\r\n\r\n"
    assert digest(block) == fields["WARC-Block-Digest"]
    assert re.fullmatch(r"<urn:uuid:[0-9a-f-]{36}>", fields["WARC-Record-ID"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", fields["WARC-Date"])
    return Record(fields, block), rest[4:]


def records(path):
    data = path.read_bytes()
    if path.name.endswith(".gz"):
        pieces = list(members(data))
        assert b"".join(pieces) == gzip.decompress(data)
        taken = [take_record(piece) for piece in pieces]
        assert all(rest == b"" for _, rest in taken)
        return [record for record, _ in taken]
    found = []
    while data:
        record, data = take_record(data)
        found.append(record)
    assert len({record.fields["WARC-Record-ID"] for record in found}) == len(found)
    return found


# -- files that break ------------------------------------------------------------------------------

def cut(path):
    path.write_bytes(path.read_bytes()[:-200])


def without_end(path):
    path.write_text("".join(path.read_text().splitlines(True)[:-1]))


def statement(sql):
    def change(path):
        with sqlite3.connect(path) as database:
            database.executescript(sql)
        database.close()
    return change


def garbage(path):
    data = bytearray(path.read_bytes())
    data[4096:] = noise(len(data) - 4096)
    path.write_bytes(data)
