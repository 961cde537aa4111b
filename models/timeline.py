"""What became of one invoice: was it sent, once, when, to whom, and in which bytes.

Put together from what each part wrote down by itself: versions, items of jobs, files and their deliveries,
and the acts of people.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from models.audit import AuditEntry
from models.database import execute
from models.deliveries import Delivery
from models.fields import amount_text, from_millis
from models.files import BatchFile
from models.invoices import Invoice, InvoiceVersion, versions
from models.jobs import ItemState


class Export(NamedTuple):
    """The invoice within one job: what became of it there, and the file it went into."""

    job_id: int
    destination: str
    version: int
    route: str
    amount: int
    currency: str
    state: str
    code: str
    reason: str
    remedy: str
    began: datetime
    ended: datetime | None
    file_id: int | None

    @property
    def amount_text(self) -> str:
        """The amount with a point, a credit note's below zero."""
        return amount_text(self.amount, self.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened: when, what in a few words, and who or what did it."""

    at: datetime
    what: str
    by: str = ""
    detail: str = ""


_EXPORTS = """
SELECT t.job_id, d.direction || '/' || d.name, t.version, t.route, t.amount, t.currency, t.state, t.code,
       t.reason, t.remedy, COALESCE(j.started_at, j.created_at), j.finished_at, t.file_id
FROM export_item t JOIN export_job j ON j.id = t.job_id JOIN destination d ON d.id = j.destination_id
WHERE t.invoice_id = ? ORDER BY t.job_id
"""


def exports(invoice: Invoice) -> list[Export]:
    """Every job the invoice was part of, the first one first."""
    found = map(Export._make, execute(_EXPORTS, (invoice.id,)))
    return [export._replace(began=_instant(export.began), ended=_instant(export.ended)) for export in found]


def _instant(millis: Any) -> Any:
    return None if millis is None else from_millis(millis)


def files_of(found: Iterable[Export]) -> dict[int, BatchFile]:
    """The files the invoice went into, by their ids."""
    ids = [export.file_id for export in found if export.file_id is not None]
    return {file.id: file for file in BatchFile.select().where(BatchFile.id.in_(ids))}


def deliveries_of(files: Iterable[BatchFile]) -> list[Delivery]:
    """Every way these files took."""
    query = Delivery.select().where(Delivery.file.in_([file.id for file in files]))
    return list(query.order_by(Delivery.id))


def events(invoice: Invoice) -> list[Event]:
    """Everything that happened to it, in order."""
    found = exports(invoice)
    files = files_of(found)
    # What happened in one millisecond stays in this order.
    happened = [
        *map(_received, versions(invoice)),
        *(event for export in found for event in _begun(export, files)),
        *map(_delivered, deliveries_of(files.values())),
        *(_ended(export, export.ended) for export in found if export.ended is not None),
        *_acts(invoice),
    ]
    return sorted(happened, key=lambda event: event.at)


def _received(version: InvoiceVersion) -> Event:
    return Event(
        at=version.created_at,
        what=f"version {version.number} received",
        by=version.created_by,
        detail=f"{version.source}, sha256 {version.sha256}",
    )


def _begun(export: Export, files: dict[int, BatchFile]) -> Iterator[Event]:
    job = f"job {export.job_id}"
    yield Event(
        at=export.began, what=f"taken for {export.destination}, version {export.version}, {job}", by=job
    )
    file = files.get(export.file_id or 0)
    if file is not None:
        yield Event(
            at=file.created_at, what=f"written to {file.name}", by=job, detail=f"sha256 {file.sha256}"
        )


def _ended(export: Export, at: datetime) -> Event:
    reason = f"{export.reason}; {export.remedy}" if export.reason else ""
    what = "exported" if export.state == ItemState.SUCCESSFUL else f"{export.state}, not exported"
    return Event(at=at, what=what, by=f"job {export.job_id}", detail=reason)


def _delivered(delivery: Delivery) -> Event:
    return Event(
        at=delivery.finished_at or delivery.started_at,
        what=f"{delivery.gateway}: {delivery.state}",
        by=f"delivery {delivery.id}",
        detail=delivery.reason or delivery.target,
    )


def _acts(invoice: Invoice) -> Iterator[Event]:
    query = AuditEntry.select().where(AuditEntry.subject == "invoice", AuditEntry.subject_id == invoice.id)
    for entry in query.order_by(AuditEntry.id):
        yield Event(at=entry.at, what=entry.action, by=entry.actor, detail=entry.reason)
