"""Jobs as they are looked at: lists by group with counts, in pages that cost the same wherever they begin.

Every answer is scoped to the legal entities that the actor may see. Rows are tuples: a list may be long.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, NamedTuple, TypeVar

from models import clock
from models.database import execute
from models.fields import from_millis, to_millis
from models.jobs import filter_line, lease
from models.jobs.filter_line import CANCELLED, FAILED, WAITING, Term
from models.jobs.records import JobState, Trigger
from models.paging import Seek
from models.people import Actor, visible_entities

PAGE = 200
"""The most rows of one page."""

R = TypeVar("R")
C = TypeVar("C")


class Group(StrEnum):
    """What jobs are listed by; `completed`, `failed` (wholly or in part) and cancelled ones have `ended`."""

    PENDING = "pending"
    ACTIVE = "active"
    COMPLETED = "completed"
    FAILED = "failed"
    ENDED = "ended"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which jobs: of a group, a legal entity, a facility, and by a filter line, where that is said."""

    group: Group = Group.ALL
    entity_id: int | None = None
    facility_id: int | None = None
    terms: tuple[Term, ...] = ()

    @property
    def small(self) -> bool:
        """Whether an index leads to its jobs, so that the archive need not be walked."""
        return self.group in _SMALL or filter_line.is_selective(self.terms)


class JobRow(NamedTuple):
    """One job in a list."""

    id: int
    state: JobState
    entity: str
    facility: str
    schedule: str
    """Empty for one that was asked for by hand."""
    on_behalf_of: str
    trigger: Trigger
    as_of: datetime
    run_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    attempt: int
    succeeded: int
    failed: int
    abandoned: int
    code: str
    reason: str
    remedy: str
    lost: bool = False
    """Its worker is gone, and no other has taken it over yet."""

    @property
    def unsent(self) -> int:
        """Items that ended without leaving."""
        return self.failed + self.abandoned


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[R, C]):
    """Some rows; `following` is the cursor of the next page, None on the last one."""

    rows: Sequence[R]
    following: C | None = None


class Pulse(NamedTuple):
    """Whether work is being done: how many jobs run, and since when the longest one waits for a worker."""

    running: int
    waiting: int
    waiting_since: datetime | None


_IN_GROUP = {
    Group.PENDING: f"{WAITING} AND j.state = 'pending'",
    Group.ACTIVE: f"{WAITING} AND j.state = 'in_progress'",
    Group.COMPLETED: "j.state = 'completed'",
    Group.FAILED: FAILED,
    Group.ENDED: "j.state NOT IN ('pending', 'in_progress')",
    Group.ALL: "1 = 1",
}
_SMALL = frozenset({Group.PENDING, Group.ACTIVE, Group.FAILED})
_LISTED = """
SELECT j.id, j.state, e.name, f.name, COALESCE(s.name, ''), u.email, j.trigger, j.as_of, j.run_at,
       j.started_at, j.finished_at, j.attempt, j.succeeded, j.failed, j.abandoned, j.code, j.reason, j.remedy,
       j.owner
FROM (SELECT * FROM export_job j WHERE {which} ORDER BY {order} LIMIT ?) j
JOIN legal_entity e ON e.id = j.entity_id JOIN facility f ON f.id = j.facility_id
JOIN user_account u ON u.id = j.on_behalf_of_id LEFT JOIN schedule s ON s.id = j.schedule_id
ORDER BY {order}
"""


def listed(
    actor: Actor, wanted: Filter | None = None, *, before_id: int | None = None, limit: int = PAGE
) -> Page[JobRow, int]:
    """A page of jobs, newest first, those before `before_id`."""
    wanted = wanted or Filter()
    which, values = in_scope(actor, wanted, small=wanted.small)
    which = f"{_IN_GROUP[wanted.group]}{which}"
    if before_id is not None:
        which += " AND j.id < ?"
        values.append(before_id)
    found = execute(_LISTED.format(which=which, order="j.id DESC"), [*values, limit + 1]).fetchall()
    rows = [_job_row(row) for row in found[:limit]]
    return Page(rows=rows, following=rows[-1].id if len(found) > limit else None)


def paged(actor: Actor, wanted: Filter, seek: Seek, *, oldest_first: bool = False) -> list[JobRow]:
    """The jobs that `seek` names of a filter's, newest first unless said otherwise; their key is the id."""
    which, values = in_scope(actor, wanted, small=wanted.small)
    beyond, order, keys = seek.sql("j.id", descending=not oldest_first)
    which = f"{_IN_GROUP[wanted.group]}{which} AND {beyond}"
    found = execute(_LISTED.format(which=which, order=order), [*values, *keys, seek.limit]).fetchall()
    return seek.in_order([_job_row(row) for row in found])


def find_row(actor: Actor, job_id: int) -> JobRow | None:
    """One job as it stands in lists; None when there is none that the actor may see."""
    which, values = in_scope(actor, Filter())
    row = execute(_LISTED.format(which="j.id = ?" + which, order="j.id"), [job_id, *values, 1]).fetchone()
    return None if row is None else _job_row(row)


_COUNT_WAITING = "SELECT j.state, COUNT(*) FROM export_job j WHERE {which} GROUP BY j.state"
_COUNT = "SELECT COUNT(*) FROM export_job j WHERE {which}"


def counts(actor: Actor, wanted: Filter | None = None) -> dict[Group, int]:
    """How many jobs each group has, within the filter's entity and facility (its group aside)."""
    wanted = wanted or Filter()
    which, values = in_scope(actor, wanted, small=True)
    waiting = dict(execute(_COUNT_WAITING.format(which=WAITING + which), values).fetchall())
    failed = _number(_COUNT.format(which=FAILED + which), values)
    cancelled = _number(_COUNT.format(which=CANCELLED + which), values)
    which, values = in_scope(actor, wanted)
    every = _number(_COUNT.format(which="1 = 1" + which), values)
    ended = every - sum(waiting.values())
    return {
        Group.PENDING: waiting.get("pending", 0),
        Group.ACTIVE: waiting.get("in_progress", 0),
        Group.COMPLETED: ended - failed - cancelled,
        Group.FAILED: failed,
        Group.ENDED: ended,
        Group.ALL: every,
    }


_PULSE = """
SELECT j.id, j.destination_id, j.state, j.run_at,
       (SELECT MAX(v.at) FROM job_event v WHERE v.job_id = j.id)
FROM export_job j WHERE {which}
"""


def pulse(actor: Actor) -> Pulse:
    """What runs and what waits although nothing hinders it; grows with the jobs that are not ended.

    A job that waits for its time, or for its destination's other job to end, is hindered.
    """
    which, values = in_scope(actor, Filter(), small=True)
    rows = execute(_PULSE.format(which=WAITING + which), values).fetchall()
    busy = {destination for _, destination, state, _, _ in rows if state == JobState.IN_PROGRESS}
    now = to_millis(clock.now())
    waits = [
        max(run_at or 0, last_event or 0)
        for _, destination, state, run_at, last_event in rows
        if state == JobState.PENDING and destination not in busy and (run_at or 0) <= now
    ]
    since = from_millis(min(waits)) if waits else None
    return Pulse(sum(state == JobState.IN_PROGRESS for _, _, state, _, _ in rows), len(waits), since)


def ids(actor: Actor, wanted: Filter, *, limit: int) -> Page[int, int]:
    """The ids of a filter's jobs, newest first."""
    which, values = in_scope(actor, wanted, small=wanted.small)
    sql = f"SELECT j.id FROM export_job j WHERE {_IN_GROUP[wanted.group]}{which} ORDER BY j.id DESC LIMIT ?"  # noqa: S608 - constant text
    found = [row[0] for row in execute(sql, [*values, limit + 1])]
    return Page(rows=found[:limit], following=found[limit - 1] if len(found) > limit else None)


def scope(actor: Actor, wanted: Filter) -> tuple[str, list[object]]:
    """The condition on `export_job j` that a filter means, within what the actor sees, and its values."""
    which, values = in_scope(actor, wanted, small=wanted.small)
    return f"{_IN_GROUP[wanted.group]}{which}", values


def in_scope(actor: Actor, wanted: Filter, *, small: bool = False) -> tuple[str, list[object]]:
    """The rest of a condition, beginning with AND, and its values.

    `small`: the group has an index of its own, which the plus signs keep the planner from passing over.
    """
    which, values, plus = "", list[object](), "+" if small else ""
    if (seen := visible_entities(actor)) is not None:
        which += f" AND {plus if len(seen) == 1 else '+'}j.entity_id IN ({marks(seen)})"
        values += seen
    for column, value in (("entity_id", wanted.entity_id), ("facility_id", wanted.facility_id)):
        if value is not None:
            which += f" AND {plus}j.{column} = ?"
            values.append(value)
    said, needed = filter_line.condition(wanted.terms)
    return which + said, [*values, *needed]


def marks(values: Sequence[Any]) -> str:
    """Placeholders for an IN list; of none, one that matches nothing."""
    return ", ".join("?" * len(values)) or "NULL"


def _number(sql: str, values: Sequence[object]) -> int:
    return int(execute(sql, values).fetchone()[0])


def _job_row(row: Sequence[Any]) -> JobRow:
    *values, owner = row
    values[1], values[6] = JobState(row[1]), Trigger(row[6])
    values[7:11] = [None if value is None else from_millis(value) for value in row[7:11]]
    values.append(values[1] is JobState.IN_PROGRESS and lease.is_gone(owner))
    return JobRow(*values)
