"""Signed events of the admin API.

	source = Source(admin, clock, "catalogue")	its secret is secret_of("catalogue") unless another is given
	source.send({"ids": [1]})		its Answer; bytes are sent as they are
	source.field(body, at)			Larder-Signature of a body, made at (unix seconds, as they are written)
"""

import hashlib
import hmac
import json
import time

SECRET = "a secret of 28 characters..."


def secret_of(name):
    return f"{SECRET} {name}"


def sign(secret, at, body):
    return hmac.new(secret.encode(), str(at).encode() + b"." + body, hashlib.sha256).hexdigest()


def bytes_of(body):
    return body if isinstance(body, bytes) else json.dumps(body).encode()


class Source:
    def __init__(self, admin, clock, name, secret=None):
        self.admin, self.clock, self.name = admin, clock, name
        self.secret = secret_of(name) if secret is None else secret

    def now(self):
        return int(time.time()) + self.clock.offset_ms // 1000

    def field(self, body, at=None):
        at = self.now() if at is None else at
        return f"t={at},v1={sign(self.secret, at, bytes_of(body))}"

    def send(self, body, at=None, field=None):
        body = bytes_of(body)
        return self.admin.post(f"/events/{self.name}", body,
            headers={"Larder-Signature": field or self.field(body, at)})
