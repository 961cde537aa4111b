"""Schedules: active, pending, completed; in words, when each comes next, and how it went last."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import ClassVar, NamedTuple

from rich.text import Text
from textual.app import ComposeResult

from models import entities, facilities, schedules
from models.audit import Actor
from models.facilities import FacilityState
from models.people import Action
from models.schedules import Listed, ScheduleState, history
from models.schedules.history import RUNS, PastRun, Usage
from tui import wording
from tui.kit.areas import Area
from tui.kit.commands import Command
from tui.kit.listing import ListScreen, Tab, Wanted
from tui.schedule_preview import run_marks, runs_words, usage_line
from tui.screens.schedule import ScheduleScreen
from tui.screens.schedule_acts import ON_ONE, ScheduleActs, Subject
from tui.screens.schedule_editor import FacilityChoice, FacilityForm, Purpose, ScheduleForm
from tui.widgets.cells import cell, state_style
from tui.widgets.lines import Line
from tui.widgets.rows import Bounded, Source
from tui.widgets.table import Cell, Cells, Column

NEW = Command(
    name="new",
    key="n",
    title="New",
    help="a form; the next runs are shown as one types",
    cli="waybill schedule create",
    action=Action.MANAGE_SCHEDULES,
)
_NOTHING = """\
No schedule yet.

Make one: n      or: waybill schedule create NAME"""
_NO_FACILITY = """\
No schedule yet, and no facility is active to make one for.

Activate one: 5 Facilities      or: waybill facility activate NAME"""


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
    runs: tuple[PastRun, ...]
    """The last ones, the newest last."""
    entity_id: int


class Facts(NamedTuple):
    """What the list needs to know besides its rows."""

    usages: Mapping[int, Usage]
    """By legal entity."""
    facilities: Sequence[FacilityChoice]
    """The active ones."""


class UsageLine(Line):
    """How many schedules run, of how many that may."""

    DEFAULT_CSS = "UsageLine { height: 1; padding: 0 1; }"


class SchedulesScreen(ScheduleActs, ListScreen[ScheduleRow]):
    """Schedules, the next one first."""

    NAME = "Schedules"
    TABS = (
        *(Tab(state.value, state.value, "") for state in ScheduleState),
        Tab("all", "all", _NOTHING),
    )
    COLUMNS = (
        Column("on", "ON", 4),
        Column("group", "STATE", 10, at=100),
        Column("name", "SCHEDULE", 18),
        Column("words", "WHEN", 0),
        Column("next", "NEXT UTC", 13),
        Column("local", "NEXT, LOCAL TIME", 19, at=120),
        Column("facility", "FACILITY", 18, at=140),
        Column("runs", "LAST RUNS", RUNS + 1),
        Column("last", "LAST", 14, at=100),
    )
    ACTS: ClassVar[Sequence[Command]] = (NEW, *ON_ONE)

    def compose(self) -> ComposeResult:
        """As every list, with the limit below the tabs."""
        for widget in super().compose():
            yield widget
            if widget.id == "tabs":
                yield UsageLine(id="usage")

    def source(self, wanted: Wanted) -> Source[ScheduleRow]:
        """The schedules of a group: some dozens, read whole."""
        actor = self.waybill.actor

        def read() -> Sequence[ScheduleRow]:
            found = [item for item in schedules.listed(actor) if wanted.tab in ("all", item.state)]
            runs = history.last_runs([item.schedule.id for item in found])
            return [_row(item, runs[item.schedule.id]) for item in found]

        return Bounded(read, lambda row: row.id)

    def counter(self, wanted: Wanted) -> Callable[[], Mapping[str, int | None]]:  # noqa: ARG002 - no filter yet
        """All groups at once."""
        actor = self.waybill.actor

        def count() -> Mapping[str, int | None]:
            found = history.group_counts(schedules.listed(actor))
            return {**{state.value: number for state, number in found.items()}, "all": sum(found.values())}

        return count

    def finder(self) -> Callable[[dict[str, int | None]], Facts]:
        """The limits, and for which facilities one could be made."""
        return partial(_facts, self.waybill.actor)

    def nothing(self, tab: Tab) -> str:
        """What to do next: look at the other tabs, make one, or first a facility."""
        if self.counts.get("all"):
            others = (each for each in self.TABS if each.key != "all" and self.counts.get(each.key))
            there = ", ".join(f"{self.counts[each.key]} {each.title}" for each in others)
            return f"No schedule is {tab.title}. There is {there}: ]\n\nMake one: n"
        return _NOTHING if self.facts and self.facts.facilities else _NO_FACILITY

    def cells(self, row: ScheduleRow) -> Cells:
        """What stands in the columns."""
        last = wording.state_text(row.runs[-1].state) if row.runs else "not yet"
        style = state_style(row.runs[-1].state) if row.runs else ""
        return {
            "on": "[x]" if row.enabled else "[ ]",
            "group": row.state,
            "name": row.name,
            "words": row.words,
            "next": wording.short_time(row.next_run),
            "local": wording.local_time(row.next_run),
            "facility": row.facility,
            "runs": Cell(run_marks(row.runs) or "not yet", style),
            "last": Cell(last, style),
        }

    def preview(self, row: ScheduleRow) -> Text:
        """Whose it is, what comes, how it went."""
        width = self.size.width - 2
        whose = f"{row.name}  {row.state}, {row.facility}, {row.entity}, on behalf of {row.on_behalf_of}"
        text = cell(whose, width, "bold")
        for line in (row.words, _coming(row), f"Last runs: {runs_words(row.runs)}"):
            text.append("\n").append_text(cell(line, width, "not bold"))
        return text

    def head(self) -> None:
        """The limit is brought up to date with the rest."""
        super().head()
        if self.facts and self.is_mounted:
            self.query_one(UsageLine).put(Text(self._usage(), no_wrap=True))

    def _usage(self) -> str:
        """How much of its limit the row's legal entity uses."""
        row = self.current
        usage = self.facts.usages.get(row.entity_id) if row is not None else None
        return usage_line(usage, row.entity) if row is not None and usage is not None else ""

    def subject(self) -> Subject | None:
        """The one under the cursor."""
        row = self.current
        return None if row is None else Subject(row.id, row.name, row.entity_id)

    def why_not(self, name: str) -> str:
        """What keeps one from being made."""
        if name != NEW.name or self.facts is None or self.facts.facilities:
            return ""
        return "no facility is active; activate one: 5 Facilities"

    def do_new(self) -> None:
        """The form, after asking for which facility where there are several."""
        choices: Sequence[FacilityChoice] = self.facts.facilities if self.facts else ()
        if len(choices) == 1:
            self.app.push_screen(ScheduleForm(Purpose.NEW, choices[0].id, choices[0].title))
        elif choices:
            self.app.push_screen(FacilityForm(choices))

    def open(self, row: ScheduleRow) -> None:
        """The schedule in full."""
        self.app.push_screen(ScheduleScreen(row.id, self.neighbour))


AREA = Area(
    noun="schedule",
    digit="3",
    title="Schedules",
    short="Sched",
    help="what is exported when, and how it went last",
    cli="waybill schedule list",
    screen=SchedulesScreen,
    detail=ScheduleScreen,
)


def _facts(actor: Actor, _counts: Mapping[str, int | None]) -> Facts:
    seen = entities.visible(actor)
    return Facts(
        usages={entity.id: history.usage(entity) for entity in seen},
        facilities=[
            FacilityChoice(facility.id, f"{facility.name}, {entity.name}")
            for entity in seen
            for facility in facilities.of_entity(entity)
            if facility.state == FacilityState.ACTIVE
        ],
    )


def _row(item: Listed, runs: Sequence[PastRun]) -> ScheduleRow:
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
        runs=tuple(runs),
        entity_id=schedule.entity_id,
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
