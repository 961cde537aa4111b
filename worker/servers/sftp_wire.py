"""SFTP version 3 as bytes: packets off and onto a channel, strictly checked.

Source: draft-ietf-secsh-filexfer-02, and OpenSSH's PROTOCOL file for `limits@openssh.com`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from enum import IntEnum
from typing import Protocol

MAX_PACKET = 256 * 1024
"""The longest packet taken or sent, its length field aside (as OpenSSH)."""
MAX_READ = MAX_PACKET - 1024
"""The most bytes one READ answers with; clients may ask for more and get this."""


class Kind(IntEnum):
    """Packet types: requests, then answers."""

    INIT = 1
    VERSION = 2
    OPEN = 3
    CLOSE = 4
    READ = 5
    WRITE = 6
    LSTAT = 7
    FSTAT = 8
    SETSTAT = 9
    FSETSTAT = 10
    OPENDIR = 11
    READDIR = 12
    REMOVE = 13
    MKDIR = 14
    RMDIR = 15
    REALPATH = 16
    STAT = 17
    RENAME = 18
    READLINK = 19
    SYMLINK = 20
    STATUS = 101
    HANDLE = 102
    DATA = 103
    NAME = 104
    ATTRS = 105
    EXTENDED = 200
    EXTENDED_REPLY = 201


class Status(IntEnum):
    """What a STATUS answer says."""

    OK = 0
    EOF = 1
    NO_SUCH_FILE = 2
    PERMISSION_DENIED = 3
    FAILURE = 4
    BAD_MESSAGE = 5
    OP_UNSUPPORTED = 8


READ_FLAG = 0x01
"""The only open flag a pickup folder grants."""
HAS_SIZE, HAS_OWNER, HAS_MODE, HAS_TIMES = 0x01, 0x02, 0x04, 0x08


class Malformed(Exception):
    """The peer does not speak SFTP 3; the session ends."""


class Channel(Protocol):
    """What is needed of an SSH channel."""

    def recv(self, nbytes: int) -> bytes:
        """Up to `nbytes` bytes; none at the end."""

    def send(self, s: bytes) -> int:
        """Send some of it; how much. 0 at the end."""


class Reader:
    """The fields of one packet, in order. Raises `Malformed` where the packet is too short for one."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def u32(self) -> int:
        """An unsigned 32-bit number."""
        return int.from_bytes(self._take(4), "big")

    def u64(self) -> int:
        """An unsigned 64-bit number."""
        return int.from_bytes(self._take(8), "big")

    def string(self) -> bytes:
        """A string: bytes after their count."""
        return self._take(self.u32())

    def _take(self, count: int) -> bytes:
        found = self._data[self._at : self._at + count]
        if len(found) != count:
            raise Malformed(f"a packet ends {count - len(found)} bytes too early")
        self._at += count
        return found


class PacketStream:
    """Whole packets over a channel."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._buffer = bytearray()

    def receive(self) -> tuple[int, bytes] | None:
        """The next packet's type and body; None when the peer is done. Raises `Malformed`."""
        if not self._fill(4):
            return None
        length = int.from_bytes(self._buffer[:4], "big")
        if not 1 <= length <= MAX_PACKET:
            raise Malformed(f"a packet of {length} bytes")
        if not self._fill(4 + length):
            return None
        kind, body = self._buffer[4], bytes(self._buffer[5 : 4 + length])
        del self._buffer[: 4 + length]
        return kind, body

    def send(self, kind: Kind, *parts: bytes) -> None:
        """Send one packet; raises `EOFError` when the peer is gone."""
        head = struct.pack(">IB", 1 + sum(map(len, parts)), kind)
        rest = memoryview(b"".join((head, *parts)))
        while rest:
            sent = self._channel.send(rest)  # type: ignore[arg-type] # a view saves a copy of the rest per turn
            if not sent:
                raise EOFError
            rest = rest[sent:]

    def _fill(self, count: int) -> bool:
        while len(self._buffer) < count:
            received = self._channel.recv(MAX_PACKET)
            if not received:
                return False
            self._buffer += received
        return True


def u32(number: int) -> bytes:
    """A 32-bit number as bytes."""
    return number.to_bytes(4, "big")


def u64(number: int) -> bytes:
    """A 64-bit number as bytes."""
    return number.to_bytes(8, "big")


def string(value: bytes) -> bytes:
    """A string as bytes: its length first."""
    return len(value).to_bytes(4, "big") + value


def attributes(*, size: int, mode: int, modified: int) -> bytes:
    """A file's attributes; the time of its last reading is said to be that of its last change."""
    return struct.pack(
        ">IQIII",
        HAS_SIZE | HAS_MODE | HAS_TIMES,
        size,
        mode,
        min(modified, 0xFFFFFFFF),
        min(modified, 0xFFFFFFFF),
    )


def names(found: Iterable[tuple[bytes, bytes, bytes]]) -> bytes:
    """The body of a NAME answer from (name, long name, attributes)."""
    rows = [string(name) + string(long) + attributes for name, long, attributes in found]
    return u32(len(rows)) + b"".join(rows)
