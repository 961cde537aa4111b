"""The parts of a party's page: its invoices, its accounts, the accounts that banks propose, its history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from models import invoice_pages
from models.ach_returns.records import AccountProposal
from models.entities import LegalEntity
from models.invoice_pages import Sought
from models.invoice_search import Found
from models.paging import Seek
from models.parties import BankAccount
from models.party_list import Detail
from tui import party_text, wording
from tui.kit.detail import Entry, Section
from tui.screens.history import HISTORY
from tui.widgets.cells import state_style
from tui.widgets.rows import Source
from tui.widgets.table import Cell, Cells, Column

INVOICES = Section(
    "invoices",
    "invoices",
    (
        Column("state", "STATE", 16),
        Column("number", "INVOICE", 0),
        Column("issued", "ISSUED", 12),
        Column("amount", "AMOUNT", 18, right=True),
        Column("direction", "DIRECTION", 12),
    ),
    "It has no invoice.",
)
ACCOUNTS = Section(
    "accounts",
    "accounts",
    (
        Column("now", "NOW", 10),
        Column("account", "ACCOUNT", 9),
        Column("routing", "ROUTING", 10),
        Column("kind", "KIND", 18, at=100),
        Column("debits", "DEBITS", 7),
        Column("prenote", "PRENOTE", 0),
        Column("added", "ADDED UTC", 13, at=120),
        Column("by", "BY", 14, at=120),
    ),
    "It has no bank account.\n\nAdd one: b",
)
PROPOSED = Section(
    "proposed",
    "proposed",
    (
        Column("account", "ACCOUNT", 9),
        Column("routing", "ROUTING", 10),
        Column("kind", "KIND", 9),
        Column("corrects", "IN PLACE OF", 12),
        Column("code", "CODE", 5),
        Column("words", "WHAT ITS BANK SAYS", 0),
    ),
    "No bank proposes another account.\n\n"
    "Proposals come with a bank's notifications of change: waybill ach returns FILE",
)
SECTIONS = (INVOICES, ACCOUNTS, PROPOSED, HISTORY)


class PartyFacts(NamedTuple):
    """A party, how many invoices it has, and how its accounts stand with the banks."""

    detail: Detail
    invoices: int
    prenotes: Mapping[int, str]
    """What is to be known of an account's prenote, by the account's id; empty where there was none."""
    proposed: Sequence[AccountProposal]

    @property
    def current(self) -> BankAccount | None:
        """The account that it is paid into."""
        return self.detail.accounts[0] if self.detail.row.account else None


class Invoices(Source[Entry]):
    """The invoices of a party, the latest first."""

    def __init__(self, entity_id: int, party_id: int) -> None:
        self._entity_id = entity_id
        self._sought = Sought(party_id=party_id)

    def page(self, seek: Seek) -> Sequence[Entry]:
        """The rows wanted."""
        entity = LegalEntity.get_by_id(self._entity_id)
        return [_invoice(row, self._sought) for row in invoice_pages.paged(entity, self._sought, seek)]

    def total(self) -> int:
        """How many there are."""
        return invoice_pages.count(LegalEntity.get_by_id(self._entity_id), self._sought)

    def key(self, row: Entry) -> Any:
        """Where it stands."""
        return row.key


def accounts(facts: PartyFacts) -> Sequence[Entry]:
    """Its accounts, the current one first."""
    return [_account(one, facts) for one in facts.detail.accounts]


def proposed(facts: PartyFacts) -> Sequence[Entry]:
    """The accounts that banks propose and nobody has decided on, the oldest first."""
    return [_proposal(one) for one in facts.proposed]


def _invoice(row: Found, sought: Sought) -> Entry:
    kind = "credit note" if row.document_type == "credit_note" else "invoice"
    state = row.state or ("void" if row.status == "void" else "")
    shown = wording.state_text(state) if state else row.status
    amount = f"{row.amount} {row.currency}"
    cells: Cells = {
        "state": Cell(shown, state_style(state)),
        "number": row.number,
        "issued": row.issue_date,
        "amount": amount,
        "direction": row.direction,
    }
    head = f"{row.direction} {kind} {row.number} of {row.issue_date}, {amount}: {shown}"
    by = f"by job {row.job_id}" if row.job_id else ""
    lines = [head, "; ".join(filter(None, (row.reason or "", by)))]
    return Entry(sought.key(row), cells, "\n".join(wording.one_line(line) for line in lines if line))


def _account(one: BankAccount, facts: PartyFacts) -> Entry:
    prenote = facts.prenotes[one.id]
    cells: Cells = {
        "now": "+ current" if one == facts.current else "- earlier",
        "account": one.masked,
        "routing": one.routing,
        "kind": f"{one.kind.value}, {one.holder.value}",
        "debits": "allowed" if one.debit_authority else "-",
        "prenote": prenote.removeprefix("prenote in ") or "-",
        "added": wording.short_time(one.created_at),
        "by": one.created_by,
    }
    named = f", held by {one.name}" if one.name else ""
    debits = f"debits allowed by {one.debit_authority}" if one.debit_authority else ""
    added = f"added {wording.both_times(one.created_at)} by {one.created_by}"
    lines = [party_text.account(one) + named, "; ".join(filter(None, (debits, prenote))), added]
    return Entry(one.id, cells, "\n".join(wording.one_line(line) for line in lines if line))


def _proposal(one: AccountProposal) -> Entry:
    answer = one.answer
    cells: Cells = {
        "account": one.masked,
        "routing": one.routing,
        "kind": one.kind.value,
        "corrects": one.account.masked,
        "code": answer.code,
        "words": answer.words,
    }
    lines = [
        f"{party_text.proposal(one)}, in place of {one.account.masked} at {one.account.routing}",
        party_text.answered(one),
        "To do: compare it with what the payee says, then accept (Y) or decline (N)",
        f"recorded {wording.both_times(answer.recorded_at)} by {answer.recorded_by}",
    ]
    return Entry(one.id, cells, "\n".join(map(wording.one_line, lines)))
