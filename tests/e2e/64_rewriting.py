"""Addresses of the origin become the client's own: Location, Content-Location, Link, and what a crawler follows."""

import json
import re
import urllib.request

import pytest

from harness.origin import Origin, Reply
from harness.rewriting import BASE, FRESH, HERE, JSON, XML, asked, changes
from harness.table import table


@pytest.fixture
def elsewhere():
    server = Origin()
    yield server
    server.stop()


@pytest.fixture
def begin(start, origin, elsewhere):
    """begin(**of_each_route): see changes()."""
    return lambda **how: start(changes(origin, elsewhere, **how))


@pytest.fixture
def bodies(begin):
    return begin(rewrite_body=True)


# -- fields -------------------------------------------------------------------------------------

# O: the origin, H: its authority
@table("value, expected", [
    ("absolute", "O/base/rest/x?y=1#z", HERE + "/api/x?y=1#z"), ("the base", "O/base/rest", HERE + "/api"),
    ("a query at once", "O/base/rest?y", HERE + "/api?y"), ("the longest prefix", "O/base/rest/search?y", HERE + "/search?y"),
    ("beneath it", "O/base/rest/search/1", HERE + "/search/1"), ("not a segment of it", "O/base/rest/searches", HERE + "/api/searches"),
    ("letter case of the scheme", "HTTP://H/base/rest/x", HERE + "/api/x"), ("without scheme", "//H/base/rest/x", HERE + "/api/x"),
    ("a path", "/base/rest/x?y#z", "/api/x?y#z"), ("a path of another route", "/base/rest/search", "/search"),
    ("dots that lead back", "O/base/rest/a/../x?y=/../#f", HERE + "/api/x?y=/../#f"), ("dots in a path", "/base/rest/./x", "/api/x"),
    ("not ASCII", "O/base/rest/\xe9", HERE + "/api/\xe9"),
    ("relative", "other?a:b", "other?a:b"), ("relative, a folder up", "../y", "../y"), ("relative, to another route", "../search?q", "/search?q"),
    ("a query alone", "?page=2", "?page=2"), ("a fragment alone", "#x", "#x"), ("nothing", "", ""),
    ("dots that lead out", "O/base/rest/../x", None), ("dots in disguise", "O/base/rest/%2e%2e/x", None),
    ("another path", "O/base/x", None), ("a longer segment", "O/base/restful", None), ("a path elsewhere", "/base/restful/x", None),
    ("a longer host", "http://H.evil.com/base/rest/x", None), ("userinfo", "http://H@evil.com/base/rest/x", None),
    ("userinfo before", "http://u@H/base/rest/x", None), ("another port", "http://127.0.0.1:1/base/rest/x", None),
    ("another scheme", "https://H/base/rest/x", None), ("another host", "https://example.org/base/rest/x", None),
    ("a backslash", "http://H\\@evil.com/base/rest/x", None), ("what another upstream would serve", "O/base/rest/hidden/x", None),
    ("a mail address", "mailto:a@b.c", None)])
@pytest.mark.parametrize("name", ["Location", "Content-Location"])
def test_one_reference(begin, origin, name, value, expected):
    value = value.replace("O", origin.url).replace("H/", origin.authority + "/").replace("H@", origin.authority + "@") \
        .replace("H.", origin.authority + ".").replace("H\\", origin.authority + "\\")
    origin.reply(BASE + "/d/a", b"x", status=201 if name == "Location" else 200, fields={**FRESH, name: value})
    larder = begin()
    for _ in range(2):
        assert asked(larder, "/api/d/a").field(name) == (value if expected is None else expected)


@table("value, expected", [
    ("one", '<O/x?c=1>; rel="next"', f'<{HERE}/api/x?c=1>; rel="next"'),
    ("several", '<O/x>; rel=prev,<O/search?q>;rel="next" , </base/rest/y>', f'<{HERE}/api/x>; rel=prev,<{HERE}/search?q>;rel="next" , </api/y>'),
    ("quoted", '<O/x>; title="a, <O/y>; \\"", <O/z>', f'<{HERE}/api/x>; title="a, <O/y>; \\"", <{HERE}/api/z>'),
    ("parameters stay", '<O/x>; anchor="O/y"; rel=next', f'<{HERE}/api/x>; anchor="O/y"; rel=next'),
    ("elsewhere", '<https://doi.org/1>; rel=next, <O/x', '<https://doi.org/1>; rel=next, <O/x')])
def test_links(begin, origin, value, expected):
    value, expected = (text.replace("O", origin.url + BASE) for text in (value, expected))
    origin.reply(BASE + "/a", b"x", fields=[*FRESH.items(), ("Link", value), ("Link", "</base/rest/more>; rel=up")])
    larder = begin()
    for _ in range(2):
        assert asked(larder, "/api/a").all("Link") == [expected, "</api/more>; rel=up"]


def test_redirects_keep_the_client_here(begin, origin):
    for status in (301, 302, 303, 307, 308):
        origin.reply(f"{BASE}/{status}", status=status, fields={"Location": origin.url + BASE + "/there"})
    larder = begin()
    for status in (301, 302, 303, 307, 308):
        answer = asked(larder, f"/api/{status}")
        assert answer.status == status and answer.field("Location") == HERE + "/api/there"


def test_each_client_by_the_name_it_uses(begin, origin):
    """Of a kept reply, too: hits of the same second, of so many names that some share a place among those that are
    kept."""
    origin.reply(BASE + "/a", b"x", fields={**FRESH, "Link": f"<{origin.url}{BASE}/b>; rel=next"})
    larder = begin()
    with larder.client() as client:
        for turn in range(900):
            host = f"host{turn % 300}.test"
            answer = client.get("/api/a", fields={"Host": host})
            assert answer.field("Link") == f"<http://{host}/api/b>; rel=next" and answer.hit == (turn > 0)
    assert origin.count() == 1


@table("host", [("commas", "a,b"), ("brackets", "[x]"), ("a port that is none", "me:port"), ("percent", "a%2fb"), ("long", "x" * 400), ("empty", "")])
def test_a_host_that_is_no_authority_stands_in_nothing(bodies, origin, host):
    body = json.dumps({"a": origin.url + BASE + "/b"}).encode()
    origin.reply(BASE + "/a", body, fields={**JSON, "Content-Location": origin.url + BASE + "/b"})
    answer = asked(bodies, "/api/a", host={"Host": host})
    assert answer.field("Content-Location") == "/api/b" and answer.body == body


def test_http_1_0_without_host(bodies, origin):
    origin.reply(BASE + "/a", fields={**JSON, "Location": origin.url + BASE}, status=301)
    answer = bodies.get("/api/a", version="HTTP/1.0")
    assert answer.field("Location") == "/api"


def test_what_a_trusted_proxy_says_of_the_scheme(start, origin):
    origin.reply("/a", b"x", fields={**FRESH, "Content-Location": origin.url + "/b"})
    fields = {"X-Forwarded-Proto": "https"}
    trusting = start({"server": {"trusted_proxies": ["127.0.0.1"]}})
    assert asked(trusting, "/a", **fields).field("Content-Location") == "https://me.test:8080/b"
    assert asked(start(), "/a", **fields).field("Content-Location") == HERE + "/b"


def test_public_url(begin, origin):
    body = json.dumps({"a": origin.url + BASE + "/b"}).encode()
    origin.reply(BASE + "/a", body, fields={**JSON, "Location": origin.url + BASE + "/b", "Link": "</base/rest/c>"})
    larder = begin(rewrite_body=True, public_url="https://example.org/cache/")
    answer = asked(larder, "/api/a")
    assert answer.field("Location") == "https://example.org/cache/api/b"
    assert answer.field("Link") == "<https://example.org/cache/api/c>"
    assert json.loads(answer.body) == {"a": "https://example.org/cache/api/b"}


def test_every_base_url_of_an_upstream(start, origin, elsewhere):
    larder = start({"upstreams": {"origin": {"url": None, "urls": [{"url": origin.url + "/v1"}, {"url": elsewhere.url + "/v2"}]}},
        "routes": [{"path": "/api", "upstream": "origin", "rewrite_body": True}]})
    body = json.dumps([origin.url + "/v1/x", elsewhere.url + "/v2/x", elsewhere.url + "/v1/x"]).encode()
    for server, path in ((origin, "/v1/a"), (elsewhere, "/v2/a")):
        server.reply(path, body, fields=JSON)
    assert json.loads(asked(larder, "/api/a").body) == [HERE + "/api/x", HERE + "/api/x", elsewhere.url + "/v1/x"]


# -- crawls --------------------------------------------------------------------------------------

PAGES = 5


def crawl_origin(origin, kind):
    def script(seen):
        number = int((re.search(r"cursor=(\d+)", seen.target) or [0, 0])[1])
        after = f"{origin.url}{BASE}/search?q=a&cursor={number + 1}" if number + 1 < PAGES else None
        if kind == "json":
            body = json.dumps({"n": number, **({"nextPageUrl": after} if after else {})})
            return Reply(body.encode(), fields=JSON)
        if kind == "xml":
            element = f"<nextPageUrl>{after.replace('&', '&amp;')}</nextPageUrl>" if after else ""
            return Reply(f"<r><n>{number}</n>{element}</r>".encode(), fields=XML)
        return Reply(b"x", fields={**FRESH, **({"Link": f'<{after}>; rel="next"'} if after else {})})
    origin.reply(BASE + "/search", script=script)


def next_of(answer, kind):
    if kind == "json":
        return json.loads(answer.body).get("nextPageUrl")
    found = re.search(r"<nextPageUrl>(.*)</nextPageUrl>", answer.body.decode()) if kind == "xml" \
        else re.search(r"<(.*)>", answer.field("Link") or "")
    return found and found[1].replace("&amp;", "&")


@pytest.mark.parametrize("kind", ["json", "xml", "link"])
def test_a_crawl_never_leaves(bodies, origin, kind):
    crawl_origin(origin, kind)
    for turn in range(2):
        url, seen = bodies.url + "/search?q=a", []
        while url:
            assert url.startswith(bodies.url + "/search?")
            target = url[len(bodies.url):]
            answer = bodies.get(target, fields={"Host": bodies.url[len("http://"):]})
            assert answer.status == 200 and answer.hit == (turn == 1)
            seen.append(target)
            url = next_of(answer, kind)
        assert len(seen) == PAGES
    assert origin.count() == PAGES


REST = "/europepmc/webservices/rest"


def follow(url, next_of_answer):
    """As an unmodified client does: (number of pages, hits); each URL as it was told, whole."""
    begin, pages, hits = url[:url.index("/", 8)], 0, 0
    while url:
        assert url.startswith(begin + "/"), f"{url} leaves"
        with urllib.request.urlopen(url) as answer:
            body = answer.read().decode()
            pages, hits = pages + 1, hits + ("; hit" in answer.headers["Cache-Status"])
            url = next_of_answer(answer, body)
    return pages, hits


def next_in_xml(_, body):
    found = re.search(r"<nextPageUrl>(.*?)</nextPageUrl>", body)
    return found and found[1].replace("&amp;", "&")


@table("kind, next_of_answer", [("json", "json", lambda _, body: json.loads(body).get("nextPageUrl")), ("xml", "xml", next_in_xml)])
def test_the_demo_s_pages(start, demo, kind, next_of_answer):
    larder = start({"routes": [{"path": "/epmc", "upstream": "origin", "rewrite_body": True}],
        "upstreams": {"origin": {"url": demo.url + REST}}})
    first = follow(f"{larder.url}/epmc/search?query=malaria&pageSize=200&format={kind}", next_of_answer)
    asked_first = demo.stats()["total"]
    again = follow(f"{larder.url}/epmc/search?query=malaria&pageSize=200&format={kind}", next_of_answer)
    assert first[0] > 3 and again == (first[0], first[0])
    assert demo.stats()["total"] == asked_first == first[0]


def test_the_demo_s_links(start, demo):
    """As UniProt has them: absolute, with the page that follows in Link alone."""
    larder = start({"routes": [{"path": "/uniprot", "upstream": "origin", "ttl": "1h", "vary": ["Accept"]}],
        "upstreams": {"origin": {"url": demo.url + "/uniprot"}}})

    def next_of_link(answer, _):
        found = re.search(r'<(.*)>; rel="next"', answer.headers["Link"] or "")
        return found and found[1]

    url = larder.url + "/uniprot/uniprotkb/search?query=malaria&size=200"
    first = follow(url, next_of_link)
    assert first[0] > 3 and follow(url, next_of_link) == (first[0], first[0])
    assert demo.stats()["total"] == first[0]
