"""One job: what happened, what to do, where its invoices are; its items, files, attempts, history.

The model for other details.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from rich.text import Text

from models import files
from models.deliveries import DeliveryState
from models.jobs import JobState, Trigger, detail
from models.jobs.detail import ItemCursor, JobDetail
from models.paging import Seek
from tui import wording
from tui.kit.commands import Command
from tui.kit.detail import DetailScreen, Entry, Neighbour
from tui.kit.plan import PlanScreen
from tui.screens import cancel, invoice_repairs, job_sections
from tui.screens.cancel import CANCEL, cancel_one
from tui.screens.delivery import DeliveryScreen
from tui.screens.file import FileScreen
from tui.screens.invoice_repairs import MARK, RE_EXPORT, REVERT
from tui.screens.repeat import REPEAT, repeat_screen
from tui.screens.requeue import requeue_one
from tui.screens.requeue_act import REQUEUE
from tui.widgets.cells import state_style
from tui.widgets.rows import Source

_LOOK_AFTER_WORKER = 2.0
"""Seconds: a worker that dies writes nothing down, so a running job is looked at again by the clock."""
_LEFT = (DeliveryState.DELIVERED, DeliveryState.CONFIRMED)
RESOLVE = Command(
    name="resolve",
    key="u",
    title="Unknown",
    help="to its delivery of which nobody knows whether it arrived, to say so",
    cli="waybill delivery resolve",
)


INVOICE = Command(
    name="invoice",
    key="v",
    title="Invoice",
    help="to the invoice under the cursor: everything that became of it",
    cli="waybill invoice show",
)


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
    ACTS: ClassVar[Sequence[Command]] = (REQUEUE, CANCEL, RESOLVE, INVOICE, MARK, REVERT, RE_EXPORT, REPEAT)

    def __init__(self, which: int, neighbour: Neighbour | None = None) -> None:
        super().__init__(which, neighbour)

    def on_mount(self) -> None:
        """Look after its worker while it runs."""
        self.set_interval(_LOOK_AFTER_WORKER, self._look_after_worker)

    def _look_after_worker(self) -> None:
        running = self.data is not None and self.data.row.state is JobState.IN_PROGRESS
        if running and self.is_current and not self.waybill.frozen:
            self.load()

    def crumb(self) -> str:
        """Its number."""
        return f"job {self.which}"

    def reader(self) -> Callable[[], JobDetail]:
        """The job; its items come in pages."""
        actor, job_id = self.waybill.actor, self.which
        return lambda: detail.find(actor, job_id)

    def first_section(self, data: JobDetail) -> str:
        """The items, or for a job that took none the error in full, or else what happened to it."""
        if data.collected:
            return "items"
        return "attempts" if data.attempts and data.attempts[0].detail else "history"

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

    def open(self, entry: Entry) -> None:
        """A delivery or a file in its own screen; anything else as text."""
        if self.section.key == "deliveries":
            self.app.push_screen(DeliveryScreen(entry.key))
        elif self.section.key == "files":
            self.app.push_screen(FileScreen(entry.key))
        else:
            super().open(entry)

    # Acts

    def why_not(self, name: str) -> str:
        """What keeps it from being put right so."""
        data = self.data
        if data is None:
            return "it is being read"
        if name == REQUEUE.name:
            failed = wording.can_requeue(data.row)
            return "" if failed else f"it is {data.row.state.replace('_', ' ')}, not failed"
        if name == CANCEL.name:
            return cancel.why_not(data.row)
        if name == RESOLVE.name:
            return "" if _deliveries(data, DeliveryState.UNKNOWN) else "what became of its files is known"
        if name == INVOICE.name:
            on_one = self.section.key == "items" and self.table.current is not None
            return "" if on_one else "there is no invoice under the cursor: go to the part items"
        if name == REPEAT.name:
            return "" if _deliveries(data, *_LEFT) else "no file of it has left"
        if data.row.trigger is Trigger.REPEAT:
            return "it only repeated a file, and took no invoices"
        if data.row.trigger is Trigger.REVERSAL:
            return "it only reversed payments, and took no invoices"
        return "" if data.collected else "it took no invoices"

    def do_requeue(self) -> None:
        """Plan for this job."""
        self._ask_about(requeue_one(self.waybill, self.which))

    def do_cancel(self) -> None:
        """Plan for this job."""
        self._ask_about(cancel_one(self.waybill, self.which))

    def do_resolve(self) -> None:
        """To the delivery to decide about; of several, to all of this job's."""
        unknown = _deliveries(self.data, DeliveryState.UNKNOWN) if self.data is not None else []
        if len(unknown) == 1:
            self.app.push_screen(DeliveryScreen(unknown[0]))
        else:
            self.show_section("deliveries")
            self.notify("Open one of them with enter, and say whether it arrived.")

    def do_invoice(self) -> None:
        """The invoice with its timeline."""
        if (entry := self.table.current) is not None and isinstance(entry.key, ItemCursor):
            self.waybill.open(f"invoice/{entry.key.invoice_id}")

    def do_repeat(self) -> None:
        """Plan for all files of this job."""
        job_id = self.which
        screen = repeat_screen(
            self.waybill, f"the files of job {job_id}", lambda: [file.id for file in files.of_job(job_id)]
        )
        self._ask_about(screen)

    def do_mark_exported(self) -> None:
        """Plan for the invoices it carries."""
        self._ask_about(invoice_repairs.of_job(self.waybill, MARK.name, self.which))

    def do_revert(self) -> None:
        """Plan for the invoices it carries."""
        self._ask_about(invoice_repairs.of_job(self.waybill, REVERT.name, self.which))

    def do_re_export(self) -> None:
        """Plan for the invoices it carries."""
        self._ask_about(invoice_repairs.of_job(self.waybill, RE_EXPORT.name, self.which))

    def _ask_about(self, plan: PlanScreen) -> None:
        self.app.push_screen(plan, lambda _: self.load())


def _deliveries(job: JobDetail, *states: DeliveryState) -> list[int]:
    return [way.id for file in job.files for way in file.deliveries if way.state in states]


def _text(text: str) -> Text:
    return Text(wording.one_line(text))
