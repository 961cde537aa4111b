"""A legal entity whose schedules are tried, at a clock that is moved by hand."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

import time_machine

from models import clock, people, schedules
from models.audit import WAYBILL, Actor
from models.entities import LegalEntity
from models.facilities import Facility
from models.jobs import Job, Output, Route
from models.people import Role, User
from models.recurrence import Frequency, Recurrence
from models.schedules import Instruction, Schedule

NOW = datetime(2026, 1, 5, 12, 0, 30, tzinfo=UTC)  # a Monday
TODAY = NOW.date()
CSV = {Route.OTHER: Output(format="csv")}


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One legal entity with an active facility and a Finance user, at a clock that is moved by hand."""

    clock: time_machine.Traveller
    entity: LegalEntity
    facility: Facility
    finance: User

    def instruction(self, **changes: Any) -> Instruction:
        """Every day at 02:00 UTC, as CSV."""
        said = Instruction(name="nightly", on_behalf_of=self.finance.id, recurrence=daily(), outputs=CSV)
        return dataclasses.replace(said, **changes)

    def create(self, *, enabled: bool = True, **changes: Any) -> Schedule:
        """A schedule of that instruction."""
        return schedules.create(WAYBILL, self.facility, self.instruction(**changes), enabled=enabled)

    def fire_at(self, instant: datetime) -> list[int]:
        """Move the clock and tick once."""
        self.clock.move_to(instant)
        return schedules.fire(clock.now())


def daily(**changes: Any) -> Recurrence:
    """At 02:00 UTC, since the beginning of the year."""
    said: dict[str, Any] = {"kind": Frequency.DAILY, "start_date": date(2026, 1, 1), "at": time(2, 0)}
    return Recurrence(**said | changes)


def once(at: time, on: date = TODAY) -> Recurrence:
    """One run."""
    return Recurrence(kind=Frequency.ONCE, start_date=on, at=at)


def utc(*parts: int) -> datetime:
    """An instant from its numbers."""
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


def user_with(role: Role, entity: LegalEntity | None, email: str | None = None) -> Actor:
    """A new user with that role, for one legal entity or for all."""
    user = people.create(WAYBILL, email or f"{role}@example.com")
    people.grant(WAYBILL, user, role, entity.id if entity else None)
    return Actor(user_id=user.id, name=user.email)


def due_times() -> list[datetime]:
    """What fired so far."""
    return [job.due_at for job in Job.select().order_by(Job.due_at)]


def fresh(schedule: Schedule) -> Schedule:
    """The schedule as it is stored now."""
    found: Schedule = Schedule.get_by_id(schedule.id)
    return found
