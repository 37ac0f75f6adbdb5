"""Certificates that are renewed by a reload: with all that it is about, or not at all."""

import json
import shutil
import ssl

import pytest

from harness import certs
from harness.larder import merge, run
from harness.table import table


def serial(address):
    pem = ssl.get_server_certificate(address)
    return certs.serial_of(pem)


@pytest.fixture
def running(start, tmp_path):
    """A larder with a certificate for clients and one for operators; what it presents to each."""
    class Running:
        made = {}

        def __init__(self):
            for who in ("front", "admin", "new"):
                (tmp_path / who).mkdir()
                self.made[who] = certs.make(tmp_path / who)
            self.larder = start({
                "server": {"tls": self.settings("front")},
                "admin": {"listen": ["127.0.0.1:0"], "tls": self.settings("admin")}})
            host, port = self.larder.wait_event("admin-listening")[0]["detail"].rsplit(":", 1)
            self.admin = (host, int(port))
            self.config = json.loads(self.larder.config_path.read_text())

        def settings(self, who):
            return {"certificate": self.made[who].certificate, "key": self.made[who].key}

        def reload(self):
            return run("reload", "--admin", f"https://localhost:{self.admin[1]}", "--insecure")

        def shown(self):
            return serial(self.larder.address), serial(self.admin)

        def renew(self, who):
            self.made["new"].replace(self.made[who])
            self.made["new"] = certs.make(tmp_path / "new")

    return Running()


def break_admin(running):
    with open(running.made["admin"].certificate, "w", encoding="ascii") as file:
        file.write("broken")


def swap_keys(running):
    shutil.copy(running.made["new"].key, running.made["admin"].key)


def break_config(running):
    running.larder.config_path.write_text("nonsense: 1")


def break_audit(running):
    running.larder.write_config(merge(running.config, {"admin": {"audit": "/nonexistent/x"}}))


def break_authorities(running):
    running.larder.write_config(merge(running.config, {"upstreams": {"origin": {
        "url": "https://127.0.0.1:1", "tls": {"ca_file": "/nonexistent/ca"}}}}))


@table("fault", [
    ("the admin's certificate", break_admin),
    ("another key", swap_keys),
    ("the configuration", break_config),
    ("the audit log", break_audit),
    ("authorities of an upstream", break_authorities),
])
def test_a_fault_elsewhere_leaves_it(running, fault):
    before = running.shown()
    running.renew("front")
    fault(running)
    failed = running.reload()
    assert failed.returncode == 2 and "nothing was changed" in failed.stderr, failed
    assert running.shown() == before
    running.renew("admin")
    running.larder.write_config(running.config)
    done = running.reload()
    assert done.returncode == 0, done
    assert running.shown() == (running.made["front"].serial(), running.made["admin"].serial())
    assert running.shown()[0] != before[0] and running.shown()[1] != before[1]
