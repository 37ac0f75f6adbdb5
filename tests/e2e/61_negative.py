"""Errors that are kept: for how long, whose place they never take, their share, and purging them alone."""

from email.utils import formatdate

import pytest

from harness.origin import Reply
from harness.purge import SETTINGS, purge, soft
from harness.table import table

OPERATOR = {"server": {"trusted_proxies": ["127.0.0.1"]}}
PRESETS = {"404": "300s-900s", "410": "1h", "429": "30s-60s", "502": "10s-20s", "503": "20s-40s",
    "504": "15s-30s"}
FRESH = {"Cache-Control": "max-age=100"}
STALE = 120  # seconds
STALL = 9  # that a machine may lose


def keeping(start, route=None, cache=None, **more):
    """A larder with the table of errors as it comes; the rest of what is new is off, and nobody waits for what
    a 429 teaches."""
    return start({**OPERATOR, "upstreams": {"origin": {"learn_rate": False}}, **more,
        "cache": {"jitter": "0%", "etags": False, "errors": PRESETS, **(cache or {})},
        "routes": [{"path": "/", "upstream": "origin", **(route or {})}]})


def kept(larder, path="/a", **how):
    """Asks twice: the second is a hit of the same error."""
    first, hit = larder.get(path, **how), larder.get(path, **how)
    assert hit.hit and (hit.status, hit.body) == (first.status, first.body), hit
    return hit


# -- for how long ------------------------------------------------------------------------------------

@table("status, least, most", [
    ("404", 404, 300, 900), ("410", 410, 3600, 3600), ("429", 429, 30, 60), ("502", 502, 10, 20),
    ("503", 503, 20, 40), ("504", 504, 15, 30)])
def test_each_error_has_its_time(start, origin, clock, status, least, most):
    larder = keeping(start)
    origin.reply("/a", b"oops", status=status, fields={"Content-Type": "text/x", "X-Why": "this"})
    hit = kept(larder)
    assert least - STALL <= hit.cache["ttl"] <= most and hit.cache["detail"] == "errors"
    assert hit.field("Content-Type") == "text/x" and hit.field("X-Why") == "this"
    assert hit.field("Retry-After") is None
    larder.wait_metric("cache_negative_hits_total", lambda n: n == 1, route="/", code=str(status))
    clock.advance(hit.cache["ttl"] + 2)
    assert not larder.get("/a").hit
    assert origin.count() == 2


@table("status, least, most", [("404", 404, 300, 900), ("503", 503, 20, 40)])
def test_times_are_drawn(start, origin, status, least, most):
    larder = keeping(start)
    found = []
    for i in range(60):
        origin.reply(f"/{i}", b"", status=status)
        found.append(kept(larder, f"/{i}").cache["ttl"])
    assert min(found) < least + (most - least) / 4 and max(found) > most - (most - least) / 4


@pytest.mark.parametrize("status", [400, 401, 402, 403, 405, 407, 408, 409, 418, 422, 500, 501, 505])
def test_others_are_not_kept(start, origin, status):
    larder = keeping(start)
    origin.reply("/a", b"oops", status=status)
    larder.get("/a")
    again = larder.get("/a")
    assert not again.hit and again.cache["detail"] == "no-freshness"


@table("status, kept_there", [
    *((str(s), s, True) for s in (400, 405, 414, 422, 501)),
    *((str(s), s, False) for s in (401, 403, 407, 409, 500))])
def test_what_says_that_the_request_is_wrong_is_kept_where_there_is_a_class(
        start, origin, status, kept_there):
    larder = keeping(start, {"class": "search"})
    origin.reply("/a", b"oops", status=status)
    larder.get("/a")
    hit = larder.get("/a")
    assert hit.hit is kept_there
    assert not kept_there or 30 - STALL <= hit.cache["ttl"] <= 30


@pytest.mark.parametrize("status", [401, 403, 407])
def test_what_speaks_of_who_asks_is_never_kept(start, origin, status):
    """Not even on a route with a class; and no table may have it (unit/test_config_api.c)."""
    larder = keeping(start, {"class": "search"})
    origin.reply("/a", b"who are you?", status=status)
    larder.get("/a")
    assert not larder.get("/a").hit


@table("route, status, least, most", [
    ("another", {"errors": {"404": "50s"}}, 404, 50, 50),
    ("off-for-one", {"errors": {"404": "off"}}, 404, None, None),
    ("one-more", {"errors": {"500": "20s"}}, 500, 20, 20),
    ("the-others-stay", {"errors": {"404": "50s"}}, 410, 3600, 3600)])
def test_a_route_has_a_table_of_its_own(start, origin, route, status, least, most):
    larder = keeping(start, route)
    origin.reply("/a", b"", status=status)
    larder.get("/a")
    hit = larder.get("/a")
    assert hit.hit is (least is not None)
    assert least is None or least - STALL <= hit.cache["ttl"] <= most


def test_the_table_can_be_off(start, origin):
    larder = keeping(start, cache={"errors": "off"})
    origin.reply("/a", b"", status=404)
    larder.get("/a")
    assert not larder.get("/a").hit


@table("fields, skip", [
    ("no-store", {"Cache-Control": "no-store"}, "no-store"),
    ("private", {"Cache-Control": "private"}, "private"),
    ("cookie", {"Set-Cookie": "a=b"}, "set-cookie"), ("vary", {"Vary": "*"}, "vary-any")])
def test_the_origin_may_forbid_it(start, origin, fields, skip):
    larder = keeping(start)
    origin.reply("/a", b"", status=404, fields=fields)
    assert larder.get("/a").cache["detail"] == skip
    assert not larder.get("/a").hit


def test_the_origins_own_time_stands_first(start, origin):
    larder = keeping(start)
    origin.reply("/a", b"", status=404, fields={"Cache-Control": "max-age=70"})
    hit = kept(larder)
    assert 70 - STALL <= hit.cache["ttl"] <= 70 and hit.cache["detail"] == "explicit"


def test_who_asks_for_himself_shares_no_error(start, origin):
    larder = keeping(start)
    origin.reply("/a", b"", status=404)
    for _ in range(2):
        larder.get("/a", fields={"Authorization": "Basic YTpi"})
    kept(larder)
    larder.get("/a", fields={"Authorization": "Basic YTpi"})
    assert origin.count() == 4


def test_a_form_that_is_not_found(start, origin):
    larder = keeping(start, {"cache_post": True})
    origin.reply("/a", b"", status=404)
    kept(larder, method="POST", body=b"a=1")
    assert not larder.get("/a", method="POST", body=b"a=2").hit


# -- Retry-After -------------------------------------------------------------------------------------

@table("status, value, seconds", [
    ("integer", 429, "70", 70), ("float", 429, "40.0", 40), ("float-of-503", 503, "62.5", 63),
    ("capped-not-shortened", 503, "7200", 3600)])
def test_the_origin_says_when(start, origin, clock, status, value, seconds):
    larder = keeping(start)
    origin.reply("/a", b"later", status=status, fields={"Retry-After": value})
    assert larder.get("/a").field("Retry-After") == value
    hit = larder.get("/a")
    told = int(float(value)) + (0 if float(value).is_integer() else 1)
    assert hit.hit and seconds - STALL <= hit.cache["ttl"] <= seconds
    assert hit.cache["detail"] == "retry-after"
    assert told - STALL <= int(hit.field("Retry-After")) <= told + 1
    clock.advance(20)
    assert told - 20 - STALL <= int(larder.get("/a").field("Retry-After")) <= told - 19
    clock.advance(seconds)
    assert not larder.get("/a").hit


def test_the_origin_says_until_when(start, origin, clock):
    larder = keeping(start)
    origin.reply("/a", b"", status=503,
        fields={"Retry-After": formatdate(origin.now() + 60, usegmt=True)})
    larder.get("/a")
    hit = larder.get("/a")
    assert hit.hit and 60 - STALL <= hit.cache["ttl"] <= 61
    assert 60 - STALL <= int(hit.field("Retry-After")) <= 62
    clock.advance(20)
    assert 40 - STALL <= int(larder.get("/a").field("Retry-After")) <= 42


@pytest.mark.parametrize("value", ["soon", "-5", "5s", ""])
def test_what_can_not_be_read_is_as_good_as_absent(start, origin, value):
    larder = keeping(start)
    origin.reply("/a", b"", status=429, fields={"Retry-After": value})
    hit = kept(larder)
    assert 30 - STALL <= hit.cache["ttl"] <= 60 and hit.field("Retry-After") is None


# -- whose place it takes ----------------------------------------------------------------------------

@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_an_error_never_takes_the_place_of_what_may_be_used(start, origin, clock, status):
    larder = keeping(start)
    origin.reply("/a", b"good", fields=FRESH)
    larder.get("/a")
    clock.advance(STALE)
    origin.reply("/a", b"oops", status=status, fields={"Retry-After": "5"})
    for _ in range(3):
        answer = larder.get("/a")
        assert (answer.status, answer.body) == (200, b"good")
        assert answer.cache["fwd-status"] == status
    # even to who doesn't take anything stale: that one gets the error, and nobody else does
    strict = larder.get("/a", fields={"Cache-Control": "no-cache"})
    assert strict.status == status and strict.cache["detail"] in ("keeps-stale", "no-freshness")
    assert larder.get("/a").body == b"good"
    origin.reply("/a", b"new", fields=FRESH)
    assert larder.get("/a").body == b"new"


def test_an_error_leaves_what_is_fresh(start, origin):
    larder = keeping(start)
    origin.reply("/a", b"good", fields=FRESH)
    larder.get("/a")
    origin.reply("/a", b"oops", status=503)
    assert larder.get("/a", fields={"Cache-Control": "no-cache"}).status == 503
    again = larder.get("/a")
    assert again.hit and again.body == b"good"
    assert larder.metric("cache_store_skips_total", reason="keeps-stale") == 1


@pytest.mark.parametrize("status", [404, 410])
def test_news_do_take_it(start, origin, clock, status):
    larder = keeping(start)
    origin.reply("/a", b"good", fields=FRESH)
    larder.get("/a")
    clock.advance(STALE)
    origin.reply("/a", b"gone", status=status)
    assert larder.get("/a").status == status
    assert larder.get("/a").hit
    origin.reply("/a", b"oops", status=503)
    assert larder.get("/a").status == status


def test_where_what_is_stored_may_not_be_used_the_error_is_kept(start, origin, clock):
    larder = keeping(start)
    origin.reply("/a", b"good", fields={"Cache-Control": "max-age=10, must-revalidate"})
    larder.get("/a")
    clock.advance(STALE)
    origin.reply("/a", b"oops", status=503)
    kept(larder)


@table("fields", [
    ("plain", {}), ("max-stale", {"Cache-Control": "max-stale"}),
    ("stale-if-error", {"Cache-Control": "stale-if-error=9999"})])
@pytest.mark.parametrize("said", [{}, {"Cache-Control": "max-age=20, stale-while-revalidate=999,"
    " stale-if-error=999"}])
def test_an_error_is_never_used_stale(start, origin, clock, fields, said):
    larder = keeping(start, {"stale_while_revalidate": "1h", "grace": "1h"})
    origin.reply("/a", b"old", status=404, fields=said)
    kept(larder)
    clock.advance(1000)
    origin.reply("/a", b"down", status=500)
    assert larder.get("/a", fields=fields).status == 500
    origin.reply("/a", b"back")
    assert larder.get("/a", fields=fields).body == b"back"


def test_variants_have_their_own_errors(start, origin):
    larder = keeping(start)
    vary = {"Vary": "Accept", **FRESH}

    def answer(request):
        if request.field("Accept") == "text/xml":
            return Reply(b"no", status=404, fields=vary)
        return Reply(b"yes", fields=vary)
    origin.reply("/a", script=answer)
    for _ in range(2):
        no = larder.get("/a", fields={"Accept": "text/xml"})
        yes = larder.get("/a", fields={"Accept": "text/html"})
        assert (no.status, yes.status) == (404, 200)
    assert no.hit and yes.hit and origin.count() == 2


# -- their share -------------------------------------------------------------------------------------

MIB = 1024 * 1024


def test_errors_have_a_share_of_memory(start, origin):
    """A scan for what isn't there pushes out nothing but other errors."""
    larder = keeping(start, cache={"memory": {"size": "2MiB", "max_object": "16KiB"}})
    origin.reply("/good", b"x" * 10_000, fields={"Cache-Control": "max-age=9999"})
    larder.get("/good")
    origin.reply("/miss", b"x" * 1000, status=404)
    with larder.client() as client:
        for i in range(400):
            client.get(f"/miss?{i}")
        assert larder.metric("cache_negative_bytes") <= 2 * MIB * 0.05
        assert larder.metric("cache_negative_bytes") > 2 * MIB * 0.02
        assert client.get("/good").hit
        assert client.get("/miss?399").hit
        assert not client.get("/miss?0").hit


def test_a_share_of_nothing(start, origin):
    larder = keeping(start, cache={"negative_share": "0%"})
    origin.reply("/a", b"", status=404)
    larder.get("/a")
    assert not larder.get("/a").hit
    assert larder.metric("cache_negative_bytes") == 0


def test_errors_stay_off_the_disk(start, origin, tmp_path):
    disk = {"disk": {"path": str(tmp_path / "disk")}}
    larder = keeping(start, cache=disk)
    origin.reply("/a", b"good", fields=FRESH)
    origin.reply("/no", b"no", status=404)
    larder.get("/a")
    kept(larder, "/no")
    larder.stop()
    larder = keeping(start, cache=disk)
    assert larder.get("/a").hit and not larder.get("/no").hit


def test_what_an_error_outdates_is_gone_from_the_disk(start, origin, tmp_path, clock):
    disk = {"disk": {"path": str(tmp_path / "disk")}}
    larder = keeping(start, cache=disk)
    origin.reply("/a", b"good", fields={"Cache-Control": "max-age=9999"})
    larder.get("/a")
    origin.reply("/a", b"gone", status=410)
    assert larder.get("/a", fields={"Cache-Control": "no-cache"}).status == 410
    larder.stop()
    larder = keeping(start, cache=disk)
    assert larder.get("/a").status == 410


def test_the_disk_keeps_them_where_there_is_no_memory(start, origin, tmp_path):
    cache = {"disk": {"path": str(tmp_path / "disk")}, "memory": {"size": "0"}}
    larder = keeping(start, cache=cache)
    origin.reply("/no", b"no", status=404)
    kept(larder, "/no")
    larder.stop()
    larder = keeping(start, cache=cache)
    assert larder.get("/no").hit


# -- purging them alone ------------------------------------------------------------------------------

def with_purges(start, **how):
    server = {"trusted_proxies": ["127.0.0.1"], "purge": SETTINGS}
    return keeping(start, **how, server=server)


def test_errors_are_purged_alone(start, origin):
    larder = with_purges(start)
    origin.reply("/good", b"x", fields=FRESH)
    origin.reply("/no", b"no", status=404)
    origin.reply("/gone", b"no", status=410, fields={"Cache-Control": "max-age=99"})
    for path in ("/good", "/no", "/gone"):
        larder.get(path)
    told = purge(larder, "/", Purge_Scope="negative")
    assert (told["scope"], told["mode"], told["entries"]["memory"]) == ("negative", "hard", 2)
    assert larder.get("/good").hit
    assert not larder.get("/no").hit and not larder.get("/gone").hit
    kept(larder, "/no")
    assert soft(larder, "/", Purge_Scope="negative")["entries"]["memory"] == 2
    assert not larder.get("/no").hit
    assert larder.metric("cache_invalidations_total", scope="negative") == 2


def test_errors_on_the_disk_are_purged_alone(start, origin, tmp_path):
    cache = {"disk": {"path": str(tmp_path / "disk")}, "memory": {"size": "0"}}
    larder = with_purges(start, cache=cache)
    origin.reply("/good", b"x", fields={"Cache-Control": "max-age=999"})
    origin.reply("/no", b"no", status=404)
    larder.get("/good")
    kept(larder, "/no")
    larder.wait_metric("disk_write_queue_length", lambda n: n == 0)
    assert purge(larder, "/", Purge_Scope="negative")["entries"]["disk"] == 1
    assert larder.get("/good").hit and not larder.get("/no").hit
    larder.stop()
    larder = with_purges(start, cache=cache)
    assert larder.get("/good").hit
