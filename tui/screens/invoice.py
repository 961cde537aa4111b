"""One invoice: was it sent, once, when, to whom, and in which bytes; what it says, and its repairs."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, ClassVar

from rich.text import Text

from models.destinations import Destination, LedgerState
from models.invoice_search import Found
from models.jobs import ItemState
from models.repairs.ledger import Choice
from tui import wording
from tui.kit.commands import Command
from tui.kit.detail import DetailScreen, Entry, Neighbour
from tui.kit.reader import ReaderScreen
from tui.screens import invoice_acts, invoice_content, invoice_facts, invoice_repairs, invoice_sections
from tui.screens.invoice_acts import MARK, PREVIEW, RE_EXPORT, REVERT
from tui.screens.invoice_facts import InvoiceFacts, Sent, Stands
from tui.screens.job import JobScreen
from tui.widgets.cells import state_style
from tui.widgets.rows import Source

_READ = {
    "content": invoice_content.words,
    "json": invoice_content.as_json,
    "changes": invoice_content.changes,
}


class InvoiceScreen(DetailScreen[InvoiceFacts]):
    """One invoice in full."""

    SECTIONS = invoice_sections.SECTIONS
    LABEL_WIDTH = 9
    ACTS: ClassVar[Sequence[Command]] = (PREVIEW, RE_EXPORT, MARK, REVERT)

    def __init__(
        self,
        which: Any,
        neighbour: Neighbour | None = None,
        key_of: Callable[[Found], Hashable] | None = None,
    ) -> None:
        """`which`: a number or id that somebody typed, or the key of a row, which ends with the id."""
        super().__init__(which, neighbour)
        self._key_of = key_of
        self._contents: dict[tuple[str, int, int], Source[Entry]] = {}

    def crumb(self) -> str:
        """Its number."""
        return f"invoice {wording.one_line(self.data.number)}" if self.data else "invoice"

    def key_of(self, row: Any) -> Any:
        """The key of a row of the list."""
        return self._key_of(row) if self._key_of else row

    def reader(self) -> Callable[[], InvoiceFacts]:
        """Everything but the contents."""
        actor = self.waybill.actor
        which = self.which if isinstance(self.which, str) else int(self.which[-1])
        return lambda: invoice_facts.find(actor, which)

    def troubled(self) -> None:
        """There is none of that number: that was said, and there is nothing to show."""
        super().troubled()
        if self.data is None and not self.waybill.trouble:
            self.waybill.back()

    def entries(self, section: str, data: InvoiceFacts) -> Sequence[Entry] | Source[Entry]:
        """The rows of a part; a content is read when it is wanted, once a version."""
        read = _READ.get(section)
        if read is None:
            return invoice_sections.entries(section, data)
        key = (section, data.id, data.version)
        if key not in self._contents:
            self._contents[key] = read(data.id, data.version)
        return self._contents[key]

    def summary(self, data: InvoiceFacts) -> Iterable[tuple[str, Text]]:
        """What it is, where it stands, and the answer to: did it go, when, in which bytes?"""
        kind = "Credit note" if data.document_type == "credit_note" else "Invoice"
        head = Text(f"{wording.one_line(data.number)}  ", "bold")
        about = f"{wording.one_line(data.party)}  {data.amount} {data.currency}, version {data.version}"
        head.append(about, "not bold")
        yield kind if len(kind) < self.LABEL_WIDTH else "Credit", head
        due = f", due {data.due_date}" if data.due_date else ""
        status = "" if data.status == "ready" else f", {data.status}"
        yield "", _text(f"{data.direction}, issued {data.issue_date}{due}{status}, {data.entity}")
        yield "Now", Text("; ").join(_stands(each) for each in data.stands) or Text(data.status)
        sent = _last_successful(data)
        if sent is None:
            yield "Sent", _text(_not_sent(data))
            return
        yield "Sent", _text(_times(data, sent))
        yield "Bytes", _text(f"{sent.file}, {sent.size:,} bytes, sha256 {sent.sha256 or 'not yet'}")
        yield "Receipt", _text("; ".join(map(invoice_sections.way_text, sent.ways)) or "none")

    # Acts

    @property
    def _place(self) -> Stands | None:
        """The destination that is meant: the row of the ledger under the cursor, else the main one."""
        data = self.data
        if data is None:
            return None
        row = self.table.current if self.section.key == "ledger" else None
        return next((each for each in data.stands if row and each.destination_id == row.key), data.main)

    def why_not(self, name: str) -> str:
        """What keeps it from that."""
        if self.data is None:
            return "it is not read yet"
        place = self._place
        if name == PREVIEW.name:
            return "" if place else "it belongs to no destination, so it goes nowhere"
        return invoice_acts.why_not_state(name, place.state if place else None, self.data.status)

    def do_preview(self) -> None:
        """Its file as it would leave now."""
        if self.data is not None:
            invoice_acts.show_preview(self.waybill, self.data.id, self.data.number)

    def do_mark_exported(self) -> None:
        """Plan for this one."""
        self._repair(MARK.name)

    def do_revert(self) -> None:
        """Plan for this one."""
        self._repair(REVERT.name)

    def do_re_export(self) -> None:
        """Plan for this one."""
        self._repair(RE_EXPORT.name)

    def _repair(self, name: str) -> None:
        data, place = self.data, self._place
        if data is None or place is None:
            return
        what = f"invoice {wording.one_line(data.number)}, {place.destination}"

        def destination() -> Destination:
            found: Destination = Destination.get_by_id(place.destination_id)
            return found

        def choice() -> Choice:
            return Choice(invoice_ids=(data.id,))

        app = self.waybill
        if name == RE_EXPORT.name:
            screen = invoice_repairs.re_export_screen(
                app, what, lambda: invoice_acts.serving(destination()), choice
            )
        else:
            ask = invoice_repairs.mark_screen if name == MARK.name else invoice_repairs.revert_screen
            screen = ask(app, what, destination, choice)
        self.app.push_screen(screen, lambda _: self.load())

    def open(self, entry: Entry) -> None:
        """A job that took it opens; anything else is shown as text, a version with all that it changed."""
        if self.section.key == "sent" and isinstance(entry.key, int):
            self.app.push_screen(JobScreen(entry.key))
        elif self.section.key == "versions" and self.data is not None and isinstance(entry.key, int):
            read = invoice_content.version_reader(self.data.id, entry.key, entry.full)
            title = f"{self.crumb()}, version {entry.key}"
            self.ask(read, lambda text: self.app.push_screen(ReaderScreen(title, text)), group="version")
        else:
            super().open(entry)


def _text(text: str) -> Text:
    return Text(wording.one_line(text))


def _stands(stands: Stands) -> Text:
    text = Text(f"{stands.destination} ").append(wording.state_text(stands.state), state_style(stands.state))
    if stands.changed:
        text.append(", changed since, which is not sent by itself", "bold")
    if stands.state == LedgerState.ON_HOLD:
        text.append(f": {wording.one_line(stands.reason)}")
    return text


def _last_successful(data: InvoiceFacts) -> Sent | None:
    return next((each for each in reversed(data.sent) if each.export.state == ItemState.SUCCESSFUL), None)


def _times(data: InvoiceFacts, last: Sent) -> str:
    """How often, and the last time: which version, when, by which job, on whose behalf."""
    there = [each for each in data.sent if each.export.state == ItemState.SUCCESSFUL]
    same = [each for each in there if each.export.destination == last.export.destination]
    often = "once" if len(same) == 1 else f"{len(same)} times, the last time"
    at = wording.both_times(last.export.ended)
    return (
        f"{often} to {last.export.destination}, {at}: version {last.export.version}"
        f" by job {last.export.job_id}, {last.asked}"
    )


def _not_sent(data: InvoiceFacts) -> str:
    marked = data.main is not None and data.main.state == LedgerState.EXPORTED
    if marked and data.main is not None:
        return f"not by Waybill: marked as exported by {data.main.actor}: {data.main.reason}"
    tried = wording.counted(len(data.sent), "job")
    return f"not yet; {tried} took it and could not send it" if data.sent else "not yet; no job has taken it"
