"""One pickup folder as its customer may use it: look, fetch, make folders, move, delete. Nothing else.

Paths are virtual: `/` is the pickup folder. They are made plain before anything is opened (`..` is resolved
in the text, and stops at the top), and then opened from a descriptor of the folder by `beneath`, so that
neither a path nor a symbolic link somebody planted, nor one swapped in meanwhile, leads out of it. What is
neither a regular file nor a folder does not exist here. Nothing is ever written into a file or replaced.

Failures are `OSError`s: ENOENT for whatever is not there or not inside.
"""

from __future__ import annotations

import errno
import os
import posixpath
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from worker.servers import beneath

_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY  # a planted pipe must not hold the reader up
_LIST = os.O_RDONLY | os.O_DIRECTORY
_FOLDER_MODE = 0o700
_DEEPEST = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file or folder; `modified` in whole seconds since 1970, `size` in bytes (0 for a folder)."""

    name: str
    is_folder: bool
    size: int
    modified: int


class PickupTree:
    """The files of one pickup folder. Use as a context manager: it holds the folder open."""

    def __init__(self, root: Path, opener: beneath.Opener | None = None) -> None:
        self._open = opener or beneath.best_opener()
        self._root = os.open(root, beneath.FOLDER | os.O_NOFOLLOW)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the folder; the tree is of no use afterwards."""
        if self._root >= 0:
            os.close(self._root)
            self._root = -1

    def look(self, path: str) -> Entry:
        """What stands at `path`."""
        names = names_of(path)
        if not names:
            return entry_of("/", os.fstat(self._root))
        with self._parent(names) as folder:
            return entry_of(names[-1], os.stat(names[-1], dir_fd=folder, follow_symlinks=False))

    def open_file(self, path: str) -> int:
        """A descriptor to read the file from; the caller closes it. EISDIR for a folder."""
        found = self._open(self._root, names_of(path), _READ)
        try:
            if entry_of(path, os.fstat(found)).is_folder:
                raise _failure(errno.EISDIR)
        except OSError:
            os.close(found)
            raise
        return found

    def list_folder(self, path: str) -> Listing:
        """The folder's entries in no order, read as they are asked for; the caller closes it."""
        return Listing(self._open(self._root, names_of(path), _LIST))

    def make_folder(self, path: str) -> None:
        """Make one folder; its parent must be there."""
        names = names_of(path)
        if not names:
            raise _failure(errno.EEXIST)
        _check_new(names)
        with self._parent(names) as folder:
            os.mkdir(names[-1], _FOLDER_MODE, dir_fd=folder)

    def remove_file(self, path: str) -> None:
        """Delete a file for good."""
        names = names_of(path)
        if self.look(path).is_folder:
            raise _failure(errno.EISDIR)
        with self._parent(names) as folder:
            os.unlink(names[-1], dir_fd=folder)

    def remove_folder(self, path: str) -> None:
        """Delete an empty folder, never the pickup folder itself."""
        names = names_of(path)
        if not names:
            raise _failure(errno.EACCES)
        with self._parent(names) as folder:
            os.rmdir(names[-1], dir_fd=folder)

    def move(self, old: str, new: str) -> None:
        """Give a file or folder another name or place; EEXIST when that is taken."""
        old_names, new_names = names_of(old), names_of(new)
        if not old_names or not new_names:
            raise _failure(errno.EACCES)
        _check_new(new_names)
        self.look(old)
        with self._parent(old_names) as old_folder, self._parent(new_names) as new_folder:
            beneath.rename_into_free_name(old_folder, old_names[-1], new_folder, new_names[-1])

    @contextmanager
    def _parent(self, names: tuple[str, ...]) -> Iterator[int]:
        folder = self._open(self._root, names[:-1], beneath.FOLDER)
        try:
            yield folder
        finally:
            os.close(folder)


class Listing:
    """The entries of one folder, each looked at when its turn comes; what vanishes meanwhile is left out."""

    def __init__(self, folder: int) -> None:
        self._folder = folder
        try:
            self._names = os.scandir(folder)
        except OSError:
            os.close(folder)
            raise

    def __iter__(self) -> Iterator[Entry]:
        return self

    def __next__(self) -> Entry:
        while True:
            found = next(self._names)
            try:
                return entry_of(found.name, found.stat(follow_symlinks=False))
            except FileNotFoundError:
                continue

    def close(self) -> None:
        """Let go of the folder."""
        if self._folder >= 0:
            self._names.close()
            os.close(self._folder)
            self._folder = -1


def plain(path: str) -> str:
    """The virtual path written out from the top: `plain("a/../../b") == "/b"`, `plain("") == "/"`."""
    return posixpath.normpath("/" + path.lstrip("/"))


def names_of(path: str) -> tuple[str, ...]:
    """The names from the top down to `path`; none for the top itself. ENOENT for what cannot be a path."""
    if "\0" in path:
        raise _failure(errno.ENOENT)
    names = tuple(name for name in plain(path).split("/") if name)
    if len(names) > _DEEPEST:
        raise _failure(errno.ENAMETOOLONG)
    return names


def _check_new(names: tuple[str, ...]) -> None:
    # Such names would garble every listing, log line and screen they appear on.
    name = names[-1]
    if any(ord(letter) < 32 or 127 <= ord(letter) < 160 or "\ud800" <= letter <= "\udfff" for letter in name):
        raise _failure(errno.EINVAL)


def entry_of(name: str, found: os.stat_result) -> Entry:
    """A name with what `stat` found; ENOENT for what is neither a regular file nor a folder."""
    is_folder = stat.S_ISDIR(found.st_mode)
    if not is_folder and not stat.S_ISREG(found.st_mode):
        raise _failure(errno.ENOENT)
    size = 0 if is_folder else found.st_size
    return Entry(name=name, is_folder=is_folder, size=size, modified=max(0, int(found.st_mtime)))


def _failure(code: int) -> OSError:
    return OSError(code, os.strerror(code))
