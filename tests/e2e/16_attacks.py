"""What a review and an attack have found once: each of these was a wrong answer, a hang or a leak."""

import socket
import threading

import pytest

from harness.client import Client, request_bytes
from harness.larder import run
from harness.metrics import equals
from harness.origin import Reply
from harness.wait import PATIENCE

FRESH = {"Cache-Control": "max-age=60"}


@pytest.mark.parametrize("fresh", [True, False], ids=["stored", "no-store"])
def test_head_of_a_chunked_answer_has_no_last_chunk(larder, origin, fresh):
    """RFC 9112 6.3: whatever stands behind it would be taken for the next answer."""
    fields = FRESH if fresh else {"Cache-Control": "no-store"}
    origin.reply("/a", b"12345", framing="chunked", fields=fields)
    with socket.create_connection(larder.address) as link:
        link.settimeout(PATIENCE)
        link.sendall(request_bytes("/a", method="HEAD", fields={"Connection": "close"}))
        data = b""
        while piece := link.recv(65536):
            data += piece
    assert data.endswith(b"\r\n\r\n") and data.count(b"\r\n\r\n") == 1, data


def test_what_connection_names_shapes_nothing_that_is_stored(larder, origin):
    origin.reply("/a", script=lambda seen: Reply(
        (seen.field("Accept") or "any").encode(), fields={**FRESH, "Vary": "Accept"}))
    poison = larder.get("/a", fields={"Accept": "text/xml", "Connection": "accept"})
    assert poison.body == b"any"
    assert larder.get("/a", fields={"Accept": "text/xml"}).body == b"text/xml"


def test_a_field_that_the_route_sends_on_selects(start, origin):
    larder = start({"routes": [{"path": "/", "upstream": "origin", "forward": ["X-Api-Key"]}]})
    origin.reply("/a", script=lambda seen: Reply(
        (seen.field("X-Api-Key") or "nobody").encode(), fields=FRESH))
    for _ in range(2):
        for who in ("alice", "bob"):
            assert larder.get("/a", fields={"X-Api-Key": who}).body == who.encode()
        assert larder.get("/a").body == b"nobody"
    assert origin.count() == 3


def test_an_empty_field_arrives(larder, origin):
    origin.reply("/a", b"x", fields={**FRESH, "X-Empty": ""})
    assert larder.get("/a").field("X-Empty") == ""


def test_a_304_that_nobody_asked_for_is_a_fault(larder, origin):
    origin.reply("/a", b"", status=304)
    response = larder.get("/a")
    assert response.status == 502 and "http_protocol_error" in response.field("Proxy-Status")


@pytest.mark.parametrize("size", [7000, 20_000])
def test_a_large_header_of_the_origin_is_sent_or_refused(larder, origin, size):
    origin.reply("/a", b"x", fields={**FRESH, "X-Large": "a" * size})
    for _ in range(2):
        response = larder.get("/a")
        assert response.status == (200 if size < 8192 else 502)
    assert origin.count() == (1 if size < 8192 else 2)


def test_a_client_that_left_while_it_waited_gives_its_place_back(start, origin):
    larder = start({"server": {"max_connections": 100}})
    gate = threading.Event()
    origin.reply("/slow", b"x", hold=gate, fields=FRESH)
    clients = [Client(larder.address) for _ in range(7)]
    for number, client in enumerate(clients):
        client.ask(f"/slow?{number}")
        client.close()
    larder.wait_metric("http_connections", lambda count: count <= 2)
    gate.set()
    origin.reply("/a", b"y")
    assert larder.get("/a").body == b"y"


def test_a_reload_does_not_get_what_was_there_before_it(larder, origin):
    gate = threading.Event()
    origin.replies("/a", Reply(pieces=[b"old" * 100, gate, b"end"], fields=FRESH),
        Reply(b"new", fields=FRESH))
    with larder.client() as first:
        first.ask("/a")
        first.body_to(300)
        fresh = larder.get("/a", fields={"Cache-Control": "no-cache"})
        assert fresh.body == b"new"
        gate.set()
        assert first.response().complete
    assert origin.count() == 2


def test_a_file_is_not_taken_for_a_stale_socket(tmp_path):
    victim = tmp_path / "notes.txt"
    victim.write_text("dear diary")
    done = run("serve", "--upstream", "http://127.0.0.1:1", "--listen", f"unix:{victim}")
    assert done.returncode == 1 and str(victim) in done.stderr
    assert victim.read_text() == "dear diary"


def test_a_spool_directory_that_is_not_there_is_told_at_start(tmp_path, start):
    with pytest.raises(RuntimeError, match="cache.spool.path"):
        start({"cache": {"spool": {"path": str(tmp_path / "none")}}})


def test_a_drain_can_be_cut_short(start, origin):
    """The second signal means it."""
    larder = start({"server": {"timeouts": {"drain": "60s"}}})
    gate = threading.Event()
    origin.reply("/slow", b"x", hold=gate)
    with larder.client() as client:
        client.ask("/slow")
        origin.wait_for(1, "/slow")
        larder.signal(15)
        larder.wait_event("draining")
        larder.signal(15)
        assert larder.wait_exit() == 1
    gate.set()


def test_an_upload_above_the_limit_is_given_up_at_once(start, origin):
    larder = start({"server": {"limits": {"body_bytes": "8KiB"}}})
    origin.reply("/a", b"x")
    with larder.client() as client:
        client.send(b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        client.send((b"400\r\n" + b"a" * 1024 + b"\r\n") * 9)
        larder.wait_metric("collapse_flights", equals(0))
        client.send(b"0\r\n\r\n")
        assert client.response().status == 413
    larder.wait_metric("http_rejected_total", equals(1), reason="body-too-large")


def test_a_client_that_leaves_a_quiet_stream_gives_its_place_back(larder, origin):
    gate = threading.Event()
    origin.reply("/a", pieces=[b"begin" * 100, gate, b"end"], fields={"Cache-Control": "no-store"})
    with larder.client() as client:
        client.ask("/a")
        client.body_to(500)
    larder.wait_metric("collapse_flights", equals(0))
    gate.set()


def test_a_204_keeps_the_connection(larder, origin):
    origin.reply("/a", b"", status=204)
    with larder.client() as client:
        for _ in range(2):
            response = client.get("/a", method="DELETE")
            assert response.status == 204 and response.field("Connection") is None
            assert response.field("Content-Length") is None
