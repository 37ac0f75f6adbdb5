"""POST /purges while what it is about waits for the disk: answered at once, and never served again once it has been written."""

import pytest

from harness.admin import Admin
from harness.metrics import equals
from harness.purging import HARD_ONLY, SCOPES, SOME, STALE, outlived, purge, settings, stored
from harness.store import NO_MEMORY, Store, settle
from harness.table import table


@pytest.fixture(params=[{}, NO_MEMORY], ids=["memory", "disk-only"])
def held(request, start, origin, tmp_path):
    """(store, larder, connection that keeps it from writing what is stored)"""
    store = Store(tmp_path / "disk", start)
    changes = settings(**request.param)
    larder = store.open(changes)
    larder.wait_metric("disk_write_queue_length", equals(0))
    other = store.connect(timeout=30)
    other.execute("BEGIN IMMEDIATE")
    stored(larder, origin)
    yield store, larder, other, changes
    other.close()


def again(store, larder, other, changes):
    """What waited is written; then it is killed, and there is another."""
    assert larder.metric("disk_write_queue_length") > 0
    other.execute("ROLLBACK")
    settle(larder)
    larder.kill()
    return store.open(changes)


@table("order, reached", SCOPES + HARD_ONLY[:1])
def test_it_is_not_waited_for(held, clock, order, reached):
    clock.advance(STALE if order["scope"] == "stale" else SOME)
    told = purge(Admin(held[1]), **order)
    assert told["entries"]["disk"] == len(reached)
    assert told["durable"]
    larder = again(*held)
    assert outlived(larder) == reached


def test_a_soft_one(held, origin):
    told = purge(Admin(held[1]), "prefix", "/r/a", mode="soft")
    assert told["entries"]["disk"] == 2
    larder = again(*held)
    assert outlived(larder) == [0, 1]
    assert origin.last("/r/a").field("If-None-Match") == '"1"'


def test_a_dry_run_counts_what_waits(held):
    told = purge(Admin(held[1]), "prefix", "/r/", dry_run=True)
    assert told["entries"]["disk"] == 3
    assert outlived(again(*held)) == []


def test_what_is_fetched_behind_it_stays(held):
    _, larder, _, _ = held
    purge(Admin(larder), "prefix", "/r/")
    assert not larder.get("/r/a").hit
    assert outlived(again(*held)) == [1, 2]
