"""Repeat: the very same bytes of a file, delivered once more under a new name, by a job of its own.

The job takes no invoices and renders nothing; it is claimed, fenced, retried and given up like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial

from models import audit, clock, deliveries, files
from models.audit import Actor
from models.deliveries import DeliveryState
from models.errors import NotFound, PermissionDenied
from models.files import BatchFile, FileState
from models.jobs import Job, Trigger, insert
from models.jobs.records import outputs_of
from models.people import Action, require
from models.repairs.carrying import Stop, carry_out
from models.repairs.plan import Change, Kind, LeftOut, Plan, Result, limited, parted

LIMIT = 1_000  # files of one plan: each is a job of its own
TWICE = "whoever takes both files books twice: say beforehand that the same comes again"
_LEFT = (DeliveryState.DELIVERED, DeliveryState.CONFIRMED)


def plan(actor: Actor, file_ids: Iterable[int]) -> Plan:
    """What would be delivered once more, and under which names."""
    wanted = sorted(set(file_ids))
    limited(wanted, LIMIT)
    changes, left_out = parted(_look(actor, file_id) for file_id in wanted)
    return Plan(kind=Kind.REPEAT, changes=changes, left_out=left_out, warnings=(TWICE,) if changes else ())


def apply(actor: Actor, wanted: Plan, reason: str, *, stop: Stop | None = None) -> Result:
    """Make a job for each file that delivers it once more; ring the bell for them."""
    made: list[int] = []
    result = carry_out(actor, wanted, reason, partial(_repeat_all, actor, wanted.id, made), stop=stop)
    return replace(result, jobs=tuple(made))


def _look(actor: Actor, file_id: int) -> Change | LeftOut:
    try:
        file = files.find(actor, file_id)
        require(actor, Action.REPAIR, file.entity_id)
    except (NotFound, PermissionDenied) as error:
        return LeftOut("file", file_id, f"file {file_id}", error.code, error.message, error.remedy)
    return _refusal(file) or _change(file)


def _refusal(file: BatchFile) -> LeftOut | None:
    ways = {way.state for way in deliveries.of_file(file)}
    if file.state not in (FileState.RENDERED, FileState.CLOSED) or not file.archive_path:
        return _left_out(file, "not_written", f"it is {file.state}", "nothing to do")
    if DeliveryState.UNKNOWN in ways:
        remedy = "say first whether it did: waybill delivery resolve"
        return _left_out(file, "outcome_unknown", "whether it arrived is not known", remedy)
    if not ways & set(_LEFT):
        remedy = f"queue its job again: waybill job requeue {file.job_id}"
        return _left_out(file, "never_left", "it never left", remedy)
    return None


def _left_out(file: BatchFile, code: str, reason: str, remedy: str) -> LeftOut:
    return LeftOut("file", file.id, f"file {file.id}", code, reason, remedy)


def _change(file: BatchFile) -> Change:
    name = files.free_name(file.entity_id, file.name)
    detail = f"{file.name} goes as {name}: {file.items:,} items, {file.size:,} bytes, sha256 {file.sha256}"
    return Change(
        "file",
        file.id,
        file.entity_id,
        f"file {file.id}",
        "delivered",
        "delivered again",
        detail,
        (file.sha256, file.state),
        file.items,
    )


def _repeat_all(
    actor: Actor, plan_id: str, made: list[int], reason: str, part: Sequence[Change]
) -> list[Change]:
    done = []
    for change in part:
        file: BatchFile = BatchFile.get_by_id(change.subject_id)
        if (file.sha256, file.state) == change.stamp and _refusal(file) is None:
            made.append(_repeat(actor, plan_id, file, reason))
            done.append(change)
    return done


def _repeat(actor: Actor, plan_id: str, file: BatchFile, reason: str) -> int:
    first: Job = file.job
    outputs = {route: output for route, output in outputs_of(first).items() if route == file.route}
    job = insert(
        first.facility,
        outputs=outputs,
        on_behalf_of=first.on_behalf_of.id,
        as_of=clock.now(),
        trigger=Trigger.REPEAT,
        request_id=f"{plan_id}/{file.id}",
        note=f"file {file.id} once more, for {actor.name}: {reason}",
    )
    if job is None:  # the request is the plan's, and this batch of it is carried out once
        raise AssertionError(plan_id)
    copy = _copy(file, job)
    audit.record(
        actor,
        "repeat",
        "file",
        subject_id=file.id,
        name=file.name,
        entity_id=file.entity_id,
        after={"job": job.id, "file": copy.id, "name": copy.name},
        reason=reason,
    )
    return int(job.id)


def _copy(file: BatchFile, job: Job) -> BatchFile:
    """The file as it stands in the archive, under a name of its own, as a file of the new job."""
    return BatchFile.create(
        entity=file.entity_id,
        job=job,
        route=file.route,
        format=file.format,
        name=files.free_name(file.entity_id, file.name),
        archive_path=file.archive_path,
        state=FileState.RENDERED,
        sha256=file.sha256,
        size=file.size,
        items=file.items,
        totals=file.totals,
        repeats=file.repeats or file.id,
    )
