"""A generated literature corpus: the same seed gives the same articles, byte for byte.

Not a model of science, but of sizes (Europe PMC as measured): a record of a result list has about
786 bytes of JSON as `lite` and 6,210 as `core`, a full text 20 kB to 8 MB with a median of 180 kB,
supplementary files 2 MB. Everything follows from a hash of the seed and the identifier, so that
nothing is kept and any article can be asked for at any time. Threads: immutable after __init__.
"""

import hashlib
import io
import random
import statistics
import zipfile

SOURCES = ("AGR", "CBA", "CIT", "CTX", "ETH", "HIR", "MED", "NBK", "PAT", "PMC", "PPR")
NORMAL = statistics.NormalDist()
BLOB_SIZE = 1 << 20
PARAGRAPH = 900
FAMILY_NAMES = (
    "Abbott Adeyemi Andersson Baker Bianchi Chen Costa Dubois Eriksen Fischer Garcia Haddad Ito "
    "Jansen Kim Kowalski Larsen Mbeki Moreau Nguyen Novak Okafor Patel Petrov Rossi Schmidt Silva "
    "Singh Tanaka Torres Virtanen Wang Weber Yilmaz Zhang"
).split()
VOCABULARY = (
    "abscopal adaptation analysis antibody assay assessment axis binding biomarker blood brain "
    "cancer cardiac cell chronic clinical cohort comparison control cortex damage data detection "
    "development diagnosis disease domain dose effect enzyme evidence exposure expression factor "
    "function gene genome growth heart host human hypoxia immune in infection inhibition insulin "
    "kinase lesion ligand liver lung malaria marker membrane metabolic methylation model mouse "
    "mutation network neural observed of on outcome oxidative pathway patient peptide phenotype "
    "plasma population protein randomized receptor regulation repair resistance response review "
    "risk role sequence serum signal stem stress structure study survival synthesis target the "
    "therapy tissue transcription treatment trial tumor under variant viral with within"
).split()


class Corpus:
    def __init__(self, seed=1):
        self.seed = seed
        words = random.Random(seed).choices(VOCABULARY, k=BLOB_SIZE // 6)
        self._blob = " ".join(words)

    # -- numbers and words from a hash ------------------------------------------------------

    def number(self, *parts):
        """A 64-bit number that belongs to these parts."""
        text = "\x1f".join(map(str, (self.seed, *parts)))
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")

    def words(self, size, *parts):
        """`size` characters of prose."""
        size = max(size, 0)
        start = self.number("words", *parts) % (len(self._blob) - 8192)
        start = self._blob.index(" ", start) + 1
        text = self._blob[start:start + size]
        while len(text) < size:
            text += self._blob[:size - len(text)]
        return text

    def lognormal(self, median, least, most, *parts):
        """A size in bytes, log-normal with sigma 1, within bounds."""
        uniform = (self.number("size", *parts) % 999_998 + 1) / 1_000_000
        return int(min(max(median * 2.718281828 ** NORMAL.inv_cdf(uniform), least), most))

    # -- what there is ----------------------------------------------------------------------

    def hit_count(self, query):
        """How many articles a query finds: 30 to 3029; none where it says "unfindable"."""
        if "unfindable" in query.lower():
            return 0
        return 30 + self.number("hits", query) % 3000

    def found(self, query, index):
        """(source, id) of a query's article at this place."""
        return "MED", str(10_000_000 + self.number("found", query, index) % 30_000_000)

    def exists(self, source, ident):
        digits = ident.upper().removeprefix("PMC").removeprefix("PPR")
        return source.upper() in SOURCES and digits.isdigit() and int(digits) < 45_000_000

    def has_full_text(self, ident):
        """A third of the articles has none."""
        return self.exists("PMC", ident) and self.number("fulltext", ident.upper()) % 3 != 0

    # -- records ----------------------------------------------------------------------------

    def idlist(self, source, ident):
        record = {"id": ident, "source": source, "pmid": ident}
        if self.number("open", ident) % 2:
            record["pmcid"] = "PMC" + ident.upper().removeprefix("PMC")
            record["fullTextIdList"] = {"fullTextId": [record["pmcid"]]}
        return record

    def lite(self, source, ident):
        n = self.number("lite", source, ident)
        yes = ["Y" if n >> bit & 1 else "N" for bit in range(12)]
        record = self.idlist(source, ident)
        record.update({
            "doi": f"10.{1000 + n % 9000}/demo.{ident}",
            "title": self.words(70 + n % 60, "title", ident).capitalize() + ".",
            "authorString": "",
            "journalTitle": self.words(12 + n % 20, "journal", n % 400).title().strip(),
            "issue": str(1 + n % 12),
            "journalVolume": str(1 + n % 90),
            "pubYear": str(1970 + n % 56),
            "journalIssn": f"{1000 + n % 9000}-{1000 + n // 7 % 9000}; ",
            "pageInfo": f"{1 + n % 900}-{8 + n % 900}",
            "pubType": "research support, non-u.s. gov't; journal article",
            "isOpenAccess": yes[0], "inEPMC": yes[1], "inPMC": yes[2], "hasPDF": yes[3],
            "hasBook": "N", "hasSuppl": yes[4], "citedByCount": n % 211,
            "hasReferences": yes[5], "hasTextMinedTerms": yes[6],
            "hasDbCrossReferences": yes[7], "hasLabsLinks": yes[8],
            "hasTMAccessionNumbers": yes[9],
            "firstIndexDate": f"20{10 + n % 16}-{1 + n % 12:02}-{1 + n % 28:02}",
            "firstPublicationDate": f"20{10 + n % 16}-{1 + n % 12:02}-{1 + n // 3 % 28:02}",
        })
        used = 595 + len(record["title"]) + ("pmcid" in record) * 70
        record["authorString"] = self.authors(750 - used + n % 41, ident)
        return record

    def core(self, source, ident):
        """`lite` and what makes it about 6,210 bytes."""
        n = self.number("core", source, ident)
        record = self.lite(source, ident)
        record["journalInfo"] = {
            "issue": record["issue"], "volume": record["journalVolume"], "journalIssueId": n % 10**7,
            "dateOfPublication": record["pubYear"] + " Jun", "monthOfPublication": 6,
            "journal": {"title": record["journalTitle"], "issn": record["journalIssn"][:9]},
        }
        names = record["authorString"].rstrip(".").split(", ")
        record["authorList"] = {"author": [self.author(name, ident) for name in names]}
        record["abstractText"] = self.words(1500, "abstract", ident).capitalize() + "."
        record["keywordList"] = {"keyword": self.words(90, "keywords", ident).split()}
        record["meshHeadingList"] = {"meshHeading": [
            {"majorTopic_YN": "N", "descriptorName": self.words(18, "mesh", ident, i).strip()}
            for i in range(8)]}
        used = 3080 + 190 * len(names)
        record["affiliation"] = self.words(6210 - used - 75 + n % 151, "affiliation", ident)
        return record

    def author(self, name, ident):
        last, _, initials = name.partition(" ")
        return {
            "fullName": name, "firstName": initials or "A", "lastName": last,
            "initials": initials or "A",
            "affiliation": "Department of " + self.words(60, "department", ident, name),
        }

    def authors(self, size, ident):
        """Names up to about `size` characters, one at least."""
        names, length, i = [], 0, 0
        while length < size or not names:
            n = self.number("author", ident, i)
            names.append(f"{FAMILY_NAMES[n % len(FAMILY_NAMES)]} {chr(65 + n // 64 % 26)}")
            length += len(names[-1]) + 2
            i += 1
        return ", ".join(names) + "."

    def linked(self, kind, source, ident, index):
        """One entry of an article's references or citations."""
        n = self.number(kind, source, ident, index)
        other = str(10_000_000 + n % 30_000_000)
        return {
            "id": other, "source": "MED", "citationType": "JOURNAL ARTICLE",
            "title": self.words(60 + n % 80, kind, other).capitalize() + ".",
            "authorString": self.authors(20 + n % 60, other),
            "journalAbbreviation": self.words(14, "journal", n % 400).title().strip(),
            "pubYear": 1970 + n % 56, "volume": str(1 + n % 90), "issue": str(1 + n % 12),
            "pageInfo": f"{1 + n % 900}-{8 + n % 900}", "citedOrder": index + 1,
        }

    def linked_count(self, kind, source, ident):
        return self.number(kind + "-count", source, ident) % 120

    # -- large things -----------------------------------------------------------------------

    def full_text(self, ident):
        """JATS XML of the size that belongs to this article."""
        size = self.lognormal(180_000, 20_000, 8_000_000, "fulltext", ident.upper())
        head = (
            '<?xml version="1.0" encoding="UTF-8"?><article article-type="research-article"><front>'
            f'<article-meta><article-id pub-id-type="pmcid">{ident}</article-id></article-meta>'
            "</front><body><sec><title>Results</title>")
        tail = "</sec></body></article>"
        start = self.number("body", ident.upper()) % BLOB_SIZE // 2
        left = size - len(head) - len(tail)
        parts = [head]
        while left > 0:
            take = min(PARAGRAPH, left - 7) if left > 7 else 0
            start = (start + 131) % (len(self._blob) - PARAGRAPH)
            parts.append(f"<p>{self._blob[start:start + take]}</p>")
            left -= take + 7
        parts.append(tail)
        return "".join(parts).encode()

    def supplement(self, ident):
        """A zip file with one incompressible member."""
        size = self.lognormal(2_000_000, 10_000, 20_000_000, "supplement", ident.upper())
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
            member = zipfile.ZipInfo(f"{ident}_data.bin", (2020, 1, 1, 0, 0, 0))
            archive.writestr(member, random.Random(self.number("zip", ident)).randbytes(size))
        return buffer.getvalue()
