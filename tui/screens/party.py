"""One party: who it is, how it is paid and what waits for that; its invoices, accounts, and history."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from rich.text import Text

from models import clock, party_list, prenotes
from models.ach_returns import proposals
from models.parties import Party
from tui import party_text, wording
from tui.kit.commands import Command
from tui.kit.detail import DetailScreen, Entry, Neighbour
from tui.screens.history import acts
from tui.screens.invoice import InvoiceScreen
from tui.screens.party_acts import ACCOUNT, EDIT, METHOD, turn_method
from tui.screens.party_forms import AccountForm, EditForm
from tui.screens.party_proposals import ACCEPT, DECLINE, accept_screen, decline_screen
from tui.screens.party_sections import (
    ACCOUNTS,
    INVOICES,
    PROPOSED,
    SECTIONS,
    Invoices,
    PartyFacts,
    accounts,
    proposed,
)
from tui.widgets.rows import Source


class PartyScreen(DetailScreen[PartyFacts]):
    """One party in full."""

    SECTIONS = SECTIONS
    LABEL_WIDTH = 9
    ACTS: ClassVar[Sequence[Command]] = (EDIT, METHOD, ACCOUNT, ACCEPT, DECLINE)

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
            found, today = party_list.detail(actor, party_id), clock.now().date()
            return PartyFacts(
                found,
                Invoices(found.row.entity_id, party_id).total(),
                {one.id: prenotes.shown(one, today) for one in found.accounts},
                proposals.of_party(Party.get_by_id(party_id)),
            )

        return read

    def summary(self, data: PartyFacts) -> Iterable[tuple[str, Text]]:
        """Who it is, how it is paid, and what waits."""
        row = data.detail.row
        self.ENTITY_ID = row.entity_id
        yield "Party", Text(wording.one_line(f"{row.id}  {row.name}"), "bold")
        of = ", ".join(filter(None, (row.entity, row.number and f"number {row.number}", row.email)))
        yield "Of", Text(wording.one_line(of))
        yield "Known by", Text(wording.one_line(", ".join(map(party_text.known, data.detail.known_by))))
        into = f" into {party_text.account(data.current)}" if data.current else ""
        yield "Paid by", Text(f"{party_text.METHODS[row.method]}{into}")
        yield from _standing(data)
        if row.unpayable:
            yield "To do", Text("! give it a bank account, or its invoices fail: b")
        if number := len(data.proposed):
            named = wording.counted(number, "account")
            yield "To do", Text(f"! its bank proposes {named}: look (→ proposed), then Y or N")
        yield from (("Waiting", Text(line)) for line in party_text.waiting(data.detail.waiting))

    def entries(self, section: str, data: PartyFacts) -> Sequence[Entry] | Source[Entry]:
        """The rows of a part."""
        if section == INVOICES.key:
            return Invoices(data.detail.row.entity_id, data.detail.row.id)
        if section == ACCOUNTS.key:
            return accounts(data)
        return proposed(data) if section == PROPOSED.key else acts(data.detail.acts)

    def numbers(self, data: PartyFacts) -> Mapping[str, int]:
        """How much there is of each part."""
        return {**super().numbers(data), INVOICES.key: data.invoices}

    def open(self, entry: Entry) -> None:
        """An invoice as its own screen; anything else as text."""
        if self.section.key == INVOICES.key:
            self.app.push_screen(InvoiceScreen(entry.key))
        else:
            super().open(entry)

    def why_not(self, name: str) -> str:
        """What is not read yet cannot be changed; of several proposed accounts one has to be chosen."""
        if self.data is None:
            return "it is being read"
        if name not in (ACCEPT.name, DECLINE.name) or self._proposal() is not None:
            return ""
        return "choose one first: → proposed" if self.data.proposed else "no bank proposes another account"

    def _proposal(self) -> int | None:
        """The proposed account that is meant: the one under the cursor, or the only one there is."""
        there = self.data.proposed if self.data is not None else ()
        row = self.table.current if self.section is PROPOSED else None
        meant = [one.id for one in there if row is None or one.id == row.key]
        return meant[0] if len(meant) == 1 else None

    def do_edit(self) -> None:
        """Ask what is to be different."""
        self.app.push_screen(EditForm(self.party_id))

    def do_method(self) -> None:
        """Plan the other way of paying it."""
        turn_method(self.waybill, self.party_id)

    def do_account(self) -> None:
        """Ask for the account."""
        self.app.push_screen(AccountForm(self.party_id))

    def do_accept(self) -> None:
        """Plan to take over what its bank proposes."""
        if (proposal_id := self._proposal()) is not None:
            self.app.push_screen(accept_screen(self.waybill.actor, proposal_id))

    def do_decline(self) -> None:
        """Plan to leave the account as it is."""
        if (proposal_id := self._proposal()) is not None:
            self.app.push_screen(decline_screen(self.waybill.actor, proposal_id))


def _standing(data: PartyFacts) -> Iterator[tuple[str, Text]]:
    """What is to be known of its present account besides: its prenote, and whether it may be debited."""
    if data.current is None:
        return
    if prenote := data.prenotes[data.current.id]:
        yield "Prenote", Text(wording.one_line(prenote.removeprefix("prenote ")))
    if authority := data.current.debit_authority:
        yield "Debits", Text(wording.one_line(f"allowed by {authority}"))
