"""On which days euros settle: those of TARGET, the Eurosystem's payment system."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

_SATURDAY = 5


@cache
def _closed(year: int) -> frozenset[date]:
    # Imported here: it takes a tenth of a second, and few commands ask for a banking day.
    from holidays import financial_holidays

    return frozenset(financial_holidays("XECB", years=year))


def banking_day_after(day: date, count: int) -> date:
    """The banking day so many banking days after the first one on or after `day`."""
    day = _open(day)
    for _ in range(count):
        day = _open(day + timedelta(days=1))
    return day


def _open(day: date) -> date:
    while day.weekday() >= _SATURDAY or day in _closed(day.year):
        day += timedelta(days=1)
    return day
