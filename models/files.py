"""Batch files: what a job produced, under which name, and in which bytes; `deliveries` says where it went.

A file's name is reserved before it is written and never used again in its legal entity, so that two
contents never stand under one name. An ACH file also reserves its file id modifier and its trace numbers:
the ACH operator rejects a file whose origin, date, time and modifier equal an accepted one.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any

from peewee import BigIntegerField, ForeignKeyField, IntegerField, TextField

from models import clock
from models.database import Table, execute, rows, serialise
from models.entities import LegalEntity
from models.errors import ConfigurationError, NotFound
from models.fields import EnumField, JSONField, UTCField, canonical_json, to_millis
from models.jobs import Claim, Job, Route, hold_job
from models.people import Actor, visible_entities


class FileState(StrEnum):
    """How far a file has come."""

    RESERVED = "reserved"
    """Its name is taken; nothing is written yet."""
    RENDERED = "rendered"
    """It stands in the archive and its totals were read back."""
    VOID = "void"
    """Never left; a re-queued job makes another one."""
    CLOSED = "closed"
    """Left, or may have left, with an earlier run of its job; a re-queued job makes another one."""


class BatchFile(Table):
    """One file of one job; its master copy stays in the archive."""

    entity = ForeignKeyField(LegalEntity, index=False)
    job = ForeignKeyField(Job, backref="files", index=False)
    route = EnumField(Route)
    format = TextField()
    name = TextField()
    """Path within the pickup folder, with `/`."""
    archive_path = TextField(default="")
    """Path within the archive."""
    state = EnumField(FileState, default=FileState.RESERVED)
    sha256 = TextField(default="")
    size = BigIntegerField(default=0)
    items = IntegerField(default=0)
    totals = JSONField(default=dict)
    """`sums` per currency in minor units, signed; `control` as the format counts."""
    repeats = BigIntegerField(null=True)
    """The file whose very same bytes these are."""
    created_at = UTCField(default=clock.now)
    entity_id: int
    job_id: int

    class Meta:
        table_name = "batch_file"
        indexes = ((("entity", "name"), True), (("job", "route"), False))


class AchReservation(Table):
    """The file id modifier and the trace numbers that one ACH file may use."""

    file = ForeignKeyField(BatchFile, unique=True)
    scope = TextField()
    """Bank and origin: within these and a day, modifiers tell files apart."""
    day = TextField()
    """File creation date, ISO."""
    modifier = TextField()
    first_trace = IntegerField()
    traces = IntegerField()
    created_at = UTCField(default=clock.now)
    """When the attempt that writes it reserved it: no effective date in the file is before."""

    class Meta:
        table_name = "ach_reservation"
        indexes = ((("scope", "day", "modifier"), True),)


# What every job asks and writes, spelt out: building these took longer than running them.
_PRESENT_FILE = "job_id = ? AND route = ? AND state IN ('reserved', 'rendered')"
_OF_JOB = "job_id = ? AND state <> 'void' ORDER BY route, id"
_PART_OF_JOB = "job_id = ? AND state <> 'void' AND (route, id) > (?, ?) ORDER BY route, id LIMIT ?"
_RENDERED_ROUTES = "SELECT DISTINCT route FROM batch_file WHERE job_id = ? AND state = 'rendered'"
_RESERVE = """
INSERT INTO batch_file (entity_id, job_id, route, format, name, archive_path, state, sha256, size, items,
                        totals, created_at)
VALUES (?, ?, ?, ?, ?, '', 'reserved', '', 0, 0, '{}', ?) RETURNING id
"""
_NAMED = "SELECT 1 FROM batch_file WHERE entity_id = ? AND name = ?"
_VOID = "UPDATE batch_file SET state = 'void' WHERE id = ? AND state = 'reserved'"
_RENDERED = """
UPDATE batch_file SET archive_path = ?, sha256 = ?, size = ?, items = ?, totals = ?, state = ? WHERE id = ?
"""
# Files are handed over in this order, and each has its delivery written down before the next is staged.
_NEVER_BEGUN = """
job_id = ? AND state = 'rendered' AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.file_id = batch_file.id)
ORDER BY route, id LIMIT 1
"""
_PART = 200

MODIFIERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def reserve(claim: Claim, *, route: Route, format_key: str, wanted: str) -> BatchFile:
    """Take a name for a file of the claimed job; one ever used before gets `_2`, `_3` before its ending."""
    serialise(f"file names of {claim.entity_id}")
    hold_job(claim)
    for existing in rows(BatchFile, _PRESENT_FILE, (claim.job_id, route)):
        return existing
    file = BatchFile(
        entity=claim.entity_id,
        job=claim.job_id,
        route=route,
        format=format_key,
        name=free_name(claim.entity_id, wanted),
    )
    told = (file.entity_id, file.job_id, route, format_key, file.name, to_millis(file.created_at))
    file.id = execute(_RESERVE, told).fetchone()[0]
    return file


def give_up(claim: Claim, file: BatchFile) -> None:
    """A reserved file that nothing is left to be written into; inside the caller's transaction."""
    hold_job(claim)
    execute(_VOID, (file.id,))


def free_name(entity_id: int, wanted: str, taken: Container[str] = ()) -> str:
    """The name wanted, or with `_2`, `_3` before its ending when the legal entity ever used it.

    `taken`: what else is not free. Names of one kind are looked for by halves, however many there are.
    """
    path = PurePosixPath(wanted)

    def name(number: int) -> str:
        return wanted if number == 1 else str(path.with_name(f"{path.stem}_{number}{path.suffix}"))

    def is_taken(number: int) -> bool:
        return name(number) in taken or execute(_NAMED, (entity_id, name(number))).fetchone() is not None

    used, free = 0, 1
    while is_taken(free):
        used, free = free, 2 * free
    while free - used > 1:
        middle = (used + free) // 2
        used, free = (middle, free) if is_taken(middle) else (used, middle)
    return name(free)


def reserve_ach(file: BatchFile, *, scope: str, day: str, traces: int) -> AchReservation:
    """The day's next free modifier and trace numbers for this bank and origin; the same on a repeat.

    Raises `ConfigurationError` when the day's 36 modifiers or 9,999,999 traces are used up (NACHA file
    header field 7, entry detail field 11).
    """
    serialise(f"ACH files of {scope}")
    existing = ach_reservation(file)
    if existing is not None:
        if file.state == FileState.RESERVED:  # it is written now, perhaps days after it was reserved
            existing.created_at = clock.now()
            existing.save(only=[AchReservation.created_at])
        return existing
    same = list(AchReservation.select().where(AchReservation.scope == scope, AchReservation.day == day))
    used = {row.modifier for row in same}
    free = [modifier for modifier in MODIFIERS if modifier not in used]
    first = max((row.first_trace + row.traces for row in same), default=1)
    if not free or first + traces > 10_000_000:
        raise ConfigurationError(
            f"the ACH file numbers of {day} for {scope} are used up ({len(used)} files)",
            remedy="re-queue the job tomorrow, or let fewer schedules make ACH files",
            code="ach_numbers_used_up",
        )
    return AchReservation.create(
        file=file,
        scope=scope,
        day=day,
        modifier=free[0],
        first_trace=first,
        traces=traces,
    )


def ach_reservation(file: BatchFile) -> AchReservation | None:
    """What was reserved for an ACH file."""
    found: AchReservation | None = AchReservation.get_or_none(AchReservation.file == file)
    return found


def record_rendered(
    claim: Claim,
    file: BatchFile,
    *,
    archive_path: str,
    sha256: str,
    size: int,
    items: int,
    totals: dict[str, Any],
) -> None:
    """Write down what now stands in the archive; inside the caller's transaction."""
    hold_job(claim)
    file.archive_path, file.sha256, file.size = archive_path, sha256, size
    file.items, file.totals, file.state = items, totals, FileState.RENDERED
    told = (archive_path, sha256, size, items, canonical_json(totals), FileState.RENDERED, file.id)
    execute(_RENDERED, told)


def of_job(job_id: int, *, void: bool = False) -> list[BatchFile]:
    """The job's files, ACH first."""
    if not void:
        return rows(BatchFile, _OF_JOB, (job_id,))
    query = BatchFile.select().where(BatchFile.job == job_id).order_by(BatchFile.route, BatchFile.id)
    return list(query)


def each_of_job(job_id: int) -> Iterator[BatchFile]:
    """The same however many there are: read in parts, with nothing held open while they are gone through."""
    last: tuple[str, int] = ("", 0)
    while part := rows(BatchFile, _PART_OF_JOB, (job_id, *last, _PART)):
        yield from part
        last = (part[-1].route, part[-1].id)


def rendered_routes(job_id: int) -> set[Route]:
    """The routes of which a file stands in the archive."""
    return {Route(route) for (route,) in execute(_RENDERED_ROUTES, (job_id,))}


def never_begun(job_id: int) -> list[BatchFile]:
    """A job's first written file with no delivery recorded; a worker that died may have staged a copy."""
    return rows(BatchFile, _NEVER_BEGUN, (job_id,))


def void_undelivered(job_id: int) -> None:
    """Give up the job's files, so that a re-queue makes new ones; those of which a copy left stay as closed.

    Otherwise the items of the next run would go into a file that is delivered already, and so nowhere.
    """
    execute(_VOID_UNDELIVERED, (job_id,))


_VOID_UNDELIVERED = """
UPDATE batch_file SET state = CASE WHEN EXISTS (
    SELECT 1 FROM delivery d
    WHERE d.file_id = batch_file.id AND d.state IN ('delivered', 'confirmed', 'unknown')
) THEN 'closed' ELSE 'void' END
WHERE job_id = ? AND state IN ('reserved', 'rendered')
"""


def listed(
    actor: Actor, *, entity_id: int | None = None, before_id: int | None = None, limit: int = 100
) -> list[BatchFile]:
    """Files the actor may see, newest first."""
    query = BatchFile.select().order_by(BatchFile.id.desc()).limit(limit)
    seen = visible_entities(actor)
    if seen is not None:
        query = query.where(BatchFile.entity.in_(seen))
    if entity_id is not None:
        query = query.where(BatchFile.entity == entity_id)
    if before_id is not None:
        query = query.where(BatchFile.id < before_id)
    return list(query)


def find(actor: Actor, file_id: int) -> BatchFile:
    """By id; raises `NotFound` for one the actor may not see too."""
    file: BatchFile | None = BatchFile.get_or_none(BatchFile.id == file_id)
    seen = visible_entities(actor)
    if file is None or (seen is not None and file.entity_id not in seen):
        raise NotFound(f"there is no file {file_id}", remedy="see: waybill file list")
    return file


def of_archive_path(actor: Actor, archive_path: str) -> BatchFile | None:
    """The file whose master copy stands there; None for one the actor may not see too."""
    file: BatchFile | None = BatchFile.get_or_none(BatchFile.archive_path == archive_path)
    seen = visible_entities(actor)
    return None if file is None or (seen is not None and file.entity_id not in seen) else file
