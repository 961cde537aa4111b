"""The mapping screens as pictures, with mappings, a schedule that uses one, and invoices that wait."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.tui.mapping_desk import add_documents, add_mappings
from tests.tui.screen_kit import Desk, at_desk, press, settled, until
from tests.tui.test_screens_pictures import SIZES, THEMES, Compare, after
from tui.screens.mapping_editor import MappingEditor


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with at_desk(tmp_path / "home") as made:
        add_mappings(made)
        add_documents(made)
        yield made


@SIZES
@THEMES
def test_mappings_picture(desk: Desk, snap_compare: Compare, size: tuple[int, int], theme: str) -> None:
    assert snap_compare(desk.app(), terminal_size=size, run_before=after(link="mapping", theme=theme))


@SIZES
@THEMES
def test_mapping_picture(desk: Desk, snap_compare: Compare, size: tuple[int, int], theme: str) -> None:
    run_before = after("right", link="mapping/Ledger", theme=theme)
    assert snap_compare(desk.app(), terminal_size=size, run_before=run_before)


@SIZES
@THEMES
@pytest.mark.parametrize(
    "keys", [("down",), ("a", *"tax"), ("x", "ctrl+s")], ids=["columns", "choosing", "saving"]
)
def test_editor_picture(
    desk: Desk, snap_compare: Compare, size: tuple[int, int], theme: str, keys: tuple[str, ...]
) -> None:
    async def run_before(pilot: Pilot[None]) -> None:
        await after("e", link="mapping/Ledger", theme=theme)(pilot)
        editor = pilot.app.screen
        assert isinstance(editor, MappingEditor)
        await until(pilot, lambda: not editor.trying)
        await press(pilot, *keys)
        await until(pilot, lambda: not editor.trying)
        await settled(pilot)

    assert snap_compare(desk.app(), terminal_size=size, run_before=run_before)
