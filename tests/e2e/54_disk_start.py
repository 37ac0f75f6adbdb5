"""A start on what is there: whole, torn by a crash, with strays, or without its table of invalidations."""

import os

import pytest

from harness.faults import Clients, writes_again
from harness.larder import Larder
from harness.metrics import equals
from harness.store import (FRESH, KIB, MIB, NO_MEMORY, Store, changes_of_state, disk_lookups, entries,
    flip, noise, overwrite, settle, shorten)
from harness.table import table
from harness.wait import until

SMALL = 8 * KIB


def filled(store, origin, count=20, size=SMALL, end=Larder.kill):
    """Clients whose answers are on the disk, of a larder that has ended."""
    clients = Clients(store.open(), origin, size)
    clients.ask(count)
    settle(clients.larder)
    end(clients.larder)
    return clients


# -- whole ----------------------------------------------------------------------------------------------

@table("end", [("term", Larder.stop), ("kill", Larder.kill)])
def test_the_first_request_is_a_hit(store, origin, end):
    """Nothing is waited for but the listener."""
    clients = filled(store, origin, 200, end=end)
    clients.larder = larder = store.begin()
    first = clients.check(100)
    assert first.hit and disk_lookups(larder) == 1
    assert all(answer.hit for answer in clients.check_all())
    assert origin.count() == 200
    larder.wait_metric("cache_entries", equals(200), tier="disk")
    assert changes_of_state(larder) == []


def test_the_directory_is_made(start, origin, tmp_path):
    store = Store(tmp_path / "not-there-yet", start)
    clients = Clients(store.open(), origin)
    writes_again(clients.larder, clients, store)


def test_numbers_after_a_start(store, origin):
    """What is known of the store is known before anything is asked."""
    clients = filled(store, origin, 10, 100 * KIB)
    larder = clients.larder = store.open()
    larder.wait_metric("cache_entries", equals(10), tier="disk")
    metrics = larder.metrics()
    assert 10 * 100 * KIB <= metrics.sum("cache_bytes", tier="disk") < 10 * 100 * KIB + 4 * MIB
    assert metrics.sum("disk_write_queue_length") == 0
    assert metrics.sum("disk_errors_total") == metrics.sum("disk_moved_aside_total") == 0


def test_without_a_disk_tier(larder, origin):
    origin.reply("/a", b"x", fields=FRESH)
    larder.get("/a")
    assert larder.get("/a").hit
    assert larder.metric("cache_tier_lookups_total", tier="disk") == 0
    assert not [event for event in larder.events if str(event.get("event")).startswith("disk")]


@table("changes", [("inline-limit", {"cache": {"disk": {"inline_limit": "1KiB"}}}),
    ("all-inline", {"cache": {"disk": {"inline_limit": "1MiB"}}}),
    ("no-compression", {"cache": {"compression": {"level": 0}}}),
    ("sync-always", {"cache": {"disk": {"fsync": "always"}}}),
    ("sync-never", {"cache": {"disk": {"fsync": "never"}}})])
def test_other_settings_read_the_same_store(store, origin, changes):
    clients = filled(store, origin, 10, 30 * KIB)
    larder = clients.larder = store.open(changes)
    assert all(answer.hit for answer in clients.check_all())
    clients.ask(5)
    clients.larder = store.again(larder, Larder.kill)
    assert all(answer.hit for answer in clients.check_all())


def test_another_namespace_version_reaches_nothing_old(store, origin):
    clients = filled(store, origin, 5)
    larder = clients.larder = store.open({"cache": {"namespace_version": 2}})
    assert not any(answer.hit for answer in clients.check_all())
    clients.larder = store.again(larder, Larder.kill)
    assert all(answer.hit for answer in clients.check_all()), "the first one's are still there"


# -- torn ------------------------------------------------------------------------------------------------

@table("share", [(f"{share}-of-8", share) for share in range(9)])
def test_a_log_that_was_cut(store, origin, share):
    """What its lost part told is asked again; no more than that is lost, and nothing is wrong."""
    clients = filled(store, origin)
    least, most = store.log_end()
    if most:
        os.truncate(store.log, least + (most - least) * share // 8)
    larder = clients.larder = store.open()
    answers = clients.check_all()
    if share == 8:
        assert all(answer.hit for answer in answers)
    assert larder.metric("disk_moved_aside_total") == 0
    assert larder.metric("disk_errors_total") == 0
    writes_again(larder, clients, store)


@table("damage", [("first-byte", lambda store: flip(store.log, 0)), ("frame", lambda store: flip(store.log, 3000)),
    ("middle", lambda store: flip(store.log, store.log.stat().st_size // 2)),
    ("end", lambda store: flip(store.log, -1)), ("garbage", lambda store: overwrite(store.log)),
    ("gone", lambda store: store.log.unlink()),
    ("index-is-garbage", lambda store: overwrite(store.path / "larder.db-shm")),
    ("index-is-gone", lambda store: (store.path / "larder.db-shm").unlink())])
def test_a_log_that_was_damaged(store, origin, damage):
    clients = filled(store, origin)
    if not store.log.exists() or store.log.stat().st_size < 8 * KIB:
        pytest.skip("all of the log is in the database already")
    damage(store)
    larder = clients.larder = store.begin()
    clients.check_all()
    larder.wait_metric("disk_up", equals(1))
    clients.check_all()
    writes_again(larder, clients, store)


@table("size", [("one-piece", 100 * KIB), ("three-pieces", 3 * MIB)])
@table("by", [("a-byte", 1), ("a-page", 4096), ("most", 99 * KIB), ("all", 3 * MIB)])
def test_a_file_that_was_cut(store, origin, size, by):
    """Its blocks hadn't reached the device."""
    clients = filled(store, origin, 3, size)
    for path in store.files().values():
        shorten(path, by)
    larder = clients.larder = store.open(NO_MEMORY)
    assert not any(answer.hit for answer in clients.check_all())
    settle(larder)
    assert all(answer.hit for answer in clients.check_all())
    assert len(store.files()) == 3 and store.strays() == []


def test_strays_are_removed(store, origin):
    """What a crash left behind, and what is none of ours where only ours may lie."""
    clients = filled(store, origin, 3, 100 * KIB)
    orphan = store.objects / "ab" / "cd" / ("abcd" + 60 * "0")
    strays = [orphan, orphan.with_name("no-digest"), store.path / "tmp" / "4711"]
    for path in strays:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(noise(100))
    larder = clients.larder = store.open()
    until(lambda: not any(path.exists() for path in (orphan, strays[2])), "they are removed")
    assert all(answer.hit for answer in clients.check_all())
    assert len([path for path in store.files().values() if path not in strays]) == 3
    assert larder.metric("disk_up") == 1


# -- without what had been invalidated --------------------------------------------------------------------

def cut_groups(share):
    def damage(path):
        os.truncate(path, path.stat().st_size * share // 8)
    return damage


@table("damage", [("removed", lambda path: path.unlink()), ("emptied", cut_groups(0)), ("half", cut_groups(4)),
    ("most", cut_groups(7)), ("a-byte-less", lambda path: shorten(path, 1)),
    ("another-magic", lambda path: flip(path, 0)), ("another-identity", lambda path: flip(path, 17)),
    ("garbage", overwrite)])
@table("end", [("term", Larder.stop), ("kill", Larder.kill)])
def test_without_the_table_of_invalidations_nothing_old_counts(store, origin, damage, end):
    """It may have known of a change: all is asked again. That is no fault."""
    clients = filled(store, origin, 5, 100 * KIB, end)
    damage(store.groups)
    larder = clients.larder = store.open()
    assert not any(answer.hit for answer in clients.check_all())
    assert origin.count() == 10
    settle(larder)
    assert entries(larder) == 5 and len(store.files()) == 5
    writes_again(larder, clients, store)


def test_a_table_from_elsewhere(store, start, origin, tmp_path):
    """One that is whole, but not the one that this store was written beside."""
    clients = filled(store, origin, 5)
    other = Store(tmp_path / "other", start)
    other.open().stop()
    store.groups.write_bytes(other.groups.read_bytes())
    clients.larder = larder = store.open()
    assert not any(answer.hit for answer in clients.check_all())
    writes_again(larder, clients, store)


def test_a_directory_that_was_moved(store, start, origin, tmp_path):
    """The same store under another path."""
    clients = filled(store, origin, 5, 100 * KIB, Larder.stop)
    moved = Store(tmp_path / "moved", start)
    store.path.rename(moved.path)
    clients.larder = larder = moved.open()
    assert all(answer.hit for answer in clients.check_all())
    writes_again(larder, clients, moved)
