"""The audit log: what stands in it, that it hangs together over restarts, rotation and a full disk, who reads it."""

import json
import os
import resource
import signal

import pytest

from harness import certs
from harness import device as devices
from harness import larder as process
from harness.admin import Admin
from harness.larder import merge, run
from harness.routes import WORDS, AuditFile, admin_section, start_admins
from harness.table import table
from harness.wait import until


def verified(*files, code=0, expect=None):
    extra = ["--expect", expect] if expect else []
    said = run("audit", "verify", "--json", *extra, *files)
    assert said.returncode == code, (said.returncode, said.stdout, said.stderr)
    return json.loads(said.stdout)


def test_a_line_tells_who_did_what(start, tmp_path):
    _, admins = start_admins(start, tmp_path)
    assert admins["admin"].post("/reload").status == 200
    (line,) = AuditFile(tmp_path / "audit").new()
    wanted = {"seq": 1, "who": "the-admin", "role": "admin", "tenant": "", "from": "127.0.0.1", "method": "POST",
        "path": "/api/v1/reload", "status": 200}
    assert wanted.items() <= line.items() and set(line) == {*wanted, "at", "told", "previous", "hash"}
    assert verified(tmp_path / "audit")["last_hash"] == line["hash"]


def test_what_changes_nothing_and_is_answered_is_not_told(start, tmp_path):
    _, admins = start_admins(start, tmp_path)
    for path in ("/config", "/audit", "/openapi.json", "/upstreams"):
        assert admins["admin"].get(path).status == 200
    assert AuditFile(tmp_path / "audit").new() == []


def test_no_secret_stands_in_it(start, tmp_path):
    larder, admins = start_admins(start, tmp_path)
    admin = admins["admin"]
    admin.get("/config?access_token=hush-in-a-query")
    admin.get("/config", headers={"Authorization": "Bearer hush-in-a-field"})
    admin.post("/reload", b"hush-in-a-body")
    text = (tmp_path / "audit").read_text() + larder.said()
    assert len(text.splitlines()) > 3 and "hush" not in text
    assert not [word for word in WORDS.values() if word in text]


@table("change", [
    ("a token", {"admin": {"tokens": [{"name": "x", "role": "admin", "sha256": "hush-a-token-by-mistake"}]}}),
    ("a token of PURGE", {"server": {"purge": {"from": ["127.0.0.1"], "token_sha256": "hush-a-token-by-mistake"}}}),
    ("a key", {"tenants": {"a": {"keys": ["hush-a-key-by-mistake"]}}}),
    ("a secret that is too short", {"events": {"a": {"secret": "hush"}}}),
])
def test_a_secret_in_a_wrong_place_is_not_told(start, tmp_path, change):
    larder, admins = start_admins(start, tmp_path)
    larder.write_config(merge(json.loads(larder.config_path.read_text()), change))
    answer = admins["admin"].post("/reload")
    assert answer.status == 422 and "a text for" in answer.body.decode(), answer
    checked = run("check", "--config", larder.config_path)
    assert checked.returncode != 0
    text = answer.body.decode() + checked.stdout + checked.stderr + larder.said() + (tmp_path / "audit").read_text()
    assert "hush" not in text


def test_it_is_read_in_pages_newest_first(start, tmp_path):
    _, admins = start_admins(start, tmp_path)
    admin = admins["admin"]
    for _ in range(7):
        admin.post("/reload")
    first = admin.get("/audit?limit=5").json
    rest = admin.get(f"/audit?limit=5&cursor={first['next']}").json
    assert [line["seq"] for line in first["items"] + rest["items"]] == [7, 6, 5, 4, 3, 2, 1]
    assert "next" not in rest
    assert first["items"] + rest["items"] == AuditFile(tmp_path / "audit").new()[::-1]
    assert admin.get("/audit?cursor=3-4").status == 400


def test_without_a_log_there_is_none(start):
    admin = Admin(start({"admin": {"listen": ["127.0.0.1:0"]}}))
    assert admin.post("/reload").status == 200 and admin.get("/audit").status == 404


def test_it_goes_on_over_kills(start, tmp_path):
    for round_ in range(3):
        larder, admins = start_admins(start, tmp_path)
        assert admins["admin"].post("/reload").status == 200
        larder.kill()
        if round_ == 1:
            with open(tmp_path / "audit", "a", encoding="ascii") as file:
                file.write('{"at":"2027-01-31T1')  # the last one was torn
    result = verified(tmp_path / "audit")
    assert (result["lines"], result["last_seq"], result["torn"]) == (3, 3, 1)


def test_a_signal_has_it_opened_anew(start, tmp_path):
    larder, admins = start_admins(start, tmp_path)
    log, moved = tmp_path / "audit", tmp_path / "audit.1"
    admins["admin"].post("/reload")
    os.rename(log, moved)
    admins["admin"].get("/nothing")
    larder.signal(signal.SIGHUP)
    until(log.exists, "the new file")
    admins["admin"].post("/reload")
    both = verified(moved, log)
    assert both["lines"] == 3 and both["last_seq"] == 3
    verified(log, moved, code=1)
    assert verified(moved, log, code=0, expect=both["last_hash"])["expected_found"]
    assert not verified(moved, code=1, expect=both["last_hash"])["expected_found"]


@pytest.mark.parametrize("bend,line", [
    (lambda lines: lines[:1] + lines[2:], 2),
    (lambda lines: [lines[0], lines[1].replace("the-admin", "the-other"), *lines[2:]], 2),
    (lambda lines: lines[1:], 1),
    (lambda lines: [lines[1], lines[0], *lines[2:]], 1),
    (lambda lines: lines[:3] + ["{}"] + lines[3:], 4)])
def test_what_was_bent_is_found(start, tmp_path, bend, line):
    _, admins = start_admins(start, tmp_path)
    for _ in range(5):
        admins["admin"].post("/reload")
    log = tmp_path / "audit"
    verified(log)
    bent = tmp_path / "bent"
    bent.write_text("\n".join(bend(log.read_text().splitlines())) + "\n")
    result = verified(bent, code=1)
    assert (result["line"], result["file"]) == (line, str(bent)), result
    assert run("audit", "verify", bent).stdout.startswith(f"{bent}:{line}: ")


@pytest.mark.parametrize("path", ["directory", "nowhere/audit", "/dev/null"])
def test_a_log_that_cant_be_had_keeps_it_from_starting(start, tmp_path, path):
    (tmp_path / "directory").mkdir()
    with pytest.raises(RuntimeError, match="admin.audit"):
        start({"admin": {"audit": str(tmp_path / path)}})


def test_two_larders_dont_share_one(start, tmp_path):
    start_admins(start, tmp_path)
    with pytest.raises(RuntimeError, match="another process"):
        start({"admin": admin_section(tmp_path), "tenants": {"b": {}}})


def breaker(admin):
    return admin.get("/upstreams").json["items"][0]["breaker"]


@pytest.mark.skipif(devices.unavailable() is not None, reason=str(devices.unavailable()))
def test_without_room_for_its_line_nothing_is_changed(start, tmp_path, monkeypatch):
    with devices.Device(tmp_path, "1m") as device:
        monkeypatch.setattr(process, "BINARY", device.wrapper(process.BINARY))
        section = {**admin_section(tmp_path), "audit": str(device.inside / "audit")}
        larder, admins = start_admins(start, tmp_path, {"admin": section})
        admin = admins["admin"]
        assert admin.post("/upstreams/origin/open").status == 200 and breaker(admin) == "open"
        device.fill()
        answer = admin.post("/upstreams/origin/close")
        assert answer.status == 503 and "nothing was changed" in answer.json["detail"]
        assert breaker(admin) == "open"
        assert admins["viewer"].post("/upstreams/origin/close").status == 403  # still told why
        larder.wait_event("audit-failing")
        device.clear()
        assert admin.post("/upstreams/origin/close").status == 200 and breaker(admin) == "closed"
        larder.wait_event("audit-works")
        assert larder.metric("audit_errors_total") >= 1
        copy = tmp_path / "copy"
        copy.write_bytes((device.path / "audit").read_bytes())
        verified(copy)
        larder.stop()


def limit(larder, size):
    resource.prlimit(larder.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@pytest.mark.parametrize("more", [0, 100, 10_000])
def test_where_files_may_not_grow_nothing_is_changed(start, tmp_path, more):
    """RLIMIT_FSIZE: with room for less than a line, and for a short one."""
    larder, admins = start_admins(start, tmp_path)
    admin = admins["admin"]
    assert admin.post("/upstreams/origin/open").status == 200 and breaker(admin) == "open"
    limit(larder, (tmp_path / "audit").stat().st_size + more)
    for _ in range(5):
        answer = admin.post("/upstreams/origin/close")
        assert answer.status == 503 and "nothing was changed" in answer.json["detail"]
    assert breaker(admin) == "open"
    limit(larder, resource.RLIM_INFINITY)
    assert admin.post("/upstreams/origin/close").status == 200 and breaker(admin) == "closed"
    assert [e["event"] for e in larder.events if e["event"] in ("audit-failing", "audit-works")] == ["audit-failing", "audit-works"]
    verified(tmp_path / "audit")


def with_audit(larder, path):
    larder.write_config(merge(json.loads(larder.config_path.read_text()), {"admin": {"audit": str(path)}}))


@pytest.mark.parametrize("where,event", [("elsewhere", "audit-moved"), ("off", "audit-off")])
def test_a_log_that_ends_says_so(start, tmp_path, where, event):
    larder, admins = start_admins(start, tmp_path)
    log, other = tmp_path / "audit", tmp_path / "other"
    with_audit(larder, other if where == "elsewhere" else "")
    assert admins["admin"].post("/reload").status == 200
    (line,) = AuditFile(log).new()
    assert line["told"] == {"audit": str(other) if where == "elsewhere" else "off"} and line["method"] == ""
    (told,) = larder.wait_event(event)
    assert told["level"] == "warn" and str(log) in told["detail"]
    if where == "elsewhere":
        assert verified(log, other)["lines"] == 2
    else:
        assert admins["admin"].get("/audit").status == 404


def test_a_reload_that_fails_leaves_it_on(start, tmp_path):
    made = certs.make(tmp_path)
    larder, admins = start_admins(start, tmp_path, {"server": {"tls": {"certificate": made.certificate, "key": made.key}}})
    admin = admins["admin"]
    os.unlink(made.certificate)
    with_audit(larder, "")
    assert admin.post("/reload").status == 422
    assert admin.post("/upstreams/origin/open").status == 200
    newest = admin.get("/audit?limit=1").json["items"][0]
    assert newest["path"].endswith("/upstreams/origin/open")
    verified(tmp_path / "audit")


def test_a_log_that_was_removed_is_made_anew(start, tmp_path):
    larder, admins = start_admins(start, tmp_path)
    log, kept = tmp_path / "audit", tmp_path / "kept"
    admin = admins["admin"]
    assert admin.post("/reload").status == 200
    kept.write_bytes(log.read_bytes())
    os.unlink(log)
    assert admin.post("/reload").status == 200
    larder.wait_event("audit-removed")
    assert verified(kept, log)["last_seq"] == 2
    os.unlink(log)
    log.mkdir()
    answer = admin.post("/upstreams/origin/open")
    assert answer.status == 503 and "nothing was changed" in answer.json["detail"] and breaker(admin) == "closed"
    log.rmdir()
    assert admin.post("/upstreams/origin/open").status == 200
    assert verified(log)["lines"] == 1
