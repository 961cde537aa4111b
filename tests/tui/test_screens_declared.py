"""What screens declare holds: every act has a key or palette entry, its help, its command and its method."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from textual.pilot import Pilot

from tests.conftest import ROOT
from tests.tui.screen_kit import Desk, add_schedules, at_desk, fill, press, screen_text, settled
from tui import cli
from tui.app import WaybillApp
from tui.kit import areas
from tui.kit.areas import Area
from tui.kit.detail import DetailScreen
from tui.kit.form import FormScreen
from tui.kit.listing import ListScreen
from tui.kit.live import LiveScreen
from tui.kit.palette import offers
from tui.screens.mapping_editor import MappingEditor

AREAS = pytest.mark.parametrize("area", areas.areas(), ids=lambda area: area.noun)
KITS = (ListScreen, DetailScreen, FormScreen)


def screens() -> Iterator[type[LiveScreen]]:
    """Every class of screen that the areas' modules brought with them."""
    areas.areas()
    found = list(LiveScreen.__subclasses__())
    for kind in found:
        found += kind.__subclasses__()
    return (kind for kind in found if kind not in KITS and kind.__module__.startswith("tui."))


SCREENS = pytest.mark.parametrize("kind", list(screens()), ids=lambda kind: kind.__name__)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with at_desk(tmp_path / "home") as made:
        fill(made)
        add_schedules(made)
        yield made


def command_of(words: str) -> click.Command | None:
    """The command of `waybill job requeue ID …`: its verbs, options and arguments aside."""
    program, *rest = words.split()
    assert program == "waybill"
    found: click.Command = cli.waybill
    for word in rest:
        if not isinstance(found, click.Group):
            break
        inner = found.get_command(click.Context(found), word)
        if inner is None:
            return None
        found = inner
    return found if not isinstance(found, click.Group) else None


@SCREENS
def test_act_has_a_method_help_and_a_command_that_exists(kind: type[LiveScreen]) -> None:
    for command in kind.ACTS:
        assert callable(getattr(kind, f"do_{command.name}", None)), command.name
        assert command.title
        assert command.help
        assert command_of(command.cli) is not None, command.cli
    names = Counter(command.name for command in kind.ACTS)
    assert not [name for name, count in names.items() if count > 1]


@SCREENS
def test_screen_binds_no_key_twice_and_names_each(kind: type[LiveScreen]) -> None:
    own = [binding for bindings in kind._merged_bindings.key_to_bindings.values() for binding in bindings]  # type: ignore[union-attr]
    keys = Counter(binding.key for binding in own if binding.key not in ("tab", "shift+tab"))
    assert not [key for key, count in keys.items() if count > 1]
    assert not [binding.key for binding in own if not (binding.description or binding.system)]


def test_areas_have_nouns_and_digits_of_their_own() -> None:
    known = areas.areas()
    assert len({area.noun for area in known}) == len(known)
    digits = [area.digit for area in known if area.digit]
    assert len(set(digits)) == len(digits)
    for area in known:
        assert len(area.short or area.title) <= 6 or not area.digit
        assert command_of(area.cli) is not None, area.cli


def test_letters_mean_what_the_tour_says_they_do_and_nothing_else() -> None:
    """An act that is given a letter stands beside what that letter means everywhere."""
    found: dict[str, set[str]] = {}
    for kind in screens():
        for command in kind.ACTS if kind is not MappingEditor else ():
            if command.key:
                found.setdefault(command.key, set()).add(command.title)
    tour = (ROOT / "docs" / "terminal.md").read_text()
    rows = re.findall(r"^\| `(.)` \| [^|]+ \| ([^|]+) \|$", tour, re.MULTILINE)
    assert {key: set(titles.split("; ")) for key, titles in rows} == found
    assert [key for key, _ in rows] == sorted(found, key=lambda key: (key.lower(), key.isupper()))


@AREAS
def test_area_has_no_key_twice_from_table_to_program(desk: Desk, area: Area) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        app = opened(pilot, area.noun)
        await settled(pilot)
        bound = [
            binding.key
            for _, bindings in app.screen._binding_chain
            for several in bindings.key_to_bindings.values()
            for binding in several
            if not binding.system
        ]
        textuals = {"tab", "shift+tab", "ctrl+q", "ctrl+c", "super+c", "ctrl+p"}
        assert not [key for key, count in Counter(bound).items() if count > 1 and key not in textuals]

    desk.drive(scenario)


@AREAS
def test_area_offers_all_its_acts_and_the_others_in_the_palette(desk: Desk, area: Area) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        app = opened(pilot, area.noun)
        await settled(pilot)
        titles = {offer.title for offer in offers(app)}
        assert isinstance(app.screen, LiveScreen)
        assert {command.title for command in app.screen.ACTS} <= titles
        assert {f"Go to {each.title}" for each in areas.areas()} <= titles

    desk.drive(scenario)


@AREAS
def test_area_as_plain_text_names_where_one_is_and_what_can_be_done(desk: Desk, area: Area) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        app = opened(pilot, area.noun)
        await settled(pilot)
        text = screen_text(app)
        shown = areas.by_noun(area.page_of) if area.page_of else area
        name = (shown.short or shown.title).upper() if shown.digit else shown.title.upper()
        assert name in text.splitlines()[0]
        assert "? Help" in text.splitlines()[-1]
        if isinstance(app.screen, ListScreen) and app.screen.table.rows:
            assert [line for line in text.splitlines() if line.startswith(">")], "the cursor is a sign"
            if app.screen.MARKING:
                await press(pilot, "space")
                assert [line for line in screen_text(app).splitlines() if line[1:2] == "*"]

    desk.drive(scenario)


@AREAS
@pytest.mark.parametrize("size", [(59, 20), (80, 15), (20, 5)], ids=str)
def test_area_without_room_is_one_line_and_comes_back(desk: Desk, area: Area, size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        app = opened(pilot, area.noun)
        await settled(pilot)
        focused = app.focused
        await pilot.resize_terminal(*size)
        await settled(pilot)
        lines = [line for line in screen_text(app).splitlines() if line.strip()]
        assert len(lines) == 1
        assert lines[0].startswith("Enlarge to 60x16"[: size[0]])
        await pilot.resize_terminal(80, 24)
        await settled(pilot)
        assert "? Help" in screen_text(app)
        assert app.focused is focused

    desk.drive(scenario)


def opened(pilot: Pilot[None], link: str) -> WaybillApp:
    """The program, at a link."""
    assert isinstance(pilot.app, WaybillApp)
    pilot.app.open(link)
    return pilot.app
