"""From start to SIGTERM: listeners of each kind, TLS and its renewal, draining, thousands of clients."""

import signal
import socket
import ssl
import threading

import pytest

from harness import certs
from harness.client import Client, request_bytes
from harness.crowd import Crowd
from harness.larder import run
from harness.metrics import Metrics
from harness.origin import Origin
from harness.wait import until

FRESH = {"Cache-Control": "max-age=60"}


@pytest.fixture
def gate():
    event = threading.Event()
    yield event
    event.set()


# -- the end --------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_told(larder, number):
    larder.get("/a")
    larder.signal(number)
    assert larder.wait_exit() == 0


def refuses(address):
    """Whether no new connection is taken or answered."""
    try:
        with Client(address) as client:
            client.ask("/new")
            client.response()
    except (OSError, EOFError):
        return True
    return False


def test_requests_under_way_are_drained(larder, origin, gate):
    origin.reply("/a", pieces=[b"one", gate, b"two"], fields=FRESH)
    origin.reply("/head", b"late", hold=gate, fields=FRESH)
    idle = larder.client()
    idle.get("/idle")
    with larder.client() as body, larder.client() as head:
        body.ask("/a")
        body.body_to(3)
        head.ask("/head")
        origin.wait_for(1, "/head")
        larder.signal(signal.SIGTERM)
        until(lambda: refuses(larder.address), "new connections are refused")
        assert larder.process.poll() is None
        gate.set()
        assert body.response().body == b"onetwo"
        assert head.response().body == b"late"
    assert larder.wait_exit() == 0
    assert idle.closed()


def test_a_drain_has_an_end(start, origin):
    larder = start({"server": {"timeouts": {"drain": "300ms"}}})
    origin.reply("/a", pieces=[b"one", threading.Event(), b"two"], fields=FRESH)
    with larder.client() as client:
        client.ask("/a")
        client.body_to(3)
        larder.signal(signal.SIGTERM)
        assert larder.wait_exit() == 1, "something was broken off"
        assert not client.response().complete


def test_a_request_body_under_way_is_drained(larder, origin):
    origin.reply("/a", b"done")
    with larder.client() as client:
        client.send(b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nfirst")
        origin.wait_for(1, "/a")
        larder.signal(signal.SIGTERM)
        until(lambda: refuses(larder.address), "new connections are refused")
        client.send(b"_last")
        assert client.response().body == b"done"
    assert larder.wait_exit() == 0


# -- the beginning ----------------------------------------------------------------------------------


def test_a_port_in_use(start, larder):
    host, port = larder.address
    with pytest.raises(RuntimeError, match=f"{host}:{port}"):
        start({"server": {"listen": [f"{host}:{port}"]}})
    result = run("serve", "--upstream", "http://127.0.0.1:9", "--listen", f"{host}:{port}")
    assert result.returncode == 1
    assert f"{host}:{port}" in result.stderr and "in use" in result.stderr.lower()
    assert larder.get("/a").status == 404, "the first one goes on"


def test_a_certificate_that_is_not_there(tmp_path, start):
    with pytest.raises(RuntimeError, match="absent.pem"):
        start({"server": {"tls": {"certificate": str(tmp_path / "absent.pem"),
            "key": str(tmp_path / "absent.key")}}})


# -- listeners --------------------------------------------------------------------------------------


def ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


def test_all_kinds_of_listeners_at_once(start, origin, tmp_path):
    path = str(tmp_path / "larder.sock")
    listen = ["127.0.0.1:0", "unix:" + path, "127.0.0.1:0"] + (["[::1]:0"] if ipv6() else [])
    larder = start({"server": {"listen": listen}})
    origin.reply("/a", b"x", fields=FRESH)
    for number in range(len(listen)):
        with larder.client(number) as client:
            assert client.get("/a").body == b"x"
    assert origin.count() == 1, "one cache behind all of them"
    assert path in larder.listeners
    larder.stop()


def test_the_harness_tells_a_death(larder):
    larder.process.kill()
    larder.process.wait()
    with pytest.raises(AssertionError, match="ended by itself with -9"):
        larder.stop()


def test_a_unix_socket_left_behind_is_no_obstacle(start, origin, tmp_path):
    path = str(tmp_path / "larder.sock")
    first = start({"server": {"listen": ["unix:" + path]}})
    first.kill()
    second = start({"server": {"listen": ["unix:" + path]}})
    with second.client() as client:
        assert client.get("/a").status == 404


def test_a_unix_socket_in_use_is_not_taken_away(start, origin, tmp_path):
    path = str(tmp_path / "larder.sock")
    first = start({"server": {"listen": ["unix:" + path]}})
    with pytest.raises(RuntimeError):
        start({"server": {"listen": ["unix:" + path]}})
    with first.client() as client:
        assert client.get("/a").status == 404


@pytest.mark.skipif(not ipv6(), reason="no IPv6 here")
def test_an_origin_on_ipv6(start, clock):
    server = Origin(host="::1", clock=clock)
    try:
        server.reply("/a", b"six", fields=FRESH)
        larder = start(url=server.url)
        assert larder.get("/a").body == b"six"
        assert server.last().field("Host") == server.authority
    finally:
        server.stop()


# -- TLS ----------------------------------------------------------------------------------------------


@pytest.fixture
def certificate(tmp_path):
    return certs.make(tmp_path, "first")


@pytest.fixture
def secure(start, certificate):
    return start({"server": {"tls": {
        "certificate": certificate.certificate, "key": certificate.key}}})


def serial(larder):
    """The serial number of the certificate that larder shows now."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with Client(larder.address, tls=context) as client:
        raw = client.socket.getpeercert(binary_form=True)
    return certs.serial_of(ssl.DER_cert_to_PEM_cert(raw))


def test_tls(secure, origin, certificate):
    origin.reply("/a", b"x" * 100_000, fields=FRESH)
    context = certificate.client_context()
    with Client(secure.address, tls=context) as client:
        assert client.socket.version() in ("TLSv1.2", "TLSv1.3")
        for _ in range(3):
            assert client.get("/a").body == b"x" * 100_000
    assert origin.count() == 1


def test_old_tls_is_refused(secure):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        Client(secure.address, tls=context)


def test_plain_http_on_a_tls_listener(secure):
    with Client(secure.address) as client:
        client.send(request_bytes("/a"))
        with pytest.raises((EOFError, OSError, ValueError, AssertionError)):
            client.response()
    assert secure.process.poll() is None


def test_a_certificate_is_renewed_by_reload(secure, origin, certificate, tmp_path):
    """SIGHUP: new connections see the new one, those under way go on."""
    origin.reply("/a", b"x", fields=FRESH)
    old = certificate.serial()
    assert serial(secure) == old
    with Client(secure.address, tls=certificate.client_context()) as client:
        assert client.get("/a").body == b"x"
        renewed = certs.make(tmp_path, "second")
        renewed.replace(certificate)
        secure.signal(signal.SIGHUP)
        until(lambda: serial(secure) == renewed.serial() != old, "the new certificate is shown")
        assert client.get("/a").body == b"x"


def test_a_reload_with_a_bad_certificate_keeps_the_old(secure, certificate):
    old = certificate.serial()
    with open(certificate.certificate, "w", encoding="ascii") as file:
        file.write("not a certificate\n")
    seen = len(secure.stderr)
    secure.signal(signal.SIGHUP)
    until(lambda: any(certificate.certificate in line for line in secure.stderr[seen:]),
        "the fault is told")
    assert serial(secure) == old


def test_reload_without_tls_does_no_harm(larder, origin):
    origin.reply("/a", b"x", fields=FRESH)
    larder.get("/a")
    larder.signal(signal.SIGHUP)
    until(lambda: larder.get("/a").hit, "it goes on")


def test_reload_reopens_the_access_log(start, origin, tmp_path):
    """As logrotate does it: renamed, then SIGHUP."""
    log, kept = tmp_path / "access.log", tmp_path / "access.log.1"
    larder = start({"log": {"access": str(log)}})
    larder.get("/before")
    until(lambda: log.exists() and "/before" in log.read_text(), "a line")
    log.rename(kept)
    larder.signal(signal.SIGHUP)
    until(log.exists, "a new file")
    larder.get("/after")
    until(lambda: "/after" in log.read_text(), "a line in the new file")
    assert "/after" not in kept.read_text()


# -- many ---------------------------------------------------------------------------------------------


@pytest.mark.heavy
def test_thousands_of_connections_are_kept(start, origin):
    larder = start({"server": {"max_connections": 10000}})
    origin.reply("/a", b"x" * 2048, fields=FRESH)
    larder.get("/a")
    before = larder.resident()
    with Crowd(larder.address, 3000) as crowd:
        larder.wait_metric("http_connections", lambda count: count >= 3000)
        crowd.ask(request_bytes("/a"))
        crowd.wait_done()
        assert {member.end for member in crowd.members} == {"complete"}
        assert {bytes(member.reader.body) for member in crowd.members} == {b"x" * 2048}
        assert larder.resident() - before < 3000 * 100 * 1024
    assert origin.count() == 1


def test_too_many_connections_are_refused_not_queued(start, origin):
    larder = start({"server": {"max_connections": 20}})
    origin.reply("/a", b"x", fields=FRESH)
    clients = [larder.client() for _ in range(20)]
    for client in clients:
        assert client.get("/a").body == b"x"
    assert refuses(larder.address)
    for client in clients:
        assert client.get("/a").body == b"x"
    told = Metrics(clients[0].get("/metrics").body.decode())
    assert told.sum("http_rejected_total", reason="connection-limit") >= 1
    for client in clients:
        client.close()
    until(lambda: not refuses(larder.address), "there is room again")
