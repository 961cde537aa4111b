"""The items of a job and the ledger rows they hold: collected and settled as sets, never one by one.

Each function is one transaction that begins with `hold_job`, so a worker that lost its job changes nothing,
and each can be repeated: what is done already is not there to be done again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from models import clock
from models.database import execute, executemany, serialise, transaction
from models.database import stream as rows_of
from models.entities import entity_key
from models.errors import Fenced
from models.faults import fault_point
from models.fields import canonical_json, to_millis
from models.jobs.lease import Claim, end_attempt, hold_job
from models.jobs.records import JobState, Route, note_event
from models.jobs.selection import STILL_GOES, is_restricted
from models.problems import Problem
from models.routes import ROUTE_SQL

# Eligible: pending for the destination, the invoice ready, and of a route that the job writes. On PostgreSQL
# the ledger rows are held as they are found, so that they are still so when the next statement claims them.
_COLLECT = f"""
INSERT INTO export_item (job_id, invoice_id, version, route, party_id, party_number, party_name,
                         document_type, account_id, amount, currency, state, held, code, reason, remedy)
SELECT ?, i.id, i.version, {ROUTE_SQL}, i.party_id, p.number, p.name, i.document_type,
       CASE {ROUTE_SQL} WHEN 'ach' THEN p.bank_account_id END,
       CASE i.document_type WHEN 'credit_note' THEN -i.payable ELSE i.payable END, i.currency, 'in_progress',
       FALSE, '', '', ''
FROM {{source}} JOIN invoice i ON i.id = l.invoice_id JOIN party p ON p.id = i.party_id
WHERE {{eligible}} AND l.destination_id = ? AND i.status = 'ready' AND {ROUTE_SQL} IN (?, ?)
ORDER BY i.id FOR UPDATE OF l
"""  # noqa: S608 - constant text
_COLLECT_ALL = _COLLECT.format(source="export_ledger l", eligible="l.state = 'pending'")
# Of what a person chose, what may go still.
_COLLECT_CHOSEN = _COLLECT.format(
    source="job_selection s JOIN export_ledger l ON l.invoice_id = s.invoice_id",
    eligible=f"s.job_id = ? AND {STILL_GOES}",
)
_CLAIM = """
UPDATE export_ledger SET state = 'in_progress', job_id = ?, code = '', reason = '', actor = '', changed_at = ?
WHERE destination_id = ? AND state = '{state}'
  AND invoice_id IN (SELECT invoice_id FROM export_item WHERE job_id = ? AND state = 'in_progress')
"""
_CLAIM_ROWS = _CLAIM.format(state="pending")
# What was exported already and goes again: no other such row is among a job's items.
_CLAIM_AGAIN = _CLAIM.format(state="exported")
# The same for the rows of a re-queued job's items.
_HOLD_OWN = """
SELECT COUNT(*) FROM (SELECT 1 FROM export_item t
JOIN export_ledger l ON l.destination_id = ? AND l.invoice_id = t.invoice_id
WHERE t.job_id = ? ORDER BY t.invoice_id FOR UPDATE OF l) held
"""
# A re-queued job takes its own items again, those whose invoices are still pending, at their present version.
_RECOLLECT = f"""
UPDATE export_item SET state = 'in_progress', held = FALSE, code = '', reason = '', remedy = '',
       file_id = NULL, version = i.version, currency = i.currency,
       party_number = p.number, party_name = p.name,
       amount = CASE i.document_type WHEN 'credit_note' THEN -i.payable ELSE i.payable END,
       route = {ROUTE_SQL},
       account_id = CASE {ROUTE_SQL} WHEN 'ach' THEN p.bank_account_id END
FROM export_ledger l, invoice i, party p
WHERE export_item.job_id = ? AND export_item.state IN ('failed', 'abandoned')
  AND l.destination_id = ? AND l.invoice_id = export_item.invoice_id AND l.state = 'pending'
  AND i.id = export_item.invoice_id AND i.status = 'ready' AND p.id = i.party_id AND {ROUTE_SQL} IN (?, ?)
"""  # noqa: S608 - constant text
# What the re-queued job's other items came to meanwhile is not its business any more; each says what that is.
_GONE_ELSEWHERE = """
UPDATE export_item SET state = 'abandoned', code = 'gone_elsewhere', held = FALSE,
       reason = CASE
           WHEN l.state = 'on_hold' THEN 'its invoice is on hold: ' || l.reason
           WHEN l.state = 'exported' AND l.job_id IS NOT NULL THEN 'exported meanwhile by job ' || l.job_id
           WHEN l.state = 'exported' THEN 'marked as exported meanwhile by ' || l.actor
           WHEN l.state = 'in_progress' THEN 'being exported by job ' || l.job_id
           WHEN i.status <> 'ready' THEN 'its invoice is ' || i.status
           ELSE 'its payee is paid another way now, which this job does not write' END,
       remedy = CASE
           WHEN l.code = 'outcome_unknown' THEN 'say whether it arrived: waybill delivery resolve'
           WHEN l.state = 'on_hold' THEN 'put it back when it may go: waybill invoice revert ' || i.number
           ELSE 'nothing to do' END
FROM export_ledger l, invoice i
WHERE export_item.job_id = ? AND export_item.state IN ('failed', 'abandoned')
  AND export_item.code <> 'outcome_unknown' AND i.id = export_item.invoice_id
  AND l.destination_id = ? AND l.invoice_id = export_item.invoice_id
"""
CANCELLED = "cancelled"
"""The code of what a person ended."""
_PLAN = "UPDATE export_job SET plan = ? WHERE id = ?"
_FAIL_ITEM = """
UPDATE export_item SET state = 'failed', held = ?, code = ?, reason = ?, remedy = ?
WHERE job_id = ? AND invoice_id = ? AND state = 'in_progress'
"""

_SUCCEED = """
UPDATE export_item SET state = 'successful' WHERE job_id = ? AND state = 'in_progress' AND file_id IN (
    SELECT f.id FROM batch_file f JOIN delivery d ON d.file_id = f.id
    WHERE f.job_id = ? AND d.state IN ('delivered', 'confirmed'))
"""
# Whatever the worker found out or failed to: what may have arrived never goes back to pending by itself.
_UNKNOWN = """
UPDATE export_item SET state = 'failed', held = TRUE, code = 'outcome_unknown',
       reason = 'whether its file arrived could not be found out',
       remedy = 'look there for the file, then say which: waybill delivery resolve'
WHERE job_id = ? AND state = 'in_progress' AND file_id IN (
    SELECT f.id FROM batch_file f JOIN delivery d ON d.file_id = f.id
    WHERE f.job_id = ? AND d.state IN ('sending', 'unknown'))
"""
_UNKNOWN_DELIVERIES = """
UPDATE delivery SET state = 'unknown', finished_at = ?, reason = 'whether it arrived could not be found out'
WHERE state = 'sending' AND file_id IN (SELECT id FROM batch_file WHERE job_id = ?)
"""
_ABANDON = """
UPDATE export_item SET state = 'abandoned', code = ?, reason = ?, remedy = ?
WHERE job_id = ? AND state IN ('pending', 'in_progress')
"""
_LEDGER_EXPORTED = """
UPDATE export_ledger SET state = 'exported', version = t.version, code = '', reason = '', changed_at = ?
FROM export_item t
WHERE t.job_id = ? AND t.state = 'successful' AND export_ledger.destination_id = ?
  AND export_ledger.invoice_id = t.invoice_id AND export_ledger.state = 'in_progress'
  AND export_ledger.job_id = t.job_id
"""
_LEDGER_BACK = """
UPDATE export_ledger SET state = CASE WHEN t.held THEN 'on_hold' ELSE 'pending' END,
       job_id = CASE WHEN t.held AND t.code = 'outcome_unknown' THEN t.job_id END,
       code = t.code, reason = t.reason, changed_at = ?
FROM export_item t
WHERE t.job_id = ? AND t.state IN ('failed', 'abandoned') AND export_ledger.destination_id = ?
  AND export_ledger.invoice_id = t.invoice_id AND export_ledger.state = 'in_progress'
  AND export_ledger.job_id = t.job_id
"""
_TO_SETTLE = """
SELECT (SELECT COUNT(*) FROM export_item WHERE job_id = ? AND code <> 'gone_elsewhere'),
       EXISTS (SELECT 1 FROM batch_file f JOIN delivery d ON d.file_id = f.id
               WHERE f.job_id = ? AND d.state = 'sending')
"""
_COUNT = """
SELECT state, COUNT(*) FROM export_item WHERE job_id = ? AND code <> 'gone_elsewhere' GROUP BY state
"""
_END_JOB = """
UPDATE export_job SET state = ?, owner = '', heartbeat = heartbeat + 1, succeeded = ?, failed = ?,
       abandoned = ?, code = ?, reason = ?, remedy = ?, finished_at = ?
WHERE id = ? AND attempt = ? AND owner = ? AND state = 'in_progress' RETURNING facility_id, cancelled_by
"""
_ARRIVED = "UPDATE delivery SET state = 'delivered', finished_at = ? WHERE id = ? AND state = 'sending'"
_FAIL_ROUTE = """
UPDATE export_item SET state = 'failed', held = ?, code = ?, reason = ?, remedy = ?
WHERE job_id = ? AND route = ? AND state = 'in_progress'
"""
_TO_GO = "SELECT COUNT(*) FROM export_item WHERE job_id = ? AND state = 'in_progress'"
_ROUTE_ITEMS = "SELECT COUNT(*) FROM export_item WHERE job_id = ? AND route = ? AND state = 'in_progress'"
_ASSIGN = "UPDATE export_item SET file_id = ? WHERE job_id = ? AND route = ? AND state = 'in_progress'"
_TOTALS = """
SELECT currency, COUNT(*), SUM(amount) FROM export_item
WHERE job_id = ? AND route = ? AND state = 'in_progress' GROUP BY currency ORDER BY currency
"""


_NOT_DELIVERED = Problem(code="not_delivered", reason="its file was not delivered", remedy="queue it again")


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


_STREAM = """
SELECT t.invoice_id, i.direction, t.document_type, i.number, t.party_id, t.party_number, t.party_name,
       i.issue_date, i.due_date, t.currency,
       CASE t.document_type WHEN 'credit_note' THEN -t.amount ELSE t.amount END,
       a.routing, a.number, a.kind, a.holder, a.name, v.content, i.version = t.version
FROM export_item t JOIN invoice i ON i.id = t.invoice_id
JOIN invoice_version v ON v.invoice_id = t.invoice_id AND v.number = t.version
LEFT JOIN bank_account a ON a.id = t.account_id
WHERE t.job_id = ? AND t.route = ? AND t.state = 'in_progress'
ORDER BY t.party_id, t.document_type, t.invoice_id
"""


def collect(claim: Claim, routes: Iterable[Route], plan: dict[str, Any]) -> int:
    """Freeze the plan and take every eligible invoice; returns how many items the job now has.

    The first time all pending invoices of the routes, or of those it was restricted to; queued again, the
    job's own ones that are still pending. Work grows with what is pending, never with the archive.
    """
    first, second = _two(routes)
    with transaction(shared=True):
        serialise(entity_key(claim.entity_id))  # no import changes a version meanwhile
        hold_job(claim)
        if _has_items(claim.job_id):
            execute(_HOLD_OWN, (claim.destination_id, claim.job_id))
            execute(_RECOLLECT, (claim.job_id, claim.destination_id, first, second))
            execute(_GONE_ELSEWHERE, (claim.job_id, claim.destination_id))
        else:
            _take(claim, first, second)
        now = to_millis(clock.now())
        execute(_CLAIM_ROWS, (claim.job_id, now, claim.destination_id, claim.job_id))
        execute(_PLAN, (canonical_json(plan), claim.job_id))
        taken = int(execute(_TO_GO, (claim.job_id,)).fetchone()[0])
        note_event(claim.job_id, claim.attempt, "collected", reason=f"{taken} invoices")
        fault_point("items.collecting")
    fault_point("items.collected")
    return taken


def _take(claim: Claim, first: str, second: str) -> None:
    """Make items of every eligible invoice; what goes again is claimed here, the rest by the caller."""
    if not is_restricted(claim.job_id):
        execute(_COLLECT_ALL, (claim.job_id, claim.destination_id, first, second))
        return
    execute(_COLLECT_CHOSEN, (claim.job_id, claim.job_id, claim.destination_id, first, second))
    now = to_millis(clock.now())
    execute(_CLAIM_AGAIN, (claim.job_id, now, claim.destination_id, claim.job_id))


def freeze(claim: Claim, plan: dict[str, Any]) -> None:
    """Freeze the plan of a job that takes no invoices."""
    with transaction(shared=True):
        hold_job(claim)
        execute(_PLAN, (canonical_json(plan), claim.job_id))


def stream(job_id: int, route: Route) -> Iterator[ItemRow]:
    """The items of one route that are to go, by party, credit notes first, then by invoice; flat memory."""
    return map(ItemRow._make, rows_of(_STREAM, (job_id, route)))


def count_of_route(job_id: int, route: Route) -> int:
    """How many items of a route are to go."""
    return int(execute(_ROUTE_ITEMS, (job_id, route)).fetchone()[0])


def sums_of_route(job_id: int, route: Route) -> dict[str, int]:
    """What they add up to, signed minor units per currency."""
    return totals_of_route(job_id, route)[1]


def totals_of_route(job_id: int, route: Route) -> tuple[int, dict[str, int]]:
    """Both: how many items of a route are to go, and their sums."""
    found = execute(_TOTALS, (job_id, route)).fetchall()
    return sum(row[1] for row in found), {currency: int(total) for currency, _, total in found}


def fail(claim: Claim, problems: Iterable[tuple[int, Problem]]) -> int:
    """Fail items, each with its reason; the others stay as they are. Returns how many."""
    rows = [
        (problem.hold, problem.code, problem.reason, problem.remedy, claim.job_id, invoice_id)
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


def settle(claim: Claim, error: Problem | None, *, arrived: int | None = None, detail: str = "") -> JobState:
    """End the job: items, ledger, job, history and notices in one transaction that renews the lease.

    Items whose file was delivered are successful and their invoices exported; every other invoice is back
    in pending, or on hold where its item says so or its file may have arrived. `error` is what ended the
    whole job, if anything did; `arrived` a delivery that was handed over just before.
    """
    now = to_millis(clock.now())
    fault_point("job.ending")
    with transaction(shared=True):
        hold_job(claim)
        if arrived is not None:
            execute(_ARRIVED, (now, arrived))
        counts = _settle_items(claim, error or _NOT_DELIVERED, now)
        state = final_state(counts, error)
        shown = error or summary(claim.job_id, counts)
        end_attempt(claim, state, code=shown.code, reason=shown.reason, detail=detail)
        note_event(claim.job_id, claim.attempt, state, reason=shown.reason)
        cancelled_by = _end_job(claim, state, counts, shown, now)
        if cancelled_by is not None and (error is None or error.code != CANCELLED):
            late = "it was on its way already"
            note_event(claim.job_id, claim.attempt, "too late to cancel", actor=cancelled_by, reason=late)
        fault_point("job.settling")
    fault_point("job.settled")
    return state


def _settle_items(claim: Claim, why: Problem, now: int) -> Counts:
    """What became of each item, and of its ledger row; no more is asked than there is to know."""
    items, on_its_way = execute(_TO_SETTLE, (claim.job_id, claim.job_id)).fetchone()
    gone = execute(_SUCCEED, (claim.job_id, claim.job_id)).rowcount if items else 0
    if gone:
        execute(_LEDGER_EXPORTED, (now, claim.job_id, claim.destination_id))
    if gone == items and not on_its_way:
        return Counts(gone, 0, 0)
    execute(_UNKNOWN, (claim.job_id, claim.job_id))
    execute(_UNKNOWN_DELIVERIES, (now, claim.job_id))
    give_back(claim.job_id, claim.destination_id, why)
    return count(claim.job_id)


def _end_job(claim: Claim, state: JobState, counts: Counts, shown: Problem, now: int) -> str | None:
    """The job itself, and the letters about it; returns who asked for its end, if anybody did."""
    from models import notifications  # which reads what this module writes

    told = (state, *counts, shown.code, shown.reason, shown.remedy, now)
    ended = execute(_END_JOB, (*told, claim.job_id, claim.attempt, claim.owner)).fetchone()
    if ended is None:
        raise Fenced(claim.job_id, claim.attempt)
    facility_id: int = ended[0]
    cancelled_by: str | None = ended[1]
    if state == JobState.COMPLETED:
        notifications.facility_works(facility_id)
    else:
        notifications.job_ended(claim.job_id)
    return cancelled_by


def give_back(job_id: int, destination_id: int, why: Problem) -> None:
    """Every invoice of the job that did not leave is pending again, or on hold where its item says so.

    For the last step of a job, inside its transaction.
    """
    execute(_ABANDON, (why.code, why.reason, why.remedy, job_id))
    execute(_LEDGER_BACK, (to_millis(clock.now()), job_id, destination_id))


def count(job_id: int) -> Counts:
    """How the job's items ended so far."""
    found = dict(execute(_COUNT, (job_id,)).fetchall())
    return Counts(found.get("successful", 0), found.get("failed", 0), found.get("abandoned", 0))


def final_state(counts: Counts, error: Problem | None) -> JobState:
    """What a job comes to by its items and by what ended the whole of it, if anything did."""
    if error is None and not counts.failed and not counts.abandoned:
        return JobState.COMPLETED
    if error is not None and error.code == CANCELLED and not counts.successful:
        return JobState.CANCELLED
    return JobState.COMPLETED_WITH_ERRORS if counts.successful else JobState.FAILED


_FREQUENT = """
SELECT reason, remedy, code FROM export_item WHERE job_id = ? AND state IN ('failed', 'abandoned')
  AND code <> 'gone_elsewhere' ORDER BY invoice_id LIMIT 1
"""


def summary(job_id: int, counts: Counts) -> Problem:
    """What to say of a job that ended by its items alone."""
    unsent = counts.failed + counts.abandoned
    if not unsent:
        return Problem(code="", reason="", remedy="")
    reason, remedy, code = execute(_FREQUENT, (job_id,)).fetchone()
    if unsent > 1:
        reason = f"{unsent} invoices could not go; the first: {reason}"
    return Problem(code=code, reason=reason, remedy=remedy)


def _has_items(job_id: int) -> bool:
    return execute("SELECT 1 FROM export_item WHERE job_id = ? LIMIT 1", (job_id,)).fetchone() is not None


def _two(routes: Iterable[Route]) -> tuple[str, str]:
    """The routes as the two values the statements compare with; one alone stands twice."""
    values = [str(route) for route in routes]
    return values[0], values[-1]
