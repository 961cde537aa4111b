"""A job's items and circumstances in the shape that the formats take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from json import loads
from zoneinfo import ZoneInfo

from models.files import AchReservation, BatchFile
from models.jobs import Job, Route, items
from models.jobs.items import ItemRow
from worker.export.plan import Plan
from worker.formats import Account, Batch, Item, Items, Reservation


def draft(job: Job, plan: Plan, route: Route) -> Batch:
    """The batch before it has a file: what items are examined against."""
    chosen = plan.routes[route]
    return Batch(
        entity=job.entity.name,
        route=route,
        job_id=job.id,
        file_name="",
        created=job.as_of.astimezone(ZoneInfo(job.entity.zone)),
        posting_date=date.fromisoformat(job.posting_date),
        columns=chosen.columns,
        settings=chosen.settings,
    )


def of_file(
    drafted: Batch, file: BatchFile, reservation: AchReservation | None, numbers: Mapping[str, int]
) -> Batch:
    """The batch of one file."""
    reserved = None
    if reservation is not None:
        reserved = Reservation(reservation.modifier, reservation.first_trace, reservation.created_at)
    return replace(drafted, file_name=file.name, reservation=reserved, control_numbers=numbers)


def items_of(job: Job, route: Route) -> Items:
    """The route's items that are to go, as often as asked, streamed."""

    def stream() -> Iterator[Item]:
        return map(as_item, items.stream(job.id, route))

    return stream


def as_item(row: ItemRow) -> Item:
    """One row as the formats take it."""
    account = None
    if row.routing is not None:
        account = Account(
            row.routing,
            row.account or "",
            row.account_kind or "",
            row.holder or "",
            row.holder_name or "",
            bool(row.may_be_debited),
        )
    issued, due = row.issue_date, row.due_date
    if not row.is_current:  # changed since it was claimed: what goes is the claimed version
        content = loads(row.content)
        issued, due = content["issue_date"], content.get("due_date")
    return Item(
        row.invoice_id,
        row.invoice_id,
        row.direction,
        row.document_type,
        row.number,
        row.party_id,
        row.party_number,
        row.party_name,
        issued,
        due,
        row.currency,
        row.payable,
        account,
        row.content,
    )
