"""What needs a person, how jobs go, what comes next and what was done: the first screen, each line a way in.

On a new installation what needs a person are the first steps. Everything is read again when something
changed, and once a minute, because lateness comes by itself; the pictures are drawn once a minute.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from models.attention import Kind
from models.schedules.history import Coming
from tui import wording
from tui.kit.areas import Area
from tui.kit.commands import Command
from tui.kit.live import LiveScreen, key
from tui.screens import board, dashboard_text
from tui.screens.board import Act, Board, Need, Plots
from tui.screens.requeue_act import REQUEUE
from tui.widgets.lines import Banner, HeadLine, KeyLine, Line
from tui.widgets.table import Cell, Cells, Column, VirtualTable
from tui.widgets.window import Part

if TYPE_CHECKING:
    from textual.strip import Strip

_MINUTE = 60.0
_WIDE, _TALL = 110, 34
_NEEDS = (
    Column("what", "NEEDS ATTENTION", 0),
    Column("where", "WHERE", 14),
    Column("hour", "1 H", 6, right=True),
    Column("day", "24 H", 7, right=True),
    Column("now", "OPEN", 7, right=True),
)
_STEPS = (Column("what", "TO A FIRST EXPORT", 0), Column("where", "KEY AND COMMAND", 40))
_COMING = (
    Column("at", "NEXT RUNS UTC", 14),
    Column("local", "LOCAL", 19),
    Column("what", "SCHEDULE", 0),
)
_ACTS = (Column("at", "RECENT UTC", 14), Column("who", "WHO", 19), Column("what", "WHAT", 0))
_STYLES = {"x": "bold red", "!": "yellow", "+": "green"}


class Panel(VirtualTable[Any]):
    """One of several tables of a screen: the cursor shows in that with the focus."""

    def _line(self, row: Any, width: int, *, here: bool) -> Strip:
        return super()._line(row, width, here=here and self.has_focus)

    def put(self, rows: Sequence[Any]) -> None:
        """Show these rows, all there are."""
        self.answer(Part.AGAIN, rows, len(rows) + 1)


class DashboardScreen(LiveScreen):
    """How things stand."""

    NAME = "Dashboard"
    ACTS: ClassVar[Sequence[Command]] = (
        replace(REQUEUE, help="all jobs that failed of this; shows a plan first"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        key("tab,right,right_square_bracket", "app.focus_next", "Part", "the next list", shown="tab"),
        key("shift+tab,left,left_square_bracket", "app.focus_previous", "Part before"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._board: Board | None = None
        self._plots: Plots | None = None
        self._starting = False

    def compose(self) -> ComposeResult:
        """What is wrong first; in a wide terminal two columns."""
        yield HeadLine(id="head")
        yield Banner(id="banner")
        yield Line(id="stand")
        with Horizontal(id="board"):
            with Vertical(id="first"):
                yield Panel(_NEEDS, _need_cells, lambda row: row.key, id="needs")
                yield Static(id="need")
                yield Line(id="outcomes")
            with Vertical(id="second"):
                yield Line(id="counters")
                yield Line(id="throughput")
                yield Panel(_COMING, _coming_cells, lambda row: (row.at, row.schedule_id), id="coming")
                yield Panel(_ACTS, _act_cells, lambda row: row.id, id="acts")
        yield KeyLine(id="keys")

    def on_mount(self) -> None:
        """Keys go to what needs a person; lateness comes without a change."""
        self.query_one("#needs").focus()
        self.set_interval(_MINUTE, self._next_minute)

    def on_resize(self) -> None:
        """Two columns where they fit."""
        self.set_class(self.size.width >= _WIDE and self.size.height >= _TALL, "-columns")
        self._draw_jobs()

    # Reading

    def load(self) -> None:
        """Read it all again, the pictures aside."""
        actor = self.waybill.actor
        self.ask(lambda: board.read(actor), self._show)
        if self._plots is None:
            self._read_plots()

    def _next_minute(self) -> None:
        if self.waybill.frozen or not self.is_current:
            return
        self.load()
        self._read_plots()

    def _read_plots(self) -> None:
        actor = self.waybill.actor
        self.ask(lambda: board.plots(actor), self._put_plots, group="plots")

    def _put_plots(self, plots: Plots) -> None:
        self._plots = plots
        self._draw_jobs()

    # Showing

    def _show(self, found: Board) -> None:
        self._board = found
        needs = self.query_one("#needs", Panel)
        if found.starting != self._starting:
            self._starting = found.starting
            needs.lay_out(_STEPS if found.starting else _NEEDS, _need_cells)
            needs.refresh()
        needs.put(found.needs)
        self.query_one("#coming", Panel).put(found.coming)
        self.query_one("#acts", Panel).put(found.acts or ())
        self.query_one("#stand", Line).put(_stand(found))
        self._draw_jobs()
        self._say_need()

    def _draw_jobs(self) -> None:
        """Counters, and the pictures as there is room."""
        found, plots = self._board, self._plots
        if found is None or not self.is_mounted:
            return
        left = dashboard_text.counters(found.jobs)
        if not self.has_class("-columns"):
            right = dashboard_text.beside(plots, self.size.width - dashboard_text.COUNTERS_WIDTH - 3)
            self.query_one("#counters", Line).put(dashboard_text.side_by_side(left, right))
            return
        self.query_one("#counters", Line).put(dashboard_text.side_by_side(left, []))
        if plots is not None:
            self.query_one("#throughput", Line).put(dashboard_text.throughput(plots, 50, 5))
            self.query_one("#outcomes", Line).put(dashboard_text.outcomes(plots))

    def on_virtual_table_moved(self) -> None:
        """Say in full what is under the cursor."""
        self._say_need()
        self.head()

    def on_descendant_focus(self) -> None:
        """What can be done depends on the list."""
        self.head()

    @property
    def _need(self) -> Need | None:
        """The line of what needs a person under the cursor, where that is."""
        needs = self.query_one("#needs", Panel)
        return needs.current if needs.has_focus else None

    def why_not(self, name: str) -> str:  # noqa: ARG002 - there is one act
        """Only what failed can be re-queued."""
        if self._need is not None and self._need.group is not None:
            return ""
        return "put the cursor on jobs that failed; enter opens what stands there"

    def do_requeue(self) -> None:
        """Plan for all jobs of the failures under the cursor."""
        from tui.screens.requeue import requeue_group  # which the first picture need not wait for

        if self._need is not None and self._need.group is not None:
            self.app.push_screen(requeue_group(self.waybill, self._need.group), lambda _: self.load())

    def _say_need(self) -> None:
        row = self.query_one("#needs", Panel).current
        text = Text()
        if isinstance(row, Need) and not row.key.startswith("step"):
            for place, line in enumerate(row.full.splitlines()[:2]):
                text.append("\n" if place else "").append(wording.one_line(line), "dim" if place else "")
        self.query_one("#need", Static).update(text, layout=False)

    def on_virtual_table_opened(self) -> None:
        """Go to what the line tells of."""
        row = self.focused.current if isinstance(self.focused, Panel) else None
        if isinstance(row, Need) and not row.opens:
            self.notify(f"It is not done here. In another terminal: {row.full}", markup=False)
        elif isinstance(row, Need):
            self.waybill.open(row.opens)
        elif isinstance(row, Coming):
            self.waybill.open(f"schedule/{row.schedule_id}")
        elif isinstance(row, Act):
            self.waybill.open(f"audit/{row.id}")


AREA = Area(
    noun="dashboard",
    digit="1",
    title="Dashboard",
    short="Dash",
    help="what needs a person, how jobs go, what comes next",
    cli="waybill status",
    screen=DashboardScreen,
)


def _stand(found: Board) -> Text:
    """One line: whether work is being done, and how much there is to look at."""
    if found.starting:
        return Text(" No job yet. Enter on a step goes to its screen; this page changes by itself.", "bold")
    number = len(found.needs)
    look = f"{wording.counted(number, 'thing')} to look at" if number else "nothing needs attention"
    if any(need.key == Kind.WORKER_SILENT for need in found.needs):
        return Text(f" ! Worker: none takes the jobs that wait. Start one: waybill worker  {look}", "bold")
    if not found.worker_runs:
        seen = f"since {board.moment(found.worker_seen)}" if found.worker_seen else "was ever seen"
        return Text(f" ! No worker {seen}; start one: waybill worker   {look}", "bold")
    waiting = dashboard_text.waiting(found.jobs)
    queue = f"Queue: {waiting}" if waiting else "Queue: empty"
    worker = f"Worker: {found.jobs.active:,} running" if found.jobs.active else "Worker: nothing to do"
    return Text(f" {worker}   {queue}   ").append(look, "bold" if number else "green")


def _need_cells(row: Need) -> Cells:
    style = _STYLES.get(row.mark, "")
    what = row.what if row.key.startswith("step") else f"{row.mark} {row.what}"
    return {
        "what": Cell(what, style),
        "where": row.where,
        "hour": row.hour,
        "day": row.day,
        "now": row.now,
    }


def _coming_cells(row: Coming) -> Cells:
    notes = f"  ({'; '.join(row.notes)})" if row.notes else ""
    return {
        "at": wording.short_time(row.at),
        "local": wording.local_time(row.at),
        "what": f"{row.schedule}, {row.facility}{notes}",
    }


def _act_cells(row: Act) -> Cells:
    return {"at": wording.short_time(row.at), "who": row.who, "what": row.what}
