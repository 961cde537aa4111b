"""Queue failed jobs again: a plan that says what would happen, and the act that does it.

A job that failed, wholly or in part, becomes pending once more and takes its own items whose invoices are
still pending; one that failed before it took any takes what is pending then. Nothing that left meanwhile can
go again: the ledger holds it. Each job is one conditional update, so it is queued once however many people
press at the same time; its attempts, its history and the files that left stay.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from models import audit, clock, files
from models.audit import Actor
from models.database import connection, execute, transaction
from models.destinations import LedgerState
from models.entities import LegalEntity
from models.errors import InvalidInput, PermissionDenied
from models.facilities import FacilityState
from models.fields import to_millis
from models.invoices import InvoiceStatus
from models.jobs import selection
from models.jobs.door import posting_date
from models.jobs.queries import marks
from models.jobs.records import JobState, Route, Trigger, note_event
from models.people import Action, require, visible_entities
from models.routes import ROUTE_SQL

LIMIT = 1_000
"""The most jobs of one plan."""
BATCH = 100
"""How many jobs one transaction queues, so that nobody waits long for the database."""


class Aside(NamedTuple):
    """Invoices of a job that do not go again, and why."""

    invoices: int
    code: str
    reason: str


class LeftOut(NamedTuple):
    """A job that is not queued again, and why."""

    job_id: int
    code: str
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Going:
    """A job that is queued again."""

    job_id: int
    entity_id: int
    facility: str
    invoices: int
    takes_all: bool
    """It failed before it took any invoice, so it takes what is pending when it runs."""
    asides: tuple[Aside, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RequeuePlan:
    """What re-queuing would do; every job is looked at once more when it is done."""

    made_at: datetime
    going: tuple[Going, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def invoices(self) -> int:
        """How many invoices go, each counted once."""
        return sum(job.invoices for job in self.going)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequeueResult:
    """What re-queuing did; ring the bell for what was queued."""

    queued: tuple[int, ...]
    left_out: tuple[LeftOut, ...]
    """What had changed since the plan."""


class _Job(NamedTuple):
    id: int
    state: str
    trigger: str
    attempt: int
    code: str
    reason: str
    entity_id: int
    destination_id: int
    outputs: str
    facility: str
    facility_state: str
    collected: bool
    restricted: bool
    """It takes what a person chose, and nothing else."""

    @property
    def routes(self) -> frozenset[Route]:
        return frozenset(route for route in Route if f'"{route}":' in self.outputs)


def plan(actor: Actor, job_ids: Iterable[int]) -> RequeuePlan:
    """Which of the jobs can be queued again, with how many invoices, and why the others cannot.

    Raises `InvalidInput` for more jobs than `LIMIT`.
    """
    wanted = sorted(set(job_ids))
    if len(wanted) > LIMIT:
        raise InvalidInput(
            f"{len(wanted)} jobs are too many for one plan",
            remedy=f"queue at most {LIMIT} at a time",
            code="too_many_jobs",
        )
    with connection():
        known = _load(actor, wanted)
        refused = [_refusal(actor, job_id, known.get(job_id)) for job_id in wanted]
        left_out = [refusal for refusal in refused if refusal is not None]
        passed = [known[job_id] for job_id, no in zip(wanted, refused, strict=True) if no is None]
        sharing = _Sharing(passed)
        looked = [sharing.look(job) for job in passed]
    left_out += [job for job in looked if isinstance(job, LeftOut)]
    going = tuple(job for job in looked if isinstance(job, Going))
    return RequeuePlan(made_at=clock.now(), going=going, left_out=tuple(sorted(left_out)))


def apply(actor: Actor, wanted: RequeuePlan, reason: str) -> RequeueResult:
    """Queue the plan's jobs again, each if it still can be; a second time it changes nothing and says so.

    Raises `PermissionDenied`, and `InvalidInput` for a reason that says nothing. After it, ring the bell.
    """
    reason = audit.checked_reason(reason)
    for entity_id in sorted({job.entity_id for job in wanted.going}):
        require(actor, Action.REPAIR, entity_id)
    ids = [job.job_id for job in wanted.going]
    queued, left_out = list[int](), list[LeftOut]()
    for start in range(0, len(ids), BATCH):
        with transaction():
            present = plan(actor, ids[start : start + BATCH])
            done = [job.job_id for job in present.going if _queue(actor, job, reason)]
        queued += done
        left_out += present.left_out
    return RequeueResult(queued=tuple(queued), left_out=tuple(left_out))


_LOAD = """
SELECT j.id, j.state, j.trigger, j.attempt, j.code, j.reason, j.entity_id, j.destination_id, j.outputs,
       f.name, f.state,
       EXISTS (SELECT 1 FROM export_item t WHERE t.job_id = j.id),
       EXISTS (SELECT 1 FROM job_selection s WHERE s.job_id = j.id)
FROM export_job j JOIN facility f ON f.id = j.facility_id WHERE j.id IN ({ids})
"""


def _load(actor: Actor, wanted: Sequence[int]) -> dict[int, _Job]:
    seen = visible_entities(actor)
    rows = (_Job(*row) for row in execute(_LOAD.format(ids=marks(wanted)), wanted))
    return {job.id: job for job in rows if seen is None or job.entity_id in seen}


def _refusal(actor: Actor, job_id: int, job: _Job | None) -> LeftOut | None:
    """Why the job as such cannot be queued again, whatever its invoices."""
    if job is None:
        return LeftOut(job_id, "not_found", "there is no such job that you can see", "see: waybill job list")
    try:
        require(actor, Action.REPAIR, job.entity_id)
    except PermissionDenied as error:
        return LeftOut(job_id, error.code, error.message, error.remedy)
    if job.state == JobState.PENDING:
        return LeftOut(job_id, "already_queued", "it is queued already", "nothing to do: a worker takes it")
    if job.state == JobState.IN_PROGRESS:
        return LeftOut(job_id, "running", "it is running", f"wait for its end: waybill job show {job_id}")
    if job.state not in (JobState.FAILED, JobState.COMPLETED_WITH_ERRORS):
        return LeftOut(job_id, "not_failed", f"it is {job.state}, not failed", "nothing to do")
    if job.trigger == Trigger.REPEAT:
        remedy = "repeat the file again: waybill file repeat ID"
        return LeftOut(job_id, "repeats_a_file", "it only repeated a file", remedy)
    if job.facility_state != FacilityState.ACTIVE:
        command = f"waybill facility activate {shlex.quote(job.facility)}"
        remedy = f"activate it ({command}), or leave what is pending to the facility that is active"
        reason = f"its facility {job.facility} is {job.facility_state}"
        return LeftOut(job_id, "facility_not_active", reason, remedy)
    return None


# The job's outputs are canonical JSON, route → …, so this tells on any database whether it writes the route.
_GOES = f"""
l.state = 'pending' AND i.status = 'ready'
AND REPLACE(j.outputs, '"' || {ROUTE_SQL} || '":', '') <> j.outputs
"""
_OF_DESTINATION = """
JOIN export_ledger l ON l.destination_id = j.destination_id {which}
JOIN invoice i ON i.id = l.invoice_id JOIN party p ON p.id = i.party_id
"""
_UNSENT = f"""
FROM export_item t JOIN export_job j ON j.id = t.job_id
{_OF_DESTINATION.format(which="AND l.invoice_id = t.invoice_id")}
WHERE t.job_id IN ({{ids}}) AND t.state IN ('failed', 'abandoned')
"""
_FATES = f"""
SELECT t.job_id, CASE WHEN {_GOES} THEN 'goes' WHEN l.state <> 'pending' THEN l.state
                      WHEN i.status <> 'ready' THEN i.status ELSE 'other_route' END AS fate,
       l.job_id, MIN(l.reason), COUNT(*)
{_UNSENT} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
# An invoice that several of the jobs carry goes with the oldest: that is the one a worker takes first.
_FIRST = f"""
SELECT first, COUNT(*) FROM (
    SELECT MIN(t.job_id) AS first {_UNSENT} AND {_GOES} GROUP BY j.destination_id, t.invoice_id
) AS each_invoice GROUP BY first
"""  # noqa: S608 - constant text
_WAITING = f"""
SELECT COUNT(*) FROM export_job j {_OF_DESTINATION.format(which="AND l.state = 'pending'")}
WHERE j.id = ? AND {_GOES}
"""  # noqa: S608 - constant text


_GOES_CODE = "goes"


class _Sharing:
    """Which invoice goes with which job, when the jobs are looked at in the order a worker takes them."""

    def __init__(self, jobs: Sequence[_Job]) -> None:
        own = [job.id for job in jobs if job.collected]
        self._fates = _fates(own)
        self._first: dict[int, int] = dict(execute(_FIRST.format(ids=marks(own)), own).fetchall())
        self._takers: list[_Job] = []
        """Those before that take all that is pending."""
        self._taken: dict[int, int] = {}
        """By destination, how many invoices those before take."""

    def look(self, job: _Job) -> Going | LeftOut:
        """What the job takes; left out when that is nothing."""
        taker = next((taker for taker in self._takers if _takes_from(taker, job)), None)
        if taker is not None:
            reason = f"job {taker.id} of this plan takes everything that is pending"
            return LeftOut(job.id, "goes_with_other", reason, "nothing to do")
        invoices = self._first.get(job.id, 0) if job.collected else self._all_pending(job)
        asides = self._asides(job, invoices)
        if not invoices:
            return _nothing_left(job, asides)
        takes_all = not job.collected and not job.restricted
        if takes_all:
            self._takers.append(job)
        self._taken[job.destination_id] = self._taken.get(job.destination_id, 0) + invoices
        return Going(
            job_id=job.id,
            entity_id=job.entity_id,
            facility=job.facility,
            invoices=invoices,
            takes_all=takes_all,
            asides=asides,
        )

    def _all_pending(self, job: _Job) -> int:
        """What a job takes that took nothing yet."""
        if job.restricted:
            return selection.waiting(job.id)
        waiting = int(execute(_WAITING, (job.id,)).fetchone()[0])
        return max(0, waiting - self._taken.get(job.destination_id, 0))

    def _asides(self, job: _Job, invoices: int) -> tuple[Aside, ...]:
        fates = self._fates.get(job.id, [])
        shared = sum(aside.invoices for aside in fates if aside.code == _GOES_CODE) - invoices
        asides = [aside for aside in fates if aside.code != _GOES_CODE]
        if job.collected and shared:
            asides.append(Aside(shared, "goes_with_other", "going with an earlier job of this plan"))
        return tuple(asides)


def _takes_from(taker: _Job, job: _Job) -> bool:
    return taker.destination_id == job.destination_id and taker.routes >= job.routes


def _fates(ids: Sequence[int]) -> dict[int, list[Aside]]:
    """By job, what has become of the invoices that it did not send; those that go are one of the asides."""
    found: dict[int, list[Aside]] = {}
    for job_id, fate, by_job, reason, count in execute(_FATES.format(ids=marks(ids)), ids):
        found.setdefault(job_id, []).append(Aside(count, fate, _fate_text(fate, by_job, reason)))
    return found


def _fate_text(fate: str, by_job: int | None, reason: str) -> str:
    texts = {
        LedgerState.EXPORTED: f"exported meanwhile by job {by_job}" if by_job else "marked as exported",
        LedgerState.IN_PROGRESS: f"being exported by job {by_job}",
        LedgerState.ON_HOLD: f"on hold: {reason}" if reason else "on hold",
        InvoiceStatus.VOID: "void",
        InvoiceStatus.DRAFT: "a draft again",
        "other_route": "of a payee who is paid another way now, which this job does not write",
    }
    return texts.get(fate, "")


def _nothing_left(job: _Job, asides: Iterable[Aside]) -> LeftOut:
    why = [f"{aside.invoices} {aside.reason}" for aside in asides]
    held = any(aside.code == LedgerState.ON_HOLD for aside in asides)
    reason = "; ".join(["nothing of it is left to export", *why])
    remedy = f"see why they are on hold: waybill job show {job.id}" if held else "nothing to do"
    return LeftOut(job.id, "nothing_left", reason, remedy)


_QUEUE = """
UPDATE export_job SET state = 'pending', tries = 0, run_at = NULL, plan = NULL, as_of = ?, posting_date = ?,
       code = '', reason = '', remedy = '', started_at = NULL, finished_at = NULL,
       cancelled_by = NULL, cancel_reason = NULL
WHERE id = ? AND state IN ('failed', 'completed_with_errors')
RETURNING attempt
"""


def _queue(actor: Actor, job: Going, reason: str) -> bool:
    """Queue one job, inside the caller's transaction; False when somebody else just did."""
    now = clock.now()
    before = execute("SELECT state, code, reason FROM export_job WHERE id = ?", (job.job_id,)).fetchone()
    day = posting_date(LegalEntity.get_by_id(job.entity_id), now).isoformat()
    row = execute(_QUEUE, (to_millis(now), day, job.job_id)).fetchone()
    if row is None:
        return False
    files.void_undelivered(job.job_id)
    note_event(job.job_id, row[0], "queued again", actor=actor.name, reason=reason)
    audit.record(
        actor,
        "requeue",
        "job",
        subject_id=job.job_id,
        name=f"job {job.job_id}",
        entity_id=job.entity_id,
        before=dict(zip(("state", "code", "reason"), before, strict=True)),
        after={"state": JobState.PENDING, "invoices": job.invoices},
        reason=reason,
    )
    return True
