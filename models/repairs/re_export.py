"""Re-export: what left goes once more, now, at its present version, by a job of just the chosen invoices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from models import audit, clock, manual
from models.audit import Actor
from models.destinations import Destination, LedgerState
from models.errors import Conflict
from models.facilities import Facility
from models.jobs import Job, Output, Route, Trigger, insert, selection
from models.jobs.selection import Chosen
from models.people import Action, require
from models.repairs.carrying import WHOLE, Stop, carry_out
from models.repairs.ledger import Choice, ChosenRow, common_refusal, load, present, refused
from models.repairs.plan import Change, Kind, LeftOut, Plan, Result, changed_since, parted
from models.repairs.revert import DOUBLE_BOOKING, stamp_of

AGAIN = "exported again"
_NOTE = 200


def plan(actor: Actor, facility: Facility, choice: Choice) -> Plan:
    """What would go once more, each with the file it left in, and when.

    What stands against exporting by hand is among the warnings. Raises `PermissionDenied`, and `InvalidInput`
    when nothing, or far too much, was chosen.
    """
    _permit(actor, facility)
    rows, missing = load(facility.destination, choice)
    written = manual.default_outputs(facility).outputs
    changes, left_out = parted(_look(row, written) for row in rows)
    return Plan(
        kind=Kind.RE_EXPORT,
        changes=changes,
        left_out=(*missing, *left_out),
        warnings=tuple(_warnings(actor, facility)) if changes else (),
        destination_id=facility.destination_id,
        facility_id=facility.id,
    )


def apply(actor: Actor, wanted: Plan, reason: str, *, stop: Stop | None = None) -> Result:
    """Make one job of the plan's invoices, those that still stand as it showed; ring the bell for it."""
    facility: Facility = Facility.get_by_id(wanted.facility_id)
    _permit(actor, facility)
    if (against := manual.standing_against(actor, facility)) is not None:
        raise against
    made: list[int] = []
    act = partial(_re_export, actor, facility, wanted.id, made)
    result = carry_out(actor, wanted, reason, act, stop=stop, size=WHOLE)
    return replace(result, jobs=tuple(made))


def _permit(actor: Actor, facility: Facility) -> None:
    require(actor, Action.REPAIR, facility.entity_id)
    require(actor, Action.EXPORT, facility.entity_id)


def _warnings(actor: Actor, facility: Facility) -> Iterator[str]:
    yield DOUBLE_BOOKING
    if (against := manual.standing_against(actor, facility)) is not None:
        yield f"it will be refused: {against.message}"


def _look(row: ChosenRow, written: Mapping[Route, Output]) -> Change | LeftOut:
    if row.state == LedgerState.PENDING:
        return refused(row, "pending", "it is pending", "nothing to do: it goes with the next export")
    if (refusal := common_refusal(row)) is not None:
        return refusal
    if row.state == LedgerState.ON_HOLD:
        remedy = f"put it back first: waybill invoice revert {row.number}"
        return refused(row, "on_hold", f"it is on hold: {row.reason}", remedy)
    if row.route not in written:
        remedy = f"choose the files: waybill export run --again --invoice {row.number} --ach … --other …"
        return refused(row, "other_route", f"no {row.route} file is written for it", remedy)
    newer = f", now version {row.invoice_version}" if row.changed else ""
    return Change(
        "invoice",
        row.invoice_id,
        row.entity_id,
        row.number,
        row.state,
        AGAIN,
        f"{row.amount}, {row.exported}{newer}",
        stamp_of(row),
    )


def _re_export(
    actor: Actor, facility: Facility, plan_id: str, made: list[int], reason: str, part: Sequence[Change]
) -> list[Change | LeftOut]:
    written = manual.default_outputs(facility).outputs
    rows = present(facility.destination_id, [change.subject_id for change in part])
    looked = [_look_again(change, rows.get(change.subject_id), written) for change in part]
    going, _ = parted(looked)
    if going:
        made.append(_make_job(actor, facility, plan_id, written, going, reason))
    return looked


def _look_again(change: Change, row: ChosenRow | None, written: Mapping[Route, Output]) -> Change | LeftOut:
    if row is None or stamp_of(row) != change.stamp:
        return changed_since(change)
    present_look = _look(row, written)
    return change if isinstance(present_look, Change) else present_look


def _make_job(
    actor: Actor,
    facility: Facility,
    plan_id: str,
    written: Mapping[Route, Output],
    going: Sequence[Change],
    reason: str,
) -> int:
    what = "1 invoice" if len(going) == 1 else f"{len(going):,} invoices"
    job = insert(
        facility,
        outputs=written,
        on_behalf_of=actor.user_id or 0,
        as_of=clock.now(),
        trigger=Trigger.REQUEST,
        request_id=plan_id,
        note=f"{what} once more, for {actor.name}: {reason}"[:_NOTE],
    )
    if job is None:
        raise Conflict(
            f"the request id {plan_id} was used for another export",
            remedy="leave the request id out, or give a new one",
            code="request_id_used",
        )
    # The stamp ends with the instant of the export that the person saw.
    selection.restrict(job.id, [Chosen(change.subject_id, change.stamp[-1]) for change in going])
    _write_down(actor, facility, job, len(going), reason)
    return int(job.id)


def _write_down(actor: Actor, facility: Facility, job: Job, invoices: int, reason: str) -> None:
    audit.record(
        actor,
        "re-export",
        "job",
        subject_id=job.id,
        name=f"job {job.id}",
        entity_id=facility.entity_id,
        after={"facility": facility.name, "invoices": invoices},
        reason=reason,
    )
    destination: Destination = facility.destination
    selection.audit_again(actor, job.id, destination.label, reason)
