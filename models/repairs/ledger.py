"""Ledger rows that a person chose, with what must be known of each before it is changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from models import clock
from models.audit import Actor
from models.database import execute, executemany
from models.destinations import Destination, LedgerState
from models.errors import InvalidInput
from models.fields import amount_text, canonical_json, from_millis, to_millis
from models.invoices import InvoiceStatus
from models.repairs.plan import LIMIT, Change, LeftOut, limited
from models.routes import ROUTE_SQL

OUTCOME_UNKNOWN = "outcome_unknown"
_LOOKUP = 500  # parameters of one IN list


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which invoices of one destination: those named, or all that match every condition given."""

    numbers: tuple[str, ...] = ()
    invoice_ids: tuple[int, ...] = ()
    """By id alone: what a list marks may have another's id for a number."""
    job_id: int | None = None
    """Those that this job carries."""
    party_id: int | None = None
    since: date | None = None
    """Issued on this day or later."""
    until: date | None = None
    state: LedgerState | None = None
    changed: bool = False
    """Whose content changed after it was exported."""

    @property
    def says_something(self) -> bool:
        """Whether it narrows at all: nobody means every invoice there is."""
        given = (self.job_id, self.party_id, self.since, self.until, self.state)
        named = bool(self.numbers or self.invoice_ids)
        return named or self.changed or any(value is not None for value in given)


class ChosenRow(NamedTuple):
    """One invoice as it stands for the destination, and the file it last left in."""

    invoice_id: int
    entity_id: int
    number: str
    status: str
    invoice_version: int
    document_type: str
    payable: int
    currency: str
    state: str
    version: int | None
    job_id: int | None
    code: str
    reason: str
    actor: str
    changed_at: int
    file_id: int | None
    file: str | None
    route: str
    """How it would go now."""

    @property
    def amount(self) -> str:
        """`-12.30 EUR`."""
        sign = -1 if self.document_type == "credit_note" else 1
        return f"{amount_text(sign * self.payable, self.currency)} {self.currency}"

    @property
    def exported(self) -> str:
        """In which file, by which job and when it was exported, or by whom it was marked."""
        when = f"{from_millis(self.changed_at):%Y-%m-%d %H:%M} UTC"
        if self.job_id is None:
            return f"marked as exported by {self.actor} at {when}: {self.reason}"
        return f"version {self.version} left in {self.file}, job {self.job_id}, at {when}"

    @property
    def changed(self) -> bool:
        """Whether there is a newer version than the one that was exported."""
        return self.version is not None and self.version < self.invoice_version


_ROWS = f"""
SELECT i.id, i.entity_id, i.number, i.status, i.version, i.document_type, i.payable, i.currency,
       l.state, l.version, l.job_id, l.code, l.reason, l.actor, l.changed_at, f.id, f.name,
       {ROUTE_SQL}
FROM export_ledger l JOIN invoice i ON i.id = l.invoice_id JOIN party p ON p.id = i.party_id
LEFT JOIN export_item t ON t.job_id = l.job_id AND t.invoice_id = l.invoice_id AND l.state = 'exported'
LEFT JOIN batch_file f ON f.id = t.file_id
WHERE l.destination_id = ?
"""  # noqa: S608 - constant text


def load(destination: Destination, choice: Choice) -> tuple[list[ChosenRow], list[LeftOut]]:
    """The rows chosen, by invoice, and the names that fit none; raises `InvalidInput` for far too many."""
    if not choice.says_something:
        raise InvalidInput("no invoice was chosen", remedy="give numbers, or a condition such as --job")
    if choice.invoice_ids:
        limited(choice.invoice_ids)
        found = present(destination.id, choice.invoice_ids)
        lacking = [str(each) for each in choice.invoice_ids if each not in found]
        return [found[key] for key in sorted(found)], [_missing(destination, name) for name in lacking]
    if not choice.numbers:
        rows = _matching(destination, choice)
        limited(rows)
        return rows, []
    named = list(_named(destination, choice.numbers))
    limited(named)
    known = {row.number for row in named} | {str(row.invoice_id) for row in named}
    missing = [name for name in choice.numbers if name not in known]
    chosen = {row.invoice_id: row for row in named}
    return [chosen[key] for key in sorted(chosen)], [_missing(destination, name) for name in missing]


def present(destination_id: int, invoice_ids: Sequence[int]) -> dict[int, ChosenRow]:
    """How these stand now, by invoice."""
    found: dict[int, ChosenRow] = {}
    for start in range(0, len(invoice_ids), _LOOKUP):
        part = invoice_ids[start : start + _LOOKUP]
        rows = _fetch(_in("i.id", part), (destination_id, *part))
        found |= {row.invoice_id: row for row in rows}
    return found


def _named(destination: Destination, names: Sequence[str]) -> Iterator[ChosenRow]:
    for start in range(0, len(names), _LOOKUP):
        part = list(dict.fromkeys(names[start : start + _LOOKUP]))
        scope = f"{_in('i.number', part)} AND i.entity_id = ?"
        found = list(_fetch(scope, (destination.id, *part, destination.entity_id)))
        yield from found
        numbers = {row.number for row in found}
        ids = [int(name) for name in part if name not in numbers and name.isdecimal() and len(name) < 19]
        if ids:
            yield from _fetch(_in("i.id", ids), (destination.id, *ids))


def _matching(destination: Destination, choice: Choice) -> list[ChosenRow]:
    text, values = "", list[Any]([destination.id])
    conditions = (
        ("l.invoice_id IN (SELECT o.invoice_id FROM export_item o WHERE o.job_id = ?)", choice.job_id),
        ("i.party_id = ?", choice.party_id),
        ("i.issue_date >= ?", choice.since and choice.since.isoformat()),
        ("i.issue_date <= ?", choice.until and choice.until.isoformat()),
        ("l.state = ?", choice.state and str(choice.state)),
    )
    for condition, value in conditions:
        if value is not None:
            text += f" AND {condition}"
            values.append(value)
    if choice.changed:
        text += " AND l.version < i.version"
    return list(_fetch(text, [*values, LIMIT + 1], f"{_ROWS}{text} ORDER BY i.id LIMIT ?"))


def _fetch(scope: str, values: Sequence[object], sql: str | None = None) -> Iterator[ChosenRow]:
    return map(ChosenRow._make, execute(sql or f"{_ROWS}{scope}", values))


def _in(column: str, values: Sequence[object]) -> str:
    return f" AND {column} IN ({', '.join('?' * len(values)) or 'NULL'})"


def _missing(destination: Destination, name: str) -> LeftOut:
    return LeftOut(
        "invoice",
        None,
        name,
        "not_found",
        f"there is no such invoice at {destination.label}",
        "see where it belongs: waybill invoice show NUMBER",
    )


def refused(row: ChosenRow, code: str, reason: str, remedy: str) -> LeftOut:
    """The invoice left out."""
    return LeftOut("invoice", row.invoice_id, row.number, code, reason, remedy)


def common_refusal(row: ChosenRow) -> LeftOut | None:
    """What keeps an invoice from any change by hand: a job has it, or its file may have arrived."""
    if row.state == LedgerState.IN_PROGRESS:
        remedy = f"wait for its end, or cancel it: waybill job cancel {row.job_id}"
        return refused(row, "in_progress", f"job {row.job_id} has it", remedy)
    if row.state == LedgerState.ON_HOLD and row.code == OUTCOME_UNKNOWN:
        return refused(
            row,
            OUTCOME_UNKNOWN,
            "whether its file arrived is not known",
            "look there for the file, then say which: waybill delivery resolve ID --arrived (or "
            "--not-arrived); waybill delivery list --state unknown has the ID",
        )
    if row.status != InvoiceStatus.READY:
        return refused(row, "not_ready", f"it is {row.status}", "nothing to do")
    return None


_AUDIT = """
INSERT INTO audit_entry (at, actor, os_account, action, subject, subject_id, subject_name, entity_id, before,
                         after, reason)
VALUES (?, ?, ?, ?, 'invoice', ?, ?, ?, ?, ?, ?)
"""


def audit_invoices(
    actor: Actor, action: str, destination: str, changes: Iterable[Change], reason: str
) -> None:
    """One line of audit for each invoice, so that its own history says who did this, and why."""
    who = (to_millis(clock.now()), actor.name, actor.os_account, action)
    executemany(
        _AUDIT,
        (
            (
                *who,
                change.subject_id,
                change.name,
                change.entity_id,
                canonical_json({"destination": destination, "state": change.before}),
                canonical_json({"destination": destination, "state": change.after}),
                reason,
            )
            for change in changes
        ),
    )
