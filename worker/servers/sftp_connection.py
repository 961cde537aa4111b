"""One SSH connection: who is at the other end, what it may open, and when it has to go.

paramiko has no time limit after the key exchange, no limit on channels, and starts as many sessions on one
channel as it is asked for. These limits are kept here.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from queue import SimpleQueue

from paramiko import PKey
from paramiko.channel import Channel
from paramiko.common import (
    AUTH_FAILED,
    AUTH_SUCCESSFUL,
    OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED,
    OPEN_FAILED_RESOURCE_SHORTAGE,
    OPEN_SUCCEEDED,
)

from worker.servers.doorkeeper import Doorkeeper
from worker.servers.sftp_logins import Authenticator, Login
from worker.servers.sftp_session import PickupSession
from worker.servers.sftp_transport import UNKNOWN_KEY, ProvingInterface, server_transport

log = logging.getLogger(__name__)

_KEEPALIVE_SECONDS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one server, address, credential and connection may use at most."""

    connections: int = 200
    connections_per_address: int = 50
    connections_per_credential: int = 20
    channels: int = 10
    channels_ever: int = 1_000
    """Channels opened over a connection's life; paramiko remembers each."""
    password_checks: int = 2
    """At once: each takes 16 MB and a core."""
    login_seconds: float = 60
    idle_seconds: float = 900
    unused_channel_seconds: float = 10
    failed_login_seconds: float = 1
    revocation_seconds: float = 2
    """How often live sessions are compared with the credentials."""
    failed_logins: int = 15
    failed_logins_seconds: float = 1_800
    ban_seconds: float = 1_800


class House:
    """What all connections of a server share."""

    def __init__(
        self, *, keys: Sequence[PKey], authenticator: Authenticator, limits: Limits, doorkeeper: Doorkeeper
    ) -> None:
        self.keys = keys
        self.authenticator = authenticator
        self.limits = limits
        self.doorkeeper = doorkeeper
        self.stopping = threading.Event()
        self.password_checks = threading.BoundedSemaphore(limits.password_checks)
        self.proven: SimpleQueue[Login] = SimpleQueue()
        """Logins that are not yet recorded."""
        self._connections: set[PickupConnection] = set()
        self._lock = threading.Lock()

    def enter(self, connection: PickupConnection) -> None:
        """Count a connection in."""
        with self._lock:
            self._connections.add(connection)

    def live(self) -> list[PickupConnection]:
        """The connections at this moment."""
        with self._lock:
            return [one for one in self._connections if not one.is_over()]

    def take_ended(self) -> list[PickupConnection]:
        """Those that have ended since the last time, which are then forgotten."""
        with self._lock:
            ended = [one for one in self._connections if one.is_over()]
            self._connections.difference_update(ended)
            return ended


class PickupConnection(ProvingInterface):
    """One connection from first byte to last."""

    def __init__(self, sock: socket.socket, address: str, house: House) -> None:
        self.address = address
        self.login: Login | None = None
        """Set once the login is proven."""
        self._socket, self._house = sock, house
        self._candidate: Login | None = None
        self._opened_at = self._active_at = time.monotonic()
        self._closed = False
        self._channels: list[tuple[Channel, float]] = []
        self._channels_ever = 0
        self._channels_lock = threading.Lock()
        self._sessions: dict[Channel, PickupSession] = {}
        self._transport = server_transport(sock, house.keys)

    # Life

    def start(self) -> None:
        """Begin to speak, on the connection's own thread."""
        self._transport.start_server(event=threading.Event(), server=self)

    def is_over(self) -> bool:
        """Whether its thread has ended."""
        return not self._transport.is_alive()

    def touch(self) -> None:
        """It does something: it is not idle."""
        self._active_at = time.monotonic()

    def overdue(self) -> str | None:
        """Why it has to go, if it has; closes channels that nobody uses on the way."""
        limits, now = self._house.limits, time.monotonic()
        if self.login is None:
            return "no login in time" if now - self._opened_at > limits.login_seconds else None
        self._close_unused_channels(now - limits.unused_channel_seconds)
        return "idle" if now - self._active_at > limits.idle_seconds else None

    def close(self, reason: str) -> None:
        """End it from outside, without waiting for its thread."""
        if self._closed:
            return
        self._closed = True
        log.info("sftp.closed %s: %s", self._who, reason)
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError as error:
            log.debug("sftp.closed_already %s: %s", self._who, error)

    def join(self, seconds: float) -> None:
        """Wait for its thread."""
        self._transport.join(seconds)

    def log_end(self) -> None:
        """Say how it ended, when it ended before anyone came in."""
        error = self._transport.get_exception()
        if self.login is None and not self._closed and error is not None and not isinstance(error, EOFError):
            log.info("sftp.handshake_failed %s: %s", self._who, error)

    @property
    def _who(self) -> str:
        return f"user={self.login.user_name if self.login else '-'} address={self.address}"

    # Login

    def get_allowed_auths(self, username: str) -> str:  # noqa: ARG002 - the same for all, known or not
        """The ways to log in."""
        return "publickey,password"

    def check_auth_password(self, username: str, password: str) -> int:
        """Compare; a wrong one waits, and counts against the address."""
        login = None
        if username and password and isinstance(password, str):  # what is not UTF-8 comes as bytes
            with self._house.password_checks:
                login = self._house.authenticator.check_password(username, password)
        if login is None:
            self._password_failed(username)
        return self._consider(login)

    def check_auth_publickey(self, username: str, key: PKey) -> int:
        """Look the key up; nothing is proven yet, so nothing else happens."""
        login, shown = None, "of an unknown kind"
        if username and key is not UNKNOWN_KEY:
            shown = str(key.fingerprint)
            text = f"{key.get_name()} {key.get_base64()}"
            login = self._house.authenticator.check_key(username, text)
        if login is None:  # no guess to count against anybody: clients offer each key they have
            log.info("sftp.key_unknown user=%r address=%s key=%s", username[:64], self.address, shown)
        return self._consider(login)

    def logged_in(self, method: str) -> None:
        """The login is proven."""
        if self._candidate is None:
            return
        self.login = self._candidate
        self._house.proven.put(self.login)
        self.touch()
        self._transport.set_keepalive(_KEEPALIVE_SECONDS)  # earlier, OpenSSH would take it for an error
        log.info("sftp.login %s method=%s: logged in", self._who, method)

    def _consider(self, login: Login | None) -> int:
        self._candidate = None
        if login is None:
            return AUTH_FAILED
        others = [
            one for one in self._house.live() if one.login and one.login.credential_id == login.credential_id
        ]
        if len(others) >= self._house.limits.connections_per_credential:
            log.warning(
                "sftp.too_many_sessions user=%s address=%s: %d are open, one more is refused",
                login.user_name,
                self.address,
                len(others),
            )
            return AUTH_FAILED
        self._candidate = login
        return AUTH_SUCCESSFUL

    def _password_failed(self, user_name: str) -> None:
        log.warning(
            "sftp.login_failed user=%r address=%s: wrong user or password", user_name[:64], self.address
        )
        self._house.stopping.wait(self._house.limits.failed_login_seconds)
        if self._house.doorkeeper.failed(self.address):
            seconds = self._house.limits.ban_seconds
            log.warning(
                "sftp.banned address=%s: too many failed logins; shut out for %d s", self.address, seconds
            )
            self.close("banned")

    # Channels: sessions that ask for the subsystem sftp; all else is refused by ServerInterface

    def check_channel_request(self, kind: str, chanid: int) -> int:  # noqa: ARG002 - paramiko's signature
        """Whether one more channel may be opened."""
        if kind != "session" or self.login is None:
            return OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED
        self._channels_ever += 1
        limits = self._house.limits
        if len(self._open_channels()) >= limits.channels or self._channels_ever > limits.channels_ever:
            return OPEN_FAILED_RESOURCE_SHORTAGE
        return OPEN_SUCCEEDED

    def check_channel_subsystem_request(self, channel: Channel, name: str) -> bool:
        """Start the session, once for a channel."""
        if name != "sftp" or self.login is None or channel in self._sessions:
            return False
        session = PickupSession(channel, name, self, login=self.login, address=self.address, touch=self.touch)
        self._sessions[channel] = session
        session.start()
        return True

    def _open_channels(self) -> list[tuple[Channel, float]]:
        with self._channels_lock:
            while (channel := self._transport.accept(0)) is not None:
                self._channels.append((channel, time.monotonic()))
            for channel, _ in self._channels:
                if channel.closed:
                    self._sessions.pop(channel, None)
            self._channels = [row for row in self._channels if not row[0].closed]
            return list(self._channels)

    def _close_unused_channels(self, opened_before: float) -> None:
        for channel, opened_at in self._open_channels():
            if opened_at < opened_before and channel not in self._sessions:
                channel.close()
