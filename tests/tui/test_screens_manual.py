"""Exporting by hand, by keys alone: find, look at the files, export, and what is refused."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from models import entities
from models.audit import WAYBILL
from models.database import connection
from models.jobs import Job, JobState
from tests.records import dump
from tests.tui.invoice_desk import InvoiceDesk, app_of, at_invoice_desk
from tests.tui.screen_kit import Scenario, notices, press, rung, screen_text, settled, until
from tui.kit.plan import PlanScreen
from tui.screens.invoices import InvoicesScreen
from tui.screens.job import JobScreen
from tui.screens.manual_form import ManualForm
from tui.screens.manual_found import ManualScreen
from tui.screens.manual_preview import PreviewScreen
from tui.widgets.inputs import Choice
from worker import export


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[InvoiceDesk]:
    with at_invoice_desk(tmp_path / "home") as made:
        yield made


def finding(values: dict[str, str], scenario: Scenario) -> Scenario:
    """A scenario that begins with what the form finds."""

    async def run(pilot: Pilot[None]) -> None:
        app_of(pilot).open("invoice")
        await settled(pilot)
        await press(pilot, "x")
        for name, value in values.items():
            field = pilot.app.screen.query_one(f"#f-{name}")
            assert isinstance(field, Input | Choice)
            field.value = value
        await press(pilot, "ctrl+s")
        await scenario(pilot)

    return run


def shows(pilot: Pilot[None], kind: type[Screen[Any]]) -> bool:
    return isinstance(pilot.app.screen, kind)


def words_of(pilot: Pilot[None]) -> str:
    return " ".join(screen_text(app_of(pilot)).replace("│", " ").split())


def found(pilot: Pilot[None]) -> list[str]:
    """The numbers in the list, in order."""
    screen = pilot.app.screen
    assert isinstance(screen, ManualScreen)
    return [row.number for row in screen.table.rows]


def jobs() -> int:
    with connection():
        return int(Job.select().count())


EVERYTHING = {"by": "date", "since": "2026-01-01"}


@pytest.mark.parametrize(
    ("values", "going", "again", "staying"),
    [
        ({"by": "all not exported"}, ["B-1", "B-2"], [], []),
        (EVERYTHING, ["B-1", "B-2"], ["A-1", "A-2"], ["B-3"]),
        ({"by": "date", "since": "2026-10-01", "until": "2026-10-31"}, ["B-1"], [], []),
        ({"by": "customer", "parties": "Red Ltd; Blue Ltd"}, ["B-1"], ["A-1", "A-2"], ["B-3"]),
        ({"by": "customer", "parties": "Red Ltd", "party_since": "2026-11-01"}, [], [], []),
        ({"by": "invoices", "numbers": "A-1 B-1"}, ["B-1"], ["A-1"], []),
    ],
)
def test_found_stands_as_not_exported_already_exported_and_what_cannot_go(
    desk: InvoiceDesk, values: dict[str, str], going: list[str], again: list[str], staying: list[str]
) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        text = screen_text(app_of(pilot))
        assert f"[not exported {len(going)}]" in text
        assert found(pilot) == going
        await press(pilot, "right")
        assert found(pilot) == again
        await press(pilot, "right")
        assert found(pilot) == staying

    desk.drive(finding(values, scenario))


def test_found_of_all_counts_what_was_exported_and_says_how_to_see_it(desk: InvoiceDesk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        assert "already exported 2" in words_of(pilot)
        await press(pilot, "right")
        assert "are only counted" in words_of(pilot)
        await press(pilot, "x")
        assert "there is nothing in this list" in notices(app_of(pilot))

    desk.drive(finding({"by": "all not exported"}, scenario))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"by": "invoices", "numbers": "NONE"}, "has no invoice NONE"),
        ({"by": "invoices", "numbers": ""}, "is missing"),
        ({"by": "invoices", "numbers": "'A-1"}, "No closing quotation"),
        ({"by": "customer", "parties": "Nobody"}, "has no party"),
        ({"by": "date"}, "no day is given"),
        ({"by": "date", "since": "2026-02-30"}, "day is out of range"),
        ({"by": "date", "since": "2026-03-01", "until": "2026-02-01"}, "is before the first"),
    ],
)
def test_form_says_what_finds_nothing_and_keeps_what_was_typed(
    desk: InvoiceDesk, values: dict[str, str], said: str
) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: said in notices(app_of(pilot)).replace("'", ""))
        form = pilot.app.screen
        assert isinstance(form, ManualForm)
        assert form.values()["by"] == values["by"]

    desk.drive(finding(values, scenario))


def test_marked_invoices_stand_in_the_form(desk: InvoiceDesk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        app_of(pilot).open("invoice")
        await settled(pilot)
        await press(pilot, "down", "space", "space", "x", "ctrl+s")
        assert found(pilot) == ["B-1", "B-2"]
        await press(pilot, "escape")
        assert shows(pilot, ManualForm), "to look for something else"
        await press(pilot, "escape")
        assert shows(pilot, InvoicesScreen)

    desk.drive(scenario)


# Preview


def test_preview_shows_real_files_and_what_would_fail_and_writes_nothing(
    desk: InvoiceDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before, published = dump(), desk.exports.published()

    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "v")
        await until(pilot, lambda: "nothing is exported, nothing is kept" in words_of(pilot))
        await settled(pilot)
        assert shows(pilot, PreviewScreen)
        assert "csv, 1 invoice, 99.95 USD" in words_of(pilot)
        assert ",Red Ltd,invoice,B-1,2026-10-15" in words_of(pilot)
        assert "1 would fail, 0 do not go" in words_of(pilot)
        await press(pilot, "right", "right")
        assert "B-2 Wire Co" in words_of(pilot)
        assert "To do: add the right account" in words_of(pilot)
        await press(pilot, "escape")
        assert shows(pilot, ManualScreen)

    desk.drive(finding({"by": "all not exported"}, scenario))
    assert dump() == before
    assert desk.exports.published() == published
    assert not list(tmp_path.glob("waybill-preview-*")), "the files are gone again"


# Export


def test_export_of_the_whole_list_makes_one_job_and_shows_it_live(desk: InvoiceDesk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "x")
        assert shows(pilot, PlanScreen)
        assert "2 invoices with Bank files" in words_of(pilot)
        assert "Reason" not in words_of(pilot)
        assert "> Cancel <" in words_of(pilot), "the harmless button has the focus"
        await press(pilot, "tab", "enter")
        await until(pilot, lambda: shows(pilot, JobScreen))
        await settled(pilot)
        assert "waits for a worker" in words_of(pilot)
        with connection():
            assert export.run(rung[0]) == JobState.COMPLETED_WITH_ERRORS
        await until(pilot, lambda: "! with errors" in words_of(pilot))

    desk.drive(finding({"by": "all not exported"}, scenario))
    assert jobs() == 2
    assert (desk.ledger_of("B-1"), desk.ledger_of("B-2")) == ("exported", "pending")


def test_export_of_marked_ones_takes_these_alone(desk: InvoiceDesk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "space", "x", "tab", "enter")
        await until(pilot, lambda: shows(pilot, JobScreen))
        with connection():
            export.run(rung[0])

    desk.drive(finding({"by": "all not exported"}, scenario))
    assert (desk.ledger_of("B-1"), desk.ledger_of("B-2")) == ("exported", "pending")
    with connection():
        assert len(Job.get_by_id(rung[0]).note) > 0


def test_export_of_all_but_the_unmarked_ones_leaves_these(desk: InvoiceDesk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "A", "down", "space", "x")
        assert "Export 1 invoice" in words_of(pilot)
        assert "99.95 USD" in words_of(pilot)

    desk.drive(finding({"by": "all not exported"}, scenario))


def test_export_again_cannot_be_pressed_without_a_reason(desk: InvoiceDesk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "right", "x")
        assert "2 of them again" in words_of(pilot)
        assert "may book or pay them twice" in words_of(pilot)
        await press(pilot, "enter", "tab", "enter")
        assert jobs() == 1
        if not shows(pilot, PlanScreen):
            await press(pilot, "x")
        pilot.app.screen.query_one("#reason", Input).value = "the bank lost the file"
        await press(pilot, "enter", "enter")
        await until(pilot, lambda: shows(pilot, JobScreen))

    desk.drive(finding(EVERYTHING, scenario))
    assert jobs() == 2
    with connection():
        assert "2 of them again: the bank lost the file" in Job.get_by_id(rung[0]).note


def test_disabled_manual_exports_are_refused_naming_the_setting(desk: InvoiceDesk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        entities.edit(WAYBILL, desk.exports.entity, manual_exports=False)
        await press(pilot, "ctrl+r", "x")
        assert "(its setting manual_exports is off)" in notices(app_of(pilot))
        assert shows(pilot, ManualScreen)
        await press(pilot, "escape", "escape", "x")
        assert shows(pilot, InvoicesScreen)
        assert "(x Export by hand)" in words_of(pilot)

    desk.drive(finding({"by": "all not exported"}, scenario))
    assert jobs() == 1


def test_disabled_between_plan_and_press_is_refused_too(desk: InvoiceDesk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "x")
        entities.edit(WAYBILL, desk.exports.entity, manual_exports=False)
        await press(pilot, "tab", "enter")
        await until(pilot, lambda: "manual exports are disabled" in notices(app_of(pilot)))

    desk.drive(finding({"by": "all not exported"}, scenario))
    assert jobs() == 1
