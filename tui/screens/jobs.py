"""Jobs: the list by group, live; marks; and the way to re-queue failed ones. The model for other lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from rich.text import Text

from models.audit import Actor
from models.jobs import queries
from models.jobs.queries import Filter, Group, JobRow
from models.paging import Seek
from tui import wording
from tui.kit import first_steps
from tui.kit.areas import Area
from tui.kit.commands import Command
from tui.kit.listing import ListScreen, Tab, Wanted
from tui.screens.job import JobScreen
from tui.screens.requeue import REQUEUE, requeue_screen
from tui.widgets.cells import cell, state_style
from tui.widgets.rows import Source
from tui.widgets.table import Cell, Cells, Column

_NEWEST, _OLDEST = "newest first", "oldest first"


class Jobs(Source[JobRow]):
    """One group of jobs, as the actor may see them."""

    def __init__(self, actor: Actor, wanted: Wanted) -> None:
        self._actor = actor
        self._filter = Filter(group=Group(wanted.tab))
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
        Tab(Group.ALL, "all", "No job yet."),
        Tab(Group.ACTIVE, "active", "No job is running.\n\nWhat waits is on the tab pending: ]"),
        Tab(Group.PENDING, "pending", "No job is pending.\n\nWhat comes next is on 3 Schedules."),
        Tab(Group.FAILED, "failed", "No job failed, wholly or in part. What ended well is on completed: ]"),
        Tab(Group.COMPLETED, "completed", "No job has ended yet. What waits is on the tab pending: ["),
    )
    COLUMNS = (
        Column("id", "JOB", 9),
        Column("state", "STATE", 14),
        Column("due", "DUE UTC", 13),
        Column("entity", "LEGAL ENTITY", 18, at=140),
        Column("facility", "FACILITY", 15),
        Column("schedule", "SCHEDULE", 18, at=100),
        Column("took", "TOOK", 9, at=120),
        Column("sent", "SENT", 9),
        Column("what", "WHAT HAPPENED", 0),
    )
    ORDERS = (_NEWEST, _OLDEST)
    MARKING = True
    ACTS: ClassVar[Sequence[Command]] = (REQUEUE,)

    def source(self, wanted: Wanted) -> Source[JobRow]:
        """The jobs of a group."""
        return Jobs(self.waybill.actor, wanted)

    def counter(self, wanted: Wanted) -> Callable[[], Mapping[str, int | None]]:  # noqa: ARG002 - no filter yet
        """All groups at once."""
        actor = self.waybill.actor
        return lambda: {group.value: number for group, number in queries.counts(actor).items()}

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

    def open(self, row: JobRow) -> None:
        """The job in full."""
        self.app.push_screen(JobScreen(row.id, self.neighbour))

    def why_not(self, name: str) -> str:
        """What keeps the row from being re-queued; a plan says it of marked ones."""
        row = self.current
        if self.marks or name != REQUEUE.name:
            return ""
        if row is None:
            return "there is no job here"
        return (
            "" if wording.can_requeue(row) else f"job {row.id} is {row.state.replace('_', ' ')}, not failed"
        )

    def do_requeue(self) -> None:
        """Plan for the marked jobs, or the one under the cursor."""
        self.app.push_screen(requeue_screen(self.waybill, self.selection()), self._requeued)

    def _requeued(self, outcome: object) -> None:
        if outcome is not None:
            self.unmark()
        self.load()


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
