"""Purges and releases where there is a disk tier: what was answered for stays so through kill -9."""

import pytest

from harness.metrics import at_least, equals
from harness.purge import BEARER, SETTINGS, purge
from harness.table import table

FIELDS = {"Cache-Control": "max-age=600", "Surrogate-Key": "k", "X-Release": "1", "ETag": '"1"'}
ALL = ["/r/a", "/r/a?x=1", "/b"]


def settings(tmp_path):
    return {"server": {"purge": SETTINGS}, "cache": {"disk": {"path": str(tmp_path / "disk"),
        "free_floor": 0}}, "routes": [{"path": "/r", "upstream": "origin", "upstream_path": "/r",
        "source_version": "X-Release"}, {"path": "/", "upstream": "origin"}]}


def stored(larder, origin):
    for target in ALL:
        origin.reply(target, target.encode(), fields=FIELDS)
        larder.get(target)
    larder.wait_metric("cache_entries", at_least(len(ALL)), tier="disk")


@table("target, fields, reached", [
    ("url", "/r/a", {}, [0]), ("prefix", "/r/a*", {}, [0, 1]), ("prefix-of-all", "/*", {}, [0, 1, 2]),
    ("tag", "/", {"Cache-Tag": "k"}, [0, 1, 2]), ("route", "/r", {"Purge-Scope": "route"}, [0, 1]),
    ("older", "/r", {"Purge-Older-Than": "0"}, [0, 1]), ("all", "/", {"Purge-Scope": "all"}, [0, 1, 2])])
@pytest.mark.parametrize("mode", ["hard", "soft"])
@pytest.mark.parametrize("cold", [False, True])
def test_a_purge_outlasts_the_process(start, origin, tmp_path, clock, target, fields, reached, mode, cold):
    larder = start(settings(tmp_path))
    stored(larder, origin)
    clock.advance(1)
    if cold:  # what is found is on disk only
        larder.kill()
        larder = start(settings(tmp_path))
        larder.wait_metric("cache_entries", at_least(len(ALL)), tier="disk")
    soft = {"Soft-Purge": "1"} if mode == "soft" else {}
    told = purge(larder, target, **fields, **soft)
    assert told["entries"] == {"memory": 0 if cold else len(reached), "disk": len(reached)}
    larder.kill()
    larder = start(settings(tmp_path))
    larder.wait_metric("disk_up", at_least(1))
    assert [i for i, t in enumerate(ALL) if not larder.get(t).hit] == reached
    for i in reached:
        assert bool(origin.last(ALL[i]).field("If-None-Match")) == (mode == "soft")


def test_a_release_is_known_after_a_restart(start, origin, tmp_path):
    larder = start(settings(tmp_path))
    stored(larder, origin)
    larder.stop()
    larder = start(settings(tmp_path))
    larder.wait_metric("disk_up", at_least(1))
    origin.reply("/r/new", b"2", fields={**FIELDS, "X-Release": "2"})
    larder.get("/r/new")
    assert [larder.get(t).hit for t in ALL] == [False, False, True]


def test_a_purge_that_a_restart_would_forget(start, origin, tmp_path):
    """The directory can't be had: it is out of reach now, but may be back afterwards, so it is not promised."""
    origin.reply("/a", b"x", fields=FIELDS)
    directory = tmp_path / "not" / "mounted"
    larder = start({"server": {"purge": SETTINGS}, "cache": {"disk": {"path": str(directory), "free_floor": 0}}})
    assert larder.get("/a").status == 200
    assert larder.get("/a", method="PURGE", fields=BEARER).status == 503
    directory.parent.mkdir()
    larder.wait_metric("disk_up", equals(1))
    assert larder.get("/a", method="PURGE", fields=BEARER).status == 200


def test_a_part_of_what_cannot_be_does_not_stop_the_writer(start, origin, tmp_path):
    larder = start(settings(tmp_path))
    origin.reply("/b", b"x" * 100, status=206, fields={"Cache-Control": "max-age=600", "ETag": '"1"',
        "Content-Range": "bytes 0-99/2000000000000000000"})
    larder.get("/b", fields={"Range": "bytes=0-99"})
    stored(larder, origin)
    assert larder.metric("disk_up") == 1
