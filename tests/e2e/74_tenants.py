"""Tenants: who is recognised as one, what each has of its own, and that nothing tells of it elsewhere."""

import re
import threading

import pytest

from harness import certs
from harness.admin import Admin
from harness.client import Client
from harness.metrics import equals
from harness.origin import Reply
from harness.purge import SETTINGS, TOKEN, purge
from harness.table import table
from harness.tenants import KEYS, as_tenant, bearer, digest, tenants
from harness.why import WHY, ask

FRESH = {"Cache-Control": "max-age=600"}
EVERYBODY = ["red", "blue", None]


@pytest.fixture
def larder(start):
    return start({"tenants": tenants(), "log": {"access": "stdout"}, "server": {"purge": SETTINGS}})


def results(larder, target, who=None):
    return [larder.get(target, fields=as_tenant(one)).hit for one in who or EVERYBODY]


# -- who is recognised --------------------------------------------------------------------------------------

@table("fields, same", [
    ("field", as_tenant("red"), True), ("field in capitals", {"X-API-KEY": KEYS["red"]}, True),
    ("bearer", bearer("red"), True), ("both", {**as_tenant("red"), **bearer("red")}, True),
    ("scheme in capitals", {"Authorization": "BEARER " + KEYS["red"]}, True),
    ("two lines", [("X-API-Key", KEYS["red"]), ("x-api-key", KEYS["red"])], True),
    ("nobody", {}, False), ("another", as_tenant("blue"), False), ("a key cut short",
    {"X-API-Key": KEYS["red"][:-1]}, False), ("its digest", {"X-API-Key": digest(KEYS["red"])}, False),
    ("empty", {"X-API-Key": ""}, False), ("basic", {"Authorization": "Basic " + KEYS["red"]}, False)])
def test_who_is_red(larder, origin, fields, same):
    origin.reply("/a", b"a", fields=FRESH)
    assert not larder.get("/a", fields=as_tenant("red")).hit
    assert larder.get("/a", fields=fields).hit is same


def test_credentials_of_two_tenants_are_refused(larder, origin):
    answer = larder.get("/a", fields={**as_tenant("red"), **bearer("blue")})
    assert answer.status == 400 and origin.count() == 0
    assert b"several tenants" in answer.body
    assert larder.get("/a", fields=[("X-API-Key", KEYS["red"]), ("X-API-Key", KEYS["blue"])]).status == 400


def test_required(start, origin):
    larder = start({"tenants": tenants(), "tenancy": {"required": True}})
    origin.reply("/a", b"a", fields=FRESH)
    refused = [larder.get("/a", fields=fields) for fields in ({}, {"X-API-Key": "wrong"},
        {"Authorization": "Bearer wrong"})]
    assert [one.status for one in refused] == [401] * 3 and origin.count() == 0
    assert refused[0].field("WWW-Authenticate") == 'Bearer realm="tenants"'
    assert refused[0].field("Content-Type") == "application/problem+json"
    assert larder.get("/a", method="OPTIONS").status == 401
    assert larder.get("/a", fields=bearer("red")).status == 200
    assert larder.metric("http_rejected_total", reason="tenant") == 4


@table("required, outcome", [("not required", False, "miss"), ("required", True, "refused")])
def test_why_is_told_to_whom_it_is_about(start, origin, required, outcome):
    larder = start({"tenants": tenants(), "tenancy": {"required": required}, **WHY})
    origin.reply("/a", b"a", fields=FRESH)
    larder.get("/a", fields=as_tenant("red"))
    assert ask(larder, "/a", as_tenant("red"))["would"]["outcome"] == "hit"
    assert ask(larder, "/a", as_tenant("blue"))["would"]["outcome"] == "miss"
    assert ask(larder, "/a")["would"]["outcome"] == outcome


# -- what stays here ----------------------------------------------------------------------------------------

def test_what_told_goes_no_further(larder, origin):
    origin.reply("/a", b"a", fields={**FRESH, "Vary": "X-API-Key, Authorization"})
    for fields in (as_tenant("red"), bearer("blue"), {"X-API-Key": "nobody's"}):
        assert larder.get("/a", fields=fields).status == 200
        seen = origin.last("/a")
        assert seen.field("X-API-Key") is None and seen.field("Authorization") is None
    larder.get("/b", fields={**as_tenant("red"), "Connection": "X-API-Key"})
    assert origin.last("/b").field("X-API-Key") is None
    larder.get("/c", method="POST", fields=as_tenant("red"), body=b"x")
    assert origin.last("/c").field("X-API-Key") is None


def test_a_bearer_that_is_no_tenants_is_the_origins(larder, origin):
    origin.reply("/a", b"a", fields=FRESH)
    larder.get("/a", fields={"Authorization": "Bearer another"})
    assert origin.last("/a").field("Authorization") == "Bearer another"


def test_without_tenants_the_field_is_the_origins(start, origin):
    larder = start({"routes": [{"path": "/", "upstream": "origin", "forward": ["X-API-Key"]}]})
    larder.get("/a", fields=as_tenant("red"))
    assert origin.last("/a").field("X-API-Key") == KEYS["red"]


def test_a_key_stands_nowhere(larder, origin):
    origin.reply("/a", b"a", fields=FRESH)
    for fields in (as_tenant("red"), bearer("red"), {**as_tenant("red"), **bearer("blue")}):
        for answer in (larder.get("/a", fields=fields), larder.get("/a", method="TRACE",
                fields={**fields, "Max-Forwards": "0"})):
            assert KEYS["red"].encode() not in answer.body
            assert all(KEYS["red"] not in value for _, value in answer.fields)
    told = larder.get("/metrics").body.decode()
    larder.stop()
    told += larder.said() + "\n".join(larder.stdout)
    assert larder.stdout
    assert not any(key in told or digest(key) in told for key in KEYS.values())


# -- each has its own ---------------------------------------------------------------------------------------

def test_each_has_its_own_answers(larder, origin):
    origin.replies("/a", *[Reply(name, fields=FRESH) for name in (b"1", b"2", b"3")])
    assert [larder.get("/a", fields=as_tenant(who)).body for who in EVERYBODY] == [b"1", b"2", b"3"]
    assert [larder.get("/a", fields=as_tenant(who)).body for who in EVERYBODY] == [b"1", b"2", b"3"]
    assert results(larder, "/a") == [True] * 3 and origin.count("/a") == 3


def test_what_another_has_is_a_miss(larder, origin):
    """Nothing of the answer tells that somebody else has it: the status is that of the first who asks."""
    origin.reply("/a", b"a", fields=FRESH)
    told = [larder.get("/a", fields=as_tenant(who)).field("Cache-Status") for who in EVERYBODY]
    assert [re.sub(r"instance|ttl=\d+", "", one) for one in told] == [
        re.sub(r"instance|ttl=\d+", "", told[0])] * 3
    assert "hit" not in told[0]


def test_no_fetch_is_shared(larder, origin):
    hold = threading.Event()
    origin.reply("/a", b"a", fields=FRESH, hold=hold)
    answers = {}

    def ask(who, at):
        answers[who, at] = larder.get("/a", fields=as_tenant(who)).body

    threads = [threading.Thread(target=ask, args=(who, at)) for who in EVERYBODY for at in range(2)]
    for thread in threads:
        thread.start()
    larder.wait_metric("collapse_waiters", lambda n: n == 6)
    origin.wait_for(3, "/a")
    hold.set()
    for thread in threads:
        thread.join()
    assert list(answers.values()) == [b"a"] * 6 and origin.count("/a") == 3


def test_a_rule_for_queries_is_each_ones_own(larder, origin):
    """What the origin tells one of a path (No-Vary-Search) is not what another is answered by."""
    origin.replies("/a", Reply(b"red's", fields={**FRESH, "No-Vary-Search": 'params=("x")'}),
        Reply(b"1", fields=FRESH), Reply(b"2", fields=FRESH))
    assert larder.get("/a?x=1", fields=as_tenant("red")).body == b"red's"
    assert larder.get("/a?x=2", fields=as_tenant("red")).hit
    assert [larder.get(f"/a?x={x}", fields=as_tenant("blue")).body for x in (1, 2)] == [b"1", b"2"]


def test_a_secret_answer_of_one_makes_nobody_else_wait_alone(larder, origin):
    """What was remembered of one's private answer (hit-for-miss) is not held against another's."""
    origin.replies("/a", Reply(b"own", fields={"Cache-Control": "private"}), Reply(b"a", fields=FRESH))
    larder.get("/a", fields=as_tenant("red"))
    assert larder.get("/a", fields=as_tenant("blue")).body == b"a"
    assert results(larder, "/a", ["blue"]) == [True]


# -- namespaces, invalidation -------------------------------------------------------------------------------

def test_a_namespace_of_its_own(store, origin):
    origin.reply("/a", b"a", fields=FRESH)
    first = store.open({"tenants": tenants()})
    results(first, "/a")
    second = store.again(first, changes={"tenants": tenants(red={"namespace_version": 2})})
    assert results(second, "/a") == [False, True, True]
    third = store.again(second, changes={"tenants": tenants()})
    assert results(third, "/a") == [True] * 3


def test_an_unsafe_request_of_a_tenant_is_about_its_own(larder, origin):
    origin.reply("/a", b"a", fields={**FRESH, "Cache-Tag": "t", "Cache-Groups": '"g"'})
    origin.reply("/b", b"b", fields={**FRESH, "Cache-Tag": "t", "Cache-Groups": '"g"'})
    for target in ("/a", "/b"):
        results(larder, target)
    larder.get("/a", method="POST", fields=as_tenant("red"), body=b"x")
    assert results(larder, "/a") == [False, True, True]
    assert results(larder, "/b") == [False, True, True]  # in a group with /a


def test_an_unsafe_request_of_nobody_is_about_all(larder, origin):
    origin.reply("/a", b"a", fields=FRESH)
    results(larder, "/a")
    larder.get("/a", method="POST", body=b"x")
    assert results(larder, "/a") == [False] * 3


def test_a_group_that_is_invalidated_for_one(larder, origin):
    origin.reply("/a", b"a", fields={**FRESH, "Cache-Groups": '"g"'})
    origin.reply("/other", b"", fields={"Cache-Group-Invalidation": '"g"'})
    results(larder, "/a")
    larder.get("/other", method="POST", fields=as_tenant("blue"), body=b"x")
    assert results(larder, "/a") == [True, False, True]


@table("target, fields", [
    ("url", "/r/a", {}), ("prefix", "/r*", {}), ("tag", "/", {"Cache_Tag": "t"}),
    ("route", "/r/a", {"Purge_Scope": "route"}), ("all", "/", {"Purge_Scope": "all"}),
    ("negative", "/", {"Purge_Scope": "negative"})])
def test_an_operators_purge_reaches_all(larder, origin, target, fields):
    status = 404 if "negative" in fields.values() else 200
    origin.reply("/r/a", b"a", status=status, fields={**FRESH, "Cache-Tag": "t"})
    results(larder, "/r/a")
    assert results(larder, "/r/a") == [True] * 3
    purge(larder, target, **fields)
    assert results(larder, "/r/a") == [False] * 3


@table("purge", [
    ("url", {"scope": "url", "value": "/r/a"}), ("prefix", {"scope": "prefix", "value": "/r"}),
    ("glob", {"scope": "glob", "value": "/r/*"}), ("tag", {"scope": "tag", "value": "t"}),
    ("route", {"scope": "route", "value": "/r"}), ("all", {"scope": "all"}),
    ("older", {"scope": "older_than", "value": "0s"})])
def test_a_tenants_purge_reaches_its_own(start, origin, clock, purge):
    larder = start({"tenants": tenants(), "admin": {"listen": ["127.0.0.1:0"], "tokens": [
        {"name": "red", "role": "operator", "tenant": "red", "sha256": digest(TOKEN)}]},
        "routes": [{"path": "/r", "upstream": "origin", "upstream_path": "/r"}]})
    origin.reply("/r/a", b"a", fields={**FRESH, "Cache-Tag": "t"})
    results(larder, "/r/a")
    clock.advance(1)
    answer = Admin(larder, token=TOKEN).post("/purges", purge)
    assert answer.status == 200 and answer.json["entries"]["memory"] == 1
    assert results(larder, "/r/a") == [False, True, True]


# -- certificates -------------------------------------------------------------------------------------------

@pytest.fixture
def secured(start, tmp_path):
    """A server with TLS, and two clients' certificates of which the one is a tenant's."""
    server, red, plain, foreign = (certs.make(tmp_path, name) for name in (
        "server", "red", "plain", "foreign"))
    authorities = tmp_path / "authorities.pem"
    authorities.write_text("".join(open(one.certificate).read() for one in (red, plain)))
    larder = start({"server": {"tls": {"certificate": server.certificate, "key": server.key,
        "client_ca": str(authorities)}},
        "tenants": tenants(red={"certificates": [certs.digest_of(red), certs.digest_of(foreign)]})})

    def ask(who=None, **how):
        context = server.client_context()
        if who is not None:
            context.load_cert_chain(who.certificate, who.key)
        with Client(larder.address, tls=context) as client:
            return client.get("/a", **how)

    return ask, red, plain, foreign


def test_a_certificate_tells(secured, origin):
    ask, red, plain, _ = secured
    origin.reply("/a", b"a", fields=FRESH)
    assert not ask(red).hit and ask(red).hit
    assert ask(fields=as_tenant("red")).hit and ask(plain, fields=as_tenant("red")).hit
    assert not ask().hit
    assert ask(plain).hit  # nobody's
    assert ask(red, fields=as_tenant("blue")).status == 400


def test_a_certificate_that_nobody_vouches_for_tells_nothing(secured, origin):
    ask, _, _, foreign = secured
    origin.reply("/a", b"a", fields=FRESH)
    assert not ask(fields=as_tenant("red")).hit
    assert not ask(foreign).hit


def test_a_certificate_is_no_key(start, origin, tmp_path):
    """Its bytes are for everybody to see; as an API key they would open what is its tenant's."""
    secret = "nothing but text"
    server = certs.make(tmp_path, "server")
    larder = start({"server": {"tls": {"certificate": server.certificate, "key": server.key,
        "client_ca": server.certificate}},
        "tenants": tenants(red={"certificates": [digest(secret)]})})
    origin.reply("/a", b"a", fields=FRESH)
    with Client(larder.address, tls=server.client_context()) as client:
        client.get("/a", fields=as_tenant("red"))
        assert not client.get("/a", fields={"X-API-Key": secret}).hit


# -- what is seen of it -------------------------------------------------------------------------------------

def test_metrics_tell_tenants_apart(larder, origin):
    origin.reply("/a", b"x" * 1000, fields=FRESH)
    for _ in range(3):
        larder.get("/a", fields=as_tenant("red"))
    larder.get("/a")
    larder.wait_metric("tenant_requests_total", equals(1), tenant="-", result="uri-miss")
    larder.wait_metric("tenant_requests_total", equals(2), tenant="red", result="hit")
    seen = larder.metrics()
    assert seen.sum("tenant_requests_total", tenant="red", result="uri-miss") == 1
    assert seen.sum("tenant_requests_total", tenant="-", result="uri-miss") == 1
    assert seen.sum("tenant_upstream_requests_total", tenant="red", upstream="origin") == 1
    assert seen.sum("tenant_entries", tenant="red", tier="memory") == 1
    assert seen.sum("tenant_bytes", tenant="red", tier="memory") > 1000
    assert seen.sum("tenant_entries", tenant="blue", tier="memory") == 0


def test_without_tenants_there_are_no_metrics_of_them(start, origin):
    larder = start()
    larder.get("/a")
    assert larder.metric("tenant_requests_total") == 0


def test_stats_tell_tenants_apart(start, origin):
    larder = start({"tenants": tenants(), "admin": {"listen": ["127.0.0.1:0"]}})
    origin.reply("/a", b"x" * 1000, fields=FRESH)
    for _ in range(3):
        larder.get("/a", fields=as_tenant("red"))
    larder.wait_idle()
    told = {one["name"]: one for one in Admin(larder).get("/stats").json["tenants"]}
    assert [told["red"][name] for name in ("requests", "hits", "disk_bytes")] == [3, 2, 0]
    assert told["red"]["memory_bytes"] > 1000 and told["blue"]["requests"] == 0
