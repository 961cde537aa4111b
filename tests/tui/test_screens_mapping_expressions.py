"""Expressions in the mapping editor: typed and completed by keys, tried at once, refused with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from models import mappings
from models.database import connection
from tests.tui.mapping_desk import add_documents, add_mappings
from tests.tui.screen_kit import Desk, at_desk, press, screen_text, settled, static, until
from tui.app import WaybillApp
from tui.screens.mapping_editor import MappingEditor


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with at_desk(tmp_path / "home") as made:
        add_mappings(made)
        add_documents(made)
        yield made


async def editing(pilot: Pilot[None], name: str) -> MappingEditor:
    """The editor of a mapping, with its first rows."""
    app = pilot.app
    assert isinstance(app, WaybillApp)
    app.open(f"mapping/{name}")
    await settled(pilot)
    await press(pilot, "e")
    await tried(pilot)
    editor: object = app.screen
    assert isinstance(editor, MappingEditor)
    return editor


async def tried(pilot: Pilot[None]) -> None:
    """Until the rows are those of the draft."""
    editor = pilot.app.screen
    assert isinstance(editor, MappingEditor)
    await until(pilot, lambda: editor.trial is not None and not editor.trying)
    await settled(pilot)


def test_expression_is_completed_tried_and_says_why_it_cannot_be(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        editor = await editing(pilot, "Short")
        await press(pilot, "e")
        line = editor.app.screen.query_one("#f-value", Input)
        line.focus()
        assert line.value == "number"
        await press(pilot, "end", "ctrl+u", *"conc")
        await until(pilot, lambda: bool(line._suggestion))
        await press(pilot, "right", *"'#', number")
        assert line.value == "concat('#', number"
        assert "ends too early" in screen_text(editor.waybill)
        await press(pilot, *")", "ctrl+s")
        await tried(pilot)
        column = editor.draft.columns[0]
        assert (column.value, column.source) == ("concat('#', number)", "")
        assert "#B-1001" in static(editor.waybill, "#file")
        assert "An expression" in static(editor.waybill, "#preview")

    desk.drive(scenario)


def test_expression_is_added_where_fields_are_sought(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        editor = await editing(pilot, "Short")
        await press(pilot, "a", *"left(party.name, 4)", "enter", "escape")
        await tried(pilot)
        assert [column.shown for column in editor.draft.columns][1] == "left(party.name, 4)"
        assert "Blue" in static(editor.waybill, "#file")

    desk.drive(scenario)


def test_new_mapping_begins_with_a_ready_one(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        app = pilot.app
        assert isinstance(app, WaybillApp)
        await press(pilot, "7", "n")
        await settled(pilot)
        screen = app.screen
        screen.query_one("#f-name", Input).value = "Bills"
        begin = screen.query_one("#f-begin")
        begin.value = next(each for each in begin.choices if "Xero" in each)  # type: ignore[attr-defined]
        await press(pilot, "ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, MappingEditor))

    desk.drive(scenario)
    with connection():
        saved = mappings.find(desk.site.entity, "Bills")
        assert mappings.layout_of(saved).document_limit == 500
