"""When a schedule is due: pure arithmetic on dates, without database or clock.

The occurrences of a `Recurrence` are a set given in closed form and numbered 0, 1, 2, …, so asking from
anywhere gives the same answer, a restart cannot drift, and ten missed years cost as much as one missed hour.
Two questions carry all others: how many occurrences are not after an instant, and when is number n.

- once: the start date. hourly: the start date at the preferred time, then every N hours of UTC.
- daily: every N days from the start date. weekly: the ISO week of the start date is week 0, every N weeks,
  each chosen weekday. monthly: the month of the start date is month 0, every N months, the chosen day or
  the last of a shorter month. What would fall before the start date is dropped, not moved.
- start and end date are days of the schedule and both count whole. Days and preferred time are UTC, or those
  of the named zone: a time that does not exist there is the first instant after the gap, one that exists
  twice is the first. A last day's run that a gap moves over midnight still belongs to its day.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from calendar import monthrange
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from models.errors import InvalidInput

FIRST_DAY = date(1970, 1, 1)
# A day before the calendar's own end, so that every occurrence can be shown in every zone.
LAST_DAY = date(9999, 12, 30)
MAX_EVERY = 1_000_000

# Not strftime or calendar: their names follow the locale of the process.
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_ZERO = datetime(1, 1, 1, tzinfo=UTC)
_DAY = 86_400
# Names the tz folder holds whose meaning is this machine's, not a place's.
_MACHINE_ZONES = frozenset({"localtime", "posixrules", "Factory"})


class Frequency(StrEnum):
    """How a schedule repeats."""

    ONCE = "once"
    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class _Pattern(Protocol):
    """An endless, strictly increasing row of whole numbers: days (proleptic ordinals) or seconds."""

    def through(self, position: int) -> int:
        """How many members are not greater than `position`, which is not before the start."""

    def member(self, index: int) -> int:
        """Member number `index`, from 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cycle:
    """The same `offsets` (sorted, below `period`) in every round; `skip` members lie before the start."""

    anchor: int
    period: int
    offsets: tuple[int, ...] = (0,)
    skip: int = 0

    def through(self, position: int) -> int:
        rounds, rest = divmod(position - self.anchor, self.period)
        return rounds * len(self.offsets) + bisect_right(self.offsets, rest) - self.skip

    def member(self, index: int) -> int:
        rounds, which = divmod(index + self.skip, len(self.offsets))
        return self.anchor + rounds * self.period + self.offsets[which]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Months:
    """A day in every `step`-th month, always clamped from the wanted `day`, never from the one before."""

    anchor: int
    step: int
    day: int
    skip: int

    def through(self, position: int) -> int:
        on = date.fromordinal(position)
        rounds, rest = divmod(_month_number(on) - self.anchor, self.step)
        reached = rest > 0 or on.day >= _clamp(self.day, on.year, on.month)
        return rounds + reached - self.skip

    def member(self, index: int) -> int:
        year, month = divmod(self.anchor + (index + self.skip) * self.step, 12)
        return date(year, month + 1, _clamp(self.day, year, month + 1)).toordinal()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """The days and times at which a schedule is due; instants come out as aware UTC.

    `end_date` is inclusive (None: for ever). `at` has minute precision. `every` counts hours, days, weeks or
    months, after the kind. `weekdays` (ISO, 1 is Monday; weekly only) and `day` (1 to 31; monthly only)
    default to those of the start date and then stay empty here, so that they follow it when it is changed.
    `zone` is a tz database name, None for UTC; hourly ones count in UTC whatever it says.

    Raises InvalidInput when the fields cannot be right. A schedule whose end comes before its first
    occurrence is right but never runs: `first()` is None and `describe()` says so.
    """

    kind: Frequency
    start_date: date
    end_date: date | None = None
    at: time
    every: int = 1
    weekdays: frozenset[int] = frozenset()
    day: int | None = None
    zone: str | None = None

    _zone: ZoneInfo | None = field(init=False, repr=False, compare=False)
    _seconds: int = field(init=False, repr=False, compare=False)
    _pattern: _Pattern = field(init=False, repr=False, compare=False)
    _first: int = field(init=False, repr=False, compare=False)
    _last: int = field(init=False, repr=False, compare=False)
    _total: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._check_dates()
        self._check_choices()
        self._derive()

    def first(self) -> datetime | None:
        """The first occurrence; None when the schedule will never run."""
        return self._occurrence(0) if self._total else None

    def next_after(self, instant: datetime) -> datetime | None:
        """The first occurrence strictly after `instant` (aware); None when there is none."""
        index = self._reached(instant)
        return self._occurrence(index) if index < self._total else None

    def between(self, after: datetime, until: datetime, limit: int = 1000) -> list[datetime]:
        """The occurrences in (after, until], oldest first, at most `limit`."""
        return self._occurrences(range(self._reached(after), self._reached(until))[:limit])

    def upcoming(self, after: datetime, count: int) -> list[datetime]:
        """The next `count` occurrences strictly after `after`, or as many as there are."""
        return self._occurrences(range(self._reached(after), self._total)[:count])

    def latest(self, after: datetime, until: datetime) -> tuple[datetime | None, int]:
        """The newest occurrence in (after, until], and how many older ones of that span it stands for.

        (None, 0) when none is due, (instant, 0) when exactly one is.
        """
        before, reached = self._reached(after), self._reached(until)
        if reached <= before:
            return None, 0
        return self._occurrence(reached - 1), reached - before - 1

    def describe(self) -> str:
        """The schedule in plain words, as "Every 2 weeks on Monday at 02:00 UTC, counted from 2026-01-05"."""
        words = f"{self._rhythm()} at {self.at:%H:%M} {self._zone.key if self._zone else 'UTC'}"
        if self.every > 1 and self.kind is not Frequency.HOURLY:
            words += f", counted from {self.start_date}"
        if self.kind is not Frequency.ONCE and self.end_date:
            words += f", until {self.end_date}"
        return words if self._total else f"{words}: will never run, it ends before the first such day"

    def notes(self, instant: datetime) -> tuple[str, ...]:
        """What is unusual about the occurrence at `instant`: a clamped day, a time moved by clock changes.

        Empty for an ordinary occurrence, and for an instant that is none.
        """
        index = self._reached(instant) - 1
        if self.kind is Frequency.HOURLY or index < 0 or self._occurrence(index) != instant:
            return ()
        on = date.fromordinal(self._pattern.member(index))
        return (*self._clamp_notes(on), *self._clock_notes(on, instant))

    # --- the two questions ---

    def _reached(self, instant: datetime) -> int:
        """How many occurrences are not after `instant`."""
        since = instant - _ZERO
        if self.kind is Frequency.HOURLY:
            return self._through(since.days * _DAY + since.seconds)
        if self._zone is None:
            return self._through(since.days + (since.seconds >= self._seconds))
        # Offsets stay under a day, so nothing later than tomorrow's (UTC) date can have been reached, and
        # everything up to the day before yesterday's has: at most three steps down.
        count = self._through(since.days + 2)
        while count and self._occurrence(count - 1) > instant:
            count -= 1
        return count

    def _occurrence(self, index: int) -> datetime:
        """When occurrence number `index` (below the total) is."""
        member = self._pattern.member(index)
        if self.kind is Frequency.HOURLY:
            return _ZERO + timedelta(seconds=member)
        if self._zone is None:
            return _ZERO + timedelta(days=member - 1, seconds=self._seconds)
        return _first_instant(datetime.combine(date.fromordinal(member), self.at), self._zone)

    def _through(self, position: int) -> int:
        return 0 if position < self._first else self._pattern.through(min(position, self._last))

    def _occurrences(self, indexes: range) -> list[datetime]:
        # Where a zone skipped a whole day (Samoa, 30 December 2011), two midnights are one instant.
        return list(dict.fromkeys(map(self._occurrence, indexes)))

    # --- what follows from the fields ---

    def _derive(self) -> None:
        """Work out once what every question needs; positions are seconds for hourly, else day ordinals."""
        hourly = self.kind is Frequency.HOURLY
        seconds = self.at.hour * 3600 + self.at.minute * 60
        start = self.start_date.toordinal()
        end = min(self.end_date or LAST_DAY, LAST_DAY).toordinal()
        derived = {
            "_zone": None if hourly or self.zone in {None, "UTC"} else ZoneInfo(str(self.zone)),
            "_seconds": seconds,
            "_pattern": self._make_pattern(start, (start - 1) * _DAY + seconds),
            "_first": (start - 1) * _DAY + seconds if hourly else start,
            "_last": end * _DAY - 1 if hourly else end,
        }
        for name, value in derived.items():
            object.__setattr__(self, name, value)
        object.__setattr__(self, "_total", self._through(self._last))

    def _make_pattern(self, start: int, start_second: int) -> _Pattern:
        match self.kind:
            case Frequency.ONCE:
                return _Cycle(anchor=start, period=LAST_DAY.toordinal())
            case Frequency.HOURLY:
                return _Cycle(anchor=start_second, period=self.every * 3600)
            case Frequency.DAILY:
                return _Cycle(anchor=start, period=self.every)
            case Frequency.WEEKLY:
                past = self.start_date.weekday()
                offsets = tuple(sorted(weekday - 1 for weekday in self._chosen_weekdays()))
                skip = bisect_left(offsets, past)
                return _Cycle(anchor=start - past, period=7 * self.every, offsets=offsets, skip=skip)
            case Frequency.MONTHLY:
                day, skip = self._chosen_day(), int(self.start_date.day > self._chosen_day())
                return _Months(anchor=_month_number(self.start_date), step=self.every, day=day, skip=skip)

    def _chosen_weekdays(self) -> frozenset[int]:
        return self.weekdays or frozenset({self.start_date.isoweekday()})

    def _chosen_day(self) -> int:
        return self.day or self.start_date.day

    # --- words ---

    def _rhythm(self) -> str:
        match self.kind:
            case Frequency.ONCE:
                return f"Once on {self.start_date}"
            case Frequency.HOURLY:
                return f"{_every(self.every, 'hour')} from {self.start_date}"
            case Frequency.DAILY:
                return _every(self.every, "day")
            case Frequency.WEEKLY:
                *most, last = (WEEKDAYS[weekday - 1] for weekday in sorted(self._chosen_weekdays()))
                days = f"{', '.join(most)} and {last}" if most else last
                return f"{_every(self.every, 'week')} on {days}"
            case Frequency.MONTHLY:
                day = self._chosen_day()
                shorter = " (the last day in shorter months)" if day > 28 else ""
                return f"{_every(self.every, 'month')} on day {day}{shorter}"

    def _clamp_notes(self, on: date) -> list[str]:
        if self.kind is Frequency.MONTHLY and on.day < self._chosen_day():
            return [f"{self._chosen_day()} → {_short(on)}"]
        return []

    def _clock_notes(self, on: date, instant: datetime) -> list[str]:
        if self._zone is None:
            return []
        wall = datetime.combine(on, self.at)
        shown = _reading(instant, self._zone)
        place = f"on {_short(on)} in {self._zone.key}"
        if shown != wall:
            moved = f"{shown:%H:%M}" if shown.date() == on else f"{shown:%H:%M} on {_short(shown)}"
            return [f"{wall:%H:%M} does not exist {place} → {moved}"]
        aware = wall.replace(tzinfo=self._zone)
        if aware.utcoffset() != aware.replace(fold=1).utcoffset():
            return [f"{wall:%H:%M} comes twice {place} → the first"]
        return []

    # --- what is refused ---

    def _check_dates(self) -> None:
        for name, day in (("start", self.start_date), ("end", self.end_date)):
            if day is not None and day < FIRST_DAY:
                raise _refused(name, f"the {name} date {day} is before {FIRST_DAY}", "give the year in full")
        if self.start_date > LAST_DAY:
            raise _refused("start", f"the start date {self.start_date} is after {LAST_DAY}", "begin earlier")
        if self.end_date is not None and self.end_date < self.start_date:
            message = f"the end date {self.end_date} is before the start date {self.start_date}"
            raise _refused("end", message, "give an end date on or after the start date, or none")
        if self.at.second or self.at.microsecond or self.at.tzinfo is not None:
            message = f"the preferred time {self.at} is not a plain hour and minute"
            raise _refused("time", message, "give it as HH:MM, and the zone apart")
        _check_zone(self.zone)

    def _check_choices(self) -> None:
        kind = self.kind
        if not 1 <= self.every <= MAX_EVERY:
            message = f"an interval of every {self.every} is none; it is a number from 1 to {MAX_EVERY}"
            raise _refused("every", message, "give 1 for each time, 2 for every second time")
        if kind is Frequency.ONCE and self.every != 1:
            message = f"a schedule that runs once cannot repeat every {self.every}"
            raise _refused("every", message, "leave it out, or choose hourly, daily, weekly or monthly")
        if self.weekdays and kind is not Frequency.WEEKLY:
            message = f"a schedule that runs {kind} has no weekdays"
            raise _refused("weekdays", message, "leave the weekdays out, or choose weekly")
        if not all(1 <= weekday <= 7 for weekday in self.weekdays):
            message = f"the weekdays {', '.join(map(str, sorted(self.weekdays)))} are not all from 1 to 7"
            raise _refused("weekdays", message, "count from 1 for Monday to 7 for Sunday")
        if self.day is not None and kind is not Frequency.MONTHLY:
            message = f"a schedule that runs {kind} has no day of the month"
            raise _refused("day", message, "leave the day out, or choose monthly")
        if self.day is not None and not 1 <= self.day <= 31:
            message = f"{self.day} is not a day of the month"
            raise _refused("day", message, "give a day from 1 to 31; a shorter month uses its last day")


def today(zone: str | None, now: datetime) -> date:
    """The day it is at `now` in a zone, None for UTC; raises `InvalidInput` for one that does not exist."""
    _check_zone(zone)
    return now.astimezone(ZoneInfo(zone) if zone else UTC).date()


def _check_zone(zone: str | None) -> None:
    if zone is not None and not _is_zone(zone):
        message = f"there is no time zone {zone!r}"
        raise _refused("zone", message, "name one like Europe/Copenhagen, or none for UTC")


def _refused(what: str, message: str, remedy: str) -> InvalidInput:
    return InvalidInput(message, remedy=remedy, code=f"schedule_{what}")


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a folder, as "Europe"
        return False
    return name not in _MACHINE_ZONES


def _reading(instant: datetime, zone: ZoneInfo) -> datetime:
    """What a clock on the wall in the zone shows at the instant."""
    return instant.astimezone(zone).replace(tzinfo=None)


@lru_cache(maxsize=4096)  # schedules due together mostly share their zone and time
def _first_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first instant at which a clock in the zone shows the naive time `wall`, or a later one.

    That one sentence covers a time that exists twice (fold 0 is the first), and one that never does: read
    with the offset from before the gap it lies after the gap, with the one from after it before the gap
    (PEP 495), and the gap's end is the second between them where the clock leaps past `wall`.
    """
    instant = wall.replace(tzinfo=zone).astimezone(UTC)
    if _reading(instant, zone) == wall:
        return instant
    early = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    seconds = range((instant - early) // timedelta(seconds=1))
    leap = bisect_left(seconds, True, key=lambda s: _reading(early + timedelta(seconds=s), zone) >= wall)
    return early + timedelta(seconds=leap)


def _month_number(on: date) -> int:
    return on.year * 12 + on.month - 1


def _clamp(day: int, year: int, month: int) -> int:
    return day if day < 29 else min(day, monthrange(year, month)[1])


def _every(count: int, unit: str) -> str:
    return f"Every {unit}" if count == 1 else f"Every {count} {unit}s"


def _short(on: date) -> str:
    return f"{on.day} {MONTHS[on.month - 1]}"
