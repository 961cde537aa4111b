"""How commands and screens show schedules: as JSON, in lists, and by their coming runs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from models import schedules
from models.recurrence import WEEKDAYS
from models.schedules import Listed, Run, Schedule
from tui.wording import both_times, local_time, state_text


def as_item(one: Listed) -> dict[str, Any]:
    """A schedule as JSON: what it says, how it stands, when it comes next."""
    schedule, last = one.schedule, one.last
    return {
        "id": schedule.id,
        "entity": schedule.entity.name,
        **schedules.as_dict(schedule),
        "state": one.state,
        "when": schedule.recurrence.describe(),
        "next_run": one.next_run,
        "held_up_by": one.held_up_by or None,
        "last_job": {"id": last.job_id, "state": last.state} if last else None,
        "created_at": schedule.created_at,
        "created_by": schedule.created_by,
    }


def run_line(run: Run, schedule: Schedule, *, named: bool = False) -> str:
    """A coming run: `2026-01-06T02:00:00Z   6 Jan 03:00 CET  nightly  31 → 28 Feb`.

    The second time is the viewer's; for a viewer in UTC, as on most servers, that of the schedule's zone.
    """
    own = bool(run.at.astimezone().utcoffset())
    local = local_time(run.at, None if own else schedule.zone)
    parts = [f"{run.at:%Y-%m-%dT%H:%M:%SZ}", local, schedule.name if named else "", "; ".join(run.notes)]
    return "  ".join(part for part in parts if part)


def shown_fields(one: Listed, runs: list[Run]) -> dict[str, Any]:
    """A schedule for people: the same, in words where JSON has numbers and objects."""
    schedule, last = one.schedule, one.last
    words = {
        "weekdays": [WEEKDAYS[day - 1] for day in schedule.weekdays],
        "next_run": both_times(one.next_run),
        "last_job": f"{last.job_id} {state_text(last.state)}" if last else None,
        "next_runs": [run_line(run, schedule) for run in runs],
    }
    return as_item(one) | words


def run_item(run: Run, one: Listed) -> dict[str, Any]:
    """A coming run as JSON."""
    return {
        "schedule": one.schedule.name,
        "entity": one.schedule.entity.name,
        "at": run.at,
        "local": run.at.astimezone().isoformat(timespec="seconds"),
        "notes": list(run.notes),
        "enabled": one.schedule.enabled,
        "held_up_by": one.held_up_by or None,
    }


def list_lines(found: list[Listed], *, several: bool) -> Iterator[str]:
    """Two lines a schedule, under the name of its group."""
    for state, group in groupby(found, key=lambda one: one.state):
        yield state.value.upper()
        for one in group:
            whose = f" ({one.schedule.entity.name})" if several else ""
            mark = "+ on " if one.schedule.enabled else "- off"
            yield f"  {mark}  {one.schedule.name}{whose}: {one.schedule.recurrence.describe()}"
            last = f"last job {one.last.job_id} {state_text(one.last.state)}" if one.last else "no job yet"
            coming = f"next {both_times(one.next_run)}" if one.next_run else ""
            yield "         " + "; ".join(part for part in (one.held_up_by or coming, last) if part)
