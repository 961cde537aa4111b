"""What people do with schedules: create, edit, enable, disable, duplicate, delete."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from models import audit, clock, names
from models.database import execute, transaction
from models.errors import Conflict, NotFound
from models.facilities import Facility
from models.people import Action, Actor, require
from models.schedules.records import Instruction, Schedule, as_dict
from models.schedules.rules import check_facility, check_instruction, check_limit, check_runs

# Times have minute precision: a new schedule may still answer the minute that it was made in.
_GRACE = timedelta(minutes=1)
_MAX_NAME = 100


def create(actor: Actor, facility: Facility, instruction: Instruction, *, enabled: bool = True) -> Schedule:
    """Add a schedule to an active facility; it runs from the present minute on, never for what is past.

    Raises `Conflict` (facility not active, name taken, limit reached), `InvalidInput` (Finance user, file
    types, mapping, no run to come) or `ConfigurationError` (the facility lacks settings of the format).
    """
    require(actor, Action.MANAGE_SCHEDULES, facility.entity_id)
    with transaction():
        facility = _present(facility)
        check_instruction(facility, instruction)
        schedule = Schedule(entity=facility.entity, facility=facility, created_by=actor.name, enabled=enabled)
        _say(schedule, instruction)
        _start(schedule, clock.now() - _GRACE)
        if enabled:
            check_limit(schedule)
        schedule.save()
        _record(actor, "create", schedule, after=as_dict(schedule))
    return schedule


def edit(actor: Actor, schedule: Schedule, instruction: Instruction) -> Schedule:
    """Let it say something else from now on; jobs made already stay as they are.

    Other times begin now, whatever the old ones had left undone; with the same times nothing is missed.
    Raises as `create` does.
    """
    require(actor, Action.MANAGE_SCHEDULES, schedule.entity_id)
    with transaction():
        schedule = _held(schedule)
        if instruction == schedule.instruction:
            return schedule
        check_instruction(schedule.facility, instruction)
        before, retimed = as_dict(schedule), instruction.recurrence != schedule.recurrence
        _say(schedule, instruction)
        if retimed:
            _start(schedule, max(schedule.cursor, clock.now()))
        if schedule.enabled and schedule.next_due is not None:
            check_limit(schedule)
        schedule.save()
        was, now = audit.changed(before, as_dict(schedule))
        _record(actor, "edit", schedule, before=was, after=now)
    return schedule


def enable(actor: Actor, schedule: Schedule) -> Schedule:
    """Let it run from now on; what came due while it was disabled is not caught up. Raises as `create`."""
    require(actor, Action.MANAGE_SCHEDULES, schedule.entity_id)
    with transaction():
        schedule = _held(schedule)
        if schedule.enabled and schedule.next_due is not None:
            raise Conflict(f"the schedule {schedule.name} is enabled already", remedy="nothing to do")
        check_instruction(schedule.facility, schedule.instruction)
        # The one act that may move the cursor back, after a clock ran ahead: jobs are unique by due time.
        _start(schedule, clock.now())
        schedule.enabled = True
        check_limit(schedule)
        schedule.save()
        _record(actor, "enable", schedule, before={"enabled": False}, after={"enabled": True})
    return schedule


def disable(actor: Actor, schedule: Schedule, *, reason: str = "") -> Schedule:
    """Let it rest; jobs made already go on."""
    require(actor, Action.MANAGE_SCHEDULES, schedule.entity_id)
    reason = audit.checked_reason(reason) if reason else ""
    with transaction():
        schedule = _held(schedule)
        if not schedule.enabled:
            raise Conflict(f"the schedule {schedule.name} is disabled already", remedy="nothing to do")
        _switch_off(actor, schedule, reason)
    return schedule


def duplicate(actor: Actor, schedule: Schedule, *, name: str | None = None) -> Schedule:
    """Copy it, disabled, as `name` or "X copy": to be edited and enabled."""
    require(actor, Action.MANAGE_SCHEDULES, schedule.entity_id)
    with transaction():
        original = _held(schedule)
        check_facility(original.facility)
        copy = Schedule(entity=original.entity, facility=original.facility, enabled=False)
        copy.created_by, copy.cursor = actor.name, clock.now()
        copy.say(original.instruction)
        copy.name = _checked_name(copy, name) if name else free_name(original)
        copy.next_due = copy.recurrence.next_after(copy.cursor)
        copy.save()
        _record(actor, "duplicate", copy, after=as_dict(copy) | {"copy_of": original.name})
    return copy


def delete(actor: Actor, schedule: Schedule, *, reason: str = "") -> None:
    """Take it away for good; its jobs stay."""
    require(actor, Action.MANAGE_SCHEDULES, schedule.entity_id)
    reason = audit.checked_reason(reason) if reason else ""
    with transaction():
        schedule = _held(schedule)
        before = as_dict(schedule)
        schedule.enabled, schedule.deleted = False, True
        schedule.save()
        _record(actor, "delete", schedule, before=before, reason=reason)


def disable_all(actor: Actor, facility_id: int, *, reason: str) -> list[str]:
    """Disable every schedule of a facility, as part of an act on the facility; returns their names."""
    with transaction():
        running = Schedule.select().where(Schedule.facility == facility_id, Schedule.enabled)
        schedules = [_held(schedule) for schedule in running.order_by(Schedule.name)]
        for schedule in schedules:
            _switch_off(actor, schedule, reason)
    return [schedule.name for schedule in schedules]


def skip_missed(entity_id: int) -> None:
    """Forget what came due until now: the entity's export scheduler was off, and is switched on."""
    now = clock.now()
    with transaction():
        late = Schedule.select().where(
            Schedule.entity == entity_id, Schedule.enabled, Schedule.next_due <= now
        )
        for schedule in late:
            schedule = _held(schedule)
            schedule.cursor = max(schedule.cursor, now)
            schedule.next_due = schedule.recurrence.next_after(schedule.cursor)
            schedule.save()


def _present(facility: Facility) -> Facility:
    """The facility as it is now, not as it was when the caller read it."""
    return Facility.get_by_id(facility.id)


# Taking the row makes a ticker wait for this transaction, or this one for the ticker, on every database.
_HOLD = "UPDATE schedule SET enabled = enabled WHERE id = ? AND NOT deleted"


def _held(schedule: Schedule) -> Schedule:
    """The schedule as it is now, held against tickers; raises `NotFound` when someone deleted it."""
    if execute(_HOLD, (schedule.id,)).rowcount != 1:
        raise NotFound(f"the schedule {schedule.name} was deleted", remedy="see: waybill schedule list")
    return Schedule.get_by_id(schedule.id)


def _say(schedule: Schedule, instruction: Instruction) -> None:
    schedule.say(instruction)
    schedule.name = _checked_name(schedule, instruction.name)


def _start(schedule: Schedule, cursor: datetime) -> None:
    """Count everything up to `cursor` as handled; refuse when nothing comes after it."""
    check_runs(schedule.recurrence, cursor)
    schedule.cursor, schedule.next_due = cursor, schedule.recurrence.next_after(cursor)


def _switch_off(actor: Actor, schedule: Schedule, reason: str) -> None:
    schedule.enabled = False
    schedule.save()
    _record(actor, "disable", schedule, before={"enabled": True}, after={"enabled": False}, reason=reason)


def _checked_name(schedule: Schedule, name: str) -> str:
    name = names.checked("a schedule", name, longest=_MAX_NAME)
    if _is_taken(schedule, name):
        raise Conflict(f"there is a schedule {name} already", remedy="see: waybill schedule list")
    return name


def _is_taken(schedule: Schedule, name: str) -> bool:
    others = Schedule.select().where(Schedule.entity == schedule.entity_id, Schedule.name == name)
    return bool(others.where(~Schedule.deleted, Schedule.id != (schedule.id or 0)).exists())


def free_name(original: Schedule) -> str:
    """What a copy is called unless told otherwise: `X copy`, `X copy 2`."""
    number, ending = 1, " copy"
    while _is_taken(original, name := original.name[: _MAX_NAME - len(ending)] + ending):
        number += 1
        ending = f" copy {number}"
    return name


_record = partial(audit.record_of, "schedule")
