"""What the literature service answers: paths, parameters, formats and its peculiarities.

Behaves as the real one was seen to: XML unless `format` or Accept says otherwise, 200 with
errCode for a bad request, 200 with the version alone for a rejected sort, stateless cursors, a third
of the full texts missing. Knows nothing of sockets, switches or caching. Threads: immutable.
"""

import base64
import json
import math
import re
import struct
from pathlib import Path
from urllib.parse import parse_qsl, quote

import exchange
from exchange import POISON, Answer
from render import as_json, render

REST = "/europepmc/webservices/rest"
ANNOTATIONS = "/europepmc/annotations_api"
VERSION = "6.9"
PAGE_SIZE_MAX = 1000
SORTS = ("CITED", "P_PDATE_D", "FIRST_IDATE_D", "RELEVANCE", "AUTH_FIRST", "UPDATE_DATE")
SILENT = {"pageSize": "25"}  # what isn't said again in the address of the next page
FIELDS = ("TITLE", "ABSTRACT", "AUTH", "JOURNAL", "PUB_YEAR", "DOI", "PMCID", "KW", "MESH", "SRC")
RECORDED = (
    # file, method, parameters beside query=cancer
    ("search_cancer.json", "GET", {"format": "json"}),
    ("search_cancer.xml", "GET", {}),
    ("search_cancer.xml", "GET", {"format": "xml"}),
    ("search_cancer_idlist.json", "GET", {"format": "json", "resulttype": "idlist"}),
    ("search_cancer_page2.json", "GET", {"format": "json", "page": "2", "pagesize": "5"}),
    ("search_cancer_sorted_cited.json", "GET", {"format": "json", "sort": "CITED asc"}),
    ("search_post_cancer.json", "POST", {"format": "json"}),
)


class Refusal(Exception):
    """A bad request, which this service answers with 200."""


class Service:
    def __init__(self, corpus, recorded=None):
        self.corpus = corpus
        self.recorded = _read_recorded(recorded) if recorded else {}
        self.routes = [(method, re.compile(pattern + r"\Z"), answer) for method, pattern, answer in (
            ("GET", REST + r"/search", self.search),
            ("POST", REST + r"/searchPOST", self.search),
            ("POST", REST + r"/status-update-search", self.status_update),
            ("GET", REST + r"/fields", self.fields),
            ("GET", REST + r"/profile", self.profile),
            ("GET", REST + r"/article/(\w+)/([\w.-]+)", self.article),
            ("GET", REST + r"/evaluations/(\w+)/([\w.-]+)", self.evaluations),
            ("GET", REST + r"/(\w+)/([\w.-]+)/(citations|references)", self.linked),
            ("GET", REST + r"/(\w+)/([\w.-]+)/(databaseLinks|labsLinks|datalinks)", self.links),
            ("GET", REST + r"/(\w+)/(fullTextXML|bookXML)", self.full_text),
            ("GET", REST + r"/(\w+)/supplementaryFiles", self.supplement),
            ("GET", ANNOTATIONS + r"/annotationsBy\w+", self.annotations),
        )]

    def answer(self, request):
        method = "GET" if request.method == "HEAD" else request.method
        for allowed, pattern, answer in self.routes:
            match = pattern.match(request.path)
            if match and allowed == method:
                try:
                    return answer(request, *match.groups())
                except Refusal as refusal:
                    return self.written(
                        request, {"errCode": 404, "errMsg": str(refusal)}, "search")
        return Answer(404, b"No such resource.\n")

    def refusal(self, request, wait):
        return Answer(429, b"Too many requests.\n", headers=[("Retry-After", str(max(1, math.ceil(wait))))])

    # -- endpoints --------------------------------------------------------------------------

    def search(self, request):
        given = parameters(request)
        recorded = self.recorded.get(_signature(request.method, given))
        if recorded:
            kind = "application/xml" if recorded[:1] == b"<" else "application/json"
            return Answer(200, recorded, kind + ";charset=UTF-8", "search")
        query = given.get("query", "").strip()
        if not query:
            raise Refusal("Invalid query: the query is empty.")
        size = _number(given, "pagesize", 25, PAGE_SIZE_MAX)
        if given.get("sort", "") and given["sort"].split()[0] not in SORTS:
            return Answer(200, *POISON, "search")
        data = self.page(request, given, query, size)
        return self.written(request, data, "search")

    def page(self, request, given, query, size):
        """One page of a result list with the marks of the next."""
        result_type = given.get("resulttype", "lite").lower()
        make = getattr(self.corpus, result_type, None) if result_type in (
            "idlist", "lite", "core") else None
        if make is None:
            raise Refusal(f"Invalid resultType: {result_type}")
        hits = self.corpus.hit_count(query)
        if "page" in given:
            offset = (_number(given, "page", 1, 10**6) - 1) * size
        else:
            offset = self.offset_of(given.get("cursormark", "*"))
        found = range(offset, min(offset + size, hits))
        data = {"version": VERSION, "hitCount": hits}
        if found and found[-1] + 1 < hits:
            data["nextCursorMark"] = mark = cursor_mark(found[-1] + 1)
            if request.method != "POST":
                data["nextPageUrl"] = next_page_url(request, given, mark)
        data["request"] = {
            "queryString": query, "resultType": result_type,
            "cursorMark": echoed(request, given.get("cursormark", "*")), "pageSize": size,
            "sort": given.get("sort", ""), "synonym": given.get("synonym", "").lower() == "true"}
        listed = () if request.switches.get("hollow") else found
        data["resultList"] = {
            "result": [make(*self.corpus.found(query, index)) for index in listed]}
        return data

    def offset_of(self, mark):
        if mark in ("*", "%2A", "%2a"):
            return 0
        if any(mark.encode() in body for body in self.recorded.values()):
            return 25
        try:
            raw = base64.b64decode(mark, validate=True)
            return int(raw[raw.index(b"(") + 1:])
        except ValueError as error:
            raise Refusal("Invalid cursorMark.") from error

    def article(self, request, source, ident):
        given = parameters(request)
        data = {"version": VERSION, "hitCount": 0, "request": {"id": ident, "source": source}}
        if self.corpus.exists(source, ident):
            lite = given.get("resulttype", "core").lower() == "lite"
            data["hitCount"] = 1
            data["result"] = (self.corpus.lite if lite else self.corpus.core)(source, ident)
        return self.written(request, data, "record")

    def linked(self, request, source, ident, kind):
        given = parameters(request)
        size = _number(given, "pagesize", 25, PAGE_SIZE_MAX)
        page = _number(given, "page", 1, 10**6)
        count = 0
        if self.corpus.exists(source, ident):
            count = self.corpus.linked_count(kind, source, ident)
        found = range((page - 1) * size, min(page * size, count))
        entries = [self.corpus.linked(kind, source, ident, index) for index in found]
        one = kind[:-1]
        return self.written(request, {
            "version": VERSION, "hitCount": count,
            "request": {"id": ident, "source": source, "offSet": page, "pageSize": size},
            one + "List": {one: entries}}, "record")

    def links(self, request, source, ident, kind):
        return self.written(request, {
            "version": VERSION, "hitCount": 1, "request": {"id": ident, "source": source},
            "dbCountList": {"db": [{"dbName": "UNIPROT", "count": 1}]}, "kind": kind}, "record")

    def evaluations(self, request, source, ident):
        return self.written(request, {
            "version": VERSION, "hitCount": 0, "request": {"id": ident, "source": source}},
            "record")

    def full_text(self, request, ident, _kind):
        if not self.corpus.has_full_text(ident):
            return Answer(404, b"", "application/xml;charset=UTF-8", "none")
        return Answer(200, self.corpus.full_text(ident), "application/xml", "fulltext")

    def supplement(self, request, ident):
        if not self.corpus.has_full_text(ident):
            return Answer(404, b"", "application/xml;charset=UTF-8", "none")
        name = f'attachment; filename="{ident}-supplementary.zip"'
        return Answer(200, self.corpus.supplement(ident), "application/zip", "fulltext",
            [("Content-Disposition", name)])

    def fields(self, request):
        return self.written(request, {"version": VERSION, "searchTermList": {
            "searchTerms": [{"term": term, "dataSets": ["MED", "PMC"]} for term in FIELDS]}},
            "record")

    def profile(self, request):
        given = parameters(request)
        if not given.get("query", "").strip():
            raise Refusal("Invalid query: the query is empty.")
        count = self.corpus.hit_count(given["query"].strip())
        return self.written(request, {"version": VERSION, "profileList": {
            "pubType": [{"name": "ALL", "count": count}],
            "source": [{"name": "MED", "count": count}]}}, "search")

    def status_update(self, request):
        try:
            ids = json.loads(request.body)["ids"]
            found = [{"src": i["src"], "extId": i["extId"], "status": "PUBLISHED"} for i in ids]
        except (ValueError, KeyError, TypeError):
            return Answer(400, b"Bad request body.\n")
        kind, body = as_json({"articlesWithStatusUpdate": found})
        return Answer(200, body, kind)

    def annotations(self, request):
        """Another application: no format by Accept, and no-store."""
        pairs = parse_qsl(request.query)
        ids = [i for name, value in pairs if name == "articleIds" for i in value.split(",")]
        if not 1 <= len(ids) <= 8:
            return Answer(400, b'{"error":"1 to 8 articleIds"}', "application/json")
        body = json.dumps([{
            "source": i.partition(":")[0], "extId": i.partition(":")[2],
            "annotations": [{"exact": self.corpus.words(12, "annotation", i), "type": "Diseases"}],
        } for i in ids]).encode()
        return Answer(200, body, "application/json", "none", [("Cache-Control", "no-store")])

    def written(self, request, data, kind):
        given = parameters(request)
        content_type, body = render(data, form_of(request, given), given.get("callback"))
        return Answer(200, body, content_type, kind)


def parameters(request):
    """Names in lower case."""
    return {name.lower(): value for name, value in exchange.parameters(request).items()}


def form_of(request, given):
    """`format` wins; else Accept decides; else XML."""
    form = given.get("format", "").lower()
    if form in ("json", "xml", "dc"):
        return form
    accept = request.headers.get("accept", "")
    if "application/json" in accept:
        return "json"
    return "dc" if "rdf+xml" in accept else "xml"


def cursor_mark(offset):
    """Looks like Solr's: a score and a place, in base64, the same each time."""
    score = struct.pack(">f", 1.0 + 1.0 / (1 + offset))
    return base64.b64encode(b"\x02\x82\x08" + score + b"(" + str(offset).encode()).decode()


def echoed(request, mark):
    """As it was seen: the first mark comes back escaped from a GET, and as it is from a POST."""
    return "%2A" if mark == "*" and request.method != "POST" else mark


def next_page_url(request, given, mark):
    """Absolute, and with those parameters alone that the service knows."""
    host = request.headers.get("host", "www.ebi.ac.uk")
    kept = {"query": given["query"], "cursorMark": mark, "resultType": given.get("resulttype", "lite")}
    for name in ("pageSize", "sort", "synonym", "format"):
        if given.get(name.lower(), "") not in ("", SILENT.get(name)):
            kept[name] = given[name.lower()]
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in kept.items())
    return f"http://{host}{REST}/search?{query}"


def _number(given, name, preset, most):
    text = given.get(name, str(preset))
    if not text.isdigit() or not 1 <= int(text) <= most:
        raise Refusal(f"Invalid {name}: {text}")
    return int(text)


def _signature(method, given):
    kept = {name: value for name, value in given.items() if value and name != "email"}
    for name, preset in (("pagesize", "25"), ("cursormark", "*"), ("resulttype", "lite")):
        if kept.get(name) == preset and not (name == "pagesize" and "page" in kept):
            del kept[name]
    return method.replace("HEAD", "GET"), tuple(sorted(kept.items()))


def _read_recorded(directory):
    bodies = {}
    for name, method, given in RECORDED:
        path = Path(directory, name)
        if path.exists():
            bodies[_signature(method, {"query": "cancer", **given})] = path.read_bytes()
    path = Path(directory, "search_no_results.json")
    if path.exists():
        body = path.read_bytes()
        query = json.loads(body)["request"]["queryString"]
        bodies[_signature("GET", {"query": query, "format": "json"})] = body
    return bodies
