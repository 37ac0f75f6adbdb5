"""Restarts: sockets that the service manager keeps, what it is told, and clients who must not notice."""

import itertools
import signal
import socket
import threading
import time

import pytest

from harness import certs
from harness.admin import Admin
from harness.client import Client
from harness.larder import merge
from harness.restarts import TARGETS, Load
from harness.wait import until

FRESH = {"Cache-Control": "max-age=3600"}
READY, STOPPING = "READY=1", "STOPPING=1"
WAITED_FOR = 2  # seconds: for the header of who has connected, while it drains


def body(number):
    return f"body {number} ".encode() * 200


@pytest.fixture
def stocked(origin):
    for number in range(TARGETS):
        origin.reply(f"/{number}", body(number), fields=FRESH)
    return origin


# -- sockets ----------------------------------------------------------------------------------------


def test_inherited_sockets_are_used(start, manager, stocked, tmp_path):
    """TCP, a Unix path and one for the admin listener; none of them is closed or removed by larder."""
    path = tmp_path / "web.sock"
    manager.listen("web")
    manager.listen("local", path)
    manager.listen("admin-api", tmp_path / "admin.sock")
    larder = start(manager.changes(), manager=manager)
    for listener in range(2):
        with larder.client(listener) as client:
            assert client.get("/1").body == body(1)
    assert Admin(larder).get("/config").status == 200
    larder.stop()
    assert path.exists() and (tmp_path / "admin.sock").exists()
    with Client(str(path)) as waiting:
        waiting.ask("/2")
        again = start(manager.changes(), manager=manager)
        assert waiting.response().body == body(2), "who came while none ran is answered by the next"
    again.stop()


def test_tls_on_an_inherited_socket(start, manager, stocked, tmp_path):
    certificate = certs.make(tmp_path, "first")
    manager.listen("web")
    larder = start(merge(manager.changes(), {"server": {"tls": {
        "certificate": certificate.certificate, "key": certificate.key}}}), manager=manager)
    for number in range(3):
        with Client(larder.address, tls=certificate.client_context()) as client:
            assert client.get(f"/{number}").body == client.get(f"/{number}").body == body(number)


def test_what_is_not_inherited_is_opened(start, manager, stocked):
    manager.listen("web")
    larder = start(merge(manager.changes(), {"server": {"listen": ["127.0.0.1:0", manager.name("web")]}}),
        manager=manager)
    assert [larder.client(i).get("/1").body for i in range(2)] == [body(1)] * 2


def fault_of(start, manager, changes):
    with pytest.raises(RuntimeError) as caught:
        start(changes, manager=manager)
    return str(caught.value)


def test_a_socket_that_fits_nothing(start, manager):
    manager.listen("web")
    stray = manager.listen("stray")
    fault = fault_of(start, manager, {"server": {"listen": [manager.name("web")]}})
    assert "stray" in fault and stray in fault and "server.listen" in fault


def test_a_socket_for_the_admin_listener_is_not_for_the_public(start, manager):
    address = manager.listen("admin")
    manager.listen("web")
    fault = fault_of(start, manager, {"server": {"listen": [manager.name("web"), address]}})
    assert address in fault and "in use" in fault.lower()


@pytest.mark.parametrize("kind, listening", [(socket.SOCK_STREAM, False), (socket.SOCK_DGRAM, False)])
def test_a_socket_that_does_not_listen(start, manager, kind, listening):
    manager.listen("web", kind=kind, listening=listening)
    fault = fault_of(start, manager, manager.changes())
    assert "web" in fault and "does not listen" in fault


def test_sockets_for_another_process_are_left_alone(start, origin):
    larder = start(env={"LISTEN_PID": "1", "LISTEN_FDS": "1"})
    assert larder.get("/a").status == 404


def test_limits_hold_for_inherited_sockets(start, manager, stocked):
    manager.listen("web")
    larder = start(merge(manager.changes(), {"server": {"max_connections": 5}}), manager=manager)
    clients = [larder.client() for _ in range(5)]
    for client in clients:
        assert client.get("/1").status == 200
    with larder.client() as client, pytest.raises((EOFError, OSError)):
        client.get("/1")
    assert b'reason="connection-limit"} 1' in clients[0].get("/metrics").body


# -- draining -----------------------------------------------------------------------------------------


def test_who_comes_while_it_drains_waits_for_the_next(start, manager, stocked):
    """The old one is busy with an answer, the next isn't there yet: nobody is turned away."""
    gate = threading.Event()
    stocked.reply("/slow", pieces=[b"one", gate, b"two"], fields=FRESH)
    manager.listen("web")
    old = start(manager.changes(), manager=manager)
    with old.client() as slow:
        slow.ask("/slow")
        slow.body_to(3)
        old.signal(signal.SIGTERM)
        manager.wait(STOPPING)
        with old.client() as client:
            client.ask("/3")
            new = start(manager.changes(), manager=manager)
            assert client.response().body == body(3)
        gate.set()
        assert slow.response().body == b"onetwo"
    assert old.wait_exit() == 0
    assert new.get("/4").body == body(4)


def test_who_was_taken_is_answered_before_the_end(start, manager, stocked):
    """Connected, and the request is still to come when the drain begins."""
    manager.listen("web")
    rounds = itertools.count(1)

    def answered():
        """False: it was sent later than is waited for it."""
        old, begun = start(manager.changes(), manager=manager), time.monotonic()
        with old.client() as client:
            old.wait_metric("http_connections", lambda count: count >= 2)
            old.signal(signal.SIGTERM)
            manager.wait(STOPPING, next(rounds))
            try:
                in_time = client.get("/5").body == body(5)
            except (EOFError, OSError):
                in_time = False
        assert in_time or time.monotonic() - begun > WAITED_FOR
        return old.wait_exit() == 0 and in_time

    until(answered, "who is in time is answered")


def test_restarts_under_load_lose_no_connection(start, manager, stocked):
    manager.listen("web")
    running = start(manager.changes(), manager=manager)
    load = Load(running.address, body)
    for _ in range(10):
        before = load.answered
        new = start(manager.changes(), manager=manager)
        running.stop()
        running = new
        until(lambda count=before: load.answered > count + 50, "the load goes on")
    load.stop()
    assert not load.failures, load.failures[:5]


# -- the service manager ------------------------------------------------------------------------------


def test_the_manager_is_told(start, manager):
    manager.listen("web")
    larder = start(manager.changes(), manager=manager)
    manager.wait(READY)
    larder.signal(signal.SIGHUP)
    reloading = manager.wait("RELOADING=1")[0]
    assert any(line.startswith("MONOTONIC_USEC=") for line in reloading), reloading
    manager.wait(READY, 2)
    larder.config_path.write_text("nonsense: [")
    larder.signal(signal.SIGHUP)
    assert any(line.startswith("STATUS=") and "faults" in line for line in manager.wait(READY, 3)[-1])
    larder.stop()
    stopping, = manager.wait(STOPPING)
    assert any(line.startswith("STATUS=") for line in stopping), stopping


def test_ready_is_said_when_all_is_open(start, manager):
    """With what listens, so that who waits for it can connect; and never where the start failed."""
    manager.listen("web")
    manager.listen("stray")
    fault_of(start, manager, {"server": {"listen": [manager.name("web")]}})
    assert not manager.messages


def test_the_watchdog_is_fed_while_the_loops_turn(start, manager):
    manager.watchdog_ms = 400
    manager.listen("web")
    start(manager.changes(), manager=manager)
    manager.wait("WATCHDOG=1", 5)
