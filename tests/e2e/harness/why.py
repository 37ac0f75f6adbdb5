"""Questions to a larder that has server.why.

	start(WHY)			ask(larder, "/a?b")["would"]["outcome"]
	start(route(key=KEY))		with one route that has these settings
"""

import json
from urllib.parse import quote

FRESH = {"Cache-Control": "max-age=60", "Content-Type": "application/json"}
WHY = {"server": {"why": "/why"}}
KEY = {"sort": True, "fold_names": True, "credentials": ["api_key"], "pass": ["callback"],
    "defaults": {"pageSize": "25"}}


def ask(larder, target, fields=None, **how):
    response = larder.get(f"/why?url={quote(target, safe='')}", fields=fields or {}, **how)
    assert response.status == 200, response
    assert response.field("Content-Type") == "application/json"
    assert response.field("Cache-Control") == "no-store"
    return json.loads(response.body)


def route(**settings):
    return {**WHY, "routes": [{"path": "/", "upstream": "origin", **settings}]}
