"""OpenAlex: each search costs money, told in X-RateLimit fields; who pays says api_key.

mailto only says whom to write to. Pages by cursor, in the body.
"""

from exchange import parameters
from faces.face import Face, whole, written

A_DAY = 100_000
SEARCH, RECORD = 10, 1
A_SECOND = 10


class OpenAlex(Face):
    prefix = "/openalex"

    def __init__(self, corpus):
        super().__init__(corpus)
        self.left = {}

    def routes(self):
        return [(r"/works", self.works), (r"/works/(W\d+)", self.work), (r"/rate-limit", self.account)]

    def bounds(self, request):
        return self.payer(request), A_SECOND, 0

    def payer(self, request):
        return parameters(request).get("api_key", "anyone")

    def fields(self, request):
        cost = SEARCH if request.path.endswith("/works") else RECORD
        payer = self.payer(request)
        self.left[payer] = self.left.get(payer, A_DAY) - cost
        return [("X-RateLimit-Limit", str(A_DAY)), ("X-RateLimit-Credits-Used", str(cost)),
            ("X-RateLimit-Remaining", str(self.left[payer])), ("X-RateLimit-Reset", "3600")]

    def works(self, request):
        given = parameters(request)
        query = given.get("search", given.get("filter", "anything"))
        size, start = whole(given.get("per-page"), 25), whole(given.get("cursor"), 0)
        count = self.corpus.hit_count(query)
        found = range(start, min(start + size, count))
        meta = {"count": count, "per_page": size,
            "next_cursor": str(found[-1] + 1) if found and found[-1] + 1 < count else None}
        return written({"meta": meta,
            "results": [self.item(self.corpus.found(query, index)[1]) for index in found]})

    def work(self, request, ident):
        return written(self.item(ident[1:]))

    def account(self, request):
        """Whose it is alone."""
        payer = self.payer(request)
        return written({"api_key": payer, "credits_remaining": self.left.get(payer, A_DAY)})

    def item(self, number):
        return {"id": f"https://openalex.org/W{number}", "type": "article",
            "title": self.corpus.words(80, "title", number)}
