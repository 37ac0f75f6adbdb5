"""Tenants of a configuration, and asking as one of them."""

import hashlib

KEYS = {"red": "red-key-of-a-tenant", "blue": "blue-key-of-a-tenant"}


def digest(key):
    return hashlib.sha256(key if isinstance(key, bytes) else key.encode()).hexdigest()


def tenants(**changes):
    """Two tenants with a key each; changes: more of each one's settings."""
    return {name: {"keys": [digest(key)], **changes.get(name, {})} for name, key in KEYS.items()}


def as_tenant(name):
    """The fields of a request of a tenant's, or of nobody's (None)."""
    return {"X-API-Key": KEYS[name]} if name else {}


def bearer(name):
    return {"Authorization": f"Bearer {KEYS[name]}"}
