"""One connection to somebody else's SFTP server, from its name to its files."""

from __future__ import annotations

import errno
import logging
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self

from paramiko import AuthenticationException, SFTPError, SSHException, Transport
from paramiko.ssh_exception import IncompatiblePeer

from models.errors import DeliveryError, HostKeyRefused
from worker.sftp_client.endpoint import (
    LOST,
    NOT_PERMITTED,
    NOT_THERE,
    REFUSED,
    UNREACHABLE,
    Endpoint,
    HostKey,
    private_key,
)
from worker.sftp_client.transfer import Client, RemoteFile
from worker.sftp_client.watch import Watch

_FAST_FIRST = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes192-ctr", "aes256-ctr")
_READ = 32_768
_LOG = "paramiko.to_servers"
logging.getLogger(_LOG).setLevel(logging.CRITICAL)  # what it would say with a traceback is in our errors


class SftpSession:
    """One connection. `open` does the first four steps; each can be taken by itself, to see which fails."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._sock: socket.socket | None = None
        self._transport: Transport | None = None
        self._sftp: Client | None = None
        self._watch = Watch(self._break_off)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self) -> Self:
        """Resolve, connect, compare the host key, log in; closes what it opened when that fails."""
        try:
            self.resolve()
            self.connect()
            self.check_host_key()
            self.login()
        except BaseException:
            self.close()
            raise
        return self

    def close(self) -> None:
        """End the connection, whatever state it is in."""
        self._watch.stop()
        self._cut()

    def is_alive(self) -> bool:
        """Whether it is open and, as far as anybody has noticed, not broken."""
        return self._sftp is not None and self._transport is not None and self._transport.is_active()

    # The steps

    def resolve(self) -> list[str]:
        """The addresses behind the host's name."""
        where = self._endpoint
        try:
            found = socket.getaddrinfo(where.host, where.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            passing = isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN
            raise DeliveryError(
                f"the host name {where.host} cannot be resolved",
                remedy="look whether this machine's name service works" if passing else "correct sftp.host",
                code=UNREACHABLE if passing else "host_unknown",
                retryable=passing,
            ) from error
        return list(dict.fromkeys(str(address[4][0]) for address in found))

    def connect(self) -> str:
        """Connect, and agree on keys; returns what the server calls itself."""
        where = self._endpoint
        try:
            self._sock = socket.create_connection((where.host, where.port), timeout=where.connect_seconds)
            self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            said = "it did not answer" if isinstance(error, TimeoutError) else (error.strerror or str(error))
            raise DeliveryError(
                f"{where.place} cannot be reached: {said.lower()}",
                remedy="look whether the server runs, and whether a firewall stands between",
                code=UNREACHABLE,
                retryable=True,
            ) from error
        with self._limited("agreeing on keys", where.connect_seconds):
            self._transport = Transport(self._sock)
            self._transport.set_log_channel(_LOG)
            self._transport.banner_timeout = self._transport.auth_timeout = where.connect_seconds
            self._prefer_what_is_known()
            self._transport.start_client(timeout=where.connect_seconds)
            self._transport.get_remote_server_key()
        return str(self._transport.remote_version)

    def host_key(self) -> HostKey:
        """The key that the server proved to own."""
        key = self._live_transport().get_remote_server_key()
        return HostKey(type=key.get_name(), fingerprint=str(key.fingerprint))

    def check_host_key(self) -> HostKey:
        """Raise unless somebody approved the server's key."""
        key, approved = self.host_key(), self._endpoint.host_keys
        if key.is_among(approved):
            return key
        if not approved:
            raise HostKeyRefused(
                f"nobody has approved the host key of {self._endpoint.place}: it shows {key.fingerprint} "
                f"({key.type})",
                remedy="compare that with what its operator tells you; if it is the same: "
                f"waybill facility test --trust-host-key {key.fingerprint}",
                fingerprint=key.fingerprint,
            )
        raise HostKeyRefused(
            f"{self._endpoint.place} shows the host key {key.fingerprint} ({key.type}), not one that was "
            f"approved ({', '.join(approved)}): somebody may be listening in between",
            remedy="nothing was sent; ask its operator, by another way, whether the key was changed; if so: "
            f"waybill facility test --trust-host-key {key.fingerprint}",
            fingerprint=key.fingerprint,
            code="host_key_changed",
        )

    def login(self) -> None:
        """Log in and begin the SFTP session."""
        where, transport = self._endpoint, self._live_transport()
        key = None if where.private_key is None else private_key(where.private_key)
        with self._limited("logging in", where.connect_seconds):
            try:
                if key is not None:
                    further = transport.auth_publickey(where.user, key)
                else:
                    further = transport.auth_password(where.user, where.password or "")
            except AuthenticationException as error:
                if not transport.is_active() and ("EOF" in str(error) or "timeout" in str(error)):
                    raise SSHException(str(error)) from error
                raise self._login_refused("the server refused them") from error
            if further:
                raise self._login_refused(f"the server wants more: {', '.join(further)}")
            channel = transport.open_session(timeout=where.connect_seconds)
            channel.settimeout(where.idle_seconds)
            channel.invoke_subsystem("sftp")
            self._sftp = Client(channel)

    def _login_refused(self, why: str) -> DeliveryError:
        where = self._endpoint
        what = "password" if where.private_key is None else "key"
        return DeliveryError(
            f"{where.place} does not let {where.user} in with this {what}: {why}",
            remedy=f"correct sftp.user or the {what}, then: waybill facility test",
            code="login_refused",
        )

    # Files

    def size(self, path: str) -> int | None:
        """Bytes of a file, -1 where the server does not say; None when there is nothing of that name."""
        try:
            with self._limited(f"looking at {path}"):
                size = self._client().stat(path).st_size
                return -1 if size is None else size
        except DeliveryError as error:
            if error.code == NOT_THERE:
                return None
            raise

    def check_folder(self, path: str) -> None:
        """Raise unless there is such a folder."""
        with self._limited(f"looking at the folder {path}"):
            mode = self._client().stat(path).st_mode
        if mode is not None and mode & 0o170000 not in (0, 0o040000):
            raise self._refused(f"{path} is not a folder", code=NOT_THERE)

    def make_folder(self, path: str) -> None:
        """Make a folder unless it is there."""
        if self.size(path) is None:
            with self._limited(f"making the folder {path}"):
                self._client().mkdir(path)

    def create(self, path: str) -> RemoteFile:
        """A new file; raises when there is one already."""
        with self._limited(f"creating {path}"):
            return self._client().create(path, self._limited)

    def rename(self, old: str, new: str) -> bool:
        """Rename; False when there is no `old`. The server refuses where there is a `new` already."""
        try:
            with self._limited(f"renaming {old}"):
                self._client().rename(old, new)
        except DeliveryError as error:
            if error.code == NOT_THERE:
                return False
            raise
        return True

    def remove(self, path: str) -> bool:
        """Delete a file; False when there is none."""
        try:
            with self._limited(f"removing {path}"):
                self._client().remove(path)
        except DeliveryError as error:
            if error.code == NOT_THERE:
                return False
            raise
        return True

    def read(self, path: str) -> Iterator[bytes]:
        """The bytes of a file, in parts."""
        with self._limited(f"reading {path}"), self._client().open(path, "r") as file:
            file.prefetch(self._client().stat(path).st_size)
            while part := file.read(_READ):
                self._watch.moved()
                yield part

    # Within

    def _prefer_what_is_known(self) -> None:
        transport = self._live_transport()
        options = transport.get_security_options()
        options.ciphers = [name for name in _FAST_FIRST if name in options.ciphers]
        types = {entry.split()[0] for entry in self._endpoint.host_keys if " " in entry}
        if "ssh-rsa" in types:
            types |= {"rsa-sha2-512", "rsa-sha2-256"}
        options.key_types = sorted(options.key_types, key=lambda name: name not in types)

    def _live_transport(self) -> Transport:
        if self._transport is None:
            raise RuntimeError("connect first")
        return self._transport

    def _client(self) -> Client:
        if self._sftp is None:
            raise RuntimeError("log in first")
        return self._sftp

    def _break_off(self) -> None:
        """Wake whoever waits for the connection and leave closing to them: its number may be given anew."""
        if self._sock is not None:
            with suppress(OSError):  # it is broken or closed already
                self._sock.shutdown(socket.SHUT_RDWR)

    def _cut(self) -> None:
        if self._transport is not None:
            self._transport.close()
        if self._sock is not None:
            self._sock.close()

    @contextmanager
    def _limited(self, doing: str, seconds: int | None = None) -> Iterator[None]:
        """Say what failed while doing this, and let it take no longer than the time limit without a move."""
        with self._watch.over(seconds or self._endpoint.idle_seconds):
            try:
                yield
            except (OSError, EOFError, SSHException, SFTPError, struct.error) as error:
                raise self._as_delivery_error(error, doing) from error

    def _as_delivery_error(self, error: Exception, doing: str) -> DeliveryError:
        if isinstance(error, IncompatiblePeer):
            return self._refused(
                f"it speaks only what is no longer safe: {error}", code="no_common_algorithm"
            )
        if isinstance(error, FileNotFoundError):
            return self._refused(f"{doing}: there is no such file or folder", code=NOT_THERE)
        if isinstance(error, PermissionError) and error.errno == errno.EACCES:
            return self._refused(f"{doing}: it does not permit that", code=NOT_PERMITTED)
        if self._is_lost(error):
            return self._lost(error, doing)
        said = str(error) or type(error).__name__
        return self._refused(f"{doing}: it refused ({said})", code=REFUSED)

    def _is_lost(self, error: Exception) -> bool:
        # A failure that the server answered with has no number, and the connection stands.
        answered = type(error) is OSError and error.errno is None
        return not (answered and self._transport is not None and self._transport.is_active())

    def _lost(self, error: Exception, doing: str) -> DeliveryError:
        late = self._watch.is_late or isinstance(error, TimeoutError)
        why = f"nothing moved for {self._watch.seconds} seconds" if late else str(error)
        self._cut()  # what is still on its way in it must not be taken for an answer to something else
        return DeliveryError(
            f"the connection to {self._endpoint.place} broke while {doing}: {why or type(error).__name__}",
            remedy="look whether the server and the network between are well",
            code=LOST,
            retryable=True,
        )

    def _refused(self, what: str, *, code: str) -> DeliveryError:
        return DeliveryError(
            f"{self._endpoint.place}: {what}",
            remedy="mend it there (permission, disk space, quota) or in the facility's settings, then: "
            "waybill facility test",
            code=code,
        )
