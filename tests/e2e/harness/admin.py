"""The admin API of a larder: JSON asked and answered.

	admin = Admin(larder)           the first admin listener; token="..." for one of admin.tokens
	admin.get("/stats")             what stands behind /api/v1
	admin.post("/purges", {...})    a dict or list is sent as JSON, bytes as they are
An Answer has .status, .json (None where it is none), .body and .headers. What isn't JSON in the documented form
fails the test here.
"""

import http.client
import json
import socket

from harness.wait import PATIENCE

BASE = "/api/v1"
WHOLE = (BASE + "/", "/health")  # paths that are all there


class Answer:
    def __init__(self, response, method="GET"):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()
        kind = (self.headers.get("Content-Type") or "").split(";")[0]
        self.json = json.loads(self.body) if kind.endswith("json") and self.body else None
        if self.status >= 400:
            assert kind == "application/problem+json", (self.status, kind, self.body)
            assert method == "HEAD" or self.json["status"] == self.status and self.json["detail"], self.json

    def __repr__(self):
        return f"{self.status} {self.body[:500]!r}"


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=PATIENCE)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(self._path)


class Admin:
    def __init__(self, larder, token=None, listener=0):
        names = [e["detail"] for e in larder.wait_event("admin-listening", listener + 1)]
        self.name = names[listener]
        self.token = token

    def _connection(self):
        if self.name.startswith("unix:"):
            return UnixConnection(self.name[len("unix:"):])
        host, port = self.name.rsplit(":", 1)
        return http.client.HTTPConnection(host.strip("[]"), int(port), timeout=PATIENCE)

    def call(self, method, path, body=None, headers=None):
        fields = dict(headers or {})
        if self.token is not None:
            fields.setdefault("Authorization", f"Bearer {self.token}")
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
            fields.setdefault("Content-Type", "application/json")
        connection = self._connection()
        try:
            connection.request(method, path if path.startswith(WHOLE) else BASE + path, body, fields)
            return Answer(connection.getresponse(), method)
        finally:
            connection.close()

    def get(self, path, **how):
        return self.call("GET", path, **how)

    def post(self, path, body=None, **how):
        return self.call("POST", path, body, **how)
