"""Which upstream a target goes to, and that the rest of it arrives there as it came."""

import pytest

from harness.metrics import equals
from harness.origin import Origin

FRESH = {"Cache-Control": "max-age=60"}


@pytest.fixture
def other():
    server = Origin()
    yield server
    server.stop()


def test_the_longest_prefix_wins(start, origin, other):
    larder = start({
        "upstreams": {"other": {"url": other.url + "/base"}},
        "routes": [
            {"path": "/a", "upstream": "origin"},
            {"path": "/a/b", "upstream": "other"},
            {"path": "/a/b/long", "upstream": "origin", "upstream_path": "/put/instead"},
        ]})
    for target, server, there in (
        ("/a/x", origin, "/x"),
        ("/a/bc", origin, "/bc"),
        ("/a/b/x", other, "/base/x"),
        ("/a/b/lon", other, "/base/lon"),
        ("/a/b/longer", other, "/base/longer"),
        ("/a/b/long/x?y", origin, "/put/instead/x?y"),
        ("/a/b/long", origin, "/put/instead"),
        ("/a/b", other, "/base"),
        ("/a/b?q", other, "/base?q"),
        ("/a/", origin, "/"),
    ):
        before = server.count()
        larder.get(target)
        assert server.count() == before + 1, target
        assert server.last().target == there, target


def test_any_segment(start, origin, other):
    """`*` takes any one segment, the more literal path wins, and what stands before it is cut off."""
    larder = start({
        "upstreams": {"other": {"url": other.url + "/base"}},
        "routes": [
            {"path": "/a", "upstream": "origin"},
            {"path": "/a/*/full", "upstream": "other"},
            {"path": "/a/one/full", "upstream": "origin", "upstream_path": "/instead"},
            {"path": "/a/x/*/y", "upstream": "other", "upstream_path": "/x"},
        ]})
    for target, server, there in (
        ("/a/PMC1/full", other, "/base/PMC1/full"),
        ("/a/PMC%2F1/full/z?q=/full", other, "/base/PMC%2F1/full/z?q=/full"),
        ("/a/one/full?q", origin, "/instead?q"),
        ("/a//full", origin, "//full"),
        ("/a/PMC1/fuller", origin, "/PMC1/fuller"),
        ("/a/PMC1?/full", origin, "/PMC1?/full"),
        ("/a/x/1/y", other, "/base/x/1/y"),
    ):
        before = server.count()
        larder.get(target)
        assert server.count() == before + 1, target
        assert server.last().target == there, target


def test_a_route_without_rest_or_base_path_asks_for_the_root(start, origin):
    larder = start({"routes": [{"path": "/a", "upstream": "origin"}]})
    larder.get("/a")
    assert origin.last().target == "/"
    larder.get("/a?q=1")
    assert origin.last().target == "/?q=1"


def test_no_route(start, origin):
    larder = start({"routes": [{"path": "/a", "upstream": "origin"}]})
    for target in ("/", "/b", "/ab", "/A"):
        response = larder.get(target)
        assert response.status == 404, target
        assert response.field("Content-Type") == "application/problem+json"
        assert "larder" in response.field("Proxy-Status")
    assert origin.count() == 0
    larder.wait_metric("http_rejected_total", equals(4), reason="no-route")


@pytest.mark.parametrize("target", [
    "/x/a%2Fb", "/x//double//slash/", "/x/y?", "/x/%7Euser", "/x/%41%2f%2F", "/x/y?%20+%2B",
    "/x/a;b=c,d@e:!$&'()*+", "/x/y?q=%22a%20b%22&&&=&c=/?d", "/x/y?a=b=c&z=1&a=0", "/x/y?[]{}|^`\"<>",
    "/x/GristAPI/rest/get/query=ga:%22Wellcome%22&format=json", "/x/" + "a" * 4000, "/x?x=%C3%A9",
])
def test_the_raw_target_is_passed_on(start, origin, target):
    larder = start({"routes": [{"path": "/x", "upstream": "origin", "upstream_path": "/there"}]})
    larder.get(target)
    assert [seen.target for seen in origin.seen()] == [target.replace("/x", "/there", 1)]


@pytest.mark.parametrize("one, other, same", [
    ("/%7Euser", "/~user", True),  # RFC 3986 6.2.2.2
    ("/a%2fb", "/a%2Fb", True),  # 6.2.2.1
    ("/a?q=%61", "/a?q=a", True),
    ("/a%2Fb", "/a/b", False),
    ("/a?q=a+b", "/a?q=a%20b", False),  # equal for forms only: an origin may tell them apart
    ("/a?", "/a", False),
    ("/a?x=1&y=2", "/a?y=2&x=1", False),
    ("/a?q=CANCER", "/a?q=cancer", False),
    ("//a", "/a", False),
    ("/a/", "/a", False),
])
def test_what_counts_as_the_same_target(larder, origin, one, other, same):
    origin.reply(one, b"x", fields=FRESH)
    origin.reply(other, b"x", fields=FRESH)
    larder.get(one)
    assert larder.get(other).hit is same
    assert origin.count() == (1 if same else 2)


def test_routes_to_one_origin_do_not_share(start, origin):
    larder = start({"routes": [
        {"path": "/a", "upstream": "origin"}, {"path": "/b", "upstream": "origin"}]})
    origin.reply("/x", b"x", fields=FRESH)
    larder.get("/a/x")
    assert not larder.get("/b/x").hit
    larder.wait_metric("cache_requests_total", equals(1), route="/a")
    larder.wait_metric("cache_requests_total", equals(1), route="/b")


def test_the_origin_is_asked_for_itself(larder, origin):
    """Host is the upstream's, whatever the client calls larder."""
    larder.get("/a", fields={"Host": "elsewhere.example"})
    assert origin.last().all("Host") == [origin.authority]
