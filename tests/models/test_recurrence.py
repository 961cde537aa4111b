"""When a schedule is due: cases that people argue about, each for a reason."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from models.recurrence import LAST_DAY, MAX_EVERY, Recurrence
from tests.models.recurrences import (
    COPENHAGEN,
    DAILY,
    DAY,
    HOURLY,
    LONG_AGO,
    MINUTE,
    MONTHLY,
    NEW_YORK,
    ONCE,
    THE_END,
    WEEKLY,
    recurrence,
    texts,
    utc,
)


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
