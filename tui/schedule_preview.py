"""What a schedule comes to, in lines: its next runs in both times, what is unusual, how it went last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import zip_longest
from zoneinfo import ZoneInfo

from models import clock
from models.errors import InvalidInput
from models.recurrence import MONTHS, Frequency, Recurrence
from models.schedules import Run, history, rules
from models.schedules.history import PastRun, Usage
from tui.widgets.plot import columns
from tui.wording import state_text

_RUNS = 10
_A_YEAR = timedelta(days=330)
_LATER = 400  # days that are looked at for a clock change


def preview_lines(recurrence: Recurrence, width: int) -> list[str]:
    """The schedule in words, its next ten runs, and what clocks and short months do to them."""
    now = clock.now()
    try:
        rules.check_runs(recurrence, now)
    except InvalidInput as error:
        return [f"! {error.message}. {error.remedy[:1].upper()}{error.remedy[1:]}"]
    runs = history.planned(recurrence, _RUNS, after=now)
    own = None if now.astimezone().utcoffset() else recurrence.zone
    cells = [f"{'!' if run.notes else ' '} {run_times(run.at, own, now)}" for run in runs]
    notes = "; ".join(dict.fromkeys(note for run in runs for note in run.notes))
    unusual = [f"! {notes}"] if notes else _later(recurrence, runs)
    missed = missed_words(recurrence, now)
    return [*missed, f"{recurrence.describe()}. Next:", *_columns(cells, width), *unusual]


def missed_words(recurrence: Recurrence, now: datetime) -> list[str]:
    """That a time has just gone by, so that the first run is later than one may think."""
    missed, following = history.just_missed(recurrence, now), recurrence.next_after(now)
    if missed is None or following is None:
        return []
    minutes = int((now - missed).total_seconds() // 60)
    ago = f"{minutes} min ago" if minutes else "just now"
    return [f"! {missed:%H:%M} UTC went by {ago}: the next run is {run_times(following, None, now).strip()}"]


def run_times(at: datetime, zone: str | None, now: datetime) -> str:
    """`30 Nov 22:30 UTC = 23:30 CET`, with the year when it is far off, and the other day when it is one.

    The second time is that of a zone, else the viewer's; left out where it is UTC.
    """
    year = f" {at.year}" if at - now > _A_YEAR else ""
    text = f"{_day(at)}{year} {at:%H:%M} UTC"
    local = at.astimezone(ZoneInfo(zone) if zone else None)
    if not local.utcoffset():
        return text
    other = "" if local.date() == at.date() else f"{_day(local).strip()} "
    return f"{text} = {other}{local:%H:%M %Z}"


def _day(at: datetime) -> str:
    return f"{at.day:>2} {MONTHS[at.month - 1]}"


def _columns(cells: Sequence[str], width: int) -> list[str]:
    """In two columns where they fit."""
    longest = max(map(len, cells), default=0) + 2
    if 2 * longest > width:
        return list(cells)
    half = -(-len(cells) // 2)
    pairs = zip_longest(cells[:half], cells[half:], fillvalue="")
    return [f"{left:<{longest}}{right}".rstrip() for left, right in pairs]


def _later(recurrence: Recurrence, runs: Sequence[Run]) -> list[str]:
    """What is going to be unusual after the runs shown, of which none is."""
    if recurrence.zone and recurrence.kind is not Frequency.HOURLY:
        late = history.unusual(recurrence, after=runs[-1].at)
        return [f"Later: {late.notes[0]}"] if late else []
    was = runs[0].at.astimezone()
    for days in range(1, _LATER):
        at = runs[0].at + timedelta(days=days)
        local = at.astimezone()
        if local.utcoffset() != was.utcoffset() and recurrence.next_after(at - timedelta(minutes=1)):
            since = f"{_day(local).strip()} {local.year}"
            return [f"The time is UTC: what is {was:%H:%M %Z} is {local:%H:%M %Z} from {since} on"]
    return []


def usage_line(usage: Usage, entity: str, *, more: int = 0) -> str:
    """How much of the limit is used, with so many more running."""
    running = usage.running + more
    used = f"{running} of {usage.limit} schedules of {entity} running"
    if running > usage.limit or (usage.left == 0 and not more):
        number = f"{usage.running} of {usage.limit} schedules of {entity} running"
        return f"! {number}: that is the limit. Disable or delete one before another is enabled"
    return f"{used} after this" if more else used


def run_marks(runs: Sequence[PastRun]) -> str:
    """A mark for each run, the newest last: `++++x++`."""
    return "".join(state_text(run.state)[0] for run in runs)


def sent_words(runs: Sequence[PastRun]) -> str:
    """A column a run, as high as the invoices it sent are many, and their range: `▂▁█  0 to 1,204`."""
    numbers = [run.succeeded for run in runs]
    if not any(numbers):
        return "no invoice"
    return f"{columns(numbers)[0]}  {min(numbers):,} to {max(numbers):,} invoices a run"


def runs_words(runs: Sequence[PastRun]) -> str:
    """`12 completed, 1 failed`; of those shown."""
    if not runs:
        return "has not run yet"
    counted = Counter(state_text(run.state)[2:] for run in runs)
    return ", ".join(f"{number} {state}" for state, number in counted.most_common())
