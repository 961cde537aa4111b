"""How commands and screens say the same things: states, times, sizes.

Text first: a state is a word and a mark, so it reads without colour.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from models import clock
from models.jobs import JobState, Trigger
from models.jobs.detail import FileRow, JobDetail
from models.jobs.queries import JobRow
from models.recurrence import MONTHS

_STATES = {
    "pending": (".", "pending"),
    "in_progress": (">", "in progress"),
    "completed": ("+", "completed"),
    "completed_with_errors": ("!", "with errors"),
    "failed": ("x", "failed"),
    "cancelled": ("-", "cancelled"),
    "successful": ("+", "successful"),
    "abandoned": ("-", "abandoned"),
    "exported": ("+", "exported"),
    "on_hold": ("!", "on hold"),
    "lost": ("x", "worker lost"),
    "handed_back": ("-", "handed back"),
    "postponed": (".", "postponed"),
    "reserved": (".", "not written"),
    "rendered": (">", "in archive"),
    "void": ("-", "void"),
    "draft": ("-", "draft"),
    "staged": (".", "staged"),
    "sending": (">", "sending"),
    "delivered": ("+", "delivered"),
    "confirmed": ("+", "confirmed"),
    "unknown": ("!", "unknown"),
}


def state_text(state: str) -> str:
    """A mark and a word: `x failed`."""
    mark, word = _STATES.get(state, ("?", state.replace("_", " ")))
    return f"{mark} {word}"


def one_line(text: str) -> str:
    """A text of anybody's on one line of printable characters: no name can steer a terminal."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def counted(number: int, what: str) -> str:
    """`1 invoice`, `12,000 invoices`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def short_time(instant: datetime | None) -> str:
    """Day and time in UTC: `21 Nov 07:22`."""
    if instant is None:
        return "-"
    at = instant.astimezone(UTC)
    return f"{at.day:>2} {MONTHS[at.month - 1]} {at:%H:%M}"


def age(since: datetime) -> str:
    """How long ago, in the largest whole unit: `12 min`, `5 h`, `20 days`, `3 years`."""
    seconds = max(0, int((clock.now() - since).total_seconds()))
    if seconds < 3600:
        return f"{seconds // 60} min"
    if seconds < 48 * 3600:
        return f"{seconds // 3600} h"
    days = seconds // 86_400
    return f"{days} days" if days < 730 else f"{days // 365} years"


def clock_time(instant: datetime) -> str:
    """The time of day in UTC: `07:22:18`."""
    return f"{instant.astimezone(UTC):%H:%M:%S}"


def both_times(instant: datetime | None) -> str:
    """An instant in UTC and, where that differs, in the viewer's own time beside it."""
    if instant is None:
        return "-"
    at, local = instant.astimezone(UTC), instant.astimezone()
    text = f"{at:%Y-%m-%d %H:%M:%S} UTC"
    if local.utcoffset() == timedelta(0):
        return text
    day = "" if local.date() == at.date() else f"{local.day} {MONTHS[local.month - 1]} "
    return f"{text} ({day}{local:%H:%M} {local.tzname()})"


def local_time(instant: datetime | None, zone: str | None = None) -> str:
    """Day and time in a zone, else in the viewer's own, with its name: `21 Nov 08:22 CET`."""
    if instant is None:
        return "-"
    local = instant.astimezone(ZoneInfo(zone) if zone else None)
    return f"{local.day:>2} {MONTHS[local.month - 1]} {local:%H:%M} {local.tzname()}"


def duration(began: datetime | None, ended: datetime | None) -> str:
    """How long something took: `0.4 s`, `3 min 10 s`, `2 h 5 min`."""
    if began is None or ended is None:
        return "-"
    seconds = max(0.0, (ended - began).total_seconds())
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def size_text(size: int) -> str:
    """Bytes for people: `812 B`, `9.1 kB`, `3.0 MB`."""
    if size < 1000:
        return f"{size} B"
    return f"{size / 1000:.1f} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"


def totals_text(file: FileRow) -> str:
    """A file's totals per currency: `EUR 1,234.50, USD -12.00`."""
    return ", ".join(f"{currency} {_grouped(amount)}" for currency, amount in file.totals.items()) or "-"


def _grouped(amount: str) -> str:
    whole, point, rest = amount.lstrip("-").partition(".")
    return f"{'-' if amount.startswith('-') else ''}{int(whole):,}{point}{rest}"


def sent_text(row: JobRow) -> str:
    """How many of a job's invoices left, of how many: `98/100`."""
    total = row.succeeded + row.unsent
    return f"{row.succeeded}/{total}" if total else "-"


def asked_by(row: JobRow) -> str:
    """What made the job, and on whose behalf."""
    asked = "reversal" if row.trigger is Trigger.REVERSAL else "request"
    by = f"schedule {row.schedule}" if row.schedule else asked
    return f"{by}, on behalf of {row.on_behalf_of}"


def what_happened(row: JobRow) -> str:
    """One sentence on how the job stands."""
    if row.lost:
        return "its worker is gone; another worker takes it over, if one runs: waybill worker"
    if row.state is JobState.PENDING and row.run_at is not None:
        why = f": {row.reason}" if row.reason else ""
        return f"waits until {both_times(row.run_at)} to try again{why}"
    if row.reason:
        return row.reason
    sentences = {
        JobState.PENDING: "waits for a worker to take it",
        JobState.IN_PROGRESS: "a worker is at it",
        JobState.CANCELLED: "was cancelled",
    }
    if row.state in sentences:
        return sentences[row.state]
    if row.trigger is Trigger.REVERSAL:
        return "the reversal was handed over"
    return f"{counted(row.succeeded, 'invoice')} sent" if row.succeeded else "there was nothing to export"


def invoices_now(job: JobDetail) -> str:
    """Where the job's invoices are now, in words."""
    now = job.invoices
    if not job.collected:
        if job.row.state in (JobState.PENDING, JobState.IN_PROGRESS):
            return f"none taken yet; {now.pending:,} pending for {job.destination}"
        return f"it took none; {now.pending:,} pending for {job.destination}"
    parts = (
        (now.exported_here, f"exported by this job{_changed(now.changed)}"),
        (now.pending, "pending, to go with the next export"),
        (now.on_hold, "on hold until somebody decides"),
        (now.in_progress, "being exported"),
        (now.exported_elsewhere, "exported otherwise"),
    )
    return "; ".join(f"{number:,} {words}" for number, words in parts if number) or "none"


def _changed(number: int) -> str:
    return f" ({number:,} changed since export)" if number else ""


def can_requeue(row: JobRow) -> bool:
    """Whether its state allows re-queueing it."""
    return row.state in (JobState.FAILED, JobState.COMPLETED_WITH_ERRORS)


def requeue_command(job: JobDetail) -> str:
    """The command that queues the job again, or why that does nothing; empty if it did not fail."""
    if not can_requeue(job.row):
        return ""
    if not job.invoices.pending:
        return "none of its invoices is pending any more"
    return f'waybill job requeue {job.row.id} --reason "WHY"'
