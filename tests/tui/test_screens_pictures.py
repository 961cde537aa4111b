"""Every screen as a picture, at the two sizes that are promised; `--snapshot-update` takes new ones."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.tui.screen_kit import Desk, add_schedules, at_desk, fill, press, settled

NORMAL, LARGE = (80, 24), (120, 40)

Compare = Callable[..., bool]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with at_desk(tmp_path / "home") as made:
        yield made


def after(*keys: str) -> Callable[[Pilot[None]], Awaitable[None]]:
    """Press keys, each when the one before has had its effect."""

    async def run(pilot: Pilot[None]) -> None:
        await settled(pilot)
        await press(pilot, *keys)

    return run


@pytest.mark.parametrize("size", [NORMAL, LARGE])
def test_jobs_picture(desk: Desk, snap_compare: Compare, size: tuple[int, int]) -> None:
    fill(desk)
    add_schedules(desk)
    assert snap_compare(desk.app(), terminal_size=size, run_before=after("down", "down", "space"))


@pytest.mark.parametrize("size", [NORMAL, LARGE])
def test_job_picture(desk: Desk, snap_compare: Compare, size: tuple[int, int]) -> None:
    fill(desk)
    keys = ("left", "left", "end", "enter")  # of the failed ones, the one with errors
    assert snap_compare(desk.app(), terminal_size=size, run_before=after(*keys, "down"))


def test_job_files_picture(desk: Desk, snap_compare: Compare) -> None:
    fill(desk)
    keys = ("left", "left", "end", "enter", "right")
    assert snap_compare(desk.app(), terminal_size=NORMAL, run_before=after(*keys))


@pytest.mark.parametrize("size", [NORMAL, LARGE])
def test_requeue_picture(desk: Desk, snap_compare: Compare, size: tuple[int, int]) -> None:
    fill(desk)
    keys = ("left", "left", "A", "r", "tab", *"ticket 8812")
    pressed = ["space" if key == " " else key for key in keys]
    assert snap_compare(desk.app(), terminal_size=size, run_before=after(*pressed))


@pytest.mark.parametrize("size", [NORMAL, LARGE])
def test_schedules_picture(desk: Desk, snap_compare: Compare, size: tuple[int, int]) -> None:
    add_schedules(desk)
    assert snap_compare(desk.app(), terminal_size=size, run_before=after("2", "down"))


def test_help_picture(desk: Desk, snap_compare: Compare) -> None:
    assert snap_compare(desk.app(), terminal_size=NORMAL, run_before=after("question_mark"))


def test_nothing_yet_picture(desk: Desk, snap_compare: Compare) -> None:
    assert snap_compare(desk.app(), terminal_size=NORMAL, run_before=after())
