"""UniProt: two Vary fields that name everything, absolute Link fields, and a release of its data.

The page that follows is told by `Link: <...>; rel="next"` alone. The switch `release` is another release.
"""

from urllib.parse import urlencode

from exchange import Answer, parameters
from faces.face import Face, base_of, whole, written

RELEASE = "2025_04"
VARY = ("accept,accept-encoding,x-uniprot-release,x-api-deployment-date", "User-Agent")
A_SECOND = 200
MOST = 500


class UniProt(Face):
    prefix = "/uniprot"

    def routes(self):
        return [(r"/uniprotkb/search", self.search), (r"/idmapping/status/(\w+)", self.job),
            (r"/uniprotkb/([A-Z]\w{5,9})(?:\.(json|fasta))?", self.entry)]

    def bounds(self, request):
        return "anyone", A_SECOND, 0

    def fields(self, request):
        return [("X-UniProt-Release", request.switches.get("release", RELEASE)),
            ("X-API-Deployment-Date", "17-November-2025")]

    def finished(self, request, answer):
        answer.presets["vary"] = VARY
        return super().finished(request, answer)

    def missing(self, request):
        return written({"url": base_of(request) + request.target,
            "messages": ["Resource not found"]}, status=404)

    def search(self, request):
        given = parameters(request)
        query, size = given.get("query", ""), min(whole(given.get("size"), 25), MOST)
        if not query:
            return written({"messages": ["'query' is a required parameter"]}, status=400)
        count, start = self.corpus.hit_count(query), whole(given.get("cursor"), 0)
        found = range(start, min(start + size, count))
        told = self.listed(request, given,
            [self.protein(self.corpus.found(query, i)[1]) for i in found])
        told.headers.append(("X-Total-Results", str(count)))
        if found and found[-1] + 1 < count:
            more = urlencode({**given, "cursor": found[-1] + 1, "size": size})
            told.headers.append(("Link",
                f'<{base_of(request)}{request.path}?{more}>; rel="next"'))
        return told

    def job(self, request, ident):
        return written({"jobStatus": "RUNNING", "asked": self.serial()})

    def listed(self, request, given, proteins):
        if form_of(request, given.get("format")) == "fasta":
            return fasta(proteins)
        return written({"results": proteins})

    def entry(self, request, accession, form):
        if not accession[1:].isdigit():
            return self.missing(request)
        protein = self.protein(accession[1:])
        return fasta([protein]) if form_of(request, form) == "fasta" else written(protein)

    def protein(self, number):
        return {"entryType": "UniProtKB reviewed (Swiss-Prot)", "primaryAccession": "P" + number,
            "proteinDescription": self.corpus.words(60, "protein", number),
            "sequence": {"value": self.corpus.words(200, "sequence", number).upper()}}


def form_of(request, form):
    """The parameter or the suffix; else Accept."""
    return form or ("fasta" if "fasta" in request.headers.get("accept", "") else "json")


def fasta(proteins):
    text = "".join(f">sp|{p['primaryAccession']}\n{p['sequence']['value']}\n" for p in proteins)
    return Answer(200, text.encode(), "text/plain;format=fasta")
