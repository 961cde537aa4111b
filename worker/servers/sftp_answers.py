"""How an answer looks: what a failure is called, and how a file stands in a listing."""

from __future__ import annotations

import errno
import os
import time

from worker.servers.pickup_tree import Entry
from worker.servers.sftp_wire import Kind, Status, attributes, string, u32

# What a fetched copy is to have: bank data is its owner's only.
_FILE_MODE, _FOLDER_MODE = 0o100600, 0o040700
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HALF_A_YEAR = 182 * 86_400

_STATUS_OF = {
    errno.ENOENT: (Status.NO_SUCH_FILE, "there is no such file or folder"),
    errno.ENOTDIR: (Status.NO_SUCH_FILE, "there is no such folder"),
    errno.EACCES: (Status.PERMISSION_DENIED, "not permitted"),
    errno.EPERM: (Status.PERMISSION_DENIED, "not permitted"),
    errno.EEXIST: (Status.FAILURE, "the name is taken; nothing is ever replaced here"),
    errno.ENOTEMPTY: (Status.FAILURE, "the folder is not empty"),
    errno.EISDIR: (Status.FAILURE, "it is a folder"),
    errno.EINVAL: (Status.FAILURE, "the name or place is not possible"),
    errno.ENAMETOOLONG: (Status.FAILURE, "the name is too long or too deep"),
    errno.ENOSPC: (Status.FAILURE, "the disk is full"),
}
_OTHER = (Status.FAILURE, "it failed; support can see why")

Answer = tuple[Kind, bytes]
"""The type of an answer and its body after the request's number."""


class Refused(Exception):
    """A request that is answered with no."""

    def __init__(self, status: Status, text: str) -> None:
        super().__init__(text)
        self.status = status


def status(code: Status, text: str) -> Answer:
    """A STATUS answer; most clients show the text only for FAILURE."""
    return Kind.STATUS, u32(code) + string(text.encode()) + string(b"en")


DONE = status(Status.OK, "done")


def failure(error: OSError) -> Answer:
    """What a failed call to the file system is to the client."""
    return status(*_STATUS_OF.get(error.errno or 0, _OTHER))


def is_expected(error: OSError) -> bool:
    """Whether the client brought the failure about, so that nobody here has to look into it."""
    return error.errno in _STATUS_OF and error.errno != errno.ENOSPC


def attributes_of(entry: Entry) -> bytes:
    """A file's or folder's attributes; its modes are those that a fetched copy should get."""
    mode = _FOLDER_MODE if entry.is_folder else _FILE_MODE
    return attributes(size=entry.size, mode=mode, modified=entry.modified)


def listing_row(entry: Entry, now: float) -> tuple[bytes, bytes, bytes]:
    """Name, long name as of `ls -l` with times in UTC, and attributes; `now` in seconds since 1970."""
    name = os.fsencode(entry.name)
    kind = "drwx------" if entry.is_folder else "-rw-------"
    long = f"{kind}    1 waybill  waybill  {entry.size:>12} {_listed_time(entry.modified, now)} "
    return name, long.encode("ascii") + name, attributes_of(entry)


def _listed_time(modified: int, now: float) -> str:
    at = time.gmtime(modified)
    day = f"{_MONTHS[at.tm_mon - 1]} {at.tm_mday:>2}"
    is_recent = abs(now - modified) < _HALF_A_YEAR
    return f"{day} {at.tm_hour:02}:{at.tm_min:02}" if is_recent else f"{day}  {at.tm_year}"
