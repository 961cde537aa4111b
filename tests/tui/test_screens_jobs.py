"""The screens by keys alone, on a real database: lists, one job, re-queueing, trouble."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from models import facilities
from models.audit import Actor
from models.jobs import Job, JobState, queries
from models.people import WAYBILL, Role
from tests.models.ended_jobs import CANNOT_WRITE
from tests.tui.screen_kit import (
    BEGIN,
    Desk,
    at_desk,
    cursor,
    fill,
    job,
    keys,
    notices,
    press,
    rung,
    screen_text,
    settled,
    until,
)
from tui import app as program
from tui.kit.plan import PlanScreen
from tui.kit.reader import ReaderScreen
from tui.screens.job import JobScreen
from tui.screens.jobs import JobsScreen
from tui.widgets import window


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with at_desk(tmp_path / "home") as made:
        yield made


@pytest.fixture
def made(desk: Desk) -> dict[str, Job]:
    return fill(desk)


def test_jobs_opened_show_every_job_with_state_in_words(desk: Desk, made: dict[str, Job]) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        text = screen_text(desk_app(pilot))
        for words in ("x failed", "! with errors", "+ completed", "> in progress", ". pending"):
            assert words in text
        assert "[all 6]" in text
        assert "02:00:00" in text
        assert keys(desk_app(pilot)) == [str(each.id) for each in reversed(made.values())]

    desk.drive(scenario)


def shows(pilot: Pilot[None], kind: type[Screen[Any]]) -> bool:
    return isinstance(pilot.app.screen, kind)


def desk_app(pilot: Pilot[None]) -> program.WaybillApp:
    assert isinstance(pilot.app, program.WaybillApp)
    return pilot.app


def test_jobs_turned_to_failed_show_those_alone(desk: Desk, made: dict[str, Job]) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "right", "right", "right")
        assert "[failed 3]" in screen_text(desk_app(pilot))
        assert keys(desk_app(pilot)) == [str(made[name].id) for name in ("nothing taken", "failed", "partly")]
        await press(pilot, "left")
        assert "[pending 1]" in screen_text(desk_app(pilot))

    desk.drive(scenario)


def test_jobs_preview_says_reason_and_remedy_of_the_row(desk: Desk, made: dict[str, Job]) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "right", "right", "right", "down")
        text = screen_text(desk_app(pilot))
        assert cursor(desk_app(pilot)) == str(made["failed"].id)
        assert CANNOT_WRITE.reason in text
        assert f"To do: {CANNOT_WRITE.remedy}" in text

    desk.drive(scenario)


def test_job_opened_and_left_keeps_the_cursor(desk: Desk, made: dict[str, Job]) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "down", "down", "enter")
        assert shows(pilot, JobScreen)
        await press(pilot, "escape")
        assert shows(pilot, JobsScreen)
        assert cursor(desk_app(pilot)) == str(made["nothing taken"].id)

    desk.drive(scenario)


def test_job_shown_says_what_happened_and_where_its_invoices_are(desk: Desk, made: dict[str, Job]) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.app.push_screen(JobScreen(made["partly"].id))
        await settled(pilot)
        text = " ".join(screen_text(desk_app(pilot)).split())
        assert "! with errors" in text
        assert "7 exported by this job" in text
        assert "1 on hold until somebody decides" in text
        assert text.index("x failed") < text.index("+ successful"), "what failed stands first"
        await press(pilot, "right")
        assert "batch" in screen_text(desk_app(pilot))
        await press(pilot, "right", "right", "right")
        assert "claimed" in screen_text(desk_app(pilot))

    desk.drive(scenario)


def test_job_row_opened_shows_all_of_it_as_text(desk: Desk, made: dict[str, Job]) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.app.push_screen(JobScreen(made["done"].id))
        await settled(pilot)
        await press(pilot, "right", "right", "right", "enter")
        assert shows(pilot, ReaderScreen)
        assert "Attempt 1: completed" in screen_text(desk_app(pilot))
        await press(pilot, "escape")
        assert shows(pilot, JobScreen)

    desk.drive(scenario)


def test_job_neighbours_are_those_of_the_list(desk: Desk, made: dict[str, Job]) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "right", "right", "right", "enter")
        assert f"Job    {made['nothing taken'].id} " in screen_text(desk_app(pilot))
        await press(pilot, "right_square_bracket")
        assert f"Job    {made['failed'].id} " in screen_text(desk_app(pilot))
        await press(pilot, "left_square_bracket", "left_square_bracket")
        assert "no further one" in screen_text(desk_app(pilot))

    desk.drive(scenario)


# Re-queueing


def test_requeue_rests_on_the_reason_and_enter_changes_nothing(desk: Desk, made: dict[str, Job]) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "right", "right", "right", "down", "r")
        assert shows(pilot, PlanScreen)
        assert isinstance(pilot.app.focused, Input)
        await press(pilot, *"why", "enter")
        assert "> Re-queue 1 job <" in screen_text(desk_app(pilot))
        await press(pilot, "escape")
        assert shows(pilot, JobsScreen)

    desk.drive(scenario)
    assert job(made["failed"].id).state == JobState.FAILED


def test_requeue_without_a_reason_cannot_be_pressed(desk: Desk, made: dict[str, Job]) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "right", "right", "right", "down", "r", *("space",) * 3, "enter", "enter")

    desk.drive(scenario)
    assert job(made["failed"].id).state == JobState.FAILED
    assert rung == []


def test_requeue_with_a_reason_queues_the_job_and_rings(desk: Desk, made: dict[str, Job]) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "right", "right", "right", "down", "r")
        pilot.app.screen.query_one(Input).value = "the folder is back"
        await press(pilot, "enter", "enter")
        assert shows(pilot, JobsScreen)
        assert f"re-queued: job {made['failed'].id}" in screen_text(desk_app(pilot))
        assert str(made["failed"].id) not in keys(desk_app(pilot))

    desk.drive(scenario)
    assert job(made["failed"].id).state == JobState.PENDING
    assert rung == [made["failed"].id]


def test_requeue_of_marked_jobs_plans_for_all_of_them(desk: Desk, made: dict[str, Job]) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "right", "right", "right", "A")
        assert "3 marked" in screen_text(desk_app(pilot))
        await press(pilot, "r")
        text = screen_text(desk_app(pilot))
        assert "Re-queue 3 jobs" in text
        assert "Will do" in text
        assert f"job {made['failed'].id}: failed -> pending (ERP north: 4 invoices)" in text
        assert "Left out" in text
        await press(pilot, "escape", "escape")
        assert "marked" not in screen_text(desk_app(pilot))

    desk.drive(scenario)


def test_requeue_of_what_cannot_be_says_why_and_offers_only_close(desk: Desk, made: dict[str, Job]) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "r")  # the pending one
        assert f"Re-queue: job {made['waiting'].id} is pending, not failed" in notices(desk_app(pilot))
        assert "(r Re-queue)" in screen_text(desk_app(pilot))
        await press(pilot, "space", "r")
        text = screen_text(desk_app(pilot))
        assert f"job {made['waiting'].id}: it is queued already" in text
        assert "Close" in text
        assert "Reason" not in text

    desk.drive(scenario)


def test_requeue_without_the_role_says_which_is_needed(desk: Desk, made: dict[str, Job]) -> None:
    user = desk.site.add_user("setup@example.com", Role.INTEGRATION_SETUP)
    weak = Desk(
        home=desk.home,
        site=desk.site,
        actor=Actor(user_id=user.id, name="setup@example.com"),
    )

    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "right", "right", "right", "down", "r")
        text = notices(desk_app(pilot))
        assert "setup@example.com may not repair exports" in text
        assert "ask an Administrator" in text
        assert shows(pilot, JobsScreen)

    weak.drive(scenario)
    assert job(made["failed"].id).state == JobState.FAILED


def test_requeue_that_somebody_else_did_meanwhile_says_so(desk: Desk, made: dict[str, Job]) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "right", "right", "right", "down", "r")
        pilot.app.screen.query_one(Input).value = "the folder is back"
        facilities.deactivate(WAYBILL, desk.site.facility)
        await press(pilot, "enter", "enter")
        assert "inactive" in screen_text(desk_app(pilot))

    desk.drive(scenario)
    assert job(made["failed"].id).state == JobState.FAILED
    assert rung == []


# Pages


def test_jobs_beyond_a_page_come_when_the_cursor_leaves_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [desk.site.new_job().id for _ in range(120)]
    monkeypatch.setattr(window, "PAGE", 40)
    monkeypatch.setattr(window, "_MOST", 100)

    async def scenario(pilot: Pilot[None]) -> None:
        app = desk_app(pilot)
        assert len(keys(app)) < len(made)
        assert f"1/{len(made)}" in screen_text(app)
        await press(pilot, "end")
        assert cursor(app) == str(made[0])
        assert f"{len(made)}/{len(made)}" in screen_text(app)
        walked = [cursor(app)]
        for _ in made[1:]:
            await press(pilot, "up")
            walked.append(cursor(app))
        assert walked == [str(job_id) for job_id in made]
        await press(pilot, *("pagedown",) * 9)
        assert cursor(app) == str(made[0])

    desk.drive(scenario)


# Live, and in trouble


def test_jobs_changed_by_somebody_else_are_shown_without_a_key(desk: Desk, made: dict[str, Job]) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "down", "down")
        here = cursor(desk_app(pilot))
        new = desk.site.new_job()
        await until(pilot, lambda: str(new.id) in keys(desk_app(pilot)))
        assert cursor(desk_app(pilot)) == here, "the cursor stays on its job when others come"
        assert here == str(made["nothing taken"].id)

    desk.drive(scenario)


def test_database_gone_is_a_banner_that_goes_when_it_is_back(desk: Desk, made: dict[str, Job]) -> None:
    database, aside = desk.home / "waybill.db", desk.home / "aside.db"

    async def scenario(pilot: Pilot[None]) -> None:
        app = desk_app(pilot)
        database.rename(aside)
        await until(pilot, lambda: "cannot be reached" in screen_text(app))
        await press(pilot, "down", "r", "ctrl+r")
        assert not database.exists(), "looking must not make a new one"
        await press(pilot, "escape")
        aside.rename(database)
        await until(pilot, lambda: "cannot be reached" not in screen_text(app))
        assert str(made["done"].id) in keys(app)

    desk.drive(scenario)


def test_mistake_of_ours_in_a_thread_is_said(
    desk: Desk, made: dict[str, Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("oops")

    async def scenario(pilot: Pilot[None]) -> None:
        monkeypatch.setattr(queries, "counts", broken)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "Waybill itself failed: KeyError" in screen_text(desk_app(pilot)))
        assert str(made["done"].id) in keys(desk_app(pilot))

    desk.drive(scenario)


def test_job_waiting_long_for_a_worker_is_pointed_out(desk: Desk, made: dict[str, Job]) -> None:
    Job.update(state=JobState.CANCELLED).where(Job.id == made["running"].id).execute()
    with time_machine.travel(BEGIN.replace(minute=5), tick=False):

        async def scenario(pilot: Pilot[None]) -> None:
            await until(pilot, lambda: "no worker?" in screen_text(desk_app(pilot)))

        desk.drive(scenario)


# Nothing there


def test_jobs_of_an_empty_installation_list_the_first_steps(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        text = screen_text(desk_app(pilot))
        assert "[x] a legal entity" in text
        assert "[ ] invoices                     4  waybill import PATH" in text
        assert "[ ] a user with the role Finance 9  waybill user grant EMAIL finance" in text
        assert "[x] the facility active" in text
        await press(pilot, "r", "space", "enter")
        assert "there is no job here" in screen_text(desk_app(pilot))
        desk.site.add_user("finance@example.com", Role.FINANCE)
        await until(pilot, lambda: "[x] a user with the role Finance" in screen_text(desk_app(pilot)))
        await press(pilot, "3")
        assert "Make one: n" in screen_text(desk_app(pilot))

    desk.drive(scenario)


# Help, palette, leaving


def test_help_lists_every_key_of_the_screen(desk: Desk, made: dict[str, Job]) -> None:
    assert made

    async def scenario(pilot: Pilot[None]) -> None:
        wanted = [
            binding.binding.description
            for binding in pilot.app.screen.active_bindings.values()
            if not binding.binding.system and binding.binding.show
        ]
        await press(pilot, "question_mark")
        text = screen_text(desk_app(pilot))
        for description in wanted:
            assert description in text
        await press(pilot, "escape")
        assert shows(pilot, JobsScreen)

    desk.drive(scenario, size=(100, 50))


def test_palette_opens_a_job_by_its_number(desk: Desk, made: dict[str, Job]) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "ctrl+p", *str(made["done"].id))
        await until(pilot, lambda: "Open job" in screen_text(desk_app(pilot)))
        await press(pilot, "enter")
        await until(pilot, lambda: shows(pilot, JobScreen))

    desk.drive(scenario)


def test_palette_finds_an_act_by_its_name(desk: Desk, made: dict[str, Job]) -> None:
    assert made

    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, *("right",) * 3, "ctrl+p", *"re-q")
        await until(pilot, lambda: "waybill job requeue" in screen_text(desk_app(pilot)))
        await press(pilot, "enter")
        await until(pilot, lambda: shows(pilot, PlanScreen))

    desk.drive(scenario)


def test_keys_of_a_screen_are_bound_once(desk: Desk, made: dict[str, Job]) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        for opened in (None, JobScreen(made["done"].id)):
            if opened is not None:
                await pilot.app.push_screen(opened)
                await settled(pilot)
            own = [
                key
                for node in (pilot.app.screen, pilot.app)
                for key in type(node)._merged_bindings.key_to_bindings  # type: ignore[union-attr]
                if key not in ("tab", "shift+tab", "ctrl+c", "super+c", "ctrl+q", "ctrl+p")
            ]
            assert len(own) == len(set(own))

    desk.drive(scenario)


def test_q_leaves_from_the_list_and_from_a_job(desk: Desk, made: dict[str, Job]) -> None:
    async def from_list(pilot: Pilot[None]) -> None:
        await press(pilot, "q")

    async def from_job(pilot: Pilot[None]) -> None:
        await press(pilot, "enter", "q")

    assert made
    for scenario in (from_list, from_job):
        assert not desk.drive(scenario).is_running


@pytest.mark.parametrize("size", [(132, 43), (40, 10), (20, 5)])
def test_screens_of_any_size_stand(desk: Desk, made: dict[str, Job], size: tuple[int, int]) -> None:
    assert made

    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "enter", "escape", "r", "escape", "3", "2", "question_mark", "escape")
        assert shows(pilot, JobsScreen)

    desk.drive(scenario, size=size)
