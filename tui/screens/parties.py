"""Parties: customers and suppliers by name or number, how each is paid, and whether an account is missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text

from models import party_list
from models.audit import Actor
from models.paging import Seek
from models.parties import Party, PaymentMethod
from models.party_list import Key, PartyRow, Words
from tui import party_text, wording
from tui.kit.areas import Area
from tui.kit.commands import Command
from tui.kit.listing import ListScreen, Tab, Wanted
from tui.screens.party import PartyScreen
from tui.screens.party_acts import ACCOUNT, EDIT, METHOD, NEW, turn_method
from tui.screens.party_forms import AccountForm, EditForm, NewForm
from tui.widgets.filter_line import FilterKey, FilterWords
from tui.widgets.rows import Source
from tui.widgets.table import Cell, Cells, Column

_BY_NAME, _NEWEST = "by name", "newest first"
_NOTHING = """\
No party yet. An import makes those it meets: 4, then i
                   or: waybill import PATH

Make one: n        or: waybill party create NAME"""


class Parties(Source[PartyRow]):
    """The parties that match, as the actor may see them."""

    def __init__(self, actor: Actor, wanted: Wanted) -> None:
        self._actor = actor
        self._words: Words = wanted.filter or Words()
        self._newest_first = wanted.order == _NEWEST

    def page(self, seek: Seek) -> Sequence[PartyRow]:
        """The rows wanted."""
        return party_list.paged(self._actor, self._words, seek, newest_first=self._newest_first)

    def total(self) -> int:
        """How many match."""
        return party_list.count(self._actor, self._words)

    def key(self, row: PartyRow) -> tuple[object, ...]:
        """What the order goes by."""
        return party_list.key(row, newest_first=self._newest_first)


class PartiesScreen(ListScreen[PartyRow]):
    """Parties of all legal entities that one sees."""

    NAME = "Parties"
    TABS = (Tab("all", "parties", _NOTHING),)
    COLUMNS = (
        Column("name", "PARTY", 0),
        Column("number", "NUMBER", 14),
        Column("paid", "PAID BY", 19),
        Column("entity", "LEGAL ENTITY", 18),
        Column("email", "E-MAIL", 26, at=120),
        Column("id", "ID", 8, at=100, right=True),
    )
    ORDERS = (_BY_NAME, _NEWEST)
    FILTER = FilterWords(
        keys=[
            FilterKey(name=Key.METHOD, help="how it is paid", values=[each.value for each in PaymentMethod]),
            FilterKey(name=Key.ACCOUNT, help="whether it has one", values=("yes", "no")),
            FilterKey(name=Key.ENTITY, help="a legal entity's name"),
        ],
        parse=party_list.parse,
        example='name, number, e-mail or identifier; method:ach account:no entity:"Acme Nordic"',
    )
    ACTS: ClassVar[Sequence[Command]] = (NEW, EDIT, METHOD, ACCOUNT)

    def source(self, wanted: Wanted) -> Source[PartyRow]:
        """The parties that match."""
        return Parties(self.waybill.actor, wanted)

    def cells(self, row: PartyRow) -> Cells:
        """What stands in the columns."""
        return {
            "name": row.name,
            "number": row.number or "-",
            "paid": Cell(party_text.paid_by(row), "yellow" if row.unpayable else ""),
            "entity": row.entity,
            "email": row.email or "-",
            "id": str(row.id),
        }

    def preview(self, row: PartyRow) -> Text:
        """Who it is, how it is paid, and what to do where that cannot be."""
        about = ", ".join(filter(None, (row.name, row.number, row.email)))
        text = Text(wording.one_line(about), "bold")
        into = f" into {row.account} at {row.routing}" if row.account else ""
        text.append(f"\nParty {row.id} of {wording.one_line(row.entity)}", "not bold")
        if row.unpayable:
            text.append("\nPaid by ACH, but into no account: its invoices fail. ", "not bold")
            return text.append("To do: ", "bold").append("b Bank account", "not bold")
        return text.append(f"\nPaid by {party_text.METHODS[row.method]}{into}", "not bold")

    def open(self, row: PartyRow) -> None:
        """The party in full."""
        self.app.push_screen(PartyScreen(self.source(self.wanted).key(row), self.neighbour))

    def point(self, made: Party) -> None:
        """By what the order goes by."""
        super().point(party_list.key(made, newest_first=self.wanted.order == _NEWEST))

    def why_not(self, name: str) -> str:
        """All but making one needs one."""
        return "" if self.current is not None or name == NEW.name else "there is no party here; make one: n"

    def do_new(self) -> None:
        """Ask who it is."""
        self.app.push_screen(NewForm())

    def do_edit(self) -> None:
        """Ask what is to be different."""
        if self.current is not None:
            self.app.push_screen(EditForm(self.current.id))

    def do_method(self) -> None:
        """Plan the other way of paying it."""
        if self.current is not None:
            turn_method(self.waybill, self.current.id)

    def do_account(self) -> None:
        """Ask for the account."""
        if self.current is not None:
            self.app.push_screen(AccountForm(self.current.id))


AREA = Area(
    noun="party",
    digit="6",
    title="Parties",
    short="Party",
    help="customers and suppliers, how they are paid and into which account",
    cli="waybill party list",
    screen=PartiesScreen,
    detail=lambda which: PartyScreen((int(which) if which.isdecimal() else 0,)),
)
