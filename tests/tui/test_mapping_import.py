"""A mapping out of a file in the terminal program: a new one, or a new version of one that has its name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from models import mapping_fields, mapping_list, mappings
from models.database import connection
from models.people import WAYBILL
from tests.tui.mapping_desk import LEDGER, add_documents, add_mappings
from tests.tui.screen_kit import Desk, Scenario, at_desk, notices, press, screen_text, settled, until
from tui.app import WaybillApp
from tui.kit.plan import PlanScreen
from tui.screens.mapping_editor import MappingEditor
from tui.screens.mapping_import import ImportForm


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with at_desk(tmp_path / "home") as made:
        add_mappings(made)
        add_documents(made)
        yield made


def importing(path: Path, scenario: Scenario, name: str = "") -> Scenario:
    """A scenario that begins with the plan of importing a file."""

    async def run(pilot: Pilot[None]) -> None:
        app = pilot.app
        assert isinstance(app, WaybillApp)
        app.open("mapping")
        await settled(pilot)
        await press(pilot, "i")
        app.screen.query_one("#f-path", Input).value = str(path)
        app.screen.query_one("#f-name", Input).value = name
        await press(pilot, "ctrl+s")
        await scenario(pilot)

    return run


def words_of(pilot: Pilot[None]) -> str:
    app = pilot.app
    assert isinstance(app, WaybillApp)
    return " ".join(screen_text(app).replace("│", " ").split())


def file_of(path: Path, layout: dict[str, Any], name: str = "Ledger") -> Path:
    path.write_text(json.dumps({"name": name, "layout": layout}))
    return path


def version(name: str = "Ledger") -> int:
    with connection():
        return mapping_list.find(WAYBILL, name).version


def test_import_over_an_existing_one_shows_what_changes_and_makes_a_version(
    desk: Desk, tmp_path: Path
) -> None:
    columns = [LEDGER["columns"][1], LEDGER["columns"][0], {"header": "Due", "source": "due_date"}]
    path = file_of(tmp_path / "ledger.json", {"columns": columns, "delimiter": "|"})

    async def scenario(pilot: Pilot[None]) -> None:
        assert isinstance(pilot.app.screen, PlanScreen)
        text = words_of(pilot)
        assert "5 changes of Ledger of Acme Nordic, version 2" in text
        for change in (
            "'Amount' removed",
            "'Kind' removed",
            "'Due' added as the 3rd",
            "delimiter ';' -> '|'",
        ):
            assert change in text
        assert "used by the schedule To the ledger (active), csv of ERP north" in text
        assert "> Cancel <" in text, "the harmless button has the focus"
        assert version() == 2
        await press(pilot, "tab", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, MappingEditor))
        await settled(pilot)
        assert "Ledger version 3, saved, 3 columns" in words_of(pilot)

    desk.drive(importing(path, scenario), size=(120, 40))
    assert version() == 3


def test_import_that_is_left_changes_nothing_and_keeps_what_was_typed(desk: Desk, tmp_path: Path) -> None:
    path = file_of(tmp_path / "ledger.json", {"columns": ["number"]})

    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "escape")
        form = pilot.app.screen
        assert isinstance(form, ImportForm)
        assert form.values()["path"] == str(path)

    desk.drive(importing(path, scenario))
    assert version() == 2


def test_import_of_what_an_export_wrote_changes_nothing_and_says_so(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "ledger.json"
    with connection():
        path.write_text(mapping_fields.as_file(mappings.find(desk.site.entity, "Ledger")))

    async def scenario(pilot: Pilot[None]) -> None:
        assert "the file says what Ledger of Acme Nordic, version 2 says" in words_of(pilot)
        assert "Close" in words_of(pilot)
        assert "Save as" not in words_of(pilot)

    desk.drive(importing(path, scenario), size=(120, 40))


def test_import_under_another_name_is_a_new_mapping_whose_columns_are_shown(
    desk: Desk, tmp_path: Path
) -> None:
    path = file_of(tmp_path / "ledger.json", LEDGER)

    async def scenario(pilot: Pilot[None]) -> None:
        text = words_of(pilot)
        assert "a new mapping Bank of Acme Nordic with 4 columns" in text
        assert "2. Supplier: party.name" in text
        assert "4. Kind: 'BILL'" in text
        await press(pilot, "tab", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, MappingEditor))

    desk.drive(importing(path, scenario, "Bank"), size=(120, 40))
    assert (version("Bank"), version()) == (1, 2)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "that is no JSON"),
        ('{"name": "Ledger"}', "the file holds no columns"),
        ('{"columns": ["number"]}', "the file names no mapping"),
        ('{"name": "Ledger", "layout": {"columns": ["colour"]}}', "colour"),
        (None, "cannot be read"),
    ],
)
def test_import_of_what_is_no_mapping_says_why_and_stays(
    desk: Desk, tmp_path: Path, text: str | None, said: str
) -> None:
    path = tmp_path / "ledger.json"
    if text is not None:
        path.write_text(text)

    async def scenario(pilot: Pilot[None]) -> None:
        app = pilot.app
        assert isinstance(app, WaybillApp)
        await until(pilot, lambda: said in notices(app))
        assert isinstance(app.screen, ImportForm)

    desk.drive(importing(path, scenario))
    assert version() == 2
