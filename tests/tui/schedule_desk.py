"""A desk with schedules that ran, and the ways in which tests of their screens look at them and press."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

import time_machine
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from models import schedules
from models.jobs import Job, JobState, Output, Route
from models.people import WAYBILL
from models.recurrence import Frequency, Recurrence
from models.schedules import Instruction, Schedule
from tests.tui.screen_kit import (
    BEGIN,
    Desk,
    press,
    screen_text,
    settled,
)
from tui.app import WaybillApp
from tui.kit.plan import PlanScreen
from tui.widgets.inputs import Choice


def the_app(pilot: Pilot[None]) -> WaybillApp:
    assert isinstance(pilot.app, WaybillApp)
    return pilot.app


def text(pilot: Pilot[None]) -> str:
    return screen_text(the_app(pilot))


def shows(pilot: Pilot[None], kind: type[Screen[Any]]) -> bool:
    return isinstance(pilot.app.screen, kind)


def flat(pilot: Pilot[None]) -> str:
    """What stands there without frames and line ends, so that words that wrapped are found."""
    return " ".join(text(pilot).replace("│", " ").split())


async def put(pilot: Pilot[None], **values: str) -> None:
    """Fill fields of the form, as if they had been typed."""
    for name, value in values.items():
        field = pilot.app.screen.query_one(f"#f-{name}")
        assert isinstance(field, Input | Choice)
        field.value = value
        await settled(pilot)


async def carry_out(pilot: Pilot[None]) -> None:
    """From the harmless button of a plan to the other one, and press it."""
    assert shows(pilot, PlanScreen)
    await press(pilot, "tab", "enter")


def named(desk: Desk, name: str) -> Schedule:
    return schedules.find(desk.site.entity, name)


def add(desk: Desk, name: str, when: Recurrence, *, enabled: bool = True) -> Schedule:
    """One more, as add_schedules makes them."""
    person = named(desk, "Nightly").on_behalf_of_id
    outputs = {Route.OTHER: Output(format="csv")}
    said = Instruction(name=name, on_behalf_of=person, recurrence=when, outputs=outputs)
    return schedules.create(WAYBILL, desk.site.facility, said, enabled=enabled)


def daily(at: time = time(5)) -> Recurrence:
    return Recurrence(kind=Frequency.DAILY, start_date=date(2026, 11, 1), at=at)


def ran(desk: Desk, *states: JobState) -> list[Job]:
    """Nightly has run on as many nights before, and each ended so."""
    schedule = named(desk, "Nightly")
    start = Recurrence(kind=Frequency.DAILY, start_date=date(2026, 10, 1), at=time(2, 30))
    begin = BEGIN - timedelta(days=len(states))
    with time_machine.travel(begin, tick=False):
        Schedule.update(cursor=begin, next_due=start.next_after(begin)).where(
            Schedule.id == schedule.id
        ).execute()
    for day in range(len(states)):
        schedules.fire(begin + timedelta(days=day, minutes=31))
    jobs = list(Job.select().where(Job.schedule_id == schedule.id).order_by(Job.due_at))
    for job, state in zip(jobs, states, strict=True):
        Job.update(state=state).where(Job.id == job.id).execute()
    return jobs
