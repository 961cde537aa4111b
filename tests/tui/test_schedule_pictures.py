"""One schedule, its form, its month and its plans as pictures, at the two sizes and in the two themes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from models.jobs import JobState
from tests.tui.schedule_desk import ran
from tests.tui.screen_kit import Desk, add_schedules, at_desk
from tests.tui.test_screens_pictures import SIZES, THEMES, Compare, after


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    done, failed, partly = JobState.COMPLETED, JobState.FAILED, JobState.COMPLETED_WITH_ERRORS
    with at_desk(tmp_path / "home") as made:
        add_schedules(made)
        ran(made, done, done, failed, done, partly, done, done)
        yield made


@SIZES
@THEMES
@pytest.mark.parametrize(
    "keys",
    [
        ("enter",),
        ("enter", "right", "down"),
        ("v",),
        ("n", *"Weekly", "down", "w"),
        ("right", "e"),
        ("o",),
        ("D", *"closing"),
    ],
    ids=["one", "runs", "month", "new", "edit", "disable", "delete"],
)
def test_schedule_picture(
    desk: Desk, snap_compare: Compare, keys: tuple[str, ...], size: tuple[int, int], theme: str
) -> None:
    run_before = after(*keys, link="schedule", theme=theme)
    assert snap_compare(desk.app(), terminal_size=size, run_before=run_before)
