"""Other services' faces: each as its traps were seen, below a path prefix of its own.

`FACES` is all of them. They share the corpus with the literature service, and its switches.
"""

from faces.crossref import Crossref
from faces.datacite import DataCite
from faces.ensembl import Ensembl
from faces.ncbi import Ncbi
from faces.openalex import OpenAlex
from faces.uniprot import UniProt

FACES = (Crossref, DataCite, Ensembl, Ncbi, OpenAlex, UniProt)
