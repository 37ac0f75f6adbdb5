"""Key rules that are checked: a hit under another spelling is fetched as it came, and a rule that lies is turned off."""

import gzip
import json

import pytest

from harness.metrics import equals
from harness.origin import Reply
from harness.wait import until

FRESH = {"Cache-Control": "max-age=600", "Content-Type": "application/json"}
KEY = {"sort": True, "fold_names": True, "drop": ["_"], "credentials": ["email", "api_key"],
    "defaults": {"resultType": "lite", "pageSize": "25", "cursorMark": "*", "sort": ""},
    "sets": ["articleIds"], "pass": ["callback"], "accept": ["xml", "json", "dc"]}


@pytest.fixture
def checking(start):
    def begin(key, **more):
        return start({"log": {"redact": []}, "routes": [{"path": "/", "upstream": "origin",
            "key": {**key, "verify": "1/1"}, **more}]})
    return begin


def hits(larder, *targets):
    return [larder.get(target).hit for target in targets]


def test_a_rule_that_holds(checking, origin):
    larder = checking(KEY)
    origin.reply("/s", b"x", fields=FRESH)
    larder.get("/s?query=a")
    larder.get("/s?query=a")
    assert larder.get("/s?Query=a&pageSize=25&email=e").hit
    larder.wait_metric("key_checks_total", equals(1), result="same")
    assert origin.count() == 2 and origin.last().target == "/s?Query=a&pageSize=25&email=e"
    assert larder.metric("key_rule_enabled", route="/") == 1


def test_a_rule_that_lies_is_turned_off(checking, origin):
    larder = checking({"drop": ["lang"], "credentials": ["token"]})
    def script(seen):
        german = "lang=de" in seen.target
        return Reply(b"Maus" if german else b"mouse", fields={**FRESH, "Larder-Spelling": "/elsewhere"})
    origin.reply("/s", script=script)
    larder.get("/s?q=1&lang=en&token=SECRET1")
    wrong = larder.get("/s?q=1&lang=de&token=SECRET2")
    assert wrong.hit and wrong.body == b"mouse" and wrong.field("Larder-Spelling") is None
    event = larder.wait_event("alert-key-rule")[0]
    assert "route /" in event["detail"] and "SECRET" not in event["detail"]
    assert "/s?q=1&lang=de&token=***" in event["detail"] and "/s?q=1&lang=en&token=***" in event["detail"]
    larder.wait_metric("key_checks_total", equals(1), result="differs")
    assert larder.metric("key_rule_enabled", route="/") == 0
    assert origin.count() == 4
    assert [seen.target for seen in origin.seen()[1:]] == ["/s?q=1&lang=de&token=SECRET2",
        "/s?q=1&lang=en&token=SECRET2", "/s?q=1&lang=de&token=SECRET2"]
    assert larder.get("/s?q=1&lang=de").body == b"Maus"
    assert larder.get("/s?q=1&lang=en").body == b"mouse"
    assert hits(larder, "/s?q=1&lang=de", "/s?q=1&lang=en", "/s?lang=en&q=1") == [True, True, False]
    assert larder.get("/s?q=1&lang=en&token=x").cache["fwd"] == "bypass", "a credential is in no key"
    health = json.loads(larder.get("/health").body)
    assert health["status"] == "warn" and health["checks"]["key-rules"][0]["status"] == "warn"


@pytest.mark.parametrize("status", [400, 414, 431])
def test_a_request_that_the_origin_refuses_proves_nothing(checking, origin, status):
    """Or whoever makes a dropped parameter long enough turned the rule off, and emptied the route."""
    larder = checking({"drop": ["tool"]})
    origin.reply("/s", script=lambda seen: Reply(b"no", status=status) if len(seen.target) > 1000
        else Reply(b"yes", fields=FRESH))
    larder.get("/s?q=1")
    assert larder.get("/s?q=1&tool=" + "x" * 2000).hit
    larder.wait_metric("key_checks_total", equals(1), result="failed")
    assert larder.metric("key_rule_enabled", route="/") == 1
    assert larder.get("/s?q=1").hit


def test_a_credential_that_stands_in_any_answer_proves_nothing(checking, origin):
    """Or whoever asks with email=version turned the rule off as soon as the data changes."""
    larder = checking({"credentials": ["email"]})
    origin.replies("/s", *(Reply(b'{"version":%d}' % n, fields=FRESH) for n in (1, 2)))
    larder.get("/s?q=1")
    assert larder.get("/s?q=1&email=version").hit
    larder.wait_metric("key_checks_total", equals(1), result="same")
    assert larder.metric("key_rule_enabled", route="/") == 1


def test_what_a_lie_has_stored_is_gone_after_a_restart_too(start, origin, tmp_path):
    config = {"cache": {"disk": {"path": str(tmp_path / "disk")}}, "routes": [{"path": "/", "upstream": "origin",
        "key": {"drop": ["lang"], "verify": "1/1"}}]}
    origin.reply("/s", script=lambda seen: Reply(seen.target[-2:].encode(), fields=FRESH))
    larder = start(config)
    larder.get("/s?lang=en")
    assert larder.get("/s?lang=de").body == b"en"
    larder.wait_event("alert-key-rule")
    larder.stop()
    larder.awaited = True
    answer = start(config).get("/s?lang=de")
    assert not answer.hit and answer.body == b"de"


def test_a_body_that_repeats_the_credential(checking, origin):
    larder = checking({"credentials": ["email"]})
    origin.reply("/s", script=lambda seen: Reply(seen.target.encode(), fields=FRESH))
    larder.get("/s?q=1&email=somebody")
    assert larder.get("/s?q=1&email=somebody").hit
    larder.wait_metric("key_checks_total", equals(1), result="same")
    until(lambda: larder.metric("collapse_flights") == 0, "no check under way")
    assert larder.get("/s?q=1&email=another").hit
    larder.wait_event("alert-key-rule")
    assert larder.get("/s?q=1&email=another").cache["fwd"] == "bypass"


def test_a_lie_about_accept(checking, origin):
    larder = checking({"accept": ["json"]})
    origin.reply("/s", script=lambda seen: Reply(seen.field("Accept").encode(), fields=FRESH))
    larder.get("/s?q=1", fields={"Accept": "text/html"})
    assert larder.get("/s?q=1", fields={"Accept": "text/csv"}).body == b"text/html"
    larder.wait_event("alert-key-rule")
    assert larder.get("/s?q=1", fields={"Accept": "text/csv"}).body == b"text/csv"
    assert larder.get("/s?q=1", fields={"Accept": "text/html"}).body == b"text/html"


def test_content_that_changed_is_no_lie(checking, origin):
    larder = checking(KEY)
    origin.replies("/s", Reply(b"old", fields=FRESH), Reply(b"new", fields=FRESH))
    larder.get("/s?query=a")
    assert larder.get("/s?Query=a").body == b"old"
    larder.wait_metric("key_checks_total", equals(1), result="same")
    assert [seen.target for seen in origin.seen()] == ["/s?query=a", "/s?Query=a", "/s?query=a"]
    assert larder.get("/s?query=a").body == b"old", "nothing of a check is stored"


def test_content_that_changes_each_time_says_nothing(checking, origin):
    larder = checking(KEY)
    origin.reply("/s", script=lambda seen: Reply(str(origin.count()).encode(), fields=FRESH))
    larder.get("/s?query=a"), larder.get("/s?Query=a")
    larder.wait_metric("key_checks_total", equals(1), result="failed")
    assert larder.metric("key_rule_enabled", route="/") == 1


@pytest.mark.parametrize("answer", [Reply(b"", 503), Reply(b"", 429), Reply(b"x", length=9), Reply(raw=b"no")])
def test_an_origin_that_fails_says_nothing(checking, origin, answer):
    larder = checking(KEY)
    origin.replies("/s", Reply(b"x", fields=FRESH), answer)
    larder.get("/s?query=a"), larder.get("/s?Query=a")
    larder.wait_metric("key_checks_total", equals(1), result="failed")
    assert larder.metric("key_rule_enabled", route="/") == 1 and larder.get("/s?QUERY=a").hit


def test_codings_do_not_matter(checking, origin):
    larder = checking(KEY)
    plain = b"x" * 4000
    origin.replies("/s", Reply(gzip.compress(plain), fields={**FRESH, "Content-Encoding": "gzip"}),
        Reply(plain, fields=FRESH))
    larder.get("/s?query=a"), larder.get("/s?Query=a")
    larder.wait_metric("key_checks_total", equals(1), result="same")
    assert origin.count() == 2


def test_only_every_nth_is_checked(start, origin):
    larder = start({"routes": [{"path": "/", "upstream": "origin", "key": {**KEY, "verify": "1/5"}}]})
    origin.reply("/s", b"x", fields=FRESH)
    larder.get("/s?query=a")
    for n in range(10):
        larder.get(f"/s?query=a&_={n}")
        until(lambda: larder.metric("collapse_flights") == 0, "no check under way")
    assert larder.metric("key_checks_total", result="same") == 2 and origin.count() == 3
