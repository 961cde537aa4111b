"""The parts of an invoice as tables: which columns, which rows, and each row in full as text."""

from __future__ import annotations

from collections.abc import Sequence

from models.timeline import Event
from tui import wording
from tui.kit.detail import Entry, Section
from tui.screens.invoice_facts import InvoiceFacts, Sent, Stands, Version, Way
from tui.screens.manual_form import MANUAL
from tui.widgets.cells import state_style
from tui.widgets.table import Cell, Column

SECTIONS = (
    Section(
        "history",
        "history",
        (Column("at", "AT UTC", 13), Column("what", "WHAT", 0), Column("who", "WHO", 24)),
        "Nothing has happened to it yet.",
    ),
    Section(
        "sent",
        "sent",
        (
            Column("state", "OUTCOME", 14),
            Column("job", "JOB", 8),
            Column("version", "VERS", 5),
            Column("file", "FILE, OR WHY NOT", 0),
            Column("way", "DELIVERY", 14),
        ),
        f"No job has taken it yet. It goes with the next export; or now, from the list: {MANUAL.key}",
    ),
    Section(
        "ledger",
        "ledger",
        (
            Column("state", "STATE", 16),
            Column("destination", "DESTINATION", 20),
            Column("version", "VERS", 5),
            Column("job", "JOB", 8),
            Column("why", "WHY, OR BY WHOM", 0),
        ),
        "It belongs to no destination: it is a draft or void, or older than their first day.",
    ),
    Section(
        "content",
        "content",
        (Column("term", "TERM", 8), Column("field", "FIELD", 32, indented=True), Column("value", "VALUE", 0)),
        "It says nothing.",
    ),
    Section("json", "JSON", (Column("line", "CONTENT AS JSON", 0, indented=True),), "It says nothing."),
    Section(
        "versions",
        "versions",
        (
            Column("number", "VERS", 5),
            Column("at", "RECEIVED UTC", 14),
            Column("by", "BY", 20),
            Column("source", "FROM", 0),
        ),
        "It has no version.",
    ),
    Section(
        "changes",
        "changes",
        (
            Column("versions", "VERS", 8),
            Column("field", "FIELD", 26),
            Column("before", "BEFORE", 20),
            Column("after", "AFTER", 0),
        ),
        "It has one version only, so nothing has changed.",
    ),
)


def entries(section: str, invoice: InvoiceFacts) -> Sequence[Entry]:
    """The rows of a part that was read with the invoice."""
    if section == "history":
        return [_event(place, event) for place, event in enumerate(invoice.events)]
    if section == "sent":
        return [_sent(each) for each in reversed(invoice.sent)]
    if section == "ledger":
        return [_stands(each) for each in invoice.stands]
    return [_version(each) for each in reversed(invoice.versions)]


def _state(state: str) -> Cell:
    return Cell(wording.state_text(state), state_style(state))


def _event(place: int, event: Event) -> Entry:
    head = f"{wording.both_times(event.at)}  {event.what}" + (f", by {event.by}" if event.by else "")
    return Entry(
        place,
        {"at": wording.short_time(event.at), "what": event.what, "who": event.by},
        "\n".join(filter(None, [wording.one_line(head), wording.one_line(event.detail)])),
    )


def _sent(sent: Sent) -> Entry:
    export = sent.export
    way = sent.ways[-1].state if sent.ways else ""
    lines = [
        f"Job {export.job_id}, {sent.asked}: version {export.version} for {export.destination},"
        f" {export.amount_text} {export.currency}: {wording.state_text(export.state)[2:]}"
    ]
    if sent.file:
        lines.append(f"{sent.file}, {sent.size:,} bytes, sha256 {sent.sha256 or 'not yet'}")
    lines += [way_text(each) for each in sent.ways]
    if export.reason:
        lines.append(f"{export.reason}. To do: {export.remedy}")
    return Entry(
        export.job_id,
        {
            "state": _state(export.state),
            "job": str(export.job_id),
            "version": str(export.version),
            "file": export.reason or sent.file or "not written",
            "way": _state(way) if way else "-",
        },
        "\n".join(map(wording.one_line, lines)),
    )


def way_text(way: Way) -> str:
    """One delivery: `pickup acme/batch.csv: delivered 2026-11-20 02:00:00 UTC`."""
    why = f": {way.reason}" if way.reason else ""
    at = wording.both_times(way.at)
    return f"{way.gateway} {way.target}: {wording.state_text(way.state)[2:]} {at}{why}"


def _stands(stands: Stands) -> Entry:
    by = f"by {stands.actor}" if stands.actor else f"by job {stands.job_id}" if stands.job_id else ""
    why = stands.reason or by
    state = "! changed since" if stands.changed else wording.state_text(stands.state)
    since = (
        f"{stands.destination}: {wording.state_text(stands.state)[2:]} since {wording.both_times(stands.at)}"
    )
    more = "; a newer version came since then, and is not sent by itself" if stands.changed else ""
    return Entry(
        stands.destination_id,
        {
            "state": Cell(state, state_style(stands.state)),
            "destination": stands.destination,
            "version": str(stands.version or "-"),
            "job": str(stands.job_id or "-"),
            "why": why,
        },
        "\n".join(map(wording.one_line, filter(None, [f"{since}{more}", by, stands.reason]))),
    )


def _version(version: Version) -> Entry:
    head = f"Version {version.number}, received {wording.both_times(version.at)}, by {version.by}"
    lines = [head, f"from {version.source}", f"sha256 {version.sha256}"]
    return Entry(
        version.number,
        {
            "number": str(version.number),
            "at": wording.short_time(version.at),
            "by": version.by,
            "source": version.source,
        },
        "\n".join(map(wording.one_line, lines)),
    )
