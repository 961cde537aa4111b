"""Batch files and deliveries as they are looked at: in pages by key, the latest first, and one in full.

Every answer is scoped to the legal entities that the actor may see. Rows are tuples: a list may be long.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from models.database import execute
from models.deliveries import DeliveryState
from models.errors import NotFound
from models.fields import amount_text, from_millis
from models.files import FileState
from models.jobs.queries import marks
from models.paging import Seek
from models.people import Actor, visible_entities
from models.repairs.ledger import OUTCOME_UNKNOWN


class Sent(NamedTuple):
    """One delivery in a list."""

    id: int
    state: DeliveryState
    gateway: str
    target: str
    code: str
    reason: str
    started_at: datetime
    finished_at: datetime | None
    file_id: int
    file: str
    job_id: int
    entity_id: int
    entity: str
    facility: str
    items: int
    """Invoices in its file."""


class Written(NamedTuple):
    """One file in a list."""

    id: int
    name: str
    format: str
    route: str
    state: FileState
    size: int
    items: int
    sha256: str
    repeats: int | None
    """The file whose very same bytes these are."""
    created_at: datetime
    totals: tuple[tuple[str, str], ...]
    """Currency and sum, as text with a point; signed."""
    control: tuple[tuple[str, str], ...]
    """What the format itself counts."""
    job_id: int
    entity_id: int
    entity: str
    facility: str
    sent: str
    """How its latest delivery stands; empty before there is one."""


class Carried(NamedTuple):
    """One invoice in a file, and how it stands for the destination now."""

    invoice_id: int
    number: str
    party: str
    amount: str
    currency: str
    now: str
    now_job_id: int | None
    waits: bool
    """It is on hold until somebody says whether the file arrived."""


_SENT = """
SELECT d.id, d.state, d.gateway, d.target, d.code, d.reason, d.started_at, d.finished_at,
       b.id, b.name, b.job_id, b.entity_id, e.name, f.name, b.items
FROM delivery d JOIN batch_file b ON b.id = d.file_id JOIN export_job j ON j.id = b.job_id
JOIN legal_entity e ON e.id = b.entity_id JOIN facility f ON f.id = j.facility_id
WHERE {which} ORDER BY {order} LIMIT ?
"""
_SENT_COUNT = "SELECT COUNT(*) FROM delivery d {joined} WHERE {which}"
_SENT_FILE = "JOIN batch_file b ON b.id = d.file_id"
_WRITTEN = """
SELECT b.id, b.name, b.format, b.route, b.state, b.size, b.items, b.sha256, b.repeats, b.created_at, b.totals,
       b.job_id, b.entity_id, e.name, f.name,
       COALESCE((SELECT d.state FROM delivery d WHERE d.file_id = b.id ORDER BY d.id DESC LIMIT 1), '')
FROM batch_file b JOIN export_job j ON j.id = b.job_id
JOIN legal_entity e ON e.id = b.entity_id JOIN facility f ON f.id = j.facility_id
WHERE {which} ORDER BY {order} LIMIT ?
"""
_WRITTEN_COUNT = "SELECT COUNT(*) FROM batch_file b WHERE {which}"


def deliveries(actor: Actor, seek: Seek, *, state: DeliveryState | None = None) -> list[Sent]:
    """The deliveries that `seek` names, the latest first; their key is the id."""
    which, values = _which(actor, "d.state", state)
    beyond, order, keys = seek.sql("d.id", descending=True)
    sql = _SENT.format(which=f"{which} AND {beyond}", order=order)
    return seek.in_order([_sent(row) for row in execute(sql, [*values, *keys, seek.limit])])


def count_deliveries(actor: Actor, *, state: DeliveryState | None = None) -> int:
    """How many deliveries there are."""
    which, values = _which(actor, "d.state", state)
    joined = _SENT_FILE if "b." in which else ""
    return int(execute(_SENT_COUNT.format(joined=joined, which=which), values).fetchone()[0])


def find_delivery(actor: Actor, delivery_id: int) -> Sent:
    """By id; raises `NotFound` for one the actor may not see too."""
    which, values = _which(actor, "d.id", delivery_id)
    row = execute(_SENT.format(which=which, order="d.id"), [*values, 1]).fetchone()
    if row is None:
        raise NotFound(f"there is no delivery {delivery_id}", remedy="see: waybill delivery list")
    return _sent(row)


def deliveries_of(file_id: int) -> list[Sent]:
    """Every way a file took, in order; ask `find_file` whether the actor may see it."""
    return [_sent(row) for row in execute(_SENT.format(which="b.id = ?", order="d.id"), (file_id, 1_000))]


def files(actor: Actor, seek: Seek) -> list[Written]:
    """The files that `seek` names, the latest first; their key is the id."""
    which, values = _which(actor)
    beyond, order, keys = seek.sql("b.id", descending=True)
    sql = _WRITTEN.format(which=f"{which} AND {beyond}", order=order)
    return seek.in_order([_written(row) for row in execute(sql, [*values, *keys, seek.limit])])


def count_files(actor: Actor) -> int:
    """How many files there are."""
    which, values = _which(actor)
    return int(execute(_WRITTEN_COUNT.format(which=which), values).fetchone()[0])


def find_file(actor: Actor, file_id: int) -> Written:
    """By id; raises `NotFound` for one the actor may not see too."""
    which, values = _which(actor, "b.id", file_id)
    row = execute(_WRITTEN.format(which=which, order="b.id"), [*values, 1]).fetchone()
    if row is None:
        raise NotFound(f"there is no file {file_id}", remedy="see: waybill file list")
    return _written(row)


# From the file to its job's items: the items' own index begins with the job.
_CARRIED = """
SELECT t.invoice_id, i.number, t.party_name, t.amount, t.currency, COALESCE(l.state, ''), l.job_id,
       COALESCE(l.state = 'on_hold' AND l.code = ?, FALSE)
FROM batch_file b JOIN export_job j ON j.id = b.job_id JOIN export_item t ON t.job_id = b.job_id
JOIN invoice i ON i.id = t.invoice_id
LEFT JOIN export_ledger l ON l.destination_id = j.destination_id AND l.invoice_id = t.invoice_id
WHERE b.id = ? AND t.file_id = b.id AND {beyond} ORDER BY {order} LIMIT ?
"""


def carried(file_id: int, seek: Seek) -> list[Carried]:
    """The invoices in a file that `seek` names; their key is the invoice's id.

    One that repeats another's bytes carries none of its own: ask for those of the file it repeats.
    """
    beyond, order, keys = seek.sql("t.invoice_id")
    sql = _CARRIED.format(beyond=beyond, order=order)
    return seek.in_order(
        [_carried(row) for row in execute(sql, (OUTCOME_UNKNOWN, file_id, *keys, seek.limit))]
    )


def _which(actor: Actor, column: str = "", value: object = None) -> tuple[str, list[object]]:
    """What narrows to what the actor may see and, where given, one column's value."""
    which, values = "1 = 1", list[object]()
    if value is not None:
        # The literal, so that the partial index of what is unknown serves.
        which, values = (
            (f"{column} = '{value}'", []) if isinstance(value, DeliveryState) else (f"{column} = ?", [value])
        )
    if (seen := visible_entities(actor)) is not None:
        which += f" AND b.entity_id IN ({marks(seen)})"
        values += seen
    return which, values


def _sent(row: Sequence[Any]) -> Sent:
    id_, state, gateway, target, code, reason, started, finished, *rest = row
    ended = None if finished is None else from_millis(finished)
    return Sent(id_, DeliveryState(state), gateway, target, code, reason, from_millis(started), ended, *rest)


def _written(row: Sequence[Any]) -> Written:
    values = list(row)
    values[4], values[9] = FileState(row[4]), from_millis(row[9])
    counted: dict[str, Any] = json.loads(row[10])
    sums = ((code, amount_text(minor, code)) for code, minor in counted.get("sums", {}).items())
    control = ((name, str(value)) for name, value in counted.get("control", {}).items())
    values[10:11] = [tuple(sums), tuple(control)]
    return Written(*values)


def _carried(row: Sequence[Any]) -> Carried:
    invoice_id, number, party, amount, currency, now, job_id, waits = row
    return Carried(
        invoice_id, number, party, amount_text(amount, currency), currency, now, job_id, bool(waits)
    )
