"""Where nothing is set up yet: the program offers to, asks for an address, and goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from models import installation, settings
from models.database import connection
from models.errors import WaybillError
from models.people import User
from models.settings import HOME_VARIABLE
from tests.tui.screen_kit import until
from tui import app as program
from tui.first_run import FirstRun

Scenario = Callable[[Pilot[installation.Made]], Awaitable[None]]


def drive(
    home: Path, scenario: Scenario, *, size: tuple[int, int] = (80, 24), plain: bool = False
) -> FirstRun:
    app = FirstRun(home, plain=plain)

    async def run() -> None:
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await scenario(pilot)

    asyncio.run(run())
    return app


def text(pilot: Pilot[installation.Made]) -> str:
    strips = pilot.app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips)


def test_address_given_makes_an_installation_with_its_administrator(tmp_path: Path, records: None) -> None:  # noqa: ARG001
    home = tmp_path / "home"

    async def scenario(pilot: Pilot[installation.Made]) -> None:
        assert "Waybill is not set up here yet" in text(pilot)
        assert "waybill init" in text(pilot)
        await pilot.press(*"anna@example.com", "enter")
        assert "> Make it <" in text(pilot)
        assert not home.exists(), "enter in the field makes nothing"
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app._exit)  # type: ignore[arg-type]

    made = drive(home, scenario).return_value
    assert made is not None
    assert made.administrator == "anna@example.com"
    assert not installation.is_untouched(home)
    installation.open_home(home)
    with connection():
        assert [user.email for user in User.select()] == ["anna@example.com"]


def test_what_is_no_address_is_said_and_makes_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"

    async def scenario(pilot: Pilot[installation.Made]) -> None:
        await pilot.press(*"anna", "enter")
        assert "anna is not an e-mail address" in text(pilot)
        await pilot.press("escape")

    assert drive(home, scenario).return_value is None
    assert not home.exists()


def test_home_that_cannot_be_made_is_said_and_can_be_left(tmp_path: Path) -> None:
    home = tmp_path / "file" / "home"
    (tmp_path / "file").write_text("in the way")

    async def scenario(pilot: Pilot[installation.Made]) -> None:
        await pilot.press(*"anna@example.com", "enter", "enter")
        await until(pilot, lambda: "Not a directory" in text(pilot))  # type: ignore[arg-type]
        await pilot.press("escape")

    assert drive(home, scenario).return_value is None


def test_first_run_without_room_is_one_line(tmp_path: Path) -> None:
    async def scenario(pilot: Pilot[installation.Made]) -> None:
        assert [line.strip() for line in text(pilot).splitlines() if line.strip()] == [
            "Enlarge to 60x16, or: waybill init"
        ]

    drive(tmp_path / "home", scenario, size=(50, 10))


def test_first_run_plain_is_ascii(tmp_path: Path) -> None:
    async def scenario(pilot: Pilot[installation.Made]) -> None:
        assert text(pilot).isascii()

    drive(tmp_path / "höme", scenario, plain=True)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    home = tmp_path / "home"
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv(HOME_VARIABLE, str(home))
    return home


def test_run_where_nothing_is_offers_it_and_leaves_when_refused(
    terminal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(FirstRun, "run", lambda self, **_: asked.append(self))
    program.run()
    assert len(asked) == 1
    assert not terminal.exists()


def test_run_with_the_database_moved_away_never_offers_an_empty_one(
    terminal: Path,
    records: None,  # noqa: ARG001
) -> None:
    installation.create(terminal, email="anna@example.com")
    if settings.current().database.url:
        pytest.skip("the records of this run are on a server")
    (terminal / "waybill.db").rename(terminal / "aside.db")
    with pytest.raises(WaybillError) as caught:
        program.run()
    assert caught.value.code == "database_gone"
    assert "restore a backup" in caught.value.remedy
    assert not (terminal / "waybill.db").exists()
