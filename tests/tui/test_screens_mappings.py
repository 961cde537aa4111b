"""Mappings in the terminal program: made, looked at, tried and taken along, by keys alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from models import mapping_fields, mapping_list, mappings
from models.database import connection
from models.people import WAYBILL
from tests.tui.mapping_desk import LEDGER, add_documents, add_mappings
from tests.tui.screen_kit import Desk, at_desk, notices, press, screen_text, settled, static, until
from tui.app import WaybillApp
from tui.kit.form import FormScreen
from tui.kit.plan import PlanScreen
from tui.screens.mapping import MappingScreen
from tui.screens.mapping_editor import MappingEditor
from tui.screens.mapping_pick import PickScreen, matching
from tui.screens.mappings import MappingsScreen


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with at_desk(tmp_path / "home") as made:
        add_mappings(made)
        add_documents(made)
        yield made


S = TypeVar("S", bound=Screen[Any])


def shown(app: WaybillApp, kind: type[S]) -> S:
    """The screen in sight, which is of this kind."""
    screen: object = app.screen
    assert isinstance(screen, kind)
    return screen


async def opened(pilot: Pilot[None], link: str) -> WaybillApp:
    app = pilot.app
    assert isinstance(app, WaybillApp)
    app.open(link)
    await settled(pilot)
    return app


async def editing(pilot: Pilot[None], name: str = "Ledger") -> MappingEditor:
    """The editor of a mapping, with its first rows."""
    app = await opened(pilot, f"mapping/{name}")
    await press(pilot, "e")
    await tried(pilot)
    return shown(app, MappingEditor)


async def tried(pilot: Pilot[None]) -> None:
    """Until the rows are those of the draft."""
    editor = pilot.app.screen
    assert isinstance(editor, MappingEditor)
    await until(pilot, lambda: editor.trial is not None and not editor.trying)
    await settled(pilot)


def headers(editor: MappingEditor) -> list[str]:
    return [column.header for column in editor.draft.columns]


def layout(name: str) -> dict[str, Any]:
    with connection():
        return mapping_list.find(WAYBILL, name).layout.to_dict()


def test_list_says_who_uses_each_and_enter_opens_it(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        app = await opened(pilot, "mapping")
        lines = screen_text(app).splitlines()
        ledger = next(line for line in lines if "Ledger" in line)
        assert ("csv" in ledger, "To the ledger" in ledger) == (True, True)
        assert "nothing" in next(line for line in lines if "Short" in line)
        await press(pilot, "enter")
        shown(app, MappingScreen)
        assert "column 'Kind' added as the 4th" not in screen_text(app)
        await press(pilot, "right")
        assert "column 'Kind' added as the 4th" in screen_text(app)
        await press(pilot, "right")
        assert "ERP north" in screen_text(app)
        await press(pilot, "right_square_bracket")
        assert "Short" in static(app, "#head") + screen_text(app)

    desk.drive(scenario)


def test_new_mapping_is_built_by_keys_previewed_saved_and_exported(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "bank.json"

    async def scenario(pilot: Pilot[None]) -> None:
        app = await opened(pilot, "mapping")
        await press(pilot, "n")
        shown(app, FormScreen)
        await press(pilot, "down", *"Bank", "ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, MappingEditor))
        await tried(pilot)
        editor = shown(app, MappingEditor)
        assert "B-1001" in static(app, "#file")
        for _ in range(15):
            await press(pilot, "x")
        assert "Add some: a" in screen_text(app)
        await press(pilot, "a", *"amount", "space", *"due", "enter")
        shown(app, PickScreen)
        app.screen.query_one(Input).value = "party.name"
        await press(pilot, "enter")
        app.screen.query_one(Input).value = "ACME-7"
        await press(pilot, "enter", "escape")
        assert headers(editor) == ["Amount due", "Party name", ""]
        await tried(pilot)
        assert "1250.00,Blue Ltd,ACME-7" in static(app, "#file")
        await press(pilot, "g", "d", "d")
        assert headers(editor) == ["Party name", "", "Amount due"]
        await press(pilot, "u", "e")
        shown(app, FormScreen)
        await press(pilot, "ctrl+u", *"Owed", "ctrl+s")
        await tried(pilot)
        assert headers(editor) == ["Party name", "Owed", ""]
        assert "Blue Ltd,1250.00,ACME-7" in static(app, "#file")
        await press(pilot, "ctrl+s")
        shown(app, PlanScreen)
        assert app.focused is not None
        assert app.focused.id == "cancel"
        await press(pilot, "tab", "enter")
        await until(pilot, lambda: app.screen is editor)
        await settled(pilot)
        assert "now version 2" in notices(app)
        await press(pilot, "escape", "g", "x")
        app.screen.query_one(Input).value = str(file)
        await press(pilot, "ctrl+s")

    desk.drive(scenario, size=(120, 40))
    name, saved = mapping_fields.read(file.read_text())
    assert name == "Bank"
    assert [each.get("source") for each in saved["columns"]] == ["party.name", "totals.payable", None]
    assert saved["columns"][1]["header"] == "Owed"
    assert layout("Bank") == saved


def test_editor_shows_how_another_delimiter_changes_the_rows(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        editor = await editing(pilot)
        assert "B-1001;Blue Ltd;1250.00;BILL" in static(editor.waybill, "#file")
        await press(pilot, "f", "down", "down", "right", "ctrl+s")
        await tried(pilot)
        assert editor.draft.other["delimiter"] == "\t"
        assert "B-1001→Blue Ltd→1250.00→BILL" in static(editor.waybill, "#file")
        await press(pilot, "z")
        await tried(pilot)
        assert "B-1001;Blue Ltd" in static(editor.waybill, "#file")
        await press(pilot, "ctrl+s")
        assert "nothing was changed" in notices(editor.waybill)

    desk.drive(scenario)


def test_editor_refuses_at_the_column_and_saves_nothing_wrong(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        editor = await editing(pilot)
        app = editor.waybill
        await press(pilot, "a", *"line.net", "enter", "escape")
        await tried(pilot)
        wrong = next(line for line in screen_text(app).splitlines() if "line.net" in line)
        assert "! 2" in wrong
        assert 'set rows to "line"' in static(app, "#preview").replace("\n", " ")
        assert "No file could be written" in static(app, "#file")
        await press(pilot, "ctrl+s")
        assert editor.is_current
        assert "rows are per invoice" in notices(app)

    desk.drive(scenario)
    assert len(layout("Ledger")["columns"]) == 4


def test_field_added_twice_gets_a_header_of_its_own(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        editor = await editing(pilot, "Short")
        await press(pilot, "a", *"due", "space", *"date", "enter", "enter", "enter", "escape")
        await tried(pilot)
        added = [header for header in headers(editor) if header.startswith("Due date")]
        assert added == ["Due date", "Due date 2", "Due date 3"]
        assert editor.trial is not None
        assert not editor.trial.wrong

    desk.drive(scenario)


def test_column_changed_to_what_it_was_is_no_change(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        editor = await editing(pilot)
        await press(pilot, "e", "ctrl+s")
        await tried(pilot)
        assert not editor.waybill.drafts
        await press(pilot, "e", "end", "z", "ctrl+s")
        await tried(pilot)
        assert "changed, not saved" in static(editor.waybill, "#summary")

    desk.drive(scenario)


def test_cursor_stays_on_the_column_that_was_moved_when_it_is_saved(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        editor = await editing(pilot)
        await press(pilot, "down", "d", "d")
        assert headers(editor) == ["Invoice number", "Amount", "Kind", "Supplier"]
        await tried(pilot)
        await press(pilot, "ctrl+s", "tab", "enter")
        await until(pilot, lambda: editor.is_current)
        await tried(pilot)
        assert "version 3, saved" in static(editor.waybill, "#summary")
        assert editor.current is not None
        assert editor.current.header == "Supplier"

    desk.drive(scenario)


def test_editor_marks_a_required_column_that_the_invoices_lack(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        editor = await editing(pilot, "Short")
        await press(pilot, "a", *"project", "enter", "escape", "e", "down", "space", "ctrl+s")
        await tried(pilot)
        assert editor.draft.columns[1].data["required"] is True
        assert "3 could not go" in static(editor.waybill, "#file")
        assert "has no project_reference" in static(editor.waybill, "#preview").replace("\n", " ")

    desk.drive(scenario)


def test_saving_what_an_active_schedule_uses_warns_before(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        editor = await editing(pilot)
        await press(pilot, "x", "ctrl+s")
        app = editor.waybill
        shown(app, PlanScreen)
        text = screen_text(app)
        assert "column 'Invoice number' removed" in text
        assert "schedule To the ledger (active), csv of ERP north" in text
        assert "Save as version 3" in text
        await press(pilot, "escape")

    desk.drive(scenario, size=(120, 40))
    assert mappings.find(desk.site.entity, "Ledger").version == 2


def test_plan_says_that_somebody_saved_meanwhile(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        editor = await editing(pilot)
        await press(pilot, "x")
        with connection():
            mapping = mappings.find(desk.site.entity, "Ledger")
            mappings.edit(WAYBILL, mapping, LEDGER | {"delimiter": "|"})
        await press(pilot, "ctrl+s")
        text = " ".join(screen_text(editor.waybill).split())
        assert "saved version 3 after you began with 2" in text
        assert "delimiter '|' -> ';'" in text

    desk.drive(scenario, size=(120, 40))


def test_draft_survives_leaving_and_can_be_thrown_away(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        editor = await editing(pilot)
        app = editor.waybill
        await press(pilot, "x", "escape", "e")
        await tried(pilot)
        again = shown(app, MappingEditor)
        assert again is not editor
        assert headers(again) == ["Supplier", "Amount", "Kind"]
        assert "changed, not saved" in static(app, "#summary")
        await press(pilot, "D")
        await tried(pilot)
        assert headers(again) == ["Invoice number", "Supplier", "Amount", "Kind"]
        assert not app.drafts

    desk.drive(scenario)


def test_mapping_is_renamed_duplicated_imported_and_deleted_by_keys(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "from-elsewhere.json"
    file.write_text('{"name": "Elsewhere", "layout": {"columns": ["number"]}}')

    async def scenario(pilot: Pilot[None]) -> None:
        app = await opened(pilot, "mapping")
        await press(pilot, "D")
        assert "used by: To the ledger" in notices(app)
        shown(app, MappingsScreen)
        await press(pilot, "down", "m", "ctrl+u", *"Brief", "ctrl+s")
        await settled(pilot)
        assert "Brief" in screen_text(app)
        await press(pilot, "g", "d", "down", *"Copy", "ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, MappingEditor))
        await settled(pilot)
        await press(pilot, "escape", "i", "down")
        app.screen.query_one("#f-path", Input).value = str(file)
        await press(pilot, "ctrl+s", "tab", "enter")
        await until(pilot, lambda: isinstance(app.screen, MappingEditor))
        await settled(pilot)
        await press(pilot, "escape", "g", "D")
        shown(app, PlanScreen)
        await press(pilot, "tab", "enter")
        await until(pilot, lambda: isinstance(app.screen, MappingsScreen))

    desk.drive(scenario)
    with connection():
        assert [one.name for one in mapping_list.listed(WAYBILL)] == ["Copy", "Elsewhere", "Ledger"]
    assert [each["source"] for each in layout("Copy")["columns"]] == ["number", "totals.payable"]


def test_export_hands_a_browser_the_file_and_names_no_folder(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DOWNLOAD_DIR", str(tmp_path))
    monkeypatch.setattr(WaybillApp, "is_web", True)

    async def scenario(pilot: Pilot[None]) -> None:
        app = await opened(pilot, "mapping")
        await press(pilot, "x")
        shown(app, MappingsScreen)
        await until(pilot, lambda: (tmp_path / "Ledger.json").exists())
        await press(pilot, "i")
        assert "waybill mapping import FILE" in notices(app)

    desk.drive(scenario)
    assert mapping_fields.read((tmp_path / "Ledger.json").read_text())[1] == layout("Ledger")


def test_matching_finds_by_what_a_field_is_and_offers_the_text_itself(desk: Desk) -> None:
    fields = mapping_fields.choosable(desk.site.entity)
    assert matching(fields, "prepaid xyz")[0].path == ""
    assert matching(fields, "advance paid")[0].path == "totals.paid"
    assert matching(fields, "currency")[0].path == "currency"
    assert len(matching(fields, "")) == len(fields)
