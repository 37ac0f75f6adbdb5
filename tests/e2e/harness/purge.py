"""PURGE requests, and what they say of themselves."""

import hashlib
import json

TOKEN = "s3same, open"
SETTINGS = {"from": ["127.0.0.0/8"], "token_sha256": hashlib.sha256(TOKEN.encode()).hexdigest()}
BEARER = {"Authorization": f"Bearer {TOKEN}"}


def purge(larder, target, **fields):
    """An answered purge: what it says of itself."""
    response = larder.get(target, method="PURGE", fields={**BEARER, **named(fields)})
    assert response.status == 200, response
    assert response.field("Content-Type") == "application/json"
    assert response.field("Cache-Control") == "no-store"
    return json.loads(response.body)


def soft(larder, target, **fields):
    return purge(larder, target, Soft_Purge="1", **fields)


def named(fields):
    return {name.replace("_", "-"): value for name, value in fields.items()}
