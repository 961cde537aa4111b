"""Schedules as they are looked at: found by name, listed by state, and when each comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from peewee import ModelSelect

from models import clock, names
from models.database import execute
from models.entities import LegalEntity
from models.errors import Conflict, NotFound
from models.facilities import Facility, FacilityState
from models.jobs.records import JobState
from models.people import Actor, visible_entities
from models.schedules.records import Schedule, ScheduleState


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One coming run; `notes` say what is unusual about it: a clamped day, a clock change."""

    at: datetime
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How the schedule's last job stands."""

    job_id: int
    state: JobState


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A schedule in a list."""

    schedule: Schedule
    state: ScheduleState
    next_run: datetime | None
    """None when nothing will run: completed, disabled or held up."""
    held_up_by: str
    """Why it does not run although it is enabled; empty when it does."""
    last: Outcome | None


def find(entity: LegalEntity, name: str) -> Schedule:
    """By name; raises `NotFound`."""
    found = Schedule.get_or_none(Schedule.entity == entity, Schedule.name == name.strip(), ~Schedule.deleted)
    if found is None:
        raise NotFound(
            f"{entity.name} has no schedule {names.shown(name)}", remedy="see: waybill schedule list"
        )
    return found


def seen(actor: Actor, which: str) -> Schedule:
    """By id or by name, of those the actor may see; raises `NotFound`, `Conflict` for a name of several."""
    query = _visible(actor)
    several: list[Schedule] = list(query.where(Schedule.id == int(which))) if names.is_id(which) else []
    several = several or list(query.where(Schedule.name == which.strip()))
    if not several:
        what = f"there is no schedule {names.shown(which)}, or none that you may see"
        raise NotFound(what, remedy="see: waybill schedule list")
    if len(several) > 1:
        known = ", ".join(f"schedule/{each.id} ({each.entity.name})" for each in several)
        raise Conflict(f"several legal entities have a schedule {which.strip()}", remedy=f"open: {known}")
    return several[0]


def listed(actor: Actor, entity: LegalEntity | None = None) -> list[Listed]:
    """The schedules the actor may see, of one entity or all: active, pending, completed; the next first."""
    query = _visible(actor)
    if entity is not None:
        query = query.where(Schedule.entity == entity)
    now = clock.now()
    return sorted((look(schedule, now) for schedule in query), key=_order)


def _visible(actor: Actor) -> ModelSelect[Schedule]:
    query = (
        Schedule.select(Schedule, Facility, LegalEntity)
        .join(Facility)
        .switch(Schedule)
        .join(LegalEntity)
        .where(~Schedule.deleted)
    )
    visible = visible_entities(actor)
    if visible is not None:
        query = query.where(Schedule.entity.in_(visible))
    return query


def look(schedule: Schedule, now: datetime | None = None) -> Listed:
    """One schedule as it is listed."""
    now = now or clock.now()
    state, held_up_by = schedule.state(now), held_up(schedule)
    runs = schedule.enabled and not held_up_by
    return Listed(
        schedule=schedule,
        state=state,
        next_run=schedule.next_due if runs else None,
        held_up_by=held_up_by,
        last=_last_outcome(schedule.id),
    )


def held_up(schedule: Schedule) -> str:
    """Why nothing fires although the schedule is enabled; empty when it does, or when it is disabled."""
    return hindrance(schedule) if schedule.enabled else ""


def hindrance(schedule: Schedule) -> str:
    """Why nothing would fire even if it is enabled; empty when it would."""
    if not schedule.entity.export_scheduler:
        return f"the export scheduler of {schedule.entity.name} is off"
    if schedule.facility.state != FacilityState.ACTIVE:
        return f"the facility {schedule.facility.name} is {schedule.facility.state}"
    return ""


def next_runs(schedule: Schedule, count: int, *, after: datetime | None = None) -> list[Run]:
    """The coming `count` runs as the schedule says, whether or not it is enabled.

    From now on unless `after` is given; one that is due and not yet fired comes first.
    """
    recurrence, now = schedule.recurrence, clock.now()
    times = recurrence.upcoming(after or max(schedule.cursor, now), count)
    if after is None and schedule.enabled:
        late, _ = recurrence.latest(schedule.cursor, now)
        times = ([late] if late else []) + times
    return [Run(at=at, notes=recurrence.notes(at)) for at in times[:count]]


def enabled_names(facility_id: int) -> list[str]:
    """The names of a facility's enabled schedules."""
    query = Schedule.select().where(Schedule.facility == facility_id, Schedule.enabled)
    return [schedule.name for schedule in query.order_by(Schedule.name)]


def of_person(user_id: int) -> list[Schedule]:
    """The enabled schedules, not completed, that export on behalf of a user."""
    now = clock.now()
    query = Schedule.select().where(Schedule.on_behalf_of == user_id, Schedule.enabled, ~Schedule.deleted)
    return [one for one in query.order_by(Schedule.name) if one.state(now) is not ScheduleState.COMPLETED]


def users_of_mapping(mapping_id: int) -> list[str]:
    """The names of the schedules, not completed, that write with a mapping."""
    now = clock.now()
    uses = (Schedule.ach_mapping == mapping_id) | (Schedule.other_mapping == mapping_id)
    query = Schedule.select().where(uses, ~Schedule.deleted).order_by(Schedule.name)
    return [schedule.name for schedule in query if schedule.state(now) is not ScheduleState.COMPLETED]


_LAST = "SELECT id, state FROM export_job WHERE schedule_id = ? ORDER BY due_at DESC LIMIT 1"


def _last_outcome(schedule_id: int) -> Outcome | None:
    row = execute(_LAST, (schedule_id,)).fetchone()
    return None if row is None else Outcome(job_id=row[0], state=JobState(row[1]))


_GROUPS = {state: place for place, state in enumerate(ScheduleState)}


def _order(item: Listed) -> tuple[int, float, int]:
    """By group; in it the next run first, then what does not run, the newest first."""
    at = item.next_run.timestamp() if item.next_run else float("inf")
    return _GROUPS[item.state], at, -item.schedule.id
