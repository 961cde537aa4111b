"""Destinations and the export ledger: the single truth of what went where.

One ledger row per (destination, invoice) says `pending`, `in_progress`, `exported` or `on_hold`. Rows are
written when an invoice becomes ready and when a destination is added; what is pending is never derived
from the absence of something. The ledger belongs to the destination: a new facility inherits it and
sends nothing twice.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from enum import StrEnum

from peewee import BigIntegerField, CompositeKey, ForeignKeyField, IntegerField, TextField

from models import audit, clock, names
from models.database import Row, Table, execute, transaction
from models.entities import LegalEntity
from models.errors import Conflict, InvalidInput, NotFound
from models.fields import EnumField, UTCField, to_millis
from models.invoices import Direction, Invoice
from models.people import Action, Actor, require

MAIN = "main"


class LedgerState(StrEnum):
    """Where one invoice stands for one destination."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    EXPORTED = "exported"
    ON_HOLD = "on_hold"


class Destination(Table):
    """Whatever keeps its own record of what it has received."""

    entity = ForeignKeyField(LegalEntity, backref="destinations")
    direction = EnumField(Direction)
    name = TextField(default=MAIN)
    since = TextField(default="")
    """Invoices issued before this day (ISO) never belong to it; empty: all."""
    created_at = UTCField(default=clock.now)
    entity_id: int

    class Meta:
        indexes = ((("entity", "direction", "name"), True),)

    @property
    def label(self) -> str:
        """`payable/main`."""
        return f"{self.direction}/{self.name}"


class LedgerRow(Row):
    """One invoice at one destination."""

    destination = ForeignKeyField(Destination, index=False)
    invoice = ForeignKeyField(Invoice, backref="ledger", index=False)
    state = EnumField(LedgerState, default=LedgerState.PENDING)
    job_id = BigIntegerField(null=True)
    """The job that holds the row (in_progress), exported it, or may have (on hold, outcome_unknown)."""
    version = IntegerField(null=True)
    """The number of the version that was exported."""
    code = TextField(default="")
    """Why it is on hold or was put back: machine-readable."""
    reason = TextField(default="")
    actor = TextField(default="")
    """Who marked it by hand; empty when a job did."""
    changed_at = UTCField(default=clock.now)

    @property
    def is_changed(self) -> bool:
        """Whether the invoice's content changed after it was exported."""
        exported = self.state == LedgerState.EXPORTED and self.version is not None
        return exported and (self.version or 0) < self.invoice.version

    class Meta:
        table_name = "export_ledger"
        primary_key = CompositeKey("destination", "invoice")
        without_rowid = True


LedgerRow.add_index(
    LedgerRow.index(
        LedgerRow.destination,
        LedgerRow.state,  # one more equality, else SQLite prefers the primary key and walks the archive
        LedgerRow.invoice,
        name="export_ledger_pending",
        where=(LedgerRow.state == LedgerState.PENDING),
    )
)
LedgerRow.add_index(
    LedgerRow.index(
        LedgerRow.destination,
        LedgerRow.state,
        LedgerRow.invoice,
        name="export_ledger_on_hold",
        where=(LedgerRow.state == LedgerState.ON_HOLD),
    )
)
LedgerRow.add_index(
    LedgerRow.index(
        LedgerRow.destination,
        LedgerRow.state,
        LedgerRow.invoice,
        name="export_ledger_in_progress",
        where=(LedgerRow.state == LedgerState.IN_PROGRESS),
    )
)
LedgerRow.add_index(
    LedgerRow.index(LedgerRow.job_id, name="export_ledger_job", where=LedgerRow.job_id.is_null(False))
)
LedgerRow.add_index(LedgerRow.index(LedgerRow.invoice, name="export_ledger_invoice"))


def create_main(entity: LegalEntity) -> None:
    """The two destinations every legal entity has."""
    for direction in Direction:
        Destination.create(entity=entity, direction=direction)


def create(
    actor: Actor, entity: LegalEntity, direction: Direction, name: str, *, since: date | None = None
) -> Destination:
    """Add a named stream: the same invoices for another system, from the day of issue given."""
    require(actor, Action.MANAGE_FACILITIES, entity.id)
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,49}", name):
        raise InvalidInput(
            f"{names.shown(name)} is no name for a destination",
            remedy="give at most 50 small letters, digits and dashes",
        )
    with transaction():
        exists = Destination.select().where(
            Destination.entity == entity, Destination.direction == direction, Destination.name == name
        )
        if exists.exists():
            raise Conflict(
                f"there is a destination {direction}/{name} already", remedy="see: waybill destination list"
            )
        day = since.isoformat() if since else ""
        destination = Destination.create(entity=entity, direction=direction, name=name, since=day)
        _open_rows(destination)
        audit.record(
            actor,
            "create",
            "destination",
            subject_id=destination.id,
            name=destination.label,
            entity_id=entity.id,
            after={"since": day, "pending": pending_count(destination.id)},
        )
    return destination


def of_entity(entity: LegalEntity) -> list[Destination]:
    """All destinations of a legal entity."""
    query = Destination.select().where(Destination.entity == entity)
    return list(query.order_by(Destination.direction, Destination.name))


def find(entity: LegalEntity, label: str) -> Destination:
    """By `payable/main`, or `payable` for its main one; raises `NotFound`."""
    direction, _, name = label.partition("/")
    for destination in of_entity(entity):
        if destination.label == f"{direction}/{name or MAIN}":
            return destination
    raise NotFound(
        f"{entity.name} has no destination {names.shown(label)}", remedy="see: waybill destination list"
    )


def ledger_row(destination: Destination, invoice: Invoice) -> LedgerRow | None:
    """Where the invoice stands for the destination; None when it does not belong to it."""
    found: LedgerRow | None = LedgerRow.get_or_none(
        LedgerRow.destination == destination, LedgerRow.invoice == invoice
    )
    return found


def ledger_of(invoice: Invoice) -> list[LedgerRow]:
    """Where the invoice stands, for every destination it belongs to."""
    query = LedgerRow.select(LedgerRow, Destination).join(Destination).where(LedgerRow.invoice == invoice)
    return list(query.order_by(LedgerRow.destination))


def pending_count(destination_id: int) -> int:
    """How many invoices wait for the destination; grows with these, not with the archive."""
    return int(execute(_PENDING, (destination_id,)).fetchone()[0])


_PENDING = "SELECT COUNT(*) FROM export_ledger WHERE destination_id = ? AND state = 'pending'"


def counts(destination: Destination) -> dict[LedgerState, int]:
    """How many invoices stand in each state."""
    cursor = execute(_COUNT, (destination.id,))
    return dict.fromkeys(LedgerState, 0) | {LedgerState(state): number for state, number in cursor}


_COUNT = "SELECT state, COUNT(*) FROM export_ledger WHERE destination_id = ? GROUP BY state"

# Every invoice that is ready belongs to each destination of its entity and direction, from its day on.
_OPEN = """
INSERT INTO export_ledger (destination_id, invoice_id, state, code, reason, actor, changed_at)
SELECT d.id, i.id, 'pending', '', '', '', ? FROM destination d
JOIN invoice i ON i.entity_id = d.entity_id AND i.direction = d.direction
WHERE {scope} AND i.status = 'ready' AND i.issue_date >= d.since
ON CONFLICT DO NOTHING
"""
_OPEN_DESTINATION = _OPEN.format(scope="d.id = ?")
_OPEN_INVOICES = _OPEN.format(scope="i.entity_id = ? AND i.id > ?")


def open_rows_of_new_invoices(entity_id: int, after_id: int) -> None:
    """Give every ready invoice of the entity with an id above `after_id` its ledger rows."""
    execute(_OPEN_INVOICES, (to_millis(clock.now()), entity_id, after_id))


def open_rows_of(invoice_ids: Sequence[int]) -> None:
    """Give these invoices, when they are ready, the ledger rows they lack."""
    now = to_millis(clock.now())
    for start in range(0, len(invoice_ids), _LOOKUP):
        part = invoice_ids[start : start + _LOOKUP]
        execute(_OPEN.format(scope=f"i.id IN ({', '.join('?' * len(part))})"), (now, *part))


_LOOKUP = 500  # parameters of one IN list


def _open_rows(destination: Destination) -> None:
    execute(_OPEN_DESTINATION, (to_millis(clock.now()), destination.id))
