"""Signed events of the admin API.

	source = Source(admin, clock, "catalogue", SECRET)
	source.send({"ids": [1]})		its Answer; bytes are sent as they are
	source.field(body, at)			Larder-Signature of a body, made at (unix seconds)
"""

import hashlib
import hmac
import json
import time

SECRET = "a secret of 28 characters..."


def sign(secret, at, body):
    return hmac.new(secret.encode(), str(at).encode() + b"." + body, hashlib.sha256).hexdigest()


def bytes_of(body):
    return body if isinstance(body, bytes) else json.dumps(body).encode()


class Source:
    def __init__(self, admin, clock, name, secret=SECRET):
        self.admin, self.clock, self.name, self.secret = admin, clock, name, secret

    def now(self):
        return int(time.time()) + self.clock.offset_ms // 1000

    def field(self, body, at=None):
        at = self.now() if at is None else at
        return f"t={at},v1={sign(self.secret, at, bytes_of(body))}"

    def send(self, body, at=None, field=None):
        body = bytes_of(body)
        return self.admin.post(f"/events/{self.name}", body,
            headers={"Larder-Signature": field or self.field(body, at)})
