"""The pickup server as a service: an installation's settings, host keys and credentials, until a signal."""

from __future__ import annotations

import shlex
import signal
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from models.services import Kind
from models.settings import Settings
from worker import presence, watchdog
from worker.servers.host_keys import KIND_NAMES, fingerprint, host_keys
from worker.servers.sftp import PickupServer
from worker.servers.sftp_logins import Credentials

_ADDRESS_FILE = "sftp.address"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """Where customers find the server, and by which keys they know it."""

    host: str
    port: int
    fingerprints: tuple[str, ...]

    @property
    def host_keys(self) -> list[str]:
        """The fingerprints as a client asks about them: `ED25519 SHA256:…`."""
        return [f"{kind} {text}" for kind, text in zip(KIND_NAMES, self.fingerprints, strict=True)]

    def fetch_command(self, user_name: str) -> str:
        """What is pasted into a shell to come in: `sftp -P 2222 acme@files.example.com`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return shlex.join(["sftp", "-P", str(self.port or "PORT"), f"{user_name}@{host}"])

    @property
    def note(self) -> str:
        """What is not known yet; empty when all is."""
        return "" if self.port else "sftp.port is 0, so PORT is known once the server runs: waybill sftp"


def serve(settings: Settings, *, announce: Callable[[Listening], None]) -> None:
    """Serve until SIGTERM or SIGINT, then end the sessions. `announce` is called once it listens.

    Meanwhile `sftp.address` in the home says host and port, also where port 0 left the choice to the system.
    Raises `ConfigurationError` when the address cannot be had or a host key is not usable.
    """
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    keys = host_keys(settings.home)
    server = PickupServer(
        host=settings.sftp.host, port=settings.sftp.port, keys=keys, authenticator=Credentials()
    )
    with server:
        host, port = server.address
        address_file = settings.home / _ADDRESS_FILE
        _write(address_file, f"{host} {port}\n")
        try:
            announce(Listening(host=host, port=port, fingerprints=tuple(map(fingerprint, keys))))
            watchdog.ready()
            with presence.said(Kind.SFTP):
                stopping.wait()
            watchdog.stopping()
        finally:
            address_file.unlink(missing_ok=True)


def expected(settings: Settings) -> Listening:
    """Where customers are to connect: the public host if one is set, and the port really listened on.

    Where the system chooses the port, it is known while the server runs, and 0 before.
    """
    host, port = settings.sftp.public_host or settings.sftp.host, settings.sftp.port
    if host in ("", "0.0.0.0", "::"):  # noqa: S104 - compared, not listened on
        host = socket.gethostname()
    if port == 0:
        port = _port_in(settings.home / _ADDRESS_FILE)
    return Listening(host=host, port=port, fingerprints=tuple(map(fingerprint, host_keys(settings.home))))


def _port_in(path: Path) -> int:
    try:
        return int(path.read_text(encoding="utf-8").split()[1])
    except FileNotFoundError:
        return 0


def _write(path: Path, text: str) -> None:
    draft = path.with_suffix(".new")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
