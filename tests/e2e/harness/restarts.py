"""A load that goes on while larders come and go behind one socket, and counts what that costs its clients.

Openers have a new connection for each request: one that isn't answered is a failure. Keepers ask again and again
on one connection. Where it is closed before a byte of the answer came, and it had been idle, they ask again on a
new one, as HTTP has clients do (RFC 9110 9.2.2, RFC 9112 9.3.1); that is counted apart. Everything else is a
failure.

Threads: one a client, until stop(). The counts are read afterwards.
"""

import threading

from harness.client import Client

TARGETS = 20


class Load:
    def __init__(self, address, expected, openers=4, keepers=4):
        self.address = address
        self.expected = expected  # of a number below TARGETS: the body
        self.answered = self.connections = self.asked_again = 0
        self.failures = []
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(step, number), daemon=True)
            for step, count in ((self._open, openers), (self._keep, keepers)) for number in range(count)]
        for thread in self._threads:
            thread.start()

    def stop(self):
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _run(self, step, number):
        client = None
        while not self._over.is_set():
            number = (number + 1) % TARGETS
            try:
                client = step(client, number)
            except (OSError, EOFError, AssertionError, ValueError) as fault:
                client = None
                with self._lock:
                    self.failures.append(f"{step.__name__}: {type(fault).__name__}: {fault}")
        if client is not None:
            client.close()

    def _connect(self):
        with self._lock:
            self.connections += 1
        return Client(self.address)

    def _read(self, client, number):
        response = client.response()
        assert response.complete and response.status == 200, response
        assert response.body == self.expected(number), f"the body of {number}"
        with self._lock:
            self.answered += 1
        return (response.field("Connection") or "").lower() == "close"

    def _open(self, _, number):
        with self._connect() as client:
            client.ask(f"/{number}")
            self._read(client, number)

    def _keep(self, client, number):
        if client is None:
            client = self._connect()
            client.ask(f"/{number}")
        elif not self._ask_on(client, number):
            client.close()
            with self._lock:
                self.asked_again += 1
            client = self._connect()
            client.ask(f"/{number}")
        if self._read(client, number):
            client.close()
            return None
        return client

    @staticmethod
    def _ask_on(client, number):
        """On a connection that was idle: false where it was closed without a byte of an answer."""
        try:
            client.ask(f"/{number}")
            return client.more()
        except OSError:
            return False
