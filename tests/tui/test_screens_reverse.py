"""Payments of an ACH file taken back from its page, by keys alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from models.audit import Actor, AuditEntry
from models.destinations import LedgerRow
from models.invoices import Invoice
from models.jobs import Job, Trigger
from models.people import Role
from models.repairs.reverse import REVERSED
from tests.tui.party_desk import add_answers
from tests.tui.screen_kit import Desk, at_desk, notices, press, rung, screen_text, settled, until
from tests.tui.test_screens_pictures import SIZES, THEMES, Compare, after
from tui.app import WaybillApp
from tui.kit.plan import PlanScreen
from tui.screens.file import FileScreen


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with at_desk(tmp_path / "home") as made:
        add_answers(tmp_path)
        yield made


async def at_file(pilot: Pilot[None], file_id: int) -> WaybillApp:
    assert isinstance(pilot.app, WaybillApp)
    pilot.app.open(f"file/{file_id}")
    await settled(pilot)
    assert isinstance(pilot.app.screen, FileScreen)
    return pilot.app


def flat(app: WaybillApp) -> str:
    """What stands on the screen as one line, frames aside."""
    return " ".join(screen_text(app).replace("│", " ").split())


def test_payments_of_a_file_are_taken_back_by_a_plan(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        app = await at_file(pilot, 1)
        await press(pilot, "T")
        text = flat(app)
        assert "1 of 1 entry, 1 invoice" in text
        assert "100.00 USD to BLUE INC: A-1" in text
        assert "tell them beforehand" in text
        assert "One payment alone: waybill ach reverse 1 --entry" in text
        await press(pilot, "escape")
        assert Job.select().where(Job.trigger == Trigger.REVERSAL).count() == 0
        await press(pilot, "T", *"twice", "enter", "enter")
        assert isinstance(app.screen, FileScreen)
        assert "reversed: entry 076401250000001" in notices(app)
        await press(pilot, "T")
        assert "is reversed already" in flat(app)
        assert not app.screen.query_one("#go").display

    desk.drive(scenario)
    reversal = Job.get(Job.trigger == Trigger.REVERSAL)
    assert rung == [reversal.id]
    row = LedgerRow.get(LedgerRow.invoice == Invoice.get(Invoice.number == "A-1").id)
    assert (row.state, row.code) == ("on_hold", REVERSED)
    assert AuditEntry.get(AuditEntry.reason == "twice")


def test_file_without_payments_is_not_reversed_and_says_why(desk: Desk) -> None:
    desk.site.add_invoices(1)
    desk.site.run()
    csv = 3

    async def scenario(pilot: Pilot[None]) -> None:
        app = await at_file(pilot, csv)
        await press(pilot, "T")
        assert "Reverse: it is no ACH file" in notices(app)
        app = await at_file(pilot, 2)  # of prenotes alone
        await press(pilot, "T")
        assert isinstance(app.screen, PlanScreen)
        assert not app.screen.query_one("#go").display

    desk.drive(scenario)


def test_who_may_not_export_sees_that_and_why(desk: Desk) -> None:
    user = desk.site.add_user("review@example.com", Role.ACCOUNTING_REVIEW, everywhere=True)
    review = Desk(home=desk.home, site=desk.site, actor=Actor(user_id=user.id, name=user.email))

    async def scenario(pilot: Pilot[None]) -> None:
        app = await at_file(pilot, 1)
        await until(pilot, lambda: app.rights.held is not None)
        await press(pilot, "T")
        assert isinstance(app.screen, FileScreen)
        assert "(T Reverse)" in screen_text(app)
        assert "may not" in notices(app)

    review.drive(scenario)


@SIZES
@THEMES
@pytest.mark.parametrize("keys", [(), ("T",)], ids=["file", "plan"])
def test_reverse_picture(
    desk: Desk, snap_compare: Compare, size: tuple[int, int], theme: str, keys: tuple[str, ...]
) -> None:
    run_before = after(*keys, link="file/1", theme=theme)
    assert snap_compare(desk.app(), terminal_size=size, run_before=run_before)
