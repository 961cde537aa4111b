"""The first screen by keys alone: what needs a person, the first steps, counters, pictures."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from textual.pilot import Pilot

from models import services
from models.audit import Actor
from models.jobs import Job
from models.people import Role
from tests.conftest import ROOT
from tests.tui.screen_kit import (
    BEGIN,
    Desk,
    add_schedules,
    at_desk,
    fill,
    notices,
    press,
    rung,
    screen_text,
    settled,
    static,
    until,
)
from tui.app import WaybillApp
from tui.kit.plan import PlanScreen
from tui.screens.dashboard import DashboardScreen, Panel
from tui.screens.job import JobScreen
from tui.widgets.plot import bar, columns

FIRST = "dashboard"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with at_desk(tmp_path / "home") as made:
        yield made


@pytest.fixture
def made(desk: Desk) -> dict[str, Job]:
    jobs = fill(desk)
    add_schedules(desk)
    return jobs


def app_of(pilot: Pilot[None]) -> WaybillApp:
    assert isinstance(pilot.app, WaybillApp)
    return pilot.app


def test_program_opens_with_what_needs_a_person_and_counters(desk: Desk, made: dict[str, Job]) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        assert isinstance(pilot.app.screen, DashboardScreen)
        lines = screen_text(app_of(pilot)).splitlines()
        assert lines[0].startswith(" 1DASH")
        assert "3 things to look at" in lines[1]
        assert lines[3].startswith("> x failed: the pickup folder")
        assert any(line.startswith("  ! invoices on hold") for line in lines)
        assert any(line.split()[:5] == ["x", "failed", "3", "2", "2"] for line in lines)
        assert any("Nightly, ERP north" in line for line in lines)
        assert any("RECENT UTC" in line for line in lines)

    assert made
    desk.drive(scenario, link="")


def test_need_opened_leads_to_its_job(desk: Desk, made: dict[str, Job]) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "down", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobScreen))
        await settled(pilot)
        assert f"job {made['partly'].id}" in screen_text(app_of(pilot)).lower()

    desk.drive(scenario, link=FIRST)


def test_failures_of_one_cause_opened_list_just_those(desk: Desk, made: dict[str, Job]) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "enter")
        await until(pilot, lambda: "filtered" in screen_text(app_of(pilot)))
        await settled(pilot)
        text = screen_text(app_of(pilot))
        assert f"{made['failed'].id} " in text
        assert "error:" in text
        assert "+ completed" not in text

    desk.drive(scenario, link=FIRST)


def test_failures_of_one_cause_are_requeued_from_the_dashboard(desk: Desk, made: dict[str, Job]) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        assert "r Re-queue" in screen_text(app_of(pilot)).splitlines()[-1]
        await press(pilot, "r")
        assert isinstance(pilot.app.screen, PlanScreen)
        await press(pilot, *"disk", "enter", "enter")
        assert made["failed"].id in rung
        await press(pilot, "end")
        assert "(r Re-queue)" in screen_text(app_of(pilot))
        await press(pilot, "r")
        assert "put the cursor on jobs that failed" in notices(app_of(pilot))

    desk.drive(scenario, link=FIRST)


def test_tab_goes_through_the_lists_and_the_cursor_shows_in_one(desk: Desk, made: dict[str, Job]) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        for wanted in ("needs", "coming", "acts", "needs"):
            assert isinstance(pilot.app.focused, Panel)
            assert pilot.app.focused.id == wanted
            lines = screen_text(app_of(pilot)).splitlines()
            assert len([line for line in lines if line.startswith(">")]) == 1
            await press(pilot, "tab")

    assert made
    desk.drive(scenario, link=FIRST)


def test_empty_installation_shows_the_steps_each_leading_to_its_screen(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        text = screen_text(app_of(pilot))
        assert "TO A FIRST EXPORT" in text
        assert "> [x] a legal entity" in text
        assert "  [ ] a schedule" in text
        assert "3 or: waybill schedule create NAME" in text
        await press(pilot, *["down"] * 5, "enter")
        await until(pilot, lambda: app_of(pilot).current_mode == "schedule")

    desk.drive(scenario, link=FIRST)


def test_wide_dashboard_draws_a_bar_a_day_in_marks_and_numbers(desk: Desk, made: dict[str, Job]) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        text = screen_text(app_of(pilot))
        today = next(line for line in text.splitlines() if line.startswith("  20 Nov  ++"))
        assert "!!" in today
        assert "xx" in today
        assert today.split()[3:6] == ["1", "1", "2"]
        assert "19 Nov" in text
        assert "ENDED PER MINUTE, LAST 40: most 4" in text

    assert made
    desk.drive(scenario, size=(120, 40), link=FIRST)


def test_job_that_fails_meanwhile_comes_by_itself(desk: Desk, made: dict[str, Job]) -> None:
    assert made

    async def scenario(pilot: Pilot[None]) -> None:
        assert "1 pending" in static(app_of(pilot), "#stand")
        desk.site.new_job()
        await until(pilot, lambda: "2 pending" in static(app_of(pilot), "#stand"))

    desk.drive(scenario, link=FIRST)


def test_silent_worker_is_said_first(desk: Desk) -> None:
    desk.site.new_job()
    with time_machine.travel(BEGIN.replace(minute=9), tick=False):

        async def scenario(pilot: Pilot[None]) -> None:
            assert "none takes the jobs that wait" in static(app_of(pilot), "#stand")
            assert "! jobs that no worker takes" in screen_text(app_of(pilot))

        desk.drive(scenario, link=FIRST)


def test_dashboard_says_since_when_no_worker_runs_and_what_that_leaves_undone(desk: Desk) -> None:
    add_schedules(desk)
    desk.site.run()

    async def scenario(pilot: Pilot[None]) -> None:
        assert "Worker: nothing to do" in static(app_of(pilot), "#stand")
        services.leave(services.Kind.WORKER)
        said = "! No worker since 02:00 UTC; start one: waybill worker   1 thing to look at"
        await until(pilot, lambda: said in static(app_of(pilot), "#stand"))
        assert "! schedules, and no worker runs" in screen_text(app_of(pilot))

    desk.drive(scenario, link=FIRST)


def test_last_step_is_done_once_a_worker_runs_and_says_where_it_is_done(desk: Desk) -> None:
    services.leave(services.Kind.WORKER)

    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "end")
        assert "> [ ] a worker running" in screen_text(app_of(pilot))
        await press(pilot, "enter")
        assert "In another terminal: waybill up" in notices(app_of(pilot))
        services.begin(services.Kind.WORKER)
        await until(pilot, lambda: "> [x] a worker running" in screen_text(app_of(pilot)))

    desk.drive(scenario, link=FIRST)


def test_who_may_not_see_the_audit_sees_the_rest(desk: Desk, made: dict[str, Job]) -> None:
    assert made
    user = desk.site.add_user("setup@example.com", Role.INTEGRATION_SETUP)
    weak = Desk(home=desk.home, site=desk.site, actor=Actor(user_id=user.id, name=user.email))

    async def scenario(pilot: Pilot[None]) -> None:
        text = screen_text(app_of(pilot))
        assert "x failed" in text
        assert "anna@example.com" not in text.split("RECENT", 1)[1]

    weak.drive(scenario, link=FIRST)


@pytest.mark.parametrize(
    ("values", "height", "lines"),
    [
        ([0, 1, 8], 1, [" ▁█"]),
        ([0, 0], 2, ["  ", "  "]),
        ([1, 1000], 1, ["▁█"]),
        ([4, 8], 2, [" █", "██"]),
        ([], 1, [""]),
    ],
    ids=["scaled", "nothing", "small ones show", "two lines", "no value"],
)
def test_columns_stand_for_numbers(values: list[int], height: int, lines: list[str]) -> None:
    assert columns(values, height) == lines


def test_bar_shows_every_part_however_small() -> None:
    assert bar([("+", 100), ("!", 0), ("x", 1)], 101, 10) == "+" * 9 + "x"
    assert bar([("+", 5)], 0, 10) == ""


def test_first_screen_is_drawn_before_plans_and_lists_are_loaded() -> None:
    late = ("tui.kit.plan", "tui.kit.listing", "models.repairs.requeue", "huey")
    code = f"import sys, tui.app, tui.screens.dashboard as _; print(set({late}) & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
