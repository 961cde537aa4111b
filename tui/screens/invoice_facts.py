"""One invoice with everything that is known of it, as plain values read in a thread."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from models import destinations, invoices, timeline
from models.audit import Actor
from models.deliveries import Delivery
from models.files import BatchFile
from models.invoices import Invoice
from models.jobs.queries import find_row
from models.timeline import Event, Export
from tui import wording


class Stands(NamedTuple):
    """Where it stands for one destination."""

    destination_id: int
    destination: str
    state: str
    version: int | None
    changed: bool
    job_id: int | None
    reason: str
    actor: str
    at: datetime


class Way(NamedTuple):
    """How its file went through one gateway."""

    gateway: str
    target: str
    state: str
    reason: str
    at: datetime


class Sent(NamedTuple):
    """The invoice within one job: outcome, file, and the ways that took."""

    export: Export
    asked: str
    file: str
    sha256: str
    size: int
    ways: tuple[Way, ...]


class Version(NamedTuple):
    """One version of its content."""

    number: int
    sha256: str
    source: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceFacts:
    """All of it but the contents, which are read when they are wanted."""

    id: int
    entity_id: int
    entity: str
    number: str
    document_type: str
    direction: str
    status: str
    party: str
    issue_date: str
    due_date: str | None
    amount: str
    currency: str
    version: int
    stands: tuple[Stands, ...]
    sent: tuple[Sent, ...]
    versions: tuple[Version, ...]
    events: tuple[Event, ...]

    @property
    def main(self) -> Stands | None:
        """Where it stands for the main destination."""
        return next((each for each in self.stands if each.destination.endswith("/main")), None)


def find(actor: Actor, which: str | int) -> InvoiceFacts:
    """By id, or by the number or id that somebody typed; raises `NotFound`."""
    if isinstance(which, str):
        return _read(actor, invoices.find_visible(actor, which))
    return _read(actor, invoices.visible_by_id(actor, which))


def _read(actor: Actor, invoice: Invoice) -> InvoiceFacts:
    return InvoiceFacts(
        id=invoice.id,
        entity_id=invoice.entity_id,
        entity=invoice.entity.name,
        number=invoice.number,
        document_type=invoice.document_type,
        direction=invoice.direction,
        status=invoice.status,
        party=invoice.party.name,
        issue_date=invoice.issue_date,
        due_date=invoice.due_date,
        amount=invoice.amount,
        currency=invoice.currency,
        version=invoice.version,
        stands=tuple(_stands(invoice, row) for row in destinations.ledger_of(invoice)),
        sent=tuple(_sent(actor, invoice)),
        versions=tuple(
            Version(each.number, each.sha256, each.source, each.created_at, each.created_by)
            for each in invoices.versions(invoice)
        ),
        events=tuple(timeline.events(invoice)),
    )


def _stands(invoice: Invoice, row: destinations.LedgerRow) -> Stands:
    exported = row.state == destinations.LedgerState.EXPORTED and row.version is not None
    return Stands(
        destination_id=row.destination.id,
        destination=row.destination.label,
        state=row.state,
        version=row.version,
        changed=exported and (row.version or 0) < invoice.version,
        job_id=row.job_id,
        reason=row.reason,
        actor=row.actor,
        at=row.changed_at,
    )


def _sent(actor: Actor, invoice: Invoice) -> list[Sent]:
    exports = timeline.exports(invoice)
    files = timeline.files_of(exports)
    ways = timeline.deliveries_of(files.values())
    return [_one(actor, export, files.get(export.file_id or 0), ways) for export in exports]


def _one(actor: Actor, export: Export, file: BatchFile | None, ways: list[Delivery]) -> Sent:
    job = find_row(actor, export.job_id)
    return Sent(
        export=export,
        asked=wording.asked_by(job) if job else "",
        file=file.name if file else "",
        sha256=file.sha256 if file else "",
        size=file.size if file else 0,
        ways=tuple(
            Way(way.gateway, way.target, way.state, way.reason, way.finished_at or way.started_at)
            for way in ways
            if file is not None and way.file_id == file.id
        ),
    )
