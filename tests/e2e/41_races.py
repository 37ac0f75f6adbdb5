"""What a reader with fresh eyes found: races of readers, rules and invalidations, each as a test that fails."""

import gzip
import select
import threading
import time

import pytest

from harness.origin import Reply, RESET
from harness.partial import ranged
from harness.wait import until

FRESH = {"Cache-Control": "max-age=60"}
FIELDS = {**FRESH, "ETag": '"v1"', "Content-Type": "text/plain"}


def followers(larder, count):
    """So many readers wait for fetches."""
    until(lambda: larder.metric("collapse_waiters") >= count, f"{count} readers")


def in_thread(call):
    """Runs it beside; [] until it has its result, then [result]."""
    got = []
    thread = threading.Thread(target=lambda: got.append(call()), daemon=True)
    thread.start()
    return thread, got


def test_a_reader_that_takes_nothing_stale_reads_on_after_the_origin_broke_off(larder, origin, clock):
    big = b"x" * 16_000_000
    gate, end = threading.Event(), threading.Event()
    origin.reply("/a", b"old", fields={"Cache-Control": "max-age=1, stale-if-error=600", "ETag": '"1"'})
    larder.get("/a")
    clock.advance(10)
    origin.reply("/a", pieces=[big, end, RESET], fields={}, length=20_000_000, hold=gate, validates=False)
    with larder.client(receive_buffer=4096) as quick, larder.client(receive_buffer=4096) as slow:
        quick.ask("/a")
        origin.wait_for(2, "/a")
        slow.ask("/a", fields={"Cache-Control": "no-cache"})
        followers(larder, 2)
        gate.set()
        slow.head()
        quick.head()
        end.set()
        until(lambda: larder.metric("upstream_errors_total") > 0, "the fetch ended")
        assert not quick.response().complete
        assert not slow.response().complete
    assert larder.get("/a") is not None


@pytest.mark.parametrize("cc", ["no-store", "no-transform, max-age=60"])
def test_a_coding_that_the_client_does_not_take_ends(larder, origin, clock, cc):
    """What is stored is identity; what the origin has now is gzip that must not be inflated."""
    origin.reply("/a", b"old", fields={"Cache-Control": "max-age=1, must-revalidate", "ETag": '"1"'})
    larder.get("/a", fields={"Accept-Encoding": "identity"})
    clock.advance(10)
    origin.reply("/a", gzip.compress(b"new"), validates=False,
        fields={"Cache-Control": "no-transform, " + cc, "ETag": '"2"', "Content-Encoding": "gzip"})
    with larder.client() as client:
        client.ask("/a", fields={"Accept-Encoding": "identity"})
        until(lambda: select.select([client.socket], [], [], 0)[0] or origin.count("/a") > 50, "an end")
        count = origin.count("/a")
    assert count < 10, f"the origin was asked {count} times for one request"


@pytest.mark.parametrize("now", [{"Cache-Control": "max-age=60"}, {},
    {"Cache-Control": "max-age=60", "No-Vary-Search": 'params=("b")'}])
def test_followers_of_a_rule_that_does_not_hold_any_more(larder, origin, clock, now):
    gate = threading.Event()
    origin.reply("/p", b"first", fields={"Cache-Control": "max-age=1", "No-Vary-Search": 'params=("a")'})
    larder.get("/p?a=0")
    clock.advance(4000)
    origin.reply("/p", script=lambda seen: Reply(seen.target.encode(), fields=now, hold=gate, validates=False))
    one, got_one = in_thread(lambda: larder.get("/p?a=1"))
    origin.wait_for(1, "/p?a=1")
    other, got_other = in_thread(lambda: larder.get("/p?a=2"))
    followers(larder, 2)
    gate.set()
    one.join(), other.join()
    assert got_one[0].body == b"/p?a=1"
    assert got_other[0].body == b"/p?a=2"


def test_nobody_joins_the_fetch_of_a_query_that_was_invalidated_meanwhile(larder, origin):
    gate = threading.Event()
    origin.reply("/q", script=lambda seen: Reply(pieces=[b"old", gate, b"-end"], fields=FRESH)
        if seen.method == "QUERY" and origin.count("/q") == 1 else Reply(b"new", fields=FRESH))
    with larder.client() as first:
        first.ask("/q", method="QUERY", body=b"b", fields={"Content-Type": "text/plain"})
        first.body_to(3)
        assert larder.get("/q", method="POST", body=b"change").status == 200
        thread, got = in_thread(lambda: larder.get("/q", method="QUERY", body=b"b", fields={"Content-Type": "text/plain"}))
        thread.join(3)
        gate.set()
        thread.join()
        first.response()
    assert got[0].body == b"new"


def test_nobody_joins_the_fetch_of_a_group_that_was_invalidated_meanwhile(larder, origin):
    gate = threading.Event()
    fields = {**FRESH, "Cache-Groups": '"g"'}
    origin.replies("/a", Reply(pieces=[b"old", gate, b"-end"], fields=fields), Reply(b"new", fields=fields))
    origin.reply("/change", b"done", fields={"Cache-Group-Invalidation": '"g"'})
    with larder.client() as first:
        first.ask("/a")
        first.body_to(3)
        larder.get("/change", method="POST", body=b"x")
        thread, got = in_thread(lambda: larder.get("/a"))
        thread.join(3)
        gate.set()
        thread.join()
        first.response()
    assert got[0].body == b"new"


def test_a_rule_does_not_hide_a_fetch_from_a_change(larder, origin, clock):
    gate = threading.Event()
    fields = {"Cache-Control": "max-age=60", "No-Vary-Search": 'params=("a")'}
    origin.reply("/p", b"first", fields=fields)
    larder.get("/p?a=0")
    clock.advance(4000)
    origin.reply("/p", script=lambda seen: Reply(b"done") if seen.method == "POST" else
        Reply(pieces=[b"old", gate, b"-end"], fields=fields) if not any(s.method == "POST" for s in origin.seen("/p"))
        else Reply(b"new", fields=fields))
    with larder.client() as first:
        first.ask("/p?a=1")
        first.body_to(3)
        larder.get("/p?a=1", method="POST", body=b"x")
        thread, got = in_thread(lambda: larder.get("/p?a=1"))
        thread.join(3)
        gate.set()
        thread.join()
        first.response()
    assert got[0].body == b"new"


@pytest.mark.parametrize("late", [304, 500])
def test_what_a_group_made_invalid_is_given_to_nobody_who_came_after(larder, origin, clock, late):
    """RFC 9875 3: neither freshened by a 304 that was asked for before, nor in the place of an error."""
    gate = threading.Event()
    fields = {"Cache-Control": "max-age=60, stale-if-error=600", "Cache-Groups": '"g"', "ETag": '"1"'}
    origin.reply("/a", b"old", fields=fields)
    larder.get("/a")
    clock.advance(100)
    origin.replies("/a", Reply(b"", late, fields if late == 304 else {}, hold=gate),
        Reply(b"new", fields={**fields, "ETag": '"2"'}, validates=False))
    origin.reply("/change", b"done", fields={"Cache-Group-Invalidation": '"g"'})
    before, _ = in_thread(lambda: larder.get("/a"))
    origin.wait_for(2, "/a")
    larder.get("/change", method="POST", body=b"x")
    after, got = in_thread(lambda: larder.get("/a"))
    after.join(2)
    gate.set()
    before.join(), after.join()
    assert got[0].body == b"new"


def test_another_spelling_of_the_path_invalidates_queries_too(larder, origin):
    """RFC 9110 4.2.3: /%61 is /a. A GET's key says so; what can't be made from a target must, too."""
    for path in ("/a", "/%61"):
        origin.reply(path, b"x", fields=FRESH)
    ask = {"method": "QUERY", "body": b"b", "fields": {"Content-Type": "text/plain"}}
    larder.get("/a", **ask), larder.get("/a")
    assert larder.get("/a", **ask).hit and larder.get("/%61").hit
    larder.get("/%61", method="POST", body=b"x")
    assert not larder.get("/a").hit
    assert not larder.get("/a", **ask).hit


def test_a_416_to_our_own_range_is_nothing_for_who_asked_for_the_whole(larder, origin):
    origin.reply("/a", script=ranged(b"0123456789", FIELDS))
    assert larder.get("/a", fields={"Range": "bytes=0-4"}).status == 206
    larder.wait_idle()

    def shrunk(seen):
        if seen.field("Range"):
            return Reply(b"", 416, [("Content-Range", "bytes */3"), ("Cache-Control", "max-age=60")])
        return Reply(b"abc", fields={**FIELDS, "ETag": '"v2"'})
    origin.reply("/a", script=shrunk)
    answers = [larder.get("/a"), larder.get("/a")]
    assert [(a.status, a.body) for a in answers] == [(200, b"abc")] * 2


@pytest.mark.parametrize("asked", [None, "bytes=5-9"])
def test_a_206_of_another_version_to_our_own_range(larder, origin, asked):
    origin.reply("/a", script=ranged(b"0123456789", FIELDS))
    assert larder.get("/a", fields={"Range": "bytes=0-4"}).status == 206
    larder.wait_idle()
    new = b"ABCDEFGHIJ"

    def ignorant(seen):
        fields = {**FIELDS, "ETag": '"v2"'}
        if seen.field("Range") == "bytes=5-" or seen.field("Range") == "bytes=5-9":
            return Reply(new[5:], 206, {**fields, "Content-Range": "bytes 5-9/10"})
        return Reply(new, fields=fields)
    origin.reply("/a", script=ignorant)
    answer = larder.get("/a", fields={"Range": asked} if asked else {})
    assert (answer.status, answer.body) == ((206, new[5:]) if asked else (200, new))


def test_a_304_from_a_stored_part_tells_the_length_of_the_whole(larder, origin):
    """RFC 9110 8.6: that of the 200 to the same request, or none."""
    origin.reply("/a", script=ranged(b"0123456789", FIELDS))
    larder.get("/a", fields={"Range": "bytes=2-5"})
    larder.wait_idle()
    answer = larder.get("/a", fields={"Range": "bytes=2-3", "If-None-Match": '"v1"'})
    assert answer.status == 304 and answer.hit
    assert answer.field("Content-Length") in (None, "10")


@pytest.mark.parametrize("name", ["Content-Profile", "Content-Disposition", "Content-Range", "Content-Digest"])
def test_what_goes_to_the_origin_with_a_query_is_in_its_key(larder, origin, name):
    """RFC 10008 2.7: the content and what describes it."""
    origin.reply("/q", script=lambda seen: Reply((seen.field(name) or "-").encode(), fields=FRESH))

    def ask(value):
        return larder.get("/q", method="QUERY", body=b"b", fields={"Content-Type": "text/plain", name: value})
    one, other = ask("one"), ask("other")
    assert one.body == b"-" or other.body == b"other"


def test_who_comes_after_the_lifetime_does_not_join(larder, origin, clock):
    """RFC 9111 4.2.4: must-revalidate holds for what still streams, too."""
    gate = threading.Event()
    fields = {"Cache-Control": "max-age=5, must-revalidate"}
    origin.replies("/a", Reply(pieces=[b"old", gate, b"-end"], fields=fields), Reply(b"new", fields=fields))
    with larder.client() as first:
        first.ask("/a")
        first.body_to(3)
        clock.advance(60)
        thread, got = in_thread(lambda: larder.get("/a"))
        thread.join(3)
        gate.set()
        thread.join()
    assert got[0].body == b"new"


def test_who_joins_late_is_told_the_age(larder, origin, clock):
    """RFC 9111 4: what was made for another request before has an Age."""
    gate = threading.Event()
    origin.reply("/a", pieces=[b"old", gate, b"-end"], fields={"Cache-Control": "max-age=600"})
    with larder.client() as first, larder.client() as second:
        first.ask("/a")
        first.body_to(3)
        clock.advance(60)
        second.ask("/a")
        head = second.head()
        gate.set()
        second.response(), first.response()
    assert origin.count("/a") == 1
    assert int(head.field("Age") or 0) >= 60


def test_head_of_a_gzip_is_that_of_the_get(larder, origin, clock):
    """RFC 9110 9.3.2: also where the HEAD's own response is the answer."""
    def script(seen):
        n = 1 if origin.count("/a") < 2 else 2
        return Reply(gzip.compress(b"x" * 100 * n), validates=False,
            fields={"Cache-Control": "max-age=5, must-revalidate", "ETag": f'"{n}"', "Content-Encoding": "gzip"})
    origin.reply("/a", script=script)
    asked = {"Accept-Encoding": "identity"}
    larder.get("/a", fields=asked)
    clock.advance(60)
    head = larder.get("/a", method="HEAD", fields=asked)
    assert origin.last("/a").method == "HEAD"
    assert head.field("Content-Encoding") is None


def test_an_empty_body_that_says_gzip(larder, origin):
    origin.reply("/a", b"", fields={**FRESH, "Content-Encoding": "gzip"})
    assert larder.get("/a", fields={"Accept-Encoding": "gzip"}).status == 200
    assert larder.get("/a", fields={"Accept-Encoding": "identity"}).status == 200


def test_slow_readers_do_not_each_hold_an_inflated_body(larder, origin):
    body = b"".join(b"<item n='%d'><title>words and words and words</title></item>\n" % n for n in range(150_000))
    origin.reply("/a", gzip.compress(body), fields={**FRESH, "Content-Encoding": "gzip"})
    assert larder.get("/a", fields={"Accept-Encoding": "identity"}).body == body
    assert larder.get("/a", fields={"Accept-Encoding": "gzip"}).hit
    before = larder.resident()
    clients = [larder.client(receive_buffer=4096) for _ in range(20)]
    for client in clients:
        client.ask("/a", fields={"Accept-Encoding": "identity"})
        assert client.head().status == 200
    grown = larder.resident() - before
    for client in clients:
        client.close()
    assert grown < 100 << 20, f"{grown >> 20} MiB for {len(clients)} readers of one stored response"


def test_what_is_no_answer_shows_no_head(larder, origin):
    """A 206 that nobody asked for: 502, not a 206 that breaks off."""
    origin.reply("/a", b"2345", status=206, fields={**FIELDS, "Content-Range": "bytes 2-5/10"})
    assert larder.get("/a").status == 502


def test_parts_of_different_codings_are_never_mixed(larder, origin):
    """An origin that gives gzip and identity one strong tag: the parts still can't be one."""
    plain, packed = b"0123456789" * 10, gzip.compress(b"0123456789" * 10, mtime=0)

    def script(seen):
        body = packed if "gzip" in (seen.field("Accept-Encoding") or "") else plain
        body = (body * 100)[:100]  # as long as one another
        more = {"Content-Encoding": "gzip"} if body[0] == 0x1f else {}
        return ranged(body, {**FIELDS, **more})(seen)
    origin.reply("/a", script=script)
    asked = {"Accept-Encoding": "identity"}
    assert larder.get("/a", fields={"Range": "bytes=0-49", **asked}).body == plain[:50]
    larder.wait_idle()
    answer = larder.get("/a", fields=asked)
    assert answer.status != 200 or answer.body in (plain, b"")


def test_a_refresh_that_gets_an_error_is_not_tried_at_each_request(larder, origin, clock):
    """Also where the error is not one for which the stale answer stands in."""
    origin.reply("/a", b"old", fields={"Cache-Control": "max-age=1, stale-while-revalidate=600, stale-if-error=0"})
    larder.get("/a")
    clock.advance(10)
    origin.reply("/a", b"oops", status=500)
    begun = time.monotonic()
    for _ in range(20):
        assert larder.get("/a").body == b"old"
        larder.wait_idle()
    assert origin.count("/a") <= 3 + (time.monotonic() - begun)  # each is held a second


def test_one_reader_of_a_validation_that_breaks_off(larder, origin, clock):
    gate = threading.Event()
    origin.reply("/a", b"old", fields={"Cache-Control": "max-age=1, must-revalidate", "ETag": '"1"'})
    larder.get("/a")
    clock.advance(10)
    origin.reply("/a", pieces=[b"x" * 15_000_000, gate, RESET], fields={},
        length=20_000_000, validates=False)
    with larder.client(receive_buffer=4096) as client:
        client.ask("/a")
        client.head()
        gate.set()
        until(lambda: larder.metric("upstream_errors_total") > 0, "the fetch ended")
        assert not client.response().complete
    assert larder.get("/health").status == 200


def test_a_412_to_the_clients_condition_is_not_stored(larder, origin):
    """RFC 9110 13.1.2: If-None-Match of a QUERY ends in 412; the condition is not in the key."""
    origin.reply("/q", script=lambda seen: Reply(b"", 412, {"Cache-Control": "public, max-age=60"})
        if seen.field("If-None-Match") else Reply(b"answer", fields=FRESH))
    ask = {"Content-Type": "a/b"}
    larder.get("/q", method="QUERY", body=b"b", fields={**ask, "Authorization": "x", "If-None-Match": '"1"'})
    answer = larder.get("/q", method="QUERY", body=b"b", fields=ask)
    assert (answer.status, answer.body) == (200, b"answer")


def test_a_304_with_more_groups_than_are_kept(larder, origin, clock):
    """What could miss an invalidation is not stored, also where a 304 brings it."""
    groups = ", ".join(f'"g{n}"' for n in range(80))
    fields = {"Cache-Control": "max-age=60", "ETag": '"1"'}
    origin.reply("/a", b"old", fields=fields)
    larder.get("/a")
    clock.advance(100)
    origin.reply("/a", b"", status=304, fields={**fields, "Cache-Groups": groups})
    assert larder.get("/a").body == b"old"
    origin.reply("/change", b"done", fields={"Cache-Group-Invalidation": '"g79"'})
    larder.get("/change", method="POST", body=b"x")
    assert not larder.get("/a").hit


def test_one_url_at_the_origin_by_two_routes(start, origin):
    """4.4: a Location by another route is found; so should the target itself be."""
    larder = start({"routes": [{"path": "/x", "upstream": "origin", "upstream_path": "/o"},
        {"path": "/y", "upstream": "origin", "upstream_path": "/o"}]})
    origin.reply("/o/1", b"1", fields=FRESH)
    larder.get("/x/1"), larder.get("/y/1")
    larder.get("/x/1", method="POST", body=b"x")
    assert not larder.get("/x/1").hit
    assert not larder.get("/y/1").hit


def test_a_leader_that_found_it_stored_says_what_became_of_a_broken_fetch(larder, origin, clock):
    """RFC 9211 2.4: stored says that this response was stored, which a broken one is not."""
    origin.reply("/a", b"old", fields={"Cache-Control": "max-age=1, stale-if-error=600", "ETag": '"1"'})
    larder.get("/a")
    clock.advance(10)
    origin.reply("/a", pieces=[RESET], length=100, fields={"Cache-Control": "max-age=60"}, validates=False)
    answer = larder.get("/a")
    assert answer.body == b"old" and "stored" not in answer.cache
