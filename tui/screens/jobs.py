"""Jobs: the list by group, live, filtered and marked; and the ways to put failed ones right."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from rich.text import Text

from models import entities, facilities
from models.audit import Actor
from models.jobs import JobState, detail, error_groups, filter_line, queries
from models.jobs.filter_line import KEYS, Key
from models.jobs.queries import Group, JobRow
from models.paging import Seek
from tui import wording
from tui.kit import first_steps
from tui.kit.areas import Area
from tui.kit.commands import Command
from tui.kit.listing import ListScreen, Tab, Wanted
from tui.screens import cancel, job_aside
from tui.screens.cancel import CANCEL, cancel_screen
from tui.screens.chosen_jobs import filter_of
from tui.screens.error_groups import ERRORS, ErrorGroupsScreen
from tui.screens.job import JobScreen
from tui.screens.requeue import Within, requeue_screen
from tui.screens.requeue_act import REQUEUE
from tui.widgets.cells import cell, state_style
from tui.widgets.filter_line import FilterKey, FilterLine, FilterWords
from tui.widgets.rows import Source
from tui.widgets.table import Cell, Cells, Column

_NEWEST, _OLDEST = "newest first", "oldest first"
_LOOK_AFTER_WORKERS = 2.0
"""Seconds: a worker that dies writes nothing down, so a running job is looked at again by the clock."""
_VALUES: Mapping[Key, Sequence[str]] = {
    Key.STATE: tuple(JobState),
    Key.AGE: ("<1h", "<1d", ">1d", ">7d"),
    Key.ATTEMPT: (">=2", ">=3"),
}


class Jobs(Source[JobRow]):
    """One group of jobs, as the actor may see them, and as the filter line says."""

    def __init__(self, actor: Actor, wanted: Wanted) -> None:
        self._actor = actor
        self._filter = filter_of(wanted)
        self._oldest_first = wanted.order == _OLDEST

    def page(self, seek: Seek) -> Sequence[JobRow]:
        """The rows wanted."""
        return queries.paged(self._actor, self._filter, seek, oldest_first=self._oldest_first)

    def total(self) -> int:
        """How many there are."""
        return queries.counts(self._actor, self._filter)[self._filter.group]

    def key(self, row: JobRow) -> int:
        """A job's number, which jobs are ordered by."""
        return row.id


class JobsScreen(ListScreen[JobRow]):
    """Jobs by how they stand."""

    NAME = "Jobs"
    TABS = (
        Tab(Group.ALL, "all", "No job yet.", "Every job of all time, cancelled ones among them"),
        Tab(
            Group.ACTIVE,
            "active",
            "No job is running.\n\nWhat waits is on the tab pending: ]",
            "Running now, or left so by a worker that is gone",
        ),
        Tab(
            Group.PENDING,
            "pending",
            "No job is pending.\n\nWhat comes next is on 3 Schedules.",
            "Waiting for a worker, for its turn, or to be tried again",
        ),
        Tab(
            Group.FAILED,
            "failed",
            "No failed job is left.\n\nWhat ended well is on the tab completed: ]",
            "Failed wholly or in part, of all time; a re-queued one is pending again",
        ),
        Tab(
            Group.COMPLETED,
            "completed",
            "No job is completed.\n\nWhat failed, wholly or in part, is on the tab failed: [",
            "Completed with every invoice that it took, of all time",
        ),
    )
    COLUMNS = (
        Column("id", "JOB", 9),
        Column("state", "STATE", 14),
        Column("due", "DUE UTC", 13),
        Column("entity", "LEGAL ENTITY", 18, at=140),
        Column("facility", "FACILITY", 15),
        Column("schedule", "SCHEDULE", 18, at=100),
        Column("took", "TOOK", 9, at=120),
        Column("try", "TRY", 4, at=100),
        Column("sent", "SENT", 9, at=80),
        Column("what", "WHAT HAPPENED", 0),
    )
    ORDERS = (_NEWEST, _OLDEST)
    MARKING = True
    FILTER = FilterWords(
        keys=[FilterKey(name=key, help=KEYS[key][1], values=_VALUES.get(key, ())) for key in Key],
        parse=filter_line.parse,
        example='state:failed error:unreachable -facility:"Bank files" age:>2d attempt:>=3',
    )
    ACTS: ClassVar[Sequence[Command]] = (REQUEUE, CANCEL, ERRORS)

    def on_mount(self) -> None:
        """Look after the workers of what runs."""
        self.set_interval(_LOOK_AFTER_WORKERS, self._look_after_workers)

    def _look_after_workers(self) -> None:
        running = any(row.state is JobState.IN_PROGRESS and not row.lost for row in self.table.rows)
        if running and self.is_current and not self.waybill.frozen:
            self.load()

    def source(self, wanted: Wanted) -> Source[JobRow]:
        """The jobs of a group."""
        return Jobs(self.waybill.actor, wanted)

    def counter(self, wanted: Wanted) -> Callable[[], Mapping[str, int | None]]:
        """All groups at once, within the filter."""
        actor, filter_ = self.waybill.actor, filter_of(wanted)
        return lambda: {group.value: number for group, number in queries.counts(actor, filter_).items()}

    def finder(self) -> Callable[[dict[str, int | None]], Any]:
        """For an installation without a job: what to do first."""
        actor = self.waybill.actor
        return lambda counts: None if counts[Group.ALL] else first_steps.find(actor)

    def nothing(self, tab: Tab) -> str:
        """What to do next."""
        return first_steps.text(self.facts) if self.facts else tab.nothing

    def cells(self, row: JobRow) -> Cells:
        """What stands in the columns."""
        return {
            "id": str(row.id),
            "state": Cell(wording.state_text(row.state), state_style(row.state)),
            "due": wording.short_time(row.as_of),
            "entity": row.entity,
            "facility": row.facility,
            "schedule": row.schedule or "by hand",
            "took": wording.duration(row.started_at, row.finished_at),
            "try": str(row.attempt),
            "sent": wording.sent_text(row),
            "what": wording.what_happened(row),
        }

    def preview(self, row: JobRow) -> Text:
        """Who asked for it, what happened, what to do."""
        head = f"Job {row.id}  {row.facility}, {row.entity}, {wording.asked_by(row)}"
        text = cell(head, self.size.width - 2, "bold")
        text.append(f"\n{wording.one_line(wording.what_happened(row))}", "not bold")
        if row.remedy:
            text.append("\nTo do: ", "bold").append(wording.one_line(row.remedy), "not bold")
        return text

    def beside(self, row: JobRow) -> Callable[[], Text]:
        """The job with its attempts, files and error."""
        actor, job_id = self.waybill.actor, row.id
        return lambda: job_aside.text(detail.find(actor, job_id))

    def open(self, row: JobRow) -> None:
        """The job in full."""
        self.app.push_screen(JobScreen(row.id, self.neighbour))

    def action_filter(self) -> None:
        """Type which rows to list; what is there to be named is found out meanwhile."""
        super().action_filter()
        actor = self.waybill.actor
        self.ask(lambda: _names(actor), self.query_one(FilterLine).know, group="names")

    # Acts

    def why_not(self, name: str) -> str:
        """What keeps the row from it; a plan says that of marked ones."""
        row = self.current
        if self.marks or name == ERRORS.name:
            return ""
        if row is None:
            return "there is no job here"
        if name == CANCEL.name:
            return cancel.why_not(row)
        stands = f"job {row.id} is {row.state.replace('_', ' ')}, not failed"
        return "" if wording.can_requeue(row) else stands

    def do_requeue(self) -> None:
        """Plan for the marked jobs, or the one under the cursor."""
        self.app.push_screen(requeue_screen(self.waybill, self.selection()), self._done)

    def do_cancel(self) -> None:
        """Plan for the marked jobs, or the one under the cursor."""
        self.app.push_screen(cancel_screen(self.waybill, self.selection()), self._done)

    def do_errors(self) -> None:
        """What went wrong, by cause."""
        within = Within(filter_of(self.wanted), self.filter_text)
        self.app.push_screen(ErrorGroupsScreen(lambda line: self.narrow(line, Group.FAILED), within))

    def _done(self, outcome: object) -> None:
        if outcome is not None:
            self.unmark()
        self.load()


def _names(actor: Actor) -> dict[str, Sequence[str]]:
    """The facilities and the errors that a filter can name."""
    known = (facility.name for entity in entities.visible(actor) for facility in facilities.of_entity(entity))
    return {
        Key.FACILITY: sorted(set(known)),
        Key.ERROR: [group.code for group in error_groups.by_code(actor)],
    }


AREA = Area(
    noun="job",
    digit="2",
    title="Jobs",
    short="Jobs",
    help="what ran, runs and waits; failed ones are re-queued here",
    cli="waybill job list",
    screen=JobsScreen,
    detail=lambda which: JobScreen(int(which)) if which.isdecimal() else JobScreen(0),
)
