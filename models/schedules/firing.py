"""Schedules whose time has come become jobs: once each, however many tickers there are.

Job and cursor are written in one transaction; the cursor moves by compare-and-set, only forward, and the
unique key (schedule, due time) of jobs holds where all else fails. Several missed times become one job, for
the newest of them: an export takes everything that waits, so nothing is lost.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from models import audit
from models.audit import WAYBILL
from models.database import connection, execute, transaction
from models.errors import InvalidInput
from models.faults import fault_point
from models.fields import from_millis, to_millis
from models.jobs.door import NewJob, insert_all
from models.jobs.records import Trigger
from models.recurrence import Recurrence
from models.schedules.records import outputs_of, recurrence_of

BATCH = 1_000
"""How many schedules one transaction fires, so that nobody waits long for the database."""


class _Due(NamedTuple):
    """A schedule whose time has come, as its row says."""

    id: int
    name: str
    cursor: int
    frequency: str
    start_date: str
    end_date: str | None
    at: int
    every: int
    weekdays: str
    day: int | None
    zone: str | None
    ach_format: str | None
    ach_mapping: int | None
    other_format: str | None
    other_mapping: int | None
    on_behalf_of: int
    facility_id: int
    destination_id: int
    entity_id: int
    entity_zone: str
    fires: bool
    """Whether the facility is active and the entity's export scheduler is on."""

    def recurrence(self) -> Recurrence:
        """When it runs; raises `InvalidInput` for a zone that this machine does not know any more."""
        weekdays = tuple(json.loads(self.weekdays))
        return recurrence_of(
            self.frequency, self.start_date, self.end_date, self.at, self.every, weekdays, self.day, self.zone
        )


_ANY_DUE = "SELECT 1 FROM schedule s WHERE s.enabled AND s.next_due <= ? LIMIT 1"
_DUE = """
SELECT s.id, s.name, s.cursor, s.frequency, s.start_date, s.end_date, s.at, s.every, s.weekdays, s.day,
       s.zone,
       s.ach_format, s.ach_mapping_id, s.other_format, s.other_mapping_id, s.on_behalf_of_id,
       s.facility_id, f.destination_id, s.entity_id, e.zone, f.state = 'active' AND e.export_scheduler
FROM schedule s JOIN facility f ON f.id = s.facility_id JOIN legal_entity e ON e.id = s.entity_id
WHERE s.enabled AND s.next_due <= ? ORDER BY s.next_due, s.id LIMIT ?
"""
_MOVE = "UPDATE schedule SET cursor = ?, next_due = ? WHERE id = ? AND cursor = ? AND enabled"
_HALT = "UPDATE schedule SET enabled = FALSE WHERE id = ?"


def fire(now: datetime) -> list[int]:
    """Make a job of every schedule that is due at `now`; returns the new jobs' ids, to ring the bell for.

    Time in which a schedule's entity or facility was switched off passes without a job and is not caught up.
    """
    made: list[int] = []
    with connection():
        while execute(_ANY_DUE, (to_millis(now),)).fetchone():
            fault_point("schedule.due")
            with transaction():
                made += insert_all(list(_move(_due(now), now)))
                fault_point("schedule.firing")
            fault_point("schedule.fired")
    return made


def _due(now: datetime) -> list[_Due]:
    return [_Due(*row) for row in execute(_DUE, (to_millis(now), BATCH))]


def _move(batch: list[_Due], now: datetime) -> Iterator[NewJob]:
    """Move each cursor past `now`, and yield the jobs that are to be made for it."""
    millis = to_millis(now)
    for due in batch:
        try:
            recurrence = due.recurrence()
        except InvalidInput as error:
            _halt(due, error)
            continue
        following = recurrence.next_after(now)
        next_due = None if following is None else to_millis(following)
        if execute(_MOVE, (millis, next_due, due.id, due.cursor)).rowcount == 1 and due.fires:
            yield from _job(due, recurrence, now)


def _job(due: _Due, recurrence: Recurrence, now: datetime) -> Iterator[NewJob]:
    cursor = from_millis(due.cursor)
    newest, older = recurrence.latest(cursor, now)
    if newest is None:  # the zone's rules changed since `next_due` was worked out: it is not due after all
        return
    yield NewJob(
        entity_id=due.entity_id,
        destination_id=due.destination_id,
        facility_id=due.facility_id,
        on_behalf_of=due.on_behalf_of,
        outputs=outputs_of(due.ach_format, due.ach_mapping, due.other_format, due.other_mapping),
        as_of=newest,
        zone=due.entity_zone,
        trigger=Trigger.SCHEDULE,
        schedule_id=due.id,
        due_at=newest,
        note=_caught_up(older, recurrence.next_after(cursor)) if older else "",
    )


def _caught_up(count: int, since: datetime | None) -> str:
    runs = "1 missed run" if count == 1 else f"{count} missed runs"
    return f"catches up {runs} since {since:%Y-%m-%d %H:%M} UTC"


def _halt(due: _Due, error: InvalidInput) -> None:
    """Disable a schedule whose times cannot be told, so that it holds up none of the others."""
    execute(_HALT, (due.id,))
    audit.record(
        WAYBILL,
        "disable",
        "schedule",
        subject_id=due.id,
        name=due.name,
        entity_id=due.entity_id,
        before={"enabled": True},
        after={"enabled": False},
        reason=f"{error.message}; {error.remedy}",
    )
