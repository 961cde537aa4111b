"""What schedules have done and will do: past runs with their outcome, the coming ones, a month of both."""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from models import clock
from models.database import execute
from models.entities import LegalEntity
from models.facilities import Facility, FacilityState
from models.fields import from_millis, to_millis
from models.jobs.queries import marks
from models.jobs.records import JobState
from models.people import Actor, visible_entities
from models.recurrence import Frequency, Recurrence
from models.schedules.listing import Listed, Run
from models.schedules.records import Schedule, ScheduleState

RUNS = 14
"""How many past runs a list shows of each schedule."""
R = TypeVar("R")
_MONTH = 31 * 24 * 60


class PastRun(NamedTuple):
    """One job that a schedule made."""

    schedule_id: int
    job_id: int
    due_at: datetime
    state: JobState
    succeeded: int
    unsent: int
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def took(self) -> timedelta | None:
        """From its first claim to its end; None while it has none."""
        if self.started_at is None or self.finished_at is None:
            return None
        return self.finished_at - self.started_at


_COLUMNS = """
SELECT j.schedule_id, j.id, j.due_at, j.state, j.succeeded, j.failed + j.abandoned,
       j.started_at, j.finished_at
"""
# For each schedule its own newest jobs by the index of due times: the archive is not gone through.
_LAST = f"""{_COLUMNS} FROM schedule s JOIN export_job j ON j.id IN (
    SELECT n.id FROM export_job n WHERE n.schedule_id = s.id ORDER BY n.due_at DESC LIMIT ?)
WHERE s.id IN ({{marks}}) ORDER BY j.schedule_id, j.due_at
"""  # noqa: S608 - constant text
_WITHIN = f"""{_COLUMNS} FROM export_job j
WHERE j.schedule_id = ? AND j.due_at >= ? AND j.due_at < ? ORDER BY j.due_at
"""


def last_runs(schedule_ids: Collection[int], count: int = RUNS) -> dict[int, list[PastRun]]:
    """The last `count` runs of each of these schedules, the oldest first; one statement for all of them."""
    found: dict[int, list[PastRun]] = {each: [] for each in schedule_ids}
    ids = list(found)
    for row in execute(_LAST.format(marks=marks(ids)), [count, *ids]):
        found[row[0]].append(_past(row))
    return found


_JUST = timedelta(hours=1)


def just_missed(recurrence: Recurrence, now: datetime) -> datetime | None:
    """The time within the last hour that a schedule saved now is too late for; None: it misses none.

    An hourly one comes again before anybody wonders.
    """
    if recurrence.kind is Frequency.HOURLY:
        return None
    missed, _ = recurrence.latest(now - _JUST, now)
    return missed


_OPEN = """
SELECT id, state FROM export_job WHERE schedule_id = ? AND state IN ('pending', 'in_progress') ORDER BY id
"""


def open_jobs(schedule_id: int) -> list[tuple[int, JobState]]:
    """The jobs that a schedule made and that have not ended: they go on whatever becomes of it."""
    return [(job_id, JobState(state)) for job_id, state in execute(_OPEN, (schedule_id,))]


def planned(recurrence: Recurrence, count: int = 10, *, after: datetime | None = None) -> list[Run]:
    """The next `count` runs of a recurrence that may not be saved yet, each with its notes."""
    times = recurrence.upcoming(after or clock.now(), count)
    return [Run(at=at, notes=recurrence.notes(at)) for at in times]


def unusual(recurrence: Recurrence, *, after: datetime, within: int = 400) -> Run | None:
    """The first of the next occurrences after an instant that something is unusual about."""
    for at in recurrence.upcoming(after, within):
        if notes := recurrence.notes(at):
            return Run(at=at, notes=notes)
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day of a month, in the schedule's zone."""

    on: date
    planned: tuple[Run, ...] = ()
    """What is still to come on it."""
    ran: tuple[PastRun, ...] = ()


def month(recurrence: Recurrence, year: int, number: int, *, schedule_id: int | None = None) -> list[Day]:
    """Every day of a month: what a recurrence will run on it, and what the schedule of that id did run."""
    zone = ZoneInfo(recurrence.zone or "UTC")
    days = [date(year, number, day) for day in range(1, monthrange(year, number)[1] + 1)]
    begin = datetime(year, number, 1, tzinfo=zone)
    end = datetime.combine(days[-1] + timedelta(days=1), datetime.min.time(), tzinfo=zone)
    before = max(begin.astimezone(UTC) - timedelta(milliseconds=1), clock.now())
    times = recurrence.between(before, end.astimezone(UTC) - timedelta(milliseconds=1), _MONTH)
    runs = _by_day(zone, ((at, Run(at=at, notes=recurrence.notes(at))) for at in times))
    past = _by_day(zone, ((run.due_at, run) for run in _within(schedule_id, begin, end)))
    return [Day(on=on, planned=tuple(runs.get(on, ())), ran=tuple(past.get(on, ()))) for on in days]


class Coming(NamedTuple):
    """One coming run of some schedule."""

    at: datetime
    schedule_id: int
    schedule: str
    facility: str
    entity: str
    notes: tuple[str, ...]


def coming(actor: Actor, count: int = 5) -> list[Coming]:
    """The next runs of all schedules that run, in the legal entities the actor sees."""
    query = (
        Schedule.select(Schedule, Facility, LegalEntity)
        .join(Facility)
        .switch(Schedule)
        .join(LegalEntity)
        .where(Schedule.enabled, Schedule.next_due.is_null(False), ~Schedule.deleted)
        .where(Facility.state == FacilityState.ACTIVE, LegalEntity.export_scheduler)
        .order_by(Schedule.next_due, Schedule.id)
        .limit(count)
    )
    if (seen := visible_entities(actor)) is not None:
        query = query.where(Schedule.entity.in_(seen))
    runs = (run for schedule in query for run in _coming(schedule, count))
    return sorted(runs)[:count]


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """How much of a legal entity's limit of running schedules is used."""

    running: int
    limit: int

    @property
    def left(self) -> int:
        """How many more may be enabled; none when the limit was lowered below what runs."""
        return max(0, self.limit - self.running)


_RUNNING = "SELECT COUNT(*) FROM schedule WHERE entity_id = ? AND enabled AND next_due IS NOT NULL"


def usage(entity: LegalEntity) -> Usage:
    """What `rules.check_limit` counts, before it refuses."""
    kept = LegalEntity.get_by_id(entity.id)
    return Usage(running=int(execute(_RUNNING, (entity.id,)).fetchone()[0]), limit=kept.schedule_limit)


def group_counts(found: Iterable[Listed]) -> dict[ScheduleState, int]:
    """How many of the schedules listed are active, pending and completed."""
    counted = Counter(one.state for one in found)
    return {state: counted[state] for state in ScheduleState}


def _coming(schedule: Schedule, count: int) -> list[Coming]:
    recurrence = schedule.recurrence
    times = recurrence.upcoming(schedule.cursor, count)
    return [
        Coming(
            at, schedule.id, schedule.name, schedule.facility.name, schedule.entity.name, recurrence.notes(at)
        )
        for at in times
    ]


def _by_day(zone: ZoneInfo, runs: Iterable[tuple[datetime, R]]) -> dict[date, list[R]]:
    found: dict[date, list[R]] = {}
    for at, run in runs:
        found.setdefault(at.astimezone(zone).date(), []).append(run)
    return found


def _within(schedule_id: int | None, begin: datetime, end: datetime) -> list[PastRun]:
    if schedule_id is None:
        return []
    return [_past(row) for row in execute(_WITHIN, (schedule_id, to_millis(begin), to_millis(end)))]


def _past(row: Sequence[int]) -> PastRun:
    schedule_id, job_id, due_at, state, succeeded, unsent, started_at, finished_at = row
    return PastRun(
        schedule_id,
        job_id,
        from_millis(due_at),
        JobState(str(state)),
        succeeded,
        unsent,
        None if started_at is None else from_millis(started_at),
        None if finished_at is None else from_millis(finished_at),
    )
