"""Larder before an upstream with a path of its own and several routes to it; who asks for what."""

FRESH = {"Cache-Control": "max-age=60"}
JSON = {**FRESH, "Content-Type": "application/json"}
XML = {**FRESH, "Content-Type": "application/xml;charset=UTF-8"}
GZIP = {"Accept-Encoding": "gzip"}
BASE = "/base/rest"
ME = {"Host": "me.test:8080"}
HERE = "http://me.test:8080"


def changes(origin, elsewhere, cache=None, **route):
    """Changes of a configuration: several routes to one upstream that has a path; route: of each of them."""
    return {
        "upstreams": {"origin": {"url": origin.url + BASE}, "other": {"url": elsewhere.url}},
        "cache": cache or {},
        "routes": [
            {"path": "/api", "upstream": "origin", **route},
            {"path": "/search", "upstream": "origin", "upstream_path": "/search", **route},
            {"path": "/api/hidden", "upstream": "other"}]}


def asked(larder, target, host=ME, **fields):
    return larder.get(target, fields={**host, **{name.replace("_", "-"): value for name, value in fields.items()}})
