"""The pages of Admin by keys alone: users and roles, entities, mails, settings, audit, secrets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from models import audit, entities, notifications, people, secrets, settings_file
from models.audit import Actor, Sought
from models.database import connection
from models.errors import InvalidInput
from models.notifications import MailState, OutboxMail
from models.people import WAYBILL, Role
from tests.peers.smtp import PostOffice
from tests.tui.screen_kit import (
    Desk,
    add_schedules,
    at_desk,
    cursor,
    fill,
    keys,
    notices,
    press,
    screen_text,
    settled,
    static,
    until,
)
from tui.app import WaybillApp
from tui.kit.plan import PlanScreen
from tui.kit.reader import ReaderScreen
from tui.screens.act import ActScreen
from tui.screens.entity_form import EntityForm
from tui.screens.mail import MailScreen
from tui.screens.users import UsersScreen, roles_text


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with at_desk(tmp_path / "home") as made:
        fill(made)
        add_schedules(made)
        yield made


def app_of(pilot: Pilot[None]) -> WaybillApp:
    assert isinstance(pilot.app, WaybillApp)
    return pilot.app


def test_pages_follow_each_other_and_the_digit_stays_marked(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        for page in ("users 2", "entities 1", "mails 3", "settings", "audit", "secrets", "users 2"):
            lines = screen_text(app_of(pilot)).splitlines()
            assert f"[{page}" in lines[1]
            assert "9ADMIN" in lines[0]
            await press(pilot, "right_square_bracket")

    desk.drive(scenario, link="user")


# Users and roles


def test_user_made_has_no_role_and_is_given_one_by_a_plan(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "n", *"ben@example.com", "down", *"Ben", "ctrl+s")
        assert "Without an OS account" not in notices(app_of(pilot))
        assert "ben@example.com is saved" in notices(app_of(pilot))
        await press(pilot, "enter")
        assert "> [ ]" in screen_text(app_of(pilot))
        for _ in range(5):
            await press(pilot, "down")
        await press(pilot, "enter")
        text = screen_text(app_of(pilot))
        assert "Give Support: ben@example.com" in text
        assert "may then also repair exports" in text
        assert "> Cancel <" in text
        await press(pilot, "tab", "enter")
        assert "[x] held" in screen_text(app_of(pilot))

    desk.drive(scenario, link="user")
    assert people.grants(people.find("ben@example.com")) == [(Role.SUPPORT, None)]


def test_giving_finance_to_an_administrator_says_what_that_changes(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "down", "down")
        assert "exports run on their behalf" in static(app_of(pilot), "#preview").replace("\n", " ")
        await press(pilot, "r")
        text = " ".join(screen_text(app_of(pilot)).split())
        assert "Give Finance, for all legal entities" in text
        assert "then also: exports run on their behalf, scheduled ones and by hand" in text
        assert "nothing changes" not in text
        await press(pilot, "tab", "enter")
        for _ in range(6):
            await press(pilot, "down")
        await press(pilot, "r")
        assert "nothing changes: other roles permit the same" in screen_text(app_of(pilot))

    desk.drive(scenario, link="user/anna@example.com", size=(120, 40))


def test_last_administrator_keeps_the_role_and_the_plan_says_why(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "enter", "r")
        text = screen_text(app_of(pilot))
        assert "no active Administrator" in " ".join(text.split())
        assert "Close" in text

    desk.drive(scenario, link="user")
    assert (Role.ADMINISTRATOR, None) in people.grants(people.find("anna@example.com"))


def test_taking_finance_away_names_the_schedules_that_will_fail(desk: Desk) -> None:
    held = [one for one in people.grants(people.find("finance@example.com")) if one[0] is Role.FINANCE]
    assert held

    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "down", "enter")
        for _ in range(20):
            if "[x] held" in next(
                line for line in screen_text(app_of(pilot)).splitlines() if line.startswith(">")
            ):
                break
            await press(pilot, "down")
        await press(pilot, "r")
        text = " ".join(screen_text(app_of(pilot)).split())
        assert "the schedule Nightly exports on behalf of finance@example.com and will fail" in text
        await press(pilot, "tab", "enter")

    desk.drive(scenario, link="user", size=(120, 40))
    assert people.grants(people.find("finance@example.com")) == []


def test_user_deactivated_by_a_plan_may_do_nothing_and_comes_back(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "down", "o")
        assert "Deactivate finance@example.com" in screen_text(app_of(pilot))
        await press(pilot, "tab", "enter")
        assert "[ ]    finance@example.com" in screen_text(app_of(pilot))
        await press(pilot, "o", "tab", "enter")
        assert "[x]    finance@example.com" in screen_text(app_of(pilot))

    desk.drive(scenario, link="user")


def test_roles_stand_as_a_matrix(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "v")
        assert isinstance(app_of(pilot).screen, ReaderScreen)
        text = screen_text(app_of(pilot))
        line = next(line for line in text.splitlines() if "manage users" in line)
        assert line.split("users")[1].replace("│", "").split() == ["x", ".", ".", ".", ".", "."]

    desk.drive(scenario, link="user")


def test_the_matrix_of_roles_fits_the_reader_at_80_columns() -> None:
    assert max(len(line) for line in roles_text().splitlines()) <= 66


def test_users_without_the_right_say_who_can_help(desk: Desk) -> None:
    user = people.find("finance@example.com")
    weak = Desk(home=desk.home, site=desk.site, actor=Actor(user_id=user.id, name=user.email))

    async def scenario(pilot: Pilot[None]) -> None:
        assert "(n New)" in screen_text(app_of(pilot))
        await press(pilot, "n")
        assert "may not manage users: ask an Administrator" in notices(app_of(pilot))
        assert isinstance(app_of(pilot).screen, UsersScreen)

    weak.drive(scenario, link="user")


# Entities


def test_entity_switched_off_says_what_stops_and_is_saved(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "e")
        assert isinstance(app_of(pilot).screen, EntityForm)
        app_of(pilot).screen.query_one("#f-export_scheduler").focus()
        await press(pilot, "space")
        assert "None of its 2 enabled schedules fires" in screen_text(app_of(pilot))
        await press(pilot, "ctrl+s")
        assert "[ ] off" in screen_text(app_of(pilot))

    desk.drive(scenario, link="entity")
    with connection():
        assert not entities.find(WAYBILL, "Acme Nordic").export_scheduler


def test_entity_made_says_what_comes_next(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "n", *"Blue", "ctrl+s")
        assert "Blue is saved. Next: 5 Facilities" in notices(app_of(pilot))
        assert len(keys(app_of(pilot))) == 2

    desk.drive(scenario, link="entity")


# Mails


def test_mail_given_up_is_found_by_filter_and_retried(desk: Desk) -> None:
    first = OutboxMail.select().order_by(OutboxMail.id).first()
    gone = {"state": MailState.GIVEN_UP, "last_error": "550 no such user"}
    OutboxMail.update(**gone).where(OutboxMail.id == first.id).execute()

    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "slash", *"state:given_up", "enter")
        assert keys(app_of(pilot)) == [str(first.id)]
        assert "550 no such user" in screen_text(app_of(pilot))
        await press(pilot, "r")
        assert isinstance(app_of(pilot).screen, PlanScreen)
        assert "given up -> waiting" in screen_text(app_of(pilot))
        await press(pilot, "tab", "enter")
        assert "1 mail due now" in notices(app_of(pilot))

    desk.drive(scenario, link="notification")
    assert notifications.find(WAYBILL, first.id).state == MailState.WAITING


def test_mail_opened_shows_what_is_sent_and_its_neighbour(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "enter")
        assert isinstance(app_of(pilot).screen, MailScreen)
        text = screen_text(app_of(pilot))
        assert "anna@example.com" in text
        assert "waybill open job/" in text
        here = app_of(pilot).screen.crumb()  # type: ignore[attr-defined]
        await press(pilot, "right_square_bracket")
        assert app_of(pilot).screen.crumb() != here  # type: ignore[attr-defined]

    desk.drive(scenario, link="notification")


def test_who_is_told_names_addresses_and_why(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "v")
        text = screen_text(app_of(pilot))
        assert "Accounting review" in text
        assert "anna@example.com" in text
        assert "mail.support" in text

    desk.drive(scenario, link="notification")


def test_test_mail_without_a_server_is_refused_with_the_remedy(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "t")
        assert "mail.host is empty" in notices(app_of(pilot))

    desk.drive(scenario, link="notification")


def test_mail_that_waits_says_what_it_waits_for(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        assert "mail.host is empty, so no mail leaves" in static(app_of(pilot), "#preview")

    desk.drive(scenario, link="notification")


def test_test_mail_goes_to_the_server_that_the_settings_name_now(desk: Desk) -> None:
    with PostOffice() as server:

        async def scenario(pilot: Pilot[None]) -> None:
            for key, value in (("host", "127.0.0.1"), ("port", str(server.port)), ("tls", "none")):
                settings_file.change(WAYBILL, f"mail.{key}", value)
            await press(pilot, "ctrl+r", "t")
            assert f"127.0.0.1:{server.port} is asked to take it now" in screen_text(app_of(pilot))
            await press(pilot, "ctrl+s")
            await until(pilot, lambda: "The mail server took it" in notices(app_of(pilot)))

        desk.drive(scenario, link="notification")
    (letter,) = server.received
    assert letter.recipients == ["anna@example.com"]


# Settings


def test_setting_says_what_it_is_for_and_offers_what_it_may_be(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, *("down",) * 5)
        assert cursor(app_of(pilot)) == "mail.tls"
        assert "how the way to it is encrypted" in static(app_of(pilot), "#preview")
        await press(pilot, "e")
        assert "< starttls >  1 of 3" in screen_text(app_of(pilot))
        await press(pilot, "n", "ctrl+s")
        row = next(line for line in screen_text(app_of(pilot)).splitlines() if line.startswith(">"))
        assert row.split()[1:] == ["mail.tls", "none", "file"]

    desk.drive(scenario, link="setting")


def test_setting_changed_is_written_and_says_what_to_restart(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, *("down",) * 4)
        assert cursor(app_of(pilot)) == "mail.port"
        await press(pilot, "e", "backspace", "backspace", "backspace", *"2525")
        assert "it counts once waybill worker is restarted" in screen_text(app_of(pilot))
        await press(pilot, "ctrl+s")
        row = next(line for line in screen_text(app_of(pilot)).splitlines() if line.startswith(">"))
        assert row.split()[1:] == ["mail.port", "2525", "file"]
        await press(pilot, "X")
        assert "2525 -> 587, its default" in screen_text(app_of(pilot))
        await press(pilot, "tab", "enter")
        assert "mail.port has its default again" in notices(app_of(pilot))

    desk.drive(scenario, link="setting")
    assert settings_file.find("mail.port", desk.home).value == 587


def test_setting_of_the_environment_says_where_to_change_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAYBILL_MAIL_PORT", "2526")

    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, *("down",) * 4, "e")
        assert "WAYBILL_MAIL_PORT in the environment sets it" in notices(app_of(pilot))

    desk.drive(scenario, link="setting")


def test_setting_that_cannot_be_is_refused_and_the_form_stays(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, *("down",) * 4, "e", *"x", "ctrl+s")
        assert "whole number" in screen_text(app_of(pilot))

    desk.drive(scenario, link="setting")
    assert settings_file.find("mail.port", desk.home).value == 587


# Audit


def test_audit_filtered_shows_who_what_and_before_and_after(desk: Desk) -> None:
    entities.edit(WAYBILL, desk.site.entity, schedule_limit=7)

    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "slash", *"on:entity", "space", *"what:edit", "enter")
        assert len(keys(app_of(pilot))) == 1
        assert "schedule_limit: 12 → 7" in static(app_of(pilot), "#preview")
        await press(pilot, "enter")
        assert isinstance(app_of(pilot).screen, ActScreen)
        row = next(line for line in screen_text(app_of(pilot)).splitlines() if line.startswith(">"))
        assert row.split()[1:] == ["schedule_limit", "12", "7"]

    desk.drive(scenario, link="audit")


def test_audit_exported_is_a_file_of_just_what_matches(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "slash", *"on:schedule", "enter", "x")
        assert "4 acts written to" in notices(app_of(pilot))

    desk.drive(scenario, link="audit")
    (path,) = desk.home.glob("audit-*.jsonl")
    assert path.stat().st_mode & 0o777 == 0o600
    found = [json.loads(line) for line in path.read_text().splitlines()]
    assert {item["subject"] for item in found} == {"schedule"}
    assert found[0]["at"].endswith("Z")


def test_audit_words_are_understood_and_others_refused() -> None:
    sought = audit.parse('who:anna name:"ERP north" since:2026-11-01')
    assert (sought.who, sought.name) == ("anna", "ERP north")
    assert sought.since is not None
    assert sought.since.isoformat() == "2026-11-01T00:00:00+00:00"
    assert audit.parse("") == Sought()
    for wrong in ("anna", "whom:anna", "since:yesterday"):
        with pytest.raises(InvalidInput) as caught:
            audit.parse(wrong)
        assert caught.value.code == "invalid_filter"


# Secrets


def test_secret_set_is_never_shown_and_forgotten_by_a_plan(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "e", *"hunter2")
        assert "hunter2" not in screen_text(app_of(pilot))
        await press(pilot, "ctrl+s")
        text = screen_text(app_of(pilot))
        assert "mail.password is stored" in notices(app_of(pilot))
        assert "> [x]  mail.password" in text
        assert secrets.reveal("mail.password") == "hunter2"
        await press(pilot, "X")
        assert "what uses it fails until it is set again" in screen_text(app_of(pilot))
        await press(pilot, "tab", "enter")
        assert "> [ ]  mail.password" in screen_text(app_of(pilot))

    app = desk.drive(scenario, link="secret")
    assert app.drafts == {}
    assert not secrets.is_set("mail.password")


def test_link_to_one_of_a_page_opens_it(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        app_of(pilot).open("user/finance@example.com")
        await settled(pilot)
        assert "Finance" in screen_text(app_of(pilot))
        app_of(pilot).open("entity/Acme Nordic")
        await settled(pilot)
        assert app_of(pilot).screen.query_one("#f-name", Input).value == "Acme Nordic"

    desk.drive(scenario, link="job")
