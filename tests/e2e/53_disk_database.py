"""The database damaged, replaced, held by others, of another version: clients never hear of it."""

import sqlite3
import time

from harness import larder as process
from harness.faults import Clients, failing, recovered, told, writes_again
from harness.larder import Larder
from harness.metrics import equals
from harness.store import (KIB, NO_MEMORY, changes_of_state, entries, health, noise, overwrite,
    settle, shorten, walk)
from harness.table import table

WAITED_FOR = 2  # seconds: for a database that another process holds


def other_tables(path):
    path.unlink()
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE entries (something TEXT)")
        database.execute("PRAGMA user_version = 1")
    database.close()


def header_only(path):
    path.write_bytes(b"SQLite format 3\0" + noise(64 * KIB))


@table("damage", [("garbage", overwrite), ("half", lambda path: shorten(path, path.stat().st_size // 2)),
    ("header-only", header_only), ("others", other_tables),
    ("short", lambda path: path.write_bytes(b"not a database\n"))])
def test_a_database_that_is_none(store, origin, damage):
    """Put aside, counted; everything is asked for again."""
    larder = store.open()
    clients = Clients(larder, origin, 20 * KIB)
    clients.ask(30)
    settle(larder)
    larder.stop()
    store.forget_log()
    damage(store.database)
    clients.larder = larder = store.begin()
    clients.ask(5)
    larder.wait_metric("disk_moved_aside_total", equals(1))
    larder.wait_metric("disk_up", equals(1))
    clients.check_all()
    (name,) = [one for one in store.moved_aside() if not one.endswith(("-wal", "-shm"))]
    assert name.removeprefix("larder.db.corrupt-")[:4].isdigit()
    writes_again(larder, clients, store)


def test_a_page_in_the_middle(store, origin):
    """Found when it is read, or by the check in the background; never served."""
    larder = store.open()
    clients = Clients(larder, origin, 20 * KIB)
    clients.ask(30)
    settle(larder)
    larder.stop()
    store.forget_log()
    with open(store.database, "r+b") as file:
        file.seek(store.database.stat().st_size // 2)
        file.write(noise(8 * KIB))
    clients.larder = larder = store.begin(NO_MEMORY)
    clients.check_all()
    clients.check_all()
    settle(larder)
    writes_again(larder, clients, store)


def put_over(path):
    beside = path.with_name("garbage")
    beside.write_bytes(noise(path.stat().st_size))
    beside.replace(path)


def log_too(path):
    overwrite(path)
    overwrite(path.with_name(path.name + "-wal"))


@table("damage, aside", [("overwritten", overwrite, True), ("log-too", log_too, True),
    ("replaced", put_over, False), ("removed", lambda path: path.unlink(), False),
    ("cut", lambda path: shorten(path, path.stat().st_size // 2), False)])
def test_a_database_that_is_damaged_while_it_is_used(store, origin, damage, aside):
    larder = store.open(NO_MEMORY)
    clients = Clients(larder, origin, 20 * KIB)
    clients.ask(30)
    larder = clients.larder = store.again(larder, Larder.stop, NO_MEMORY)
    clients.ask(10)
    settle(larder)
    damage(store.database)
    clients.ask(10)
    clients.check_all()
    if aside:
        clients.ask_until(lambda: larder.metric("disk_moved_aside_total") >= 1, "it is found")
        assert store.moved_aside()
    clients.ask_until(lambda: not failing(larder), "it works")
    clients.check_all()
    larder.stop()
    clients.larder = larder = store.open(NO_MEMORY)
    clients.check_all()
    writes_again(larder, clients, store, NO_MEMORY)


def test_a_database_that_somebody_holds(store, origin):
    """Reads go on; writes wait, but nobody waits for them."""
    larder = store.open(NO_MEMORY)
    clients = Clients(larder, origin, 20 * KIB)
    clients.ask(5)
    settle(larder)
    other = store.connect()
    other.execute("BEGIN EXCLUSIVE")
    assert all(answer.hit for answer in clients.check_all())
    clients.ask_until(lambda: failing(larder), "it is noticed")
    told(larder)
    assert larder.metric("disk_up") == 0
    other.execute("ROLLBACK")
    other.close()
    recovered(larder)
    settle(larder)
    writes_again(larder, clients, store, NO_MEMORY)


def test_a_database_that_somebody_holds_for_a_moment(store, origin):
    """As `larder gc` does: no fault, unless it was longer than is waited for."""
    larder = store.open(NO_MEMORY)
    clients = Clients(larder, origin, 20 * KIB)
    longest = 0
    for _ in range(5):
        begun = time.monotonic()
        other = store.connect()
        other.execute("BEGIN IMMEDIATE")
        clients.ask()
        other.execute("ROLLBACK")
        longest = max(longest, time.monotonic() - begun)
        other.close()
        settle(larder)
    larder.wait_metric("disk_up", equals(1))
    assert changes_of_state(larder) == [] or longest > WAITED_FOR
    assert all(answer.hit for answer in clients.check_all())


def test_a_database_of_a_newer_larder(store, origin):
    """Left alone to the byte; larder runs without."""
    larder = store.open()
    clients = Clients(larder, origin)
    clients.ask(5)
    settle(larder)
    larder.stop()
    with store.connect() as database:
        (known,) = database.execute("PRAGMA user_version").fetchone()
        database.execute("PRAGMA user_version = 4711")
    database.close()
    store.forget_log()
    before = {path: path.read_bytes() for path in [store.database, *walk(store.objects)]}
    clients.larder = larder = store.begin()
    (event,) = larder.wait_event("disk-refused")
    assert "4711" in event["detail"] and str(known) in event["detail"].replace("4711", "")
    clients.ask(5)
    clients.check_all()
    assert all(answer.hit for answer in clients.check_all()), "from memory"
    whole, disk, words = health(larder)
    assert (whole, disk) == ("warn", "warn") and "newer" in words
    assert larder.metric("disk_up") == 0 and entries(larder) == 0
    assert larder.get("/1", method="POST", body=b"x").status == 200
    larder.stop()
    assert {path: path.read_bytes() for path in [store.database, *walk(store.objects)]} == before
    assert store.moved_aside() == []
    with store.connect() as database:
        database.execute(f"PRAGMA user_version = {known}")
    database.close()
    clients.larder = store.open()
    assert clients.check(0).hit and not clients.check(1).hit


def test_two_larders_on_one_directory(store, origin):
    """The second names the first, and doesn't disturb it; who was killed holds nothing."""
    larder = store.open()
    clients = Clients(larder, origin)
    clients.ask(3)
    second = process.run("serve", "--config", larder.config_path)
    assert second.returncode in (1, 2)
    assert str(larder.process.pid) in second.stderr
    writes_again(larder, clients, store)
