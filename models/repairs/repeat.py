"""Repeat: the very same bytes of a file, delivered once more under a new name, by a job of its own.

The job takes no invoices and renders nothing; it is claimed, fenced, retried and given up like any other.
"""

from __future__ import annotations

from collections.abc import Sequence

from models import audit, clock, files
from models.audit import Actor
from models.files import BatchFile, DeliveryState, FileState
from models.jobs import Job, Trigger, insert
from models.jobs.records import outputs_of
from models.people import Action, require
from models.repairs.plan import Change, Kind, LeftOut, Plan, Result, carry_out, checked_reason, permit

TWICE = "whoever takes both files books twice: say beforehand that the same comes again"
_LEFT = (DeliveryState.DELIVERED, DeliveryState.CONFIRMED)


def plan(actor: Actor, file_id: int) -> Plan:
    """What would be delivered once more, and under which name; raises `NotFound`."""
    file = files.find(actor, file_id)
    require(actor, Action.REPAIR, file.entity_id)
    refusal = _refusal(file)
    changes = () if refusal else (_change(file),)
    return Plan(
        kind=Kind.REPEAT,
        made_at=clock.now(),
        changes=changes,
        left_out=(refusal,) if refusal else (),
        warnings=() if refusal else (TWICE,),
    )


def apply(actor: Actor, wanted: Plan, reason: str) -> Result:
    """Make the job that delivers the file once more; ring the bell for it."""
    reason = checked_reason(reason)
    permit(actor, wanted)
    made: list[int] = []
    result = carry_out(actor, wanted, reason, lambda part: _repeat_all(actor, wanted, part, reason, made))
    return Result(done=result.done, left_out=result.left_out, repeated=result.repeated, jobs=tuple(made))


def _refusal(file: BatchFile) -> LeftOut | None:
    ways = {way.state for way in files.deliveries(file)}
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
    stamp, name = (file.sha256, file.state), f"file {file.id}"
    return Change("file", file.id, file.entity_id, name, "delivered", "delivered again", detail, stamp)


def _repeat_all(
    actor: Actor, wanted: Plan, part: Sequence[Change], reason: str, made: list[int]
) -> list[Change]:
    done = []
    for change in part:
        file: BatchFile = BatchFile.get_by_id(change.subject_id)
        if (file.sha256, file.state) == change.stamp and _refusal(file) is None:
            made.append(_repeat(actor, wanted, file, reason))
            done.append(change)
    return done


def _repeat(actor: Actor, wanted: Plan, file: BatchFile, reason: str) -> int:
    first: Job = file.job
    outputs = {route: output for route, output in outputs_of(first).items() if route == file.route}
    job = insert(
        first.facility,
        outputs=outputs,
        on_behalf_of=first.on_behalf_of.id,
        as_of=clock.now(),
        trigger=Trigger.REPEAT,
        request_id=f"{wanted.id}/{file.id}",
        note=f"file {file.id} once more, for {actor.name}: {reason}",
    )
    if job is None:  # the request is the plan's, and this batch of it is carried out once
        raise AssertionError(wanted.id)
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
