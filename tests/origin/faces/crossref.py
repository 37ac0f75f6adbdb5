"""Crossref: tells in each answer how fast one may ask, and calls a plain sentence JSON.

Five requests a second and one at once; ten and three with `mailto`. Clients pace by these fields.
"""

from urllib.parse import unquote

from exchange import Answer, parameters
from faces.face import Face, whole, written

SENTENCE = b"Resource not found."
PUBLIC, POLITE = (5, 1), (10, 3)


class Crossref(Face):
    prefix = "/crossref"

    def routes(self):
        return [(r"/works", self.works), (r"/works/(.+)", self.work)]

    def bounds(self, request):
        polite = "mailto" in parameters(request)
        return "polite" if polite else "public", *(POLITE if polite else PUBLIC)

    def fields(self, request):
        _, a_second, at_once = self.bounds(request)
        return [("X-Rate-Limit-Limit", str(a_second)), ("X-Rate-Limit-Interval", "1s"),
            ("X-Concurrency-Limit", str(at_once))]

    def finished(self, request, answer):
        answer.presets.update(vary="Accept", gzip=False)
        return super().finished(request, answer)

    def poison(self):
        return SENTENCE, "application/json"

    def missing(self, request):
        return Answer(404, SENTENCE, "application/json")

    def refusal(self, request, wait):
        """Without a word on when to come again."""
        told = Answer(429, b"Too many requests.", "text/plain")
        return self.finished(request, told)

    def works(self, request):
        given = parameters(request)
        query, rows = given.get("query", "anything"), whole(given.get("rows"), 20)
        count, start = self.corpus.hit_count(query), whole(given.get("offset"), 0)
        items = [self.item(*self.corpus.found(query, index))
            for index in range(start, min(start + rows, count))]
        return written({"status": "ok", "message-type": "work-list", "message-version": "1.0.0",
            "message": {"total-results": count, "items-per-page": rows, "items": items}})

    def work(self, request, doi):
        ident = unquote(doi).rpartition(".")[2]
        if not self.corpus.exists("MED", ident):
            return self.missing(request)
        return written({"status": "ok", "message-type": "work", "message-version": "1.0.0",
            "message": self.item("MED", ident)})

    def item(self, source, ident):
        record = self.corpus.lite(source, ident)
        return {"DOI": record["doi"], "title": [record["title"]], "type": "journal-article",
            "is-referenced-by-count": record["citedByCount"]}
