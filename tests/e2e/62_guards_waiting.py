"""Who waits for a guard's verdict: nobody for ever."""

import threading

from harness.metrics import equals

JSON = "application/json"
ROUTE = {"path": "/", "upstream": "origin", "guard": {"json": {"require": ["/z"]}}}


def test_who_waits_for_a_verdict_is_woken_where_there_is_no_room(start, origin):
    """Not to be stored, and longer than what may lie in the spool: it passes, to both."""
    larder = start({"cache": {"spool": {"limit": "1MiB"}, "memory": {"max_object": "64KiB"}}, "routes": [ROUTE]})
    body = b'{"rows":[' + b"1," * (3 * 1024 * 1024) + b'1],"z":1}'
    gate, later, first = threading.Event(), threading.Event(), 1024 * 1024 - 100
    origin.reply("/a", pieces=[body[:first], later, body[first:]], hold=gate, length=len(body), fields={"Content-Type": JSON})
    with larder.client() as one, larder.client() as other:
        one.ask("/a")
        origin.wait_for(1)
        other.ask("/a")
        larder.wait_metric("collapse_waiters", equals(2))
        gate.set()
        assert one.body_to(first) == body[:first]
        answers = []
        reading = threading.Thread(target=lambda: answers.append(one.response()))
        reading.start()
        later.set()
        assert other.response().body == body
        reading.join()
        assert answers[0].body == body
