"""DataCite: max-age=0, private, must-revalidate beside a weak ETag with which If-None-Match works.

Vary names Origin; links to further pages are absolute, in the body; each answer has a request id.
"""

from urllib.parse import unquote, urlencode

from exchange import parameters
from faces.face import Face, base_of, whole, written

KIND = "application/json; charset=utf-8"
A_SECOND = 10
MANNERS = {"cache_control": "max-age=0, private, must-revalidate", "validators": "weak",
    "vary": "Accept-Encoding, Origin"}


class DataCite(Face):
    prefix = "/datacite"

    def routes(self):
        return [(r"/dois", self.dois), (r"/dois/(.+)", self.doi)]

    def bounds(self, request):
        return "anyone", A_SECOND, 0

    def fields(self, request):
        return [("X-Request-Id", self.serial())]

    def finished(self, request, answer):
        answer.presets.update(MANNERS)
        return super().finished(request, answer)

    def missing(self, request):
        return written({"errors": [{"status": "404",
            "title": "The resource you are looking for doesn't exist."}]}, 404, KIND)

    def dois(self, request):
        given = parameters(request)
        query, size = given.get("query", "anything"), whole(given.get("page[size]"), 25)
        page, count = whole(given.get("page[number]"), 1), self.corpus.hit_count(query)
        found = range((page - 1) * size, min(page * size, count))
        told = {"data": [self.item(self.corpus.found(query, index)[1]) for index in found],
            "meta": {"total": count, "page": page},
            "links": {"self": base_of(request) + request.target}}
        if page * size < count:
            more = urlencode({**given, "page[number]": page + 1})
            told["links"]["next"] = f"{base_of(request)}{request.path}?{more}"
        return written(told, kind=KIND)

    def doi(self, request, doi):
        ident = unquote(doi).rpartition(".")[2]
        if not self.corpus.exists("MED", ident):
            return self.missing(request)
        return written({"data": self.item(ident)}, kind=KIND)

    def item(self, number):
        return {"id": f"10.5072/demo.{number}", "type": "dois",
            "attributes": {"titles": [{"title": self.corpus.words(80, "title", number)}]}}
