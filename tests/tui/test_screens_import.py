"""Taking invoices in by keys alone: the form, the plan, what is refused, and who may not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from models.audit import Actor, AuditEntry
from models.invoices import Invoice
from models.people import Role
from tests.tui.screen_kit import Desk, at_desk, notices, press, screen_text, settled, until
from tests.tui.test_cli_import import document
from tui.app import WaybillApp
from tui.kit.plan import PlanScreen
from tui.screens.import_form import ImportForm
from tui.screens.import_refused import RefusedScreen
from tui.screens.invoices import InvoicesScreen


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with at_desk(tmp_path / "home") as made:
        yield made


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """Two good ones, and one without an amount."""
    folder = tmp_path / "in box"
    folder.mkdir()
    good = [document("W-1", "5.00"), document("W-2", "6.00")]
    (folder / "wire.json").write_text(json.dumps([*good, document("W-3", "much")]))
    return folder


def app_of(pilot: Pilot[None]) -> WaybillApp:
    assert isinstance(pilot.app, WaybillApp)
    return pilot.app


async def ask(pilot: Pilot[None], path: str, direction: str = "payable") -> None:
    """Fill the form in, and have it look at the files."""
    await press(pilot, "i")
    assert isinstance(pilot.app.screen, ImportForm)
    pilot.app.screen.query_one("#f-paths", Input).value = path
    pilot.app.screen.query_one("#f-direction").value = direction  # type: ignore[attr-defined]
    await settled(pilot)
    await press(pilot, "ctrl+s")


async def go(pilot: Pilot[None]) -> None:
    """Agree to the plan."""
    assert isinstance(pilot.app.screen, PlanScreen)
    pilot.app.screen.query_one("#go").focus()
    await press(pilot, "enter")


def test_import_takes_the_good_ones_and_shows_where_each_refused_one_stands(desk: Desk, inbox: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await ask(pilot, f"'{inbox}'")
        text = screen_text(app_of(pilot))
        assert "1 file, " in text
        assert "for Acme Nordic" in text
        assert not Invoice.select().exists(), "only shown so far"
        await go(pilot)
        await until(pilot, lambda: isinstance(pilot.app.screen, RefusedScreen))
        await settled(pilot)
        text = screen_text(app_of(pilot))
        assert "Acme Nordic: 2 imported, 0 updated, 0 unchanged, 1 refused" in text
        assert "> " in text
        assert "wire.json" in text
        assert "To do: " in text
        await press(pilot, "enter")
        assert "much" in screen_text(app_of(pilot))
        await press(pilot, "escape", "escape")
        assert isinstance(pilot.app.screen, InvoicesScreen)
        assert "W-1" in screen_text(app_of(pilot))

    desk.drive(scenario, link="invoice")
    assert sorted(row.number for row in Invoice.select()) == ["W-1", "W-2"]
    (entry,) = AuditEntry.select().where(AuditEntry.action == "import")
    assert (entry.actor, entry.after["refused"]) == ("anna@example.com", 1)


def test_import_of_what_is_not_there_is_said_beside_the_field(desk: Desk, inbox: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await ask(pilot, str(inbox / "nothing"))
        assert isinstance(pilot.app.screen, ImportForm)
        assert "! there is no" in screen_text(app_of(pilot))
        pilot.app.screen.query_one("#f-paths", Input).value = "'half"
        await settled(pilot)
        assert "! No closing quotation" in screen_text(app_of(pilot))

    desk.drive(scenario, link="invoice")


def test_import_with_a_mapping_that_is_none_is_told_and_takes_nothing(desk: Desk, inbox: Path) -> None:
    (inbox / "table.csv").write_text("number\n1\n")
    (inbox / "map.toml").write_text("columns = 3")

    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "i")
        for name, value in (("paths", f"'{inbox / 'table.csv'}'"), ("mapping", f"'{inbox / 'map.toml'}'")):
            pilot.app.screen.query_one(f"#f-{name}", Input).value = value
        await settled(pilot)
        await press(pilot, "ctrl+s")
        await go(pilot)
        await until(pilot, lambda: "columns" in notices(app_of(pilot)))

    desk.drive(scenario, link="invoice")
    assert not Invoice.select().exists()


def test_browser_keeps_the_act_in_sight_and_says_why_it_reads_no_file(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        monkeypatch.setattr(type(pilot.app), "is_web", property(lambda _: True))
        await press(pilot, "ctrl+r")
        assert "(i Import)" in screen_text(app_of(pilot))
        await press(pilot, "i")
        assert "a browser may not read this machine's files" in notices(app_of(pilot))

    desk.drive(scenario, link="invoice")


def test_support_staff_are_told_which_role_it_takes(desk: Desk) -> None:
    user = desk.site.add_user("ben@example.com", Role.SUPPORT)
    weak = Desk(home=desk.home, site=desk.site, actor=Actor(user_id=user.id, name=user.email))

    async def scenario(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "(i Import)" in screen_text(app_of(pilot)))
        await press(pilot, "i")
        assert "may not import invoices" in notices(app_of(pilot))

    weak.drive(scenario, link="invoice")
