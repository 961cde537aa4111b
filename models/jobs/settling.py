"""Settling: the end of a job, for its items, their ledger rows, its history and the letters about it.

Safe to repeat: it is one transaction that renews the lease in its own last statement, and a job that has
ended is held by nobody any more.
"""

from __future__ import annotations

from models import clock, control_numbers
from models.audit import WAYBILL
from models.database import execute, transaction
from models.errors import Fenced
from models.faults import fault_point
from models.fields import to_millis
from models.jobs.items import Counts, count
from models.jobs.lease import Claim, end_attempt, hold_job
from models.jobs.records import Job, JobState, Trigger, note_event
from models.problems import Problem

CANCELLED = "cancelled"
"""The code of what a person ended."""
_NOTHING = Problem(code="", reason="", remedy="")
_NOT_DELIVERED = Problem(code="not_delivered", reason="its file was not delivered", remedy="queue it again")

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
       EXISTS (SELECT 1 FROM batch_file f WHERE f.job_id = ? AND NOT EXISTS (
               SELECT 1 FROM delivery d WHERE d.file_id = f.id AND d.state IN ('delivered', 'confirmed')))
"""
_END_JOB = """
UPDATE export_job SET state = ?, owner = '', heartbeat = heartbeat + 1, succeeded = ?, failed = ?,
       abandoned = ?, code = ?, reason = ?, remedy = ?, finished_at = ?
WHERE id = ? AND attempt = ? AND owner = ? AND state = 'in_progress' RETURNING facility_id, cancelled_by
"""
_ARRIVED = "UPDATE delivery SET state = 'delivered', finished_at = ? WHERE id = ? AND state = 'sending'"


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
        found = error or summary(claim.job_id, counts)
        end_attempt(claim, state, code=found.code, reason=found.reason, detail=detail)
        note_event(claim.job_id, claim.attempt, state, reason=found.reason)
        shown = _NOTHING if state == JobState.COMPLETED else found
        cancelled_by = _end_job(claim, state, counts, shown, now)
        if cancelled_by is not None and shown.code != CANCELLED:
            late = "it was on its way already"
            note_event(claim.job_id, claim.attempt, "too late to cancel", actor=cancelled_by, reason=late)
        fault_point("job.settling")
    fault_point("job.settled")
    return state


def _settle_items(claim: Claim, why: Problem, now: int) -> Counts:
    """What became of each item, and of its ledger row; no more is asked than there is to know."""
    items, lacks_file = execute(_TO_SETTLE, (claim.job_id, claim.job_id)).fetchone()
    gone = execute(_SUCCEED, (claim.job_id, claim.job_id)).rowcount if items else 0
    if gone:
        execute(_LEDGER_EXPORTED, (now, claim.job_id, claim.destination_id))
    if gone == items and not lacks_file:
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

    A file of which nothing left gives back its control numbers, and payments that were to be reversed count
    as exported again. For the last step of a job, inside its
    transaction.
    """
    execute(_ABANDON, (why.code, why.reason, why.remedy, job_id))
    execute(_LEDGER_BACK, (to_millis(clock.now()), job_id, destination_id))
    control_numbers.give_back(job_id)
    job: Job = Job.get_by_id(job_id)
    if job.trigger == Trigger.REVERSAL:
        from models.repairs import reverse  # which stands on this module

        reverse.put_back(WAYBILL, job, why.reason)


def final_state(counts: Counts, error: Problem | None) -> JobState:
    """What a job comes to by its items and by what ended the whole of it, if anything did.

    One that everything has left of is completed, whatever befell it after that: nothing is to be done.
    """
    if not counts.failed and not counts.abandoned and (counts.successful or error is None):
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
        return _NOTHING
    reason, remedy, code = execute(_FREQUENT, (job_id,)).fetchone()
    if unsent > 1:
        reason = f"{unsent} invoices could not go; the first: {reason}"
    return Problem(code=code, reason=reason, remedy=remedy)
