"""The table of export schedules, what one says, and the state that follows from it and the time."""

from __future__ import annotations

from collections.abc import Mapping as Dictionary
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from functools import lru_cache
from typing import Any

from peewee import BooleanField, ForeignKeyField, IntegerField, TextField

from models import clock
from models.database import Table
from models.entities import LegalEntity
from models.facilities import Facility
from models.fields import DateField, EnumField, JSONField, UTCField
from models.jobs.records import Output, Route
from models.mappings import Mapping
from models.people import User
from models.recurrence import Frequency, Recurrence


class ScheduleState(StrEnum):
    """How a schedule is listed; whether it is enabled is a mark on top."""

    ACTIVE = "active"
    PENDING = "pending"
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """What a schedule says; the same shape creates and changes one (`dataclasses.replace`).

    `on_behalf_of` is a user's id. `outputs` names what is written for each route; a route that is left out
    is not exported.
    """

    name: str
    on_behalf_of: int
    recurrence: Recurrence
    outputs: Dictionary[Route, Output]


class Schedule(Table):
    """An instruction to export one facility's destination, time after time."""

    entity = ForeignKeyField(LegalEntity, backref="schedules")
    facility = ForeignKeyField(Facility, backref="schedules")
    name = TextField()
    on_behalf_of = ForeignKeyField(User)
    frequency = EnumField(Frequency)
    start_date = DateField()
    end_date = DateField(null=True)
    at = IntegerField()
    """Minutes of the day, in `zone`."""
    every = IntegerField(default=1)
    weekdays = JSONField(default=list)
    """ISO weekdays, sorted; empty: that of the start date."""
    day = IntegerField(null=True)
    zone = TextField(null=True)
    """A tz database name; null is UTC."""
    ach_format = TextField(null=True)
    ach_mapping = ForeignKeyField(Mapping, null=True, backref="+")
    other_format = TextField(null=True)
    other_mapping = ForeignKeyField(Mapping, null=True, backref="+")
    enabled = BooleanField(default=True)
    cursor = UTCField()
    """Everything up to this instant is handled."""
    next_due = UTCField(null=True)
    """The first occurrence after `cursor`; null when there is none."""
    deleted = BooleanField(default=False)
    """Kept, so that its jobs keep its name and no other schedule gets its id, under which they are unique."""
    created_at = UTCField(default=clock.now)
    created_by = TextField()
    entity_id: int
    facility_id: int
    on_behalf_of_id: int
    ach_mapping_id: int | None
    other_mapping_id: int | None

    class Meta:
        table_name = "schedule"

    @property
    def recurrence(self) -> Recurrence:
        """When it runs."""
        end = self.end_date.isoformat() if self.end_date else None
        weekdays = tuple(self.weekdays)
        start = self.start_date.isoformat()
        return recurrence_of(self.frequency, start, end, self.at, self.every, weekdays, self.day, self.zone)

    @property
    def outputs(self) -> dict[Route, Output]:
        """What it writes, by route."""
        return outputs_of(self.ach_format, self.ach_mapping_id, self.other_format, self.other_mapping_id)

    @property
    def instruction(self) -> Instruction:
        """What it says."""
        return Instruction(
            name=self.name,
            on_behalf_of=self.on_behalf_of_id,
            recurrence=self.recurrence,
            outputs=self.outputs,
        )

    def say(self, instruction: Instruction) -> None:
        """Take over an instruction; saves nothing."""
        recurrence = instruction.recurrence
        self.name, self.on_behalf_of_id = instruction.name, instruction.on_behalf_of
        self.frequency, self.every = recurrence.kind, recurrence.every
        self.start_date, self.end_date = recurrence.start_date, recurrence.end_date
        self.at, self.zone = recurrence.at.hour * 60 + recurrence.at.minute, recurrence.zone
        self.weekdays, self.day = sorted(recurrence.weekdays), recurrence.day
        ach, other = instruction.outputs.get(Route.ACH), instruction.outputs.get(Route.OTHER)
        self.ach_format, self.ach_mapping_id = (ach.format, ach.mapping_id) if ach else (None, None)
        self.other_format, self.other_mapping_id = (other.format, other.mapping_id) if other else (None, None)

    def state(self, now: datetime) -> ScheduleState:
        """Pending before its first run, completed when nothing more comes, active between."""
        recurrence = self.recurrence
        first = recurrence.first()
        # Enabled, an occurrence that is due counts until it is fired; disabled, what passes is gone.
        following = self.next_due if self.enabled else recurrence.next_after(max(self.cursor, now))
        if first is None or following is None:
            return ScheduleState.COMPLETED
        return ScheduleState.PENDING if first > now else ScheduleState.ACTIVE


Schedule.add_index(
    Schedule.index(Schedule.entity, Schedule.name, unique=True, name="schedule_name", where=~Schedule.deleted)
)
Schedule.add_index(
    Schedule.index(Schedule.next_due, Schedule.id, name="schedule_due", where=(Schedule.enabled))
)


@lru_cache(maxsize=2048)
def recurrence_of(
    frequency: str,
    start_date: str,
    end_date: str | None,
    at: int,
    every: int,
    weekdays: tuple[int, ...],
    day: int | None,
    zone: str | None,
) -> Recurrence:
    """The recurrence that a row's columns stand for; raises `InvalidInput` for a zone that is no more."""
    return Recurrence(
        kind=Frequency(frequency),
        start_date=date.fromisoformat(start_date),
        end_date=date.fromisoformat(end_date) if end_date else None,
        at=time(*divmod(at, 60)),
        every=every,
        weekdays=frozenset(weekdays),
        day=day,
        zone=zone,
    )


def outputs_of(
    ach_format: str | None, ach_mapping: int | None, other_format: str | None, other_mapping: int | None
) -> dict[Route, Output]:
    """What a row's four columns stand for."""
    named = ((Route.ACH, ach_format, ach_mapping), (Route.OTHER, other_format, other_mapping))
    return {route: Output(format=key, mapping_id=mapping) for route, key, mapping in named if key}


def as_dict(schedule: Schedule) -> dict[str, Any]:
    """What the schedule says as plain values with names for ids: for audit, JSON and screens."""
    at = time(*divmod(schedule.at, 60))
    return {
        "name": schedule.name,
        "facility": schedule.facility.name,
        "on_behalf_of": schedule.on_behalf_of.email,
        "frequency": str(schedule.frequency),
        "every": schedule.every,
        "weekdays": list(schedule.weekdays),
        "day": schedule.day,
        "start_date": schedule.start_date.isoformat(),
        "end_date": schedule.end_date.isoformat() if schedule.end_date else None,
        "at": f"{at:%H:%M}",
        "zone": schedule.zone or "UTC",
        "ach_format": schedule.ach_format,
        "ach_mapping": schedule.ach_mapping.name if schedule.ach_mapping else None,
        "other_format": schedule.other_format,
        "other_mapping": schedule.other_mapping.name if schedule.other_mapping else None,
        "enabled": schedule.enabled,
    }
