"""One party: who it is, how it is paid and what waits for that; its invoices, accounts, and history."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from rich.text import Text

from models import invoice_pages, party_list
from models.entities import LegalEntity
from models.invoice_pages import Sought
from models.invoice_search import Found
from models.paging import Seek
from models.parties import BankAccount
from models.party_list import Detail
from tui import party_text, wording
from tui.kit.commands import Command
from tui.kit.detail import DetailScreen, Entry, Neighbour, Section
from tui.screens.history import HISTORY, acts
from tui.screens.invoice import InvoiceScreen
from tui.screens.party_acts import ACCOUNT, EDIT, METHOD, turn_method
from tui.screens.party_forms import AccountForm, EditForm
from tui.widgets.cells import state_style
from tui.widgets.rows import Source
from tui.widgets.table import Cell, Cells, Column

_SECTIONS = (
    Section(
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
    ),
    Section(
        "accounts",
        "accounts",
        (
            Column("now", "NOW", 10),
            Column("account", "ACCOUNT", 10),
            Column("routing", "ROUTING", 11),
            Column("kind", "KIND", 20),
            Column("added", "ADDED UTC", 13),
            Column("by", "BY", 0),
        ),
        "It has no bank account.\n\nAdd one: b",
    ),
    HISTORY,
)


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


class PartyFacts(NamedTuple):
    """A party, and how many invoices it has."""

    detail: Detail
    invoices: int


class PartyScreen(DetailScreen[PartyFacts]):
    """One party in full."""

    SECTIONS = _SECTIONS
    LABEL_WIDTH = 9
    ACTS: ClassVar[Sequence[Command]] = (EDIT, METHOD, ACCOUNT)

    def __init__(self, which: Any, neighbour: Neighbour | None = None) -> None:
        """`which`: the key of a row, which ends with the id."""
        super().__init__(which, neighbour)

    @property
    def party_id(self) -> int:
        """Its id, whatever the list that it was opened from goes by."""
        return int(self.which[-1])

    def crumb(self) -> str:
        """Its number."""
        return f"party {self.party_id}"

    def key_of(self, row: Any) -> Any:
        """A neighbour's key, made as this one's."""
        return party_list.key(row, newest_first=len(self.which) == 1)

    def reader(self) -> Callable[[], PartyFacts]:
        """The party; its invoices come in pages."""
        actor, party_id = self.waybill.actor, self.party_id

        def read() -> PartyFacts:
            found = party_list.detail(actor, party_id)
            return PartyFacts(found, Invoices(found.row.entity_id, party_id).total())

        return read

    def summary(self, data: PartyFacts) -> Iterable[tuple[str, Text]]:
        """Who it is, how it is paid, and what waits."""
        row = data.detail.row
        self.ENTITY_ID = row.entity_id
        yield "Party", Text(wording.one_line(f"{row.id}  {row.name}"), "bold")
        of = ", ".join(filter(None, (row.entity, row.number and f"number {row.number}", row.email)))
        yield "Of", Text(wording.one_line(of))
        yield "Known by", Text(wording.one_line(", ".join(map(party_text.known, data.detail.known_by))))
        current = data.detail.accounts[0] if row.account else None
        into = f" into {party_text.account(current)}" if current else ""
        yield "Paid by", Text(f"{party_text.METHODS[row.method]}{into}")
        if row.unpayable:
            yield "To do", Text("! give it a bank account, or its invoices fail: b")
        yield from (("Waiting", Text(line)) for line in party_text.waiting(data.detail.waiting))

    def entries(self, section: str, data: PartyFacts) -> Sequence[Entry] | Source[Entry]:
        """The rows of a part."""
        if section == "invoices":
            return Invoices(data.detail.row.entity_id, data.detail.row.id)
        if section == "accounts":
            current = data.detail.accounts[:1] if data.detail.row.account else ()
            return [_account(each, is_current=each in current) for each in data.detail.accounts]
        return acts(data.detail.acts)

    def numbers(self, data: PartyFacts) -> Mapping[str, int]:
        """How much there is of each part."""
        return {**super().numbers(data), "invoices": data.invoices}

    def open(self, entry: Entry) -> None:
        """An invoice as its own screen; anything else as text."""
        if self.section.key == "invoices":
            self.app.push_screen(InvoiceScreen(entry.key))
        else:
            super().open(entry)

    def why_not(self, name: str) -> str:  # noqa: ARG002 - the same for all
        """What is not read yet cannot be changed."""
        return "it is being read" if self.data is None else ""

    def do_edit(self) -> None:
        """Ask what is to be different."""
        self.app.push_screen(EditForm(self.party_id))

    def do_method(self) -> None:
        """Plan the other way of paying it."""
        turn_method(self.waybill, self.party_id)

    def do_account(self) -> None:
        """Ask for the account."""
        self.app.push_screen(AccountForm(self.party_id))


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


def _account(one: BankAccount, *, is_current: bool) -> Entry:
    cells: Cells = {
        "now": "+ current" if is_current else "- earlier",
        "account": one.masked,
        "routing": one.routing,
        "kind": f"{one.kind.value}, {one.holder.value}",
        "added": wording.short_time(one.created_at),
        "by": one.created_by,
    }
    named = f", held by {one.name}" if one.name else ""
    added = f"added {wording.both_times(one.created_at)} by {one.created_by}"
    text = f"{wording.one_line(party_text.account(one) + named)}\n{wording.one_line(added)}"
    return Entry(one.id, cells, text)
