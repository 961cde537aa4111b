"""What banks say of a party's accounts, as pictures: prenotes, a proposed account, the plan to accept it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tui.party_desk import add_answers
from tests.tui.screen_kit import Desk, at_desk
from tests.tui.test_screens_pictures import SIZES, THEMES, Compare, after


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with at_desk(tmp_path / "home") as made:
        add_answers(tmp_path)
        yield made


@SIZES
@THEMES
@pytest.mark.parametrize(
    ("link", "keys"),
    [
        ("party/3", ("right",)),
        ("party/2", ("right", "right")),
        ("party/2", ("Y",)),
        ("party/2", ("b",)),
    ],
    ids=["prenote", "proposed", "accept", "account"],
)
def test_party_picture(
    desk: Desk, snap_compare: Compare, size: tuple[int, int], theme: str, link: str, keys: tuple[str, ...]
) -> None:
    run_before = after(*keys, link=link, theme=theme)
    assert snap_compare(desk.app(), terminal_size=size, run_before=run_before)
