"""GET /top: hot, missed and slow keys."""

import threading

import pytest

from harness.admin import Admin
from harness.asking import Asking
from harness.wait import until

ON = {"admin": {"listen": ["127.0.0.1:0"]}}
FRESH = {"Cache-Control": "max-age=600"}


def top(admin, by, **how):
    query = "".join(f"&{name}={value}" for name, value in how.items())
    answer = admin.get(f"/top?by={by}{query}")
    assert answer.status == 200, answer
    return answer.json["items"]


def test_misses_are_counted_each(start, origin):
    larder = start(ON)
    admin = Admin(larder)
    assert top(admin, "misses") == []
    for n in range(3):
        for target in ["/a", "/b?y=2&x=1", "/c"][:n + 1]:
            larder.get(target)
    larder.wait_idle()
    found = top(admin, "misses")
    assert [(one["target"], one["count"], one["error"]) for one in found] == [
        ("/a", 3, 0), ("/b?y=2&x=1", 2, 0), ("/c", 1, 0)]
    assert found[0]["route"] == "/" and found[0]["tenant"] == "" and "p99_ms" not in found[0]
    assert [one["target"] for one in top(admin, "misses", limit=1)] == ["/a"]


def test_hits_are_drawn(start, origin):
    for target in ("/hot", "/cold"):
        origin.reply(target, b"x", fields=FRESH)
    larder = start(ON)
    admin = Admin(larder)
    larder.get("/cold")
    larder.get("/cold")

    def hot():
        for _ in range(50):
            larder.get("/hot")
        return [one for one in top(admin, "hits") if one["target"] == "/hot" and one["count"] >= 160]
    (one,) = until(hot, "ten of the hits are drawn")
    assert one["count"] % 16 == 0 and one["error"] == 0
    assert top(admin, "hits")[0]["target"] == "/hot"
    larder.wait_idle()
    assert [one["count"] for one in top(admin, "misses")] == [1, 1]


def test_what_clients_wait_for_longest_is_first(start, origin):
    gate = threading.Event()
    origin.reply("/slow", b"x", hold=gate)
    larder = start(ON)
    admin = Admin(larder)
    slow = Asking(larder, "/slow")
    until(lambda: origin.count("/slow") == 1, "it waits")
    for n in range(5):
        larder.get(f"/quick{n}")
    until(lambda: len(top(admin, "slow")) == 5, "they are told")
    waited = until(lambda: [f["age_ms"] for f in admin.get("/flights").json["items"]
        if f["age_ms"] >= 100], "it has waited")[0]
    gate.set()
    slow.wait()
    found = until(lambda: [one for one in top(admin, "slow") if one["target"] == "/slow"], "it is told")
    assert min(found[0]["count"], found[0]["p99_ms"]) >= waited - 1  # both are cut to whole ones
    assert top(admin, "slow")[0]["target"] == "/slow"


def test_more_targets_than_counters(start, origin):
    larder = start(ON)
    admin = Admin(larder)
    with larder.client() as client:
        for n in range(1100):
            client.get(f"/{n}")
            if n % 4 == 0:
                client.get("/often")
    found = top(admin, "misses", limit=1000)
    assert len(found) == 1000 and found[0]["target"] == "/often"
    assert found[0]["count"] - found[0]["error"] <= 275 <= found[0]["count"]


def test_secrets_are_not_shown(start, origin):
    larder = start(ON)
    admin = Admin(larder)
    for n in range(3):
        larder.get(f"/a?token=open-sesame-{n}&x=1")
    larder.wait_idle()
    (one,) = top(admin, "misses")
    assert (one["target"], one["count"]) == ("/a?token=***&x=1", 3)
    assert b"sesame" not in admin.get("/top?by=slow").body


def test_what_is_larders_own_is_not_told(start, origin):
    larder = start(ON)
    admin = Admin(larder)
    larder.get("/metrics")
    larder.get("/a")
    larder.wait_idle()
    assert [one["target"] for one in top(admin, "slow")] == ["/a"]


@pytest.mark.parametrize("query", ["by=", "by=heat", "limit=0", "limit=1001", "limit=-1", "x=1"])
def test_what_is_refused(start, query):
    assert Admin(start(ON)).get(f"/top?{query}").status == 400
