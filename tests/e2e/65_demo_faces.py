"""The demo origin's other faces and its faults, without a proxy: what the tests of profiles build on."""

import json
import threading
import urllib.error
import urllib.request

import pytest

from harness.wait import until

REST = "/europepmc/webservices/rest"


def ask(demo, target, fields=None):
    """(status, fields, body); (0, {}, b"") where the connection ended without an answer."""
    request = urllib.request.Request(demo.url + target, headers=fields or {})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers, answer.read()
    except OSError:
        return 0, {}, b""


FACES = [  # target, fields that it has, what they hold
    ("/ncbi/entrez/eutils/esearch.fcgi?term=x", "Cache-Control", "private"),
    ("/ncbi/entrez/eutils/esearch.fcgi?term=x", "Set-Cookie", "ncbi_sid="),
    ("/uniprot/uniprotkb/P12345", "X-UniProt-Release", "2025_04"),
    ("/uniprot/uniprotkb/search?query=x&size=5", "Link", "/uniprotkb/search?query=x&size=5&cursor=5>; rel"),
    ("/uniprot/uniprotkb/search?query=x", "X-Total-Results", ""),
    ("/crossref/works?query=x", "X-Rate-Limit-Interval", "1s"),
    ("/crossref/works?query=x", "X-Concurrency-Limit", "1"),
    ("/crossref/works?query=x&mailto=a@b.c", "X-Concurrency-Limit", "3"),
    ("/crossref/works?query=x", "Vary", "Accept"),
    ("/ensembl/lookup/id/ENSG1", "X-RateLimit-Remaining", ""),
    ("/openalex/works?search=x", "X-RateLimit-Credits-Used", "10"),
    ("/datacite/dois?query=x", "Cache-Control", "max-age=0, private, must-revalidate"),
    ("/datacite/dois?query=x", "ETag", 'W/"'),
    ("/datacite/dois?query=x", "Vary", "Accept-Encoding, Origin"),
]


@pytest.mark.parametrize("target, name, begin", FACES, ids=lambda value: str(value)[:40])
def test_a_face(demo, target, name, begin):
    status, fields, _ = ask(demo, target)
    assert status == 200 and begin in fields[name]


def test_both_vary_fields_of_uniprot(demo):
    _, fields, _ = ask(demo, "/uniprot/uniprotkb/P12345")
    assert fields.get_all("Vary") == [
        "accept,accept-encoding,x-uniprot-release,x-api-deployment-date", "User-Agent"]


def test_beyond_a_face_s_limit(demo):
    statuses = [ask(demo, "/ncbi/entrez/eutils/efetch.fcgi?id=1")[0] for _ in range(8)]
    assert statuses[:3] == [200] * 3 and 429 in statuses
    counted = demo.stats()["limits"]["/ncbi anyone"]
    assert counted["arrived"] == 8 and counted["refused"] == statuses.count(429)


def test_one_at_once_is_refused_two(demo):
    demo.control(path="/crossref", latency="3s")
    statuses = []
    first = threading.Thread(target=lambda: statuses.append(ask(demo, "/crossref/works?query=x")[0]))
    first.start()
    until(lambda: demo.stats()["limits"].get("/crossref public"), "the first is under way")
    assert ask(demo, "/crossref/works?query=x")[0] == 429
    first.join()
    assert statuses == [200]


def test_a_ban(demo):
    demo.control(path="/", limit=2, ban="1h")
    statuses = [ask(demo, f"{REST}/search?query=x&format=json")[0] for _ in range(2)]
    assert statuses == [200, 200]
    until(lambda: ask(demo, f"{REST}/search?query=x&format=json")[0] == 429, "three within a second")
    status, fields, _ = ask(demo, f"{REST}/search?query=x&format=json")
    assert status == 429 and 3000 <= int(fields["Retry-After"]) <= 3600
    counted = demo.stats()["limits"]["/"]
    assert counted["bans"] == 1 and counted["most_a_second"] >= 3


def test_the_shares_of_faults(demo):
    demo.control(path=REST, poison_share=0.3, reset_share=0.2)
    outcomes = {"poison": 0, "broken": 0, "good": 0}
    for _ in range(200):
        try:
            _, _, body = ask(demo, f"{REST}/search?query=x&format=json")
        except Exception:  # a body that broke off is an http.client error of several kinds
            body = None
        known = {None: "broken", b"": "broken", b'{"version":"6.9"}': "poison"}
        outcomes[known.get(body, "good")] += 1
    assert 40 <= outcomes["poison"] <= 80 and 20 <= outcomes["broken"] <= 60


def test_a_hollow_page(demo):
    demo.control(path=REST, hollow=True)
    found = json.loads(ask(demo, f"{REST}/search?query=x&format=json")[2])
    assert found["hitCount"] > 0 and found["resultList"]["result"] == []


def test_dead_for_a_while(demo):
    demo.control(path=REST, dead="30s")
    assert ask(demo, f"{REST}/search?query=x")[0] == 0
    assert ask(demo, "/uniprot/uniprotkb/P12345")[0] == 200


def test_the_format_by_content_type(demo):
    bodies = {kind: ask(demo, "/ensembl/sequence/id/ENSG1", {"Content-Type": kind})[2]
        for kind in ("text/plain", "text/x-fasta", "application/json")}
    assert len(set(bodies.values())) == 3 and bodies["text/x-fasta"].startswith(b">ENSG1")


def test_errors_that_are_200(demo):
    for target, said in [("/ncbi/entrez/eutils/esearch.fcgi?term=&retmode=json", b'"ERROR"'),
            ("/ncbi/entrez/eutils/efetch.fcgi?id=x", b"<ERROR>")]:
        status, _, body = ask(demo, target)
        assert status == 200 and said in body
    demo.control(path="/crossref", poison=True)
    status, fields, body = ask(demo, "/crossref/works/10.1/demo.1")
    assert (status, fields["Content-Type"]) == (200, "application/json")
    assert body == b"Resource not found."
