"""Tenants: what each is sure of - memory, disk, the origin's turns - however much others ask for."""

import json
import os
import signal
import threading
from contextlib import closing

import pytest

from harness.asking import Asking, wait_all
from harness.larder import merge
from harness.metrics import at_least, equals
from harness.origin import Reply
from harness.store import KIB, MIB, NO_MEMORY, settle
from harness.tenants import KEYS, as_tenant, digest, tenants

FRESH = {"Cache-Control": "max-age=600"}
WHO = ["red", "blue", None]


def fill(larder, who, targets):
    """Asks for all of them as one; returns how many were hits."""
    with larder.client() as client:
        return sum(client.get(target, fields=as_tenant(who)).hit for target in targets)


def some(count, begin=0):
    return [f"/a?{number}" for number in range(begin, begin + count)]


@pytest.fixture
def large(origin):
    """Each answer has a body that no other has."""
    origin.reply("/a", script=lambda _: Reply(os.urandom(20 * KIB), fields=FRESH))
    return origin


# -- memory -------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("flooder", WHO)
def test_a_flood_pushes_out_the_flooders_own(start, large, flooder):
    shares = {name: {"memory": "25%"} for name in ("red", "blue")}
    larder = start({"cache": {"memory": {"size": "4MiB"}}, "tenants": tenants(**shares)})
    for who in WHO:
        fill(larder, who, some(20))
    fill(larder, flooder, some(400, 20))
    assert [fill(larder, who, some(20)) == 20 for who in WHO if who != flooder] == [True] * 2
    assert larder.metric("cache_bytes", tier="memory") <= 4 * MIB
    assert larder.metric("cache_max_bytes", tier="memory") == 4 * MIB


def test_a_tenant_without_a_share_keeps_nothing(start, large):
    larder = start({"tenants": tenants(red={"memory": "0%"})})
    assert [fill(larder, who, some(5)) + fill(larder, who, some(5)) for who in WHO] == [0, 5, 5]


def test_tenants_that_come_while_it_runs(start, large):
    larder = start({"cache": {"memory": {"size": "4MiB"}}})
    fill(larder, None, some(20))
    config = json.loads(larder.config_path.read_text())
    larder.write_config({**config, "tenants": tenants(red={"memory": "50%"})})
    larder.signal(signal.SIGHUP)
    larder.wait_event("reloaded")
    assert fill(larder, None, some(20)) == 20 and fill(larder, "red", some(20)) == 0
    fill(larder, None, some(400, 20))
    assert fill(larder, "red", some(20)) == 20


def test_a_key_that_changes_hands(start, large):
    """On a connection that stays, too: red's key is blue's after the reload, and red itself is no more."""
    larder = start({"tenants": tenants()})
    config = json.loads(larder.config_path.read_text())
    with larder.client() as client:
        body = {who: client.get("/a", fields=as_tenant(who)).body for who in WHO}
        assert len(set(body.values())) == 3
        larder.write_config({**config, "tenants": {"blue": {"keys": [digest(KEYS["red"])]}}})
        larder.signal(signal.SIGHUP)
        larder.wait_event("reloaded")
        assert client.get("/a", fields=as_tenant("red")).body == body["blue"]
        assert client.get("/a", fields=as_tenant("blue")).body == body[None]


# -- the disk tier ------------------------------------------------------------------------------------------

SMALL = {"cache": {"disk": {"size": "16MiB", "fsync": "never"}}}


@pytest.mark.parametrize("flooder", WHO)
def test_a_flood_of_the_disk_pushes_out_the_flooders_own(store, large, flooder):
    """Each has some that is older than all of the flood; the flood's is what leaves."""
    shares = {name: {"disk": "30%"} for name in ("red", "blue")}
    larder = store.open(merge(merge(NO_MEMORY, SMALL), {"tenants": tenants(**shares)}))
    own = {who: [f"/a?{who}{number}" for number in range(80)] for who in WHO}
    for who in WHO:
        fill(larder, who, own[who])
    for begin in range(0, 2000, 100):
        fill(larder, flooder, some(100, begin))
        larder.wait_metric("disk_write_queue_length", equals(0))
    larder.wait_metric("cache_evictions_total", at_least(500), tier="disk", reason="capacity")
    larder = store.again(larder, changes=merge(
        merge(NO_MEMORY, SMALL), {"tenants": tenants(**shares)}))
    assert [fill(larder, who, own[who]) == 80 for who in WHO if who != flooder] == [True] * 2
    assert fill(larder, flooder, own[flooder]) < 80


def test_a_store_from_before_there_were_tenants(store, large):
    larder = store.open()
    fill(larder, None, some(5))
    larder = store.again(larder, changes={"tenants": tenants()})
    assert fill(larder, None, some(5)) == 5 and fill(larder, "red", some(5)) == 0
    larder = store.again(larder, changes={"tenants": tenants()})
    assert larder.metric("tenant_entries", tenant="red", tier="disk") == 5
    assert larder.metric("tenant_bytes", tenant="red", tier="disk") > 5 * 20 * KIB
    assert [fill(larder, who, some(5)) for who in ("red", None, "blue")] == [5, 5, 0]
    larder = store.again(larder)
    assert fill(larder, None, some(5)) == 5


def test_a_store_of_the_first_schema(store, large):
    larder = store.open()
    fill(larder, None, some(5))
    settle(larder)
    larder.stop()
    with closing(store.connect()) as database:
        database.executescript("DROP TRIGGER tenant_entry_added; DROP TRIGGER tenant_entry_removed;"
            "DROP INDEX entries_by_tenant; DROP TABLE tenants; PRAGMA user_version = 1")
    larder = store.open({"tenants": tenants()})
    assert fill(larder, None, some(5)) == 5 and fill(larder, "red", some(5)) == 0
    larder = store.again(larder, changes={"tenants": tenants()})
    assert fill(larder, "red", some(5)) == 5


# -- the origin's turns -------------------------------------------------------------------------------------

def in_order(larder, asked):
    """Asks for each on a thread of its own, once the one before waits for its turn."""
    threads = []
    for waiting, (who, target) in enumerate(asked):
        threads.append(Asking(larder, target, fields=as_tenant(who)))
        if waiting > 0:
            larder.wait_metric("upstream_queue_length", equals(waiting))
        else:
            larder.wait_metric("collapse_flights", equals(1))
    return threads


def test_turns_by_share(start, origin):
    """One at a time: nobody has asked for eight before red comes; red is sure of every second."""
    larder = start({"upstreams": {"origin": {"concurrency": 1}},
        "tenants": tenants(red={"upstream": "50%"}, blue={"upstream": "0%"})})
    gate = threading.Event()
    origin.reply("/first", b"", hold=gate)
    nobody = [(None, f"/nobody{number}") for number in range(8)]
    red = [("red", f"/red{number}") for number in range(3)]
    asked = in_order(larder, [(None, "/first"), *nobody, *red])
    gate.set()
    assert all(answer.status in (200, 404) for answer in wait_all(asked))
    order = [seen.target for seen in origin.requests]
    assert max(order.index(target) for _, target in red) < order.index("/nobody4")
    assert [one for one in order if "red" in one] == [target for _, target in red]
    assert [one for one in order if "nobody" in one] == [target for _, target in nobody]


def test_places_by_share(start, origin):
    """Nobody's requests fill the queue; red's find places, and no more than its share of them."""
    larder = start({"upstreams": {"origin": {"concurrency": 1, "queue": {"length": 10}}},
        "tenants": tenants(red={"upstream": "20%"})})
    gate = threading.Event()
    origin.reply("/first", b"", hold=gate)
    asked = in_order(larder, [(None, "/first"), *[(None, f"/nobody{number}") for number in range(10)]])
    red = [Asking(larder, f"/red{number}", fields=as_tenant("red")) for number in range(4)]
    larder.wait_metric("upstream_paced_requests_total", equals(4), outcome="refused")
    gate.set()
    statuses = [answer.status for answer in wait_all(red)]
    assert statuses.count(503) == 2
    assert sum(answer.status == 503 for answer in wait_all(asked)) == 2
