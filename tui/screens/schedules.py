"""The list of schedules: active, pending, completed; in words, when each comes next, and how it went last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import ClassVar, NamedTuple

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Footer, Static

from models import schedules
from models.schedules import Listed, ScheduleState
from tui import wording
from tui.screens.job import JobScreen
from tui.screens.live import LiveScreen
from tui.widgets.cells import cell, state_cell
from tui.widgets.lines import Banner, HeadLine, TabLine
from tui.widgets.paged_table import Column, PagedTable, Row, widths

GROUPS: tuple[ScheduleState | None, ...] = (None, *ScheduleState)
_MOST = 200  # rows of the table; an entity has a dozen enabled ones

_NOTHING = """\
No schedule here.

Make one:         waybill schedule create NAME
It needs an active facility:   waybill facility list"""


class ScheduleRow(NamedTuple):
    """One schedule, with nothing left to ask the database for."""

    id: int
    name: str
    entity: str
    facility: str
    on_behalf_of: str
    state: ScheduleState
    enabled: bool
    words: str
    next_run: datetime | None
    notes: tuple[str, ...]
    held_up_by: str
    last_job: int | None
    last_state: str


class SchedulesScreen(LiveScreen[list[ScheduleRow]]):
    """Schedules, the next one first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,right_square_bracket", "turn(1)", "Next list", key_display="→"),
        Binding("left,left_square_bracket", "turn(-1)", "List before", key_display="←", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._group: ScheduleState | None = None
        self._go_to: int | None = None

    def compose(self) -> ComposeResult:
        """The table, and below it the schedule under the cursor in words."""
        yield HeadLine(id="head")
        yield TabLine(id="tabs")
        yield Banner(id="banner")
        yield PagedTable(id="table")
        yield Static(_NOTHING, id="empty")
        yield Static(id="preview")
        yield Footer(compact=True)

    def question(self) -> Callable[[], list[ScheduleRow]]:
        """All schedules the person may see."""
        actor = self.waybill.actor
        return lambda: [_row(item) for item in schedules.listed(actor)]

    def show(self, data: list[ScheduleRow]) -> None:
        """Tabs and rows."""
        numbers = Counter(row.state for row in data)
        tabs = [
            (group.value if group else "all", numbers[group] if group else len(data), group is self._group)
            for group in GROUPS
        ]
        rows = self._rows()
        note = f"the first {_MOST}; all: waybill schedule list" if len(rows) > _MOST else ""
        self.query_one(TabLine).set(tabs, note)
        table, empty = self.query_one(PagedTable), self.query_one("#empty", Static)
        table.display, empty.display = bool(rows), not rows
        columns = self._columns()
        shown = [Row(str(row.id), _cells(row, columns)) for row in rows[:_MOST]]
        table.show_page(columns, shown, at=self._go_to)
        self._go_to = None
        self.set_focus(table if rows else None)
        self._preview()

    def action_turn(self, by: int) -> None:
        """Another group."""
        self._group = GROUPS[(GROUPS.index(self._group) + by) % len(GROUPS)]
        self._go_to = 0
        if self.data is not None:
            self.show(self.data)

    def on_data_table_row_highlighted(self) -> None:
        """Say what is under the cursor."""
        self._preview()

    def on_data_table_row_selected(self) -> None:
        """Open the schedule's last job."""
        row = self._current()
        if row is None:
            return
        if row.last_job is None:
            self.notify(f"{wording.one_line(row.name)} has not run yet.", markup=False)
        else:
            self.app.push_screen(JobScreen(row.last_job))

    def _rows(self) -> list[ScheduleRow]:
        return [row for row in self.data or [] if self._group in (None, row.state)]

    def _current(self) -> ScheduleRow | None:
        key = self.query_one(PagedTable).key
        return next((row for row in self._rows() if str(row.id) == key), None)

    def _columns(self) -> list[Column]:
        width = self.size.width
        columns = [
            Column("on", "ON", 4),
            Column("group", "STATE", 10),
            Column("name", "SCHEDULE", 18 if width < 120 else 24),
            Column("words", "WHEN", 0),
            Column("next", "NEXT UTC", 13),
            *([Column("local", "NEXT, LOCAL TIME", 19)] if width >= 100 else []),
            *([Column("facility", "FACILITY", 18)] if width >= 140 else []),
            Column("state", "LAST", 14),
        ]
        return widths(width, columns)

    def _preview(self) -> None:
        row, text = self._current(), Text()
        if row is not None:
            text.append(
                wording.one_line(f"{row.name}  {row.facility}, {row.entity}, on behalf of {row.on_behalf_of}")
            )
            text.stylize("bold")
            text.append(f"\n{row.words}", "not bold")
            text.append(f"\n{_coming(row)}", "not bold")
        preview = self.query_one("#preview", Static)
        preview.display = row is not None
        preview.update(text, layout=False)


def _row(item: Listed) -> ScheduleRow:
    schedule = item.schedule
    return ScheduleRow(
        id=schedule.id,
        name=schedule.name,
        entity=schedule.entity.name,
        facility=schedule.facility.name,
        on_behalf_of=schedule.on_behalf_of.email,
        state=item.state,
        enabled=schedule.enabled,
        words=schedule.recurrence.describe(),
        next_run=item.next_run,
        notes=schedule.recurrence.notes(item.next_run) if item.next_run else (),
        held_up_by=item.held_up_by,
        last_job=item.last.job_id if item.last else None,
        last_state=item.last.state if item.last else "",
    )


def _cells(row: ScheduleRow, columns: list[Column]) -> tuple[Text, ...]:
    texts = {
        "on": "[x]" if row.enabled else "[ ]",
        "group": row.state,
        "name": row.name,
        "words": row.words,
        "next": wording.short_time(row.next_run),
        "local": wording.local_time(row.next_run),
        "facility": row.facility,
    }
    return tuple(
        _last(row, column.width) if column.key == "state" else cell(texts[column.key], column.width)
        for column in columns
    )


def _last(row: ScheduleRow, width: int) -> Text:
    return state_cell(row.last_state, width) if row.last_state else cell("not yet", width)


def _coming(row: ScheduleRow) -> str:
    if row.held_up_by:
        return f"Enabled, but held up: {wording.one_line(row.held_up_by)}"
    if not row.enabled:
        return "Not enabled, so it does not run"
    if row.next_run is None:
        return "Nothing more comes"
    notes = f"; {'; '.join(row.notes)}" if row.notes else ""
    return f"Next {wording.both_times(row.next_run)}{notes}"
