"""Cancel: a waiting or running job ends, and every invoice that did not leave is pending again.

A job that waits and has nothing on its way ends at once. Any other is asked to: its worker, or the one that
takes it over, heeds that between two steps, finds out first what left, and settles. So no cancelled job can
send anything afterwards, and nothing that left is forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from models import audit, clock, files
from models.audit import Actor
from models.database import execute
from models.errors import PermissionDenied
from models.fields import to_millis
from models.jobs import JobState, items, note_event, settling
from models.jobs.queries import marks
from models.jobs.settling import CANCELLED
from models.people import Action, require, visible_entities
from models.problems import Problem
from models.repairs.carrying import Stop, carry_out
from models.repairs.plan import Change, Kind, LeftOut, Plan, Result, changed_since, limited, parted

AT_ONCE = "cancelled"
ASKED = "asked to stop"


class _Job(NamedTuple):
    id: int
    entity_id: int
    destination_id: int
    state: str
    attempt: int
    facility: str
    holds: int
    """Invoices it has taken."""
    on_its_way: bool
    """One of its files is being handed over, or was."""
    asked_by: str | None

    @property
    def stamp(self) -> tuple[object, ...]:
        """What must not change between plan and act."""
        return (self.state, self.attempt, self.on_its_way)


_LOAD = """
SELECT j.id, j.entity_id, j.destination_id, j.state, j.attempt, f.name,
       (SELECT COUNT(*) FROM export_ledger l WHERE l.job_id = j.id AND l.state = 'in_progress'),
       EXISTS (SELECT 1 FROM batch_file b JOIN delivery d ON d.file_id = b.id
               WHERE b.job_id = j.id AND b.state IN ('reserved', 'rendered') AND d.state <> 'failed'),
       j.cancelled_by
FROM export_job j JOIN facility f ON f.id = j.facility_id WHERE j.id IN ({ids})
"""
_LOOKUP = 500  # parameters of one IN list


def plan(actor: Actor, job_ids: Iterable[int]) -> Plan:
    """Which of the jobs would end at once, which would be asked to, and why the others cannot."""
    wanted = sorted(set(job_ids))
    limited(wanted)
    known = _load(actor, wanted)
    changes, left_out = parted(_look(actor, job_id, known.get(job_id)) for job_id in wanted)
    return Plan(kind=Kind.CANCEL, changes=changes, left_out=left_out)


def apply(actor: Actor, wanted: Plan, reason: str, *, stop: Stop | None = None) -> Result:
    """Cancel the plan's jobs, those that still can be; ring the bell for those that were asked."""
    result = carry_out(actor, wanted, reason, partial(_cancel, actor), stop=stop)
    return replace(result, jobs=tuple(change.subject_id for change in result.done if change.after == ASKED))


_ASKED = "SELECT cancelled_by, cancel_reason FROM export_job WHERE id = ? AND cancelled_by IS NOT NULL"


def asked(job_id: int) -> Problem | None:
    """What ends the job when a person asked for its end; for its worker, between two steps."""
    row = execute(_ASKED, (job_id,)).fetchone()
    return None if row is None else _problem(*row)


def _problem(by: str, reason: str) -> Problem:
    return Problem(
        code=CANCELLED,
        reason=f"cancelled by {by}: {reason}",
        remedy="nothing to do: its invoices go with the next export",
    )


def _load(actor: Actor, wanted: Sequence[int]) -> dict[int, _Job]:
    seen, found = visible_entities(actor), dict[int, _Job]()
    for start in range(0, len(wanted), _LOOKUP):
        part = wanted[start : start + _LOOKUP]
        rows = [_Job(*row) for row in execute(_LOAD.format(ids=marks(part)), part)]
        found |= {job.id: job for job in rows if seen is None or job.entity_id in seen}
    return found


def _look(actor: Actor, job_id: int, job: _Job | None) -> Change | LeftOut:
    if job is None:
        return _left_out(job_id, "not_found", "you can see no such job", "see: waybill job list")
    try:
        require(actor, Action.REPAIR, job.entity_id)
    except PermissionDenied as error:
        return _left_out(job_id, error.code, error.message, error.remedy)
    if job.state not in (JobState.PENDING, JobState.IN_PROGRESS):
        return _left_out(job_id, "ended", f"it has ended: {job.state}", "nothing to do")
    if job.asked_by is not None:
        return _left_out(job_id, "asked_already", f"{job.asked_by} has cancelled it", "wait for its worker")
    if job.state == JobState.IN_PROGRESS and job.on_its_way:
        remedy = f"wait for its end, then look at what left: waybill job show {job_id}"
        return _left_out(job_id, "too_late", "its file is on its way already", remedy)
    after = ASKED if job.state == JobState.IN_PROGRESS or job.on_its_way else AT_ONCE
    taken = f"{job.holds:,} invoices are pending again" if job.holds else "it has taken no invoices"
    return Change(
        "job",
        job.id,
        job.entity_id,
        f"job {job.id}",
        job.state,
        after,
        f"{job.facility}; {taken}",
        job.stamp,
        job.holds,
    )


def _left_out(job_id: int, code: str, reason: str, remedy: str) -> LeftOut:
    return LeftOut("job", job_id, f"job {job_id}", code, reason, remedy)


# What was to wait need not: the sooner a worker looks, the sooner its invoices are free.
_ASK = """
UPDATE export_job SET cancelled_by = ?, cancel_reason = ?, run_at = NULL
WHERE id = ? AND attempt = ? AND state = ? AND cancelled_by IS NULL
"""
_END = """
UPDATE export_job SET state = ?, cancelled_by = ?, cancel_reason = ?, run_at = NULL, succeeded = ?,
       failed = ?, abandoned = ?, code = ?, reason = ?, remedy = ?, finished_at = ?
WHERE id = ? AND attempt = ? AND state = 'pending'
"""


def _cancel(actor: Actor, reason: str, part: Sequence[Change]) -> list[Change | LeftOut]:
    now = _load(actor, [change.subject_id for change in part])
    return [_cancel_one(actor, change, now.get(change.subject_id), reason) for change in part]


def _cancel_one(actor: Actor, change: Change, job: _Job | None, reason: str) -> Change | LeftOut:
    if job is None or job.stamp != change.stamp:
        present = _look(actor, change.subject_id, job)
        return present if isinstance(present, LeftOut) else changed_since(change)
    act = _end if change.after == AT_ONCE else _ask
    if not act(actor, job, reason):
        return changed_since(change)
    _write_down(actor, job, change, reason)
    return change


def _ask(actor: Actor, job: _Job, reason: str) -> bool:
    cursor = execute(_ASK, (actor.name, reason, job.id, job.attempt, job.state))
    return bool(cursor.rowcount == 1)


def _end(actor: Actor, job: _Job, reason: str) -> bool:
    """End a waiting job; the conditional update comes first, so that no worker claims it meanwhile."""
    why = _problem(actor.name, reason)
    nothing = (JobState.CANCELLED, actor.name, reason, 0, 0, 0, why.code, why.reason, why.remedy)
    if execute(_END, (*nothing, to_millis(clock.now()), job.id, job.attempt)).rowcount != 1:
        return False
    settling.give_back(job.id, job.destination_id, why)
    files.void_undelivered(job.id)
    counts = items.count(job.id)
    execute(_COUNTED, (settling.final_state(counts, why), *counts, job.id))
    return True


_COUNTED = "UPDATE export_job SET state = ?, succeeded = ?, failed = ?, abandoned = ? WHERE id = ?"


def _write_down(actor: Actor, job: _Job, change: Change, reason: str) -> None:
    note_event(job.id, job.attempt, change.after, actor=actor.name, reason=reason)
    audit.record(
        actor,
        "cancel",
        "job",
        subject_id=job.id,
        name=change.name,
        entity_id=job.entity_id,
        before={"state": change.before},
        after={"state": change.after, "invoices": job.holds},
        reason=reason,
    )
