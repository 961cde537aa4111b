"""Writing a file ahead of the server's answers.

Paramiko's own pipelined file forgets the answers that are still out when it is closed, and writes in parts
of 32 KiB; so the requests are made here, with the two internal calls of its client that make them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, BinaryIO

from paramiko import Message, SFTPAttributes, SFTPClient, SFTPError
from paramiko.sftp import (
    CMD_CLOSE,
    CMD_EXTENDED,
    CMD_EXTENDED_REPLY,
    CMD_FSTAT,
    CMD_HANDLE,
    CMD_INIT,
    CMD_OPEN,
    CMD_VERSION,
    CMD_WRITE,
    SFTP_FLAG_CREATE,
    SFTP_FLAG_EXCL,
    SFTP_FLAG_WRITE,
    int64,
)

from models.faults import fault_point

_SAFE_WRITE = 32_768
"""Bytes of one write request that every server takes (draft-ietf-secsh-filexfer-02, 3)."""
_LARGEST_WRITE = 255 * 1024
_IN_FLIGHT = 4 * 1024 * 1024
"""Bytes that are written ahead of the server's answers."""

Limited = Callable[[str], AbstractContextManager[None]]
"""Says what failed while doing this, and limits its time."""


class Client(SFTPClient):
    """Paramiko's client, which also knows what its server offers beyond the protocol's version 3."""

    extensions: frozenset[bytes]

    if TYPE_CHECKING:  # what its published types leave out

        def _request(self, kind: int, *arguments: object) -> tuple[int, Message]: ...
        def _async_request(self, answers: type, kind: int, *arguments: object) -> int: ...
        def _read_response(self, number: int) -> tuple[int, Message]: ...
        def _send_packet(self, kind: int, message: Message) -> None: ...
        def _read_packet(self) -> tuple[int, bytes]: ...

    def create(self, path: str, limited: Limited) -> RemoteFile:
        """A new file, open for writing."""
        flags = SFTP_FLAG_WRITE | SFTP_FLAG_CREATE | SFTP_FLAG_EXCL
        kind, answer = self._request(CMD_OPEN, path, flags, SFTPAttributes())
        if kind != CMD_HANDLE:
            raise SFTPError("expected a handle")
        return RemoteFile(self, path, answer.get_binary(), limited)

    def largest_write(self) -> int:
        """Bytes that one write request may carry."""
        if b"limits@openssh.com" not in self.extensions:
            return _SAFE_WRITE
        kind, answer = self._request(CMD_EXTENDED, "limits@openssh.com")
        if kind != CMD_EXTENDED_REPLY:
            return _SAFE_WRITE
        _packet, _read, write = (answer.get_int64() for _ in range(3))
        return min(write, _LARGEST_WRITE) if write else _SAFE_WRITE

    def _send_version(self) -> int:
        message = Message()
        message.add_int(3)
        self._send_packet(CMD_INIT, message)
        kind, data = self._read_packet()
        if kind != CMD_VERSION:
            raise SFTPError("expected a version")
        answer = Message(data)
        version = answer.get_int()
        names = set()
        while answer.get_remainder():
            names.add(answer.get_binary())
            answer.get_binary()
        self.extensions = frozenset(names)
        return int(version)


class RemoteFile:
    """A new file on the server, written from its beginning to its end."""

    def __init__(self, client: Client, path: str, handle: bytes, limited: Limited) -> None:
        self._client = client
        self._path = path
        self._handle = handle
        self._limited = limited
        self._unanswered: deque[int] = deque()
        self._written = 0

    def write_from(self, source: BinaryIO) -> int:
        """Write all of `source`; returns the bytes that the server says it has then.

        They are on its disk where it offers to say so (fsync@openssh.com). An `OSError` is the source's.
        """
        doing = f"writing {self._path}"
        with self._limited(doing):
            part_size = self._client.largest_write()
        while part := source.read(part_size):
            with self._limited(doing):
                self._write(part)
                fault_point("sftp.part_sent")
                while len(self._unanswered) * part_size > _IN_FLIGHT:
                    self._take_answer()
        with self._limited(doing):
            while self._unanswered:
                self._take_answer()
            return self._finish()

    def close(self) -> None:
        """Write nothing more."""
        with self._limited(f"closing {self._path}"):
            self._client._request(CMD_CLOSE, self._handle)

    def _write(self, part: bytes) -> None:
        request = self._client._async_request(type(None), CMD_WRITE, self._handle, int64(self._written), part)
        self._unanswered.append(request)
        self._written += len(part)

    def _take_answer(self) -> None:
        self._client._read_response(self._unanswered.popleft())  # raises what went wrong with it

    def _finish(self) -> int:
        if b"fsync@openssh.com" in self._client.extensions:
            self._client._request(CMD_EXTENDED, "fsync@openssh.com", self._handle)
        _, answer = self._client._request(CMD_FSTAT, self._handle)
        attributes: Any = SFTPAttributes  # whose published types leave the reading out
        size = attributes._from_msg(answer).st_size
        self._client._request(CMD_CLOSE, self._handle)
        return self._written if size is None else int(size)
