"""Whatever is made by a form: the list below has its cursor on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from models import credentials, entities, facilities, mappings, parties, people, tokens
from models.columns import default_layout
from models.jobs import Route
from models.people import WAYBILL, Role, User
from tests.tui.screen_kit import Desk, add_schedules, at_desk, press, screen_text, settled, until
from tui.app import WaybillApp
from tui.kit.form import FormScreen
from tui.kit.listing import ListScreen
from tui.kit.plan import PlanScreen
from tui.kit.secret import SecretScreen


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """One before and one after what is made, in every list."""
    with at_desk(tmp_path / "home") as made:
        add_schedules(made)
        for name in ("aa", "zz"):
            people.create(WAYBILL, f"{name}@example.com")
            entities.create(WAYBILL, name)
            parties.create(WAYBILL, made.site.entity, name)
            facilities.create(WAYBILL, made.site.entity, name, made.site.destination, {})
            credentials.generate(WAYBILL, made.site.entity, user_name=name)
            mappings.create(WAYBILL, made.site.entity, name, default_layout(Route.OTHER).to_dict())
            tokens.create(WAYBILL, User.get_by_id(1), name, days=30)
        made.site.add_user("b@example.com", Role.FINANCE)
        yield made


def line_of_cursor(app: WaybillApp) -> str:
    return next((line for line in screen_text(app).splitlines() if line.startswith(">")), "")


async def fill_in(pilot: Pilot[None], values: Mapping[str, str]) -> None:
    for name, value in values.items():
        field = pilot.app.screen.query_one(f"#f-{name}", Input)
        field.focus()
        field.value = value
        await settled(pilot)
    await press(pilot, "ctrl+s")
    if isinstance(pilot.app.screen, PlanScreen):
        pilot.app.screen.query_one("#go").focus()
        await press(pilot, "enter")
    if isinstance(secret := pilot.app.screen, SecretScreen):
        secret.query_one("#proof").focus()
        await press(pilot, *secret._end, "enter")


@pytest.mark.parametrize(
    ("link", "values", "shown"),
    [
        ("user", {"email": "mm@example.com"}, "mm@example.com"),
        ("entity", {"name": "Middle"}, "Middle"),
        ("party", {"name": "middle"}, "middle"),
        ("credential", {"user_name": "mm"}, "mm"),
        ("token", {"name": "mm"}, "mm"),
        ("schedule", {"name": "Middle", "start": "2026-12-24"}, "Middle"),
    ],
)
def test_cursor_is_on_what_was_made(desk: Desk, link: str, values: dict[str, str], shown: str) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        app = pilot.app
        assert isinstance(app, WaybillApp)
        app.open(link)
        await settled(pilot)
        await press(pilot, "n")
        assert isinstance(app.screen, FormScreen)
        await fill_in(pilot, values)
        await until(pilot, lambda: isinstance(app.screen, ListScreen) and f" {shown} " in line_of_cursor(app))

    desk.drive(scenario, (120, 40))


@pytest.mark.parametrize(("link", "keys"), [("facility", ("n", "enter")), ("mapping", ("n",))])
def test_cursor_is_on_what_was_begun_when_one_comes_back(
    desk: Desk, link: str, keys: tuple[str, ...]
) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        app = pilot.app
        assert isinstance(app, WaybillApp)
        app.open(link)
        await settled(pilot)
        await press(pilot, *keys)
        await fill_in(pilot, {"name": "Middle"})
        while not isinstance(app.screen, ListScreen):
            await press(pilot, "escape")
        await until(pilot, lambda: " Middle " in line_of_cursor(app))

    desk.drive(scenario, (120, 40))


def test_row_that_the_filter_leaves_out_moves_nothing(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        app = pilot.app
        assert isinstance(app, WaybillApp)
        app.open("party?zz")
        await settled(pilot)
        await press(pilot, "n")
        await fill_in(pilot, {"name": "middle"})
        assert " zz " in line_of_cursor(app)
        assert "1/1" in screen_text(app)

    desk.drive(scenario, (120, 40))
