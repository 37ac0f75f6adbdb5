"""What there is to purge by the admin API: responses by several routes, tags and statuses; orders, and what they reach."""

FIELDS = {"Cache-Control": "max-age=600", "ETag": '"1"'}
SHORT = {"Cache-Control": "max-age=100", "ETag": '"1"'}
SOME, STALE = 6, 120  # seconds: all are fresh still; /short isn't
ALL = ["/r/a", "/r/a?x=1", "/r/b.json", "/b", "/gone", "/short"]
REPLIES = {
    "/r/a": (200, {**FIELDS, "Surrogate-Key": "k"}), "/r/a?x=1": (200, {**FIELDS, "Cache-Tag": "k, l"}),
    "/r/b.json": (200, FIELDS), "/b": (200, {**FIELDS, "xkey": "l"}), "/gone": (404, FIELDS), "/short": (200, SHORT)}
ROUTES = [{"path": "/r", "upstream": "origin", "upstream_path": "/r"}, {"path": "/", "upstream": "origin"}]


def settings(**more):
    return {"admin": {"listen": ["127.0.0.1:0"]}, "routes": ROUTES, **more}


def disk(tmp_path):
    return {"cache": {"disk": {"path": str(tmp_path / "disk"), "free_floor": 0}}}


def stored(larder, origin, fields=None):
    for target in ALL:
        status, sent = REPLIES[target]
        origin.reply(target, target.encode(), status=status, fields=sent)
        larder.get(target, fields=fields or {})
    assert all(larder.get(target, fields=fields or {}).hit for target in ALL)


def purge(admin, scope, value=None, **more):
    order = {"scope": scope, **({} if value is None else {"value": value}), **more}
    answer = admin.post("/purges", order)
    assert answer.status == 200, answer
    return answer.json


def key_of(admin, target):
    return next(item["key"] for item in admin.get("/entries").json["items"] if item["target"] == target)


# what is asked for, which of ALL it reaches
SCOPES = [
    ("url", {"scope": "url", "value": "/r/a"}, [0]),
    ("url-below-its-route", {"scope": "url", "value": "/a?x=1", "route": "/r"}, [1]),
    ("prefix", {"scope": "prefix", "value": "/r/a"}, [0, 1]),
    ("prefix-below-its-route", {"scope": "prefix", "value": "/b", "route": "/r"}, [2]),
    ("prefix-of-all", {"scope": "prefix", "value": "/"}, [0, 1, 2, 3, 4, 5]),
    ("glob", {"scope": "glob", "value": "/r/*.json"}, [2]),
    ("glob-of-one-byte", {"scope": "glob", "value": "/?"}, [3]),
    ("glob-with-a-query", {"scope": "glob", "value": "/a?x=*", "route": "/r"}, [1]),
    ("glob-of-all", {"scope": "glob", "value": "/*"}, [0, 1, 2, 3, 4, 5]),
    ("tag", {"scope": "tag", "value": "k"}, [0, 1]),
    ("tags", {"scope": "tag", "value": ["k", "l"]}, [0, 1, 3]),
    ("route", {"scope": "route", "value": "/r"}, [0, 1, 2]),
    ("route-by-its-member", {"scope": "route", "route": "/r"}, [0, 1, 2]),
    ("older", {"scope": "older_than", "value": "5s"}, [0, 1, 2, 3, 4, 5]),
    ("older-of-a-route", {"scope": "older_than", "value": "5", "route": "/r"}, [0, 1, 2]),
    ("older-than-all", {"scope": "older_than", "value": "1h"}, []),
    ("negative", {"scope": "negative"}, [4]),
    ("all", {"scope": "all"}, [0, 1, 2, 3, 4, 5]),
]
HARD_ONLY = [("stale", {"scope": "stale"}, [5]), ("stale-of-a-route", {"scope": "stale", "route": "/r"}, [])]


def outlived(larder):
    """Which of ALL had to be asked for."""
    return [i for i, target in enumerate(ALL) if not larder.get(target).hit]
