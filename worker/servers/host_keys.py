"""The keys by which customers know the pickup server: made once, kept, never replaced on the quiet.

A key that changes locks every careful customer out, and teaches the others to ignore the warning that
protects them. So the public half stays beside the private one, and a private key that is gone while its
public half is still there is an error for a person, not a reason to make another.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from paramiko import Ed25519Key, PKey, RSAKey, SSHException

from models.errors import ConfigurationError

_RSA_BITS = 3072  # as strong as the 128 bits of the rest (NIST SP 800-57 part 1, table 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    name: str
    """As clients call it."""
    file_name: str
    make: Callable[[], Ed25519PrivateKey | RSAPrivateKey]
    read: Callable[[str], PKey]


_KINDS = (
    _Kind(
        name="ED25519",
        file_name="sftp_host_key_ed25519",
        make=Ed25519PrivateKey.generate,
        read=Ed25519Key.from_private_key_file,
    ),
    _Kind(
        name="RSA",
        file_name="sftp_host_key_rsa",
        make=lambda: generate_private_key(public_exponent=65_537, key_size=_RSA_BITS),
        read=RSAKey.from_private_key_file,
    ),
)

KIND_NAMES = tuple(kind.name for kind in _KINDS)


def host_keys(home: Path) -> tuple[PKey, ...]:
    """The server's keys, Ed25519 first; made on the first call for a home.

    Raises `ConfigurationError` when a key is lost, damaged, or readable for others.
    """
    return tuple(_host_key(home, kind) for kind in _KINDS)


def fingerprint(key: PKey) -> str:
    """As `ssh-keygen -l` and every client shows it: `SHA256:…`."""
    return str(key.fingerprint)


def _host_key(home: Path, kind: _Kind) -> PKey:
    private, public = home / kind.file_name, home / f"{kind.file_name}.pub"
    if not private.exists():
        if public.exists():
            raise ConfigurationError(
                f"the pickup server's host key {private} is gone",
                remedy=f"restore it from a backup; to make a new one, which every customer must then accept, "
                f"delete {public}",
                code="host_key_lost",
            )
        _make(private, kind)
    key = _read(private, kind)
    if not public.exists():
        public.write_text(f"{key.get_name()} {key.get_base64()} waybill\n", encoding="ascii")
    return key


def _make(private: Path, kind: _Kind) -> None:
    text = kind.make().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    draft = private.with_name(f"{private.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, private)  # whole or not at all; where two start at once, the first one's key stays
        except FileExistsError:
            return
    finally:
        draft.unlink()


def _read(private: Path, kind: _Kind) -> PKey:
    if private.stat().st_mode & 0o077:
        raise ConfigurationError(
            f"the pickup server's host key {private} can be read by others",
            remedy=f"run: chmod 600 {private}",
            code="host_key_exposed",
        )
    try:
        return kind.read(str(private))
    except (SSHException, OSError, ValueError) as error:
        raise ConfigurationError(
            f"the pickup server's host key {private} cannot be read: {error}",
            remedy="restore it from a backup, readable for this account",
            code="host_key_unreadable",
        ) from error
