"""Resolve: whether a file arrived could not be found out, and a person has looked: it did, or it did not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from models import audit, clock, control_numbers, deliveries
from models.ach_returns.holding import hold_returned
from models.audit import Actor
from models.database import execute
from models.deliveries import Delivery, DeliveryState
from models.destinations import Destination, LedgerState
from models.errors import NotFound, PermissionDenied
from models.fields import to_millis
from models.files import BatchFile, FileState
from models.jobs import Job, JobState, items, note_event, settling
from models.jobs.items import Counts
from models.jobs.records import ENDED, Trigger
from models.people import Action, require
from models.problems import Problem
from models.repairs import reverse
from models.repairs.carrying import Stop, carry_out
from models.repairs.ledger import OUTCOME_UNKNOWN, audit_invoices
from models.repairs.plan import Change, Kind, LeftOut, Plan, Result, limited, parted

LIMIT = 10_000
"""The most deliveries of one plan: each is settled with its job and its invoices."""
ARRIVED = "its invoices count as exported and do not go again"
NOT_ARRIVED = "its invoices are pending and go again: if the file did arrive, they will be booked twice"


def plan(actor: Actor, delivery_ids: Iterable[int], *, arrived: bool) -> Plan:
    """What the answer would come to, for each delivery and its invoices."""
    wanted = sorted(set(delivery_ids))
    limited(wanted, LIMIT)
    changes, left_out = parted(_look(actor, delivery_id, arrived=arrived) for delivery_id in wanted)
    warnings = (ARRIVED if arrived else NOT_ARRIVED,) if any(change.invoices for change in changes) else ()
    return Plan(kind=Kind.RESOLVE, changes=changes, left_out=left_out, warnings=warnings)


def apply(actor: Actor, wanted: Plan, reason: str, *, stop: Stop | None = None) -> Result:
    """Settle each delivery with all its invoices, if it is still unknown."""
    return carry_out(actor, wanted, reason, partial(_resolve_all, actor), stop=stop)


def _look(actor: Actor, delivery_id: int, *, arrived: bool) -> Change | LeftOut:
    name = f"delivery {delivery_id}"
    try:
        delivery = deliveries.find(actor, delivery_id)
        require(actor, Action.REPAIR, delivery.file.entity_id)
    except (NotFound, PermissionDenied) as error:
        return LeftOut("delivery", delivery_id, name, error.code, error.message, error.remedy)
    if delivery.state != DeliveryState.UNKNOWN:
        return _known(delivery)
    if _goes_on(delivery):
        job_id = delivery.file.job_id
        remedy = f"wait until it has ended, or cancel it first: waybill job cancel {job_id}"
        reason = f"job {job_id} goes on, and may send the file again itself"
        return LeftOut("delivery", delivery_id, name, "job_goes_on", reason, remedy)
    waiting = len(_waiting(delivery))
    return Change(
        "delivery",
        delivery_id,
        delivery.file.entity_id,
        name,
        delivery.state,
        DeliveryState.DELIVERED if arrived else DeliveryState.FAILED,
        f"{delivery.file.name} by {delivery.gateway} to {delivery.target}, invoices on hold: {waiting:,}",
        (delivery.state,),
        waiting,
    )


def _goes_on(delivery: Delivery) -> bool:
    """Whether the run that made the file has not ended: it may find out itself, or send it again."""
    file: BatchFile = delivery.file
    return file.state != FileState.CLOSED and file.job.state not in ENDED


def _known(delivery: Delivery) -> LeftOut:
    reason = f"it is {delivery.state}, not unknown"
    return LeftOut("delivery", delivery.id, f"delivery {delivery.id}", "not_unknown", reason, "nothing to do")


_WAITING = """
SELECT t.invoice_id, i.entity_id, i.number FROM export_item t JOIN export_job j ON j.id = t.job_id
JOIN invoice i ON i.id = t.invoice_id
JOIN export_ledger l ON l.destination_id = j.destination_id AND l.invoice_id = t.invoice_id
WHERE t.job_id = ? AND t.file_id = ? AND t.state = 'failed' AND t.code = 'outcome_unknown'
  AND l.state = 'on_hold' AND l.code = 'outcome_unknown'
ORDER BY t.invoice_id
"""


def _waiting(delivery: Delivery) -> list[tuple[int, int, str]]:
    """The invoices that wait for the answer: id, legal entity, number."""
    return [(row[0], row[1], row[2]) for row in execute(_WAITING, (delivery.file.job_id, delivery.file_id))]


_DELIVERY = """
UPDATE delivery SET state = ?, code = 'resolved', reason = ?, finished_at = ?
WHERE id = ? AND state = 'unknown'
"""
_OF_FILE = """
FROM export_item t
WHERE t.job_id = ? AND t.file_id = ? AND t.state = 'failed' AND t.code = 'outcome_unknown'
  AND export_ledger.destination_id = ? AND export_ledger.invoice_id = t.invoice_id
  AND export_ledger.state = 'on_hold' AND export_ledger.code = 'outcome_unknown'
"""
_LEDGER_ARRIVED = f"""
UPDATE export_ledger SET state = 'exported', version = t.version, job_id = t.job_id, code = '', reason = '',
       actor = ?, changed_at = ? {_OF_FILE}
"""  # noqa: S608 - constant text
_LEDGER_NOT = f"""
UPDATE export_ledger SET state = 'pending', job_id = NULL, code = 'not_arrived',
       reason = 'its file did not arrive', actor = ?, changed_at = ? {_OF_FILE}
"""  # noqa: S608 - constant text
_ITEMS_ARRIVED = """
UPDATE export_item SET state = 'successful', held = FALSE, code = '', reason = '', remedy = ''
WHERE job_id = ? AND file_id = ? AND state = 'failed' AND code = 'outcome_unknown'
"""
_ITEMS_NOT = """
UPDATE export_item SET held = FALSE, code = 'not_arrived', reason = 'its file did not arrive',
       remedy = 'nothing to do: it goes with the next export'
WHERE job_id = ? AND file_id = ? AND state = 'failed' AND code = 'outcome_unknown'
"""


def _resolve_all(actor: Actor, reason: str, part: Sequence[Change]) -> list[Change]:
    return [change for change in part if _resolve(actor, change, reason)]


def _resolve(actor: Actor, change: Change, reason: str) -> bool:
    now = to_millis(clock.now())
    if execute(_DELIVERY, (change.after, reason, now, change.subject_id)).rowcount != 1:
        return False
    delivery = deliveries.find(actor, change.subject_id)
    job: Job = Job.get_by_id(delivery.file.job_id)
    waiting = _waiting(delivery)
    arrived = change.after == DeliveryState.DELIVERED
    by_items = settling.summary(job.id, items.count(job.id)) == _said(job)
    of_file = (job.id, delivery.file_id)
    ledger = _LEDGER_ARRIVED if arrived else _LEDGER_NOT
    execute(ledger, (actor.name, now, *of_file, job.destination_id))
    execute(_ITEMS_ARRIVED if arrived else _ITEMS_NOT, of_file)
    if arrived:
        hold_returned(actor, delivery.file_id)
    elif job.trigger == Trigger.REVERSAL:
        reverse.put_back(actor, job, reason)
    control_numbers.give_back_of(delivery.file_id)
    _settle(job, by_items=by_items)
    _write_down(actor, change, job, waiting, reason)
    return True


_JOB = """
UPDATE export_job SET state = ?, succeeded = ?, failed = ?, abandoned = ?, code = ?, reason = ?, remedy = ?
WHERE id = ? AND state IN ('failed', 'completed_with_errors', 'completed')
"""


def _settle(job: Job, *, by_items: bool) -> None:
    """The job's counts and state by its items as they are now, or by its files where it has none.

    `by_items`: what is said of the job is what its items came to, and changes with them.
    """
    counts = items.count(job.id)
    state, told = _by_items(job, counts, told_by_them=by_items) if sum(counts) else _by_files(job)
    execute(_JOB, (state, *counts, told.code, told.reason, told.remedy, job.id))


def _by_items(job: Job, counts: Counts, *, told_by_them: bool) -> tuple[str, Problem]:
    state = settling.final_state(counts, None)
    if told_by_them or _asks(job) or state == JobState.COMPLETED:
        return state, settling.summary(job.id, counts)
    return state, _said(job)


_NOT_THERE = """
SELECT d.state = 'unknown' FROM batch_file f JOIN delivery d ON d.file_id = f.id
WHERE f.job_id = ? AND d.state NOT IN ('delivered', 'confirmed') ORDER BY 1 DESC LIMIT 1
"""
_NOTHING = Problem(code="", reason="", remedy="")
_LOST = Problem(
    code="not_arrived",
    reason="its file did not arrive",
    remedy="no invoice waits for it; where it is still wanted: waybill file repeat",
)


def _by_files(job: Job) -> tuple[str, Problem]:
    """A job that repeats a file, or wrote an empty one, comes to what its files came to."""
    lacks = execute(_NOT_THERE, (job.id,)).fetchone()
    if not _asks(job) or (lacks is not None and lacks[0]):
        return job.state, _said(job)
    return (JobState.COMPLETED, _NOTHING) if lacks is None else (job.state, _LOST)


def _asks(job: Job) -> bool:
    return job.code == OUTCOME_UNKNOWN


def _said(job: Job) -> Problem:
    return Problem(code=job.code, reason=job.reason, remedy=job.remedy)


def _write_down(
    actor: Actor, change: Change, job: Job, waiting: list[tuple[int, int, str]], reason: str
) -> None:
    arrived = change.after == DeliveryState.DELIVERED
    what = "found to have arrived" if arrived else "found not to have arrived"
    note_event(job.id, job.attempt, f"{change.name} {what}", actor=actor.name, reason=reason)
    audit.record(
        actor,
        "resolve",
        "delivery",
        subject_id=change.subject_id,
        name=change.name,
        entity_id=change.entity_id,
        before={"state": change.before},
        after={"state": change.after, "invoices": len(waiting)},
        reason=reason,
    )
    destination = Destination.get_by_id(job.destination_id)
    after = LedgerState.EXPORTED if arrived else LedgerState.PENDING
    invoices = [
        Change("invoice", invoice_id, entity_id, number, LedgerState.ON_HOLD, after)
        for invoice_id, entity_id, number in waiting
    ]
    audit_invoices(actor, what, destination.label, invoices, reason)
