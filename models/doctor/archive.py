"""The archive holds every file that left, whole and unchanged, and nothing that was left unfinished.

A file's size and SHA-256 are those of its row.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from models import settings
from models.audit import Actor
from models.database import execute
from models.doctor.finding import Finding, Level, judged
from models.doctor.ledger import scope_of
from models.entities import LegalEntity
from models.people import visible_entities

_FILES = """
SELECT f.id, f.archive_path, f.size, f.sha256 FROM batch_file f JOIN export_job j ON j.id = f.job_id
WHERE f.state IN ('rendered', 'closed') AND f.id > ? AND {scope} ORDER BY f.id LIMIT 1000
"""
REMEDY = "put the file back from a backup of the archive; without one, ask whoever received it for theirs"

# As the worker names what it writes, before it is whole.
_PART = re.compile(r"\.job-(\d+)\.(\d+)-.+\.part")
_AT_WORK = "SELECT 1 FROM export_job WHERE id = ? AND attempt = ? AND state = 'in_progress'"

Progress = Callable[[int, int], None]
"""Called with how many files, and how many bytes, were looked at so far."""


def examine(
    actor: Actor,
    entity: LegalEntity | None = None,
    *,
    hashes: bool = True,
    progress: Progress | None = None,
) -> Finding:
    """Every file of the archive by size and, unless told otherwise, by content; a bit of memory at a time."""
    how = "size and SHA-256" if hashes else "size"
    what = f"every file that was written is in the archive, and matches its row by {how}"
    return judged("archive.files", what, _differing(actor, entity, progress, hashes=hashes), REMEDY)


def _differing(
    actor: Actor, entity: LegalEntity | None, progress: Progress | None, *, hashes: bool
) -> Iterator[str]:
    looked, amount = 0, 0
    for file_id, path, size, digest in _files(actor, entity):
        why = _compare(settings.current().archive / path, size, digest if hashes else None)
        if why:
            yield f"file {file_id}, {path}: {why}"
        looked, amount = looked + 1, amount + size
        if progress is not None:
            progress(looked, amount)


def _files(actor: Actor, entity: LegalEntity | None) -> Iterator[tuple[int, str, int, str]]:
    """A page at a time, so that nothing is held open while files are read."""
    scope, last = scope_of(actor, entity), 0
    sql = _FILES.format(scope=scope.on("j.destination_id"))
    while rows := execute(sql, (last, *scope.values)).fetchall():
        for row in rows:
            yield row[0], row[1], row[2], row[3]
        last = rows[-1][0]


def _compare(path: Path, size: int, digest: str | None) -> str:
    """What is wrong with the file; nothing: an empty text."""
    try:
        found = path.stat().st_size
        if found != size:
            return f"{found} bytes, and {size} were written"
        if digest is not None and _digest(path) != digest:
            return "its content has changed"
    except FileNotFoundError:
        return "it is not there"
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    return ""


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def unfinished(actor: Actor, entity: LegalEntity | None = None) -> Finding:
    """Parts of files that nobody writes any more: their jobs go on, or ended, without them."""
    what = "no part of a file that nobody writes any more lies in the archive"
    lines = (str(path) for folder in _folders(actor, entity) for path in _parts(folder))
    return judged("archive.unfinished", what, lines, "remove it", level=Level.WARNING)


def _folders(actor: Actor, entity: LegalEntity | None) -> list[Path]:
    archive, seen = settings.current().archive, visible_entities(actor)
    if entity is not None:
        return [archive / entity.folder]
    if seen is None:
        return [archive]
    return [archive / one.folder for one in LegalEntity.select().where(LegalEntity.id.in_(seen))]


def _parts(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob(".*.part")):
        named = _PART.fullmatch(path.name)
        if named is None or not execute(_AT_WORK, (int(named[1]), int(named[2]))).fetchone():
            yield path
