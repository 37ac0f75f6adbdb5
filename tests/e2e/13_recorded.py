"""The main job on real bodies of Europe PMC, where they are at hand (LARDER_RECORDED)."""

import json
import os
from pathlib import Path
from urllib.parse import quote

import pytest

from harness.demo import DemoOrigin
from harness.larder import REPOSITORY

REST = "/europepmc/webservices/rest"
RECORDED = Path(os.environ.get("LARDER_RECORDED", REPOSITORY.parent / "shared" / "recorded"))
FORM = {"Content-Type": "application/x-www-form-urlencoded"}

pytestmark = pytest.mark.skipif(not (RECORDED / "search_cancer.json").exists(),
    reason=f"no recorded bodies in {RECORDED}")

SEARCHES = [
    ("?query=cancer&format=json", "search_cancer.json"),
    ("?query=cancer", "search_cancer.xml"),
    ("?query=cancer&resultType=idlist&format=json", "search_cancer_idlist.json"),
    ("?query=cancer&format=json&pageSize=5&page=2", "search_cancer_page2.json"),
    ("?query=cancer&sort=CITED%20asc&format=json", "search_cancer_sorted_cited.json"),
    ("?query=asdkfjhasdkfjhasdfasdasdasdfgsagsd&format=json", "search_no_results.json"),
]


@pytest.fixture
def real():
    server = DemoOrigin("--recorded", str(RECORDED))
    yield server
    server.stop()


@pytest.fixture
def larder(start, real):
    return start({"routes": [{"path": REST, "upstream": "origin"}]}, url=real.url + REST)


def test_the_main_job_on_real_bodies(larder, real):
    """A notebook that runs twice: each search asked once, each byte as recorded."""
    for _ in range(2):
        for query, name in SEARCHES:
            response = larder.get(f"{REST}/search{query}")
            assert response.status == 200
            assert response.body == (RECORDED / name).read_bytes(), name
    assert all(larder.get(f"{REST}/search{query}").hit for query, _ in SEARCHES)
    assert real.stats()["total"] == len(SEARCHES)


def test_gzip_of_real_bodies(larder, real):
    fields = {"Accept-Encoding": "gzip"}
    sizes = []
    for _ in range(2):
        response = larder.get(f"{REST}/search?query=cancer&format=json", fields=fields)
        assert response.field("Content-Encoding") == "gzip"
        sizes.append(len(response.body))
    assert sizes[0] == sizes[1] < 15_000
    plain = larder.get(f"{REST}/search?query=cancer&format=json")
    assert plain.body == (RECORDED / "search_cancer.json").read_bytes()


def test_search_by_post_passes(larder, real):
    for count in (1, 2):
        response = larder.get(f"{REST}/searchPOST", method="POST", fields=FORM,
            body=b"query=cancer&format=json")
        assert response.body == (RECORDED / "search_post_cancer.json").read_bytes()
        assert real.stats()["total"] == count


def test_the_next_page_by_its_cursor(larder, real):
    first = json.loads(larder.get(f"{REST}/search?query=cancer&format=json").body)
    mark = quote(first["nextCursorMark"], safe="")
    target = f"{REST}/search?query=cancer&format=json&cursorMark={mark}"
    second = json.loads(larder.get(target).body)
    assert second["resultList"]["result"] and second["nextCursorMark"] != first["nextCursorMark"]
    assert larder.get(target).hit
