"""The items of a job: one invoice version each, read as the formats take them, and failed with a reason.

How they come is in `collecting`, what becomes of them in `settling`. Each function that writes begins with
`hold_job`, so a worker that lost its job changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from models.database import execute, executemany, transaction
from models.database import stream as rows_of
from models.faults import fault_point
from models.jobs.lease import Claim, hold_job
from models.jobs.records import Route
from models.problems import Problem
from models.routes import ROUTE_SQL

_FAIL_ITEM = """
UPDATE export_item SET state = 'failed', held = ?, code = ?, term = ?, reason = ?, remedy = ?
WHERE job_id = ? AND invoice_id = ? AND state = 'in_progress'
"""
_FAIL_ROUTE = """
UPDATE export_item SET state = 'failed', held = ?, code = ?, reason = ?, remedy = ?
WHERE job_id = ? AND route = ? AND state = 'in_progress'
"""
_ROUTE_ITEMS = "SELECT COUNT(*) FROM export_item WHERE job_id = ? AND route = ? AND state = 'in_progress'"
_ASSIGN = "UPDATE export_item SET file_id = ? WHERE job_id = ? AND route = ? AND state = 'in_progress'"
_ASSIGN_ONE = (
    "UPDATE export_item SET file_id = ? WHERE job_id = ? AND invoice_id = ? AND state = 'in_progress'"
)
_FAIL_REFUSED = """
UPDATE export_item SET state = 'failed', code = d.code, reason = d.reason, remedy = d.remedy
FROM batch_file f, delivery d
WHERE export_item.job_id = ? AND export_item.route = ? AND export_item.state = 'in_progress'
  AND f.id = export_item.file_id AND d.file_id = f.id AND d.state = 'failed'
"""
_TOTALS = """
SELECT currency, COUNT(*), SUM(amount) FROM export_item
WHERE job_id = ? AND route = ? AND state = 'in_progress' GROUP BY currency ORDER BY currency
"""
_COUNT = """
SELECT state, COUNT(*) FROM export_item WHERE job_id = ? AND code <> 'gone_elsewhere' GROUP BY state
"""


class Counts(NamedTuple):
    """How a job's items ended; those that went by another job meanwhile are left out."""

    successful: int
    failed: int
    abandoned: int


class ItemRow(NamedTuple):
    """One item joined with what the formats need of it, in the order files are written in."""

    invoice_id: int
    direction: str
    document_type: str
    number: str
    party_id: int
    party_number: str
    party_name: str
    issue_date: str
    due_date: str | None
    currency: str
    payable: int
    routing: str | None
    account: str | None
    account_kind: str | None
    holder: str | None
    holder_name: str | None
    content: str
    is_current: bool
    """Whether the dates, which are the invoice row's, are those of the item's version."""
    account_id: int | None = None
    may_be_debited: bool | None = None
    """Whether the account's holder has authorised debits."""


_ROWS = """
SELECT {and_also} t.invoice_id, i.direction, t.document_type, i.number, t.party_id, t.party_number,
       t.party_name, i.issue_date, i.due_date, t.currency,
       CASE t.document_type WHEN 'credit_note' THEN -t.amount ELSE t.amount END,
       a.routing, a.number, a.kind, a.holder, a.name, v.content, i.version = t.version,
       t.account_id, a.debit_authority <> ''
FROM export_item t JOIN invoice i ON i.id = t.invoice_id
JOIN invoice_version v ON v.invoice_id = t.invoice_id AND v.number = t.version
LEFT JOIN bank_account a ON a.id = t.account_id
WHERE t.job_id = ? AND t.route = ? AND t.state = 'in_progress' {beyond}
ORDER BY t.party_id, t.document_type, t.invoice_id {limit}
"""
_STREAM = _ROWS.format(and_also="", beyond="", limit="")
_PART = _ROWS.format(
    and_also="t.file_id,",
    beyond="AND (t.party_id, t.document_type, t.invoice_id) > (?, ?, ?)",
    limit="LIMIT ?",
)
PART = 100
"""How many items are held at once where each has a file of its own."""


def stream(job_id: int, route: Route) -> Iterator[ItemRow]:
    """The items of one route that are to go, by party, credit notes first, then by invoice; flat memory."""
    return map(ItemRow._make, rows_of(_STREAM, (job_id, route)))


_ONE = f"""
SELECT {ROUTE_SQL}, i.id, i.direction, i.document_type, i.number, i.party_id, p.number, p.name, i.issue_date,
       i.due_date, i.currency, i.payable, a.routing, a.number, a.kind, a.holder, a.name, v.content,
       TRUE, a.id, a.debit_authority <> ''
FROM invoice i JOIN party p ON p.id = i.party_id
JOIN invoice_version v ON v.invoice_id = i.id AND v.number = i.version
LEFT JOIN bank_account a ON a.id = p.bank_account_id WHERE i.id = ?
"""  # noqa: S608 - constant text


def of_invoice(invoice_id: int) -> tuple[Route, ItemRow]:
    """An invoice's current version as an item of its own would be, and the route it would go."""
    route, *row = execute(_ONE, (invoice_id,)).fetchone()
    return Route(route), ItemRow._make(row)


def in_parts(job_id: int, route: Route) -> Iterator[list[tuple[int | None, ItemRow]]]:
    """The same in parts, each item with its file's id; nothing is held open while a part is written."""
    last: tuple[int, str, int] = (0, "", 0)
    while found := execute(_PART, (job_id, route, *last, PART)).fetchall():
        part = [(row[0], ItemRow._make(row[1:])) for row in found]
        yield part
        row = part[-1][1]
        last = (row.party_id, row.document_type, row.invoice_id)


def count_of_route(job_id: int, route: Route) -> int:
    """How many items of a route are to go."""
    return int(execute(_ROUTE_ITEMS, (job_id, route)).fetchone()[0])


def totals_of_route(job_id: int, route: Route) -> tuple[int, dict[str, int]]:
    """How many items of a route are to go, and what they add up to, signed minor units per currency."""
    found = execute(_TOTALS, (job_id, route)).fetchall()
    return sum(row[1] for row in found), {currency: int(total) for currency, _, total in found}


def fail(claim: Claim, problems: Iterable[tuple[int, Problem]]) -> int:
    """Fail items, each with its reason; the others stay as they are. Returns how many."""
    rows = [
        (
            problem.hold,
            problem.code,
            problem.term,
            problem.reason,
            problem.remedy,
            claim.job_id,
            invoice_id,
        )
        for invoice_id, problem in problems
    ]
    if rows:
        with transaction(shared=True):
            hold_job(claim)
            executemany(_FAIL_ITEM, rows)
            fault_point("items.failing")
        fault_point("items.failed")
    return len(rows)


def fail_route(claim: Claim, route: Route, problem: Problem) -> None:
    """Fail every item of a route that is to go, for one reason; inside the caller's transaction."""
    hold_job(claim)
    told = (problem.hold, problem.code, problem.reason, problem.remedy)
    execute(_FAIL_ROUTE, (*told, claim.job_id, route))


def assign_file(claim: Claim, route: Route, file_id: int) -> None:
    """Say which file the items of a route go into; inside the caller's transaction."""
    hold_job(claim)
    execute(_ASSIGN, (file_id, claim.job_id, route))


def assign_files(claim: Claim, files: Iterable[tuple[int, int]]) -> None:
    """Say for invoices which file each goes into, alone; inside the caller's transaction."""
    hold_job(claim)
    executemany(_ASSIGN_ONE, ((file_id, claim.job_id, invoice_id) for invoice_id, file_id in files))


def fail_refused(claim: Claim, route: Route) -> None:
    """Fail each document of a route whose own file was refused, for that reason."""
    with transaction(shared=True):
        hold_job(claim)
        execute(_FAIL_REFUSED, (claim.job_id, route))
        fault_point("items.refusing")
    fault_point("items.refused")


def count(job_id: int) -> Counts:
    """How the job's items ended so far."""
    found = dict(execute(_COUNT, (job_id,)).fetchall())
    return Counts(found.get("successful", 0), found.get("failed", 0), found.get("abandoned", 0))
