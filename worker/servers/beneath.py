"""Opening files below a folder, and moving them without replacing anything: kept by the kernel, not by us.

Linux 5.6 and later resolve a whole path in one call that can neither leave the folder nor follow a symbolic
link (`openat2(2)`, RESOLVE_BENEATH). Elsewhere the path is walked name by name, each opened relative to the
one before and never through a link; that is as safe and a little slower.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import sys
from collections.abc import Callable, Sequence

from worker.durable import rename_noreplace

_AT_EMPTY = "."
_SYS_OPENAT2 = 437  # one number for all architectures, as for every system call since Linux 5.1
_RESOLVE_NO_MAGICLINKS, _RESOLVE_NO_SYMLINKS, _RESOLVE_BENEATH = 0x02, 0x04, 0x08
_ATTEMPTS = 64

FOLDER = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_CLOEXEC
"""Flags that open a folder as a place to start from, not to be read."""

Opener = Callable[[int, Sequence[str], int], int]
"""(folder, names, flags) → file descriptor. No names: the folder itself."""

_libc = ctypes.CDLL(None, use_errno=True)


class _OpenHow(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


def open_in_one_call(folder: int, names: Sequence[str], flags: int) -> int:
    """Open by `openat2`; raises ENOENT for every way out of `folder` and every symbolic link."""
    how = _OpenHow(flags | os.O_CLOEXEC, 0, _RESOLVE_BENEATH | _RESOLVE_NO_SYMLINKS | _RESOLVE_NO_MAGICLINKS)
    path = os.fsencode("/".join(names) or _AT_EMPTY)
    for _ in range(_ATTEMPTS):
        found: int = _libc.syscall(
            ctypes.c_long(_SYS_OPENAT2),
            ctypes.c_int(folder),
            ctypes.c_char_p(path),
            ctypes.byref(how),
            ctypes.c_size_t(ctypes.sizeof(how)),
        )
        if found >= 0:
            return found
        code = ctypes.get_errno()
        if code not in (errno.EAGAIN, errno.EINTR):  # EAGAIN: something was renamed meanwhile
            break
    raise _outside_is_missing(OSError(code, os.strerror(code)))


def open_name_by_name(folder: int, names: Sequence[str], flags: int) -> int:
    """The same on any system: every name is opened relative to the one before, never through a link."""
    if any(name in ("", ".", "..") or "/" in name for name in names):
        raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
    here = folder
    try:
        for name in names[:-1]:
            below = os.open(name, FOLDER | os.O_NOFOLLOW, dir_fd=here)
            if here != folder:
                os.close(here)
            here = below
        return os.open(names[-1] if names else _AT_EMPTY, flags | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=here)
    except OSError as error:
        raise _outside_is_missing(error) from error
    finally:
        if here != folder:
            os.close(here)


def best_opener() -> Opener:
    """`openat2` where kernel and sandbox allow it, else the walk."""
    if sys.platform != "linux":
        return open_name_by_name
    here = os.open(_AT_EMPTY, FOLDER)
    try:
        os.close(open_in_one_call(here, (), FOLDER))
    except OSError:
        return open_name_by_name
    finally:
        os.close(here)
    return open_in_one_call


def rename_into_free_name(old_folder: int, old: str, new_folder: int, new: str) -> None:
    """Rename a file or folder; raises EEXIST, changing nothing, when the new name is taken."""
    try:
        rename_noreplace(old_folder, old, new_folder, new)
    except OSError as error:
        if error.errno not in (errno.ENOSYS, errno.ENOTSUP, errno.EINVAL):
            raise
        rename_by_link(old_folder, old, new_folder, new)  # a file system without the flag


def rename_by_link(old_folder: int, old: str, new_folder: int, new: str) -> None:
    """The same where the kernel has no such rename: each step refuses a name that is taken."""
    kind = os.stat(old, dir_fd=old_folder, follow_symlinks=False).st_mode
    if not stat.S_ISDIR(kind):
        os.link(old, new, src_dir_fd=old_folder, dst_dir_fd=new_folder, follow_symlinks=False)
        os.unlink(old, dir_fd=old_folder)
        return
    os.mkdir(new, 0o700, dir_fd=new_folder)
    try:
        os.rename(old, new, src_dir_fd=old_folder, dst_dir_fd=new_folder)  # replaces an empty folder only
    except OSError:
        os.rmdir(new, dir_fd=new_folder)
        raise


def _outside_is_missing(error: OSError) -> OSError:
    """What lies outside, or behind a link, does not exist for whoever asks."""
    if error.errno in (errno.EXDEV, errno.ELOOP, errno.ENOTDIR):
        return OSError(errno.ENOENT, os.strerror(errno.ENOENT))
    return error
