"""Re-queue: failed jobs run once more, with what has not left.

A job that failed, wholly or in part, becomes pending once more and takes its own items whose invoices are
still pending; one that failed before it took any takes what it would have taken. Nothing that left meanwhile
can go again: the ledger holds it. Each job is one conditional update; its attempts, its history and the files
that left stay.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial

from models import audit, clock, files
from models.audit import Actor
from models.database import execute, snapshot
from models.entities import LegalEntity
from models.errors import PermissionDenied
from models.facilities import FacilityState
from models.fields import to_millis
from models.jobs.door import posting_date
from models.jobs.queries import marks
from models.jobs.records import JobState, Trigger, note_event
from models.people import Action, require, visible_entities
from models.repairs.carrying import Stop, carry_out
from models.repairs.plan import Aside, Change, Kind, LeftOut, Plan, Result, changed_since, limited, parted
from models.repairs.shares import FailedJob, Share, shares

LIMIT = 10_000
"""The most jobs of one plan: their ids are the parameters of one statement."""
BATCH = 100


def plan(actor: Actor, job_ids: Iterable[int]) -> Plan:
    """Which of the jobs can be queued again, with how many invoices, and why the others cannot.

    Raises `InvalidInput` for more jobs than `LIMIT`.
    """
    wanted = sorted(set(job_ids))
    limited(wanted, LIMIT)
    with snapshot():
        known = _load(actor, wanted)
        refused = {job_id: _refusal(actor, job_id, known.get(job_id)) for job_id in wanted}
        passed = [known[job_id] for job_id, refusal in refused.items() if refusal is None]
        looked = [_look(job, share) for job, share in zip(passed, shares(passed), strict=True)]
    changes, nothing = parted(looked)
    left_out = [*nothing, *(refusal for refusal in refused.values() if refusal is not None)]
    left_out.sort(key=lambda left: left.subject_id or 0)
    return Plan(kind=Kind.REQUEUE, changes=changes, left_out=tuple(left_out))


def apply(actor: Actor, wanted: Plan, reason: str, *, stop: Stop | None = None) -> Result:
    """Queue the plan's jobs again, each if it still can be; ring the bell for them."""
    result = carry_out(actor, wanted, reason, partial(_queue_all, actor), stop=stop, size=BATCH)
    return replace(result, jobs=tuple(change.subject_id for change in result.done))


_LOAD = """
SELECT j.id, j.state, j.trigger, j.attempt, j.entity_id, j.destination_id, j.outputs, f.name, f.state,
       EXISTS (SELECT 1 FROM export_item t WHERE t.job_id = j.id),
       EXISTS (SELECT 1 FROM job_selection s WHERE s.job_id = j.id)
FROM export_job j JOIN facility f ON f.id = j.facility_id WHERE j.id IN ({ids})
"""


def _load(actor: Actor, wanted: Sequence[int]) -> dict[int, FailedJob]:
    seen = visible_entities(actor)
    rows = (FailedJob(*row) for row in execute(_LOAD.format(ids=marks(wanted)), wanted))
    return {job.id: job for job in rows if seen is None or job.entity_id in seen}


def _refusal(actor: Actor, job_id: int, job: FailedJob | None) -> LeftOut | None:
    """Why the job as such cannot be queued again, whatever its invoices."""
    if job is None:
        return _left_out(
            job_id, "not_found", "there is no such job that you can see", "see: waybill job list"
        )
    try:
        require(actor, Action.REPAIR, job.entity_id)
    except PermissionDenied as error:
        return _left_out(job_id, error.code, error.message, error.remedy)
    if job.state == JobState.PENDING:
        return _left_out(job_id, "already_queued", "it is queued already", "nothing to do: a worker takes it")
    if job.state == JobState.IN_PROGRESS:
        return _left_out(job_id, "running", "it is running", f"wait for its end: waybill job show {job_id}")
    if job.state not in (JobState.FAILED, JobState.COMPLETED_WITH_ERRORS):
        return _left_out(job_id, "not_failed", f"it is {job.state}, not failed", "nothing to do")
    if job.trigger == Trigger.REPEAT:
        remedy = "repeat the file again: waybill file repeat ID"
        return _left_out(job_id, "repeats_a_file", "it only repeated a file", remedy)
    if job.trigger == Trigger.REVERSAL:
        remedy = "reverse what is still to be reversed: waybill ach reverse ID"
        return _left_out(job_id, "reverses_payments", "it only reversed payments", remedy)
    return _facility_refusal(job) if job.facility_state != FacilityState.ACTIVE else None


def _facility_refusal(job: FailedJob) -> LeftOut:
    command = f"waybill facility activate {shlex.quote(job.facility)}"
    remedy = f"activate it ({command}), or leave what is pending to the facility that is active"
    reason = f"its facility {job.facility} is {job.facility_state}"
    return _left_out(job.id, "facility_not_active", reason, remedy)


def _left_out(job_id: int, code: str, reason: str, remedy: str) -> LeftOut:
    return LeftOut("job", job_id, f"job {job_id}", code, reason, remedy)


def _look(job: FailedJob, share: Share) -> Change | LeftOut:
    if share.all_by is not None:
        reason = f"job {share.all_by} of this plan takes everything that is pending"
        return _left_out(job.id, "goes_with_other", reason, "nothing to do")
    if not share.invoices:
        return _nothing_left(job, share.asides)
    takes = "everything that is pending, now " if job.takes_all else ""
    return Change(
        "job",
        job.id,
        job.entity_id,
        f"job {job.id}",
        job.state,
        JobState.PENDING,
        f"{job.facility}: {takes}{share.invoices:,} invoice{'' if share.invoices == 1 else 's'}",
        (job.state, job.attempt),
        share.invoices,
        share.asides,
    )


def _nothing_left(job: FailedJob, asides: Sequence[Aside]) -> LeftOut:
    codes = {aside.code for aside in asides}
    code = "goes_with_other" if codes == {"goes_with_other"} else "nothing_left"
    why = [f"{aside.invoices:,} {aside.reason}" for aside in asides]
    reason = "; ".join(["nothing of it is left to export", *why])
    remedy = f"see why they are on hold: waybill job show {job.id}" if "on_hold" in codes else "nothing to do"
    return _left_out(job.id, code, reason, remedy)


def _queue_all(actor: Actor, reason: str, part: Sequence[Change]) -> list[Change | LeftOut]:
    """Queue a batch, each job as it stands now, inside the caller's transaction."""
    present = plan(actor, [change.subject_id for change in part])
    now: dict[int | None, Change | LeftOut] = {one.subject_id: one for one in present.left_out}
    now |= {change.subject_id: change for change in present.changes}
    return [_queue(actor, change, now[change.subject_id], reason) for change in part]


_BEFORE = "SELECT state, code, reason FROM export_job WHERE id = ?"
_QUEUE = """
UPDATE export_job SET state = 'pending', tries = 0, run_at = NULL, plan = NULL, as_of = ?, posting_date = ?,
       code = '', reason = '', remedy = '', started_at = NULL, finished_at = NULL,
       cancelled_by = NULL, cancel_reason = NULL
WHERE id = ? AND attempt = ? AND state IN ('failed', 'completed_with_errors')
"""


def _queue(actor: Actor, change: Change, present: Change | LeftOut, reason: str) -> Change | LeftOut:
    if isinstance(present, LeftOut):
        return present
    if present.stamp != change.stamp:
        return changed_since(change)
    (_, attempt), now = change.stamp, clock.now()
    before = execute(_BEFORE, (change.subject_id,)).fetchone()
    day = posting_date(LegalEntity.get_by_id(change.entity_id), now).isoformat()
    if execute(_QUEUE, (to_millis(now), day, change.subject_id, attempt)).rowcount != 1:
        return changed_since(change)
    files.void_undelivered(change.subject_id)
    note_event(change.subject_id, attempt, "queued again", actor=actor.name, reason=reason)
    audit.record(
        actor,
        "requeue",
        "job",
        subject_id=change.subject_id,
        name=change.name,
        entity_id=change.entity_id,
        before=dict(zip(("state", "code", "reason"), before, strict=True)),
        after={"state": JobState.PENDING, "invoices": present.invoices},
        reason=reason,
    )
    return change
