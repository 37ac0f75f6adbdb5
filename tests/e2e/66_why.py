"""larder why: what would become of a request, and why; what is told comes true, and telling changes nothing."""

import json
import threading

import pytest

from harness.metrics import equals
from harness.store import Store, settle
from harness.wait import until
from harness.why import FRESH, KEY, WHY, ask, route

# What the question itself and the clock move, and what is measured of the process.
OWN = ("http_", "process_", "log_", "cache_requests_total")


def told_and_done(larder, target, fields=None):
    """The report, after seeing that just what it tells becomes of the request."""
    report = ask(larder, target, fields)
    response = larder.get(target, fields=fields or {})
    told, done = report["would"]["cache_status"], response.field("Cache-Status")
    # a fetch's end, which nobody can tell before, comes behind that; and a second may have passed
    told, done = told.split("; "), done.split("; ")
    assert told[:2] == done[:2] and told[2:] == done[2:len(told)] or is_older(told, done), (told, done)
    if "status" in report["would"]:
        assert response.status == report["would"]["status"]
    return report


def is_older(told, done):
    """Both are hits, the second one some time after the first."""
    return told[:2] == done[:2] == ["larder", "hit"] and int(told[2][4:]) >= int(done[2][4:])


def line(report, label):
    """What the text says under a label, the first time."""
    (found, *_) = [one[17:] for one in report["text"] if one[:17].strip() == label]
    return found


def upstream(**settings):
    return {**WHY, "upstreams": {"origin": settings}}


def counted(larder):
    return {key: value for key, value in larder.metrics().samples.items()
        if not key[0].removeprefix("larder_").startswith(OWN)}


# -- what it comes to ------------------------------------------------------------------------------------

def test_a_miss_then_a_hit(start, origin):
    larder = start(WHY)
    origin.reply("/a", b"x" * 2048, fields=FRESH)
    before = told_and_done(larder, "/a")
    assert before["would"]["outcome"] == "miss" and before["copies"] == []
    after = told_and_done(larder, "/a")
    assert after["would"]["outcome"] == "hit"
    assert "RFC 9111 4.2" in after["would"]["because"]
    (copy,) = after["copies"]
    assert (copy["tier"], copy["fit"], copy["status"], copy["size"]) == ("memory", "chosen", 200, 2048)
    assert copy["fresh"] and copy["lifetime_ms"] == 60000 and 0 < copy["ttl_ms"] <= 60000
    assert copy["lifetime_source"] == "explicit"
    assert copy["lifetime_by"] == "max-age=60 (RFC 9111 5.2.2.1)"
    assert line(after, "would be").startswith("hit:")
    assert line(after, "lifetime by") == copy["lifetime_by"]


def test_stale_is_validated(start, origin, clock):
    larder = start(WHY)
    origin.reply("/a", b"x", fields={**FRESH, "ETag": '"1"'})
    larder.get("/a")
    clock.advance(100)
    report = told_and_done(larder, "/a")
    assert report["would"]["outcome"] == "validation"
    assert "RFC 9111 4.2.4" in report["would"]["because"]
    assert not report["copies"][0]["fresh"] and report["copies"][0]["ttl_ms"] < 0


def test_stale_while_revalidate(start, origin, clock):
    larder = start(WHY)
    origin.reply("/a", b"x", fields={"Cache-Control": "max-age=60, stale-while-revalidate=30"})
    larder.get("/a")
    clock.advance(70)
    report = told_and_done(larder, "/a")
    assert report["would"]["outcome"] == "stale-while-revalidate"
    assert "RFC 5861 3" in report["would"]["because"]


@pytest.mark.parametrize("directive, outcome, clause", [
    ("no-cache", "miss", "5.2.1"), ("max-stale=1000", "stale", "5.2.1.2"),
    ("only-if-cached, no-cache", "refused", "5.2.1.7")])
def test_the_requests_own_directives(start, origin, clock, directive, outcome, clause):
    larder = start(WHY)
    origin.reply("/a", b"x", fields=FRESH)
    larder.get("/a")
    if directive.startswith("max-stale"):
        clock.advance(100)
    report = told_and_done(larder, "/a", {"Cache-Control": directive})
    assert report["would"]["outcome"] == outcome and clause in report["would"]["because"]


def test_the_clients_condition(start, origin):
    larder = start(WHY)
    origin.reply("/a", b"x", fields={**FRESH, "ETag": '"1"'})
    larder.get("/a")
    report = told_and_done(larder, "/a", {"If-None-Match": '"1"'})
    assert report["would"]["status"] == 304
    assert told_and_done(larder, "/a", {"If-Match": '"1"'})["would"]["outcome"] == "pass"


def test_variants(start, origin):
    larder = start(WHY)
    origin.reply("/a", b"x", fields={**FRESH, "Vary": "Accept"})
    larder.get("/a", fields={"Accept": "text/plain"})
    report = told_and_done(larder, "/a", {"Accept": "text/html"})
    assert report["would"]["cache_status"] == "larder; fwd=vary-miss"
    (copy,) = report["copies"]
    assert copy["fit"] == "variant" and copy["variant"] == {"accept": "text/plain"}
    assert line(report, "variant") == "accept: text/plain; this request: text/html"
    both = ask(larder, "/a", {"Accept": "text/html"})
    assert sorted(one["fit"] for one in both["copies"]) == ["chosen", "variant"]


def test_secrets_that_select(start, origin):
    larder = start(WHY)
    origin.reply("/a", b"x", fields={**FRESH, "Vary": "X-Session"})
    larder.get("/a", fields={"X-Session": "sesame"})
    report = ask(larder, "/a", {"X-Session": "simsim"})
    assert report["copies"][0]["variant"] == {"x-session": "***"}
    assert line(report, "variant") == "x-session: ***; this request: ***"
    assert "sesame" not in json.dumps(report) and "simsim" not in json.dumps(report)


def test_not_for_requests_with_authorization(start, origin):
    larder = start(WHY)
    origin.reply("/a", b"x", fields=FRESH)
    larder.get("/a")
    report = told_and_done(larder, "/a", {"Authorization": "Bearer sesame"})
    assert report["would"]["outcome"] == "miss"
    assert report["copies"][0]["fit"] == "authorization"
    assert "sesame" not in json.dumps(report)


def test_remembered_as_private(start, origin):
    larder = start(WHY)
    origin.reply("/a", b"x", fields={"Cache-Control": "private, max-age=60"})
    larder.get("/a")
    report = told_and_done(larder, "/a")
    assert report["would"]["outcome"] == "miss" and report["remembered"]["unshareable"]


def test_a_fetch_under_way(start, origin):
    larder = start(WHY)
    gate = threading.Event()
    origin.reply("/a", b"x", fields=FRESH, hold=gate)
    first = threading.Thread(target=larder.get, args=("/a",))
    first.start()
    origin.wait_for(1, "/a")
    report = ask(larder, "/a")
    assert report["would"]["outcome"] == "collapsed"
    assert report["would"]["cache_status"] == "larder; fwd=uri-miss; collapsed"
    assert report["fetches"]["under_way"] == 1 and report["fetches"]["readers"] == 1
    gate.set()
    first.join()
    until(lambda: ask(larder, "/a")["fetches"]["under_way"] == 0, "it has ended")


def test_no_route(start):
    larder = start({**WHY, "routes": [{"path": "/only", "upstream": "origin"}]})
    report = ask(larder, "/a")
    assert report["would"]["outcome"] == "refused" and report["would"]["status"] == 404
    assert "route" not in report


def test_invalidated(start, origin):
    larder = start(WHY)
    origin.reply("/a", b"x", fields=FRESH)
    larder.get("/a")
    larder.get("/a", method="POST", body=b"y")
    report = told_and_done(larder, "/a")
    assert report["would"]["outcome"] == "miss"
    assert [one["fit"] for one in report["copies"]] in ([], ["invalidated"])


def test_both_tiers(start, origin, tmp_path):
    larder = Store(tmp_path / "disk", start).open(WHY)
    origin.reply("/a", b"x", fields=FRESH)
    larder.get("/a")
    settle(larder)
    copies = told_and_done(larder, "/a")["copies"]
    assert [(one["tier"], one["fit"]) for one in copies] == [("memory", "chosen"), ("disk", "copy")]


# -- rules of the operator --------------------------------------------------------------------------------

def test_a_class(start, origin):
    larder = start({**route(**{"class": "record"}), "cache": {"classes": {"record": "1h"}}})
    origin.reply("/a", b"x", fields={"Content-Type": "application/json"})
    larder.get("/a")
    report = told_and_done(larder, "/a")
    assert report["route"]["class"] == "record"
    assert report["route"]["gives"] == {"lifetime_ms": 3600000, "lifetime_source": "class"}
    assert line(report, "new responses").startswith("last 1h, by cache.classes.record")
    (copy,) = report["copies"]
    assert copy["lifetime_source"] == "class" and copy["lifetime_ms"] // 1000 == 3600
    assert copy["lifetime_by"].startswith("cache.classes.record")


def test_forced(start, origin):
    larder = start(route(ttl="10m", force=True))
    origin.reply("/a", b"x", fields={"Cache-Control": "no-store"})
    larder.get("/a")
    report = told_and_done(larder, "/a")
    assert report["would"]["outcome"] == "hit" and report["route"]["force"]
    assert report["copies"][0]["lifetime_source"] == "forced"


def test_negative(start, origin, clock):
    larder = start({**WHY, "cache": {"errors": {"404": "300s"}}})
    origin.reply("/a", b"gone", status=404)
    larder.get("/a")
    report = told_and_done(larder, "/a")
    assert report["would"]["outcome"] == "hit" and report["would"]["status"] == 404
    (copy,) = report["copies"]
    assert copy["negative"] and copy["lifetime_source"] == "errors"
    clock.advance(400)
    assert told_and_done(larder, "/a")["would"]["outcome"] == "miss"


def test_an_error_that_a_guard_found(start, origin):
    larder = start(route(guard={"negative": {"json": ["/errCode"], "ttl": "20s"}}))
    origin.reply("/a", b'{"errCode": 404}', fields=FRESH)
    larder.get("/a")
    report = told_and_done(larder, "/a")
    assert report["route"]["guard"] and report["copies"][0]["lifetime_source"] == "guard"
    assert report["copies"][0]["negative"]
    assert line(report, "lifetime by").startswith("the route's guard.negative")


def test_what_was_learnt(start, origin, clock):
    larder = start(route(ttl="1m", adaptive={"enabled": True, "min": "1m", "max": "1h"}))
    origin.reply("/a", b"x", fields={"ETag": '"1"'})
    larder.get("/a")
    clock.advance(70)
    larder.get("/a")
    report = told_and_done(larder, "/a")
    assert report["route"]["adaptive"]["enabled"] and report["route"]["adaptive"]["refreshes"] == 1
    assert report["copies"][0]["lifetime_source"] == "adaptive"
    assert line(report, "adaptive").startswith("0 of 1 refreshes found a change")


def test_spellings_and_credentials(start, origin):
    larder = start(route(key=KEY))
    origin.reply("/a", b"x", fields=FRESH)
    larder.get("/a?q=1&x=2")
    report = told_and_done(larder, "/a?x=2&pageSize=25&Q=1&api_key=sesame")
    assert report["would"]["outcome"] == "hit"
    assert report["key"]["target"] == "/a?q=1&x=2" and report["key"]["rule"] == "applied"
    assert report["request"]["target"] == "/a?x=2&pageSize=25&Q=1&api_key=***"
    assert "sesame" not in json.dumps(report)


def test_a_parameter_that_passes(start, origin):
    larder = start(route(key=KEY))
    origin.reply("/a", b"x", fields=FRESH)
    report = told_and_done(larder, "/a?callback=f")
    assert report["would"]["outcome"] == "pass"
    assert report["would"]["cache_status"] == "larder; fwd=bypass"
    assert report["key"]["rule"] == "passes"


# -- the upstream -----------------------------------------------------------------------------------------

def test_an_open_breaker(start, origin, clock):
    larder = start(upstream(retry={"attempts": 1}, breaker={"consecutive": 2, "open": "60s"}))
    origin.reply("/a", b"x", fields={"Cache-Control": "max-age=10, stale-if-error=600"})
    larder.get("/a")
    origin.reply("/b", b"", status=503)
    for n in range(2):
        larder.get(f"/b?{n}")
    larder.wait_event("breaker-open")
    clock.advance(100)
    stale = told_and_done(larder, "/a")
    assert stale["would"]["outcome"] == "stale-if-error"
    assert stale["upstream"]["breaker"] == "open" and stale["upstream"]["breaker_left_ms"] > 0
    refused = told_and_done(larder, "/c")
    assert refused["would"]["outcome"] == "refused" and refused["would"]["status"] == 503
    assert "failed too often" in refused["would"]["because"]


def test_offline(start, origin):
    larder = start(upstream(offline=True))
    report = told_and_done(larder, "/a")
    assert report["would"]["outcome"] == "refused" and report["would"]["status"] == 504
    assert report["upstream"]["offline"] and "offline" in line(report, "upstream")
    assert origin.count() == 0


def test_a_turn_to_wait_for(start, origin):
    larder = start(upstream(rate="1/h"))
    origin.reply("/a", b"x")
    assert not ask(larder, "/a?1")["would"]["may_wait"]
    larder.get("/a?1")
    report = ask(larder, "/a?2")
    assert report["would"]["may_wait"] and report["upstream"]["tokens"] == 0
    assert report["upstream"]["rate_count"] == 1


# -- who may ask, and what it costs ------------------------------------------------------------------------

def test_nothing_changes(start, origin, tmp_path):
    store = Store(tmp_path / "disk", start)
    larder = store.open({**WHY, "cache": {"memory": {"size": "0"}}})
    origin.reply("/a", b"x", fields=FRESH)
    larder.get("/a")
    settle(larder)
    before, asked = counted(larder), origin.count()
    for target in ("/a", "/b"):
        ask(larder, target)
    assert counted(larder) == before and origin.count() == asked


def test_not_from_elsewhere(start):
    larder = start({"server": {"why": "/why", "why_from": ["192.0.2.0/24"],
        "trusted_proxies": ["127.0.0.1"]}})
    response = larder.get("/why?url=%2Fa")
    assert response.status == 403
    assert response.field("Content-Type") == "application/problem+json"
    larder.wait_metric("http_rejected_total", equals(1), reason="why")


def test_who_speaks_for_another(start):
    larder = start({"server": {"why": "/why", "trusted_proxies": ["127.0.0.1"]}})
    assert larder.get("/why?url=%2Fa").status == 200
    assert larder.get("/why?url=%2Fa", fields={"X-Forwarded-For": "192.0.2.1"}).status == 403


def test_a_unix_socket_is_local(start, tmp_path):
    path = str(tmp_path / "socket")
    larder = start({"server": {"why": "/why", "why_from": [], "listen": ["127.0.0.1:0", f"unix:{path}"]}})
    assert larder.get("/why?url=%2Fa").status == 403
    with larder.client(listener=larder.listeners.index(path)) as client:
        assert client.get("/why?url=%2Fa").status == 200


def test_off_unless_it_is_wanted(start, origin):
    larder = start()
    origin.reply("/why", b"the origin's")
    assert larder.get("/why?url=%2Fa").body == b"the origin's"


@pytest.mark.parametrize("query", ["", "?", "?url=", "?url=abc", "?uri=%2Fa", "?url=%2F%00"])
def test_no_question(start, query):
    response = start(WHY).get("/why" + query)
    assert response.status == 400
    assert response.field("Content-Type") == "application/problem+json"


def test_the_access_log_has_no_question(start):
    larder = start({**WHY, "log": {"access": "stdout"}})
    ask(larder, "/a?token=sesame")
    (text,) = larder.wait_output(1)
    assert json.loads(text)["target"] == "/why" and "sesame" not in text


@pytest.mark.parametrize("url, target", [
    ("http://api.example.org/a?b=1&c=2", "/a?b=1&c=2"), ("https://api.example.org", "/"),
    ("http://api.example.org?b", "/?b"), ("/a?b=http://x/", "/a?b=http://x/"), ("/a#b", "/a")])
def test_whole_urls(start, url, target):
    assert ask(start(WHY), url)["request"]["target"] == target
