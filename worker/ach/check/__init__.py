"""Every problem of an ACH file, by the Nacha Operating Rules, appendices one to three: in one pass.

text      lines, widths, characters
headers   file and batch headers
entries   entry detail records
addenda   what follows them
controls  batch and file controls
file      the order of records, blocks and fillers
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from worker.ach.check.file import FileChecker
from worker.ach.findings import Finding, Severity
from worker.ach.records import records

__all__ = ["Finding", "Sent", "Severity", "check"]

Sent = dict[tuple[str, ...], str]
"""What tells files apart, as the operator does, of those checked before → their names."""


def check(source: Path | BinaryIO, *, sent: Sent | None = None) -> Iterator[Finding]:
    """Each problem as it is met, in the order of the file; of a file without any, nothing.

    `sent` remembers the files checked with it: one that the operator would take for an earlier one is found.
    Raises `OSError` for a path that cannot be read.
    """
    if isinstance(source, Path):
        with source.open("rb") as stream:
            yield from FileChecker(source.name, sent).findings(records(stream))
    else:
        name = str(getattr(source, "name", "the stream"))
        yield from FileChecker(name, sent).findings(records(source))
