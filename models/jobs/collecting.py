"""Collecting: the invoices a job takes, and the ledger rows it holds from then on; as sets, not one by one.

Safe to repeat: each function is one transaction that begins with `hold_job`, and what is taken is not
pending any more, so that it is not there to be taken again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from models import clock
from models.database import execute, serialise, transaction
from models.entities import entity_key
from models.faults import fault_point
from models.fields import canonical_json, to_millis
from models.jobs.lease import Claim, hold_job
from models.jobs.records import Route, note_event
from models.jobs.selection import STILL_GOES, is_restricted
from models.routes import ROUTE_SQL

# Eligible: pending for the destination, the invoice ready, and of a route that the job writes. On PostgreSQL
# the ledger rows are held as they are found, so that they are still so when the next statement claims them.
_COLLECT = f"""
INSERT INTO export_item (job_id, invoice_id, version, route, party_id, party_number, party_name,
                         document_type, account_id, amount, currency, state, held, code, term, reason,
                         remedy)
SELECT ?, i.id, i.version, {ROUTE_SQL}, i.party_id, p.number, p.name, i.document_type,
       CASE {ROUTE_SQL} WHEN 'ach' THEN p.bank_account_id END,
       CASE i.document_type WHEN 'credit_note' THEN -i.payable ELSE i.payable END, i.currency, 'in_progress',
       FALSE, '', '', '', ''
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
UPDATE export_item SET state = 'in_progress', held = FALSE, code = '', term = '', reason = '', remedy = '',
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
_PLAN = "UPDATE export_job SET plan = ? WHERE id = ?"
_TO_GO = "SELECT COUNT(*) FROM export_item WHERE job_id = ? AND state = 'in_progress'"


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


def _has_items(job_id: int) -> bool:
    return execute("SELECT 1 FROM export_item WHERE job_id = ? LIMIT 1", (job_id,)).fetchone() is not None


def _two(routes: Iterable[Route]) -> tuple[str, str]:
    """The routes as the two values the statements compare with; one alone stands twice."""
    values = [str(route) for route in routes]
    return values[0], values[-1]
