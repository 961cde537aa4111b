"""`waybill invoice`: what came in, where it stands, and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import click

from models import destinations, facilities, invoice_content, invoice_search, invoices, parties, timeline
from models.deliveries import Delivery
from models.destinations import Destination, LedgerRow, LedgerState
from models.entities import LegalEntity
from models.errors import NotFound
from models.facilities import Facility, FacilityState
from models.fields import amount_text
from models.files import BatchFile
from models.invoice_search import Found, Wanted
from models.invoices import Direction, Invoice, InvoiceVersion
from models.jobs import Job, detail
from models.repairs import mark, re_export, revert
from models.repairs.ledger import Choice
from models.repairs.plan import Kind
from models.timeline import Event, Export
from tui.cli.console import (
    ROW_ID,
    Moment,
    Session,
    Verbs,
    after_option,
    entity_option,
    in_session,
    limit_option,
    time_text,
    to_json,
    visible,
)
from tui.repairs import Consent, carry_out, repair_options

F = TypeVar("F", bound=Callable[..., Any])

direction_type = click.Choice([direction.value for direction in Direction])
state_type = click.Choice([state.value for state in LedgerState])
_day = Moment("%Y-%m-%d")


@click.group("invoice", cls=Verbs)
def command() -> None:
    """Invoices and credit notes."""


@command.command("list")
@click.option("--state", type=state_type, help="Where it stands for the destination.")
@click.option("--direction", type=direction_type)
@click.option("--party", "party_name", help="Only this party's: id, number, identifier or name.")
@click.option("--search", default="", help="Text within the invoice's number or the party's name.")
@click.option("--changed", is_flag=True, help="Those whose content changed after they were exported.")
@click.option(
    "--destination", "label", help="Show this destination's states, e.g. payable/warehouse; else main's."
)
@after_option
@limit_option
@entity_option
@in_session
def list_invoices(
    session: Session,
    state: str | None,
    direction: str | None,
    party_name: str | None,
    search: str,
    changed: bool,
    label: str | None,
    after: int | None,
    limit: int,
    entity_name: str | None,
) -> None:
    """The invoices, the latest first, and where each stands."""
    entity = session.entity(entity_name)
    wanted = Wanted(
        state=LedgerState(state) if state else None,
        direction=Direction(direction) if direction else None,
        party_id=parties.find(entity, party_name).id if party_name is not None else None,
        text=search,
        changed=changed,
        after=after,
        limit=limit + 1,
    )
    destination = destinations.find(entity, label) if label is not None else None
    found = invoice_search.search(entity, wanted, destination=destination)
    narrowed = any((state, direction, party_name, search, changed, label, after))
    session.table(
        [_found_item(row) if session.as_json else _found_line(row) for row in found[:limit]],
        ["number", "party", "issue_date", "amount", "currency", "state"],
        empty="No invoice matches." if narrowed else "No invoice yet. Take some in: waybill import PATH",
        following=str(found[limit - 1].invoice_id) if len(found) > limit else None,
    )


@command.command("show")
@click.argument("number")
@click.option("--content", is_flag=True, help="Print its content, JSON in EN 16931 terms.")
@click.option("--version", type=ROW_ID, help="With --content: this version's; else the current one's.")
@entity_option
@in_session
def show_invoice(
    session: Session, number: str, content: bool, version: int | None, entity_name: str | None
) -> None:
    """One invoice (by number or id): was it sent, once, when, to whom, and in which bytes."""
    invoice = invoices.find(session.entity(entity_name), number)
    if version is not None and not content:
        raise click.UsageError("'--version' needs '--content'")
    if content:
        document = invoices.content(invoice, version)
        session.answer(document, to_json(document))
        return
    exports = timeline.exports(invoice)
    files = timeline.files_of(exports)
    ways = timeline.deliveries_of(files.values())
    item = _as_item(invoice) | {
        "ledger": [_ledger_item(row) for row in destinations.ledger_of(invoice)],
        "versions": [_version_item(version) for version in invoices.versions(invoice)],
        "exports": [_export_item(export, files, ways) for export in exports],
        "timeline": [_event_item(event) for event in timeline.events(invoice)],
    }
    session.show(item if session.as_json else _as_text(item))


@command.command("diff")
@click.argument("number")
@click.option("--from", "before", type=ROW_ID, help="The older version; else the one before.")
@click.option("--to", "after", type=ROW_ID, help="The newer version; else the current one.")
@entity_option
@in_session
def diff_invoice(
    session: Session, number: str, before: int | None, after: int | None, entity_name: str | None
) -> None:
    """What changed between two versions of an invoice (by number or id), in EN 16931 words."""
    invoice = invoices.find(session.entity(entity_name), number)
    newer = after or invoice.version
    older = before or newer - 1
    if not older:
        raise NotFound(
            f"version {newer} of invoice {invoice.number} is its first, so nothing came before it",
            remedy="read it: waybill invoice show NUMBER --content --version 1",
        )
    invoices.content(invoice, newer)  # that one first: what is missing is the one that was named
    found = invoice_content.differences(invoice, older, newer)
    lines = [f"{one.label}: {one.before or '-'}  ->  {one.after or '-'}" for one in found]
    session.answer(
        {
            "id": invoice.id,
            "number": invoice.number,
            "from": older,
            "to": newer,
            "differences": [one._asdict() for one in found],
        },
        "\n".join(map(visible, lines or [f"versions {older} and {newer} say the same"])),
    )


_CHOICE = (
    click.argument("numbers", nargs=-1, metavar="[NUMBER]..."),
    click.option("--job", "job_id", type=ROW_ID, help="Those that this job carries."),
    click.option("--party", "party_name", help="Those of this party: id, number, identifier or name."),
    click.option("--from", "since", type=_day, help="Those issued on this day or after it."),
    click.option("--to", "until", type=_day, help="Those issued up to this day."),
    click.option("--state", type=state_type, help="Those that stand so."),
    click.option("--changed", is_flag=True, help="Those whose content changed after they were exported."),
    click.option("--destination", "label", help="Of which one, e.g. payable/warehouse; else payable/main."),
)


def _choosing(act: F) -> F:
    """Give a command the options that say which invoices."""
    for option in reversed(_CHOICE):
        act = option(act)
    return act


def _choice(session: Session, entity: LegalEntity, given: dict[str, Any]) -> Choice:
    party = parties.find(entity, given["party_name"]) if given["party_name"] is not None else None
    if given["job_id"] is not None:
        detail.find(session.actor, given["job_id"])  # a job that cannot be seen chooses nothing
    choice = Choice(
        numbers=given["numbers"],
        job_id=given["job_id"],
        party_id=party.id if party else None,
        since=given["since"].date() if given["since"] else None,
        until=given["until"].date() if given["until"] else None,
        state=LedgerState(given["state"]) if given["state"] else None,
        changed=given["changed"],
    )
    conditions = replace(choice, numbers=())
    if bool(choice.numbers) == conditions.says_something:
        raise click.UsageError("give NUMBERs, or conditions such as --job, but not both")
    return choice


def _destination(entity: LegalEntity, given: dict[str, Any]) -> Destination:
    """The one that is named; else the main one of the first invoice's, or job's, direction."""
    if given["label"] is not None:
        return destinations.find(entity, given["label"])
    if given["numbers"]:
        return destinations.find(entity, invoices.find(entity, given["numbers"][0]).direction)
    if given["job_id"] is not None:
        found: Destination = Job.get_by_id(given["job_id"]).destination
        return found
    return destinations.find(entity, Direction.PAYABLE)


@command.command("revert")
@_choosing
@entity_option
@repair_options
@in_session
def revert_invoices(session: Session, entity_name: str | None, consent: Consent, **given: Any) -> None:
    """Make invoices pending that were exported or are on hold, so that they go with the next export.

    Those that have left already are booked twice unless they are removed where they arrived: the plan names
    each one's file and when it left. To send them at once: waybill invoice re-export.
    """
    entity = session.entity(entity_name)
    choice, destination = _choice(session, entity, given), _destination(entity, given)
    carry_out(
        session,
        Kind.REVERT,
        lambda: revert.plan(session.actor, destination, choice),
        revert.apply,
        "Make {} pending?",
        consent,
    )


@command.command("mark-exported")
@_choosing
@entity_option
@repair_options
@in_session
def mark_invoices(session: Session, entity_name: str | None, consent: Consent, **given: Any) -> None:
    """Count invoices as exported that are known to be where they belong; nothing is sent."""
    entity = session.entity(entity_name)
    choice, destination = _choice(session, entity, given), _destination(entity, given)
    carry_out(
        session,
        Kind.MARK,
        lambda: mark.plan(session.actor, destination, choice),
        mark.apply,
        "Count {} as exported?",
        consent,
    )


@command.command("re-export")
@_choosing
@click.option("--facility", "facility_name", help="What exports; not needed when there is one.")
@entity_option
@repair_options
@in_session
def re_export_invoices(
    session: Session, facility_name: str | None, entity_name: str | None, consent: Consent, **given: Any
) -> None:
    """Send invoices once more, now, at their current version, by a job of just these.

    Into the files that the facility's schedule writes; others: waybill export run --again. To let them go
    with the next export instead: waybill invoice revert.
    """
    entity = session.entity(entity_name)
    choice = _choice(session, entity, given)
    facility = _facility(entity, facility_name, given)
    carry_out(
        session,
        Kind.RE_EXPORT,
        lambda: re_export.plan(session.actor, facility, choice),
        re_export.apply,
        "Export {} once more, now?",
        consent,
    )


def _facility(entity: LegalEntity, name: str | None, given: dict[str, Any]) -> Facility:
    """The one that is named; else the active one of the destination."""
    if name is not None:
        return facilities.find(entity, name)
    destination = _destination(entity, given)
    serving = [one for one in facilities.of_entity(entity) if one.destination_id == destination.id]
    active = [one for one in serving if one.state == FacilityState.ACTIVE]
    return active[0] if active else facilities.find(entity, None)


def _found_item(row: Found) -> dict[str, Any]:
    return {
        "id": row.invoice_id,
        "number": row.number,
        "document_type": row.document_type,
        "direction": row.direction,
        "status": row.status,
        "party_id": row.party_id,
        "party": row.party,
        "issue_date": row.issue_date,
        "due_date": row.due_date,
        "amount": row.amount,
        "currency": row.currency,
        "version": row.version,
        "state": row.state,
        "changed_since_export": row.changed,
        "job": row.job_id,
        "code": row.code,
        "reason": row.reason,
    }


def _found_line(row: Found) -> dict[str, Any]:
    state = f"{row.state}, changed since" if row.changed else row.state
    return _found_item(row) | {"state": state}


def _as_item(invoice: Invoice) -> dict[str, Any]:
    return {
        "id": invoice.id,
        "number": invoice.number,
        "entity": invoice.entity.name,
        "document_type": invoice.document_type,
        "direction": invoice.direction,
        "status": invoice.status,
        "party_id": invoice.party_id,
        "party": invoice.party.name,
        "issue_date": invoice.issue_date,
        "due_date": invoice.due_date,
        "amount": invoice.amount,
        "total": amount_text(invoice.total, invoice.currency),
        "currency": invoice.currency,
        "version": invoice.version,
    }


def _ledger_item(row: LedgerRow) -> dict[str, Any]:
    return {
        "destination": row.destination.label,
        "state": row.state,
        "exported_version": row.version,
        "changed_since_export": row.is_changed,
        "job": row.job_id,
        "code": row.code,
        "reason": row.reason,
        "changed_at": row.changed_at,
    }


def _version_item(version: InvoiceVersion) -> dict[str, Any]:
    return {
        "number": version.number,
        "sha256": version.sha256,
        "source": version.source,
        "created_at": version.created_at,
        "created_by": version.created_by,
    }


def _export_item(export: Export, files: dict[int, BatchFile], ways: list[Delivery]) -> dict[str, Any]:
    file = files.get(export.file_id) if export.file_id is not None else None
    return {
        "job": export.job_id,
        "destination": export.destination,
        "version": export.version,
        "route": export.route,
        "amount": export.amount_text,
        "currency": export.currency,
        "state": export.state,
        "code": export.code,
        "reason": export.reason,
        "remedy": export.remedy,
        "file": file and {"id": file.id, "name": file.name, "sha256": file.sha256, "state": file.state},
        "deliveries": [
            {"gateway": way.gateway, "target": way.target, "state": way.state, "finished_at": way.finished_at}
            for way in ways
            if file is not None and way.file_id == file.id
        ],
    }


def _event_item(event: Event) -> dict[str, Any]:
    return {"at": event.at, "what": event.what, "by": event.by, "detail": event.detail}


def _as_text(item: dict[str, Any]) -> dict[str, Any]:
    """The same for people: what `ledger` and `timeline` say in a line each; exports are in the timeline."""
    shown = {key: value for key, value in item.items() if key not in ("versions", "exports")}
    shown["ledger"] = [_ledger_text(row) for row in item["ledger"]]
    shown["timeline"] = [_event_text(event) for event in item["timeline"]]
    return shown


def _ledger_text(row: dict[str, Any]) -> str:
    changed = ", changed since" if row["changed_since_export"] else ""
    job = f", job {row['job']}" if row["job"] else ""
    why = f": {row['reason']}" if row["reason"] else ""
    return f"{row['destination']} {row['state']}{job}{changed}{why}"


def _event_text(event: dict[str, Any]) -> str:
    detail = f" ({event['detail']})" if event["detail"] else ""
    by = "" if event["what"].endswith(event["by"]) else f", {event['by']}"
    return f"{time_text(event['at'])} {event['what']}{by}{detail}"
