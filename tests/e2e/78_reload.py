"""Another configuration while requests go on: SIGHUP and POST /reload.

What a reload changes, what it names instead, and what it must not do: lose a request, a rate, or what is stored.
"""

import json
import os
import signal
import threading

import pytest

from harness import certs
from harness.admin import Admin
from harness.asking import Asking
from harness.larder import merge, sanitized
from harness.metrics import at_least

ON = {"admin": {"listen": ["127.0.0.1:0"]}}
FRESH = {"Cache-Control": "max-age=600"}


class Running:
    """A larder whose configuration is changed and read anew."""

    def __init__(self, start, changes=None):
        self.larder = start(merge(ON, changes or {}))
        self.admin = Admin(self.larder)
        self.config = json.loads(self.larder.config_path.read_text())

    def change(self, changes):
        """Writes the file and has it read; the answer."""
        self.config = merge(self.config, changes)
        self.larder.write_config(self.config)
        return self.admin.post("/reload")


@pytest.fixture
def running(start):
    return Running(start)


def served(origin, path="/a", body=b"one"):
    origin.reply(path, body, fields=FRESH)


def test_nothing_new_changes_nothing(running):
    done = running.change({})
    assert done.status == 200 and done.json == {"changed": [], "kept": [], "faults": []}


def test_settings_are_named(running):
    done = running.change({"cache": {"grace": "2d", "memory": {"size": "64MiB"}}})
    assert done.json["changed"] == ["cache.grace"] and done.json["kept"] == ["cache.memory.size"]
    running.larder.wait_event("reload-needs-restart")
    assert "size: 256MiB" in running.admin.get("/config").json["yaml"]


@pytest.mark.parametrize("text,said", [
    ("upstreams: {", "expected YAML"), ("", "no upstreams"),
    ('{"server": {"listen": "x"}}', "for server.listen")])
def test_a_bad_file_changes_nothing(running, origin, text, said):
    served(origin)
    assert running.larder.get("/a").status == 200
    running.larder.write_config(text)
    done = running.admin.post("/reload")
    assert done.status == 422 and any(said in fault for fault in done.json["faults"]), done
    assert running.larder.get("/a").status == 200
    assert running.larder.metric("config_last_reload_successful") == 0
    running.larder.write_config(running.config)
    assert running.admin.post("/reload").status == 200
    assert running.larder.metric("config_last_reload_successful") == 1


def test_a_file_that_is_gone_changes_nothing(running):
    os.unlink(running.larder.config_path)
    assert running.admin.post("/reload").status == 422


def test_a_pipe_keeps_nobody_waiting(running):
    os.unlink(running.larder.config_path)
    os.mkfifo(running.larder.config_path)
    done = running.admin.post("/reload")
    assert done.status == 422 and "expected a regular file" in done.json["faults"][0], done
    os.unlink(running.larder.config_path)
    running.larder.write_config(running.config)
    assert running.admin.post("/reload").status == 200


@pytest.mark.parametrize("make", [lambda path: open(path, "w", encoding="ascii").close(), os.mkfifo])
def test_a_bad_certificate_changes_nothing(start, tmp_path, make):
    made = certs.make(tmp_path)
    running = Running(start, {"server": {"tls": {"certificate": made.certificate, "key": made.key}}})
    os.unlink(made.certificate)
    make(made.certificate)
    done = running.change({"cache": {"grace": "2d"}})
    assert done.status == 422 and made.certificate in done.json["faults"][0], done
    assert "grace: 2d" not in running.admin.get("/config").json["yaml"]


def test_by_signal(running, origin):
    served(origin, "/a")
    served(origin, "/b/a")
    running.config = merge(running.config, {"routes": [
        {"path": "/new", "upstream": "origin", "upstream_path": "/b"}]})
    running.larder.write_config(running.config)
    running.larder.signal(signal.SIGHUP)
    running.larder.wait_event("reloaded")
    assert running.larder.get("/a").status == 404
    assert running.larder.get("/new/a").status == 200


def test_what_is_stored_stays(running, origin):
    served(origin)
    running.larder.get("/a")
    assert running.change({"cache": {"grace": "3d"}}).status == 200
    assert "hit" in running.larder.get("/a").field("Cache-Status")
    assert len(origin.requests) == 1


def test_a_route_goes_elsewhere(running, origin):
    served(origin, "/x/b")
    running.change({"routes": [{"path": "/a", "upstream": "origin", "upstream_path": "/x"}]})
    assert running.larder.get("/a/b").body == b"one"
    assert origin.requests[-1].target == "/x/b"


def test_lifetimes(running, origin):
    origin.reply("/a", b"x")
    running.larder.get("/a")
    assert "stored" not in running.larder.get("/a").field("Cache-Status")
    running.change({"routes": [{"path": "/", "upstream": "origin", "ttl": "1h"}]})
    running.larder.get("/a")
    assert "hit" in running.larder.get("/a").field("Cache-Status")


def test_limits_of_requests(running, origin):
    served(origin)
    with running.larder.client() as client:
        assert client.get("/a?" + "x" * 200).status in (200, 404, 500)
        running.change({"server": {"limits": {"target_bytes": 64}}})
        assert client.get("/a?" + "x" * 200).status == 414


def test_pages(running):
    assert running.larder.get("/metrics").status == 200
    running.change({"server": {"metrics": "/numbers"}})
    assert running.larder.get("/numbers").status == 200


def test_tokens(running):
    sha = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"  # of "test"
    running.change({"admin": {"tokens": [{"name": "ops", "role": "admin", "sha256": sha}]}})
    assert running.admin.get("/config").status == 401
    assert Admin(running.larder, token="test").get("/config").status == 200


def test_a_fetch_under_way_ends_by_what_it_began_with(running, origin):
    gate = threading.Event()
    origin.reply("/slow", b"late", fields=FRESH, hold=gate)
    asking = Asking(running.larder, "/slow")
    origin.wait_for(1)
    running.change({"routes": [{"path": "/other", "upstream": "origin"}]})
    assert running.larder.get("/slow").status == 404
    gate.set()
    assert asking.wait().body == b"late"


def test_a_rate_outlasts_a_reload(start, origin):
    running = Running(start, {"upstreams": {"origin": {"rate": "1/h", "queue": {"timeout": "0"}}}})
    served(origin)
    served(origin, "/b")
    assert running.larder.get("/a").status == 200
    assert running.larder.get("/b").status == 503
    running.change({"cache": {"grace": "3d"}})
    assert running.larder.get("/b").status == 503


def test_a_key_rule_that_is_found_wrong_during_a_reload_is_off(running, origin):
    """The check belongs to the generation before; what it finds is true of the same rule."""
    gate = threading.Event()
    origin.reply("/s?lang=en", b"mouse", fields=FRESH)
    origin.reply("/s?lang=de", b"Maus", fields=FRESH, hold=gate)
    running.change({"routes": [{"path": "/", "upstream": "origin", "key": {"drop": ["lang"], "verify": "1/1"}}]})
    running.larder.get("/s?lang=en")
    assert running.larder.get("/s?lang=de").body == b"mouse"
    origin.wait_for(2)
    running.change({"cache": {"grace": "3d"}})
    gate.set()
    running.larder.wait_event("alert-key-rule")
    assert running.larder.metric("key_rule_enabled", route="/") == 0
    assert running.larder.get("/s?lang=de").body == b"Maus"
    assert running.larder.get("/s?lang=en").body == b"mouse"


@pytest.mark.parametrize("burst", [4, 2])
def test_an_order_outlasts_reloads_beside_an_old_generation(running, origin, burst):
    """What was said last counts, not what the oldest that is still asked was told: in a form of its own, and in
    that of the oldest."""
    gate = threading.Event()
    running.change({"upstreams": {"origin": {"burst": 2}}})
    origin.reply("/slow", b"late", hold=gate)
    asking = Asking(running.larder, "/slow")
    origin.wait_for(1)
    running.change({"upstreams": {"origin": {"burst": 3}}})
    for word, status in (("open", 503), ("close", 404)):
        assert running.admin.post(f"/upstreams/origin/{word}").status == 200
        running.change({"upstreams": {"origin": {"burst": burst}}})
        assert running.larder.get("/other").status == status
        running.change({"upstreams": {"origin": {"burst": 3}}})
        assert running.larder.get("/other").status == status
    gate.set()
    assert asking.wait().body == b"late"


def test_an_upstream_that_is_gone_is_let_go_of(running, origin):
    """Its checks end, and what was asked of it before comes to its end."""
    gate = threading.Event()
    origin.reply("/slow", b"late", hold=gate)
    asking = Asking(running.larder, "/slow")
    origin.wait_for(1)
    done = running.change({"upstreams": {"origin": None, "other": {
        "url": origin.url, "check": {"path": "/check", "interval": "100ms"}}},
        "routes": [{"path": "/", "upstream": "other"}]})
    assert sorted(done.json["changed"]) == ["routes./", "upstreams.origin", "upstreams.other"]
    gate.set()
    assert asking.wait().body == b"late"
    for _ in range(3):
        assert running.change({"upstreams": {"other": None, "origin": {"url": origin.url}},
            "routes": [{"path": "/", "upstream": "origin"}]}).status == 200
        assert running.change({"upstreams": {"origin": None, "other": {
            "url": origin.url, "check": {"path": "/check", "interval": "100ms"}}},
            "routes": [{"path": "/", "upstream": "other"}]}).status == 200
    running.larder.wait_metric("upstream_requests_total", at_least(1), upstream="other")


def test_gauges_of_what_is_gone_are_gone(running, origin):
    assert running.larder.metric("upstream_up", upstream="origin") == 1
    running.change({"upstreams": {"origin": None, "other": {"url": origin.url}},
        "routes": [{"path": "/", "upstream": "other"}]})
    text = running.larder.get("/metrics").body.decode()
    assert 'larder_upstream_up{upstream="other"} 1' in text
    assert 'larder_upstream_up{upstream="origin"}' not in text


def test_counters_go_on_by_their_names(running, origin):
    served(origin)
    running.larder.get("/a")
    running.change({"routes": [{"path": "/z", "upstream": "origin"}, {"path": "/", "upstream": "origin"}]})
    running.larder.get("/a")
    running.larder.get("/z")
    metrics = running.larder.metrics()
    assert metrics.sum("cache_requests_total", route="/", result="hit") == 1
    assert metrics.sum("http_requests_total", route="/z") == 1


@pytest.mark.heavy
def test_many_reloads_under_load(running, origin):
    """Nobody notices."""
    served(origin)
    count, faults, over = (100 if sanitized() else 300), [], threading.Event()

    def ask():
        with running.larder.client() as client:
            while not over.is_set():
                answer = client.get("/a")
                if answer.status != 200 or answer.body != b"one":
                    faults.append(answer)

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for asker in askers:
        asker.start()
    for i in range(count):
        assert running.change({"cache": {"grace": f"{i + 1}h"}, "routes": [
            {"path": "/", "upstream": "origin", "ttl": f"{i + 1}m"}]}).status == 200
    over.set()
    for asker in askers:
        asker.join()
    assert not faults, faults[:3]
    assert len(origin.requests) == 1
