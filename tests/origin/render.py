"""From Python data to bodies: JSON, XML and Dublin Core as the service writes them.

Europe PMC's XML mirrors its JSON: {"authorList": {"author": [a, b]}} is one <authorList> with two
<author>. Pure functions, no state.
"""

import json
from xml.sax.saxutils import escape

XML = "application/xml;charset=UTF-8"
JSON = "application/json;charset=UTF-8"
DC = "application/rdf+xml;charset=UTF-8"
JSONP = "application/javascript;charset=UTF-8"

XML_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
XML_OPEN = (
    '<responseWrapper xmlns:slx="http://www.scholix.org" '
    'xmlns:epmc="https://www.europepmc.org/data">')
DC_OPEN = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/">')


def as_json(data, callback=None):
    """(content type, body); with a callback: JSONP."""
    text = json.dumps(data, separators=(",", ":"))
    if callback:
        return JSONP, f"{callback}({text})".encode()
    return JSON, text.encode()


def as_xml(data, root="responseWrapper"):
    opening = XML_OPEN if root == "responseWrapper" else f"<{root}>"
    return XML, f"{XML_HEAD}{opening}{_elements(data)}</{root}>".encode()


def as_dc(data):
    """Dublin Core of the articles in data; what else is in it has no place there."""
    articles = data.get("resultList", {}).get("result", [])
    if "result" in data:
        articles = [data["result"]]
    body = "".join(
        f'<rdf:Description rdf:about="http://europepmc.org/abstract/MED/{escape(a["id"])}">'
        f"<dc:identifier>{escape(a['id'])}</dc:identifier>"
        f"<dc:title>{escape(a.get('title', ''))}</dc:title>"
        f"<dc:creator>{escape(a.get('authorString', ''))}</dc:creator>"
        f"<dcterms:issued>{escape(a.get('pubYear', ''))}</dcterms:issued></rdf:Description>"
        for a in articles)
    return DC, f"{XML_HEAD}{DC_OPEN}{body}</rdf:RDF>".encode()


def render(data, form, callback=None):
    """(content type, body) of data as xml, json or dc."""
    if form == "json":
        return as_json(data, callback)
    if form == "dc":
        return as_dc(data)
    if "errCode" in data:
        return as_xml(data, "errorBean")
    return as_xml(data)


def _elements(value):
    parts = []
    for name, item in value.items():
        for one in item if isinstance(item, list) else [item]:
            parts.append(f"<{name}>{_content(one)}</{name}>")
    return "".join(parts)


def _content(value):
    if isinstance(value, dict):
        return _elements(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape(str(value))
