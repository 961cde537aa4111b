"""Facilities by keys alone: the catalogue, the setup step by step, switching, and a real server to try."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from models import breakers, facilities, facility_settings, facility_setup, schedules, secrets
from models.audit import Actor
from models.facilities import Facility, FacilityState
from models.facility_setup import Step
from models.people import WAYBILL, Role
from models.schedules import Schedule
from tests.tui.screen_kit import (
    Desk,
    add_schedules,
    at_desk,
    keys,
    notices,
    press,
    screen_text,
    settled,
    until,
)
from tests.worker.sshd import Sshd, running
from tui.app import WaybillApp
from tui.kit.plan import PlanScreen
from tui.screens.facilities import FacilitiesScreen
from tui.screens.facility import FacilityScreen
from tui.screens.facility_catalogue import CatalogueScreen
from tui.screens.facility_forms import FormatForm, StepForm
from tui.screens.facility_new import NewFacilityForm
from tui.screens.facility_trial import TrialScreen
from tui.screens.schedule import ScheduleScreen
from tui.screens.schedule_editor import ScheduleForm
from tui.widgets.inputs import Choice

SSHD = pytest.mark.outside("sshd", "ssh-keygen")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with at_desk(tmp_path / "home") as made:
        yield made


@pytest.fixture(scope="module")
def sshd(require_program: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """A server."""
    with running(require_program("sshd"), tmp_path_factory.mktemp("sshd") / "server") as started:
        yield started


async def at(pilot: Pilot[None], link: str) -> WaybillApp:
    """The program, where a link leads."""
    assert isinstance(pilot.app, WaybillApp)
    pilot.app.open(link)
    await settled(pilot)
    return pilot.app


async def fill_in(pilot: Pilot[None], **fields: str) -> None:
    """Paste into fields."""
    for name, text in fields.items():
        pilot.app.screen.query_one(f"#f-{name}", Input).focus()
        await pilot.pause()
        await press(pilot, "home", "ctrl+k")
        pilot.app.screen.query_one(f"#f-{name}").post_message(events.Paste(text))
        await settled(pilot)


def shows(app: WaybillApp, kind: type[Screen[Any]]) -> bool:
    """Whether a screen of that kind is in sight."""
    return isinstance(app.screen, kind)


def words(app: WaybillApp) -> str:
    """What stands on the screen, wherever its lines break."""
    return " ".join(screen_text(app).replace("│", " ").split())


def add_facility(desk: Desk, name: str, **settings: object) -> Facility:
    """A draft for the same destination."""
    return facilities.create(WAYBILL, desk.site.entity, name, desk.site.destination, settings)


def state(name: str) -> FacilityState:
    """How a facility stands in the database."""
    return FacilityState(Facility.get(Facility.name == name).state)


# The list


def test_facilities_say_state_destination_health_and_last_export(desk: Desk) -> None:
    desk.site.add_invoices(1)
    desk.site.run()
    add_facility(desk, "Bank", other_gateway="sftp")
    add_facility(desk, "Copy")
    for _ in range(breakers.OPENS_AFTER):
        breakers.failed(desk.site.facility.id, "pickup", "no route")

    async def scenario(pilot: Pilot[None]) -> None:
        app = await at(pilot, "facility")
        text = screen_text(app)
        for said in ("+ active", "ERP north", "payable/main", "20 Nov 02:00", "! pickup left", ". draft"):
            assert said in text
        assert "[all 3]  active 1   draft 2   inactive 0" in text
        assert "! configuration, authentication missing; e Edit goes on" in text
        assert "set up, o Activate" in text, "a draft that lacks nothing"
        await press(pilot, "right")
        assert keys(app) == [str(desk.site.facility.id)]
        assert "t Test ends that" in screen_text(app)

    desk.drive(scenario)


def test_facilities_in_a_wide_terminal_show_the_row_beside_the_list(desk: Desk) -> None:
    add_schedules(desk)
    add_facility(desk, "Bank", other_gateway="sftp")

    async def scenario(pilot: Pilot[None]) -> None:
        app = await at(pilot, "facility")
        await until(pilot, lambda: "Host is not set" in screen_text(app))
        assert "SFTP server: other files" in screen_text(app)
        await press(pilot, "down")
        await until(pilot, lambda: "[x] Nightly" in screen_text(app))

    desk.drive(scenario, size=(120, 40))


def test_facility_is_opened_by_its_name_and_neighbours_follow(desk: Desk) -> None:
    add_facility(desk, "Bank")

    async def scenario(pilot: Pilot[None]) -> None:
        app = await at(pilot, "facility/ERP north")
        assert "Facility ERP north  + active  payable/main of Acme Nordic" in screen_text(app)
        assert "FACILITY ERP NORTH" in screen_text(app)
        await press(pilot, "escape", "enter")
        assert "Facility Bank  . draft" in screen_text(app)
        await press(pilot, "right_square_bracket")
        assert "Facility ERP north" in screen_text(app)
        app = await at(pilot, "facility/nothing")
        assert "there is no facility nothing" in notices(app)

    desk.drive(scenario)


def test_facilities_forbidden_say_which_role_is_needed(desk: Desk) -> None:
    user = desk.site.add_user("fin@example.com", Role.FINANCE)
    weak = Desk(home=desk.home, site=desk.site, actor=Actor(user_id=user.id, name=user.email))

    async def scenario(pilot: Pilot[None]) -> None:
        app = await at(pilot, "facility")
        await until(pilot, lambda: "(n New)  (e Edit)" in screen_text(app))
        await press(pilot, "O", "n")
        assert "Integration" in notices(app)
        assert shows(app, FacilitiesScreen)
        await press(pilot, "enter", "enter")
        assert shows(app, FacilityScreen), "a step is changed by those who may alone"

    weak.drive(scenario)
    assert state("ERP north") is FacilityState.ACTIVE


# Setting one up


@SSHD
def test_wizard_goes_from_the_catalogue_to_an_active_facility(desk: Desk, sshd: Sshd) -> None:
    settings = sshd.settings()

    async def scenario(pilot: Pilot[None]) -> None:
        app = await at(pilot, "facility")
        await press(pilot, "n")
        assert shows(app, CatalogueScreen)
        assert "Password or Private key" in screen_text(app)
        await press(pilot, "down", "enter")
        assert shows(app, NewFacilityForm)
        assert "[1 system]" in screen_text(app)
        await press(pilot, *"Bank", "ctrl+s")
        assert shows(app, StepForm)
        assert "1 +system  [2 !configuration]" in screen_text(app)
        await fill_in(
            pilot,
            **{
                f"sftp--{name}": str(settings[f"sftp.{name}"])
                for name in ("host", "port", "user", "folder", "host_keys")
            },
        )
        app.screen.query_one("#f-sftp--auth").focus()
        await press(pilot, "k", "ctrl+s")
        assert "2 +configuration  [3 !authentication]" in screen_text(app)
        assert "Private key" in screen_text(app)
        name = f"facility--{Facility.get(Facility.name == 'Bank').id}--sftp_private_key"
        await fill_in(pilot, **{name: sshd.private_key})
        assert "OPENSSH" not in screen_text(app)
        await press(pilot, "ctrl+s")
        assert shows(app, PlanScreen), "the last step"
        assert "ERP north: active -> inactive" in screen_text(app)
        await press(pilot, "tab", "enter")
        assert shows(app, FacilityScreen)
        assert "+ system  + configuration  + authentication  + activate" in screen_text(app)

    desk.drive(scenario)
    bank = Facility.get(Facility.name == "Bank")
    assert (state("Bank"), state("ERP north")) == (FacilityState.ACTIVE, FacilityState.INACTIVE)
    assert bank.settings == settings
    key = facility_settings.secret_name(bank, "sftp", "private_key")
    assert secrets.reveal(key) == sshd.private_key, "all of its lines"


def test_wizard_left_keeps_the_draft_and_what_was_typed_but_no_secret(desk: Desk) -> None:
    bank = add_facility(desk, "Bank", ach_gateway="sftp", other_gateway="sftp")

    async def scenario(pilot: Pilot[None]) -> None:
        app = await at(pilot, "facility/Bank")
        await press(pilot, "e")
        await fill_in(pilot, **{"sftp--host": "erp.example.com"})
        await press(pilot, "escape")
        assert "kept as a draft" in notices(app)
        lacking = "2 configuration ! missing Host is not set; User is not set"
        assert lacking in " ".join(screen_text(app).split())
        await press(pilot, "escape", "e")
        assert app.screen.query_one("#f-sftp--host", Input).value == "erp.example.com"
        await fill_in(pilot, **{"sftp--user": "waybill"})
        await press(pilot, "ctrl+s")
        assert "[3 !authentication]" in screen_text(app)
        await press(pilot, *"hunter2")
        await press(pilot, "escape")
        assert "hunter2" not in str(app.drafts)
        assert app.drafts == {}

    desk.drive(scenario)
    steps = {one.step: one.done for one in facility_setup.steps(Facility.get_by_id(bank.id))}
    assert (steps[Step.CONFIGURATION], steps[Step.AUTHENTICATION]) == (True, False)
    assert state("Bank") is FacilityState.DRAFT


def test_settings_changed_later_keep_only_what_differs_from_the_default(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        app = await at(pilot, "facility/ERP north")
        await press(pilot, "e")
        await fill_in(pilot, other_file_name="../x")
        assert "so that two files would have one name" in words(app)
        await fill_in(pilot, other_file_name="out_{job}.{ext}")
        assert "Other files are called out_1." in screen_text(app)
        await press(pilot, "ctrl+s")
        assert shows(app, FacilityScreen), "a facility that is active has no further step"
        await press(pilot, "right")
        assert "out_{job}.{ext}" in screen_text(app)

    desk.drive(scenario)
    assert Facility.get().settings == {"other_file_name": "out_{job}.{ext}"}


def test_facility_renamed_in_its_first_step(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        app = await at(pilot, "facility/ERP north")
        await press(pilot, "enter", "end", *" 2", "ctrl+s")
        assert "Facility ERP north 2" in screen_text(app)

    desk.drive(scenario)
    assert Facility.get().name == "ERP north 2"


def test_file_type_says_what_it_lacks_and_opens_its_settings(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        app = await at(pilot, "facility/ERP north")
        await press(pilot, "right", "right", "right")
        for _ in range(20):
            if "> NACHA" in screen_text(app):
                break
            await press(pilot, "down")
        assert "! missing" in screen_text(app)
        assert "nacha.immediate_destination" in screen_text(app)
        await press(pilot, "enter")
        assert shows(app, FormatForm)
        await press(pilot, *"021000021", "escape")
        assert "not set" in screen_text(app)

    desk.drive(scenario)


def test_file_type_asks_for_a_setting_only_beside_the_one_that_it_is_about(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        app = await at(pilot, "facility/ERP north")
        form = FormatForm(Facility.get().id, "nacha")
        app.push_screen(form)
        await settled(pilot)
        row = form.query_one("#r-nacha--same_day_limit")
        assert not row.display
        form.query_one("#f-nacha--same_day", Choice).value = "urgent"
        await settled(pilot)
        assert row.display

    desk.drive(scenario)


# Automation


def test_automation_is_there_only_when_active_and_says_why_not(desk: Desk) -> None:
    add_schedules(desk)
    add_facility(desk, "Bank")

    async def scenario(pilot: Pilot[None]) -> None:
        app = await at(pilot, "facility/ERP north")
        await press(pilot, "left")
        text = screen_text(app)
        assert "[automation 3]" in text
        assert "Nightly" in text
        await press(pilot, "enter")
        assert shows(app, ScheduleScreen)
        await press(pilot, "escape", "n")
        assert shows(app, ScheduleForm)
        await press(pilot, "escape", "escape", "home", "enter", "left")
        text = screen_text(app)
        assert "Not yet: Bank is draft, and only an active facility exports by itself" in text
        assert "(n New schedule)" in text
        await press(pilot, "n")
        assert "only an active facility" in notices(app)

    desk.drive(scenario)


# Switching


def test_activate_says_what_it_switches_off_and_does_just_that(desk: Desk) -> None:
    add_schedules(desk)
    desk.site.add_invoices(3)
    add_facility(desk, "Bank")

    async def scenario(pilot: Pilot[None]) -> None:
        app = await at(pilot, "facility/Bank")
        await press(pilot, "o")
        text = words(app)
        for said in (
            "Bank: draft -> active",
            "ERP north: active -> inactive",
            "schedule Month end: enabled -> disabled",
            "schedule Nightly: enabled -> disabled",
            "3 invoices wait and go with the next export",
            "Switching ERP north on again leaves its schedules disabled",
        ):
            assert said in text
        assert "For the audit" not in text, "it is disabled already"
        assert "> Cancel <" in text
        await press(pilot, "enter")
        assert state("Bank") is FacilityState.DRAFT, "the focus rests on what changes nothing"
        await press(pilot, "o", "tab", "enter")
        assert "switched off: ERP north" in notices(app)
        assert "Facility Bank  + active" in screen_text(app)

    desk.drive(scenario)
    assert (state("Bank"), state("ERP north")) == (FacilityState.ACTIVE, FacilityState.INACTIVE)
    assert not Schedule.select().where(Schedule.enabled).exists()


def test_activate_what_changed_since_the_plan_is_refused(desk: Desk) -> None:
    add_facility(desk, "Bank")

    async def scenario(pilot: Pilot[None]) -> None:
        app = await at(pilot, "facility/Bank")
        await press(pilot, "o")
        facilities.deactivate(WAYBILL, Facility.get(Facility.name == "ERP north"))
        await press(pilot, "tab", "enter")
        assert "has changed since this was planned" in notices(app)

    desk.drive(scenario)
    assert state("Bank") is FacilityState.DRAFT


def test_activate_of_what_is_not_set_up_warns_that_exports_will_fail(desk: Desk) -> None:
    add_facility(desk, "Bank", other_gateway="sftp")

    async def scenario(pilot: Pilot[None]) -> None:
        app = await at(pilot, "facility/Bank")
        await press(pilot, "o")
        assert "Its exports will fail: configuration is not done: Host is not set" in words(app)

    desk.drive(scenario)


def test_deactivate_says_which_schedules_it_disables(desk: Desk) -> None:
    add_schedules(desk)

    async def scenario(pilot: Pilot[None]) -> None:
        app = await at(pilot, "facility")
        await press(pilot, "o")
        assert "ERP north is active already" in notices(app)
        await press(pilot, "O")
        assert "ERP north: active -> inactive" in screen_text(app)
        assert "schedule Nightly: enabled -> disabled" in screen_text(app)
        await press(pilot, "tab", "enter")
        assert "- inactive" in screen_text(app)

    desk.drive(scenario)
    assert state("ERP north") is FacilityState.INACTIVE
    assert schedules.enabled_names(desk.site.facility.id) == []


# Trying it


def sends_to(desk: Desk, sshd: Sshd, **changed: object) -> Facility:
    """The site's facility, which sends to the server."""
    facility = facilities.edit(WAYBILL, desk.site.facility, {**sshd.settings(**changed)})
    name = facility_settings.secret_name(facility, "sftp", "private_key")
    secrets.set_secret(WAYBILL, name, sshd.private_key)
    return facility


@SSHD
def test_trial_that_works_shows_each_step_and_ends_the_pause(desk: Desk, sshd: Sshd) -> None:
    facility = sends_to(desk, sshd)
    for _ in range(breakers.OPENS_AFTER):
        breakers.failed(facility.id, "sftp", "no route")

    async def scenario(pilot: Pilot[None]) -> None:
        app = await at(pilot, "facility/ERP north")
        await press(pilot, "right", "right")
        assert "! left alone" in screen_text(app)
        assert "no route" in screen_text(app)
        await press(pilot, "t")
        await until(pilot, lambda: "+ ok" in screen_text(app))
        text = screen_text(app)
        for name in ("resolve", "connect", "host key", "login", "folder", "rename", "read back", "remove"):
            assert f"+ {name}" in text
        assert "> Close <" in text
        await press(pilot, "enter")
        assert "left alone" not in screen_text(app)

    desk.drive(scenario)
    assert breakers.find(facility.id, "sftp") is None
    assert sshd.names() == []


@SSHD
def test_trial_that_fails_says_why_and_what_to_do(desk: Desk, sshd: Sshd) -> None:
    sends_to(desk, sshd, folder="/no/such/folder")

    async def scenario(pilot: Pilot[None]) -> None:
        app = await at(pilot, "facility")
        await press(pilot, "t")
        await until(pilot, lambda: "x failed" in screen_text(app))
        text = screen_text(app)
        assert "x folder" in text
        assert "To do" in text
        assert "+ login" in text
        assert "Approve" not in text
        await press(pilot, "escape")
        assert shows(app, FacilitiesScreen)

    desk.drive(scenario)


@SSHD
def test_trial_offers_to_approve_the_host_key_and_goes_on(desk: Desk, sshd: Sshd) -> None:
    facility = sends_to(desk, sshd, host_keys="")

    async def scenario(pilot: Pilot[None]) -> None:
        app = await at(pilot, "facility/ERP north")
        await press(pilot, "t")
        await until(pilot, lambda: "Approve this host key" in screen_text(app))
        await press(pilot, "tab", "tab", "enter")
        assert shows(app, PlanScreen)
        text = screen_text(app)
        assert sshd.fingerprint in text
        assert "Compare it with what its operator tells you" in text
        await press(pilot, "escape")
        assert (
            "sftp.host_keys" not in Facility.get_by_id(facility.id).settings
            or not Facility.get_by_id(facility.id).settings["sftp.host_keys"]
        )
        await press(pilot, "enter", "tab", "enter")
        assert shows(app, TrialScreen)
        await until(pilot, lambda: "+ ok" in screen_text(app))

    desk.drive(scenario)
    assert Facility.get_by_id(facility.id).settings["sftp.host_keys"] == f"ssh-ed25519 {sshd.fingerprint}"


def test_form_read_twice_is_laid_out_once(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        app = await at(pilot, "facility/ERP north")
        await press(pilot, "e")
        form = app.screen
        assert isinstance(form, StepForm)
        assert form.form is not None
        await form._put(form.form)
        assert len(form.query("#f-other_file_name")) == 1

    desk.drive(scenario)


def test_automation_of_one_switched_off_names_the_schedules_it_keeps(desk: Desk) -> None:
    add_schedules(desk)
    facilities.deactivate(WAYBILL, desk.site.facility)

    async def scenario(pilot: Pilot[None]) -> None:
        app = await at(pilot, "facility/ERP north")
        await press(pilot, "left")
        assert "ERP north is inactive" in screen_text(app)
        assert "kept, disabled: " in words(app)
        assert "Nightly" in words(app)

    desk.drive(scenario)
