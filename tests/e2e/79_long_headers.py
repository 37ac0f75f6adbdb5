"""Headers that are longer than clients' connections were made for: what is stored with one is as if it weren't."""

import json

import pytest

from harness.admin import Admin
from harness.larder import merge, run
from harness.origin import Reply
from harness.store import NO_MEMORY, settle

ON = {"admin": {"listen": ["127.0.0.1:0"]}}
FRESH = {"Cache-Control": "max-age=600"}
KIB = 1024


def limit(text):
    return merge(ON, {"upstreams": {"origin": {"max_header_bytes": text}}})


def filler(kib, name="X"):
    return [(f"{name}-{i}", "y" * KIB) for i in range(kib)]


def reply(origin, kib):
    origin.reply("/long", b"hello", fields=[*FRESH.items(), *filler(kib)])


def test_reload_can_not_raise_it(start, origin):
    reply(origin, 60)
    larder = start(limit("16KiB"))
    larder.write_config(merge(json.loads(larder.config_path.read_text()), limit("128KiB")))
    for _ in range(2):
        done = Admin(larder).post("/reload")
        assert done.json == {
            "changed": [], "kept": ["upstreams.origin.max_header_bytes"], "faults": []}
        larder.wait_event("reload-needs-restart")
        assert larder.get("/long").status == 502
    assert "max_header_bytes: 16KiB" in Admin(larder).get("/config").json["yaml"]


def test_reload_changes_it_below_that(start, origin):
    reply(origin, 6)
    larder = start(limit("16KiB"))
    config = json.loads(larder.config_path.read_text())
    for text, status in ("4KiB", 502), ("16KiB", 200):
        larder.write_config(merge(config, limit(text)))
        assert Admin(larder).post("/reload").json["kept"] == []
        assert larder.get("/long").status == status


@pytest.mark.parametrize("now,status,asked", [("128KiB", 200, 1), ("64KiB", 200, 1), ("8KiB", 502, 2)])
def test_of_an_earlier_life(store, origin, now, status, asked):
    reply(origin, 60)
    larder = store.open(merge(NO_MEMORY, limit("128KiB")))
    assert larder.get("/long").status == 200
    settle(larder)
    larder = store.again(larder, changes=merge(NO_MEMORY, limit(now)))
    answer = larder.get("/long")
    assert answer.status == status and origin.count("/long") == asked
    if asked == 2:
        why = Admin(larder).get("/why?url=/long").json
        assert why["would"]["outcome"] == "miss" and why["copies"][0]["fit"] == "long"


@pytest.mark.parametrize("kib,limits,stored", [(60, "8KiB", 0), (60, "128KiB", 1), (7, "8KiB", 1)])
def test_import(start, origin, kib, limits, stored):
    reply(origin, kib)
    larder = start(limit("128KiB"))
    larder.get("/long")
    lines = Admin(larder).post("/export").body
    other = start(limit(limits))
    done = Admin(other).post("/import", lines).json
    assert done["stored"] == stored and done["refused"] == 1 - stored
    assert stored or "its header is longer" in done["faults"][0]
    assert other.get("/long").status == (200 if stored else 502)
    assert origin.count("/long") == 2 - stored


@pytest.mark.parametrize("ending", ["sqlite", "jsonl"])
def test_replay_has_room(start, origin, tmp_path, ending):
    reply(origin, 200)
    larder = start(limit("256KiB"))
    first = larder.get("/long")
    bundle = tmp_path / f"all.{ending}"
    assert run("export", bundle, "--admin", f"http://{Admin(larder).name}").returncode == 0
    replay = start(arguments=["replay", str(bundle), "--listen", "127.0.0.1:0"])
    answer = replay.get("/long")
    assert answer.status == 200 and answer.body == first.body
    assert [f for f in answer.fields if f[0].startswith("X-")] == filler(200)


def test_freshened_beyond_it(start, origin):
    """The 304 brings so many fields of its own that both together can't be sent: the whole is asked for."""
    def script(seen):
        if seen.field("If-None-Match"):
            return Reply(status=304, fields=[("ETag", '"1"'), *FRESH.items(), *filler(7, "Z")])
        return Reply(b"hello", fields=[("ETag", '"1"'), ("Cache-Control", "max-age=0"), *filler(7)])
    origin.reply("/long", script=script)
    larder = start(limit("8KiB"))
    assert larder.get("/long").status == 200
    for asked in 3, 5:
        assert larder.get("/long").body == b"hello"
        assert origin.count("/long") == asked
