"""Where invoices come from: readers that turn files into document content and touch nothing else.

    read(paths)  →  which source?  →  ubl · csv · json  →  content.settle  →  Document or Refusal

A source is one class in one file of this package (or of another one, by the entry-point group
`waybill.sources`). Readers never raise for what a file contains: whatever is wrong is a `Refusal` that says
where and what to do, and what was good around it goes on.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from models import catalogue

if TYPE_CHECKING:
    from worker.sources.mapping import ImportMapping

GROUP = "waybill.sources"

# How much of a file of unknown kind is looked at to find out what it is.
_HEAD_BYTES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One invoice or credit note as read: its content and where it stood.

    `line` is the first line of the document in its file, `xpath` its place inside a file of several
    documents; both are None where the file is the document.
    """

    content: dict[str, Any]
    path: str
    line: int | None = None
    xpath: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What was not taken: where it stands, what is wrong with it and what to do."""

    path: str
    code: str
    message: str
    remedy: str
    line: int | None = None
    xpath: str | None = None

    def as_dict(self) -> dict[str, str | int]:
        """The refusal as `waybill import --json` shows it; a place that is not known is left out."""
        place = {"line": self.line, "xpath": self.xpath}
        return {
            "path": self.path,
            **{name: value for name, value in place.items() if value is not None},
            "code": self.code,
            "message": self.message,
            "remedy": self.remedy,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much is read before it is refused, so that no file can exhaust the machine.

    A document (an XML file, a JSON file, one JSON line) is held in memory; a table (CSV, JSON lines) is
    streamed and only bounded so that a runaway file ends. `elements` counts XML elements and attributes.
    """

    document_bytes: int = 50 * 1024 * 1024
    table_bytes: int = 4 * 1024 * 1024 * 1024
    depth: int = 100
    elements: int = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the caller says about the files: how their columns map, and how much is too much."""

    mapping: ImportMapping | None = None
    limits: Limits = field(default_factory=Limits)


class Unreadable(Exception):
    """A file, or the rest of it, cannot be read: a refusal on its way to `read`, which knows the path."""

    def __init__(
        self, message: str, *, code: str, remedy: str, line: int | None = None, xpath: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.remedy = remedy
        self.line = line
        self.xpath = xpath

    def refusal(self, path: str) -> Refusal:
        """The refusal it stands for."""
        return Refusal(
            path=path,
            code=self.code,
            message=self.message,
            remedy=self.remedy,
            line=self.line,
            xpath=self.xpath,
        )


class Source(ABC):
    """One kind of file that invoices come in."""

    key: ClassVar[str]
    title: ClassVar[str]
    extensions: ClassVar[tuple[str, ...]]
    settings: ClassVar[tuple[catalogue.Setting, ...]] = ()

    @classmethod
    def recognises(cls, head: bytes) -> bool:
        """Whether a file that begins so is of this kind; asked only when its name does not tell."""
        del head
        return False

    @abstractmethod
    def read(self, path: Path, options: Options) -> Iterator[Document | Refusal]:
        """Every document of a file; raises `Unreadable` or `OSError` where nothing more can be read."""


def read(
    paths: Iterable[Path], *, mapping: ImportMapping | None = None, limits: Limits | None = None
) -> Iterator[Document | Refusal]:
    """The documents of all files, folders walked in the order of their names; nothing is raised.

    In a folder hidden files, and symbolic links that lead out of it, are left alone. What cannot be read is
    a `Refusal`, and the rest goes on.
    """
    options = Options(mapping=mapping, limits=limits or Limits())
    for given in paths:
        for found in files(given):
            if isinstance(found, Refusal):
                yield found
            else:
                yield from _read_file(found, options)


def sources() -> dict[str, type[Source]]:
    """Every known kind of source by its key."""
    return catalogue.discover(GROUP)


def load(path: Path, limit: int) -> bytes:
    """A whole file of at most `limit` bytes; a larger one is `Unreadable`, whatever its size was before."""
    with path.open("rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise too_large(limit)
    return data


def too_large(limit: int, *, line: int | None = None) -> Unreadable:
    """The refusal of a file (or of one of its lines) that is larger than Waybill reads."""
    return Unreadable(
        f"it has more than {limit:,} bytes",
        code="too_large",
        remedy="split it into several files, or raise the limit if you trust where it comes from",
        line=line,
    )


def shown(path: Path) -> str:
    """A path as text that can be stored and printed; bytes that are no text stand as escapes."""
    return str(path).encode("utf-8", "backslashreplace").decode()


def files(given: Path) -> Iterator[Path | Refusal]:
    """The files a given path stands for, sorted; every path that cannot be used is a refusal."""
    if "\0" in str(given) or not _is_name(given):
        yield _unusable(given, "its name cannot be the name of a file")
        return
    try:
        folder = given.is_dir()
    except OSError as error:
        yield _refused(given, error)
        return
    if folder:
        yield from _walk(given)
    else:
        yield given


def _is_name(path: Path) -> bool:
    try:
        os.fsencode(path)
    except UnicodeError:
        return False
    return True


def _walk(top: Path) -> Iterator[Path | Refusal]:
    root, found = top.resolve(), False
    errors: list[OSError] = []
    for folder, names, files in os.walk(top, onerror=errors.append):
        names[:] = sorted(name for name in names if not name.startswith("."))
        for name in sorted(files):
            path = Path(folder, name)
            if name.startswith(".") or (path.is_symlink() and not _leads_into(path, root)):
                continue
            found = True
            yield path
    for error in errors:
        yield _refused(Path(error.filename), error)
    if not found and not errors:
        yield Refusal(
            path=shown(top),
            code="empty_folder",
            message="there is no file in this folder",
            remedy="give the folder or the files that hold the invoices (hidden files are not read)",
        )


def _leads_into(link: Path, root: Path) -> bool:
    try:
        return link.resolve(strict=True).is_relative_to(root)
    except (OSError, RuntimeError):
        # It leads nowhere, or to itself.
        return False


def _read_file(path: Path, options: Options) -> Iterator[Document | Refusal]:
    try:
        yield from _source_of(path, options)().read(path, options)
    except Unreadable as refused:
        yield refused.refusal(shown(path))
    except OSError as error:
        yield _refused(path, error)


def _source_of(path: Path, options: Options) -> type[Source]:
    # Opening a pipe would wait for ever for somebody to write to it.
    if path.exists() and not path.is_file():
        raise Unreadable("it is not a file", code="not_a_file", remedy="give a file or a folder")
    kinds = sources()
    extension = path.suffix.lower().removeprefix(".")
    for kind in kinds.values():
        if extension in kind.extensions:
            return kind
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    for kind in kinds.values():
        if kind.recognises(head):
            return kind
    # A mapping is only ever given for tables.
    if options.mapping is not None and "csv" in kinds and b"\0" not in head:
        return kinds["csv"]
    names = ", ".join(sorted(f".{name}" for kind in kinds.values() for name in kind.extensions))
    raise Unreadable(
        "neither its name nor its content says what kind of file it is",
        code="unknown_kind",
        remedy=f"give files that end in {names}",
    )


def _refused(path: Path, error: OSError) -> Refusal:
    if isinstance(error, FileNotFoundError):
        return Refusal(
            path=shown(path),
            code="not_found",
            message="there is no such file or folder",
            remedy="check the path; a relative one starts in the folder the command is run in",
        )
    return _unusable(path, error.strerror or str(error))


def _unusable(path: Path, why: str) -> Refusal:
    return Refusal(
        path=shown(path),
        code="unreadable",
        message=f"it cannot be read: {why}",
        remedy="check that it is a file or folder that the account running Waybill may read",
    )
