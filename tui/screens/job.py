"""One job: what happened, what to do, where its invoices are; its items, files, attempts, history.

The model for other details.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from rich.text import Text

from models.jobs import detail
from models.jobs.detail import JobDetail
from models.paging import Seek
from tui import wording
from tui.kit.commands import Command
from tui.kit.detail import DetailScreen, Entry, Neighbour
from tui.screens import job_sections
from tui.screens.requeue import REQUEUE, requeue_one
from tui.widgets.cells import state_style
from tui.widgets.rows import Source


class Items(Source[Entry]):
    """The invoices of a job, those that failed first; there may be a hundred thousand."""

    def __init__(self, job: JobDetail) -> None:
        self._job = job

    def page(self, seek: Seek) -> Sequence[Entry]:
        """The rows wanted."""
        return [job_sections.item(each) for each in detail.paged_items(self._job.row.id, seek)]

    def total(self) -> int:
        """How many there are."""
        return sum(self._job.items.values())

    def key(self, row: Entry) -> Any:
        """Where it stands."""
        return row.key


class JobScreen(DetailScreen[JobDetail]):
    """One job in full."""

    SECTIONS = job_sections.SECTIONS
    ACTS: ClassVar[Sequence[Command]] = (REQUEUE,)

    def __init__(self, which: int, neighbour: Neighbour | None = None) -> None:
        super().__init__(which, neighbour)

    def crumb(self) -> str:
        """Its number."""
        return f"job {self.which}"

    def reader(self) -> Callable[[], JobDetail]:
        """The job; its items come in pages."""
        actor, job_id = self.waybill.actor, self.which
        return lambda: detail.find(actor, job_id)

    def first_section(self, data: JobDetail) -> str:
        """The items, or for a job that took none what happened to it."""
        return "items" if data.collected else "history"

    def entries(self, section: str, data: JobDetail) -> Sequence[Entry] | Source[Entry]:
        """The rows of a part."""
        return Items(data) if section == "items" else job_sections.entries(section, data)

    def numbers(self, data: JobDetail) -> Mapping[str, int]:
        """How much there is of each part."""
        return {**super().numbers(data), "items": sum(data.items.values())}

    def summary(self, data: JobDetail) -> Iterable[tuple[str, Text]]:
        """What happened, what to do, where the invoices are, who asked."""
        row = data.row
        head = Text(f"{row.id}  ", "bold").append(
            wording.state_text(row.state), state_style(row.state) or "bold"
        )
        head.append(f"  {wording.one_line(row.facility)}, {wording.one_line(row.entity)}", "not bold")
        yield "Job", head
        yield "What", _text(wording.what_happened(row))
        if row.remedy:
            yield "To do", _text(row.remedy)
        yield "Now", _text(wording.invoices_now(data))
        due = f"due {wording.both_times(row.as_of)}, posting date {data.posting_date}"
        yield "Asked", _text(f"{wording.asked_by(row)}; {due}")
        if data.note:
            yield "Note", _text(data.note)

    def why_not(self, name: str) -> str:
        """What keeps it from being re-queued."""
        if name != REQUEUE.name or self.data is None or wording.can_requeue(self.data.row):
            return ""
        return f"it is {self.data.row.state.replace('_', ' ')}, not failed"

    def do_requeue(self) -> None:
        """Plan for this job."""
        self.app.push_screen(requeue_one(self.waybill, self.which), lambda _: self.load())


def _text(text: str) -> Text:
    return Text(wording.one_line(text))
