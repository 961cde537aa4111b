"""When a schedule is due: laws that hold for every schedule, and cases that people argue about."""

from __future__ import annotations

import os
import time as clock
from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import InvalidInput
from models.recurrence import LAST_DAY, MAX_EVERY, Frequency, Recurrence

if TYPE_CHECKING:
    from collections.abc import Iterator

ONCE, HOURLY, DAILY, WEEKLY, MONTHLY = Frequency
COPENHAGEN, NEW_YORK = "Europe/Copenhagen", "America/New_York"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LONG_AGO, THE_END = datetime(1, 1, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)

# Half-hour changes, changes at and around midnight, none at all, odd offsets.
ZONES = (COPENHAGEN, NEW_YORK, "Australia/Lord_Howe", "America/St_Johns", "America/Havana", "America/Nuuk",
         "Asia/Kathmandu", "Pacific/Chatham", "UTC")  # fmt: skip
# Nights on which some of them change.
NIGHTS = ("2026-03-08", "2026-03-29", "2026-04-05", "2026-09-27", "2026-10-04", "2026-10-25", "2026-11-01",
          "2010-11-07")  # fmt: skip


def recurrence(
    kind: Frequency = DAILY, start: str = "2026-01-31", at: str = "02:00", **fields: Any
) -> Recurrence:
    """A schedule from text; `end` is a date as text, `weekdays` any collection."""
    end = fields.pop("end", None)
    return Recurrence(
        kind=kind,
        start_date=date.fromisoformat(start),
        end_date=date.fromisoformat(end) if end else None,
        at=time.fromisoformat(at),
        weekdays=frozenset(fields.pop("weekdays", ())),
        **fields,
    )


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def texts(instants: list[datetime]) -> list[str]:
    """The instants as `2026-01-31 02:00`; none is anything but aware UTC on a whole minute."""
    assert all(instant.tzinfo is UTC and not instant.second + instant.microsecond for instant in instants)
    return [f"{instant:%Y-%m-%d %H:%M}" for instant in instants]


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


# --- cases, each for a reason ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """The first runs of a schedule; a row with `whole` names all there are."""

    reason: str
    rule: Recurrence
    runs: list[str]
    whole: bool = False


CASES = [
    Case(
        reason="day 31 clamps from 31 each month, in a common February",
        rule=recurrence(MONTHLY, "2026-12-31"),
        runs=[
            "2026-12-31 02:00",
            "2027-01-31 02:00",
            "2027-02-28 02:00",
            "2027-03-31 02:00",
            "2027-04-30 02:00",
        ],
    ),
    Case(
        reason="day 30 only gives way in February",
        rule=recurrence(MONTHLY, "2027-01-01", day=30),
        runs=["2027-01-30 02:00", "2027-02-28 02:00", "2027-03-30 02:00", "2027-04-30 02:00"],
    ),
    Case(
        reason="day 29 gives way in a common February",
        rule=recurrence(MONTHLY, "2027-01-01", day=29),
        runs=["2027-01-29 02:00", "2027-02-28 02:00", "2027-03-29 02:00"],
    ),
    Case(
        reason="day 29 exists in a leap February",
        rule=recurrence(MONTHLY, "2028-01-29"),
        runs=["2028-01-29 02:00", "2028-02-29 02:00", "2028-03-29 02:00"],
    ),
    Case(
        reason="day 31 is 29 February in a leap year, and 31 March after it",
        rule=recurrence(MONTHLY, "2028-01-31"),
        runs=["2028-01-31 02:00", "2028-02-29 02:00", "2028-03-31 02:00"],
    ),
    Case(
        reason="2100 is no leap year",
        rule=recurrence(MONTHLY, "2100-02-01", day=29),
        runs=["2100-02-28 02:00", "2100-03-29 02:00"],
    ),
    Case(
        reason="every 12 months from 29 February: the 29th again in leap years only",
        rule=recurrence(MONTHLY, "2028-02-29", every=12),
        runs=[
            "2028-02-29 02:00",
            "2029-02-28 02:00",
            "2030-02-28 02:00",
            "2031-02-28 02:00",
            "2032-02-29 02:00",
        ],
    ),
    Case(
        reason="the last minute of 31 January",
        rule=recurrence(MONTHLY, "2026-01-31", "23:59"),
        runs=["2026-01-31 23:59", "2026-02-28 23:59", "2026-03-31 23:59"],
    ),
    Case(
        reason="a day before the start in the start month is dropped, not moved",
        rule=recurrence(MONTHLY, "2026-01-20", day=15),
        runs=["2026-02-15 02:00", "2026-03-15 02:00"],
    ),
    Case(
        reason="the start month is month 0 even when its own day is dropped",
        rule=recurrence(MONTHLY, "2026-01-20", day=15, every=3),
        runs=["2026-04-15 02:00", "2026-07-15 02:00"],
    ),
    Case(
        reason="a clamped day that is the start day itself counts",
        rule=recurrence(MONTHLY, "2027-02-28", day=31),
        runs=["2027-02-28 02:00", "2027-03-31 02:00"],
    ),
    Case(
        reason="two weeks on from the ISO week of the start, over New Year (2026 has 53 weeks)",
        rule=recurrence(WEEKLY, "2026-12-24", every=2, weekdays=(1, 4)),
        runs=["2026-12-24 02:00", "2027-01-04 02:00", "2027-01-07 02:00", "2027-01-18 02:00"],
    ),
    Case(
        reason="weekdays before the start in its own week are dropped",
        rule=recurrence(WEEKLY, "2026-07-15", weekdays=(1, 3, 7)),
        runs=["2026-07-15 02:00", "2026-07-19 02:00", "2026-07-20 02:00"],
    ),
    Case(
        reason="weekly without weekdays means the weekday of the start date",
        rule=recurrence(WEEKLY, "2026-07-15"),
        runs=["2026-07-15 02:00", "2026-07-22 02:00"],
    ),
    Case(
        reason="every third day, over the end of February",
        rule=recurrence(DAILY, "2027-02-26", every=3),
        runs=["2027-02-26 02:00", "2027-03-01 02:00", "2027-03-04 02:00"],
    ),
    Case(
        reason="a preferred time of midnight falls on the start date itself",
        rule=recurrence(DAILY, "2026-01-31", "00:00"),
        runs=["2026-01-31 00:00", "2026-02-01 00:00"],
    ),
    Case(
        reason="every 4 hours does not notice the night on which clocks go back",
        rule=recurrence(HOURLY, "2026-10-24", "20:00", every=4),
        runs=["2026-10-24 20:00", "2026-10-25 00:00", "2026-10-25 04:00", "2026-10-25 08:00"],
    ),
    Case(
        reason="every 7 hours is every 7 hours, not aligned to midnight",
        rule=recurrence(HOURLY, "2026-01-31", "21:30", every=7),
        runs=[
            "2026-01-31 21:30",
            "2026-02-01 04:30",
            "2026-02-01 11:30",
            "2026-02-01 18:30",
            "2026-02-02 01:30",
        ],
    ),
    Case(
        reason="hourly stays UTC whatever zone is named, on a night that has an hour twice",
        rule=recurrence(HOURLY, "2026-10-25", "00:30", zone=COPENHAGEN),
        runs=["2026-10-25 00:30", "2026-10-25 01:30", "2026-10-25 02:30"],
    ),
    Case(
        reason="hourly: the whole end date counts, its last hour included",
        rule=recurrence(HOURLY, "2026-01-31", "22:59", end="2026-01-31"),
        runs=["2026-01-31 22:59", "2026-01-31 23:59"],
        whole=True,
    ),
    Case(
        reason="hourly: the midnight after the end date is not its day",
        rule=recurrence(HOURLY, "2026-01-31", "16:00", every=8, end="2026-01-31"),
        runs=["2026-01-31 16:00"],
        whole=True,
    ),
    Case(
        reason="end on the day of a run: that run still happens",
        rule=recurrence(DAILY, "2026-01-31", "23:59", end="2026-02-02"),
        runs=["2026-01-31 23:59", "2026-02-01 23:59", "2026-02-02 23:59"],
        whole=True,
    ),
    Case(
        reason="end on the start date: one run",
        rule=recurrence(DAILY, "2026-01-31", end="2026-01-31"),
        runs=["2026-01-31 02:00"],
        whole=True,
    ),
    Case(
        reason="end on a clamped day: that run still happens",
        rule=recurrence(MONTHLY, "2027-01-31", end="2027-02-28"),
        runs=["2027-01-31 02:00", "2027-02-28 02:00"],
        whole=True,
    ),
    Case(
        reason="no chosen weekday before the end: never runs",
        rule=recurrence(WEEKLY, "2026-07-14", weekdays=(1,), end="2026-07-19"),
        runs=[],
        whole=True,
    ),
    Case(
        reason="once, with an end that has no meaning for it",
        rule=recurrence(ONCE, "2026-01-31", "23:59", end="2026-01-31"),
        runs=["2026-01-31 23:59"],
        whole=True,
    ),
    Case(
        reason="once in a zone is that zone's wall time",
        rule=recurrence(ONCE, "2026-07-01", "02:00", zone=NEW_YORK),
        runs=["2026-07-01 06:00"],
        whole=True,
    ),
    Case(
        reason="Copenhagen loses 02:00–03:00 on 29 March: 02:30 runs at 03:00 (01:00 UTC), and only once",
        rule=recurrence(DAILY, "2026-03-28", "02:30", zone=COPENHAGEN),
        runs=["2026-03-28 01:30", "2026-03-29 01:00", "2026-03-30 00:30"],
    ),
    Case(
        reason="the first minute of the gap: 02:00 is 03:00 that night",
        rule=recurrence(DAILY, "2026-03-28", "02:00", zone=COPENHAGEN),
        runs=["2026-03-28 01:00", "2026-03-29 01:00", "2026-03-30 00:00"],
    ),
    Case(
        reason="the first minute after the gap is an ordinary time",
        rule=recurrence(DAILY, "2026-03-28", "03:00", zone=COPENHAGEN),
        runs=["2026-03-28 02:00", "2026-03-29 01:00", "2026-03-30 01:00"],
    ),
    Case(
        reason="Copenhagen has 02:00–03:00 twice on 25 October: the first, summer time's",
        rule=recurrence(DAILY, "2026-10-24", "02:30", zone=COPENHAGEN),
        runs=["2026-10-24 00:30", "2026-10-25 00:30", "2026-10-26 01:30"],
    ),
    Case(
        reason="New York loses 02:00–03:00 on 8 March: 02:30 runs at 03:00 (07:00 UTC)",
        rule=recurrence(WEEKLY, "2026-03-01", "02:30", zone=NEW_YORK),
        runs=["2026-03-01 07:30", "2026-03-08 07:00", "2026-03-15 06:30"],
    ),
    Case(
        reason="New York has 01:00–02:00 twice on 1 November: the first, summer time's",
        rule=recurrence(MONTHLY, "2026-10-01", "01:30", zone=NEW_YORK),
        runs=["2026-10-01 05:30", "2026-11-01 05:30", "2026-12-01 06:30"],
    ),
    Case(
        reason="days are the zone's: day 31 in Copenhagen at 00:30 is the 30th in UTC",
        rule=recurrence(MONTHLY, "2026-07-01", "00:30", day=31, zone=COPENHAGEN),
        runs=["2026-07-30 22:30", "2026-08-30 22:30", "2026-09-29 22:30", "2026-10-30 23:30"],
    ),
    Case(
        reason="Lord Howe moves by half an hour: 02:15 on 4 October is 02:30",
        rule=recurrence(DAILY, "2026-10-03", "02:15", zone="Australia/Lord_Howe"),
        runs=["2026-10-02 15:45", "2026-10-03 15:30", "2026-10-04 15:15"],
    ),
    Case(
        reason="Newfoundland once fell back over midnight: after Sunday's 00:00 Saturday came again",
        rule=recurrence(DAILY, "2010-11-06", "00:00", zone="America/St_Johns"),
        runs=["2010-11-06 02:30", "2010-11-07 02:30", "2010-11-08 03:30"],
    ),
    Case(
        reason="the end date's run, moved over midnight by a gap, still belongs to the end date",
        rule=recurrence(DAILY, "2026-03-27", "23:30", end="2026-03-28", zone="America/Nuuk"),
        runs=["2026-03-28 01:30", "2026-03-29 01:00"],
        whole=True,
    ),
    Case(
        reason="Samoa had no 30 December 2011: its midnight is the 31st's, one instant and one run",
        rule=recurrence(DAILY, "2011-12-29", "00:00", end="2012-01-01", zone="Pacific/Apia"),
        runs=["2011-12-29 10:00", "2011-12-30 10:00", "2011-12-31 10:00"],
        whole=True,
    ),
    Case(
        reason="an end at the end of the calendar is for ever, and does not overflow",
        rule=recurrence(DAILY, "9999-12-29", "23:59", end="9999-12-31", zone=NEW_YORK),
        runs=["9999-12-30 04:59", "9999-12-31 04:59"],
        whole=True,
    ),
    Case(
        reason="the largest interval: the second run lies beyond the calendar",
        rule=recurrence(MONTHLY, "2026-01-31", every=MAX_EVERY),
        runs=["2026-01-31 02:00"],
        whole=True,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.reason)
def test_runs_of_a_schedule_are_as_argued(case: Case) -> None:
    seen = case.rule.upcoming(LONG_AGO, len(case.runs) + case.whole)
    assert texts(seen) == case.runs
    assert texts(case.rule.between(LONG_AGO, seen[-1])) == case.runs if seen else case.rule.first() is None


@pytest.mark.parametrize(
    ("day", "shown"),
    [("2026-07-01 02:00", ["06:00", "10:00", "14:00"]), ("2026-12-01 02:00", ["05:00", "09:00", "13:00"])],
    ids=["summer time", "standard time"],
)
def test_every_four_hours_shown_in_copenhagen_is_as_the_product_documents_say(
    day: str, shown: list[str]
) -> None:
    rule = recurrence(HOURLY, "2026-01-01", "00:00", every=4)
    there = [run.astimezone(ZoneInfo(COPENHAGEN)) for run in rule.upcoming(utc(day), 3)]
    assert [f"{run:%H:%M}" for run in there] == shown


def test_next_after_an_occurrence_in_a_second_hour_is_not_the_first_again() -> None:
    rule = recurrence(DAILY, "2026-10-24", "02:30", zone=COPENHAGEN)
    assert rule.next_after(utc("2026-10-25 00:29")) == utc("2026-10-25 00:30")
    assert rule.next_after(utc("2026-10-25 00:30")) == utc("2026-10-26 01:30")
    assert rule.next_after(utc("2026-10-25 01:15")) == utc("2026-10-26 01:30")


def test_instants_in_another_zone_are_understood_and_naive_ones_refused() -> None:
    rule = recurrence(DAILY)
    local = datetime(2026, 7, 1, 3, 59, tzinfo=ZoneInfo(COPENHAGEN))  # 01:59 UTC
    assert rule.next_after(local) == utc("2026-07-01 02:00")
    with pytest.raises(TypeError):
        rule.next_after(local.replace(tzinfo=None))


def test_latest_over_millennia_of_missed_hours_counts_them_without_walking() -> None:
    # A walk would take 70 million steps, and end as a timeout.
    rule = recurrence(HOURLY, "1970-01-01", "00:00")
    days = (LAST_DAY - date(1970, 1, 1)).days + 1
    assert rule.latest(LONG_AGO, THE_END) == (utc("9999-12-30 23:00"), days * 24 - 1)


def test_latest_with_one_or_none_due_misses_nothing() -> None:
    rule = recurrence(DAILY)
    due = utc("2026-02-01 02:00")
    assert rule.latest(due - MINUTE, due) == (due, 0)
    assert rule.latest(due, due) == (None, 0)
    assert rule.latest(due + DAY, due) == (None, 0)
    assert rule.latest(due - 3 * DAY, due - 2 * DAY) == (None, 0)


def test_between_with_more_than_the_limit_gives_the_oldest() -> None:
    rule = recurrence(HOURLY, "2026-01-01", "00:00")
    runs = rule.between(LONG_AGO, utc("2027-01-01 00:00"))
    assert len(runs) == 1000
    assert runs[0] == rule.first()


def test_a_changed_start_date_takes_the_defaults_with_it() -> None:
    weekly, monthly = recurrence(WEEKLY, "2026-07-15"), recurrence(MONTHLY, "2026-07-15")
    moved = date(2026, 7, 31)
    assert texts([replace(weekly, start_date=moved).upcoming(LONG_AGO, 2)[1]]) == ["2026-08-07 02:00"]
    assert texts([replace(monthly, start_date=moved).upcoming(LONG_AGO, 3)[2]]) == ["2026-09-30 02:00"]


def test_equal_schedules_are_equal_and_hash_alike() -> None:
    assert recurrence(zone=NEW_YORK) == recurrence(zone=NEW_YORK)
    assert len({recurrence(), recurrence(), recurrence(every=2)}) == 2


# --- words ---


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (recurrence(ONCE), "Once on 2026-01-31 at 02:00 UTC"),
        (recurrence(HOURLY), "Every hour from 2026-01-31 at 02:00 UTC"),
        (
            recurrence(HOURLY, every=4, zone=COPENHAGEN, end="2026-12-31"),
            "Every 4 hours from 2026-01-31 at 02:00 UTC, until 2026-12-31",
        ),
        (recurrence(DAILY), "Every day at 02:00 UTC"),
        (recurrence(DAILY, every=3), "Every 3 days at 02:00 UTC, counted from 2026-01-31"),
        (recurrence(WEEKLY), "Every week on Saturday at 02:00 UTC"),
        (
            recurrence(WEEKLY, weekdays=(5, 1, 3), zone=COPENHAGEN),
            "Every week on Monday, Wednesday and Friday at 02:00 Europe/Copenhagen",
        ),
        (recurrence(MONTHLY), "Every month on day 31 (the last day in shorter months) at 02:00 UTC"),
        (
            recurrence(MONTHLY, day=1, every=2, end="2027-01-01"),
            "Every 2 months on day 1 at 02:00 UTC, counted from 2026-01-31, until 2027-01-01",
        ),
        (
            recurrence(WEEKLY, "2026-07-14", weekdays=(1,), end="2026-07-19"),
            "Every week on Monday at 02:00 UTC, until 2026-07-19: "
            "will never run, it ends before the first such day",
        ),
    ],
)
def test_describe_says_the_schedule_in_plain_words(rule: Recurrence, words: str) -> None:
    assert rule.describe() == words


@pytest.mark.parametrize(
    ("reason", "rule", "instant", "notes"),
    [
        ("a shorter month", recurrence(MONTHLY, day=31), "2027-02-28 02:00", ("31 → 28 Feb",)),
        ("a month that has the day", recurrence(MONTHLY, day=31), "2027-03-31 02:00", ()),
        ("not an occurrence", recurrence(MONTHLY, day=31), "2027-02-28 02:01", ()),
        ("before the first", recurrence(MONTHLY, day=31), "2020-02-28 02:00", ()),
        ("hourly knows neither", recurrence(HOURLY, zone=COPENHAGEN), "2026-03-29 01:00", ()),
        (
            "a time that does not exist",
            recurrence(at="02:30", zone=COPENHAGEN),
            "2026-03-29 01:00",
            ("02:30 does not exist on 29 Mar in Europe/Copenhagen → 03:00",),
        ),
        (
            "a time that comes twice",
            recurrence(at="02:30", zone=COPENHAGEN),
            "2026-10-25 00:30",
            ("02:30 comes twice on 25 Oct in Europe/Copenhagen → the first",),
        ),
        ("an ordinary night there", recurrence(at="02:30", zone=COPENHAGEN), "2026-10-26 01:30", ()),
        (
            "a gap over midnight",
            recurrence(at="23:30", zone="America/Nuuk"),
            "2026-03-29 01:00",
            ("23:30 does not exist on 28 Mar in America/Nuuk → 00:00 on 29 Mar",),
        ),
        (
            "clamped into a gap: both are said",
            recurrence(MONTHLY, at="00:30", zone="Africa/Cairo"),
            "2027-04-29 22:00",
            ("31 → 30 Apr", "00:30 does not exist on 30 Apr in Africa/Cairo → 01:00"),
        ),
    ],
)
def test_notes_say_what_is_unusual_about_a_run(
    reason: str, rule: Recurrence, instant: str, notes: tuple[str, ...]
) -> None:
    assert rule.notes(utc(instant)) == notes, reason


# --- refusals ---


@pytest.mark.parametrize(
    ("code", "fields", "says"),
    [
        ("schedule_end", {"end": "2026-01-30"}, "2026-01-30 is before the start date 2026-01-31"),
        ("schedule_start", {"start": "0026-01-31"}, "0026-01-31 is before 1970-01-01"),
        ("schedule_start", {"start": "9999-12-31"}, "9999-12-31 is after 9999-12-30"),
        ("schedule_time", {"at": "02:00:01"}, "02:00:01 is not a plain hour and minute"),
        ("schedule_time", {"at": "02:00+02:00"}, "02:00:00+02:00 is not a plain hour and minute"),
        ("schedule_every", {"every": 0}, "every 0"),
        ("schedule_every", {"every": MAX_EVERY + 1}, "every 1000001"),
        ("schedule_every", {"kind": ONCE, "every": 2}, "runs once cannot repeat every 2"),
        ("schedule_weekdays", {"weekdays": (1,)}, "runs daily has no weekdays"),
        ("schedule_weekdays", {"kind": WEEKLY, "weekdays": (0, 1)}, "0, 1 are not all from 1 to 7"),
        ("schedule_weekdays", {"kind": WEEKLY, "weekdays": (8,)}, "8 are not all from 1 to 7"),
        ("schedule_day", {"day": 1}, "runs daily has no day of the month"),
        ("schedule_day", {"kind": MONTHLY, "day": 0}, "0 is not a day of the month"),
        ("schedule_day", {"kind": MONTHLY, "day": 32}, "32 is not a day of the month"),
        ("schedule_zone", {"zone": "Europe/Kopenhagen"}, "no time zone 'Europe/Kopenhagen'"),
        ("schedule_zone", {"zone": "Europe"}, "no time zone 'Europe'"),
        ("schedule_zone", {"zone": ""}, "no time zone ''"),
        ("schedule_zone", {"zone": "../../etc/passwd"}, "no time zone"),
        ("schedule_zone", {"zone": "localtime"}, "no time zone 'localtime'"),
        ("schedule_zone", {"kind": HOURLY, "zone": "Mars/Olympus"}, "no time zone 'Mars/Olympus'"),
    ],
)
def test_fields_that_cannot_be_right_are_refused_with_a_remedy(
    code: str, fields: dict[str, Any], says: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        recurrence(**fields)
    assert refusal.value.code == code
    assert says in refusal.value.message
    assert refusal.value.remedy
