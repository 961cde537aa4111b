"""Where an SFTP server is, as whom to log in, and how its trouble is called."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import StringIO

from paramiko import ECDSAKey, Ed25519Key, PKey, RSAKey, SSHException

from models.errors import ConfigurationError

UNREACHABLE, LOST = "unreachable", "connection_lost"
NOT_THERE, NOT_PERMITTED, REFUSED = "not_there", "not_permitted", "remote_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where, as whom, and whose host key is approved."""

    host: str
    port: int
    user: str
    host_keys: tuple[str, ...]
    """Approved ones, each `SHA256:…` with, if known, its type before it."""
    connect_seconds: int
    idle_seconds: int
    password: str | None = field(default=None, repr=False)
    private_key: str | None = field(default=None, repr=False)

    @property
    def place(self) -> str:
        """As people are told of it."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostKey:
    """What the server proved to own."""

    type: str
    fingerprint: str

    def is_among(self, approved: tuple[str, ...]) -> bool:
        """Whether somebody approved it."""
        return any(entry.split()[-1] == self.fingerprint for entry in approved)


def private_key(text: str) -> PKey:
    """A private key without a passphrase, in OpenSSH's or PEM form; raises `ConfigurationError`."""
    for kind in (Ed25519Key, ECDSAKey, RSAKey):
        try:
            return kind.from_private_key(StringIO(text.strip() + "\n"))
        except (SSHException, ValueError, IndexError, TypeError):  # each kind refuses the others in its way
            continue
    raise ConfigurationError(
        "the stored private key is none that can be used",
        remedy="store an Ed25519, ECDSA or RSA key without a passphrase; for a new one: "
        "ssh-keygen -t ed25519 -N '' -f waybill_key",
        code="key_unreadable",
    )
