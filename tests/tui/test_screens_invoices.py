"""Invoices by keys alone: the list and its filter, one invoice, and the repairs of marked ones."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from models import invoice_pages
from models.audit import AuditEntry
from models.database import connection
from models.invoice_pages import Sought
from models.paging import Seek
from models.people import Role
from models.timeline import events
from tests.tui.invoice_desk import InvoiceDesk, app_of, at_invoice_desk, second_entity, take_receivable
from tests.tui.screen_kit import Scenario, keys, notices, press, rung, screen_text, settled, static, until
from tui.kit.plan import PlanScreen
from tui.kit.reader import ReaderScreen
from tui.screens import invoice_list
from tui.screens.invoice import InvoiceScreen
from tui.screens.invoices import InvoicesScreen
from tui.screens.job import JobScreen


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[InvoiceDesk]:
    with at_invoice_desk(tmp_path / "home") as made:
        yield made


def at(link: str, scenario: Scenario) -> Scenario:
    """A scenario that begins at a link."""

    async def run(pilot: Pilot[None]) -> None:
        app_of(pilot).open(link)
        await settled(pilot)
        await scenario(pilot)

    return run


def text_of(pilot: Pilot[None]) -> str:
    return screen_text(app_of(pilot))


def shows(pilot: Pilot[None], kind: type[Screen[Any]]) -> bool:
    return isinstance(pilot.app.screen, kind)


def words_of(pilot: Pilot[None]) -> str:
    """What stands there, whatever the lines."""
    return " ".join(text_of(pilot).replace("│", " ").split())


def listed(pilot: Pilot[None]) -> list[str]:
    """The numbers in the list, in order."""
    screen = pilot.app.screen
    assert isinstance(screen, InvoicesScreen)
    return [row.number for row in screen.table.rows]


async def narrowed(pilot: Pilot[None], line: str) -> None:
    """Filter the list."""
    await press(pilot, "slash")
    pilot.app.screen.query_one(Input).value = line
    await press(pilot, "enter")


# The list


def test_invoices_stand_with_state_in_words_and_are_counted(desk: InvoiceDesk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        assert listed(pilot) == ["B-3", "B-2", "B-1", "A-2", "A-1"]
        text = text_of(pilot)
        assert "[all 5]  pending 2   on hold 0   exported 2   changed since 1" in text
        for words in ("- draft", ". pending", "+ exported", "! changed since"):
            assert words in text
        await press(pilot, "right")
        assert listed(pilot) == ["B-2", "B-1"]
        await press(pilot, "right")
        assert "No invoice is on hold" in text_of(pilot)
        await press(pilot, "right", "right")
        assert listed(pilot) == ["A-1"]
        assert "Version 1 was exported by job 1; version 2 came since" in words_of(pilot)

    desk.drive(at("invoice", scenario))


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("A-", ["A-1", "A-2"]),
        ('party:"Red Ltd"', ["B-1"]),
        ("party:Nobody", []),
        ("period:2026-10", ["B-1"]),
        ("amount:250.00", ["A-2"]),
        ("state:pending", ["B-2", "B-1"]),
        ("changed:yes", ["A-1"]),
        ("direction:receivable", []),
        ("destination:payable/main state:exported", ["A-2", "A-1"]),
    ],
)
def test_invoices_filtered_are_those_that_match(desk: InvoiceDesk, line: str, found: list[str]) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await narrowed(pilot, line)
        assert listed(pilot) == found
        assert f"[all {len(found)}]" in text_of(pilot)
        if not found:
            assert "Nothing matches the filter" in text_of(pilot)

    desk.drive(at("invoice", scenario))


def test_invoices_filter_that_is_wrong_says_so_and_offers_names(desk: InvoiceDesk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "slash")
        line = pilot.app.screen.query_one(Input)
        line.value = "state:lost "
        await press(pilot, "enter")
        assert "state: cannot be lost" in text_of(pilot).replace("'", "")
        line.value = "party:R"
        line.cursor_position = 7
        await settled(pilot)
        assert 'party:"Red Ltd"' in text_of(pilot)
        await press(pilot, "tab", "enter")
        assert listed(pilot) == ["B-1"]

    desk.drive(at("invoice", scenario))


def test_invoices_on_a_tab_and_with_another_state_in_the_filter_are_none(desk: InvoiceDesk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "right")
        await narrowed(pilot, "state:exported")
        assert listed(pilot) == []

    desk.drive(at("invoice", scenario))


def test_invoices_of_another_legal_entity_are_chosen_by_name(desk: InvoiceDesk) -> None:
    second_entity()

    async def scenario(pilot: Pilot[None]) -> None:
        assert "B-1" in listed(pilot)
        await press(pilot, "l")
        assert "Acme South" in text_of(pilot)
        assert "> Acme Nordic" in words_of(pilot)
        await press(pilot, "down", "enter")
        assert listed(pilot) == ["S-1"]
        assert "Acme South" in static(app_of(pilot), "#preview")
        await press(pilot, "l", "escape")
        assert listed(pilot) == ["S-1"]

    desk.drive(at("invoice", scenario))


def test_invoices_of_the_only_legal_entity_offer_no_other(desk: InvoiceDesk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        assert "l Legal entity" not in text_of(pilot)
        await press(pilot, "l")
        assert shows(pilot, InvoicesScreen)

    desk.drive(at("invoice", scenario), size=(140, 40))


# One invoice


def test_invoice_answers_on_one_screen_whether_it_left_when_and_in_which_bytes(desk: InvoiceDesk) -> None:
    ((name, published),) = desk.exports.published().items()

    async def scenario(pilot: Pilot[None]) -> None:
        words = words_of(pilot)
        assert "Sent once to payable/main, 2026-11-20 02:00:00 UTC (03:00 CET): version 1 by job 1" in words
        assert f"Bytes {name}, {len(published):,} bytes, sha256" in words
        assert hashlib.sha256(published).hexdigest() in words
        assert f"Receipt pickup acme-nordic/{name}: delivered 2026-11-20 02:00:00 UTC" in words
        assert "exported, changed since, which is not sent by itself" in words

    desk.drive(at("invoice/A-1", scenario))


def test_invoice_parts_show_content_json_versions_and_what_changed(desk: InvoiceDesk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "right")
        assert "+ successful 1 1 InvoiceBatch" in words_of(pilot)
        await press(pilot, "right", "right")
        text = text_of(pilot)
        assert "BT-1    Invoice number                  A-1" in text
        assert text.index("BT-1 ") < text.index("BT-2 "), "in the standard's order"
        await press(pilot, "right")
        assert '"currency": "USD",' in text_of(pilot)
        await press(pilot, "right", "enter")
        assert shows(pilot, ReaderScreen)
        assert "Purchase order: PO-7 > PO-8" in words_of(pilot)
        await press(pilot, "escape", "right")
        assert "1 > 2 Purchase order PO-7 PO-8" in words_of(pilot)
        assert "1 > 2 Totals · Amount due 100.00 110.00" in words_of(pilot)

    desk.drive(at("invoice/A-1", scenario))


def test_invoice_job_opens_from_what_was_sent(desk: InvoiceDesk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "right", "enter")
        assert shows(pilot, JobScreen)
        await press(pilot, "escape")
        assert shows(pilot, InvoiceScreen)

    desk.drive(at("invoice/A-2", scenario))


def test_invoice_by_its_id_opens_too_and_none_says_so(desk: InvoiceDesk) -> None:
    wanted = desk.invoice("B-1").id

    async def scenario(pilot: Pilot[None]) -> None:
        assert "B-1 Red Ltd" in words_of(pilot)
        await press(pilot, "escape")
        app_of(pilot).open("invoice/NONE")
        await until(pilot, lambda: "has no invoice" in notices(app_of(pilot)))
        await settled(pilot)
        assert shows(pilot, InvoicesScreen)

    desk.drive(at(f"invoice/{wanted}", scenario))


def test_invoice_of_another_legal_entity_is_not_there(desk: InvoiceDesk) -> None:
    second_entity()
    weak = desk.as_user(Role.SUPPORT)

    async def scenario(pilot: Pilot[None]) -> None:
        assert "has no invoice" in notices(app_of(pilot))
        assert shows(pilot, InvoicesScreen)
        assert "S-1" not in listed(pilot)

    weak.drive(at("invoice/S-1", scenario))


def test_invoice_neighbours_are_those_of_the_filtered_list(desk: InvoiceDesk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await narrowed(pilot, "A-")
        await press(pilot, "enter")
        assert "A-1 Blue Ltd" in words_of(pilot)
        await press(pilot, "right_square_bracket")
        assert "A-2 Blue Ltd" in words_of(pilot)
        await press(pilot, "right_square_bracket")
        assert "no further one" in notices(app_of(pilot))

    desk.drive(at("invoice", scenario))


# Repairs


def test_marked_invoices_are_counted_as_exported_after_plan_and_reason(desk: InvoiceDesk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "down", "space", "space", "M")
        assert shows(pilot, PlanScreen)
        assert "2 of 2 invoices" in words_of(pilot)
        assert "look first whether these are where they belong" in words_of(pilot)
        assert desk.ledger_of("B-1") == "pending", "nothing before it is confirmed"
        pilot.app.screen.query_one("#reason", Input).value = "paid by hand"
        await press(pilot, "enter", "enter")
        await until(pilot, lambda: shows(pilot, InvoicesScreen))

    desk.drive(at("invoice", scenario))
    assert (desk.ledger_of("B-1"), desk.ledger_of("B-2")) == ("exported", "exported")
    assert [event.detail for event in events(desk.invoice("B-1")) if event.what == "mark as exported"] == [
        "paid by hand"
    ]


def test_all_matching_invoices_are_reverted_with_the_warning_of_double_booking(desk: InvoiceDesk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await narrowed(pilot, "state:exported")
        await press(pilot, "A", "down", "space", "V")
        assert "1 of 1 invoice" in words_of(pilot)
        assert "they will be booked twice" in words_of(pilot)
        assert "A-2: exported -> pending" in words_of(pilot)
        pilot.app.screen.query_one("#reason", Input).value = "removed there"
        await press(pilot, "enter", "enter")
        await until(pilot, lambda: shows(pilot, InvoicesScreen))

    desk.drive(at("invoice", scenario))
    assert (desk.ledger_of("A-1"), desk.ledger_of("A-2")) == ("exported", "pending")


def test_changed_invoice_is_exported_again_from_its_own_screen(desk: InvoiceDesk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "E")
        assert "now version 2" in words_of(pilot)
        pilot.app.screen.query_one("#reason", Input).value = "the amount was wrong"
        await press(pilot, "enter", "enter")
        await until(pilot, lambda: shows(pilot, InvoiceScreen))

    desk.drive(at("invoice/A-1", scenario))
    assert len(rung) == 1
    (entry,) = AuditEntry.select().where(AuditEntry.action == "re-export")
    assert entry.reason == "the amount was wrong"


def test_payable_and_receivable_invoices_are_not_repaired_at_once(desk: InvoiceDesk) -> None:
    take_receivable(desk.exports.entity, "R-1")

    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "A", "M")
        await until(pilot, lambda: "some receivable" in notices(app_of(pilot)))
        await settled(pilot)
        await press(pilot, "escape")
        await narrowed(pilot, "direction:receivable")
        await press(pilot, "A", "M")
        assert "R-1: pending -> exported" in words_of(pilot)

    desk.drive(at("invoice", scenario))


@pytest.mark.parametrize(
    ("code", "reason", "said"),
    [
        ("", "", "It goes with the next export"),
        ("reverted", "the bank lost it", "It goes with the next export. Put back: the bank lost it"),
        ("no_account", "no account", "It goes with the next export. Last time it did not go: no account"),
    ],
)
def test_pending_invoice_says_what_was_before(desk: InvoiceDesk, code: str, reason: str, said: str) -> None:
    with connection():
        (row,) = invoice_pages.paged(desk.exports.entity, Sought(number="B-1"), Seek())
    assert invoice_list.stands(row._replace(code=code, reason=reason)) == said


@pytest.mark.parametrize(
    ("link", "key", "why"),
    [
        ("invoice/A-2", "M", "it is exported already"),
        ("invoice/B-1", "V", "it is pending already"),
        ("invoice/B-1", "E", "it goes with the next export"),
        ("invoice/B-3", "M", "it is a draft"),
        ("invoice/B-3", "v", "it goes nowhere"),
    ],
)
def test_repair_that_cannot_be_says_why(desk: InvoiceDesk, link: str, key: str, why: str) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, key)
        assert why in notices(app_of(pilot))
        assert shows(pilot, InvoiceScreen)

    desk.drive(at(link, scenario))


def test_repair_without_the_role_says_which_is_needed(desk: InvoiceDesk) -> None:
    weak = desk.as_user(Role.INVOICE_SETTINGS)

    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "V")
        assert "may not repair exports" in notices(app_of(pilot))
        await press(pilot, "x")
        assert "may not export invoices" in notices(app_of(pilot))
        assert keys(app_of(pilot))

    weak.drive(at("invoice", scenario))


def test_preview_of_one_invoice_is_its_file_as_it_would_leave(desk: InvoiceDesk) -> None:
    before = desk.exports.published()

    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "v")
        await until(pilot, lambda: "1 invoice, 110.00 USD" in text_of(pilot))
        assert "nothing is exported, nothing is kept" in text_of(pilot)
        await press(pilot, "enter")
        assert ",Blue Ltd,invoice,A-1," in words_of(pilot)

    desk.drive(at("invoice/A-1", scenario))
    assert desk.exports.published() == before
