"""The form of a schedule by keys alone: its preview as one types, its plan, and the limit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from models import destinations, entities, facilities, mappings, schedules
from models.people import WAYBILL, Role
from models.schedules import Schedule
from tests.tui.schedule_desk import add, carry_out, daily, flat, named, put, shows, text, the_app
from tests.tui.screen_kit import (
    Desk,
    add_schedules,
    at_desk,
    notices,
    press,
)
from tui.screens.schedule_editor import ScheduleForm
from tui.screens.schedules import SchedulesScreen
from tui.widgets.inputs import Choice


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with at_desk(tmp_path / "home") as made:
        add_schedules(made)
        yield made


# The form


async def new_form(pilot: Pilot[None]) -> None:
    await press(pilot, "3", "n")
    assert shows(pilot, ScheduleForm)


def test_form_shows_ten_runs_in_both_times_before_anything_is_typed(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await new_form(pilot)
        assert "! 02:00 UTC went by just now: the next run is 21 Nov 02:00 UTC = 03:00 CET" in text(pilot)
        runs = text(pilot).partition("Every day at 02:00 UTC. Next:")[2].partition("The time is UTC")[0]
        assert runs.count(" UTC = ") == 10
        days = re.findall(r"(\d+) Nov 02:00 UTC = 03:00 CET", runs)
        assert sorted(map(int, days)) == list(range(21, 31))
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


def test_form_and_plan_say_that_a_time_has_just_gone_by(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await new_form(pilot)
        await put(pilot, at="01:57", name="x")
        said = "! 01:57 UTC went by 3 min ago: the next run is 21 Nov 01:57 UTC = 02:57 CET"
        assert said in text(pilot)
        await press(pilot, "ctrl+s")
        assert said in flat(pilot)
        await press(pilot, "escape")
        await put(pilot, at="02:01")
        assert "went by" not in text(pilot)

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
        assert "nobody holds the role Finance yet: 9 Admin (n, then r), or waybill user" in text(pilot)

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
