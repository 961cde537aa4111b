"""Failed jobs by what went wrong: the same code, and reasons that differ in names and numbers only.

A group is named by its code and its text, in which `…` stands for what differs from job to job. The text
alone says again which jobs belong to it: `members` gives them to whoever acts on the whole group.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache

from models import clock
from models.database import execute, stream
from models.fields import from_millis, to_millis
from models.jobs.queries import Filter, Group, scope
from models.people import Actor

ANY = "…"
"""What stands in a group's text for what differs from job to job."""
_ALIKE = 0.5  # how much of two reasons must be the same words for them to be one group
# Quoted words, addresses, paths, and words with a digit in them: never what tells two errors apart.
_VARIABLE = re.compile(r"'[^']*'|\"[^\"]*\"|\b\w+://\S+|[^\s@]+@[^\s@]+|(?<!\S)[./~]\S*/\S*|\S*\d\S*")


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorGroup:
    """Jobs that failed, wholly or in part, of one cause, and are not re-queued."""

    code: str
    text: str
    """The reason with `…` for what differs; of a whole code nothing else."""
    hour: int
    """How many of them ended within the last hour, and so on."""
    day: int
    week: int
    open: int
    """All of them."""
    facilities: tuple[str, ...]
    first_at: datetime | None
    last_at: datetime | None
    example_id: int
    """The newest of its jobs."""
    example: str
    """That job's reason."""
    remedy: str


_COUNTS = """
COUNT(*), COUNT(CASE WHEN j.finished_at >= ? THEN 1 END), COUNT(CASE WHEN j.finished_at >= ? THEN 1 END),
COUNT(CASE WHEN j.finished_at >= ? THEN 1 END), MIN(j.finished_at), MAX(j.finished_at), MAX(j.id)
"""
# Of each text and facility what is counted; only what failed is read, by the index that holds just that.
_COUNTED = f"""
SELECT j.code, j.reason, f.name, {_COUNTS} FROM export_job j JOIN facility f ON f.id = j.facility_id
WHERE {{which}} GROUP BY j.code, j.reason, f.name ORDER BY j.code, j.reason, f.name
"""  # noqa: S608 - constant text
_BY_CODE = f"""
SELECT x.*, f.name FROM (
    SELECT j.code, j.facility_id, {_COUNTS} FROM export_job j WHERE {{which}} GROUP BY j.code, j.facility_id
) x JOIN facility f ON f.id = x.facility_id ORDER BY x.code, f.name
"""  # noqa: S608 - constant text
_EXAMPLE = "SELECT reason, remedy FROM export_job WHERE id = ?"
_MEMBERS = "SELECT j.id, j.reason FROM export_job j WHERE {which} AND j.code || '' = ? ORDER BY j.id DESC"
_SPANS = (timedelta(hours=1), timedelta(days=1), timedelta(days=7))


@dataclass(slots=True)
class _Gathered:
    """A group while it is being put together."""

    words: tuple[str, ...]
    counts: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    facilities: set[str] = field(default_factory=set)
    first: int | None = None
    last: int | None = None
    newest: int = 0

    def add(
        self, facility: str, counts: Sequence[int], first: int | None, last: int | None, newest: int
    ) -> None:
        self.counts = [ours + theirs for ours, theirs in zip(self.counts, counts, strict=True)]
        self.facilities.add(facility)
        self.first = min((at for at in (self.first, first) if at is not None), default=None)
        self.last = max((at for at in (self.last, last) if at is not None), default=None)
        self.newest = max(self.newest, newest)


def groups(actor: Actor, wanted: Filter | None = None) -> list[ErrorGroup]:
    """The groups of the failed jobs within the filter (its group aside), the largest first.

    Grows with the failed jobs that nobody has re-queued, not with the archive.
    """
    which, values = _failed(actor, wanted)
    found: defaultdict[str, list[_Gathered]] = defaultdict(list)
    for code, reason, facility, count, hour, day, week, *rest in execute(
        _COUNTED.format(which=which), [*_since(), *values]
    ):
        _group_of(found[code], masked(reason)).add(facility, (hour, day, week, count), *rest)
    return _largest_first(_as_group(code, one) for code, several in found.items() for one in several)


def by_code(actor: Actor, wanted: Filter | None = None) -> list[ErrorGroup]:
    """As `groups`, with all reasons of one code as one group."""
    which, values = _failed(actor, wanted)
    found: dict[str, _Gathered] = {}
    for code, _, count, hour, day, week, *rest, facility in execute(
        _BY_CODE.format(which=which), [*_since(), *values]
    ):
        one = found.setdefault(code, _Gathered(words=(ANY,)))
        one.add(facility, (hour, day, week, count), *rest)
    return _largest_first(_as_group(code, one) for code, one in found.items())


def members(actor: Actor, group: ErrorGroup, wanted: Filter | None = None) -> Iterator[int]:
    """The ids of a group's jobs as they stand now, newest first."""
    which, values = _failed(actor, wanted)
    fits = _pattern(group.text).fullmatch
    for job_id, reason in stream(_MEMBERS.format(which=which), [*values, group.code]):
        if fits(masked(reason)):
            yield job_id


@lru_cache(maxsize=20_000)
def masked(reason: str) -> str:
    """The reason with `…` for numbers, quoted words, addresses and paths: `job 7 of 'x'` → `job … of …`."""
    return " ".join(_VARIABLE.sub(ANY, reason).split())


def _since() -> list[int]:
    now = clock.now()
    return [to_millis(now - span) for span in _SPANS]


def _largest_first(found: Iterable[ErrorGroup]) -> list[ErrorGroup]:
    return sorted(found, key=lambda group: (-group.open, group.code, group.text))


def _failed(actor: Actor, wanted: Filter | None) -> tuple[str, list[object]]:
    return scope(actor, replace(wanted or Filter(), group=Group.FAILED))


def _group_of(known: list[_Gathered], text: str) -> _Gathered:
    """The group of its code that a text is like, whose words become what both share; else a new one."""
    words = tuple(text.split())
    for group in known:
        shared = _shared(group.words, words)
        if shared is not None:
            group.words = shared
            return group
    known.append(_Gathered(words=words))
    return known[-1]


def _shared(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...] | None:
    """What two reasons begin and end with, `…` between; None when that is less than half of either."""
    if first == second:
        return first
    shortest = min(len(first), len(second))
    head = _same(first, second, shortest)
    tail = _same(reversed(first), reversed(second), shortest - head)
    if head + tail < _ALIKE * max(len(first), len(second)):
        return None
    return (*first[:head], ANY, *first[len(first) - tail :])


def _same(first: Iterable[str], second: Iterable[str], most: int) -> int:
    count = 0
    for ours, theirs in zip(first, second, strict=False):
        if ours != theirs or count == most:
            break
        count += 1
    return count


@lru_cache(maxsize=1_000)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in text.split(ANY)), re.DOTALL)


def _as_group(code: str, one: _Gathered) -> ErrorGroup:
    hour, day, week, count = one.counts
    reason, remedy = execute(_EXAMPLE, (one.newest,)).fetchone()
    return ErrorGroup(
        code=code,
        text=" ".join(one.words),
        hour=hour,
        day=day,
        week=week,
        open=count,
        facilities=tuple(sorted(one.facilities)),
        first_at=None if one.first is None else from_millis(one.first),
        last_at=None if one.last is None else from_millis(one.last),
        example_id=one.newest,
        example=reason,
        remedy=remedy,
    )
