"""A month of a schedule as text: what ran with its outcome, what is planned, a column a weekday."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from models import clock, schedules
from models.errors import InvalidInput
from models.recurrence import MONTHS, WEEKDAYS, today
from models.schedules import Schedule, history
from models.schedules.history import Day
from tui.wording import one_line, state_text

_WIDTH = 11
_PLANNED = "o"
_FIRST_MONTH, _LAST_MONTH = 1970 * 12, 9998 * 12 + 11
_LEGEND = "o planned   + completed   ! with errors   x failed   . pending   > in progress   - cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """One month of a schedule."""

    schedule: str
    first: date
    words: str
    zone: str | None
    today: date
    days: Sequence[Day]


def read(schedule: Schedule, first: date | None = None) -> Month:
    """The month of a day, else of today; of a schedule that is disabled nothing is planned.

    Raises `InvalidInput` for a month at the end of time.
    """
    when = schedule.recurrence
    now = today(when.zone, clock.now())
    first = (first or now).replace(day=1)
    if not _FIRST_MONTH <= first.year * 12 <= _LAST_MONTH:
        raise InvalidInput(
            f"no schedule runs in {first:%Y-%m}", remedy="give a month from 1970-01 to 9998-12"
        )
    days = history.month(when, first.year, first.month, schedule_id=schedule.id)
    words = when.describe()
    if not schedule.enabled:
        days = [Day(on=day.on, ran=day.ran) for day in days]
        words += "; disabled, so nothing is planned"
    elif why := schedules.held_up(schedule):
        words += f"; held up: {why}"
    return Month(schedule=schedule.name, first=first, words=words, zone=when.zone, today=now, days=days)


def page_lines(month: Month) -> list[str]:
    """The month with its title, what its marks mean, and what is unusual."""
    title = f"{MONTHS[month.first.month - 1]} {month.first.year}, days of {month.zone or 'UTC'}"
    words = one_line(f"{month.schedule}: {month.words}")
    calendar = month_lines(month.days, month.zone, month.today)
    return [title, words, "", *calendar, "", _LEGEND, *_notes(month.days)]


def day_item(day: Day) -> dict[str, Any]:
    """A day as JSON."""
    return {
        "on": day.on.isoformat(),
        "planned": [{"at": run.at, "notes": list(run.notes)} for run in day.planned],
        "ran": [{"job": run.job_id, "due_at": run.due_at, "state": run.state} for run in day.ran],
    }


def month_lines(days: Sequence[Day], zone: str | None, now: date) -> list[str]:
    """A line of weekdays, then two lines a week: its days, and what is on them."""
    lines = ["".join(f" {name[:3]:<{_WIDTH - 1}}" for name in WEEKDAYS).rstrip()]
    offset = days[0].on.weekday()
    for first in range(-offset, len(days), 7):
        week = [days[place] if 0 <= place < len(days) else None for place in range(first, first + 7)]
        numbers = (_number(day, now) if day else "" for day in week)
        lines.append("".join(f"{number:<{_WIDTH}}" for number in numbers).rstrip())
        lines.append("".join(f" {_what(day, zone) if day else '':<{_WIDTH - 1}}" for day in week).rstrip())
    return lines


def shifted(first: date, by: int) -> date:
    """The first day so many months later."""
    months = min(max(first.year * 12 + first.month - 1 + by, _FIRST_MONTH), _LAST_MONTH)
    return date(months // 12, months % 12 + 1, 1)


def _notes(days: Sequence[Day]) -> list[str]:
    """What is unusual about runs that are planned in it."""
    return list(dict.fromkeys(f"! {note}" for day in days for run in day.planned for note in run.notes))


def _number(day: Day, now: date) -> str:
    return f"[{day.on.day}]" if day.on == now else f" {day.on.day}"


def _what(day: Day, zone: str | None) -> str:
    """One run: its mark and time; several: how many of each mark."""
    marks = [*(state_text(run.state)[0] for run in day.ran), *(_PLANNED for _ in day.planned)]
    if not marks:
        return ""
    if len(marks) > 1:
        return " ".join(f"{number}{mark}" for mark, number in Counter(marks).items())
    if day.ran:
        return f"{marks[0]} {_clock(day.ran[0].due_at, zone)}"
    (run,) = day.planned
    return f"{marks[0]} {_clock(run.at, zone)}{'!' if run.notes else ''}"


def _clock(at: datetime, zone: str | None) -> str:
    return f"{at.astimezone(ZoneInfo(zone or 'UTC')):%H:%M}"
