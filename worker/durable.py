"""Files that are either whole under their name, after any crash, or not there."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from models.faults import fault_point

AT_FDCWD = -100
"""Names are taken from the working folder (openat(2))."""
_RENAME_NOREPLACE = 1
_libc = ctypes.CDLL(None, use_errno=True)


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """A file to write to that appears under `path` only when all of it is on the disk.

    Written beside it under a name with a leading point; an error leaves nothing behind.
    """
    make_folder(path.parent)
    part = _part(path)
    try:
        with part.open("wb") as file:
            fault_point("whole.begun")
            yield file
            file.flush()
            fault_point("whole.flushed")
            os.fsync(file.fileno())
        fault_point("whole.synced")
        part.rename(path)
        fault_point("whole.renamed")
    except BaseException as error:
        if isinstance(error, OSError) and error.filename is None:  # a write says why, but not where
            error.filename = str(path)
        part.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
    fault_point("whole.durable")


def remove(path: Path) -> None:
    """Take away a file that `written_whole` wrote, or the part of it that a crash left."""
    path.unlink(missing_ok=True)
    _part(path).unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, as durable as the files that will stand in them."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    sync_folder(folder.parent)


def _part(path: Path) -> Path:
    return path.with_name(f".{path.name}.part")


def move_without_replacing(source: Path, target: Path) -> None:
    """Rename on one file system, atomically, and durably; raises `FileExistsError` rather than replace."""
    rename_noreplace(AT_FDCWD, str(source), AT_FDCWD, str(target))
    fault_point("move.renamed")
    sync_folder(target.parent)
    fault_point("move.durable")


def rename_noreplace(old_folder: int, old: str, new_folder: int, new: str) -> None:
    """renameat2(2) with RENAME_NOREPLACE; raises `OSError`, where a file system has no such rename too."""
    old_name, new_name = ctypes.c_char_p(os.fsencode(old)), ctypes.c_char_p(os.fsencode(new))
    if _libc.renameat2(old_folder, old_name, new_folder, new_name, _RENAME_NOREPLACE) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), new)


def sync_folder(folder: Path) -> None:
    """Make the folder's names as durable as its files."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
