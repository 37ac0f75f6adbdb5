"""Another configuration makes other keys: what was invalidated under it by its URL doesn't come back with the first."""

import json

import pytest

from harness.admin import Admin
from harness.larder import merge
from harness.purge import SETTINGS
from harness.purge import purge as by_method
from harness.store import FRESH, Store, settle
from harness.table import table

ON = {"admin": {"listen": ["127.0.0.1:0"]}, "server": {"purge": SETTINGS}}
TARGET = "/r/a?utm=1&b=2"
RULED = {"path": "/r", "upstream": "origin", "upstream_path": "/r", "key": {"drop": ["utm"]}}
PLAIN = {"path": "/r", "upstream": "origin", "upstream_path": "/r"}
ROOT = {"path": "/", "upstream": "origin"}

# the configuration that it is stored under, and again asked for; the one in between
PAIRS = [
    ("a-rule-is-taken-back", [RULED, ROOT], [PLAIN, ROOT], {}),
    ("a-rule-comes", [PLAIN, ROOT], [RULED, ROOT], {}),
    ("a-rule-changes", [RULED, ROOT], [{**PLAIN, "key": {"sort": True}}, ROOT], {}),
    ("a-route-is-gone", [PLAIN, ROOT], [ROOT], {}),
    ("a-route-is-new", [ROOT], [PLAIN, ROOT], {}),
    ("a-route-has-a-star", [ROOT], [{"path": "/*/a", "upstream": "origin"}, ROOT], {}),
    ("a-namespace", [ROOT], [ROOT], {"cache": {"namespace_version": 2}}),
]


def api(**order):
    def purge(larder):
        answer = Admin(larder).post("/purges", {"value": TARGET, "scope": "url", **order})
        assert answer.status == 200, answer
    return purge


WAYS = [
    ("hard", api()), ("soft", api(mode="soft")), ("glob", api(scope="glob", value="/*utm=1&b=*")),
    ("prefix", api(scope="prefix", value="/r/a?utm=1&b=")), ("PURGE", lambda larder: by_method(larder, TARGET)),
    ("POST", lambda larder: larder.get(TARGET, method="POST", body=b"x")),
]


def configured(routes, changes=None):
    return {**ON, "routes": routes, "cache": {"namespace_version": 1}, **(changes or {})}


class Turns:
    """One larder that changes, or one after the other on a disk."""

    def __init__(self, start, path):
        self.start, self.store, self.larder = start, Store(path, start) if path else None, None

    def by(self, configuration):
        if self.store is not None:
            if self.larder is not None:
                settle(self.larder)
                self.larder.kill()
            self.larder = self.store.open(configuration)
        elif self.larder is None:
            self.larder = self.start(configuration)
        else:
            before = json.loads(self.larder.config_path.read_text())
            self.larder.write_config(merge({**before, "routes": []}, configuration))
            assert Admin(self.larder).post("/reload").status == 200
        return self.larder


@pytest.fixture(params=["reload", "restart"])
def turns(request, start, tmp_path):
    return Turns(start, tmp_path / "store" if request.param == "restart" else None)


@table("routes, between, changes", PAIRS)
@pytest.mark.parametrize("way", [way for _, way in WAYS], ids=[name for name, _ in WAYS])
def test_it_does_not_come_back(turns, origin, routes, between, changes, way):
    origin.reply("/r/a", b"old", fields=FRESH)
    larder = turns.by(configured(routes))
    assert larder.get(TARGET).body == larder.get(TARGET).body == b"old"
    larder = turns.by(configured(between, changes))
    origin.reply("/r/a", b"new", fields=FRESH)
    way(larder)
    larder = turns.by(configured(routes))
    assert larder.get(TARGET).body == b"new"


@table("routes, between, changes", PAIRS)
def test_what_nobody_invalidated_is_there(turns, origin, routes, between, changes):
    origin.reply("/r/a", b"old", fields=FRESH)
    turns.by(configured(routes)).get(TARGET)
    larder = turns.by(configured(between, changes))
    origin.reply("/r/a", b"new", fields=FRESH)
    assert Admin(larder).post("/purges", {"scope": "tag", "value": "other"}).status == 200
    assert turns.by(configured(routes)).get(TARGET).body == b"old"


def test_other_routes_keep_what_they_have(turns, origin):
    origin.reply("/r/a", b"old", fields=FRESH)
    origin.reply("/b", b"b", fields=FRESH)
    larder = turns.by(configured([RULED, ROOT]))
    larder.get("/b")
    larder = turns.by(configured([PLAIN, ROOT]))
    api()(larder)
    larder = turns.by(configured([RULED, ROOT]))
    assert larder.get("/b").hit and origin.count("/b") == 1


def test_what_was_stored_afterwards_stays(turns, origin):
    """Once the route has begun anew, nothing is wrong with it."""
    origin.reply("/r/a", b"old", fields=FRESH)
    larder = turns.by(configured([RULED, ROOT]))
    larder = turns.by(configured([PLAIN, ROOT]))
    api()(larder)
    larder = turns.by(configured([RULED, ROOT]))
    larder.get(TARGET)
    larder = turns.by(configured([RULED, ROOT]))
    assert larder.get(TARGET).hit and origin.count("/r/a") == 1
