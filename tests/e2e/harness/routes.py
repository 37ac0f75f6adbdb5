"""Every route of the admin API, as its document tells them, and a larder with a token of each role.

	admins = start_admins(start, tmp_path)      {"viewer": Admin, ..., "tenant": Admin of an admin's token of tenant b's}
	for route in routes(admins["admin"]):       .method .path .role .schema .types, filled_path(route, admin)
"""

import hashlib
import json
from dataclasses import dataclass

from harness.admin import BASE, Admin

ROLES = ["viewer", "operator", "admin"]
WORDS = {"viewer": "v-word", "operator": "o-word", "admin": "a-word", "tenant": "t-word"}
KEYS = {"a": "key-of-a", "b": "key-of-b"}
MEGABYTE = 1 << 20

# What a route needs to be asked at all.
QUERIES = {"/why": "?url=/one"}
METHODS = ("get", "head", "post", "put", "delete", "patch")


def digest(word):
    return hashlib.sha256(word.encode()).hexdigest()


def admin_section(tmp_path):
    tokens = [{"name": f"the-{role}", "role": role, "sha256": digest(WORDS[role])} for role in ROLES]
    tokens.append({"name": "the-tenant", "role": "admin", "tenant": "b", "sha256": digest(WORDS["tenant"])})
    return {"listen": ["127.0.0.1:0"], "tokens": tokens, "audit": str(tmp_path / "audit"),
        "lockout": {"failures": 0}, "body_bytes": "1MiB", "import_bytes": "1MiB"}


def start_admins(start, tmp_path, changes=None):
    config = {"admin": admin_section(tmp_path), "cache": {"disk": {"path": str(tmp_path / "disk")}},
        "tenants": {name: {"keys": [digest(key)]} for name, key in KEYS.items()}, **(changes or {})}
    larder = start(config)
    return larder, {name: Admin(larder, token=word) for name, word in WORDS.items()}


@dataclass
class Route:
    method: str
    path: str       # with BASE, and {x} in it
    role: str
    types: tuple    # of its body; (): it takes none
    methods: tuple  # of its path
    schemas: dict   # status: {type: schema}

    @property
    def changes(self):
        return self.method != "GET"


def content(described):
    return {kind: one["schema"] for kind, one in described.get("content", {}).items()}


def routes(admin):
    document = admin.get("/openapi.json").json
    found = []
    for path, methods in document["paths"].items():
        for method, one in methods.items():
            assert method in METHODS, (path, method)
            found.append(Route(method.upper(), path, one["x-role"], tuple(content(one.get("requestBody", {}))),
                tuple(name.upper() for name in methods), {status: content(answer)
                    for status, answer in one["responses"].items() if "content" in answer}))
    assert len(found) >= 4, found
    return found


def filled_path(route, admin):
    """With the name of something that is there in the place of {x}; and the query that the route needs."""
    path = route.path
    if "{" in path:
        above, name = path.split("/{")[0], path.split("{")[1].split("}")[0]
        listed = admin.get(above)
        items = listed.json.get("items", []) if listed.status == 200 else []
        value = str(items[0].get(name, items[0].get("id"))) if items else "nothing"
        path = path.replace("{" + name + "}", value)
    return path + QUERIES.get(path.removeprefix(BASE), "")


class AuditFile:
    """The lines that come to an audit log."""

    def __init__(self, path):
        self.path = path
        self.read = 0

    def lines(self):
        return [json.loads(line) for line in self.path.read_text().splitlines()]

    def new(self):
        every = self.lines()
        fresh = every[self.read:]
        self.read = len(every)
        return fresh
