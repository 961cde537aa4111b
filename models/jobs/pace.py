"""How fast jobs end, and how: counts of the last hour and day, and series for plots.

Read from the index of jobs by when they ended, so each costs what lies within its span, not the archive.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from models import clock
from models.database import execute
from models.fields import from_millis, to_millis
from models.jobs.queries import Filter, in_scope
from models.jobs.records import JobState
from models.people import Actor

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Ended(NamedTuple):
    """How many jobs ended, by how."""

    completed: int = 0
    with_errors: int = 0
    failed: int = 0
    cancelled: int = 0

    @property
    def all(self) -> int:
        """However they ended."""
        return sum(self)


class Span(NamedTuple):
    """What ended in one stretch of time, which begins at `at`."""

    at: datetime
    ended: Ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """The counters of a scope."""

    pending: int
    active: int
    oldest_pending: datetime | None
    """When the oldest pending one was made."""
    failed: int
    """Failed, wholly or in part, and not re-queued, however long ago."""
    hour: Ended
    day: Ended


_ORDER = (JobState.COMPLETED, JobState.COMPLETED_WITH_ERRORS, JobState.FAILED, JobState.CANCELLED)
_WAITING = """
SELECT j.state, COUNT(*), MIN(j.created_at) FROM export_job j
WHERE j.state IN ('pending', 'in_progress'){scope} GROUP BY j.state
"""
_FAILED = """
SELECT COUNT(*) FROM export_job j WHERE j.state IN ('failed', 'completed_with_errors'){scope}
"""
# Rows of a re-queued job that runs again keep their old end: only what has ended counts.
_ENDED = """
SELECT {bucket}, j.state, COUNT(*) FROM export_job j
WHERE j.finished_at >= ? AND j.state NOT IN ('pending', 'in_progress'){scope}
GROUP BY 1, 2
"""


def pace(actor: Actor, wanted: Filter | None = None) -> Pace:
    """What stands now, and ended within the last hour and day, in the filter's entity and facility.

    All that ever ended is left out: to count it takes as long as the archive is large (`queries.counts`).
    """
    now = clock.now()
    text, values = in_scope(actor, wanted or Filter(), small=True)
    waiting = {row[0]: row[1:] for row in execute(_WAITING.format(scope=text), values)}
    pending, oldest = waiting.get(JobState.PENDING, (0, None))
    return Pace(
        pending=pending,
        active=waiting.get(JobState.IN_PROGRESS, (0, None))[0],
        oldest_pending=None if oldest is None else from_millis(oldest),
        failed=int(execute(_FAILED.format(scope=text), values).fetchone()[0]),
        hour=_ended(actor, wanted, now - HOUR),
        day=_ended(actor, wanted, now - DAY),
    )


def series(actor: Actor, step: timedelta, count: int, wanted: Filter | None = None) -> list[Span]:
    """The last `count` stretches of this length (whole minutes, hours or days in UTC), the oldest first.

    The last one is the one that is running; those in which nothing ended are there too.
    """
    length = step // timedelta(milliseconds=1)
    last = to_millis(clock.now()) // length
    first = last - count + 1
    found = _rows(actor, wanted, f"j.finished_at / {length}", first * length)
    by_bucket: dict[int, list[tuple[str, int]]] = {}
    for bucket, state, number in found:
        by_bucket.setdefault(bucket, []).append((state, number))
    return [
        Span(from_millis(place * length), _tally(by_bucket.get(place, ())))
        for place in range(first, last + 1)
    ]


def _ended(actor: Actor, wanted: Filter | None, since: datetime) -> Ended:
    return _tally((state, number) for _, state, number in _rows(actor, wanted, "0", to_millis(since)))


def _rows(actor: Actor, wanted: Filter | None, bucket: str, since: int) -> list[tuple[int, str, int]]:
    text, values = in_scope(actor, wanted or Filter(), small=True)
    rows: list[tuple[int, str, int]] = execute(
        _ENDED.format(bucket=bucket, scope=text), [since, *values]
    ).fetchall()
    return rows


def _tally(rows: Iterable[tuple[str, int]]) -> Ended:
    counted = dict(rows)
    return Ended(*(counted.get(state, 0) for state in _ORDER))
