"""profile: NAME: each of the services that larder knows, as the demo origin plays them, behind its rules.

What a plain cache falls for is asked of each: does it store what it can, tell apart what differs, take for the
same what is, and keep back what isn't for everybody?
"""

import itertools
import json
import re
import time
from pathlib import Path
from urllib.parse import quote

import pytest

from harness.larder import REPOSITORY, configuration, run
from harness.wait import until

BASES = {"europepmc": "/europepmc/webservices/rest", "ncbi": "/ncbi/entrez/eutils", "uniprot": "/uniprot",
    "crossref": "/crossref", "ensembl": "/ensembl", "openalex": "/openalex", "datacite": "/datacite"}
ROUTE = {"path": "/api", "upstream": "origin"}
KEY = "0123456789abcdef0123456789abcdef4242"
SECRET = "someone@example.org"
RATES = re.compile(r"rate-?limit|concurrency-limit|retry-after", re.I)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def behind(start, demo):
    """behind(profile): larder before that face of the demo, with an access log on its standard output."""

    def begin(profile, route=None, upstream=None):
        demo.control(path="/europepmc", cache_control="", validators="none")
        return start({
            "routes": [{**ROUTE, "profile": profile, **(route or {})}],
            "upstreams": {"origin": {"retry": {"attempts": 3, "backoff": "1ms", "budget": "100%"},
                **(upstream or {})}},
            "log": {"access": "stdout"},
        }, url=demo.url + BASES[profile])

    return begin


def asked(demo):
    return demo.stats()["total"]


def profile_names():
    return sorted(path.stem for path in (REPOSITORY / "config" / "profiles").glob("*.yaml"))


def test_all_are_here():
    assert profile_names() == sorted(BASES)


@pytest.mark.parametrize("name", profile_names())
def test_each_loads(tmp_path, name):
    config = tmp_path / "larder.yaml"
    config.write_text(json.dumps(configuration("http://127.0.0.1:1",
        {"routes": [{**ROUTE, "profile": name}]})))
    done = run("check", "--config", config)
    assert done.returncode == 0, done.stdout + done.stderr


def test_one_that_is_not_known(tmp_path):
    config = Path(tmp_path, "larder.yaml")
    config.write_text(json.dumps(configuration("http://127.0.0.1:1",
        {"routes": [{**ROUTE, "profile": "ncbl"}]})))
    done = run("check", "--config", config)
    assert done.returncode != 0 and "ncbl" in done.stdout + done.stderr


# What is asked twice of each: whoever asks second gets it from the cache, without what was the first one's.
TWICE = [
    ("europepmc", "/search?query=x&format=json", "/search?query=x&format=json"),
    ("europepmc", "/article/MED/10000001?format=json", "/article/MED/10000001?format=json&email=" + SECRET),
    ("europepmc", "/MED/10000001/citations?format=json",
        "/MED/10000001/citations?page=1&pageSize=25&format=json"),
    ("europepmc", "/PMC1002/fullTextXML", "/PMC1002/fullTextXML"),
    ("ncbi", "/esearch.fcgi?db=pubmed&term=x&retmode=json", "/esearch.fcgi?term=x&retmode=json&db=pubmed"),
    ("ncbi", f"/esearch.fcgi?term=x&api_key={KEY}&email={SECRET}&tool=mine", "/esearch.fcgi?term=x"),
    ("ncbi", "/efetch.fcgi?id=1&tool=a", "/efetch.fcgi?tool=b&id=1"),
    ("ncbi", "/esummary.fcgi?id=1", "/esummary.fcgi?id=1&db=pubmed"),
    ("uniprot", "/uniprotkb/search?query=x&size=25", "/uniprotkb/search?query=x"),
    ("uniprot", "/uniprotkb/P12345", "/uniprotkb/P12345"),
    ("crossref", "/works?query=x&rows=5", "/works?rows=5&query=x&mailto=" + SECRET),
    ("crossref", "/works/10.1/demo.10000001", "/works/10.1/demo.10000001"),
    ("ensembl", "/lookup/id/ENSG1", "/lookup/id/ENSG1"),
    ("openalex", f"/works?search=x&api_key={KEY}&mailto={SECRET}", "/works?search=x"),
    ("openalex", "/works/W12", "/works/W12?mailto=" + SECRET),
    ("datacite", "/dois?query=x", "/dois?query=x&page%5Bnumber%5D=1"),
    ("datacite", "/dois/10.5/demo.10000001", "/dois/10.5/demo.10000001"),
]


@pytest.mark.parametrize("profile, first, second", TWICE, ids=lambda value: value[:60])
def test_what_is_asked_twice(behind, demo, profile, first, second):
    larder = behind(profile)
    miss = larder.get("/api" + first, fields={"User-Agent": "one/1.0"})
    hit = larder.get("/api" + second, fields={"User-Agent": "two/2.0"})
    assert miss.status == hit.status == 200 and miss.body == hit.body
    assert not miss.hit and hit.hit and asked(demo) == 1
    names = {name.lower() for name, _ in hit.fields}
    assert not any(RATES.search(name) for name in names), names
    assert not names & {"set-cookie", "ncbi-phid", "x-request-id"}


# What is nobody else's, or another one each time.
NEVER = [
    ("europepmc", "/search?query=x&format=json&callback=f"), ("ncbi", "/esearch.fcgi?term=x&usehistory=y"),
    ("ncbi", "/esummary.fcgi?WebEnv=MCID_1&query_key=1"), ("ncbi", "/epost.fcgi?id=1"),
    ("uniprot", "/idmapping/status/abc"), ("crossref", "/works?query=x&sample=2"),
    ("crossref", "/works?query=x&cursor=*"), ("openalex", f"/rate-limit?api_key={KEY}"),
    ("openalex", "/works?search=x&sample=2"), ("datacite", "/dois?query=x&random=true"),
]


@pytest.mark.parametrize("profile, target", NEVER, ids=lambda value: value[:60])
def test_what_is_never_kept(behind, demo, profile, target):
    larder = behind(profile)
    for count in (1, 2):
        response = larder.get("/api" + target)
        assert response.status == 200 and not response.hit and asked(demo) == count


def test_no_secret_is_told(behind):
    """Neither in the access log nor in what is said of the store."""
    larder = behind("ncbi")
    for term in "ab":
        larder.get(f"/api/esearch.fcgi?term={term}&api_key={KEY}&email={SECRET}")
    lines = "\n".join(larder.wait_output(2))
    said = lines + larder.said() + larder.get("/metrics").body.decode()
    assert KEY not in said and SECRET not in said and quote(SECRET) not in said


def test_nor_is_it_kept_from_the_origin(behind, demo):
    larder = behind("ncbi")
    larder.get(f"/api/esearch.fcgi?term=x&api_key={KEY}")
    assert any(KEY in target for target in demo.stats()["targets"])


# -- Europe PMC --------------------------------------------------------------------------------

SPELLINGS = [
    "query=a%20b&format=json", "query=a+b&format=json", "format=json&query=a+b", "Query=a+b&format=json",
    "query=a+b&format=json&pageSize=25", "query=a+b&format=json&pagesize=25", "query=a+b&FORMAT=json",
    "query=a+b&format=json&resultType=lite", "query=a+b&format=json&resulttype=lite",
    "query=a+b&format=json&cursorMark=*", "query=a+b&format=json&cursorMark=%2A",
    "query=a+b&format=json&cursorMark=%2a", "query=a+b&format=json&sort=", "sort=&query=a+b&format=json",
    "query=a+b&format=json&email=" + SECRET, "email=x%40y.z&query=a+b&format=json",
    "query=%61+b&format=json", "query=a+b&format=json&synonym=false",
    "cursorMark=*&pageSize=25&resultType=lite&sort=&format=json&query=a+b",
    "query=a%20b&pageSize=25&format=json&email=me&cursorMark=%2A",
]


def test_twenty_spellings_of_one_search(behind, demo):
    larder = behind("europepmc")
    assert len(set(SPELLINGS)) == 20
    bodies = {larder.get(f"/api/search?{spelling}").body for spelling in SPELLINGS}
    assert len(bodies) == 1 and asked(demo) == 1


def test_the_case_of_a_query_counts(behind, demo):
    larder = behind("europepmc")
    for query in ("NOT", "not"):
        assert not larder.get(f"/api/search?query=a+{query}+b&format=json").hit
    assert asked(demo) == 2


def test_formats_by_accept(behind, demo):
    larder = behind("europepmc")
    asks = [({}, b"<?xml"), ({"Accept": "application/json"}, b"{"),
        ({"Accept": "application/rdf+xml"}, b"<?xml")]
    for count in (False, True):
        for fields, begin in asks:
            response = larder.get("/api/search?query=x", fields=fields)
            assert response.body.startswith(begin) and response.hit == count
    assert b"rdf:RDF" in response.body and asked(demo) == 3


def test_poison_is_neither_given_nor_kept(behind, demo):
    larder = behind("europepmc")
    demo.control(path="/europepmc", poison=True, times=2)
    first = larder.get("/api/search?query=x&format=json")
    assert json.loads(first.body)["hitCount"] > 0 and asked(demo) == 3
    assert larder.get("/api/search?query=x&format=json").hit


def test_poison_where_xml_was_asked_for(behind, demo):
    larder = behind("europepmc")
    demo.control(path="/europepmc", poison=True, times=1)
    assert larder.get("/api/PMC1002/fullTextXML").body.startswith(b"<?xml")
    assert asked(demo) == 2


def test_a_service_that_is_nothing_but_poison(behind, demo, clock):
    """What was good stands in; else it is an error, and told as one."""
    larder = behind("europepmc")
    good = larder.get("/api/search?query=x&format=json")
    demo.control(path="/europepmc", poison=True)
    clock.advance(3600)
    stale = larder.get("/api/search?query=x&format=json")
    assert stale.body == good.body and stale.status == 200
    assert larder.get("/api/search?query=y&format=json").status == 502


def test_a_hollow_page_is_not_kept(behind, demo):
    larder = behind("europepmc")
    demo.control(path="/europepmc", hollow=True, times=1)
    assert not larder.get("/api/search?query=x&format=json").hit
    whole = larder.get("/api/search?query=x&format=json")
    assert not whole.hit and json.loads(whole.body)["resultList"]["result"]


# target, least and most seconds that its 200 is an error for
ERRORS_200 = [
    ("/search?query=&format=json", 60, 120),
    ("/search?query=x&pageSize=0", 60, 120),
    ("/search?query=unfindable&format=json", 60, 120),
    ("/article/MED/99999999?format=json", 300, 900),
]


@pytest.mark.parametrize("target, least, most", ERRORS_200, ids=str)
def test_errors_that_are_200(behind, demo, clock, target, least, most):
    larder = behind("europepmc")
    first = larder.get("/api" + target)
    assert first.status == 200 and larder.get("/api" + target).hit
    clock.advance(least - 10)
    assert larder.get("/api" + target).body == first.body and asked(demo) == 1
    clock.advance(most - least + 20)
    assert not larder.get("/api" + target).hit and asked(demo) == 2


def test_a_crawl_never_leaves(behind, demo):
    """By a client that follows nextPageUrl as it stands."""
    larder = behind("europepmc", upstream={"rate": 0})
    url, ids = "http://larder.test/api/search?query=x&format=json&pageSize=500", []
    while url:
        assert url.startswith("http://larder.test/api/search?")
        page = json.loads(larder.get(url.removeprefix("http://larder.test")).body)
        ids += [one["id"] for one in page["resultList"]["result"]]
        url = page.get("nextPageUrl")
    assert len(ids) == page["hitCount"] > 500


def test_searching_by_post(behind, demo):
    larder = behind("europepmc")
    bodies = [b"query=x&format=json", b"format=json&query=x&pageSize=25", b"Query=x&format=json&email=a"]
    answers = [larder.get("/api/searchPOST", method="POST", body=body, fields=FORM) for body in bodies]
    assert len({answer.body for answer in answers}) == 1 and asked(demo) == 1
    assert larder.get("/api/search?query=x&format=json").body != answers[0].body  # has nextPageUrl


def test_what_is_asked_by_post_passes(behind, demo):
    larder = behind("europepmc")
    ids = b'{"ids":[{"src":"MED","extId":"1"}]}'
    kind = {"Content-Type": "application/json"}
    for count in (1, 2):
        larder.get("/api/status-update-search", method="POST", body=ids, fields=kind)
        assert asked(demo) == count


# -- NCBI --------------------------------------------------------------------------------------

def test_many_ids_by_post(behind, demo):
    larder = behind("ncbi")
    body = ("db=pubmed&id=" + ",".join(map(str, range(1, 300)))).encode()
    for hit in (False, True):
        response = larder.get("/api/esummary.fcgi", method="POST", body=body, fields=FORM)
        assert response.hit == hit and len(json.loads(response.body)["result"]["uids"]) == 299
    assert asked(demo) == 1


def test_its_errors_that_are_200(behind, demo, clock):
    larder = behind("ncbi")
    for target, said in (("/esearch.fcgi?term=&retmode=json", b"ERROR"), ("/efetch.fcgi?id=", b"<ERROR>")):
        assert said in larder.get("/api" + target).body and larder.get("/api" + target).hit
    clock.advance(60)
    assert not larder.get("/api/efetch.fcgi?id=").hit


def test_its_gateway_s_failure(behind, demo):
    larder = behind("ncbi")
    demo.control(path="/ncbi", poison=True, times=1)
    assert b"esearchresult" in larder.get("/api/esearch.fcgi?term=x&retmode=json").body
    assert asked(demo) == 2


def test_three_a_second(behind, demo):
    """The last of seven leaves two seconds after the first; where none comes late, none is refused."""
    larder, numbers = behind("ncbi"), itertools.count()

    def taken():
        demo.reset()
        begun = time.monotonic()
        statuses = {larder.get(f"/api/efetch.fcgi?id={next(numbers)}").status for _ in range(7)}
        assert time.monotonic() - begun > 6 / 3
        return statuses == {200} and demo.stats()["limits"]["/ncbi anyone"]["most_a_second"] <= 3
    until(taken, "seven are answered")


# -- UniProt -----------------------------------------------------------------------------------

def test_formats_of_uniprot_are_kept_apart(behind, demo):
    larder = behind("uniprot")
    for hit in (False, True):
        fasta = larder.get("/api/uniprotkb/P12345", fields={"Accept": "text/plain;format=fasta"})
        plain = larder.get("/api/uniprotkb/P12345", fields={"Accept": "application/json"})
        assert fasta.body.startswith(b">sp|") and plain.body.startswith(b"{")
        assert fasta.hit == plain.hit == hit
    assert asked(demo) == 2


def test_a_crawl_by_link_never_leaves(behind, demo):
    larder = behind("uniprot")
    url, seen, total = "http://larder.test/api/uniprotkb/search?query=x&size=200", 0, None
    while url:
        assert url.startswith("http://larder.test/api/uniprotkb/search?")
        page = larder.get(url.removeprefix("http://larder.test"))
        seen, total = seen + len(json.loads(page.body)["results"]), page.field("X-Total-Results")
        link = re.fullmatch(r'<(.*)>; rel="next"', page.field("Link") or "")
        url = link and link[1]
    assert seen == int(total) > 200


def test_a_new_release(behind, demo, clock):
    larder = behind("uniprot")
    larder.get("/api/uniprotkb/P12345")
    clock.advance(3 * 86400)
    assert larder.get("/api/uniprotkb/P12345").hit
    demo.control(path="/uniprot", release="2026_01")
    assert not larder.get("/api/uniprotkb/P99999").hit
    again = larder.get("/api/uniprotkb/P12345")
    assert not again.hit and again.field("X-UniProt-Release") == "2026_01"


# -- Crossref, Ensembl, OpenAlex, DataCite -------------------------------------------------------

def test_a_sentence_is_no_record(behind, demo, clock):
    larder = behind("crossref")
    demo.control(path="/crossref", poison=True, times=1)
    target = "/api/works/10.1/demo.10000001"
    assert larder.get(target).body == b"Resource not found."
    clock.advance(60)
    assert json.loads(larder.get(target).body)["status"] == "ok" and asked(demo) == 2


def test_one_at_once(behind, demo):
    larder = behind("crossref")
    demo.control(path="/crossref", latency="100ms")
    clients = [larder.client() for _ in range(4)]
    for number, client in enumerate(clients):
        client.ask(f"/api/works?query=x{number}")
    assert [client.response().status for client in clients] == [200] * 4
    for client in clients:
        client.close()
    counted = demo.stats()["limits"]["/crossref public"]
    assert counted["refused"] == 0 and counted["most_at_once"] == 1


def test_formats_by_content_type(behind, demo):
    larder = behind("ensembl")
    kinds = {"text/plain": b"", "text/x-fasta": b">ENSG1", "application/json": b"{"}
    for hit in (False, True):
        bodies = set()
        for kind, begin in kinds.items():
            response = larder.get("/api/sequence/id/ENSG1", fields={"Content-Type": kind})
            assert response.body.startswith(begin) and response.hit == hit
            bodies.add(response.body)
        assert len(bodies) == 3
    assert asked(demo) == 3


def test_forty_seconds_and_a_point(behind, demo, clock):
    """Who was told to wait waits, for as long as that; hits don't."""
    larder = behind("ensembl", upstream={"queue": {"timeout": "3s"}})
    larder.get("/api/lookup/id/ENSG1")
    demo.control(path="/ensembl", retry_after="40.0", times=1)
    larder.get("/api/lookup/id/ENSG2")
    refused = larder.get("/api/lookup/id/ENSG3")
    assert refused.status == 503 and 30 <= int(refused.field("Retry-After")) <= 41
    assert asked(demo) == 2 and larder.get("/api/lookup/id/ENSG1").hit


def test_private_is_asked_about_again(behind, demo, clock):
    larder = behind("datacite")
    first = larder.get("/api/dois?query=x")
    clock.advance(400)
    again = larder.get("/api/dois?query=x")
    assert again.body == first.body and again.cache["fwd-status"] == 304 and asked(demo) == 2


def test_its_links_stay_here(behind):
    larder = behind("datacite")
    links = json.loads(larder.get("/api/dois?query=x").body)["links"]
    assert all(link.startswith("http://larder.test/api/dois") for link in links.values())
