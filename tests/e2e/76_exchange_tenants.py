"""Export, import and replay where there are tenants: each has its own, and nobody has theirs."""

from harness.admin import Admin
from harness.exchange import Lines
from harness.origin import Reply
from harness.store import settle
from harness.tenants import as_tenant, digest, tenants

ON = {"admin": {"listen": ["127.0.0.1:0"]}}
FRESH = {"Cache-Control": "max-age=600"}


def replay(start, path, *options):
    return start(arguments=["replay", str(path), "--listen", "127.0.0.1:0", *options])


def write(path, data):
    path.write_bytes(data)
    return path


def test_tenants(start, origin, tmp_path):
    origin.reply("/a", script=lambda request: Reply(b"%d" % origin.count("/a"), fields=FRESH))
    tokens = [{"name": "all", "role": "admin", "sha256": digest("all")},
        {"name": "reds", "role": "viewer", "sha256": digest("reds"), "tenant": "red"}]
    settings = {"admin": {**ON["admin"], "tokens": tokens}, "tenants": tenants()}
    larder = start(settings)
    bodies = {who: larder.get("/a", fields=as_tenant(who)).body for who in ("red", "blue", None)}
    path = tmp_path / "t.jsonl"
    path.write_bytes(Admin(larder, token="reds").post("/export").body)
    assert [entry["tenant"] for entry in Lines(path).entries] == ["red"]
    assert Admin(larder, token="reds").post("/export?tenant=blue").status == 403
    assert Admin(larder, token="reds").post("/import", path.read_bytes()).status == 403
    whole = tmp_path / "whole.jsonl"
    whole.write_bytes(Admin(larder, token="all").post("/export").body)
    assert sorted(entry.get("tenant", "") for entry in Lines(whole).entries) == ["", "blue", "red"]
    for options, body in (([], bodies[None]), (["--tenant", "red"], bodies["red"])):
        assert replay(start, whole, *options).get("/a").body == body
    other = start(settings)
    assert Admin(other, token="all").post("/import", whole.read_bytes()).json["stored"] == 3
    assert {who: other.get("/a", fields=as_tenant(who)).body for who in bodies} == bodies
    nobody = Admin(start(ON)).post("/import", whole.read_bytes()).json
    assert nobody["stored"] == 1 and "its tenant is not configured" in nobody["faults"][0]


def test_it_tells_of_the_routes_that_are_used_alone(start, store, origin, tools, tmp_path):
    """From memory and from the disk; a tenant that has nothing learns nothing, and its export is one."""
    for path in ("/a", "/b"):
        origin.reply(path, path.encode(), fields=FRESH)
    settings = {**ON, "tenants": tenants(),
        "upstreams": {"hidden": {"url": origin.url + "/"}, "idle": {"url": "http://idle.example"}},
        "routes": [{"path": "/a", "upstream": "origin", "upstream_path": "/a"},
            {"path": "/blues", "upstream": "hidden", "upstream_path": "/b"},
            {"path": "/never", "upstream": "idle"}]}
    larder = store.open(settings)
    assert larder.get("/a", fields=as_tenant("red")).status == 200
    assert larder.get("/blues", fields=as_tenant("blue")).body == b"/b"
    settle(larder)
    path = tmp_path / "red.jsonl"
    for export in ([], ["--disk", store.path]):
        assert tools.run("export", path, "--tenant", "red",
            on=export or ["--admin", "http://" + Admin(larder).name]).returncode == 0
        config = Lines(path).manifest["config"]
        assert "path: /a" in config and not any(word in config for word in ("blue", "hidden", "idle", "never")), config
        assert replay(start, path, "--tenant", "red").get("/a").body == b"/a"
    whole = Lines(write(tmp_path / "whole.jsonl", Admin(larder).post("/export").body)).manifest["config"]
    assert all(word in whole for word in ("/blues", "hidden", "idle", "/never"))
    nothing = Lines(write(tmp_path / "none.jsonl", Admin(larder).post("/export?tenant=red&prefix=/x").body))
    assert nothing.end == {"larder_end": 0, "left_out": 0} and "/a" not in nothing.manifest["config"]
    assert replay(start, tmp_path / "none.jsonl").get("/a").status == 504


def test_a_tenant_of_another_namespace(start, origin, tmp_path):
    """Replayed as what it is; imported only where that is asked for."""
    origin.reply("/a", b"a", fields=FRESH)
    second = {**ON, "tenants": tenants(red={"namespace_version": 2})}
    larder = start(second)
    larder.get("/a", fields=as_tenant("red"))
    path = tmp_path / "t.jsonl"
    path.write_bytes(Admin(larder).post("/export").body)
    assert replay(start, path, "--tenant", "red").get("/a").body == b"a"
    first = Admin(start({**ON, "tenants": tenants()})).post("/import", path.read_bytes()).json
    assert first["stored"] == 0 and "another namespace_version" in first["faults"][0]
    other = start(second)
    assert Admin(other).post("/import", path.read_bytes()).json["stored"] == 1
    assert other.get("/a", fields=as_tenant("red")).hit
