"""Batch files and their deliveries: what a job produced, in which bytes, and where each copy went.

A file's name is reserved before it is written and never used again in its legal entity, so that two
contents never stand under one name. An ACH file also reserves its file id modifier and its trace numbers:
the ACH operator rejects a file whose origin, date, time and modifier equal an accepted one.
"""

from __future__ import annotations

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


class DeliveryState(StrEnum):
    """How far one copy has come on its way through one gateway."""

    STAGED = "staged"
    SENDING = "sending"
    DELIVERED = "delivered"
    CONFIRMED = "confirmed"
    FAILED = "failed"
    UNKNOWN = "unknown"


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

    class Meta:
        table_name = "ach_reservation"
        indexes = ((("scope", "day", "modifier"), True),)


class Delivery(Table):
    """One file's way through one gateway."""

    file = ForeignKeyField(BatchFile, backref="deliveries", index=False)
    gateway = TextField()
    target = TextField()
    """Where it goes, as the gateway says it: for pickup, folder and name."""
    state = EnumField(DeliveryState, default=DeliveryState.STAGED)
    attempt = IntegerField()
    """The job's attempt that made the copy which is on its way."""
    code = TextField(default="")
    reason = TextField(default="")
    started_at = UTCField(default=clock.now)
    finished_at = UTCField(null=True)
    file_id: int

    class Meta:
        indexes = ((("file", "gateway"), True),)


Delivery.add_index(
    Delivery.index(Delivery.id, name="delivery_unknown", where=(Delivery.state == DeliveryState.UNKNOWN))
)


# What every job asks and writes, spelt out: building these took longer than running them.
_PRESENT_FILE = "job_id = ? AND route = ? AND state IN ('reserved', 'rendered')"
_OF_JOB = "job_id = ? AND state <> 'void' ORDER BY route, id"
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
_DELIVERY_OF = "file_id = ? AND gateway = ?"
_ADD_DELIVERY = """
INSERT INTO delivery (file_id, gateway, target, state, attempt, code, reason, started_at, finished_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id
"""
_SET_DELIVERY = """
UPDATE delivery SET state = ?, attempt = ?, code = ?, reason = ?, finished_at = ? WHERE id = ?
"""
_UNDER_WAY = """
SELECT f.id, d.id FROM batch_file f JOIN delivery d ON d.file_id = f.id
WHERE f.job_id = ? AND f.state IN ('reserved', 'rendered') AND d.state IN ('staged', 'sending') AND d.id <> ?
ORDER BY d.id
"""

_NEVER_BEGUN = """
job_id = ? AND state = 'rendered' AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.file_id = batch_file.id)
"""

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


def free_name(entity_id: int, wanted: str) -> str:
    """The name wanted, or with `_2`, `_3` before its ending when the legal entity ever used it."""
    name, number = wanted, 1
    while execute(_NAMED, (entity_id, name)).fetchone():
        number += 1
        path = PurePosixPath(wanted)
        name = str(path.with_name(f"{path.stem}_{number}{path.suffix}"))
    return name


def reserve_ach(file: BatchFile, *, scope: str, day: str, traces: int) -> AchReservation:
    """The day's next free modifier and trace numbers for this bank and origin; the same on a repeat.

    Raises `ConfigurationError` when the day's 36 modifiers or 9,999,999 traces are used up (NACHA file
    header field 7, entry detail field 11).
    """
    serialise(f"ACH files of {scope}")
    existing = ach_reservation(file)
    if existing is not None:
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


def begin_delivery(claim: Claim, file: BatchFile, gateway: str, target: str) -> Delivery:
    """The file's delivery through a gateway; a new one is written down when its state is first set."""
    for delivery in rows(Delivery, _DELIVERY_OF, (file.id, gateway)):
        # On its way, or there: then its copy is of the attempt that it says.
        if delivery.state in (DeliveryState.STAGED, DeliveryState.FAILED):
            delivery.attempt = claim.attempt
        return delivery
    return Delivery(file=file, gateway=gateway, target=target, attempt=claim.attempt)


def set_delivery(
    claim: Claim, delivery: Delivery, state: DeliveryState, *, code: str = "", reason: str = ""
) -> None:
    """Move a delivery on; inside the caller's transaction."""
    hold_job(claim)
    delivery.state, delivery.code, delivery.reason = state, code, reason
    done = state not in (DeliveryState.STAGED, DeliveryState.SENDING)
    delivery.finished_at = clock.now() if done else None
    finished = None if delivery.finished_at is None else to_millis(delivery.finished_at)
    told = (state, delivery.attempt, code, reason)
    if _is_new(delivery):
        whose = (delivery.file_id, delivery.gateway, delivery.target)
        begun = to_millis(delivery.started_at)
        delivery.id = execute(_ADD_DELIVERY, (*whose, *told, begun, finished)).fetchone()[0]
    else:
        execute(_SET_DELIVERY, (*told, finished, delivery.id))


def _is_new(delivery: Delivery) -> bool:
    number: int | None = delivery.id
    return number is None


def of_job(job_id: int, *, void: bool = False) -> list[BatchFile]:
    """The job's files, ACH first."""
    if not void:
        return rows(BatchFile, _OF_JOB, (job_id,))
    query = BatchFile.select().where(BatchFile.job == job_id).order_by(BatchFile.route, BatchFile.id)
    return list(query)


def under_way(job_id: int, *, but: int = 0) -> list[tuple[BatchFile, Delivery]]:
    """The deliveries of a job that are neither done nor given up, each with its file; all but one."""
    found = execute(_UNDER_WAY, (job_id, but)).fetchall()
    return [(BatchFile.get_by_id(file_id), Delivery.get_by_id(way_id)) for file_id, way_id in found]


def never_begun(job_id: int) -> list[BatchFile]:
    """A job's written files with no delivery recorded; a worker that died may have staged a copy."""
    return rows(BatchFile, _NEVER_BEGUN, (job_id,))


def deliveries(file: BatchFile) -> list[Delivery]:
    """Every way the file took."""
    return list(Delivery.select().where(Delivery.file == file).order_by(Delivery.id))


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


def listed_deliveries(
    actor: Actor,
    *,
    entity_id: int | None = None,
    state: DeliveryState | None = None,
    before_id: int | None = None,
    limit: int = 100,
) -> list[Delivery]:
    """Deliveries of files the actor may see, newest first, each with its file."""
    query = Delivery.select(Delivery, BatchFile).join(BatchFile).order_by(Delivery.id.desc()).limit(limit)
    seen = visible_entities(actor)
    if seen is not None:
        query = query.where(BatchFile.entity.in_(seen))
    if entity_id is not None:
        query = query.where(BatchFile.entity == entity_id)
    if state is not None:
        query = query.where(Delivery.state == state)
    if before_id is not None:
        query = query.where(Delivery.id < before_id)
    return list(query)


def find_delivery(actor: Actor, delivery_id: int) -> Delivery:
    """By id; raises `NotFound` for one of a file the actor may not see too."""
    query = Delivery.select(Delivery, BatchFile).join(BatchFile).where(Delivery.id == delivery_id)
    delivery: Delivery | None = query.first()
    seen = visible_entities(actor)
    if delivery is None or (seen is not None and delivery.file.entity_id not in seen):
        raise NotFound(f"there is no delivery {delivery_id}", remedy="see: waybill delivery list")
    return delivery
