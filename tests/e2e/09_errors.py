"""Origins that fail: each failure has a status, a problem and a Proxy-Status, and nothing stays."""

import json
import signal
import socket
import threading

import pytest

from harness import certs
from harness.larder import merge
from harness.metrics import equals
from harness.origin import CLOSE, STALL, Origin
from harness.ports import held
from harness.status import entries

FRESH = {"Cache-Control": "max-age=60"}
TIMEOUTS = ("connect", "first_byte", "idle", "total")


def assert_problem(response, status, *errors):
    """A problem+json of larder's own, whose Proxy-Status names one of these errors (RFC 9209)."""
    assert response.status == status, response
    assert response.field("Content-Type") == "application/problem+json"
    problem = json.loads(response.body)
    assert problem["status"] == status and problem["title"]
    listed = entries(response.field("Proxy-Status"))
    assert listed[-1].name == "larder" and listed[-1]["error"] in errors, listed
    assert "no-store" in response.field("Cache-Control")
    assert response.cache.name == "larder"


def short(**timeouts):
    """Patient with all that is not said."""
    return {"upstreams": {"origin": {"timeouts": {name: "2m" for name in TIMEOUTS} | timeouts}}}


def test_an_origin_that_is_not_there(start):
    with held() as port:
        larder = start(url=f"http://127.0.0.1:{port}")
        for _ in range(2):
            assert_problem(larder.get("/a"), 502, "connection_refused")
        larder.wait_metric("upstream_errors_total", equals(2), reason="connect")


def test_an_origin_without_a_name(start):
    larder = start(url="http://no-such-host.invalid")
    response = larder.get("/a")
    assert response.status in (502, 504)
    assert_problem(response, response.status, "dns_error", "dns_timeout", "connection_timeout")


def test_it_works_again_as_soon_as_the_origin_does(start, clock):
    with held() as port:
        larder = start(url=f"http://127.0.0.1:{port}")
        assert larder.get("/a").status == 502
        back = Origin(clock=clock, port=port)
    try:
        back.reply("/a", b"back", fields=FRESH)
        assert larder.get("/a").body == b"back"
    finally:
        back.stop()


def test_no_connection_in_time(start):
    """A listener whose backlog is full lets connects hang."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = []
        for _ in range(8):
            link = socket.socket()
            link.setblocking(False)
            link.connect_ex(full.getsockname())
            waiting.append(link)
        larder = start(short(connect="300ms"), url=f"http://127.0.0.1:{full.getsockname()[1]}")
        assert_problem(larder.get("/a"), 504, "connection_timeout")
        larder.wait_metric("upstream_errors_total", equals(1), reason="connect-timeout")
        for link in waiting:
            link.close()


def test_no_first_byte_in_time(start, origin):
    larder = start(short(first_byte="300ms"))
    origin.reply("/a", hold=threading.Event())
    assert_problem(larder.get("/a"), 504, "http_response_timeout")
    larder.wait_metric("upstream_errors_total", equals(1), reason="first-byte-timeout")


def test_silence_in_the_middle(start, origin):
    larder = start(short(idle="300ms"))
    origin.reply("/a", pieces=[b"half" * 1000, STALL, b"rest"], fields=FRESH)
    response = larder.get("/a")
    assert response.status == 200 and not response.complete
    larder.wait_metric("upstream_errors_total", equals(1), reason="idle-timeout")


def test_a_slow_but_steady_body_is_no_silence(start, origin):
    """It takes longer than may be silence, in pieces."""
    larder = start(short(idle="3s"))
    beat = threading.Event()

    def pieces():
        for _ in range(8):
            beat.wait(0.5)
            yield b"x"
    origin.reply("/a", pieces=pieces(), framing="chunked", fields=FRESH)
    response = larder.get("/a")
    assert response.complete and response.body == b"x" * 8


def test_a_body_without_end(start, origin):
    larder = start(short(total="900ms"))
    beat, stop = threading.Event(), threading.Event()

    def pieces():
        while not stop.is_set():
            beat.wait(0.05)
            yield b"x" * 1000
    origin.reply("/a", pieces=pieces(), framing="chunked", fields=FRESH)
    response = larder.get("/a")
    stop.set()
    assert response.status == 200 and not response.complete
    larder.wait_metric("upstream_errors_total", equals(1), reason="total-timeout")


@pytest.mark.parametrize("raw", [
    b"", b"nonsense\r\n\r\n", b"HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Len",
    b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nabc"],
    ids=["closed", "nonsense", "no-status", "half-a-head", "another-protocol", "two-lengths",
        "negative-length"])
def test_what_is_not_http(larder, origin, raw):
    origin.reply("/a", raw=raw)
    response = larder.get("/a")
    assert_problem(response, 502, "http_protocol_error", "http_response_incomplete",
        "connection_terminated")
    origin.reply("/a", b"fine", fields=FRESH)
    assert larder.get("/a").body == b"fine"


def test_a_response_header_that_is_too_large(start, origin):
    larder = start({"upstreams": {"origin": {"max_header_bytes": "8KiB"}}})
    origin.reply("/a", b"x", fields={**FRESH, "X-A": "a" * 20_000})
    assert_problem(larder.get("/a"), 502, "http_response_header_section_size", "http_protocol_error")
    origin.reply("/a", b"x", fields={**FRESH, "X-A": "a" * 4_000})
    assert larder.get("/a").body == b"x"


def test_errors_are_shared_but_not_kept(larder, origin):
    origin.reply("/a", raw=b"nonsense\r\n\r\n")
    for count in (1, 2, 3):
        assert larder.get("/a").status == 502
        assert origin.count("/a") == count


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500, 503])
def test_errors_of_the_origin_pass_as_they_are(larder, origin, status):
    origin.reply("/a", b"its own words", status=status,
        fields={"Content-Type": "text/x", "Retry-After": "7"})
    response = larder.get("/a")
    assert (response.status, response.body) == (status, b"its own words")
    assert response.field("Content-Type") == "text/x" and response.field("Retry-After") == "7"


def test_interim_responses_are_passed_over(larder, origin):
    origin.reply("/a", raw=b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 1\r\n\r\nx")
    response = larder.get("/a")
    assert response.status == 200 and response.body == b"x" and response.field("Link") is None
    assert larder.get("/a").hit


def test_a_connection_that_the_origin_closed_meanwhile(larder, origin):
    """A kept connection may be gone: the request is sent again on a new one."""
    for number in range(10):
        origin.reply(f"/{number}", b"x", fields=FRESH, framing="close")
        assert larder.get(f"/{number}").body == b"x"


# -- loops ------------------------------------------------------------------------------------


def test_larder_knows_itself_again(larder, origin):
    larder.get("/a", fields={"CDN-Loop": "other; x=1"})
    told = origin.last("/a").field("CDN-Loop")
    assert told.startswith("other") and "larder" in told
    assert_problem(larder.get("/b", fields={"CDN-Loop": told}), 508, "proxy_loop_detected")
    assert origin.count("/b") == 0
    larder.wait_metric("http_rejected_total", equals(1), reason="loop")


def test_a_real_loop_ends(larder):
    config = json.loads(larder.config_path.read_text())
    larder.write_config(merge(config, {"upstreams": {"origin": {"url": larder.url}}}))
    larder.signal(signal.SIGHUP)
    larder.wait_event("reloaded")
    response = larder.get("/a")
    assert response.status == 508
    larder.wait_metric("http_rejected_total", equals(1), reason="loop")


# -- TLS to the origin --------------------------------------------------------------------------


@pytest.fixture
def certificate(tmp_path):
    return certs.make(tmp_path, "localhost")


@pytest.fixture
def secure(certificate, clock):
    server = Origin(tls=certificate.server_context(), clock=clock)
    server.reply("/a", b"secret", fields=FRESH)
    yield server
    server.stop()


def test_a_certificate_of_nobody_is_refused(start, secure):
    larder = start(url=secure.url)
    response = larder.get("/a")
    assert_problem(response, 502, "tls_certificate_error", "tls_protocol_error")
    assert secure.count() == 0
    larder.wait_metric("upstream_errors_total", equals(1), reason="tls")


def test_a_certificate_of_an_authority_is_believed(start, secure, certificate):
    larder = start({"upstreams": {"origin": {"tls": {"ca_file": certificate.certificate}}}},
        url=secure.url)
    assert larder.get("/a").body == b"secret" and larder.get("/a").hit


def test_a_certificate_for_another_name_is_refused(start, secure, certificate):
    larder = start({"upstreams": {"origin": {"tls": {"ca_file": certificate.certificate}}}},
        url=secure.url.replace("127.0.0.1", "127.0.0.2"))
    assert larder.get("/a").status == 502


def test_verification_can_be_turned_off(start, secure):
    larder = start({"upstreams": {"origin": {"tls": {"verify": False}}}}, url=secure.url)
    assert larder.get("/a").body == b"secret"


def test_a_closed_connection_with_tls(start, secure):
    larder = start({"upstreams": {"origin": {"tls": {"verify": False}}}}, url=secure.url)
    secure.reply("/b", pieces=[b"half" * 1000, CLOSE, b"rest"], fields=FRESH)
    response = larder.get("/b")
    assert not response.complete or response.status == 502
