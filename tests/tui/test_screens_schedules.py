"""Schedules by keys alone: the list, one in full, what enables, disables and deletes it, a month."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import time
from pathlib import Path

import pytest
from textual.pilot import Pilot

from models import entities, facilities
from models.audit import Actor, AuditEntry
from models.facilities import Facility
from models.jobs import Job, JobState
from models.people import WAYBILL, Role
from tests.tui.schedule_desk import add, carry_out, daily, flat, ran, shows, text, the_app
from tests.tui.screen_kit import (
    Desk,
    add_schedules,
    at_desk,
    notices,
    press,
    settled,
    static,
)
from tui.screens.job import JobScreen
from tui.screens.schedule import ScheduleScreen
from tui.screens.schedule_month import MonthScreen
from tui.screens.schedules import SchedulesScreen


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with at_desk(tmp_path / "home") as made:
        add_schedules(made)
        yield made


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
        assert "(n New)  (e Edit)  (d Duplicate)  (o Enable/disable)  (D Delete)  v Month" in text(pilot)
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
        await press(pilot, "3", "v")
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
