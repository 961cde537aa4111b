"""Every screen as a picture, at the two sizes and in the two themes that are promised.

A new area is here by being declared; `--snapshot-update` takes new pictures, which are looked at one by one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.tui.screen_kit import Desk, add_schedules, add_unknown, at_desk, fill, press, settled
from tui.app import WaybillApp
from tui.kit import areas

NORMAL, LARGE = (80, 24), (120, 40)
SIZES = pytest.mark.parametrize("size", [NORMAL, LARGE], ids=["80x24", "120x40"])
THEMES = pytest.mark.parametrize("theme", ["ansi-dark", "textual-dark"])
AREAS = pytest.mark.parametrize("noun", [area.noun for area in areas.areas()])

Compare = Callable[..., bool]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with at_desk(tmp_path / "home") as made:
        fill(made)
        add_schedules(made)
        yield made


def after(*keys: str, link: str = "", theme: str = "ansi-dark") -> Callable[[Pilot[None]], Awaitable[None]]:
    """Open a link, and press keys, each when the one before has had its effect."""

    async def run(pilot: Pilot[None]) -> None:
        assert isinstance(pilot.app, WaybillApp)
        pilot.app.theme = theme
        await settled(pilot)
        if link:
            pilot.app.open(link)
            await settled(pilot)
        await press(pilot, *keys)

    return run


@AREAS
@SIZES
@THEMES
def test_area_picture(
    desk: Desk, snap_compare: Compare, noun: str, size: tuple[int, int], theme: str
) -> None:
    assert snap_compare(desk.app(), terminal_size=size, run_before=after("down", link=noun, theme=theme))


@SIZES
@THEMES
def test_job_picture(desk: Desk, snap_compare: Compare, size: tuple[int, int], theme: str) -> None:
    run_before = after("down", link="job/2", theme=theme)  # the one with errors
    assert snap_compare(desk.app(), terminal_size=size, run_before=run_before)


def test_job_files_picture(desk: Desk, snap_compare: Compare) -> None:
    assert snap_compare(desk.app(), terminal_size=NORMAL, run_before=after("right", link="job/2"))


@SIZES
def test_error_groups_picture(desk: Desk, snap_compare: Compare, size: tuple[int, int]) -> None:
    assert snap_compare(desk.app(), terminal_size=size, run_before=after("v", link="job"))


@SIZES
@pytest.mark.parametrize("link", ["delivery", "delivery/1", "file/1"], ids=["list", "delivery", "file"])
def test_unknown_outcome_picture(
    tmp_path: Path, snap_compare: Compare, link: str, size: tuple[int, int]
) -> None:
    with at_desk(tmp_path / "home") as made:
        add_unknown(made)
        assert snap_compare(made.app(), terminal_size=size, run_before=after(link=link))


@SIZES
@THEMES
def test_plan_picture(desk: Desk, snap_compare: Compare, size: tuple[int, int], theme: str) -> None:
    keys = ("right", "right", "right", "A", "r", *"ticket", "space", *"8812")
    assert snap_compare(desk.app(), terminal_size=size, run_before=after(*keys, link="job", theme=theme))


@SIZES
def test_help_picture(desk: Desk, snap_compare: Compare, size: tuple[int, int]) -> None:
    run_before = after("question_mark", link="job")
    assert snap_compare(desk.app(), terminal_size=size, run_before=run_before)


def test_nothing_yet_picture(tmp_path: Path, snap_compare: Compare) -> None:
    with at_desk(tmp_path / "home") as empty:
        assert snap_compare(empty.app(), terminal_size=NORMAL, run_before=after(link="job"))
