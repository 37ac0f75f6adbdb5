"""The main job against the demo origin: a crawl by cursor, records, full texts, and its bad days."""

import gzip
import json
from urllib.parse import quote

import pytest

REST = "/europepmc/webservices/rest"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def larder(start, demo):
    route = {"path": "/europepmc", "upstream": "origin", "upstream_path": "/europepmc"}
    return start({"routes": [route]}, url=demo.url)


def page(larder, mark, query="malaria", size=500):
    target = (f"{REST}/search?query={query}&format=json&resultType=lite&pageSize={size}"
        f"&cursorMark={quote(mark, safe='')}")
    response = larder.get(target)
    assert response.status == 200 and response.complete
    return response, json.loads(response.body)


def crawl(larder):
    """(ids, pages, hits): the whole result list of a query."""
    ids, pages, hits, mark = [], 0, 0, "*"
    while mark:
        response, data = page(larder, mark)
        ids += [one["id"] for one in data["resultList"]["result"]]
        pages, hits, mark = pages + 1, hits + response.hit, data.get("nextCursorMark")
    assert len(ids) == data["hitCount"]
    return ids, pages, hits


def test_a_nightly_crawl(larder, demo):
    first = crawl(larder)
    asked = demo.stats()["total"]
    second = crawl(larder)
    assert first[0] == second[0] and len(set(first[0])) == len(first[0])
    assert (first[2], second[2]) == (0, second[1])
    assert asked == first[1] == demo.stats()["total"]


def test_a_search_then_its_articles(larder, demo):
    _, found = page(larder, "*", size=10)
    for _ in range(2):
        for one in found["resultList"]["result"]:
            article = larder.get(f"{REST}/article/MED/{one['id']}?format=json")
            assert json.loads(article.body)["result"]["title"] == one["title"]
            references = larder.get(f"{REST}/MED/{one['id']}/references?format=json&pageSize=100")
            listed = json.loads(references.body)
            assert len(listed["referenceList"]["reference"]) == min(listed["hitCount"], 100)
    assert demo.stats()["total"] == 1 + 2 * 10


def test_full_texts_and_the_third_that_has_none(larder, demo):
    """HEAD before GET, as a client of this service does."""
    statuses = []
    for number in range(30):
        target = f"{REST}/PMC{1000 + number}/fullTextXML"
        head, got = larder.get(target, method="HEAD"), larder.get(target)
        assert head.status == got.status and got.complete
        statuses.append(got.status)
        if got.status == 200:
            assert got.body.startswith(b"<?xml") and got.body.endswith(b"</article>")
            assert len(got.body) >= 20_000
            assert larder.get(target).body == got.body
    assert 3 <= statuses.count(404) <= 20 and statuses.count(200) >= 10


def test_gzip_is_stored_as_it_came(larder, demo):
    target = f"{REST}/search?query=gene&format=json&pageSize=100"
    plain = larder.get(target).body
    for _ in range(2):
        coded = larder.get(target, fields={"Accept-Encoding": "gzip"})
        assert coded.field("Content-Encoding") == "gzip" and gzip.decompress(coded.body) == plain
    assert coded.hit and demo.stats()["total"] == 1


def test_search_by_post_passes_uncached(larder, demo):
    body = b"query=malaria&format=json&pageSize=25"
    for count in (1, 2):
        response = larder.get(f"{REST}/searchPOST", method="POST", body=body, fields=FORM)
        assert response.cache["fwd"] == "method"
        assert len(json.loads(response.body)["resultList"]["result"]) == 25
        assert demo.stats()["methods"]["POST"] == count


def test_status_update_passes(larder, demo):
    response = larder.get(f"{REST}/status-update-search", method="POST",
        body=b'{"ids":[{"src":"MED","extId":"33138133"}]}', fields={"Content-Type": "application/json"})
    assert json.loads(response.body)["articlesWithStatusUpdate"][0]["extId"] == "33138133"


def test_annotations_are_not_stored(larder, demo):
    target = "/europepmc/annotations_api/annotationsByArticleIds?articleIds=MED:33138133"
    for count in (1, 2):
        assert larder.get(target).status == 200
        assert demo.stats()["total"] == count


def test_formats_are_kept_apart(larder, demo):
    """By parameter; by Accept only with a Vary that says so."""
    demo.control(vary="Accept")
    target = f"{REST}/search?query=kinase&pageSize=5"
    json_fields = {"Accept": "application/json"}
    assert larder.get(target).body.startswith(b"<?xml")
    assert larder.get(target, fields=json_fields).body.startswith(b"{")
    assert larder.get(target + "&format=dc").body.count(b"<rdf:Description") == 5
    assert larder.get(target, fields=json_fields).hit and larder.get(target).hit


def test_a_revalidated_page(larder, demo, clock):
    demo.control(cache_control="max-age=0, must-revalidate")
    target = f"{REST}/search?query=insulin&format=json"
    first = larder.get(target)
    second = larder.get(target)
    assert second.body == first.body and second.cache["fwd-status"] == 304


@pytest.mark.parametrize("switch", [{"truncate_at": 5000}, {"reset_at": 5000},
    {"truncate_at": 5000, "framing": "chunked"}], ids=str)
def test_a_day_of_broken_transfers(larder, demo, switch):
    target = f"{REST}/search?query=tumor&format=json&pageSize=100"
    demo.control(path=REST + "/search", times=1, **switch)
    broken = larder.get(target)
    assert not broken.complete or broken.status == 502
    whole = larder.get(target)
    assert whole.complete and not whole.hit
    assert len(json.loads(whole.body)["resultList"]["result"]) == 100
    assert larder.get(target).hit


@pytest.mark.parametrize("switch, status", [({"status": 503}, 503), ({"retry_after": "5"}, 429)],
    ids=str)
def test_a_day_of_refusals(larder, demo, switch, status):
    target = f"{REST}/search?query=tumor&format=json"
    demo.control(times=1, **switch)
    refused = larder.get(target)
    assert refused.status == status
    assert refused.field("Retry-After") == switch.get("retry_after")
    assert larder.get(target).status == 200


def test_a_slow_day(larder, demo):
    demo.control(latency="150ms", slow_total="300ms", framing="chunked")
    target = f"{REST}/search?query=slow&format=json&pageSize=50"
    assert len(json.loads(larder.get(target).body)["resultList"]["result"]) == 50
    assert larder.get(target).hit


def test_a_faithful_origin_gives_nothing_to_reuse(start, demo):
    """No validators, no lifetime: without a rule for the route nothing is invented."""
    demo.control(cache_control="", validators="none")
    larder = start(url=demo.url)
    for count in (1, 2):
        assert not larder.get(f"{REST}/search?query=x&format=json").hit
        assert demo.stats()["total"] == count
