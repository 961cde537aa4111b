"""The pickup server: listens, lets customers in, and sees to it that they leave in time.

A thread accepts, one watches over the clock and the credentials, and each connection has its own (paramiko's)
and one more for each session.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

from paramiko import PKey, SSHException

from models.errors import ConfigurationError
from worker.servers.doorkeeper import Doorkeeper
from worker.servers.sftp_connection import House, Limits, PickupConnection
from worker.servers.sftp_logins import Authenticator, Login

__all__ = ["Limits", "PickupServer"]

log = logging.getLogger(__name__)

_BACKLOG = 128
_WAKE_SECONDS = 0.5
_OUT_OF_FILES_SECONDS = 1.0


class PickupServer:
    """An SFTP server for pickup folders; `with` listens and, at the end, closes everything."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        keys: Sequence[PKey],
        authenticator: Authenticator,
        limits: Limits | None = None,
        doorkeeper: Doorkeeper | None = None,
    ) -> None:
        limits = limits or Limits()
        self._where = (host, port)
        self._house = House(
            keys=keys,
            authenticator=authenticator,
            limits=limits,
            doorkeeper=doorkeeper
            or Doorkeeper(
                allowed=limits.failed_logins,
                window_seconds=limits.failed_logins_seconds,
                ban_seconds=limits.ban_seconds,
            ),
        )
        self._listener: socket.socket
        self._threads: list[threading.Thread] = []
        self._unrecorded: list[Login] = []
        self.address = self._where
        """Host and port listened on; once started, the real port where 0 was asked for."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._house.live())

    def start(self) -> None:
        """Listen; raises `ConfigurationError` when the address cannot be had."""
        host, port = self._where
        try:
            family = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[
                0
            ][0]
            self._listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
        except OSError as error:
            raise ConfigurationError(
                f"the pickup server cannot listen on {host or '*'} port {port}: {error.strerror or error}",
                remedy="set sftp.host and sftp.port to an address of this machine and a free port",
                code="cannot_listen",
            ) from error
        self._listener.settimeout(_WAKE_SECONDS)
        self.address = self._listener.getsockname()[:2]
        for name, work in (("sftp-accept", self._accept), ("sftp-watch", self._watch)):
            thread = threading.Thread(target=work, name=name, daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self, seconds: float = 5.0) -> None:
        """Stop listening and end every session; waits at most `seconds` for them."""
        deadline = time.monotonic() + seconds
        self._house.stopping.set()
        with suppress(OSError):  # wakes the accepting thread on Linux; elsewhere it wakes by itself
            self._listener.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listener.close()
        connections = self._house.live()
        for connection in connections:
            connection.close("the server stops")
        for connection in connections:
            connection.join(max(0.0, deadline - time.monotonic()))
        self._ask_credentials(self._record_logins)

    # Accepting

    def _accept(self) -> None:
        while not self._house.stopping.is_set():
            try:
                sock, peer = self._listener.accept()
            except TimeoutError:
                continue
            except OSError as error:
                if not self._house.stopping.wait(_OUT_OF_FILES_SECONDS):  # those inside must leave first
                    log.warning("sftp.accept_failed: a customer could not be let in: %s", error)
                continue
            self._admit(sock, str(peer[0]))

    def _admit(self, sock: socket.socket, address: str) -> None:
        refusal = self._refusal(address)
        if refusal is not None:
            log.warning("sftp.refused address=%s: %s", address, refusal)
            sock.close()
            return
        try:
            connection = PickupConnection(sock, address, self._house)
            connection.start()
            self._house.enter(connection)
        except (OSError, SSHException) as error:
            log.info("sftp.refused address=%s: %s", address, error)
            sock.close()

    def _refusal(self, address: str) -> str | None:
        if self._house.doorkeeper.is_banned(address):
            return "banned after failed logins"
        live, limits = self._house.live(), self._house.limits
        if len(live) >= limits.connections:
            return f"{len(live)} connections are open"
        if sum(one.address == address for one in live) >= limits.connections_per_address:
            return f"{limits.connections_per_address} connections from there are open"
        return None

    # Watching

    def _watch(self) -> None:
        check_at = 0.0
        while not self._house.stopping.wait(_WAKE_SECONDS):
            for ended in self._house.take_ended():
                ended.log_end()
            for connection in self._house.live():
                if reason := connection.overdue():
                    connection.close(reason)
            if time.monotonic() >= check_at:
                check_at = time.monotonic() + self._house.limits.revocation_seconds
                self._ask_credentials(self._record_logins)
                self._ask_credentials(self._end_revoked)

    def _ask_credentials(self, question: Callable[[], None]) -> None:
        try:
            question()
        except Exception:  # a database that is away for a moment must not end the watch over the clock
            log.exception("sftp.credentials_unreachable: the credentials could not be asked; trying again")

    def _record_logins(self) -> None:
        while not self._house.proven.empty():
            self._unrecorded.append(self._house.proven.get())
        if self._unrecorded:
            self._house.authenticator.record_logins(self._unrecorded)
            self._unrecorded.clear()

    def _end_revoked(self) -> None:
        inside = [(one, one.login) for one in self._house.live() if one.login is not None]
        if not inside:
            return
        valid = set(self._house.authenticator.still_valid([login for _, login in inside]))
        for connection, login in inside:
            if login not in valid:
                connection.close("its credential was revoked or replaced")
