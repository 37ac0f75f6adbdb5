"""Who the client is: told to the origin only if configured, believed only from trusted proxies."""

import json

import pytest

from harness.wait import until

ON = {"upstreams": {"origin": {"forwarded": True}}}
CLAIMS = {"Forwarded": "for=192.0.2.7;proto=https", "X-Forwarded-For": "192.0.2.7",
    "X-Forwarded-Proto": "https", "X-Forwarded-Host": "shop.example", "X-Real-IP": "192.0.2.7"}


def test_the_origin_is_not_told(larder, origin):
    larder.get("/a", fields=CLAIMS)
    larder.get("/a", method="POST", body=b"x", fields=CLAIMS)
    for seen in origin.seen("/a"):
        for name, value in seen.fields:
            assert "127.0.0.1" not in value or name == "Host", name
            assert "192.0.2.7" not in value or name == "X-Real-IP", name


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_origin_is_told_where_configured(start, origin, method):
    larder = start(ON)
    larder.get("/a", method=method)
    told = origin.last("/a").field("Forwarded")
    assert "for=127.0.0.1" in told.replace('"', "")


def test_strangers_are_not_believed(start, origin, tmp_path):
    log = tmp_path / "access.log"
    larder = start({**ON, "log": {"access": str(log)}})
    larder.get("/a", fields=CLAIMS)
    assert "192.0.2.7" not in (origin.last("/a").field("Forwarded") or "")
    assert origin.last("/a").field("X-Forwarded-For") is None
    until(lambda: log.exists() and log.read_text(), "a line")
    assert json.loads(log.read_text())["client"] == "127.0.0.1"


@pytest.mark.parametrize("claim", [
    {"Forwarded": "for=192.0.2.7"}, {"X-Forwarded-For": "192.0.2.7"},
    {"X-Forwarded-For": "198.51.100.1, 192.0.2.7"},
    {"Forwarded": 'for=198.51.100.1, for="192.0.2.7:4711"'}], ids=str)
@pytest.mark.parametrize("trusted", ["127.0.0.1", "127.0.0.0/8"])
def test_trusted_proxies_are_believed(start, origin, tmp_path, claim, trusted):
    """The last address that no trusted proxy added: what stands before it, anyone may have written."""
    log = tmp_path / "access.log"
    larder = start({**ON, "server": {"trusted_proxies": [trusted]}, "log": {"access": str(log)}})
    larder.get("/a", fields=claim)
    assert "192.0.2.7" in origin.last("/a").field("Forwarded")
    until(lambda: log.exists() and log.read_text(), "a line")
    assert json.loads(log.read_text())["client"] == "192.0.2.7"


@pytest.mark.parametrize("claim", [
    {"Forwarded": "nonsense"}, {"Forwarded": 'for="'}, {"X-Forwarded-For": "not an address"},
    {"X-Forwarded-For": ""}, {"Forwarded": "for=unknown"}, {"X-Forwarded-For": "1.2.3.4.5, x"}], ids=str)
def test_nonsense_from_a_trusted_proxy_harms_nothing(start, origin, claim):
    larder = start({**ON, "server": {"trusted_proxies": ["127.0.0.1"]}})
    assert larder.get("/a", fields=claim).status == 404
    assert "\n" not in (origin.last("/a").field("Forwarded") or "")


def test_the_client_does_not_divide_the_cache(start, origin):
    larder = start({**ON, "server": {"trusted_proxies": ["127.0.0.1"]}})
    origin.reply("/a", b"x", fields={"Cache-Control": "max-age=60"})
    larder.get("/a", fields={"X-Forwarded-For": "192.0.2.7"})
    assert larder.get("/a", fields={"X-Forwarded-For": "192.0.2.8"}).hit


def test_each_hop_names_its_own_peer(start, origin):
    larder = start({"server": {"trusted_proxies": ["127.0.0.1"]},
        "upstreams": {"origin": {"forwarded": True}}})
    origin.reply("/a", b"x")
    larder.get("/a", fields={"Forwarded": "for=198.51.100.7;proto=https"})
    hops = origin.last("/a").field("Forwarded").split(", ")
    assert hops[0] == "for=198.51.100.7" and hops[1] == "for=127.0.0.1"
    larder.get("/a", fields={"X-Forwarded-For": "198.51.100.8"})
    hops = origin.last("/a").field("Forwarded").split(", ")
    assert hops == ["for=198.51.100.8", "for=127.0.0.1"]
