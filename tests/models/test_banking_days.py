from __future__ import annotations

from datetime import date

import pytest

from models.banking_days import banking_day_after, closed_weekdays, is_banking_day

# The weekdays on which the Federal Reserve Banks are closed (K.8).
CLOSED = {
    2026: "0101 0119 0216 0525 0619 0907 1012 1111 1126 1225",
    2027: "0101 0118 0215 0531 0705 0906 1011 1111 1125",
    2028: "0117 0221 0529 0619 0704 0904 1009 1123 1225",
}


@pytest.mark.parametrize("year", CLOSED)
def test_closed_weekdays_of_a_year_are_those_of_the_reserve_banks(year: int) -> None:
    assert sorted(f"{day:%m%d}" for day in closed_weekdays(year)) == CLOSED[year].split()


@pytest.mark.parametrize(
    ("day", "open_", "why"),
    [
        (date(2026, 7, 3), True, "a Friday before a Saturday holiday is open"),
        (date(2027, 7, 5), False, "a Monday after a Sunday holiday is closed"),
        (date(2027, 12, 31), True, "New Year's Day 2028 is a Saturday"),
        (date(2023, 1, 2), False, "New Year's Day 2023 was a Sunday"),
        (date(2026, 3, 7), False, "a Saturday"),
        (date(2026, 3, 9), True, "an ordinary Monday"),
    ],
)
def test_is_banking_day_near_weekends_and_holidays(day: date, open_: bool, why: str) -> None:
    assert is_banking_day(day) is open_, why


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        (date(2026, 3, 2), 0, date(2026, 3, 2)),
        (date(2026, 3, 2), 1, date(2026, 3, 3)),
        (date(2026, 3, 6), 1, date(2026, 3, 9)),
        (date(2026, 3, 7), 0, date(2026, 3, 9)),
        (date(2026, 3, 7), 1, date(2026, 3, 9)),
        (date(2026, 3, 7), 2, date(2026, 3, 10)),
        (date(2026, 12, 24), 1, date(2026, 12, 28)),
        (date(2026, 12, 31), 2, date(2027, 1, 5)),
    ],
)
def test_banking_day_after_skips_what_is_closed(day: date, count: int, expected: date) -> None:
    assert banking_day_after(day, count) == expected
