"""What the machine said no to, in words a person can act on."""

from __future__ import annotations

import errno

from models.errors import WaybillError
from models.problems import Problem

_KNOWN = {
    errno.ENOSPC: ("disk_full", "the disk is full", "free space there"),
    errno.EDQUOT: ("disk_full", "the disk quota is used up", "free space there"),
    errno.EFBIG: ("disk_full", "the file may not grow any further", "raise the file size limit"),
    errno.EACCES: ("not_writable", "permission denied", "give the worker's account write permission"),
    errno.EPERM: ("not_writable", "permission denied", "give the worker's account write permission"),
    errno.EROFS: ("not_writable", "the file system is read-only", "mount it for writing"),
    errno.ENOENT: ("not_there", "it is not there", "make it again: waybill init"),
    errno.ENOTDIR: ("not_there", "a part of it is not a folder", "put the folder back"),
    errno.EEXIST: ("name_taken", "something of that name is there already", "move that away"),
    errno.EMFILE: ("too_many_files", "too many files are open", "raise the limit of open files"),
    errno.EXDEV: (
        "two_file_systems",
        "pickup folders and staging are on different file systems",
        "keep files.pickup on one file system",
    ),
}
EVERYWHERE = frozenset(code for code, _, _ in _KNOWN.values()) - {"name_taken"}
"""The codes of what would be met with every other file too."""


def of_os_error(error: OSError, where: str) -> Problem:
    """A problem that names the place, what the system said, and what to do."""
    unknown = ("system", (error.strerror or str(error)).lower(), "look at the system's log")
    code, what, remedy = _KNOWN.get(error.errno or 0, unknown)
    return Problem(
        code=code, reason=f"{where} cannot be written: {what}", remedy=f"{remedy}, then re-queue the job"
    )


def of_error(error: WaybillError) -> Problem:
    """An error of ours as a problem of the job."""
    return Problem(code=error.code, reason=error.message, remedy=error.remedy)


def unforeseen(what: str) -> Problem:
    """What Waybill itself, or a plug-in, failed of; `what` is the error's last line."""
    return Problem(
        code="unexpected",
        reason=f"Waybill itself failed: {what}",
        remedy="nothing has been lost; report it with the traceback of: waybill job show",
    )
