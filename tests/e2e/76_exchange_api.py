"""POST /import: by its first line it is told whose lines they are, and whether this larder can read them."""

import json

import pytest

from harness.admin import Admin
from harness.table import table

ON = {"admin": {"listen": ["127.0.0.1:0"]}}
LINES = {"Content-Type": "application/jsonl"}


@pytest.fixture
def exported(start, origin):
    """The lines of an export of one entry."""
    origin.reply("/a", b"{}", fields={"Cache-Control": "max-age=600", "Content-Type": "application/json"})
    larder = start(ON)
    larder.get("/a")
    return Admin(larder).post("/export").body.splitlines()


def manifest(line, **changes):
    return json.dumps({**json.loads(line), **changes}).encode()


def other_way_round(line, version):
    members = json.loads(line)
    members.pop("larder_export")
    return json.dumps({**members, "larder_export": version}).encode()


@table("make,told", [
    ("as it was", lambda line: [line], None),
    ("none", lambda line: [], None),
    ("behind an empty line", lambda line: [b"", line], None),
    ("in another order", lambda line: [other_way_round(line, 1)], None),
    ("of a newer format", lambda line: [line.replace(b'"larder_export":1', b'"larder_export":2')], "line 1: an export of a newer"),
    ("with blanks", lambda line: [manifest(line, larder_export=2)], "line 1: an export of a newer"),
    ("newer, in another order", lambda line: [other_way_round(line, 2)], "line 1: an export of a newer"),
    ("newer, behind an empty line", lambda line: [b"", other_way_round(line, 9)], "line 2: an export of a newer"),
    ("of no format", lambda line: [line.replace(b'"larder_export":1', b'"larder_export":0')], "line 1: a manifest"),
    ("of words", lambda line: [line.replace(b'"larder_export":1', b'"larder_export":"1"')], "line 1: a manifest"),
    ("cut", lambda line: [line[:40]], "line 1: a manifest"),
])
def test_the_manifest(start, origin, exported, make, told):
    larder = start(ON)
    body = b"\n".join([*make(exported[0]), *exported[1:]]) + b"\n"
    answer = Admin(larder).post("/import", body, headers=LINES)
    origin.requests.clear()
    if told is None:
        assert (answer.status, answer.json["stored"], answer.json["faults"]) == (200, 1, []), answer
        assert larder.get("/a").hit and origin.count() == 0
    else:
        assert answer.status == 422 and answer.json["detail"].startswith(told), answer
        assert not larder.get("/a").hit and origin.count() == 1


def test_tags_that_a_route_gave_come_along(start, origin):
    """It was purged by one that the configuration doesn't give any more; and can be by one."""
    tagged = {"path": "/", "upstream": "origin", "tags": ["t:{1}"]}
    larder = start({**ON, "routes": [tagged]})
    admin = Admin(larder)
    for target in ("/a", "/b"):
        origin.reply(target, b"old", fields={"Cache-Control": "max-age=600"})
        larder.get(target)
    bundle = admin.post("/export").body
    assert admin.post("/purges", {"scope": "tag", "value": "t:a"}).json["entries"]["memory"] == 1
    assert admin.post("/purges", {"scope": "url", "value": "/b"}).status == 200
    before = json.loads(larder.config_path.read_text())
    larder.write_config({**before, "routes": [{**tagged, "tags": []}]})
    assert admin.post("/reload").status == 200
    told = admin.call("POST", "/import", bundle, headers=LINES).json
    assert (told["stored"], told["refused"]) == (0, 2)

    elsewhere = start(ON)
    admin = Admin(elsewhere)
    assert admin.call("POST", "/import", bundle, headers=LINES).json["stored"] == 2
    assert admin.post("/purges", {"scope": "tag", "value": "t:a"}).json["entries"]["memory"] == 1
    assert not elsewhere.get("/a").hit and elsewhere.get("/b").hit
