"""When a schedule is due: laws that hold for every schedule, against an oracle that scans."""

from __future__ import annotations

import os
import time as clock
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from models.recurrence import LAST_DAY, MAX_EVERY, Frequency, Recurrence
from tests.models.recurrences import (
    DAILY,
    DAY,
    HOUR,
    HOURLY,
    LONG_AGO,
    MINUTE,
    MONTHLY,
    NIGHTS,
    ONCE,
    THE_END,
    WEEKLY,
    ZONES,
)

# --- an oracle that scans instead of calculating ---


def scheduled_days(rule: Recurrence, days: int) -> Iterator[date]:
    """The days of a non-hourly schedule among the first `days` after its start, looked at one by one."""
    for number in range(days):
        if rule.start_date.toordinal() + number > LAST_DAY.toordinal():
            return
        day = rule.start_date + timedelta(days=number)
        if (rule.end_date is None or day <= rule.end_date) and is_scheduled(rule, day):
            yield day


def is_scheduled(rule: Recurrence, day: date) -> bool:
    start = rule.start_date
    if rule.kind is ONCE:
        return day == start
    if rule.kind is DAILY:
        return (day - start).days % rule.every == 0
    if rule.kind is WEEKLY:
        mondays = [each - timedelta(days=each.weekday()) for each in (start, day)]
        weeks = (mondays[1] - mondays[0]).days // 7
        return weeks % rule.every == 0 and day.isoweekday() in (rule.weekdays or {start.isoweekday()})
    months = (day.year - start.year) * 12 + day.month - start.month
    last = monthrange(day.year, day.month)[1]
    return months % rule.every == 0 and day.day == min(rule.day or start.day, last)


def first_shown(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first whole minute at which a clock in the zone shows `wall` or more, minute by minute."""
    instant = wall.replace(tzinfo=UTC) - 15 * HOUR
    while instant.astimezone(zone).replace(tzinfo=None) < wall:
        instant += MINUTE
    return instant


def scan(rule: Recurrence, days: int) -> list[datetime]:
    """Every occurrence on the first `days` days of the schedule."""
    if rule.kind is HOURLY:
        first = datetime.combine(rule.start_date, rule.at, tzinfo=UTC)
        until = datetime.combine(rule.start_date, time(), tzinfo=UTC) + days * DAY
        hours = (first + number * HOUR for number in range(days * 24) if number % rule.every == 0)
        return [hour for hour in hours if hour < until and hour.date() <= (rule.end_date or LAST_DAY)]
    zone = ZoneInfo(rule.zone or "UTC")
    walls = (datetime.combine(day, rule.at) for day in scheduled_days(rule, days))
    return [wall.replace(tzinfo=UTC) if zone.key == "UTC" else first_shown(wall, zone) for wall in walls]


# --- any schedule ---


@st.composite
def recurrences(
    draw: st.DrawFn, kinds: tuple[Frequency, ...] = tuple(Frequency), *, zoned: bool = True
) -> Recurrence:
    kind = draw(st.sampled_from(kinds))
    near, far = (date(2026, 1, 1), date(2028, 12, 31)), (date(1990, 1, 1), date(2110, 12, 31))
    start = draw(st.dates(*near) | st.dates(*far))
    length = draw(st.none() | st.integers(0, 9) | st.integers(0, 900))
    every = st.integers(1, 3) | st.integers(1, 60) | st.just(MAX_EVERY)
    return Recurrence(
        kind=kind,
        start_date=start,
        end_date=None if length is None else start + timedelta(days=length),
        at=draw(st.builds(time, st.integers(0, 23), st.integers(0, 59))),
        every=1 if kind is ONCE else draw(every),
        weekdays=draw(st.frozensets(st.integers(1, 7))) if kind is WEEKLY else frozenset(),
        day=draw(st.none() | st.integers(28, 31) | st.integers(1, 31)) if kind is MONTHLY else None,
        zone=draw(st.none() | st.sampled_from(ZONES)) if zoned else None,
    )


@st.composite
def moments(draw: st.DrawFn, rule: Recurrence) -> datetime:
    """An instant somewhere around the schedule, often exactly an occurrence or next to one."""
    start = datetime.combine(rule.start_date, rule.at, tzinfo=UTC)
    instant = start + timedelta(minutes=draw(st.integers(-3 * 1440, 800 * 1440)))
    near = rule.next_after(instant)
    if near is None or draw(st.booleans()):
        return instant
    return near + draw(st.sampled_from([timedelta(microseconds=-1), timedelta(), timedelta(microseconds=1)]))


# --- laws ---


@given(st.data(), recurrences())
def test_next_after_any_instant_is_later_within_bounds_and_least(
    data: st.DataObject, rule: Recurrence
) -> None:
    instant = data.draw(moments(rule))
    found = rule.next_after(instant)
    if found is None:
        return
    assert found > instant
    assert rule.next_after(found - timedelta(microseconds=1)) == found
    assert rule.between(instant, found) == [found]
    home = found.astimezone(UTC if rule.kind is HOURLY else ZoneInfo(rule.zone or "UTC")).date()
    assert rule.start_date <= home
    # A gap at the end of the last day may move its run to the next midnight, no further.
    moved = any("does not exist" in note for note in rule.notes(found))
    assert rule.end_date is None or home <= rule.end_date + timedelta(days=moved)


@given(st.data(), recurrences())
def test_between_split_anywhere_is_the_sum_of_its_parts(data: st.DataObject, rule: Recurrence) -> None:
    after, middle, until = sorted(data.draw(moments(rule)) for _ in range(3))
    whole = rule.between(after, until, limit=100_000)
    assert whole == rule.between(after, middle, limit=100_000) + rule.between(middle, until, limit=100_000)
    assert all(one < two for one, two in pairwise(whole))
    assert all(after < instant <= until for instant in whole)


@given(recurrences(zoned=False), st.integers(1, 800))
def test_occurrences_in_utc_equal_a_scan_of_every_day_and_hour(rule: Recurrence, days: int) -> None:
    until = datetime.combine(rule.start_date, time(), tzinfo=UTC) + days * DAY - MINUTE
    assert rule.between(LONG_AGO, until, limit=100_000) == scan(rule, days)


@given(recurrences(kinds=(ONCE, DAILY, WEEKLY, MONTHLY)), st.data())
@settings(max_examples=40)
def test_occurrences_in_a_zone_equal_a_scan_of_every_minute(rule: Recurrence, data: st.DataObject) -> None:
    night = date.fromisoformat(data.draw(st.sampled_from(NIGHTS)))
    start = night - timedelta(days=data.draw(st.integers(0, 4)))
    rule = replace(rule, start_date=start, end_date=None)
    wanted = scan(rule, 7)
    assert rule.upcoming(LONG_AGO, len(wanted)) == wanted


@given(st.data(), recurrences())
def test_latest_of_any_span_is_the_last_of_between_and_counts_the_rest(
    data: st.DataObject, rule: Recurrence
) -> None:
    after, until = data.draw(moments(rule)), data.draw(moments(rule))
    due = rule.between(after, until, limit=100_000)
    assert rule.latest(after, until) == ((due[-1], len(due) - 1) if due else (None, 0))


@given(st.data(), recurrences(), st.integers(0, 40))
def test_upcoming_is_next_after_applied_again_and_again(
    data: st.DataObject, rule: Recurrence, count: int
) -> None:
    after = data.draw(moments(rule))
    wanted: list[datetime] = []
    instant = rule.next_after(after)
    while instant is not None and len(wanted) < count:
        wanted.append(instant)
        instant = rule.next_after(instant)
    assert rule.upcoming(after, count) == wanted
    assert rule.between(after, THE_END, limit=count) == wanted


@given(recurrences(kinds=(MONTHLY,), zoned=False))
def test_monthly_runs_exactly_once_in_every_month_on_the_day_or_the_last(rule: Recurrence) -> None:
    rule = replace(rule, every=1, end_date=None)
    runs = rule.upcoming(datetime.combine(rule.start_date, time(), tzinfo=UTC) - DAY, 60)
    months = [run.year * 12 + run.month for run in runs]
    assert months == list(range(months[0], months[0] + 60))
    assert all(
        run.day == min(rule.day or rule.start_date.day, monthrange(run.year, run.month)[1]) for run in runs
    )


@given(recurrences(kinds=(ONCE,)))
def test_once_runs_exactly_once(rule: Recurrence) -> None:
    assert rule.between(LONG_AGO, THE_END) == [rule.first()]


@given(recurrences())
def test_first_is_what_comes_after_the_beginning_of_time(rule: Recurrence) -> None:
    first = rule.first()
    assert first == rule.next_after(LONG_AGO)
    assert ("will never run" in rule.describe()) is (first is None)


@given(recurrences(), st.integers(0, 400))
def test_any_schedule_at_the_end_of_the_calendar_ends(rule: Recurrence, days: int) -> None:
    rule = replace(rule, start_date=LAST_DAY - timedelta(days=days), end_date=None)
    runs = rule.between(LONG_AGO, THE_END, limit=100_000)
    assert runs[:1] == ([rule.first()] if rule.first() else [])
    assert rule.next_after(THE_END) is None
    assert rule.latest(LONG_AGO, THE_END) == ((runs[-1], len(runs) - 1) if runs else (None, 0))
    for run in runs[-3:]:  # can still be shown anywhere
        run.astimezone(ZoneInfo("Pacific/Kiritimati"))
        assert isinstance(rule.notes(run), tuple)


@given(recurrences())
@settings(max_examples=20)
def test_the_machines_own_zone_changes_nothing(rule: Recurrence) -> None:
    def answers() -> tuple[Any, ...]:
        runs = rule.upcoming(LONG_AGO, 20)
        until = datetime(2111, 1, 1, tzinfo=UTC)
        return runs, rule.latest(LONG_AGO, until), rule.describe(), [rule.notes(run) for run in runs]

    before = os.environ.get("TZ")
    try:
        seen = []
        for machine in ("UTC", "Pacific/Auckland", "America/Los_Angeles"):
            os.environ["TZ"] = machine
            clock.tzset()
            seen.append(answers())
    finally:
        os.environ.pop("TZ")
        if before is not None:
            os.environ["TZ"] = before
        clock.tzset()
    assert seen[0] == seen[1] == seen[2]
