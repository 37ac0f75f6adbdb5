"""SIGTERM while operators' calls are under way: they are finished within server.timeouts.drain, as clients' requests are."""

import http.client
import json
import os
import signal
import socket

import pytest

from harness.admin import Admin
from harness.larder import merge

ON = {"admin": {"listen": ["127.0.0.1:0"]}}
SHORT = {"server": {"timeouts": {"drain": "300ms"}}}
FRESH = {"Cache-Control": "max-age=600"}
COUNT, SIZE = 60, 256 * 1024


@pytest.fixture
def filled(start, origin):
    """filled(settings): a larder with more than sockets hold."""
    def fill(settings=None):
        larder = start(merge(ON, settings or {}))
        for number in range(COUNT):
            origin.reply(f"/{number}", os.urandom(SIZE), fields=FRESH)
            larder.get(f"/{number}")
        return larder
    return fill


def connect(larder):
    host, port = Admin(larder).name.rsplit(":", 1)
    return socket.create_connection((host, int(port)))


def call(larder, path, body=b"", whole=None):
    """A call whose body is sent so far; its connection."""
    link = connect(larder)
    link.sendall(f"POST /api/v1{path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/jsonl\r\n"
        f"Content-Length: {len(body) if whole is None else whole}\r\n\r\n".encode() + body)
    return link


def answer_of(link):
    response = http.client.HTTPResponse(link)
    response.begin()
    return response


def stop(larder):
    larder.signal(signal.SIGTERM)
    larder.wait_event("draining")


def test_an_export_is_finished(filled):
    larder = filled()
    link = call(larder, "/export")
    export = answer_of(link)
    first = export.readline()
    stop(larder)
    lines = export.read().splitlines()
    assert json.loads(first)["larder_export"] == 1
    assert json.loads(lines[-1]) == {"larder_end": COUNT, "left_out": 0}
    assert larder.wait_exit() == 0


def test_an_import_is_finished(filled, start):
    lines = Admin(filled()).post("/export").body
    larder = start(merge(ON, {"admin": {"import_bytes": "64MiB"}}))
    link = call(larder, "/import", lines[:1000], len(lines))
    link.sendall(lines[1000:2000])
    Admin(larder).get("/stats")
    stop(larder)
    link.sendall(lines[2000:])
    answer = answer_of(link)
    assert answer.status == 200 and json.load(answer)["stored"] == COUNT
    assert answer.getheader("Connection") == "close"
    assert larder.wait_exit() == 0


@pytest.mark.parametrize("again", [False, True])
def test_what_does_not_end_is_broken_off(filled, again):
    larder = filled({} if again else SHORT)
    link = call(larder, "/export")
    assert answer_of(link).status == 200
    stop(larder)
    if again:
        larder.signal(signal.SIGTERM)
    assert larder.wait_exit() == 1
    (event,) = larder.wait_event("drain-broken-off")
    assert event["detail"] == "0 requests are not finished, 1 admin calls"
    link.close()


def test_who_does_not_call_holds_nothing(start):
    larder = start(ON)
    silent, begun, idle = connect(larder), connect(larder), Admin(larder)
    begun.sendall(b"GET /api/v1/stats HTTP/1.1\r\nHost: local")
    assert idle.get("/stats").status == 200
    stop(larder)
    assert larder.wait_exit() == 0
    for link in silent, begun:
        link.close()


def test_nobody_new_is_taken_meanwhile(filled):
    larder = filled()
    link = call(larder, "/export")
    export = answer_of(link)
    stop(larder)
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        answer_of(call(larder, "/reload"))
    assert b"larder_end" in export.read().splitlines()[-1]
    assert larder.wait_exit() == 0
