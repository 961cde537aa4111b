"""One job: what happened, what to do, where its invoices are; its items, files, attempts, history."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import DataTable, Footer, Static

from models.jobs import detail
from models.jobs.detail import ItemCursor, ItemDetail, JobDetail
from models.jobs.queries import PAGE, Page
from tui import wording
from tui.screens.job_sections import Section, columns_of, entries_of, labels_of
from tui.screens.live import LiveScreen
from tui.screens.reader import ReaderScreen
from tui.screens.requeue import requeue
from tui.widgets.cells import fields, state_style
from tui.widgets.lines import Banner, HeadLine, TabLine
from tui.widgets.paged_table import PagedTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the screen was read as."""

    job: JobDetail
    items: Page[ItemDetail, ItemCursor]


class JobScreen(LiveScreen[Shown]):
    """One job in full."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "requeue", "Re-queue", tooltip="shows a plan first"),
        Binding("right", "turn(1)", "Part", key_display="→", tooltip="items, files, attempts, history"),
        Binding("left", "turn(-1)", "Part before", key_display="←", show=False),
        Binding(
            "right_square_bracket",
            "neighbour(1)",
            "Next",
            key_display="]",
            tooltip="the next job of the list",
        ),
        Binding("left_square_bracket", "neighbour(-1)", "Job before", key_display="[", show=False),
        Binding("escape,backspace", "back", "Back"),
    ]

    def __init__(self, job_id: int, neighbours: Sequence[int] = ()) -> None:
        super().__init__()
        self._job_id = job_id
        self._neighbours = list(neighbours)
        self._section: Section | None = None  # till it is known whether there are items
        self._cursors: list[ItemCursor | None] = [None]
        self._go_to: int | None = None

    def compose(self) -> ComposeResult:
        """What matters first as text, then one part as a table, and its row in full below."""
        yield HeadLine(id="head")
        yield Banner(id="banner")
        yield Static(id="summary")
        yield TabLine(id="tabs")
        yield PagedTable(id="table")
        yield Static(id="empty")
        yield Static(id="preview")
        yield Footer(compact=True)

    def question(self) -> Callable[[], Shown]:
        """The job, and a page of its items."""
        actor, job_id, cursor = self.waybill.actor, self._job_id, self._cursors[-1]
        return lambda: Shown(job=detail.find(actor, job_id), items=detail.items(job_id, after=cursor))

    @property
    def section(self) -> Section:
        """The part that is shown: the items, or for a job that took none what happened to it."""
        none = self.data is not None and not self.data.job.collected
        return self._section or (Section.HISTORY if none else Section.ITEMS)

    def show(self, data: Shown) -> None:
        """The summary, and the part that is chosen."""
        self.query_one("#summary", Static).update(fields(_summary(data.job), width=7))
        labels = labels_of(data.job)
        self.query_one(TabLine).set([(*labels[part], part is self.section) for part in Section])
        table, empty = self.query_one(PagedTable), self.query_one("#empty", Static)
        columns = columns_of(self.section, self.size.width)
        entries = entries_of(self.section, data.job, data.items.rows, columns)
        table.display, empty.display = bool(entries), not entries
        table.show_page(columns, [entry.row for entry in entries], at=self._go_to)
        self._go_to = None
        if entries:
            table.focus()
        else:
            self.set_focus(None)
            empty.update(_NOTHING[self.section])
        self._preview()

    def action_turn(self, by: int) -> None:
        """Another part."""
        parts = list(Section)
        self._section = parts[(parts.index(self.section) + by) % len(parts)]
        self._go_to = 0
        if self.data is not None:
            self.show(self.data)

    def action_neighbour(self, by: int) -> None:
        """The next or the previous job of the list that this one was opened from."""
        place = self._neighbours.index(self._job_id) + by if self._job_id in self._neighbours else -1
        if not 0 <= place < len(self._neighbours):
            self.notify("There is no further job on the page of the list.")
            return
        self._job_id = self._neighbours[place]
        self._cursors, self._go_to = [None], 0
        self.load()

    def action_back(self) -> None:
        """To where one came from."""
        self.dismiss()

    def action_requeue(self) -> None:
        """Plan for this job."""
        requeue(self, [self._job_id], lambda _: self.load())

    def on_paged_table_edge(self, message: PagedTable.Edge) -> None:
        """More items, or those before."""
        if self.section is not Section.ITEMS or self.data is None:
            return
        if message.forward and self.data.items.following is not None:
            self._cursors.append(self.data.items.following)
            self._go_to = 0
            self.load()
        elif not message.forward and len(self._cursors) > 1:
            self._cursors.pop()
            self._go_to = PAGE
            self.load()

    def on_data_table_row_highlighted(self) -> None:
        """Say in full what is under the cursor."""
        self._preview()

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Open the row as text: a traceback, a long reason, a whole hash."""
        if event.row_key.value is not None and (full := self._full(event.row_key.value)):
            title = f"Job {self._job_id}, {self.section.value}"
            self.app.push_screen(ReaderScreen(title, full))

    def _full(self, key: str | None) -> str:
        if self.data is None:
            return ""
        columns = columns_of(self.section, self.size.width)
        entries = entries_of(self.section, self.data.job, self.data.items.rows, columns)
        return next((entry.full for entry in entries if entry.row.key == key), "")

    def _preview(self) -> None:
        lines = self._full(self.query_one(PagedTable).key).splitlines()
        preview = self.query_one("#preview", Static)
        preview.display = bool(lines)
        preview.update(Text("\n".join(lines[:4])), layout=False)


_NOTHING = {
    Section.ITEMS: "It took no invoice.",
    Section.FILES: "It wrote no file.",
    Section.ATTEMPTS: "No worker has taken it yet. If none does: waybill worker",
    Section.HISTORY: "Nothing has happened yet.",
}


def _summary(job: JobDetail) -> list[tuple[str, Text]]:
    row = job.row
    head = Text(f"{row.id}  ", "bold").append(wording.state_text(row.state), state_style(row.state) or "bold")
    head.append(f"  {wording.one_line(row.facility)}, {wording.one_line(row.entity)}", "not bold")
    lines = [("Job", head), _line("What", wording.what_happened(row))]
    if row.remedy:
        lines.append(_line("To do", row.remedy))
    lines.append(_line("Now", wording.invoices_now(job)))
    due = f"due {wording.both_times(row.as_of)}, posting date {job.posting_date}"
    lines.append(_line("Asked", f"{wording.asked_by(row)}; {due}"))
    if job.note:
        lines.append(_line("Note", job.note))
    return lines


def _line(name: str, text: str) -> tuple[str, Text]:
    return name, Text(wording.one_line(text))
