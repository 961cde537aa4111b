"""One customer's SFTP session: requests in, answers out, over the files of one pickup folder.

paramiko's own SFTP server is not used: it reads as many bytes at once as the client likes, hashes files in
an endless loop, empties a file it was to shorten, and replaces the target of a rename. This one speaks the
part of the protocol that a pickup folder grants, and says no to the rest.
"""

from __future__ import annotations

import itertools
import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass

from paramiko import Channel, ServerInterface, SSHException, Transport
from paramiko.server import SubsystemHandler

from worker.servers.pickup_tree import Listing, PickupTree, entry_of, plain
from worker.servers.sftp_answers import (
    DONE,
    Answer,
    Refused,
    attributes_of,
    failure,
    is_expected,
    listing_row,
    status,
)
from worker.servers.sftp_logins import Login
from worker.servers.sftp_wire import (
    HAS_SIZE,
    MAX_PACKET,
    MAX_READ,
    READ_FLAG,
    Kind,
    Malformed,
    PacketStream,
    Reader,
    Status,
    names,
    string,
    u32,
    u64,
)

log = logging.getLogger(__name__)

_VERSION = 3
_EXTENSIONS = {b"limits@openssh.com": b"1"}
_MAX_WRITE = 32 * 1024  # nothing is taken, but clients want a number
_MAX_HANDLES = 64
_LISTING_BYTES = 30 * 1024  # with its last entry below the 34,000 bytes that every client has to take
_NO_UPLOAD = "files are fetched here, not sent; nothing can be written"


@dataclass(slots=True)
class _OpenFile:
    descriptor: int
    path: str
    read_up_to: int = 0
    """Bytes read without a gap from the beginning."""

    def close(self) -> None:
        os.close(self.descriptor)


class PickupSession(SubsystemHandler):
    """Serves one channel until the client leaves; `touch` is called at every sign of life."""

    def __init__(
        self,
        channel: Channel,
        name: str,
        server: ServerInterface,
        *,
        login: Login,
        address: str,
        touch: Callable[[], None],
    ) -> None:
        super().__init__(channel, name, server)
        self._login, self._address, self._touch = login, address, touch
        self._stream = PacketStream(channel)
        self._handles: dict[bytes, _OpenFile | Listing] = {}
        self._handle_numbers = itertools.count(1)
        self._tree: PickupTree
        self._answers = self._by_kind()

    def _by_kind(self) -> dict[int, Callable[[Reader], Answer]]:
        return {
            Kind.OPEN: self._open,
            Kind.CLOSE: self._close,
            Kind.READ: self._read,
            Kind.LSTAT: self._stat,
            Kind.FSTAT: self._fstat,
            Kind.SETSTAT: self._setstat,
            Kind.FSETSTAT: self._fsetstat,
            Kind.OPENDIR: self._opendir,
            Kind.READDIR: self._readdir,
            Kind.REMOVE: self._remove,
            Kind.MKDIR: self._mkdir,
            Kind.RMDIR: self._rmdir,
            Kind.REALPATH: self._realpath,
            Kind.STAT: self._stat,
            Kind.RENAME: self._rename,
            Kind.WRITE: self._refuse_write,
            Kind.SYMLINK: self._refuse_write,
            Kind.EXTENDED: self._extended,
        }

    def start_subsystem(self, _name: str, _transport: Transport, _channel: Channel) -> None:
        """Serve until the client leaves or misbehaves."""
        try:
            with PickupTree(self._login.folder) as self._tree:
                self._converse()
        except Malformed as error:
            log.warning("sftp.malformed %s: the client broke the protocol: %s", self._who, error)
        except (EOFError, SSHException) as error:
            log.debug("sftp.session_lost %s: %r", self._who, error)
        except OSError as error:
            if error.filename:  # its own folder; what clients ask for is answered, not raised
                log.exception("sftp.folder_unusable %s: the pickup folder cannot be opened", self._who)
            else:
                log.debug("sftp.session_lost %s: %r", self._who, error)

    def finish_subsystem(self) -> None:
        """Close what the client left open, then the channel."""
        for handle in self._handles.values():
            handle.close()
        self._handles.clear()
        super().finish_subsystem()

    @property
    def _who(self) -> str:
        return f"user={self._login.user_name} address={self._address}"

    def _converse(self) -> None:
        greeting = self._stream.receive()
        if greeting is None:
            return
        if greeting[0] != Kind.INIT:
            raise Malformed("it did not begin with INIT")
        offered = b"".join(string(name) + string(value) for name, value in _EXTENSIONS.items())
        self._stream.send(Kind.VERSION, u32(_VERSION), offered)
        while (packet := self._stream.receive()) is not None:
            self._touch()
            reader = Reader(packet[1])
            request = u32(reader.u32())
            kind, body = self._answer(packet[0], reader)
            self._stream.send(kind, request, body)
            self._touch()

    def _answer(self, kind: int, reader: Reader) -> Answer:
        try:
            return self._answers.get(kind, _not_supported)(reader)
        except Refused as refusal:
            return status(refusal.status, str(refusal))
        except OSError as error:
            if not is_expected(error):
                log.warning("sftp.request_failed %s request=%d: %s", self._who, kind, error)
            return failure(error)

    # Files

    def _open(self, reader: Reader) -> Answer:
        path, wanted = _path(reader), reader.u32()
        if wanted != READ_FLAG:
            raise Refused(Status.PERMISSION_DENIED, _NO_UPLOAD)
        self._check_room()
        return self._keep(_OpenFile(self._tree.open_file(path), plain(path)))

    def _read(self, reader: Reader) -> Answer:
        file, offset, wanted = self._file(reader), reader.u64(), reader.u32()
        if offset >> 63:
            raise Refused(Status.FAILURE, "no file is that long")
        data = os.pread(file.descriptor, min(wanted, MAX_READ), offset)
        if not data:
            return status(Status.EOF, "end of file")
        if offset <= file.read_up_to:
            file.read_up_to = max(file.read_up_to, offset + len(data))
        return Kind.DATA, string(data)

    def _close(self, reader: Reader) -> Answer:
        handle = self._handles.pop(reader.string(), None)
        if handle is None:
            raise _unknown_handle()
        if isinstance(handle, _OpenFile):
            self._log_reading(handle)
        handle.close()
        return DONE

    def _fstat(self, reader: Reader) -> Answer:
        file = self._file(reader)
        return Kind.ATTRS, attributes_of(entry_of(file.path, os.fstat(file.descriptor)))

    def _stat(self, reader: Reader) -> Answer:
        return Kind.ATTRS, attributes_of(self._tree.look(_path(reader)))

    def _setstat(self, reader: Reader) -> Answer:
        self._tree.look(_path(reader))
        return _ignore_attributes(reader)

    def _fsetstat(self, reader: Reader) -> Answer:
        self._file(reader)
        return _ignore_attributes(reader)

    def _remove(self, reader: Reader) -> Answer:
        path = _path(reader)
        self._tree.remove_file(path)
        return self._done("deleted", plain(path))

    def _rename(self, reader: Reader) -> Answer:
        old, new = _path(reader), _path(reader)
        self._tree.move(old, new)
        return self._done("moved", plain(old), plain(new))

    def _refuse_write(self, _reader: Reader) -> Answer:
        raise Refused(Status.PERMISSION_DENIED, _NO_UPLOAD)

    # Folders

    def _opendir(self, reader: Reader) -> Answer:
        self._check_room()
        return self._keep(self._tree.list_folder(_path(reader)))

    def _readdir(self, reader: Reader) -> Answer:
        listing = self._handles.get(reader.string())
        if not isinstance(listing, Listing):
            raise _unknown_handle()
        now, size, rows = time.time(), 0, []
        for entry in listing:
            rows.append(row := listing_row(entry, now))
            size += sum(map(len, row))
            if size > _LISTING_BYTES:
                break
        return (Kind.NAME, names(rows)) if rows else status(Status.EOF, "end of list")

    def _mkdir(self, reader: Reader) -> Answer:
        path = _path(reader)
        self._tree.make_folder(path)
        return self._done("folder_made", plain(path))

    def _rmdir(self, reader: Reader) -> Answer:
        path = _path(reader)
        self._tree.remove_folder(path)
        return self._done("folder_deleted", plain(path))

    def _realpath(self, reader: Reader) -> Answer:
        found = os.fsencode(plain(_path(reader)))
        return Kind.NAME, names([(found, found, u32(0))])

    # The rest

    def _extended(self, reader: Reader) -> Answer:
        name = reader.string()
        if name == b"limits@openssh.com":
            return Kind.EXTENDED_REPLY, b"".join(map(u64, (MAX_PACKET, MAX_READ, _MAX_WRITE, _MAX_HANDLES)))
        if (
            name == b"posix-rename@openssh.com"
        ):  # not offered; some clients try it unasked, and it replaces nothing
            return self._rename(reader)
        return _not_supported(reader)

    def _check_room(self) -> None:
        if len(self._handles) >= _MAX_HANDLES:
            raise Refused(Status.FAILURE, f"at most {_MAX_HANDLES} files and folders can be open at once")

    def _keep(self, handle: _OpenFile | Listing) -> Answer:
        name = b"%d" % next(self._handle_numbers)
        self._handles[name] = handle
        return Kind.HANDLE, string(name)

    def _file(self, reader: Reader) -> _OpenFile:
        handle = self._handles.get(reader.string())
        if not isinstance(handle, _OpenFile):
            raise _unknown_handle()
        return handle

    def _log_reading(self, file: _OpenFile) -> None:
        size = os.fstat(file.descriptor).st_size
        if file.read_up_to >= size:
            log.info("sftp.downloaded %s path=%r bytes=%d: fetched whole", self._who, file.path, size)
        elif file.read_up_to:
            log.info(
                "sftp.partly_downloaded %s path=%r bytes=%d of=%d",
                self._who,
                file.path,
                file.read_up_to,
                size,
            )

    def _done(self, event: str, *paths: str) -> Answer:
        log.info("sftp.%s %s path=%s", event, self._who, " to=".join(map(repr, paths)))
        return DONE


def _not_supported(_reader: Reader) -> Answer:
    return status(Status.OP_UNSUPPORTED, "not supported")


def _unknown_handle() -> Refused:
    return Refused(Status.FAILURE, "that is not open")


def _path(reader: Reader) -> str:
    return os.fsdecode(reader.string())


def _ignore_attributes(reader: Reader) -> Answer:
    # Clients set modes and times of their own accord and stop at a refusal. A size would change the content.
    if reader.u32() & HAS_SIZE:
        raise Refused(Status.PERMISSION_DENIED, _NO_UPLOAD)
    return DONE
