"""Public keys as people paste them: one line `type base64 comment` of OpenSSH (RFC 4253 §6.6)."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_ssh_public_key

from models import names
from models.errors import InvalidInput

KINDS = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "ssh-rsa",
)
_SMALLEST_RSA = 2048
_REMEDY = (
    "give one line of a .pub file, such as ssh-ed25519 AAAA… name; make a key with: ssh-keygen -t ed25519"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """A checked key; `text` is `type base64`, `fingerprint` as `ssh-keygen -l` shows it."""

    text: str
    fingerprint: str
    comment: str


def parse(line: str) -> PublicKey:
    """Read one line; raises `InvalidInput` for anything but a usable public key."""
    if "PRIVATE KEY" in line:
        raise InvalidInput(
            "that is a private key, which nobody else should ever see",
            remedy="give the .pub file beside it; if the private one was sent to anyone, make a new pair",
            code="private_key",
        )
    kind, _, rest = " ".join(line.split()).partition(" ")
    encoded, _, comment = rest.partition(" ")
    if kind not in KINDS:
        # Anything else is not repeated: the file given by mistake may be one that the reader must not see.
        named = kind if kind.startswith(("ssh-", "ecdsa-", "sk-")) else "what was given"
        raise InvalidInput(
            f"{names.shown(named)} is not a kind of key that is accepted here",
            remedy=f"accepted are {', '.join(KINDS)}; {_REMEDY}",
            code="unknown_key_kind",
        )
    _check(kind, encoded)
    blob = base64.b64decode(encoded)
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode("ascii").rstrip("=")
    return PublicKey(
        text=f"{kind} {base64.b64encode(blob).decode('ascii')}",
        fingerprint=f"SHA256:{digest}",
        comment="".join(letter for letter in comment if letter.isprintable())[:100],
    )


def _check(kind: str, encoded: str) -> None:
    try:
        base64.b64decode(encoded, validate=True)
        key = load_ssh_public_key(f"{kind} {encoded}".encode())
    except (ValueError, binascii.Error, UnsupportedAlgorithm) as error:
        raise InvalidInput(f"the key cannot be read: {error}", remedy=_REMEDY, code="damaged_key") from error
    if isinstance(key, RSAPublicKey) and key.key_size < _SMALLEST_RSA:
        raise InvalidInput(
            f"the RSA key has {key.key_size} bits, which can be broken",
            remedy=f"use at least {_SMALLEST_RSA}, or better: ssh-keygen -t ed25519",
            code="weak_key",
        )
