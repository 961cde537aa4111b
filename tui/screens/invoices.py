"""Invoices: where each stands, found by number, party, period, amount or state; repairs and manual export."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from rich.text import Text
from textual.binding import BindingType

from models import invoice_filter
from models.invoice_filter import Words
from models.invoice_search import Found
from tui import wording
from tui.kit import first_steps
from tui.kit.areas import Area
from tui.kit.choose import ChooseScreen
from tui.kit.commands import Command
from tui.kit.listing import ListScreen, Selection, Tab, Wanted
from tui.kit.live import key
from tui.screens import invoice_acts, invoice_list
from tui.screens.import_form import IMPORT, IN_A_BROWSER, ImportForm
from tui.screens.invoice import InvoiceScreen
from tui.screens.invoice_list import Facts, Invoices
from tui.screens.manual_form import MANUAL, ManualForm
from tui.widgets.cells import cell, state_style
from tui.widgets.filter_line import FilterKey, FilterLine, FilterWords
from tui.widgets.rows import Source
from tui.widgets.table import Cell, Cells, Column

_OTHER_TABS = "\n\nOther lists: [ and ]. Narrow this one: /"


class InvoicesScreen(ListScreen[Found]):
    """The invoices of one legal entity, the latest first."""

    NAME = "Invoices"
    TABS = (
        Tab(invoice_list.ALL, "all", "No invoice yet.\n\nTake some in: i      or: waybill import PATH"),
        Tab("pending", "pending", f"No invoice waits to be exported.{_OTHER_TABS}"),
        Tab("on_hold", "on hold", f"No invoice is on hold.{_OTHER_TABS}"),
        Tab("exported", "exported", "No invoice was exported yet.\n\nExport by hand: x    Schedules: 3"),
        Tab(
            invoice_list.CHANGED,
            "changed since",
            f"No invoice got another content after it was exported.{_OTHER_TABS}",
        ),
    )
    COLUMNS = (
        Column("state", "STATE", 16),
        Column("number", "INVOICE", 16),
        Column("party", "PARTY", 0),
        Column("issued", "ISSUED", 11),
        Column("direction", "DIRECTION", 11, at=100),
        Column("due", "DUE", 11, at=120),
        Column("amount", "AMOUNT", 17, right=True),
    )
    FILTER = FilterWords(
        keys=[
            FilterKey(name=each, help=about, values=invoice_filter.VALUES.get(each, ()))
            for each, (_, about) in invoice_filter.KEYS.items()
        ],
        parse=invoice_filter.parse,
        example='INV-20  party:"Blue Ltd"  period:2026-11  amount:1204.50  state:on_hold',
    )
    MARKING = True
    ACTS: ClassVar[Sequence[Command]] = (IMPORT, MANUAL, *invoice_acts.COMMANDS)

    BINDINGS: ClassVar[list[BindingType]] = [
        key("l", "entity", "Legal entity", "list another legal entity's invoices", shown="l"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._entity_id: int | None = None

    def source(self, wanted: Wanted) -> Source[Found]:
        """The invoices of the chosen legal entity that match."""
        return self._invoices(wanted)

    def _invoices(self, wanted: Wanted) -> Invoices:
        return Invoices(self.waybill.actor, self._entity_id, wanted.tab, wanted.filter or Words())

    def counter(self, wanted: Wanted) -> Callable[[], Mapping[str, int | None]]:
        """Every tab; within a filter only the one shown."""
        source = self._invoices(wanted)
        return source.counts

    def finder(self) -> Callable[[dict[str, int | None]], Any]:
        """Whose invoices these are, and what keeps anybody from exporting them by hand."""
        actor, entity_id = self.waybill.actor, self._entity_id
        return lambda counts: invoice_list.facts(actor, entity_id, some=bool(counts.get(self.tab)))

    @property
    def found_facts(self) -> Facts:
        """The facts, or those of nothing read yet."""
        return self.facts if isinstance(self.facts, Facts) else Facts()

    def nothing(self, tab: Tab) -> str:
        """What to do next."""
        steps = self.found_facts.steps
        return first_steps.text(steps) if steps and tab.key == invoice_list.ALL else tab.nothing

    def cells(self, row: Found) -> Cells:
        """What stands in the columns."""
        return {
            "state": Cell(invoice_list.state_text(row), state_style(row.state or "")),
            "number": row.number,
            "party": row.party,
            "issued": row.issue_date,
            "direction": row.direction,
            "due": row.due_date or "-",
            "amount": f"{row.amount} {row.currency}",
        }

    def preview(self, row: Found) -> Text:
        """What it is, where it stands, and why."""
        text = cell(invoice_list.head(row, self.found_facts.entity), self.size.width - 2, "bold")
        text.append(f"\n{wording.one_line(invoice_list.stands(row))}", "not bold")
        return text

    def open(self, row: Found) -> None:
        """The invoice in full."""
        key_of = self.source(self.wanted).key
        self.app.push_screen(InvoiceScreen(key_of(row), self.neighbour, key_of))

    # Whose

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without another legal entity there is none to turn to."""
        if action == "entity":
            return len(self.found_facts.entities) > 1
        return super().check_action(action, parameters)

    def action_entity(self) -> None:
        """Choose among the legal entities that one may see."""
        several = self.found_facts.entities
        self.app.push_screen(ChooseScreen("Legal entity", several, self.found_facts.entity_id), self._turn)

    def _turn(self, entity_id: int | None) -> None:
        if entity_id is not None:
            self._entity_id = self.ENTITY_ID = entity_id
            self.restart()

    def action_filter(self) -> None:
        """Type which to list; whose names may stand there is found out meanwhile."""
        super().action_filter()
        actor, entity_id = self.waybill.actor, self._entity_id
        read = self.query_one(FilterLine).know
        self.ask(lambda: invoice_list.known_names(actor, entity_id), read, group="names")

    # Acts

    def why_not(self, name: str) -> str:
        """What keeps the row from it; a plan says that of marked ones."""
        if name == IMPORT.name:
            return IN_A_BROWSER if self.app.is_web else ""
        if name == MANUAL.name:
            return self.found_facts.no_manual
        if self.marks:
            return ""
        return invoice_acts.why_not(name, self.current)

    def do_import(self) -> None:
        """Ask for the files."""
        self.app.push_screen(ImportForm(self.found_facts.entity))

    def do_manual(self) -> None:
        """Find what to export by hand; the marked ones stand there to begin with."""
        chosen = self.selection()
        rows = chosen.rows if self.marks and not chosen.everything else []
        self.app.push_screen(ManualForm(self.found_facts.entity_id, [row.number for row in rows]))

    def do_preview(self) -> None:
        """The file as it would be written now."""
        if (row := self.current) is not None:
            invoice_acts.show_preview(self.waybill, row.invoice_id, row.number)

    def do_mark_exported(self) -> None:
        """Plan for the marked ones, or this one."""
        self._repair(invoice_acts.mark_chosen)

    def do_revert(self) -> None:
        """Plan for the marked ones, or this one."""
        self._repair(invoice_acts.revert_chosen)

    def do_re_export(self) -> None:
        """Plan for the marked ones, or this one."""
        self._repair(invoice_acts.re_export_chosen)

    def _repair(self, screen: invoice_acts.RepairScreen) -> None:
        chosen: Selection[Found] = self.selection()
        wanted = invoice_acts.Chosen(source=self._invoices(self.wanted), selection=chosen)
        self.app.push_screen(screen(self.waybill, wanted), self._repaired)

    def _repaired(self, result: object) -> None:
        if result is not None:
            self.unmark()
        self.load()


AREA = Area(
    noun="invoice",
    digit="4",
    title="Invoices",
    short="Inv",
    help="where each invoice stands, whether it was sent, in which bytes; manual export",
    cli="waybill invoice list",
    screen=InvoicesScreen,
    detail=InvoiceScreen,
)
