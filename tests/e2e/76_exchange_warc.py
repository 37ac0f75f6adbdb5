"""WARC files that larder wrote: they come back byte for byte, and what is damaged is told."""

import gzip
import json
import re
import subprocess
import zlib

import pytest

from harness.admin import Admin
from harness.exchange import MEMENTO, Lines, counts, digest, imported, same_of
from harness.larder import BINARY, merge
from harness.origin import Reply
from harness.store import FRESH, NO_MEMORY, noise, settle, text
from harness.table import table

ON = {"admin": {"listen": ["127.0.0.1:0"]}}
COUNT = 120
GZIP = {"Accept-Encoding": "gzip"}


# -- larder's own ----------------------------------------------------------------------------------

def reply_of(request):
    """Bodies of each kind by their number: text that larder compresses, octets, a gzip, nothing."""
    number = int(request.target.partition("?")[2])
    fields = {**FRESH, "Surrogate-Key": f"t{number % 7} all", "X-Data": "2026_05"}
    if number % 5 == 0:
        return Reply(text(number * 100) + b"%d" % number, fields={**fields, "Content-Type": "text/plain"})
    if number % 5 == 1:
        return Reply(noise(number * 50), fields=fields)
    if number % 5 == 2:
        return Reply(gzip.compress(b"%d" % number * 900, mtime=0), fields={**fields, "Content-Encoding": "gzip"})
    if number % 5 == 3:
        return Reply(b"", fields=fields)
    return Reply(b"%d in " % number + (request.field("Accept-Language") or "?").encode(),
        fields={**fields, "Vary": "Accept-Language", "Content-Type": "application/json"})


def asked():
    for number in range(COUNT):
        yield f"/n?{number}", {}
        if number % 5 == 4:
            yield f"/n?{number}", {"Accept-Language": "de"}


def answers(larder):
    with larder.client() as client:
        return {(target, *fields.items()): same_of(client.get(target, fields=fields)) for target, fields in asked()}


@pytest.fixture
def filled(store, origin):
    origin.reply("/n", script=reply_of)
    larder = store.open(merge(NO_MEMORY, {"routes": [
        {"path": "/", "upstream": "origin", "source_version": "X-Data"}]}))
    answers(larder)
    settle(larder)
    return larder


@pytest.fixture
def exported(filled, tools, tmp_path):
    def export(name):
        done = tools.run("export", "--config", filled.config_path, tmp_path / name, on=[])
        assert done.returncode == 0, done.stderr
        return tmp_path / name
    return export


@pytest.fixture
def replay(start):
    return lambda path, *options: start(arguments=["replay", str(path), *options])


def known_of(path):
    """What an export says of each entry, but for what a directory alone can't know."""
    return sorted(json.dumps({**entry, "source": None, "epoch": None}, sort_keys=True) for entry in Lines(path).entries)


@table("name", [("plain", "a.warc"), ("in members", "a.warc.gz")])
def test_all_of_it_comes_back(filled, exported, tools, replay, clock, tmp_path, name):
    first, lines = exported(name), exported("a.jsonl")
    before, packed = answers(filled), same_of(filled.get("/n?115", fields=GZIP))
    entries = known_of(lines)
    assert packed[1].startswith(b"\x1f\x8b") and any('"gzip_of"' in entry for entry in entries)
    assert len(entries) == COUNT + COUNT // 5
    told, _ = imported(tools, first, "--disk", tmp_path / "other")
    assert told == counts(stored=len(entries))
    assert imported(tools, first, "--disk", tmp_path / "other")[0] == counts(kept=len(entries))
    assert tools.run("export", tmp_path / "b.jsonl", on=["--disk", tmp_path / "other"]).returncode == 0
    assert known_of(tmp_path / "b.jsonl") == entries
    clock.advance(300)
    larder, other = (replay(path, "--listen", "127.0.0.1:0") for path in (first, lines))
    assert same_of(larder.get("/n?115", fields=GZIP)) == packed
    assert answers(larder) == before
    for target in ("/n?0", "/n?1"):
        one, two = larder.get(target), other.get(target)
        assert int(one.field("Age")) >= 300 and one.field(MEMENTO) == two.field(MEMENTO)
        assert abs(int(one.field("Age")) - int(two.field("Age"))) <= 5


def test_into_a_larder_that_runs(exported, tools, start, filled):
    before = answers(filled)
    other = start({**ON, "routes": [{"path": "/", "upstream": "origin"}]})
    told, _ = imported(tools, exported("a.warc"), "--admin", "http://" + Admin(other).name)
    assert told == counts(stored=COUNT + COUNT // 5)
    filled.stop()
    assert answers(other) == before


def test_from_standard_input(exported, tmp_path, filled):
    with open(exported("a.warc.gz"), "rb") as file:
        done = subprocess.run([BINARY, "import", "--disk", tmp_path / "other", "--json", "-"], stdin=file,
            capture_output=True, check=False)
    assert json.loads(done.stdout) == counts(stored=COUNT + COUNT // 5), done


# -- damage ----------------------------------------------------------------------------------------

def places(data):
    """Where records begin."""
    return [found.start() for found in re.finditer(rb"WARC/1\.1\r\nWARC-Type", data)]


def within(data, number, what, instead):
    """The first place behind a record's begin that has it."""
    at = data.index(what, places(data)[number])
    assert len(what) == len(instead)
    return data[:at] + instead + data[at + len(what):]


def another_body(data):
    at = data.index(b"\r\n\r\n", data.index(b"HTTP/1.1 200", places(data)[2])) + 4
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def unsigned(data):
    return re.sub(rb"WARC-(Block|Payload)-Digest: [^\r]*\r\n", b"", another_body(data))


def without_pair(data):
    at = places(data)
    return data[:at[2]] + data[at[4]:]


@table("change, stored, refused, words", [
    ("a flipped bit in a body", another_body, -1, 1,
        ["record 3 at byte ", "WARC-Block-Digest: ", " is expected, ", " was found"]),
    ("nobody signed it", unsigned, -1, 1, ["has another digest|can't be made again"]),
    ("other metadata", lambda data: within(data, 3, b'"lifetime_ms":600', b'"lifetime_ms":900'), -1, 1,
        ["record 4 at byte ", "WARC-Block-Digest"]),
    ("cut in a record", lambda data: data[:places(data)[20] + 300], 9, 0,
        ["record 21 at byte ", "the file ends within it"]),
    ("cut between two", lambda data: data[:places(data)[22]], 10, 0,
        ["record 23 at byte ", "the file ends before its last record"]),
    ("cut between a response and what is known of it", lambda data: data[:places(data)[23]], 10, 0,
        ["the file ends before its last record"]),
    ("a pair is missing", without_pair, -1, 0, ["there were more entries before the end"]),
    ("something between", lambda data: data[:places(data)[6]] + b"\r\n" + data[places(data)[6]:], 2, 0,
        ["record 7 at byte ", "no record of WARC/1.0 or WARC/1.1 begins here"]),
    ("another version", lambda data: within(data, 6, b"WARC/1.1", b"WARC/2.0"), 2, 0,
        ["record 7 at byte ", "no record of WARC"]),
    ("too short a length", lambda data: re.sub(rb"(?<=Content-Length: )\d+(?=\r\n\r\nHTTP)", b"9", data, count=1), 0, 0,
        ["record 3 at byte ", "not as long as its Content-Length says"]),
    ("a huge length", lambda data: re.sub(rb"(?<=Content-Length: )\d+(?=\r\n\r\nHTTP)", b"9" * 18, data, count=1), 0, 0,
        ["record 3 at byte ", "the file ends within it"]),
    ("no length", lambda data: re.sub(rb"Content-Length: \d+\r\n(?=\r\nHTTP)", b"", data, count=1), 0, 0,
        ["record 3 at byte ", "one Content-Length is expected"]),
    ("two of them", lambda data: data + data, 0, 0, ["another export begins here"]),
])
def test_damage_is_told_and_the_rest_goes_in(exported, tools, tmp_path, change, stored, refused, words):
    """stored: of all but so many, where it is negative; of the whole where it is 0 and the damage lies at the end."""
    path = exported("a.warc")
    whole = COUNT + COUNT // 5
    path.write_bytes(change(path.read_bytes()))
    told, said = imported(tools, path, "--disk", tmp_path / "other", code=1)
    if "another export" in words[0]:
        stored = whole
    assert told == counts(stored=whole + stored if stored < 0 else stored, refused=refused), said
    for word in words:
        assert re.search(word, said), said
    assert tools.run("verify", on=["--disk", tmp_path / "other"]).returncode == 0


def another_zlib(data):
    """As if what larder compressed had been compressed by another one: another digest, and the record is right."""
    def again(found):
        fields, block = found[1], re.sub(rb'("sha256":")[0-9a-f]{64}', rb"\g<1>" + b"0" * 64, found[2])
        signed = digest(block).encode()
        return re.sub(rb"(WARC-Block-Digest: )[^\r]*", rb"\g<1>" + signed, fields) + b"\r\n\r\n" + block
    changed, count = re.subn(rb'(WARC-Type: metadata(?:\r\n[^\r]+)+)\r\n\r\n(\{"url"[^\r]*"gzip_of"[^\r]*)', again, data)
    assert count == 3
    return changed


def test_a_gzip_of_another_zlib(exported, filled, tools, replay, tmp_path):
    path, before = exported("a.warc"), answers(filled)
    path.write_bytes(another_zlib(path.read_bytes()))
    assert imported(tools, path, "--disk", tmp_path / "other")[0] == counts(stored=COUNT + COUNT // 5)
    larder = replay(path, "--listen", "127.0.0.1:0")
    packed = larder.get("/n?115", fields=GZIP)
    assert gzip.decompress(packed.body) == text(11500) + b"115"
    assert answers(larder) == before
    path.write_bytes(re.sub(rb"WARC-Payload-Digest: [^\r]*\r\n", b"", path.read_bytes()))
    told, said = imported(tools, path, "--disk", tmp_path / "third", code=1)
    assert told["refused"] == 3 and "its gzip can't be made again" in said, said


@table("change, words", [
    ("nothing", lambda _: b"", "no export"),
    ("no WARC", lambda _: b"WARC/0.18\r\n", "no export"),
    ("its begin", lambda data: data[:100], "it ends before its first entry"),
    ("a gzip of something else", lambda _: gzip.compress(b"{}\n"), "no export"),
    ("half a gzip", lambda data: gzip.compress(data[:100])[:50], "it ends before"),
    ("fields without end", lambda _: b"WARC/1.1\r\n" + b"A: b\r\n" * 100000, "no export"),
])
def test_what_is_none(tools, exported, tmp_path, change, words):
    path = exported("a.warc")
    path.write_bytes(change(path.read_bytes()))
    done = tools.run("import", path, on=["--disk", tmp_path / "other"])
    assert done.returncode == 1 and words in done.stderr and str(path) in done.stderr, done


def member(data, number):
    """Where the gzip member with this number begins."""
    rest = data
    for _ in range(number):
        one = zlib.decompressobj(zlib.MAX_WBITS | 16)
        one.decompress(rest)
        rest = one.unused_data
    return len(data) - len(rest)


@table("change, words", [
    ("a flipped bit", lambda data, at: data[:at + 40] + bytes([data[at + 40] ^ 16]) + data[at + 41:],
        "the gzip is damaged|WARC-Block-Digest|malformed"),
    ("something between", lambda data, at: data[:at] + b"\0\0" + data[at:], "the gzip is damaged"),
    ("cut", lambda data, at: data[:at + 30], "the file ends within it"),
    ("its place", lambda data, at: data[:at] + gzip.compress(b"WARC/1.1\r\n"), "at byte {at}: the file ends"),
])
def test_a_damaged_gzip(tools, exported, tmp_path, change, words):
    path = exported("a.warc.gz")
    data = path.read_bytes()
    at = member(data, 8)
    path.write_bytes(change(data, at))
    told, said = imported(tools, path, "--disk", tmp_path / "other", code=1)
    assert told["stored"] == 3 and re.search(words.format(at=at), said), (told, said)
