"""What a disk does to larder: full, read-only, torn, locked, gone. Clients never hear of it.

The database has a file of its own (53_disk_database.py); what is asked of each fault: harness/faults.py.
"""

import resource
import shutil

import pytest

from harness import device as devices
from harness import larder as process
from harness.faults import FAILED, WORKS, Clients, failing, recovered, told, writes_again
from harness.larder import merge
from harness.metrics import at_least
from harness.store import (KIB, MIB, NO_MEMORY, Store, changes_of_state, flip, health, noise, overwrite,
    settle, shorten)
from harness.table import table
from harness.wait import until


# -- the device -----------------------------------------------------------------------------------------

@pytest.fixture
def device(tmp_path, monkeypatch):
    """40 MiB that larder's directory lies on, which takes 16 of them."""
    reason = devices.unavailable()
    if reason:
        pytest.skip(reason)
    with devices.Device(tmp_path, "56m") as made:
        monkeypatch.setattr(process, "BINARY", made.wrapper(process.BINARY))
        yield made


@pytest.fixture
def on_device(device, start):
    """A store there: larder knows it by one path, the test by another."""
    store = Store(device.path / "disk", start)
    inside = {"cache": {"disk": {"path": str(device.inside / "disk"), "size": "16MiB",
        "free_floor": "0"}}}
    store.configured = lambda changes=None: merge(inside, changes or {})
    return store


@table("size", [("files", 100 * KIB), ("rows", 30 * KIB)])
@table("memory", [("memory", {}), ("no-memory", NO_MEMORY)])
def test_a_full_device(device, on_device, origin, size, memory):
    larder = on_device.open(memory)
    clients = Clients(larder, origin, size)
    clients.ask(10)
    settle(larder)
    device.fill(leave=300 * KIB)
    clients.ask_until(lambda: failing(larder), "it is noticed")
    device.fill()
    told(larder)
    clients.ask_for(1.5)  # what is tried again meanwhile may have found the last room
    clients.ask_until(lambda: failing(larder), "there is none")
    changes = changes_of_state(larder)
    clients.ask_for(2.5)
    clients.check_all()
    assert changes_of_state(larder) == changes and changes[-1] == FAILED
    device.clear()
    clients.ask_until(lambda: not failing(larder), "it works again")
    recovered(larder, (*changes, WORKS))
    writes_again(larder, clients, on_device, memory)


def test_a_body_that_the_device_has_no_room_for(device, on_device, origin):
    """It is spooled there, as it comes, until it can't be: its client gets it whole, from elsewhere."""
    larder = on_device.open()
    clients = Clients(larder, origin, 5 * MIB)
    device.fill(leave=2 * MIB)
    clients.ask(3)
    clients.check_all()
    device.clear()
    clients.ask_until(lambda: not failing(larder), "it works")
    settle(larder)
    clients.larder = on_device.again(larder)
    clients.check_all()


def test_a_device_that_is_full_at_the_start(device, on_device, origin):
    """Not even the table of invalidations has room."""
    device.fill()
    larder = on_device.begin()
    clients = Clients(larder, origin)
    clients.ask(5)
    until(lambda: failing(larder) and health(larder)[1] == "warn", "it is told")
    assert larder.get("/0", method="POST", body=b"x").status == 200
    assert not larder.get("/0").hit and larder.get("/1").hit
    device.clear()
    clients.ask_until(lambda: not failing(larder), "it works by itself")
    writes_again(larder, clients, on_device)


def test_a_change_on_a_full_device_outlasts_the_process(device, on_device, origin):
    larder = on_device.open()
    clients = Clients(larder, origin)
    clients.ask(5)
    settle(larder)
    device.fill()
    clients.ask_until(lambda: failing(larder), "it is noticed")
    larder.get("/3", method="POST", body=b"x")
    larder.kill()
    device.clear()
    clients.larder = on_device.open()
    assert not clients.check(3).hit and clients.check(4).hit


def test_a_read_only_device(device, on_device, origin):
    larder = on_device.open()
    clients = Clients(larder, origin)
    clients.ask(5)
    settle(larder)
    larder.stop()
    device.mount("-o", "remount,ro", str(device.inside))
    clients.larder = larder = on_device.begin()
    clients.ask(5)
    clients.check_all()
    until(lambda: failing(larder) and health(larder)[1] == "warn", "it is told")
    assert larder.get("/3", method="POST", body=b"x").status == 200
    device.mount("-o", "remount,rw", str(device.inside))
    until(lambda: not failing(larder), "it works by itself")
    settle(larder)
    larder.kill()
    clients.larder = larder = on_device.open()
    assert not clients.check(3).hit, "what changed meanwhile stays away"
    writes_again(larder, clients, on_device)


@table("name", [("objects", "objects"), ("tmp", "tmp")])
def test_a_directory_that_became_read_only(device, on_device, origin, name):
    larder = on_device.open(NO_MEMORY)
    clients = Clients(larder, origin)
    device.mount("-t", "tmpfs", "-o", "ro", "none", str(device.inside / "disk" / name))
    clients.ask_until(lambda: failing(larder), "it is noticed")
    told(larder)
    device.unmount(device.inside / "disk" / name)
    clients.ask_until(lambda: not failing(larder), "it works again")
    recovered(larder)
    writes_again(larder, clients, on_device, NO_MEMORY)


def test_a_file_may_not_grow(store, origin):
    """RLIMIT_FSIZE: each write behind it fails, for files and for the database's log."""
    larder = store.open()
    clients = Clients(larder, origin, 30 * KIB)
    resource.prlimit(larder.process.pid, resource.RLIMIT_FSIZE, (16 * KIB, resource.RLIM_INFINITY))
    clients.ask_until(lambda: failing(larder), "it is noticed")
    told(larder)
    clients.ask_for(1.5)
    resource.prlimit(larder.process.pid, resource.RLIMIT_FSIZE,
        (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    clients.ask_until(lambda: not failing(larder), "it works again")
    recovered(larder)
    writes_again(larder, clients, store)


def test_the_directory_goes(store, origin):
    """And comes back by itself. With it went what had been invalidated: nothing old counts any more."""
    larder = store.open()
    clients = Clients(larder, origin)
    clients.ask(5)
    settle(larder)
    shutil.rmtree(store.path)
    clients.ask_until(lambda: larder.metric("disk_errors_total") >= 1, "it is noticed")
    clients.ask_until(lambda: store.database.exists() and not failing(larder), "it begins anew")
    clients.check_all()
    settle(larder)
    larder.kill()
    clients.larder = larder = store.open()
    clients.check_all()
    writes_again(larder, clients, store)


# -- files --------------------------------------------------------------------------------------------------

def emptied(path):
    shorten(path, path.stat().st_size)


def grown(path):
    with open(path, "ab") as file:
        file.write(b"more")


def swapped(path):
    """Other bytes, as many: as if the device had mixed up blocks."""
    overwrite(path, noise(path.stat().st_size, 7))


IN_PLACE = [("cut", lambda path: shorten(path, 1000)), ("emptied", emptied),
    ("first-byte", lambda path: flip(path, 0)), ("one-bit", lambda path: flip(path, 70 * KIB, 1)),
    ("last-byte", lambda path: flip(path, -1)), ("other-bytes", swapped)]
SIZES = [("one-piece", 100 * KIB), ("five-pieces", 5 * MIB)]


def damaged(store, origin, size, changes):
    """A larder, and clients who know /0, whose body lies in a file."""
    larder = store.open(changes)
    clients = Clients(larder, origin, size)
    clients.ask()
    settle(larder)
    assert clients.check(0).hit
    return larder, clients


def healed(larder, clients, store):
    """A miss: the origin is asked again, and its answer lies there as before."""
    asked = clients.origin.count()
    assert not clients.check(0).hit and clients.origin.count() == asked + 1
    settle(larder)
    assert clients.check(0).hit and clients.origin.count() == asked + 1
    assert larder.metric("disk_errors_total") >= 1
    assert store.strays() == [] and larder.metric("disk_up") == 1


@table("damage", [("removed", lambda path: path.unlink()), *IN_PLACE])
@table("size", SIZES)
def test_a_file_that_is_not_what_was_stored(store, origin, damage, size):
    larder, clients = damaged(store, origin, size, NO_MEMORY)
    larder.stop()
    damage(store.only_file())
    clients.larder = larder = store.open(NO_MEMORY)
    healed(larder, clients, store)


@table("damage", IN_PLACE)
@table("size", SIZES)
def test_a_file_that_is_damaged_while_it_is_used(store, origin, damage, size):
    larder, clients = damaged(store, origin, size, NO_MEMORY)
    damage(store.only_file())
    healed(larder, clients, store)


def test_a_part_of_a_file_that_is_not_what_was_stored(store, origin):
    """Who asks for a range elsewhere may have it; who asks for this one gets the origin's."""
    larder, clients = damaged(store, origin, 5 * MIB, {})
    larder = clients.larder = store.again(larder)
    flip(store.only_file(), 2 * MIB + 100)
    body = noise(5 * MIB, 0)
    for first, last in ((0, 9), (4 * MIB, 4 * MIB + 99), (2 * MIB, 2 * MIB + 200), (0, 5 * MIB - 1)):
        answer = larder.get("/0", fields={"Range": f"bytes={first}-{last}"})
        assert answer.complete and answer.status in (200, 206)
        assert answer.body == (body if answer.status == 200 else body[first:last + 1])
    clients.check(0)


def test_bytes_behind_the_end_do_not_matter(store, origin):
    larder = store.open(NO_MEMORY)
    clients = Clients(larder, origin)
    clients.ask()
    settle(larder)
    grown(store.only_file())
    clients.check(0)
    settle(larder)
    assert clients.check(0).complete


def test_all_files_go(store, origin):
    larder = store.open(NO_MEMORY)
    clients = Clients(larder, origin)
    clients.ask(10)
    settle(larder)
    shutil.rmtree(store.objects)
    clients.check_all()
    clients.ask_until(lambda: store.files() and not failing(larder), "they come again")
    settle(larder)
    clients.check_all()
    larder.wait_metric("disk_errors_total", at_least(1))
    writes_again(larder, clients, store, NO_MEMORY)
