"""Errors that may be about what a key doesn't have: a credential, a parameter that is dropped."""

import threading

import pytest

from harness.metrics import equals
from harness.origin import Reply

GOOD = {"Content-Type": "application/json"}
ROUTE = {"path": "/", "upstream": "origin", "class": "search",
    "key": {"sort": True, "credentials": ["api_key"], "drop": ["tool"]}}


def picky(status):
    """An origin that takes neither every key nor every length."""
    def answer(seen):
        if "api_key=bad" in seen.target or "tool=x" in seen.target:
            return Reply(b'{"error":"no"}', status=status, fields=GOOD)
        return Reply(b'{"n":1}', fields=GOOD)
    return answer


@pytest.mark.parametrize("wrong", ["api_key=bad", "tool=" + "x" * 3000])
@pytest.mark.parametrize("status", [400, 414, 422, 501])
def test_an_error_of_what_is_not_in_the_key_is_nobody_elses(start, origin, status, wrong):
    larder = start({"routes": [ROUTE]}, plain=False)
    origin.reply("/a", script=picky(status))
    assert larder.get(f"/a?q=1&{wrong}").status == status
    assert larder.get("/a?q=1").status == 200
    assert larder.get("/a?q=1").hit
    assert larder.get(f"/a?q=1&{wrong}").hit


@pytest.mark.parametrize("status", [400, 414])
def test_an_error_of_what_is_in_the_key_is_kept(start, origin, status):
    larder = start({"routes": [ROUTE]}, plain=False)
    origin.reply("/a", b"no", status=status)
    assert larder.get("/a?q=1").status == status
    assert larder.get("/a?q=1").hit


@pytest.mark.parametrize("wrong", ["api_key=bad", "tool=x"])
def test_who_waits_for_it_is_not_given_it(start, origin, wrong):
    gate = threading.Event()
    larder = start({"routes": [ROUTE]}, plain=False)
    script = picky(400)

    def answer(seen):
        reply = script(seen)
        reply.hold = gate
        return reply

    origin.reply("/a", script=answer)
    with larder.client() as first, larder.client() as second:
        first.ask(f"/a?q=1&{wrong}")
        origin.wait_for(1)
        second.ask("/a?q=1")
        larder.wait_metric("collapse_waiters", equals(2))
        gate.set()
        assert first.response().status == 400
        assert second.response().status == 200


def test_an_error_that_a_field_may_have_caused_is_for_the_same_field(start, origin):
    larder = start({"routes": [ROUTE]}, plain=False)
    origin.reply("/a", script=lambda seen: Reply(b"no", status=400) if seen.field("Accept") == "x" else Reply(b"yes"))
    for _ in range(2):
        assert larder.get("/a?q=1", fields={"Accept": "x"}).status == 400
    assert origin.count() == 1
    assert larder.get("/a?q=1", fields={"Accept": "*/*"}).status == 200
    assert larder.get("/a?q=1", fields={"Accept": "y"}).hit


GUARDED = {**ROUTE, "guard": {"well_formed": True, "negative": {"json": ["/error"], "ttl": "60s"}}}


@pytest.mark.parametrize("wait", [False, True], ids=["later", "who-waits"])
@pytest.mark.parametrize("first, second", [("&api_key=bad", ""), ("", "&api_key=good")], ids=["bad", "none"])
def test_an_error_under_200_is_of_its_credential(start, origin, first, second, wait):
    gate = threading.Event()
    larder = start({"routes": [GUARDED]}, plain=False)
    origin.reply("/a", script=lambda seen: Reply(b'{"error":"no"}' if seen.target.endswith(first or "q=1")
        else b'{"n":1}', fields=GOOD, hold=gate))
    with larder.client() as one, larder.client() as other:
        one.ask(f"/a?q=1{first}")
        origin.wait_for(1)
        if wait:
            other.ask(f"/a?q=1{second}")
            larder.wait_metric("collapse_waiters", equals(2))
        gate.set()
        assert b"error" in one.response().body
        if not wait:
            other.ask(f"/a?q=1{second}")
        assert b"error" not in other.response().body
