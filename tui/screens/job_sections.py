"""The parts of a job as tables: which columns, which rows, and each row in full as text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from typing import NamedTuple

from models.jobs import JobAttempt, JobEvent
from models.jobs.detail import FileRow, ItemDetail, JobDetail
from tui import wording
from tui.widgets.cells import cell, state_cell
from tui.widgets.paged_table import Column, Row, widths


class Section(Enum):
    """What a job's screen shows below its summary."""

    ITEMS = "items"
    FILES = "files"
    ATTEMPTS = "attempts"
    HISTORY = "history"


class Entry(NamedTuple):
    """One row, and all of it as text."""

    row: Row
    full: str


_COLUMNS = {
    Section.ITEMS: [
        Column("state", "STATE", 14),
        Column("number", "INVOICE", 16),
        Column("party", "PARTY", 17),
        Column("amount", "AMOUNT", 15),
        Column("why", "WHY, OR FILE", 0),
    ],
    Section.FILES: [
        Column("state", "SENT", 13),
        Column("name", "FILE", 0),
        Column("items", "ITEMS", 7),
        Column("size", "SIZE", 9),
        Column("totals", "TOTALS", 14),
    ],
    Section.ATTEMPTS: [
        Column("number", "#", 4),
        Column("began", "BEGAN UTC", 13),
        Column("took", "TOOK", 12),
        Column("state", "OUTCOME", 15),
        Column("why", "ERROR", 0),
    ],
    Section.HISTORY: [
        Column("at", "AT UTC", 13),
        Column("attempt", "#", 4),
        Column("what", "WHAT", 22),
        Column("who", "WHO", 16),
        Column("why", "WHY", 0),
    ],
}
_WIDE = 100


def columns_of(section: Section, width: int) -> list[Column]:
    """The columns of a part; where there is room, names and totals get more of it."""
    columns = _COLUMNS[section]
    if width >= _WIDE:
        wider = {"number": 8, "party": 13, "totals": 26, "who": 12}
        columns = [column._replace(width=column.width + wider.get(column.key, 0)) for column in columns]
    return widths(width, columns)


def labels_of(job: JobDetail) -> dict[Section, tuple[str, int]]:
    """Each part's name with how much there is of it."""
    return {
        Section.ITEMS: ("items", sum(job.items.values())),
        Section.FILES: ("files", len(job.files)),
        Section.ATTEMPTS: ("attempts", len(job.attempts)),
        Section.HISTORY: ("history", len(job.events)),
    }


def entries_of(
    section: Section, job: JobDetail, items: Sequence[ItemDetail], columns: Sequence[Column]
) -> list[Entry]:
    """The rows of a part."""
    makers: dict[Section, Callable[[], Iterable[tuple[str, str, dict[str, str], str]]]] = {
        Section.ITEMS: lambda: map(_item, items),
        Section.FILES: lambda: map(_file, job.files),
        Section.ATTEMPTS: lambda: map(_attempt, job.attempts),
        Section.HISTORY: lambda: map(_event, job.events),
    }
    return [_entry(*made, columns) for made in makers[section]()]


def _entry(key: str, state: str, texts: dict[str, str], full: str, columns: Sequence[Column]) -> Entry:
    cells = (
        state_cell(state, column.width) if column.key == "state" else cell(texts[column.key], column.width)
        for column in columns
    )
    return Entry(Row(key, tuple(cells)), full)


def _item(item: ItemDetail) -> tuple[str, str, dict[str, str], str]:
    kind = "Credit note" if item.document_type == "credit_note" else "Invoice"
    amount = f"{item.amount} {item.currency}"
    now = f"{wording.state_text(item.now)[2:]}{_by(item)}" if item.now else "no longer of this destination"
    texts = {
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
    return str(item.invoice_id), item.state, texts, "\n".join(lines)


def _by(item: ItemDetail) -> str:
    return f" by job {item.now_job_id}" if item.now_job_id and item.now in ("exported", "in_progress") else ""


def _file(file: FileRow) -> tuple[str, str, dict[str, str], str]:
    totals = wording.totals_text(file)
    state = file.deliveries[-1].state if file.deliveries else file.state
    texts = {
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
    return str(file.id), state, texts, "\n".join(lines)


def _way(gateway: str, target: str, state: str, reason: str) -> str:
    why = f": {reason}" if reason else ""
    return wording.one_line(f"{gateway} {target}: {wording.state_text(state)[2:]}{why}")


def _attempt(attempt: JobAttempt) -> tuple[str, str, dict[str, str], str]:
    state = attempt.outcome or "in_progress"
    texts = {
        "number": str(attempt.number),
        "began": wording.short_time(attempt.started_at),
        "took": wording.duration(attempt.started_at, attempt.finished_at),
        "why": attempt.reason,
    }
    began = wording.both_times(attempt.started_at)
    lines = [
        f"Attempt {attempt.number}: {wording.state_text(state)[2:]}; began {began}, took {texts['took']}",
        wording.one_line(attempt.reason) or "without an error",
        wording.one_line(f"by {attempt.owner}"),
        *(wording.one_line(line) if not line.startswith(" ") else line for line in _trace(attempt)),
    ]
    return str(attempt.id), state, texts, "\n".join(lines)


def _trace(attempt: JobAttempt) -> list[str]:
    printable = "".join(char if char.isprintable() or char == "\n" else " " for char in attempt.detail)
    return printable.splitlines()


def _event(event: JobEvent) -> tuple[str, str, dict[str, str], str]:
    what = event.what.replace("_", " ")
    who = event.actor if "/" not in event.actor else f"worker {event.actor.partition('/')[0]}"
    texts = {
        "at": wording.short_time(event.at),
        "attempt": str(event.attempt),
        "what": what,
        "who": who,
        "why": event.reason,
    }
    by = f" by {event.actor}" if event.actor else ""
    head = wording.one_line(f"{wording.both_times(event.at)}, attempt {event.attempt}: {what}{by}")
    return str(event.id), "", texts, "\n".join(filter(None, [head, wording.one_line(event.reason)]))
