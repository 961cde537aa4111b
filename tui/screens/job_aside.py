"""One job in a narrow pane beside the list: how it stands, its attempts, what it sent, the last error."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from models.jobs import JobAttempt
from models.jobs.detail import JobDetail
from tui import wording
from tui.widgets.cells import state_style

_ATTEMPTS = 4
_FILES = 3
_TRACE = 8  # lines, the last ones: there the error stands


def text(job: JobDetail) -> Text:
    """All of it, as much as a look needs."""
    made = Text()
    for part in (*_head(job), *_attempts(job), *_files(job), *_trace(job)):
        made.append_text(part).append("\n")
    return made


def _head(job: JobDetail) -> Iterator[Text]:
    row = job.row
    yield Text(f"{row.id} ", "bold").append(wording.state_text(row.state), state_style(row.state) or "bold")
    yield _plain(f"{row.facility}, {row.entity}")
    yield _plain(wording.asked_by(row))
    yield Text()
    yield _plain(wording.what_happened(row))
    if row.remedy:
        yield Text("To do: ", "bold").append(wording.one_line(row.remedy), "not bold")
    yield Text("Now: ", "bold").append(wording.one_line(wording.invoices_now(job)), "not bold")


def _attempts(job: JobDetail) -> Iterator[Text]:
    if not job.attempts:
        return
    yield Text(f"\nAttempts {len(job.attempts)}, tries counted {job.tries}", "bold")
    for attempt in job.attempts[:_ATTEMPTS]:
        yield _attempt(attempt)


def _attempt(attempt: JobAttempt) -> Text:
    state = attempt.outcome or "in_progress"
    made = Text(f"#{attempt.number} ").append(wording.state_text(state), state_style(state))
    took = wording.duration(attempt.started_at, attempt.finished_at)
    return made.append(f" {wording.short_time(attempt.started_at)}, {took}")


def _files(job: JobDetail) -> Iterator[Text]:
    if not job.files:
        return
    yield Text("\nFiles", "bold")
    for file in job.files[:_FILES]:
        yield _plain(f"{file.name}: {wording.counted(file.items, 'item')}, {wording.totals_text(file)}")
        for way in file.deliveries:
            made = Text("  ").append(wording.state_text(way.state), state_style(way.state))
            yield made.append(f" {way.gateway} {wording.one_line(way.reason)}")


def _trace(job: JobDetail) -> Iterator[Text]:
    trace = job.attempts[0].detail if job.attempts else ""
    if not trace:
        return
    yield Text("\nTraceback, its end", "bold")
    for line in trace.strip().splitlines()[-_TRACE:]:
        yield _plain(line)


def _plain(line: str) -> Text:
    return Text(wording.one_line(line))
