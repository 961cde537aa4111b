"""The list of jobs, by group, live; marks; and the way to re-queue failed ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import DataTable, Footer, Static

from models.jobs import queries
from models.jobs.queries import Filter, Group, JobRow, Page
from tui import wording
from tui.screens import first_steps
from tui.screens.first_steps import Step
from tui.screens.job import JobScreen
from tui.screens.live import LiveScreen
from tui.screens.requeue import requeue
from tui.widgets.cells import cell, state_cell
from tui.widgets.lines import Banner, HeadLine, TabLine
from tui.widgets.paged_table import Column, PagedTable, Row, widths

GROUPS = (Group.ALL, Group.ACTIVE, Group.PENDING, Group.FAILED, Group.COMPLETED)

_NOTHING = {
    Group.ACTIVE: "No job is running.\n\nWhat waits is on the tab pending (right arrow).",
    Group.PENDING: "No job is pending.\n\nWhat comes next is on 2 Schedules.",
    Group.FAILED: "No job failed, wholly or in part.",
    Group.COMPLETED: "No job has ended yet.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the screen was read as."""

    page: Page[JobRow, int]
    counts: dict[Group, int]
    steps: list[Step]
    """What is still to be set up; asked only while there is no job at all."""


class JobsScreen(LiveScreen[Shown]):
    """Jobs, newest first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "mark", "Mark", tooltip="mark or unmark the job, to re-queue several"),
        Binding("A", "mark_all", "Mark all", show=False, tooltip="mark every failed job of this page"),
        Binding("r", "requeue", "Re-queue", tooltip="the marked jobs, or this one; shows a plan first"),
        Binding("right,right_square_bracket", "turn(1)", "Next list", key_display="→"),
        Binding("left,left_square_bracket", "turn(-1)", "List before", key_display="←", show=False),
        Binding("escape", "unmark", "Take all marks off", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._group = Group.ALL
        self._cursors: list[int | None] = [None]  # of the pages up to the one shown
        self._marked: set[int] = set()
        self._go_to: int | None = None

    def compose(self) -> ComposeResult:
        """The table, and below it the job under the cursor in words."""
        yield HeadLine(id="head")
        yield TabLine(id="tabs")
        yield Banner(id="banner")
        yield PagedTable(id="table")
        yield Static(id="empty")
        yield Static(id="preview")
        yield Footer(compact=True)

    def question(self) -> Callable[[], Shown]:
        """A page of the group, all counts, and for an empty installation what to do first."""
        actor, wanted, cursor = self.waybill.actor, Filter(group=self._group), self._cursors[-1]

        def read() -> Shown:
            page = queries.listed(actor, wanted, before_id=cursor)
            counts = queries.counts(actor)
            return Shown(page=page, counts=counts, steps=[] if counts[Group.ALL] else first_steps.find(actor))

        return read

    def show(self, data: Shown) -> None:
        """Tabs, rows, and what to do where there are none."""
        if not data.page.rows and len(self._cursors) > 1:  # the page emptied meanwhile
            self._cursors.pop()
            self.load()
            return
        self._put_tabs(data)
        table, empty = self.query_one(PagedTable), self.query_one("#empty", Static)
        table.display, empty.display = bool(data.page.rows), not data.page.rows
        columns = self._columns()
        rows = [Row(str(row.id), self._cells(row, columns)) for row in data.page.rows]
        table.show_page(columns, rows, at=self._go_to)
        self._go_to = None
        if data.page.rows:
            table.focus()
        else:
            self.set_focus(None)
            empty.update(Text(_nothing(self._group, data)))
        self._preview()

    # Moving about

    def action_turn(self, by: int) -> None:
        """Another group."""
        self._group = GROUPS[(GROUPS.index(self._group) + by) % len(GROUPS)]
        self._cursors, self._go_to = [None], 0
        self.load()

    def on_paged_table_edge(self, message: PagedTable.Edge) -> None:
        """The next page, or the one before."""
        if message.forward and self.data is not None and self.data.page.following is not None:
            self._cursors.append(self.data.page.following)
            self._go_to = 0
            self.load()
        elif not message.forward and len(self._cursors) > 1:
            self._cursors.pop()
            self._go_to = queries.PAGE
            self.load()

    def on_data_table_row_highlighted(self) -> None:
        """Say what is under the cursor."""
        self._preview()

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Open the job."""
        if event.row_key.value is not None:
            neighbours = [int(key) for key in self.query_one(PagedTable).keys]
            self.app.push_screen(JobScreen(int(event.row_key.value), neighbours))

    # Marks, and re-queueing

    def action_mark(self) -> None:
        """Mark or unmark the job under the cursor, and go one down."""
        if (row := self._current()) is not None:
            self._marked ^= {row.id}
            self._show_marks()
            table = self.query_one(PagedTable)
            table.move_cursor(row=min(table.cursor_row + 1, table.row_count - 1))

    def action_mark_all(self) -> None:
        """Mark every job of the page that failed."""
        if self.data is not None:
            self._marked |= {row.id for row in self.data.page.rows if wording.can_requeue(row)}
            self._show_marks()

    def action_unmark(self) -> None:
        """Take all marks off."""
        self._marked.clear()
        self._show_marks()

    def action_requeue(self) -> None:
        """Plan for the marked jobs, or the one under the cursor."""
        row = self._current()
        ids = sorted(self._marked) or ([row.id] if row else [])
        if ids:
            requeue(self, ids, self._queued)
        else:
            self.notify("There is no job here to re-queue.")

    def _queued(self, done: tuple[int, ...]) -> None:
        self._marked -= set(done)
        self.load()

    def _show_marks(self) -> None:
        if self.data is not None:
            self.show(self.data)

    def _current(self) -> JobRow | None:
        key = self.query_one(PagedTable).key
        rows = self.data.page.rows if self.data else ()
        return next((row for row in rows if str(row.id) == key), None)

    # What stands where

    def _put_tabs(self, data: Shown) -> None:
        notes = []
        if self._marked:
            notes.append(f"{len(self._marked)} marked")
        if len(self._cursors) > 1 or data.page.following is not None:
            first = (len(self._cursors) - 1) * queries.PAGE + 1
            notes.append(f"{first:,}-{first + len(data.page.rows) - 1:,}")
        tabs = [(group.value, data.counts[group], group is self._group) for group in GROUPS]
        self.query_one(TabLine).set(tabs, "  ".join(notes))

    def _columns(self) -> list[Column]:
        width = self.size.width
        columns = [
            Column("mark", "", 2),
            Column("id", "JOB", 8),
            Column("state", "STATE", 14),
            Column("due", "DUE UTC", 13),
            *([Column("entity", "LEGAL ENTITY", 18)] if width >= 140 else []),
            Column("facility", "FACILITY", 15),
            *([Column("schedule", "SCHEDULE", 18)] if width >= 100 else []),
            *([Column("took", "TOOK", 9)] if width >= 120 else []),
            Column("sent", "SENT", 9),
            Column("what", "WHAT HAPPENED", 0),
        ]
        return widths(width, columns)

    def _cells(self, row: JobRow, columns: list[Column]) -> tuple[Text, ...]:
        texts = {
            "mark": "*" if row.id in self._marked else "",
            "id": str(row.id),
            "due": wording.short_time(row.as_of),
            "entity": row.entity,
            "facility": row.facility,
            "schedule": row.schedule or "by hand",
            "took": wording.duration(row.started_at, row.finished_at),
            "sent": wording.sent_text(row),
            "what": wording.what_happened(row),
        }
        return tuple(
            state_cell(row.state, column.width)
            if column.key == "state"
            else cell(texts[column.key], column.width, "bold" if column.key == "mark" else "")
            for column in columns
        )

    def _preview(self) -> None:
        row, text = self._current(), Text()
        if row is not None:
            head = f"Job {row.id}  {row.facility}, {row.entity}, {wording.asked_by(row)}"
            text.append_text(cell(head, self.size.width - 2, "bold"))
            text.append(f"\n{wording.one_line(wording.what_happened(row))}")
            if row.remedy:
                text.append("\nTo do: ", "bold").append(wording.one_line(row.remedy))
        preview = self.query_one("#preview", Static)
        preview.display = row is not None
        preview.update(text, layout=False)


def _nothing(group: Group, data: Shown) -> str:
    if not data.counts[Group.ALL]:
        return first_steps.text(data.steps)
    return _NOTHING[group]
