"""Schedules by keys alone: the list with its limit, one in full, the form and its preview, plans, a month."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from models import destinations, entities, facilities, mappings, schedules
from models.audit import Actor, AuditEntry
from models.facilities import Facility
from models.jobs import Job, JobState, Output, Route
from models.people import WAYBILL, Role
from models.recurrence import Frequency, Recurrence
from models.schedules import Instruction, Schedule
from tests.tui.screen_kit import (
    BEGIN,
    Desk,
    add_schedules,
    at_desk,
    notices,
    press,
    screen_text,
    settled,
    static,
)
from tui.app import WaybillApp
from tui.kit.plan import PlanScreen
from tui.screens.job import JobScreen
from tui.screens.schedule import ScheduleScreen
from tui.screens.schedule_editor import ScheduleForm
from tui.screens.schedule_month import MonthScreen
from tui.screens.schedules import SchedulesScreen
from tui.widgets.inputs import Choice


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with at_desk(tmp_path / "home") as made:
        add_schedules(made)
        yield made


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


# The list


def test_list_has_the_three_groups_with_counts_and_the_limit(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "3")
        assert "[active 1]  pending 2   completed 0   all 3" in text(pilot)
        assert "2 of 12 schedules of Acme Nordic running" in text(pilot)
        assert "2026-11-20 02:30:00 UTC (03:30 CET)" in text(pilot)
        assert "not yet" in text(pilot)
        await press(pilot, "right")
        assert "[ ] For the audit" in text(pilot)
        await press(pilot, "right")
        assert "No schedule is completed. There is 1 active, 2 pending: ]" in text(pilot)

    desk.drive(scenario)


def test_list_shows_last_runs_as_marks_and_words(desk: Desk) -> None:
    done, failed = JobState.COMPLETED, JobState.FAILED
    ran(desk, done, done, failed, done)

    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "3")
        assert "++x+" in text(pilot)
        assert "Last runs: 3 completed, 1 failed" in text(pilot)

    desk.drive(scenario)


def test_list_without_a_schedule_says_how_to_make_one(tmp_path: Path) -> None:
    with at_desk(tmp_path / "home") as empty:

        async def scenario(pilot: Pilot[None]) -> None:
            await press(pilot, "3")
            assert "Make one: n" in text(pilot)
            facilities.deactivate(WAYBILL, empty.site.facility)
            await press(pilot, "ctrl+r")
            assert "no facility is active to make one for" in text(pilot)
            await press(pilot, "n")
            assert "activate one: 5 Facilities" in notices(the_app(pilot))

        empty.drive(scenario)


def test_acts_without_the_role_stay_in_sight_and_say_why(desk: Desk) -> None:
    viewer = desk.site.add_user("viewer@example.com", Role.FINANCE)

    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "3", "ctrl+r")
        await settled(pilot)
        assert "(n New)  (e Edit)  (d Duplicate)  (o Enable/disable)  (D Delete)  m Month" in text(pilot)
        for key in "nedoD":
            await press(pilot, key)
            assert shows(pilot, SchedulesScreen)
        assert "may not manage schedules: ask an Administrator for the role" in notices(the_app(pilot))

    actor = Actor(user_id=viewer.id, name=viewer.email)
    replace(desk, actor=actor).drive(scenario, size=(120, 40))


# One in full


def test_detail_tells_all_and_opens_the_job_of_a_run(desk: Desk) -> None:
    jobs = ran(desk, JobState.COMPLETED, JobState.FAILED, JobState.PENDING)

    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "3", "enter")
        assert shows(pilot, ScheduleScreen)
        summary = static(the_app(pilot), "#summary") + text(pilot)
        for words in ("Nightly  active, enabled", "other invoices csv; ACH invoices not exported"):
            assert words in summary
        assert "+x.  1 completed, 1 failed, 1 pending" in summary
        assert f"job {jobs[-1].id} pending" in summary
        assert "2026-11-20 02:30 UTC" in text(pilot)
        assert "20 Nov 03:30 CET" in text(pilot)
        await press(pilot, "right", "down", "enter")
        assert shows(pilot, JobScreen)
        assert f"JOB {jobs[1].id}" in text(pilot).splitlines()[0]

    desk.drive(scenario)


@pytest.mark.parametrize("link", ["schedule/Nightly", "schedule/1"])
def test_link_opens_one_by_name_or_number(desk: Desk, link: str) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        the_app(pilot).open(link)
        await settled(pilot)
        assert "Nightly  active, enabled" in text(pilot)

    desk.drive(scenario)


def test_link_to_none_says_so(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        the_app(pilot).open("schedule/nowhere")
        await settled(pilot)
        assert "there is no schedule nowhere" in notices(the_app(pilot))

    desk.drive(scenario)


def test_neighbours_are_those_of_the_list(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "3", "right", "enter")
        assert "Month end  pending" in text(pilot)
        await press(pilot, "right_square_bracket")
        assert "For the audit  pending, disabled" in text(pilot)

    desk.drive(scenario)


# The form


async def new_form(pilot: Pilot[None]) -> None:
    await press(pilot, "3", "n")
    assert shows(pilot, ScheduleForm)


def test_form_shows_ten_runs_in_both_times_before_anything_is_typed(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await new_form(pilot)
        assert text(pilot).count(" UTC = ") == 10
        assert "21 Nov 02:00 UTC = 03:00 CET" in text(pilot)
        assert "what is 03:00 CET is 04:00 CEST from 28 Mar 2027 on" in text(pilot)
        assert "3 of 12 schedules of Acme Nordic running after this" in text(pilot)
        assert "! is missing" not in text(pilot)

    desk.drive(scenario)


@pytest.mark.parametrize(
    ("start", "note", "moved"),
    [
        ("2027-03-26", "02:30 does not exist on 28 Mar in Europe/Copenhagen → 03:00", "28 Mar 01:00 UTC"),
        ("2027-10-29", "02:30 comes twice on 31 Oct in Europe/Copenhagen → the first", "31 Oct 00:30 UTC"),
    ],
    ids=["spring", "autumn"],
)
def test_form_tells_of_the_nights_on_which_clocks_change(
    desk: Desk, start: str, note: str, moved: str
) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await new_form(pilot)
        await put(pilot, at="02:30", zone="Europe/Copenhagen", start=start)
        assert f"! {note}" in text(pilot)
        day, month, rest = moved.split(" ", 2)
        assert [line for line in text(pilot).splitlines() if f"! {day} {month}" in line and rest in line]

    desk.drive(scenario, size=(120, 40))


def test_form_tells_of_a_clock_change_that_comes_after_the_runs_shown(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await new_form(pilot)
        await put(pilot, at="02:30", zone="Europe/Copenhagen")
        assert "Later: 02:30 does not exist on 28 Mar" in text(pilot)

    desk.drive(scenario)


def test_form_tells_of_shorter_months(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await new_form(pilot)
        await put(pilot, frequency="monthly", day="31")
        assert "31 → 28 Feb" in text(pilot)

    desk.drive(scenario)


def test_form_says_at_once_that_it_would_never_run(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await new_form(pilot)
        await put(pilot, start="2026-11-01", end="2026-11-02")
        assert "would never run, all its times are past" in flat(pilot)
        await put(pilot, end="2026-10-01")
        assert "end date 2026-10-01 is before the start date" in flat(pilot)
        await put(pilot, end="")
        assert "would never run" not in text(pilot)

    desk.drive(scenario)


def test_form_names_zones_that_are_near_what_is_typed(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await new_form(pilot)
        await put(pilot, name="x", zone="copenh")
        assert "there is Europe/Copenhagen" in text(pilot)

    desk.drive(scenario, size=(120, 40))


def test_form_offers_finance_users_only_and_each_route_its_types_and_mappings(desk: Desk) -> None:
    desk.site.add_user("support@example.com", Role.SUPPORT)
    mappings.create(WAYBILL, desk.site.entity, "ERP", {"columns": [{"header": "No", "source": "number"}]})

    async def scenario(pilot: Pilot[None]) -> None:
        await new_form(pilot)
        choices = {field.id: field.choices for field in pilot.app.screen.query(Choice)}
        assert choices["f-person"] == ["finance@example.com"]
        assert "nacha" in choices["f-ach"]
        assert "nacha" not in choices["f-other"]
        assert choices["f-other_mapping"] == ["", "ERP"]
        await put(pilot, ach="nacha")
        assert not pilot.app.screen.query_one("#r-ach_mapping").display, "it has no columns to choose"
        await put(pilot, ach="csv")
        assert pilot.app.screen.query_one("#r-ach_mapping").display

    desk.drive(scenario)


def test_new_one_is_planned_and_made(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await new_form(pilot)
        await press(pilot, *"Weekly")
        await put(pilot, frequency="weekly", weekdays="mon,thu", at="06:15")
        await press(pilot, "ctrl+s")
        assert "Every week on Monday and Thursday at 06:15 UTC" in flat(pilot)
        assert "runs 2026-11-23 06:15:00 UTC (07:15 CET)" in text(pilot)
        assert "other invoices: csv" in text(pilot)
        assert "ACH invoices: not exported, they stay pending" in text(pilot)
        assert "> Cancel <" in text(pilot)
        assert Schedule.select().where(Schedule.name == "Weekly").count() == 0, "a plan changes nothing"
        await carry_out(pilot)
        assert shows(pilot, SchedulesScreen)
        assert "created Weekly" in notices(the_app(pilot))
        assert the_app(pilot).drafts == {}

    desk.drive(scenario)
    made = named(desk, "Weekly")
    assert (made.enabled, made.at, made.weekdays) == (True, 6 * 60 + 15, [1, 4])
    assert made.created_by == "anna@example.com"


def test_new_one_of_several_facilities_asks_for_which(desk: Desk) -> None:
    other = entities.create(WAYBILL, "Zebra")
    place = facilities.create(WAYBILL, other, "Bank", destinations.find(other, "payable"), {})
    facilities.activate(WAYBILL, place)

    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "3", "n")
        assert "ERP north, Acme Nordic" in text(pilot)
        await press(pilot, "right", "ctrl+s")
        assert shows(pilot, ScheduleForm)
        assert "new: Bank, Zebra" in text(pilot).splitlines()[0].replace(
            "NEW: BANK, ZEBRA", "new: Bank, Zebra"
        )
        assert "nobody holds the role Finance yet" in text(pilot)

    desk.drive(scenario, size=(120, 40))


def test_edited_one_shows_what_changes_and_keeps_the_rest(desk: Desk) -> None:
    before = schedules.as_dict(named(desk, "Month end"))

    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "3", "right", "e")
        assert pilot.app.screen.query_one("#f-zone", Input).value == "Europe/Copenhagen"
        await press(pilot, "ctrl+s")
        assert "it says that already" in text(pilot)
        await press(pilot, "escape")
        await put(pilot, at="21:00")
        await press(pilot, "ctrl+s")
        assert "at: 22:30 → 21:00" in text(pilot)
        await carry_out(pilot)
        assert "changed Month end" in notices(the_app(pilot))

    desk.drive(scenario)
    assert schedules.as_dict(named(desk, "Month end")) == before | {"at": "21:00"}


def test_duplicated_one_is_in_the_editor_disabled_under_another_name(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "3", "d")
        assert pilot.app.screen.query_one("#f-name", Input).value == "Nightly copy"
        await press(pilot, "ctrl+s")
        await carry_out(pilot)

    desk.drive(scenario)
    copy = named(desk, "Nightly copy")
    assert not copy.enabled
    assert copy.recurrence == named(desk, "Nightly").recurrence


# The limit


def reach_limit(desk: Desk) -> None:
    for number in range(10):
        add(desk, f"s{number}", daily())


def test_limit_reached_is_said_in_the_list_in_the_form_and_by_the_plan(desk: Desk) -> None:
    reach_limit(desk)

    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "3")
        assert "! 12 of 12 schedules of Acme Nordic running: that is the limit" in text(pilot)
        await press(pilot, "n")
        assert "! 12 of 12 schedules" in text(pilot)
        await press(pilot, *"more", "ctrl+s")
        assert "has 12 schedules enabled and not completed, and its limit is 12" in " ".join(
            text(pilot).split()
        )
        assert "> Close <" in text(pilot)
        await press(pilot, "escape")
        await put(pilot, enabled="no")
        assert "12 of 12 schedules" in text(pilot)
        await press(pilot, "ctrl+s")
        await carry_out(pilot)

    desk.drive(scenario, size=(120, 40))
    assert not named(desk, "more").enabled


def test_enabling_over_the_limit_is_refused_by_the_plan(desk: Desk) -> None:
    reach_limit(desk)

    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "3", "right", "down", "o")
        assert "its limit is 12" in flat(pilot)
        assert "> Close <" in text(pilot)

    desk.drive(scenario, size=(120, 40))
    assert not named(desk, "For the audit").enabled


# Plans


def test_disabled_and_enabled_by_plan(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "3", "o")
        assert "does not run 2026-11-20 02:30:00 UTC" in text(pilot)
        await carry_out(pilot)
        assert "[ ] Nightly" in text(pilot)
        assert "1 of 12 schedules" in text(pilot)
        await press(pilot, "o")
        assert "2 of 12 schedules of Acme Nordic running after this" in flat(pilot)
        await carry_out(pilot)
        assert "[x] Nightly" in text(pilot)

    desk.drive(scenario)


def test_deleted_one_says_what_becomes_of_its_open_jobs_and_wants_a_reason(desk: Desk) -> None:
    *_, job = ran(desk, JobState.COMPLETED, JobState.PENDING)

    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "3", "enter", "D")
        assert f"job {job.id} is pending and goes on" in flat(pilot)
        await press(pilot, *"year", "end")
        await press(pilot, "enter", "enter")
        assert shows(pilot, SchedulesScreen), "nothing is left to show in full"
        assert "deleted Nightly" in notices(the_app(pilot))
        assert "Nightly" not in text(pilot).splitlines()[4]

    desk.drive(scenario)
    entry = AuditEntry.select().order_by(AuditEntry.id.desc()).first()
    assert (entry.action, entry.subject_name, entry.reason) == ("delete", "Nightly", "year")
    assert Job.get_by_id(job.id).state is JobState.PENDING


# The month


def test_month_shows_what_ran_and_what_is_planned(desk: Desk) -> None:
    ran(desk, JobState.COMPLETED, JobState.FAILED, JobState.COMPLETED)

    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "3", "m")
        assert shows(pilot, MonthScreen)
        assert "Nov 2026, days of UTC" in text(pilot)
        assert "+ 02:30    x 02:30    + 02:30    o 02:30" in text(pilot)
        assert "[20]" in text(pilot)
        await press(pilot, "right")
        assert text(pilot).count("o 02:30") == 31
        await press(pilot, "left", "left")
        assert "Oct 2026" in text(pilot)
        await press(pilot, "home", "escape")
        assert shows(pilot, SchedulesScreen)

    desk.drive(scenario)


def test_month_notes_the_night_on_which_clocks_change(desk: Desk) -> None:
    nights = replace(daily(time(2, 30)), zone="Europe/Copenhagen")
    schedule = add(desk, "Nights", nights)

    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.app.push_screen(MonthScreen(schedule.id))
        await settled(pilot)
        await press(pilot, "right", "right", "right", "right")
        assert "o 03:00!" in text(pilot)
        assert "! 02:30 does not exist on 28 Mar in Europe/Copenhagen → 03:00" in text(pilot)

    desk.drive(scenario)


def test_facility_made_inactive_holds_up_what_stays_in_the_list(desk: Desk) -> None:
    entities.edit(WAYBILL, desk.site.entity, export_scheduler=False)
    assert Facility.get_by_id(desk.site.facility.id).state == "active"

    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "3")
        assert "Enabled, but held up: the export scheduler of Acme Nordic is off" in text(pilot)
        await press(pilot, "enter")
        assert "held up: the export scheduler" in text(pilot)

    desk.drive(scenario)
