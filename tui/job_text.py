"""Jobs as the command line tells them to people: at most 80 columns, the answer first."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from models.jobs import ItemState
from models.jobs.detail import FileRow, ItemCursor, ItemDetail, JobDetail
from models.jobs.queries import JobRow, Page
from tui import wording

_WIDTH = 80
_SHOWN = 20  # of a kind; JSON has them all


def list_line(row: JobRow) -> dict[str, Any]:
    """One job of a list, by column."""
    return {
        "id": row.id,
        "state": wording.state_text(row.state),
        "due_utc": wording.short_time(row.as_of),
        "facility": row.facility,
        "schedule": row.schedule,
        "sent": wording.sent_text(row),
        "what": textwrap.shorten(wording.what_happened(row), 60, placeholder=" …"),
    }


def detail_lines(job: JobDetail, items: Page[ItemDetail, ItemCursor]) -> Iterator[str]:
    """One job: first what happened, what to do and where its invoices are, then the rest."""
    row = job.row
    yield f"job {row.id}  {wording.state_text(row.state)}  {row.facility}, {row.entity}"
    yield from _field("what happened", wording.what_happened(row))
    if row.remedy:
        yield from _field("what to do", row.remedy)
    yield from _field("invoices now", wording.invoices_now(job))
    if again := wording.requeue_command(job):
        yield from _field("re-queue", again)
    yield from _field("asked by", wording.asked_by(row))
    yield from _field("due", f"{wording.both_times(row.as_of)}, posting date {job.posting_date}")
    if job.attempts:
        last = job.attempts[0]
        took = wording.duration(last.started_at, last.finished_at)
        began = wording.both_times(last.started_at)
        yield from _field("last attempt", f"{last.number}, began {began}, took {took}")
    if job.note:
        yield from _field("note", job.note)
    yield from _section("files", [list(_file_lines(file)) for file in job.files])
    unsent = [item for item in items.rows if item.state in (ItemState.FAILED, ItemState.ABANDONED)]
    count = sum(job.items.get(state, 0) for state in (ItemState.FAILED, ItemState.ABANDONED))
    told = [list(_item_lines(item, row)) for item in unsent]
    yield from _section(f"invoices that did not leave: {count:,}", told, count)
    changed = [item for item in items.rows if item.changed_since_export]
    told = [[_cut(f"  {item.number}  version {item.exported_version} left")] for item in changed]
    yield from _section(f"changed since export: {job.invoices.changed:,}", told, job.invoices.changed)
    yield from _section("history", [[line] for line in _event_lines(job)])


def _section(title: str, blocks: Sequence[Sequence[str]], count: int | None = None) -> Iterator[str]:
    """What is told of each thing of a kind, whole, of `count` things that there are."""
    if not blocks:
        return
    yield ""
    yield title
    for block in blocks[:_SHOWN]:
        yield from block
    left = (len(blocks) if count is None else count) - min(len(blocks), _SHOWN)
    if left > 0:
        yield f"  and {left:,} more: --json shows them"


def _field(name: str, text: str) -> Iterator[str]:
    yield from _wrapped(f"{name:<13} ", wording.one_line(text), " " * 14)


def _wrapped(head: str, text: str, hang: str) -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent=head, subsequent_indent=hang, break_on_hyphens=False
    ) or [head]


def _file_lines(file: FileRow) -> Iterator[str]:
    ways = ", ".join(f"{way.gateway}: {wording.state_text(way.state)}" for way in file.deliveries)
    size = wording.size_text(file.size)
    yield f"  {file.name}  {wording.counted(file.items, 'item')}, {size}, {ways or file.state}"
    yield f"    {wording.totals_text(file)}  sha256 {file.sha256[:12] or '-'}"


def _item_lines(item: ItemDetail, row: JobRow) -> Iterator[str]:
    """An invoice and, unless it is the job's own, the reason why it did not leave."""
    yield _cut(f"  {item.number}  {item.party}  {item.amount} {item.currency}")
    if item.reason != row.reason:
        rule = f"{item.code} {item.term}: " if item.term else ""
        yield from _wrapped("    ", wording.one_line(f"{rule}{item.reason}. To do: {item.remedy}"), "    ")


def _event_lines(job: JobDetail) -> Iterator[str]:
    for event in job.events:
        who = f" by {event.actor}" if event.actor and "/" not in event.actor else ""
        why = f": {event.reason}" if event.reason else ""
        text = wording.one_line(f"{event.what.replace('_', ' ')}{who}{why}")
        head = f"  {wording.short_time(event.at)} UTC  #{event.attempt} "
        yield _cut(head + text)


def _cut(line: str) -> str:
    return line if len(line) <= _WIDTH else f"{line[: _WIDTH - 1]}…"
