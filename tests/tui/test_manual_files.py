"""Exporting by hand, by keys alone: which files are written, and with which columns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from models import mappings, people, schedules
from models.audit import WAYBILL
from models.database import connection
from models.jobs import JobState, Output, Route
from models.schedules import Instruction
from tests.tui.invoice_desk import InvoiceDesk, app_of, at_invoice_desk
from tests.tui.mapping_desk import MONTHLY
from tests.tui.screen_kit import press, rung, screen_text, settled, until
from tui.screens.job import JobScreen
from tui.widgets.inputs import Choice
from worker import export


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[InvoiceDesk]:
    with at_invoice_desk(tmp_path / "home") as made:
        yield made


def words_of(pilot: Pilot[None]) -> str:
    return " ".join(screen_text(app_of(pilot)).replace("│", " ").split())


def save_mapping(desk: InvoiceDesk, name: str = "Bank columns") -> None:
    layout = {"columns": [{"header": "Our number", "source": "number"}]}
    with connection():
        mappings.create(WAYBILL, desk.exports.entity, name, layout)


async def choose(pilot: Pilot[None], name: str, value: str) -> None:
    """As so many keys would as there are choices before it."""
    pilot.app.screen.query_one(f"#f-{name}", Choice).value = value
    await settled(pilot)


def test_form_says_which_files_are_written_before_anything_is_chosen(desk: InvoiceDesk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        app_of(pilot).open("invoice")
        await settled(pilot)
        await press(pilot, "x")
        assert "Writes other invoices: csv, ACH invoices: nacha (" in words_of(pilot)
        assert "their mapping" not in words_of(pilot), "there is none"
        await press(pilot, "down", "down", "right")
        assert "Writes ACH invoices: nacha (as said)" in words_of(pilot)
        await press(pilot, "down", "right")
        assert "Writes no file: choose one" in words_of(pilot)

    desk.drive(scenario)


def test_chosen_mapping_is_what_the_file_is_written_with(desk: InvoiceDesk) -> None:
    save_mapping(desk)

    async def scenario(pilot: Pilot[None]) -> None:
        app_of(pilot).open("invoice")
        await settled(pilot)
        await press(pilot, "x", "down", "down")
        assert "their mapping" not in words_of(pilot), "as usual is with the usual columns"
        await choose(pilot, "other", "csv")
        await press(pilot, "down", "right")
        assert "their mapping < Bank columns > 2 of 2" in words_of(pilot)
        assert "Writes other invoices: csv with Bank columns, ACH invoices: nacha (as said)" in words_of(
            pilot
        )
        await press(pilot, "ctrl+s", "v")
        await until(pilot, lambda: "Our number" in words_of(pilot))
        await press(pilot, "escape", "x")
        assert "other file: csv, mapping Bank columns" in words_of(pilot)
        await press(pilot, "tab", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobScreen))

    desk.drive(scenario)
    with connection():
        assert export.run(rung[0]) == JobState.COMPLETED_WITH_ERRORS, "B-2 cannot be paid"
        data = next(data for data in desk.exports.published().values() if b"Our" in data)
    assert data.decode().split() == ["Our", "number", "B-1"]


def test_usual_mapping_stands_there_to_begin_with(desk: InvoiceDesk) -> None:
    save_mapping(desk)
    save_mapping(desk, "Other columns")
    with connection():
        usual = mappings.find(desk.exports.entity, "Other columns")
        outputs = {Route.OTHER: Output(format="csv", mapping_id=usual.id)}
        person = people.find("anna@example.com").id
        said = Instruction(name="Nightly", on_behalf_of=person, recurrence=MONTHLY, outputs=outputs)
        schedules.create(WAYBILL, desk.exports.facility, said)

    async def scenario(pilot: Pilot[None]) -> None:
        app_of(pilot).open("invoice")
        await settled(pilot)
        await press(pilot, "x")
        assert "csv with Other columns (as the schedule Nightly writes them)" in words_of(pilot)
        await choose(pilot, "other", "csv")
        assert "their mapping < Other columns >" in words_of(pilot)
        assert "csv with Other columns (as said)" in words_of(pilot)

    desk.drive(scenario)
