"""Deliveries: each file's way through a gateway; those come first of which nobody knows how they ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from rich.text import Text

from models import file_list
from models.audit import Actor
from models.deliveries import DeliveryState
from models.file_list import Sent
from models.paging import Seek
from models.repairs import resolve
from tui import wording
from tui.kit.areas import Area
from tui.kit.commands import Command
from tui.kit.listing import ListScreen, Selection, Tab, Wanted
from tui.screens.delivery import DeliveryScreen
from tui.screens.resolve import ARRIVED, NOT_ARRIVED, resolve_screen
from tui.widgets.cells import cell, state_style
from tui.widgets.rows import Source
from tui.widgets.table import Cell, Cells, Column

_UNKNOWN, _ALL = "unknown", "all"
_STATE = {_UNKNOWN: DeliveryState.UNKNOWN, _ALL: None}


class Deliveries(Source[Sent]):
    """Those of a tab, the latest first."""

    def __init__(self, actor: Actor, wanted: Wanted) -> None:
        self._actor = actor
        self._state = _STATE[wanted.tab]

    def page(self, seek: Seek) -> Sequence[Sent]:
        """The rows wanted."""
        return file_list.deliveries(self._actor, seek, state=self._state)

    def total(self) -> int:
        """How many there are."""
        return file_list.count_deliveries(self._actor, state=self._state)

    def key(self, row: Sent) -> int:
        """A delivery's number, which they are ordered by."""
        return row.id


class DeliveriesScreen(ListScreen[Sent]):
    """Deliveries by whether a person has to say what became of them."""

    NAME = "Deliveries"
    TABS = (
        Tab(
            _UNKNOWN,
            "outcome unknown",
            "Of every file it is known whether it arrived. Nothing to do.\n\nAll deliveries: ]",
        ),
        Tab(_ALL, "all", "Nothing was handed over yet. Jobs do that: 2 Jobs, 3 Schedules"),
    )
    COLUMNS = (
        Column("id", "ID", 8),
        Column("state", "STATE", 13),
        Column("began", "BEGAN UTC", 13),
        Column("facility", "FACILITY", 18, at=100),
        Column("gateway", "BY", 8),
        Column("file", "FILE", 0),
        Column("items", "ITEMS", 8, right=True),
        Column("job", "JOB", 8, right=True),
    )
    MARKING = True
    ACTS: ClassVar[Sequence[Command]] = (ARRIVED, NOT_ARRIVED)

    def source(self, wanted: Wanted) -> Source[Sent]:
        """The deliveries of a tab."""
        return Deliveries(self.waybill.actor, wanted)

    def counter(self, wanted: Wanted) -> Callable[[], Mapping[str, int | None]]:  # noqa: ARG002 - both at once
        """Both tabs."""
        actor = self.waybill.actor
        return lambda: {tab: file_list.count_deliveries(actor, state=state) for tab, state in _STATE.items()}

    def cells(self, row: Sent) -> Cells:
        """What stands in the columns."""
        return {
            "id": str(row.id),
            "state": Cell(wording.state_text(row.state), state_style(row.state)),
            "began": wording.short_time(row.started_at),
            "facility": row.facility,
            "gateway": row.gateway,
            "file": row.file,
            "items": f"{row.items:,}",
            "job": str(row.job_id),
        }

    def preview(self, row: Sent) -> Text:
        """Where it went, why that is not known, what to do."""
        head = f"Delivery {row.id}  {row.facility}, {row.entity}, by {row.gateway} to {row.target}"
        text = cell(head, self.size.width - 2, "bold")
        text.append(f"\n{wording.one_line(row.reason) or wording.state_text(row.state)[2:]}", "not bold")
        if row.state is DeliveryState.UNKNOWN:
            text.append("\nTo do: ", "bold")
            text.append("look there for the file, then Y it arrived, or N it did not", "not bold")
        return text

    def open(self, row: Sent) -> None:
        """The delivery in full."""
        self.app.push_screen(DeliveryScreen(row.id, self.neighbour))

    def why_not(self, name: str) -> str:  # noqa: ARG002 - the same for both answers
        """Only what is unknown can be resolved; a plan says that of marked ones."""
        row = self.current
        if self.marks:
            return ""
        if row is None:
            return "there is no delivery here"
        return "" if row.state is DeliveryState.UNKNOWN else f"delivery {row.id} is {row.state}, not unknown"

    def do_arrived(self) -> None:
        """Plan for the marked ones, or the one under the cursor."""
        self._answer(arrived=True)

    def do_not_arrived(self) -> None:
        """Plan for the marked ones, or the one under the cursor."""
        self._answer(arrived=False)

    def _answer(self, *, arrived: bool) -> None:
        chosen, actor = self.selection(), self.waybill.actor
        screen = resolve_screen(self.waybill, chosen.number, lambda: _ids(actor, chosen), arrived=arrived)
        self.app.push_screen(screen, self._done)

    def _done(self, result: object) -> None:
        if result is not None:
            self.unmark()
        self.load()


def _ids(actor: Actor, chosen: Selection[Sent]) -> list[int]:
    """The chosen ones; of all that match, those that are unknown."""
    if not chosen.everything:
        return [int(str(key)) for key in chosen.keys]
    seek = Seek(limit=resolve.LIMIT + len(chosen.keys))
    rows = file_list.deliveries(actor, seek, state=DeliveryState.UNKNOWN)
    return [row.id for row in rows if row.id not in chosen.keys][: resolve.LIMIT]


AREA = Area(
    noun="delivery",
    title="Deliveries",
    page_of="job",
    help="where files went; of some a person has to say whether they arrived",
    cli="waybill delivery list",
    screen=DeliveriesScreen,
    detail=lambda which: DeliveryScreen(int(which) if which.isdecimal() else 0),
)
