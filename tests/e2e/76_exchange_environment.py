"""The configuration in an export is its writer's: it must not read the environment of who replays or imports it."""

import pytest

from harness.admin import Admin
from harness.exchange import Lines
from harness.larder import run
from harness.table import table

SECRET = {"LARDER_SECRET": "tok-abc123"}
TEXT = """cache:
  namespace_version: {version}
upstreams: {{ origin: {{ url: "{url}" }} }}
routes: [ {{ path: /, upstream: origin, public_url: "http://evil.example/{name}" }} ]
"""


@pytest.fixture
def lines(start, origin, tmp_path):
    origin.reply("/a", status=301, fields={"Cache-Control": "max-age=600", "Location": origin.url + "/b"})
    larder = start({"admin": {"listen": ["127.0.0.1:0"]}})
    larder.get("/a")
    path = tmp_path / "a.jsonl"
    path.write_bytes(Admin(larder).post("/export").body)
    return Lines(path)


def written(lines, tmp_path, origin, **parts):
    lines.manifest["config"] = TEXT.format(**{"url": origin.url, "version": 1, "name": "x", **parts})
    return lines.write(tmp_path / "b.jsonl")


@table("parts", [
    ("in a number", {"version": "${LARDER_SECRET}"}),
    ("in an address", {"url": "${LARDER_SECRET}"}),
    ("in what would be sent", {"name": "${LARDER_SECRET}"}),
    ("with a default", {"name": "${LARDER_SECRET:-x}"}),
])
def test_it_stays_what_it_is(origin, tmp_path, lines, parts):
    path = written(lines, tmp_path, origin, **parts)
    for command in (["replay", path], ["import", path, "--disk", tmp_path / "other"]):
        done = run(*command, env=SECRET)
        assert done.returncode != 0 and "${LARDER_SECRET" in done.stderr, done
        assert "tok" not in done.stderr
