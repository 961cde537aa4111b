"""A manual export asked for: one job of exactly the plan's invoices, however often it is sent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from shlex import quote
from uuid import uuid4

from models import audit, clock
from models.database import execute, transaction
from models.entities import LegalEntity
from models.errors import Conflict, InvalidInput, WaybillError
from models.facilities import Facility, FacilityState
from models.jobs import Job, Trigger, insert, selection
from models.manual.choice import AGAIN, Standing
from models.manual.finding import ManualPlan
from models.people import PERMITTED, Action, Actor, Role, holders, require
from models.schedules.rules import check_person

_NAMED = 5
_NOTE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Requested:
    """The job of a request; `made` is False when an earlier sending of the same request made it."""

    job_id: int
    request_id: str
    made: bool


def new_request_id() -> str:
    """An id for a request that is being opened."""
    return uuid4().hex


def checked_request_id(request_id: str) -> str:
    """A request id from outside; raises `InvalidInput` for what would be none."""
    if not re.fullmatch(r"[A-Za-z0-9._:-]{1,100}", request_id):
        raise InvalidInput(
            "that is no request id",
            remedy="give 1 to 100 letters, digits, points, dashes, colons or underscores",
            code="request_id",
        )
    return request_id


_OF_A_REPAIR = "SELECT 1 FROM repair_batch WHERE plan_id = ?"


def asked_before(actor: Actor, facility: Facility, request_id: str) -> Requested | None:
    """The job that this request made already; raises `Conflict` when the id belongs to something else."""
    require(actor, Action.EXPORT, facility.entity_id)
    job: Job | None = Job.get_or_none(Job.request_id == request_id)
    if job is None:
        return None
    theirs = (job.facility_id, job.on_behalf_of_id) != (facility.id, actor.user_id)
    if theirs or execute(_OF_A_REPAIR, (request_id,)).fetchone() is not None:
        raise Conflict(
            f"the request id {request_id} was used for another export",
            remedy="leave the request id out, or give a new one",
            code="request_id_used",
        )
    return Requested(job_id=job.id, request_id=request_id, made=False)


def standing_against(actor: Actor, facility: Facility) -> WaybillError | None:
    """Why this person cannot have anything exported by hand with the facility; None when nothing does."""
    entity: LegalEntity = LegalEntity.get_by_id(facility.entity_id)
    if not entity.manual_exports:
        return _disabled(entity)
    state = Facility.get_by_id(facility.id).state
    if state != FacilityState.ACTIVE:
        return Conflict(
            f"the facility {facility.name} is {state}, and only an active one exports",
            remedy=f"activate it first: waybill facility activate {quote(facility.name)}",
            code="facility_not_active",
        )
    return _not_finance(actor, entity)


def _not_finance(actor: Actor, entity: LegalEntity) -> InvalidInput | None:
    """Nobody else can be named for an export by hand: who can be asked, and how to hold the role."""
    try:
        check_person(entity, actor.user_id or 0)
    except InvalidInput as error:
        able = ", ".join(user.email for user in holders(frozenset({Role.FINANCE}), entity.id)[:_NAMED])
        grant = f"waybill user grant {actor.name} finance --entity {quote(entity.name)}"
        ask = f"ask one who does: {able}" if able else "nobody does"
        remedy = f"{ask}; or have the role given to you: {grant}"
        return InvalidInput(error.message, remedy=remedy, code=error.code)
    return None


def refusal(actor: Actor, plan: ManualPlan) -> WaybillError | None:
    """Why this person cannot have this exported by hand now; None when nothing stands against it."""
    if (refused := standing_against(actor, plan.facility)) is not None:
        return refused
    return None if plan.going else _nothing(plan)


def request(actor: Actor, plan: ManualPlan, reason: str = "") -> Requested:
    """Make the plan's job, on behalf of who asks; after it, ring the bell.

    The same plan sent again answers with the job it made. Raises `PermissionDenied`, what `refusal` says,
    and `InvalidInput` when invoices go again without a reason.
    """
    require(actor, Action.EXPORT, plan.facility.entity_id)
    with transaction():
        if (before := asked_before(actor, plan.facility, plan.request_id)) is not None:
            return before
        if (refused := refusal(actor, plan)) is not None:
            raise refused
        if plan.again_count or reason:
            reason = audit.checked_reason(reason)
        job = insert(
            plan.facility,
            outputs=plan.written.outputs,
            on_behalf_of=actor.user_id or 0,
            as_of=clock.now(),
            trigger=Trigger.REQUEST,
            request_id=plan.request_id,
            note=_note(plan, reason),
        )
        if job is None:  # where others do not wait for this transaction, another sending was quicker
            return _made_by_another(actor, plan)
        selection.restrict(job.id, plan.going)
        _record(actor, plan, job, reason)
    return Requested(job_id=job.id, request_id=plan.request_id, made=True)


def _made_by_another(actor: Actor, plan: ManualPlan) -> Requested:
    made = asked_before(actor, plan.facility, plan.request_id)
    if made is None:
        raise Conflict("the request could not be taken", remedy="send it again", code="request_lost")
    return made


def _disabled(entity: LegalEntity) -> Conflict:
    able = [user.email for user in holders(PERMITTED[Action.CHANGE_INVOICE_SETTINGS], entity.id)]
    who = ", ".join(able[:_NAMED]) or "an Administrator"
    return Conflict(
        f"manual exports are disabled for {entity.name} (its setting manual_exports is off)",
        remedy=f"let the schedules export, or ask {who} to run:"
        f" waybill entity edit {quote(entity.name)} --manual-exports",
        code="manual_exports_disabled",
    )


def _nothing(plan: ManualPlan) -> Conflict:
    exported = plan.count(*AGAIN)
    if exported and not plan.again:
        return Conflict(
            f"nothing to export: {exported} of the chosen invoices were exported already",
            remedy="to export them again, with the risk of booking them twice, add --again and --reason",
            code="exported_already",
        )
    if plan.left_out:
        first = plan.left_out[0]
        return Conflict(
            f"nothing to export: invoice {first.number}: {first.reason}", remedy=first.remedy, code=first.code
        )
    return Conflict(
        "nothing to export: no invoice is chosen by that" if not plan.found else "nothing to export",
        remedy="see what there is: waybill invoice list",
        code="nothing_to_export",
    )


def _note(plan: ManualPlan, reason: str) -> str:
    count, again = len(plan.going), plan.again_count
    what = "1 chosen invoice" if count == 1 else f"{count} chosen invoices"
    more = f", {again} of them again" if again else ""
    said = f": {reason}" if reason else ""
    return f"by hand, {what}{more}{said}"[:_NOTE]


def _record(actor: Actor, plan: ManualPlan, job: Job, reason: str) -> None:
    outputs = {str(route): output.format for route, output in plan.written.outputs.items()}
    audit.record(
        actor,
        "export by hand",
        "job",
        subject_id=job.id,
        name=f"job {job.id}",
        entity_id=plan.facility.entity_id,
        after={
            "facility": plan.facility.name,
            "choice": plan.choice.as_dict() or "all that is not exported",
            "invoices": len(plan.going),
            "again": plan.again_count,
            "changed_since_export": plan.count(Standing.CHANGED) if plan.again else 0,
            "outputs": outputs,
        },
        reason=reason,
    )
    if plan.again_count:
        selection.audit_again(actor, job.id, plan.facility.destination.label, reason)
