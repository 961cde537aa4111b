"""Parties by keys alone: found, looked at, made and edited, paid another way, given an account."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from models import parties
from models.ach_returns import proposals
from models.ach_returns.records import AccountProposal, ProposalState
from models.audit import Actor, AuditEntry
from models.parties import Party, PaymentMethod
from models.people import WAYBILL, Role
from tests.tui.party_desk import add_answers, add_change
from tests.tui.screen_kit import Desk, at_desk, notices, press, screen_text, settled, until
from tui.app import WaybillApp
from tui.kit.plan import PlanScreen
from tui.screens.invoice import InvoiceScreen
from tui.screens.parties import PartiesScreen
from tui.screens.party import PartyScreen

NUMBER = "9988776655"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with at_desk(tmp_path / "home") as made:
        yield made


async def opened(pilot: Pilot[None], link: str) -> WaybillApp:
    assert isinstance(pilot.app, WaybillApp)
    pilot.app.open(link)
    await settled(pilot)
    return pilot.app


def flat(app: WaybillApp) -> str:
    """What stands on the screen as one line, frames aside: a text may wrap anywhere."""
    return " ".join(screen_text(app).replace("│", " ").split())


def on(app: WaybillApp) -> type[Screen[object]]:
    """Which screen is on top."""
    return type(app.screen)


def now(desk: Desk) -> Party:
    """The desk's supplier as it is now."""
    found: Party = Party.get_by_id(desk.site.party.id)
    return found


# Found and looked at


def test_parties_are_searched_by_name_number_and_method(desk: Desk) -> None:
    red = parties.create(WAYBILL, desk.site.entity, "Red", number="V-7", payment_method=PaymentMethod.ACH)

    async def scenario(pilot: Pilot[None]) -> None:
        app = await opened(pilot, "party")
        assert isinstance(app.screen, PartiesScreen)
        assert [row.name for row in app.screen.table.rows] == ["Blue Ltd", "Red"]
        assert "! ACH, no account" in screen_text(app)
        for words in ("v-7", "method:ach", "red account:no"):
            await press(pilot, "slash", *["space" if sign == " " else sign for sign in words], "enter")
            assert [row.id for row in app.screen.table.rows] == [red.id], words
            await press(pilot, "escape")
        assert len(app.screen.table.rows) == 2
        await press(pilot, "s", "down", "s")
        assert isinstance(app.screen, PartiesScreen)

    desk.drive(scenario)


def test_no_party_says_how_one_comes_to_be(desk: Desk) -> None:
    Party.delete().execute()

    async def scenario(pilot: Pilot[None]) -> None:
        app = await opened(pilot, "party")
        assert "waybill import PATH" in screen_text(app)
        await press(pilot, "e")
        assert "there is no party here" in notices(app)

    desk.drive(scenario)


@pytest.mark.parametrize("order", [(), ("s",)], ids=["by name", "newest first"])
def test_party_shows_its_invoices_accounts_and_neighbours(desk: Desk, order: tuple[str, ...]) -> None:
    desk.site.add_invoices(3)
    parties.edit(WAYBILL, desk.site.party, payment_method=PaymentMethod.ACH, number="V-1")
    for number in ("11112222", NUMBER):
        parties.add_bank_account(WAYBILL, desk.site.party, routing="021000021", number=number)
    parties.create(WAYBILL, desk.site.entity, "Red")

    async def scenario(pilot: Pilot[None]) -> None:
        app = await opened(pilot, "party")
        await press(pilot, *order, "home", *(["down"] if order else []), "enter")
        assert isinstance(app.screen, PartyScreen)
        text = flat(app)
        assert "number V-1" in text
        assert "ACH into ••••6655 at 021000021, a company's checking account" in text
        assert "3 invoices, 36.90 EUR: wait and follow the change" in text
        assert "[invoices 3]" in text
        await press(pilot, "right")
        rows = [line for line in screen_text(app).splitlines() if "current " in line or "earlier " in line]
        assert [line.split("0210")[0].split() for line in rows] == [
            [">", "+", "current", "••••6655"],
            ["-", "earlier", "••••2222"],
        ]
        assert NUMBER not in screen_text(app) + app.export_screenshot()
        await press(pilot, "right", "right")
        assert "add bank account" in screen_text(app)
        await press(pilot, "left_square_bracket" if order else "right_square_bracket")
        assert "Red" in screen_text(app)

    desk.drive(scenario)


def test_invoice_of_a_party_opens_and_leads_back(desk: Desk) -> None:
    desk.site.add_invoices(1)

    async def scenario(pilot: Pilot[None]) -> None:
        app = await opened(pilot, f"party/{desk.site.party.id}")
        await press(pilot, "enter")
        assert on(app) is InvoiceScreen
        await press(pilot, "escape")
        assert on(app) is PartyScreen

    desk.drive(scenario)


def test_link_to_no_party_is_told(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        app = await opened(pilot, "party/999")
        assert "there is no party 999" in notices(app)

    desk.drive(scenario)


# Made and edited


def test_party_is_made_and_edited_with_what_it_is_known_by(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        app = await opened(pilot, "party")
        await press(pilot, "n", "down", *"Red", "down", *"V-7", "down", *"red")
        assert "an address: ar@example.com" in flat(app)
        await press(pilot, "ctrl+s")
        assert "! is 'red'" in flat(app)
        await press(pilot, *"@b.dk", "down", *"DK1,NO2", "ctrl+s")
        assert "is made" in notices(app)
        made = Party.get(Party.name == "Red")
        assert (made.number, made.email) == ("V-7", "red@b.dk")
        assert parties.known_by(made) == ["DK1", "NO2", "NUMBER:V-7"]
        await press(pilot, "down", "e", "down", "end", *["backspace"] * 3, "ctrl+s")
        assert Party.get_by_id(made.id).number == ""
        assert "Changed Red" in notices(app)

    desk.drive(scenario)


# Where money goes


def test_payment_method_is_changed_by_a_plan_that_names_what_waits(desk: Desk) -> None:
    desk.site.add_invoices(2)

    async def scenario(pilot: Pilot[None]) -> None:
        app = await opened(pilot, "party")
        await press(pilot, "p")
        assert "2 invoices, 24.60 EUR: wait and follow the change" in flat(app)
        assert "no bank account yet: its invoices fail" in flat(app)
        await press(pilot, "escape")
        assert now(desk).payment_method is PaymentMethod.OTHER
        await press(pilot, "p", *"letter", "enter", "enter")
        assert now(desk).payment_method is PaymentMethod.ACH
        assert AuditEntry.select().order_by(AuditEntry.id.desc()).get().reason == "letter"
        assert "! ACH, no account" in screen_text(app)

    desk.drive(scenario)


def test_account_is_checked_as_one_types_planned_and_masked_from_then_on(desk: Desk) -> None:
    desk.site.add_invoices(1)

    async def scenario(pilot: Pilot[None]) -> None:
        app = await opened(pilot, f"party/{desk.site.party.id}")
        await press(pilot, "b", *"021000022")
        assert "! the routing number 021000022 is wrong" in flat(app)
        await press(pilot, "down", *NUMBER)
        routing = app.screen.query_one("#f-routing", Input)
        routing.value = "021000021"
        await settled(pilot)
        assert "Pays into ••••6655 at 021000021, a company's checking account." in flat(app)
        await press(pilot, "ctrl+s")
        assert on(app) is PlanScreen
        assert "1 invoice, 12.30 EUR: wait and follow the change" in flat(app)
        assert "not paid by ACH yet" in flat(app)
        await press(pilot, "escape")
        assert routing.value == "021000021", "what was typed is still there"
        assert parties.accounts(desk.site.party) == []
        await press(pilot, "ctrl+s", *"letter", "enter", "enter")
        assert on(app) is PartyScreen
        (account,) = parties.accounts(desk.site.party)
        assert account.number == NUMBER
        assert app.drafts == {}
        assert NUMBER not in app.export_screenshot() + notices(app) + str(
            [row.__data__ for row in AuditEntry.select()]
        )

    desk.drive(scenario)


def test_account_that_may_be_debited_says_by_what_and_the_next_one_ends_that(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        app = await opened(pilot, f"party/{desk.site.party.id}")
        contract = ["space" if sign == " " else sign for sign in "contract 12"]
        await press(pilot, "b", *"021000021", "down", *NUMBER, *["down"] * 4, *contract)
        assert "May be debited, by contract 12." in flat(app)
        await press(pilot, "ctrl+s")
        assert "What it owes may be debited, as authorised by contract 12." in flat(app)
        await press(pilot, *"letter", "enter", "enter")
        assert now(desk).may_be_debited
        assert "Debits allowed by contract 12" in flat(app)
        await press(pilot, "right")
        assert "allowed" in next(line for line in screen_text(app).splitlines() if "+ current" in line)
        await press(pilot, "b", *"021000021", "down", *"1234567", "ctrl+s")
        assert "Debits end: contract 12 authorised them for the earlier account alone." in flat(app)
        await press(pilot, *"letter", "enter", "enter")
        assert not now(desk).may_be_debited
        assert "Debits allowed by" not in flat(app)

    desk.drive(scenario)


# What banks say


def test_prenote_of_an_account_says_from_when_on_it_is_paid(desk: Desk, tmp_path: Path) -> None:
    _, green = add_answers(tmp_path)

    async def scenario(pilot: Pilot[None]) -> None:
        app = await opened(pilot, f"party/{green.id}")
        assert "Prenote in file 2, to be paid from 2026-11-27" in flat(app)
        await press(pilot, "right")
        text = screen_text(app)
        assert "file 2, to be paid from 2026-11-27" in next(
            line for line in text.splitlines() if "+ current" in line
        )
        assert " prenote in file 2, to be paid from 2026-11-27" in text.splitlines()[-4]

    desk.drive(scenario)


def test_proposed_account_is_taken_over_by_a_plan(desk: Desk, tmp_path: Path) -> None:
    blue, _ = add_answers(tmp_path)

    async def scenario(pilot: Pilot[None]) -> None:
        app = await opened(pilot, f"party/{blue.id}")
        assert "its bank proposes 1 account" in flat(app)
        await press(pilot, "right", "right")
        assert "••••1234 at 076401251, a checking account, in place of ••••5678" in flat(app)
        await press(pilot, "Y")
        assert on(app) is PlanScreen
        assert "no more into ••••5678 at 076401251" in flat(app)
        assert "C01, incorrect account number, on trace 076401250000001 of file 1" in flat(app)
        assert "debits stay allowed by contract 12 of 1 March" in flat(app)
        await press(pilot, "escape")
        assert len(parties.accounts(blue)) == 1
        await press(pilot, "Y", *"rang", "enter", "enter")
        assert on(app) is PartyScreen
        assert "ACH into ••••1234 at 076401251" in flat(app)
        assert "No bank proposes another account." in flat(app)
        await press(pilot, "Y")
        assert "no bank proposes another account" in notices(app)
        assert "777-1234" not in app.export_screenshot() + notices(app)

    desk.drive(scenario)
    assert [one.number for one in parties.accounts(blue)] == ["12345678", "777-1234"]
    assert "rang" in AuditEntry.get(AuditEntry.action == "add_bank_account", AuditEntry.reason != "").reason


def test_proposed_account_is_declined_with_a_reason(desk: Desk, tmp_path: Path) -> None:
    blue, _ = add_answers(tmp_path)

    async def scenario(pilot: Pilot[None]) -> None:
        app = await opened(pilot, f"party/{blue.id}")
        await press(pilot, "N", "enter")
        assert on(app) is PlanScreen, "not without a reason"
        await press(pilot, *"fraud", "enter", "enter")
        assert "Declined: Blue Inc is not paid into ••••1234." in notices(app)
        assert "proposes" not in flat(app)

    desk.drive(scenario)
    assert AccountProposal.get().state is ProposalState.DECLINED
    assert AuditEntry.get(AuditEntry.action == "decline change").reason == "fraud"
    assert len(parties.accounts(blue)) == 1


def test_proposed_account_for_one_that_was_replaced_can_only_be_declined(desk: Desk, tmp_path: Path) -> None:
    blue, _ = add_answers(tmp_path)
    parties.add_bank_account(WAYBILL, blue, routing="021000021", number=NUMBER)

    async def scenario(pilot: Pilot[None]) -> None:
        app = await opened(pilot, f"party/{blue.id}")
        await press(pilot, "Y")
        assert "Blue Inc is paid into ••••6655 by now, not into ••••5678" in flat(app)
        assert not app.screen.query_one("#go").display
        await press(pilot, "enter")
        assert on(app) is PartyScreen

    desk.drive(scenario)
    assert AccountProposal.get().state is ProposalState.OPEN


def test_of_several_proposed_accounts_the_one_under_the_cursor_is_meant(desk: Desk, tmp_path: Path) -> None:
    blue, _ = add_answers(tmp_path)
    add_change(tmp_path, "999-4321")

    async def scenario(pilot: Pilot[None]) -> None:
        app = await opened(pilot, f"party/{blue.id}")
        await press(pilot, "Y")
        assert "choose one first" in notices(app)
        await press(pilot, "right", "right", "down", "N", *"fraud", "enter", "enter")
        assert "is not paid into ••••4321" in notices(app)

    desk.drive(scenario)
    assert [one.masked for one in proposals.of_party(blue)] == ["••••1234"]


def test_who_may_not_move_money_sees_that_and_why(desk: Desk) -> None:
    user = desk.site.add_user("review@example.com", Role.ACCOUNTING_REVIEW)
    review = Desk(home=desk.home, site=desk.site, actor=Actor(user_id=user.id, name=user.email))

    async def scenario(pilot: Pilot[None]) -> None:
        app = await opened(pilot, "party")
        await until(pilot, lambda: app.rights.held is not None)
        await press(pilot, "p", "b")
        assert on(app) is PartiesScreen
        assert "may not manage bank accounts" in notices(app)
        assert "(b Bank account)" in screen_text(app)

    review.drive(scenario)
