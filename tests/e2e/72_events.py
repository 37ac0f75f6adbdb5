"""Signed events: who may send one, how often, and what it purges."""

import json
import queue
import threading

import pytest

from harness.admin import Admin
from harness.events import SECRET, Source, secret_of, sign
from harness.metrics import at_least
from harness.table import table

FRESH = {"Cache-Control": "max-age=600", "ETag": '"1"', "Surrogate-Key": "k"}
TARGETS = ["/api/MED/1", "/api/MED/2", "/api/search?q=1", "/other"]
ROUTES = [
    {"path": "/api/search", "upstream": "origin", "upstream_path": "/search", "tags_held": ["article:{/ids/*}"]},
    {"path": "/api", "upstream": "origin", "upstream_path": "/", "tags": ["article:{1}/{2}"]},
    {"path": "/", "upstream": "origin"},
]
SOURCES = {
    "tags": {"pointer": "/changed/*/id", "value": "article:MED/{}"},
    "soft": {"pointer": "/ids", "value": "article:MED/{}", "soft": True},
    "urls": {"scope": "url", "pointer": "/ids", "value": "/MED/{}", "route": "/api"},
    "whole": {"scope": "url", "pointer": "", "value": "{}"},
    "prefixes": {"scope": "prefix", "pointer": "/ids/*", "value": "/{}/", "route": "/api"},
    "globs": {"scope": "glob", "pointer": "/ids", "value": "/api/*/{}"},
    "keys": {"scope": "key", "pointer": "/key"},
    "route": {"scope": "route", "route": "/api"},
    "named": {"scope": "route", "pointer": "/route"},
    "all": {"scope": "all"},
    "fixed": {"value": "k"},
}


def settings(**sources):
    named = {name: {"secret": secret_of(name), **how} for name, how in (sources or SOURCES).items()}
    return {"admin": {"listen": ["127.0.0.1:0"]}, "routes": ROUTES, "events": named}


@pytest.fixture
def larder(start):
    return start(settings())


@pytest.fixture
def admin(larder):
    return Admin(larder)


def fill(larder, origin):
    for target in TARGETS:
        origin.reply(target.removeprefix("/api"), b'{"ids":["MED/1","MED/7"]}', fields=FRESH)
        larder.get(target)
    assert [larder.get(target).hit for target in TARGETS] == [True] * len(TARGETS)


def hits(larder):
    return [larder.get(target).hit for target in TARGETS]


SAID = [
    ("tags", {"changed": [{"id": "1"}, {"id": 3}]}, [False, True, False, True], 1),
    ("tags", {"changed": {"a": {"id": 2}}}, [True, False, True, True], 1),
    ("tags", {"changed": [{}, {"ids": None}]}, [True] * 4, 0),
    ("tags", {}, [True] * 4, 0),
    ("soft", {"ids": ["2", "7"]}, [True, False, False, True], 1),
    ("urls", {"ids": [1, 2]}, [False, False, False, True], 2),
    ("urls", {"ids": "1"}, [False, True, False, True], 1),
    ("whole", ["/other"], [True, True, True, False], 1),
    ("whole", "/api/search?q=1", [True, True, False, True], 1),
    ("prefixes", {"ids": ["MED"]}, [False, False, False, True], 1),
    ("globs", {"ids": ["2"]}, [True, False, False, True], 1),
    ("globs", {"ids": ["*"]}, [True, True, False, True], 1),
    ("route", {}, [False, False, False, True], 1),
    ("named", {"route": "/api/search"}, [True, True, False, True], 1),
    ("all", 1, [False] * 4, 1),
    ("fixed", {"anything": True}, [False] * 4, 1),
]


@pytest.mark.parametrize("name, body, want, purges", SAID, ids=[f"{r[0]}-{i}" for i, r in enumerate(SAID)])
def test_what_an_event_purges(larder, admin, clock, origin, name, body, want, purges):
    fill(larder, origin)
    answer = Source(admin, clock, name).send(body)
    assert answer.status == 200 and len(answer.json["purged"]) == purges, answer
    for one in answer.json["purged"]:
        assert one["durable"] and one["mode"] == ("soft" if name == "soft" else "hard")
    assert hits(larder) == want
    assert larder.metric("cache_invalidations_total", source="event") == purges


@table("scope", [("url", "url"), ("key", "key"), ("tag", "tag")])
@pytest.mark.parametrize("mode", ["hard", "soft"])
@pytest.mark.parametrize("dry", [False, True])
def test_purges_of_the_admin_api(larder, admin, origin, scope, mode, dry):
    """What holds the record is stale then, too; and nothing is where it is only tried."""
    fill(larder, origin)
    (entry,) = [e for e in admin.get("/entries").json["items"] if e["target"] == "/api/MED/1"]
    value = {"url": "/api/MED/1", "key": entry["key"], "tag": "article:MED/1"}[scope]
    answer = admin.post("/purges", {"scope": scope, "value": value, "mode": mode, "dry_run": dry})
    assert answer.status == 200 and answer.json["entries"]["memory"] == 1, answer
    assert hits(larder) == ([True] * 4 if dry else [False, True, False, True])


def test_by_key(larder, admin, clock, origin):
    fill(larder, origin)
    (entry,) = [e for e in admin.get("/entries").json["items"] if e["target"] == "/api/MED/1"]
    answer = Source(admin, clock, "keys").send({"key": entry["key"]})
    assert answer.status == 200 and answer.json["purged"][0]["entries"]["memory"] == 1
    assert hits(larder) == [False, True, False, True]
    (told,) = admin.get("/purges").json["items"]
    assert (told["trigger"], told["who"], told["scope"]) == ("event", "keys", "key")
    assert told["id"] == answer.json["purged"][0]["id"]


def test_entries_show_tags(larder, admin, origin):
    fill(larder, origin)
    shown = {e["target"]: admin.get(f"/entries/{e['id']}").json for e in admin.get("/entries").json["items"]}
    assert shown["/api/MED/1"]["tags"] == ["k", "article:MED/1"] and shown["/api/MED/1"]["held"] == 0
    assert shown["/api/search?q=1"]["held"] == 2
    listed = admin.get("/entries?tag=article:MED/1").json["items"]
    assert [e["target"] for e in listed] == ["/api/MED/1"]


# ---- who ----------------------------------------------------------------------------------------------------

BODY = b'{"changed":[{"id":1}]}'


def fields_of(source):
    def by(at, body=BODY, secret=source.secret):
        return sign(secret, at, body)

    now = source.now()
    good = by(now)
    return {
        "no-field": None, "empty": "", "no-time": f"v1={good}", "no-signature": f"t={now}",
        "two-times": f"t={now},t={now},v1={good}", "another-secret": f"t={now},v1={by(now, secret='x' * 20)}",
        "another-body": f"t={now},v1={by(now, BODY + b' ')}", "another-time": f"t={now - 1},v1={good}",
        "cut": f"t={now},v1={good[:-1]}", "longer": f"t={now},v1={good}0", "no-hex": f"t={now},v1={'g' * 64}",
        "another-version": f"t={now},v0={good}", "a-negative-time": f"t=-1,v1={by(-1)}",
        "a-huge-time": f"t={10 ** 30},v1={by(10 ** 30)}",
        "too-many": f"t={now}," + ",".join(["v1=" + "0" * 64] * 9) + f",v1={good}",
        "garbage": "\x01=;,,=,t", "a-hash-alone": f"t={now},v1={by(now, secret='')}",
    }


NAMES = ["no-field", "empty", "no-time", "no-signature", "two-times", "another-secret", "another-body", "another-time",
    "cut", "longer", "no-hex", "another-version", "a-negative-time", "a-huge-time", "too-many", "garbage",
    "a-hash-alone"]


@pytest.mark.parametrize("name", NAMES)
def test_who_cannot_sign(larder, admin, clock, origin, name):
    fill(larder, origin)
    source = Source(admin, clock, "tags")
    field = fields_of(source)[name]
    answer = admin.post("/events/tags", BODY, headers={} if field is None else {"Larder-Signature": field})
    assert answer.status == 401 and answer.headers["WWW-Authenticate"].startswith("Larder-Signature")
    assert hits(larder) == [True] * 4
    assert SECRET not in json.dumps(answer.json) + larder.said()


def test_nobody_learns_which_sources_there_are(admin, clock):
    wrong = Source(admin, clock, "tags", "x" * 20).send(BODY)
    unknown = Source(admin, clock, "unknown", "x" * 20).send(BODY)
    assert wrong.status == unknown.status == 401 and wrong.body == unknown.body
    assert Source(admin, clock, "unknown", "").send(BODY).status == 401


def test_one_of_several_signatures_is_enough(larder, admin, clock, origin):
    fill(larder, origin)
    source = Source(admin, clock, "tags")
    now = source.now()
    field = f"t={now}, v0=x, v1={'0' * 64}, v1={sign(source.secret, now, BODY).upper()}"
    assert source.send(BODY, field=field).status == 200
    assert hits(larder) == [False, True, False, True]


@table("seconds, status", [("now", 0, 200), ("late", -240, 200), ("too-late", -310, 401), ("early", 290, 200),
    ("too-early", 360, 401), ("1970", -10 ** 9, 401)])
def test_the_window(admin, clock, seconds, status):
    """Of 300 s, by a machine that may take one of the minutes to ask."""
    source = Source(admin, clock, "tags")
    assert source.send(BODY, at=source.now() + seconds).status == status


def test_an_event_is_taken_once(larder, admin, clock, origin):
    source = Source(admin, clock, "tags")
    at = source.now()
    assert source.send(BODY, at=at).status == 200
    fill(larder, origin)
    assert source.send(BODY, at=at).status == 409
    twice = f"{source.field(BODY, at)},v1={'0' * 64}"
    assert source.send(BODY, field=twice).status == 409
    assert hits(larder) == [True] * 4
    assert source.send(BODY, at=at + 1).status == 200
    clock.advance(301)
    assert source.send(BODY, at=at).status == 401


def test_news_of_the_same_second(larder, admin, clock, origin):
    """Each time that is written otherwise is another event; a taken one is told what to do."""
    source = Source(admin, clock, "tags")
    second = source.now()
    for at in [second, f"{second}.1", f"{second}.100", f"{second}.123456789"]:
        fill(larder, origin)
        assert source.send(BODY, at=at).status == 200
        assert hits(larder) == [False, True, False, True]
        again = source.send(BODY, at=at)
        assert again.status == 409 and "signs it again with another t" in again.json["detail"], again


def test_an_event_is_one_source_s(larder, admin, clock, origin):
    """Sources change: the secret of one may be that of another, a reload later."""
    fill(larder, origin)
    body = {"id": "k"}
    source = Source(admin, clock, "first", SECRET)
    at = source.now()
    for name in ["first", "second"]:
        configuration = json.loads(larder.config_path.read_text())
        configuration["events"] = {name: {"secret": SECRET, "pointer": "/id"}}
        larder.write_config(configuration)
        assert admin.post("/reload").status == 200
        source.name = name
        assert source.send(body, at=at).status == 200
        assert source.send(body, at=at).status == 409


def test_what_is_being_taken_is_not_told_as_taken(store, clock):
    """Of two at once one waits for the disk, the other can't be told what becomes of it."""
    larder = store.open(settings())
    source = Source(Admin(larder), clock, "tags")
    at, other, answers = source.now(), store.connect(), queue.Queue()
    other.execute("BEGIN EXCLUSIVE")
    senders = [threading.Thread(target=lambda: answers.put(source.send(BODY, at=at))) for _ in range(2)]
    for sender in senders:
        sender.start()
    first = answers.get()
    other.execute("ROLLBACK")
    other.close()
    assert first.status == 503 and first.headers["Retry-After"] == "1", first
    assert "being taken" in first.json["detail"]
    assert answers.get().status == 200
    for sender in senders:
        sender.join()
    assert source.send(BODY, at=at).status == 409


def test_what_came_to_nothing_may_be_sent_again(admin, clock):
    source = Source(admin, clock, "urls")
    at = source.now()
    for _ in range(2):
        assert source.send(b"{", at=at).status == 400
        assert source.send({"ids": ["../x"]}, at=at).status == 422


# ---- what -----------------------------------------------------------------------------------------------------


def test_a_value_without_sense_keeps_no_other_back(larder, admin, clock, origin):
    fill(larder, origin)
    answer = Source(admin, clock, "urls").send({"ids": ["../x", 1, "a\u0000b"]})
    assert answer.status == 207 and len(answer.json["purged"]) == 1 and len(answer.json["faults"]) == 2
    assert hits(larder) == [False, True, False, True]


OTHERS = [
    ("null", "tags", {"changed": [{"id": None}, {"id": 1}]}, 207), ("truth", "tags", {"changed": [{"id": True}]}, 422),
    ("an-object", "tags", {"changed": [{"id": {"a": 1}}, {"id": 1}]}, 207),
    ("an-object-among-elements", "soft", {"ids": [{"id": 1}, "2", None]}, 207),
    ("an-array-among-elements", "soft", {"ids": [[1], "2"]}, 207), ("an-object-for-them", "urls", {"ids": {"a": 1}}, 422),
    ("the-body-itself", "whole", {"ids": ["/other"]}, 422), ("an-array-is-its-elements", "whole", ["/other"], 200),
    ("no-elements", "soft", {"ids": []}, 200), ("what-is-not-asked", "all", {"ids": [None]}, 200),
]


@table("name, body, status", OTHERS)
def test_what_is_neither_string_nor_number_is_told(larder, admin, clock, origin, name, body, status):
    answer = Source(admin, clock, name).send(body)
    assert answer.status == status, answer
    faults = answer.json.get("faults", [])
    assert [fault for fault in faults if "neither string nor number" in fault] == faults and bool(faults) == (status != 200)


def test_a_nul_ends_no_tag(larder, admin, clock, origin):
    fill(larder, origin)
    assert Source(admin, clock, "soft").send({"ids": ["1\u0000x"]}).status == 200
    assert hits(larder) == [True] * 4


def test_values_become_paths(start, origin, clock):
    """What can't stand in a path is written in percent; a value is no query and no wildcard."""
    larder = start(settings(urls={"scope": "url", "pointer": "", "value": "/a/{}"}))
    targets = ["/a/10.1000/x%20y", "/a/b%3Fc=1", "/a/b?c=1"]
    for target in targets:
        origin.reply(target, b"x", fields=FRESH)
        larder.get(target)
    source = Source(Admin(larder), clock, "urls")
    assert source.send(["10.1000/x y", "b?c=1"]).status == 200
    assert [larder.get(target).hit for target in targets] == [False, False, True]


@table("ids, told", [("values", list(range(10001)), "more values than 10000"), ("a-string", "x" * 900_000, "a string"),
    ("one-of-several", [1, "x" * 900_000], "a string")])
def test_what_is_too_much(larder, admin, clock, origin, ids, told):
    fill(larder, origin)
    answer = Source(admin, clock, "soft").send({"ids": ids})
    assert answer.status == 422 and told in answer.json["detail"], answer
    assert hits(larder) == [True] * 4


def test_10000_values(larder, admin, clock, origin):
    fill(larder, origin)
    assert Source(admin, clock, "soft").send({"ids": list(range(10000))}).status == 200
    assert hits(larder)[:3] == [False] * 3  # the fourth may share a slot with one of so many


def test_2000_urls(larder, admin, clock, origin):
    fill(larder, origin)
    answer = Source(admin, clock, "urls").send({"ids": list(range(2000))})
    assert answer.status == 200 and len(answer.json["purged"]) == 2000
    assert hits(larder)[:3] == [False] * 3


def test_a_huge_body(admin, clock):
    assert Source(admin, clock, "tags").send(b'"' + b"x" * (2 << 20) + b'"').status == 413


@table("body", [("nothing", b""), ("garbage", b"\xff\x00"), ("two", b"{}{}"), ("deep", b"[" * 5000 + b"]" * 5000)])
def test_no_json(admin, clock, body):
    assert Source(admin, clock, "tags").send(body).status == 400


def test_with_tokens_an_event_needs_none(start, clock, origin):
    changes = settings()
    changes["admin"]["tokens"] = [{"name": "ops", "role": "operator", "sha256": "0" * 64}]
    larder = start(changes)
    fill(larder, origin)
    admin = Admin(larder)
    assert Source(admin, clock, "tags").send(BODY).status == 200
    assert hits(larder) == [False, True, False, True]


def test_what_it_purged_stays_purged_through_a_kill(store, clock, origin):
    larder = store.open(settings())
    fill(larder, origin)
    larder.wait_metric("cache_entries", at_least(len(TARGETS)), tier="disk")
    answer = Source(Admin(larder), clock, "tags").send(BODY)
    assert answer.status == 200 and answer.json["purged"][0]["entries"]["disk"] == 1
    larder.kill()
    assert hits(store.open(settings())) == [False, True, False, True]
