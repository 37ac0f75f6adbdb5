"""Imports of what no larder stores: refused one by one, by the command and by the API."""

import json

import pytest

from harness.admin import Admin
from harness.exchange import Lines, body_of
from harness.larder import merge, run
from harness.origin import Reply
from harness.table import table

ON = {"admin": {"listen": ["127.0.0.1:0"]}}
FRESH = {"Cache-Control": "max-age=600"}


@pytest.fixture
def entry(start, origin, tmp_path):
    """entry(sent, **how): the export of a larder that has one response, and asked for it so."""
    def make(sent=None, settings=None, **how):
        origin.replies("/a", Reply(b"0123456789", fields={**FRESH, **(sent or {})}))
        larder = start(merge(ON, settings or {}))
        assert larder.get("/a", **how).status in (200, 206)
        path = tmp_path / "a.jsonl"
        path.write_bytes(Admin(larder).post("/export").body)
        return Lines(path)
    return make


def answers(start, tmp_path, lines, settings=None):
    """What the command and what the API say: (stored, words) each."""
    path = lines.write(tmp_path / "b.jsonl")
    done = run("import", path, "--disk", tmp_path / "other", "--json")
    yield json.loads(done.stdout)["stored"], done.stderr
    answer = Admin(start(merge(ON, settings or {}))).post("/import", path.read_bytes()).json
    yield answer["stored"], "".join(answer["faults"])


def status(number, body=None):
    return lambda entry: {**(entry if body is None else body_of(entry, body)), "status": number}


def fields_of(*fields):
    return lambda entry: {**entry, "fields": [*entry["fields"], *map(list, fields)]}


def variant(vary, *pairs):
    return lambda entry: {**fields_of(("Vary", vary))(entry), "variant": [list(p) for p in pairs]}


def part(first, total, number=206):
    return lambda entry: {**entry, "status": number, "part": {"first": first, "total": total}}


@table("change, why", [
    ("an interim response", status(103), "status"),
    ("204 with a body", status(204), "have no body"),
    ("205 with a body", status(205), "have no body"),
    ("304", status(304), "a 304 is never stored"),
    ("304 without a body", status(304, b""), "a 304 is never stored"),
    ("206 that is no part", status(206), "is a part"),
    ("a part that is a 200", part(0, 100, 200), "is a part"),
    ("Vary: *", fields_of(("Vary", "*")), "no request selects it"),
    ("Vary: * among others", variant("X-A, *", ("x-a", "1")), "no request selects it"),
    ("Vary of no name", fields_of(("Vary", "a b")), "no request selects it"),
    ("Vary without a variant", fields_of(("Vary", "X-A")), "all that Vary names"),
    ("Vary of more than the variant", variant("X-A, X-B", ("x-a", "1")), "all that Vary names"),
    ("another variant", variant("X-A", ("x-b", "1")), "all that Vary names"),
    ("a coding of some clients", fields_of(("Content-Encoding", "br")), "all that Vary names"),
    ("selected by a cookie", variant("Cookie", ("cookie", "a=b")), "with credentials"),
    ("selected by credentials", variant("Authorization", ("authorization", "Basic x")), "with credentials"),
])
def test_refused(start, tmp_path, entry, change, why):
    lines = entry()
    lines.entries = [change(one) for one in lines.entries]
    for stored, words in answers(start, tmp_path, lines):
        assert stored == 0 and why in words, words


@table("change", [
    ("as it is", lambda entry: entry),
    ("204 without a body", status(204, b"")),
    ("205 without a body", status(205, b"")),
    ("206 that is a part", part(10, 100)),
    ("its variant", variant("X-A", ("x-a", "1"))),
    ("more than Vary names", variant("X-A", ("x-a", "1"), ("x-b", "1"))),
    ("without a cookie", variant("Cookie", ("cookie", ",absent"))),
    ("Vary: Accept-Encoding, which serves all", fields_of(("Vary", "Accept-Encoding"))),
])
def test_taken(start, tmp_path, entry, change):
    lines = entry()
    lines.entries = [change(one) for one in lines.entries]
    for stored, words in answers(start, tmp_path, lines):
        assert stored == 1, words


def test_what_a_route_leaves_of_vary(start, tmp_path, entry):
    """The route says what it varies by: elsewhere it is for all that Vary names."""
    narrow = {"routes": [{"path": "/", "upstream": "origin", "vary": ["X-A"]}]}
    lines = entry({"Vary": "X-A, X-B"}, narrow, fields={"X-A": "1"})
    for stored, words in answers(start, tmp_path, lines, narrow):  # the command's are the export's own
        assert stored == 1, words
    _, (stored, words) = answers(start, tmp_path, lines)
    assert stored == 0 and "all that Vary names" in words
