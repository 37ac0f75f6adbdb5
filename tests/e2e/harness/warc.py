"""WARC files as others write them: record by record, right or wrong.

	archive = Archive()
	archive.exchange("http://origin/a", answer(b"body"))	request and response, as wget has them
	archive.add("resource", b"...", {"Content-Type": "text/plain"})
	archive.write(path)					gzip members where the name ends with .gz
"""

import base64
import gzip
import hashlib
import uuid

DATE = "2026-11-21T17:11:04Z"


def digest(data, algorithm="sha1"):
    return f"{algorithm}:" + base64.b32encode(hashlib.new(algorithm, data).digest()).decode()


def lines(first, fields, body=b""):
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{first}\r\n{head}\r\n".encode("latin-1") + body


def answer(body, status="200 OK", fields=None, **changes):
    """The bytes of a response."""
    known = {"Content-Type": "text/plain", "Cache-Control": "max-age=3600",
        "Content-Length": len(body), **(fields or {}), **changes}
    return lines(f"HTTP/1.1 {status}", {name: value for name, value in known.items()
        if value is not None}, body)


def question(target="/", method="GET", fields=None):
    return lines(f"{method} {target} HTTP/1.1", {"Host": "origin", "User-Agent": "wget", **(fields or {})})


def chunks(body, size=7):
    pieces = [body[at:at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def record(kind, block, fields, version="WARC/1.0"):
    known = {"WARC-Type": kind, "WARC-Record-ID": f"<urn:uuid:{uuid.uuid4()}>", "WARC-Date": DATE,
        "WARC-Block-Digest": digest(block), "Content-Length": len(block), **fields}
    return lines(version, {name: value for name, value in known.items() if value is not None},
        block) + b"\r\n\r\n"


class Archive:
    def __init__(self, date=DATE):
        self.date = date
        self.records = []
        self.add("warcinfo", b"software: Wget/1.21\r\n", {"Content-Type": "application/warc-fields"})

    def add(self, kind, block, fields):
        self.records.append(record(kind, block, {"WARC-Date": self.date, **fields}))

    def response(self, url, block, **fields):
        payload = block.partition(b"\r\n\r\n")[2]
        if block.startswith(b"HTTP/1.1 1"):
            payload = payload.partition(b"\r\n\r\n")[2]
        self.add("response", block, {"WARC-Target-URI": url,
            "Content-Type": "application/http;msgtype=response",
            "WARC-Payload-Digest": digest(payload),
            **{name.replace("_", "-"): value for name, value in fields.items()}})

    def request(self, url, block, **fields):
        self.add("request", block, {"WARC-Target-URI": url,
            "Content-Type": "application/http;msgtype=request",
            **{name.replace("_", "-"): value for name, value in fields.items()}})

    def exchange(self, url, block, asked=None, behind=False):
        """behind: the request follows its response, and names it."""
        one, other = f"<urn:uuid:{uuid.uuid4()}>", f"<urn:uuid:{uuid.uuid4()}>"
        asked = asked or question()
        if behind:
            self.response(url, block, WARC_Record_ID=one)
            self.request(url, asked, WARC_Record_ID=other, WARC_Concurrent_To=one)
        else:
            self.request(url, asked, WARC_Record_ID=one)
            self.response(url, block, WARC_Record_ID=other, WARC_Concurrent_To=one)

    def write(self, path):
        members = map(gzip.compress, self.records) if path.name.endswith(".gz") else self.records
        path.write_bytes(b"".join(members))
        return path
