"""The parts of a job as tables: which columns, which rows, and each row in full as text."""

from __future__ import annotations

from collections.abc import Sequence

from models.jobs import JobAttempt, JobEvent
from models.jobs.detail import DeliveryRow, FileRow, ItemDetail, JobDetail, item_cursor
from tui import wording
from tui.kit.detail import Entry, Section
from tui.widgets.cells import state_style
from tui.widgets.table import Cell, Cells, Column

SECTIONS = (
    Section(
        "items",
        "items",
        (
            Column("state", "STATE", 14),
            Column("number", "INVOICE", 16),
            Column("party", "PARTY", 16),
            Column("amount", "AMOUNT", 14, right=True),
            Column("why", "WHY, OR FILE", 0),
        ),
        "It took no invoice.",
    ),
    Section(
        "files",
        "files",
        (
            Column("state", "SENT", 13),
            Column("name", "FILE", 0),
            Column("items", "ITEMS", 8, right=True),
            Column("size", "SIZE", 9, right=True),
            Column("totals", "TOTALS", 16),
        ),
        "It wrote no file.",
    ),
    Section(
        "deliveries",
        "deliveries",
        (
            Column("state", "STATE", 13),
            Column("gateway", "BY", 8),
            Column("at", "ENDED UTC", 13),
            Column("target", "TO", 0),
            Column("why", "WHY", 20, at=100),
        ),
        "Nothing of it was handed over yet.",
    ),
    Section(
        "attempts",
        "attempts",
        (
            Column("number", "#", 4),
            Column("began", "BEGAN UTC", 13),
            Column("took", "TOOK", 12),
            Column("state", "OUTCOME", 15),
            Column("why", "ERROR", 0),
        ),
        "No worker has taken it yet. If none does: waybill worker",
    ),
    Section(
        "history",
        "history",
        (
            Column("at", "AT UTC", 13),
            Column("attempt", "#", 4),
            Column("what", "WHAT", 20),
            Column("who", "WHO", 18),
            Column("why", "WHY", 0),
        ),
        "Nothing has happened yet.",
    ),
)


def entries(section: str, job: JobDetail) -> Sequence[Entry]:
    """The rows of a part that was read with the job."""
    if section == "files":
        return [_file(each) for each in job.files]
    if section == "deliveries":
        return [_delivery(file, way) for file in job.files for way in file.deliveries]
    if section == "attempts":
        return [_attempt(each) for each in job.attempts]
    return [_event(each) for each in job.events]


def _state(state: str) -> Cell:
    return Cell(wording.state_text(state), state_style(state))


def item(item: ItemDetail) -> Entry:
    """One invoice of a job."""
    kind = "Credit note" if item.document_type == "credit_note" else "Invoice"
    amount = f"{item.amount} {item.currency}"
    now = f"{wording.state_text(item.now)[2:]}{_by(item)}" if item.now else "no longer of this destination"
    texts: Cells = {
        "state": _state(item.state),
        "number": item.number,
        "party": item.party,
        "amount": amount,
        "why": item.reason or item.file or now,
    }
    head = wording.one_line(
        f"{kind} {item.number}, {item.party}, {amount}: {wording.state_text(item.state)[2:]}"
    )
    now_line = wording.one_line(f"now {now}" + (f"; file {item.file}" if item.file else ""))
    lines = [f"{head}; {now_line}"]
    if item.reason:
        lines += [wording.one_line(item.reason), wording.one_line(f"To do: {item.remedy}")]
    return Entry(item_cursor(item), texts, "\n".join(lines))


def _by(item: ItemDetail) -> str:
    return f" by job {item.now_job_id}" if item.now_job_id and item.now in ("exported", "in_progress") else ""


def _file(file: FileRow) -> Entry:
    totals = wording.totals_text(file)
    state = file.deliveries[-1].state if file.deliveries else file.state
    texts: Cells = {
        "state": _state(state),
        "name": file.name,
        "items": f"{file.items:,}",
        "size": wording.size_text(file.size),
        "totals": totals,
    }
    counted = ", ".join(f"{key} {value}" for key, value in file.control.items())
    lines = [
        wording.one_line(
            f"{file.name}: {file.format}, {wording.counted(file.items, 'item')}, totals {totals}"
        ),
        *(_way(way.gateway, way.target, way.state, way.reason) for way in file.deliveries),
        f"sha256 {file.sha256 or 'not yet'}; {file.size:,} bytes" + (f"; {counted}" if counted else ""),
    ]
    return Entry(file.id, texts, "\n".join(lines))


def _way(gateway: str, target: str, state: str, reason: str) -> str:
    why = f": {reason}" if reason else ""
    return wording.one_line(f"{gateway} {target}: {wording.state_text(state)[2:]}{why}")


def _delivery(file: FileRow, way: DeliveryRow) -> Entry:
    texts: Cells = {
        "state": _state(way.state),
        "gateway": way.gateway,
        "at": wording.short_time(way.finished_at),
        "target": way.target,
        "why": way.reason,
    }
    began, ended = wording.both_times(way.started_at), wording.both_times(way.finished_at)
    lines = [
        wording.one_line(f"Delivery {way.id} of {file.name}: {wording.state_text(way.state)[2:]}"),
        wording.one_line(f"by {way.gateway} to {way.target}"),
        f"began {began}; ended {ended}",
        wording.one_line(way.reason),
    ]
    return Entry(way.id, texts, "\n".join(filter(None, lines)))


def _attempt(attempt: JobAttempt) -> Entry:
    state = attempt.outcome or "in_progress"
    took = wording.duration(attempt.started_at, attempt.finished_at)
    texts: Cells = {
        "state": _state(state),
        "number": str(attempt.number),
        "began": wording.short_time(attempt.started_at),
        "took": took,
        "why": attempt.reason,
    }
    began = wording.both_times(attempt.started_at)
    lines = [
        f"Attempt {attempt.number}: {wording.state_text(state)[2:]}; began {began}, took {took}",
        wording.one_line(attempt.reason) or "without an error",
        wording.one_line(f"by {attempt.owner}"),
        *(wording.one_line(line) if not line.startswith(" ") else line for line in _trace(attempt)),
    ]
    return Entry(attempt.id, texts, "\n".join(lines))


def _trace(attempt: JobAttempt) -> list[str]:
    printable = "".join(char if char.isprintable() or char == "\n" else " " for char in attempt.detail)
    return printable.splitlines()


def _event(event: JobEvent) -> Entry:
    what = event.what.replace("_", " ")
    who = event.actor if "/" not in event.actor else f"worker {event.actor.partition('/')[0]}"
    texts: Cells = {
        "at": wording.short_time(event.at),
        "attempt": str(event.attempt),
        "what": what,
        "who": who,
        "why": event.reason,
    }
    by = f" by {event.actor}" if event.actor else ""
    head = wording.one_line(f"{wording.both_times(event.at)}, attempt {event.attempt}: {what}{by}")
    return Entry(event.id, texts, "\n".join(filter(None, [head, wording.one_line(event.reason)])))
