"""Ensembl REST: the format of a GET goes by its Content-Type field, and Retry-After is a float.

No Vary tells of that. Fifteen requests a second, with fields that count down.
"""

from xml.sax.saxutils import quoteattr

from exchange import Answer, parameters
from faces.face import Face, written

A_SECOND = 15
AN_HOUR = 55_000
WAIT = "40.0"


class Ensembl(Face):
    prefix = "/ensembl"

    def __init__(self, corpus):
        super().__init__(corpus)
        self.left = AN_HOUR

    def routes(self):
        return [(r"/lookup/id/(\w+)", self.lookup), (r"/sequence/id/(\w+)", self.sequence),
            (r"/info/ping", self.ping)]

    def bounds(self, request):
        return "anyone", A_SECOND, 0

    def fields(self, request):
        self.left -= 1
        return [("X-RateLimit-Limit", str(AN_HOUR)), ("X-RateLimit-Reset", "892"),
            ("X-RateLimit-Period", "3600"), ("X-RateLimit-Remaining", str(self.left))]

    def refusal(self, request, wait):
        told = written({"error": "You have exceeded your limit"}, status=429)
        told.headers.append(("Retry-After", WAIT))
        return self.finished(request, told)

    def ping(self, request):
        return written({"ping": 1})

    def lookup(self, request, ident):
        if not ident.startswith("ENS"):
            return written({"error": f"ID '{ident}' not found"}, status=400)
        start = self.corpus.number("gene", ident) % 10**8
        gene = {"id": ident, "object_type": "Gene", "species": "homo_sapiens", "start": start,
            "end": start + 40_000, "description": self.corpus.words(60, "gene", ident)}
        if form_of(request) == "text/xml":
            inside = " ".join(f"{name}={quoteattr(str(value))}" for name, value in gene.items())
            return Answer(200, f"<opt><data {inside}/></opt>".encode(), "text/xml")
        return written(gene)

    def sequence(self, request, ident):
        bases = "".join("ACGT"[self.corpus.number("base", ident, i) % 4] for i in range(240))
        form = form_of(request)
        if form == "application/json":
            return written({"id": ident, "molecule": "dna", "seq": bases})
        if form == "text/x-fasta":
            return Answer(200, f">{ident}\n{bases}\n".encode(), "text/x-fasta")
        return Answer(200, bases.encode(), "text/plain")


def form_of(request):
    """The parameter of that name, else the field of the request, though it has no body."""
    asked = parameters(request).get("content-type") or request.headers.get("content-type", "")
    return asked.partition(";")[0].strip()
