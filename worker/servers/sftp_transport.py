"""paramiko's transport with what a server on an open port needs besides. The one file that knows its insides.

The client's first packet may claim any length, a channel's window is announced but not enforced, data for the
error stream is kept for ever, a public key of a kind that paramiko lacks ends the connection before another
can be tried, and a key is looked up before its owner has signed anything. `disabled_algorithms` and the
security options leave what is current; each of these is held by a test, and paramiko's next major version
is not taken before they pass.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Sequence
from typing import Any, ClassVar

from paramiko import PKey, ServerInterface, SSHException, Transport
from paramiko.auth_handler import AuthHandler
from paramiko.channel import Channel
from paramiko.common import AUTH_SUCCESSFUL, DEFAULT_WINDOW_SIZE, MSG_CHANNEL_DATA, MSG_CHANNEL_EXTENDED_DATA
from paramiko.message import Message
from paramiko.packet import Packetizer

# paramiko writes a traceback for every port scan; what matters is logged by the connection, in one line.
_PARAMIKO_LOG = f"{__name__}.paramiko"
logging.getLogger(_PARAMIKO_LOG).setLevel(logging.CRITICAL)

UNKNOWN_KEY = PKey()
"""Stands for a public key of a kind that is not supported, or a certificate."""

_MAX_SSH_PACKET = 256 * 1024
_DEAD_PEER_MILLISECONDS = 120_000
_CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes192-ctr", "aes256-ctr")
_MACS = ("hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha2-256", "hmac-sha2-512")
_KEY_EXCHANGES = (
    "mlkem768x25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group14-sha256",
)


class ProvingInterface(ServerInterface):
    """A server interface that is told when a login is proven, not only looked up."""

    def logged_in(self, method: str) -> None:
        """The login that was accepted last has been proven by `method`."""
        raise NotImplementedError


def server_transport(sock: socket.socket, keys: Sequence[PKey]) -> Transport:
    """A transport over an accepted connection, ready to be started; raises `OSError` when that is gone."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _DEAD_PEER_MILLISECONDS)
    transport = _Transport(sock, packetizer_class=_Packetizer)
    transport.set_log_channel(_PARAMIKO_LOG)
    transport.local_version = "SSH-2.0-Waybill"
    options = transport.get_security_options()
    options.ciphers = _offered(_CIPHERS, options.ciphers)
    options.digests = _offered(_MACS, options.digests)
    options.kex = _offered(_KEY_EXCHANGES, options.kex)
    for key in keys:
        transport.add_server_key(key)
    return transport


def _offered(wanted: Sequence[str], available: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in wanted if name in available)


class _Packetizer(Packetizer):
    def read_all(self, n: int, check_rekey: bool = False) -> bytes:
        if n > _MAX_SSH_PACKET:  # the length is the peer's word, given before it has said who it is
            raise SSHException(f"a packet of {n} bytes")
        return super().read_all(n, check_rekey)


class _Authentication(AuthHandler):
    def _generate_key_from_request(self, algorithm: str, keyblob: bytes) -> PKey:
        if "-cert-" in algorithm:
            return UNKNOWN_KEY
        key: PKey | None = super()._generate_key_from_request(algorithm, keyblob)  # type: ignore[misc] # not in the stubs
        return key or UNKNOWN_KEY

    def _send_auth_result(self, username: str, method: str, result: int) -> None:
        server = self.transport.server_object
        if result == AUTH_SUCCESSFUL and isinstance(server, ProvingInterface):
            server.logged_in(method)
        super()._send_auth_result(username, method, result)  # type: ignore[misc] # not in the stubs


def _take(channel: Any, message: Message) -> None:
    data = message.get_binary()
    if len(channel.in_buffer) + len(data) > DEFAULT_WINDOW_SIZE:
        raise SSHException("the client sent more than the channel's window")
    channel._feed(data)


def _refuse(_channel: Channel, _message: Message) -> None:
    raise SSHException("the client sent to the error stream, which a server does not have")


class _Transport(Transport):
    _channel_handler_table: ClassVar[dict[int, Any]] = {
        **Transport._channel_handler_table,  # type: ignore[attr-defined] # not in the stubs
        MSG_CHANNEL_DATA: _take,
        MSG_CHANNEL_EXTENDED_DATA: _refuse,
    }

    def _parse_newkeys(self, m: Message) -> None:
        super()._parse_newkeys(m)  # type: ignore[misc] # not in the stubs
        if not isinstance(self.auth_handler, _Authentication):
            self.auth_handler = _Authentication(self)
