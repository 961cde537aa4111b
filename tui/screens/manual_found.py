"""Exporting by hand, second: what was found, by where it stands; from here it is looked at and exported."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from rich.text import Text

from models import manual
from models.audit import Actor
from models.errors import Conflict, NotFound
from models.manual import AGAIN, Choice, ChosenInvoice, ManualPlan, Standing
from models.paging import Seek
from models.people import Action
from tui import manual_text, wording
from tui.kit.commands import Command
from tui.kit.listing import ListScreen, Selection, Tab, Wanted
from tui.kit.plan import Outcome, Plan, PlanScreen, Progress
from tui.screens.invoice import InvoiceScreen
from tui.screens.invoice_acts import PREVIEW
from tui.screens.job import JobScreen
from tui.screens.manual_form import Asked
from tui.screens.manual_preview import PreviewScreen
from tui.widgets.cells import cell
from tui.widgets.rows import Source
from tui.widgets.table import Cells, Column

_TYPED_FROM = 1_000  # invoices: from here on their number is typed
_GOING, _AGAIN, _STAYING = "going", "again", "staying"
_STANDINGS: Mapping[str, frozenset[Standing]] = {
    _GOING: frozenset({Standing.NOT_EXPORTED}),
    _AGAIN: AGAIN,
    _STAYING: frozenset(Standing) - AGAIN - {Standing.NOT_EXPORTED},
}
_WORDS = {
    Standing.NOT_EXPORTED: ". not exported",
    Standing.EXPORTED: "+ exported",
    Standing.CHANGED: "! changed since",
    Standing.IN_PROGRESS: "> in progress",
    Standing.ON_HOLD: "! on hold",
    Standing.NOT_READY: "- draft or void",
    Standing.ELSEWHERE: "- not of it",
}
_ONLY_COUNTED = """\
Of all invoices there are, those exported already are only counted.

To see them, and to export them again, find them by number, customer or date: esc"""
_CHANGE = "\n\nChange what is looked for: esc"

EXPORT = Command(
    name="export",
    key="x",
    title="Export",
    help="the marked ones, or all of this list, now; shows a plan first",
    cli="waybill export run",
    action=Action.EXPORT,
)


class FoundInvoices(Source[ChosenInvoice]):
    """The chosen invoices that stand as one list says."""

    def __init__(self, asked: Asked, tab: str) -> None:
        self._asked = asked
        self._standings = _STANDINGS[tab]

    def page(self, seek: Seek) -> Sequence[ChosenInvoice]:
        """The rows wanted."""
        return manual.paged(self._asked.facility, self._asked.choice, self._standings, seek)

    def total(self) -> int:
        """Counted with the others, by the screen's `counter`."""
        raise NotImplementedError

    def key(self, row: ChosenInvoice) -> int:
        """The invoice's id, which they are ordered by."""
        return row.invoice_id


class ManualScreen(ListScreen[ChosenInvoice]):
    """What was found: not exported, already exported, and what cannot go."""

    NAME = "found"
    TABS = (
        Tab(_GOING, "not exported", f"Nothing of what was found waits to be exported.{_CHANGE}"),
        Tab(
            _AGAIN,
            "already exported",
            f"Nothing of what was found was exported already.{_CHANGE}",
        ),
        Tab(_STAYING, "cannot go", f"Nothing of what was found is kept from going.{_CHANGE}"),
    )
    COLUMNS = (
        Column("state", "STATE", 16),
        Column("number", "INVOICE", 16),
        Column("party", "PARTY", 0),
        Column("issued", "ISSUED", 11),
        Column("route", "FILE", 6),
        Column("amount", "AMOUNT", 17, right=True),
    )
    MARKING = True
    ACTS: ClassVar[Sequence[Command]] = (EXPORT, PREVIEW)

    def __init__(self, asked: Asked) -> None:
        super().__init__()
        self.asked = asked
        self.ENTITY_ID = asked.facility.entity_id
        self._request_id = manual.new_request_id()

    def source(self, wanted: Wanted) -> Source[ChosenInvoice]:
        """Those of one list."""
        return FoundInvoices(self.asked, wanted.tab)

    def counter(self, wanted: Wanted) -> Callable[[], Mapping[str, int | None]]:  # noqa: ARG002 - no filter
        """All lists at once."""
        actor, asked = self.waybill.actor, self.asked

        def count() -> Mapping[str, int | None]:
            found = manual.standings(actor, asked.facility, asked.choice)
            return {
                tab: sum(group.invoices for group in found if group.standing in standings)
                for tab, standings in _STANDINGS.items()
            }

        return count

    def finder(self) -> Callable[[dict[str, int | None]], Any]:
        """What stands against exporting any of it, in words."""
        actor, facility = self.waybill.actor, self.asked.facility

        def against(_counts: dict[str, int | None]) -> str:
            refused = manual.standing_against(actor, facility)
            return manual_text.sentences(refused) if refused else ""

        return against

    def nothing(self, tab: Tab) -> str:
        """What to do next."""
        return _ONLY_COUNTED if self.counts.get(tab.key) else tab.nothing

    def cells(self, row: ChosenInvoice) -> Cells:
        """What stands in the columns."""
        return {
            "state": _WORDS[row.standing],
            "number": row.number,
            "party": row.party,
            "issued": row.issue_date,
            "route": "ACH" if row.route == "ach" else "other",
            "amount": f"{row.amount} {row.currency}",
        }

    def preview(self, row: ChosenInvoice) -> Text:
        """What is looked for, and why the row stands where it does."""
        said = f"{self.asked.said}; with {self.asked.facility.name}, {self.asked.written.source}"
        width = self.size.width - 2
        text = cell(said, width, "bold")
        if self.facts:  # in full where x is pressed
            text.append("\n").append(cell(f"! {self.facts}", width, "bold"))
        job = f" by job {row.job_id}" if row.job_id else ""
        since = f" since {wording.both_times(row.since)}" if row.since else ""
        why = f": {row.reason}" if row.reason else ""
        text.append(
            f"\n{wording.one_line(f'{row.number} {_WORDS[row.standing][2:]}{job}{since}{why}')}", "not bold"
        )
        return text

    def open(self, row: ChosenInvoice) -> None:
        """The invoice in full."""
        self.app.push_screen(InvoiceScreen((row.invoice_id,)))

    # Acts

    def why_not(self, name: str) -> str:
        """What keeps this list from it."""
        if self.tab == _STAYING:
            return "these cannot go; why, stands below the list"
        if self.current is None:
            return "there is nothing in this list"
        return str(self.facts or "") if name == EXPORT.name else ""

    def do_preview(self) -> None:
        """The files of the marked ones, or of all of this list."""
        self.app.push_screen(PreviewScreen(self._what(), self._finder()))

    def do_export(self) -> None:
        """Plan for the marked ones, or all of this list."""
        app, find = self.waybill, self._finder()
        again = " again" if self.tab == _AGAIN else ""
        screen = PlanScreen(
            f"Export{again}: {self._what()}", lambda: plan_of(app, find()), f"{EXPORT.cli} --dry-run"
        )
        self.app.push_screen(screen, self._exported)

    def _exported(self, job_id: int | None) -> None:
        if job_id is not None:
            self.unmark()
            self._request_id = manual.new_request_id()
            self.app.push_screen(JobScreen(job_id))

    def _what(self) -> str:
        number = self.selection().number if self.marks else self.counts.get(self.tab) or 0
        return wording.counted(number, "invoice")

    def _finder(self) -> Callable[[], ManualPlan]:
        """What makes the plan, in a thread."""
        chosen = self.selection() if self.marks else None
        return partial(_find, self.waybill.actor, self.asked, self.tab, chosen, self._request_id)


def _find(
    actor: Actor, asked: Asked, tab: str, chosen: Selection[ChosenInvoice] | None, request_id: str
) -> ManualPlan:
    """The plan of the marked ones, else of the whole list."""
    whole = tab == _GOING and (chosen is None or (chosen.everything and not chosen.keys))
    choice = asked.choice if whole else Choice(invoices=_ids(asked, tab, chosen))
    return manual.find(
        actor, asked.facility, choice, asked.written, request_id=request_id, again=tab == _AGAIN
    )


def _ids(asked: Asked, tab: str, chosen: Selection[ChosenInvoice] | None) -> tuple[int, ...]:
    keys = [int(str(key)) for key in chosen.keys] if chosen else []
    if chosen is not None and not chosen.everything:
        return tuple(keys)
    most = manual.LIMIT + len(keys) + 1
    rows = manual.paged(asked.facility, asked.choice, _STANDINGS[tab], Seek(limit=most))
    ids = tuple(row.invoice_id for row in rows if row.invoice_id not in keys)
    if not ids:  # a choice of none would be one of all
        raise NotFound("nothing of this list is left", remedy="look at it again: ctrl+r")
    if len(ids) > manual.LIMIT:
        raise Conflict(
            f"more than {manual.LIMIT:,} would be named one by one",
            remedy="find fewer, by days for instance, and export them in parts",
            code="too_many_named",
        )
    return ids


def plan_of(app: Any, plan: ManualPlan) -> Plan:
    """What the export would do, and the way to do it; `app` is the program."""
    actor, ring = app.actor, app.ring
    refused, number = manual.refusal(actor, plan), len(plan.going)

    def carry_out(reason: str) -> Generator[Progress, None, Outcome]:
        requested = manual.request(actor, plan, reason if plan.again_count else "")
        ring(requested.job_id)
        yield Progress(number, number)
        return Outcome([manual_text.requested_line(requested)], value=requested.job_id)

    stand = [
        ", ".join([f"{label}: {counted:,}", *amounts])
        for label, counted, amounts in manual_text.standings(plan)
    ]
    lines = [*stand, *map(wording.one_line, manual_text.going_lines(plan, None))]
    return Plan(
        head=f"{manual_text.counted(number)} with {plan.facility.name}",
        number=0 if refused else number,
        carry_out=carry_out,
        button=f"Export {manual_text.counted(number)}",
        going=[line for line in lines if not line.startswith("not going")],
        left_out=[line.removeprefix("not going: ") for line in lines if line.startswith("not going")],
        warnings=[manual_text.sentences(refused)] if refused else [],
        effect="one new job of exactly these, now, on your behalf",
        typed=str(number) if number >= _TYPED_FROM else "",
        needs_reason=plan.again_count > 0,
    )
