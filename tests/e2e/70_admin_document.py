"""The admin API against its own document: what each GET answers is what its schema says, refusals are Problems.

Over all routes of the document, those that come later too. There is something of everything: entries in both tiers,
of tenants and nobody's, a failed upstream, purges, refusals.
"""

import warnings

import pytest

from harness.admin import BASE
from harness.routes import content, filled_path, routes, start_admins
from harness.wait import until

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import jsonschema

FRESH = {"Cache-Control": "max-age=600", "ETag": '"one"', "Vary": "Accept", "Content-Type": "text/plain"}


class Judge:
    def __init__(self, document):
        self.resolver = jsonschema.RefResolver("", document)

    def check(self, answer, schema, what):
        faults = jsonschema.Draft202012Validator(schema, resolver=self.resolver).iter_errors(answer)
        said = [f"{what}: {'/'.join(map(str, fault.absolute_path))}: {fault.message}" for fault in faults]
        assert not said, "\n".join(said)


@pytest.fixture
def busy(start, origin, tmp_path):
    """(larder, admins), with something of everything."""
    larder, admins = start_admins(start, tmp_path)
    for path in ("/one", "/two", "/three"):
        origin.reply(path, path.encode() * 100, fields=FRESH)
    origin.reply("/missing", b"no", status=404, fields={"Cache-Control": "max-age=600"})
    for fields in ({}, {"X-API-Key": "key-of-a"}, {"X-API-Key": "key-of-b"}):
        for path in ("/one", "/two", "/one", "/missing", "/three?q=%C3%A4%FF"):
            larder.get(path, fields=fields)
    until(lambda: larder.metric("cache_entries", tier="disk") > 0, "entries on the disk")
    admins["viewer"].post("/reload")
    admins["admin"].post("/purges", {"scope": "url", "value": "/two"})
    return larder, admins


def test_each_get_answers_what_its_schema_says(busy):
    admin = busy[1]["admin"]
    judge, seen = Judge(admin.get("/openapi.json").json), 0
    for route in routes(admin):
        if route.method != "GET":
            continue
        answer = admin.get(filled_path(route, admin))
        kind = answer.headers["Content-Type"]
        assert answer.status == 200, (route.path, answer)
        assert kind in route.schemas["200"], (route.path, kind)
        said = answer.json if kind.endswith("json") else answer.body.decode("latin-1")
        judge.check(said, route.schemas["200"][kind], route.path)
        seen += 1
    assert seen >= 3


def test_each_list_goes_on_where_its_page_ends(busy):
    """With a page of one, each page has another item, and the whole has all of them."""
    admin, walked = busy[1]["admin"], 0
    document = admin.get("/openapi.json").json
    for path, methods in document["paths"].items():
        names = {one["name"] for one in methods.get("get", {}).get("parameters", [])}
        if not {"limit", "cursor"} <= names:
            continue
        items, cursor = [], ""
        while cursor is not None and len(items) < 200:
            page = admin.get(f"{path}?limit=1{cursor}").json
            items += page["items"]
            cursor = f"&cursor={page['next']}" if "next" in page else None
        assert len({repr(item) for item in items}) == len(items) >= 1, (path, items)
        walked += 1
    assert walked >= 1


def test_the_document_is_one(busy):
    admin = busy[1]["viewer"]
    admin.token = None  # open to all
    document = admin.get("/openapi.json").json
    judge, ids = Judge(document), []
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    for path, methods in document["paths"].items():
        for method, one in methods.items():
            ids.append(one["operationId"])
            assert {"400", "default"} <= set(one["responses"]), (path, method)
            assert one["x-role"] in ("everyone", "viewer", "operator", "admin")
            named = {p["name"] for p in one["parameters"] if p["in"] == "path"}
            assert named == {part[1:-1] for part in path.split("/") if part.startswith("{")}, path
            for status, response in one["responses"].items():
                with judge.resolver.resolving(response["$ref"]) if "$ref" in response else _as(response) as whole:
                    assert whole["description"], (path, status)
                    assert all(content(whole).values()), (path, status)
    assert len(ids) == len(set(ids))


class _as:
    """What there is, as a context."""

    def __init__(self, value):
        self.value = value

    def __enter__(self):
        return self.value

    def __exit__(self, *_):
        return False


def test_refusals_are_problems(busy):
    admins = busy[1]
    judge = Judge(admins["admin"].get("/openapi.json").json)
    problem = {"$ref": "#/components/schemas/Problem"}
    for answer in (admins["viewer"].post("/reload"), admins["admin"].get("/nothing"),
            admins["admin"].post("/config"), admins["admin"].get("/config?x=1"),
            admins["admin"].call("GET", BASE + "/%00")):
        assert answer.status >= 400
        judge.check(answer.json, problem, answer)
