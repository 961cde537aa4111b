"""What can be done with chosen invoices: look at the file they would be, and the three repairs, by plans."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from models import destinations, facilities, invoices, manual
from models.audit import Actor
from models.destinations import Destination, LedgerState
from models.errors import Conflict, NotFound
from models.facilities import Facility, FacilityState
from models.invoice_search import Found
from models.invoices import Direction
from models.manual import ManualPlan
from models.people import Action
from models.repairs.ledger import Choice
from models.repairs.plan import LIMIT
from tui import wording
from tui.kit.commands import Command
from tui.kit.listing import Selection
from tui.kit.plan import PlanScreen
from tui.screens import invoice_repairs
from tui.screens.invoice_list import Invoices
from tui.screens.manual_form import MANUAL
from tui.screens.manual_preview import PreviewScreen

if TYPE_CHECKING:
    from tui.app import WaybillApp

PREVIEW = Command(
    name="preview",
    key="v",
    title="Preview",
    help="this one's file as it would leave now, with every check; nothing is exported",
    cli="waybill export preview",
    action=Action.EXPORT,
)
RE_EXPORT = replace(
    invoice_repairs.RE_EXPORT, help="the marked ones that left, or this one, once more; shows a plan first"
)
MARK = replace(
    invoice_repairs.MARK, help="the marked ones, or this one, count as exported; shows a plan first"
)
REVERT = replace(
    invoice_repairs.REVERT, help="the marked ones, or this one, are pending again; shows a plan first"
)
COMMANDS = (PREVIEW, RE_EXPORT, MARK, REVERT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The marked invoices of a list, all that match it, or the one under the cursor."""

    source: Invoices
    selection: Selection[Found]

    @property
    def what(self) -> str:
        """For a title: `invoice A-1`, `12 invoices`."""
        rows = self.selection.rows
        if self.selection.number == 1 and rows:
            return f"invoice {rows[0].number}"
        return wording.counted(self.selection.number, "invoice")

    def choice(self) -> Choice:
        """Which these are, as they match now; in a thread."""
        return Choice(invoice_ids=tuple(self._found()[1]))

    def destination(self) -> Destination:
        """Whose ledger is meant; raises `Conflict` when those we owe and those we are owed are mixed."""
        return self.source.destination(self._found()[0])

    def facility(self) -> Facility:
        """What exports for it."""
        return serving(self.destination())

    def _found(self) -> tuple[Direction, list[int]]:
        keys = [_id_of(key) for key in self.selection.keys]
        if self.selection.everything:
            found = self.source.ids(LIMIT + 1 + len(keys))
            left_out = frozenset(keys)
            found = {way: [each for each in ids if each not in left_out] for way, ids in found.items()}
        else:
            found = invoices.by_direction(keys)
        some = {way: ids for way, ids in found.items() if ids}
        if len(some) > 1:
            raise Conflict(
                "some of these are payable and some receivable, and each goes its own way",
                remedy="narrow the list with direction:payable or direction:receivable, and mark again",
                code="mixed_directions",
            )
        if not some:
            raise NotFound("there is no such invoice any more", remedy="look at the list again: ctrl+r")
        return next(iter(some.items()))


def _id_of(key: Any) -> int:
    """A row's key ends with the invoice's id, whatever its order goes by."""
    return int(key[-1])


RepairScreen = Callable[["WaybillApp", Chosen], PlanScreen]


def mark_chosen(app: WaybillApp, chosen: Chosen) -> PlanScreen:
    """Asks whether they count as exported."""
    return invoice_repairs.mark_screen(app, chosen.what, chosen.destination, chosen.choice)


def revert_chosen(app: WaybillApp, chosen: Chosen) -> PlanScreen:
    """Asks whether they are to be pending again."""
    return invoice_repairs.revert_screen(app, chosen.what, chosen.destination, chosen.choice)


def re_export_chosen(app: WaybillApp, chosen: Chosen) -> PlanScreen:
    """Asks whether they are to go once more."""
    return invoice_repairs.re_export_screen(app, chosen.what, chosen.facility, chosen.choice)


def why_not(name: str, row: Found | None) -> str:
    """What keeps one invoice from it."""
    return "there is no invoice here" if row is None else why_not_state(name, row.state, row.status)


def why_not_state(name: str, state: str | None, status: str) -> str:
    """The same by where it stands for the destination."""
    if state is None:
        words = {"draft": "it is a draft", "void": "it is void"}
        return words.get(status, "it does not belong to the destination")
    refused = {
        (MARK.name, LedgerState.EXPORTED): "it is exported already",
        (REVERT.name, LedgerState.PENDING): "it is pending already",
        (RE_EXPORT.name, LedgerState.PENDING): "it is pending, so it goes with the next export; or now, from"
        f" the list: {MANUAL.key}",
        (RE_EXPORT.name, LedgerState.ON_HOLD): "it is on hold; put it back first: V",
    }
    if state == LedgerState.IN_PROGRESS:
        return "a job is exporting it; wait for its end"
    return refused.get((name, LedgerState(state)), "")


def serving(destination: Destination) -> Facility:
    """What exports for a destination now; raises `Conflict` when nothing does."""
    for facility in facilities.of_entity(destination.entity):
        if facility.destination_id == destination.id and facility.state == FacilityState.ACTIVE:
            return facility
    raise Conflict(
        f"no active facility exports {destination.label}",
        remedy="activate one: 5 Facilities, or waybill facility activate NAME",
        code="no_active_facility",
    )


def show_preview(app: WaybillApp, invoice_id: int, number: str) -> None:
    """Open the file of one invoice, as it would leave now."""
    actor = app.actor
    app.push_screen(PreviewScreen(f"invoice {number}", lambda: _alone(actor, invoice_id)))


def _alone(actor: Actor, invoice_id: int) -> ManualPlan:
    """A plan of just this one, whether it left before or not."""
    invoice = invoices.Invoice.get_by_id(invoice_id)
    facility = serving(destinations.find(invoice.entity, invoice.direction))
    return manual.find(
        actor,
        facility,
        manual.Choice(invoices=(invoice_id,)),
        manual.default_outputs(facility),
        request_id=manual.new_request_id(),
        again=True,
    )
