"""What a letter about a failed export says: pure, plain text, at most 78 columns (RFC 5322 §2.1.1)."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

LISTED = 20
"""How many invoices a letter names; the others are counted."""

_WIDTH = 78
_SUBJECT = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedInvoice:
    """One invoice that did not leave."""

    number: str
    party: str
    amount: str
    """With currency."""
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything the letter is made of."""

    entity: str
    facility: str
    destination: str
    job_id: int
    attempt: int
    ended_at: datetime
    failed: bool
    """Nothing left; otherwise some did."""
    reason: str
    remedy: str
    sent: int
    pending: int
    on_hold: int
    elsewhere: int
    """Held or exported by another job, or marked by a person, meanwhile."""
    collected: bool
    """Whether the job got as far as taking invoices; if not, `pending` is what waits for it."""
    invoices: list[FailedInvoice]
    """The first of those that are news."""
    news: int
    told_before: int


def write(report: Report) -> tuple[str, str]:
    """Subject and body; names and reasons may hold anything, they are cleaned here."""
    return _subject(report), "\n".join(line.rstrip() for line in _lines(report)) + "\n"


def clean(text: str) -> str:
    """One line of printable characters: no name can start a header or turn the reading direction."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _subject(report: Report) -> str:
    if report.failed:
        what = f"failed: {report.reason}" if report.reason else "failed"
    else:
        what = f"completed with errors: {_unsent(report)} of {_taken(report)} invoices did not leave"
    text = f"[Waybill] {report.entity}, {report.facility}: export job {report.job_id} {what}"
    return textwrap.shorten(clean(text), _SUBJECT, placeholder=" ...")


def _lines(report: Report) -> Iterator[str]:
    if report.failed:
        yield from _wrapped(f"Waybill could not export the invoices of {report.entity}.")
    else:
        yield from _wrapped(
            f"Waybill exported {report.sent} of {_taken(report)} invoices of {report.entity}; "
            f"{_unsent(report)} did not leave."
        )
    yield ""
    ended = f"{report.ended_at:%Y-%m-%d %H:%M:%S} UTC"
    yield from _field("Legal entity:", report.entity)
    yield from _field("Facility:", f"{report.facility} ({report.destination})")
    yield from _field("Job:", f"{report.job_id}, attempt {report.attempt}, ended {ended}")
    if report.reason:
        yield from _field("Reason:", f"{report.reason}.")
    yield from _where(report)
    yield from _which(report)
    yield from _next(report)
    yield ""
    yield from _wrapped(
        f"You are told because you have the role Accounting Review, Administrator or Support for "
        f"{report.entity}, or because your address is its support contact. The same failure of the same "
        f"invoices is told once. Nobody reads answers to this letter."
    )


def _where(report: Report) -> Iterator[str]:
    yield from ("", "Where the invoices are now", "")
    if not report.collected:
        yield from _wrapped(
            f"The export ended before it took any invoice. {report.pending} wait in pending, untouched, and "
            f"go with the next export that succeeds.",
            indent="  ",
        )
        return
    yield from _count(report.sent, "sent")
    yield from _count(report.pending, "back in pending; they go with the next export that succeeds")
    yield from _count(report.on_hold, "on hold until a person decides")
    if report.elsewhere:
        yield from _count(report.elsewhere, "taken care of by another job or a person meanwhile")


def _which(report: Report) -> Iterator[str]:
    if not report.invoices:
        return
    yield from ("", "Invoices that did not leave", "")
    for place, invoice in enumerate(report.invoices, 1):
        head = f"{invoice.number}, {invoice.party}, {invoice.amount}"
        yield from _wrapped(head, indent=f"  {place:>2}. ", hang="      ")
        if invoice.reason:
            yield from _wrapped(f"{invoice.reason}.", indent="      ")
        if invoice.reason and invoice.remedy:
            yield from _wrapped(f"To do: {invoice.remedy}.", indent="      ")
    if report.news > len(report.invoices):
        yield f"      and {report.news - len(report.invoices)} more"
    if report.told_before:
        yield from _wrapped(
            f"Besides these, {report.told_before} failed as you were told before; they are not listed again.",
            indent="      ",
        )


def _next(report: Report) -> Iterator[str]:
    yield from ("", "What to do next", "")
    steps: list[tuple[str, str]] = []
    if report.remedy and (not report.invoices or any(not each.reason for each in report.invoices)):
        steps.append((f"Put it right: {report.remedy}.", ""))
    if any(invoice.reason for invoice in report.invoices):
        steps.append(("Do what stands beside each invoice above.", ""))
    steps.append(("See the whole job:", f"waybill job show {report.job_id}"))
    if report.pending:
        again = "The next export takes what is pending. To send it at once:"
        steps.append((again, f'waybill job requeue {report.job_id} --reason "WHY"'))
    for place, (text, command) in enumerate(steps, 1):
        yield from _wrapped(text, indent=f"  {place}. ", hang="     ")
        if command:
            yield f"       {command}"


def _taken(report: Report) -> int:
    return report.sent + _unsent(report)


def _unsent(report: Report) -> int:
    return report.news + report.told_before


def _field(label: str, text: str) -> Iterator[str]:
    return _wrapped(text, indent=f"{label:<15}", hang=" " * 15)


def _count(number: int, what: str) -> Iterator[str]:
    return _wrapped(what, indent=f"  {number:>8,}  ", hang=" " * 12)


def _wrapped(text: str, *, indent: str = "", hang: str | None = None) -> Iterator[str]:
    yield from textwrap.wrap(
        clean(text),
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent if hang is None else hang,
        break_on_hyphens=False,
    )
