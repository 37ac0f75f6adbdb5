"""One raw connection to larder: what is sent is sent as it stands, what comes is read to the byte.

	with Client(address) as client:
		client.send(b"GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
		response = client.response()

An address is (host, port) or the path of a Unix socket. Threads: one at a time.
"""

import socket
import ssl

from harness.message import Reader
from harness.wait import PATIENCE


def connect(address, receive_buffer=None):
    """A connected socket, Unix or TCP."""
    if isinstance(address, str):
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    else:
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        link = socket.socket(family, socket.SOCK_STREAM)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if receive_buffer:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    link.settimeout(PATIENCE)
    link.connect(address)
    return link


def pairs(fields):
    """[(name, value)] from a dict or a list."""
    return list(fields.items()) if isinstance(fields, dict) else list(fields)


def request_bytes(target, method="GET", fields=(), body=b"", version="HTTP/1.1"):
    """A well-formed request; Host and Content-Length are added where they are missing."""
    fields = pairs(fields)
    names = {name.lower() for name, _ in fields}
    if "host" not in names and version == "HTTP/1.1":
        fields.insert(0, ("Host", "larder.test"))
    if body and not names & {"content-length", "transfer-encoding"}:
        fields.append(("Content-Length", str(len(body))))
    lines = [f"{method} {target} {version}", *(f"{name}: {value}" for name, value in fields)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


class Client:
    def __init__(self, address, tls=None, receive_buffer=None):
        self.socket = connect(address, receive_buffer)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")
        self.reader = None
        self.spare = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def reset(self):
        """Leaves without a farewell."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)
        return self

    def ask(self, target, **how):
        """Sends a well-formed request."""
        self.begin(how.get("method", "GET"))
        return self.send(request_bytes(target, **how))

    def get(self, target, **how):
        """Sends a well-formed request and reads its whole response."""
        self.ask(target, **how)
        return self.response()

    # -- reading ----------------------------------------------------------------------------

    def begin(self, method="GET"):
        """The next bytes belong to the response to a request of this method."""
        self.reader = Reader(method)
        self.reader.feed(self.spare)
        self.spare = b""

    def more(self):
        """Feeds what has come; False at the end of the connection."""
        try:
            data = self.socket.recv(65536)
        except (ConnectionResetError, ssl.SSLError):
            data = b""
        if data:
            self.reader.feed(data)
        else:
            self.reader.eof()
        return bool(data)

    def head(self, method="GET"):
        """The response once its head is there; body and complete are filled later."""
        if self.reader is None:
            self.begin(method)
        while self.reader.response is None:
            if not self.more():
                raise EOFError(f"closed before a response: {bytes(self.reader.pending)!r}")
        return self.reader.response

    def body_to(self, size):
        """The first `size` bytes of the body as soon as they are there."""
        self.head()
        while len(self.reader.body) < size:
            if not self.more():
                raise EOFError(f"closed after {len(self.reader.body)} of {size} bytes")
        return bytes(self.reader.body[:size])

    def response(self, method="GET"):
        """The whole response; complete is False when it broke off."""
        response = self.head(method)
        while not self.reader.complete and self.more():
            pass
        response.body = bytes(self.reader.body)
        self.spare, self.reader = bytes(self.reader.pending), None
        return response

    def closed(self):
        """Whether the peer closes now (nothing more must come)."""
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            data = b""
        assert not data, f"more than expected: {data!r}"
        return True
