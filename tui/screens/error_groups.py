"""Failed jobs by what went wrong: how many lately and in all; a group is listed, or re-queued as a whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.text import Text

from models.jobs import error_groups
from models.jobs.error_groups import ANY, ErrorGroup
from tui import wording
from tui.kit.commands import Command
from tui.kit.listing import ListScreen, Tab, Wanted
from tui.screens.requeue import Within, requeue_group
from tui.screens.requeue_act import REQUEUE
from tui.widgets.cells import cell
from tui.widgets.rows import Bounded, Source
from tui.widgets.table import Cells, Column

ERRORS = Command(
    name="errors",
    key="v",
    title="Errors",
    help="failed jobs by what went wrong; a whole group is re-queued there",
    cli="waybill status",
)

_NOTHING = "No failed job is left.\n\nBack to the jobs: esc"


class ErrorGroupsScreen(ListScreen[ErrorGroup]):
    """Groups of failures that nobody has re-queued, the largest first, within the filter of the jobs."""

    NAME = "errors"
    TABS = (
        Tab("cause", "by cause", _NOTHING),
        Tab("code", "by code", _NOTHING),
    )
    COLUMNS = (
        Column("text", "WHAT WENT WRONG", 0),
        Column("code", "CODE", 20, at=100),
        Column("facility", "FACILITY", 15),
        Column("hour", "1 H", 7, right=True),
        Column("day", "24 H", 7, right=True),
        Column("week", "7 D", 7, at=100, right=True),
        Column("open", "OPEN", 7, right=True),
    )
    ACTS: ClassVar[Sequence[Command]] = (REQUEUE,)

    def __init__(self, chosen: Callable[[str], object], within: Within) -> None:
        """`chosen` is told the filter line that lists a group's jobs."""
        super().__init__()
        self._chosen = chosen
        self._within = within

    def about(self, tab: Tab) -> str:  # noqa: ARG002 - the same jobs, grouped otherwise
        """Which jobs are grouped."""
        if self._within.line:
            return f"Within the filter of the jobs: {self._within.line}"
        return "All failed jobs of all time; a re-queued one is none of them"

    def source(self, wanted: Wanted) -> Source[ErrorGroup]:
        """The groups, some dozens, read whole."""
        actor = self.waybill.actor
        read = error_groups.groups if wanted.tab == "cause" else error_groups.by_code
        return Bounded(lambda: read(actor, self._within.filter), _key)

    def cells(self, row: ErrorGroup) -> Cells:
        """What stands in the columns."""
        first, *others = row.facilities
        return {
            "text": row.code if row.text == ANY else row.text,
            "code": row.code,
            "facility": f"{first} +{len(others)}" if others else first,
            "hour": f"{row.hour:,}",
            "day": f"{row.day:,}",
            "week": f"{row.week:,}",
            "open": f"{row.open:,}",
        }

    def preview(self, row: ErrorGroup) -> Text:
        """The newest of them, and what to do."""
        first, last = wording.short_time(row.first_at), wording.short_time(row.last_at)
        jobs = wording.counted(row.open, "job")
        head = f"{row.code}  {jobs}, {first} to {last} UTC, {', '.join(row.facilities)}"
        text = cell(head, self.size.width - 2, "bold")
        example = wording.one_line(f"Job {row.example_id}: {row.example}")
        text.append(f"\n{example}", "not bold")
        if row.remedy:
            text.append("\nTo do: ", "bold").append(wording.one_line(row.remedy), "not bold")
        return text

    def open(self, row: ErrorGroup) -> None:
        """List the group's jobs."""
        self.waybill.back()
        self._chosen(f"{self._within.line} {filter_of(row)}".strip())

    def why_not(self, name: str) -> str:
        """Without a group there is nothing to re-queue."""
        return "" if self.current else f"there is no group here to {name}"

    def do_requeue(self) -> None:
        """Plan for the whole group."""
        if (row := self.current) is not None:
            self.app.push_screen(requeue_group(self.waybill, row, self._within), lambda _: self.load())


def filter_of(group: ErrorGroup) -> str:
    """The filter line that lists a group's jobs, and none of another."""
    said = f"error:{group.code}"
    if group.text in (ANY, ""):
        return said
    return f'{said} reason:"{group.text.replace(ANY, "*").replace(chr(34), "*")}"'


def _key(row: ErrorGroup) -> tuple[str, str]:
    return row.code, row.text
