"""Schedules: active, pending, completed; in words, when each comes next, and how it went last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from rich.text import Text

from models import schedules
from models.schedules import Listed, ScheduleState
from tui import wording
from tui.kit.areas import Area
from tui.kit.listing import ListScreen, Tab, Wanted
from tui.screens.job import JobScreen
from tui.widgets.cells import state_style
from tui.widgets.rows import Bounded, Source
from tui.widgets.table import Cell, Cells, Column

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


class SchedulesScreen(ListScreen[ScheduleRow]):
    """Schedules, the next one first."""

    NAME = "Schedules"
    TABS = (
        Tab("all", "all", _NOTHING),
        *(Tab(state.value, state.value, _NOTHING) for state in ScheduleState),
    )
    COLUMNS = (
        Column("on", "ON", 4),
        Column("group", "STATE", 10),
        Column("name", "SCHEDULE", 18),
        Column("words", "WHEN", 0),
        Column("next", "NEXT UTC", 13),
        Column("local", "NEXT, LOCAL TIME", 19, at=100),
        Column("facility", "FACILITY", 18, at=140),
        Column("last", "LAST", 14),
    )

    def source(self, wanted: Wanted) -> Source[ScheduleRow]:
        """The schedules of a group: some dozens, read whole."""
        actor = self.waybill.actor

        def read() -> Sequence[ScheduleRow]:
            rows = [_row(item) for item in schedules.listed(actor)]
            return [row for row in rows if wanted.tab in ("all", row.state)]

        return Bounded(read, lambda row: row.id)

    def counter(self, wanted: Wanted) -> Callable[[], Mapping[str, int | None]]:  # noqa: ARG002 - no filter yet
        """All groups at once."""
        actor = self.waybill.actor

        def count() -> Mapping[str, int | None]:
            found = Counter(item.state for item in schedules.listed(actor))
            return {"all": found.total(), **{state.value: found[state] for state in ScheduleState}}

        return count

    def cells(self, row: ScheduleRow) -> Cells:
        """What stands in the columns."""
        last = Cell(wording.state_text(row.last_state), state_style(row.last_state))
        return {
            "on": "[x]" if row.enabled else "[ ]",
            "group": row.state,
            "name": row.name,
            "words": row.words,
            "next": wording.short_time(row.next_run),
            "local": wording.local_time(row.next_run),
            "facility": row.facility,
            "last": last if row.last_state else "not yet",
        }

    def preview(self, row: ScheduleRow) -> Text:
        """Whose it is, and what comes."""
        head = wording.one_line(f"{row.name}  {row.facility}, {row.entity}, on behalf of {row.on_behalf_of}")
        return Text(head, "bold").append(f"\n{row.words}\n{_coming(row)}", "not bold")

    def open(self, row: ScheduleRow) -> None:
        """The schedule's last job."""
        if row.last_job is None:
            self.notify(f"{wording.one_line(row.name)} has not run yet.", markup=False)
        else:
            self.app.push_screen(JobScreen(row.last_job))


AREA = Area(
    noun="schedule",
    digit="3",
    title="Schedules",
    short="Sched",
    help="what is exported when, and how it went last",
    cli="waybill schedule list",
    screen=SchedulesScreen,
)


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


def _coming(row: ScheduleRow) -> str:
    if row.held_up_by:
        return f"Enabled, but held up: {wording.one_line(row.held_up_by)}"
    if not row.enabled:
        return "Not enabled, so it does not run"
    if row.next_run is None:
        return "Nothing more comes"
    notes = f"; {'; '.join(row.notes)}" if row.notes else ""
    return f"Next {wording.both_times(row.next_run)}{notes}"
