"""E-utilities: private and a Set-Cookie on every answer, errors as 200, three requests a second.

esearch, esummary, efetch by GET and POST (more than 200 ids), and epost; history servers live in WebEnv.
A request id is in each answer. Ten a second with an api_key, which must be 36 hexadecimal digits.
"""

import re
from xml.sax.saxutils import escape

from exchange import Answer, parameters
from faces.face import Face, whole, written

KEY = re.compile(r"[0-9a-f]{36}")
FREE, KEYED = 3, 10
XML_HEAD = '<?xml version="1.0" encoding="UTF-8" ?>'
HEADER = {"type": "esearch", "version": "0.3"}


class Ncbi(Face):
    prefix = "/ncbi"

    def routes(self):
        return [(r"/entrez/eutils/(esearch|esummary|efetch|epost)\.fcgi", self.utility)]

    def bounds(self, request):
        key = parameters(request).get("api_key")
        return (key, KEYED, 0) if key else ("anyone", FREE, 0)

    def fields(self, request):
        limit = str(self.bounds(request)[1])
        return [("Cache-Control", "private"), ("NCBI-PHID", self.serial()),
            ("Set-Cookie", f"ncbi_sid={self.serial()}_SID; domain=.nih.gov; path=/"),
            ("X-RateLimit-Limit", limit), ("X-RateLimit-Remaining", str(int(limit) - 1))]

    def poison(self):
        body = b'{"error":"error forwarding request","type":"ip","status":"ok"}'
        return body, "application/json"

    def refusal(self, request, wait):
        told = super().refusal(request, wait)
        told.body = b'{"error":"API rate limit exceeded","count":"4","limit":"3"}'
        return told

    def utility(self, request, name):
        given = parameters(request)
        if "api_key" in given and not KEY.fullmatch(given["api_key"]):
            return written({"error": "API key invalid"}, status=400)
        return getattr(self, name)(given)

    def esearch(self, given):
        term = given.get("term", "").strip()
        if not term:
            return self.failed(given, "Empty term and query_key - nothing todo")
        count, start = self.corpus.hit_count(term), whole(given.get("retstart"), 0)
        found = range(start, min(start + whole(given.get("retmax"), 20), count))
        ids = [self.corpus.found(term, index)[1] for index in found]
        if given.get("retmode") == "json":
            told = {"count": str(count), "retstart": str(start), "idlist": ids}
            if given.get("usehistory") == "y":
                told.update(querykey="1", webenv=f"MCID_{self.serial()}")
            return written({"header": HEADER, "esearchresult": told})
        listed = "".join(f"<Id>{one}</Id>" for one in ids)
        history = given.get("usehistory") == "y" and self.history() or ""
        return document("eSearchResult",
            f"<Count>{count}</Count>{history}<IdList>{listed}</IdList>")

    def failed(self, given, text):
        """200, and the error in the body."""
        if given.get("retmode") == "json":
            return written({"header": HEADER, "esearchresult": {"ERROR": text}})
        return document("eSearchResult", f"<ERROR>{escape(text)}</ERROR>")

    def history(self):
        return f"<QueryKey>1</QueryKey><WebEnv>MCID_{self.serial()}</WebEnv>"

    def esummary(self, given):
        ids = listed_ids(given)
        if not ids:
            return written({"header": HEADER, "error": "Empty id list - nothing todo"})
        known = {one: {"uid": one, **self.corpus.lite("MED", one)} for one in ids}
        return written({"header": HEADER, "result": {"uids": ids, **known}})

    def efetch(self, given):
        ids = listed_ids(given)
        if not ids:
            return document("eFetchResult", "<ERROR>Empty id list - nothing todo</ERROR>")
        return document("PubmedArticleSet", "".join(
            f"<PubmedArticle><PMID>{one}</PMID><ArticleTitle>{self.corpus.words(80, 'title', one)}"
            "</ArticleTitle></PubmedArticle>" for one in ids))

    def epost(self, given):
        return document("ePostResult", self.history())


def listed_ids(given):
    """Of `id`; a history stands for one of its own."""
    if "WebEnv" in given:
        return ["10000001"]
    return [one for one in given.get("id", "").split(",") if one.isdigit()]


def document(root, inside):
    return Answer(200, f"{XML_HEAD}<{root}>{inside}</{root}>".encode(), "text/xml; charset=UTF-8")
