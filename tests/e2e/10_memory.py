"""The memory tier's promises: a bound that holds, room made by the right ones, expired ones gone."""

import os
import threading

import pytest

from harness.client import Client, request_bytes
from harness.larder import sanitized
from harness.metrics import equals, at_most

KIB, MIB = 1 << 10, 1 << 20


def fill(larder, targets):
    """Asks for all of them on one connection; returns how many were hits."""
    hits = 0
    with larder.client() as client:
        for target in targets:
            response = client.get(target)
            assert response.status == 200
            hits += response.hit
    return hits


@pytest.mark.parametrize("eviction", ["s3fifo", "lru", "lfu", "fifo"])
def test_the_bound_holds_under_each_order(start, origin, eviction):
    larder = start({"cache": {"memory": {"size": "2MiB", "eviction": eviction}}})
    origin.reply("/a", os.urandom(20 * KIB), fields={"Cache-Control": "max-age=600"})
    fill(larder, [f"/a?{number}" for number in range(300)])
    metrics = larder.metrics()
    assert metrics.sum("cache_max_bytes", tier="memory") == 2 * MIB
    assert MIB < metrics.sum("cache_bytes", tier="memory") <= 2 * MIB
    entries = metrics.sum("cache_entries", tier="memory")
    assert 50 < entries <= 2 * MIB / (20 * KIB)
    evicted = metrics.sum("cache_evictions_total", tier="memory", reason="capacity")
    assert evicted == 300 - entries
    assert origin.count() == 300


def test_a_scan_does_not_push_out_what_is_used(start, origin):
    larder = start({"cache": {"memory": {"size": "4MiB"}}})
    origin.reply("/hot", b"h" * 10 * KIB, fields={"Cache-Control": "max-age=600"})
    origin.reply("/scan", b"s" * 10 * KIB, fields={"Cache-Control": "max-age=600"})
    hot = [f"/hot?{number}" for number in range(50)]
    for _ in range(4):
        fill(larder, hot)
    fill(larder, [f"/scan?{number}" for number in range(2000)])
    assert fill(larder, hot) >= 40


def test_an_object_above_the_limit_is_not_kept(start, origin):
    larder = start({"cache": {"memory": {"max_object": "64KiB"}}})
    for target, size in (("/small", 60 * KIB), ("/large", 65 * KIB)):
        origin.reply(target, b"x" * size, fields={"Cache-Control": "max-age=60"})
        larder.get(target)
    assert larder.get("/small").hit and not larder.get("/large").hit
    larder.wait_metric("cache_store_skips_total", equals(2), reason="too-large")
    larder.wait_metric("cache_entries", equals(1), tier="memory")


def test_expired_entries_leave_by_themselves(larder, origin, clock):
    origin.reply("/a", b"x" * KIB, fields={"Cache-Control": "max-age=10"})
    origin.reply("/long", b"x" * KIB, fields={"Cache-Control": "max-age=9999999"})
    fill(larder, [f"/a?{number}" for number in range(200)] + ["/long"])
    larder.wait_metric("cache_entries", equals(201), tier="memory")
    clock.advance(30 * 86_400)
    larder.wait_metric("cache_entries", lambda count: count == 1, tier="memory")
    larder.wait_metric("cache_evictions_total", equals(200), tier="memory", reason="expired")
    assert larder.get("/long").hit


def test_a_new_answer_takes_the_place_of_the_old(larder, origin, clock):
    origin.reply("/a", b"x" * 20 * KIB, fields={"Cache-Control": "max-age=10"})
    sizes = []
    for _ in range(20):
        larder.get("/a")
        sizes.append(larder.metric("cache_bytes", tier="memory"))
        clock.advance(11)
    assert max(sizes) - sizes[0] < KIB and larder.metric("cache_entries", tier="memory") <= 1


def test_variants_of_a_key_are_bounded(larder, origin):
    """A field with endless values can't fill the cache through one key."""
    origin.reply("/a", b"x" * KIB, fields={"Cache-Control": "max-age=60", "Vary": "User-Agent"})
    with larder.client() as client:
        for number in range(300):
            client.get("/a", fields={"User-Agent": f"tester/{number}"})
    larder.wait_metric("cache_entries", at_most(64), tier="memory")
    assert larder.get("/a", fields={"User-Agent": "tester/299"}).hit


class Asker(threading.Thread):
    """Asks for a share of the URLs, a few in flight at a time."""

    def __init__(self, address, numbers):
        super().__init__(daemon=True)
        self.address, self.numbers, self.wrong = address, numbers, 0

    def run(self):
        with Client(self.address) as client:
            for start in range(0, len(self.numbers), 8):
                part = self.numbers[start:start + 8]
                client.send(b"".join(request_bytes(f"/a?{number}") for number in part))
                for _ in part:
                    self.wrong += len(client.response().body) != 20 * KIB


@pytest.mark.heavy
def test_100000_urls_through_64_mebibytes(start, origin):
    larder = start({"cache": {"memory": {"size": "64MiB"}}})
    count = int(os.environ.get("LARDER_TEST_URLS", "10000" if sanitized() else "100000"))
    origin.reply("/a", os.urandom(20 * KIB), fields={"Cache-Control": "max-age=6000"})
    askers = [Asker(larder.address, range(first, count, 4)) for first in range(4)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert [asker.wrong for asker in askers] == [0] * 4
    assert origin.count() == count
    metrics = larder.metrics()
    assert metrics.sum("cache_bytes", tier="memory") <= 64 * MIB
    assert metrics.sum("cache_entries", tier="memory") > 2000
    assert larder.resident() <= 64 * MIB * 1.25 + 64 * MIB, f"{larder.resident() / MIB} MiB"
