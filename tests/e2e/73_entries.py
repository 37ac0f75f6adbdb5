"""GET /entries: what is stored, in both tiers, filtered, sorted, in pages that bear change."""

import base64
import gzip
import hashlib
import http.client
import subprocess
import threading

import pytest

from harness.admin import Admin
from harness.larder import BINARY
from harness.origin import Reply
from harness.store import FRESH, KIB, flip, noise, settle, text
from harness.wait import until

ON = {"admin": {"listen": ["127.0.0.1:0"]}}
FILTERS = ["/a1", "/a2?x=1", "/b1", "/gone", "/short", "/tagged"]


def targets(items):
    return [one["target"] for one in items]


def pages(admin, query, limit):
    """All pages of a listing, one after the other."""
    cursor = ""
    while True:
        answer = admin.get(f"/entries?limit={limit}{query}{cursor}")
        assert answer.status == 200, answer
        yield answer.json["items"]
        if "next" not in answer.json:
            return
        cursor = f"&cursor={answer.json['next']}"


def every(admin, query="", limit=1000):
    return [one for page in pages(admin, query, limit) for one in page]


@pytest.fixture
def filled(store, origin):
    replies = {
        "/a1": Reply(b"x" * 100, fields={**FRESH, "Content-Type": "image/png"}),
        "/a2?x=1": Reply(b"x" * 3000, fields=FRESH),
        "/b1": Reply(b"x" * 2000, fields=FRESH),
        "/gone": Reply(b"not found", status=404, fields=FRESH),
        "/short": Reply(b"short", fields={"Cache-Control": "max-age=60, stale-while-revalidate=100"}),
        "/tagged": Reply(b"red", fields={**FRESH, "Surrogate-Key": "red blue", "ETag": '"1"'}),
    }
    for target, reply in replies.items():
        origin.replies(target, reply)
    larder = store.open(ON)
    for target in replies:
        larder.get(target)
    settle(larder)
    return larder


@pytest.mark.parametrize("tier", ["memory", "disk"])
def test_both_tiers_are_shown(filled, tier):
    found = every(Admin(filled), f"&tier={tier}")
    assert sorted(targets(found)) == FILTERS
    one = {e["target"]: e for e in found}["/a1"]
    assert one["tier"] == tier and one["size"] == 100 and one["status"] == 200
    assert one["type"] == "image/png" and one["state"] == "fresh" and one["route"] == "/"
    assert one["tenant"] == "" and 0 < one["ttl_ms"] <= 600_000 and one["age_ms"] >= 0


@pytest.mark.parametrize("query,expected", [
    ("route=/", FILTERS), ("route=/x", []), ("prefix=/a", ["/a1", "/a2?x=1"]),
    ("tag=red", ["/tagged"]), ("tag=re", []), ("tag=blue&prefix=/t", ["/tagged"]),
    ("state=fresh", FILTERS), ("state=stale", []), ("state=purged", []), ("tenant=nobody", [])])
def test_filters(filled, query, expected):
    admin = Admin(filled)
    for tier in ("memory", "disk"):
        assert sorted(targets(every(admin, f"&tier={tier}&{query}"))) == expected, tier


def test_states(filled, clock):
    admin = Admin(filled)
    clock.advance(61)
    assert set(targets(every(admin, "&state=stale"))) == {"/short"}
    filled.get("/b1", method="POST", body=b"x")
    assert "/b1" not in targets(every(admin, "&state=fresh"))


@pytest.mark.parametrize("limit", [1, 2, 5, 12, 1000])
@pytest.mark.parametrize("sort", ["", "size", "hits", "age", "used", "target"])
def test_pages_are_the_whole(filled, sort, limit):
    admin = Admin(filled)
    query = f"&sort={sort}" if sort else ""
    whole = [one["id"] for one in every(admin, query)]
    assert len(set(whole)) == 12
    found = list(pages(admin, query, limit))
    assert [one["id"] for page in found for one in page] == whole
    assert all(len(page) == limit for page in found[:-1])


def test_sorts(filled, clock):
    admin = Admin(filled)
    clock.advance(20)
    filled.get("/tagged")
    filled.get("/tagged")
    sizes = [one["size"] for one in every(admin, "&sort=size")]
    assert sizes == sorted(sizes, reverse=True) and sizes[0] == 3000
    names = targets(every(admin, "&sort=target"))
    assert names == sorted(names)
    hits = [one["hits"] for one in every(admin, "&sort=hits&tier=memory")]
    assert hits == sorted(hits, reverse=True) and hits[0] == 2 and hits[-1] == 0
    assert every(admin, "&sort=hits")[0]["target"] == "/tagged"
    assert all(one["hits"] is None for one in every(admin, "&tier=disk"))


def test_a_cursor_bears_change(start, origin):
    """What was there all the time is told once, whatever comes and goes between two pages."""
    origin.reply("/", script=lambda seen: Reply(b"x" * (10 + len(seen.target)), fields=FRESH))
    for n in range(60):
        origin.reply(f"/{n:03}", b"x" * (100 + n), fields=FRESH)
    larder = start(ON)
    for n in range(0, 60, 2):
        larder.get(f"/{n:03}")
    admin = Admin(larder)
    for sort in ("", "size", "target"):
        told = []
        for count, page in enumerate(pages(admin, f"&sort={sort}" if sort else "", 4)):
            told += targets(page)
            larder.get(f"/{2 * count + 1:03}")
            larder.get(f"/{4 * count:03}", method="POST", body=b"x")
            larder.get(f"/{4 * count:03}")
        stayed = {f"/{n:03}" for n in range(0, 60, 2) if n % 4}
        assert stayed <= set(told), sort
        assert all(told.count(target) == 1 for target in stayed), sort


def test_a_cursor_is_of_its_order(filled):
    admin = Admin(filled)
    cursor = admin.get("/entries?limit=1&sort=size").json["next"]
    assert admin.get(f"/entries?limit=1&sort=target&cursor={cursor}").status == 400
    for wrong in ("", "x", "00", "ff" * 4000, cursor[:-1], cursor.upper() + "Z"):
        assert admin.get(f"/entries?cursor={wrong}").status == 400, wrong


@pytest.mark.parametrize("query", [
    "limit=0", "limit=1001", "limit=x", "sort=name", "state=dead", "tier=tape", "page=2"])
def test_what_is_refused(filled, query):
    assert Admin(filled).get(f"/entries?{query}").status == 400


# -- one ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tier", ["memory", "disk"])
def test_one_entry(filled, tier):
    admin = Admin(filled)
    (item,) = every(admin, f"&tier={tier}&tag=red")
    one = admin.get(f"/entries/{item['id']}").json
    assert {**item, "age_ms": 0, "ttl_ms": 0} == {**{k: one[k] for k in item}, "age_ms": 0, "ttl_ms": 0}
    assert one["tags"] == ["red", "blue"] and one["etag"] == '"1"'
    assert ["Surrogate-Key", "red blue"] in one["headers"]
    assert one["digest"] == hashlib.sha256(b"red").hexdigest() and "body_base64" not in one
    assert one["created_at"] < one["expires_at"]
    assert (one["used_at"] is None) == (tier == "memory")
    one = admin.get(f"/entries/{item['id']}?body=true").json
    assert base64.b64decode(one["body_base64"]) == b"red" and not one["body_cut"]


def test_bodies_as_they_are_stored(store, origin):
    body = text(40 * KIB)
    origin.reply("/json", body, fields={**FRESH, "Content-Type": "application/json"})
    origin.reply("/large", b"y" * (1536 * KIB), fields=FRESH)
    larder = store.open(ON)
    larder.get("/json")
    larder.get("/large")
    settle(larder)
    admin = Admin(larder)
    (item,) = every(admin, "&tier=disk&prefix=/json")
    one = admin.get(f"/entries/{item['id']}?body=true").json
    stored = base64.b64decode(one["body_base64"])
    assert one["gzipped"] and gzip.decompress(stored) == body and one["size"] == len(stored)
    assert one["digest"] == hashlib.sha256(stored).hexdigest()
    for item in every(admin, "&prefix=/large"):
        one = admin.get(f"/entries/{item['id']}?body=true").json
        if one["gzipped"]:
            continue
        assert one["body_cut"] and len(base64.b64decode(one["body_base64"])) == 1024 * KIB
        assert one["digest"] == hashlib.sha256(b"y" * (1536 * KIB)).hexdigest()


def test_bodies_as_they_came(store, origin):
    """However long: what larder compressed is inflated on the way, and what is damaged breaks off."""
    bodies = {"/json": text(3000 * KIB), "/large": noise(2500 * KIB, 5), "/empty": b"", "/small": b"x"}
    for target, body in bodies.items():
        origin.reply(target, body, fields={**FRESH, "Content-Type": "application/json" if target == "/json" else "text/plain"})
    larder = store.open(ON)
    for target in bodies:
        larder.get(target)
    settle(larder)
    admin = Admin(larder)
    items = every(admin)
    assert {item["tier"] for item in items} == {"memory", "disk"}
    for item in items:
        answer = admin.get(f"/entries/{item['id']}/body")
        assert answer.status == 200 and answer.body == bodies[item["target"]], item
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Content-Disposition"] == "attachment"
    for path in store.files().values():
        flip(path, -1)
    for item in items:
        if item["tier"] == "disk" and item["target"] in ("/json", "/large"):
            with pytest.raises(http.client.IncompleteRead):
                admin.get(f"/entries/{item['id']}/body")
            done = subprocess.run([BINARY, "inspect", "--admin", f"http://{admin.name}", item["id"], "--body"],
                capture_output=True, check=False)
            assert done.returncode == 1 and done.stderr, "what came may not be taken for all"


@pytest.mark.parametrize("end", ["", "/body"])
@pytest.mark.parametrize("wrong", [
    "x", "d-", "d-1", "d-x", "d--1", "m-1", "m-1-1", "m-0000000000000000-1", "d-99999999999999999999",
    "m-%ff-1", "d-1x", "e" * 200])
def test_no_such_entry(filled, wrong, end):
    assert Admin(filled).get(f"/entries/{wrong}{end}").status == 404


@pytest.mark.parametrize("tier", ["memory", "disk"])
def test_tags_that_the_configuration_gives(store, origin, tier):
    origin.reply("/MED/1", b"x", fields={**FRESH, "Cache-Tag": "own"})
    larder = store.open({**ON, "routes": [{"path": "/", "upstream": "origin", "tags": ["src:{1}"]}]})
    larder.get("/MED/1")
    settle(larder)
    admin = Admin(larder)
    (item,) = every(admin, f"&tag=src:MED&tier={tier}")
    assert admin.get(f"/entries/{item['id']}").json["tags"] == ["own", "src:MED"]


def test_secrets_are_not_shown(start, origin):
    origin.reply("/a", b"a", fields={**FRESH, "Vary": "X-Auth-Token", "X-Auth-Token": "open-sesame"})
    larder = start(ON)
    larder.get("/a?api_key=open-sesame&x=1", fields={"X-Auth-Token": "open-sesame"})
    admin = Admin(larder)
    answer = admin.get("/entries?sort=target&limit=1")
    (item,) = answer.json["items"]
    assert item["target"] == "/a?api_key=***&x=1" and item["key"] is None
    assert item["variant"] == {"x-auth-token": "***"}
    one = admin.get(f"/entries/{item['id']}")
    assert ["X-Auth-Token", "***"] in one.json["headers"]
    for text_of in (answer.body, one.body):
        assert b"sesame" not in text_of and b"open-sesame".hex().encode() not in text_of


def test_a_disk_that_cannot_be_read(store, origin):
    origin.reply("/a", b"a", fields=FRESH)
    larder = store.open(ON)
    larder.get("/a")
    settle(larder)
    admin = Admin(larder)
    (store.path / "larder.db").rename(store.path / "elsewhere.db")
    (store.path / "larder.db").mkdir()
    answer = admin.get("/entries")
    assert answer.status == 503 and "disk" in answer.json["detail"]
    assert targets(every(admin, "&tier=memory")) == ["/a"]
    (store.path / "larder.db").rmdir()
    (store.path / "elsewhere.db").rename(store.path / "larder.db")


def test_beside_a_writer(store, origin):
    """Listings while much is stored: each is well-formed, and none disturbs a request."""
    for n in range(200):
        origin.reply(f"/{n}", b"x" * 500, fields=FRESH)
    larder = store.open(ON)
    admin = Admin(larder)
    done = threading.Event()

    def fill():
        for n in range(200):
            assert larder.get(f"/{n}").status == 200
        done.set()
    filler = threading.Thread(target=fill)
    filler.start()
    while not done.is_set():
        assert len(set(one["id"] for one in every(admin, "&sort=size", 50))) <= 400
    filler.join()
    settle(larder)
    until(lambda: len(every(admin, "&tier=disk")) == 200, "all of them on the disk")
