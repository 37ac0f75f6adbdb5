"""What a change makes invalid: unsafe methods, the URIs that they name, groups (RFC 9111 4.4, RFC 9875)."""

import threading

import pytest

from harness.origin import Origin, Reply
from harness.table import table

FRESH = {"Cache-Control": "max-age=600"}
UNSAFE = ["POST", "PUT", "DELETE", "PATCH", "FROB", "LINK", "post"]
SAFE = ["OPTIONS", "HEAD"]


def stored(larder, origin, *targets, **fields):
    """These targets are in the store, each with its own name as body."""
    for target in targets:
        origin.reply(target, target.encode(), fields={**FRESH, **fields})
        larder.get(target)
        assert larder.get(target).hit


def change(larder, origin, target="/change", method="POST", status=200, **fields):
    """An unsafe request that ends like this."""
    origin.reply(target, b"done", status=status, fields=fields)
    assert larder.get(target, method=method, body=b"x").status == status


@pytest.mark.parametrize("method", UNSAFE)
def test_a_change_invalidates_its_target(larder, origin, method):
    """Unknown methods too: a cache doesn't know that they are safe."""
    stored(larder, origin, "/a", "/b")
    change(larder, origin, "/a", method)
    origin.reply("/a", b"new", fields=FRESH)
    again = larder.get("/a")
    assert not again.hit and again.body == b"new"
    assert larder.get("/a").hit and larder.get("/b").hit


@pytest.mark.parametrize("method", SAFE)
def test_a_safe_method_invalidates_nothing(larder, origin, method):
    stored(larder, origin, "/a", "/b")
    origin.reply("/change", b"x", fields={"Location": "/a", "Content-Location": "/b"})
    larder.get("/change", method=method)
    origin.reply("/a", b"x", fields={"Location": "/b"})
    larder.get("/a", method=method)
    assert larder.get("/a").hit and larder.get("/b").hit


@pytest.mark.parametrize("status", [200, 201, 202, 204, 205, 207, 299, 300, 301, 302, 303, 307, 308, 399])
def test_success_and_redirection_invalidate(larder, origin, status):
    """4.4: a non-error response is one with 2xx or 3xx."""
    stored(larder, origin, "/a", "/b", "/c")
    origin.reply("/a", b"" if status in (204, 205) else b"done", status=status,
        fields={"Location": "/b", "Content-Location": "/c"})
    assert larder.get("/a", method="POST", body=b"x").status == status
    count = origin.count()
    for target in ("/a", "/b", "/c"):
        assert not larder.get(target).hit
    assert origin.count() == count + 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 412, 429, 500, 502, 503, 599])
def test_an_error_invalidates_nothing(larder, origin, status):
    stored(larder, origin, "/a", "/b", "/c")
    origin.reply("/a", b"no", status=status, fields={"Location": "/b", "Content-Location": "/c"})
    assert larder.get("/a", method="POST", body=b"x").status == status
    assert all(larder.get(target).hit for target in ("/a", "/b", "/c"))


# -- Location and Content-Location -----------------------------------------------------------------------

@table("value, target, gone", [
    ("absolute-path", "/b", "/b", True), ("path-and-query", "/b?x=1", "/b?x=1", True),
    ("another-query", "/b?x=1", "/b", False), ("relative", "b", "/dir/b", True),
    ("relative-up", "../b", "/b", True), ("relative-dot", "./b", "/dir/b", True),
    ("query-only", "?x=1", "/dir/change?x=1", True), ("fragment-is-no-part", "/b#there", "/b", True),
    ("absolute-at-the-origin", "{origin}/b", "/b", True), ("absolute-at-the-proxy", "{proxy}/b", "/b", True),
    ("scheme-relative", "//{authority}/b", "/b", True), ("scheme-in-capitals", "HTTP://{authority}/b", "/b", True),
    ("another-host", "http://other.example/b", "/b", False), ("another-port", "http://127.0.0.1:1/b", "/b", False),
    ("another-scheme", "https://{authority}/b", "/b", False), ("longer-host", "http://{authority}.example/b", "/b", False),
    ("user-info-hides-a-host", "http://{authority}@other.example/b", "/b", False),
    ("host-in-the-query", "http://other.example/?{origin}/b", "/b", False),
    ("no-uri", "ht!tp://[/b", "/b", False), ("empty", "", "/b", False)])
@pytest.mark.parametrize("field", ["Location", "Content-Location"])
def test_uris_that_a_change_names(larder, origin, field, value, target, gone):
    """4.4: of the same origin as the target URI, or else anyone could empty another's cache."""
    stored(larder, origin, target)
    host, port = larder.address
    value = value.format(origin=origin.url, proxy=f"http://{host}:{port}",
        authority=origin.authority)
    origin.reply("/dir/change", b"done", fields={field: value})
    assert larder.get("/dir/change", method="POST", body=b"x",
        fields={"Host": f"{host}:{port}"}).status == 200
    assert larder.get(target, fields={"Host": f"{host}:{port}"}).hit is not gone


def test_all_variants_go(larder, origin):
    origin.reply("/a", script=lambda seen: Reply(
        (seen.field("Accept") or "any").encode(), fields={**FRESH, "Vary": "Accept"}))
    for accept in ("a/b", "c/d"):
        larder.get("/a", fields={"Accept": accept})
    larder.get("/a", method="DELETE")
    for accept in ("a/b", "c/d"):
        assert not larder.get("/a", fields={"Accept": accept}).hit


def test_only_the_target_goes_not_what_is_alike(larder, origin):
    stored(larder, origin, "/a", "/a?x=1", "/a/", "/a/b", "/A")
    change(larder, origin, "/a?x=1")
    assert [larder.get(target).hit for target in ("/a", "/a?x=1", "/a/", "/a/b", "/A")] == [True,
        False, True, True, True]


# -- against fetches under way ----------------------------------------------------------------------------

@table("held", [("before-the-head", True), ("in-mid-body", False)])
def test_a_fetch_from_before_the_change_is_not_stored(larder, origin, held):
    """What the origin read before the change may come after it."""
    gate = threading.Event()
    origin.replies("/a",
        Reply(b"old", hold=gate, fields=FRESH) if held else Reply(pieces=[b"ol" * 500, gate, b"d"],
            fields=FRESH),
        Reply(b"done"), Reply(b"new", fields=FRESH))
    with larder.client() as reader:
        reader.ask("/a")
        origin.wait_for(1, "/a")
        if not held:
            reader.body_to(100)
        assert larder.get("/a", method="PUT", body=b"x").body == b"done"
        gate.set()
        assert reader.response().complete
    assert larder.get("/a").body == b"new"
    assert larder.get("/a").body == b"new"


def test_a_fetch_that_another_change_named_is_not_stored(larder, origin):
    gate = threading.Event()
    origin.replies("/a", Reply(b"old", hold=gate, fields=FRESH), Reply(b"new", fields=FRESH))
    with larder.client() as reader:
        reader.ask("/a")
        origin.wait_for(1, "/a")
        change(larder, origin, "/change", Location="/a")
        gate.set()
        reader.response()
    assert larder.get("/a").body == b"new"


def test_who_asks_after_the_change_does_not_join_what_was_before(larder, origin):
    gate = threading.Event()
    origin.replies("/a", Reply(b"old", hold=gate, fields=FRESH), Reply(b"done"),
        Reply(b"new", fields=FRESH))
    with larder.client() as reader:
        reader.ask("/a")
        origin.wait_for(1, "/a")
        larder.get("/a", method="POST", body=b"x")
        assert larder.get("/a").body == b"new"
        gate.set()
        assert reader.response().body == b"old"
    assert larder.get("/a").body == b"new"


# -- groups (RFC 9875) --------------------------------------------------------------------------------------

@table("groups, named, gone", [
    ("2-one", '"g"', '"g"', True), ("2-another", '"g"', '"h"', False), ("2-letter-case", '"g"', '"G"', False),
    ("2.1-any-position", '"a", "g", "b"', '"x", "g"', True), ("2-parameters", '"g";x=1', '"g";y="z"', True),
    ("2-blanks", '  "g"  ,"h"', '"h"', True), ("2-prefix", '"group"', '"gro"', False),
    ("2-a-token-is-no-string", "g", "g", False), ("2-a-bad-list", '"g" "h"', '"g"', False),
    ("3-a-bad-list", '"g"', '"g", ', False), ("2-empty-string", '""', '""', True),
    ("2-escaped", '"a\\"b"', '"a\\"b"', True), ("2-comma-inside", '"a,b"', '"a"', False),
    ("3-inner-list", '"g"', '("g")', False), ("3-mixed-types", '"g"', '"g", 1', None)])
def test_groups(larder, origin, groups, named, gone):
    """None: whether the strings beside another type count is left open."""
    stored(larder, origin, "/a", **{"Cache-Groups": groups})
    change(larder, origin, **{"Cache-Group-Invalidation": named})
    if gone is not None:
        assert larder.get("/a").hit is not gone


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_a_safe_request_invalidates_no_group(larder, origin, method):
    """3: MUST be ignored."""
    stored(larder, origin, "/a", **{"Cache-Groups": '"g"'})
    origin.reply("/safe", b"x", fields={"Cache-Group-Invalidation": '"g"'})
    larder.get("/safe", method=method)
    assert larder.get("/a").hit


def test_a_change_invalidates_all_of_a_group_and_no_more(larder, origin):
    stored(larder, origin, "/a", "/b?x=1", **{"Cache-Groups": '"g", "h"'})
    stored(larder, origin, "/c", **{"Cache-Groups": '"i"'})
    stored(larder, origin, "/d")
    change(larder, origin, **{"Cache-Group-Invalidation": '"g"'})
    assert [larder.get(target).hit for target in ("/a", "/b?x=1", "/c", "/d")] == [False, False,
        True, True]


def test_groups_do_not_cascade(larder, origin):
    """2.2.1: what a group took along takes nothing along itself."""
    stored(larder, origin, "/a", **{"Cache-Groups": '"g", "h"'})
    stored(larder, origin, "/b", **{"Cache-Groups": '"h"'})
    change(larder, origin, **{"Cache-Group-Invalidation": '"g"'})
    assert not larder.get("/a").hit and larder.get("/b").hit


@pytest.mark.parametrize("position", [0, 15, 31])
def test_32_groups_of_32_characters(larder, origin, position):
    """2, 3: MUST be supported."""
    names = [f'"{number:02}' + "x" * 30 + '"' for number in range(32)]
    stored(larder, origin, "/a", **{"Cache-Groups": ", ".join(names)})
    others = [f'"{number:02}' + "y" * 30 + '"' for number in range(31)]
    others.insert(position, names[position])
    change(larder, origin, **{"Cache-Group-Invalidation": ", ".join(others)})
    assert not larder.get("/a").hit


def test_groups_on_several_lines(larder, origin):
    origin.reply("/a", b"x", fields=[*FRESH.items(), ("Cache-Groups", '"g"'),
        ("Cache-Groups", '"h"')])
    larder.get("/a")
    change(larder, origin, **{"Cache-Group-Invalidation": '"h"'})
    assert not larder.get("/a").hit


@pytest.mark.parametrize("status", [400, 500])
def test_an_error_invalidates_no_group(larder, origin, status):
    """A change that failed changed nothing; invalidation is as in 9111 4.4."""
    stored(larder, origin, "/a", **{"Cache-Groups": '"g"'})
    change(larder, origin, status=status, **{"Cache-Group-Invalidation": '"g"'})
    assert larder.get("/a").hit


def test_groups_are_the_origins_own(start, origin, clock):
    """2.1: groups of another origin are others, whatever they are called."""
    other = Origin(clock=clock)
    larder = start({"upstreams": {"other": {"url": other.url}},
        "routes": [{"path": "/", "upstream": "origin"}, {"path": "/other", "upstream": "other"}]})
    other.reply("/a", b"x", fields={**FRESH, "Cache-Groups": '"g"'})
    larder.get("/other/a")
    stored(larder, origin, "/a", **{"Cache-Groups": '"g"'})
    change(larder, origin, **{"Cache-Group-Invalidation": '"g"'})
    assert larder.get("/other/a").hit and not larder.get("/a").hit
    other.stop()


def test_a_fetch_under_way_belongs_to_its_group(larder, origin):
    gate = threading.Event()
    fields = {**FRESH, "Cache-Groups": '"g"'}
    origin.replies("/a", Reply(pieces=[b"old" * 300, gate, b"end"], fields=fields),
        Reply(b"new", fields=fields))
    with larder.client() as reader:
        reader.ask("/a")
        reader.body_to(100)
        change(larder, origin, **{"Cache-Group-Invalidation": '"g"'})
        gate.set()
        reader.response()
    assert larder.get("/a").body == b"new"


def test_fields_of_groups_reach_the_client(larder, origin):
    stored(larder, origin, "/a", **{"Cache-Groups": '"g"'})
    assert larder.get("/a").field("Cache-Groups") == '"g"'
