"""routes.*.source_version: another release at the origin makes what was stored of the route stale, once."""

import threading
import time
from email.utils import formatdate

import pytest

from harness.purge import BEARER, SETTINGS

FRESH = {"Cache-Control": "max-age=600"}
ROUTES = [{"path": "/u", "upstream": "origin", "upstream_path": "/u", "source_version": "X-Release"},
    {"path": "/m", "upstream": "origin", "upstream_path": "/m", "source_version": "last-modified"},
    {"path": "/", "upstream": "origin"}]


@pytest.fixture
def larder(start):
    return start({"routes": ROUTES})


def release(origin, version, *targets, **how):
    for target in targets:
        origin.reply(target, f"{target} {version}".encode(),
            fields={**FRESH, "X-Release": version, "ETag": f'"{target}"'}, **how)


def hits(larder, *targets):
    return [larder.get(target).hit for target in targets]


ALL = ["/u/a", "/u/b", "/u/c"]


def changes(larder):
    return larder.metric("cache_invalidations_total", scope="route", mode="soft",
        source="source-version")


def test_a_new_release_makes_the_route_stale_once(larder, origin):
    release(origin, "1", *ALL, "/other")
    hits(larder, *ALL, "/other")
    assert all(hits(larder, *ALL, "/other")) and origin.count() == 4 and changes(larder) == 0
    release(origin, "2", *ALL, "/other", "/u/new")
    assert all(hits(larder, *ALL))  # nobody has seen it yet
    assert not larder.get("/u/new").hit  # it brings the news, and is fresh itself
    assert hits(larder, "/u/new", *ALL, "/other") == [True, False, False, False, True]
    assert all(hits(larder, "/u/new", *ALL, "/other"))
    assert origin.count() == 4 + 1 + 3 and changes(larder) == 1


def test_a_304_tells_it_and_answers_it(larder, origin):
    release(origin, "1", *ALL)
    hits(larder, *ALL)
    assert larder.get("/u/a", fields={"Cache-Control": "no-cache"}).cache["fwd-status"] == 304
    assert changes(larder) == 0 and all(hits(larder, *ALL))
    for target in ALL:
        release(origin, "2", target,
            not_modified={**FRESH, "X-Release": "2", "ETag": f'"{target}"'})
    assert larder.get("/u/a", fields={"Cache-Control": "no-cache"}).cache["fwd-status"] == 304
    assert changes(larder) == 1
    assert hits(larder, "/u/a", "/u/b") == [True, False]
    assert origin.last("/u/b").field("If-None-Match") == '"/u/b"'
    assert all(hits(larder, "/u/a", "/u/b"))
    assert larder.get("/u/b").body == b"/u/b 1"


@pytest.mark.parametrize("status", [404, 410, 500, 503, 302])
def test_what_is_no_data_tells_no_release(larder, origin, status):
    release(origin, "1", *ALL)
    hits(larder, *ALL)
    origin.reply("/u/x", b"no", status=status, fields={"X-Release": "2"})
    larder.get("/u/x")
    origin.reply("/u/y", b"none", fields=FRESH)
    larder.get("/u/y")
    origin.reply("/u/z", b"empty", fields={**FRESH, "X-Release": ""})
    larder.get("/u/z")
    assert all(hits(larder, *ALL)) and changes(larder) == 0


def test_a_fetch_from_before_does_not_turn_it_back(larder, origin):
    gate = threading.Event()
    release(origin, "1", *ALL)
    hits(larder, *ALL)
    origin.reply("/u/slow", b"slow", hold=gate, fields={**FRESH, "X-Release": "1"})
    with larder.client() as reader:
        reader.ask("/u/slow")
        origin.wait_for(1, "/u/slow")
        release(origin, "2", *ALL, "/u/new")
        larder.get("/u/new")
        gate.set()
        assert reader.response().body == b"slow"
    release(origin, "2", "/u/slow")
    assert changes(larder) == 1
    assert hits(larder, "/u/new", "/u/slow") == [True, False]  # what it brought is old
    assert larder.get("/u/slow").body == b"/u/slow 2" and changes(larder) == 1


def test_fetches_that_tell_the_same_release_at_once_are_all_fresh(larder, origin):
    gate = threading.Event()
    release(origin, "1", "/u/a")
    larder.get("/u/a")
    release(origin, "2", *ALL, hold=gate)
    clients = [larder.client() for _ in ALL[1:]]
    for target, client in zip(ALL[1:], clients):
        client.ask(target)
        origin.wait_for(1, target)
    gate.set()
    for client in clients:
        client.response()
        client.close()
    assert all(hits(larder, *ALL[1:])) and changes(larder) == 1
    assert not larder.get("/u/a").hit


def test_a_purge_meanwhile_is_not_undone(start, origin):
    """The response with the news began before both: what was purged stays so."""
    larder = start({"routes": ROUTES, "server": {"purge": SETTINGS}})
    release(origin, "1", "/u/a")
    larder.get("/u/a")
    gate = threading.Event()
    release(origin, "2", "/u/b", hold=gate)
    with larder.client() as reader:
        reader.ask("/u/b")
        origin.wait_for(1, "/u/b")
        assert larder.get("/u/b", method="PURGE", fields=BEARER).status == 200
        gate.set()
        reader.response()
    assert changes(larder) == 1
    assert not larder.get("/u/b").hit


def test_of_last_modified_only_a_later_one_counts(larder, origin):
    def told(target, seconds):
        origin.reply(target, target.encode(), fields={**FRESH,
            "Last-Modified": formatdate(time.time() + seconds, usegmt=True)})
        return larder.get(target).hit

    assert not told("/m/a", -1000)
    assert not told("/m/b", -2000)  # earlier
    assert not told("/m/c", +5000)  # not yet
    assert all(hits(larder, "/m/a", "/m/b", "/m/c"))
    assert not told("/m/d", -500)
    assert hits(larder, "/m/d", "/m/a", "/m/b") == [True, False, False]
    assert not told("/m/e", -700)
    assert all(hits(larder, "/m/d", "/m/a", "/m/b", "/m/e"))


def test_stale_while_the_origin_is_gone(larder, origin):
    release(origin, "1", *ALL)
    hits(larder, *ALL)
    release(origin, "2", "/u/new")
    larder.get("/u/new")
    origin.reply("/u/a", b"", status=503)
    assert larder.get("/u/a").body == b"/u/a 1"


# -- asked for ----------------------------------------------------------------------------------------------

def polled(origin, pointer="/db/release", **more):
    return {"routes": [{"path": "/u", "upstream": "origin", "upstream_path": "/u",
        "source_version_url": f"{origin.url}/release.json?of=u", "source_version_pointer": pointer,
        "source_version_interval": "1s", **more}, {"path": "/", "upstream": "origin"}]}


def asked_again(origin, times=2):
    """The next answer, whole: the second from now on was asked for after what was said until now."""
    origin.wait_for(origin.count("/release.json") + times, "/release.json")


@pytest.mark.parametrize("pointer, document", [("/db/release", '{"db": {"release": "%s"}}'),
    ("/1", "[0, 2026.1%s]"), ("", "2026_0%s\n")])
def test_a_release_that_is_asked_for(start, origin, pointer, document):
    origin.reply("/release.json", (document % "1").encode())
    larder = start(polled(origin, pointer))
    origin.wait_for(1, "/release.json")
    assert origin.last("/release.json").target == "/release.json?of=u"
    asked_again(origin)
    release(origin, "1", *ALL, "/other")
    hits(larder, *ALL, "/other")
    asked_again(origin)
    assert all(hits(larder, *ALL, "/other")) and changes(larder) == 0
    origin.reply("/release.json", (document % "2").encode())
    larder.wait_metric("cache_invalidations_total", lambda found: found == 1,
        source="source-version")
    assert hits(larder, *ALL, "/other") == [False, False, False, True]
    assert all(hits(larder, *ALL)) and changes(larder) == 1


@pytest.mark.parametrize("how", [{"body": b"{}"}, {"body": b"{"}, {"body": b'{"db": {"release": []}}'},
    {"body": b'{"db": {"release": "2"}}', "status": 500},
    {"body": b'{"db": {"release": ""}}'},
    {"body": b'{"db": {"release": "%s"}}' % (b"2" * 300)}])
def test_an_answer_that_tells_none_changes_nothing(start, origin, how):
    origin.reply("/release.json", b'{"db": {"release": "1"}}')
    larder = start(polled(origin, source_version="X-Release"))
    asked_again(origin)
    release(origin, "1", *ALL)
    hits(larder, *ALL)
    origin.reply("/release.json", **how)
    if b'""' not in how["body"]:
        larder.wait_event("source-version-unknown")
    else:
        asked_again(origin)
    release(origin, "2", "/u/new")  # the URL has the place of the field
    larder.get("/u/new")
    assert all(hits(larder, *ALL)) and changes(larder) == 0
