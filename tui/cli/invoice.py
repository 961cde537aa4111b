"""`waybill invoice`: what came in, where it stands, and what became of it."""

from __future__ import annotations

from typing import Any

import click

from models import (
    destinations,
    invoice_content,
    invoice_filter,
    invoice_pages,
    invoice_search,
    invoices,
    parties,
    timeline,
)
from models.audit import Actor
from models.destinations import LedgerState
from models.entities import LegalEntity
from models.errors import NotFound
from models.invoice_filter import Words
from models.invoice_search import Found, Wanted
from models.invoices import Direction
from models.paging import Seek
from models.repairs import mark, re_export, revert
from models.repairs.plan import Kind
from tui import invoice_choice, invoice_json
from tui.cli.console import (
    ROW_ID,
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
from tui.cli.invoice_render import render_invoice
from tui.repairs import Consent, carry_out, repair_options

direction_type = click.Choice([direction.value for direction in Direction])


@click.group("invoice", cls=Verbs)
def command() -> None:
    """Invoices and credit notes."""


command.add_command(render_invoice)


def _words(_: click.Context, __: click.Parameter, value: str | None) -> Words | None:
    return None if value is None else invoice_filter.parse(value)


_EXAMPLES = " ".join(example for example, _ in invoice_filter.KEYS.values())


@command.command("list")
@click.option("--state", type=invoice_choice.state_type, help="Where it stands for the destination.")
@click.option("--direction", type=direction_type)
@click.option("--party", "party_name", help="Only this party's: id, number, identifier or name.")
@click.option("--search", default="", help="Text within the invoice's number or the party's name.")
@click.option("--changed", is_flag=True, help="Those whose content changed after they were exported.")
@click.option(
    "--destination", "label", help="Show this destination's states, e.g. payable/warehouse; else main's."
)
@click.option(
    "--filter",
    "words",
    metavar="LINE",
    callback=_words,
    help=f"Those that match every word, as the screen's filter line takes them: {_EXAMPLES}.",
)
@after_option
@limit_option
@entity_option
@in_session
def list_invoices(
    session: Session,
    words: Words | None,
    after: int | None,
    limit: int,
    entity_name: str | None,
    **options: Any,
) -> None:
    """The invoices, and where each stands: the latest first; with a number in --filter, by number."""
    entity = session.entity(entity_name)
    if words is None:
        found = _searched(entity, after, limit + 1, **options)
    elif any(options.values()):
        raise click.UsageError("say it all in --filter, or all by the other options")
    else:
        found = _filtered(session.actor, entity, words, after, limit + 1)
    narrowed = words is not None or after or any(options.values())
    row = invoice_json.found_item if session.as_json else invoice_json.found_line
    session.table(
        [row(each) for each in found[:limit]],
        ["number", "party", "issue_date", "amount", "currency", "state"],
        empty="No invoice matches." if narrowed else "No invoice yet. Take some in: waybill import PATH",
        following=str(found[limit - 1].invoice_id) if len(found) > limit else None,
    )


def _searched(
    entity: LegalEntity,
    after: int | None,
    limit: int,
    *,
    state: str | None,
    direction: str | None,
    party_name: str | None,
    search: str,
    changed: bool,
    label: str | None,
) -> list[Found]:
    wanted = Wanted(
        state=LedgerState(state) if state else None,
        direction=Direction(direction) if direction else None,
        party_id=parties.find(entity, party_name).id if party_name is not None else None,
        text=search,
        changed=changed,
        after=after,
        limit=limit,
    )
    destination = destinations.find(entity, label) if label is not None else None
    return invoice_search.search(entity, wanted, destination=destination)


def _filtered(actor: Actor, entity: LegalEntity, words: Words, after: int | None, limit: int) -> list[Found]:
    sought, destination = invoice_filter.sought(entity, words)
    key = None if after is None else sought.key_of(invoices.visible_by_id(actor, after))
    return invoice_pages.paged(entity, sought, Seek(key=key, limit=limit), destination=destination)


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
    item = invoice_json.as_item(invoice) | {
        "ledger": [invoice_json.ledger_item(row) for row in destinations.ledger_of(invoice)],
        "versions": [invoice_json.version_item(version) for version in invoices.versions(invoice)],
        "exports": [invoice_json.export_item(export, files, ways) for export in exports],
        "timeline": [invoice_json.event_item(event) for event in timeline.events(invoice)],
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


@command.command("revert")
@invoice_choice.choosing
@entity_option
@repair_options
@in_session
def revert_invoices(session: Session, entity_name: str | None, consent: Consent, **given: Any) -> None:
    """Make invoices pending that were exported or are on hold, so that they go with the next export.

    Those that have left already are booked twice unless they are removed where they arrived: the plan names
    each one's file and when it left. To send them at once: waybill invoice re-export.
    """
    entity = session.entity(entity_name)
    choice, destination = (
        invoice_choice.choice(session, entity, given),
        invoice_choice.destination(entity, given),
    )
    carry_out(
        session,
        Kind.REVERT,
        lambda: revert.plan(session.actor, destination, choice),
        revert.apply,
        "Make {} pending?",
        consent,
    )


@command.command("mark-exported")
@invoice_choice.choosing
@entity_option
@repair_options
@in_session
def mark_invoices(session: Session, entity_name: str | None, consent: Consent, **given: Any) -> None:
    """Count invoices as exported that are known to be where they belong; nothing is sent."""
    entity = session.entity(entity_name)
    choice, destination = (
        invoice_choice.choice(session, entity, given),
        invoice_choice.destination(entity, given),
    )
    carry_out(
        session,
        Kind.MARK,
        lambda: mark.plan(session.actor, destination, choice),
        mark.apply,
        "Count {} as exported?",
        consent,
    )


@command.command("re-export")
@invoice_choice.choosing
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
    choice = invoice_choice.choice(session, entity, given)
    facility = invoice_choice.facility(entity, facility_name, given)
    carry_out(
        session,
        Kind.RE_EXPORT,
        lambda: re_export.plan(session.actor, facility, choice),
        re_export.apply,
        "Export {} once more, now?",
        consent,
    )


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
