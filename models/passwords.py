"""Passwords that Waybill makes: long and random, shown once, kept as a slow hash (scrypt, RFC 7914)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from functools import cache

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that are taken for one another when a password is read out or copied by hand."""
_GROUPS, _GROUP = 5, 5  # 123 bits
_COST, _BLOCK, _PARALLEL = 2**14, 8, 1  # 16 MB and about 30 ms a check
_MEMORY = 64 << 20
_LONGEST = 1_024


def generate() -> str:
    """A new password: five groups of five letters and digits."""
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


def hashed(password: str) -> str:
    """What is kept of a password: method, costs, salt and hash, with `$` between."""
    salt = secrets.token_bytes(16)
    derived = _derive(password, salt, _COST, _BLOCK, _PARALLEL)
    return "$".join(["scrypt", str(_COST), str(_BLOCK), str(_PARALLEL), _text(salt), _text(derived)])


def matches(password: str, kept: str | None) -> bool:
    """Whether it is the password. Nothing kept takes as long as something, and never matches."""
    if not password or len(password) > _LONGEST:
        return False
    _, cost, block, parallel, salt, expected = (kept or _nobodys()).split("$")
    derived = _derive(password, base64.b64decode(salt), int(cost), int(block), int(parallel))
    return hmac.compare_digest(derived, base64.b64decode(expected)) and kept is not None


@cache
def _nobodys() -> str:
    return hashed(generate())


def _derive(password: str, salt: bytes, cost: int, block: int, parallel: int) -> bytes:
    secret = password.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(secret, salt=salt, n=cost, r=block, p=parallel, maxmem=_MEMORY, dklen=32)


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")
