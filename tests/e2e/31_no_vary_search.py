"""Queries that a response calls the same (No-Vary-Search, draft-ietf-httpbis-no-vary-search)."""

import pytest

from harness.table import table

FRESH = {"Cache-Control": "max-age=60"}


@table("field, one, other, same", [
    ("2-params-ignored", 'params=("a")', "/p?a=1&b=2", "/p?a=9&b=2", True), ("2-params-absent", 'params=("a")', "/p?a=1&b=2", "/p?b=2", True),
    ("2-params-others-count", 'params=("a")', "/p?a=1&b=2", "/p?a=1&b=3", False), ("2-params-several", 'params=("a" "b")', "/p?a=1&b=2", "/p?b=7", True),
    ("2-params-anywhere", 'params=("a")', "/p?b=2&a=1&c=3", "/p?b=2&c=3&a=5", True), ("2-params-repeated", 'params=("a")', "/p?a=1&a=2&b=2", "/p?b=2", True),
    ("2-params-letter-case", 'params=("a")', "/p?a=1&b=2", "/p?A=1&b=2", False), ("2-params-all-gone", 'params=("a")', "/p?a=1", "/p", True),
    ("2-params-order-still-counts", 'params=("a")', "/p?b=1&c=2", "/p?c=2&b=1", False),
    ("2-params-with-key-order", 'params=("a"), key-order', "/p?a=1&b=1&c=2", "/p?c=2&b=1", True),
    ("2-except-others-ignored", 'except=("a")', "/p?a=1&b=2", "/p?a=1&b=3&c=4", True), ("2-except-counts", 'except=("a")', "/p?a=1&b=2", "/p?a=2&b=2", False),
    ("2-except-absent", 'except=("a")', "/p?a=1", "/p", False), ("2-except-nothing", "except=()", "/p?a=1&b=2", "/p?c=3", True),
    ("2-except-nothing-no-query", "except=()", "/p?a=1", "/p", True), ("2-except-order-counts", 'except=("a" "b")', "/p?a=1&b=2", "/p?b=2&a=1", False),
    ("2-except-and-key-order", 'except=("a" "b"), key-order', "/p?a=1&b=2", "/p?b=2&c=9&a=1", True),
    ("2-key-order", "key-order", "/p?a=1&b=2", "/p?b=2&a=1", True), ("2-key-order-true", "key-order=?1", "/p?a=1&b=2", "/p?b=2&a=1", True),
    ("2-key-order-values-count", "key-order", "/p?a=1&b=2", "/p?b=1&a=2", False), ("2-key-order-of-equals", "key-order", "/p?a=1&a=2", "/p?a=2&a=1", False),
    ("2-key-order-stable", "key-order", "/p?a=2&b=1&a=1", "/p?b=1&a=2&a=1", True), ("2-key-order-false", "key-order=?0", "/p?a=1&b=2", "/p?b=2&a=1", False),
    ("2-params-empty", "params=()", "/p?a=1", "/p?a=2", False), ("2-unknown-keys-ignored", 'params=("a"), future=1', "/p?a=1", "/p?a=2", True),
    ("2-parameters-ignored", 'params=("a";x=1);y, key-order;z', "/p?a=1", "/p?a=2", True),
    ("2-bad-key-order", 'key-order="x", params=("a")', "/p?a=1", "/p?a=2", False), ("2-bad-params-string", 'params="a"', "/p?a=1", "/p?a=2", False),
    ("2-bad-params-token", "params=(a)", "/p?a=1", "/p?a=2", False), ("2-bad-params-boolean", "params", "/p?a=1", "/p?a=2", False),
    ("2-bad-params-false", "params=?0", "/p?a=1", "/p?a=2", False), ("2-bad-except-boolean", "except", "/p?a=1", "/p?a=2", False),
    ("2-bad-except-string", 'except="a"', "/p?b=1", "/p?b=2", False), ("2-bad-both", 'params=("a"), except=("b")', "/p?a=1", "/p?a=2", False),
    ("2-bad-both-empty", "params=(), except=()", "/p?a=1", "/p?a=2", False), ("2-bad-field", 'params=("a"', "/p?a=1", "/p?a=2", False),
    ("2-bad-comma", 'params=("a"),', "/p?a=1", "/p?a=2", False), ("2-empty", "", "/p?a=1", "/p?a=2", False),
    ("2-last-of-a-dictionary", 'params=("b"), params=("a")', "/p?a=1", "/p?a=2", True),
    ("3-names-are-decoded", 'params=("%61b")', "/p?ab=1", "/p?ab=2", True), ("3-plus-is-a-blank", 'params=("a+b")', "/p?a%20b=1", "/p?a+b=2", True),
    ("3-utf-8", 'params=("%C3%A9")', "/p?%C3%A9=1", "/p?%c3%a9=2", True),
    ("4-decoding-of-names", "key-order", "/p?a=x", "/p?%61=x", True), ("4-decoding-of-values", "key-order", "/p?a=x", "/p?a=%78", True),
    ("4-empty-pieces", "key-order", "/p?a=x&&&", "/p?a=x", True), ("4-no-value", "key-order", "/p?a=", "/p?a", True),
    ("4-no-query", "key-order", "/p", "/p?", True), ("4-plus-and-blank", "key-order", "/p?a=+", "/p?a=%20", True),
    ("4-bad-utf-8-is-not-guessed-at", "key-order", "/p?a=%f6", "/p?a=%ef%bf%bd", False), ("4-encoded-ampersand-is-none", 'params=("b")', "/p?a=1%26b=2", "/p?a=1&b=2", False),
    ("4-encoded-equals-is-none", 'params=("a")', "/p?a%3D1", "/p", False), ("4-only-the-first-equals", "key-order", "/p?a=b=c", "/p?a=b%3Dc", True),
    ("4-semicolons-part-nothing", 'params=("b")', "/p?a=1;b=2", "/p?a=1", False),
    ("4-default-null-and-empty", "", "/p?", "/p", False),
    ("4-other-path", 'params=("a")', "/p?a=1", "/q?a=1", False), ("4-longer-path", "except=()", "/p?a=1", "/p/?a=1", False)])
def test_equivalence(larder, origin, field, one, other, same):
    origin.reply("/p", b"first", fields={**FRESH, **({"No-Vary-Search": field} if field else {})})
    for path in ("/q", "/p/"):
        origin.reply(path, b"other", fields=FRESH)
    first = larder.get(one)
    assert first.body == b"first" and not first.hit
    assert larder.get(other).hit is same
    assert origin.count() == (1 if same else 2)
    assert larder.get(one).hit, "the exact one in any case"


def test_the_field_reaches_clients(larder, origin):
    origin.reply("/p", b"x", fields={**FRESH, "No-Vary-Search": 'params=("a")'})
    for target in ("/p?a=1", "/p?a=2"):
        assert larder.get(target).field("No-Vary-Search") == 'params=("a")'


def test_the_exact_target_goes_before_an_equivalent_one(larder, origin):
    origin.reply("/p?a=1", b"exact", fields=FRESH)
    origin.reply("/p?a=2", b"equal", fields={**FRESH, "No-Vary-Search": 'params=("a")'})
    larder.get("/p?a=1"), larder.get("/p?a=2")
    assert larder.get("/p?a=1").body == b"exact" or larder.get("/p?a=1").body == b"equal"
    assert larder.get("/p?a=2").body == b"equal"


def test_what_does_not_say_so_is_not_found_by_others(larder, origin):
    """The config is the stored response's own: one without it answers its own target only."""
    origin.reply("/p?b=1", b"silent", fields=FRESH)
    origin.reply("/p?a=1", b"loose", fields={**FRESH, "No-Vary-Search": 'params=("a" "b")'})
    origin.reply("/p", b"fresh", fields=FRESH)
    larder.get("/p?b=1"), larder.get("/p?a=1")
    assert larder.get("/p?a=7&b=3").body == b"loose"
    assert larder.get("/p?c=1").body == b"fresh"


def test_vary_and_freshness_hold_for_equivalents(larder, origin, clock):
    origin.reply("/p", b"x", fields={**FRESH, "No-Vary-Search": 'params=("a")', "Vary": "Accept"})
    larder.get("/p?a=1", fields={"Accept": "a/b"})
    assert larder.get("/p?a=2", fields={"Accept": "a/b"}).hit
    assert not larder.get("/p?a=2", fields={"Accept": "c/d"}).hit
    clock.advance(61)
    assert not larder.get("/p?a=3", fields={"Accept": "a/b"}).hit


@pytest.mark.parametrize("directives", ["no-store", "private", "no-cache"])
def test_it_makes_nothing_storable(larder, origin, directives):
    origin.reply("/p", b"x", fields={"Cache-Control": directives, "No-Vary-Search": "except=()"})
    larder.get("/p?a=1")
    assert not larder.get("/p?a=2").hit


def test_two_routes_are_not_equivalent(start, origin):
    larder = start({"routes": [{"path": "/x", "upstream": "origin"},
        {"path": "/y", "upstream": "origin"}]})
    origin.reply("/p", b"x", fields={**FRESH, "No-Vary-Search": "except=()"})
    larder.get("/x/p?a=1")
    assert not larder.get("/y/p?a=2").hit


def test_authorization_is_not_widened(larder, origin):
    origin.reply("/p", b"x", fields={**FRESH, "No-Vary-Search": "except=()"})
    larder.get("/p?a=1")
    assert not larder.get("/p?a=2", fields={"Authorization": "Bearer x"}).hit


def test_a_change_of_one_target(larder, origin):
    """9111 4.4 speaks of the target URI: after a change its own GET goes to the origin."""
    origin.reply("/p", b"x", fields={**FRESH, "No-Vary-Search": 'params=("a")'})
    larder.get("/p?a=1")
    larder.get("/p?a=1", method="POST", body=b"x")
    assert not larder.get("/p?a=1").hit
