"""On which days US banks settle: weekdays that are no holiday of the Federal Reserve Banks.

The Federal Reserve Banks close on the eleven federal holidays; one that falls on a Sunday is kept on the
Monday after, one that falls on a Saturday on no other day: the Friday before is open (Federal Reserve
Board, K.8).
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

_SATURDAY, _SUNDAY = 5, 6


@cache
def closed_weekdays(year: int) -> frozenset[date]:
    """The weekdays of a year on which the Federal Reserve Banks are closed."""
    # Imported here: it takes a tenth of a second, and few commands ask for a banking day.
    from holidays import country_holidays

    # `observed` would close the Friday before a Saturday holiday: the government's custom, not the banks'.
    days = country_holidays("US", years=year, observed=False)
    kept = {day + timedelta(days=1) if day.weekday() == _SUNDAY else day for day in days}
    return frozenset(day for day in kept if day.weekday() < _SATURDAY)


def is_banking_day(day: date) -> bool:
    """Whether ACH entries settle on the day."""
    return day.weekday() < _SATURDAY and day not in closed_weekdays(day.year)


def banking_day_after(day: date, count: int) -> date:
    """The banking day `count` banking days after `day`; for 0 the first one on or after it."""
    if not is_banking_day(day):
        day = _next(day)
        count = max(count - 1, 0)
    for _ in range(count):
        day = _next(day)
    return day


def banking_day_before(day: date) -> date:
    """The last banking day on or before `day`."""
    while not is_banking_day(day):
        day -= timedelta(days=1)
    return day


def _next(day: date) -> date:
    day += timedelta(days=1)
    while not is_banking_day(day):
        day += timedelta(days=1)
    return day
