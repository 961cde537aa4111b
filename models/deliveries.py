"""Deliveries: each file's way through one gateway, and how far it has come."""

from __future__ import annotations

from enum import StrEnum

from peewee import ForeignKeyField, IntegerField, TextField

from models import clock
from models.database import Table, execute, rows
from models.errors import NotFound
from models.fields import EnumField, UTCField, to_millis
from models.files import BatchFile
from models.jobs import Claim, hold_job
from models.people import Actor, visible_entities


class DeliveryState(StrEnum):
    """How far one copy has come on its way through one gateway."""

    STAGED = "staged"
    SENDING = "sending"
    DELIVERED = "delivered"
    CONFIRMED = "confirmed"
    FAILED = "failed"
    UNKNOWN = "unknown"


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
    remedy = TextField(default="")
    started_at = UTCField(default=clock.now)
    finished_at = UTCField(null=True)
    file_id: int

    class Meta:
        indexes = ((("file", "gateway"), True),)


Delivery.add_index(
    Delivery.index(Delivery.id, name="delivery_unknown", where=(Delivery.state == DeliveryState.UNKNOWN))
)


_DELIVERY_OF = "file_id = ? AND gateway = ?"
_ADD_DELIVERY = """
INSERT INTO delivery (file_id, gateway, target, state, attempt, code, reason, remedy, started_at, finished_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id
"""
_SET_DELIVERY = """
UPDATE delivery SET state = ?, attempt = ?, code = ?, reason = ?, remedy = ?, finished_at = ? WHERE id = ?
"""
_UNDER_WAY = """
SELECT f.id, d.id FROM batch_file f JOIN delivery d ON d.file_id = f.id
WHERE f.job_id = ? AND f.state IN ('reserved', 'rendered') AND d.state IN ('staged', 'sending') AND d.id <> ?
ORDER BY d.id
"""


def begin(claim: Claim, file: BatchFile, gateway: str, target: str) -> Delivery:
    """The file's delivery through a gateway; a new one is written down when its state is first set."""
    for delivery in rows(Delivery, _DELIVERY_OF, (file.id, gateway)):
        # On its way, or there: then its copy is of the attempt that it says.
        if delivery.state in (DeliveryState.STAGED, DeliveryState.FAILED):
            delivery.attempt = claim.attempt
        return delivery
    return Delivery(file=file, gateway=gateway, target=target, attempt=claim.attempt)


def record(
    claim: Claim,
    delivery: Delivery,
    state: DeliveryState,
    *,
    code: str = "",
    reason: str = "",
    remedy: str = "",
) -> None:
    """Move a delivery on; inside the caller's transaction."""
    hold_job(claim)
    delivery.state, delivery.code, delivery.reason, delivery.remedy = state, code, reason, remedy
    done = state not in (DeliveryState.STAGED, DeliveryState.SENDING)
    delivery.finished_at = clock.now() if done else None
    finished = None if delivery.finished_at is None else to_millis(delivery.finished_at)
    told = (state, delivery.attempt, code, reason, remedy)
    if is_new(delivery):
        whose = (delivery.file_id, delivery.gateway, delivery.target)
        begun = to_millis(delivery.started_at)
        delivery.id = execute(_ADD_DELIVERY, (*whose, *told, begun, finished)).fetchone()[0]
    else:
        execute(_SET_DELIVERY, (*told, finished, delivery.id))


def is_new(delivery: Delivery) -> bool:
    """Whether nothing is written down of it yet."""
    number: int | None = delivery.id
    return number is None


def under_way(job_id: int, *, but: int = 0) -> list[tuple[BatchFile, Delivery]]:
    """The deliveries of a job that are neither done nor given up, each with its file; all but one."""
    found = execute(_UNDER_WAY, (job_id, but)).fetchall()
    return [(BatchFile.get_by_id(file_id), Delivery.get_by_id(way_id)) for file_id, way_id in found]


def of_file(file: BatchFile) -> list[Delivery]:
    """Every way the file took."""
    return list(Delivery.select().where(Delivery.file == file).order_by(Delivery.id))


def listed(
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


def find(actor: Actor, delivery_id: int) -> Delivery:
    """By id; raises `NotFound` for one of a file the actor may not see too."""
    query = Delivery.select(Delivery, BatchFile).join(BatchFile).where(Delivery.id == delivery_id)
    delivery: Delivery | None = query.first()
    seen = visible_entities(actor)
    if delivery is None or (seen is not None and delivery.file.entity_id not in seen):
        raise NotFound(f"there is no delivery {delivery_id}", remedy="see: waybill delivery list")
    return delivery
