"""Export, import, replay: what leaves a larder comes back the same, no younger, and nothing of it is believed."""

import base64
import contextlib
import gzip
import json
import os
import signal
import stat
import subprocess

import pytest

from harness.admin import Admin
from harness.exchange import (MEMENTO, Lines, body_of, counts, cut, garbage, imported, records, same_of,
    statement, without_end)
from harness.larder import BINARY, Larder, merge
from harness.origin import Reply
from harness.purge import SETTINGS, purge
from harness.store import FRESH, KIB, NO_MEMORY, noise, settle, text
from harness.table import table
from harness.wait import until

ON = {"admin": {"listen": ["127.0.0.1:0"]}}
JSON = {**FRESH, "Content-Type": "application/json"}
REPLIES = {
    "/api/plain": Reply(b"{}", fields=JSON),
    "/api/tagged?b=1&a=2": Reply(b"[1]", fields={**JSON, "Surrogate-Key": "red blue", "ETag": '"1"'}),
    "/api/large": Reply(text(40 * KIB), fields=JSON),
    "/api/file": Reply(noise(200 * KIB), fields=FRESH),
    "/api/empty": Reply(b"", fields=FRESH),
    "/odd": Reply(bytes(range(256)), fields={**FRESH, "X-Odd": "caf\xe9 \xff", "X-Quote": '"\\"'}),
    "/gone": Reply(b"no", status=404, fields=JSON),
    "/tongues": Reply(b"tongues", fields={**FRESH, "Vary": "Accept-Language"}),
    "/zipped": Reply(gzip.compress(b"z" * 5000, mtime=0), fields={**FRESH, "Content-Encoding": "gzip"}),
    "/rule?x=1": Reply(b"rule", fields={**FRESH, "No-Vary-Search": 'params=("x")'}),
    "/slow": Reply(b"slow", fields={"Cache-Control": "max-age=100", "ETag": '"s"'}),
}
# What of a target stands in its key, where that is another.
KEYED = {"/api/tagged?b=1&a=2": "/tagged?a=2&b=1", "/rule?x=1": "/rule"}
ROUTES = {"routes": [{"path": "/api", "upstream": "origin", "key": {"sort": True}, "tags": ["art:{1}"]},
    {"path": "/", "upstream": "origin"}]}


def asked():
    """(target, fields) of each that is stored."""
    for target in REPLIES:
        yield target, {}
    yield "/tongues", {"Accept-Language": "de"}


@pytest.fixture
def filled(store, origin):
    for target, reply in REPLIES.items():
        origin.replies(target.removeprefix("/api"), reply)
    larder = store.open(merge(NO_MEMORY, ROUTES))
    for target, fields in asked():
        larder.get(target, fields=fields)
    settle(larder)
    return larder


@pytest.fixture
def exported(filled, tools, tmp_path):
    """exported(name, *options): a file of what the filled larder has on its disk."""
    def export(name, *options):
        path = tmp_path / name
        done = tools.run("export", "--config", filled.config_path, path, *options, on=[])
        assert done.returncode == 0, done.stderr
        return path
    return export


def answers(larder):
    return {(target, *fields.values()): larder.get(target, fields=fields) for target, fields in asked()}


@pytest.fixture
def replay(start):
    return lambda path, *options: start(
        arguments=["replay", str(path), *options] if options
        else ["replay", str(path), "--listen", "127.0.0.1:0"])


@table("name, again", [
    ("lines", "a.jsonl", "b.jsonl"),
    ("a bundle", "a.sqlite", "b.jsonl"),
    ("lines, then a bundle", "a.jsonl", "b.sqlite"),
    ("WARC", "a.warc", "b.jsonl"),
    ("WARC in gzip members", "a.warc.gz", "b.sqlite"),
])
def test_all_comes_back(filled, exported, tools, replay, tmp_path, name, again):
    before = {what: same_of(answer) for what, answer in answers(filled).items()}
    first = exported(name)
    told, _ = imported(tools, first, "--disk", tmp_path / "other")
    assert told == counts(stored=len(before))
    told, _ = imported(tools, first, "--disk", tmp_path / "other")
    assert told == counts(kept=len(before))
    second = tmp_path / again
    assert tools.run("export", second, on=["--disk", tmp_path / "other"]).returncode == 0
    for path in (first, exported("config.sqlite")):
        assert {what: same_of(one) for what, one in answers(replay(path)).items()} == before
    assert tools.run("verify", on=["--disk", tmp_path / "other"]).returncode == 0
    if again.endswith(".jsonl"):
        assert len(Lines(second).entries) == len(before)


def test_standard_output_is_lines(filled, tools):
    done = tools.run("export", "--config", filled.config_path, "-", on=[])
    assert done.returncode == 0, done.stderr
    last = json.loads(done.stdout.splitlines()[-1])
    assert last == {"larder_end": len(REPLIES) + 1, "left_out": 0}


@table("make", [("a pipe", os.mkfifo), ("a directory", os.mkdir)])
def test_what_is_no_file_stays_what_it_is(filled, tools, tmp_path, make):
    path = tmp_path / "to.jsonl"
    make(path)
    kind = stat.S_IFMT(path.stat().st_mode)
    done = tools.run("export", "--config", filled.config_path, path, on=[])
    assert done.returncode == 1 and "no regular file" in done.stderr, done.stderr
    assert stat.S_IFMT(path.stat().st_mode) == kind and os.listdir(tmp_path).count("to.jsonl") == 1


def test_an_imported_store_answers_without_the_origin(exported, tools, store, origin, start, tmp_path):
    imported(tools, exported("a.sqlite"), "--disk", tmp_path / "other")
    origin.requests.clear()
    larder = start({**store.configured(ROUTES), "cache": {"disk": {
        "path": str(tmp_path / "other"), "free_floor": "0"}}})
    for target, fields in asked():
        answer = larder.get(target, fields=fields)
        # a rule is not known after a start until a response tells it
        assert "hit" in answer.field("Cache-Status") or target == "/rule?x=1", (target, answer)
    assert origin.count() == 1


def test_a_replay_says_when_it_was(exported, replay, clock, origin):
    origin.requests.clear()
    path = exported("a.sqlite")
    clock.advance(86400)
    larder = replay(path)
    answer = larder.get("/slow")
    assert answer.body == b"slow" and int(answer.field("Age")) >= 86400
    assert answer.field("Cache-Status").startswith("larder; hit; ttl=-")
    assert answer.field(MEMENTO) == answer.field("Date")
    for fields in ({"Cache-Control": "no-cache"}, {"Cache-Control": "max-age=0"}, {"Pragma": "no-cache"}):
        assert larder.get("/slow", fields=fields).body == b"slow"
    same = larder.get("/slow", fields={"If-None-Match": '"s"'})
    assert same.status == 304 and same.field(MEMENTO) == answer.field(MEMENTO)
    part = larder.get("/api/large", fields={"Range": "bytes=10-19"})
    assert part.status == 206 and part.body == text(40 * KIB)[10:20] and part.field(MEMENTO)
    head = larder.get("/odd", method="HEAD")
    assert head.status == 200 and head.body == b"" and head.field(MEMENTO)
    assert larder.get("/rule?x=2").body == b"rule"
    assert larder.get("/api/tagged?a=2&b=1").body == b"[1]"
    for target, how in (("/other", {}), ("/slow", {"method": "POST"}), ("/tongues", {"fields": {"Accept-Language": "fr"}})):
        miss = larder.get(target, **how)
        assert miss.status == 504 and miss.field(MEMENTO) is None, (target, miss)
    assert origin.count() == 0


@table("options, urls", [
    ("a route", ["--route", "/api"], [url for url in REPLIES if url.startswith("/api")]),
    ("a prefix", ["--prefix", "/api/e"], ["/api/empty"]),
    ("a tag", ["--tag", "blue"], ["/api/tagged?b=1&a=2"]),
    ("a tag of the route", ["--tag", "art:empty"], ["/api/empty"]),
    ("before", ["--until", "1h"], []),
    ("since", ["--since", "1h", "--prefix", "/gone"], ["/gone"]),
    ("a moment", ["--since", "2027-01-01", "--prefix", "/gone"], []),
    ("a tenant", ["--tenant", "red"], []),
])
def test_a_part_of_it(exported, options, urls):
    found = Lines(exported("a.jsonl", *options))
    wanted = sorted("/api/tagged?a=2&b=1" if "tagged" in url else url for url in urls)
    assert found.urls() == wanted and found.end == {"larder_end": len(urls), "left_out": 0}


def wrong(**changes):
    return lambda entry: {**entry, **changes}


def fields_of(*fields):
    return lambda entry: {**entry, "fields": [*entry["fields"], *map(list, fields)]}


def freshness(**changes):
    return lambda entry: {**entry, "freshness": {**entry["freshness"], **changes}}


def bomb(entry):
    body = gzip.compress(b"\0" * (1 << 24), mtime=0)
    return {**body_of(entry, body), "gzip_of": 1000}


@table("change, why", [
    ("another body", wrong(body=base64.b64encode(b"[]").decode()), "the body has another digest"),
    ("another size", wrong(size=3), "the body has another size"),
    ("a huge size", wrong(size=1 << 62), "size and sha256"),
    ("no base64", wrong(body="e30"), "base64 is expected"),
    ("no body", wrong(body=None), "there is no body"),
    ("another digest", wrong(sha256="00" * 32), "another digest"),
    ("another url", wrong(url="/api/other"), "the key is another's"),
    ("another route", wrong(route="/"), "the key is another's"),
    ("another tenant", wrong(tenant="red"), "the key is another's"),
    ("another key", wrong(key="00"), "the key is another's"),
    ("no target", wrong(url="//\n"), "a target is expected"),
    ("dots", wrong(url="/api/../x"), "a target is expected"),
    ("a status", wrong(status=100), "status"),
    ("a connection's field", fields_of(("Connection", "close")), "never stored"),
    ("a length", fields_of(("Content-Length", "7")), "never stored"),
    ("a cookie", fields_of(("Set-Cookie", "a=b")), "never stored"),
    ("a line feed in a field", fields_of(("X-A", "b\r\nX-C: d")), "a field is malformed"),
    ("a NUL in a field", fields_of(("X-A", {"base64": "YQBi"})), "a field is malformed"),
    ("a name that is none", fields_of(("X A", "b")), "a field is malformed"),
    ("fields that are none", wrong(fields=[["X"]]), "a field is malformed"),
    ("a time out of range", freshness(lifetime_ms=1 << 60), "lifetime_ms"),
    ("a word", freshness(source="magic"), "a word is not known"),
    ("the future", freshness(responded_ms=1 << 50, date_ms=1 << 50), "it comes from the future"),
    ("a bomb", bomb, "no gzip of as much as it says"),
    ("a part beyond the whole", wrong(part={"first": 5, "total": 6}), "lie within the whole"),
    ("a line that is no JSON", lambda _: '{"url":', "JSON is expected"),
    ("a list", lambda _: "[]", "a JSON object is expected"),
    ("twice the same member", lambda entry: '{"url":"/", ' + json.dumps(entry)[1:], "JSON is expected"),
])
def test_what_is_wrong_is_refused_and_the_rest_goes_in(exported, tools, start, tmp_path, change, why):
    lines = Lines(exported("a.jsonl", "--route", "/api"))
    at = lines.entries.index(lines.entry("/api/plain"))
    lines.entries[at] = change(lines.entries[at])
    path = lines.write(tmp_path / "wrong.jsonl")
    told, words = imported(tools, path, "--disk", tmp_path / "other", code=1)
    assert told == counts(stored=len(lines.entries) - 1, refused=1), words
    assert why in words
    admin = Admin(start({**ON, **ROUTES}))
    answer = admin.post("/import", path.read_bytes())
    assert answer.json["stored"] == len(lines.entries) - 1 and answer.json["refused"] == 1, answer
    assert why in answer.json["faults"][0]


@table("name, change", [
    ("lines that are cut", "a.jsonl", cut),
    ("lines without an end", "a.jsonl", without_end),
    ("an empty file", "a.jsonl", lambda path: path.write_bytes(b"")),
    ("no export", "a.jsonl", lambda path: path.write_text("{}\n")),
    ("a newer one", "a.jsonl", lambda path: path.write_text('{"larder_export":2}\n')),
    ("a bundle that is cut", "a.sqlite", lambda path: path.write_bytes(path.read_bytes()[:9000])),
    ("garbage in a bundle", "a.sqlite", garbage),
    ("another table", "a.sqlite", statement("CREATE TABLE other(a)")),
    ("a view in its place", "a.sqlite", statement(
        "ALTER TABLE entries RENAME TO e; CREATE VIEW entries AS SELECT * FROM e")),
    ("an entry less", "a.sqlite", statement("DELETE FROM entries WHERE id = 1")),
    ("another body", "a.sqlite", statement("UPDATE entries SET body = x'00'")),
    ("as others archive it", "a.sqlite", statement("UPDATE entries SET head = json_insert(head, '$.fetched_ms', 1)")),
    ("no manifest", "a.sqlite", statement("DELETE FROM manifest")),
])
def test_a_broken_file_is_told_and_harmless(exported, tools, tmp_path, name, change):
    path = exported(name)
    change(path)
    done = tools.run("import", path, on=["--disk", tmp_path / "other"])
    assert done.returncode == 1 and str(path) in done.stderr, done
    assert "Sanitizer" not in done.stderr and "Assertion" not in done.stderr


def test_what_others_archived_is_not_replayed_as_it_is(exported, replay):
    """It has whatever fields came: only what a route has taken is answered."""
    path = exported("a.sqlite")
    statement("UPDATE entries SET head = json_insert(head, '$.fetched_ms', 1)")(path)
    assert replay(path).get("/odd").status == 504


def test_nothing_gets_younger_or_takes_the_place_of_what_is_newer(filled, exported, origin, clock, start):
    path = exported("a.jsonl", "--prefix", "/slow")
    clock.advance(101)
    larder = start({**ON, **ROUTES})
    admin = Admin(larder)
    assert admin.post("/import", path.read_bytes()).json["stored"] == 1
    origin.requests.clear()
    assert larder.get("/slow").body == b"slow"
    assert origin.count("/slow") == 1, "it was stale"
    assert admin.post("/import", path.read_bytes()).json["kept"] == 1
    assert "hit" in larder.get("/slow").field("Cache-Status")


def test_what_was_purged_here_stays_gone(exported, filled, tools, store, tmp_path):
    path = exported("a.sqlite")
    filled.stop()
    larder = store.open({**ROUTES, "server": {"purge": SETTINGS}})
    purge(larder, "/api/plain")
    settle(larder)
    larder.stop()
    told, words = imported(tools, path, "--disk", store.path, code=1)
    assert told["refused"] == 1 and "/api/plain: it was purged here" in words
    assert told["kept"] == len(list(asked())) - 1


def test_a_memory_tier_alone(start, origin, tools, tmp_path):
    for target, reply in REPLIES.items():
        origin.replies(target.removeprefix("/api"), reply)
    first = start({**ON, **ROUTES})
    before = {what: same_of(answer) for what, answer in answers(first).items()}
    place = ["--admin", "http://" + Admin(first).name]
    for name in ("m.jsonl", "m.sqlite", "m.warc"):
        assert tools.run("export", tmp_path / name, on=place).returncode == 0
    assert len(Lines(tmp_path / "m.jsonl").entries) == len(before)
    second = start({**ON, **ROUTES})
    origin.requests.clear()
    done = tools.run("import", tmp_path / "m.sqlite", "--json",
        on=["--admin", "http://" + Admin(second).name])
    assert json.loads(done.stdout) == counts(stored=len(before)), done
    assert {what: same_of(answer) for what, answer in answers(second).items()} == before
    assert origin.count() == 0


def test_secrets_stay(start, origin, tools, tmp_path):
    origin.reply("/a", b"a", fields=JSON)
    origin.reply("/cookie", b"c", fields={**JSON, "Vary": "Cookie"})
    origin.reply("/sets", b"s", fields={**JSON, "Set-Cookie": "who=me"})
    larder = start({**ON, "routes": [{"path": "/", "upstream": "origin", "set_cookie": "keep"}],
        "log": {"redact": ["token"]}})
    larder.get("/a?token=hunter2")
    larder.get("/cookie", fields={"Cookie": "hunter2"})
    larder.get("/sets")
    path = tmp_path / "a.jsonl"
    tools.run("export", path, on=["--admin", "http://" + Admin(larder).name])
    assert "hunter2" not in path.read_text() and "who=me" not in path.read_text()
    assert Lines(path).urls() == ["/sets"] and Lines(path).end["left_out"] >= 1


@table("name", [("plain", "a.warc"), ("gzip", "a.warc.gz")])
def test_warc_is_read_by_others(exported, origin, name):
    info, manifest, *rest, end = records(exported(name))
    assert (manifest.kind, end.kind) == ("metadata", "metadata")
    assert manifest.fields["WARC-Refers-To"] == info.fields["WARC-Record-ID"]
    assert json.loads(manifest.block)["larder_export"] == 1
    assert json.loads(end.block) == {"larder_end": len(rest) // 2, "left_out": 0}
    assert info.kind == "warcinfo" and info.fields["Content-Type"] == "application/warc-fields"
    found = {}
    for response, metadata in zip(rest[::2], rest[1::2], strict=True):
        assert (response.kind, metadata.kind) == ("response", "metadata")
        assert metadata.fields["WARC-Refers-To"] == response.fields["WARC-Record-ID"]
        known = json.loads(metadata.block)
        assert known["source"] == response.fields["WARC-Target-URI"]
        found[response.fields["WARC-Target-URI"]] = response.message()
    assert set(found) == {origin.url + KEYED.get(target, target.removeprefix("/api"))
        for target in REPLIES}
    for target in ("/api/large", "/odd", "/zipped", "/api/file"):
        status, fields, payload = found[origin.url + target.removeprefix("/api")]
        assert status == 200 and payload == REPLIES[target].body, target
        assert ["Content-Length", str(len(payload))] in fields


def test_killed_in_the_middle_it_leaves_no_half_file(filled, tmp_path, origin):
    origin.reply("/many", script=lambda request: Reply(noise(20 * KIB), fields=FRESH))
    with filled.client() as client:
        for i in range(1500):
            client.get(f"/many?{i}")
    settle(filled)

    def killed(name):
        """False: it was through before it could be held."""
        running = subprocess.Popen([BINARY, "export", "--config", filled.config_path, tmp_path / name],
            stderr=subprocess.DEVNULL)
        until(lambda: list(tmp_path.glob(name + ".part-*")) or running.poll() is not None, "it has begun")
        running.send_signal(signal.SIGSTOP)
        with contextlib.suppress(ChildProcessError):
            os.waitid(os.P_PID, running.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        half = list(tmp_path.glob(name + ".part-*"))
        running.kill()
        running.wait()
        if not half:
            (tmp_path / name).unlink()
        return bool(half)

    for name in ("k.jsonl", "k.sqlite", "k.warc"):
        until(lambda name=name: killed(name), "one is killed in the middle")
        assert not (tmp_path / name).exists()


def test_two_thousand(store, origin, tools, replay, tmp_path):
    origin.reply("/n", script=lambda request: Reply(
        (request.target * (1 + int(request.target.partition("?")[2]) % 90)).encode(), fields={**JSON,
            "Surrogate-Key": f"t{request.target[-1]}"}))
    larder = store.open()
    targets = [f"/n?{i}" for i in range(2000)]
    with larder.client() as client:
        for target in targets:
            client.get(target)
        before = [same_of(client.get(target)) for target in targets]
    settle(larder)
    first, second = tmp_path / "a.jsonl", tmp_path / "b.sqlite"
    assert tools.run("export", first).returncode == 0
    Larder.stop(larder)
    assert imported(tools, first, "--disk", tmp_path / "other")[0]["stored"] == 2000
    assert tools.run("export", second, on=["--disk", tmp_path / "other"]).returncode == 0
    with replay(second).client() as client:
        for target, was in zip(targets, before):
            assert same_of(client.get(target)) == was, target
